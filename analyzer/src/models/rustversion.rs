//! `rustversion`: conditions on the compiler's version, which is known.
//!
//! Only for stable compilers: dates and channels of others are not looked at.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::quote;
use syn::Token;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;

use super::{Call, Result, refuse};

enum Condition {
    /// `beta`, `nightly`, or a date of one.
    Other,
    Stable(Option<Release>),
    Since(Bound),
    Before(Bound),
    Not(Box<Condition>),
    Any(Vec<Condition>),
    All(Vec<Condition>),
}

/// Minor version and patch.
type Release = (u64, Option<u64>);

enum Bound {
    Release(Release),
    /// Of a nightly: every stable compiler is before it.
    Date,
}

impl Parse for Condition {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name: Ident = input.parse()?;
        let arguments = if input.peek(syn::token::Paren) {
            let group: Group = input.parse()?;
            Some(group.stream())
        } else {
            None
        };
        let missing = || syn::Error::new(name.span(), "no arguments");
        let several = |arguments: Option<TokenStream>| {
            let parser = Punctuated::<Self, Token![,]>::parse_terminated;
            let all = parser.parse2(arguments.ok_or_else(missing)?)?;
            Ok::<Vec<Self>, syn::Error>(all.into_iter().collect())
        };
        Ok(match name.to_string().as_str() {
            "beta" | "nightly" => Self::Other,
            "stable" => Self::Stable(match arguments {
                None => None,
                Some(version) => match bound(&version) {
                    Some(Bound::Release(release)) => Some(release),
                    _ => return Err(syn::Error::new(name.span(), "no release")),
                },
            }),
            "since" | "before" => {
                let bound = arguments.as_ref().and_then(bound).ok_or_else(missing)?;
                if name == "since" {
                    Self::Since(bound)
                } else {
                    Self::Before(bound)
                }
            }
            "not" => Self::Not(Box::new(
                several(arguments)?.into_iter().next().ok_or_else(missing)?,
            )),
            "any" => Self::Any(several(arguments)?),
            "all" => Self::All(several(arguments)?),
            _ => return Err(syn::Error::new(name.span(), "not a condition")),
        })
    }
}

/// `1.46`, `1.46.0`, `2020-02-25`.
fn bound(tokens: &TokenStream) -> Option<Bound> {
    let text: String = tokens.to_string().split_whitespace().collect();
    let text = text.trim_end_matches(',');
    if text.contains('-') {
        return Some(Bound::Date);
    }
    let mut parts = text.split('.').map(str::parse::<u64>);
    let (Some(Ok(1)), Some(Ok(minor))) = (parts.next(), parts.next()) else {
        return None;
    };
    let patch = parts.next().transpose().ok()?;
    Some(Bound::Release((minor, patch)))
}

impl Condition {
    fn holds(&self, rustc: &semver::Version) -> bool {
        let is_before = |bound: &Bound| match bound {
            Bound::Date => true,
            Bound::Release((minor, patch)) => {
                (rustc.minor, rustc.patch) < (*minor, patch.unwrap_or(0))
            }
        };
        match self {
            Self::Other => false,
            Self::Stable(None) => true,
            Self::Stable(Some((minor, patch))) => {
                rustc.minor == *minor && patch.is_none_or(|patch| rustc.patch == patch)
            }
            Self::Since(bound) => !is_before(bound),
            Self::Before(bound) => is_before(bound),
            Self::Not(of) => !of.holds(rustc),
            Self::Any(all) => all.iter().any(|one| one.holds(rustc)),
            Self::All(all) => all.iter().all(|one| one.holds(rustc)),
        }
    }
}

fn decide(call: &Call<'_>, condition: TokenStream) -> Result<bool> {
    if !call.krate.rustc.pre.is_empty() {
        return refuse("a compiler that is not stable");
    }
    let condition: Condition = syn::parse2(condition)?;
    Ok(condition.holds(&call.krate.rustc))
}

fn gate(call: &Call<'_>, name: &str) -> Result<TokenStream> {
    let name = Ident::new(name, Span::call_site());
    let arguments = &call.arguments;
    let condition = if arguments.is_empty() {
        quote!(#name)
    } else {
        quote!(#name(#arguments))
    };
    Ok(if decide(call, condition)? {
        call.item.clone()
    } else {
        TokenStream::new()
    })
}

macro_rules! gates {
    ($($function:ident: $name:literal;)*) => {
        $(pub(super) fn $function(call: &Call<'_>) -> Result<TokenStream> {
            gate(call, $name)
        })*
    };
}

gates! {
    stable: "stable";
    beta: "beta";
    nightly: "nightly";
    since: "since";
    before: "before";
    not: "not";
    any: "any";
    all: "all";
}

/// `rustversion::cfg!(…)`
pub(super) fn cfg(call: &Call<'_>) -> Result<TokenStream> {
    let holds = decide(call, call.item.clone())?;
    Ok(quote!(#holds))
}

/// `#[rustversion::attr(condition, attributes)]`, where an attribute may be `const`.
pub(super) fn attr(call: &Call<'_>) -> Result<TokenStream> {
    let parser = |input: ParseStream<'_>| {
        let condition: Condition = input.parse()?;
        input.parse::<Token![,]>()?;
        Ok((condition, input.parse::<TokenStream>()?))
    };
    if !call.krate.rustc.pre.is_empty() {
        return refuse("a compiler that is not stable");
    }
    let (condition, attributes) = parser.parse2(call.arguments.clone())?;
    let item = &call.item;
    if !condition.holds(&call.krate.rustc) {
        return Ok(item.clone());
    }
    let is_const = matches!(
        attributes.clone().into_iter().next(),
        Some(TokenTree::Ident(word)) if word == "const"
    );
    if is_const {
        return constant(item);
    }
    Ok(quote!(#[cfg_attr(all(), #attributes)] #item))
}

/// A function with `const` before its other words.
fn constant(item: &TokenStream) -> Result<TokenStream> {
    let tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    let is_qualifier = |token: &TokenTree| match token {
        TokenTree::Ident(word) => ["async", "unsafe", "extern"].iter().any(|it| word == it),
        TokenTree::Literal(_) => true,
        TokenTree::Group(group) => group.delimiter() == Delimiter::None,
        TokenTree::Punct(_) => false,
    };
    let Some(at) = tokens
        .iter()
        .position(|token| matches!(token, TokenTree::Ident(word) if word == "fn"))
    else {
        return refuse("`const` on something that is no function");
    };
    let mut start = at;
    while start > 0 && is_qualifier(&tokens[start - 1]) {
        start -= 1;
    }
    let (before, function) = tokens.split_at(start);
    Ok(quote!(#(#before)* const #(#function)*))
}
