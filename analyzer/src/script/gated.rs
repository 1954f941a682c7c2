//! Which parts of a source depend on a cfg that is a guess.
//!
//! Takes a file's text and what is known of each cfg (on, off, not known), gives the regions
//! behind `#[cfg(…)]` (and `#![cfg]`, `cfg_attr`, `cfg!`) whose condition is not decided by what
//! is known. Works on tokens, so that the arguments of macros (`cfg_if!`) are seen as well.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::cfg::Condition;

/// Part of a file that exists only if a guess is right, or only if it is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// 1-based, both ends included.
    pub from: usize,
    pub to: usize,
    /// Whether the guess leaves it in.
    pub is_in: bool,
    /// The cfg that is not known.
    pub cfg: String,
    /// Functions with a body in it.
    pub functions: usize,
    /// Every name that stands in it.
    pub names: BTreeSet<String>,
    /// Modules it declares whose text is in files of their own.
    pub modules: Vec<String>,
    /// Files it names with `path = "…"`.
    pub paths: Vec<String>,
}

/// What is known of cfgs: `sure` gives `None` for those that are guesses, `guess` what is
/// taken to hold.
pub struct Known<'a> {
    pub sure: &'a dyn Fn(&str) -> Option<bool>,
    pub guess: &'a dyn Fn(&str) -> bool,
}

/// The regions of a source; `None` when its tokens cannot be read.
#[must_use]
pub fn regions(text: &str, known: &Known<'_>) -> Option<Vec<Region>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let tokens: TokenStream = text.parse().ok()?;
    let mut found = Vec::new();
    walk(tokens, known, &mut found, 0);
    Some(found)
}

/// `None`: depends on a guess, the named cfg.
fn decide(condition: &Condition, known: &Known<'_>) -> Result<bool, String> {
    match condition {
        Condition::Literal(value) => Ok(*value),
        Condition::Flag(flag) => (known.sure)(flag).ok_or_else(|| flag.clone()),
        Condition::Not(part) => decide(part, known).map(|value| !value),
        Condition::All(parts) => decide_all(parts, known, true),
        Condition::Any(parts) => decide_all(parts, known, false),
    }
}

fn decide_all(parts: &[Condition], known: &Known<'_>, all: bool) -> Result<bool, String> {
    let mut open = None;
    for part in parts {
        match decide(part, known) {
            Ok(value) if value != all => return Ok(!all),
            Ok(_) => {}
            Err(flag) => open = Some(flag),
        }
    }
    open.map_or(Ok(all), Err)
}

fn walk(tokens: TokenStream, known: &Known<'_>, found: &mut Vec<Region>, depth: usize) {
    if depth > 256 {
        return;
    }
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        if let Some((condition, word, next)) = attribute(&tokens, at)
            && let Err(cfg) = decide(&condition, known)
        {
            let holds = condition.holds(&known.guess);
            // `if #[cfg(…)] { … } else { … }` of the macro `cfg_if`.
            let is_branch = at > 0 && is_word(&tokens[at - 1], "if");
            let end = if is_branch {
                (next + 1).min(tokens.len())
            } else {
                end_of_item(&tokens, next)
            };
            let part = match word {
                // The whole group it stands in, or what it decides about: names only.
                Word::Inner | Word::Macro => &tokens[..],
                Word::Attribute => &tokens[at..next],
                Word::Cfg => &tokens[at..end],
            };
            let made = region(part, cfg.clone(), holds && word != Word::Macro);
            if word == Word::Attribute && !made.paths.is_empty() {
                // The module's own file, where it is not the one that is named.
                found.push(region(&tokens[next..end], cfg.clone(), !holds));
            }
            found.push(made);
            if word == Word::Cfg
                && is_branch
                && let Some(keyword) = tokens.get(end)
                && is_word(keyword, "else")
            {
                found.push(region(&tokens[end..], cfg, !holds));
            }
        }
        if let TokenTree::Group(group) = &tokens[at] {
            walk(group.stream(), known, found, depth + 1);
        }
        at += 1;
    }
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Word {
    /// `#[cfg(…)]`
    Cfg,
    /// `#![cfg(…)]`
    Inner,
    /// `#[cfg_attr(…, …)]`
    Attribute,
    /// `cfg!(…)`
    Macro,
}

/// A condition that begins at a token, and where what follows it begins.
fn attribute(tokens: &[TokenTree], at: usize) -> Option<(Condition, Word, usize)> {
    let punct = |at: usize, wanted: char| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == wanted);
    if let TokenTree::Ident(name) = &tokens[at]
        && name == "cfg"
        && punct(at + 1, '!')
        && let Some(TokenTree::Group(group)) = tokens.get(at + 2)
    {
        return Some((Condition::read(group.stream())?, Word::Macro, at + 3));
    }
    if !punct(at, '#') {
        return None;
    }
    let inner = punct(at + 1, '!');
    let group = at + 1 + usize::from(inner);
    let Some(TokenTree::Group(brackets)) = tokens.get(group) else {
        return None;
    };
    let mut content = brackets.stream().into_iter();
    let (Some(TokenTree::Ident(name)), Some(TokenTree::Group(arguments))) =
        (content.next(), content.next())
    else {
        return None;
    };
    if name == "cfg" {
        let word = if inner { Word::Inner } else { Word::Cfg };
        return Some((Condition::read(arguments.stream())?, word, group + 1));
    }
    if name == "cfg_attr" {
        let comma = |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == ',');
        let condition = arguments
            .stream()
            .into_iter()
            .take_while(|t| !comma(t))
            .collect();
        return Some((Condition::read(condition)?, Word::Attribute, group + 1));
    }
    None
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(it) if it == word)
}

/// Items that end with their body, if they have one.
const WITH_BODY: [&str; 12] = [
    "fn",
    "struct",
    "enum",
    "impl",
    "trait",
    "union",
    "mod",
    "use",
    "type",
    "macro_rules",
    "extern",
    "macro",
];

/// Statements that may end with a block.
const BLOCKS: [&str; 6] = ["if", "match", "for", "while", "loop", "unsafe"];

/// Whether what stands behind a block is another statement or item.
fn begins_anew(token: Option<&TokenTree>) -> bool {
    match token {
        None => true,
        Some(TokenTree::Ident(word)) => !["else", "in", "as"].iter().any(|it| word == it),
        Some(TokenTree::Punct(p)) => p.as_char() == '#',
        Some(_) => false,
    }
}

/// Where the item, statement, field or arm ends that begins at a token. Rather too late than
/// too early: what is taken to depend on a guess without doing so is only known less surely.
fn end_of_item(tokens: &[TokenTree], from: usize) -> usize {
    let mut start = from;
    // Further attributes, visibility, and words before the one that says what it is.
    let kind = loop {
        match tokens.get(start) {
            Some(TokenTree::Punct(p)) if p.as_char() == '#' => start += 2,
            Some(TokenTree::Ident(word)) => {
                let word = word.to_string();
                let follows = |word: &str| tokens.get(start + 1).is_some_and(|t| is_word(t, word));
                match word.as_str() {
                    "pub" => {
                        let scope = tokens.get(start + 1);
                        start += 1 + usize::from(matches!(scope, Some(TokenTree::Group(_))));
                    }
                    "unsafe" | "async" | "const" | "default"
                        if WITH_BODY.into_iter().any(follows)
                            || ["unsafe", "async"].into_iter().any(follows) =>
                    {
                        start += 1;
                    }
                    _ => break word,
                }
            }
            _ => break String::new(),
        }
    };
    let has_body = WITH_BODY.contains(&kind.as_str());
    let to_semicolon = matches!(kind.as_str(), "let" | "const" | "static");
    let is_block =
        BLOCKS.contains(&kind.as_str()) || matches!(tokens.get(start), Some(TokenTree::Group(_)));
    let mut angles = 0usize;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let is_macro =
                    at > 0 && matches!(&tokens[at - 1], TokenTree::Punct(p) if p.as_char() == '!');
                let may_end = is_block || is_macro;
                if angles == 0 && (has_body || may_end && begins_anew(tokens.get(at + 1))) {
                    return at + 1;
                }
            }
            TokenTree::Punct(p) => match p.as_char() {
                ';' => return at + 1,
                ',' if angles == 0 && !has_body && !to_semicolon => return at + 1,
                '<' => angles += 1,
                '>' if !is_arrow(tokens, at) => angles = angles.saturating_sub(1),
                _ => {}
            },
            _ => {}
        }
    }
    tokens.len()
}

/// `->`, `=>`
fn is_arrow(tokens: &[TokenTree], at: usize) -> bool {
    at > 0 && matches!(&tokens[at - 1], TokenTree::Punct(p) if matches!(p.as_char(), '-' | '='))
}

fn region(tokens: &[TokenTree], cfg: String, is_in: bool) -> Region {
    let from = tokens.first().map_or(1, |t| t.span().start().line);
    let to = tokens.last().map_or(from, |t| t.span().end().line);
    let mut region = Region {
        from,
        to,
        is_in,
        cfg,
        functions: 0,
        names: BTreeSet::new(),
        modules: Vec::new(),
        paths: Vec::new(),
    };
    names(tokens, &mut region, 0);
    region
}

fn names(tokens: &[TokenTree], region: &mut Region, depth: usize) {
    if depth > 256 {
        return;
    }
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(name) => {
                if name == "fn" && matches!(tokens.get(at + 1), Some(TokenTree::Ident(_))) {
                    region.functions += 1;
                }
                if name == "mod"
                    && let (Some(TokenTree::Ident(module)), Some(TokenTree::Punct(end))) =
                        (tokens.get(at + 1), tokens.get(at + 2))
                    && end.as_char() == ';'
                {
                    region.modules.push(module.to_string());
                }
                if name == "path"
                    && let (Some(TokenTree::Punct(_)), Some(TokenTree::Literal(path))) =
                        (tokens.get(at + 1), tokens.get(at + 2))
                    && let Ok(path) = syn::parse_str::<syn::LitStr>(&path.to_string())
                {
                    region.paths.push(path.value());
                }
                region.names.insert(name.to_string());
            }
            TokenTree::Group(group) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                names(&inner, region, depth + 1);
            }
            _ => {}
        }
    }
}

/// Everything in a text: what a file holds whose module depends on a guess.
#[must_use]
pub fn whole(text: &str, cfg: &str, is_in: bool) -> Option<Region> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let tokens: TokenStream = text.parse().ok()?;
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut region = region(&tokens, cfg.to_owned(), is_in);
    (region.from, region.to) = (1, usize::MAX);
    Some(region)
}
