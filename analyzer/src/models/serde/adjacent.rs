//! `Deserialize` for enums with the tag and the content side by side.

use proc_macro2::TokenStream;
use quote::quote;

use super::container::{Container, Style, Variant};
use super::de::visitor;
use super::de_enum::{present, untagged, variant_enum};

pub(super) fn body(
    container: &Container,
    variants: &[Variant],
    tag: &str,
    content: &str,
) -> TokenStream {
    let (life, generics) = container.with_de();
    let (parameters, arguments, clause) = generics.split_for_impl();
    let (this, own) = (&container.this, container.generics.split_for_impl().1);
    let identifier = variant_enum(container, variants);
    let deserializer = quote!(__deserializer);
    let arms: Vec<_> = present(variants)
        .map(|(ident, it)| {
            let body = untagged(container, it, &deserializer);
            quote!(__Field::#ident => { #body })
        })
        .collect();
    let methods = methods(container, variants, tag, content);
    let expecting = format!("adjacently tagged enum {}", container.ident);
    let (visitor, value) = visitor(container, &expecting, &methods);
    let name = &container.name;
    quote! {
        #identifier
        #[doc(hidden)]
        struct __Seed #parameters #clause {
            variant: __Field,
            marker: ::core::marker::PhantomData<#this #own>,
            lifetime: ::core::marker::PhantomData<&#life ()>,
        }
        #[automatically_derived]
        impl #parameters _serde::de::DeserializeSeed<#life> for __Seed #arguments #clause {
            type Value = #this #own;
            fn deserialize<__D>(
                self,
                __deserializer: __D,
            ) -> ::core::result::Result<Self::Value, __D::Error>
            where
                __D: _serde::Deserializer<#life>,
            {
                match self.variant { #(#arms)* }
            }
        }
        #visitor
        #[doc(hidden)]
        const FIELDS: &'static [&'static str] = &[#tag, #content];
        _serde::Deserializer::deserialize_struct(__deserializer, #name, FIELDS, #value)
    }
}

/// What stands for a content that is missing after the tag.
fn without_content(container: &Container, variants: &[Variant], content: &str) -> TokenStream {
    let (this, private) = (&container.this, &container.dialect.private);
    let error = quote! {
        ::core::result::Result::Err(<__A::Error as _serde::de::Error>::missing_field(#content))
    };
    let mut others = false;
    let arms: Vec<_> = present(variants)
        .filter_map(|(field, it)| {
            let ident = &it.ident;
            match it.style {
                Style::Unit => Some(quote! {
                    __Field::#field => ::core::result::Result::Ok(#this::#ident),
                }),
                Style::Newtype if it.options.with.is_none() => Some(quote! {
                    __Field::#field => #private::de::missing_field(#content).map(#this::#ident),
                }),
                _ => {
                    others = true;
                    None
                }
            }
        })
        .collect();
    if arms.is_empty() {
        return error;
    }
    let rest = others.then(|| quote!(_ => #error,));
    quote!(match __field { #(#arms)* #rest })
}

fn methods(container: &Container, variants: &[Variant], tag: &str, content: &str) -> TokenStream {
    let (life, _) = container.with_de();
    let (dialect, private) = (&container.dialect, &container.dialect.private);
    let keys = quote!(#private::de::TagOrContentField);
    let error = |call: TokenStream| quote!(::core::result::Result::Err(<__A::Error as _serde::de::Error>::#call));
    let (twice_tag, twice_content, no_tag) = (
        error(quote!(duplicate_field(#tag))),
        error(quote!(duplicate_field(#content))),
        error(quote!(missing_field(#tag))),
    );
    let next = next_key(container, tag, content);
    let name = container.ident.to_string();
    let seed = quote! {
        #private::de::AdjacentlyTaggedEnumVariantSeed::<__Field> {
            enum_name: #name,
            variants: VARIANTS,
            fields_enum: ::core::marker::PhantomData,
        }
    };
    let tag_from_map = if dialect.adjacent_seed {
        quote!(_serde::de::MapAccess::next_value_seed(&mut __map, #seed)?)
    } else {
        quote!(_serde::de::MapAccess::next_value(&mut __map)?)
    };
    let buffered = if dialect.content_visitor {
        quote!(next_value_seed(&mut __map, #private::de::ContentVisitor::new())?)
    } else {
        quote!(next_value::<#private::de::Content>(&mut __map)?)
    };
    let seed_of = |variant: TokenStream| {
        quote! {
            __Seed {
                variant: #variant,
                marker: ::core::marker::PhantomData,
                lifetime: ::core::marker::PhantomData,
            }
        }
    };
    let (seed_field, seed_read) = (seed_of(quote!(__field)), seed_of(tag_from_map.clone()));
    let absent = without_content(container, variants, content);
    let rest = quote! {
        match #next {
            ::core::option::Option::Some(#keys::Tag) => #twice_tag,
            ::core::option::Option::Some(#keys::Content) => #twice_content,
            ::core::option::Option::None => ::core::result::Result::Ok(__ret),
        }
    };
    quote! {
        fn visit_map<__A>(
            self,
            mut __map: __A,
        ) -> ::core::result::Result<Self::Value, __A::Error>
        where
            __A: _serde::de::MapAccess<#life>,
        {
            match #next {
                ::core::option::Option::Some(#keys::Tag) => {
                    let __field: __Field = #tag_from_map;
                    match #next {
                        ::core::option::Option::Some(#keys::Tag) => #twice_tag,
                        ::core::option::Option::Some(#keys::Content) => {
                            let __ret =
                                _serde::de::MapAccess::next_value_seed(&mut __map, #seed_field)?;
                            #rest
                        }
                        ::core::option::Option::None => #absent,
                    }
                }
                ::core::option::Option::Some(#keys::Content) => {
                    let __content = _serde::de::MapAccess::#buffered;
                    match #next {
                        ::core::option::Option::Some(#keys::Tag) => {
                            let __seed = #seed_read;
                            let __deserializer =
                                #private::de::ContentDeserializer::<__A::Error>::new(__content);
                            let __ret = _serde::de::DeserializeSeed::deserialize(
                                __seed,
                                __deserializer,
                            )?;
                            #rest
                        }
                        ::core::option::Option::Some(#keys::Content) => #twice_content,
                        ::core::option::Option::None => #no_tag,
                    }
                }
                ::core::option::Option::None => #no_tag,
            }
        }
        fn visit_seq<__A>(
            self,
            mut __seq: __A,
        ) -> ::core::result::Result<Self::Value, __A::Error>
        where
            __A: _serde::de::SeqAccess<#life>,
        {
            match _serde::de::SeqAccess::next_element(&mut __seq)? {
                ::core::option::Option::Some(__field) => {
                    match _serde::de::SeqAccess::next_element_seed(&mut __seq, #seed_field)? {
                        ::core::option::Option::Some(__ret) => ::core::result::Result::Ok(__ret),
                        ::core::option::Option::None => ::core::result::Result::Err(
                            _serde::de::Error::invalid_length(1, &self),
                        ),
                    }
                }
                ::core::option::Option::None => ::core::result::Result::Err(
                    _serde::de::Error::invalid_length(0, &self),
                ),
            }
        }
    }
}

/// The next key that is the tag or the content; others are passed over, or refused.
fn next_key(container: &Container, tag: &str, content: &str) -> TokenStream {
    let private = &container.dialect.private;
    if container.options.deny_unknown_fields {
        return quote! {
            _serde::de::MapAccess::next_key_seed(
                &mut __map,
                #private::de::TagOrContentFieldVisitor { tag: #tag, content: #content },
            )?
        };
    }
    quote!({
        let mut __rk: ::core::option::Option<#private::de::TagOrContentField> =
            ::core::option::Option::None;
        while let ::core::option::Option::Some(__k) = _serde::de::MapAccess::next_key_seed(
            &mut __map,
            #private::de::TagContentOtherFieldVisitor { tag: #tag, content: #content },
        )? {
            match __k {
                #private::de::TagContentOtherField::Other => {
                    let _ =
                        _serde::de::MapAccess::next_value::<_serde::de::IgnoredAny>(&mut __map)?;
                    continue;
                }
                #private::de::TagContentOtherField::Tag => {
                    __rk = ::core::option::Option::Some(#private::de::TagOrContentField::Tag);
                    break;
                }
                #private::de::TagContentOtherField::Content => {
                    __rk = ::core::option::Option::Some(#private::de::TagOrContentField::Content);
                    break;
                }
            }
        }
        __rk
    })
}
