//! Functions that are asked for by a path, as a user of a crate would write it:
//! `regex::Regex::is_match`.
//!
//! A path leads through what is public, re-exports included; its last name may be that of a method,
//! of any impl of the type. What is no function leads nowhere: nothing runs because of a type.

use ra_ap_base_db::Crate;
use ra_ap_hir_def::nameres::crate_def_map;
use ra_ap_hir_def::visibility::Visibility;
use ra_ap_hir_def::{AdtId, AssocItemId, FunctionId, HasModule, ModuleDefId};
use ra_ap_hir_expand::name::Name;
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::next_solver::TyKind;
use ra_ap_intern::Symbol;
use ra_ap_rustc_type_ir::inherent::IntoKind;

/// The functions that a path means for `krate`, whose dependency its first name is.
pub(super) fn functions(db: &dyn HirDatabase, krate: Crate, path: &str) -> Vec<FunctionId> {
    let mut names = path.split("::");
    let first = names.next().unwrap_or_default().replace('-', "_");
    let names: Vec<&str> = names.collect();
    let dependencies = krate.data(db).dependencies.iter();
    let mut found = Vec::new();
    for dependency in dependencies.filter(|it| it.name.as_str() == first) {
        follow(db, dependency.crate_id, &names, &mut found);
    }
    found
}

fn follow(db: &dyn HirDatabase, krate: Crate, names: &[&str], found: &mut Vec<FunctionId>) {
    let mut module = crate_def_map(db, krate).root_module_id();
    for (at, name) in names.iter().enumerate() {
        let rest = &names[at + 1..];
        let name = Name::new_symbol_root(Symbol::intern(name));
        let per_ns = module.def_map(db)[module].scope.get(&name);
        if rest.is_empty()
            && let Some(item) = per_ns.values
            && let ModuleDefId::FunctionId(id) = item.def
            && item.vis == Visibility::Public
        {
            found.push(id);
            return;
        }
        let Some(item) = per_ns.types.filter(|it| it.vis == Visibility::Public) else {
            return;
        };
        match (item.def, rest) {
            (ModuleDefId::ModuleId(inner), _) => module = inner,
            (ModuleDefId::AdtId(id), [method]) => return methods(db, id, method, found),
            (ModuleDefId::TypeAliasId(id), [method]) => {
                let ty = db.ty(id.into()).instantiate_identity().skip_norm_wip();
                if let TyKind::Adt(adt, _) = ty.kind() {
                    methods(db, adt.def_id(), method, found);
                }
                return;
            }
            (ModuleDefId::TraitId(id), [method]) => {
                let items = id.trait_items(db).items.iter();
                found.extend(items.filter_map(|(name, item)| function(name, *item, method)));
                return;
            }
            _ => return,
        }
    }
}

/// Of all impls of the type in its own crate.
fn methods(db: &dyn HirDatabase, adt: AdtId, wanted: &str, found: &mut Vec<FunctionId>) {
    let def_map = crate_def_map(db, adt.krate(db));
    for id in def_map.modules().flat_map(|(_, data)| data.scope.impls()) {
        let ty = db.impl_self_ty(id).instantiate_identity().skip_norm_wip();
        let is_its = matches!(ty.kind(), TyKind::Adt(of, _) if of.def_id() == adt);
        if is_its {
            let items = id.impl_items(db).items.iter();
            found.extend(items.filter_map(|(name, item)| function(name, *item, wanted)));
        }
    }
}

fn function(name: &Name, item: AssocItemId, wanted: &str) -> Option<FunctionId> {
    match item {
        AssocItemId::FunctionId(id) if name.as_str() == wanted => Some(id),
        _ => None,
    }
}
