//! Expansions kept for the next run: of instances that the workspace's own code cannot change.
//!
//! A crate is *closed* when it is no member of the workspace and depends on none ([`closed`]).
//! An instance is closed when its definition, its arguments and the bounds it is seen with
//! mention closed crates only. What it leads to is then the same whatever the workspace's own
//! code says, and closed again; docs/METHOD.md has the proof, and [`closed`] checks what the
//! proof takes for granted. So after a run every closed instance is kept as plain data
//! ([`record`], made by [`keep`]) under a name that means the same in every run ([`spell`]);
//! in the next one, from where the walk meets it, everything is taken from there.
//!
//! [`key`] says what all of it depends on: everything but the members' own files, which the
//! others have no access to ([`own`]). What macros make that are run is compared ([`made`]).

mod closed;
mod guests;
pub(crate) mod keep;
mod keeper;
pub(crate) mod key;
mod listings;
mod made;
pub(crate) mod own;
pub(crate) mod record;
mod spell;
mod undecided;

use dashmap::{DashMap, DashSet};
use ra_ap_base_db::Crate;
use ra_ap_hir_def::{DefWithBodyId, GenericDefId};
use ra_ap_hir_ty::db::HirDatabase;
use rustc_hash::{FxBuildHasher, FxHashMap};

use self::closed::Closed;
use self::listings::Listings;
use self::own::Sides;
use self::record::{Body, Defined, Extra, Node, Place, Record};
use self::spell::{Name, Speller};
use super::collect::Expansion;
use super::database::Database;
use super::engine::{Found, Listed};
use super::instance::{Instance, Step, Subject};
use super::items::Definition;
use super::workers::Workers;
use crate::model::{Power, Project};

/// What a run begins with.
pub(crate) struct Before {
    pub(crate) sides: Sides,
    /// What an earlier run kept.
    pub(crate) record: Option<Record>,
}

/// An instance that is kept: its number in the record, and its definition as far as it is
/// listed in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Kept {
    pub(crate) node: u32,
    pub(crate) definition: Option<Definition>,
}

/// What was kept by an earlier run, for this one.
pub(crate) struct Memo {
    /// `None`: nothing is taken and nothing is kept.
    closed: Option<Closed>,
    record: Record,
    numbers: FxHashMap<Name, u32>,
    /// Indexed as the record's definitions.
    definitions: Vec<Definition>,
    spelled: DashMap<GenericDefId, Option<Name>, FxBuildHasher>,
    /// Bodies that this run read itself.
    read: DashSet<Name, FxBuildHasher>,
}

impl Memo {
    /// Takes and keeps nothing.
    pub(crate) fn none() -> Self {
        Self {
            closed: None,
            record: Record::default(),
            numbers: FxHashMap::default(),
            definitions: Vec::new(),
            spelled: DashMap::default(),
            read: DashSet::default(),
        }
    }

    /// With what an earlier run kept, as far as it holds for this one; says what came of it.
    pub(crate) fn new(
        before: Before,
        database: &Database,
        project: &Project,
        listed: &Listed,
        workers: &Workers,
        progress: &dyn Fn(&str),
    ) -> Self {
        let Before { sides, record } = before;
        let mut memo = Self::none();
        let taken = Closed::new(database, project, &sides, &listed.inner_impls, workers)
            .and_then(|closed| memo.take(closed, record, &Listings::of(listed)));
        if let Err(why) = taken {
            progress(&format!("nothing taken over: {why}"));
        }
        memo
    }

    fn take(
        &mut self,
        closed: Closed,
        record: Option<Record>,
        listings: &Listings<'_>,
    ) -> Result<(), String> {
        let closed = self.closed.insert(closed);
        let no_run = "no run is kept with these dependencies, features, toolchain and program";
        let record = record.ok_or(no_run)?;
        if let Some(why) = record.setting.differs(&closed.setting()) {
            return Err(why.into());
        }
        let definitions = listings.resolve(closed, &record);
        self.definitions = definitions.ok_or("what is kept does not fit")?;
        self.numbers = record.names.iter().copied().zip(0..).collect();
        self.record = record;
        Ok(())
    }

    fn node(&self, kept: Kept) -> &Node {
        &self.record.nodes[kept.node as usize]
    }

    fn at(&self, node: u32) -> Kept {
        let definition = self.record.nodes[node as usize].definition;
        Kept {
            node,
            definition: definition.map(|one| self.definitions[one as usize]),
        }
    }

    /// The same instances as they are kept.
    pub(crate) fn canonical<'a>(
        &self,
        db: &dyn HirDatabase,
        instances: impl Iterator<Item = &'a mut Instance>,
    ) {
        let Some(closed) = self.closed.as_ref().filter(|_| !self.numbers.is_empty()) else {
            return;
        };
        let mut speller = Speller::new(db, closed, &self.spelled);
        for instance in instances {
            let name = speller.instance(instance);
            if let Some(&node) = name.and_then(|name| self.numbers.get(&name)) {
                *instance = Instance {
                    subject: Subject::Kept(self.at(node)),
                    env: None,
                };
            }
        }
    }

    /// What a kept instance leads to.
    pub(crate) fn expansion(&self, kept: Kept) -> Expansion {
        let node = self.node(kept);
        let steps = node.steps.iter().map(|step| Step {
            to: Instance {
                subject: Subject::Kept(self.at(step.to)),
                env: None,
            },
            kind: step.kind,
            line: step.line,
            in_const: step.in_const,
            escapes: step.escapes,
            uncertain: false,
        });
        Expansion {
            steps: steps.collect(),
            fallbacks: node.fallbacks,
            ..Expansion::default()
        }
    }

    /// Whether a kept instance is of one of `crates` and its arguments lead nowhere else: as
    /// [`Taint`](super::taint::Taint) would say of it.
    pub(crate) fn is_within(
        &self,
        kept: Kept,
        crates: impl Fn(Crate) -> bool,
        inside: impl Fn(Crate) -> bool,
    ) -> bool {
        let Place { of, mentions } = self.place(kept);
        let is =
            |number: u32, crates: &dyn Fn(Crate) -> bool| self.crate_of(number).is_some_and(crates);
        of.is_some_and(|of| is(of, &crates))
            && mentions
                .iter()
                .all(|one| one.is_some_and(|one| is(one, &inside)))
    }

    fn place(&self, kept: Kept) -> &Place {
        &self.record.places[self.node(kept).place as usize]
    }

    /// Functions with a power that a kept instance calls: path, power and line.
    pub(crate) fn powers(&self, kept: Kept) -> impl Iterator<Item = (&str, Power, u32)> {
        let powers = self.node(kept).powers.iter();
        powers.map(|&(path, power, line)| (self.text(path), power, line))
    }

    /// What is shown of a kept associated const or foreign function.
    pub(crate) fn extra(&self, kept: Kept) -> Option<&Extra> {
        Some(&self.record.extras[self.node(kept).extra? as usize])
    }

    /// Whether a program of the tree may have a say in what the body is.
    pub(crate) fn is_run_in(&self, db: &dyn HirDatabase, def: DefWithBodyId) -> bool {
        let closed = self.closed.as_ref();
        closed.is_some_and(|closed| closed.made().is_some()) && made::is_in(db, def)
    }

    /// Notes that the body is read in this run.
    pub(crate) fn note(&self, db: &dyn HirDatabase, def: DefWithBodyId) {
        if self.numbers.is_empty() {
            return;
        }
        let closed = self.closed.as_ref();
        let name = closed.and_then(|closed| Speller::new(db, closed, &self.spelled).body(def));
        if let Some(name) = name {
            self.read.insert(name);
        }
    }

    /// The bodies of kept instances that were followed and that this run did not read itself,
    /// by number.
    pub(crate) fn bodies(&self, found: &Found) -> Vec<&Body> {
        let mut reached = vec![false; self.record.bodies.len()];
        for kept in found.kept() {
            if let Some(body) = self.node(kept).body {
                reached[body as usize] = true;
            }
        }
        let bodies = self.record.bodies.iter().zip(reached);
        bodies
            .filter(|(body, reached)| *reached && body.is_read && !self.read.contains(&body.name))
            .map(|(body, _)| body)
            .collect()
    }

    /// The body of a kept instance.
    pub(crate) fn body(&self, kept: Kept) -> Option<(u32, &Body)> {
        let body = self.node(kept).body?;
        Some((body, &self.record.bodies[body as usize]))
    }

    pub(crate) fn body_at(&self, body: u32) -> &Body {
        &self.record.bodies[body as usize]
    }

    /// The type that a kept method of a built-in derive is of.
    pub(crate) fn adt(&self, kept: Kept) -> Option<record::Listed> {
        self.node(kept).adt
    }

    pub(crate) fn text(&self, text: record::Text) -> &str {
        self.record.text(text)
    }

    /// What the witness graph says of a kept instance that is no drop glue.
    pub(crate) fn defined(&self, kept: Kept) -> Option<&Defined> {
        let definition = self.node(kept).definition?;
        Some(&self.record.definitions[definition as usize])
    }

    pub(crate) fn crate_of(&self, number: u32) -> Option<Crate> {
        self.closed.as_ref()?.at(number)
    }

    /// The item in a row of a closed crate.
    pub(crate) fn item(&self, found: &Found, (of, row): record::Listed) -> Option<Definition> {
        let krate = self.crate_of(of)?;
        let position = found.crates.binary_search(&krate).ok()?;
        Some(found.rows[position].get(row as usize)?.def)
    }
}
