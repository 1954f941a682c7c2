//! What is kept, named and counted.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;

use super::closure::Closure;
use super::names::last_name;
use super::{Figures, SlicedFile, Taken};
use crate::edit::apply;
use crate::pieces::{Node, PieceKind};

/// Kept pieces, but modules, imports and headers, by file and place.
pub(super) fn taken(closure: &Closure) -> Vec<Taken> {
    let index = closure.index;
    let mut out = Vec::new();
    for (id, item) in index.items.iter().enumerate() {
        use PieceKind::{ExternCrate, InherentImpl, Module, TraitImpl, Use};
        let kind = item.piece.kind;
        let around = index.around_in_trait(id);
        let of_impl = around.is_some_and(|id| index.items[id].piece.kind == TraitImpl);
        if !closure.kept[id] || of_impl || matches!(kind, Module | Use | ExternCrate | InherentImpl)
        {
            continue;
        }
        // An impl with its functions.
        let within = index.within.get(&id).filter(|_| kind == TraitImpl);
        let within = within.into_iter().flatten().copied();
        let within: Vec<usize> = within.filter(|&id| closure.kept[id]).collect();
        let (text, places) = (index.text(item.file), index.files[&item.file].places);
        let mut lines = BTreeSet::new();
        let mut is_unsafe = kind == PieceKind::ForeignBlock;
        let mut reached = false;
        for &id in [id].iter().chain(&within) {
            let item = &index.items[id];
            add_lines(item.piece.node.to_token_stream(), text, places, &mut lines);
            is_unsafe |= item.words().all.contains("unsafe");
            reached |= closure.reached.contains(&id);
        }
        out.push(Taken {
            path: path(closure, id),
            kind,
            file: item.file,
            span: item.piece.span,
            at: item.place(),
            lines: count(lines.len()),
            is_unsafe,
            reached,
            missable: !within.is_empty() && !is_of_drop(&item.piece.node),
        });
    }
    out.sort_by_key(|taken| taken.at);
    out
}

fn is_of_drop(node: &Node) -> bool {
    let Node::Item(syn::Item::Impl(item)) = node else {
        return false;
    };
    let path = item.trait_.as_ref().map(|(_, path, _)| path);
    let last = path.and_then(|path| path.segments.last());
    last.is_some_and(|last| last.ident == "Drop")
}

fn path(closure: &Closure, id: usize) -> String {
    let index = closure.index;
    if let Some(path) = index.path(id) {
        return path;
    }
    let item = &index.items[id];
    let module = index.modules[item.module].path.join("::");
    let prefix = if module.is_empty() {
        String::new()
    } else {
        format!("{module}::")
    };
    match &item.piece.node {
        Node::Item(syn::Item::Impl(item)) => {
            let of = item.trait_.as_ref().and_then(|(_, path, _)| {
                path.segments
                    .last()
                    .map(|segment| segment.ident.to_string())
            });
            let name = last_name(&item.self_ty);
            let name = name.unwrap_or_else(|| item.self_ty.to_token_stream().to_string());
            format!("impl {} for {prefix}{name}", of.unwrap_or_default())
        }
        Node::Item(syn::Item::Macro(item)) => format!("{prefix}{}!", macro_name(&item.mac)),
        Node::Associated(item) => match &**item {
            syn::ImplItem::Macro(item) => format!("{prefix}{}!", macro_name(&item.mac)),
            _ => format!("{prefix}_"),
        },
        Node::Provided(_) => format!("{prefix}_"),
        Node::Item(syn::Item::ForeignMod(_)) => format!("{prefix}extern"),
        Node::Item(_) => format!("{prefix}_"),
    }
}

fn macro_name(call: &syn::Macro) -> String {
    let name = call.path.segments.last();
    name.map(|segment| segment.ident.to_string())
        .unwrap_or_default()
}

pub(super) fn figures(closure: &Closure, files: &[SlicedFile], taken: &[Taken]) -> Figures {
    let index = closure.index;
    let mut out = Figures {
        files: count(files.len()),
        items: count(taken.len()),
        ..Figures::default()
    };
    for (id, item) in index.items.iter().enumerate() {
        if closure.kept[id] {
            out.functions += functions(&item.piece.node);
            count_unsafe(item.piece.node.to_token_stream(), &mut out);
        }
    }
    for &file in index.files.keys() {
        out.upstream_lines += text_lines(index.text(file));
    }
    for sliced in files {
        let text = apply(index.text(sliced.file), &sliced.edits);
        out.lines += text.map_or(0, |text| text_lines(&text));
    }
    out
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// With a body, nested ones not counted.
fn functions(node: &Node) -> u32 {
    match node {
        Node::Item(syn::Item::Fn(_)) => 1,
        Node::Associated(item) => u32::from(matches!(**item, syn::ImplItem::Fn(_))),
        Node::Provided(_) => 1,
        Node::Item(_) => 0,
    }
}

fn count_unsafe(tokens: TokenStream, out: &mut Figures) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => count_unsafe(group.stream(), out),
            TokenTree::Ident(word) if word == "unsafe" => match tokens.peek() {
                Some(TokenTree::Group(_)) => out.unsafe_blocks += 1,
                Some(TokenTree::Ident(word)) if word == "impl" => out.unsafe_impls += 1,
                Some(TokenTree::Ident(word)) if word == "fn" || word == "extern" => {
                    out.unsafe_functions += 1;
                }
                _ => {}
            },
            _ => {}
        }
    }
}

/// Lines with tokens on them; doc comments are none.
fn text_lines(text: &str) -> u32 {
    // What was cut once can be parsed; what edits left as well.
    let Ok(cut) = crate::pieces::cut(text) else {
        return 0;
    };
    let mut tokens = TokenStream::new();
    for attr in &cut.inner {
        attr.to_tokens(&mut tokens);
    }
    let mut lines = BTreeSet::new();
    add_lines(tokens, text, cut.places, &mut lines);
    for piece in &cut.pieces {
        add_lines(piece.node.to_token_stream(), text, cut.places, &mut lines);
    }
    count(lines.len())
}

fn add_lines(
    tokens: TokenStream,
    text: &str,
    places: crate::pieces::Places,
    lines: &mut BTreeSet<usize>,
) {
    for token in tokens {
        let start = places.span(token.span()).start as usize;
        // A doc comment is tokens that all begin where it does.
        if text.as_bytes().get(start) == Some(&b'/') && text[start + 1..].starts_with(['/', '*']) {
            continue;
        }
        match token {
            TokenTree::Group(group) => {
                lines.insert(group.span_open().start().line);
                lines.insert(group.span_close().end().line);
                add_lines(group.stream(), text, places, lines);
            }
            token => lines.extend(token.span().start().line..=token.span().end().line),
        }
    }
}
