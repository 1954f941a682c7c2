//! A file as a flat list of tokens with the bytes they stand at.
//!
//! Rewriting works on tokens and not on a syntax tree: what stands within the arguments of a
//! macro, or in the body of one, is then no different from other code, while strings and comments
//! are never touched. No recursion, so that no nesting of brackets ends the stack.

use std::ops::Range;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::ParseError;
use crate::edit::Span;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier or a keyword, raw or not.
    Word,
    Literal,
    /// `'a`
    Lifetime,
    /// `::`
    PathSep,
    /// `->` and `=>`
    Arrow,
    Punct(char),
    Open(char),
    Close(char),
    /// A doc comment, `true` for those of what encloses them.
    Doc(bool),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Of a bracket the index of the other one, of other tokens their own.
    pub(crate) mate: usize,
    /// Index of the innermost bracket that is open here.
    pub(crate) up: Option<usize>,
}

/// A text and its tokens.
#[derive(Debug)]
pub(crate) struct Lexed<'a> {
    pub(crate) text: &'a str,
    pub(crate) tokens: Vec<Token>,
}

/// Offsets are 32 bit, as the lexer's are.
pub(crate) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl<'a> Lexed<'a> {
    pub(crate) fn new(text: &'a str) -> Result<Self, ParseError> {
        let skipped = before_tokens(text);
        // The lexer keeps every text it has seen for the spans' sake; none of an earlier text is
        // in use here, or anywhere in this crate across calls.
        let stream: TokenStream = text.get(skipped..).unwrap_or_default().parse().map_err(
            |why: proc_macro2::LexError| ParseError {
                line: why.span().start().line + text[..skipped].matches('\n').count(),
                column: why.span().start().column,
                what: why.to_string(),
            },
        )?;
        let mut lexed = Self {
            text,
            tokens: Vec::new(),
        };
        lexed.flatten(stream, skipped);
        Ok(lexed)
    }

    fn flatten(&mut self, stream: TokenStream, skipped: usize) {
        let mut open: Vec<(proc_macro2::token_stream::IntoIter, usize, Range<usize>)> = Vec::new();
        let mut rest = stream.into_iter();
        loop {
            let Some(tree) = rest.next() else {
                let Some((outer, at, close)) = open.pop() else {
                    return;
                };
                let Kind::Open(bracket) = self.tokens[at].kind else {
                    return;
                };
                let up = self.tokens[at].up;
                self.tokens[at].mate = self.tokens.len();
                self.push(Kind::Close(closing(bracket)), close, up);
                let last = self.tokens.len() - 1;
                self.tokens[last].mate = at;
                rest = outer;
                continue;
            };
            let up = open.last().map(|(_, at, _)| *at);
            let range = shift(tree.span().byte_range(), skipped);
            match tree {
                TokenTree::Group(group) => {
                    let Some(bracket) = bracket(group.delimiter()) else {
                        continue;
                    };
                    let start = shift(group.span_open().byte_range(), skipped);
                    let close = shift(group.span_close().byte_range(), skipped);
                    self.push(Kind::Open(bracket), start, up);
                    let at = self.tokens.len() - 1;
                    open.push((
                        std::mem::replace(&mut rest, group.stream().into_iter()),
                        at,
                        close,
                    ));
                }
                TokenTree::Ident(_) => self.word(range, up),
                TokenTree::Literal(_) => self.push(Kind::Literal, range, up),
                TokenTree::Punct(punct) if range.len() > punct.as_char().len_utf8() => {
                    // `#`, perhaps `!`, and brackets, all at the bytes of a doc comment.
                    let mut inner = false;
                    if let Some(TokenTree::Punct(_)) = rest.next() {
                        inner = true;
                        rest.next();
                    }
                    // To the lexer the end of a line may begin with `\r`.
                    let comment = self.text.get(range.clone()).unwrap_or_default();
                    let end = range.start + comment.trim_end_matches('\r').len();
                    self.push(Kind::Doc(inner), range.start..end, up);
                }
                TokenTree::Punct(punct) => self.punct(punct.as_char(), range, up),
            }
        }
    }

    fn word(&mut self, range: Range<usize>, up: Option<usize>) {
        if let Some(last) = self.tokens.last_mut()
            && last.kind == Kind::Punct('\'')
            && last.end == offset(range.start)
        {
            last.kind = Kind::Lifetime;
            last.end = offset(range.end);
            return;
        }
        self.push(Kind::Word, range, up);
    }

    fn punct(&mut self, punct: char, range: Range<usize>, up: Option<usize>) {
        if let Some(last) = self.tokens.last_mut()
            && last.end == offset(range.start)
        {
            let joined = match (last.kind, punct) {
                (Kind::Punct(':'), ':') => Some(Kind::PathSep),
                (Kind::Punct('-' | '='), '>') => Some(Kind::Arrow),
                _ => None,
            };
            if let Some(joined) = joined {
                last.kind = joined;
                last.end = offset(range.end);
                return;
            }
        }
        self.push(Kind::Punct(punct), range, up);
    }

    fn push(&mut self, kind: Kind, range: Range<usize>, up: Option<usize>) {
        self.tokens.push(Token {
            kind,
            start: offset(range.start),
            end: offset(range.end),
            mate: self.tokens.len(),
            up,
        });
    }

    pub(crate) fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// The text of a token; empty behind the end.
    pub(crate) fn str(&self, at: usize) -> &'a str {
        let Some(token) = self.tokens.get(at) else {
            return "";
        };
        self.between(token.start, token.end)
    }

    pub(crate) fn between(&self, start: u32, end: u32) -> &'a str {
        self.text
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }

    /// The name that a word is, raw or not.
    pub(crate) fn name(&self, at: usize) -> Option<&'a str> {
        (self.kind(at)? == Kind::Word).then(|| unraw(self.str(at)))
    }

    pub(crate) fn is(&self, at: usize, text: &str) -> bool {
        self.str(at) == text
    }

    pub(crate) fn before(&self, at: usize) -> Option<usize> {
        at.checked_sub(1)
            .filter(|&before| before < self.tokens.len())
    }

    /// Whether the token before `at` has this text.
    pub(crate) fn after(&self, at: usize, text: &str) -> bool {
        self.before(at).is_some_and(|before| self.is(before, text))
    }

    /// Index of the token that starts at a byte.
    pub(crate) fn at(&self, start: u32) -> Option<usize> {
        self.tokens
            .binary_search_by_key(&start, |token| token.start)
            .ok()
    }

    /// Bytes from the start of one token to the end of another.
    pub(crate) fn span(&self, first: usize, last: usize) -> Span {
        let start = self.tokens.get(first).map_or(0, |token| token.start);
        Span::new(
            start,
            self.tokens.get(last).map_or(start, |token| token.end),
        )
    }

    /// 1-based.
    pub(crate) fn line(&self, at: u32) -> u32 {
        line(self.text, at)
    }

    /// The brackets that are open at a token, from the innermost.
    pub(crate) fn enclosing(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.tokens.get(at).and_then(|token| token.up), |&open| {
            self.tokens.get(open).and_then(|token| token.up)
        })
    }

    /// Whether a `::` at `at` begins a path.
    pub(crate) fn leads(&self, at: usize) -> bool {
        let Some(before) = self.before(at) else {
            return true;
        };
        match self.kind(before) {
            Some(Kind::Word) => {
                is_keyword(self.str(before))
                    && !(self.after(before, "$") || self.after(before, "."))
            }
            Some(Kind::Punct('>')) => {
                // `<T>::f` is written together, `a > ::B` is not.
                self.tokens[before].end != self.tokens[at].start
            }
            Some(Kind::Close(')')) => {
                let open = self.tokens[before].mate;
                self.after(open, "pub")
            }
            Some(Kind::Close(_) | Kind::Arrow | Kind::Open(_) | Kind::Lifetime) => true,
            // `$(…)::*` and the like.
            Some(Kind::Punct(punct)) => punct != '$',
            _ => true,
        }
    }
}

/// 1-based line of a byte.
pub(crate) fn line(text: &str, at: u32) -> u32 {
    let before = text
        .as_bytes()
        .get(..at as usize)
        .unwrap_or(text.as_bytes());
    offset(1 + String::from_utf8_lossy(before).matches('\n').count())
}

/// Bytes that are no tokens: a byte order mark, a `#!` line.
pub(crate) fn before_tokens(text: &str) -> usize {
    let mark = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let rest = &text[mark..];
    let Some(shebang) = rest.strip_prefix("#!") else {
        return mark;
    };
    if shebang.trim_start().starts_with('[') {
        return mark;
    }
    mark + rest.find('\n').unwrap_or(rest.len())
}

pub(crate) fn unraw(word: &str) -> &str {
    word.strip_prefix("r#").unwrap_or(word)
}

fn shift(range: Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}

fn bracket(delimiter: Delimiter) -> Option<char> {
    match delimiter {
        Delimiter::Parenthesis => Some('('),
        Delimiter::Brace => Some('{'),
        Delimiter::Bracket => Some('['),
        Delimiter::None => None,
    }
}

fn closing(open: char) -> char {
    match open {
        '(' => ')',
        '{' => '}',
        _ => ']',
    }
}

/// Keywords that a path may follow.
fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "as" | "box"
            | "break"
            | "const"
            | "do"
            | "dyn"
            | "else"
            | "for"
            | "if"
            | "impl"
            | "in"
            | "let"
            | "loop"
            | "match"
            | "move"
            | "mut"
            | "pub"
            | "ref"
            | "return"
            | "static"
            | "unsafe"
            | "use"
            | "where"
            | "while"
            | "yield"
    )
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn shown(text: &str) -> String {
        let lexed = Lexed::new(text).unwrap();
        let words: Vec<String> = (0..lexed.tokens.len())
            .map(|at| lexed.str(at).to_owned())
            .collect();
        words.join(" ")
    }

    #[test]
    fn tokens_stand_at_their_bytes() {
        let text = "\u{feff}#!/bin/x\n//! ö Doc\n/* c */ fn f<'a>(x: &'a str) -> r#T { \"ö\"; a::b!['x'] }";
        expect![[r#"//! ö Doc fn f < 'a > ( x : & 'a str ) -> r#T { "ö" ; a :: b ! [ 'x' ] }"#]]
            .assert_eq(&shown(text));
    }

    #[test]
    fn brackets_know_each_other() {
        let lexed = Lexed::new("a(b[c]{d})").unwrap();
        assert_eq!(lexed.tokens[1].mate, 9);
        assert_eq!(lexed.tokens[9].mate, 1);
        assert_eq!(lexed.enclosing(4).collect::<Vec<_>>(), [3, 1]);
        assert_eq!(lexed.enclosing(5).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn a_path_that_begins_with_two_colons() {
        let leads = |text: &str| {
            let lexed = Lexed::new(text).unwrap();
            let at = (0..lexed.tokens.len())
                .find(|&at| lexed.kind(at) == Some(Kind::PathSep))
                .unwrap();
            lexed.leads(at)
        };
        for text in [
            "use ::a",
            "x = ::a",
            "-> ::a",
            "&'a ::b",
            "S(pub(crate) ::a)",
            "x > ::a",
        ] {
            assert!(leads(text), "{text}");
        }
        // No path follows the keyword; in 2015 it is a name.
        for text in [
            "a::b", "<T>::b", "$a::b", "$(a)::*", "Self::x", "crate::x", "async::x",
        ] {
            assert!(!leads(text), "{text}");
        }
    }

    #[test]
    fn no_rust_is_an_error_with_its_line() {
        assert_eq!(Lexed::new("#!/x\nfn a() {\n\"").unwrap_err().line, 3);
    }
}
