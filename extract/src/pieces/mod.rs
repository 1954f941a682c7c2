//! What a file consists of, piece by piece: the units that are kept or taken out whole.
//!
//! Takes the text of a file, gives its items in the order of the text, each with the bytes that
//! go with it: attributes, docs, the comments right before it, blank lines above those, and the
//! end of its line. So the pieces of a module never overlap, and a text without some of them has
//! no debris. Modules with their text in place and inherent impls have pieces of their own within;
//! everything else is whole. Nothing is lost: what `syn` does not understand is a piece as well.

mod layout;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use serde::{Deserialize, Serialize};
use syn::spanned::Spanned as _;
use syn::{AttrStyle, Attribute, ImplItem, Item};

use crate::edit::Span;
use crate::old_words;

/// Groups within groups, above which a text is refused: what follows recurses.
const DEPTH: usize = 200;

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PieceKind {
    /// Free, or in an inherent impl.
    Function,
    Const,
    Static,
    Struct,
    Enum,
    Union,
    TypeAlias,
    Trait,
    TraitAlias,
    /// With its text in place, or in a file of its own.
    Module,
    Use,
    ExternCrate,
    /// `impl S { … }`; what is in it are pieces of their own.
    InherentImpl,
    /// Whole.
    TraitImpl,
    /// `extern "C" { … }`, whole.
    ForeignBlock,
    /// `macro_rules!` and `macro`.
    Macro,
    /// An item made by a macro: `thread_local! { … }`.
    MacroCall,
    /// Syntax that is not understood; whole.
    Other,
}

/// A part of a file that is kept or goes.
pub(crate) struct Piece {
    pub(crate) kind: PieceKind,
    pub(crate) name: Option<String>,
    /// With attributes, docs, comments, blank lines above and the end of the line.
    pub(crate) span: Span,
    /// From the first attribute to the last token.
    pub(crate) tokens: Span,
    /// The name; `impl`, `use`, the path of a macro call.
    pub(crate) at: u32,
    /// The piece it stands in, by index.
    pub(crate) parent: Option<usize>,
    /// Without what are pieces of their own.
    pub(crate) node: Node,
}

#[expect(clippy::large_enum_variant, reason = "most of them are the large one")]
pub(crate) enum Node {
    Item(Item),
    Associated(Box<ImplItem>),
}

impl ToTokens for Node {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Item(item) => item.to_tokens(tokens),
            Self::Associated(item) => item.to_tokens(tokens),
        }
    }
}

/// A file in pieces. Spans of `syn` are only good on the thread that cut it.
pub(crate) struct Cut {
    /// Those that stand in others after them.
    pub(crate) pieces: Vec<Piece>,
    /// Inner attributes of the file.
    pub(crate) inner: Vec<Attribute>,
    pub(crate) places: Places,
}

/// From spans of tokens to bytes of the file.
#[derive(Clone, Copy)]
pub(crate) struct Places {
    /// A byte order mark and a `#!` line come before what is parsed.
    base: u32,
}

impl Places {
    pub(crate) fn of(self, what: &impl ToTokens) -> Span {
        self.span(what.span())
    }

    pub(crate) fn span(self, span: proc_macro2::Span) -> Span {
        let range = span.byte_range();
        let byte = |offset: usize| {
            u32::try_from(offset)
                .unwrap_or(u32::MAX)
                .saturating_add(self.base)
        };
        Span::new(byte(range.start), byte(range.end))
    }
}

/// Why a text cannot be cut.
#[derive(Debug)]
pub(crate) struct NotCut {
    /// 1-based.
    pub(crate) line: usize,
    pub(crate) what: String,
}

/// # Errors
/// When the text is no Rust, or nested beyond reason.
pub(crate) fn cut(text: &str) -> Result<Cut, NotCut> {
    let base = base(text);
    let line = |line: usize| line + text[..base].matches('\n').count();
    if u32::try_from(text.len()).is_err() {
        return Err(NotCut {
            line: 1,
            what: "it is larger than 4 GiB".into(),
        });
    }
    let tokens: TokenStream =
        text[base..]
            .parse()
            .map_err(|why: proc_macro2::LexError| NotCut {
                line: line(why.span().start().line),
                what: why.to_string(),
            })?;
    if let Some(at) = too_deep(tokens.clone(), DEPTH) {
        return Err(NotCut {
            line: line(at),
            what: format!("more than {DEPTH} brackets within each other"),
        });
    }
    let file = old_words::parse_file(tokens).map_err(|why| NotCut {
        line: line(why.span().start().line),
        what: why.to_string(),
    })?;
    let places = Places {
        base: u32::try_from(base).unwrap_or(u32::MAX),
    };
    let mut cutter = Cutter {
        text,
        places,
        pieces: Vec::new(),
    };
    let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let start = after_inner(places, &file.attrs).unwrap_or(places.base);
    let container = layout::Container {
        text,
        start,
        end,
        file: true,
        opened: start != places.base,
    };
    let nodes = file.items.into_iter().map(Node::Item).collect();
    cutter.nodes(nodes, &container, None);
    Ok(Cut {
        pieces: cutter.pieces,
        inner: file.attrs,
        places,
    })
}

/// Where the tokens of a file begin.
fn base(text: &str) -> usize {
    let mark = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let rest = &text[mark..];
    if !rest.starts_with("#!") || rest[2..].trim_start().starts_with('[') {
        return mark;
    }
    mark + rest.find('\n').map_or(rest.len(), |end| end + 1)
}

/// The line at which brackets are nested too deeply.
fn too_deep(tokens: TokenStream, left: usize) -> Option<usize> {
    tokens.into_iter().find_map(|token| {
        let TokenTree::Group(group) = token else {
            return None;
        };
        if left == 0 {
            return Some(group.span_open().start().line);
        }
        too_deep(group.stream(), left - 1)
    })
}

fn after_inner(places: Places, attrs: &[Attribute]) -> Option<u32> {
    attrs
        .iter()
        .filter(|attr| matches!(attr.style, AttrStyle::Inner(_)))
        .map(|attr| places.of(attr).end)
        .max()
}

struct Cutter<'a> {
    text: &'a str,
    places: Places,
    pieces: Vec<Piece>,
}

impl Cutter<'_> {
    fn nodes(&mut self, nodes: Vec<Node>, container: &layout::Container, parent: Option<usize>) {
        let tokens: Vec<Span> = nodes.iter().map(|node| self.places.of(node)).collect();
        let spans = layout::spans(container, &tokens);
        for ((node, tokens), span) in nodes.into_iter().zip(tokens).zip(spans) {
            self.node(node, tokens, span, parent);
        }
    }

    fn node(&mut self, mut node: Node, tokens: Span, span: Span, parent: Option<usize>) {
        let (kind, name, at) = describe(&node);
        let (within, brace) = take_within(&mut node);
        let inner = match &node {
            Node::Item(Item::Mod(item)) => after_inner(self.places, &item.attrs),
            Node::Item(Item::Impl(item)) => after_inner(self.places, &item.attrs),
            _ => None,
        };
        let index = self.pieces.len();
        self.pieces.push(Piece {
            kind,
            name,
            span,
            tokens,
            at: at.map_or(tokens.start, |at| self.places.span(at).start),
            parent,
            node,
        });
        let Some(brace) = brace else {
            return;
        };
        let open = self.places.span(brace.open()).end;
        let container = layout::Container {
            text: self.text,
            start: inner.unwrap_or(open).max(open),
            end: self.places.span(brace.close()).start,
            file: false,
            opened: true,
        };
        self.nodes(within, &container, Some(index));
    }
}

/// Takes out what are pieces of their own, and says between which braces they stand.
fn take_within(node: &mut Node) -> (Vec<Node>, Option<proc_macro2::extra::DelimSpan>) {
    match node {
        Node::Item(Item::Mod(item)) => match &mut item.content {
            Some((brace, items)) => {
                let items = std::mem::take(items).into_iter().map(Node::Item).collect();
                (items, Some(brace.span))
            }
            None => (Vec::new(), None),
        },
        Node::Item(Item::Impl(item)) if item.trait_.is_none() => {
            let items = std::mem::take(&mut item.items);
            let items = items
                .into_iter()
                .map(|item| Node::Associated(Box::new(item)))
                .collect();
            (items, Some(item.brace_token.span))
        }
        _ => (Vec::new(), None),
    }
}

type Description = (PieceKind, Option<String>, Option<proc_macro2::Span>);

fn describe(node: &Node) -> Description {
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

#[cfg(test)]
mod tests;
