//! What is not even parsed: the parser recurs as deep as a text is nested, and a text is a stranger's.

use proc_macro2::{TokenStream, TokenTree};

use crate::ParseError;

/// Deeper nested text is not parsed: the parser would need more stack than there may be.
const DEEPEST: usize = 128;
/// More signs in a row are no program, and the parser recurs on each.
const LONGEST_RUN: usize = 64;
/// Signs and `else`s of one expression: it becomes as deep as it is long.
const LONGEST_CHAIN: usize = 50_000;
/// What is larger was made by a program, and is no code to own.
const LARGEST: usize = 16 << 20;

pub(super) fn check_size(text: &str) -> Result<(), ParseError> {
    if text.len() > LARGEST {
        let top = proc_macro2::LineColumn { line: 1, column: 0 };
        return Err(ParseError::at(top, format!("larger than {LARGEST} bytes")));
    }
    Ok(())
}

pub(super) fn check_depth(tokens: &TokenStream) -> Result<(), ParseError> {
    // Of each open group what is left of it, its signs in a row, and those of one expression.
    let mut stack = vec![(tokens.clone().into_iter(), 0, 0)];
    while let Some((stream, run, chain)) = stack.last_mut() {
        let Some(token) = stream.next() else {
            stack.pop();
            continue;
        };
        match &token {
            TokenTree::Punct(punct) if [',', ';'].contains(&punct.as_char()) => {
                (*run, *chain) = (0, 0);
            }
            TokenTree::Punct(_) => (*run, *chain) = (*run + 1, *chain + 1),
            TokenTree::Ident(word) if *word == "else" => (*run, *chain) = (0, *chain + 1),
            _ => *run = 0,
        }
        if *run > LONGEST_RUN || *chain > LONGEST_CHAIN || stack.len() > DEEPEST {
            let at = token.span().start();
            return Err(ParseError::at(at, "nested too deep".to_owned()));
        }
        if let TokenTree::Group(group) = token {
            stack.push((group.stream().into_iter(), 0, 0));
        }
    }
    Ok(())
}
