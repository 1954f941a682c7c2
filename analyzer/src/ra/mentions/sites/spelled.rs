//! Where a name may be that of a crate, by the tokens and words around it.
//!
//! For macro arguments, code that the build leaves out, and strings: there is no scope to ask.

use ra_ap_syntax::ast::{self, AstNode};
use ra_ap_syntax::{SyntaxKind, SyntaxNode, SyntaxToken, T, TextRange, TextSize};
use whittle_extract::request::Naming;

/// Without the marker of a raw identifier.
pub(super) fn plain(text: &str) -> &str {
    text.strip_prefix("r#").unwrap_or(text)
}

pub(super) fn part(start: TextSize, at: usize, len: usize) -> TextRange {
    let at = TextSize::try_from(at).unwrap_or_default();
    let len = TextSize::try_from(len).unwrap_or_default();
    TextRange::at(start + at, len)
}

/// Tokens but space and comments, before or after one.
fn neighbour(token: &SyntaxToken, next: bool) -> Option<SyntaxToken> {
    let mut current = token.clone();
    loop {
        current = if next {
            current.next_token()?
        } else {
            current.prev_token()?
        };
        if !current.kind().is_trivia() {
            return Some(current);
        }
    }
}

fn is_colons(token: Option<&SyntaxToken>) -> bool {
    token.is_some_and(|token| matches!(token.kind(), T![::] | T![:]))
}

/// `::name` with nothing before it.
pub(super) fn is_absolute(token: &SyntaxToken) -> bool {
    let mut before = neighbour(token, false);
    let mut any = false;
    while is_colons(before.as_ref()) {
        any = true;
        before = before.and_then(|token| neighbour(&token, false));
    }
    any && !before.is_some_and(|token| is_name(&token))
}

fn is_name(token: &SyntaxToken) -> bool {
    matches!(
        token.kind(),
        SyntaxKind::IDENT | T![crate] | T![self] | T![super] | T![Self] | T![>]
    )
}

/// How an identifier among the arguments of a macro may name a crate: before `::`, behind none
/// that belongs to a path; or in an import.
pub(super) fn in_tokens(token: &SyntaxToken) -> Option<Naming> {
    let before = neighbour(token, false);
    if before
        .as_ref()
        .is_some_and(|before| before.kind() == T![crate])
        && let Some(before) = before.as_ref()
        && neighbour(before, false).is_some_and(|token| token.text() == "extern")
    {
        return Some(Naming::ExternCrate);
    }
    if before.as_ref().is_some_and(|token| token.kind() == T![.]) {
        return None;
    }
    if is_colons(before.as_ref()) && !is_absolute(token) {
        // `x: dep::T` is one colon.
        let double = before.as_ref().is_some_and(|one| {
            one.kind() == T![::]
                || neighbour(one, false)
                    .is_some_and(|other| other.kind() == T![:] && touches(&other, one))
        });
        if double {
            return None;
        }
    }
    let after = neighbour(token, true);
    let double = after.as_ref().is_some_and(|one| {
        one.kind() == T![::]
            || one.kind() == T![:] && one.next_token().is_some_and(|other| other.kind() == T![:])
    });
    if double {
        return Some(Naming::Path);
    }
    before
        .is_some_and(|token| token.text() == "use")
        .then_some(Naming::Import)
}

fn touches(left: &SyntaxToken, right: &SyntaxToken) -> bool {
    left.text_range().end() == right.text_range().start()
}

/// First in an import or an `extern crate`.
pub(super) fn in_import(token: &SyntaxToken) -> bool {
    let parents: Vec<SyntaxNode> = token.parent_ancestors().take(4).collect();
    if parents
        .iter()
        .any(|node| ast::ExternCrate::can_cast(node.kind()))
    {
        return parents
            .first()
            .is_some_and(|node| ast::NameRef::can_cast(node.kind()));
    }
    let Some(segment) = parents
        .iter()
        .find_map(|node| ast::PathSegment::cast(node.clone()))
    else {
        return false;
    };
    let path = segment.parent_path();
    let tree = path
        .top_path()
        .syntax()
        .parent()
        .and_then(ast::UseTree::cast);
    tree.is_some_and(|tree| {
        path.qualifier().is_none()
            && tree
                .syntax()
                .ancestors()
                .skip(1)
                .filter_map(ast::UseTree::cast)
                .all(|outer| outer.path().is_none())
    })
}

/// The name of a method or function: what stands after a dot, `::` or `fn`.
pub(super) fn called(token: &SyntaxToken) -> Option<String> {
    if token.kind() != SyntaxKind::IDENT {
        return None;
    }
    let before = neighbour(token, false)?;
    let is_called = is_colons(Some(&before)) || matches!(before.kind(), T![.] | T![fn]);
    is_called.then(|| plain(token.text()).to_owned())
}

/// The same in a text that need not be code: where brackets or generic arguments follow.
pub(super) fn calls(text: &str) -> impl Iterator<Item = &str> {
    let ends = text.char_indices().filter(|&(at, c)| match c {
        '(' => true,
        ':' => text[at..].starts_with("::<"),
        _ => false,
    });
    ends.filter_map(|(end, _)| {
        let before = &text[..end];
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let start = before.trim_end_matches(is_part);
        let name = &before[start.len()..];
        (!name.is_empty() && start.ends_with(['.', ':'])).then_some(name)
    })
}

/// Where `name` stands as a word of its own.
pub(super) fn words<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name)
        .map(|(at, _)| at)
        .filter(move |&at| {
            let (before, after) = (&text[..at], &text[at + name.len()..]);
            !before.ends_with(is_word) && !after.starts_with(is_word)
        })
}

/// Where `name::` stands first in a path.
pub(super) fn before_path<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    words(text, name).filter(move |&at| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        let inner = before.strip_suffix("::").is_some_and(|before| {
            before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '>')
        });
        after.trim_start().starts_with("::") && !inner
    })
}

pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_in_a_text() {
        let text = "/// like `x.map(|y| T::each::<u8>(y)).sum()`, see a::b and f(x), not x. (";
        let all: Vec<&str> = calls(text).collect();
        assert_eq!(all, ["map", "each", "sum"]);
    }
}
