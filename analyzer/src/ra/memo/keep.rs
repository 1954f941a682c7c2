//! What of a run is kept for the next one: the closed instances from which nothing leads to one
//! that can't be kept.

use indexmap::IndexMap;
use ra_ap_base_db::Crate;
use ra_ap_hir_def::signatures::FunctionSignature;
use ra_ap_hir_def::{DefWithBodyId, HasModule, ModuleDefId};
use ra_ap_hir_ty::attach_db;
use ra_ap_ide_db::RootDatabase;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::closed::Closed;
use super::record::{Body, Defined, Hole, Listed, Node, Record, Step, Text};
use super::spell::{Name, Speller};
use super::{Kept, Memo};
use crate::model;
use crate::ra::answer::gaps::text_of;
use crate::ra::answer::usage::Usage;
use crate::ra::answer::{Home, definition};
use crate::ra::database::Database;
use crate::ra::engine::{Found, Workers};
use crate::ra::instance::{Instance, Subject};
use crate::ra::items::Definition;

/// Instances that a thread spells at a time.
const CHUNK: usize = 512;
/// With fewer new ones than one in so many, what was kept before is good enough.
const WORTH: usize = 20;

/// What is to be kept, when it is worth it. `nodes`: the graph's, as they are shown.
pub(crate) fn record(
    database: &Database,
    homes: &FxHashMap<Crate, Home>,
    found: &Found,
    nodes: &[model::Node],
    workers: &Workers,
) -> Option<Record> {
    let memo = &found.shared.memo;
    let closed = memo.closed.as_ref()?;
    if found.graph.truncated {
        return None;
    }
    let rows = rows(closed, found);
    let names = names(memo, closed, found, workers);
    let kept = keepable(database, homes, found, &names, &rows);
    let is_new = |node: &usize| kept[*node] && !is_kept(&found.graph.nodes[*node]);
    let new = (0..kept.len()).filter(is_new).count();
    if new * WORTH < memo.record.nodes.len().max(1) {
        return None;
    }
    let mut keeper = Keeper {
        database,
        found,
        closed,
        rows,
        homes,
        texts: IndexMap::default(),
        definitions: IndexMap::default(),
        bodies: IndexMap::default(),
        out: Record::default(),
    };
    let uses = keeper.uses(workers, &kept);
    attach_db(&database.db, || keeper.nodes(nodes, &names, &kept, &uses));
    let texts = std::mem::take(&mut keeper.texts);
    keeper.out.texts = texts.into_keys().collect();
    Some(keeper.out)
}

fn is_kept(instance: &Instance) -> bool {
    matches!(instance.subject, Subject::Kept(_))
}

/// Where items of closed crates are listed.
fn rows(closed: &Closed, found: &Found) -> FxHashMap<Definition, Listed> {
    let mut listed = FxHashMap::default();
    for (&krate, rows) in found.crates.iter().zip(&found.rows) {
        if let Some(number) = closed.number(krate) {
            listed.extend(
                rows.iter()
                    .zip(0..)
                    .map(|(row, at)| (row.def, (number, at))),
            );
        }
    }
    listed
}

/// The name of each node of the graph that has one.
fn names(memo: &Memo, closed: &Closed, found: &Found, workers: &Workers) -> Vec<Option<Name>> {
    let all: Vec<&Instance> = found.graph.nodes.iter().collect();
    let chunks: Vec<&[&Instance]> = all.chunks(CHUNK).collect();
    let spell = |db: &RootDatabase, chunk: &&[&Instance]| {
        let mut speller = Speller::new(db, closed, &memo.spelled);
        let name = |one: &&Instance| match one.subject {
            Subject::Kept(kept) => Some(memo.record.names[kept.node as usize]),
            _ => speller.instance(one),
        };
        chunk.iter().map(name).collect::<Vec<_>>()
    };
    workers
        .map(&chunks, 1, spell)
        .into_iter()
        .flatten()
        .collect()
}

/// Which nodes can be kept: named, sound, and leading only to such.
fn keepable(
    database: &Database,
    homes: &FxHashMap<Crate, Home>,
    found: &Found,
    names: &[Option<Name>],
    rows: &FxHashMap<Definition, Listed>,
) -> Vec<bool> {
    let db = &database.db;
    let mut seen: FxHashMap<Name, usize> = FxHashMap::default();
    for &name in names.iter().flatten() {
        *seen.entry(name).or_insert(0) += 1;
    }
    // A function that no lister met is put into the table when it is reached.
    let is_listed = |instance: &Instance| match &instance.subject {
        Subject::Function(id, _) => {
            !homes.contains_key(&id.krate(db)) || rows.contains_key(&Definition::Function(*id))
        }
        _ => true,
    };
    let alone = |(node, instance): (usize, &Instance)| {
        is_kept(instance)
            || names[node].is_some_and(|name| seen[&name] == 1)
                && found.notes.get(node).is_some_and(|note| note.is_sound)
                && is_listed(instance)
                && !panicked(found, db, instance)
    };
    let mut kept: Vec<bool> = found.graph.nodes.iter().enumerate().map(alone).collect();
    let mut leads_here: Vec<Vec<u32>> = vec![Vec::new(); kept.len()];
    for (from, links) in (0u32..).zip(&found.graph.links) {
        for link in links.iter().filter(|_| kept[from as usize]) {
            leads_here[link.to as usize].push(from);
        }
    }
    let mut lost: Vec<usize> = (0..kept.len()).filter(|&node| !kept[node]).collect();
    while let Some(node) = lost.pop() {
        for &from in &leads_here[node] {
            if std::mem::replace(&mut kept[from as usize], false) {
                lost.push(from as usize);
            }
        }
    }
    kept
}

/// The body that a node of the graph is of, if it has one.
fn body_of(db: &RootDatabase, instance: &Instance) -> Option<DefWithBodyId> {
    match &instance.subject {
        Subject::Function(id, _) => FunctionSignature::of(db, *id)
            .has_body()
            .then_some((*id).into()),
        Subject::Const(id, _) => Some((*id).into()),
        Subject::Static(id) => Some((*id).into()),
        Subject::Derive(..) | Subject::Drop(_) | Subject::Kept(_) => None,
    }
}

/// rust-analyzer gave up on the body: it may be luckier next time.
fn panicked(found: &Found, db: &RootDatabase, instance: &Instance) -> bool {
    body_of(db, instance).is_some_and(|def| {
        let template = found.shared.template(db, def);
        template
            .holes
            .iter()
            .any(|hole| hole.reason == "body not understood")
    })
}

struct Keeper<'a> {
    database: &'a Database,
    found: &'a Found,
    closed: &'a Closed,
    rows: FxHashMap<Definition, Listed>,
    homes: &'a FxHashMap<Crate, Home>,
    texts: IndexMap<String, (), FxBuildHasher>,
    definitions: IndexMap<Definition, (), FxBuildHasher>,
    bodies: IndexMap<Name, (), FxBuildHasher>,
    out: Record,
}

impl Keeper<'_> {
    fn text(&mut self, text: &str) -> Text {
        let known = self.texts.get_index_of(text);
        let index = known.unwrap_or_else(|| self.texts.insert_full(text.to_owned(), ()).0);
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    /// What the bodies of new nodes use, of crates whose items are listed.
    fn uses(&self, workers: &Workers, kept: &[bool]) -> FxHashMap<DefWithBodyId, Vec<ModuleDefId>> {
        let db = &self.database.db;
        let mut bodies: Vec<DefWithBodyId> = (self.found.graph.nodes.iter().zip(kept))
            .filter(|(_, kept)| **kept)
            .filter_map(|(instance, _)| body_of(db, instance))
            .filter(|def| self.homes.contains_key(&def.krate(db)))
            .collect();
        bodies.sort_unstable();
        bodies.dedup();
        let usage = Usage::begin(db, self.found);
        let found = workers.map(&bodies, 64, |db, &def| {
            let template = self.found.shared.template(db, def);
            usage.of_body(db, def, &template)
        });
        bodies.into_iter().zip(found).collect()
    }

    fn nodes(
        &mut self,
        shown: &[model::Node],
        names: &[Option<Name>],
        kept: &[bool],
        uses: &FxHashMap<DefWithBodyId, Vec<ModuleDefId>>,
    ) {
        let mut number = 0;
        let numbers: Vec<u32> = kept
            .iter()
            .map(|&kept| {
                let own = number;
                number += u32::from(kept);
                own
            })
            .collect();
        for (node, instance) in self.found.graph.nodes.iter().enumerate() {
            let (true, Some(name)) = (kept[node], names[node]) else {
                continue;
            };
            let links = self.found.graph.links[node].iter();
            let steps = links.map(|link| Step {
                to: numbers[link.to as usize],
                kind: link.kind,
                line: link.line,
                in_const: link.in_const,
                escapes: link.escapes,
            });
            let one = Node {
                definition: self.definition(instance, &shown[node]),
                body: self.body(instance, uses),
                adt: self.adt(instance),
                fallbacks: self.found.notes[node].fallbacks,
                steps: steps.collect(),
            };
            self.out.names.push(name);
            self.out.nodes.push(one);
        }
    }

    fn definition(&mut self, instance: &Instance, shown: &model::Node) -> Option<u32> {
        let def = definition(&self.database.db, instance)?;
        let (index, known) = self.definitions.insert_full(def, ());
        if known.is_none() {
            let defined = Defined {
                listed: match instance.subject {
                    Subject::Kept(kept) => self.memo().defined(kept)?.listed,
                    _ => self.rows.get(&def).copied(),
                },
                is_function: matches!(def, Definition::Function(_)),
                label: self.text(&shown.label),
                file: shown.file.as_ref().map(|file| self.text(file.as_str())),
                line: shown.line,
            };
            self.out.definitions.push(defined);
        }
        u32::try_from(index).ok()
    }

    fn memo(&self) -> &Memo {
        &self.found.shared.memo
    }

    fn adt(&self, instance: &Instance) -> Option<Listed> {
        match &instance.subject {
            Subject::Derive(id, ..) => {
                let adt = ModuleDefId::from(id.loc(&self.database.db).adt);
                self.rows.get(&Definition::Other(adt)).copied()
            }
            Subject::Kept(kept) => self.memo().adt(*kept),
            _ => None,
        }
    }

    fn body(
        &mut self,
        instance: &Instance,
        uses: &FxHashMap<DefWithBodyId, Vec<ModuleDefId>>,
    ) -> Option<u32> {
        if let Subject::Kept(kept) = instance.subject {
            return self.body_again(kept);
        }
        let db = &self.database.db;
        let def = body_of(db, instance)?;
        let name = Speller::new(db, self.closed, &self.found.shared.memo.spelled).body(def)?;
        let (index, known) = self.bodies.insert_full(name, ());
        if known.is_none() {
            let body = match uses.get(&def) {
                Some(uses) => self.listed_body(name, def, uses),
                // Of std: its holes are covered, its items are not listed.
                None => Body {
                    name,
                    of: None,
                    file: self.text(""),
                    holes: Vec::new(),
                    hidden: Vec::new(),
                    uses: Vec::new(),
                },
            };
            self.out.bodies.push(body);
        }
        u32::try_from(index).ok()
    }

    fn listed_body(&mut self, name: Name, def: DefWithBodyId, uses: &[ModuleDefId]) -> Body {
        let db = &self.database.db;
        let template = self.found.shared.template(db, def);
        let mut body = Body {
            name,
            of: self.closed.number(def.krate(db)),
            file: self.text(""),
            holes: Vec::new(),
            hidden: Vec::new(),
            uses: Vec::new(),
        };
        let listed = |used: &ModuleDefId| self.rows.get(&Definition::Other(*used)).copied();
        body.uses = uses.iter().filter_map(listed).collect();
        // They came out of a hash map.
        body.uses.sort_unstable();
        if template.holes.is_empty() {
            return body;
        }
        let (file, hidden) = text_of(self.database, def);
        body.file = self.text(&file);
        if template.holes.iter().any(|hole| hole.name.is_none()) {
            body.hidden = hidden.map(|name| self.text(&name)).collect();
            body.hidden.sort_unstable();
            body.hidden.dedup();
        }
        let holes = template.holes.iter().map(|hole| Hole {
            reason: self.text(hole.reason),
            name: hole.name.as_ref().map(|name| self.text(name)),
            line: hole.line,
        });
        body.holes = holes.collect();
        body
    }

    /// A body as it was kept before.
    fn body_again(&mut self, kept: Kept) -> Option<u32> {
        let found = self.found;
        let (_, before) = found.shared.memo.body(kept)?;
        let (index, known) = self.bodies.insert_full(before.name, ());
        if known.is_none() {
            let old = |text: Text| found.shared.memo.text(text);
            let mut body = before.clone();
            body.file = self.text(old(before.file));
            body.hidden = before
                .hidden
                .iter()
                .map(|&one| self.text(old(one)))
                .collect();
            let holes = before.holes.iter().map(|hole| Hole {
                reason: self.text(old(hole.reason)),
                name: hole.name.map(|name| self.text(old(name))),
                line: hole.line,
            });
            body.holes = holes.collect();
            self.out.bodies.push(body);
        }
        u32::try_from(index).ok()
    }
}
