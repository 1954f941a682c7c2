//! The witness graph as plain data.

use camino::Utf8PathBuf;
use indexmap::IndexMap;
use ra_ap_hir_def::{HasModule, ModuleDefId};
use ra_ap_hir_ty::attach_db;
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_ide_db::RootDatabase;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::definition;
use crate::model::{Edge, Node, Nodes};
use crate::ra::database::Database;
use crate::ra::engine::Found;
use crate::ra::instance::{Instance, Subject};
use crate::ra::items::{self, Definition, Row};
use crate::ra::path;
use crate::ra::workers::Workers;

type FxIndexMap<K, V> = IndexMap<K, V, FxBuildHasher>;

/// Definitions that a thread takes at a time.
const CHUNK: usize = 64;

/// The witness graph as plain data.
pub(super) fn graph(
    database: &Database,
    found: &Found,
    order: &FxHashMap<Definition, usize>,
    workers: &Workers,
) -> (Nodes, Vec<Vec<Edge>>) {
    let db = &database.db;
    let defs: Vec<Option<Definition>> = attach_db(db, || {
        let instances = found.graph.nodes.iter();
        instances.map(|instance| definition(db, instance)).collect()
    });
    // Instances of one definition look the same, and so does all drop glue.
    let mut of: FxIndexMap<Option<Definition>, &Instance> = FxIndexMap::default();
    let mut all: Vec<u32> = Vec::with_capacity(defs.len());
    for (instance, &def) in found.graph.nodes.iter().zip(&defs) {
        let entry = of.entry(def);
        all.push(u32::try_from(entry.index()).unwrap_or(u32::MAX));
        entry.or_insert(instance);
    }
    let different: Vec<(Option<Definition>, &Instance)> = of.into_iter().collect();
    let listed = listed(found);
    let paths = &database.paths;
    let different = workers.map(&different, CHUNK, |db, &(def, instance)| {
        let shown = kept(found, instance).or_else(|| {
            let def = def?;
            Some(describe(db, paths, def, listed.get(&def).copied()))
        });
        let (label, file, line) = shown.unwrap_or_else(|| ("drop glue".to_owned(), None, 0));
        Node {
            item: def.and_then(|def| order.get(&def).copied()),
            label,
            file,
            line,
        }
    });
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
    (Nodes::new(different, all), edges)
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

/// The rows of functions. To ask for them again would parse again what is let go by now.
fn listed(found: &Found) -> FxHashMap<Definition, &Row> {
    let rows = found.rows.iter().flatten();
    let functions = rows.filter(|row| matches!(row.def, Definition::Function(_)));
    functions.map(|row| (row.def, row)).collect()
}

fn describe(
    db: &RootDatabase,
    paths: &[Utf8PathBuf],
    def: Definition,
    listed: Option<&Row>,
) -> Described {
    let known = match (def, listed) {
        (_, Some(row)) => Some((row.path.clone(), Some(row.standing.place))),
        (Definition::Function(id), None) => items::path_of(db, id).map(|path| {
            // Nobody is shown a place in std, and to find it files would be parsed again.
            let in_std = id.krate(db).data(db).origin.is_lang();
            (path, (!in_std).then(|| items::place_of(db, id)))
        }),
        _ => None,
    };
    match (known, def) {
        (Some((path, place)), _) => {
            let file = place.and_then(|place| paths.get(place.file.index() as usize));
            (path, file.cloned(), place.map_or(0, |place| place.line))
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
