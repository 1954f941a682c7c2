//! How a visitor reads fields: one after the other, or by key.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::ExprPath;

use super::container::{Container, Field};
use super::field;
use super::options::Fallback;

/// The value for a field that is not there, in `visit_map`.
pub(super) fn missing(container: &Container, it: &Field) -> TokenStream {
    if let Some(value) = fallback(container, it) {
        return value;
    }
    let (name, private) = (&it.name, &container.dialect.private);
    if it.options.with.is_some() {
        return quote! {
            return ::core::result::Result::Err(
                <__A::Error as _serde::de::Error>::missing_field(#name),
            )
        };
    }
    quote!(#private::de::missing_field(#name)?)
}

fn fallback(container: &Container, it: &Field) -> Option<TokenStream> {
    let member = &it.member;
    match (&it.options.default, &container.options.default) {
        (Fallback::Default, _) => Some(quote!(::core::default::Default::default())),
        (Fallback::Path(path), _) => Some(quote!(#path())),
        (Fallback::None, Fallback::None) => None,
        (Fallback::None, _) => Some(quote!(__default.#member)),
    }
}

fn let_default(container: &Container) -> Option<TokenStream> {
    match &container.options.default {
        Fallback::None => None,
        Fallback::Default => {
            Some(quote!(let __default: Self::Value = ::core::default::Default::default();))
        }
        Fallback::Path(path) => Some(quote!(let __default: Self::Value = #path();)),
    }
}

/// A remote type with getters is made from the local one.
fn finish(container: &Container, value: TokenStream) -> TokenStream {
    let getters = container
        .all_fields()
        .any(|(field, _)| field.options.getter.is_some());
    if !getters {
        return value;
    }
    let (this, arguments) = (&container.this, container.generics.split_for_impl().1);
    quote!(::core::convert::Into::<#this #arguments>::into(#value))
}

/// The body of `visit_seq`.
pub(super) fn seq(
    container: &Container,
    path: &TokenStream,
    fields: &[Field],
    named: bool,
    expecting: &str,
) -> TokenStream {
    let present = fields.iter().filter(|it| !it.options.skip).count();
    let expecting = format!("{expecting} with {present} elements");
    let mut index = 0usize;
    let lets: Vec<_> = fields
        .iter()
        .enumerate()
        .map(|(number, it)| {
            let name = field(number);
            if it.options.skip {
                let value = fallback(container, it);
                return quote!(let #name = #value;);
            }
            let absent = fallback(container, it).unwrap_or_else(|| {
                quote! {
                    return ::core::result::Result::Err(
                        _serde::de::Error::invalid_length(#index, &#expecting),
                    )
                }
            });
            index += 1;
            let ty = &it.ty;
            let next = match &it.options.with {
                None => quote!(_serde::de::SeqAccess::next_element::<#ty>(&mut __seq)?),
                Some(path) => {
                    let (wrapper, wrapper_ty) = wrap(container, &ty.to_token_stream(), path);
                    quote!({
                        #wrapper
                        ::core::option::Option::map(
                            _serde::de::SeqAccess::next_element::<#wrapper_ty>(&mut __seq)?,
                            |__wrap| __wrap.value,
                        )
                    })
                }
            };
            quote! {
                let #name = match #next {
                    ::core::option::Option::Some(__value) => __value,
                    ::core::option::Option::None => #absent,
                };
            }
        })
        .collect();
    let default = let_default(container);
    let result = if named {
        let members = fields.iter().map(|it| &it.member);
        let values = (0..fields.len()).map(field);
        quote!(#path { #(#members: #values),* })
    } else {
        let values = (0..fields.len()).map(field);
        quote!(#path(#(#values),*))
    };
    let result = finish(container, result);
    quote! {
        #default
        #(#lets)*
        ::core::result::Result::Ok(#result)
    }
}

/// The body of `visit_newtype_struct`.
pub(super) fn newtype(container: &Container, path: &TokenStream, it: &Field) -> TokenStream {
    let ty = &it.ty;
    let function = match &it.options.with {
        None => quote!(<#ty as _serde::Deserialize>::deserialize),
        Some(path) => path.to_token_stream(),
    };
    let result = finish(container, quote!(#path(__field0)));
    quote! {
        let __field0: #ty = #function(__e)?;
        ::core::result::Result::Ok(#result)
    }
}

/// The body of `visit_map`.
pub(super) fn map(container: &Container, path: &TokenStream, fields: &[Field]) -> TokenStream {
    let private = &container.dialect.private;
    let flatten = fields.iter().any(|it| it.options.flatten);
    let keyed: Vec<_> = fields
        .iter()
        .enumerate()
        .filter(|(_, it)| !it.options.skip && !it.options.flatten)
        .map(|(number, it)| (field(number), it))
        .collect();
    let lets = keyed.iter().map(|(name, it)| {
        let ty = &it.ty;
        quote!(let mut #name: ::core::option::Option<#ty> = ::core::option::Option::None;)
    });
    let collect = flatten.then(|| {
        quote! {
            let mut __collect = #private::Vec::<
                ::core::option::Option<(#private::de::Content, #private::de::Content)>,
            >::new();
        }
    });
    let arms: Vec<_> = keyed
        .iter()
        .map(|(name, it)| map_arm(container, name, it))
        .collect();
    let rest = if flatten {
        let value = if container.dialect.content_visitor {
            quote!(next_value_seed(&mut __map, #private::de::ContentVisitor::new()))
        } else {
            quote!(next_value(&mut __map))
        };
        Some(quote! {
            __Field::__other(__name) => {
                __collect.push(::core::option::Option::Some((
                    __name,
                    _serde::de::MapAccess::#value?,
                )));
            }
        })
    } else if container.options.deny_unknown_fields {
        None
    } else {
        Some(quote! {
            _ => {
                let _ = _serde::de::MapAccess::next_value::<_serde::de::IgnoredAny>(&mut __map)?;
            }
        })
    };
    let read = if arms.is_empty() && rest.is_none() {
        quote! {
            ::core::option::Option::map(
                _serde::de::MapAccess::next_key::<__Field>(&mut __map)?,
                |__impossible| match __impossible {},
            );
        }
    } else {
        quote! {
            while let ::core::option::Option::Some(__key) =
                _serde::de::MapAccess::next_key::<__Field>(&mut __map)?
            {
                match __key { #(#arms)* #rest }
            }
        }
    };
    let extracts = keyed.iter().map(|(name, it)| {
        let missing = missing(container, it);
        quote! {
            let #name = match #name {
                ::core::option::Option::Some(#name) => #name,
                ::core::option::Option::None => #missing,
            };
        }
    });
    let flattened = fields
        .iter()
        .enumerate()
        .filter(|(_, it)| it.options.flatten && !it.options.skip)
        .map(|(number, it)| {
            let (name, ty) = (field(number), &it.ty);
            let function = match &it.options.with {
                None => quote!(_serde::de::Deserialize::deserialize),
                Some(path) => path.to_token_stream(),
            };
            quote! {
                let #name: #ty = #function(#private::de::FlatMapDeserializer(
                    &mut __collect,
                    ::core::marker::PhantomData,
                ))?;
            }
        });
    let denied = (flatten && container.options.deny_unknown_fields).then(denied);
    let values = fields.iter().enumerate().map(|(number, it)| {
        let (member, name) = (&it.member, field(number));
        if it.options.skip {
            let value = missing(container, it);
            quote!(#member: #value)
        } else {
            quote!(#member: #name)
        }
    });
    let default = let_default(container);
    let result = finish(container, quote!(#path { #(#values),* }));
    quote! {
        #(#lets)*
        #collect
        #read
        #default
        #(#extracts)*
        #(#flattened)*
        #denied
        ::core::result::Result::Ok(#result)
    }
}

/// What no flattened field took is an error.
fn denied() -> TokenStream {
    quote! {
        if let ::core::option::Option::Some(::core::option::Option::Some((__key, _))) =
            __collect.into_iter().filter(::core::option::Option::is_some).next()
        {
            if let ::core::option::Option::Some(__key) = __key.as_str() {
                return ::core::result::Result::Err(_serde::de::Error::custom(
                    ::core::format_args!("unknown field `{}`", &__key),
                ));
            } else {
                return ::core::result::Result::Err(_serde::de::Error::custom(
                    ::core::format_args!("unexpected map key"),
                ));
            }
        }
    }
}

fn map_arm(container: &Container, name: &syn::Ident, it: &Field) -> TokenStream {
    let (key, ty) = (&it.name, &it.ty);
    let value = match &it.options.with {
        None => quote!(_serde::de::MapAccess::next_value::<#ty>(&mut __map)?),
        Some(path) => {
            let (wrapper, wrapper_ty) = wrap(container, &ty.to_token_stream(), path);
            quote!({
                #wrapper
                match _serde::de::MapAccess::next_value::<#wrapper_ty>(&mut __map) {
                    ::core::result::Result::Ok(__wrapper) => __wrapper.value,
                    ::core::result::Result::Err(__err) => {
                        return ::core::result::Result::Err(__err);
                    }
                }
            })
        }
    };
    quote! {
        __Field::#name => {
            if ::core::option::Option::is_some(&#name) {
                return ::core::result::Result::Err(
                    <__A::Error as _serde::de::Error>::duplicate_field(#key),
                );
            }
            #name = ::core::option::Option::Some(#value);
        }
    }
}

/// A local type that is read by calling `path`, and its name with arguments.
pub(super) fn wrap(
    container: &Container,
    value: &TokenStream,
    path: &ExprPath,
) -> (TokenStream, TokenStream) {
    let (life, generics) = container.with_de();
    let (parameters, arguments, clause) = generics.split_for_impl();
    let (this, own) = (&container.this, container.generics.split_for_impl().1);
    let definition = quote! {
        #[doc(hidden)]
        struct __DeserializeWith #parameters #clause {
            value: #value,
            phantom: ::core::marker::PhantomData<#this #own>,
            lifetime: ::core::marker::PhantomData<&#life ()>,
        }
        #[automatically_derived]
        impl #parameters _serde::Deserialize<#life> for __DeserializeWith #arguments #clause {
            fn deserialize<__D>(
                __deserializer: __D,
            ) -> ::core::result::Result<Self, __D::Error>
            where
                __D: _serde::Deserializer<#life>,
            {
                ::core::result::Result::Ok(__DeserializeWith {
                    value: #path(__deserializer)?,
                    phantom: ::core::marker::PhantomData,
                    lifetime: ::core::marker::PhantomData,
                })
            }
        }
    };
    (definition, quote!(__DeserializeWith #arguments))
}
