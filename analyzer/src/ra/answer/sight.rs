//! What code at a place can name, and in which domains it runs.
//!
//! A gap hides calls of the crate it stands in, and nothing else: those of a build script can
//! only be of what the script is compiled with, and only run where the script does.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::{Domains, Project, UnitKind};

/// Where code stands: a package's build script, or anything else of the package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Viewpoint {
    pub(super) package: usize,
    pub(super) in_script: bool,
}

impl Viewpoint {
    pub(super) fn of(package: usize, kind: UnitKind) -> Self {
        Self {
            package,
            in_script: kind == UnitKind::BuildScript,
        }
    }
}

/// What is seen from one place.
#[derive(Debug, Default)]
pub(super) struct Sight {
    pub(super) domains: Domains,
    /// The package and all that its dependencies may hand on.
    pub(super) all: FxHashSet<usize>,
}

/// Sights by viewpoint, found out once.
pub(super) struct Sights<'a> {
    project: &'a Project,
    known: FxHashMap<Viewpoint, Sight>,
}

impl<'a> Sights<'a> {
    pub(super) fn new(project: &'a Project) -> Self {
        Self {
            project,
            known: FxHashMap::default(),
        }
    }

    pub(super) fn from(&mut self, from: Viewpoint) -> &Sight {
        let project = self.project;
        self.known
            .entry(from)
            .or_insert_with(|| look(project, from))
    }
}

fn look(project: &Project, from: Viewpoint) -> Sight {
    let mut sight = Sight::default();
    let mut seen = vec![false; project.units.len()];
    let mut pending = Vec::new();
    for (index, unit) in project.units.iter().enumerate() {
        if Viewpoint::of(unit.package, unit.kind) != from {
            continue;
        }
        sight.domains |= unit.domains;
        pending.push(index);
    }
    while let Some(index) = pending.pop() {
        if std::mem::replace(&mut seen[index], true) {
            continue;
        }
        let unit = &project.units[index];
        sight.all.insert(unit.package);
        pending.extend(unit.dependencies.iter().map(|one| one.unit));
    }
    sight
}
