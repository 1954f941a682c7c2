//! `clap_derive`: `Parser`, `Args`, `Subcommand`, `ValueEnum`, of clap 4.
//!
//! Each option of an attribute that is no word of clap's own is a method of the builder, called
//! with what stands behind it: method resolution finds the function, as for the real derive.

mod args;
mod defaults;
mod item;
mod subcommand;
mod types;
mod value_enum;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Field, Fields};

use self::item::{Item, Place};
use super::{Call, Result, refuse};

/// What the versions differ in.
#[derive(Clone, Copy)]
struct Dialect {
    /// Before 4.4: defaults are kept in a cell of `once_cell`.
    once_cell: bool,
}

pub(super) fn parser(call: &Call<'_>) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(call.item.clone())?;
    let name = call.variable("CARGO_PKG_NAME").unwrap_or_default();
    let item = Item::parse(call, Place::Type(&input.ident), &input.attrs, None)?;
    let item = item.called(quote!(#name));
    let (parameters, arguments, clause) = input.generics.split_for_impl();
    let (ident, cased) = (&input.ident, item.cased_name());
    let (command, update, rest) = match &input.data {
        Data::Struct(data) => (
            quote! {
                let __clap_app = clap::Command::new(#cased);
                <Self as clap::Args>::augment_args(__clap_app)
            },
            quote! {
                let __clap_app = clap::Command::new(#cased);
                <Self as clap::Args>::augment_args_for_update(__clap_app)
            },
            args::for_struct(call, &input, &item, named(&data.fields)?)?,
        ),
        Data::Enum(data) => (
            quote! {
                let __clap_app = clap::Command::new(#cased)
                    .subcommand_required(true)
                    .arg_required_else_help(true);
                <Self as clap::Subcommand>::augment_subcommands(__clap_app)
            },
            quote! {
                let __clap_app = clap::Command::new(#cased);
                <Self as clap::Subcommand>::augment_subcommands_for_update(__clap_app)
                    .subcommand_required(false)
                    .arg_required_else_help(false)
            },
            subcommand::for_enum(call, &input, &item, data.variants.iter())?,
        ),
        Data::Union(_) => return refuse("a union"),
    };
    Ok(quote! {
        #[automatically_derived]
        impl #parameters clap::Parser for #ident #arguments #clause {}
        #[automatically_derived]
        impl #parameters clap::CommandFactory for #ident #arguments #clause {
            fn command<'b>() -> clap::Command { #command }
            fn command_for_update<'b>() -> clap::Command { #update }
        }
        #rest
    })
}

pub(super) fn args(call: &Call<'_>) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(call.item.clone())?;
    let Data::Struct(data) = &input.data else {
        return refuse("`Args` of a type that is no struct");
    };
    let item = Item::parse(call, Place::Type(&input.ident), &input.attrs, None)?;
    args::for_struct(call, &input, &item, named(&data.fields)?)
}

pub(super) fn subcommand(call: &Call<'_>) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(call.item.clone())?;
    let Data::Enum(data) = &input.data else {
        return refuse("`Subcommand` of a type that is no enum");
    };
    let item = Item::parse(call, Place::Type(&input.ident), &input.attrs, None)?;
    subcommand::for_enum(call, &input, &item, data.variants.iter())
}

pub(super) use self::value_enum::value_enum;

/// Fields with names; a unit struct has none.
fn named(fields: &Fields) -> Result<Vec<&Field>> {
    match fields {
        Fields::Named(fields) => Ok(fields.named.iter().collect()),
        Fields::Unit => Ok(Vec::new()),
        Fields::Unnamed(_) => refuse("fields without names"),
    }
}

impl Dialect {
    fn of(call: &Call<'_>) -> Self {
        let version = &call.krate.version;
        Self {
            once_cell: version.minor < 4,
        }
    }
}
