//! What is done to a value where it is used: overloaded dereferences, unsizing.

use ra_ap_hir_def::HasModule;
use ra_ap_hir_def::hir::ExprId;
use ra_ap_hir_ty::next_solver::{GenericArgs, Ty};
use ra_ap_hir_ty::{Adjust, PointerCast};

use super::{Context, Target, Walk};

impl<'db> Walk<'_, 'db> {
    pub(super) fn adjustments(&mut self, id: ExprId, context: Context) {
        let Some(adjustments) = self.infer.expr_adjustment(id) else {
            return;
        };
        let mut source = self.infer.expr_ty(id);
        for adjustment in adjustments {
            let target = adjustment.target.as_ref();
            match adjustment.kind {
                Adjust::Deref(Some(overloaded)) => {
                    self.deref(id, source, overloaded.0.is_mut(), context);
                }
                Adjust::Pointer(PointerCast::Unsize) => {
                    self.push(
                        Target::Unsize(source.store(), target.store()),
                        id.into(),
                        context,
                    );
                }
                _ => {}
            }
            source = target;
        }
    }

    fn deref(&mut self, id: ExprId, ty: Ty<'db>, mutable: bool, context: Context) {
        let krate = self.def.krate(self.db);
        let items = ra_ap_hir_def::lang_item::lang_items(self.db, krate);
        let function = if mutable {
            items.DerefMut_deref_mut
        } else {
            items.Deref_deref
        };
        if let Some(function) = function {
            let args = GenericArgs::new_from_slice(&[ty.into()]);
            self.push(Target::Function(function, args.store()), id.into(), context);
        }
    }
}
