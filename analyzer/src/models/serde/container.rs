//! The type a derive stands on, with its options.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens as _, format_ident, quote};
use syn::{Data, DeriveInput, Fields, GenericParam, Generics, Ident, Lifetime, Member, Type};
use syn::{Visibility, parse_quote};

use super::Dialect;
use super::case::Case;
use super::options::{Fallback, OfContainer, OfField, OfVariant};
use crate::models::attributes::{type_arguments, ungroup_type};
use crate::models::generics::{bound_used, without_defaults};
use crate::models::{Call, Result, refuse};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Struct,
    Tuple,
    Newtype,
    Unit,
}

pub(super) struct Field {
    pub(super) member: Member,
    pub(super) ty: Type,
    /// Its key, when it has one.
    pub(super) name: String,
    pub(super) options: OfField,
}

pub(super) struct Variant {
    pub(super) ident: Ident,
    pub(super) name: String,
    pub(super) style: Style,
    pub(super) fields: Vec<Field>,
    pub(super) options: OfVariant,
}

pub(super) enum Shape {
    Struct(Style, Vec<Field>),
    Enum(Vec<Variant>),
}

pub(super) struct Container {
    pub(super) ident: Ident,
    pub(super) visibility: Visibility,
    pub(super) name: String,
    pub(super) shape: Shape,
    pub(super) options: OfContainer,
    /// With the bounds of the impl.
    pub(super) generics: Generics,
    /// The type's path without arguments: the remote one, if there is one.
    pub(super) this: TokenStream,
    pub(super) dialect: Dialect,
}

impl Container {
    pub(super) fn parse(call: &Call<'_>, ser: bool) -> Result<Self> {
        let input: DeriveInput = syn::parse2(call.item.clone())?;
        let options = OfContainer::parse(&input.attrs, ser)?;
        for attribute in input.attrs.iter().filter(|it| it.path().is_ident("repr")) {
            if attribute
                .meta
                .to_token_stream()
                .to_string()
                .contains("packed")
            {
                return refuse("a packed type");
            }
        }
        let shape = match &input.data {
            Data::Struct(data) => {
                let (style, fields) = fields(&data.fields, options.rename_all, ser)?;
                Shape::Struct(style, fields)
            }
            Data::Enum(data) => Shape::Enum(
                data.variants
                    .iter()
                    .map(|variant| self::variant(variant, &options, ser))
                    .collect::<Result<_>>()?,
            ),
            Data::Union(_) => return refuse("a union"),
        };
        let this = match &options.remote {
            Some(path) => path.to_token_stream(),
            None => input.ident.to_token_stream(),
        };
        let name = text_of(&input.ident);
        let mut container = Self {
            name: options.name.clone().unwrap_or(name),
            ident: input.ident,
            visibility: input.vis,
            shape,
            options,
            generics: without_defaults(&input.generics),
            this,
            dialect: Dialect::of(&call.krate.version),
        };
        if !ser {
            container.borrow_texts();
        }
        container.generics = container.bounded(ser);
        Ok(container)
    }

    /// Every field, with the variant it stands in.
    pub(super) fn all_fields(&self) -> impl Iterator<Item = (&Field, Option<&Variant>)> {
        let (direct, variants): (&[Field], &[Variant]) = match &self.shape {
            Shape::Struct(_, fields) => (fields, &[]),
            Shape::Enum(variants) => (&[], variants),
        };
        direct.iter().map(|field| (field, None)).chain(
            variants
                .iter()
                .flat_map(|variant| variant.fields.iter().map(move |it| (it, Some(variant)))),
        )
    }

    /// `#[serde(borrow)]` on a `Cow` of text or bytes is read by a function of serde's.
    fn borrow_texts(&mut self) {
        let private = self.dialect.private.clone();
        let fields: Vec<&mut Field> = match &mut self.shape {
            Shape::Struct(_, fields) => fields.iter_mut().collect(),
            Shape::Enum(variants) => variants.iter_mut().flat_map(|it| &mut it.fields).collect(),
        };
        for field in fields {
            if !field.options.borrow || field.options.with.is_some() {
                continue;
            }
            let Some(arguments) = type_arguments(&field.ty, "Cow") else {
                continue;
            };
            let of = arguments.first().map(|it| it.to_token_stream().to_string());
            field.options.with = match of.as_deref() {
                Some("str") => Some(parse_quote!(#private::de::borrow_cow_str)),
                Some("[u8]" | "[u8 ]" | "[ u8 ]") => {
                    Some(parse_quote!(#private::de::borrow_cow_bytes))
                }
                _ => None,
            };
        }
    }

    fn bounded(&self, ser: bool) -> Generics {
        let mut generics = self.generics.clone();
        let clause = generics.make_where_clause();
        for (field, _) in self.all_fields() {
            clause
                .predicates
                .extend(field.options.bound.iter().flatten().cloned());
        }
        if let Shape::Enum(variants) = &self.shape {
            for variant in variants {
                clause
                    .predicates
                    .extend(variant.options.bound.iter().flatten().cloned());
            }
        }
        if let Some(bound) = &self.options.bound {
            clause.predicates.extend(bound.iter().cloned());
            return generics;
        }
        if !ser && matches!(self.options.default, Fallback::Default) {
            let (this, arguments) = (&self.ident, generics.split_for_impl().1.to_token_stream());
            let predicate = parse_quote!(#this #arguments: ::core::default::Default);
            generics.make_where_clause().predicates.push(predicate);
        }
        let own =
            |options: &OfField| !options.skip && options.with.is_none() && options.bound.is_none();
        let needed = self
            .all_fields()
            .filter(|(field, variant)| {
                own(&field.options)
                    && variant.is_none_or(|it| {
                        !it.options.skip && it.options.with.is_none() && it.options.bound.is_none()
                    })
            })
            .map(|(field, _)| &field.ty);
        let bound = if ser {
            quote!(_serde::Serialize)
        } else {
            let life = self.de_lifetime();
            quote!(_serde::Deserialize<#life>)
        };
        let mut out = generics.clone();
        bound_used(&mut out, needed, &bound);
        if !ser {
            let defaulted = self
                .all_fields()
                .filter(|(field, _)| matches!(field.options.default, Fallback::Default))
                .map(|(field, _)| &field.ty);
            bound_used(&mut out, defaulted, &quote!(::core::default::Default));
        }
        out
    }

    /// Something is borrowed from the input.
    fn borrows(&self) -> bool {
        self.generics.lifetimes().next().is_some()
            && self.all_fields().any(|(field, variant)| {
                !field.options.skip
                    && (field.options.borrow
                        || variant.is_some_and(|it| it.options.borrow)
                        || borrowed_by_itself(&field.ty))
            })
    }

    /// `'de`, or `'static` when the type borrows for ever.
    fn de_lifetime(&self) -> Lifetime {
        let forever = self
            .all_fields()
            .any(|(field, _)| matches!(&field.ty, Type::Reference(it) if it.lifetime.as_ref().is_some_and(|it| it.ident == "static")));
        if forever {
            parse_quote!('static)
        } else {
            parse_quote!('de)
        }
    }

    /// The lifetime of the input, and the generics of the impl with it.
    pub(super) fn with_de(&self) -> (Lifetime, Generics) {
        let life = self.de_lifetime();
        let mut generics = self.generics.clone();
        if life.ident == "static" {
            return (life, generics);
        }
        let outlived: Vec<Lifetime> = if self.borrows() {
            generics.lifetimes().map(|it| it.lifetime.clone()).collect()
        } else {
            Vec::new()
        };
        let parameter: GenericParam = if outlived.is_empty() {
            parse_quote!(#life)
        } else {
            parse_quote!(#life: #(#outlived)+*)
        };
        generics.params.insert(0, parameter);
        (life, generics)
    }
}

fn borrowed_by_itself(ty: &Type) -> bool {
    matches!(ungroup_type(ty), Type::Reference(_))
        || type_arguments(ty, "Option").is_some_and(|it| {
            it.first()
                .is_some_and(|it| matches!(it, Type::Reference(_)))
        })
}

fn variant(input: &syn::Variant, container: &OfContainer, ser: bool) -> Result<Variant> {
    let options = OfVariant::parse(&input.attrs, ser)?;
    let rename = options.rename_all.or(container.rename_all_fields);
    let (style, fields) = fields(&input.fields, rename, ser)?;
    let own = text_of(&input.ident);
    let name = match (&options.name, container.rename_all) {
        (Some(name), _) => name.clone(),
        (None, Some(case)) => case.variant(&own),
        (None, None) => own,
    };
    Ok(Variant {
        ident: input.ident.clone(),
        name,
        style,
        fields,
        options,
    })
}

fn fields(input: &Fields, rename: Option<Case>, ser: bool) -> Result<(Style, Vec<Field>)> {
    let style = match input {
        Fields::Named(_) => Style::Struct,
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Style::Newtype,
        Fields::Unnamed(_) => Style::Tuple,
        Fields::Unit => Style::Unit,
    };
    let fields = input
        .iter()
        .enumerate()
        .map(|(index, field)| {
            let mut options = OfField::parse(&field.attrs, ser)?;
            if options.skip && matches!(options.default, Fallback::None) {
                options.default = Fallback::Default;
            }
            let (member, own) = match &field.ident {
                Some(ident) => (Member::Named(ident.clone()), text_of(ident)),
                None => (Member::Unnamed(index.into()), index.to_string()),
            };
            let name = match (&options.name, rename) {
                (Some(name), _) => name.clone(),
                (None, Some(case)) => case.field(&own),
                (None, None) => own,
            };
            Ok(Field {
                member,
                ty: field.ty.clone(),
                name,
                options,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok((style, fields))
}

/// An identifier's name without `r#`.
fn text_of(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").unwrap_or(&text).to_owned()
}

impl Field {
    /// What a binding of this field in a pattern is called.
    pub(super) fn binding(&self) -> Ident {
        match &self.member {
            Member::Named(ident) => ident.clone(),
            Member::Unnamed(index) => format_ident!("__field{}", index.index),
        }
    }
}

/// All keys that mean a field or variant.
pub(super) fn keys<'a>(name: &'a str, aliases: &'a [String]) -> Vec<&'a str> {
    let mut keys = vec![name];
    keys.extend(aliases.iter().map(String::as_str).filter(|it| *it != name));
    keys
}

pub(super) fn bytes(text: &str) -> Literal {
    Literal::byte_string(text.as_bytes())
}
