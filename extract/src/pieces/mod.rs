//! What a file consists of, piece by piece: the units that are kept or taken out whole.
//!
//! Takes the text of a file, gives its items in the order of the text, each with the bytes that
//! go with it: attributes, docs, the comments right before it, blank lines above those, and the
//! end of its line. So the pieces of a module never overlap, and a text without some of them has
//! no debris. Modules with their text in place and inherent impls consist of pieces; of a trait its
//! provided methods are pieces of their own, and of a trait's impl its functions, any of which may
//! stand in the place of such a method. Everything else is whole. Nothing is lost: what `syn` does
//! not understand is a piece as well.

mod describe;
mod layout;

use proc_macro2::extra::DelimSpan;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use serde::{Deserialize, Serialize};
use syn::spanned::Spanned as _;
use syn::{AttrStyle, Attribute, ImplItem, Item, TraitItem};

use crate::edit::Span;
use crate::old_words;

/// Groups within groups, above which a text is refused: what follows recurses.
const DEPTH: usize = 200;

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PieceKind {
    /// Free, in an impl, or provided by a trait.
    Function,
    Const,
    Static,
    Struct,
    Enum,
    Union,
    TypeAlias,
    /// With all of its items but provided methods.
    Trait,
    TraitAlias,
    /// With its text in place, or in a file of its own.
    Module,
    Use,
    ExternCrate,
    /// `impl S { … }`; what is in it are pieces of their own.
    InherentImpl,
    /// With all of its items but functions.
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
    Provided(Box<TraitItem>),
}

impl ToTokens for Node {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Item(item) => item.to_tokens(tokens),
            Self::Associated(item) => item.to_tokens(tokens),
            Self::Provided(item) => item.to_tokens(tokens),
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
    let parts = file
        .items
        .into_iter()
        .map(|item| Part::own(Node::Item(item)));
    cutter.parts(parts.collect(), &container, None);
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

/// Of what stands between braces.
enum Part {
    /// A piece of its own.
    Own(Box<Node>),
    /// Part of what is around it; its tokens.
    Around(Span),
}

impl Part {
    fn own(node: Node) -> Self {
        Self::Own(Box::new(node))
    }
}

impl Cutter<'_> {
    fn parts(&mut self, parts: Vec<Part>, container: &layout::Container, parent: Option<usize>) {
        let tokens = parts.iter().map(|part| match part {
            Part::Own(node) => self.places.of(&**node),
            Part::Around(span) => *span,
        });
        let tokens: Vec<Span> = tokens.collect();
        let spans = layout::spans(container, &tokens);
        for ((part, tokens), span) in parts.into_iter().zip(tokens).zip(spans) {
            if let Part::Own(node) = part {
                self.node(*node, tokens, span, parent);
            }
        }
    }

    fn node(&mut self, mut node: Node, tokens: Span, span: Span, parent: Option<usize>) {
        let (kind, name, at) = describe::describe(&node);
        let (within, brace) = self.take_within(&mut node);
        let inner = match &node {
            Node::Item(Item::Mod(item)) => after_inner(self.places, &item.attrs),
            Node::Item(Item::Impl(item)) => after_inner(self.places, &item.attrs),
            Node::Item(Item::Trait(item)) => after_inner(self.places, &item.attrs),
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
        self.parts(within, &container, Some(index));
    }

    /// Takes out what are pieces of their own, and says between which braces they stand.
    fn take_within(&self, node: &mut Node) -> (Vec<Part>, Option<DelimSpan>) {
        let associated = |item| Part::own(Node::Associated(Box::new(item)));
        match node {
            Node::Item(Item::Mod(item)) => match &mut item.content {
                Some((brace, items)) => {
                    let items = std::mem::take(items).into_iter();
                    let parts = items.map(|item| Part::own(Node::Item(item)));
                    (parts.collect(), Some(brace.span))
                }
                None => (Vec::new(), None),
            },
            Node::Item(Item::Impl(item)) if item.trait_.is_none() => {
                let items = std::mem::take(&mut item.items).into_iter();
                (items.map(associated).collect(), Some(item.brace_token.span))
            }
            Node::Item(Item::Impl(item)) => {
                let is_own = |item: &ImplItem| matches!(item, ImplItem::Fn(_));
                let parts = self.split(&mut item.items, is_own, associated);
                (parts, Some(item.brace_token.span))
            }
            Node::Item(Item::Trait(item)) => {
                let provided = |item| Part::own(Node::Provided(Box::new(item)));
                let parts = self.split(&mut item.items, is_provided, provided);
                (parts, Some(item.brace_token.span))
            }
            _ => (Vec::new(), None),
        }
    }

    /// All of `items` in their order; those that are no pieces stay in it.
    fn split<T: ToTokens>(
        &self,
        items: &mut Vec<T>,
        is_own: impl Fn(&T) -> bool,
        own: impl Fn(T) -> Part,
    ) -> Vec<Part> {
        let mut parts = Vec::new();
        for item in std::mem::take(items) {
            if is_own(&item) {
                parts.push(own(item));
            } else {
                parts.push(Part::Around(self.places.of(&item)));
                items.push(item);
            }
        }
        parts
    }
}

/// Has a body, so that impls need not have it.
pub(crate) fn is_provided(item: &TraitItem) -> bool {
    matches!(item, TraitItem::Fn(item) if item.default.is_some())
}

#[cfg(test)]
mod tests;
