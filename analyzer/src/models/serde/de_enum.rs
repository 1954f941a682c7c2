//! `Deserialize` for enums, by the way the variant is tagged.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};

use super::adjacent;
use super::container::{Container, Style, Variant};
use super::de::{Form, structure, tuple, visitor};
use super::de_fields::{missing, wrap};
use super::field;
use super::identifier::{Named, Unknown, field_enum};
use super::options::Tag;
use crate::models::{Result, refuse};

pub(super) fn body(container: &Container, variants: &[Variant]) -> Result<TokenStream> {
    if matches!(container.options.tag, Tag::None) {
        return Ok(try_all(container, variants, None));
    }
    let Some(first) = variants.iter().position(|it| it.options.untagged) else {
        return tagged(container, variants);
    };
    let (with_tag, without) = variants.split_at(first);
    let attempt = tagged(container, with_tag)?;
    Ok(try_all(container, without, Some(&attempt)))
}

fn tagged(container: &Container, variants: &[Variant]) -> Result<TokenStream> {
    match &container.options.tag {
        Tag::External => Ok(external(container, variants)),
        Tag::Internal(tag) => internal(container, variants, tag),
        Tag::Adjacent(tag, content) => Ok(adjacent::body(container, variants, tag, content)),
        Tag::None => refuse("a tag that is none"),
    }
}

/// The variants that are read, with their `__Field`s.
pub(super) fn present(variants: &[Variant]) -> impl Iterator<Item = (syn::Ident, &Variant)> {
    variants
        .iter()
        .enumerate()
        .filter(|(_, it)| !it.options.skip)
        .map(|(number, it)| (field(number), it))
}

/// `__Field` for variants, and `VARIANTS`.
pub(super) fn variant_enum(container: &Container, variants: &[Variant]) -> TokenStream {
    let named: Vec<_> = present(variants)
        .map(|(ident, it)| Named::new(ident, &it.name, &it.options.aliases))
        .collect();
    let unknown = present(variants)
        .find(|(_, it)| it.options.other)
        .map_or(Unknown::Deny, |(ident, _)| Unknown::Other(ident));
    let identifier = field_enum(&container.dialect, &named, true, &unknown);
    let keys = named.iter().flat_map(|it| &it.keys);
    quote! {
        #identifier
        #[doc(hidden)]
        const VARIANTS: &'static [&'static str] = &[#(#keys),*];
    }
}

/// A newtype whose only field is skipped is read as a unit.
fn effective(variant: &Variant) -> Style {
    match variant.style {
        Style::Newtype if variant.fields[0].options.skip => Style::Unit,
        style => style,
    }
}

/// `Enum::Variant`, with the default of a skipped newtype.
fn unit_value(container: &Container, variant: &Variant) -> TokenStream {
    let (this, ident) = (&container.this, &variant.ident);
    let default = variant.fields.first().map(|it| {
        let value = missing(container, it);
        quote!((#value))
    });
    quote!(#this::#ident #default)
}

fn external(container: &Container, variants: &[Variant]) -> TokenStream {
    let (life, _) = container.with_de();
    let identifier = variant_enum(container, variants);
    let arms: Vec<_> = present(variants)
        .map(|(ident, it)| {
            let body = external_variant(container, it);
            quote!((__Field::#ident, __variant) => { #body })
        })
        .collect();
    let run = if arms.is_empty() {
        quote! {
            ::core::result::Result::map(
                _serde::de::EnumAccess::variant::<__Field>(__data),
                |(__impossible, _)| match __impossible {},
            )
        }
    } else {
        quote!(match _serde::de::EnumAccess::variant(__data)? { #(#arms)* })
    };
    let (visitor, value) = visitor(
        container,
        &format!("enum {}", container.ident),
        &quote! {
            fn visit_enum<__A>(
                self,
                __data: __A,
            ) -> ::core::result::Result<Self::Value, __A::Error>
            where
                __A: _serde::de::EnumAccess<#life>,
            {
                #run
            }
        },
    );
    let name = &container.name;
    quote! {
        #identifier
        #visitor
        _serde::Deserializer::deserialize_enum(__deserializer, #name, VARIANTS, #value)
    }
}

fn external_variant(container: &Container, variant: &Variant) -> TokenStream {
    let (this, ident, fields) = (&container.this, &variant.ident, &variant.fields);
    if let Some(path) = &variant.options.with {
        let (wrapper, wrapper_ty) = wrap(container, &content_type(variant), path);
        let unwrap = unwrap(container, variant, true);
        return quote! {
            #wrapper
            ::core::result::Result::map(
                _serde::de::VariantAccess::newtype_variant::<#wrapper_ty>(__variant),
                #unwrap,
            )
        };
    }
    match effective(variant) {
        Style::Unit => {
            let value = unit_value(container, variant);
            quote! {
                _serde::de::VariantAccess::unit_variant(__variant)?;
                ::core::result::Result::Ok(#value)
            }
        }
        Style::Newtype => match &fields[0].options.with {
            None => {
                let ty = &fields[0].ty;
                quote! {
                    ::core::result::Result::map(
                        _serde::de::VariantAccess::newtype_variant::<#ty>(__variant),
                        #this::#ident,
                    )
                }
            }
            Some(path) => {
                let ty = fields[0].ty.to_token_stream();
                let (wrapper, wrapper_ty) = wrap(container, &ty, path);
                quote! {
                    #wrapper
                    ::core::result::Result::map(
                        _serde::de::VariantAccess::newtype_variant::<#wrapper_ty>(__variant),
                        |__wrapper| #this::#ident(__wrapper.value),
                    )
                }
            }
        },
        Style::Tuple => tuple(container, fields, &Form::External(ident)),
        Style::Struct => structure(container, fields, &Form::External(ident)),
    }
}

/// What the function of `with` on a variant gives: its fields as a tuple.
fn content_type(variant: &Variant) -> TokenStream {
    let types = variant.fields.iter().map(|it| &it.ty);
    match variant.fields.as_slice() {
        [only] => only.ty.to_token_stream(),
        _ => quote!((#(#types),*)),
    }
}

/// From what that function gives to the variant.
fn unwrap(container: &Container, variant: &Variant, in_wrapper: bool) -> TokenStream {
    let (this, ident) = (&container.this, &variant.ident);
    let source = if in_wrapper {
        quote!(__wrap.value)
    } else {
        quote!(__wrap)
    };
    let values = variant.fields.iter().enumerate().map(|(number, it)| {
        let (member, index) = (&it.member, syn::Index::from(number));
        if variant.fields.len() == 1 {
            quote!(#member: #source)
        } else {
            quote!(#member: #source.#index)
        }
    });
    quote!(|__wrap| #this::#ident { #(#values),* })
}

fn internal(container: &Container, variants: &[Variant], tag: &str) -> Result<TokenStream> {
    let (dialect, private) = (&container.dialect, &container.dialect.private);
    let identifier = variant_enum(container, variants);
    let expecting = format!("internally tagged enum {}", container.ident);
    let expecting = dialect.tag_expects.then(|| quote!(, #expecting));
    let read = quote! {
        _serde::Deserializer::deserialize_any(
            __deserializer,
            #private::de::TaggedContentVisitor::<__Field>::new(#tag #expecting),
        )?
    };
    let start = if dialect.tag_in_pair {
        quote!(let (__tag, __content) = #read;)
    } else {
        quote! {
            let __tagged = #read;
            let (__tag, __content) = (__tagged.tag, __tagged.content);
        }
    };
    let arms = present(variants)
        .map(|(ident, it)| {
            let body = internal_variant(container, it)?;
            Ok(quote!(__Field::#ident => { #body }))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(quote! {
        #identifier
        #start
        let __deserializer = #private::de::ContentDeserializer::<__D::Error>::new(__content);
        match __tag { #(#arms)* }
    })
}

fn internal_variant(container: &Container, variant: &Variant) -> Result<TokenStream> {
    let deserializer = quote!(__deserializer);
    if variant.options.with.is_some() {
        return Ok(untagged(container, variant, &deserializer));
    }
    let private = &container.dialect.private;
    Ok(match effective(variant) {
        Style::Unit => {
            let (name, key) = (container.ident.to_string(), variant.ident.to_string());
            let value = unit_value(container, variant);
            quote! {
                _serde::Deserializer::deserialize_any(
                    __deserializer,
                    #private::de::InternallyTaggedUnitVisitor::new(#name, #key),
                )?;
                ::core::result::Result::Ok(#value)
            }
        }
        Style::Newtype => untagged(container, variant, &deserializer),
        Style::Struct => structure(
            container,
            &variant.fields,
            &Form::Internal(&variant.ident, &deserializer),
        ),
        Style::Tuple => return refuse("a tuple variant with a tag inside"),
    })
}

/// One variant from `deserializer`, without a tag.
pub(super) fn untagged(
    container: &Container,
    variant: &Variant,
    deserializer: &TokenStream,
) -> TokenStream {
    let (this, ident, fields) = (&container.this, &variant.ident, &variant.fields);
    if let Some(path) = &variant.options.with {
        let unwrap = unwrap(container, variant, false);
        return quote!(::core::result::Result::map(#path(#deserializer), #unwrap));
    }
    match effective(variant) {
        Style::Unit => {
            let private = &container.dialect.private;
            let (name, key) = (container.ident.to_string(), variant.ident.to_string());
            let value = unit_value(container, variant);
            quote! {
                match _serde::Deserializer::deserialize_any(
                    #deserializer,
                    #private::de::UntaggedUnitVisitor::new(#name, #key),
                ) {
                    ::core::result::Result::Ok(()) => ::core::result::Result::Ok(#value),
                    ::core::result::Result::Err(__err) => ::core::result::Result::Err(__err),
                }
            }
        }
        Style::Newtype => {
            let ty = &fields[0].ty;
            match &fields[0].options.with {
                None => quote! {
                    ::core::result::Result::map(
                        <#ty as _serde::Deserialize>::deserialize(#deserializer),
                        #this::#ident,
                    )
                },
                Some(path) => quote! {
                    let __value: ::core::result::Result<#ty, _> = #path(#deserializer);
                    ::core::result::Result::map(__value, #this::#ident)
                },
            }
        }
        Style::Tuple => tuple(container, fields, &Form::Untagged(ident, deserializer)),
        Style::Struct => structure(container, fields, &Form::Untagged(ident, deserializer)),
    }
}

/// Variants without a tag are tried one after the other, on buffered content.
fn try_all(
    container: &Container,
    variants: &[Variant],
    tagged: Option<&TokenStream>,
) -> TokenStream {
    let private = &container.dialect.private;
    let first = tagged.map(|body| {
        quote! {
            if let ::core::result::Result::<_, __D::Error>::Ok(__ok) = (|| { #body })() {
                return ::core::result::Result::Ok(__ok);
            }
        }
    });
    let deserializer = quote!(__deserializer);
    let attempts = present(variants).map(|(_, it)| untagged(container, it, &deserializer));
    let content = if container.dialect.content_visitor {
        quote! {
            _serde::de::DeserializeSeed::deserialize(
                #private::de::ContentVisitor::new(),
                __deserializer,
            )?
        }
    } else {
        quote!(<#private::de::Content as _serde::Deserialize>::deserialize(__deserializer)?)
    };
    let message = format!(
        "data did not match any variant of untagged enum {}",
        container.ident
    );
    quote! {
        let __content = #content;
        let __deserializer = #private::de::ContentRefDeserializer::<__D::Error>::new(&__content);
        #first
        #(
            if let ::core::result::Result::Ok(__ok) = { #attempts } {
                return ::core::result::Result::Ok(__ok);
            }
        )*
        ::core::result::Result::Err(_serde::de::Error::custom(#message))
    }
}
