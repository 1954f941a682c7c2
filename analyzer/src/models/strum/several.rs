//! `EnumIter`, `EnumCount`, `VariantNames`, `VariantArray`, `EnumDiscriminants`.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, format_ident, quote};
use syn::{Fields, Visibility};

use super::options::parse;
use crate::models::attributes::{Value, settings};
use crate::models::{Call, Result, refuse};

pub(in crate::models) fn enum_count(call: &Call<'_>) -> Result<TokenStream> {
    let it = parse(call)?;
    let krate = &it.krate;
    let count = it.variants.iter().filter(|it| !it.disabled).count();
    Ok(it.implement(
        &quote!(#krate::EnumCount),
        &quote!(const COUNT: usize = #count;),
    ))
}

pub(in crate::models) fn variant_names(call: &Call<'_>) -> Result<TokenStream> {
    let it = parse(call)?;
    let krate = &it.krate;
    let names = it.variants.iter().map(|it| &it.written);
    Ok(it.implement(
        &quote!(#krate::VariantNames),
        &quote!(const VARIANTS: &'static [&'static str] = &[#(#names),*];),
    ))
}

pub(in crate::models) fn variant_array(call: &Call<'_>) -> Result<TokenStream> {
    let it = parse(call)?;
    let (krate, ident) = (&it.krate, &it.input.ident);
    if it
        .variants
        .iter()
        .any(|it| !matches!(it.fields, Fields::Unit))
    {
        return refuse("a variant with fields");
    }
    let names = it.variants.iter().map(|it| &it.ident);
    Ok(it.implement(
        &quote!(#krate::VariantArray),
        &quote!(const VARIANTS: &'static [Self] = &[#(#ident::#names),*];),
    ))
}

pub(in crate::models) fn enum_iter(call: &Call<'_>) -> Result<TokenStream> {
    let it = parse(call)?;
    if !it.generics.params.is_empty() {
        return refuse("an iterator over a generic enum");
    }
    let (krate, ident, visibility) = (&it.krate, &it.input.ident, &it.input.vis);
    let iterator = format_ident!("{ident}Iter");
    let present: Vec<_> = it.variants.iter().filter(|it| !it.disabled).collect();
    let count = present.len();
    let arms = present.iter().enumerate().map(|(index, variant)| {
        let name = &variant.ident;
        let value = match &variant.fields {
            Fields::Unit => TokenStream::new(),
            Fields::Unnamed(fields) => {
                let values = fields
                    .unnamed
                    .iter()
                    .map(|_| quote!(::core::default::Default::default()));
                quote!((#(#values),*))
            }
            Fields::Named(fields) => {
                let names = fields.named.iter().map(|it| &it.ident);
                quote!({ #(#names: ::core::default::Default::default()),* })
            }
        };
        quote!(#index => ::core::option::Option::Some(#ident::#name #value),)
    });
    let item = quote!(::core::option::Option<<Self as Iterator>::Item>);
    Ok(quote! {
        #visibility struct #iterator {
            idx: usize,
            back_idx: usize,
            marker: ::core::marker::PhantomData<()>,
        }
        #[automatically_derived]
        impl ::core::fmt::Debug for #iterator {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct("").field("len", &self.len()).finish()
            }
        }
        #[automatically_derived]
        impl #iterator {
            fn get(&self, idx: usize) -> ::core::option::Option<#ident> {
                match idx { #(#arms)* _ => ::core::option::Option::None }
            }
        }
        #[automatically_derived]
        impl #krate::IntoEnumIterator for #ident {
            type Iterator = #iterator;
            #[inline]
            fn iter() -> #iterator {
                #iterator { idx: 0, back_idx: 0, marker: ::core::marker::PhantomData }
            }
        }
        #[automatically_derived]
        impl Iterator for #iterator {
            type Item = #ident;
            #[inline]
            fn next(&mut self) -> #item { self.nth(0) }
            #[inline]
            fn size_hint(&self) -> (usize, ::core::option::Option<usize>) {
                let t = if self.idx + self.back_idx >= #count {
                    0
                } else {
                    #count - self.idx - self.back_idx
                };
                (t, Some(t))
            }
            #[inline]
            fn nth(&mut self, n: usize) -> #item {
                let idx = self.idx + n + 1;
                if idx + self.back_idx > #count {
                    self.idx = #count;
                    ::core::option::Option::None
                } else {
                    self.idx = idx;
                    #iterator::get(self, idx - 1)
                }
            }
        }
        #[automatically_derived]
        impl ExactSizeIterator for #iterator {
            #[inline]
            fn len(&self) -> usize { self.size_hint().0 }
        }
        #[automatically_derived]
        impl DoubleEndedIterator for #iterator {
            #[inline]
            fn next_back(&mut self) -> #item {
                let back_idx = self.back_idx + 1;
                if self.idx + back_idx > #count {
                    self.back_idx = #count;
                    ::core::option::Option::None
                } else {
                    self.back_idx = back_idx;
                    #iterator::get(self, #count - self.back_idx)
                }
            }
        }
        #[automatically_derived]
        impl ::core::iter::FusedIterator for #iterator {}
        #[automatically_derived]
        impl Clone for #iterator {
            #[inline]
            fn clone(&self) -> #iterator {
                #iterator {
                    idx: self.idx,
                    back_idx: self.back_idx,
                    marker: self.marker.clone(),
                }
            }
        }
    })
}

pub(in crate::models) fn discriminants(call: &Call<'_>) -> Result<TokenStream> {
    let it = parse(call)?;
    let (krate, ident) = (&it.krate, &it.input.ident);
    if it.input.attrs.iter().any(|it| it.path().is_ident("repr")) {
        return refuse("discriminants of an enum with a representation");
    }
    let mut name = format_ident!("{ident}Discriminants");
    let mut visibility = it.input.vis.clone();
    let mut own_visibility = false;
    let (mut derives, mut others) = (Vec::new(), Vec::new());
    for option in settings(&it.input.attrs, "strum_discriminants")? {
        let Value::List(tokens) = &option.value else {
            return refuse("an option of discriminants");
        };
        match option.name().as_str() {
            "derive" => derives.push(tokens.clone()),
            "name" => name = syn::parse2(tokens.clone())?,
            "vis" => {
                visibility = syn::parse2(tokens.clone())?;
                own_visibility = true;
            }
            "doc" => {}
            _ => {
                let path = &option.ident;
                others.push(quote!(#[#path(#tokens)]));
            }
        }
    }
    let variants: Vec<_> = it.variants.iter().map(|it| &it.ident).collect();
    if it.variants.iter().any(|it| {
        it.attributes
            .iter()
            .any(|it| it.path().is_ident("strum_discriminants"))
    }) {
        return refuse("an option of a discriminant");
    }
    let arms: Vec<_> = it
        .variants
        .iter()
        .map(|variant| {
            let (variant, pattern) = (&variant.ident, variant.any_fields());
            quote!(#ident::#variant #pattern => #name::#variant,)
        })
        .collect();
    let body = if arms.is_empty() {
        quote!(unreachable!())
    } else {
        quote!(match val { #(#arms)* })
    };
    let this = it.this();
    let (parameters, _, clause) = it.generics.split_for_impl();
    let mut borrowing = it.generics.clone();
    borrowing.params.insert(0, syn::parse_quote!('_enum));
    let (borrowing, ..) = borrowing.split_for_impl();
    let shown = !own_visibility || matches!(visibility, Visibility::Public(_));
    let into = (call.krate.version.minor >= 27 && shown).then(|| {
        it.implement(
            &quote!(#krate::IntoDiscriminant),
            &quote! {
                type Discriminant = #name;
                #[inline]
                fn discriminant(&self) -> Self::Discriminant {
                    <Self::Discriminant as ::core::convert::From<&Self>>::from(self)
                }
            },
        )
    });
    let derives = derives.into_iter().map(|it| it.to_token_stream());
    Ok(quote! {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, #(#derives),*)]
        #(#others)*
        #visibility enum #name { #(#variants),* }
        #into
        #[automatically_derived]
        impl #parameters ::core::convert::From<#this> for #name #clause {
            #[inline]
            fn from(val: #this) -> #name { #body }
        }
        #[automatically_derived]
        impl #borrowing ::core::convert::From<&'_enum #this> for #name #clause {
            #[inline]
            fn from(val: &'_enum #this) -> #name { #body }
        }
    })
}
