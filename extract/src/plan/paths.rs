//! Which file goes where, and how files are called when they are shown.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Include, Plan, PlannedFile, Request};
use crate::emit;
use crate::record::Mode;
use crate::refuse::{At, Reason, Refusal};
use crate::rewrite::Rewritten;

/// Fills in the files of the copy.
pub(super) fn place(
    request: &Request<'_>,
    rewritten: &Rewritten,
    plan: &mut Plan,
    refusals: &mut BTreeSet<Refusal>,
) {
    for sliced in &rewritten.files {
        let Some(from) = request.facts.files.get(sliced.file as usize) else {
            continue;
        };
        let Some((upstream, path)) = placed(request, from) else {
            let what = format!("`{from}`");
            refusals.insert(Refusal::new(Reason::FileOutside, what));
            continue;
        };
        let module = request
            .facts
            .modules
            .iter()
            .find(|module| module.file == sliced.file);
        let mut name = vec![request.upstream.crate_name.clone()];
        name.extend(module.into_iter().flat_map(|module| module.path.clone()));
        plan.files.push(PlannedFile {
            file: sliced.file,
            upstream,
            path,
            module: name.join("::"),
            edits: sliced.edits.clone(),
        });
    }
    for from in &rewritten.includes {
        if let Some((upstream, path)) = placed(request, from) {
            plan.includes.push(Include {
                from: from.clone(),
                upstream,
                path,
            });
        } else {
            let what = format!("`{from}`");
            refusals.insert(Refusal::new(Reason::FileOutside, what));
        }
    }
}

/// A file's path within its package, and within the folder of the copy.
fn placed(request: &Request<'_>, file: &Utf8Path) -> Option<(Utf8PathBuf, Utf8PathBuf)> {
    let package = package_folder(request);
    let upstream = file.strip_prefix(package).ok()?.to_owned();
    if request.mode == Mode::Crate {
        return Some((upstream.clone(), upstream));
    }
    let root = request.facts.files.get(request.upstream.root as usize)?;
    let path = emit::place(root.strip_prefix(package).ok()?, &upstream)?;
    Some((upstream, path))
}

/// The folder of the dependency's manifest.
fn package_folder<'a>(request: &Request<'a>) -> &'a Utf8Path {
    if let Some(folder) = request.upstream.env.get("CARGO_MANIFEST_DIR") {
        return Utf8Path::new(folder);
    }
    let root = request.facts.files.get(request.upstream.root as usize);
    let folder = root
        .and_then(|root| root.parent())
        .unwrap_or(Utf8Path::new("/"));
    match folder.file_name() {
        Some("src") => folder.parent().unwrap_or(folder),
        _ => folder,
    }
}

/// A refusal with its file as it is shown: within its package, on every machine the same.
pub(super) fn shown(request: &Request<'_>, mut refusal: Refusal) -> Refusal {
    refusal.what = shown_in(request, &refusal.what);
    if let Some(At { file, .. }) = &mut refusal.at {
        *file = shown_in(request, file.as_str()).into();
    }
    refusal
}

/// A text without the folders of this machine.
pub(super) fn shown_in(request: &Request<'_>, text: &str) -> String {
    let upstream = request.upstream;
    let package = package_folder(request).as_str();
    let named = format!("{}-{}/", upstream.name, upstream.version);
    let mut text = text.to_owned();
    for (folder, name) in [
        (package, named.as_str()),
        (request.host.folder.as_str(), ""),
    ] {
        if folder.len() > 1 {
            text = text.replace(&format!("{}/", folder.trim_end_matches('/')), name);
        }
    }
    text
}
