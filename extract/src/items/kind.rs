//! The kinds of items, and how an item is named.

use quote::ToTokens as _;
use serde::{Deserialize, Serialize};

use super::compact;

/// What kind of item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Free, in an impl, or provided by a trait.
    Fn,
    Struct,
    Enum,
    Union,
    /// Without the methods that it provides.
    Trait,
    /// An alias, or an impl's type.
    Type,
    Const,
    Static,
    /// `macro_rules!`
    Macro,
    /// The head of an impl, without what it holds.
    Impl,
    /// One leaf of a `use`.
    Use,
    /// A declaration, or the head of an inline module.
    Mod,
    ExternCrate,
    /// An `extern` block.
    Foreign,
    /// A macro call that stands for items.
    Call,
    /// The file's own attributes and documentation.
    Attributes,
}

impl Kind {
    /// Counts as an item where items are counted, in plans, headers, reports and bills: what defines
    /// something, an impl of a trait with all it holds, a call that stands for items. Modules, imports
    /// and the heads of other impls are parts that are compared, and no items.
    #[must_use]
    pub fn is_item(self, path: &str) -> bool {
        // `<dep::Type as Trait>`, and what is in it.
        let of_trait_impl = path.starts_with('<');
        match self {
            Self::Use | Self::Mod | Self::ExternCrate | Self::Attributes => false,
            Self::Impl => of_trait_impl,
            _ => !of_trait_impl,
        }
    }

    /// Defines something that has a name.
    #[must_use]
    pub fn is_definition(self) -> bool {
        matches!(
            self,
            Self::Fn
                | Self::Struct
                | Self::Enum
                | Self::Union
                | Self::Trait
                | Self::Type
                | Self::Const
                | Self::Static
                | Self::Macro
        )
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fn => "fn",
            Self::Struct => "struct",
            Self::Enum => "enum",
            Self::Union => "union",
            Self::Trait => "trait",
            Self::Type => "type",
            Self::Const => "const",
            Self::Static => "static",
            Self::Macro => "macro",
            Self::Impl => "impl",
            Self::Use => "use",
            Self::Mod => "mod",
            Self::ExternCrate => "extern-crate",
            Self::Foreign => "foreign",
            Self::Call => "call",
            Self::Attributes => "attributes",
        }
    }
}

/// A path without the numbers of impls and modules, which change when one comes before another.
pub(crate) fn unnumbered(path: &str) -> String {
    let mut parts = path.split('#');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        // `r#type` has none.
        if rest.len() == part.len() {
            out.push('#');
        }
        out.push_str(rest);
    }
    out
}

/// The name of an item that has one of its own, and its kind.
pub(super) fn name(item: &syn::Item) -> (String, Kind) {
    match item {
        syn::Item::Const(item) => (item.ident.to_string(), Kind::Const),
        syn::Item::Enum(item) => (item.ident.to_string(), Kind::Enum),
        syn::Item::ExternCrate(item) => (item.ident.to_string(), Kind::ExternCrate),
        syn::Item::Fn(item) => (item.sig.ident.to_string(), Kind::Fn),
        syn::Item::ForeignMod(_) => ("extern".to_owned(), Kind::Foreign),
        syn::Item::Macro(item) => match &item.ident {
            Some(ident) => (ident.to_string(), Kind::Macro),
            None => (
                format!("{}!", compact(&item.mac.path.to_token_stream())),
                Kind::Call,
            ),
        },
        syn::Item::Mod(item) => (item.ident.to_string(), Kind::Mod),
        syn::Item::Static(item) => (item.ident.to_string(), Kind::Static),
        syn::Item::Struct(item) => (item.ident.to_string(), Kind::Struct),
        syn::Item::TraitAlias(item) => (item.ident.to_string(), Kind::Trait),
        syn::Item::Type(item) => (item.ident.to_string(), Kind::Type),
        syn::Item::Union(item) => (item.ident.to_string(), Kind::Union),
        _ => ("…".to_owned(), Kind::Call),
    }
}
