//! Which types and traits of a library other crates can meet.
//!
//! Those that they can name, and those that what they can name shows them in turn: in signatures,
//! bounds, public fields, associated types, what is implemented for such a type, and what stands
//! behind `impl Trait`. A value of any other type may be behind a `dyn`, but its methods are taken
//! where it becomes one. The compiler draws nearly the same line for what it calls reachable.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ra_ap_base_db::Crate;
use ra_ap_hir_def::expr_store::Body;
use ra_ap_hir_def::nameres::{DefMap, crate_def_map};
use ra_ap_hir_def::visibility::Visibility;
use ra_ap_hir_def::{
    AdtId, AssocItemId, DefWithBodyId, FunctionId, GenericDefId, HasModule, ImplId, Lookup,
    ModuleDefId, TraitId,
};
use ra_ap_hir_ty::ImplTraitId;
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::next_solver::{StoredTy, Ty, TyKind};
use ra_ap_rustc_type_ir::inherent::IntoKind;
use rustc_hash::FxHashSet;

use super::shows::{Shown, Shows};
use super::{items, path, view};

/// What other crates can meet of one.
pub(crate) struct Visible<'db> {
    krate: Crate,
    types: FxHashSet<AdtId>,
    traits: FxHashSet<TraitId>,
    /// `impl Trait` of what they call, with the function.
    opaque: Vec<(Ty<'db>, FunctionId)>,
}

impl<'db> Visible<'db> {
    pub(crate) fn of(db: &'db dyn HirDatabase, krate: Crate) -> Self {
        let mut search = Search {
            db,
            shows: Shows::new(db),
            out: Self {
                krate,
                types: FxHashSet::default(),
                traits: FxHashSet::default(),
                opaque: Vec::new(),
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

    /// Whether the type of an impl can be met, and its trait.
    pub(crate) fn has_impl(&self, db: &dyn HirDatabase, id: ImplId) -> bool {
        let self_ty = db.impl_self_ty(id).instantiate_identity().skip_norm_wip();
        let has_type = match self_ty.kind() {
            TyKind::Adt(adt, _) => self.has_type(db, adt.def_id()),
            _ => true,
        };
        let has_trait = db.impl_trait(id).is_none_or(|trait_ref| {
            let trait_ref = trait_ref.instantiate_identity().skip_norm_wip();
            self.has_trait(db, trait_ref.def_id.0)
        });
        has_type && has_trait
    }

    /// By name: numbers depend on the order in which threads made them.
    pub(crate) fn types(&self, db: &dyn HirDatabase) -> Vec<AdtId> {
        let mut types: Vec<AdtId> = self.types.iter().copied().collect();
        types.sort_by_cached_key(|&id| path::adt(db, id));
        types
    }

    /// Each `impl Trait` with its function, by its name.
    pub(crate) fn opaque(&self, db: &dyn HirDatabase) -> Vec<(Ty<'db>, FunctionId)> {
        let mut all = self.opaque.clone();
        all.sort_by_cached_key(|&(_, id)| {
            items::of_function(db, id).map(|row| (row.path, row.standing.place.line))
        });
        all
    }
}

/// Items that other crates can name: public ones in public modules, through re-exports.
pub(crate) fn exported(db: &dyn HirDatabase, krate: Crate) -> FxHashSet<ModuleDefId> {
    let def_map = crate_def_map(db, krate);
    let mut seen = FxHashSet::default();
    let mut pending = vec![def_map.root_module_id()];
    let mut modules = FxHashSet::default();
    while let Some(module) = pending.pop() {
        if !modules.insert(module) {
            continue;
        }
        let scope = &module.def_map(db)[module].scope;
        for (_, per_ns) in scope.entries() {
            let found = [
                per_ns.types.map(|item| (item.def, item.vis)),
                per_ns.values.map(|item| (item.def, item.vis)),
                per_ns.macros.map(|item| (item.def.into(), item.vis)),
            ];
            for (def, visibility) in found.into_iter().flatten() {
                if visibility != Visibility::Public {
                    continue;
                }
                if let ModuleDefId::ModuleId(inner) = def {
                    pending.push(inner);
                }
                seen.insert(def);
            }
        }
    }
    seen
}

enum Met {
    Type(AdtId),
    Trait(TraitId),
}

struct Search<'db> {
    db: &'db dyn HirDatabase,
    shows: Shows<'db>,
    out: Visible<'db>,
    pending: Vec<Met>,
}

impl Search<'_> {
    fn run(&mut self) {
        let (db, krate) = (self.db, self.out.krate);
        #[expect(clippy::iter_over_hash_type, reason = "ends in sets")]
        for def in exported(db, krate) {
            match def {
                ModuleDefId::AdtId(id) => self.met_type(id),
                // Re-exported by itself, it still is its enum.
                ModuleDefId::EnumVariantId(id) => self.met_type(id.lookup(db).parent.into()),
                ModuleDefId::TraitId(id) => self.met_trait(id),
                ModuleDefId::FunctionId(id) => self.shows.signature(id.into()),
                ModuleDefId::ConstId(id) => self.shows.signature(id.into()),
                ModuleDefId::StaticId(id) => self.shows.signature(id.into()),
                ModuleDefId::TypeAliasId(id) => self.shows.signature(id.into()),
                ModuleDefId::ModuleId(_)
                | ModuleDefId::BuiltinType(_)
                | ModuleDefId::MacroId(_) => {}
            }
        }
        let mut impls = Vec::new();
        impls_of(db, crate_def_map(db, krate), &mut impls);
        loop {
            self.drain();
            let before = impls.len();
            impls.retain(|&id| !self.implementation(id));
            if impls.len() == before {
                break;
            }
        }
    }

    /// Until nothing is met any more.
    fn drain(&mut self) {
        loop {
            for shown in std::mem::take(&mut self.shows.found) {
                match shown {
                    Shown::Type(id) => self.met_type(id),
                    Shown::Trait(id) => self.met_trait(id),
                }
            }
            for (ty, id) in std::mem::take(&mut self.shows.opaque) {
                let id = id.loc(self.db);
                let ImplTraitId::ReturnTypeImplTrait(function, _) = id else {
                    continue;
                };
                if function.krate(self.db) != self.out.krate {
                    continue;
                }
                self.out.opaque.push((ty, function));
                if let Some(hidden) = hidden(self.db, id) {
                    self.shows.ty(hidden.as_ref());
                }
            }
            match self.pending.pop() {
                Some(Met::Type(id)) => self.shows.signature(id.into()),
                Some(Met::Trait(id)) => self.of_trait(id),
                None if self.shows.found.is_empty() && self.shows.opaque.is_empty() => break,
                None => {}
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

    fn of_trait(&mut self, id: TraitId) {
        for &(_, item) in &id.trait_items(self.db).items {
            self.shows.signature(definition(item));
        }
        self.shows.signature(id.into());
    }

    /// Whether others meet it; then what it shows is met, too.
    fn implementation(&mut self, id: ImplId) -> bool {
        let db = self.db;
        if !self.out.has_impl(db, id) {
            return false;
        }
        let trait_ref = db.impl_trait(id);
        if let Some(trait_ref) = trait_ref {
            let trait_ref = trait_ref.instantiate_identity().skip_norm_wip();
            for ty in trait_ref.args.types() {
                self.shows.ty(ty);
            }
        }
        for &(_, item) in &id.impl_items(db).items {
            if trait_ref.is_some() || item.assoc_visibility(db) == Visibility::Public {
                self.shows.signature(definition(item));
            }
        }
        self.shows.signature(id.into());
        true
    }
}

fn definition(item: AssocItemId) -> GenericDefId {
    match item {
        AssocItemId::FunctionId(id) => id.into(),
        AssocItemId::ConstId(id) => id.into(),
        AssocItemId::TypeAliasId(id) => id.into(),
    }
}

/// Between the items of a crate; derives put theirs into a `const _`.
fn impls_of(db: &dyn HirDatabase, def_map: &DefMap, out: &mut Vec<ImplId>) {
    for (_, module) in def_map.modules() {
        out.extend(module.scope.impls());
        for id in module.scope.unnamed_consts() {
            let body = Body::of(db, DefWithBodyId::ConstId(id));
            for (_, inner) in body.blocks(db) {
                impls_of(db, inner, out);
            }
        }
    }
}

/// The type that a function returns as `impl Trait`.
fn hidden(db: &dyn HirDatabase, id: ImplTraitId) -> Option<StoredTy> {
    let ImplTraitId::ReturnTypeImplTrait(function, index) = id else {
        return None;
    };
    let ask = || {
        view::infer(db, function.into(), |infer| {
            let mut all = infer.return_position_impl_trait_types(db);
            all.find(|(at, _)| *at == index).map(|(_, ty)| ty.store())
        })
    };
    // A body that is not understood is told as a gap where it is walked.
    catch_unwind(AssertUnwindSafe(ask)).ok().flatten()
}
