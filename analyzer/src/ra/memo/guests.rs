//! Impls of other crates that closed code might be answered with: that there are none, but for
//! guests, which are told apart.
//!
//! All impls are looked at that the solver sees, and those in bodies. One is *apart* when it is
//! of a trait of others, or for a type of others: no goal of closed code has either. One is a
//! *guest* when an open goal of closed code might fit: a closed trait, a type with a closed
//! outline, something of others in its arguments. Guests only matter by their headers, as long as
//! those say everything (docs/METHOD.md): what they rest on, or could be read in two ways, is
//! refused. One that could only answer what has two answers already is apart, too.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use dashmap::DashMap;
use ra_ap_base_db::{Crate, all_crates};
use ra_ap_hir_def::expr_store::Body;
use ra_ap_hir_def::lang_item::crate_lang_items;
use ra_ap_hir_def::nameres::{DefMap, crate_def_map};
use ra_ap_hir_def::signatures::ImplSignature;
use ra_ap_hir_def::{HasModule, ImplId, TraitId};
use ra_ap_hir_ty::GenericPredicates;
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::next_solver::{
    ClauseKind, DbInterner, GenericArgs, ParamTy, TraitRef, Ty, TyKind, Unnormalized,
};
use ra_ap_ide_db::RootDatabase;
use ra_ap_rustc_type_ir::inherent::{BoundExistentialPredicates, GenericArgs as _, IntoKind};
use ra_ap_rustc_type_ir::{TypeSuperVisitable, TypeVisitable, TypeVisitableExt, TypeVisitor};

use super::closed::Closed;
use super::spell::{self, Name, Speller};
use super::undecided;
use crate::ra::{path, substitute};

/// A digest of the guests; else what goes around closedness. `inner`: trait impls in bodies.
pub(super) fn digest(db: &RootDatabase, closed: &Closed, inner: &[ImplId]) -> Result<Name, String> {
    let looked = || ra_ap_hir_ty::attach_db(db, || all(db, closed, inner));
    catch_unwind(AssertUnwindSafe(looked))
        .unwrap_or_else(|_| Err("the workspace's impls are not understood".to_owned()))
}

fn all(db: &RootDatabase, closed: &Closed, inner: &[ImplId]) -> Result<Name, String> {
    let is_open = |krate: Crate| closed.number(krate).is_none();
    let mut impls: Vec<ImplId> = inner.to_vec();
    impls.retain(|id| is_open(id.krate(db)));
    for &krate in all_crates(db).iter().filter(|krate| is_open(**krate)) {
        if crate_lang_items(db, krate).is_some() {
            return Err("the workspace has items of the language's own".to_owned());
        }
        seen_by_solver(db, crate_def_map(db, krate), &mut impls);
    }
    impls.sort_unstable();
    impls.dedup();
    let mut guests: Vec<Name> = Vec::new();
    for &id in &impls {
        match role(db, closed, id) {
            Role::Apart => {}
            Role::Guest(name) => guests.push(name),
            Role::Refused(why) => return Err(format!("`{}` {why}", path::impl_(db, id))),
        }
    }
    guests.sort_unstable();
    Ok(spell::digest(guests.as_flattened()))
}

/// Those in modules, and in `const _: () = { … };`.
fn seen_by_solver(db: &RootDatabase, def_map: &DefMap, impls: &mut Vec<ImplId>) {
    for (_, module) in def_map.modules() {
        impls.extend(module.scope.trait_impls());
        for konst in module.scope.unnamed_consts() {
            for (_, block) in Body::of(db, konst.into()).blocks(db) {
                seen_by_solver(db, block, impls);
            }
        }
    }
}

enum Role {
    Apart,
    Guest(Name),
    Refused(&'static str),
}

fn role(db: &dyn HirDatabase, closed: &Closed, id: ImplId) -> Role {
    let Some(trait_ref) = db.impl_trait(id) else {
        return Role::Apart;
    };
    let trait_ref = trait_ref.instantiate_identity().skip_norm_wip();
    if closed.number(trait_ref.def_id.0.krate(db)).is_none() {
        return Role::Apart;
    }
    if let TyKind::Adt(adt, _) = trait_ref.self_ty().kind()
        && closed.number(adt.def_id().krate(db)).is_none()
    {
        // What else of it is not understood fits everything, but not in place of this type.
        return Role::Apart;
    }
    if !trait_ref
        .args
        .visit_with(&mut Finder { db, closed })
        .is_break()
    {
        // As rustc would not let it.
        return Role::Refused("may be for types of dependencies");
    }
    if undecided::is_without_effect(db, closed, trait_ref) {
        return Role::Apart;
    }
    if !is_unconditional(db, id) {
        return Role::Refused("may answer what dependencies ask, on a condition");
    }
    match name(db, closed, id, trait_ref) {
        Some(name) => Role::Guest(name),
        None => Role::Refused("may answer what dependencies ask, and is not understood"),
    }
}

/// Whether the header says everything: no bounds but for lifetimes and sizes of parameters.
fn is_unconditional(db: &dyn HirDatabase, id: ImplId) -> bool {
    let sized = ra_ap_hir_def::lang_item::lang_items(db, id.krate(db)).Sized;
    asks_only(db, id, |of_trait, _| sized == Some(of_trait))
}

/// Whether an impl asks nothing but for lifetimes, and for traits of its parameters of which all are
/// `allowed`.
pub(super) fn asks_only(
    db: &dyn HirDatabase,
    id: ImplId,
    allowed: impl Fn(TraitId, ParamTy) -> bool,
) -> bool {
    let interner = DbInterner::new_no_crate(db);
    let identity = GenericArgs::identity_for_item(interner, id.into());
    let bounds = GenericPredicates::query_all(db, id.into());
    bounds
        .iter_instantiated(interner, identity.as_slice())
        .map(Unnormalized::skip_norm_wip)
        .all(|bound| match bound.kind().skip_binder() {
            ClauseKind::RegionOutlives(_) | ClauseKind::TypeOutlives(_) => true,
            ClauseKind::Trait(bound) => {
                let (of_trait, ty) = (bound.def_id().0, bound.self_ty());
                matches!(ty.kind(), TyKind::Param(param) if allowed(of_trait, param))
            }
            _ => false,
        })
}

/// What the header says.
fn name(
    db: &dyn HirDatabase,
    closed: &Closed,
    id: ImplId,
    trait_ref: TraitRef<'_>,
) -> Option<Name> {
    let args = substitute::erase(DbInterner::new_no_crate(db), trait_ref.args);
    if args.has_aliases() || args.references_error() {
        return None;
    }
    // Not of all threads: others do without the names of others.
    let generics = DashMap::default();
    let mut speller = Speller::new(db, closed, &generics).with_others();
    let flags = ImplSignature::of(db, id).flags.bits();
    speller.header(flags, trait_ref.def_id.0, args)
}

/// Finds a type that is not of a closed crate, where it can't be normalized away.
struct Finder<'a, 'db> {
    db: &'db dyn HirDatabase,
    closed: &'a Closed,
}

impl<'db> TypeVisitor<DbInterner<'db>> for Finder<'_, 'db> {
    type Result = ControlFlow<()>;

    fn visit_ty(&mut self, ty: Ty<'db>) -> ControlFlow<()> {
        if matches!(ty.kind(), TyKind::Alias(..)) {
            return ControlFlow::Continue(());
        }
        if is_of_others(self.db, self.closed, ty) {
            return ControlFlow::Break(());
        }
        ty.super_visit_with(self)
    }
}

/// Whether the type itself is of a crate that is not closed, whatever its arguments are.
pub(super) fn is_of_others(db: &dyn HirDatabase, closed: &Closed, ty: Ty<'_>) -> bool {
    let of = match ty.kind() {
        TyKind::Adt(adt, _) => Some(adt.def_id().krate(db)),
        TyKind::Foreign(id) => Some(id.0.krate(db)),
        TyKind::Dynamic(bounds, _) => bounds.principal_def_id().map(|id| id.0.krate(db)),
        _ => None,
    };
    of.is_some_and(|krate| closed.number(krate).is_none())
}

/// Whether such a type is in it.
pub(super) fn holds_others(db: &dyn HirDatabase, closed: &Closed, ty: Ty<'_>) -> bool {
    ty.visit_with(&mut Finder { db, closed }).is_break()
}
