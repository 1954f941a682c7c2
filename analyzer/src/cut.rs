//! What a dependency is cut from, for those who say what owning it would mean and those who do it.
//!
//! Takes the analysis and the package's folder; gives the crate as `whittle-extract` takes it, the
//! texts about its licence, and files that only other platforms compile.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use whittle_extract::license::{Text, role_of};
use whittle_extract::request::{Facts, Upstream};
use whittle_extract::slice::Wanted;

use crate::model::{Analysis, Unit, UnitKind};

/// Modules of other platforms that need others, and so on.
pub(crate) const ROUNDS: usize = 16;
/// Larger texts are no licences.
const LICENSE_LIMIT: u64 = 1 << 20;

/// The dependency as the unit that the facts are of compiles it; `None` when no library of it is
/// part of the build.
pub(crate) fn upstream(analysis: &Analysis, facts: &Facts) -> Option<Upstream> {
    let project = &analysis.project;
    let index = facts.package;
    let package = project.packages.get(index)?;
    let root = facts.modules.first().map_or(0, |root| root.file);
    let root_file = facts.files.get(root as usize);
    let is_lib = |unit: &&Unit| {
        unit.package == index
            && matches!(unit.kind, UnitKind::Lib | UnitKind::ProcMacro)
            && root_file.is_none_or(|file| same_file(file, &unit.root_file))
    };
    // Of several the one with the most features, for the target rather than the host.
    let units = project.units.iter().filter(is_lib);
    let unit = units.max_by_key(|unit| (!unit.for_host, unit.features.len()))?;
    Some(Upstream {
        name: package.name.clone(),
        version: package.version.clone(),
        crate_name: unit.crate_name.clone(),
        edition: unit.edition.parse().unwrap_or(2015),
        features: unit.features.iter().cloned().collect(),
        cfgs: unit.cfgs.iter().cloned().collect(),
        env: unit.env.clone(),
        root,
        is_proc_macro: package.is_proc_macro,
        links: package.manifest.links.clone(),
    })
}

/// Whether two paths lead to one file.
pub(crate) fn same_file(a: &Utf8Path, b: &Utf8Path) -> bool {
    a == b || matches!((a.canonicalize_utf8(), b.canonicalize_utf8()), (Ok(a), Ok(b)) if a == b)
}

/// Files that a slice asks for, with what asks: the first place that there is. What leads out of
/// the package is none of it.
pub(crate) fn wanted_files<'a>(
    folder: &Utf8Path,
    wanted: &'a [Wanted],
) -> Vec<(&'a Wanted, &'a Utf8PathBuf)> {
    let inside = folder
        .canonicalize_utf8()
        .unwrap_or_else(|_| folder.to_owned());
    let is_own = |file: &&Utf8PathBuf| {
        let real = file.canonicalize_utf8();
        file.is_file() && real.is_ok_and(|real| real.starts_with(&inside))
    };
    let found = wanted
        .iter()
        .filter_map(|one| Some((one, one.candidates.iter().find(is_own)?)));
    found.collect()
}

/// What the package holds at its top, and in `LICENSES/`, about its licence.
pub(crate) fn license_texts(folder: &Utf8Path) -> Vec<Text> {
    let mut out = Vec::new();
    for (folder, prefix) in [
        (folder.to_owned(), ""),
        (folder.join("LICENSES"), "LICENSES/"),
    ] {
        let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
        for entry in entries {
            let path = entry.path();
            let facts = path.symlink_metadata();
            let is_text = facts.is_ok_and(|it| it.is_file() && it.len() <= LICENSE_LIMIT);
            let speaks = !prefix.is_empty() || role_of(entry.file_name()).is_some();
            if is_text
                && speaks
                && let Ok(text) = fs::read_to_string(path)
            {
                out.push(Text {
                    path: format!("{prefix}{}", entry.file_name()),
                    text,
                    supplied: false,
                });
            }
        }
    }
    out.sort_by(|a, b| a.path.cmp(&b.path));
    out
}
