//! Finds impls by their headers alone, for lookups at which the solver gave up.
//!
//! The solver wants every nested obligation proven and has limits of its own (recursion, const
//! evaluation). A program that the compiler accepts has an impl for every call, so when exactly
//! one header fits, it is the one.

use ra_ap_hir_def::signatures::TypeAliasSignature;
use ra_ap_hir_def::{AssocItemId, ImplId, TraitId, TypeAliasId};
use ra_ap_hir_ty::method_resolution::TraitImpls;
use ra_ap_hir_ty::next_solver::infer::traits::{Obligation, ObligationCause};
use ra_ap_hir_ty::next_solver::obligation_ctxt::ObligationCtxt;
use ra_ap_hir_ty::next_solver::{
    AliasTy, AliasTyKind, GenericArg, GenericArgs, SimplifiedType, TraitRef, Ty, Unnormalized,
};
use ra_ap_hir_ty::{GenericPredicates, Span};
use ra_ap_rustc_type_ir::TypeVisitableExt;
use ra_ap_rustc_type_ir::fast_reject::{TreatParams, simplify_type};

use super::substitute::Substitution;

/// An impl whose header fits, and its arguments when they could be told.
pub(crate) type Fitting<'db> = (ImplId, Option<GenericArgs<'db>>);

impl<'db> Substitution<'_, 'db> {
    /// Every impl whose header unifies with `trait_ref`; `inner`: impls in bodies, which the
    /// database does not list.
    pub(crate) fn impls_by_header(
        &self,
        trait_ref: TraitRef<'db>,
        inner: &[ImplId],
    ) -> Vec<Fitting<'db>> {
        let db = self.interner.db();
        let trait_ = trait_ref.def_id.0;
        let outline = simplify_type(self.interner, trait_ref.self_ty(), TreatParams::AsRigid);
        let mut candidates = self.candidates(trait_, outline.as_ref());
        let of_trait = |id: &&ImplId| {
            let header = db.impl_trait(**id);
            header.is_some_and(|header| header.skip_binder().def_id.0 == trait_)
        };
        candidates.extend(inner.iter().filter(of_trait).copied());
        candidates
            .into_iter()
            .filter_map(|id| self.fit(id, trait_ref))
            .collect()
    }

    fn candidates(&self, trait_: TraitId, outline: Option<&SimplifiedType<'db>>) -> Vec<ImplId> {
        let db = self.interner.db();
        let mut out = Vec::new();
        for impls in TraitImpls::for_crate_and_deps(db, self.universe) {
            match outline {
                Some(outline) => {
                    out.extend(impls.for_trait_and_self_ty(trait_, outline).0);
                    out.extend(impls.blanket_impls(trait_));
                }
                None => impls.for_trait(trait_, |found| {
                    out.extend(found.left().unwrap_or_default());
                }),
            }
        }
        if outline.is_none() {
            self.everywhere.set(true);
            // They came out of a hash map.
            out.sort_by_cached_key(|&id| super::path::impl_(db, id));
        }
        out
    }

    fn fit(&self, id: ImplId, wanted: TraitRef<'db>) -> Option<Fitting<'db>> {
        let db = self.interner.db();
        self.infcx.probe(|_| {
            let cause = ObligationCause::dummy();
            let args = self.infcx.fresh_args_for_item(Span::Dummy, id.into());
            let header = db
                .impl_trait(id)?
                .instantiate(self.interner, args)
                .skip_norm_wip();
            let unified = self.infcx.at(&cause, self.env).eq(wanted, header).ok()?;
            let mut context = ObligationCtxt::new(&self.infcx);
            context.register_infer_ok_obligations(unified);
            let bounds = GenericPredicates::query_all(db, id.into());
            for bound in bounds
                .iter_instantiated(self.interner, args.as_slice())
                .map(Unnormalized::skip_norm_wip)
            {
                context.register_obligation(Obligation::new(self.interner, cause, self.env, bound));
            }
            // Only for what they tell of the arguments: a bound that can't be shown to hold
            // does not rule the impl out.
            let _ = context.try_evaluate_obligations();
            let args = self.infcx.resolve_vars_if_possible(args);
            let args = super::substitute::erase(self.interner, args);
            Some((id, (!args.has_non_region_infer()).then_some(args)))
        })
    }

    /// The type that the one fitting impl gives an associated type.
    pub(crate) fn projection_by_header(&self, alias: AliasTy<'db>) -> Option<Ty<'db>> {
        let AliasTyKind::Projection { def_id } = alias.kind else {
            return None;
        };
        let (trait_ref, own) = alias.trait_ref_and_own_args(self.interner);
        if trait_ref.has_param() || trait_ref.has_aliases() {
            return None;
        }
        let [(id, Some(args))] = self.impls_by_header(trait_ref, &[])[..] else {
            return None;
        };
        self.type_of(id, def_id.0, args, own)
    }

    /// The type that an impl gives an associated type of its trait; `own`: the type's arguments
    /// beside those of the impl.
    pub(super) fn type_of(
        &self,
        id: ImplId,
        of_trait: TypeAliasId,
        args: GenericArgs<'db>,
        own: &[GenericArg<'db>],
    ) -> Option<Ty<'db>> {
        let db = self.interner.db();
        let name = &TypeAliasSignature::of(db, of_trait).name;
        let found = id
            .impl_items(db)
            .items
            .iter()
            .find_map(|(item, id)| match *id {
                AssocItemId::TypeAliasId(id) if item == name => Some(id),
                _ => None,
            })?;
        let args: Vec<GenericArg<'db>> = args.iter().chain(own.iter().copied()).collect();
        let ty = db
            .ty(found.into())
            .instantiate(self.interner, GenericArgs::new_from_slice(&args));
        Some(ty.skip_norm_wip())
    }
}
