//! What a newer edition writes in another way: words that became keywords, fragments of macros,
//! ranges with three dots.
//!
//! Each has one spelling that means in the newer edition what the old one meant in its own; the
//! compiler's lints for those who migrate (`keyword_idents`, `edition_2024_expr_fragment_specifier`
//! and so on) suggest the same. Tokens are enough for these. Where a trait's name became
//! `dyn Trait` needs to be known by resolution: the compiler says so, see [`Rewrite::said`].
//! Whatever else differs between editions is the compiler's to find, and refused.
//!
//! [`Rewrite::said`]: super::Rewrite::said

use std::ops::Range;

use super::{Job, Out, Rewrite, Source};
use crate::edit::{Edit, Why};
use crate::lexed::{Kind, Lexed};
use crate::old_words::KEYWORDS;

/// Fragments of macros: the word, the edition in which it came to match more, and what means the
/// same since.
pub(crate) const FRAGMENTS: [(&str, u16, &str); 2] =
    [("pat", 2021, "pat_param"), ("expr", 2024, "expr_2021")];
/// The edition without `...` in patterns.
const DOTS: u16 = 2021;
/// What the compiler asks to write before the name of a trait.
pub const DYN: &str = "dyn ";

pub(super) fn rewrite(job: &Job<'_>, out: &mut Out) {
    let changed = Changed::new(job.of);
    if changed.from >= changed.to {
        return;
    }
    for source in &job.sources {
        keywords(job, source, out);
        dots(source, changed, out);
        for rules in &source.outline.macros {
            for matcher in matchers(&source.lexed, rules.open) {
                fragments(source, changed, matcher, out);
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Changed {
    from: u16,
    to: u16,
}

impl Changed {
    fn new(of: Rewrite<'_>) -> Self {
        Self {
            from: of.upstream.edition,
            to: of.host.edition,
        }
    }

    fn with(self, edition: u16) -> bool {
        (self.from + 1..=self.to).contains(&edition)
    }
}

/// A name as upstream writes it, in the package's edition: what became a keyword since is raw. For
/// names that other rules write: a byte is edited by the first who asks.
pub(super) fn spelled(of: Rewrite<'_>, word: &str) -> String {
    let changed = Changed::new(of);
    if KEYWORDS
        .iter()
        .any(|&(it, edition)| changed.with(edition) && it == word)
    {
        format!("r#{word}")
    } else {
        word.to_owned()
    }
}

fn keywords(job: &Job<'_>, source: &Source<'_>, out: &mut Out) {
    let lexed = &source.lexed;
    for at in 0..lexed.tokens.len() {
        let word = lexed.str(at);
        let spelled = spelled(job.of, word);
        if lexed.kind(at) == Some(Kind::Word) && spelled != word {
            out.replace(source, (at, at), spelled, Why::Edition);
        }
    }
}

/// `0...9` in patterns, those of macros too; not `(…, ...)` of foreign functions, and not what a
/// macro is called with or matches.
fn dots(source: &Source<'_>, changed: Changed, out: &mut Out) {
    let lexed = &source.lexed;
    if !changed.with(DOTS) {
        return;
    }
    let dot = |at: usize| lexed.kind(at) == Some(Kind::Punct('.'));
    for at in 1..lexed.tokens.len() {
        let joined = dot(at)
            && dot(at + 1)
            && dot(at + 2)
            && lexed.tokens[at].end == lexed.tokens[at + 1].start
            && lexed.tokens[at + 1].end == lexed.tokens[at + 2].start;
        let ends = matches!(lexed.kind(at - 1), Some(Kind::Word | Kind::Literal));
        let next = lexed.kind(at + 3);
        let begins = matches!(
            next,
            Some(Kind::Word | Kind::Literal | Kind::Punct('-' | '$'))
        );
        if joined && ends && begins && !is_argument(source, at) {
            out.replace(source, (at, at + 2), "..=", Why::Edition);
        }
    }
}

/// Whether a token is what a macro is called with, or what one matches.
fn is_argument(source: &Source<'_>, at: usize) -> bool {
    let lexed = &source.lexed;
    let rules = source.outline.macro_around(lexed, at);
    if let Some(rules) = rules {
        let mut matchers = matchers(lexed, rules.open).into_iter();
        return matchers.any(|matcher| matcher.contains(&at));
    }
    let called = |open: usize| {
        let bang = lexed.before(open);
        bang.is_some_and(|bang| {
            lexed.is(bang, "!") && bang > 0 && lexed.kind(bang - 1) == Some(Kind::Word)
        })
    };
    lexed.enclosing(at).any(called)
}

/// The tokens of what the rules of a macro match.
fn matchers(lexed: &Lexed<'_>, open: usize) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let end = lexed.tokens[open].mate;
    let mut at = open + 1;
    while at < end {
        let mate = lexed.tokens[at].mate;
        let is_group = matches!(lexed.kind(at), Some(Kind::Open(_)));
        if is_group && lexed.is(mate + 1, "=>") {
            out.push(at..mate);
        }
        at = if is_group { mate + 1 } else { at + 1 };
    }
    out
}

/// `$name:pat`
fn fragments(source: &Source<'_>, changed: Changed, matcher: Range<usize>, out: &mut Out) {
    let lexed = &source.lexed;
    for at in matcher {
        let declares = lexed.kind(at) == Some(Kind::Punct('$'))
            && lexed.kind(at + 1) == Some(Kind::Word)
            && lexed.is(at + 2, ":");
        if !declares {
            continue;
        }
        for (word, edition, since) in FRAGMENTS {
            if changed.with(edition) && lexed.is(at + 3, word) {
                out.replace(source, (at + 3, at + 3), since, Why::Edition);
            }
        }
    }
}

/// `dyn` where the compiler said that a type is a trait, and where that is still there. Comes after
/// all others, for what was written in the place of the name has it, too.
pub(super) fn traits(job: &Job<'_>, out: &mut Out) {
    for source in &job.sources {
        let said = job.of.said.iter().filter(|said| said.file == source.file);
        for Edit { range, text, .. } in said.flat_map(|said| &said.edits) {
            if !range.is_empty() || text != DYN {
                continue;
            }
            if let Some(at) = source.edited.forward(range.start) {
                out.add_before(source, at, DYN, Why::Edition);
            }
        }
    }
}
