//! `Deserialize`: the impl, and the visitors of structs and tuples.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};

use super::container::{Container, Field, Shape, Style};
use super::identifier::{Named, Unknown, field_enum};
use super::options::Fallback;
use super::{de_enum, de_fields, field};
use crate::models::{Result, refuse};

pub(super) fn expand(container: &Container) -> Result<TokenStream> {
    let body = body(container)?;
    let (life, generics) = container.with_de();
    let (parameters, _, clause) = generics.split_for_impl();
    let arguments = container.generics.split_for_impl().1;
    let (ident, this) = (&container.ident, &container.this);
    let (header, visibility, output) = if container.options.remote.is_some() {
        let visibility = &container.visibility;
        (
            quote!(#ident #arguments),
            quote!(#visibility),
            quote!(#this #arguments),
        )
    } else {
        let header = quote!(_serde::Deserialize<#life> for #ident #arguments);
        (header, TokenStream::new(), quote!(Self))
    };
    Ok(quote! {
        #[automatically_derived]
        impl #parameters #header #clause {
            #visibility fn deserialize<__D>(
                __deserializer: __D,
            ) -> ::core::result::Result<#output, __D::Error>
            where
                __D: _serde::Deserializer<#life>,
            {
                #body
            }
        }
    })
}

fn body(container: &Container) -> Result<TokenStream> {
    if let Some(from) = &container.options.from {
        return Ok(quote! {
            ::core::result::Result::map(
                <#from as _serde::Deserialize>::deserialize(__deserializer),
                ::core::convert::From::from,
            )
        });
    }
    if let Some(from) = &container.options.try_from {
        return Ok(quote! {
            ::core::result::Result::and_then(
                <#from as _serde::Deserialize>::deserialize(__deserializer),
                |v| ::core::result::Result::map_err(
                    ::core::convert::TryFrom::try_from(v),
                    _serde::de::Error::custom,
                ),
            )
        });
    }
    match &container.shape {
        Shape::Struct(_, fields) if container.options.transparent => transparent(container, fields),
        Shape::Struct(Style::Struct, fields) => Ok(structure(container, fields, &Form::Whole)),
        Shape::Struct(Style::Unit, _) => Ok(unit(container)),
        Shape::Struct(_, fields) => Ok(tuple(container, fields, &Form::Whole)),
        Shape::Enum(variants) => de_enum::body(container, variants),
    }
}

fn transparent(container: &Container, fields: &[Field]) -> Result<TokenStream> {
    let this = &container.this;
    let read = |it: &Field| {
        !it.options.skip
            && matches!(it.options.default, Fallback::None)
            && crate::models::attributes::type_arguments(&it.ty, "PhantomData").is_none()
    };
    let Some(chosen) = fields.iter().position(read) else {
        return refuse("a transparent type without a field");
    };
    let function = match &fields[chosen].options.with {
        None => quote!(_serde::Deserialize::deserialize),
        Some(path) => path.to_token_stream(),
    };
    let values = fields.iter().enumerate().map(|(number, it)| {
        let member = &it.member;
        if number == chosen {
            return quote!(#member: __transparent);
        }
        match &it.options.default {
            Fallback::Path(path) => quote!(#member: #path()),
            Fallback::Default => quote!(#member: ::core::default::Default::default()),
            Fallback::None => quote!(#member: ::core::marker::PhantomData),
        }
    });
    Ok(quote! {
        ::core::result::Result::map(
            #function(__deserializer),
            |__transparent| #this { #(#values),* },
        )
    })
}

/// Where the fields that are read stand.
pub(super) enum Form<'a> {
    /// In a struct of their own.
    Whole,
    /// In a variant, read by the `__variant` of an enum access.
    External(&'a syn::Ident),
    /// The same, by a deserializer, with the tag inside.
    Internal(&'a syn::Ident, &'a TokenStream),
    /// The same, for a try.
    Untagged(&'a syn::Ident, &'a TokenStream),
}

impl Form<'_> {
    fn variant(&self) -> Option<&syn::Ident> {
        match self {
            Form::Whole => None,
            Form::External(it) | Form::Internal(it, _) | Form::Untagged(it, _) => Some(it),
        }
    }

    /// The path of the constructor.
    fn path(&self, container: &Container) -> TokenStream {
        let getters = container
            .all_fields()
            .any(|(field, _)| field.options.getter.is_some());
        let base = if getters {
            container.ident.to_token_stream()
        } else {
            container.this.clone()
        };
        match self.variant() {
            None => base,
            Some(variant) => quote!(#base::#variant),
        }
    }

    fn describe(&self, container: &Container, what: &str) -> String {
        match self.variant() {
            None => format!("{what} struct {}", container.ident),
            Some(variant) => format!("{what} variant {}::{variant}", container.ident),
        }
    }
}

/// `struct __Visitor` with the given methods, and an expression that makes one.
pub(super) fn visitor(
    container: &Container,
    expecting: &str,
    methods: &TokenStream,
) -> (TokenStream, TokenStream) {
    let (life, generics) = container.with_de();
    let (parameters, arguments, clause) = generics.split_for_impl();
    let (this, own) = (&container.this, container.generics.split_for_impl().1);
    let definition = quote! {
        #[doc(hidden)]
        struct __Visitor #parameters #clause {
            marker: ::core::marker::PhantomData<#this #own>,
            lifetime: ::core::marker::PhantomData<&#life ()>,
        }
        #[automatically_derived]
        impl #parameters _serde::de::Visitor<#life> for __Visitor #arguments #clause {
            type Value = #this #own;
            fn expecting(&self, __formatter: &mut ::core::fmt::Formatter) -> ::core::fmt::Result {
                ::core::fmt::Formatter::write_str(__formatter, #expecting)
            }
            #methods
        }
    };
    let value = quote! {
        __Visitor {
            marker: ::core::marker::PhantomData::<#this #own>,
            lifetime: ::core::marker::PhantomData,
        }
    };
    (definition, value)
}

fn unit(container: &Container) -> TokenStream {
    let (name, this) = (&container.name, &container.this);
    let (visitor, value) = visitor(
        container,
        &format!("unit struct {}", container.ident),
        &quote! {
            #[inline]
            fn visit_unit<__E>(self) -> ::core::result::Result<Self::Value, __E>
            where
                __E: _serde::de::Error,
            {
                ::core::result::Result::Ok(#this)
            }
        },
    );
    quote! {
        #visitor
        _serde::Deserializer::deserialize_unit_struct(__deserializer, #name, #value)
    }
}

fn visit_seq(container: &Container, body: &TokenStream) -> TokenStream {
    let (life, _) = container.with_de();
    quote! {
        #[inline]
        fn visit_seq<__A>(
            self,
            mut __seq: __A,
        ) -> ::core::result::Result<Self::Value, __A::Error>
        where
            __A: _serde::de::SeqAccess<#life>,
        {
            #body
        }
    }
}

pub(super) fn tuple(container: &Container, fields: &[Field], form: &Form<'_>) -> TokenStream {
    let (name, path) = (&container.name, form.path(container));
    let expecting = form.describe(container, "tuple");
    let (life, _) = container.with_de();
    let whole_newtype = matches!(form, Form::Whole) && fields.len() == 1;
    let newtype = whole_newtype.then(|| {
        let body = de_fields::newtype(container, &path, &fields[0]);
        quote! {
            #[inline]
            fn visit_newtype_struct<__E>(
                self,
                __e: __E,
            ) -> ::core::result::Result<Self::Value, __E::Error>
            where
                __E: _serde::Deserializer<#life>,
            {
                #body
            }
        }
    });
    let seq = visit_seq(
        container,
        &de_fields::seq(container, &path, fields, false, &expecting),
    );
    let (visitor, value) = visitor(container, &expecting, &quote!(#newtype #seq));
    let count = fields.iter().filter(|it| !it.options.skip).count();
    let run = match form {
        Form::Whole if whole_newtype => quote! {
            _serde::Deserializer::deserialize_newtype_struct(__deserializer, #name, #value)
        },
        Form::Whole => quote! {
            _serde::Deserializer::deserialize_tuple_struct(__deserializer, #name, #count, #value)
        },
        Form::External(_) => quote! {
            _serde::de::VariantAccess::tuple_variant(__variant, #count, #value)
        },
        Form::Internal(_, deserializer) | Form::Untagged(_, deserializer) => quote! {
            _serde::Deserializer::deserialize_tuple(#deserializer, #count, #value)
        },
    };
    quote!(#visitor #run)
}

pub(super) fn structure(container: &Container, fields: &[Field], form: &Form<'_>) -> TokenStream {
    let path = form.path(container);
    let expecting = match form {
        Form::Whole => format!("struct {}", container.ident),
        _ => form.describe(container, "struct"),
    };
    let (life, generics) = container.with_de();
    let flatten = fields.iter().any(|it| it.options.flatten);
    let named: Vec<_> = fields
        .iter()
        .enumerate()
        .filter(|(_, it)| !it.options.skip && !it.options.flatten)
        .map(|(number, it)| Named::new(field(number), &it.name, &it.options.aliases))
        .collect();
    let unknown = match (flatten, container.options.deny_unknown_fields) {
        (true, _) => Unknown::Collect,
        (false, true) => Unknown::Deny,
        (false, false) => Unknown::Ignore,
    };
    let identifier = field_enum(&container.dialect, &named, false, &unknown);
    let by_order = !flatten && !matches!(form, Form::Untagged(..));
    let seq = by_order.then(|| {
        let body = de_fields::seq(container, &path, fields, true, &expecting);
        visit_seq(container, &body)
    });
    let map = de_fields::map(container, &path, fields);
    let methods = quote! {
        #seq
        #[inline]
        fn visit_map<__A>(
            self,
            mut __map: __A,
        ) -> ::core::result::Result<Self::Value, __A::Error>
        where
            __A: _serde::de::MapAccess<#life>,
        {
            #map
        }
    };
    let (visitor, value) = visitor(container, &expecting, &methods);
    let all_keys = named.iter().flat_map(|it| &it.keys);
    let list = (!flatten).then(|| {
        quote! {
            #[doc(hidden)]
            const FIELDS: &'static [&'static str] = &[#(#all_keys),*];
        }
    });
    let seed = (flatten && matches!(form, Form::External(_))).then(|| {
        let (parameters, arguments, clause) = generics.split_for_impl();
        let (this, own) = (&container.this, container.generics.split_for_impl().1);
        quote! {
            #[automatically_derived]
            impl #parameters _serde::de::DeserializeSeed<#life> for __Visitor #arguments #clause {
                type Value = #this #own;
                fn deserialize<__D>(
                    self,
                    __deserializer: __D,
                ) -> ::core::result::Result<Self::Value, __D::Error>
                where
                    __D: _serde::Deserializer<#life>,
                {
                    _serde::Deserializer::deserialize_map(__deserializer, self)
                }
            }
        }
    });
    let name = &container.name;
    let run = match form {
        Form::Whole if flatten => quote! {
            _serde::Deserializer::deserialize_map(__deserializer, #value)
        },
        Form::Whole => quote! {
            _serde::Deserializer::deserialize_struct(__deserializer, #name, FIELDS, #value)
        },
        Form::External(_) if flatten => quote! {
            _serde::de::VariantAccess::newtype_variant_seed(__variant, #value)
        },
        Form::External(_) => quote! {
            _serde::de::VariantAccess::struct_variant(__variant, FIELDS, #value)
        },
        Form::Internal(_, deserializer) | Form::Untagged(_, deserializer) => quote! {
            _serde::Deserializer::deserialize_any(#deserializer, #value)
        },
    };
    quote!(#identifier #visitor #seed #list #run)
}
