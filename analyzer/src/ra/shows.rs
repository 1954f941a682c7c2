//! Types and traits that a signature shows: its own, those of its bounds, of what it hides behind
//! `impl Trait`, and of public fields.

use ra_ap_hir_def::visibility::RawVisibility;
use ra_ap_hir_def::{AdtId, GenericDefId, ItemContainerId, Lookup, TraitId, VariantId};
use ra_ap_hir_ty::GenericPredicates;
use ra_ap_hir_ty::db::{HirDatabase, InternedOpaqueTyId};
use ra_ap_hir_ty::next_solver::util::explicit_item_bounds;
use ra_ap_hir_ty::next_solver::{
    AliasTyKind, Clause, ClauseKind, DbInterner, GenericArgs, Ty, TyKind,
};
use ra_ap_rustc_type_ir::inherent::{BoundExistentialPredicates as _, GenericArgs as _, IntoKind};
use ra_ap_rustc_type_ir::{TypeSuperVisitable as _, TypeVisitable, TypeVisitor};
use rustc_hash::FxHashSet;

use super::glue::variants;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    Type(AdtId),
    Trait(TraitId),
}

/// Collects what is shown, each type looked at once.
pub(crate) struct Shows<'db> {
    db: &'db dyn HirDatabase,
    seen: FxHashSet<Ty<'db>>,
    /// In the order of the text, some more than once.
    pub(crate) found: Vec<Shown>,
    /// `impl Trait` in place of a type.
    pub(crate) opaque: Vec<(Ty<'db>, InternedOpaqueTyId<'db>)>,
}

impl<'db> Shows<'db> {
    pub(crate) fn new(db: &'db dyn HirDatabase) -> Self {
        Self {
            db,
            seen: FxHashSet::default(),
            found: Vec::new(),
            opaque: Vec::new(),
        }
    }

    pub(crate) fn ty(&mut self, ty: Ty<'db>) {
        ty.visit_with(self);
    }

    /// The types of a definition, its bounds, and what stands for a parameter that is left out.
    pub(crate) fn signature(&mut self, id: GenericDefId) {
        let db = self.db;
        match id {
            GenericDefId::FunctionId(id) => {
                let signature = db.callable_item_signature(id.into());
                signature
                    .instantiate_identity()
                    .skip_norm_wip()
                    .visit_with(self);
            }
            GenericDefId::ConstId(id) => {
                self.ty(db.type_for_const(id).instantiate_identity().skip_norm_wip());
            }
            GenericDefId::StaticId(id) => {
                self.ty(db
                    .type_for_static(id)
                    .instantiate_identity()
                    .skip_norm_wip());
            }
            GenericDefId::TypeAliasId(id) => {
                self.ty(db.ty(id.into()).instantiate_identity().skip_norm_wip());
                if let ItemContainerId::TraitId(_) = id.lookup(db).container {
                    for &clause in db.type_alias_bounds(id).skip_binder() {
                        self.clause(clause);
                    }
                }
            }
            GenericDefId::AdtId(id) => self.public_fields(id),
            GenericDefId::TraitId(_) | GenericDefId::ImplId(_) => {}
        }
        let clauses: Vec<Clause<'db>> =
            GenericPredicates::query_all(db, id).skip_binder().collect();
        for clause in clauses {
            self.clause(clause);
        }
        let defaults = db.generic_defaults(id);
        let interner = DbInterner::new_no_crate(db);
        let count = GenericArgs::identity_for_item(interner, id.into()).len();
        for default in (0..count).filter_map(|index| defaults.get(index)) {
            default
                .instantiate_identity()
                .skip_norm_wip()
                .visit_with(self);
        }
    }

    fn public_fields(&mut self, id: AdtId) {
        let db = self.db;
        for variant in variants(db, id) {
            let declared = VariantId::fields(variant, db);
            let open = matches!(variant, VariantId::EnumVariantId(_));
            for (index, field) in db.field_types(variant).iter() {
                let visibility = &declared.fields()[index].visibility;
                if open || matches!(visibility, RawVisibility::Public) {
                    self.ty(field.ty().instantiate_identity().skip_norm_wip());
                }
            }
        }
    }

    pub(crate) fn clause(&mut self, clause: Clause<'db>) {
        if let ClauseKind::Trait(predicate) = clause.kind().skip_binder() {
            self.found.push(Shown::Trait(predicate.trait_ref.def_id.0));
        }
        clause.visit_with(self);
    }
}

impl<'db> TypeVisitor<DbInterner<'db>> for Shows<'db> {
    type Result = ();

    fn visit_ty(&mut self, ty: Ty<'db>) {
        if !self.seen.insert(ty) {
            return;
        }
        match ty.kind() {
            TyKind::Adt(adt, _) => self.found.push(Shown::Type(adt.def_id())),
            TyKind::Dynamic(bounds, _) => {
                if let Some(principal) = bounds.principal_def_id() {
                    self.found.push(Shown::Trait(principal.0));
                }
            }
            TyKind::Alias(alias) => match alias.kind {
                AliasTyKind::Projection { def_id } => {
                    if let ItemContainerId::TraitId(of) = def_id.0.lookup(self.db).container {
                        self.found.push(Shown::Trait(of));
                    }
                }
                // `impl Iterator<Item = T>` shows `T`.
                AliasTyKind::Opaque { def_id } => {
                    self.opaque.push((ty, def_id.0));
                    let interner = DbInterner::new_no_crate(self.db);
                    let bounds = explicit_item_bounds(interner, def_id.into());
                    for clause in bounds.skip_binder().collect::<Vec<Clause<'db>>>() {
                        self.clause(clause);
                    }
                }
                _ => {}
            },
            _ => {}
        }
        ty.super_visit_with(self);
    }
}
