//! Enums of possible values.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields};

use super::item::{Item, Place, Role};
use crate::models::{Call, Result, refuse};

pub(in crate::models) fn value_enum(call: &Call<'_>) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(call.item.clone())?;
    let Data::Enum(data) = &input.data else {
        return refuse("`ValueEnum` of a type that is no enum");
    };
    let parent = Item::parse(call, Place::Values(&input.ident), &input.attrs, None)?;
    let mut idents = Vec::new();
    let mut values = Vec::new();
    for variant in &data.variants {
        let place = Place::Value(&variant.ident);
        let item = Item::parse(call, place, &variant.attrs, Some(&parent))?;
        if matches!(item.role, Role::Skip(_)) {
            continue;
        }
        if !matches!(variant.fields, Fields::Unit) {
            return refuse("a value with fields");
        }
        let (name, methods) = (item.cased_name(), item.methods());
        idents.push(&variant.ident);
        values.push(quote!(clap::builder::PossibleValue::new(#name) #methods));
    }
    let ident = &input.ident;
    Ok(quote! {
        #[automatically_derived]
        impl clap::ValueEnum for #ident {
            fn value_variants<'a>() -> &'a [Self] {
                &[#(Self::#idents),*]
            }
            fn to_possible_value<'a>(
                &self,
            ) -> ::std::option::Option<clap::builder::PossibleValue> {
                match self {
                    #(Self::#idents => Some({ #values }),)*
                    _ => None,
                }
            }
        }
    })
}
