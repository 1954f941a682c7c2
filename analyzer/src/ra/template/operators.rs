//! Operators that did not resolve: what their traits' methods are called.

use ra_ap_hir_def::hir::{ArithOp, BinaryOp, CmpOp, UnaryOp};
use ra_ap_hir_ty::next_solver::{Ty, TyKind};
use ra_ap_rustc_type_ir::inherent::IntoKind;

/// Methods that a binary operator may run.
pub(super) fn of_binary(op: BinaryOp) -> &'static [&'static str] {
    match op {
        BinaryOp::LogicOp(_) | BinaryOp::Assignment { op: None } => &[],
        BinaryOp::CmpOp(CmpOp::Eq { .. }) => &["eq", "ne"],
        BinaryOp::CmpOp(CmpOp::Ord { .. }) => &["partial_cmp", "lt", "le", "gt", "ge"],
        BinaryOp::ArithOp(op) => match op {
            ArithOp::Add => &["add"],
            ArithOp::Mul => &["mul"],
            ArithOp::Sub => &["sub"],
            ArithOp::Div => &["div"],
            ArithOp::Rem => &["rem"],
            ArithOp::Shl => &["shl"],
            ArithOp::Shr => &["shr"],
            ArithOp::BitXor => &["bitxor"],
            ArithOp::BitOr => &["bitor"],
            ArithOp::BitAnd => &["bitand"],
        },
        BinaryOp::Assignment { op: Some(op) } => match op {
            ArithOp::Add => &["add_assign"],
            ArithOp::Mul => &["mul_assign"],
            ArithOp::Sub => &["sub_assign"],
            ArithOp::Div => &["div_assign"],
            ArithOp::Rem => &["rem_assign"],
            ArithOp::Shl => &["shl_assign"],
            ArithOp::Shr => &["shr_assign"],
            ArithOp::BitXor => &["bitxor_assign"],
            ArithOp::BitOr => &["bitor_assign"],
            ArithOp::BitAnd => &["bitand_assign"],
        },
    }
}

/// Methods that a prefix operator may run on a value of the type.
pub(super) fn of_prefix(op: UnaryOp, ty: Ty<'_>) -> &'static [&'static str] {
    if is_builtin(ty) {
        return &[];
    }
    match op {
        UnaryOp::Deref => &["deref", "deref_mut"],
        UnaryOp::Not => &["not"],
        UnaryOp::Neg => &["neg"],
    }
}

/// Methods that indexing may run on a value of the type.
pub(super) fn of_index(base: Ty<'_>) -> &'static [&'static str] {
    if is_builtin(base) {
        &[]
    } else {
        &["index", "index_mut"]
    }
}

/// Types whose operators are the compiler's own.
fn is_builtin(ty: Ty<'_>) -> bool {
    match ty.kind() {
        TyKind::Adt(..) => ty.is_box(),
        TyKind::Param(_) | TyKind::Alias(..) | TyKind::Error(_) | TyKind::Infer(_) => false,
        TyKind::Dynamic(..) => false,
        _ => true,
    }
}
