//! Which function a call on a trait really runs, and what vtables and drop glue hold.
//!
//! Takes substituted, normalized calls; gives resolved [`Subject`]s. What can't be resolved is
//! widened, never lost (DESIGN §4.5): first to every impl that may apply to the self type.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use dashmap::DashMap;
use either::Either;
use ra_ap_base_db::{Crate, CrateOrigin, LangCrateOrigin};
use ra_ap_hir_def::hir::generics::GenericParams;
use ra_ap_hir_def::signatures::FunctionSignature;
use ra_ap_hir_def::{
    AssocItemId, CallableDefId, FunctionId, HasModule, ImplId, ItemContainerId, TraitId,
};
use ra_ap_hir_expand::name::Name;
use ra_ap_hir_ty::ParamEnvAndCrate;
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::method_resolution::{TraitImpls, is_dyn_method, lookup_impl_const};
use ra_ap_hir_ty::next_solver::infer::traits::{Obligation, ObligationCause};
use ra_ap_hir_ty::next_solver::{
    AnyImplId, DbInterner, GenericArg, GenericArgs, ParamEnv, SimplifiedType, StoredGenericArgs,
    TraitRef, Ty, TyKind,
};
use ra_ap_rustc_type_ir::inherent::{GenericArgs as _, IntoKind};
use ra_ap_rustc_type_ir::{
    TypeVisitableExt,
    fast_reject::{TreatParams, simplify_type},
};
use smallvec::SmallVec;

use super::instance::Subject;
use super::only::InnerImpls;
use super::substitute::Substitution;
use super::taint::Taint;
use crate::model::EdgeKind;

/// What a call leads to.
pub(crate) type Targets = SmallVec<[(Subject, EdgeKind); 1]>;

/// What calls with concrete arguments lead to: it does not depend on who calls. And whether
/// impls were looked for without regard to the arguments.
pub(crate) type KnownCalls =
    DashMap<(FunctionId, StoredGenericArgs), (Targets, bool), rustc_hash::FxBuildHasher>;

/// Resolves the calls of one instance.
pub(crate) struct Dispatch<'a, 'db> {
    pub(crate) db: &'db dyn HirDatabase,
    pub(crate) universe: Crate,
    pub(crate) substitution: &'a Substitution<'a, 'db>,
    pub(crate) inner_impls: &'a InnerImpls,
    pub(crate) known: &'a KnownCalls,
    pub(crate) taint: Taint<'a>,
    /// Methods whose impl was not found at all.
    pub(crate) failed: Cell<Vec<(TraitId, String)>>,
}

impl<'db> Dispatch<'_, 'db> {
    pub(crate) fn interner(&self) -> DbInterner<'db> {
        self.substitution.interner
    }

    fn env(&self) -> ParamEnvAndCrate<'db> {
        ParamEnvAndCrate {
            param_env: self.substitution.env,
            krate: self.universe,
        }
    }

    /// The functions that run when `function` is called with `args`.
    pub(crate) fn call(&self, function: FunctionId, args: GenericArgs<'db>) -> Targets {
        let ItemContainerId::TraitId(trait_) = function.loc(self.db).container else {
            return self.find(function, args);
        };
        let is_concrete = args.len() >= GenericParams::of(self.db, trait_.into()).len()
            && !args.has_param()
            && !args.has_non_region_infer()
            && !args.has_placeholders()
            && !args.references_error();
        let of_core = CrateOrigin::Lang(LangCrateOrigin::Core);
        if is_concrete
            && trait_.krate(self.db).data(self.db).origin == of_core
            && !self.taint.of_args(args)
        {
            // A trait of core and types of std: by the orphan rule the impl is std's too, and
            // without a way back. Nor does it open files or connections as std's own may.
            return Targets::new();
        }
        if args.has_non_region_infer()
            || args.has_placeholders()
            || args.has_aliases()
            || args.references_error()
        {
            // What is not known fits impls for whatever types there are.
            self.substitution.everywhere.set(true);
        }
        if !is_concrete || self.substitution.env != ParamEnv::empty(self.interner()) {
            return self.find(function, args);
        }
        let key = (function, args.store());
        let everywhere = &self.substitution.everywhere;
        if let Some(known) = self.known.get(&key) {
            everywhere.set(everywhere.get() || known.1);
            return known.0.clone();
        }
        let (failed, before) = (self.failed.take(), everywhere.take());
        let found = self.find(function, args);
        let own = self.failed.take();
        if own.is_empty() {
            self.known.insert(key, (found.clone(), everywhere.get()));
        }
        self.failed.set([failed, own].concat());
        everywhere.set(everywhere.get() || before);
        found
    }

    fn find(&self, function: FunctionId, args: GenericArgs<'db>) -> Targets {
        let own = |kind| SmallVec::from_buf([(Subject::Function(function, args.store()), kind)]);
        let ItemContainerId::TraitId(trait_) = function.loc(self.db).container else {
            return own(EdgeKind::Call);
        };
        let trait_params = GenericParams::of(self.db, trait_.into()).len();
        if args.len() < trait_params || args.is_empty() {
            return self.widen(trait_, function, None);
        }
        let Some(self_ty) = args.first().and_then(|arg| arg.ty()) else {
            return self.widen(trait_, function, None);
        };
        if is_dyn_method(self.interner(), self.substitution.env, function, args).is_some() {
            // What it runs was reached where the vtable was made.
            return Targets::new();
        }
        if let Some(targets) = self.builtin(trait_, function, self_ty) {
            return targets;
        }
        if let Some(targets) = self.by_only_impl(trait_, trait_params, function, args) {
            return targets;
        }
        // The solver panics on some inputs: a lookup that failed, not a body that is lost.
        let found = catch_unwind(AssertUnwindSafe(|| {
            self.db.lookup_impl_method(self.env(), function, args)
        }));
        let Ok(found) = found else {
            self.substitution.everywhere.set(true);
            return self.by_header(trait_, trait_params, function, args, false);
        };
        match found {
            (Either::Left(found), found_args) if found != function => {
                let found_args = self.substitution.normalize(found_args);
                SmallVec::from_buf([(
                    Subject::Function(found, found_args.store()),
                    EdgeKind::Trait,
                )])
            }
            (Either::Left(_), _) => {
                if is_opaque(self_ty) {
                    // A call that stays at the trait.
                    return own(EdgeKind::Trait);
                }
                let implemented = self.implemented(trait_, trait_params, args);
                if implemented && FunctionSignature::of(self.db, function).has_body() {
                    // The trait's own default.
                    return own(EdgeKind::Trait);
                }
                self.by_header(trait_, trait_params, function, args, implemented)
            }
            (Either::Right((derive, method)), args) => SmallVec::from_buf([(
                Subject::Derive(derive, method, args.store()),
                EdgeKind::Trait,
            )]),
        }
    }

    /// The method of the one impl that can be meant.
    fn by_only_impl(
        &self,
        trait_: TraitId,
        trait_params: usize,
        function: FunctionId,
        args: GenericArgs<'db>,
    ) -> Option<Targets> {
        let trait_args = GenericArgs::new_from_slice(&args.as_slice()[..trait_params]);
        let trait_ref = TraitRef::new_from_args(self.interner(), trait_.into(), trait_args);
        let only = || self.substitution.only_impl(trait_ref);
        let (id, impl_args) = catch_unwind(AssertUnwindSafe(only)).ok()??;
        let signature = FunctionSignature::of(self.db, function);
        let own = args.iter().skip(trait_params);
        let all: Vec<GenericArg<'db>> = impl_args.iter().chain(own).collect();
        let all = GenericArgs::new_from_slice(&all);
        let subject = match id {
            AnyImplId::BuiltinDeriveImplId(id) => {
                let method = id.loc(self.db).trait_.get_method(signature.name.symbol())?;
                Subject::Derive(id, method, all.store())
            }
            AnyImplId::ImplId(id) => match self.method_of(id, &signature.name) {
                Some(method) => Subject::Function(method, self.substitution.normalize(all).store()),
                // The trait's own default.
                None if signature.has_body() => Subject::Function(function, args.store()),
                None => return None,
            },
        };
        Some(SmallVec::from_buf([(subject, EdgeKind::Trait)]))
    }

    fn method_of(&self, id: ImplId, name: &Name) -> Option<FunctionId> {
        let items = &id.impl_items(self.db).items;
        items.iter().find_map(|(item, id)| match *id {
            AssocItemId::FunctionId(id) if item == name => Some(id),
            _ => None,
        })
    }

    /// Traits the compiler implements by itself: `Fn*` of functions and closures, `Clone` of
    /// tuples and closures, `Future` of coroutines. `None`: not one of them.
    fn builtin(&self, trait_: TraitId, function: FunctionId, self_ty: Ty<'db>) -> Option<Targets> {
        let items = self.interner().lang_items();
        let is = |lang: Option<TraitId>| lang == Some(trait_);
        let callable = is_fn_trait(self.interner(), trait_);
        match self_ty.kind() {
            TyKind::FnDef(callee, callee_args) if callable => match callee.0 {
                CallableDefId::FunctionId(callee) => Some(self.call(callee, callee_args)),
                _ => Some(Targets::new()),
            },
            TyKind::FnPtr(..) | TyKind::Closure(..) | TyKind::CoroutineClosure(..) if callable => {
                Some(Targets::new())
            }
            TyKind::Coroutine(..) if is(items.Future) || is(items.Iterator) => Some(Targets::new()),
            TyKind::Tuple(parts) if is(items.Clone) => Some(self.clones(parts.iter(), function)),
            TyKind::Closure(_, closure) if is(items.Clone) => {
                Some(self.clones(closure.as_closure().upvar_tys().iter(), function))
            }
            _ => None,
        }
    }

    fn clones(&self, parts: impl Iterator<Item = Ty<'db>>, clone: FunctionId) -> Targets {
        parts
            .flat_map(|part| self.call(clone, GenericArgs::new_from_slice(&[part.into()])))
            .collect()
    }

    fn implemented(&self, trait_: TraitId, trait_params: usize, args: GenericArgs<'db>) -> bool {
        let args = GenericArgs::new_from_slice(&args.as_slice()[..trait_params]);
        if args.references_error() {
            return false;
        }
        let trait_ref = TraitRef::new_from_args(self.interner(), trait_.into(), args);
        let obligation = Obligation::new(
            self.interner(),
            ObligationCause::dummy(),
            self.substitution.env,
            trait_ref,
        );
        self.substitution.infcx.predicate_may_hold(&obligation)
    }

    /// The method of the one impl whose header fits; of several, each may be meant.
    fn by_header(
        &self,
        trait_: TraitId,
        trait_params: usize,
        function: FunctionId,
        args: GenericArgs<'db>,
        implemented: bool,
    ) -> Targets {
        let signature = FunctionSignature::of(self.db, function);
        let trait_args = GenericArgs::new_from_slice(&args.as_slice()[..trait_params]);
        let trait_ref = TraitRef::new_from_args(self.interner(), trait_.into(), trait_args);
        let derived = self.derived(trait_, &signature.name, trait_ref.self_ty());
        if !derived.is_empty() {
            return derived;
        }
        let found = catch_unwind(AssertUnwindSafe(|| {
            self.substitution
                .impls_by_header(trait_ref, self.inner_impls.of_trait(trait_))
        }));
        let found = found.unwrap_or_else(|_| {
            self.substitution.everywhere.set(true);
            Vec::new()
        });
        let kind = if found.len() == 1 {
            EdgeKind::Trait
        } else {
            EdgeKind::Widened
        };
        let mut targets = Targets::new();
        for (id, impl_args) in &found {
            match (self.method_of(*id, &signature.name), impl_args) {
                (Some(item), Some(impl_args)) => {
                    let own = args.iter().skip(trait_params);
                    let all: Vec<GenericArg<'db>> = impl_args.iter().chain(own).collect();
                    let all = self
                        .substitution
                        .normalize(GenericArgs::new_from_slice(&all));
                    targets.push((Subject::Function(item, all.store()), kind));
                }
                (Some(item), None) => targets.push((self.identity(item), EdgeKind::Widened)),
                (None, _) if signature.has_body() => {
                    targets.push((Subject::Function(function, args.store()), kind));
                }
                (None, _) => {}
            }
        }
        if targets.is_empty() && !implemented {
            return self.widen(trait_, function, Some(trait_ref.self_ty()));
        }
        targets
    }

    /// A built-in derive of the trait for the type.
    fn derived(&self, trait_: TraitId, name: &Name, self_ty: Ty<'db>) -> Targets {
        let TyKind::Adt(adt, args) = self_ty.kind() else {
            return Targets::new();
        };
        let outline = SimplifiedType::Adt(adt.def_id().into());
        TraitImpls::for_crate_and_deps(self.db, self.universe)
            .iter()
            .flat_map(|impls| impls.for_trait_and_self_ty(trait_, &outline).1)
            .filter_map(|&id| {
                let method = id.loc(self.db).trait_.get_method(name.symbol())?;
                Some((Subject::Derive(id, method, args.store()), EdgeKind::Trait))
            })
            .collect()
    }

    fn identity(&self, function: FunctionId) -> Subject {
        let args = GenericArgs::identity_for_item(self.interner(), function.into());
        Subject::Function(
            function,
            super::substitute::erase(self.interner(), args).store(),
        )
    }

    /// Every impl of the trait that the self type's outline allows; with no outline, all.
    pub(crate) fn widen(
        &self,
        trait_: TraitId,
        function: FunctionId,
        self_ty: Option<Ty<'db>>,
    ) -> Targets {
        self.substitution.everywhere.set(true);
        let signature = FunctionSignature::of(self.db, function);
        let name = &signature.name;
        let outline =
            self_ty.and_then(|ty| simplify_type(self.interner(), ty, TreatParams::AsRigid));
        let mut targets = Targets::new();
        for impls in TraitImpls::for_crate_and_deps(self.db, self.universe) {
            let mut visit = |impl_: ImplId| {
                if let Some(found) = self.method_of(impl_, name) {
                    let args = super::substitute::erase(
                        self.interner(),
                        GenericArgs::identity_for_item(self.interner(), found.into()),
                    );
                    targets.push((Subject::Function(found, args.store()), EdgeKind::Widened));
                }
            };
            match &outline {
                Some(outline) => impls
                    .for_trait_and_self_ty(trait_, outline)
                    .0
                    .iter()
                    .copied()
                    .for_each(&mut visit),
                None => impls.for_trait(trait_, |found| {
                    if let Either::Left(found) = found {
                        found.iter().copied().for_each(&mut visit);
                    }
                }),
            }
        }
        if outline.is_none() {
            // They came out of a hash map.
            targets.sort_by_cached_key(|(subject, _)| match subject {
                Subject::Function(id, _) => match id.loc(self.db).container {
                    ItemContainerId::ImplId(of) => super::path::impl_(self.db, of),
                    _ => String::new(),
                },
                _ => String::new(),
            });
        }
        targets.extend(self.inner(trait_, name, outline.as_ref()));
        if signature.has_body() {
            let args = super::substitute::erase(
                self.interner(),
                GenericArgs::identity_for_item(self.interner(), function.into()),
            );
            targets.push((Subject::Function(function, args.store()), EdgeKind::Widened));
        }
        if targets.is_empty() && !is_fn_trait(self.interner(), trait_) {
            let mut failed = self.failed.take();
            failed.push((trait_, name.as_str().to_owned()));
            self.failed.set(failed);
        }
        targets
    }

    /// Impls in bodies whose trait and outline fit.
    fn inner(
        &self,
        trait_: TraitId,
        name: &Name,
        outline: Option<&SimplifiedType<'db>>,
    ) -> Targets {
        let mut targets = Targets::new();
        for &id in self.inner_impls.of_trait(trait_) {
            let Some(trait_ref) = self.db.impl_trait(id) else {
                continue;
            };
            let trait_ref = trait_ref.instantiate_identity().skip_norm_wip();
            let own = simplify_type(
                self.interner(),
                trait_ref.self_ty(),
                TreatParams::InstantiateWithInfer,
            );
            let fits = match (outline, own) {
                (Some(wanted), Some(found)) => *wanted == found,
                _ => true,
            };
            if let (true, Some(found)) = (fits, self.method_of(id, name)) {
                let args = super::substitute::erase(
                    self.interner(),
                    GenericArgs::identity_for_item(self.interner(), found.into()),
                );
                targets.push((Subject::Function(found, args.store()), EdgeKind::Trait));
            }
        }
        targets
    }

    /// The const that `T::CONST` reads.
    pub(crate) fn konst(&self, konst: ra_ap_hir_def::ConstId, args: GenericArgs<'db>) -> Subject {
        if args.references_error() || args.has_aliases() || args.has_non_region_infer() {
            self.substitution.everywhere.set(true);
        }
        let (konst, args) =
            lookup_impl_const(&self.substitution.infcx, self.substitution.env, konst, args);
        Subject::Const(konst, self.substitution.normalize(args).store())
    }
}

/// Implemented by the compiler for everything that can be called.
fn is_fn_trait(interner: DbInterner<'_>, trait_: TraitId) -> bool {
    let items = interner.lang_items();
    [
        items.Fn,
        items.FnMut,
        items.FnOnce,
        items.AsyncFn,
        items.AsyncFnMut,
        items.AsyncFnOnce,
    ]
    .contains(&Some(trait_))
}

/// Types of which nothing is known but their bounds.
fn is_opaque(ty: Ty<'_>) -> bool {
    match ty.kind() {
        TyKind::Param(_) | TyKind::Placeholder(_) | TyKind::Dynamic(..) => true,
        TyKind::Alias(..) => ty.has_param(),
        _ => false,
    }
}
