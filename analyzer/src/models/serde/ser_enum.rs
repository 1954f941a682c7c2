//! `Serialize` for enums, by the way the variant is tagged.

use proc_macro2::TokenStream;
use quote::quote;

use super::container::{Container, Field, Style, Variant};
use super::options::Tag;
use super::ser::{Values, itself, with};
use crate::models::{Result, refuse};

pub(super) fn body(container: &Container, variants: &[Variant]) -> Result<TokenStream> {
    let itself = itself(container);
    let arms = variants
        .iter()
        .zip(0u32..)
        .map(|(variant, index)| arm(container, variant, index))
        .collect::<Result<Vec<_>>>()?;
    Ok(quote!(match *#itself { #(#arms)* }))
}

fn arm(container: &Container, variant: &Variant, index: u32) -> Result<TokenStream> {
    let (this, ident) = (&container.this, &variant.ident);
    if variant.options.skip {
        let message = format!(
            "the enum variant {}::{} cannot be serialized",
            container.ident, variant.ident
        );
        let pattern = match variant.style {
            Style::Unit => quote!(),
            Style::Struct => quote!({ .. }),
            Style::Tuple | Style::Newtype => quote!((..)),
        };
        return Ok(quote! {
            #this::#ident #pattern => ::core::result::Result::Err(_serde::ser::Error::custom(#message)),
        });
    }
    let bindings: Vec<_> = variant.fields.iter().map(Field::binding).collect();
    let pattern = match variant.style {
        Style::Unit => quote!(#this::#ident),
        Style::Struct => quote!(#this::#ident { #(ref #bindings),* }),
        Style::Tuple | Style::Newtype => quote!(#this::#ident(#(ref #bindings),*)),
    };
    let body = match (&container.options.tag, variant.options.untagged) {
        (_, true) | (Tag::None, _) => untagged(container, variant),
        (Tag::External, _) => external(container, variant, index),
        (Tag::Internal(tag), _) => internal(container, variant, tag)?,
        (Tag::Adjacent(tag, content), _) => adjacent(container, variant, index, tag, content),
    };
    Ok(quote!(#pattern => { #body }))
}

/// A variant's fields, which the pattern has bound to references.
fn values(container: &Container) -> Values<'_> {
    Values {
        container,
        of: &|field| {
            let binding = field.binding();
            quote!(#binding)
        },
    }
}

/// All fields through the function that `with` on the variant names.
fn variant_with(container: &Container, variant: &Variant) -> Option<TokenStream> {
    let path = variant.options.with.as_ref()?;
    let values: Vec<_> = variant
        .fields
        .iter()
        .map(|field| {
            let binding = field.binding();
            (&field.ty, quote!(#binding))
        })
        .collect();
    Some(with(container, path, &values))
}

/// A newtype whose only field is skipped is written as a unit.
fn effective(variant: &Variant) -> Style {
    match variant.style {
        Style::Newtype if variant.fields[0].options.skip => Style::Unit,
        style => style,
    }
}

fn external(container: &Container, variant: &Variant, index: u32) -> TokenStream {
    let (name, key) = (&container.name, &variant.name);
    let values = values(container);
    let newtype = |value: TokenStream| {
        quote! {
            _serde::Serializer::serialize_newtype_variant(
                __serializer, #name, #index, #key, #value,
            )
        }
    };
    if let Some(value) = variant_with(container, variant) {
        return newtype(value);
    }
    let fields = &variant.fields;
    match effective(variant) {
        Style::Unit => quote! {
            _serde::Serializer::serialize_unit_variant(__serializer, #name, #index, #key)
        },
        Style::Newtype => newtype(values.value(&fields[0])),
        Style::Tuple => {
            let count = values.count(fields);
            values.sequence(
                fields,
                &quote!(serialize_tuple_variant(__serializer, #name, #index, #key, #count)),
                &quote!(SerializeTupleVariant::serialize_field),
                &quote!(SerializeTupleVariant::end),
            )
        }
        Style::Struct if fields.iter().any(|it| it.options.flatten) => {
            newtype(wrapped(container, variant, "__EnumFlatten"))
        }
        Style::Struct => {
            let count = values.count(fields);
            values.keyed(
                fields,
                &quote!(serialize_struct_variant(__serializer, #name, #index, #key, #count)),
                &TokenStream::new(),
                &quote!(SerializeStructVariant),
            )
        }
    }
}

fn internal(container: &Container, variant: &Variant, tag: &str) -> Result<TokenStream> {
    let private = &container.dialect.private;
    let (name, key) = (&container.name, &variant.name);
    let (enum_ident, variant_ident) = (container.ident.to_string(), variant.ident.to_string());
    let newtype = |value: TokenStream| {
        quote! {
            #private::ser::serialize_tagged_newtype(
                __serializer, #enum_ident, #variant_ident, #tag, #key, #value,
            )
        }
    };
    if let Some(value) = variant_with(container, variant) {
        return Ok(newtype(value));
    }
    Ok(match effective(variant) {
        Style::Unit => quote! {
            let mut __struct = _serde::Serializer::serialize_struct(__serializer, #name, 1)?;
            _serde::ser::SerializeStruct::serialize_field(&mut __struct, #tag, #key)?;
            _serde::ser::SerializeStruct::end(__struct)
        },
        Style::Newtype => newtype(values(container).value(&variant.fields[0])),
        Style::Struct => values(container).record(&variant.fields, name, Some((tag, key))),
        Style::Tuple => return refuse("a tuple variant with a tag inside"),
    })
}

fn untagged(container: &Container, variant: &Variant) -> TokenStream {
    let values = values(container);
    if let Some(value) = variant_with(container, variant) {
        return quote!(_serde::Serialize::serialize(#value, __serializer));
    }
    let fields = &variant.fields;
    match effective(variant) {
        Style::Unit => quote!(_serde::Serializer::serialize_unit(__serializer)),
        Style::Newtype => {
            let value = values.value(&fields[0]);
            quote!(_serde::Serialize::serialize(#value, __serializer))
        }
        Style::Tuple => {
            let count = values.count(fields);
            values.sequence(
                fields,
                &quote!(serialize_tuple(__serializer, #count)),
                &quote!(SerializeTuple::serialize_element),
                &quote!(SerializeTuple::end),
            )
        }
        Style::Struct => values.record(fields, &container.name, None),
    }
}

fn adjacent(
    container: &Container,
    variant: &Variant,
    index: u32,
    tag: &str,
    content: &str,
) -> TokenStream {
    let private = &container.dialect.private;
    let (name, key) = (&container.name, &variant.name);
    let tag_value = if container.dialect.adjacent_seed {
        quote! {
            &#private::ser::AdjacentlyTaggedEnumVariant {
                enum_name: #name,
                variant_index: #index,
                variant_name: #key,
            }
        }
    } else {
        quote!(#key)
    };
    let content_value = match (variant_with(container, variant), effective(variant)) {
        (Some(value), _) => Some(value),
        (None, Style::Unit) => None,
        (None, Style::Newtype) => Some(values(container).value(&variant.fields[0])),
        (None, Style::Tuple | Style::Struct) => {
            Some(wrapped(container, variant, "__AdjacentlyTagged"))
        }
    };
    let count = if content_value.is_some() { 2usize } else { 1 };
    let write = content_value.map(|value| {
        quote!(_serde::ser::SerializeStruct::serialize_field(&mut __struct, #content, #value)?;)
    });
    quote! {
        let mut __struct = _serde::Serializer::serialize_struct(__serializer, #name, #count)?;
        _serde::ser::SerializeStruct::serialize_field(&mut __struct, #tag, #tag_value)?;
        #write
        _serde::ser::SerializeStruct::end(__struct)
    }
}

/// A reference to a value of a local type that is written as the variant's fields are.
fn wrapped(container: &Container, variant: &Variant, called: &str) -> TokenStream {
    let wrapper = quote::format_ident!("{called}");
    let mut generics = container.generics.clone();
    generics.params.insert(0, syn::parse_quote!('__a));
    let (parameters, wrapper_arguments, clause) = generics.split_for_impl();
    let (_, arguments, _) = container.generics.split_for_impl();
    let this = &container.this;
    let types: Vec<_> = variant.fields.iter().map(|it| &it.ty).collect();
    let bindings: Vec<_> = variant.fields.iter().map(Field::binding).collect();
    let values = values(container);
    let body = if variant.style == Style::Tuple {
        untagged(container, variant)
    } else {
        values.record(&variant.fields, &variant.name, None)
    };
    quote!(&{
        #[doc(hidden)]
        struct #wrapper #parameters #clause {
            data: (#(&'__a #types,)*),
            phantom: ::core::marker::PhantomData<#this #arguments>,
        }
        #[automatically_derived]
        impl #parameters _serde::Serialize for #wrapper #wrapper_arguments #clause {
            fn serialize<__S>(
                &self,
                __serializer: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error>
            where
                __S: _serde::Serializer,
            {
                let (#(#bindings,)*) = self.data;
                #body
            }
        }
        #wrapper {
            data: (#(#bindings,)*),
            phantom: ::core::marker::PhantomData::<#this #arguments>,
        }
    })
}
