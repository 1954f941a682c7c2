//! `paste!`: names put together from parts. Exact: what comes out is what paste makes.

use std::iter::Peekable;

use proc_macro2::token_stream::IntoIter;
use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

use super::{Call, Result, refuse};

pub(super) fn paste(call: &Call<'_>) -> Result<TokenStream> {
    expand(call, call.item.clone(), true, 0)
}

const MAX_DEPTH: usize = 500;

/// What stood before a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Colon,
    Colons,
    Pound,
    PoundBang,
    Other,
}

fn expand(
    call: &Call<'_>,
    input: TokenStream,
    flattens: bool,
    depth: usize,
) -> Result<TokenStream> {
    if depth > MAX_DEPTH {
        return refuse("input that is nested too deep");
    }
    let mut out = TokenStream::new();
    let mut before = Before::Other;
    let mut tokens = input.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => {
                let is_attribute = group.delimiter() == Delimiter::Bracket
                    && matches!(before, Before::Pound | Before::PoundBang);
                before_group(
                    call,
                    &group,
                    before,
                    is_attribute,
                    flattens,
                    depth,
                    &mut out,
                    tokens.peek(),
                )?;
                before = Before::Other;
            }
            TokenTree::Punct(punct) => {
                before = match punct.as_char() {
                    ':' if before == Before::Colon => Before::Colons,
                    ':' if punct.spacing() == Spacing::Joint => Before::Colon,
                    '#' => Before::Pound,
                    '!' if before == Before::Pound => Before::PoundBang,
                    _ => Before::Other,
                };
                out.extend([TokenTree::Punct(punct)]);
            }
            other => {
                before = Before::Other;
                out.extend([other]);
            }
        }
    }
    Ok(out)
}

#[expect(clippy::too_many_arguments, reason = "one step of the loop above")]
fn before_group(
    call: &Call<'_>,
    group: &Group,
    before: Before,
    is_attribute: bool,
    flattens: bool,
    depth: usize,
    out: &mut TokenStream,
    next: Option<&TokenTree>,
) -> Result<()> {
    let (delimiter, content) = (group.delimiter(), group.stream());
    if delimiter == Delimiter::Bracket && is_operation(&content) {
        let pasted = join(&segments(call, inside(content), 0)?)?;
        out.extend(to_tokens(&pasted, group.span())?);
        return Ok(());
    }
    if flattens && delimiter == Delimiter::None && is_single(&content) {
        out.extend(content);
        return Ok(());
    }
    let mut inner = expand(call, content, flattens && !is_attribute, depth + 1)?;
    if is_attribute {
        inner = attribute(call, inner, depth)?;
    }
    // A type or path that goes on, or that something leads to, is no longer one token.
    let is_path = matches!(next, Some(TokenTree::Punct(p)) if p.as_char() == ':' && p.spacing() == Spacing::Joint);
    if delimiter == Delimiter::None && (before == Before::Colons || is_path) {
        out.extend(inner);
        return Ok(());
    }
    let mut made = Group::new(delimiter, inner);
    made.set_span(group.span());
    out.extend([TokenTree::Group(made)]);
    Ok(())
}

/// `[< … >]`
fn is_operation(content: &TokenStream) -> bool {
    let all: Vec<TokenTree> = content.clone().into_iter().collect();
    let is = |token: &TokenTree, c: char| matches!(token, TokenTree::Punct(p) if p.as_char() == c);
    match all.as_slice() {
        [first, inner @ .., last] => {
            is(first, '<')
                && is(last, '>')
                && !inner.is_empty()
                && !inner.iter().any(|t| is(t, '>'))
        }
        _ => false,
    }
}

fn inside(content: TokenStream) -> TokenStream {
    let count = content.clone().into_iter().count();
    content
        .into_iter()
        .skip(1)
        .take(count.saturating_sub(2))
        .collect()
}

/// One name, path, literal or lifetime that a `macro_rules!` handed through.
fn is_single(content: &TokenStream) -> bool {
    let all: Vec<TokenTree> = content.clone().into_iter().collect();
    match all.as_slice() {
        [TokenTree::Literal(_)] => true,
        [TokenTree::Punct(p), TokenTree::Ident(_)] if p.as_char() == '\'' => true,
        [TokenTree::Ident(_), rest @ ..] => rest.chunks(3).all(|part| match part {
            [
                TokenTree::Punct(a),
                TokenTree::Punct(b),
                TokenTree::Ident(_),
            ] => a.as_char() == ':' && a.spacing() == Spacing::Joint && b.as_char() == ':',
            _ => false,
        }),
        _ => false,
    }
}

/// What names are put together from.
enum Segment {
    Text(String),
    Apostrophe,
    Modifier(String),
}

fn segments(call: &Call<'_>, input: TokenStream, depth: usize) -> Result<Vec<Segment>> {
    if depth > MAX_DEPTH {
        return refuse("input that is nested too deep");
    }
    let mut found = Vec::new();
    let mut tokens = input.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                let name = name.strip_prefix("r#").unwrap_or(&name);
                found.push(match variable(call, name, &mut tokens)? {
                    Some(value) => Segment::Text(value.replace('-', "_")),
                    None => Segment::Text(name.to_owned()),
                });
            }
            TokenTree::Literal(literal) => found.push(Segment::Text(part(&literal)?)),
            TokenTree::Punct(punct) => match (punct.as_char(), tokens.peek()) {
                ('_', _) => found.push(Segment::Text("_".to_owned())),
                ('\'', _) => found.push(Segment::Apostrophe),
                (':', Some(TokenTree::Ident(modifier))) => {
                    found.push(Segment::Modifier(modifier.to_string()));
                    tokens.next();
                }
                _ => return refuse(format!("`{punct}` in a name")),
            },
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                found.extend(segments(call, group.stream(), depth + 1)?);
            }
            TokenTree::Group(_) => return refuse("brackets in a name"),
        }
    }
    Ok(found)
}

/// `env!("NAME")`
fn variable(
    call: &Call<'_>,
    name: &str,
    tokens: &mut Peekable<IntoIter>,
) -> Result<Option<String>> {
    let is_call = matches!(tokens.peek(), Some(TokenTree::Punct(p)) if p.as_char() == '!');
    if name != "env" || !is_call {
        return Ok(None);
    }
    tokens.next();
    let Some(TokenTree::Group(arguments)) = tokens.next() else {
        return refuse("`env!` in a name");
    };
    let name: syn::LitStr = syn::parse2(arguments.stream())?;
    match call.variable(&name.value()) {
        Some(value) => Ok(Some(value)),
        None => refuse(format!("the variable `{}` is not set", name.value())),
    }
}

/// A literal as a part of a name.
fn part(literal: &Literal) -> Result<String> {
    let text = literal.to_string();
    if text.contains(['#', '\\', '.', '+']) || text.starts_with('b') {
        return refuse(format!("the literal {text} in a name"));
    }
    let inner = text.strip_prefix('r').unwrap_or(&text);
    let inner = if inner.starts_with(['"', '\'']) && inner.len() >= 2 {
        &inner[1..inner.len() - 1]
    } else {
        text.as_str()
    };
    Ok(inner.replace('-', "_"))
}

fn join(segments: &[Segment]) -> Result<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut is_lifetime = false;
    for segment in segments {
        match segment {
            Segment::Text(text) => parts.push(text.clone()),
            Segment::Apostrophe => is_lifetime = true,
            Segment::Modifier(modifier) => {
                let Some(last) = parts.pop() else {
                    return refuse("a modifier of nothing");
                };
                parts.push(match modifier.as_str() {
                    "lower" => last.to_lowercase(),
                    "upper" => last.to_uppercase(),
                    "snake" => snake(&last),
                    "camel" => camel(&last),
                    _ => return refuse(format!("the modifier `{modifier}`")),
                });
            }
        }
    }
    let name = parts.concat();
    Ok(if is_lifetime {
        format!("'{name}")
    } else {
        name
    })
}

fn snake(name: &str) -> String {
    let (mut out, mut before) = (String::new(), '_');
    for c in name.chars() {
        if c.is_uppercase() && before != '_' {
            out.push('_');
        }
        out.push(c);
        before = c;
    }
    out.to_lowercase()
}

fn camel(name: &str) -> String {
    let (mut out, mut before) = (String::new(), '_');
    for c in name.chars() {
        if c != '_' {
            if before == '_' {
                out.extend(c.to_uppercase());
            } else if before.is_uppercase() {
                out.extend(c.to_lowercase());
            } else {
                out.push(c);
            }
        }
        before = c;
    }
    out
}

/// The name gets the place of the brackets.
fn to_tokens(pasted: &str, span: Span) -> Result<TokenStream> {
    if pasted.starts_with(|c: char| c.is_ascii_digit()) {
        let Ok(mut literal) = pasted.parse::<Literal>() else {
            return refuse(format!("`{pasted}` as a literal"));
        };
        literal.set_span(span);
        return Ok(TokenTree::Literal(literal).into());
    }
    let (apostrophe, name) = match pasted.strip_prefix('\'') {
        Some(name) => (true, name),
        None => (false, pasted),
    };
    let is_name = name.chars().all(|c| c == '_' || c.is_alphanumeric())
        && !name.starts_with(|c: char| c.is_numeric());
    if !is_name || name.is_empty() || name == "_" {
        return refuse(format!("`{pasted}` as a name"));
    }
    let mut out = TokenStream::new();
    if apostrophe {
        let mut mark = Punct::new('\'', Spacing::Joint);
        mark.set_span(span);
        out.extend([TokenTree::Punct(mark)]);
    }
    out.extend([TokenTree::Ident(Ident::new(name, span))]);
    Ok(out)
}

/// `#[name = "a" b "c"]`, also in the parentheses of another: the texts become one.
fn attribute(call: &Call<'_>, content: TokenStream, depth: usize) -> Result<TokenStream> {
    let all: Vec<TokenTree> = content.clone().into_iter().collect();
    let is_path = |token: &TokenTree| match token {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(p) => p.as_char() == ':',
        _ => false,
    };
    let leading = all.iter().take_while(|token| is_path(token)).count();
    match &all[leading..] {
        [TokenTree::Punct(equals), values @ ..]
            if equals.as_char() == '=' && values.len() > 1 && values.iter().all(is_text) =>
        {
            let mut parts = Vec::new();
            for segment in segments_of_text(call, values)? {
                parts.push(segment);
            }
            let text = join(&parts)?;
            let mut out: TokenStream = all[..=leading].iter().cloned().collect();
            out.extend([TokenTree::Literal(Literal::string(&text))]);
            Ok(out)
        }
        [TokenTree::Group(group)]
            if group.delimiter() == Delimiter::Parenthesis && leading > 0 && depth < MAX_DEPTH =>
        {
            let mut inner = TokenStream::new();
            let mut one = TokenStream::new();
            for token in group.stream() {
                if matches!(&token, TokenTree::Punct(p) if p.as_char() == ',') {
                    inner.extend(attribute(call, std::mem::take(&mut one), depth + 1)?);
                    inner.extend([token]);
                } else {
                    one.extend([token]);
                }
            }
            inner.extend(attribute(call, one, depth + 1)?);
            let mut made = Group::new(Delimiter::Parenthesis, inner);
            made.set_span(group.span());
            let mut out: TokenStream = all[..leading].iter().cloned().collect();
            out.extend([TokenTree::Group(made)]);
            Ok(out)
        }
        _ => Ok(content),
    }
}

/// As in names, but texts stand as they are.
fn segments_of_text(call: &Call<'_>, values: &[TokenTree]) -> Result<Vec<Segment>> {
    let mut found = Vec::new();
    let mut rest = TokenStream::new();
    for value in values {
        let text = match value {
            TokenTree::Literal(literal) => syn::parse_str::<syn::LitStr>(&literal.to_string()).ok(),
            _ => None,
        };
        match text {
            Some(text) => {
                found.extend(segments(call, std::mem::take(&mut rest), 0)?);
                found.push(Segment::Text(text.value()));
            }
            None => rest.extend([value.clone()]),
        }
    }
    found.extend(segments(call, rest, 0)?);
    Ok(found)
}

fn is_text(token: &TokenTree) -> bool {
    match token {
        TokenTree::Ident(_) => true,
        TokenTree::Literal(literal) => !literal.to_string().starts_with(['b', '\'']),
        TokenTree::Group(group) => {
            let mut inner = group.stream().into_iter();
            group.delimiter() == Delimiter::None
                && inner.next().is_some_and(|first| is_text(&first))
                && inner.next().is_none()
        }
        TokenTree::Punct(p) => {
            p.as_char() == '\'' || p.as_char() == ':' && p.spacing() == Spacing::Alone
        }
    }
}
