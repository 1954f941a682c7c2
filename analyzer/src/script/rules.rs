//! `macro_rules!`: matching a call's tokens and writing the result.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};

pub(super) struct Rules(Vec<(Vec<Pattern>, TokenStream)>);

enum Pattern {
    Token(TokenTree),
    Group(Delimiter, Vec<Pattern>),
    Fragment(String, String),
    Repeat(Vec<Pattern>, Option<TokenTree>, char),
}

#[derive(Clone)]
enum Bound {
    One(TokenStream),
    Many(Vec<BTreeMap<String, Bound>>),
}

type Bounds = BTreeMap<String, Bound>;

impl Rules {
    pub(super) fn parse(tokens: TokenStream) -> Option<Self> {
        let mut rules = Vec::new();
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let TokenTree::Group(matcher) = token else {
                return None;
            };
            punct(tokens.next()?, '=')?;
            punct(tokens.next()?, '>')?;
            let TokenTree::Group(body) = tokens.next()? else {
                return None;
            };
            rules.push((patterns(matcher.stream(), 0)?, body.stream()));
            if tokens.peek().is_some() {
                punct(tokens.next()?, ';')?;
            }
        }
        Some(Self(rules))
    }

    /// What the call stands for.
    pub(super) fn expand(&self, call: &TokenStream) -> Option<TokenStream> {
        for (patterns, body) in &self.0 {
            let matched = (|input: ParseStream<'_>| {
                let mut bounds = Bounds::new();
                matches(patterns, input, &mut bounds)?;
                if input.is_empty() {
                    Ok(bounds)
                } else {
                    Err(input.error("more"))
                }
            })
            .parse2(call.clone());
            if let Ok(bounds) = matched {
                return write(body.clone(), &bounds, 0);
            }
        }
        None
    }
}

fn punct(token: TokenTree, wanted: char) -> Option<()> {
    matches!(token, TokenTree::Punct(p) if p.as_char() == wanted).then_some(())
}

fn patterns(tokens: TokenStream, depth: usize) -> Option<Vec<Pattern>> {
    if depth > 32 {
        return None;
    }
    let mut out = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(p) if p.as_char() == '$' => match tokens.next()? {
                TokenTree::Group(group) => {
                    let inner = patterns(group.stream(), depth + 1)?;
                    let mut next = tokens.next()?;
                    let mut separator = None;
                    if !matches!(&next, TokenTree::Punct(p) if "*+?".contains(p.as_char())) {
                        separator = Some(next);
                        next = tokens.next()?;
                    }
                    let TokenTree::Punct(how) = next else {
                        return None;
                    };
                    out.push(Pattern::Repeat(inner, separator, how.as_char()));
                }
                TokenTree::Ident(name) => {
                    punct(tokens.next()?, ':')?;
                    let kind = tokens.next()?.to_string();
                    out.push(Pattern::Fragment(name.to_string(), kind));
                }
                _ => return None,
            },
            TokenTree::Group(group) => out.push(Pattern::Group(
                group.delimiter(),
                patterns(group.stream(), depth + 1)?,
            )),
            token => out.push(Pattern::Token(token)),
        }
    }
    Some(out)
}

fn matches(patterns: &[Pattern], input: ParseStream<'_>, bounds: &mut Bounds) -> syn::Result<()> {
    for pattern in patterns {
        match pattern {
            Pattern::Token(wanted) => {
                let token: TokenTree = input.parse()?;
                if token.to_string() != wanted.to_string() {
                    return Err(input.error("another token"));
                }
            }
            Pattern::Group(delimiter, inner) => {
                let token: TokenTree = input.parse()?;
                let TokenTree::Group(group) = token else {
                    return Err(input.error("no group"));
                };
                if group.delimiter() != *delimiter {
                    return Err(input.error("another group"));
                }
                let parse = |input: ParseStream<'_>| {
                    matches(inner, input, bounds)?;
                    if input.is_empty() {
                        Ok(())
                    } else {
                        Err(input.error("more"))
                    }
                };
                parse.parse2(group.stream())?;
            }
            Pattern::Fragment(name, kind) => {
                let tokens = fragment(kind, input)?;
                bounds.insert(name.clone(), Bound::One(tokens));
            }
            Pattern::Repeat(inner, separator, how) => {
                let all = repeat(inner, separator.as_ref(), *how, input)?;
                bind_repeated(inner, all, bounds);
            }
        }
    }
    Ok(())
}

fn repeat(
    inner: &[Pattern],
    separator: Option<&TokenTree>,
    how: char,
    input: ParseStream<'_>,
) -> syn::Result<Vec<Bounds>> {
    let mut all = Vec::new();
    while !input.is_empty() && (how != '?' || all.len() != 1) {
        let ahead = input.fork();
        if !all.is_empty()
            && let Some(separator) = separator
            && ahead.parse::<TokenTree>()?.to_string() != separator.to_string()
        {
            break;
        }
        let mut bounds = Bounds::new();
        if matches(inner, &ahead, &mut bounds).is_err() || ahead.span_eq(input) {
            break;
        }
        syn::parse::discouraged::Speculative::advance_to(input, &ahead);
        all.push(bounds);
    }
    if how == '+' && all.is_empty() {
        return Err(input.error("nothing repeated"));
    }
    Ok(all)
}

trait SpanEq {
    fn span_eq(&self, other: &Self) -> bool;
}

impl SpanEq for syn::parse::ParseBuffer<'_> {
    /// Nothing was taken: a repetition of nothing would go on for ever.
    fn span_eq(&self, other: &Self) -> bool {
        self.cursor() == other.cursor()
    }
}

fn bind_repeated(inner: &[Pattern], all: Vec<Bounds>, bounds: &mut Bounds) {
    let mut names = Vec::new();
    names_of(inner, &mut names);
    for name in names {
        bounds.insert(name, Bound::Many(all.clone()));
    }
}

fn names_of(patterns: &[Pattern], names: &mut Vec<String>) {
    for pattern in patterns {
        match pattern {
            Pattern::Fragment(name, _) => names.push(name.clone()),
            Pattern::Group(_, inner) | Pattern::Repeat(inner, ..) => names_of(inner, names),
            Pattern::Token(_) => {}
        }
    }
}

fn fragment(kind: &str, input: ParseStream<'_>) -> syn::Result<TokenStream> {
    Ok(match kind {
        "expr" | "expr_2021" => {
            let expr: syn::Expr = input.parse()?;
            Group::new(Delimiter::None, expr.to_token_stream()).into_token_stream()
        }
        "ident" => <syn::Ident as syn::ext::IdentExt>::parse_any(input)?.to_token_stream(),
        "literal" => input.parse::<syn::Lit>()?.to_token_stream(),
        "ty" => input.parse::<syn::Type>()?.to_token_stream(),
        "path" => input.parse::<syn::Path>()?.to_token_stream(),
        "block" => input.parse::<syn::Block>()?.to_token_stream(),
        "stmt" => input.parse::<syn::Stmt>()?.to_token_stream(),
        "item" => input.parse::<syn::Item>()?.to_token_stream(),
        "meta" => input.parse::<syn::Meta>()?.to_token_stream(),
        "pat" | "pat_param" => syn::Pat::parse_multi(input)?.to_token_stream(),
        "tt" => input.parse::<TokenTree>()?.to_token_stream(),
        "lifetime" => input.parse::<syn::Lifetime>()?.to_token_stream(),
        _ => return Err(input.error("unknown fragment")),
    })
}

fn write(body: TokenStream, bounds: &Bounds, depth: usize) -> Option<TokenStream> {
    if depth > 32 {
        return None;
    }
    let mut out = TokenStream::new();
    let mut tokens = body.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(p) if p.as_char() == '$' => match tokens.next()? {
                TokenTree::Ident(name) => match bounds.get(&name.to_string()) {
                    Some(Bound::One(tokens)) => out.extend(tokens.clone()),
                    Some(Bound::Many(_)) => return None,
                    // `$crate`
                    None => out.extend([TokenTree::Ident(name)]),
                },
                TokenTree::Group(group) => {
                    let mut next = tokens.next()?;
                    let mut separator = None;
                    if !matches!(&next, TokenTree::Punct(p) if "*+?".contains(p.as_char())) {
                        separator = Some(next);
                        next = tokens.next()?;
                    }
                    punct(next.clone(), '*')
                        .or_else(|| punct(next.clone(), '+'))
                        .or_else(|| punct(next, '?'))?;
                    let turns = turns(&group.stream(), bounds, 0)?;
                    // What is repeated further in stands in the turn's own bounds.
                    let outer: Bounds = bounds
                        .iter()
                        .filter(|(_, bound)| matches!(bound, Bound::One(_)))
                        .map(|(name, bound)| (name.clone(), bound.clone()))
                        .collect();
                    for (index, turn) in turns.iter().enumerate() {
                        if index > 0 {
                            out.extend(separator.clone());
                        }
                        let mut inner = outer.clone();
                        inner.extend(turn.clone());
                        out.extend(write(group.stream(), &inner, depth + 1)?);
                    }
                }
                _ => return None,
            },
            TokenTree::Group(group) => {
                let inner = write(group.stream(), bounds, depth + 1)?;
                let mut made = Group::new(group.delimiter(), inner);
                made.set_span(group.span());
                out.extend([TokenTree::Group(made)]);
            }
            token => out.extend([token]),
        }
    }
    Some(out)
}

/// The repetition that the first repeated name of `body` takes part in.
fn turns(body: &TokenStream, bounds: &Bounds, depth: usize) -> Option<Vec<Bounds>> {
    if depth > 32 {
        return None;
    }
    let mut dollar = false;
    for token in body.clone() {
        match token {
            TokenTree::Punct(p) if p.as_char() == '$' => {
                dollar = true;
                continue;
            }
            TokenTree::Ident(name) if dollar => {
                if let Some(Bound::Many(turns)) = bounds.get(&name.to_string()) {
                    return Some(turns.clone());
                }
            }
            TokenTree::Group(group) => {
                if let Some(found) = turns(&group.stream(), bounds, depth + 1) {
                    return Some(found);
                }
            }
            _ => {}
        }
        dollar = false;
    }
    None
}
