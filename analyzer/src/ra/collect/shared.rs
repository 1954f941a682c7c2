//! What all threads share: templates of bodies, calls and powers that are known.

use std::cmp::Reverse;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use camino::Utf8PathBuf;
use dashmap::DashMap;
use ra_ap_base_db::Crate;
use ra_ap_hir_def::signatures::FunctionSignature;
use ra_ap_hir_def::{DefWithBodyId, FunctionId, HasModule, ImplId};
use ra_ap_hir_ty::db::HirDatabase;
use rustc_hash::FxHashSet;

use crate::model::Power;
use crate::ra::database::Database;
use crate::ra::dispatch::KnownCalls;
use crate::ra::instance::Instance;
use crate::ra::memo::Memo;
use crate::ra::only::InnerImpls;
use crate::ra::powers;
use crate::ra::span;
use crate::ra::template::{self, Hole, Template};
use crate::ra::watch::Watch;

/// Bytes of a body that takes much longer than most.
const LONG: u32 = 4096;

/// State that all threads share.
pub(crate) struct Shared {
    pub(crate) universe: Crate,
    pub(crate) std: FxHashSet<Crate>,
    /// Trait impls that stand in bodies.
    inner_impls: Vec<ImplId>,
    pub(super) inner_by_trait: InnerImpls,
    pub(crate) memo: Memo,
    pub(crate) watch: Watch,
    /// Paths of files, for the watch.
    paths: Vec<Utf8PathBuf>,
    templates: DashMap<DefWithBodyId, Arc<Template>, rustc_hash::FxBuildHasher>,
    pub(super) calls: KnownCalls,
    powers: DashMap<FunctionId, Option<Power>, rustc_hash::FxBuildHasher>,
}

impl Shared {
    pub(crate) fn new(
        database: &Database,
        inner_impls: Vec<ImplId>,
        memo: Memo,
        watch: Watch,
    ) -> Self {
        let std = ra_ap_base_db::all_crates(&database.db)
            .iter()
            .copied()
            .filter(|krate| krate.data(&database.db).origin.is_lang())
            .collect();
        Self {
            universe: database.universe,
            std,
            inner_by_trait: InnerImpls::new(&database.db, &inner_impls),
            inner_impls,
            memo,
            watch,
            paths: database.paths.clone(),
            templates: DashMap::default(),
            calls: KnownCalls::default(),
            powers: DashMap::default(),
        }
    }

    /// Trait impls that stand in bodies.
    pub(crate) fn inner_impls(&self) -> &[ImplId] {
        &self.inner_impls
    }

    /// Bodies that were read in this run.
    pub(crate) fn bodies(&self) -> usize {
        self.templates.len()
    }

    /// Lets go of the calls that are known: most of the walk is done, the rest asks again.
    pub(crate) fn forget_calls(&self) {
        self.calls.clear();
        self.calls.shrink_to_fit();
    }

    /// The holes of every body that was walked.
    pub(crate) fn holes(&self) -> Vec<(DefWithBodyId, Arc<Template>)> {
        self.templates
            .iter()
            .filter(|entry| !entry.value().holes.is_empty())
            .map(|entry| (*entry.key(), entry.value().clone()))
            .collect()
    }

    pub(crate) fn is_read(&self, def: DefWithBodyId) -> bool {
        self.templates.contains_key(&def)
    }

    /// Bodies of `round` that were not walked yet, crate by crate: going on in the same crate
    /// finds the solver's cache filled.
    pub(crate) fn missing(&self, db: &dyn HirDatabase, round: &[Instance]) -> Vec<DefWithBodyId> {
        let bodies: FxHashSet<DefWithBodyId> = round
            .iter()
            .filter_map(Instance::body)
            .filter(|&def| !self.is_read(def) && has_body(db, def))
            .collect();
        let mut bodies: Vec<DefWithBodyId> = bodies.into_iter().collect();
        // Long ones first: else one thread has the last of them, and the others nothing to do.
        bodies.sort_by_cached_key(|def| {
            let length = span::length(db, *def);
            let long = if length < LONG { 0 } else { length };
            (Reverse(long), def.krate(db), *def)
        });
        bodies
    }

    pub(super) fn power(&self, db: &dyn HirDatabase, id: FunctionId) -> Option<Power> {
        if let Some(known) = self.powers.get(&id) {
            return *known;
        }
        let power = if self.std.contains(&id.krate(db)) {
            powers::of_std(db, id)
        } else {
            powers::is_foreign(db, id).then_some(Power::Foreign)
        };
        *self.powers.entry(id).or_insert(power)
    }

    fn place(&self, db: &dyn HirDatabase, def: DefWithBodyId) -> String {
        let node = span::of_body(db, def);
        let path = self
            .paths
            .get(node.file.index() as usize)
            .map(ToString::to_string)
            .unwrap_or_default();
        format!("{path}:{}", node.line)
    }

    /// The template; that of a declaration without a body is empty.
    pub(crate) fn template_if_any(
        &self,
        db: &dyn HirDatabase,
        def: DefWithBodyId,
    ) -> Arc<Template> {
        if has_body(db, def) {
            self.template(db, def)
        } else {
            Arc::default()
        }
    }

    pub(crate) fn template(&self, db: &dyn HirDatabase, def: DefWithBodyId) -> Arc<Template> {
        if let Some(known) = self.templates.get(&def) {
            return known.clone();
        }
        let lines = !self.std.contains(&def.krate(db));
        if lines {
            self.watch.turn_to(self.place(db, def));
        }
        let template = catch_unwind(AssertUnwindSafe(|| template::of_body(db, def, lines)));
        let template = Arc::new(template.unwrap_or_else(|_| Template {
            holes: vec![Hole {
                reason: "body not understood",
                name: None,
                line: 0,
            }],
            ..Template::default()
        }));
        self.memo.note(db, def);
        self.templates.entry(def).or_insert(template).clone()
    }
}

/// It is no declaration.
pub(crate) fn has_body(db: &dyn HirDatabase, def: DefWithBodyId) -> bool {
    match def {
        DefWithBodyId::FunctionId(id) => FunctionSignature::of(db, id).has_body(),
        _ => true,
    }
}
