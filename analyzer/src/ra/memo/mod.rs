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
//! [`key`] says what all of it depends on: everything but the members' own files.

pub(crate) mod closed;
pub(crate) mod keep;
pub(crate) mod key;
pub(crate) mod record;
pub(crate) mod spell;

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use dashmap::{DashMap, DashSet};
use ra_ap_base_db::Crate;
use ra_ap_hir_def::{DefWithBodyId, GenericDefId};
use ra_ap_hir_ty::db::HirDatabase;
use rustc_hash::{FxBuildHasher, FxHashMap};

use self::closed::Closed;
use self::record::{Body, Defined, Node, Record};
use self::spell::{Name, Speller};
use super::collect::Expansion;
use super::engine::Found;
use super::instance::{Instance, Step, Subject};
use super::items::{Definition, Row};

/// What a run begins with.
pub(crate) struct Before {
    /// Files of members.
    pub(crate) left_out: BTreeSet<Utf8PathBuf>,
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

    /// With what `record` holds, unless it does not fit this run.
    pub(crate) fn new(
        closed: Option<Closed>,
        record: Option<Record>,
        listings: &Listings<'_>,
    ) -> Self {
        let mut memo = Self {
            closed,
            ..Self::none()
        };
        if let (Some(closed), Some(record)) = (&memo.closed, record)
            && let Some(definitions) = listings.resolve(closed, &record)
        {
            memo.numbers = record.names.iter().copied().zip(0..).collect();
            memo.definitions = definitions;
            memo.record = record;
        }
        memo
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

    /// The same instance as it is kept.
    pub(crate) fn canonical(&self, db: &dyn HirDatabase, instance: &mut Instance) {
        if self.numbers.is_empty() {
            return;
        }
        let Some(closed) = &self.closed else { return };
        let name = Speller::new(db, closed, &self.spelled).instance(instance);
        if let Some(&node) = name.and_then(|name| self.numbers.get(&name)) {
            *instance = Instance {
                subject: Subject::Kept(self.at(node)),
                env: None,
            };
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

    /// The bodies of kept instances among `nodes` that this run did not read itself, by number.
    pub(crate) fn bodies<'a>(&'a self, nodes: impl Iterator<Item = &'a Instance>) -> Vec<&'a Body> {
        let mut reached = vec![false; self.record.bodies.len()];
        for instance in nodes {
            if let Subject::Kept(kept) = instance.subject
                && let Some(body) = self.node(kept).body
            {
                reached[body as usize] = true;
            }
        }
        let bodies = self.record.bodies.iter().zip(reached);
        bodies
            .filter(|(body, reached)| *reached && !self.read.contains(&body.name))
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

/// The items of this run's crates.
pub(crate) struct Listings<'a> {
    /// Sorted.
    pub(crate) crates: &'a [Crate],
    /// Indexed as `crates`.
    pub(crate) rows: &'a [Vec<Row>],
}

impl Listings<'_> {
    fn row(&self, closed: &Closed, (of, row): record::Listed) -> Option<&Row> {
        let position = self.crates.binary_search(&closed.at(of)?).ok()?;
        self.rows[position].get(row as usize)
    }

    /// The record's definitions in this run; `None` when anything is not where it was.
    fn resolve(&self, closed: &Closed, record: &Record) -> Option<Vec<Definition>> {
        if !record.is_whole() {
            return None;
        }
        let of_nodes = record.nodes.iter().filter_map(|node| node.adt);
        let of_bodies = record.bodies.iter().flat_map(|body| &body.uses).copied();
        if !of_nodes
            .chain(of_bodies)
            .all(|one| self.row(closed, one).is_some())
        {
            return None;
        }
        let definition = |(index, one): (u32, &Defined)| {
            let Some(listed) = one.listed else {
                return Some(Definition::Kept(index));
            };
            let row = self.row(closed, listed)?;
            let is_same = !one.is_function
                || row.path == record.text(one.label) && row.standing.place.line == one.line;
            is_same.then_some(row.def)
        };
        (0..).zip(&record.definitions).map(definition).collect()
    }
}
