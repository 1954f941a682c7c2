//! std's sources without what name resolution and inference never look at.
//!
//! Half of std's text is documentation, and most of what remains for a machine are intrinsics
//! with six attributes each. None of it decides what code means, but every token costs time and
//! memory in the parser and everything after it. Cut out are
//!
//! * documentation, and attributes that only speak to the compiler's back end or lints;
//! * modules under `#[cfg(test)]`: std is never analysed as its own test;
//! * bodies in `core_arch`: intrinsics call nothing that a user could give them, and an instance
//!   of a std function is only walked when its arguments mention something of the user's
//!   (METHOD, "std").
//!
//! Arguments of macros stay as they are, because a macro may ask for any token; so do the
//! patterns of `macro_rules!`. Lines keep their numbers. That nothing changes by it is tested
//! item by item on the installed std.

use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};

/// What may be cut of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// `core::arch`: bodies, too.
    Intrinsics,
    Other,
}

/// Attributes without influence on names, types and reach.
const IDLE: [&str; 11] = [
    "doc",
    "stable",
    "rustc_const_stable",
    "rustc_const_unstable",
    "must_use",
    "inline",
    "cold",
    "track_caller",
    "allow",
    "expect",
    "warn",
];

/// `text` without its idle parts; every line keeps its number.
pub(crate) fn std_source(text: &str, part: Part) -> String {
    let tokens = significant(text);
    let Some(closing) = closing(&tokens) else {
        return text.to_owned();
    };
    let mut slimmer = Slimmer {
        text,
        tokens: &tokens,
        closing: &closing,
        part,
        cuts: Vec::new(),
    };
    slimmer.code(0, tokens.len(), Place::Code);
    without(text, &slimmer.cuts)
}

#[derive(Clone, Copy)]
struct Token {
    kind: TokenKind,
    from: usize,
    to: usize,
}

/// The tokens but space and plain comments.
fn significant(text: &str) -> Vec<Token> {
    let mut at = 0;
    let all = tokenize(text, FrontmatterAllowed::No).map(|token| {
        let from = at;
        at += token.len as usize;
        let kind = token.kind;
        Token { kind, from, to: at }
    });
    all.filter(|token| {
        !matches!(
            token.kind,
            TokenKind::Whitespace
                | TokenKind::LineComment { doc_style: None }
                | TokenKind::BlockComment {
                    doc_style: None,
                    ..
                }
        )
    })
    .collect()
}

/// For each opening token the index of the one that closes it; `None`: they do not match.
fn closing(tokens: &[Token]) -> Option<Vec<usize>> {
    let mut closing = vec![0; tokens.len()];
    let mut open = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::OpenBrace | TokenKind::OpenBracket | TokenKind::OpenParen => open.push(at),
            TokenKind::CloseBrace | TokenKind::CloseBracket | TokenKind::CloseParen => {
                closing[open.pop()?] = at;
            }
            _ => {}
        }
    }
    open.is_empty().then_some(closing)
}

/// What kind of text is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Code,
    /// The right side of a rule of `macro_rules!`.
    Transcriber,
    /// `$( … )*` in it: must keep a variable.
    Repetition,
}

struct Slimmer<'a> {
    text: &'a str,
    tokens: &'a [Token],
    closing: &'a [usize],
    part: Part,
    /// In order, none within another.
    cuts: Vec<(usize, usize)>,
}

impl<'a> Slimmer<'a> {
    fn kind(&self, at: usize) -> Option<TokenKind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    fn word(&self, at: usize) -> Option<&'a str> {
        let token = self.tokens.get(at)?;
        (token.kind == TokenKind::Ident).then(|| &self.text[token.from..token.to])
    }

    fn opens(&self, at: usize) -> bool {
        matches!(
            self.kind(at),
            Some(TokenKind::OpenBrace | TokenKind::OpenBracket | TokenKind::OpenParen)
        )
    }

    /// Cuts out the tokens from `from` to before `to`.
    fn cut(&mut self, from: usize, to: usize) {
        if from < to {
            self.cuts
                .push((self.tokens[from].from, self.tokens[to - 1].to));
        }
    }

    fn code(&mut self, from: usize, to: usize, place: Place) {
        let mut at = from;
        while at < to {
            at = self.step(at, place);
        }
    }

    /// Looks at what stands at `at` and says where to go on.
    fn step(&mut self, at: usize, place: Place) -> usize {
        match self.tokens[at].kind {
            TokenKind::LineComment { .. } | TokenKind::BlockComment { .. } => {
                self.cut(at, at + 1);
                at + 1
            }
            TokenKind::Pound => self.attribute(at, place),
            TokenKind::Dollar if self.opens(at + 1) => {
                let end = self.closing[at + 1];
                self.code(at + 2, end, Place::Repetition);
                end + 1
            }
            TokenKind::Ident => self.ident(at, place),
            _ => at + 1,
        }
    }

    fn attribute(&mut self, at: usize, place: Place) -> usize {
        let inner = self.kind(at + 1) == Some(TokenKind::Bang);
        let open = at + 1 + usize::from(inner);
        if self.kind(open) != Some(TokenKind::OpenBracket) {
            return at + 1;
        }
        let end = self.closing[open];
        if place == Place::Code
            && self.words(open + 1, &["cfg", "(", "test", ")", "]"])
            && let Some(module_end) = self.module(end + 1)
        {
            self.cut(at, module_end + 1);
            return module_end + 1;
        }
        let idle = self.word(open + 1).is_some_and(|name| IDLE.contains(&name))
            || self.words(open + 1, &["cfg_attr", "(", "test", ","]);
        let needed = place == Place::Repetition
            && (open..end).any(|at| self.kind(at) == Some(TokenKind::Dollar));
        if idle && !needed {
            self.cut(at, end + 1);
        }
        end + 1
    }

    fn words(&self, at: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(offset, word)| {
            self.tokens
                .get(at + offset)
                .is_some_and(|token| &self.text[token.from..token.to] == *word)
        })
    }

    /// The end of `mod name { … }`, behind any attributes.
    fn module(&self, mut at: usize) -> Option<usize> {
        while self.kind(at) == Some(TokenKind::Pound)
            && self.kind(at + 1) == Some(TokenKind::OpenBracket)
        {
            at = self.closing[at + 1] + 1;
        }
        let is_module = self.word(at) == Some("mod")
            && self.word(at + 1).is_some()
            && self.kind(at + 2) == Some(TokenKind::OpenBrace);
        is_module.then(|| self.closing[at + 2])
    }

    fn ident(&mut self, at: usize, place: Place) -> usize {
        let bang = self.kind(at + 1) == Some(TokenKind::Bang);
        match self.word(at) {
            Some("macro_rules") if bang && self.opens(at + 3) => {
                let end = self.closing[at + 3];
                // A macro that makes macros is nobody's to touch.
                if place == Place::Code {
                    self.rules(at + 4, end);
                }
                end + 1
            }
            Some("macro") if self.word(at + 1).is_some() && self.opens(at + 2) => {
                let end = self.closing[at + 2];
                if self.opens(end + 1) {
                    self.closing[end + 1] + 1
                } else {
                    end + 1
                }
            }
            Some("fn") if place == Place::Code && self.part == Part::Intrinsics => {
                self.function(at)
            }
            _ if bang && self.opens(at + 2) => self.closing[at + 2] + 1,
            _ if bang && self.word(at + 2).is_some() && self.opens(at + 3) => {
                self.closing[at + 3] + 1
            }
            _ => at + 1,
        }
    }

    /// `(pattern) => { text };` again and again.
    fn rules(&mut self, from: usize, to: usize) {
        let mut at = from;
        while at < to && self.opens(at) {
            let arrow = self.closing[at] + 1;
            let is_arrow = self.kind(arrow) == Some(TokenKind::Eq)
                && self.kind(arrow + 1) == Some(TokenKind::Gt);
            if !is_arrow || !self.opens(arrow + 2) {
                return;
            }
            let end = self.closing[arrow + 2];
            self.code(arrow + 3, end, Place::Transcriber);
            at = end + 1;
            if self.kind(at) == Some(TokenKind::Semi) {
                at += 1;
            }
        }
    }

    /// Cuts the body of the function whose `fn` stands at `at`.
    fn function(&mut self, at: usize) -> usize {
        if self.word(at + 1).is_none() {
            return at + 1;
        }
        let mut here = at + 2;
        while let Some(kind) = self.kind(here) {
            match kind {
                TokenKind::Semi | TokenKind::CloseBrace => return here,
                TokenKind::OpenParen | TokenKind::OpenBracket => here = self.closing[here] + 1,
                TokenKind::OpenBrace => {
                    let end = self.closing[here];
                    self.cut(here + 1, end);
                    return end + 1;
                }
                _ => here += 1,
            }
        }
        here
    }
}

/// `text` without `cuts`, of which only the line ends remain.
fn without(text: &str, cuts: &[(usize, usize)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for &(from, to) in cuts {
        out.push_str(&text[at..from]);
        out.extend(text[from..to].chars().filter(|&c| c == '\n'));
        at = to;
    }
    out.push_str(&text[at..]);
    out
}

#[cfg(test)]
mod tests;
