//! Words that an edition made keywords, and files of the 2015 edition, in which `async`, `await`
//! and `try` are names like others.
//!
//! The parser knows no editions. A text that it does not take as it is may be one with such names:
//! it is tried once more with each of them as `r#async`, at the same bytes. What became a keyword
//! later is a name to the parser, too.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};

/// Words, and the edition in which each became a keyword.
pub(crate) const KEYWORDS: [(&str, u16); 4] = [
    ("async", 2018),
    ("await", 2018),
    ("try", 2018),
    ("gen", 2024),
];

/// A file of Rust.
///
/// # Errors
/// What the parser says of the text as it is.
pub(crate) fn parse_file(tokens: TokenStream) -> syn::Result<syn::File> {
    syn::parse2(tokens.clone()).or_else(|why| syn::parse2(raw(tokens)).map_err(|_| why))
}

fn raw(tokens: TokenStream) -> TokenStream {
    let is_name = |word: &Ident| {
        let mut of_2015 = KEYWORDS.iter().filter(|(_, edition)| *edition == 2018);
        of_2015.any(|(it, _)| word == it)
    };
    let tokens = tokens.into_iter().map(|token| match token {
        TokenTree::Ident(word) if is_name(&word) => {
            TokenTree::Ident(Ident::new_raw(&word.to_string(), word.span()))
        }
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), raw(group.stream()));
            inner.set_span(group.span());
            TokenTree::Group(inner)
        }
        other => other,
    });
    tokens.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<syn::File, String> {
        parse_file(text.parse().unwrap()).map_err(|why| why.to_string())
    }

    #[test]
    fn names_of_2015() {
        let text = "fn async(await: u8) -> Option<u8> {\n    try!(g(await)); None\n}";
        let file = parsed(text).unwrap();
        let syn::Item::Fn(item) = &file.items[0] else {
            panic!("no function first")
        };
        assert_eq!(item.sig.ident, "r#async");
        assert_eq!(item.sig.ident.span().byte_range(), 3..8);
        assert_eq!(
            item.block.brace_token.span.close().byte_range().end,
            text.len()
        );
    }

    #[test]
    fn others_stay_and_what_is_wrong_is_said_of_the_text() {
        let file = parsed("async fn f() { g().await }").unwrap();
        assert!(matches!(&file.items[0], syn::Item::Fn(item) if item.sig.asyncness.is_some()));
        let why = parsed("async async fn f() {}").map(drop).unwrap_err();
        assert!(!why.contains("r#"), "{why}");
    }
}
