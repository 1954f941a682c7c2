//! `indoc`: texts without their indentation. The text is left as it is: what it holds of
//! placeholders stays, and white space reaches nothing.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use super::{Call, Result, refuse};

pub(super) fn indoc(call: &Call<'_>) -> Result<TokenStream> {
    match call.item.clone().into_iter().next() {
        Some(text @ TokenTree::Literal(_)) => Ok(text.into()),
        Some(TokenTree::Group(group)) => Ok(group.stream()),
        _ => refuse("no text"),
    }
}

macro_rules! of_std {
    ($($name:ident: $of:ident;)*) => {
        $(pub(super) fn $name(call: &Call<'_>) -> Result<TokenStream> {
            let arguments = &call.item;
            Ok(quote!($of! { #arguments }))
        })*
    };
}

of_std! {
    formatdoc: format;
    printdoc: print;
    eprintdoc: eprint;
    writedoc: write;
    concatdoc: concat;
}
