//! `[T; length()]` in a signature: evaluated at compile time, with an inference of its own.

use ra_ap_hir_def::hir::Expr;
use ra_ap_hir_def::resolver::{HasResolver, ValueNs};
use ra_ap_hir_def::{CallableDefId, DefWithBodyId, GenericDefId};
use ra_ap_hir_ty::db::{AnonConstId, HirDatabase};
use ra_ap_hir_ty::method_resolution::CandidateId;
use ra_ap_hir_ty::next_solver::{DbInterner, GenericArgs, TyKind};
use ra_ap_hir_ty::{InferBodyId, InferenceResult};
use ra_ap_rustc_type_ir::inherent::IntoKind;

use super::{Target, Template, Use};

pub(super) fn owner(def: DefWithBodyId) -> Option<GenericDefId> {
    match def {
        DefWithBodyId::FunctionId(id) => Some(id.into()),
        DefWithBodyId::ConstId(id) => Some(id.into()),
        DefWithBodyId::StaticId(id) => Some(id.into()),
        DefWithBodyId::VariantId(_) => None,
    }
}

/// Adds what one anonymous const uses.
pub(super) fn constant(db: &dyn HirDatabase, id: AnonConstId<'_>, out: &mut Template) {
    let (store, root) = InferBodyId::AnonConstId(id).store_and_root_expr(db);
    let infer = InferenceResult::of(db, id);
    let mut push = |target| {
        out.uses.push(Use {
            target,
            line: 0,
            in_const: true,
            in_closure: false,
            in_macro: false,
            escapes: false,
            guard: None,
        });
    };
    let mut pending = vec![root];
    while let Some(expr) = pending.pop() {
        if let Some((function, args)) = infer.method_resolution(expr) {
            push(Target::Function(function, args.store()));
        }
        if let (Expr::Path(_), TyKind::FnDef(callable, args)) =
            (&store[expr], infer.expr_ty(expr).kind())
        {
            if let CallableDefId::FunctionId(function) = callable.0 {
                push(Target::Function(function, args.store()));
            }
        } else if let Expr::Path(path) = &store[expr] {
            let hygiene = store.expr_path_hygiene(expr);
            match (
                infer.assoc_resolutions_for_expr(expr),
                id.resolver(db)
                    .resolve_path_in_value_ns_fully(db, path, hygiene),
            ) {
                (Some((CandidateId::ConstId(konst), args)), _) => {
                    push(Target::Const(konst, args.store()));
                }
                (None, Some(ValueNs::ConstId(konst))) => {
                    push(Target::Const(
                        konst,
                        GenericArgs::empty(DbInterner::new_no_crate(db)).store(),
                    ));
                }
                _ => {}
            }
        }
        store.walk_child_exprs(expr, |child| pending.push(child));
    }
}
