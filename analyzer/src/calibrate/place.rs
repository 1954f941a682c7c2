//! Where a function of debug info belongs: its package, and a spelling of its file that the
//! analysis and the executable agree on.
//!
//! Debug info knows crates (the start of the namespace) and files, the list knows packages. The
//! crate decides, since what a macro makes stands in the file of the macro, whoever calls it.

use std::collections::BTreeSet;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use rustc_hash::FxHashMap;

use super::dwarf::TruthFunction;
use crate::model::{Project, UnitKind};

/// Which package a live function is of.
pub(super) struct Owners<'a> {
    project: &'a Project,
    by_crate: FxHashMap<&'a str, BTreeSet<usize>>,
}

impl<'a> Owners<'a> {
    pub(super) fn new(project: &'a Project) -> Self {
        let mut by_crate: FxHashMap<&str, BTreeSet<usize>> = FxHashMap::default();
        for unit in project
            .units
            .iter()
            .filter(|unit| unit.kind != UnitKind::BuildScript)
        {
            by_crate
                .entry(&unit.crate_name)
                .or_default()
                .insert(unit.package);
        }
        Self { project, by_crate }
    }

    /// By crate, then among packages with the same crate name by file, then by being listed.
    pub(super) fn of(
        &self,
        function: &TruthFunction,
        is_listed: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let krate = function.namespace.first().map_or("", String::as_str);
        let by_file = self.by_file(&function.file);
        let Some(candidates) = self.by_crate.get(krate) else {
            return by_file;
        };
        if candidates.len() == 1 {
            return candidates.first().copied();
        }
        by_file
            .filter(|package| candidates.contains(package))
            .or_else(|| {
                candidates
                    .iter()
                    .copied()
                    .find(|&package| is_listed(package))
            })
            .or_else(|| candidates.first().copied())
    }

    /// The package whose folder, or whose build script's output folder, holds the file.
    fn by_file(&self, file: &Utf8Path) -> Option<usize> {
        let packages = self.project.packages.iter().enumerate();
        if let Some((name, _)) = build_output(file) {
            return packages
                .filter(|(_, p)| p.name == name)
                .map(|(index, _)| index)
                .next();
        }
        packages
            .filter(|(_, package)| file.starts_with(&package.manifest_dir))
            .max_by_key(|(_, package)| package.manifest_dir.as_str().len())
            .map(|(index, _)| index)
    }
}

/// Files of std: precompiled (rustc replaces their root by `/rustc/<hash>`, and that of std's
/// own dependencies by `/rust/deps`), of the `rust-src` component, or where the analysis read
/// them.
pub(super) fn is_std(file: &Utf8Path, project: &Project) -> bool {
    file.starts_with("/rustc")
        || file.starts_with("/rust/deps")
        || file.as_str().contains("/lib/rustlib/src/rust/library/")
        || file.starts_with(&project.std_src.root)
}

/// The file as both builds would spell it.
pub(super) fn portable(file: &Utf8Path) -> Utf8PathBuf {
    match build_output(file) {
        Some((package, rest)) => Utf8Path::new("OUT_DIR").join(package).join(rest),
        None => fold_dots(file),
    }
}

/// Splits `…/build/<package>-<hash>/out/<rest>` (or `…/build/<package>/<hash>/out/<rest>`, as
/// newer cargos lay it out) into package and rest.
fn build_output(file: &Utf8Path) -> Option<(&str, Utf8PathBuf)> {
    let parts: Vec<&str> = file
        .components()
        .map(|part: Utf8Component<'_>| part.as_str())
        .collect();
    let is_hash =
        |text: &str| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    parts
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, part)| **part == "build")
        .find_map(|(at, _)| match *parts.get(at + 1..)? {
            [folder, "out", ref rest @ ..] => {
                let (package, hash) = folder.rsplit_once('-')?;
                is_hash(hash).then(|| (package, rest.iter().collect()))
            }
            [package, hash, "out", ref rest @ ..] if is_hash(hash) => {
                Some((package, rest.iter().collect()))
            }
            _ => None,
        })
}

/// Drops `.` and resolves `..` by the text alone, as both sides of the comparison must agree on
/// one spelling and the file need not exist.
pub(super) fn fold_dots(path: &Utf8Path) -> Utf8PathBuf {
    let mut folded = Utf8PathBuf::new();
    for component in path.components() {
        match component {
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir => {
                folded.pop();
            }
            other => folded.push(other),
        }
    }
    folded
}
