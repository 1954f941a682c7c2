//! `pest_derive::Parser`: a grammar as functions over `pest::ParserState`.
//!
//! The expansion has one function for each rule, and one for each built-in rule that the grammar
//! names. What a function does is written as pest writes it, but each part once: repetitions of
//! the real expansion hold their part twice or as often as they say, which reaches nothing more
//! and doubles with each level. Where versions of pest simplify a grammar differently, what
//! each of them would call is called. The grammar is a file of the package, or in the attribute.

mod builtin;
mod grammar;
mod writer;

use proc_macro2::TokenStream;
use semver::Version;
use syn::{DeriveInput, Expr as RustExpr, ExprLit, Lit, Meta};

use self::writer::Writer;
use super::{Call, Result, refuse};

/// Makes the code; its version is not that of the derive.
const GENERATOR: &str = "pest_generator";
const FIRST: Version = Version::new(2, 1, 0);
const LAST: Version = Version::new(2, 9, 6);
/// Before, grammars are in `src/` only, and there is one for a parser.
const SEVERAL: Version = Version::new(2, 2, 0);

pub(super) fn parser(call: &Call<'_>) -> Result<TokenStream> {
    let Some(version) = call.krate.dependency(GENERATOR) else {
        return refuse("the version of `pest_generator` is not known");
    };
    if *version < FIRST || *version > LAST {
        return refuse(format!("`pest_generator` {version}"));
    }
    let input: DeriveInput = syn::parse2(call.item.clone())?;
    let text = sources(call, &input, version)?;
    let rules = grammar::read(&text)?;
    let writer = Writer::new(&rules, version);
    Ok(writer.write(&input))
}

/// The grammar: several are taken together.
fn sources(call: &Call<'_>, input: &DeriveInput, version: &Version) -> Result<String> {
    let mut texts = Vec::new();
    for attribute in &input.attrs {
        let Meta::NameValue(pair) = &attribute.meta else {
            if attribute.path().is_ident("grammar") || attribute.path().is_ident("grammar_inline") {
                return refuse("`#[grammar]` without a value");
            }
            continue;
        };
        let value = match &pair.value {
            RustExpr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some(text.value()),
            _ => None,
        };
        if pair.path.is_ident("grammar_inline") {
            match value {
                Some(text) => texts.push(text),
                None => return refuse("`#[grammar_inline]` that is no text"),
            }
        } else if pair.path.is_ident("grammar") {
            match value {
                Some(path) => texts.push(file(call, &path, version)?),
                None => return refuse("`#[grammar]` that is no text"),
            }
        }
    }
    if texts.is_empty() || texts.len() > 1 && *version < SEVERAL {
        return refuse("a parser without one grammar");
    }
    Ok(texts.concat())
}

fn file(call: &Call<'_>, path: &str, version: &Version) -> Result<String> {
    let below_src = call.read(&format!("src/{path}"));
    let below_root = if *version < SEVERAL {
        None
    } else {
        call.read(path)
    };
    match (below_root, below_src) {
        // Not every version that looks in both places is known to prefer the same.
        (Some(a), Some(b)) if a != b => refuse(format!("two grammars `{path}`")),
        (Some(text), _) | (None, Some(text)) => Ok(text),
        (None, None) => refuse(format!("the grammar `{path}` is no file of the package")),
    }
}
