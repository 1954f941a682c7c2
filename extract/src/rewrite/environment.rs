//! What cargo and the file system give a crate while it compiles: `env!` and `include_str!`.
//!
//! In a macro's body these mean whoever calls the macro, so there it depends on who does.

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use super::{Job, Out, Source, quoted, string};
use crate::edit::Why;
use crate::lexed::Kind;
use crate::refuse::Reason;
use crate::request::How;

pub(super) fn rewrite(job: &Job<'_>, out: &mut Out) {
    for source in &job.sources {
        for at in 0..source.lexed.tokens.len() {
            if source.lexed.is(at + 1, "!") && source.lexed.kind(at) == Some(Kind::Word) {
                call(job, source, at, out);
            }
        }
    }
}

fn call(job: &Job<'_>, source: &Source<'_>, at: usize, out: &mut Out) {
    let lexed = &source.lexed;
    let Some(Kind::Open(_)) = lexed.kind(at + 2) else {
        return;
    };
    match lexed.str(at) {
        "env" | "option_env" => environment(job, source, at, out),
        "include_str" | "include_bytes" | "include" => include(job, source, at, out),
        "module_path" | "file" | "line" if job.of.module => {
            let name = lexed.str(at);
            out.note(format!(
                "`{name}!()` says where the code is: it will name the new place"
            ));
        }
        _ => {}
    }
}

fn environment(job: &Job<'_>, source: &Source<'_>, at: usize, out: &mut Out) {
    let lexed = &source.lexed;
    let Some(name) = string(lexed, at + 3) else {
        return;
    };
    let shown = format!("`{}!(\"{name}\")`", lexed.str(at));
    let refuse = |reason| source.refuse(reason, shown.as_str(), at);
    let value = job.of.upstream.env.get(&name);
    let by_cargo = name.starts_with("CARGO_");
    if !job.of.module {
        // A crate keeps the script that sets it.
        out.rest.build_script |= name == "OUT_DIR" || !by_cargo && value.is_some();
        return;
    }
    if name == "OUT_DIR" {
        out.refuse(refuse(Reason::BuildScriptOutput));
        return;
    }
    if !by_cargo {
        if value.is_some() {
            out.refuse(refuse(Reason::BuildScriptVariable));
        }
        // Otherwise it is a variable of whoever builds, then as now.
        return;
    }
    match callers(job, source, at) {
        Callers::Dependency => {}
        Callers::Host => return,
        Callers::Both => return out.refuse(refuse(Reason::MacroCaller)),
    }
    if matches!(name.as_str(), "CARGO_MANIFEST_DIR" | "CARGO_MANIFEST_PATH") {
        out.refuse(refuse(Reason::ManifestFolder));
        return;
    }
    let text = match (lexed.str(at), value) {
        ("env", Some(value)) => quoted(value),
        ("option_env", Some(value)) => format!("::core::option::Option::Some({})", quoted(value)),
        ("option_env", None) if name.starts_with("CARGO_PKG_") => {
            "::core::option::Option::None::<&'static str>".to_owned()
        }
        _ => return,
    };
    let first = path_start(source, at);
    out.replace(
        source,
        (first, lexed.tokens[at + 2].mate),
        text,
        Why::Environment,
    );
}

/// First token of a path that ends at `at`.
fn path_start(source: &Source<'_>, at: usize) -> usize {
    let lexed = &source.lexed;
    let mut first = at;
    while first > 0 && lexed.kind(first - 1) == Some(Kind::PathSep) {
        first -= 1;
        if lexed.leads(first) || first == 0 || lexed.kind(first - 1) != Some(Kind::Word) {
            return first;
        }
        first -= 1;
    }
    first
}

enum Callers {
    Dependency,
    Host,
    Both,
}

/// Who runs the code at a token: in a macro's body those who call the macro.
fn callers(job: &Job<'_>, source: &Source<'_>, at: usize) -> Callers {
    let Some(rules) = source.outline.macro_around(&source.lexed, at) else {
        return Callers::Dependency;
    };
    let name = source.lexed.tokens[rules.name_at].start;
    let facts = job.of.facts;
    let (mut own, mut host) = (false, false);
    for mention in &facts.mentions {
        if mention.how != How::Macro || mention.to.file != source.file {
            continue;
        }
        if source.edited.forward(mention.to.offset) != Some(name) {
            continue;
        }
        let from = job
            .sources
            .iter()
            .find(|source| source.file == mention.from.file);
        match from {
            Some(from) => own |= from.edited.forward(mention.from.offset).is_some(),
            None => host |= mention.from.file >= facts.own,
        }
    }
    match (own, host) {
        (true, true) => Callers::Both,
        (false, true) => Callers::Host,
        // Macros of macros are called through others; exported ones are meant for users.
        (false, false) if rules.export.is_some() => Callers::Host,
        _ => Callers::Dependency,
    }
}

fn include(job: &Job<'_>, source: &Source<'_>, at: usize, out: &mut Out) {
    let lexed = &source.lexed;
    let name = lexed.str(at);
    let attribute = source.outline.attribute_around(lexed, at);
    // Documentation from files, mostly of the whole crate.
    let doc = attribute.filter(|attribute| lexed.is(attribute.open + 1, "doc"));
    let in_doc = at >= 2 && lexed.is(at - 2, "doc") && lexed.after(at, "=");
    let Some(given) = string(lexed, at + 3) else {
        // `concat!(env!("OUT_DIR"), …)` is refused for its `env!`.
        return;
    };
    if doc.is_some_and(|doc| doc.inner && source.is_root && job.of.module) {
        return;
    }
    let shown = format!("`{name}!({})`", lexed.str(at + 3));
    if name == "include" && job.of.module {
        out.refuse(source.refuse(Reason::IncludedSource, shown, at));
        return;
    }
    let folder = source.path.parent().unwrap_or(Utf8Path::new(""));
    match joined(folder, &given) {
        Some(path) if path.starts_with(root_folder(job)) => {
            out.rest.includes.insert(path);
        }
        _ => match doc {
            Some(doc) => {
                let close = lexed.tokens[doc.open].mate;
                out.remove(source, (doc.hash, close), Why::CrateAttribute);
            }
            // Under a condition: rustdoc's, as a rule.
            None if in_doc => out.note(format!("{shown} in documentation is not copied")),
            None => out.refuse(source.refuse(Reason::FileOutside, shown, at)),
        },
    }
}

/// The folder that is copied: of the root file for a module, of the package for a crate.
fn root_folder<'a>(job: &Job<'a>) -> &'a Utf8Path {
    let root = job.of.facts.files.get(job.of.upstream.root as usize);
    let source = root
        .and_then(|root| root.parent())
        .unwrap_or(Utf8Path::new("/"));
    let package = job
        .of
        .upstream
        .env
        .get("CARGO_MANIFEST_DIR")
        .filter(|_| !job.of.module);
    package.map_or(source, |package| Utf8Path::new(package))
}

/// Without `.` and `..`; `None` for absolute paths and those that lead nowhere.
fn joined(folder: &Utf8Path, path: &str) -> Option<Utf8PathBuf> {
    let mut out = folder.to_owned();
    for component in Utf8Path::new(path).components() {
        match component {
            Utf8Component::Normal(name) => out.push(name),
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir => {
                if !out.pop() {
                    return None;
                }
            }
            Utf8Component::RootDir | Utf8Component::Prefix(_) => return None,
        }
    }
    Some(out)
}
