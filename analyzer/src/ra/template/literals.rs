//! Tables: consts and statics that are literals and nothing else.
//!
//! A number uses nothing, and ten thousand of them take as long as a hundred functions: each is
//! lowered and inferred by itself. So the syntax is asked first.

use ra_ap_hir_def::src::HasSource;
use ra_ap_hir_def::{DefWithBodyId, Lookup};
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::next_solver::{Ty, TyKind};
use ra_ap_rustc_type_ir::inherent::IntoKind;
use ra_ap_syntax::ast::{ArrayExprKind, Expr, LiteralKind, UnaryOp};

/// Whether the body uses nothing, and has no types but the compiler's own.
pub(super) fn are_all_of(db: &dyn HirDatabase, def: DefWithBodyId) -> bool {
    let (body, of) = match def {
        DefWithBodyId::ConstId(id) => (id.lookup(db).source(db).value.body(), id.into()),
        DefWithBodyId::StaticId(id) => (id.lookup(db).source(db).value.body(), id.into()),
        DefWithBodyId::FunctionId(_) | DefWithBodyId::VariantId(_) => return false,
    };
    // What a literal is coerced to may have methods: `&dyn Debug`.
    body.is_some_and(|body| is_literal(&body))
        && db.value_ty(of).is_some_and(|ty| is_plain(ty.skip_binder()))
}

fn is_literal(expr: &Expr) -> bool {
    match expr {
        // `c""` is a struct of core.
        Expr::Literal(literal) => !matches!(literal.kind(), LiteralKind::CString(_)),
        Expr::ParenExpr(inner) => inner.expr().is_some_and(|inner| is_literal(&inner)),
        Expr::PrefixExpr(prefix) => {
            matches!(prefix.op_kind(), Some(UnaryOp::Neg | UnaryOp::Not))
                && matches!(prefix.expr(), Some(Expr::Literal(_)))
        }
        Expr::RefExpr(inner) => {
            inner.mut_token().is_none()
                && inner.raw_token().is_none()
                && inner.expr().is_some_and(|inner| is_literal(&inner))
        }
        Expr::TupleExpr(tuple) => tuple.fields().all(|field| is_literal(&field)),
        Expr::ArrayExpr(array) => match array.kind() {
            ArrayExprKind::ElementList(mut elements) => elements.all(|one| is_literal(&one)),
            ArrayExprKind::Repeat { .. } => false,
        },
        _ => false,
    }
}

fn is_plain(ty: Ty<'_>) -> bool {
    match ty.kind() {
        TyKind::Bool
        | TyKind::Char
        | TyKind::Int(_)
        | TyKind::Uint(_)
        | TyKind::Float(_)
        | TyKind::Str => true,
        TyKind::Ref(_, inner, _) | TyKind::Slice(inner) | TyKind::Array(inner, _) => {
            is_plain(inner)
        }
        TyKind::Tuple(parts) => parts.iter().all(is_plain),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use ra_ap_syntax::Edition;

    use super::*;

    #[test]
    fn only_what_uses_nothing() {
        let parse = |text: &str| Expr::parse(text, Edition::CURRENT).tree();
        for text in [
            "1",
            "-1.5",
            "!0",
            "(\"text\")",
            "b\"bytes\"",
            "&[(1, 'a'), (2, 'b')]",
            "[&[true], &[]]",
            "()",
        ] {
            assert!(is_literal(&parse(text)), "{text}");
        }
        for text in [
            "c\"a struct\"",
            "ONE",
            "-ONE",
            "!!0",
            "*&1",
            "1 + 1",
            "[0; LENGTH]",
            "[0; 4]",
            "&mut []",
            "&raw const 1",
            "Some(1)",
            "f()",
            "[1, f()]",
            "{ 1 }",
            "vec![1]",
            "1 as u8",
            "|| 1",
        ] {
            assert!(!is_literal(&parse(text)), "{text}");
        }
    }
}
