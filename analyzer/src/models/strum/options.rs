//! An enum with its `#[strum(…)]` options.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{Attribute, Data, DeriveInput, ExprPath, Fields, Generics, Ident, Path};

use crate::models::attributes::{Setting, Value, settings};
use crate::models::generics::without_defaults;
use crate::models::words::Casing;
use crate::models::{Call, Result, refuse};

pub(super) struct Enum {
    pub(super) input: DeriveInput,
    pub(super) generics: Generics,
    pub(super) variants: Vec<Variant>,
    /// `::strum`, or what `crate` names.
    pub(super) krate: TokenStream,
    pub(super) case_insensitive: bool,
    pub(super) const_into_str: bool,
    pub(super) parse_error: Option<(Path, Path)>,
}

pub(super) struct Variant {
    pub(super) ident: Ident,
    pub(super) fields: Fields,
    pub(super) attributes: Vec<Attribute>,
    pub(super) disabled: bool,
    pub(super) default: bool,
    pub(super) transparent: bool,
    pub(super) case_insensitive: Option<bool>,
    pub(super) default_with: Option<Ident>,
    /// The text that is written.
    pub(super) written: String,
    pub(super) has_to_string: bool,
    /// The texts that are read.
    pub(super) read: Vec<String>,
}

pub(super) fn parse(call: &Call<'_>) -> Result<Enum> {
    let input: DeriveInput = syn::parse2(call.item.clone())?;
    let Data::Enum(data) = &input.data else {
        return refuse("not an enum");
    };
    let mut casing = None;
    let mut prefix = String::new();
    let mut krate = quote!(::strum);
    let (mut case_insensitive, mut const_into_str) = (false, false);
    let (mut error_type, mut error_function) = (None, None);
    for it in settings(&input.attrs, "strum")? {
        match it.name().as_str() {
            "serialize_all" => casing = Some(Casing::parse(&it.string()?)?),
            "prefix" => prefix = it.string()?,
            "crate" => krate = it.module_path()?.to_token_stream(),
            "ascii_case_insensitive" => case_insensitive = true,
            "const_into_str" => const_into_str = true,
            "parse_err_ty" => error_type = Some(path(&it)?),
            "parse_err_fn" => error_function = Some(path(&it)?),
            name => return refuse(format!("`#[strum({name})]` on an enum")),
        }
    }
    let variants = data
        .variants
        .iter()
        .map(|variant| self::variant(variant, casing, &prefix))
        .collect::<Result<_>>()?;
    Ok(Enum {
        generics: without_defaults(&input.generics),
        variants,
        krate,
        case_insensitive,
        const_into_str,
        parse_error: error_type.zip(error_function),
        input,
    })
}

fn path(setting: &Setting) -> Result<Path> {
    Ok(syn::parse2::<ExprPath>(setting.expr()?.to_token_stream())?.path)
}

fn variant(variant: &syn::Variant, casing: Option<Casing>, prefix: &str) -> Result<Variant> {
    let name = variant.ident.to_string();
    let name = name.trim_start_matches("r#");
    let own = casing.map_or_else(|| name.to_owned(), |it| it.of(name));
    let mut out = Variant {
        ident: variant.ident.clone(),
        fields: variant.fields.clone(),
        attributes: variant.attrs.clone(),
        disabled: false,
        default: false,
        transparent: false,
        case_insensitive: None,
        default_with: None,
        written: String::new(),
        has_to_string: false,
        read: Vec::new(),
    };
    let mut to_string = None;
    for it in settings(&variant.attrs, "strum")? {
        match it.name().as_str() {
            "disabled" => out.disabled = true,
            "default" => out.default = true,
            "transparent" => out.transparent = true,
            "serialize" => out.read.push(it.string()?),
            "to_string" => to_string = Some(it.string()?),
            "default_with" => out.default_with = Some(it.literal()?.parse()?),
            "ascii_case_insensitive" => {
                let off = match &it.value {
                    Value::Is(expr) => expr.to_token_stream().to_string() == "false",
                    _ => false,
                };
                out.case_insensitive = Some(!off);
            }
            // Texts of other derives.
            "message" | "detailed_message" | "props" => {}
            name => return refuse(format!("`#[strum({name})]` on a variant")),
        }
    }
    out.has_to_string = to_string.is_some();
    let longest = out.read.iter().rev().max_by_key(|it| it.len()).cloned();
    let written = to_string.clone().or(longest).unwrap_or_else(|| own.clone());
    out.written = format!("{prefix}{written}");
    out.read.extend(to_string);
    if out.read.is_empty() {
        out.read.push(own);
    }
    Ok(out)
}

impl Variant {
    /// The pattern that does not look at fields.
    pub(super) fn any_fields(&self) -> TokenStream {
        match self.fields {
            Fields::Unit => TokenStream::new(),
            Fields::Unnamed(_) => quote!((..)),
            Fields::Named(_) => quote!({ .. }),
        }
    }

    /// The pattern that binds the one field there is, and its name.
    pub(super) fn only_field(&self) -> Result<TokenStream> {
        match &self.fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Ok(quote!((ref __field))),
            Fields::Named(fields) if fields.named.len() == 1 => {
                let name = &fields.named[0].ident;
                Ok(quote!({ #name: ref __field }))
            }
            _ => refuse("a variant without exactly one field"),
        }
    }
}

impl Enum {
    /// `impl … for Enum`
    pub(super) fn implement(&self, of: &TokenStream, body: &TokenStream) -> TokenStream {
        crate::models::generics::implement(&self.generics, of, &self.input.ident, body)
    }

    /// `Enum<T>`
    pub(super) fn this(&self) -> TokenStream {
        let (ident, arguments) = (&self.input.ident, self.generics.split_for_impl().1);
        quote!(#ident #arguments)
    }
}
