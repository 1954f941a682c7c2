//! Whether a text is another with whole tokens taken out, for the tests of slicing.
//!
//! Comments and layout are free, tokens are not: doc comments are tokens (attributes), so they
//! count. Tokens are compared after `proc-macro2`'s lexing, which is the compiler's.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::ParseError;

/// A token of the copy that upstream does not have at that place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: `{token}` is not upstream's")]
pub(super) struct Mismatch {
    /// 1-based, in the copy.
    line: usize,
    token: String,
}

/// Checks that `copy` is `upstream` with whole tokens taken out, in order, and says how many
/// tokens were taken out.
///
/// # Errors
/// The outer error when a text is no Rust, the inner one for the first token that is not
/// upstream's.
pub(super) fn deletions(upstream: &str, copy: &str) -> Result<Result<usize, Mismatch>, ParseError> {
    let upstream = flat(upstream)?;
    let copy = flat(copy)?;
    let mut rest = upstream.iter();
    for token in &copy {
        // Taking the earliest match is enough: it leaves the most for what follows.
        if !rest.any(|candidate| candidate.text == token.text) {
            return Ok(Err(Mismatch {
                line: token.line,
                token: token.text.clone(),
            }));
        }
    }
    Ok(Ok(upstream.len() - copy.len()))
}

struct Token {
    text: String,
    line: usize,
}

fn flat(text: &str) -> Result<Vec<Token>, ParseError> {
    let tokens: TokenStream = text.parse().map_err(|why: proc_macro2::LexError| {
        ParseError::at(why.span().start(), why.to_string())
    })?;
    let mut out = Vec::new();
    flatten(tokens, &mut out);
    Ok(out)
}

fn flatten(tokens: TokenStream, out: &mut Vec<Token>) {
    for token in tokens {
        let line = token.span().start().line;
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                out.push(Token {
                    text: open.into(),
                    line,
                });
                flatten(group.stream(), out);
                out.push(Token {
                    text: close.into(),
                    line: group.span_close().start().line,
                });
            }
            other => out.push(Token {
                text: other.to_string(),
                line,
            }),
        }
    }
}

const UPSTREAM: &str = "
    /// Kept.
    pub fn a(x: u32) -> u32 { x + 1 } // a comment
    fn b() {}
    impl S { fn c(&self) {} fn d(&self) {} }
";

#[test]
fn a_copy_may_lose_items_and_methods() {
    let copy = "/// Kept.\npub fn a(x: u32) -> u32 {\n    x + 1\n}\nimpl S { fn d(&self) {} }";
    // `fn b() {}` is six tokens, `fn c(&self) {}` eight.
    assert_eq!(deletions(UPSTREAM, copy), Ok(Ok(14)));
    assert_eq!(deletions(UPSTREAM, UPSTREAM), Ok(Ok(0)));
}

#[test]
fn a_changed_token_is_found_with_its_line() {
    let copy = "/// Kept.\npub fn a(x: u32) -> u32 {\n    x + 2\n}";
    let mismatch = Mismatch {
        line: 3,
        token: "2".into(),
    };
    assert_eq!(deletions(UPSTREAM, copy), Ok(Err(mismatch)));
}

#[test]
fn docs_are_tokens_and_order_counts() {
    assert!(matches!(
        deletions(UPSTREAM, "/// Other.\nfn b() {}"),
        Ok(Err(_))
    ));
    assert!(matches!(
        deletions("fn a() {} fn b() {}", "fn b() {} fn a() {}"),
        Ok(Err(_))
    ));
}

#[test]
fn no_tokens_is_an_error_with_a_place() {
    let ParseError { line, .. } = deletions("fn a() {}", "fn b(\n").unwrap_err();
    assert!(line >= 1);
}
