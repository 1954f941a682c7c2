//! Which crates the workspace's own code has no influence on, and whether that holds.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use ra_ap_base_db::{Crate, all_crates};
use ra_ap_hir_def::ImplId;
use ra_ap_vfs::FileId;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::guests;
use super::made::{self, Made};
use super::own::Sides;
use super::spell::{self, Name};
use crate::cache::{Digest, Hasher};
use crate::model::{Project, UnitKind};
use crate::ra::database::Database;
use crate::ra::workers::Workers;

/// Crates that are no members of the workspace and depend on none, and whose text no program has
/// a say in but between items.
pub(crate) struct Closed {
    numbers: FxHashMap<Crate, u32>,
    /// By number.
    crates: Vec<Crate>,
    /// Names of the files' paths, by raw id; of members' own files none.
    files: Vec<Option<Name>>,
    /// What macros made that were run; `None` when none was.
    made: Option<Made>,
    /// Of what is numbered, in this order.
    order: Name,
    /// Of the others' impls that an open goal of closed code might be answered with.
    guests: Name,
}

impl Closed {
    /// Which they are, unless something in the tree goes around what makes them closed: what.
    /// `inner`: trait impls that stand in bodies.
    pub(crate) fn new(
        database: &Database,
        project: &Project,
        sides: &Sides,
        inner: &[ImplId],
        workers: &Workers,
    ) -> Result<Self, String> {
        let (digests, crates): (Vec<Digest>, Vec<Crate>) =
            closed_crates(database, project).into_iter().unzip();
        let digests: Vec<u8> = digests.iter().flat_map(|digest| digest.0).collect();
        let name = |(path, own): (&Utf8PathBuf, &bool)| {
            (!own).then(|| spell::digest(path.as_str().as_bytes()))
        };
        let mut closed = Self {
            numbers: crates.iter().copied().zip(0..).collect(),
            crates,
            files: database.paths.iter().zip(&sides.own).map(name).collect(),
            made: None,
            order: spell::digest(&digests),
            guests: Name::default(),
        };
        closed.guests = guests::digest(&database.db, &closed, inner)?;
        closed.made = Made::new(database, &closed.crates, workers);
        Ok(closed)
    }

    pub(crate) fn number(&self, krate: Crate) -> Option<u32> {
        self.numbers.get(&krate).copied()
    }

    /// In the order of their numbers.
    pub(super) fn crates(&self) -> &[Crate] {
        &self.crates
    }

    pub(crate) fn at(&self, number: u32) -> Option<Crate> {
        self.crates.get(number as usize).copied()
    }

    pub(crate) fn file(&self, file: FileId) -> Option<Name> {
        self.files.get(file.index() as usize).copied().flatten()
    }

    /// What has to be the same in the run that keeps and in the one that takes over, and is in
    /// no key: it is known only when names are resolved.
    pub(super) fn setting(&self) -> Setting {
        Setting {
            order: self.order,
            guests: self.guests,
            outputs: self.made.as_ref().map_or([0; 16], |made| made.outputs),
        }
    }

    pub(crate) fn made(&self) -> Option<&Made> {
        self.made.as_ref()
    }
}

/// What has to be the same in two runs, but for the key.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Setting {
    /// Of the closed crates as they are numbered.
    order: Name,
    /// Of impls of the workspace's own that an open goal might be answered with.
    guests: Name,
    /// Of what macros made that were run.
    outputs: Name,
}

impl Setting {
    /// Why what was kept under `self` does not hold in `now`.
    pub(super) fn differs(&self, now: &Self) -> Option<&'static str> {
        if self.order != now.order {
            Some("the crates are not the same")
        } else if self.guests != now.guests {
            Some("other impls of the workspace's own may answer what dependencies ask")
        } else if self.outputs != now.outputs {
            Some("a macro makes something else of the same")
        } else {
            None
        }
    }
}

/// In an order that is the same in every run.
fn closed_crates(database: &Database, project: &Project) -> BTreeMap<Digest, Crate> {
    let db = &database.db;
    let anywhere = made::run_anywhere(database, project);
    let mut described: FxHashMap<Crate, (bool, String)> = FxHashMap::default();
    for (unit, &krate) in project.units.iter().zip(&database.unit_crates) {
        let is_own = project.packages[unit.package].is_member;
        let facts = (
            &unit.root_file,
            &unit.edition,
            &unit.cfgs,
            &unit.env,
            unit.kind == UnitKind::ProcMacro,
        );
        let entry = described
            .entry(krate)
            .or_insert_with(|| (is_own, format!("{facts:?}")));
        entry.0 |= is_own;
    }
    let mut digests: FxHashMap<Crate, Option<Digest>> = FxHashMap::default();
    let mut order: BTreeMap<Digest, Crate> = BTreeMap::new();
    // Dependencies come first.
    for &krate in all_crates(db).iter() {
        let mut hasher = Hasher::default();
        let (mut is_open, facts) = match described.get(&krate) {
            Some((is_own, facts)) => (*is_own, facts.as_str()),
            None => (krate == database.universe, "std"),
        };
        hasher.text(facts);
        hasher.text(&format!("{:?}", krate.extra_data(db).display_name));
        for dependency in &krate.data(db).dependencies {
            is_open |= anywhere.contains(&dependency.crate_id);
            match digests.get(&dependency.crate_id) {
                Some(Some(digest)) => {
                    hasher.text(dependency.name.as_str());
                    hasher.bytes(&digest.0);
                }
                _ => is_open = true,
            }
        }
        let digest = hasher.finish();
        digests.insert(krate, (!is_open).then_some(digest));
        if !is_open {
            order.insert(digest, krate);
        }
    }
    order
}
