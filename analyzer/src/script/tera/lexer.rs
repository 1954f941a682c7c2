//! A template as pieces: texts, and tags as tokens.

use super::{Result, fail, refuse};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Name(String),
    Text(String),
    Int(i64),
    Sign(&'static str),
}

#[derive(Debug, Clone)]
pub(super) enum Piece {
    Text(String),
    Variable(Vec<Token>),
    Tag(Vec<Token>),
}

/// Cuts a template; `-` at a bracket takes the white space of the one text beside it.
pub(super) fn split(template: &str) -> Result<Vec<Piece>> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut rest = template;
    let mut trims_next = false;
    loop {
        let start = ["{{", "{%", "{#"].iter().filter_map(|mark| rest.find(mark));
        let Some(start) = start.min() else {
            push_text(&mut pieces, rest, &mut trims_next);
            return Ok(pieces);
        };
        push_text(&mut pieces, &rest[..start], &mut trims_next);
        let (mark, inner) = rest[start..].split_at(2);
        if mark == "{#" {
            let Some(end) = inner.find("#}") else {
                return fail("a comment without end");
            };
            rest = &inner[end + 2..];
            continue;
        }
        let inner = match inner.strip_prefix('-') {
            Some(inner) => {
                if let Some(Piece::Text(before)) = pieces.last_mut() {
                    before.truncate(before.trim_end().len());
                }
                inner
            }
            None => inner,
        };
        let close = if mark == "{{" { "}}" } else { "%}" };
        let (tokens, trims, after) = tokens(inner, close)?;
        trims_next = trims;
        rest = after;
        pieces.push(if mark == "{{" {
            Piece::Variable(tokens)
        } else {
            Piece::Tag(tokens)
        });
    }
}

fn push_text(pieces: &mut Vec<Piece>, text: &str, trims: &mut bool) {
    if text.is_empty() {
        return;
    }
    let text = if std::mem::take(trims) {
        text.trim_start()
    } else {
        text
    };
    pieces.push(Piece::Text(text.to_owned()));
}

/// What stands inside of brackets, whether the text behind is trimmed, and the rest.
fn tokens<'a>(text: &'a str, close: &str) -> Result<(Vec<Token>, bool, &'a str)> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        if let Some(after) = rest.strip_prefix(close) {
            return Ok((tokens, false, after));
        }
        if let Some(after) = rest.strip_prefix('-').and_then(|r| r.strip_prefix(close)) {
            return Ok((tokens, true, after));
        }
        let Some(first) = rest.chars().next() else {
            return fail("a tag without end");
        };
        if matches!(first, '"' | '\'' | '`') {
            let inner = &rest[1..];
            let Some(end) = inner.find(first) else {
                return fail("a text without end");
            };
            tokens.push(Token::Text(inner[..end].to_owned()));
            rest = &inner[end + 1..];
        } else if first.is_ascii_alphabetic() || first == '_' {
            let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            tokens.push(Token::Name(rest[..end].to_owned()));
            rest = &rest[end..];
        } else if first.is_ascii_digit() {
            let end = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            match rest[..end].parse() {
                Ok(number) if !rest[end..].starts_with('.') => tokens.push(Token::Int(number)),
                _ => return refuse("a number in a template"),
            }
            rest = &rest[end..];
        } else {
            let signs = ["==", "!=", "=", "|", ",", "(", ")", "[", "]"];
            let Some(sign) = signs.into_iter().find(|sign| rest.starts_with(sign)) else {
                return refuse(format!("`{first}` in a template"));
            };
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        }
    }
}
