//! The witness graph as plain data.

use camino::Utf8PathBuf;
use indexmap::IndexSet;
use ra_ap_hir_def::{HasModule, ModuleDefId};
use ra_ap_hir_ty::attach_db;
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_ide_db::RootDatabase;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::definition;
use crate::model::{Edge, Node};
use crate::ra::database::Database;
use crate::ra::engine::Found;
use crate::ra::instance::{Instance, Subject};
use crate::ra::items::{self, Definition};
use crate::ra::path;
use crate::ra::workers::Workers;

type FxIndexSet<T> = IndexSet<T, FxBuildHasher>;

/// Definitions that a thread takes at a time.
const CHUNK: usize = 64;

/// The witness graph as plain data.
pub(super) fn graph(
    database: &Database,
    found: &Found,
    order: &FxHashMap<Definition, usize>,
    workers: &Workers,
) -> (Vec<Node>, Vec<Vec<Edge>>) {
    let db = &database.db;
    let defs: Vec<Option<Definition>> = attach_db(db, || {
        let instances = found.graph.nodes.iter();
        instances.map(|instance| definition(db, instance)).collect()
    });
    let new = found.graph.nodes.iter().zip(&defs);
    let new = new.filter(|(instance, _)| !matches!(instance.subject, Subject::Kept(_)));
    let different: FxIndexSet<Definition> = new.filter_map(|(_, def)| *def).collect();
    let different: Vec<Definition> = different.into_iter().collect();
    let paths = &database.paths;
    let described = workers.map(&different, CHUNK, |db, &def| describe(db, paths, def));
    let described: FxHashMap<Definition, Described> =
        different.into_iter().zip(described).collect();
    let node = |(instance, def): (&Instance, &Option<Definition>)| {
        let known = def.and_then(|def| described.get(&def)).cloned();
        let known = kept(found, instance).or(known);
        let (label, file, line) = known.unwrap_or_else(|| ("drop glue".to_owned(), None, 0));
        Node {
            item: def.and_then(|def| order.get(&def).copied()),
            label,
            file,
            line,
        }
    };
    let nodes = found.graph.nodes.iter().zip(&defs).map(node).collect();
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

/// Path, file and line.
type Described = (String, Option<Utf8PathBuf>, u32);

/// The same of an instance that an earlier run described.
fn kept(found: &Found, instance: &Instance) -> Option<Described> {
    let memo = &found.shared.memo;
    let Subject::Kept(kept) = instance.subject else {
        return None;
    };
    let text = |text| memo.text(text).to_owned();
    let one = memo.defined(kept)?;
    Some((
        text(one.label),
        one.file.map(|file| text(file).into()),
        one.line,
    ))
}

fn describe(db: &RootDatabase, paths: &[Utf8PathBuf], def: Definition) -> Described {
    let row = match def {
        Definition::Function(id) => items::of_function(db, id),
        _ => None,
    };
    match (row, def) {
        (Some(row), _) => {
            let std =
                matches!(def, Definition::Function(id) if id.krate(db).data(db).origin.is_lang());
            let place = row.standing.place;
            let file = paths
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
