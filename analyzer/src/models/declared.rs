//! Which macros a proc-macro crate declares: the functions at its root that the compiler is told
//! of by an attribute.
//!
//! Takes the text of the root file, gives names as callers write them.

use proc_macro2::{TokenStream, TokenTree};
use syn::{Item, Meta};

use super::Kind;

/// `None` when the text does not say it: it does not parse, or a macro may declare more.
pub(crate) fn declared(text: &str) -> Option<Vec<(String, Kind)>> {
    let file = whittle_extract::items::syntax(text).ok()?;
    let mut found = Vec::new();
    for item in &file.items {
        match item {
            Item::Fn(function) => {
                let name = function.sig.ident.to_string();
                for attribute in &function.attrs {
                    found.extend(of_meta(&attribute.meta, &name));
                }
            }
            Item::Macro(call) if call.ident.is_none() => return None,
            _ => {}
        }
    }
    Some(found)
}

fn of_meta(meta: &Meta, function: &str) -> Option<(String, Kind)> {
    let (path, tokens) = match meta {
        Meta::Path(path) => (path, TokenStream::new()),
        Meta::List(list) => (&list.path, list.tokens.clone()),
        Meta::NameValue(_) => return None,
    };
    let word = path.get_ident()?.to_string();
    if word == "cfg_attr" {
        return conditional(tokens, function);
    }
    of_word(&word, tokens, function)
}

fn of_word(word: &str, tokens: TokenStream, function: &str) -> Option<(String, Kind)> {
    match word {
        "proc_macro" => Some((function.to_owned(), Kind::Bang)),
        "proc_macro_attribute" => Some((function.to_owned(), Kind::Attribute)),
        "proc_macro_derive" => {
            let TokenTree::Ident(name) = tokens.into_iter().next()? else {
                return None;
            };
            Some((name.to_string(), Kind::Derive))
        }
        _ => None,
    }
}

/// `cfg_attr(not(test), proc_macro_derive(Name))`: declared, whatever the condition.
fn conditional(tokens: TokenStream, function: &str) -> Option<(String, Kind)> {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let TokenTree::Ident(word) = token else {
            continue;
        };
        let inner = match tokens.peek() {
            Some(TokenTree::Group(group)) => group.stream(),
            _ => TokenStream::new(),
        };
        let found = of_word(&word.to_string(), inner, function);
        if found.is_some() {
            return found;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_the_attributes_of_functions() {
        let text = "extern crate proc_macro;\nmacro_rules! m { () => {} }\n\
                    #[proc_macro]\npub fn bang(x: T) -> T { x }\n\
                    #[doc = \"y\"]\n#[proc_macro_attribute]\npub fn attr(a: T, x: T) -> T { x }\n\
                    #[proc_macro_derive(Named, attributes(named))]\npub fn f(x: T) -> T { x }\n\
                    #[cfg_attr(not(test), proc_macro_derive(Other))]\npub fn g(x: T) -> T { x }\n\
                    fn helper() {}\n";
        let found = declared(text).unwrap();
        let names: Vec<(&str, Kind)> = found.iter().map(|(name, kind)| (&**name, *kind)).collect();
        assert_eq!(
            names,
            [
                ("bang", Kind::Bang),
                ("attr", Kind::Attribute),
                ("Named", Kind::Derive),
                ("Other", Kind::Derive),
            ]
        );
        assert!(declared("make! { a }").is_none());
        assert!(declared("fn f(").is_none());
    }
}
