//! Rules of pest itself, and the shape that all rules have.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

pub(super) fn function(name: &Ident, body: &TokenStream) -> TokenStream {
    quote! {
        pub fn #name(
            state: ::std::boxed::Box<::pest::ParserState<'_, Rule>>
        ) -> ::pest::ParseResult<::std::boxed::Box<::pest::ParserState<'_, Rule>>> {
            #body
        }
    }
}

/// A rule that the grammar does not define: one of pest's, or a property of characters.
pub(super) fn builtin(name: &str) -> TokenStream {
    let ranges = |all: &[(char, char)]| {
        let all = all
            .iter()
            .map(|(from, to)| quote!(state.match_range(#from..#to)));
        let all: Vec<TokenStream> = all.collect();
        let (first, others) = (&all[0], &all[1..]);
        quote!(#first #(.or_else(|state| #others))*)
    };
    let body = match name {
        "ANY" => quote!(state.skip(1)),
        "EOI" => quote!(state.rule(Rule::EOI, |state| state.end_of_input())),
        "SOI" => quote!(state.start_of_input()),
        "PEEK" => quote!(state.stack_peek()),
        "PEEK_ALL" => quote!(state.stack_match_peek()),
        "POP" => quote!(state.stack_pop()),
        "POP_ALL" => quote!(state.stack_match_pop()),
        "DROP" => quote!(state.stack_drop()),
        "ASCII_DIGIT" => ranges(&[('0', '9')]),
        "ASCII_NONZERO_DIGIT" => ranges(&[('1', '9')]),
        "ASCII_BIN_DIGIT" => ranges(&[('0', '1')]),
        "ASCII_OCT_DIGIT" => ranges(&[('0', '7')]),
        "ASCII_HEX_DIGIT" => ranges(&[('0', '9'), ('a', 'f'), ('A', 'F')]),
        "ASCII_ALPHA_LOWER" => ranges(&[('a', 'z')]),
        "ASCII_ALPHA_UPPER" => ranges(&[('A', 'Z')]),
        "ASCII_ALPHA" => ranges(&[('a', 'z'), ('A', 'Z')]),
        "ASCII_ALPHANUMERIC" => ranges(&[('a', 'z'), ('A', 'Z'), ('0', '9')]),
        "ASCII" => ranges(&[('\0', '\x7f')]),
        "NEWLINE" => quote! {
            state.match_string("\n")
                .or_else(|state| state.match_string("\r\n"))
                .or_else(|state| state.match_string("\r"))
        },
        property => {
            let property = ident(property);
            quote!(state.match_char_by(::pest::unicode::#property))
        }
    };
    function(&ident(name), &body)
}

/// A rule may have the name of a keyword.
pub(super) fn ident(name: &str) -> Ident {
    syn::parse_str(name).unwrap_or_else(|_| Ident::new_raw(name, Span::call_site()))
}
