//! The impl that is meant, where headers alone tell.
//!
//! The solver proves the bounds of an impl before it says that it is the one, and asks every crate
//! there is for impls. A program that the compiler accepts has an impl for every call, so where one
//! header fits and no other, nothing has to be proven; and by the orphan rule an impl stands in the
//! crate of its trait or in one of whose types it speaks. Whatever is out of the ordinary is left
//! to the solver: bounds in scope, types that are not known to their end or that the compiler
//! implements traits for by itself, and impls in bodies.

use ra_ap_base_db::Crate;
use ra_ap_hir_def::signatures::{TraitFlags, TraitSignature};
use ra_ap_hir_def::{AdtId, HasModule, ImplId, TraitId};
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::method_resolution::TraitImpls;
use ra_ap_hir_ty::next_solver::infer::traits::ObligationCause;
use ra_ap_hir_ty::next_solver::{
    AliasTy, AliasTyKind, AnyImplId, ClauseKind, GenericArgs, ParamEnv, SolverDefId, TraitRef, Ty,
    TyKind, Unnormalized,
};
use ra_ap_hir_ty::{GenericPredicates, Span};
use ra_ap_rustc_type_ir::fast_reject::{DeepRejectCtxt, TreatParams, simplify_type};
use ra_ap_rustc_type_ir::inherent::IntoKind;
use ra_ap_rustc_type_ir::lang_items::SolverTraitLangItem;
use ra_ap_rustc_type_ir::{Interner, TypeVisitableExt};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::substitute::Substitution;
use super::taint::{self, Mention};

/// Traits that the compiler implements by itself, but for none of [`MadeFor::Nothing`].
const ONLY_FOR_SOME: [SolverTraitLangItem; 8] = [
    SolverTraitLangItem::Clone,
    SolverTraitLangItem::Copy,
    SolverTraitLangItem::Fn,
    SolverTraitLangItem::FnMut,
    SolverTraitLangItem::FnOnce,
    SolverTraitLangItem::FnPtrTrait,
    SolverTraitLangItem::Future,
    SolverTraitLangItem::Iterator,
];

/// An impl and its arguments.
type Fitting<'db> = (AnyImplId, GenericArgs<'db>);

/// Trait impls that stand in bodies: the solver does not see them from outside.
#[derive(Default)]
pub(crate) struct InnerImpls {
    by_trait: FxHashMap<TraitId, Vec<ImplId>>,
    /// Also by the type definition that they are for.
    by_type: FxHashMap<(TraitId, Option<AdtId>), Vec<ImplId>>,
}

impl InnerImpls {
    pub(crate) fn new(db: &dyn HirDatabase, impls: &[ImplId]) -> Self {
        let mut found = Self::default();
        for &id in impls {
            if let Some(header) = db.impl_trait(id) {
                let header = header.skip_binder();
                let trait_ = header.def_id.0;
                let key = (trait_, adt_of(header.self_ty()));
                found.by_trait.entry(trait_).or_default().push(id);
                found.by_type.entry(key).or_default().push(id);
            }
        }
        found
    }

    /// In the order in which they were listed.
    pub(crate) fn of_trait(&self, trait_: TraitId) -> &[ImplId] {
        self.by_trait.get(&trait_).map_or(&[], Vec::as_slice)
    }

    /// Those that may be for the type.
    fn of(&self, trait_ref: TraitRef<'_>) -> impl Iterator<Item = ImplId> {
        let adt = adt_of(trait_ref.self_ty());
        let keys = std::iter::once(None).chain(adt.map(Some));
        let found = keys.filter_map(move |adt| self.by_type.get(&(trait_ref.def_id.0, adt)));
        found.flatten().copied()
    }
}

fn adt_of(ty: Ty<'_>) -> Option<AdtId> {
    match ty.kind() {
        TyKind::Adt(adt, _) => Some(adt.def_id()),
        _ => None,
    }
}

impl<'db> Substitution<'_, 'db> {
    /// The impl of `trait_ref`; `None`: the solver has to say.
    pub(crate) fn only_impl(&self, trait_ref: TraitRef<'db>) -> Option<Fitting<'db>> {
        let mut fitting = self.ordinary_impls(trait_ref)?;
        // A blanket impl fits everything: where its bounds have no impl, another one is meant, be it
        // one that a macro makes in a body and nobody has listed.
        if fitting.len() > 1 || fitting.iter().any(|(id, _)| self.is_blanket(*id)) {
            fitting.retain(|one| self.may_hold(one));
        }
        let [(id, args)] = fitting[..] else {
            return None;
        };
        (!args.has_non_region_infer()).then_some((id, args))
    }

    /// The type that the only impl gives an associated type.
    pub(crate) fn only_type(&self, alias: AliasTy<'db>) -> Option<Ty<'db>> {
        let AliasTyKind::Projection { def_id } = alias.kind else {
            return None;
        };
        let (trait_ref, own) = alias.trait_ref_and_own_args(self.interner);
        let (AnyImplId::ImplId(id), args) = self.only_impl(trait_ref)? else {
            return None;
        };
        self.type_of(id, def_id.0, args, own)
    }

    /// Every impl whose header fits; `None` when there may be others, which the compiler makes.
    fn ordinary_impls(&self, trait_ref: TraitRef<'db>) -> Option<SmallVec<[Fitting<'db>; 2]>> {
        let db = self.interner.db();
        let inner_impls = self.inner_impls?;
        let trait_ = trait_ref.def_id.0;
        let is_plain = self.env == ParamEnv::empty(self.interner)
            && !trait_ref.has_param()
            && !trait_ref.has_aliases()
            && !trait_ref.has_non_region_infer()
            && !trait_ref.has_placeholders()
            && !trait_ref.has_escaping_bound_vars()
            && !trait_ref.references_error();
        let by_impls = match made_for(trait_ref.self_ty()) {
            MadeFor::Nothing => true,
            MadeFor::Known => self.interner.as_trait_lang_item(trait_.into()).is_none(),
            MadeFor::Any => false,
        };
        if !is_plain || !by_impls {
            return None;
        }
        let mut crates: SmallVec<[Crate; 8]> = SmallVec::new();
        let mut add = |krate: Crate| {
            if !crates.contains(&krate) {
                crates.push(krate);
            }
        };
        let is_beyond = taint::find(db, trait_ref.args, |mention| match mention {
            Mention::Module(module) if module.block(db).is_some() => true,
            Mention::Module(module) => {
                add(module.krate(db));
                false
            }
            Mention::Unnamed(krate) => {
                add(krate);
                false
            }
            Mention::Foreign => true,
        });
        let of_trait = trait_.module(db);
        if is_beyond || of_trait.block(db).is_some() {
            return None;
        }
        add(of_trait.krate(db));
        let outline = simplify_type(self.interner, trait_ref.self_ty(), TreatParams::AsRigid)?;
        let mut fitting = SmallVec::new();
        for krate in crates {
            let impls = TraitImpls::for_crate(db, krate);
            let (written, derived) = impls.for_trait_and_self_ty(trait_, &outline);
            let blanket = impls.blanket_impls(trait_);
            let written = written.iter().chain(blanket).copied();
            let all = written
                .map(AnyImplId::from)
                .chain(derived.iter().copied().map(AnyImplId::from));
            fitting.extend(all.filter_map(|id| Some((id, self.unified(id, trait_ref)?))));
        }
        // Those of unnamed consts are among the others, too.
        let is_listed = |id: AnyImplId| fitting.iter().any(|(other, _)| *other == id);
        let mut inner = inner_impls.of(trait_ref).map(AnyImplId::from);
        let hides = inner.any(|id| !is_listed(id) && self.unified(id, trait_ref).is_some());
        (!hides).then_some(fitting)
    }

    /// The arguments with which the header of an impl is `wanted`, as far as it tells them.
    fn unified(&self, id: AnyImplId, wanted: TraitRef<'db>) -> Option<GenericArgs<'db>> {
        let header = self.interner.impl_trait_ref(id);
        let rejects = DeepRejectCtxt::relate_rigid_infer(self.interner);
        if !rejects.args_may_unify(wanted.args, header.skip_binder().args) {
            return None;
        }
        self.infcx.probe(|_| {
            let id: SolverDefId<'db> = id.into();
            let args = self.infcx.fresh_args_for_item(Span::Dummy, id);
            let header = header.instantiate(self.interner, args).skip_norm_wip();
            let cause = ObligationCause::dummy();
            let _ = self.infcx.at(&cause, self.env).eq(wanted, header).ok()?;
            let args = self.infcx.resolve_vars_if_possible(args);
            // Regions that are made here are not known outside.
            Some(super::substitute::erase(self.interner, args))
        })
    }

    fn is_blanket(&self, id: AnyImplId) -> bool {
        let header = self.interner.impl_trait_ref(id).skip_binder();
        matches!(
            header.self_ty().kind(),
            TyKind::Param(_) | TyKind::Alias(..)
        )
    }

    /// Whether each bound of an impl has an impl whose header fits.
    fn may_hold(&self, (id, args): &Fitting<'db>) -> bool {
        let AnyImplId::ImplId(id) = *id else {
            return true;
        };
        GenericPredicates::query_all(self.interner.db(), id.into())
            .iter_instantiated(self.interner, args.as_slice())
            .map(Unnormalized::skip_norm_wip)
            .all(|clause| match clause.kind().skip_binder() {
                ClauseKind::Trait(bound) => !self.is_without_impl(bound.trait_ref),
                _ => true,
            })
    }

    /// Nothing implements the trait for the type: neither the compiler nor an impl.
    fn is_without_impl(&self, trait_ref: TraitRef<'db>) -> bool {
        let trait_ = trait_ref.def_id.0;
        let flags = TraitSignature::of(self.interner.db(), trait_).flags;
        // Traits without methods or types, which the compiler implements for any type, are among
        // those that the solver knows.
        let known = self.interner.as_trait_lang_item(trait_.into());
        !flags.contains(TraitFlags::AUTO)
            && known.is_none_or(|known| ONLY_FOR_SOME.contains(&known))
            && self
                .ordinary_impls(trait_ref)
                .is_some_and(|fitting| fitting.is_empty())
    }
}

/// For which traits the compiler itself has an impl for a type.
enum MadeFor {
    /// None that has methods or types.
    Nothing,
    /// Those that the solver knows by name.
    Known,
    /// Whichever.
    Any,
}

fn made_for(ty: Ty<'_>) -> MadeFor {
    match ty.kind() {
        TyKind::Adt(..)
        | TyKind::Bool
        | TyKind::Char
        | TyKind::Int(_)
        | TyKind::Uint(_)
        | TyKind::Float(_)
        | TyKind::Str
        | TyKind::Slice(_)
        | TyKind::Array(..)
        | TyKind::Ref(..)
        | TyKind::RawPtr(..)
        | TyKind::Never => MadeFor::Nothing,
        TyKind::Tuple(_)
        | TyKind::Closure(..)
        | TyKind::CoroutineClosure(..)
        | TyKind::Coroutine(..)
        | TyKind::FnDef(..)
        | TyKind::FnPtr(..) => MadeFor::Known,
        _ => MadeFor::Any,
    }
}
