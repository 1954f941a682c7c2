//! The line that a statement begins in.
//!
//! `Spanned::span` writes all tokens of what it is asked about for its first and its last; here only
//! the first is looked for, because it is asked for at each statement that runs.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr, Label, Stmt};

pub(super) fn first(statement: &Stmt) -> usize {
    let begin = begin(statement).unwrap_or_else(|| statement.span());
    begin.start().line.max(1)
}

/// `None` where it is not one of the usual kinds; attributes come before everything else.
fn begin(statement: &Stmt) -> Option<Span> {
    match statement {
        Stmt::Local(local) => local.attrs.is_empty().then_some(local.let_token.span),
        Stmt::Expr(expr, _) => of(expr),
        Stmt::Macro(call) if call.attrs.is_empty() => of_path(&call.mac.path),
        Stmt::Item(_) | Stmt::Macro(_) => None,
    }
}

fn of(mut expr: &Expr) -> Option<Span> {
    loop {
        let (attrs, next) = match expr {
            Expr::MethodCall(it) => (&it.attrs, &it.receiver),
            Expr::Call(it) => (&it.attrs, &it.func),
            Expr::Assign(it) => (&it.attrs, &it.left),
            Expr::Binary(it) => (&it.attrs, &it.left),
            Expr::Field(it) => (&it.attrs, &it.base),
            Expr::Index(it) => (&it.attrs, &it.expr),
            Expr::Try(it) => (&it.attrs, &it.expr),
            Expr::Macro(it) if it.attrs.is_empty() => return of_path(&it.mac.path),
            Expr::Path(it) if it.attrs.is_empty() && it.qself.is_none() => {
                return of_path(&it.path);
            }
            Expr::If(it) if it.attrs.is_empty() => return Some(it.if_token.span),
            Expr::Match(it) if it.attrs.is_empty() => return Some(it.match_token.span),
            Expr::Return(it) if it.attrs.is_empty() => return Some(it.return_token.span),
            Expr::ForLoop(it) if it.attrs.is_empty() => {
                return Some(label(it.label.as_ref()).unwrap_or(it.for_token.span));
            }
            Expr::While(it) if it.attrs.is_empty() => {
                return Some(label(it.label.as_ref()).unwrap_or(it.while_token.span));
            }
            _ => return None,
        };
        if !attrs.is_empty() {
            return None;
        }
        expr = next;
    }
}

fn label(label: Option<&Label>) -> Option<Span> {
    label.map(|label| label.name.apostrophe)
}

fn of_path(path: &syn::Path) -> Option<Span> {
    if let Some(colons) = path.leading_colon {
        return Some(colons.spans[0]);
    }
    Some(path.segments.first()?.ident.span())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_first_of_all_its_tokens() {
        let block: syn::Block = syn::parse_str(
            "{
            let x = 1;
            x.y()[0]
                .z = 2;
            ::a::b(1)?;
            #[cfg(x)]
            f();
            println!(\"\");
            if x {}
            match x {}
            'a: for _ in x {}
            'b:
            while x {}
            <T as U>::f();
            a
                + b;
            return;
            {}
            }",
        )
        .unwrap();
        let mut usual = 0;
        for statement in &block.stmts {
            assert_eq!(first(statement), statement.span().start().line.max(1));
            usual += usize::from(begin(statement).is_some());
        }
        assert_eq!((usual, block.stmts.len()), (10, 13));
    }
}
