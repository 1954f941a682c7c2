//! What kept expansions depend on: everything that is loaded but the members' own files.

use rayon::prelude::*;

use super::own::Sides;
use crate::cache::{Digest, Hasher, program, tree};
use crate::model::{Project, Unit};
use crate::models::READERS;
use crate::ra::files::{Files, LoadedFile};

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
pub(crate) fn key(project: &Project, files: &Files, sides: &Sides) -> Option<Digest> {
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

    let others = files.loaded.iter().zip(&sides.own);
    let others: Vec<&LoadedFile> = others
        .filter(|(_, own)| !**own)
        .map(|(file, _)| file)
        .collect();
    let one = |file: &&LoadedFile| {
        let mut hasher = Hasher::default();
        hasher.text(file.path.as_str());
        hasher.text(&file.text);
        hasher.finish()
    };
    let contents: Vec<Digest> = others.par_iter().map(one).collect();
    contents.iter().for_each(|digest| hasher.bytes(&digest.0));
    Some(hasher.finish())
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
    hasher.text(&format!(
        "{:?}",
        (&package.name, &package.version, &package.manifest_dir)
    ));
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
