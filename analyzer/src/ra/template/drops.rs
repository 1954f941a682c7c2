//! Values that go out of scope in a body.

use ra_ap_hir_def::hir::{BindingId, ExprId, ExprOrPatId};
use ra_ap_hir_ty::next_solver::{Ty, TyKind};
use ra_ap_rustc_type_ir::inherent::IntoKind;

use super::{Context, Target, Use, Walk};

impl<'db> Walk<'_, 'db> {
    pub(super) fn drop_binding(&mut self, binding: BindingId, context: Context) {
        if self.moved_first.contains(&binding) {
            return;
        }
        let ty = self.infer.binding_ty(binding);
        let pats = self.source_map.patterns_for_binding(binding);
        match pats.first() {
            Some(&pat) => self.drop_type(ty, pat.into(), context),
            None => self.drop_type(ty, self.body.root_expr().into(), context),
        }
    }

    pub(super) fn drop_value(&mut self, id: ExprId, context: Context) {
        if !context.moved {
            self.drop_type(self.infer.expr_ty(id), id.into(), context);
        }
    }

    pub(super) fn drop_type(&mut self, ty: Ty<'db>, at: ExprOrPatId, context: Context) {
        if may_need_drop(ty) {
            let ty = ty.store();
            let guard = self.guard;
            let known = |one: &Use| {
                (one.guard.is_none() || one.guard == guard)
                    && matches!(&one.target, Target::Drop(known) if *known == ty)
            };
            if !self.out.uses.iter().any(known) {
                self.push(Target::Drop(ty), at, context);
            }
        }
    }
}

/// A quick look that spares the common cases: scalars and references hold nothing to drop.
fn may_need_drop(ty: Ty<'_>) -> bool {
    match ty.kind() {
        TyKind::Adt(..)
        | TyKind::Closure(..)
        | TyKind::Coroutine(..)
        | TyKind::CoroutineClosure(..)
        | TyKind::Alias(..)
        | TyKind::Param(_)
        | TyKind::Dynamic(..) => true,
        TyKind::Tuple(types) => types.iter().any(may_need_drop),
        TyKind::Array(ty, _) | TyKind::Slice(ty) => may_need_drop(ty),
        _ => false,
    }
}
