//! The attributes of syntax that comes in many kinds.

use syn::{Attribute, Expr, ForeignItem, GenericParam, ImplItem, Item, Stmt, TraitItem};

/// For `match`: all variants of an enum that have `attrs`.
macro_rules! attrs_of {
    ($node:expr, $kind:ident: $($variant:ident)*) => {
        match $node {
            $($kind::$variant(node) => &node.attrs,)*
            _ => &[],
        }
    };
}

/// Of an expression, or of what it begins with: `#[cfg(a)] x = 1` is parsed as if it were
/// `(#[cfg(a)] x) = 1`.
pub(super) fn of_expr(expr: &Expr) -> &[Attribute] {
    let mut at = expr;
    loop {
        let attrs: &[Attribute] = attrs_of!(at, Expr:
            Array Assign Async Await Binary Block Break Call Cast Closure Const Continue Field
            ForLoop Group If Index Infer Let Lit Loop Macro Match MethodCall Paren Path Range
            RawAddr Reference Repeat Return Struct Try TryBlock Tuple Unary Unsafe While Yield);
        if !attrs.is_empty() {
            return attrs;
        }
        at = match at {
            Expr::Assign(expr) => &expr.left,
            Expr::Binary(expr) => &expr.left,
            Expr::Cast(expr) => &expr.expr,
            Expr::Await(expr) => &expr.base,
            Expr::Call(expr) => &expr.func,
            Expr::Field(expr) => &expr.base,
            Expr::Index(expr) => &expr.expr,
            Expr::MethodCall(expr) => &expr.receiver,
            Expr::Try(expr) => &expr.expr,
            Expr::Range(expr) => match &expr.start {
                Some(start) => start,
                None => return &[],
            },
            _ => return &[],
        };
    }
}

pub(super) fn of_stmt(stmt: &Stmt) -> &[Attribute] {
    match stmt {
        Stmt::Local(local) => &local.attrs,
        Stmt::Item(item) => of_item(item),
        Stmt::Expr(expr, _) => of_expr(expr),
        Stmt::Macro(call) => &call.attrs,
    }
}

pub(super) fn of_item(item: &Item) -> &[Attribute] {
    attrs_of!(item, Item:
        Const Enum ExternCrate Fn ForeignMod Impl Macro Mod Static Struct Trait TraitAlias Type
        Union Use)
}

pub(super) fn of_impl_item(item: &ImplItem) -> &[Attribute] {
    attrs_of!(item, ImplItem: Const Fn Type Macro)
}

pub(super) fn of_trait_item(item: &TraitItem) -> &[Attribute] {
    attrs_of!(item, TraitItem: Const Fn Type Macro)
}

pub(super) fn of_foreign_item(item: &ForeignItem) -> &[Attribute] {
    attrs_of!(item, ForeignItem: Fn Static Type Macro)
}

pub(super) fn of_generic_param(param: &GenericParam) -> &[Attribute] {
    match param {
        GenericParam::Lifetime(param) => &param.attrs,
        GenericParam::Type(param) => &param.attrs,
        GenericParam::Const(param) => &param.attrs,
    }
}

pub(super) fn of_fn_arg(arg: &syn::FnArg) -> &[Attribute] {
    match arg {
        syn::FnArg::Receiver(arg) => &arg.attrs,
        syn::FnArg::Typed(arg) => &arg.attrs,
    }
}
