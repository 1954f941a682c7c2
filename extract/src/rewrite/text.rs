//! Lines, margins and literals in a text that is edited.

use crate::edit::Span;
use crate::lexed::{Kind, Lexed};

/// The bytes and what spacing goes with them: the line, when they have one to themselves.
pub(crate) fn with_space(text: &str, span: Span) -> Span {
    let before = text.get(..span.start as usize).unwrap_or_default();
    let after = text.get(span.end as usize..).unwrap_or_default();
    let blank = |c: char| c == ' ' || c == '\t';
    let margin = before.len() - before.trim_end_matches(blank).len();
    let space = after.len() - after.trim_start_matches(blank).len();
    let rest = &after[space..];
    let line_end = if rest.starts_with("\r\n") {
        2
    } else {
        usize::from(rest.starts_with('\n'))
    };
    let alone = before.trim_end_matches(blank).ends_with('\n') || margin == before.len();
    let (margin, space) = match (alone, line_end > 0 || rest.is_empty()) {
        (true, true) => (margin, space + line_end),
        (_, true) => (margin, 0),
        _ => (0, space),
    };
    Span::new(
        span.start - crate::lexed::offset(margin),
        span.end + crate::lexed::offset(space),
    )
}

/// As [`with_space`]; of the blank lines above and below one goes, too.
pub(crate) fn with_blank_line(text: &str, span: Span) -> Span {
    let span = with_space(text, span);
    let before = text.get(..span.start as usize).unwrap_or_default();
    let after = text.get(span.end as usize..).unwrap_or_default();
    let line = after.find('\n').map_or(after.len(), |newline| newline + 1);
    let above = before
        .lines()
        .next_back()
        .is_none_or(|line| line.trim().is_empty());
    let alone = before.is_empty() || before.ends_with('\n');
    if !alone || !above || !after[..line].trim().is_empty() {
        return span;
    }
    Span::new(span.start, span.end + crate::lexed::offset(line))
}

/// What the line of a byte begins with.
pub(crate) fn indent(text: &str, at: u32) -> &str {
    let before = text.get(..at as usize).unwrap_or_default();
    let line = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = &text[line..];
    let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
    &line[..blank]
}

pub(crate) fn newline(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// A string that lexes to `value`.
pub(crate) fn quoted(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() || !c.is_ascii() && !c.is_alphanumeric() => {
                out.extend(c.escape_unicode());
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The value of a string literal without a prefix other than `r`.
pub(crate) fn string(lexed: &Lexed<'_>, at: usize) -> Option<String> {
    if lexed.kind(at) != Some(Kind::Literal) {
        return None;
    }
    syn::parse_str::<syn::LitStr>(lexed.str(at))
        .ok()
        .map(|literal| literal.value())
}
