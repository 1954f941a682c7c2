//! Turns what was found into the plain [`Analysis`].

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use ra_ap_base_db::Crate;
use ra_ap_hir_def::{DefWithBodyId, HasModule, ModuleDefId};
use ra_ap_hir_ty::attach_db;
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::next_solver::{DbInterner, GenericArgs};
use ra_ap_rustc_type_ir::TypeVisitableExt;
use ra_ap_rustc_type_ir::inherent::GenericArgs as _;
use rustc_hash::{FxHashMap, FxHashSet};

use super::database::Database;
use super::engine::{Found, Workers};
use super::instance::{Instance, Subject};
use super::items::{self, Definition, Row};
use super::path;
use super::span::Place;
use crate::model::{
    Analysis, Domain, Domains, Edge, EdgeKind, Gap, Item, Node, Origin, Project, Status,
};
use crate::options::Options;
use crate::reach::Reached;

/// Where each crate belongs.
struct Home {
    package: usize,
    is_member: bool,
    compiled_in: Domains,
}

pub(crate) fn assemble(
    database: &Database,
    mut project: Project,
    options: &Options,
    mut found: Found,
    workers: &Workers,
    progress: &dyn Fn(&str),
) -> Analysis {
    project.notices.extend(database.notices.iter().cloned());
    let homes = homes(database, &project);
    let mut table = Table::new(database, &project, &homes);
    for (krate, rows) in found.crates.iter().zip(&found.rows) {
        table.add_crate(*krate, rows);
    }
    attach_db(&database.db, || table.add_unlisted(&found));

    let suspects = attach_db(&database.db, || holes(database, &homes, &project, &found));
    let reached = found.graph.propagate(&starts(&found, &[]));
    table.mark(&found, &reached);
    let suspected = table.suspect(&suspects.names, &project);
    if !suspected.is_empty() {
        // What may be called may call in turn.
        let more: Vec<Instance> = attach_db(&database.db, || {
            suspected
                .iter()
                .filter_map(|&def| opaque(database, def))
                .collect()
        });
        found.grow(workers, more.clone(), progress);
        attach_db(&database.db, || table.add_unlisted(&found));
        let reached = found.graph.propagate(&starts(&found, &more));
        table.mark(&found, &reached);
        table.suspect(&suspects.names, &project);
    }
    let mut gaps = suspects.gaps;
    gaps.extend(found.troubles.iter().map(|(reason, &count)| Gap {
        reason: (*reason).to_owned(),
        package: None,
        place: "while following calls".to_owned(),
        count,
    }));
    if found.graph.truncated {
        gaps.push(Gap {
            reason: "limit reached".into(),
            package: None,
            place: "number of instances".into(),
            count: 1,
        });
    }
    gaps.sort();

    let direct = attach_db(&database.db, || members(database, &homes, &found));
    table.mark_direct(&found, &direct);
    let (items, order) = table.finish();
    let (nodes, edges) = attach_db(&database.db, || graph(database, &found, &order));
    let roots = found
        .roots
        .iter()
        .filter_map(|root| Some((found.graph.index(&root.instance)?, root.domain, root.why)))
        .collect();
    Analysis {
        package_lines: package_lines(database, &project),
        package_used: package_used(database, &project, &homes),
        options_domains: options.domains,
        exec: options.exec.as_str(),
        items,
        nodes,
        edges,
        roots,
        gaps,
        instances: found.graph.nodes.len(),
        bodies: found.shared.bodies(),
        project,
    }
}

fn homes(database: &Database, project: &Project) -> FxHashMap<Crate, Home> {
    let mut homes: FxHashMap<Crate, Home> = FxHashMap::default();
    for (unit, &krate) in project.units.iter().zip(&database.unit_crates) {
        let is_member = project.packages[unit.package].is_member;
        let home = homes.entry(krate).or_insert(Home {
            package: unit.package,
            is_member,
            compiled_in: Domains::NONE,
        });
        home.compiled_in |= unit.domains;
    }
    homes
}

/// The roots as reached, and `suspected` as perhaps reached.
fn starts(found: &Found, suspected: &[Instance]) -> Vec<(u32, Reached)> {
    let sure = found.roots.iter().filter_map(|root| {
        Some((
            found.graph.index(&root.instance)?,
            Reached {
                run: Domains::of(root.domain),
                ..Reached::default()
            },
        ))
    });
    let perhaps = suspected.iter().filter_map(|instance| {
        Some((
            found.graph.index(instance)?,
            Reached {
                uncertain: Domains::RUN,
                ..Reached::default()
            },
        ))
    });
    sure.chain(perhaps).collect()
}

/// One place in the source is one row, however many crates compile it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct RowKey {
    package: usize,
    file: Utf8PathBuf,
    line: u32,
    path: String,
    call: Option<(Utf8PathBuf, u32)>,
    /// Among rows of one crate that look the same.
    ordinal: u32,
}

struct Table<'a> {
    database: &'a Database,
    project: &'a Project,
    homes: &'a FxHashMap<Crate, Home>,
    items: BTreeMap<RowKey, (Item, usize)>,
    /// Rows in order of discovery; the `usize` above is an index into it.
    states: Vec<(Reached, bool)>,
    ids: FxHashMap<Definition, usize>,
}

impl<'a> Table<'a> {
    fn new(
        database: &'a Database,
        project: &'a Project,
        homes: &'a FxHashMap<Crate, Home>,
    ) -> Self {
        Self {
            database,
            project,
            homes,
            items: BTreeMap::new(),
            states: Vec::new(),
            ids: FxHashMap::default(),
        }
    }

    fn add_crate(&mut self, krate: Crate, rows: &[Row]) {
        let Some(home) = self.homes.get(&krate) else {
            return;
        };
        if home.is_member {
            return;
        }
        let mut ordinals: FxHashMap<(Place, &str, Option<Place>), u32> = FxHashMap::default();
        for row in rows {
            let ordinal = ordinals
                .entry((row.standing.place, &row.path, row.standing.call))
                .or_insert(0);
            let key = self.key(home.package, row, *ordinal);
            *ordinal += 1;
            self.add(key, row, home.compiled_in);
        }
    }

    fn key(&self, package: usize, row: &Row, ordinal: u32) -> RowKey {
        let name = |place: Place| (self.file(place), place.line);
        let (file, line) = name(row.standing.place);
        RowKey {
            package,
            file,
            line,
            path: row.path.clone(),
            call: row.standing.call.map(name),
            ordinal,
        }
    }

    fn file(&self, place: Place) -> Utf8PathBuf {
        self.database
            .paths
            .get(place.file.index() as usize)
            .cloned()
            .unwrap_or_default()
    }

    fn add(&mut self, key: RowKey, row: &Row, compiled_in: Domains) {
        if key.file.starts_with(&self.project.std_src.root) {
            // Written by a macro of std (`thread_local!`): std's text, not the dependency's.
            return;
        }
        let next = self.states.len();
        let item = || Item {
            package: key.package,
            path: row.path.clone(),
            kind: row.kind,
            file: key.file.clone(),
            line: key.line,
            call_site: key.call.clone(),
            status: Status::Unused,
            reason: None,
            direct: false,
            domains: Domains::NONE,
            compiled_in: Domains::NONE,
            origin: row.standing.origin,
            const_only: false,
            is_unsafe: row.is_unsafe,
            unsafe_blocks: row.unsafe_blocks,
            lines: row.standing.lines,
            is_public: row.is_public,
            counted: !(row.nested && row.standing.origin == Origin::Macro),
        };
        let entry = self
            .items
            .entry(key.clone())
            .or_insert_with(|| (item(), next));
        entry.0.compiled_in |= compiled_in;
        let id = entry.1;
        if id == next {
            self.states.push((Reached::default(), false));
        }
        self.ids.insert(row.def, id);
    }

    /// Functions that were reached but not listed: made by macros inside bodies.
    fn add_unlisted(&mut self, found: &Found) {
        let db = &self.database.db;
        for instance in &found.graph.nodes {
            let Subject::Function(id, _) = instance.subject else {
                continue;
            };
            if self.ids.contains_key(&Definition::Function(id)) {
                continue;
            }
            let Some(home) = self.homes.get(&id.krate(db)).filter(|home| !home.is_member) else {
                continue;
            };
            if let Some(row) = items::of_function(db, id) {
                let key = self.key(home.package, &row, 0);
                self.add(key, &row, home.compiled_in);
            }
        }
    }

    fn mark(&mut self, found: &Found, reached: &[Reached]) {
        for (instance, &how) in found.graph.nodes.iter().zip(reached) {
            if let Some(&id) =
                definition(&self.database.db, instance).and_then(|def| self.ids.get(&def))
            {
                let state = &mut self.states[id].0;
                state.run |= how.run;
                state.constant |= how.constant;
                state.uncertain |= how.uncertain;
            }
        }
    }

    /// Functions that bear a name which was looked for in vain, in what that place can see.
    fn suspect(&mut self, names: &BTreeSet<(usize, String)>, project: &Project) -> Vec<Definition> {
        if names.is_empty() {
            return Vec::new();
        }
        let mut visible: FxHashMap<usize, FxHashSet<usize>> = FxHashMap::default();
        let mut wanted: FxHashMap<&str, FxHashSet<usize>> = FxHashMap::default();
        for (package, name) in names {
            let seen = visible
                .entry(*package)
                .or_insert_with(|| dependencies(project, *package));
            wanted.entry(name).or_default().extend(seen.iter().copied());
        }
        let mut hit = FxHashSet::default();
        for (item, id) in self.items.values_mut() {
            let name = item.path.rsplit("::").next().unwrap_or_default();
            let possible = wanted
                .get(name)
                .is_some_and(|packages| packages.contains(&item.package));
            if possible && item.kind.is_function() && self.states[*id].0.certain().is_empty() {
                item.reason = Some(format!(
                    "`{name}` is called where the callee could not be resolved"
                ));
                self.states[*id].0.uncertain |= item.compiled_in;
                hit.insert(*id);
            }
        }
        let mut found: Vec<Definition> = self
            .ids
            .iter()
            .filter(|(_, id)| hit.contains(id))
            .map(|(&def, _)| def)
            .collect();
        // The map's order is chance; the order of growth must not be.
        found.sort_by_key(|def| self.ids[def]);
        found
    }

    fn mark_direct(&mut self, found: &Found, members: &[bool]) {
        for (node, links) in found.graph.links.iter().enumerate() {
            if !members[node] {
                continue;
            }
            for link in links {
                if matches!(
                    link.kind,
                    EdgeKind::Drop | EdgeKind::Vtable | EdgeKind::Widened
                ) {
                    continue;
                }
                let target = &found.graph.nodes[link.to as usize];
                if let Some(&id) =
                    definition(&self.database.db, target).and_then(|def| self.ids.get(&def))
                {
                    self.states[id].1 = true;
                }
            }
        }
    }

    /// Items in order, and for each definition its index there.
    fn finish(self) -> (Vec<Item>, FxHashMap<Definition, usize>) {
        let mut position = vec![0; self.states.len()];
        let mut items = Vec::with_capacity(self.items.len());
        for (item, id) in self.items.into_values() {
            let (state, direct) = self.states[id];
            position[id] = items.len();
            let status = if !state.certain().is_empty() {
                Status::Used
            } else if !state.uncertain.is_empty() {
                Status::Unknown
            } else {
                Status::Unused
            };
            let reason = (status == Status::Unknown).then(|| {
                item.reason
                    .unwrap_or_else(|| "a lookup on the way to it failed".to_owned())
            });
            items.push(Item {
                status,
                reason,
                direct: direct && status == Status::Used,
                domains: state.certain(),
                const_only: status == Status::Used && state.run.is_empty(),
                ..item
            });
        }
        let order = self
            .ids
            .into_iter()
            .map(|(def, id)| (def, position[id]))
            .collect();
        let _ = self.project;
        (items, order)
    }
}

/// The packages that code of `package` can name, itself included.
fn dependencies(project: &Project, package: usize) -> FxHashSet<usize> {
    let mut seen = FxHashSet::default();
    let mut pending = vec![package];
    while let Some(one) = pending.pop() {
        if seen.insert(one) {
            pending.extend(&project.packages[one].dependencies);
        }
    }
    seen
}

/// The listed definition behind an instance.
fn definition(db: &dyn HirDatabase, instance: &Instance) -> Option<Definition> {
    Some(match &instance.subject {
        Subject::Function(id, _) => Definition::Function(*id),
        Subject::Derive(id, method, _) => {
            Definition::Derive(*id, items::derive_index(db, *id, *method))
        }
        Subject::Const(id, _) => Definition::Other(ModuleDefId::ConstId(*id)),
        Subject::Static(id) => Definition::Static(*id),
        Subject::Drop(_) => return None,
    })
}

/// A suspected function with its own parameters left open.
fn opaque(database: &Database, def: Definition) -> Option<Instance> {
    let Definition::Function(id) = def else {
        return None;
    };
    let interner = DbInterner::new_with(&database.db, database.universe);
    let args = super::substitute::erase(
        interner,
        GenericArgs::identity_for_item(interner, id.into()),
    );
    let env = args.has_param().then_some(id.into());
    Some(Instance {
        subject: Subject::Function(id, args.store()),
        env,
    })
}

struct Suspects {
    gaps: Vec<Gap>,
    /// Package where a name was looked for, and the name.
    names: BTreeSet<(usize, String)>,
}

/// What was not understood in the bodies that were walked. Holes in std are covered by the
/// bounds of the function they stand in.
fn holes(
    database: &Database,
    homes: &FxHashMap<Crate, Home>,
    project: &Project,
    found: &Found,
) -> Suspects {
    let db = &database.db;
    let mut counts: BTreeMap<(String, usize, String), u32> = BTreeMap::new();
    let mut names = BTreeSet::new();
    for (def, template) in found.shared.holes() {
        let Some(home) = homes.get(&def.krate(db)) else {
            continue;
        };
        for hole in &template.holes {
            let place = format!("{}:{}", body_file(database, def), hole.line);
            let place = match &hole.name {
                Some(name) => format!("`{name}` at {place}"),
                None => place,
            };
            *counts
                .entry((hole.reason.to_owned(), home.package, place))
                .or_insert(0) += 1;
            names.extend(hole.name.iter().map(|name| (home.package, name.clone())));
        }
    }
    for (instance, name) in &found.lost {
        let Some(krate) = krate_of(db, instance) else {
            continue;
        };
        // Called by std on the caller's behalf: any package may be meant.
        let packages: Vec<usize> = match homes.get(&krate) {
            Some(home) => vec![home.package],
            None => (0..project.packages.len())
                .filter(|&one| project.packages[one].is_member)
                .collect(),
        };
        for &package in &packages {
            names.insert((package, name.clone()));
        }
        if let Some(&package) = packages.first() {
            *counts
                .entry(("no impl found".to_owned(), package, format!("`{name}`")))
                .or_insert(0) += 1;
        }
    }
    let gaps = counts
        .into_iter()
        .map(|((reason, package, place), count)| Gap {
            reason,
            package: Some(package),
            place,
            count,
        })
        .collect();
    Suspects { gaps, names }
}

fn body_file(database: &Database, def: DefWithBodyId) -> String {
    use ra_ap_hir_def::Lookup;
    use ra_ap_hir_def::src::HasSource;
    let db = &database.db;
    let file = match def {
        DefWithBodyId::FunctionId(id) => id.lookup(db).ast_ptr(db).file_id,
        DefWithBodyId::ConstId(id) => id.lookup(db).ast_ptr(db).file_id,
        DefWithBodyId::StaticId(id) => id.lookup(db).ast_ptr(db).file_id,
        DefWithBodyId::VariantId(id) => id.lookup(db).ast_ptr(db).file_id,
    };
    let file = file.original_file(db).file_id(db);
    database
        .paths
        .get(file.index() as usize)
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// Which nodes belong to the workspace's own crates.
fn members(database: &Database, homes: &FxHashMap<Crate, Home>, found: &Found) -> Vec<bool> {
    let db = &database.db;
    let own = |krate: Crate| homes.get(&krate).is_some_and(|home| home.is_member);
    found
        .graph
        .nodes
        .iter()
        .map(|instance| krate_of(db, instance).is_some_and(own))
        .collect()
}

fn krate_of(db: &dyn HirDatabase, instance: &Instance) -> Option<Crate> {
    Some(match &instance.subject {
        Subject::Function(id, _) => id.krate(db),
        Subject::Derive(id, ..) => id.loc(db).adt.krate(db),
        Subject::Const(id, _) => id.krate(db),
        Subject::Static(id) => id.krate(db),
        Subject::Drop(_) => return None,
    })
}

/// The witness graph as plain data.
fn graph(
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

/// Lines of Rust in the files that a package's crates load.
fn package_lines(database: &Database, project: &Project) -> Vec<u64> {
    use ra_ap_base_db::SourceDatabase;
    use ra_ap_hir_def::nameres::crate_def_map;
    let db = &database.db;
    let mut files: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); project.packages.len()];
    for (unit, &krate) in project.units.iter().zip(&database.unit_crates) {
        for (_, module) in crate_def_map(db, krate).modules() {
            if let Some(file) = module.origin.file_id() {
                files[unit.package].insert(file.file_id(db).index());
            }
        }
    }
    let lines = |file: &u32| {
        db.file_text(ra_ap_vfs::FileId::from_raw(*file))
            .text(db)
            .lines()
            .count() as u64
    };
    files
        .iter()
        .map(|files| files.iter().map(lines).sum())
        .collect()
}

/// Packages that code in use imports something from, or links, function or not.
fn package_used(
    database: &Database,
    project: &Project,
    homes: &FxHashMap<Crate, Home>,
) -> Vec<Domains> {
    use ra_ap_hir_def::nameres::crate_def_map;
    let db = &database.db;
    let mut used = vec![Domains::NONE; project.packages.len()];
    for (unit, &krate) in project.units.iter().zip(&database.unit_crates) {
        for (_, module) in crate_def_map(db, krate).modules() {
            let defs = module.scope.entries().flat_map(|(_, per_ns)| {
                [
                    per_ns.types.map(|item| item.def.krate_of(db)),
                    per_ns.values.map(|item| item.def.krate_of(db)),
                    per_ns
                        .macros
                        .map(|item| Some(path::macro_module(db, item.def).krate(db))),
                ]
            });
            for other in defs.flatten().flatten() {
                if let Some(home) = homes
                    .get(&other)
                    .filter(|home| home.package != unit.package)
                {
                    used[home.package] |= unit.domains;
                }
            }
        }
    }
    used
}

trait KrateOf {
    fn krate_of(&self, db: &dyn HirDatabase) -> Option<Crate>;
}

impl KrateOf for ModuleDefId {
    fn krate_of(&self, db: &dyn HirDatabase) -> Option<Crate> {
        self.module(db).map(|module| module.krate(db))
    }
}

#[allow(unused)]
fn _domain(_: Domain) {}
