//! Token-exact comparison of a copy with its upstream.
//!
//! Comments and layout are free, tokens are not: doc comments are tokens (attributes), so they
//! count. Tokens are compared after `proc-macro2`'s lexing, which is the compiler's.

use std::fmt::Write as _;

use proc_macro2::{Delimiter, LineColumn, TokenStream, TokenTree};
use quote::ToTokens as _;

/// The text is no Rust tokens, or no items.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct ParseError {
    /// 1-based.
    pub line: usize,
    /// 0-based, in characters.
    pub column: usize,
    pub what: String,
}

impl ParseError {
    pub(crate) fn at(at: LineColumn, what: String) -> Self {
        error(at, what)
    }
}

/// A token of the copy that upstream does not have at that place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: `{token}` is not upstream's")]
pub struct Mismatch {
    /// 1-based, in the copy.
    pub line: usize,
    pub token: String,
}

/// Checks that `copy` is `upstream` with whole tokens taken out, in order, and says how many
/// tokens were taken out.
///
/// # Errors
/// The outer error when a text is no Rust, the inner one for the first token that is not
/// upstream's.
pub fn deletions(upstream: &str, copy: &str) -> Result<Result<usize, Mismatch>, ParseError> {
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

/// A hash of each item of a file by its name, in order: FNV-1a over its tokens, so that layout
/// and comments make no difference. Items without a name (`use`, `impl`, macro calls) go by
/// their first tokens.
///
/// # Errors
/// When the text does not parse as a file.
pub fn item_hashes(text: &str) -> Result<Vec<(String, u64)>, ParseError> {
    let file = syn::parse_file(text).map_err(|why| error(why.span().start(), why.to_string()))?;
    Ok(file
        .items
        .iter()
        .map(|item| {
            let tokens = item.to_token_stream();
            (name(item), hash(&tokens))
        })
        .collect())
}

fn name(item: &syn::Item) -> String {
    let ident = match item {
        syn::Item::Const(item) => &item.ident,
        syn::Item::Enum(item) => &item.ident,
        syn::Item::Fn(item) => &item.sig.ident,
        syn::Item::Mod(item) => &item.ident,
        syn::Item::Static(item) => &item.ident,
        syn::Item::Struct(item) => &item.ident,
        syn::Item::Trait(item) => &item.ident,
        syn::Item::Type(item) => &item.ident,
        syn::Item::Union(item) => &item.ident,
        syn::Item::Impl(item) => {
            let mut text = String::from("impl");
            if let Some((_, path, _)) = &item.trait_ {
                let _ = write!(text, " {} for", path.to_token_stream());
            }
            let _ = write!(text, " {}", item.self_ty.to_token_stream());
            return text;
        }
        other => {
            let words: Vec<String> = other
                .to_token_stream()
                .into_iter()
                .take(6)
                .map(|token| token.to_string())
                .collect();
            return words.join(" ");
        }
    };
    ident.to_string()
}

/// FNV-1a, 64 bit: stable across platforms and versions, and not for security.
fn hash(tokens: &TokenStream) -> u64 {
    let mut out = Vec::new();
    flatten(tokens.clone(), &mut out);
    let bytes = out.iter().flat_map(|token| token.text.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

struct Token {
    text: String,
    line: usize,
}

fn flat(text: &str) -> Result<Vec<Token>, ParseError> {
    let tokens: TokenStream = text
        .parse()
        .map_err(|why: proc_macro2::LexError| error(why.span().start(), why.to_string()))?;
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

fn error(at: LineColumn, what: String) -> ParseError {
    ParseError {
        line: at.line,
        column: at.column,
        what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn hashes_do_not_depend_on_layout() {
        let wide = item_hashes("fn  a ( ) { 1 ; } // x\nstruct S;\nimpl T for S {}").unwrap();
        let tight = item_hashes("fn a(){1;}struct S;impl T for S{}").unwrap();
        assert_eq!(wide, tight);
        let names: Vec<&str> = wide.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "S", "impl T for S"]);
        assert_ne!(item_hashes("fn a() { 2; }").unwrap()[0].1, wide[0].1);
    }
}
