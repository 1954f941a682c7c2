//! Whose each file is, and that the others do without the members' own.
//!
//! What is kept depends on every file but the members' own. So code of the others must not read
//! one of those: rust-analyzer finds for it, by whatever path, only files that are no member's
//! ([`Sides`], which `database` makes two file sets of). Where a dependency beside the workspace
//! means to read such a file, it is let, and nothing is kept.

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::key::closed_units;
use crate::model::{BuildOutput, Project, Source};
use crate::ra::files::{Files, LoadedFile, named_files};

/// For each loaded file whether it is a member's own.
#[derive(Debug)]
pub(crate) struct Sides {
    pub(crate) own: Vec<bool>,
    /// Why the others can't do without: then there is one side only.
    pub(crate) mixed: Option<String>,
}

impl Sides {
    pub(crate) fn of(project: &Project, files: &Files) -> Self {
        let owners = Owners::new(project);
        let own: Vec<bool> = (files.loaded.par_iter())
            .map(|file| owners.is_own(&file.path))
            .collect();
        let mixed = by_environment(project, &owners).or_else(|| {
            let others = files.loaded.iter().zip(&own);
            let others = others
                .filter(|(file, own)| !**own && !file.path.starts_with(&project.std_src.root));
            let others: Vec<&LoadedFile> = others.map(|(file, _)| file).collect();
            let reads = |file: &&&LoadedFile| owners.may_read_own(file);
            let found = others.par_iter().find_first(reads)?;
            Some(format!("{} may read the workspace's files", found.path))
        });
        Self { own, mixed }
    }
}

/// A crate of the others with its root or a variable among the members' files.
fn by_environment(project: &Project, owners: &Owners<'_>) -> Option<String> {
    let closed = closed_units(project);
    let closed = project.units.iter().zip(&closed).filter(|(_, is)| **is);
    for (unit, _) in closed {
        let mut values = unit.env.values().map(Utf8Path::new);
        if owners.is_own(&unit.root_file) || values.any(|value| owners.is_own(value)) {
            let name = &unit.crate_name;
            return Some(format!("{name} is told of a place in the workspace"));
        }
    }
    None
}

/// Whose a file is, by the folder that it lies in.
struct Owners<'a> {
    /// Folders, and whether a member's; one that two have is not.
    folders: FxHashMap<&'a str, bool>,
    /// Of packages beside the workspace that are no registry's.
    local: Vec<&'a Utf8Path>,
}

impl<'a> Owners<'a> {
    fn new(project: &'a Project) -> Self {
        let closed = closed_units(project);
        let packages = project.packages.iter();
        let packages = packages.map(|one| (one.manifest_dir.as_path(), one.is_member));
        let units = project.units.iter().zip(closed);
        let outputs = units.filter_map(|(unit, closed)| match &unit.build_output {
            BuildOutput::Ran { out_dir } => Some((out_dir.as_deref()?, !closed)),
            BuildOutput::Read { out_dir, .. } => Some((out_dir.as_path(), !closed)),
            BuildOutput::None | BuildOutput::Missing(_) => None,
        });
        let others = project.packages.iter().filter(|one| !one.is_member);
        let local = others.filter(|one| matches!(one.source, Source::Path));
        let mut folders = FxHashMap::default();
        // The sources of std may have been put below the target folder of a member.
        let std = std::iter::once((project.std_src.root.as_path(), false));
        for (folder, own) in packages.chain(outputs).chain(std) {
            *folders.entry(folder.as_str()).or_insert(true) &= own;
        }
        Self {
            folders,
            local: local.map(|one| one.manifest_dir.as_path()).collect(),
        }
    }

    /// The innermost folder counts.
    fn is_own(&self, path: &Utf8Path) -> bool {
        let mut holding = path.ancestors();
        let found = holding.find_map(|folder| self.folders.get(folder.as_str()));
        found.copied().unwrap_or(false)
    }

    /// Whether a file of the others names one of the members' as it is, or, beside the
    /// workspace, puts the name of an included file together and climbs.
    fn may_read_own(&self, file: &LoadedFile) -> bool {
        let named = named_files(file);
        named.iter().any(|path: &Utf8PathBuf| self.is_own(path))
            || self
                .local
                .iter()
                .any(|folder| file.path.starts_with(folder))
                && includes(&file.text)
                && ["../", "/..", "\"..\""]
                    .iter()
                    .any(|up| file.text.contains(up))
    }
}

/// Whether a text calls `include!`, or gives it another name.
fn includes(text: &str) -> bool {
    text.match_indices("include").any(|(at, word)| {
        let rest = text[at + word.len()..].trim_start();
        let is_path = text[..at].trim_end().ends_with([':', '{', ',']);
        rest.starts_with('!') || is_path && rest.starts_with(['}', ',', ';', 'a'])
    })
}

#[cfg(test)]
mod tests {
    use super::{Owners, includes};
    use crate::sample::small;

    /// A workspace's folder holds more than its members' own files.
    #[test]
    fn the_innermost_folder_says_whose_a_file_is() {
        let mut project = small().project;
        project.std_src.root = "/sample/target/whittle/std/1.95.0".into();
        project.packages[1].manifest_dir = "/sample/vendor/finder".into();
        let owners = Owners::new(&project);
        for (path, is_own) in [
            ("/sample/src/main.rs", true),
            ("/sample/target/whittle/std/1.95.0/core/src/lib.rs", false),
            ("/sample/target/whittle/out/lib.rs", true),
            ("/sample/vendor/finder/src/lib.rs", false),
            ("/registry/idle-0.3.0/src/lib.rs", false),
        ] {
            assert_eq!(owners.is_own(path.into()), is_own, "{path}");
        }
    }

    #[test]
    fn calls_of_include_are_seen() {
        for text in [
            "include!(x)",
            "include ! {x}",
            "use core::include as other;",
            "use core::{include, line};",
        ] {
            assert!(includes(text), "{text}");
        }
        for text in [
            "include_str!(x)",
            "// what we include in here",
            "fn include() {}",
        ] {
            assert!(!includes(text), "{text}");
        }
    }
}
