//! Whose each file is, and that the others do without the members' own.
//!
//! What is kept depends on every file but the members' own. So code of the others must not read
//! one of those: rust-analyzer finds for it, by whatever path, only files that are no member's
//! ([`Sides`], which `database` makes two file sets of). Where a dependency beside the workspace
//! means to read such a file, it is let, and nothing is kept.

use camino::Utf8Path;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::key::closed_units;
use crate::model::{BuildOutput, Project, Source};
use crate::ra::files::{Files, LoadedFile, MADE_UP};

/// For each loaded file whether it is a member's own.
#[derive(Debug)]
pub(crate) struct Sides {
    pub(crate) own: Vec<bool>,
    /// Why the others can't do without: then there is one side only.
    pub(crate) mixed: Option<String>,
}

impl Sides {
    pub(crate) fn of(project: &Project, files: &Files) -> Self {
        let owners = Owners::new(project, files);
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
        if owners.is_own(&unit.root_file) || values.any(|value| owners.of(value) == Some(true)) {
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
    /// Loaded files that lie in none of the folders: somebody names them. They count as a
    /// member's, who might go on from there to a file of its own.
    strays: FxHashSet<&'a Utf8Path>,
}

impl<'a> Owners<'a> {
    fn new(project: &'a Project, files: &'a Files) -> Self {
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
        let std = [project.std_src.root.as_path(), Utf8Path::new(MADE_UP)];
        let std = std.map(|folder| (folder, false));
        for (folder, own) in packages.chain(outputs).chain(std) {
            *folders.entry(folder.as_str()).or_insert(true) &= own;
        }
        let mut owners = Self {
            folders,
            local: local.map(|one| one.manifest_dir.as_path()).collect(),
            strays: FxHashSet::default(),
        };
        let all = files.loaded.iter().map(|file| file.path.as_path());
        owners.strays = all.filter(|path| owners.of(path).is_none()).collect();
        owners
    }

    /// The innermost folder counts; `None` when there is none.
    fn of(&self, path: &Utf8Path) -> Option<bool> {
        let mut holding = path.ancestors();
        let found = holding.find_map(|folder| self.folders.get(folder.as_str()));
        found.copied()
    }

    fn is_own(&self, path: &Utf8Path) -> bool {
        self.of(path).unwrap_or_else(|| self.strays.contains(path))
    }

    /// Whether a file of the others names one of the members' as it is, or, beside the
    /// workspace, puts the name of an included file together and climbs.
    fn may_read_own(&self, file: &LoadedFile) -> bool {
        file.named.iter().any(|path| self.is_own(path))
            || self
                .local
                .iter()
                .any(|folder| file.path.starts_with(folder))
                && includes(file.text())
                && ["../", "/..", "\"..\""]
                    .iter()
                    .any(|up| file.text().contains(up))
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
    use ra_ap_vfs::FileId;

    use super::{Sides, includes};
    use crate::model::Project;
    use crate::ra::files::{Files, LoadedFile};
    use crate::sample::small;

    /// A workspace's folder holds more than its members' own files, and others may be theirs.
    #[test]
    fn the_innermost_folder_says_whose_a_file_is() {
        let mut project = small().project;
        project.std_src.root = "/sample/target/whittle/std/1.95.0".into();
        project.packages[1].manifest_dir = "/sample/vendor/finder".into();
        let files = [
            ("/registry/idle-0.3.0/src/lib.rs", false),
            ("/sample/src/main.rs", true),
            ("/sample/target/whittle/out/lib.rs", true),
            ("/sample/target/whittle/std/1.95.0/core/src/lib.rs", false),
            ("/sample/vendor/finder/src/lib.rs", false),
            ("/shared/common.rs", true),
            ("/whittle/universe/lib.rs", false),
        ];
        let own = own_of(&project, &files.map(|(path, _)| (path, "")));
        assert_eq!(own.own, files.map(|(_, own)| own));
        assert_eq!(own.mixed, None);
    }

    #[test]
    fn who_reads_a_file_of_the_members_is_noticed() {
        let mixed = |text: &str| {
            let main = ("/sample/src/main.rs", "");
            let other = ("/registry/idle-0.3.0/src/lib.rs", text);
            let stray = ("/shared/common.rs", "");
            own_of(&small().project, &[other, main, stray]).mixed
        };
        assert_eq!(mixed("#[path = \"../../there.rs\"] mod there;"), None);
        for text in [
            "#[path = \"../../../sample/src/part.rs\"] mod part;",
            "include!(\"../../../sample/part.in\");",
            "#[path = \"../../../shared/common.rs\"] mod common;",
        ] {
            assert!(mixed(text).is_some(), "{text}");
        }
        let mut project = small().project;
        project.units[1]
            .env
            .insert("PLACE".into(), "/sample/src".into());
        assert!(own_of(&project, &[]).mixed.is_some());
    }

    fn own_of(project: &Project, files: &[(&str, &str)]) -> Sides {
        let file = |&(path, text): &(&str, &str)| LoadedFile::new(path, text);
        let files = Files {
            notices: Vec::new(),
            loaded: files.iter().map(file).collect(),
            universe: FileId::from_raw(0),
            hashbrown: FileId::from_raw(0),
        };
        Sides::of(project, &files)
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
