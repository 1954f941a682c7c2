//! The witness graph as plain data.

use camino::Utf8PathBuf;
use ra_ap_hir_def::{HasModule, ModuleDefId};
use ra_ap_hir_ty::db::HirDatabase;
use rustc_hash::FxHashMap;

use super::definition;
use crate::model::{Edge, Node};
use crate::ra::database::Database;
use crate::ra::engine::Found;
use crate::ra::instance::{Instance, Subject};
use crate::ra::items::{self, Definition};
use crate::ra::path;

/// The witness graph as plain data.
pub(super) fn graph(
    database: &Database,
    found: &Found,
    order: &FxHashMap<Definition, usize>,
) -> (Vec<Node>, Vec<Vec<Edge>>) {
    let db = &database.db;
    let mut labels: FxHashMap<Definition, (String, Option<Utf8PathBuf>, u32)> =
        FxHashMap::default();
    let mut nodes = Vec::with_capacity(found.graph.nodes.len());
    for instance in &found.graph.nodes {
        let def = definition(db, instance);
        let item = def.and_then(|def| order.get(&def).copied());
        let (label, file, line) = match def {
            Some(_) if matches!(instance.subject, Subject::Kept(_)) => kept(found, instance),
            Some(def) => labels
                .entry(def)
                .or_insert_with(|| describe(database, def))
                .clone(),
            None => ("drop glue".to_owned(), None, 0),
        };
        nodes.push(Node {
            item,
            label,
            file,
            line,
        });
    }
    let edges = found
        .graph
        .links
        .iter()
        .map(|links| {
            links
                .iter()
                .map(|link| Edge {
                    to: link.to,
                    kind: link.kind,
                    line: link.line,
                })
                .collect()
        })
        .collect();
    (nodes, edges)
}

/// The same of an instance that an earlier run described.
fn kept(found: &Found, instance: &Instance) -> (String, Option<Utf8PathBuf>, u32) {
    let memo = &found.shared.memo;
    let Subject::Kept(kept) = instance.subject else {
        return Default::default();
    };
    let text = |text| memo.text(text).to_owned();
    memo.defined(kept).map_or_else(Default::default, |one| {
        let file = one.file.map(|file| text(file).into());
        (text(one.label), file, one.line)
    })
}

fn describe(database: &Database, def: Definition) -> (String, Option<Utf8PathBuf>, u32) {
    let db = &database.db;
    let row = match def {
        Definition::Function(id) => items::of_function(db, id),
        _ => None,
    };
    match (row, def) {
        (Some(row), _) => {
            let std =
                matches!(def, Definition::Function(id) if id.krate(db).data(db).origin.is_lang());
            let place = row.standing.place;
            let file = database
                .paths
                .get(place.file.index() as usize)
                .filter(|_| !std)
                .cloned();
            (row.path, file, place.line)
        }
        (None, Definition::Derive(id, index)) => {
            let name = id
                .loc(db)
                .trait_
                .all_methods()
                .get(usize::from(index))
                .map(|method| method.name().as_str().to_owned());
            (
                format!("{}::{}", path::derive(db, id), name.unwrap_or_default()),
                None,
                0,
            )
        }
        (None, Definition::Other(id)) => (named(db, id), None, 0),
        (None, Definition::Static(id)) => (named(db, id.into()), None, 0),
        // Its text is kept.
        (None, Definition::Kept(_)) => Default::default(),
        (None, Definition::Function(id)) => (
            path::text(&ra_ap_hir_def::signatures::FunctionSignature::of(db, id).name),
            None,
            0,
        ),
    }
}

fn named(db: &dyn HirDatabase, id: ModuleDefId) -> String {
    match path::def(db, id) {
        Some((module, name)) => format!("{}::{name}", path::module(db, module)),
        None => "_".to_owned(),
    }
}
