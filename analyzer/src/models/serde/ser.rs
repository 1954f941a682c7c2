//! `Serialize`: the impl, and structs.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};

use super::container::{Container, Field, Shape, Style};
use super::options::Tag;
use super::ser_enum;
use crate::models::{Result, refuse};

pub(super) fn expand(container: &Container) -> Result<TokenStream> {
    let body = body(container)?;
    let (parameters, arguments, clause) = container.generics.split_for_impl();
    let (ident, this) = (&container.ident, &container.this);
    if container.options.remote.is_some() {
        let visibility = &container.visibility;
        return Ok(quote! {
            #[automatically_derived]
            impl #parameters #ident #arguments #clause {
                #visibility fn serialize<__S>(
                    __self: &#this #arguments,
                    __serializer: __S,
                ) -> ::core::result::Result<__S::Ok, __S::Error>
                where
                    __S: _serde::Serializer,
                {
                    #body
                }
            }
        });
    }
    Ok(quote! {
        #[automatically_derived]
        impl #parameters _serde::Serialize for #ident #arguments #clause {
            fn serialize<__S>(
                &self,
                __serializer: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error>
            where
                __S: _serde::Serializer,
            {
                #body
            }
        }
    })
}

fn body(container: &Container) -> Result<TokenStream> {
    let itself = itself(container);
    if let Some(into) = &container.options.into {
        return Ok(quote! {
            _serde::Serialize::serialize(
                &::core::convert::Into::<#into>::into(::core::clone::Clone::clone(#itself)),
                __serializer,
            )
        });
    }
    match &container.shape {
        Shape::Struct(_, fields) if container.options.transparent => {
            let Some(field) = fields.iter().find(|it| !skipped_or_marker(it)) else {
                return refuse("a transparent type without a field");
            };
            let value = access(container, field);
            let function = match &field.options.with {
                Some(path) => path.to_token_stream(),
                None => quote!(_serde::Serialize::serialize),
            };
            Ok(quote!(#function(#value, __serializer)))
        }
        Shape::Struct(style, fields) => Ok(structure(container, *style, fields)),
        Shape::Enum(variants) => ser_enum::body(container, variants),
    }
}

fn skipped_or_marker(field: &Field) -> bool {
    field.options.skip
        || crate::models::attributes::type_arguments(&field.ty, "PhantomData").is_some()
}

/// `self`, or the remote value.
pub(super) fn itself(container: &Container) -> TokenStream {
    if container.options.remote.is_some() {
        quote!(__self)
    } else {
        quote!(self)
    }
}

/// A reference to a struct's field.
fn access(container: &Container, field: &Field) -> TokenStream {
    let itself = itself(container);
    let member = &field.member;
    match &field.options.getter {
        Some(getter) => quote!(&#getter(#itself)),
        None => quote!(&#itself.#member),
    }
}

fn structure(container: &Container, style: Style, fields: &[Field]) -> TokenStream {
    let name = &container.name;
    let values = Values {
        container,
        of: &|field| access(container, field),
    };
    match style {
        Style::Unit => quote!(_serde::Serializer::serialize_unit_struct(__serializer, #name)),
        Style::Newtype => {
            let value = values.value(&fields[0]);
            quote!(_serde::Serializer::serialize_newtype_struct(__serializer, #name, #value))
        }
        Style::Tuple => {
            let count = values.count(fields);
            values.sequence(
                fields,
                &quote!(serialize_tuple_struct(__serializer, #name, #count)),
                &quote!(SerializeTupleStruct::serialize_field),
                &quote!(SerializeTupleStruct::end),
            )
        }
        Style::Struct => {
            let tag = match &container.options.tag {
                Tag::Internal(tag) => Some((tag.as_str(), name.as_str())),
                _ => None,
            };
            values.record(fields, name, tag)
        }
    }
}

/// Fields as values to write.
pub(super) struct Values<'a> {
    pub(super) container: &'a Container,
    /// An expression for a reference to the field.
    pub(super) of: &'a dyn Fn(&Field) -> TokenStream,
}

impl Values<'_> {
    /// A reference to what is written: the field, or a wrapper that calls the given function.
    pub(super) fn value(&self, field: &Field) -> TokenStream {
        let value = (self.of)(field);
        match &field.options.with {
            None => value,
            Some(path) => with(self.container, path, &[(&field.ty, value)]),
        }
    }

    /// How many are written.
    pub(super) fn count(&self, fields: &[Field]) -> TokenStream {
        let counts =
            fields
                .iter()
                .filter(|it| !it.options.skip)
                .map(|field| match &field.options.skip_if {
                    None => quote!(1),
                    Some(path) => {
                        let value = (self.of)(field);
                        quote!(if #path(#value) { 0 } else { 1 })
                    }
                });
        quote!(false as usize #(+ #counts)*)
    }

    pub(super) fn sequence(
        &self,
        fields: &[Field],
        start: &TokenStream,
        element: &TokenStream,
        end: &TokenStream,
    ) -> TokenStream {
        let elements = fields.iter().filter(|it| !it.options.skip).map(|field| {
            let value = self.value(field);
            let write = quote!(_serde::ser::#element(&mut __serde_state, #value)?;);
            self.unless_skipped(field, &write, None)
        });
        quote! {
            let mut __serde_state = _serde::Serializer::#start?;
            #(#elements)*
            _serde::ser::#end(__serde_state)
        }
    }

    fn unless_skipped(
        &self,
        field: &Field,
        write: &TokenStream,
        skip: Option<TokenStream>,
    ) -> TokenStream {
        let Some(path) = &field.options.skip_if else {
            return write.clone();
        };
        let value = (self.of)(field);
        let otherwise = skip.map(|skip| quote!(else { #skip }));
        quote!(if !#path(#value) { #write } #otherwise)
    }

    /// A struct with keys, behind a tag when there is one.
    pub(super) fn record(
        &self,
        fields: &[Field],
        name: &str,
        tag: Option<(&str, &str)>,
    ) -> TokenStream {
        if fields.iter().any(|it| it.options.flatten) {
            return self.map(fields, tag);
        }
        let mut count = self.count(fields);
        let mut first = TokenStream::new();
        if let Some((tag, value)) = tag {
            count = quote!(#count + 1);
            first = quote! {
                _serde::ser::SerializeStruct::serialize_field(&mut __serde_state, #tag, #value)?;
            };
        }
        self.keyed(
            fields,
            &quote!(serialize_struct(__serializer, #name, #count)),
            &first,
            &quote!(SerializeStruct),
        )
    }

    /// Fields with keys, by the trait that writes them.
    pub(super) fn keyed(
        &self,
        fields: &[Field],
        start: &TokenStream,
        first: &TokenStream,
        by: &TokenStream,
    ) -> TokenStream {
        let fields = fields.iter().filter(|it| !it.options.skip).map(|field| {
            let (key, value) = (&field.name, self.value(field));
            self.unless_skipped(
                field,
                &quote!(_serde::ser::#by::serialize_field(&mut __serde_state, #key, #value)?;),
                Some(quote!(_serde::ser::#by::skip_field(&mut __serde_state, #key)?;)),
            )
        });
        quote! {
            let mut __serde_state = _serde::Serializer::#start?;
            #first
            #(#fields)*
            _serde::ser::#by::end(__serde_state)
        }
    }

    /// A struct with flattened fields is written as a map.
    pub(super) fn map(&self, fields: &[Field], tag: Option<(&str, &str)>) -> TokenStream {
        let private = &self.container.dialect.private;
        let first = tag.map(|(tag, value)| {
            quote!(_serde::ser::SerializeMap::serialize_entry(&mut __serde_state, #tag, #value)?;)
        });
        let fields = fields.iter().filter(|it| !it.options.skip).map(|field| {
            let (key, value) = (&field.name, self.value(field));
            let write = if field.options.flatten {
                quote! {
                    _serde::Serialize::serialize(
                        &#value,
                        #private::ser::FlatMapSerializer(&mut __serde_state),
                    )?;
                }
            } else {
                quote! {
                    _serde::ser::SerializeMap::serialize_entry(&mut __serde_state, #key, #value)?;
                }
            };
            self.unless_skipped(field, &write, None)
        });
        quote! {
            let mut __serde_state =
                _serde::Serializer::serialize_map(__serializer, ::core::option::Option::None)?;
            #first
            #(#fields)*
            _serde::ser::SerializeMap::end(__serde_state)
        }
    }
}

/// A reference to a value that is written by calling `path` on `values`.
pub(super) fn with(
    container: &Container,
    path: &syn::ExprPath,
    values: &[(&syn::Type, TokenStream)],
) -> TokenStream {
    let mut generics = container.generics.clone();
    generics.params.insert(0, syn::parse_quote!('__a));
    let (parameters, wrapper_arguments, clause) = generics.split_for_impl();
    let (_, arguments, _) = container.generics.split_for_impl();
    let this = &container.this;
    let types = values.iter().map(|(ty, _)| ty);
    let expressions = values.iter().map(|(_, value)| value);
    let indices = (0..values.len()).map(syn::Index::from);
    let definition = quote!(struct __SerializeWith #parameters #clause);
    quote!(&{
        #[doc(hidden)]
        #definition {
            values: (#(&'__a #types,)*),
            phantom: ::core::marker::PhantomData<#this #arguments>,
        }
        #[automatically_derived]
        impl #parameters _serde::Serialize for __SerializeWith #wrapper_arguments #clause {
            fn serialize<__S>(
                &self,
                __s: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error>
            where
                __S: _serde::Serializer,
            {
                #path(#(self.values.#indices,)* __s)
            }
        }
        __SerializeWith {
            values: (#(#expressions,)*),
            phantom: ::core::marker::PhantomData::<#this #arguments>,
        }
    })
}
