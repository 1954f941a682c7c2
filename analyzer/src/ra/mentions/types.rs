//! Types in signatures and bodies, and the bounds that must hold for them.

use ra_ap_hir_def::{AdtId, CallableDefId, GenericDefId};
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::next_solver::{AliasTy, AliasTyKind, DbInterner, GenericArgs, Ty, TyKind};
use ra_ap_rustc_type_ir::inherent::IntoKind;
use ra_ap_rustc_type_ir::{TypeSuperVisitable, TypeVisitable, TypeVisitableExt, TypeVisitor};
use rustc_hash::FxHashSet;

use super::bounds::Bounds;
use crate::ra::glue::variants;

/// Types whose bounds must hold.
#[derive(Default)]
pub(super) struct Types<'db> {
    seen: FxHashSet<Ty<'db>>,
    generic: Vec<(GenericDefId, GenericArgs<'db>)>,
    projections: Vec<AliasTy<'db>>,
}

impl<'db> Types<'db> {
    pub(super) fn add(&mut self, ty: Ty<'db>) {
        ty.visit_with(self);
    }

    pub(super) fn prove(self, bounds: &mut Bounds<'_, 'db>) {
        for (def, args) in self.generic {
            bounds.of_definition(def, args);
        }
        for alias in self.projections {
            let (trait_ref, _) = alias.trait_ref_and_own_args(bounds.substitution.interner);
            bounds.implemented(trait_ref);
        }
    }

    pub(super) fn of_signature(&mut self, db: &'db dyn HirDatabase, def: GenericDefId) {
        match def {
            GenericDefId::FunctionId(id) => {
                let signature = db.callable_item_signature(id.into()).instantiate_identity();
                signature.skip_norm_wip().visit_with(self);
            }
            GenericDefId::ConstId(id) => {
                self.add(db.type_for_const(id).instantiate_identity().skip_norm_wip());
            }
            GenericDefId::StaticId(id) => {
                self.add(
                    db.type_for_static(id)
                        .instantiate_identity()
                        .skip_norm_wip(),
                );
            }
            GenericDefId::TypeAliasId(id) => {
                self.add(db.ty(id.into()).instantiate_identity().skip_norm_wip());
            }
            GenericDefId::AdtId(id) => {
                for variant in variants(db, id) {
                    for (_, field) in db.field_types(variant).iter() {
                        self.add(field.ty().instantiate_identity().skip_norm_wip());
                    }
                }
            }
            GenericDefId::ImplId(id) => {
                self.add(db.impl_self_ty(id).instantiate_identity().skip_norm_wip());
                if let Some(trait_ref) = db.impl_trait(id) {
                    let trait_ref = trait_ref.instantiate_identity().skip_norm_wip();
                    for ty in trait_ref.args.types() {
                        self.add(ty);
                    }
                }
            }
            GenericDefId::TraitId(_) => {}
        }
    }
}

impl<'db> TypeVisitor<DbInterner<'db>> for Types<'db> {
    type Result = ();

    fn visit_ty(&mut self, ty: Ty<'db>) {
        if !self.seen.insert(ty) {
            return;
        }
        match ty.kind() {
            TyKind::Adt(adt, args) if !args.has_escaping_bound_vars() => {
                self.generic.push((adt.def_id().into(), args));
            }
            TyKind::FnDef(callable, args) if !args.has_escaping_bound_vars() => {
                let def: GenericDefId = match callable.0 {
                    CallableDefId::FunctionId(id) => id.into(),
                    CallableDefId::StructId(id) => AdtId::StructId(id).into(),
                    CallableDefId::EnumVariantId(_) => return ty.super_visit_with(self),
                };
                self.generic.push((def, args));
            }
            TyKind::Alias(alias) if !alias.has_escaping_bound_vars() => {
                if let AliasTyKind::Projection { .. } = alias.kind {
                    self.projections.push(alias);
                }
            }
            _ => {}
        }
        ty.super_visit_with(self);
    }
}
