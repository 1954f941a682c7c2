//! One step of the work list: what an instance leads to.
//!
//! Templates are computed once per definition and shared by all threads; lookups depend only
//! on the instance, so any order of work gives the same graph.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use camino::Utf8PathBuf;
use dashmap::DashMap;
use ra_ap_base_db::Crate;
use ra_ap_hir_def::builtin_derive::{BuiltinDeriveImplMethod, BuiltinDeriveImplTrait};
use ra_ap_hir_def::signatures::FunctionSignature;
use ra_ap_hir_def::{
    AdtId, AssocItemId, BuiltinDeriveImplId, ConstId, DefWithBodyId, FunctionId, GenericDefId,
    HasModule, ImplId, TraitId,
};
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::method_resolution::TraitImpls;
use ra_ap_hir_ty::next_solver::{AliasTy, ClauseKind, GenericArgs, SimplifiedType, Ty, TyKind};
use ra_ap_rustc_type_ir::inherent::{GenericArgs as _, IntoKind, Ty as _};
use ra_ap_rustc_type_ir::{Projection, TypeVisitableExt};
use rustc_hash::{FxHashMap, FxHashSet};

use super::condition::{self, Condition, Value};
use super::database::Database;
use super::dispatch::{Dispatch, variants};
use super::instance::{Instance, Step, Subject};
use super::span;
use super::substitute::Substitution;
use super::taint::Taint;
use super::template::{self, Hole, Target, Template, Use};
use super::watch::Watch;
use crate::model::EdgeKind;

/// Types nested deeper or larger than this are not followed as they are: the instance widens
/// to its definition. rustc's own limit on nesting is 128.
const MAX_ARGS_SIZE: usize = 20_000;
const MAX_ARGS_DEPTH: usize = 96;

/// State that all threads share.
pub(crate) struct Shared {
    pub(crate) universe: Crate,
    pub(crate) std: FxHashSet<Crate>,
    /// Trait impls that stand in bodies.
    inner_impls: Vec<ImplId>,
    watch: Watch,
    /// Paths of files, for the watch.
    paths: Vec<Utf8PathBuf>,
    templates: DashMap<DefWithBodyId, Arc<Template>, rustc_hash::FxBuildHasher>,
}

/// What came of one instance.
#[derive(Default)]
pub(crate) struct Expansion {
    pub(crate) steps: Vec<Step>,
    /// What was not understood on the way.
    pub(crate) troubles: Vec<&'static str>,
    /// Names of trait methods for which no impl was found.
    pub(crate) lost: Vec<(TraitId, String)>,
    /// Edges that a bound of a std function stands for.
    pub(crate) fallbacks: u32,
}

impl Shared {
    pub(crate) fn new(database: &Database, inner_impls: Vec<ImplId>, watch: Watch) -> Self {
        let std = ra_ap_base_db::all_crates(&database.db)
            .iter()
            .copied()
            .filter(|krate| krate.data(&database.db).origin.is_lang())
            .collect();
        Self {
            universe: database.universe,
            std,
            inner_impls,
            watch,
            paths: database.paths.clone(),
            templates: DashMap::default(),
        }
    }

    pub(crate) fn bodies(&self) -> usize {
        self.templates.len()
    }

    /// The holes of every body that was walked.
    pub(crate) fn holes(&self) -> Vec<(DefWithBodyId, Arc<Template>)> {
        self.templates
            .iter()
            .filter(|entry| !entry.value().holes.is_empty())
            .map(|entry| (*entry.key(), entry.value().clone()))
            .collect()
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
            uses: Vec::new(),
            guards: Vec::new(),
            holes: vec![Hole {
                reason: "body not understood",
                name: None,
                line: 0,
            }],
        }));
        self.templates.entry(def).or_insert(template).clone()
    }
}

/// Expands instances on one thread's snapshot of the database.
pub(crate) struct Collector<'a, 'db> {
    pub(crate) db: &'db dyn HirDatabase,
    pub(crate) shared: &'a Shared,
}

impl Collector<'_, '_> {
    /// What `instance` leads to. A panic inside rust-analyzer costs this one body.
    pub(crate) fn expand(&self, instance: &Instance) -> Expansion {
        catch_unwind(AssertUnwindSafe(|| self.expand_inner(instance))).unwrap_or_else(|_| {
            Expansion {
                steps: Vec::new(),
                troubles: vec!["analysis failed"],
                fallbacks: 0,
                lost: Vec::new(),
            }
        })
    }

    fn expand_inner(&self, instance: &Instance) -> Expansion {
        let args = match &instance.subject {
            Subject::Function(_, args) | Subject::Derive(_, _, args) | Subject::Const(_, args) => {
                args.as_ref()
            }
            Subject::Static(_) | Subject::Drop(_) => GenericArgs::new_from_slice(&[]),
        };
        let substitution = Substitution::new(self.db, self.shared.universe, instance.env, args);
        let mut step = StepContext {
            collector: self,
            dispatch: Dispatch {
                db: self.db,
                universe: self.shared.universe,
                substitution: &substitution,
                inner_impls: &self.shared.inner_impls,
                failed: Cell::default(),
            },
            taint: Taint {
                db: self.db,
                std: &self.shared.std,
            },
            env: instance.env,
            out: Expansion::default(),
            seen: FxHashSet::default(),
        };
        match &instance.subject {
            Subject::Function(function, _) => step.function(*function, args),
            Subject::Const(konst, _) => step.body(DefWithBodyId::ConstId(*konst)),
            Subject::Static(item) => step.body(DefWithBodyId::StaticId(*item)),
            Subject::Derive(derive, method, _) => step.derive(*derive, *method, args),
            Subject::Drop(ty) => step.drop(ty.as_ref()),
        }
        let lost = step.dispatch.failed.take();
        step.out.lost = lost;
        step.out
    }
}

struct StepContext<'a, 'db> {
    collector: &'a Collector<'a, 'db>,
    dispatch: Dispatch<'a, 'db>,
    taint: Taint<'a>,
    env: Option<GenericDefId>,
    out: Expansion,
    seen: FxHashSet<(Subject, bool, bool)>,
}

impl<'a, 'db> StepContext<'a, 'db>
where
    'db: 'a,
{
    fn db(&self) -> &'db dyn HirDatabase {
        self.collector.db
    }

    fn function(&mut self, function: FunctionId, args: GenericArgs<'db>) {
        let items = self.dispatch.substitution.interner.lang_items();
        if items.DropInPlace == Some(function) {
            if let Some(ty) = args.types().next() {
                self.step(Subject::Drop(ty.store()), EdgeKind::Drop, None);
            }
            return;
        }
        if !FunctionSignature::of(self.db(), function).has_body() {
            // A root may be a call that is still to be resolved.
            let args = self.dispatch.substitution.normalize(args);
            for (subject, kind) in self.dispatch.call(function, args) {
                if !matches!(subject, Subject::Function(found, _) if found == function) {
                    self.step(subject, kind, None);
                }
            }
            return;
        }
        self.body(DefWithBodyId::FunctionId(function));
        let template = self.collector.shared.template(self.db(), function.into());
        if !template.holes.is_empty()
            && self
                .collector
                .shared
                .std
                .contains(&function.krate(self.db()))
        {
            self.bounds(function.into());
        }
    }

    fn body(&mut self, def: DefWithBodyId) {
        let template = self.collector.shared.template(self.db(), def);
        let taken: Vec<bool> = template
            .guards
            .iter()
            .map(|guard| self.may_hold(guard))
            .collect();
        for one in &template.uses {
            if one
                .guard
                .is_none_or(|guard| taken.get(guard as usize).copied().unwrap_or(true))
            {
                self.resolve(one);
            }
        }
    }

    /// Whether the instance's arguments leave the condition open or make it true.
    fn may_hold(&self, condition: &Condition) -> bool {
        let args = self.dispatch.substitution.args;
        condition.value(&|konst, own| self.const_value(konst, own, 8), args) != Some(0)
    }

    fn const_value(&self, konst: ConstId, own: GenericArgs<'db>, depth: u32) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        let args = self.dispatch.substitution.apply(own);
        let Subject::Const(konst, args) = self.dispatch.konst(konst, args) else {
            return None;
        };
        let args: GenericArgs<'db> = args.as_ref();
        if args.has_param() {
            return None;
        }
        let inner = |konst, own: GenericArgs<'db>| {
            // Names of the const's own parameters, not of this instance's.
            (!own.has_param())
                .then(|| self.const_value(konst, own, depth))
                .flatten()
        };
        condition::of_const(self.db(), konst).value(&inner, args)
    }

    fn resolve(&mut self, one: &Use) {
        let substitution = self.dispatch.substitution;
        match &one.target {
            Target::Function(function, args) => {
                let args = substitution.instantiate(args.as_ref());
                if too_large(args) {
                    // Before it is resolved: that would take as long as the type is large.
                    self.out.troubles.push("type too large");
                    let identity =
                        GenericArgs::identity_for_item(substitution.interner, (*function).into());
                    self.call(
                        *function,
                        super::substitute::erase(substitution.interner, identity),
                        Some(one),
                    );
                    return;
                }
                self.call(*function, substitution.normalize(args), Some(one));
            }
            Target::Const(konst, args) => {
                let args = substitution.apply(args.as_ref());
                let subject = self.dispatch.konst(*konst, args);
                self.step(subject, EdgeKind::Const, Some(one));
            }
            Target::Static(item) => self.step(Subject::Static(*item), EdgeKind::Const, Some(one)),
            Target::Drop(ty) => {
                let ty = substitution.instantiate(ty.as_ref());
                if tree_size(ty, &mut FxHashMap::default()) > MAX_ARGS_SIZE {
                    self.out.troubles.push("type too large");
                    return;
                }
                let ty = substitution.normalize(ty);
                self.step(Subject::Drop(ty.store()), EdgeKind::Drop, Some(one));
            }
            Target::Unsize(from, to) => {
                let (from, to) = (
                    substitution.apply(from.as_ref()),
                    substitution.apply(to.as_ref()),
                );
                for (subject, kind) in self.dispatch.unsize(from, to) {
                    self.step(subject, kind, Some(one));
                }
            }
            Target::Await(ty) => {
                let ty = substitution.apply(ty.as_ref());
                self.awaits(ty, one);
            }
        }
    }

    fn call(&mut self, function: FunctionId, args: GenericArgs<'db>, one: Option<&Use>) {
        for (subject, kind) in self.dispatch.call(function, args) {
            self.step(subject, kind, one);
        }
    }

    /// `IntoFuture::into_future`, then `Future::poll` on what it gives.
    fn awaits(&mut self, ty: Ty<'db>, one: &Use) {
        let items = self.dispatch.substitution.interner.lang_items();
        if let Some(function) = items.IntoFutureIntoFuture {
            self.call(
                function,
                GenericArgs::new_from_slice(&[ty.into()]),
                Some(one),
            );
        }
        if let (Some(function), Some(future)) = (items.FuturePoll, self.future_of(ty)) {
            self.call(
                function,
                GenericArgs::new_from_slice(&[future.into()]),
                Some(one),
            );
        }
    }

    /// `<ty as IntoFuture>::IntoFuture`.
    fn future_of(&self, ty: Ty<'db>) -> Option<Ty<'db>> {
        let substitution = self.dispatch.substitution;
        let trait_ = substitution.interner.lang_items().IntoFuture?;
        let future =
            trait_
                .trait_items(self.db())
                .items
                .iter()
                .find_map(|(name, item)| match *item {
                    AssocItemId::TypeAliasId(id) if name.as_str() == "IntoFuture" => Some(id),
                    _ => None,
                })?;
        let kind = Projection {
            def_id: future.into(),
        };
        let future = Ty::new_alias(
            substitution.interner,
            AliasTy::new(substitution.interner, kind, [ty]),
        );
        Some(substitution.normalize(future))
    }

    /// A method made by a built-in derive calls the same method of every field.
    fn derive(
        &mut self,
        derive: BuiltinDeriveImplId,
        method: BuiltinDeriveImplMethod,
        args: GenericArgs<'db>,
    ) {
        let db = self.db();
        let loc = derive.loc(db);
        let items = self.dispatch.substitution.interner.lang_items();
        let Some(trait_) = loc.trait_.get_id(items) else {
            return;
        };
        let function = trait_
            .trait_items(db)
            .items
            .iter()
            .find_map(|(name, item)| match item {
                AssocItemId::FunctionId(function) if *name.symbol() == method.name() => {
                    Some(*function)
                }
                _ => None,
            });
        let Some(function) = function else { return };
        if loc.trait_ == BuiltinDeriveImplTrait::Clone && self.clones_by_copy(loc.adt) {
            return;
        }
        let with_rhs = matches!(
            loc.trait_,
            BuiltinDeriveImplTrait::PartialEq | BuiltinDeriveImplTrait::PartialOrd
        );
        let adt_params = ra_ap_hir_def::hir::generics::GenericParams::of(db, loc.adt.into()).len();
        let adt_args = GenericArgs::new_from_slice(
            args.as_slice().get(..adt_params).unwrap_or(args.as_slice()),
        );
        let own = args.iter().skip(adt_params);
        for variant in variants(db, loc.adt) {
            if loc.trait_ == BuiltinDeriveImplTrait::Default
                && matches!(variant, ra_ap_hir_def::VariantId::EnumVariantId(_))
            {
                continue;
            }
            for (_, field) in db.field_types(variant).iter() {
                let field = field
                    .ty()
                    .instantiate(self.dispatch.substitution.interner, adt_args)
                    .skip_norm_wip();
                let field = self.dispatch.substitution.normalize(field);
                let mut field_args = vec![field.into()];
                if with_rhs {
                    field_args.push(field.into());
                }
                field_args.extend(own.clone());
                self.call(function, GenericArgs::new_from_slice(&field_args), None);
            }
        }
    }

    /// With `derive(Copy)` beside it and no type parameters, `clone` is `*self`, as the
    /// compiler expands it.
    fn clones_by_copy(&self, adt: AdtId) -> bool {
        let db = self.db();
        let items = self.dispatch.substitution.interner.lang_items();
        let params = ra_ap_hir_def::hir::generics::GenericParams::of(db, adt.into());
        let Some(copy) = items.Copy else { return false };
        let outline = SimplifiedType::Adt(adt.into());
        let module = adt.module(db);
        let impls = match module.block(db) {
            Some(block) => TraitImpls::for_block(db, block),
            None => Some(&**TraitImpls::for_crate(db, module.krate(db))),
        };
        params
            .iter_type_or_consts()
            .all(|(_, param)| param.const_param().is_some())
            && impls.is_some_and(|impls| !impls.for_trait_and_self_ty(copy, &outline).1.is_empty())
    }

    fn drop(&mut self, ty: Ty<'db>) {
        let db = self.db();
        let std = &self.collector.shared.std;
        for (subject, kind) in self
            .dispatch
            .drop_glue(ty, &|adt| std.contains(&adt.krate(db)))
        {
            self.step(subject, kind, None);
        }
    }

    /// A std body with a hole may call whatever its bounds let it: every method that the
    /// bounded traits' impls for the concrete types define.
    fn bounds(&mut self, def: GenericDefId) {
        let db = self.db();
        let substitution = self.dispatch.substitution;
        for clause in db.trait_environment(def).clauses() {
            let ClauseKind::Trait(predicate) = clause.kind().skip_binder() else {
                continue;
            };
            if predicate.trait_ref.has_escaping_bound_vars() {
                continue;
            }
            let trait_ref = substitution.apply(predicate.trait_ref);
            if !self.taint.of_args(trait_ref.args) {
                continue;
            }
            self.every_method(trait_ref.def_id.0, trait_ref.args);
            self.associated_types(trait_ref.def_id.0, trait_ref.args);
        }
    }

    fn every_method(&mut self, trait_: TraitId, args: GenericArgs<'db>) {
        for &(_, item) in &trait_.trait_items(self.db()).items {
            let AssocItemId::FunctionId(method) = item else {
                continue;
            };
            let args = self.dispatch.with_own_params(method.into(), args);
            for (subject, _) in self.dispatch.call(method, args) {
                if matches!(subject, Subject::Function(found, _) if found == method) {
                    // The trait's own default calls what the impl defines, which is taken.
                    continue;
                }
                self.step(subject, EdgeKind::Trait, None);
                self.out.fallbacks += 1;
            }
        }
    }

    /// `S: BuildHasher` also gives `S::Hasher: Hasher`.
    fn associated_types(&mut self, trait_: TraitId, args: GenericArgs<'db>) {
        let db = self.db();
        let substitution = self.dispatch.substitution;
        for &(_, item) in &trait_.trait_items(db).items {
            let AssocItemId::TypeAliasId(alias) = item else {
                continue;
            };
            for clause in db.type_alias_bounds(alias).skip_binder() {
                let ClauseKind::Trait(predicate) = clause.kind().skip_binder() else {
                    continue;
                };
                if predicate.trait_ref.has_escaping_bound_vars()
                    || predicate.trait_ref.args.len() > args.len()
                {
                    continue;
                }
                let bound = ra_ap_hir_ty::next_solver::EarlyBinder::bind(predicate.trait_ref)
                    .instantiate(substitution.interner, args)
                    .skip_norm_wip();
                let bound = substitution.normalize(bound);
                if self.taint.of_args(bound.args) {
                    self.every_method(bound.def_id.0, bound.args);
                }
            }
        }
    }

    /// Adds an edge, unless it leads into std without a way back.
    fn step(&mut self, subject: Subject, kind: EdgeKind, one: Option<&Use>) {
        let Some((subject, has_params)) = self.bounded(subject) else {
            return;
        };
        let own_env = match (&subject, kind) {
            // Widened to the definition: its own parameters are opaque.
            (Subject::Function(def, _), EdgeKind::Widened) if has_params => Some((*def).into()),
            _ if has_params => self.env.or(match &subject {
                Subject::Function(def, _) => Some((*def).into()),
                Subject::Const(def, _) => Some((*def).into()),
                _ => None,
            }),
            _ => None,
        };
        let uncertain = kind == EdgeKind::Widened;
        let escapes = one.is_some_and(|one| one.escapes) || kind == EdgeKind::Vtable;
        let in_const = one.is_some_and(|one| one.in_const);
        if !self.seen.insert((subject.clone(), in_const, escapes)) {
            return;
        }
        let kind = match one {
            Some(one) if kind == EdgeKind::Call && one.in_closure => EdgeKind::Closure,
            Some(one) if kind == EdgeKind::Call && one.in_macro => EdgeKind::Macro,
            _ => kind,
        };
        self.out.steps.push(Step {
            to: Instance {
                subject,
                env: own_env,
            },
            kind,
            line: one.map_or(0, |one| one.line),
            in_const,
            escapes,
            uncertain,
        });
    }

    /// Drops what can't matter (std without a way back) and widens what is too large.
    fn bounded(&mut self, subject: Subject) -> Option<(Subject, bool)> {
        match subject {
            Subject::Function(def, args) => {
                let borrowed: GenericArgs<'db> = args.as_ref();
                if self.taint.is_std(def) && !self.taint.of_args(borrowed) {
                    return None;
                }
                if too_large(borrowed) {
                    self.out.troubles.push("type too large");
                    let identity = GenericArgs::identity_for_item(
                        self.dispatch.substitution.interner,
                        def.into(),
                    );
                    return Some((Subject::Function(def, identity.store()), true));
                }
                let has_params = borrowed.has_param();
                Some((Subject::Function(def, args), has_params))
            }
            Subject::Const(def, args) => {
                let borrowed: GenericArgs<'db> = args.as_ref();
                if self.taint.is_std(def) && !self.taint.of_args(borrowed) {
                    return None;
                }
                let has_params = borrowed.has_param();
                Some((Subject::Const(def, args), has_params))
            }
            Subject::Static(def) => {
                (!self.taint.is_std(def)).then_some((Subject::Static(def), false))
            }
            Subject::Derive(derive, method, args) => {
                let borrowed: GenericArgs<'db> = args.as_ref();
                let std = self
                    .collector
                    .shared
                    .std
                    .contains(&derive.loc(self.db()).adt.krate(self.db()));
                if std && !self.taint.of_args(borrowed) {
                    return None;
                }
                let has_params = borrowed.has_param();
                Some((Subject::Derive(derive, method, args), has_params))
            }
            Subject::Drop(ty) => {
                let borrowed: Ty<'db> = ty.as_ref();
                if !holds_something(borrowed) || !self.taint.of_type(borrowed) {
                    return None;
                }
                let has_params = borrowed.has_param();
                Some((Subject::Drop(ty), has_params))
            }
        }
    }
}

/// Types whose drop glue can call something.
fn holds_something(ty: Ty<'_>) -> bool {
    matches!(
        ty.kind(),
        TyKind::Adt(..)
            | TyKind::Tuple(_)
            | TyKind::Array(..)
            | TyKind::Slice(_)
            | TyKind::Closure(..)
            | TyKind::Coroutine(..)
            | TyKind::CoroutineClosure(..)
    )
}

fn too_large(args: GenericArgs<'_>) -> bool {
    let mut sizes = FxHashMap::default();
    args.types()
        .any(|ty| tree_size(ty, &mut sizes) > MAX_ARGS_SIZE || deeper_than(ty, MAX_ARGS_DEPTH))
}

/// Nodes of a type written out: a type that doubles at every step shares its parts, but what
/// folds over it does not.
fn tree_size<'db>(ty: Ty<'db>, sizes: &mut FxHashMap<Ty<'db>, usize>) -> usize {
    if let Some(&known) = sizes.get(&ty) {
        return known;
    }
    let mut sum = |parts: &mut dyn Iterator<Item = Ty<'db>>| {
        parts.fold(1_usize, |sum, part| {
            sum.saturating_add(tree_size(part, sizes))
        })
    };
    let size = match ty.kind() {
        TyKind::Adt(_, args) => sum(&mut args.types()),
        TyKind::FnDef(_, args) => sum(&mut args.types()),
        TyKind::Closure(_, args) => sum(&mut args.types()),
        TyKind::Coroutine(_, args) => sum(&mut args.types()),
        TyKind::CoroutineClosure(_, args) => sum(&mut args.types()),
        TyKind::Alias(alias) => sum(&mut alias.args.types()),
        TyKind::Tuple(parts) => sum(&mut parts.iter()),
        TyKind::Ref(_, ty, _)
        | TyKind::RawPtr(ty, _)
        | TyKind::Array(ty, _)
        | TyKind::Slice(ty) => sum(&mut std::iter::once(ty)),
        _ => 1,
    };
    sizes.insert(ty, size);
    size
}

/// Nesting along the longest path.
fn deeper_than(ty: Ty<'_>, limit: usize) -> bool {
    fn depth<'db>(ty: Ty<'db>, known: &mut FxHashMap<Ty<'db>, usize>) -> usize {
        if let Some(&known) = known.get(&ty) {
            return known;
        }
        let mut below = |parts: &mut dyn Iterator<Item = Ty<'db>>| {
            parts.map(|part| depth(part, known)).max().unwrap_or(0)
        };
        let inner = match ty.kind() {
            TyKind::Adt(_, args) => below(&mut args.types()),
            TyKind::FnDef(_, args) => below(&mut args.types()),
            TyKind::Closure(_, args) => below(&mut args.types()),
            TyKind::Coroutine(_, args) => below(&mut args.types()),
            TyKind::CoroutineClosure(_, args) => below(&mut args.types()),
            TyKind::Alias(alias) => below(&mut alias.args.types()),
            TyKind::Tuple(parts) => below(&mut parts.iter()),
            TyKind::Ref(_, ty, _)
            | TyKind::RawPtr(ty, _)
            | TyKind::Array(ty, _)
            | TyKind::Slice(ty) => below(&mut std::iter::once(ty)),
            _ => 0,
        };
        known.insert(ty, inner + 1);
        inner + 1
    }
    depth(ty, &mut FxHashMap::default()) > limit
}
