//! What a piece is, what it is called, and where that stands.

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::{ImplItem, Item, TraitItem};

use super::{Node, PieceKind};

pub(super) type Description = (PieceKind, Option<String>, Option<proc_macro2::Span>);

pub(super) fn describe(node: &Node) -> Description {
    let named = |kind, ident: &syn::Ident| (kind, Some(ident.to_string()), Some(ident.span()));
    match node {
        Node::Item(item) => match item {
            Item::Const(item) => named(PieceKind::Const, &item.ident),
            Item::Enum(item) => named(PieceKind::Enum, &item.ident),
            Item::ExternCrate(item) => {
                let bound = item.rename.as_ref().map_or(&item.ident, |(_, name)| name);
                let name = Some(bound.to_string());
                (PieceKind::ExternCrate, name, Some(item.ident.span()))
            }
            Item::Fn(item) => named(PieceKind::Function, &item.sig.ident),
            Item::ForeignMod(item) => (
                PieceKind::ForeignBlock,
                None,
                Some(item.abi.extern_token.span),
            ),
            Item::Impl(item) => {
                let kind = if item.trait_.is_some() {
                    PieceKind::TraitImpl
                } else {
                    PieceKind::InherentImpl
                };
                (kind, None, Some(item.impl_token.span))
            }
            Item::Macro(item) => match &item.ident {
                Some(ident) => named(PieceKind::Macro, ident),
                None => (PieceKind::MacroCall, None, Some(item.mac.path.span())),
            },
            Item::Mod(item) => named(PieceKind::Module, &item.ident),
            Item::Static(item) => named(PieceKind::Static, &item.ident),
            Item::Struct(item) => named(PieceKind::Struct, &item.ident),
            Item::Trait(item) => named(PieceKind::Trait, &item.ident),
            Item::TraitAlias(item) => named(PieceKind::TraitAlias, &item.ident),
            Item::Type(item) => named(PieceKind::TypeAlias, &item.ident),
            Item::Union(item) => named(PieceKind::Union, &item.ident),
            Item::Use(item) => (PieceKind::Use, None, Some(item.use_token.span)),
            Item::Verbatim(tokens) => verbatim(tokens),
            _ => (PieceKind::Other, None, None),
        },
        Node::Associated(item) => match &**item {
            ImplItem::Const(item) => named(PieceKind::Const, &item.ident),
            ImplItem::Fn(item) => named(PieceKind::Function, &item.sig.ident),
            ImplItem::Type(item) => named(PieceKind::TypeAlias, &item.ident),
            ImplItem::Macro(item) => (PieceKind::MacroCall, None, Some(item.mac.path.span())),
            ImplItem::Verbatim(tokens) => verbatim(tokens),
            _ => (PieceKind::Other, None, None),
        },
        Node::Provided(item) => match &**item {
            TraitItem::Fn(item) => named(PieceKind::Function, &item.sig.ident),
            _ => (PieceKind::Other, None, None),
        },
    }
}

/// What `syn` leaves as tokens: `macro m { … }`, unstable syntax. The keyword says what it is.
fn verbatim(tokens: &TokenStream) -> Description {
    let mut words = tokens.clone().into_iter().filter_map(|token| match token {
        TokenTree::Ident(ident) => Some(ident),
        _ => None,
    });
    while let Some(word) = words.next() {
        let kind = match word.to_string().as_str() {
            "macro" => PieceKind::Macro,
            "fn" => PieceKind::Function,
            "const" => PieceKind::Const,
            "static" => PieceKind::Static,
            "struct" => PieceKind::Struct,
            "enum" => PieceKind::Enum,
            "trait" => PieceKind::Trait,
            "type" => PieceKind::TypeAlias,
            _ => continue,
        };
        if let Some(name) = words.find(|word| word != "fn" && word != "mut" && word != "unsafe") {
            return (kind, Some(name.to_string()), Some(name.span()));
        }
    }
    (PieceKind::Other, None, None)
}
