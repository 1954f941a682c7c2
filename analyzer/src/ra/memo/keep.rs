//! What of a run is kept for the next one: the closed instances from which nothing leads to one
//! that can't be kept.

use ra_ap_base_db::Crate;
use ra_ap_hir_def::signatures::FunctionSignature;
use ra_ap_hir_def::{DefWithBodyId, HasModule, ItemContainerId};
use ra_ap_ide_db::RootDatabase;
use rustc_hash::FxHashMap;

use super::Memo;
use super::closed::Closed;
use super::keeper::Keeper;
use super::record::{Listed, Record};
use super::spell::{Name, Speller};
use crate::model;
use crate::ra::answer::Home;
use crate::ra::answer::extras::Extras;
use crate::ra::answer::usage::UsesOfBodies;
use crate::ra::database::Database;
use crate::ra::engine::{Found, Note};
use crate::ra::instance::{Instance, Subject};
use crate::ra::items::Definition;
use crate::ra::workers::Workers;

/// Instances that a thread spells at a time.
const CHUNK: usize = 512;
/// With fewer new ones than one in so many, what was kept before is good enough.
const WORTH: usize = 20;

/// What is to be kept, when it is worth it. `nodes`: the graph's, as they are shown; `used`: what
/// bodies use, as far as it is known.
pub(crate) fn record(
    database: &Database,
    extras: &Extras<'_>,
    found: &Found,
    (nodes, used): (&model::Nodes, &UsesOfBodies),
    workers: &Workers,
) -> Option<Record> {
    let memo = &found.shared.memo;
    let closed = memo.closed.as_ref()?;
    if found.graph.truncated {
        return None;
    }
    let rows = rows(closed, found);
    let came = notes(found);
    let names = names(memo, closed, found, workers);
    let kept = keepable(database, extras.homes, found, &names, &came, &rows);
    let is_new = |node: &usize| kept[*node] && !is_kept(&found.graph.nodes[*node]);
    let new = (0..kept.len()).filter(is_new).count();
    if new * WORTH < memo.record.nodes.len().max(1) {
        return None;
    }
    let keeper = Keeper::new(database, found, closed, extras, rows, used);
    Some(keeper.record(nodes, &names, &came, &kept, workers))
}

/// What came of each node of the graph that was followed.
fn notes(found: &Found) -> Vec<Option<&Note>> {
    let mut notes = vec![None; found.graph.nodes.len()];
    for (&node, note) in found.graph.expanded.iter().zip(&found.notes) {
        notes[node] = Some(note);
    }
    notes
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

/// Which nodes can be kept: followed, named, sound, and leading only to such.
fn keepable(
    database: &Database,
    homes: &FxHashMap<Crate, Home>,
    found: &Found,
    names: &[Option<Name>],
    notes: &[Option<&Note>],
    rows: &FxHashMap<Definition, Listed>,
) -> Vec<bool> {
    let db = &database.db;
    let mut seen: FxHashMap<Name, usize> = FxHashMap::default();
    for &name in names.iter().flatten() {
        *seen.entry(name).or_insert(0) += 1;
    }
    // A function that no lister met is put into the table when it is reached; but for foreign
    // ones, and declarations of traits.
    let is_listed = |instance: &Instance| match &instance.subject {
        Subject::Function(id, _) => {
            !homes.contains_key(&id.krate(db))
                || rows.contains_key(&Definition::Function(*id))
                || !FunctionSignature::of(db, *id).has_body()
                || matches!(id.loc(db).container, ItemContainerId::ExternBlockId(_))
        }
        _ => true,
    };
    let alone = |(node, instance): (usize, &Instance)| {
        notes[node].is_some_and(|note| note.is_sound)
            && (is_kept(instance)
                || names[node].is_some_and(|name| seen[&name] == 1)
                    && is_listed(instance)
                    && !panicked(found, db, instance)
                    && !is_made_in_body(found, db, instance))
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

/// The body that a node of the graph is of; it may be a declaration without one.
pub(super) fn body_of(instance: &Instance) -> Option<DefWithBodyId> {
    match &instance.subject {
        Subject::Function(id, _) => Some((*id).into()),
        Subject::Const(id, _) => Some((*id).into()),
        Subject::Static(id) => Some((*id).into()),
        Subject::Derive(..) | Subject::Drop(_) | Subject::Kept(_) => None,
    }
}

/// Whether there is something to read in it.
pub(super) fn is_read(db: &RootDatabase, def: DefWithBodyId) -> bool {
    match def {
        DefWithBodyId::FunctionId(id) => FunctionSignature::of(db, id).has_body(),
        _ => true,
    }
}

/// rust-analyzer gave up on the body: it may be luckier next time.
fn panicked(found: &Found, db: &RootDatabase, instance: &Instance) -> bool {
    let body = body_of(instance).filter(|def| is_read(db, *def));
    body.is_some_and(|def| {
        let template = found.shared.template(db, def);
        let mut holes = template.holes.iter();
        holes.any(|hole| hole.reason == "body not understood")
    })
}

/// Whether a program of the tree had a say in the body.
fn is_made_in_body(found: &Found, db: &RootDatabase, instance: &Instance) -> bool {
    let memo = &found.shared.memo;
    body_of(instance).is_some_and(|def| is_read(db, def) && memo.is_run_in(db, def))
}
