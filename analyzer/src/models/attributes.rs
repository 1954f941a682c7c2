//! Helper attributes (`#[serde(…)]`, `#[arg(…)]`) as lists of options.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Ident, LitStr, Path, Token, Type};

use super::{Result, refuse};

/// `name`, `name = expression` or `name(tokens)`.
#[derive(Clone)]
pub(super) struct Setting {
    pub(super) ident: Ident,
    pub(super) value: Value,
}

#[derive(Clone)]
pub(super) enum Value {
    Nothing,
    Is(Box<Expr>),
    List(TokenStream),
}

impl Parse for Setting {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let ident = Ident::parse_any(input)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Value::Is(Box::new(input.parse()?))
        } else if input.peek(syn::token::Paren) {
            let inner;
            syn::parenthesized!(inner in input);
            Value::List(inner.parse()?)
        } else {
            Value::Nothing
        };
        Ok(Self { ident, value })
    }
}

/// The settings in all attributes called `name`, in order.
pub(super) fn settings(attributes: &[Attribute], name: &str) -> Result<Vec<Setting>> {
    let mut all = Vec::new();
    for attribute in attributes.iter().filter(|it| it.path().is_ident(name)) {
        let list = attribute.meta.require_list()?;
        all.extend(parse_settings(list.tokens.clone())?);
    }
    Ok(all)
}

/// Settings between commas.
pub(super) fn parse_settings(tokens: TokenStream) -> Result<Vec<Setting>> {
    use syn::parse::Parser as _;
    let parsed = Punctuated::<Setting, Token![,]>::parse_terminated.parse2(tokens)?;
    Ok(parsed.into_iter().collect())
}

impl Setting {
    pub(super) fn name(&self) -> String {
        self.ident.to_string()
    }

    pub(super) fn span(&self) -> Span {
        self.ident.span()
    }

    /// The value as a string literal.
    pub(super) fn literal(&self) -> Result<LitStr> {
        if let Value::Is(expr) = &self.value
            && let Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(literal),
                ..
            }) = ungroup(expr)
        {
            return Ok(literal.clone());
        }
        refuse(format!("`{}` without a string", self.ident))
    }

    pub(super) fn string(&self) -> Result<String> {
        Ok(self.literal()?.value())
    }

    /// A path inside a string literal.
    pub(super) fn path(&self) -> Result<syn::ExprPath> {
        Ok(self.literal()?.parse()?)
    }

    pub(super) fn module_path(&self) -> Result<Path> {
        Ok(self.literal()?.parse()?)
    }

    pub(super) fn ty(&self) -> Result<Type> {
        Ok(self.literal()?.parse()?)
    }

    /// The value of `name = expression`.
    pub(super) fn expr(&self) -> Result<&Expr> {
        match &self.value {
            Value::Is(expr) => Ok(expr),
            _ => refuse(format!("`{}` without a value", self.ident)),
        }
    }
}

/// A macro fragment (`$e`) comes in an invisible group.
pub(super) fn ungroup(mut expr: &Expr) -> &Expr {
    while let Expr::Group(group) = expr {
        expr = &group.expr;
    }
    expr
}

/// The same for types.
pub(super) fn ungroup_type(mut ty: &Type) -> &Type {
    while let Type::Group(group) = ty {
        ty = &group.elem;
    }
    ty
}

/// `Name<T>` by the last segment's name: its type arguments.
pub(super) fn type_arguments<'a>(ty: &'a Type, name: &str) -> Option<Vec<&'a Type>> {
    let Type::Path(path) = ungroup_type(ty) else {
        return None;
    };
    let last = path.path.segments.last()?;
    if path.qself.is_some() || last.ident != name {
        return None;
    }
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    Some(
        arguments
            .args
            .iter()
            .filter_map(|argument| match argument {
                syn::GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
            .collect(),
    )
}
