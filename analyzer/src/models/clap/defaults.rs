//! `default_value_t` and its kin: a value, as the text that the parser starts from.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Type;

use super::Dialect;
use super::types::{self, Shape};
use crate::models::{Result, refuse};

/// The call of `default_value` or `default_values` for the option `name`.
pub(super) fn method(
    dialect: Dialect,
    name: &str,
    ty: &Type,
    value: &TokenStream,
    value_enum: bool,
) -> Result<TokenStream> {
    let os = name.ends_with("os_t");
    let (owned, borrowed) = if os {
        (quote!(::std::ffi::OsString), quote!(::std::ffi::OsStr))
    } else {
        (quote!(::std::string::String), quote!(str))
    };
    if name.starts_with("default_values_") {
        if dialect.once_cell || Shape::of(ty) != Shape::Vec {
            return refuse(format!("`{name}` on this type"));
        }
        return Ok(many(os, &owned, types::value(ty), value, value_enum));
    }
    let text = if value_enum {
        quote!(
            clap::ValueEnum::to_possible_value(&val)
                .unwrap()
                .get_name()
                .to_owned()
        )
    } else if os {
        quote!(::std::ffi::OsString::from(val))
    } else {
        quote!(::std::string::ToString::to_string(&val))
    };
    // The name of a possible value is text on either side.
    let (owned, borrowed) = if value_enum {
        (quote!(::std::string::String), quote!(str))
    } else {
        (owned, borrowed)
    };
    if dialect.once_cell {
        return Ok(quote!(.default_value({
            static DEFAULT_VALUE: clap::__derive_refs::once_cell::sync::Lazy<#owned> =
                clap::__derive_refs::once_cell::sync::Lazy::new(|| {
                    let val: #ty = #value;
                    #text
                });
            let s: &'static #borrowed = &*DEFAULT_VALUE;
            s
        })));
    }
    Ok(quote!(.default_value({
        static DEFAULT_VALUE: ::std::sync::OnceLock<#owned> = ::std::sync::OnceLock::new();
        let s = DEFAULT_VALUE.get_or_init(|| {
            let val: #ty = #value;
            #text
        });
        let s: &'static #borrowed = &*s;
        s
    })))
}

fn many(
    os: bool,
    owned: &TokenStream,
    inner: &Type,
    value: &TokenStream,
    value_enum: bool,
) -> TokenStream {
    let text = match (value_enum, os) {
        (true, false) => quote! {
            clap::ValueEnum::to_possible_value(val.borrow()).unwrap().get_name().to_owned()
        },
        (true, true) => quote! {
            clap::ValueEnum::to_possible_value(val.borrow()).unwrap().get_name().to_owned().into()
        },
        (false, false) => quote!(val.borrow().to_string()),
        (false, true) => quote!(val.borrow().into()),
    };
    let (borrowed, as_borrowed) = if os {
        (
            quote!(::std::ffi::OsStr),
            quote!(::std::ffi::OsString::as_os_str),
        )
    } else {
        (quote!(str), quote!(::std::string::String::as_str))
    };
    quote!(.default_values({
        fn iter_to_vals<T>(iterable: impl IntoIterator<Item = T>) -> impl Iterator<Item = #owned>
        where
            T: ::std::borrow::Borrow<#inner>,
        {
            iterable.into_iter().map(|val| #text)
        }
        static DEFAULT_STRINGS: ::std::sync::OnceLock<Vec<#owned>> = ::std::sync::OnceLock::new();
        static DEFAULT_VALUES: ::std::sync::OnceLock<Vec<&#borrowed>> =
            ::std::sync::OnceLock::new();
        DEFAULT_VALUES
            .get_or_init(|| {
                DEFAULT_STRINGS
                    .get_or_init(|| iter_to_vals(#value).collect())
                    .iter()
                    .map(#as_borrowed)
                    .collect()
            })
            .iter()
            .copied()
    }))
}
