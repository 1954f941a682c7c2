//! The local enum `__Field` of a visitor, and how it is read: by number, text and bytes.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

use super::Dialect;
use super::container::{bytes, keys};

/// A field or variant with every key that means it.
pub(super) struct Named<'a> {
    pub(super) ident: Ident,
    pub(super) keys: Vec<&'a str>,
}

impl<'a> Named<'a> {
    pub(super) fn new(ident: Ident, name: &'a str, aliases: &'a [String]) -> Self {
        Self {
            ident,
            keys: keys(name, aliases),
        }
    }
}

/// What happens with a key that means nothing.
pub(super) enum Unknown {
    /// It is ignored, by `__ignore`.
    Ignore,
    /// It is kept for the flattened fields, in `__other`.
    Collect,
    /// It is an error, and `FIELDS` or `VARIANTS` are what was expected.
    Deny,
    /// It means this variant.
    Other(Ident),
}

pub(super) fn field_enum(
    dialect: &Dialect,
    named: &[Named<'_>],
    variants: bool,
    unknown: &Unknown,
) -> TokenStream {
    let private = &dialect.private;
    let idents = named.iter().map(|it| &it.ident);
    let (lifetime, rest) = match unknown {
        Unknown::Collect => (
            Some(quote!(<'de>)),
            Some(quote!(__other(#private::de::Content<'de>),)),
        ),
        Unknown::Ignore => (None, Some(quote!(__ignore,))),
        Unknown::Deny | Unknown::Other(_) => (None, None),
    };
    let methods = methods(dialect, named, variants, unknown);
    let expecting = if variants {
        "variant identifier"
    } else {
        "field identifier"
    };
    quote! {
        #[allow(non_camel_case_types)]
        #[doc(hidden)]
        enum __Field #lifetime { #(#idents,)* #rest }
        #[doc(hidden)]
        struct __FieldVisitor;
        #[automatically_derived]
        impl<'de> _serde::de::Visitor<'de> for __FieldVisitor {
            type Value = __Field #lifetime;
            fn expecting(&self, __formatter: &mut ::core::fmt::Formatter) -> ::core::fmt::Result {
                ::core::fmt::Formatter::write_str(__formatter, #expecting)
            }
            #methods
        }
        #[automatically_derived]
        impl<'de> _serde::Deserialize<'de> for __Field #lifetime {
            #[inline]
            fn deserialize<__D>(
                __deserializer: __D,
            ) -> ::core::result::Result<Self, __D::Error>
            where
                __D: _serde::Deserializer<'de>,
            {
                _serde::Deserializer::deserialize_identifier(__deserializer, __FieldVisitor)
            }
        }
    }
}

/// `fn visit_…<__E>(self, __value: …)`
fn method(name: &str, of: Option<TokenStream>, body: &TokenStream) -> TokenStream {
    let name = quote::format_ident!("{name}");
    let argument = of.map(|of| quote!(, __value: #of));
    quote! {
        fn #name<__E>(self #argument) -> ::core::result::Result<Self::Value, __E>
        where
            __E: _serde::de::Error,
        {
            #body
        }
    }
}

fn methods(
    dialect: &Dialect,
    named: &[Named<'_>],
    variants: bool,
    unknown: &Unknown,
) -> TokenStream {
    let private = &dialect.private;
    let text_arms: Vec<_> = named
        .iter()
        .map(|it| arms(it, |key| quote!(#key)))
        .collect();
    let byte_arms: Vec<_> = named
        .iter()
        .map(|it| {
            arms(it, |key| {
                let key = bytes(key);
                quote!(#key)
            })
        })
        .collect();
    let keyed = |name, of, arms: &[TokenStream], otherwise: TokenStream| {
        method(
            name,
            Some(of),
            &quote!(match __value { #(#arms)* _ => { #otherwise } }),
        )
    };
    if let Unknown::Collect = unknown {
        let content = |expr: TokenStream| quote!(::core::result::Result::Ok(__Field::__other(#private::de::Content::#expr)));
        let plain = [
            ("bool", "Bool"),
            ("i8", "I8"),
            ("i16", "I16"),
            ("i32", "I32"),
            ("i64", "I64"),
            ("u8", "U8"),
            ("u16", "U16"),
            ("u32", "U32"),
            ("u64", "U64"),
            ("f32", "F32"),
            ("f64", "F64"),
            ("char", "Char"),
        ]
        .map(|(ty, variant)| {
            let variant = quote::format_ident!("{variant}");
            let of = quote::format_ident!("{ty}");
            method(
                &format!("visit_{ty}"),
                Some(quote!(#of)),
                &content(quote!(#variant(__value))),
            )
        });
        let unit = method("visit_unit", None, &content(quote!(Unit)));
        let text = keyed(
            "visit_str",
            quote!(&str),
            &text_arms,
            content(quote!(String(#private::ToString::to_string(__value)))),
        );
        let raw = keyed(
            "visit_bytes",
            quote!(&[u8]),
            &byte_arms,
            content(quote!(ByteBuf(__value.to_vec()))),
        );
        let borrowed_text = keyed(
            "visit_borrowed_str",
            quote!(&'de str),
            &text_arms,
            content(quote!(Str(__value))),
        );
        let borrowed_raw = keyed(
            "visit_borrowed_bytes",
            quote!(&'de [u8]),
            &byte_arms,
            content(quote!(Bytes(__value))),
        );
        return quote!(#(#plain)* #unit #text #raw #borrowed_text #borrowed_raw);
    }

    let fixed = match unknown {
        Unknown::Ignore => Some(quote!(::core::result::Result::Ok(__Field::__ignore))),
        Unknown::Other(ident) => Some(quote!(::core::result::Result::Ok(__Field::#ident))),
        Unknown::Deny | Unknown::Collect => None,
    };
    let number_arms = named.iter().enumerate().map(|(index, it)| {
        let (index, ident) = (Literal::u64_suffixed(index as u64), &it.ident);
        quote!(#index => ::core::result::Result::Ok(__Field::#ident),)
    });
    let no_number = fixed.clone().unwrap_or_else(|| {
        let message = format!(
            "{} index 0 <= i < {}",
            if variants { "variant" } else { "field" },
            named.len()
        );
        quote! {
            ::core::result::Result::Err(_serde::de::Error::invalid_value(
                _serde::de::Unexpected::Unsigned(__value),
                &#message,
            ))
        }
    });
    let number = method(
        "visit_u64",
        Some(quote!(u64)),
        &quote!(match __value { #(#number_arms)* _ => #no_number, }),
    );
    let refused = if variants {
        quote!(::core::result::Result::Err(
            _serde::de::Error::unknown_variant(__value, VARIANTS)
        ))
    } else {
        quote!(::core::result::Result::Err(
            _serde::de::Error::unknown_field(__value, FIELDS)
        ))
    };
    let text = keyed(
        "visit_str",
        quote!(&str),
        &text_arms,
        fixed.clone().unwrap_or_else(|| refused.clone()),
    );
    let raw = keyed(
        "visit_bytes",
        quote!(&[u8]),
        &byte_arms,
        fixed.unwrap_or_else(|| {
            quote! {
                let __value = &#private::from_utf8_lossy(__value);
                #refused
            }
        }),
    );
    quote!(#number #text #raw)
}

fn arms(named: &Named<'_>, literal: impl Fn(&str) -> TokenStream) -> TokenStream {
    let ident = &named.ident;
    let literals = named.keys.iter().map(|key| literal(key));
    quote!(#(#literals => ::core::result::Result::Ok(__Field::#ident),)*)
}
