//! `EnumString`, `Display`, `AsRefStr`, `IntoStaticStr`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Fields;

use super::options::{Enum, Variant, parse};
use crate::models::attributes::settings;
use crate::models::{Call, Result, refuse};

pub(in crate::models) fn enum_string(call: &Call<'_>) -> Result<TokenStream> {
    let it = parse(call)?;
    let krate = &it.krate;
    let ident = &it.input.ident;
    let (mut error, mut otherwise) = match &it.parse_error {
        Some((ty, function)) => (
            quote!(#ty),
            quote!(::core::result::Result::Err(#function(s))),
        ),
        None => (
            quote!(#krate::ParseError),
            quote!(::core::result::Result::Err(#krate::ParseError::VariantNotFound)),
        ),
    };
    let mut arms = Vec::new();
    for variant in it.variants.iter().filter(|it| !it.disabled) {
        let name = &variant.ident;
        if variant.default {
            error = quote!(#krate::ParseError);
            let value = match &variant.fields {
                Fields::Unnamed(fields) if fields.unnamed.len() == 1 => quote!((s.into())),
                Fields::Named(fields) if fields.named.len() == 1 => {
                    let field = &fields.named[0].ident;
                    quote!({ #field: s.into() })
                }
                _ => return refuse("a default without exactly one field"),
            };
            otherwise = quote!(::core::result::Result::Ok(#ident::#name #value));
            continue;
        }
        let fields = defaults(variant)?;
        let insensitive = variant.case_insensitive.unwrap_or(it.case_insensitive);
        for text in &variant.read {
            arms.push(if insensitive {
                quote!(s if s.eq_ignore_ascii_case(#text) => #ident::#name #fields,)
            } else {
                quote!(#text => #ident::#name #fields,)
            });
        }
    }
    let body = if arms.is_empty() {
        otherwise
    } else {
        quote!(::core::result::Result::Ok(match s { #(#arms)* _ => return #otherwise, }))
    };
    let this = it.this();
    let from = it.implement(
        &quote!(::core::str::FromStr),
        &quote! {
            type Err = #error;
            #[inline]
            fn from_str(
                s: &str,
            ) -> ::core::result::Result<#this, <Self as ::core::str::FromStr>::Err> {
                #body
            }
        },
    );
    let try_from = it.implement(
        &quote!(::core::convert::TryFrom<&str>),
        &quote! {
            type Error = #error;
            #[inline]
            fn try_from(
                s: &str,
            ) -> ::core::result::Result<#this, <Self as ::core::convert::TryFrom<&str>>::Error> {
                ::core::str::FromStr::from_str(s)
            }
        },
    );
    Ok(quote!(#from #try_from))
}

/// Default values of a variant's fields.
fn defaults(variant: &Variant) -> Result<TokenStream> {
    Ok(match &variant.fields {
        Fields::Unit => TokenStream::new(),
        Fields::Unnamed(fields) => match &variant.default_with {
            Some(function) => quote!((#function())),
            None => {
                let values = fields.unnamed.iter().map(|_| quote!(Default::default()));
                quote!((#(#values),*))
            }
        },
        Fields::Named(fields) => {
            let values = fields
                .named
                .iter()
                .map(|field| {
                    let name = &field.ident;
                    let mut value = quote!(Default::default());
                    for it in settings(&field.attrs, "strum")? {
                        if it.ident != "default_with" {
                            return refuse("an option of a field");
                        }
                        let function: syn::Ident = it.literal()?.parse()?;
                        value = quote!(#function());
                    }
                    Ok(quote!(#name: #value))
                })
                .collect::<Result<Vec<_>>>()?;
            quote!({ #(#values),* })
        }
    })
}

pub(in crate::models) fn display(call: &Call<'_>) -> Result<TokenStream> {
    let it = parse(call)?;
    let ident = &it.input.ident;
    let mut arms = it
        .variants
        .iter()
        .filter(|it| !it.disabled)
        .map(|variant| {
            let name = &variant.ident;
            if variant.transparent || variant.default && !variant.has_to_string {
                let pattern = variant.only_field()?;
                return Ok(quote! {
                    #ident::#name #pattern => ::core::fmt::Display::fmt(__field, f),
                });
            }
            let text = &variant.written;
            let plain = variant.any_fields();
            if !text.replace("{{", "").contains('{') {
                return Ok(quote! {
                    #ident::#name #plain => ::core::fmt::Display::fmt(#text, f),
                });
            }
            Ok(match &variant.fields {
                Fields::Unit => return refuse("a text with placeholders for a unit"),
                Fields::Named(fields) => {
                    let names = fields.named.iter().map(|it| &it.ident);
                    quote! {
                        #ident::#name { #(ref #names),* } => {
                            ::core::fmt::Display::fmt(&format_args!(#text), f)
                        }
                    }
                }
                Fields::Unnamed(fields) => {
                    let names: Vec<_> = (0..fields.unnamed.len())
                        .map(|index| format_ident!("field{index}"))
                        .collect();
                    quote! {
                        #ident::#name(#(ref #names),*) => {
                            ::core::fmt::Display::fmt(&format!(#text, #(#names),*), f)
                        }
                    }
                }
            })
        })
        .collect::<Result<Vec<_>>>()?;
    if arms.len() < it.variants.len() {
        arms.push(quote!(_ => panic!("fmt() called on disabled variant."),));
    }
    Ok(it.implement(
        &quote!(::core::fmt::Display),
        &quote! {
            fn fmt(
                &self,
                f: &mut ::core::fmt::Formatter,
            ) -> ::core::result::Result<(), ::core::fmt::Error> {
                match *self { #(#arms)* }
            }
        },
    ))
}

/// Arms that give the text of each variant.
fn arms(it: &Enum, transparent: &TokenStream) -> Result<Vec<TokenStream>> {
    let ident = &it.input.ident;
    let mut arms = it
        .variants
        .iter()
        .filter(|it| !it.disabled)
        .map(|variant| {
            let name = &variant.ident;
            if variant.transparent {
                let pattern = variant.only_field()?;
                return Ok(quote!(#ident::#name #pattern => #transparent(__field),));
            }
            let (pattern, text) = (variant.any_fields(), &variant.written);
            Ok(quote!(#ident::#name #pattern => #text,))
        })
        .collect::<Result<Vec<_>>>()?;
    if arms.len() < it.variants.len() {
        arms.push(quote!(_ => panic!("called on disabled variant."),));
    }
    Ok(arms)
}

pub(in crate::models) fn as_ref_str(call: &Call<'_>) -> Result<TokenStream> {
    let it = parse(call)?;
    let arms = arms(&it, &quote!(::core::convert::AsRef::<str>::as_ref))?;
    Ok(it.implement(
        &quote!(::core::convert::AsRef<str>),
        &quote! {
            #[inline]
            fn as_ref(&self) -> &str { match *self { #(#arms)* } }
        },
    ))
}

pub(in crate::models) fn into_static_str(call: &Call<'_>) -> Result<TokenStream> {
    let it = parse(call)?;
    let arms = arms(&it, &quote!(::core::convert::From::from))?;
    let (this, ident) = (it.this(), &it.input.ident);
    let (parameters, arguments, clause) = it.generics.split_for_impl();
    let mut borrowing = it.generics.clone();
    borrowing
        .params
        .insert(0, syn::parse_quote!('_derivative_strum));
    let (borrowing, ..) = borrowing.split_for_impl();
    let own = it.const_into_str.then(|| {
        quote! {
            #[automatically_derived]
            impl #parameters #ident #arguments #clause {
                pub const fn into_str(&self) -> &'static str { match self { #(#arms)* } }
            }
        }
    });
    let borrowed = if it.const_into_str {
        quote!(x.into_str())
    } else {
        quote!(match *x { #(#arms)* })
    };
    Ok(quote! {
        #own
        #[automatically_derived]
        impl #parameters ::core::convert::From<#this> for &'static str #clause {
            #[inline]
            fn from(x: #this) -> &'static str { match x { #(#arms)* } }
        }
        #[automatically_derived]
        impl #borrowing ::core::convert::From<&'_derivative_strum #this> for &'static str #clause {
            #[inline]
            fn from(x: &'_derivative_strum #this) -> &'static str { #borrowed }
        }
    })
}
