//! Impls that the compiler looks up for a piece: by its bounds, its derives, its expressions.

use ra_ap_hir_def::expr_store::Body;
use ra_ap_hir_def::{
    AdtId, BuiltinDeriveImplId, DefWithBodyId, GenericDefId, ImplId, ItemContainerId, Lookup,
};
use ra_ap_hir_ty::next_solver::{GenericArgs, TraitRef};
use ra_ap_hir_ty::{Adjust, InferenceResult, PointerCast};
use whittle_extract::request::How;

use super::Walk;
use crate::ra::glue::variants;
use crate::ra::mentions::bounds::Bounds;
use crate::ra::mentions::types::Types;
use crate::ra::substitute::Substitution;

impl<'db> Walk<'_, 'db> {
    /// A derive needs its trait of every field.
    pub(super) fn derived(&mut self, adt: AdtId, derive: BuiltinDeriveImplId) {
        let db = self.db;
        let items = ra_ap_hir_def::lang_item::lang_items(db, self.krate);
        let Some(trait_) = derive.loc(db).trait_.get_id(items) else {
            return;
        };
        self.select(adt.into(), |bounds| {
            let interner = bounds.substitution.interner;
            for variant in variants(db, adt) {
                for (_, field) in db.field_types(variant).iter() {
                    let ty = field.ty().instantiate_identity().skip_norm_wip();
                    let count =
                        ra_ap_hir_def::hir::generics::GenericParams::of(db, trait_.into()).len();
                    let args: Vec<_> = (0..count).map(|_| ty.into()).collect();
                    let args = GenericArgs::new_from_slice(&args);
                    bounds.implemented(TraitRef::new_from_args(interner, trait_.into(), args));
                }
            }
        });
    }

    /// What an impl of a trait must bring along.
    pub(super) fn obligations(&mut self, id: ImplId) {
        let Some(trait_ref) = self.db.impl_trait(id) else {
            return;
        };
        let trait_ref = trait_ref.instantiate_identity().skip_norm_wip();
        self.select(id.into(), |bounds| bounds.of_impl(trait_ref));
    }

    /// Impls that `ask` finds, mentioned at the piece's name.
    pub(super) fn select(&mut self, env: GenericDefId, ask: impl FnOnce(&mut Bounds<'_, 'db>)) {
        let shared = self.shared;
        let empty = GenericArgs::new_from_slice(&[]);
        let substitution = Substitution::new(self.db, shared.universe, Some(env), empty);
        let wanted = |krate| shared.is_wanted(krate);
        let mut bounds = Bounds::new(
            self.db,
            &substitution,
            shared.inner_impls,
            &shared.outside,
            &wanted,
        );
        ask(&mut bounds);
        let (at, found) = (self.at, bounds.found);
        let found = found.into_iter().map(|def| (at, def, How::Impl));
        self.out.mentions.extend(found);
    }

    /// What the compiler looks up for the expressions of a body.
    pub(super) fn uses(&mut self, def: DefWithBodyId, infer: &InferenceResult<'db>) {
        let db = self.db;
        let env = def.generic_def(db);
        let body = Body::of(db, def);
        let items = ra_ap_hir_def::lang_item::lang_items(db, self.krate);
        self.select(env, |bounds| {
            let mut types = Types::default();
            for (id, _) in body.exprs() {
                if let Some((function, args)) = infer.method_resolution(id) {
                    bounds.of_definition(function.into(), args);
                }
                if let Some((candidate, args)) = infer.assoc_resolutions_for_expr(id) {
                    use ra_ap_hir_ty::method_resolution::CandidateId;
                    match candidate {
                        CandidateId::FunctionId(id) => bounds.of_definition(id.into(), args),
                        CandidateId::ConstId(id) => {
                            bounds.of_definition(id.into(), args);
                            if let ItemContainerId::TraitId(of) = id.lookup(db).container {
                                bounds.of_trait(of, args);
                            }
                        }
                    }
                }
                let mut source = infer.expr_ty(id);
                types.add(source);
                for adjustment in infer.expr_adjustment(id).unwrap_or_default() {
                    let target = adjustment.target.as_ref();
                    match adjustment.kind {
                        Adjust::Deref(Some(overloaded)) => {
                            let trait_ = if overloaded.0.is_mut() {
                                items.DerefMut
                            } else {
                                items.Deref
                            };
                            if let Some(trait_) = trait_ {
                                bounds.of_trait(
                                    trait_,
                                    GenericArgs::new_from_slice(&[source.into()]),
                                );
                            }
                        }
                        Adjust::Pointer(PointerCast::Unsize) => {
                            bounds.unsized_to(source, target);
                        }
                        _ => {}
                    }
                    types.add(target);
                    source = target;
                }
                match &body[id] {
                    ra_ap_hir_def::hir::Expr::Await { expr } => {
                        let ty = infer.expr_ty(*expr);
                        for trait_ in [items.IntoFuture, items.Future].into_iter().flatten() {
                            bounds.of_trait(trait_, GenericArgs::new_from_slice(&[ty.into()]));
                        }
                    }
                    ra_ap_hir_def::hir::Expr::Cast { expr, .. } => {
                        let from = infer.expr_ty(*expr);
                        bounds.unsized_to(from, infer.expr_ty(id));
                    }
                    _ => {}
                }
            }
            for (_, ty) in infer.pattern_types() {
                types.add(ty);
            }
            for (_, ty) in infer.binding_types() {
                types.add(ty);
            }
            types.prove(bounds);
        });
    }
}
