//! Conditions of `#[cfg]` and `cfg!` over a known set of cfgs.

use proc_macro2::TokenStream;
use syn::Token;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;

/// As rustc takes them: `unix`, `target_os="linux"`.
pub(super) type Cfgs = Vec<String>;

pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Flag(String),
    Literal(bool),
}

impl Parse for Condition {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if let Some(literal) = input.parse::<Option<syn::LitBool>>()? {
            return Ok(Self::Literal(literal.value));
        }
        let name: syn::Ident = syn::ext::IdentExt::parse_any(input)?;
        if input.peek(syn::token::Paren) {
            let inner;
            syn::parenthesized!(inner in input);
            let parts: Vec<Self> = Punctuated::<Self, Token![,]>::parse_terminated(&inner)?
                .into_iter()
                .collect();
            return match name.to_string().as_str() {
                "all" => Ok(Self::All(parts)),
                "any" => Ok(Self::Any(parts)),
                "not" => parts
                    .into_iter()
                    .next()
                    .map(|part| Self::Not(Box::new(part)))
                    .ok_or_else(|| input.error("empty not")),
                _ => Err(input.error("unknown predicate")),
            };
        }
        if input.parse::<Option<Token![=]>>()?.is_some() {
            let value: syn::LitStr = input.parse()?;
            return Ok(Self::Flag(format!("{name}=\"{}\"", value.value())));
        }
        Ok(Self::Flag(name.to_string()))
    }
}

impl Condition {
    pub(super) fn read(tokens: TokenStream) -> Option<Self> {
        Self::parse.parse2(tokens).ok()
    }

    /// Every cfg that it asks for.
    pub(super) fn flags(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match self {
            Self::All(parts) | Self::Any(parts) => Box::new(parts.iter().flat_map(Self::flags)),
            Self::Not(part) => part.flags(),
            Self::Flag(flag) => Box::new(std::iter::once(flag.as_str())),
            Self::Literal(_) => Box::new(std::iter::empty()),
        }
    }

    pub(super) fn holds(&self, on: &impl Fn(&str) -> bool) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(on)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(on)),
            Self::Not(part) => !part.holds(on),
            Self::Flag(flag) => on(flag),
            Self::Literal(value) => *value,
        }
    }
}

/// Whether `#[cfg]` attributes let something through; what cannot be read lets it.
pub(super) fn is_on(attrs: &[syn::Attribute], cfgs: &Cfgs) -> bool {
    attrs.iter().all(|attr| match &attr.meta {
        syn::Meta::List(list) if list.path.is_ident("cfg") => Condition::read(list.tokens.clone())
            .is_none_or(|condition| condition.holds(&|flag| has(cfgs, flag))),
        _ => true,
    })
}

pub(super) fn has(cfgs: &Cfgs, flag: &str) -> bool {
    cfgs.iter().any(|cfg| cfg == flag)
}

/// Set by rustc, cargo or tools, never by scripts.
pub(crate) const BUILT_IN: [&str; 14] = [
    "unix",
    "windows",
    "test",
    "debug_assertions",
    "proc_macro",
    "doc",
    "doctest",
    "docsrs",
    "miri",
    "clippy",
    "rustfmt",
    "overflow_checks",
    "ub_checks",
    "target_thread_local",
];
