//! The types that occur in a body.

use ra_ap_hir_def::AdtId;
use ra_ap_hir_ty::InferenceResult;
use ra_ap_hir_ty::next_solver::{Ty, TyKind};
use ra_ap_rustc_type_ir::inherent::IntoKind;
use rustc_hash::FxHashSet;

/// Structs, enums and unions among the types of expressions and bindings, sorted.
pub(super) fn of_body(infer: &InferenceResult<'_>) -> Vec<AdtId> {
    let mut found = Types::default();
    let expressions = infer.expression_types().map(|(_, ty)| ty);
    let bindings = infer.binding_types().map(|(_, ty)| ty);
    for ty in expressions.chain(bindings) {
        found.add(ty);
    }
    let mut all: Vec<AdtId> = found.adts.into_iter().collect();
    all.sort_unstable();
    all
}

#[derive(Default)]
struct Types<'db> {
    seen: FxHashSet<Ty<'db>>,
    adts: FxHashSet<AdtId>,
}

impl<'db> Types<'db> {
    fn add(&mut self, ty: Ty<'db>) {
        if !self.seen.insert(ty) {
            return;
        }
        match ty.kind() {
            TyKind::Adt(adt, args) => {
                self.adts.insert(adt.def_id());
                args.types().for_each(|ty| self.add(ty));
            }
            TyKind::Ref(_, ty, _)
            | TyKind::RawPtr(ty, _)
            | TyKind::Slice(ty)
            | TyKind::Array(ty, _) => self.add(ty),
            TyKind::Tuple(types) => types.iter().for_each(|ty| self.add(ty)),
            _ => {}
        }
    }
}
