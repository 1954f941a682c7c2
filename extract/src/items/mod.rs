//! The items of a file, each with a hash that layout does not change.
//!
//! Takes the text of a file; gives its items down to single methods of impls, single methods that
//! traits provide and single leaves of `use`, so that a copy can be compared with its upstream item
//! by item. What the formatter may do to a file ([`normal`] has the list) makes no difference, and
//! neither do comments; documentation counts, its layout does not.

mod kind;
mod limits;
mod normal;
mod uses;

use std::collections::BTreeMap;
use std::fmt;

use proc_macro2::{Delimiter, TokenStream};
use quote::ToTokens as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use syn::spanned::Spanned as _;

use crate::ParseError;
use crate::edit::Span;
use crate::old_words;
use crate::pieces::is_provided;
pub use kind::Kind;
use kind::name;
pub(crate) use kind::unnumbered;

/// SHA-256 over an item's tokens, cut to 128 bits: the chance that another item has it by accident
/// is none, and making one on purpose takes 2^64 steps and still only fools whoever does it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hash(pub String);

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An item of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// `dep::module::Type::method`, `<dep::Type as Trait>::method`, `use std::fmt::Write`.
    pub path: String,
    pub kind: Kind,
    /// In the text, attributes and docs included.
    pub span: Span,
    /// 1-based, where `span` starts.
    pub line: u32,
    pub hash: Hash,
}

impl Item {
    /// What tells items of a file apart, but for those that occur twice (under other cfgs).
    #[must_use]
    pub fn key(&self) -> (Kind, &str) {
        (self.kind, &self.path)
    }
}

/// The items of a file in the order in which they stand, `prefix` being the path of its module
/// (`dep::module`).
///
/// # Errors
/// When the text is no file of items, or is nested deeper than any program.
pub fn items(text: &str, prefix: &str) -> Result<Vec<Item>, ParseError> {
    let file = syntax(text)?;
    let mut found = Found {
        start: before_code(text),
        line_ends: text.match_indices('\n').map(|(at, _)| at).collect(),
        items: Vec::new(),
        seen: BTreeMap::new(),
    };
    found.attributes(&file.attrs, prefix);
    found.list(file.items, prefix);
    Ok(found.items)
}

/// A file as syntax.
///
/// # Errors
/// When the text is no file of items, or is nested deeper than any program.
pub fn syntax(text: &str) -> Result<syn::File, ParseError> {
    limits::check_size(text)?;
    let code = text.get(before_code(text)..).unwrap_or_default();
    let tokens: TokenStream = code.parse().map_err(|why: proc_macro2::LexError| {
        ParseError::at(why.span().start(), why.to_string())
    })?;
    limits::check_depth(&tokens)?;
    old_words::parse_file(tokens).map_err(|why| ParseError::at(why.span().start(), why.to_string()))
}

/// Bytes of a byte order mark and of a shebang, which are no tokens.
#[must_use]
pub fn before_code(text: &str) -> usize {
    let mark = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let rest = text.get(mark..).unwrap_or_default();
    let is_shebang = rest
        .strip_prefix("#!")
        .is_some_and(|rest| !rest.trim_start().starts_with('['));
    let line = if is_shebang {
        rest.find('\n').map_or(rest.len(), |end| end + 1)
    } else {
        0
    };
    mark + line
}

/// SHA-256 of bytes, as hex digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

struct Found {
    /// Where the parsed part begins.
    start: usize,
    /// Where lines of the whole text end.
    line_ends: Vec<usize>,
    items: Vec<Item>,
    /// How often an impl or an inline module of this path was there.
    seen: BTreeMap<String, usize>,
}

impl Found {
    /// Impls of one type, and modules under other cfgs, are told apart by their number: what is
    /// in the second must not pass for what was in the first.
    fn numbered(&mut self, path: String) -> String {
        let count = self.seen.entry(path.clone()).or_default();
        *count += 1;
        match *count {
            1 => path,
            count => format!("{path}#{count}"),
        }
    }

    fn list(&mut self, items: Vec<syn::Item>, prefix: &str) {
        for item in items {
            self.item(item, prefix);
        }
    }

    fn item(&mut self, item: syn::Item, prefix: &str) {
        let span = self.span(item.span());
        match item {
            syn::Item::Use(item) => {
                for leaf in uses::leaves(item) {
                    let (path, tokens) = leaf;
                    self.push(span, format!("{prefix}: {path}"), Kind::Use, &tokens);
                }
            }
            syn::Item::Mod(mut item) if item.content.is_some() => {
                let inner = self.numbered(format!("{prefix}::{}", item.ident));
                let content = item.content.take();
                item.semi = None;
                let mut head = syn::Item::Mod(item);
                normal::item(&mut head);
                self.push(span, inner.clone(), Kind::Mod, &head.to_token_stream());
                self.list(content.map(|(_, items)| items).unwrap_or_default(), &inner);
            }
            syn::Item::Impl(mut item) => {
                let members = std::mem::take(&mut item.items);
                let ty = compact(&item.self_ty.to_token_stream());
                let name = match &item.trait_ {
                    Some((bang, path, _)) => {
                        let bang = if bang.is_some() { "!" } else { "" };
                        format!(
                            "<{prefix}::{ty} as {bang}{}>",
                            compact(&path.to_token_stream())
                        )
                    }
                    None => format!("{prefix}::{ty}"),
                };
                let name = self.numbered(name);
                let mut head = syn::Item::Impl(item);
                normal::item(&mut head);
                self.push(span, name.clone(), Kind::Impl, &head.to_token_stream());
                for member in members {
                    self.member(member, &name);
                }
            }
            syn::Item::Trait(mut item) => {
                let (provided, others) = std::mem::take(&mut item.items)
                    .into_iter()
                    .partition(is_provided);
                item.items = others;
                let path = self.numbered(format!("{prefix}::{}", item.ident));
                let mut rest = syn::Item::Trait(item);
                normal::item(&mut rest);
                self.push(span, path.clone(), Kind::Trait, &rest.to_token_stream());
                for method in provided {
                    self.provided(method, &path);
                }
            }
            mut item => {
                let (name, kind) = name(&item);
                normal::item(&mut item);
                self.push(
                    span,
                    format!("{prefix}::{name}"),
                    kind,
                    &item.to_token_stream(),
                );
            }
        }
    }

    fn member(&mut self, mut member: syn::ImplItem, prefix: &str) {
        let span = self.span(member.span());
        let (name, kind) = match &member {
            syn::ImplItem::Const(item) => (item.ident.to_string(), Kind::Const),
            syn::ImplItem::Fn(item) => (item.sig.ident.to_string(), Kind::Fn),
            syn::ImplItem::Type(item) => (item.ident.to_string(), Kind::Type),
            syn::ImplItem::Macro(item) => (
                format!("{}!", compact(&item.mac.path.to_token_stream())),
                Kind::Call,
            ),
            _ => ("…".to_owned(), Kind::Call),
        };
        normal::member(&mut member);
        let path = format!("{prefix}::{name}");
        self.push(span, path, kind, &member.to_token_stream());
    }

    /// A method that a trait provides.
    fn provided(&mut self, mut method: syn::TraitItem, prefix: &str) {
        let span = self.span(method.span());
        let syn::TraitItem::Fn(item) = &method else {
            return;
        };
        let path = format!("{prefix}::{}", item.sig.ident);
        normal::provided(&mut method);
        self.push(span, path, Kind::Fn, &method.to_token_stream());
    }

    /// The inner attributes of the file, together.
    fn attributes(&mut self, attrs: &[syn::Attribute], prefix: &str) {
        let Some(first) = attrs.first() else {
            return;
        };
        let last = attrs.last().unwrap_or(first);
        let (from, to) = (self.span(first.span()), self.span(last.span()));
        let mut tokens = TokenStream::new();
        for attr in attrs {
            let mut attr = attr.clone();
            normal::attribute(&mut attr);
            attr.to_tokens(&mut tokens);
        }
        let span = Span::new(from.start, to.end);
        self.push(span, prefix.to_owned(), Kind::Attributes, &tokens);
    }

    fn span(&self, span: proc_macro2::Span) -> Span {
        let range = span.byte_range();
        // Offsets are 32 bits wide everywhere: a file of 4 GiB is read nowhere.
        let offset = |byte: usize| u32::try_from(byte + self.start).unwrap_or(u32::MAX);
        Span::new(offset(range.start), offset(range.end))
    }

    fn push(&mut self, span: Span, path: String, kind: Kind, tokens: &TokenStream) {
        let line = self
            .line_ends
            .partition_point(|&end| end < span.start as usize)
            + 1;
        self.items.push(Item {
            path,
            kind,
            span,
            line: u32::try_from(line).unwrap_or(u32::MAX),
            hash: hash(tokens),
        });
    }
}

/// Tokens as a path is read: no spaces but between words.
fn compact(tokens: &TokenStream) -> String {
    let mut out = String::new();
    for token in normal::flat(tokens.clone()) {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let glue = out.chars().last().is_some_and(is_word) && token.starts_with(is_word);
        if glue || out.ends_with(',') {
            out.push(' ');
        }
        out.push_str(&token);
    }
    out
}

fn hash(tokens: &TokenStream) -> Hash {
    let mut sha = Sha256::new();
    for token in normal::flat(tokens.clone()) {
        sha.update(token.as_bytes());
        sha.update([0]);
    }
    Hash(hex(&sha.finalize()[..16]))
}

fn open_close(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

/// The tokens of a text that may be any part of a file; `None` when it is no Rust.
pub(crate) fn flat_text(text: &str) -> Option<Vec<String>> {
    let tokens: TokenStream = text.parse().ok()?;
    limits::check_depth(&tokens).ok()?;
    Some(normal::flat(tokens))
}

/// Items by their key, in order.
#[must_use]
pub fn by_key(items: &[Item]) -> BTreeMap<(Kind, &str), Vec<&Item>> {
    let mut map: BTreeMap<(Kind, &str), Vec<&Item>> = BTreeMap::new();
    for item in items {
        map.entry(item.key()).or_default().push(item);
    }
    map
}

#[cfg(test)]
mod tests;
