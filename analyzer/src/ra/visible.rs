//! Which types and traits of a library other crates can meet.
//!
//! Those that they can name, and those that what they can name shows them in turn: in signatures,
//! bounds, public fields, associated types, and what is implemented for such a type. A value of
//! any other type may be behind a `dyn` or an `impl Trait`, but what is called on it there is seen
//! where it is made. The compiler draws the same line for what it calls reachable.

use ra_ap_base_db::Crate;
use ra_ap_hir_def::nameres::crate_def_map;
use ra_ap_hir_def::visibility::{RawVisibility, Visibility};
use ra_ap_hir_def::{
    AdtId, AssocItemId, GenericDefId, HasModule, ImplId, ModuleDefId, TraitId, VariantId,
};
use ra_ap_hir_ty::GenericPredicates;
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::next_solver::util::explicit_item_bounds;
use ra_ap_hir_ty::next_solver::{
    AliasTyKind, Clause, ClauseKind, DbInterner, TraitRef, Ty, TyKind,
};
use ra_ap_rustc_type_ir::inherent::{BoundExistentialPredicates as _, IntoKind};
use ra_ap_rustc_type_ir::{TypeSuperVisitable as _, TypeVisitable, TypeVisitor};
use rustc_hash::FxHashSet;

use super::glue::variants;
use super::items;

/// What other crates can meet of one.
pub(crate) struct Visible {
    krate: Crate,
    types: FxHashSet<AdtId>,
    traits: FxHashSet<TraitId>,
}

impl Visible {
    pub(crate) fn of(db: &dyn HirDatabase, krate: Crate) -> Self {
        let mut search = Search {
            db,
            seen: FxHashSet::default(),
            out: Self {
                krate,
                types: FxHashSet::default(),
                traits: FxHashSet::default(),
            },
            pending: Vec::new(),
        };
        search.run();
        search.out
    }

    /// Whether a value of the type can be in another crate's hands.
    pub(crate) fn has_type(&self, db: &dyn HirDatabase, id: AdtId) -> bool {
        id.krate(db) != self.krate || self.types.contains(&id)
    }

    pub(crate) fn has_trait(&self, db: &dyn HirDatabase, id: TraitId) -> bool {
        id.krate(db) != self.krate || self.traits.contains(&id)
    }
}

enum Met {
    Type(AdtId),
    Trait(TraitId),
}

struct Search<'db> {
    db: &'db dyn HirDatabase,
    seen: FxHashSet<Ty<'db>>,
    out: Visible,
    pending: Vec<Met>,
}

impl<'db> Search<'db> {
    fn run(&mut self) {
        let (db, krate) = (self.db, self.out.krate);
        #[expect(clippy::iter_over_hash_type, reason = "ends in sets")]
        for def in items::exported(db, krate) {
            match def {
                ModuleDefId::AdtId(id) => self.met_type(id),
                ModuleDefId::TraitId(id) => self.met_trait(id),
                ModuleDefId::FunctionId(id) => self.signature(id.into()),
                ModuleDefId::ConstId(id) => self.signature(id.into()),
                ModuleDefId::StaticId(id) => self.signature(id.into()),
                ModuleDefId::TypeAliasId(id) => self.signature(id.into()),
                ModuleDefId::ModuleId(_)
                | ModuleDefId::EnumVariantId(_)
                | ModuleDefId::BuiltinType(_)
                | ModuleDefId::MacroId(_) => {}
            }
        }
        let modules = crate_def_map(db, krate).modules();
        let mut impls: Vec<ImplId> = modules
            .flat_map(|(_, module)| module.scope.impls())
            .collect();
        loop {
            while let Some(met) = self.pending.pop() {
                match met {
                    Met::Type(id) => self.of_type(id),
                    Met::Trait(id) => self.of_trait(id),
                }
            }
            let before = impls.len();
            impls.retain(|&id| !self.implementation(id));
            if impls.len() == before {
                break;
            }
        }
    }

    fn met_type(&mut self, id: AdtId) {
        if id.krate(self.db) == self.out.krate && self.out.types.insert(id) {
            self.pending.push(Met::Type(id));
        }
    }

    fn met_trait(&mut self, id: TraitId) {
        if id.krate(self.db) == self.out.krate && self.out.traits.insert(id) {
            self.pending.push(Met::Trait(id));
        }
    }

    fn of_type(&mut self, id: AdtId) {
        let db = self.db;
        for variant in variants(db, id) {
            let declared = VariantId::fields(variant, db);
            let open = matches!(variant, VariantId::EnumVariantId(_));
            for (index, field) in db.field_types(variant).iter() {
                let visibility = &declared.fields()[index].visibility;
                if open || matches!(visibility, RawVisibility::Public) {
                    self.visit_ty(field.ty().instantiate_identity().skip_norm_wip());
                }
            }
        }
        self.bounds(id.into());
    }

    fn of_trait(&mut self, id: TraitId) {
        for &(_, item) in &id.trait_items(self.db).items {
            self.associated(item);
            if let AssocItemId::TypeAliasId(alias) = item {
                for &clause in self.db.type_alias_bounds(alias).skip_binder() {
                    self.clause(clause);
                }
            }
        }
        self.bounds(id.into());
    }

    fn associated(&mut self, item: AssocItemId) {
        match item {
            AssocItemId::FunctionId(id) => self.signature(id.into()),
            AssocItemId::ConstId(id) => self.signature(id.into()),
            AssocItemId::TypeAliasId(id) => self.signature(id.into()),
        }
    }

    /// Whether others meet it; then what it shows is met, too.
    fn implementation(&mut self, id: ImplId) -> bool {
        let db = self.db;
        let self_ty = db.impl_self_ty(id).instantiate_identity().skip_norm_wip();
        if let TyKind::Adt(adt, _) = self_ty.kind()
            && !self.out.has_type(db, adt.def_id())
        {
            return false;
        }
        let items = &id.impl_items(db).items;
        if let Some(trait_ref) = db.impl_trait(id) {
            let trait_ref: TraitRef<'db> = trait_ref.instantiate_identity().skip_norm_wip();
            if !self.out.has_trait(db, trait_ref.def_id.0) {
                return false;
            }
            trait_ref.visit_with(self);
            for &(_, item) in items {
                self.associated(item);
            }
        } else {
            for &(_, item) in items {
                if item.assoc_visibility(db) == Visibility::Public {
                    self.associated(item);
                }
            }
        }
        self.bounds(id.into());
        true
    }

    fn signature(&mut self, id: GenericDefId) {
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
                self.visit_ty(db.type_for_const(id).instantiate_identity().skip_norm_wip());
            }
            GenericDefId::StaticId(id) => {
                self.visit_ty(
                    db.type_for_static(id)
                        .instantiate_identity()
                        .skip_norm_wip(),
                );
            }
            GenericDefId::TypeAliasId(id) => {
                self.visit_ty(db.ty(id.into()).instantiate_identity().skip_norm_wip());
            }
            GenericDefId::AdtId(_) | GenericDefId::TraitId(_) | GenericDefId::ImplId(_) => {}
        }
        self.bounds(id);
    }

    fn bounds(&mut self, id: GenericDefId) {
        let clauses: Vec<Clause<'db>> = GenericPredicates::query_all(self.db, id)
            .skip_binder()
            .collect();
        for clause in clauses {
            self.clause(clause);
        }
    }

    fn clause(&mut self, clause: Clause<'db>) {
        if let ClauseKind::Trait(predicate) = clause.kind().skip_binder() {
            self.met_trait(predicate.trait_ref.def_id.0);
        }
        clause.visit_with(self);
    }
}

impl<'db> TypeVisitor<DbInterner<'db>> for Search<'db> {
    type Result = ();

    fn visit_ty(&mut self, ty: Ty<'db>) {
        if !self.seen.insert(ty) {
            return;
        }
        match ty.kind() {
            TyKind::Adt(adt, _) => self.met_type(adt.def_id()),
            TyKind::Dynamic(bounds, _) => {
                if let Some(principal) = bounds.principal_def_id() {
                    self.met_trait(principal.0);
                }
            }
            TyKind::Alias(alias) => match alias.kind {
                AliasTyKind::Projection { def_id } => {
                    use ra_ap_hir_def::{ItemContainerId, Lookup};
                    if let ItemContainerId::TraitId(of) = def_id.0.lookup(self.db).container {
                        self.met_trait(of);
                    }
                }
                AliasTyKind::Opaque { def_id } => {
                    let interner = DbInterner::new_no_crate(self.db);
                    let all: Vec<Clause<'db>> = explicit_item_bounds(interner, def_id.into())
                        .skip_binder()
                        .collect();
                    for clause in all {
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
