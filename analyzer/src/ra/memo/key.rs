//! What kept expansions depend on: everything that is loaded but the members' own files.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use crate::cache::{Digest, Hasher, program, tree};
use crate::model::{BuildOutput, Project, Unit};
use crate::models::READERS;
use crate::ra::files::{Files, LoadedFile};

/// The key of the record, and the files that it does not depend on.
pub(crate) struct Basis {
    pub(crate) key: Digest,
    /// Of members.
    pub(crate) left_out: BTreeSet<Utf8PathBuf>,
}

/// Units that are no members' and depend on none, as `Project::units`.
pub(super) fn closed_units(project: &Project) -> Vec<bool> {
    let mut closed: Vec<bool> = Vec::with_capacity(project.units.len());
    // Dependencies come first.
    for unit in &project.units {
        let is_own = project.packages[unit.package].is_member;
        let mut dependencies = unit.dependencies.iter();
        let all = dependencies.all(|one| closed.get(one.unit).copied().unwrap_or(false));
        closed.push(!is_own && all);
    }
    closed
}

/// `None` when it can't be told.
pub(crate) fn basis(project: &Project, files: &Files) -> Option<Basis> {
    let closed = closed_units(project);
    let mut hasher = Hasher::default();
    program(&mut hasher);
    hasher.text("expansions");
    hasher.bytes(&postcard::to_stdvec(&project.toolchain).ok()?);
    hasher.text(&format!("{:?}", (&project.std_src.root, project.exec)));
    let mut digests: Vec<Digest> = Vec::with_capacity(closed.len());
    for unit in &project.units {
        digests.push(unit_digest(project, unit, &digests)?);
    }
    let mut all: Vec<Digest> = (closed.iter().zip(digests))
        .filter_map(|(&closed, digest)| closed.then_some(digest))
        .collect();
    all.sort_unstable();
    all.dedup();
    all.iter().for_each(|digest| hasher.bytes(&digest.0));

    let owners = Owners::new(project, &closed);
    let (own, others): (Vec<&LoadedFile>, Vec<&LoadedFile>) = files
        .loaded
        .iter()
        .partition(|file| owners.is_members(&file.path));
    let one = |file: &&LoadedFile| {
        let mut hasher = Hasher::default();
        hasher.text(file.path.as_str());
        hasher.text(&file.text);
        hasher.finish()
    };
    let contents: Vec<Digest> = others.par_iter().map(one).collect();
    contents.iter().for_each(|digest| hasher.bytes(&digest.0));
    Some(Basis {
        key: hasher.finish(),
        left_out: own.iter().map(|file| file.path.clone()).collect(),
    })
}

/// A unit with all that it is compiled with, but for which domains it is needed in.
fn unit_digest(project: &Project, unit: &Unit, dependencies: &[Digest]) -> Option<Digest> {
    let mut hasher = Hasher::default();
    hasher.text(&format!(
        "{:?}",
        (
            unit.kind,
            &unit.crate_name,
            unit.test_harness,
            &unit.root_file,
            &unit.edition,
            &unit.cfgs,
            &unit.env,
            &unit.proc_macro_dylib,
        )
    ));
    let package = &project.packages[unit.package];
    hasher.text(&format!("{:?}", (&package.name, &package.manifest_dir)));
    hasher.bytes(&postcard::to_stdvec(&unit.build_output).ok()?);
    let dylib = unit.proc_macro_dylib.as_ref();
    let facts = dylib.and_then(|path| path.metadata().ok());
    let facts = facts.map(|facts| (facts.len(), facts.modified().ok()));
    hasher.text(&format!("{facts:?}"));
    for one in &unit.dependencies {
        hasher.text(&one.extern_name);
        hasher.bytes(&dependencies.get(one.unit)?.0);
    }
    let reads_files = unit.dependencies.iter().any(|one| {
        let package = project.units[one.unit].package;
        READERS.contains(&project.packages[package].name.as_str())
    });
    if reads_files && !package.is_member {
        hasher.text(&format!("{:?}", tree(&package.manifest_dir)));
    }
    Some(hasher.finish())
}

/// Whose a file is, by the folder that it lies in.
pub(super) struct Owners<'a> {
    /// What build scripts of closed units wrote.
    outputs: Vec<&'a Utf8Path>,
    /// Folders of packages, and whether a member's.
    packages: Vec<(&'a Utf8Path, bool)>,
}

impl<'a> Owners<'a> {
    pub(super) fn new(project: &'a Project, closed: &[bool]) -> Self {
        let units = project.units.iter().zip(closed);
        let outputs = units
            .filter(|(_, closed)| **closed)
            .filter_map(|(unit, _)| match &unit.build_output {
                BuildOutput::Ran { out_dir } => out_dir.as_deref(),
                BuildOutput::Read { out_dir, .. } => Some(out_dir.as_path()),
                _ => None,
            });
        let packages = project.packages.iter();
        Self {
            outputs: outputs.collect(),
            packages: packages
                .map(|package| (package.manifest_dir.as_path(), package.is_member))
                .collect(),
        }
    }

    pub(super) fn is_members(&self, path: &Utf8Path) -> bool {
        if self.outputs.iter().any(|folder| path.starts_with(folder)) {
            return false;
        }
        let holding = self
            .packages
            .iter()
            .filter(|(folder, _)| path.starts_with(folder));
        holding
            .max_by_key(|(folder, is_member)| (folder.as_str().len(), !is_member))
            .is_some_and(|(_, is_member)| *is_member)
    }
}

/// Whether a text could name a file outside of its package: by a string in which `..` climbs
/// further up than `depth` folders. What is only read as text (`include_str!`) is no code.
pub(super) fn climbs(text: &str, depth: usize) -> bool {
    text.match_indices("..").any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + 2..]);
        let line = before.rfind('\n').map_or(0, |end| end + 1);
        if before[line..].trim_start().starts_with("//") {
            return false;
        }
        if !before.ends_with(['"', '/']) || !after.starts_with(['"', '/']) {
            return false;
        }
        let Some(quote) = before[line..].rfind('"').map(|quote| line + quote) else {
            return false;
        };
        let start = before[..quote].trim_end().trim_end_matches(['r', '#', '(']);
        if ["include_str!", "include_bytes!"]
            .iter()
            .any(|one| start.ends_with(one))
        {
            return false;
        }
        // Only `..` at the beginning can be told to stay within the package.
        let parts = before[quote + 1..].split_terminator('/');
        parts.clone().any(|part| part != "..") || parts.count() + 1 > depth
    })
}

/// Whether a text calls `include!`, or gives it another name.
pub(super) fn includes(text: &str) -> bool {
    text.match_indices("include").any(|(at, word)| {
        let rest = text[at + word.len()..].trim_start();
        let is_path = text[..at].trim_end().ends_with([':', '{', ',']);
        rest.starts_with('!') || is_path && rest.starts_with(['}', ',', ';', 'a'])
    })
}

/// Whether a macro hands its argument on to `include!`, or to something that is called so.
pub(super) fn includes_given(text: &str) -> bool {
    includes(text) && text.contains("macro_rules")
}

#[cfg(test)]
mod tests {
    use super::{climbs, includes};

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

    #[test]
    fn strings_may_climb_up_to_the_package() {
        for (text, depth, expected) in [
            ("include!(\"tables.rs\");", 1, false),
            ("include!(\"../tables/a.rsv\");", 1, false),
            ("include!(\"../../tables/a.rsv\");", 1, true),
            ("include!(\"../../tables/a.rsv\");", 2, false),
            (
                "include!(concat!(env!(\"OUT_DIR\"), \"/../x.rs\"));",
                3,
                true,
            ),
            (
                "include!(concat!(\"..\", \"/\", \"..\", \"/x.rs\"));",
                0,
                true,
            ),
            ("include_str!(\"../../README.md\")", 1, false),
            ("include_bytes!(r\"../../logo\")", 1, false),
            ("m!(\"../../x.rs\")", 1, true),
            ("&a[1..\"2\".len()]", 0, false),
            ("\"0..9\"", 0, false),
        ] {
            assert_eq!(climbs(text, depth), expected, "{text}");
        }
    }
}
