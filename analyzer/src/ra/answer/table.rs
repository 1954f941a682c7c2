//! Every listed item with how it is reached.

use indexmap::IndexMap;
use ra_ap_base_db::Crate;
use ra_ap_hir_def::HasModule;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::gaps::Suspects;
use super::guesses::{self, Places};
use super::suspicion::BySuspicion;
use super::usage::Usage;
use super::{Home, definition};
use crate::model::{
    Domain, Domains, EdgeKind, Fingerprint, Item, ItemKind, Origin, Project, Status,
};
use crate::ra::database::Database;
use crate::ra::engine::Found;
use crate::ra::instance::Subject;
use crate::ra::items::{self, Definition, Row};
use crate::ra::span::Place;
use crate::reach::Reached;

/// One place in the source is one row, however many crates compile it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct RowKey {
    package: usize,
    /// Numbers of files are in the order of their paths.
    file: u32,
    line: u32,
    path: String,
    call: Option<(u32, u32)>,
    /// Among rows of one crate that look the same.
    ordinal: u32,
}

/// What makes an item of a row, beside its key and how it is reached.
struct Seen {
    kind: ItemKind,
    origin: Origin,
    is_unsafe: bool,
    unsafe_blocks: u32,
    lines: u32,
    is_public: bool,
    counted: bool,
    fingerprint: Fingerprint,
    compiled_in: Domains,
    reached: Reached,
    direct: bool,
    /// Domains in which somebody doubted it, and why.
    doubted_in: Domains,
    reason: Option<String>,
}

impl Seen {
    /// Where it would be unused.
    fn open(&self) -> Domains {
        let compiled_in = self.compiled_in;
        compiled_in
            .without(self.reached.certain())
            .without(self.reached.uncertain)
    }

    /// Keeps the first reason, or the first that is about the program.
    fn doubt(&mut self, domains: Domains, reason: String) {
        if self.reason.is_none()
            || domains.contains(Domain::Run) && !self.doubted_in.contains(Domain::Run)
        {
            self.reason = Some(reason);
        }
        self.doubted_in |= domains;
        self.reached.uncertain |= domains;
    }
}

pub(super) struct Table<'a> {
    database: &'a Database,
    /// The files of std.
    of_std: FxHashSet<u32>,
    homes: &'a FxHashMap<Crate, Home>,
    /// In order of discovery.
    rows: IndexMap<RowKey, Seen, FxBuildHasher>,
    /// Indexes into `rows`.
    ids: FxHashMap<Definition, usize>,
}

impl<'a> Table<'a> {
    pub(super) fn new(
        database: &'a Database,
        project: &'a Project,
        homes: &'a FxHashMap<Crate, Home>,
    ) -> Self {
        let std = &project.std_src.root;
        let files = (0u32..).zip(&database.paths);
        Self {
            database,
            of_std: files
                .filter(|(_, path)| path.starts_with(std))
                .map(|(file, _)| file)
                .collect(),
            homes,
            rows: IndexMap::default(),
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
            let key = Self::key(home.package, row, *ordinal);
            *ordinal += 1;
            self.add(key, row, home.compiled_in);
        }
    }

    fn key(package: usize, row: &Row, ordinal: u32) -> RowKey {
        let name = |place: Place| (place.file.index(), place.line);
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

    fn add(&mut self, key: RowKey, row: &Row, compiled_in: Domains) {
        if self.of_std.contains(&key.file) {
            // Written by a macro of std (`thread_local!`): std's text, not the dependency's.
            return;
        }
        let entry = self.rows.entry(key);
        let id = entry.index();
        let seen = entry.or_insert_with(|| Seen {
            kind: row.kind,
            origin: row.standing.origin,
            is_unsafe: row.is_unsafe,
            unsafe_blocks: row.unsafe_blocks,
            lines: row.standing.lines,
            is_public: row.is_public,
            counted: !(row.nested && row.standing.origin == Origin::Macro),
            fingerprint: row.fingerprint,
            compiled_in: Domains::NONE,
            reached: Reached::default(),
            direct: false,
            doubted_in: Domains::NONE,
            reason: None,
        });
        seen.compiled_in |= compiled_in;
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
                let key = Self::key(home.package, &row, 0);
                self.add(key, &row, home.compiled_in);
            }
        }
    }

    pub(super) fn mark(&mut self, found: &Found, reached: &[Reached]) {
        for (instance, &how) in found.graph.nodes.iter().zip(reached) {
            if let Some(&id) =
                definition(&self.database.db, instance).and_then(|def| self.ids.get(&def))
            {
                let state = &mut self.rows[id].reached;
                state.run |= how.run;
                state.constant |= how.constant;
                state.uncertain |= how.uncertain;
            }
        }
    }

    /// What a gap may hide: functions of a name that was looked for in vain, and everything that
    /// is in sight of a macro that was not expanded. The former are returned, to be walked.
    ///
    /// The latter need no walk: sight ends at no dependency, so that all that could be reached
    /// from there is suspect by itself already.
    pub(super) fn suspect(
        &mut self,
        suspects: &Suspects,
        project: &Project,
    ) -> Vec<(Definition, Domains)> {
        let by_what = BySuspicion::new(suspects, project);
        let mut hit: FxHashMap<usize, Domains> = FxHashMap::default();
        for (id, (key, seen)) in self.rows.iter_mut().enumerate() {
            let is_function = seen.kind.is_function();
            let is_node = is_function || matches!(seen.kind, ItemKind::Const | ItemKind::Static);
            let open = seen.open();
            if !is_node || open.is_empty() {
                continue;
            }
            let package = key.package;
            let called = if is_function {
                by_what.called(&key.path, package)
            } else {
                Vec::new()
            };
            let mut doubt = |domains: Domains, reason: &dyn Fn() -> String| {
                let new = (domains & open).without(seen.reached.uncertain);
                if !new.is_empty() {
                    seen.doubt(new, reason());
                }
                new
            };
            for hidden in by_what.behind(package) {
                doubt(hidden.domains, &|| hidden.reason(project));
            }
            for (domains, reason) in called {
                let new = doubt(domains, &|| reason.clone());
                if !new.is_empty() {
                    *hit.entry(id).or_default() |= new;
                }
            }
        }
        let mut found: Vec<(Definition, Domains)> = self
            .ids
            .iter()
            .filter_map(|(&def, id)| Some((def, *hit.get(id)?)))
            .collect();
        // The map's order is chance; the order of growth must not be.
        found.sort_by_key(|(def, _)| (self.ids[def], format!("{def:?}")));
        found
    }

    /// Functions that exist only if a guess is right: unknown unless they are surely used.
    pub(super) fn guess(&mut self, places: &Places) {
        let files = (0u32..).zip(&self.database.paths);
        let by_file: FxHashMap<u32, _> = files
            .filter_map(|(file, path)| Some((file, places.get(path)?)))
            .collect();
        for (key, seen) in &mut self.rows {
            let Some(places) = by_file.get(&key.file) else {
                continue;
            };
            let line = key.line as usize;
            let inside = |place: &&guesses::Place| place.from <= line && line <= place.to;
            let open = seen.open();
            if !open.is_empty()
                && let Some(place) = places.iter().find(inside)
            {
                seen.doubt(open, place.reason.clone());
            }
        }
    }

    /// Types, traits and macros: no nodes of the graph.
    #[expect(clippy::iter_over_hash_type, reason = "each entry marks its own row")]
    pub(super) fn mark_others(&mut self, usage: &Usage) {
        for (&def, one) in &usage.items {
            if let Some(&id) = self.ids.get(&Definition::Other(def)) {
                let seen = &mut self.rows[id];
                seen.reached.run |= one.domains;
                seen.direct |= one.direct;
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
                    self.rows[id].direct = true;
                }
            }
        }
    }

    /// Items in order, and for each definition its index there.
    pub(super) fn finish(self) -> (Vec<Item>, FxHashMap<Definition, usize>) {
        let paths = &self.database.paths;
        let path = |file: u32| paths.get(file as usize).cloned().unwrap_or_default();
        let mut position = vec![0; self.rows.len()];
        let mut items = Vec::with_capacity(self.rows.len());
        let mut rows: Vec<(usize, (RowKey, Seen))> = self.rows.into_iter().enumerate().collect();
        rows.sort_unstable_by(|(_, (one, _)), (_, (other, _))| one.cmp(other));
        for (id, (key, seen)) in rows {
            let state = seen.reached;
            position[id] = items.len();
            let unknown_in = state.uncertain.without(state.certain());
            let status = overall(state.certain(), unknown_in);
            let reason = (status == Status::Unknown).then(|| {
                let why = seen
                    .reason
                    .unwrap_or_else(|| "a lookup on the way to it failed".to_owned());
                if state.certain().is_empty() {
                    why
                } else {
                    format!("in the program, not in what builds it: {why}")
                }
            });
            items.push(Item {
                package: key.package,
                path: key.path,
                file: path(key.file),
                line: key.line,
                call_site: key.call.map(|(file, line)| (path(file), line)),
                kind: seen.kind,
                origin: seen.origin,
                status,
                reason,
                direct: seen.direct && status == Status::Used,
                domains: state.certain(),
                unknown_in,
                compiled_in: seen.compiled_in,
                const_only: status == Status::Used && state.run.is_empty(),
                is_unsafe: seen.is_unsafe,
                unsafe_blocks: seen.unsafe_blocks,
                lines: seen.lines,
                is_public: seen.is_public,
                counted: seen.counted,
                fingerprint: seen.fingerprint,
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

/// One word for all domains. What ships comes first: a function that only a build script surely
/// uses, and the program perhaps, must not look as if that were all there is to it.
fn overall(certain: Domains, unknown_in: Domains) -> Status {
    if certain.contains(Domain::Run) {
        Status::Used
    } else if unknown_in.contains(Domain::Run) {
        Status::Unknown
    } else if !certain.is_empty() {
        Status::Used
    } else if !unknown_in.is_empty() {
        Status::Unknown
    } else {
        Status::Unused
    }
}
