//! The impls of a crate by their headers.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ra_ap_base_db::Crate;
use ra_ap_hir_def::nameres::crate_def_map;
use ra_ap_hir_def::{AdtId, AssocItemId, FunctionId, HasModule, ImplId, TraitId};
use ra_ap_hir_expand::{HirFileId, MacroCallKind};
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::next_solver::{GenericArgs, TraitRef, TyKind};
use ra_ap_rustc_type_ir::elaborate::supertraits;
use ra_ap_rustc_type_ir::inherent::IntoKind;

use super::places::Def;
use crate::ra::path;
use crate::ra::shows::Shows;
use crate::ra::substitute::Substitution;

/// One impl, still in rust-analyzer's terms.
pub(super) struct Row {
    pub(super) id: ImplId,
    pub(super) of: Option<OfTrait>,
    /// Of the wanted crates; not the trait.
    pub(super) header: Vec<Def>,
    pub(super) functions: Vec<FunctionId>,
}

pub(super) struct OfTrait {
    pub(super) trait_: TraitId,
    pub(super) is_local: bool,
    pub(super) path: String,
    pub(super) marker: bool,
    pub(super) needs: Vec<ImplId>,
}

/// Every impl between the items of a crate that its text holds, not those of derives.
pub(super) fn of_crate(
    db: &dyn HirDatabase,
    krate: Crate,
    universe: Crate,
    wanted: &dyn Fn(Crate) -> bool,
) -> Vec<Row> {
    let def_map = crate_def_map(db, krate);
    let all = def_map.modules().flat_map(|(_, data)| data.scope.impls());
    all.filter(|&id| !is_derived(db, id))
        .map(|id| {
            let row = catch_unwind(AssertUnwindSafe(|| row(db, id, universe, wanted)));
            row.unwrap_or_else(|_| Row {
                id,
                of: None,
                header: Vec::new(),
                functions: Vec::new(),
            })
        })
        .collect()
}

/// Made by a derive: it belongs to the type.
pub(super) fn is_derived(db: &dyn HirDatabase, id: ImplId) -> bool {
    let mut file = Def::Impl(id).hir_file(db);
    while let Some(HirFileId::MacroFile(call)) = file {
        let kind = &call.loc(db).kind;
        if matches!(kind, MacroCallKind::Derive { .. }) {
            return true;
        }
        file = Some(kind.file_id());
    }
    false
}

/// The type that an impl is for, when it is a named one.
pub(super) fn adt_of(db: &dyn HirDatabase, id: ImplId) -> Option<AdtId> {
    let self_ty = db.impl_self_ty(id).instantiate_identity().skip_norm_wip();
    match self_ty.kind() {
        TyKind::Adt(adt, _) => Some(adt.def_id()),
        _ => None,
    }
}

fn row(db: &dyn HirDatabase, id: ImplId, universe: Crate, wanted: &dyn Fn(Crate) -> bool) -> Row {
    let mut header = Shows::new(db);
    let self_ty = db.impl_self_ty(id).instantiate_identity().skip_norm_wip();
    header.ty(self_ty);
    let trait_ref = db
        .impl_trait(id)
        .map(|trait_ref| trait_ref.instantiate_identity().skip_norm_wip());
    if let Some(trait_ref) = trait_ref {
        for ty in trait_ref.args.types().skip(1) {
            header.ty(ty);
        }
    }
    let mut found: Vec<Def> = header.found.into_iter().map(Def::from).collect();
    found.retain(|def| wanted(def.krate(db)));
    let functions = id.impl_items(db).items.iter();
    let functions = functions.filter_map(|(_, item)| match *item {
        AssocItemId::FunctionId(id) => Some(id),
        _ => None,
    });
    Row {
        id,
        header: found,
        functions: functions.collect(),
        of: trait_ref.map(|trait_ref| {
            let trait_ = trait_ref.def_id.0;
            OfTrait {
                trait_,
                is_local: wanted(trait_.krate(db)),
                path: path::trait_(db, trait_),
                marker: trait_.trait_items(db).items.is_empty(),
                needs: needs(db, id, trait_ref, universe, wanted),
            }
        }),
    }
}

/// Impls of the supertraits for the same type.
fn needs<'db>(
    db: &'db dyn HirDatabase,
    id: ImplId,
    trait_ref: TraitRef<'db>,
    universe: Crate,
    wanted: &dyn Fn(Crate) -> bool,
) -> Vec<ImplId> {
    let empty = GenericArgs::new_from_slice(&[]);
    let substitution = Substitution::new(db, universe, Some(id.into()), empty);
    let interner = substitution.interner;
    let mut found = Vec::new();
    let all = supertraits(
        interner,
        ra_ap_hir_ty::next_solver::Binder::dummy(trait_ref),
    );
    for one in all {
        let one = interner.instantiate_bound_regions_with_erased(one);
        let one = substitution.normalize(one);
        if one.def_id == trait_ref.def_id {
            continue;
        }
        let fitting = catch_unwind(AssertUnwindSafe(|| substitution.impls_by_header(one, &[])));
        let fitting = fitting.unwrap_or_default().into_iter();
        found.extend(
            fitting
                .map(|(id, _)| id)
                .filter(|other| *other != id && wanted(other.krate(db)) && !is_derived(db, *other)),
        );
    }
    found
}
