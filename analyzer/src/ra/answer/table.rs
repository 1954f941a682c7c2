//! Every listed item with how it is reached.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use ra_ap_base_db::Crate;
use ra_ap_hir_def::HasModule;
use rustc_hash::{FxHashMap, FxHashSet};

use super::gaps::Suspects;
use super::guesses::{self, Places};
use super::usage::Usage;
use super::{Home, definition};
use crate::model::{Domains, EdgeKind, Item, Origin, Project, Status};
use crate::ra::database::Database;
use crate::ra::engine::Found;
use crate::ra::instance::Subject;
use crate::ra::items::{self, Definition, Row};
use crate::ra::span::Place;
use crate::reach::Reached;

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

pub(super) struct Table<'a> {
    database: &'a Database,
    project: &'a Project,
    homes: &'a FxHashMap<Crate, Home>,
    items: BTreeMap<RowKey, (Item, usize)>,
    /// Rows in order of discovery; the `usize` above is an index into it.
    states: Vec<(Reached, bool)>,
    ids: FxHashMap<Definition, usize>,
}

impl<'a> Table<'a> {
    pub(super) fn new(
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

    pub(super) fn add_crate(&mut self, krate: Crate, rows: &[Row]) {
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
    pub(super) fn add_unlisted(&mut self, found: &Found) {
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

    pub(super) fn mark(&mut self, found: &Found, reached: &[Reached]) {
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

    /// Functions that a gap may hide: those of a name that was looked for in vain, and all
    /// that a place can name where a macro was not expanded.
    pub(super) fn suspect(&mut self, suspects: &Suspects, project: &Project) -> Vec<Definition> {
        if suspects.names.is_empty() && suspects.methods.is_empty() && suspects.anything.is_empty()
        {
            return Vec::new();
        }
        let mut visible: FxHashMap<usize, FxHashSet<usize>> = FxHashMap::default();
        let mut wanted: FxHashMap<&str, FxHashSet<usize>> = FxHashMap::default();
        for (package, name) in &suspects.names {
            let seen = visible
                .entry(*package)
                .or_insert_with(|| dependencies(project, *package));
            wanted.entry(name).or_default().extend(seen.iter().copied());
        }
        let mut methods: FxHashMap<String, FxHashSet<usize>> = FxHashMap::default();
        for (package, of, name) in &suspects.methods {
            let seen = visible
                .entry(*package)
                .or_insert_with(|| dependencies(project, *package));
            methods
                .entry(format!("{of}::{name}"))
                .or_default()
                .extend(seen.iter().copied());
        }
        let mut behind: FxHashMap<usize, (usize, &str)> = FxHashMap::default();
        for (&package, name) in &suspects.anything {
            for &one in project.packages[package]
                .dependencies
                .iter()
                .chain([&package])
            {
                behind.entry(one).or_insert((package, name));
            }
        }
        let mut hit = FxHashSet::default();
        for (item, id) in self.items.values_mut() {
            let state = &mut self.states[*id].0;
            if !item.kind.is_function()
                || !state.certain().is_empty()
                || !state.uncertain.is_empty()
            {
                continue;
            }
            let name = item.path.rsplit("::").next().unwrap_or_default();
            let of_trait = method_of_trait(&item.path);
            let reason = if methods
                .get(&of_trait)
                .is_some_and(|packages| packages.contains(&item.package))
            {
                format!("`{name}` of a trait is called for which no impl was found")
            } else if wanted
                .get(name)
                .is_some_and(|packages| packages.contains(&item.package))
            {
                format!("`{name}` is called where the callee could not be resolved")
            } else if let Some((from, hidden_by)) = behind.get(&item.package) {
                format!(
                    "`{hidden_by}` in {} is not expanded and may call it",
                    project.packages[*from].name
                )
            } else {
                continue;
            };
            item.reason = Some(reason);
            state.uncertain |= item.compiled_in;
            hit.insert(*id);
        }
        let mut found: Vec<Definition> = self
            .ids
            .iter()
            .filter(|(_, id)| hit.contains(id))
            .map(|(&def, _)| def)
            .collect();
        // The map's order is chance; the order of growth must not be.
        found.sort_by_key(|def| (self.ids[def], format!("{def:?}")));
        found
    }

    /// Functions that exist only if a guess is right: unknown unless they are surely used.
    pub(super) fn guess(&mut self, places: &Places) {
        for (item, id) in self.items.values_mut() {
            let state = &mut self.states[*id].0;
            let Some(places) = places.get(&item.file) else {
                continue;
            };
            let line = item.line as usize;
            let inside = |place: &&guesses::Place| place.from <= line && line <= place.to;
            if state.certain().is_empty()
                && state.uncertain.is_empty()
                && let Some(place) = places.iter().find(inside)
            {
                item.reason = Some(place.reason.clone());
                state.uncertain |= item.compiled_in;
            }
        }
    }

    /// Types, traits and macros: no nodes of the graph.
    #[expect(clippy::iter_over_hash_type, reason = "each entry marks its own row")]
    pub(super) fn mark_others(&mut self, usage: &Usage) {
        for (&def, one) in &usage.items {
            if let Some(&id) = self.ids.get(&Definition::Other(def)) {
                let (state, direct) = &mut self.states[id];
                state.run |= one.domains;
                *direct |= one.direct;
            }
        }
    }

    pub(super) fn mark_direct(&mut self, found: &Found, members: &[bool]) {
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
    pub(super) fn finish(self) -> (Vec<Item>, FxHashMap<Definition, usize>) {
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
        (items, order)
    }
}

/// `<Type as a::Trait<X>>::method` → `a::Trait::method`; other paths as they are.
fn method_of_trait(path: &str) -> String {
    let Some((owner, method)) = path.rsplit_once("::") else {
        return path.to_owned();
    };
    let Some((_, of)) = owner.rsplit_once(" as ") else {
        return path.to_owned();
    };
    let of = of.split('<').next().unwrap_or(of).trim_end_matches('>');
    format!("{of}::{method}")
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
