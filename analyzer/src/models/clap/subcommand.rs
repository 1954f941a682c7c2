//! Enums of subcommands.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{DeriveInput, Fields, Type, Variant};

use super::args;
use super::item::{Item, Place, Role};
use super::types::{inside, is_simple};
use crate::models::{Call, Result, refuse};

type Sub<'a> = (&'a Variant, Item);

pub(super) fn for_enum<'a>(
    call: &Call<'_>,
    input: &DeriveInput,
    item: &Item,
    variants: impl Iterator<Item = &'a Variant>,
) -> Result<TokenStream> {
    let variants = variants
        .map(|variant| {
            let place = Place::Subcommand(&variant.ident);
            let item = Item::parse(call, place, &variant.attrs, Some(item))?;
            Ok((variant, item))
        })
        .collect::<Result<Vec<Sub<'_>>>>()?;
    let (parameters, arguments, clause) = input.generics.split_for_impl();
    let ident = &input.ident;
    let read = read(call, &variants)?;
    let update = update(call, &variants)?;
    let augmented = augment(call, &variants, item, false)?;
    let augment_update = augment(call, &variants, item, true)?;
    let has = has(&variants)?;
    Ok(quote! {
        #[automatically_derived]
        impl #parameters clap::FromArgMatches for #ident #arguments #clause {
            fn from_arg_matches(
                __clap_arg_matches: &clap::ArgMatches,
            ) -> ::std::result::Result<Self, clap::Error> {
                Self::from_arg_matches_mut(&mut __clap_arg_matches.clone())
            }
            fn from_arg_matches_mut(
                __clap_arg_matches: &mut clap::ArgMatches,
            ) -> ::std::result::Result<Self, clap::Error> {
                #read
            }
            fn update_from_arg_matches(
                &mut self,
                __clap_arg_matches: &clap::ArgMatches,
            ) -> ::std::result::Result<(), clap::Error> {
                self.update_from_arg_matches_mut(&mut __clap_arg_matches.clone())
            }
            fn update_from_arg_matches_mut<'b>(
                &mut self,
                __clap_arg_matches: &mut clap::ArgMatches,
            ) -> ::std::result::Result<(), clap::Error> {
                #update
            }
        }
        #[automatically_derived]
        impl #parameters clap::Subcommand for #ident #arguments #clause {
            fn augment_subcommands<'b>(__clap_app: clap::Command) -> clap::Command { #augmented }
            fn augment_subcommands_for_update<'b>(__clap_app: clap::Command) -> clap::Command {
                #augment_update
            }
            fn has_subcommand(__clap_name: &str) -> bool { #has }
        }
    })
}

/// The type of a variant with one field and no names.
fn only(variant: &Variant) -> Result<&Type> {
    match &variant.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Ok(&fields.unnamed[0].ty),
        _ => refuse("a variant with several fields"),
    }
}

fn augment(
    call: &Call<'_>,
    variants: &[Sub<'_>],
    parent: &Item,
    update: bool,
) -> Result<TokenStream> {
    let adds = variants
        .iter()
        .map(|(variant, item)| add(call, variant, item, update))
        .collect::<Result<Vec<_>>>()?;
    let (next, methods) = (&parent.next, parent.methods());
    Ok(quote! {
        let __clap_app = __clap_app #next;
        #(#adds)*
        __clap_app #methods
    })
}

fn add(call: &Call<'_>, variant: &Variant, item: &Item, update: bool) -> Result<TokenStream> {
    let (name, next, methods) = (item.cased_name(), &item.next, item.methods());
    let subcommands = if update {
        quote!(augment_subcommands_for_update)
    } else {
        quote!(augment_subcommands)
    };
    Ok(match &item.role {
        Role::Skip(_) | Role::FromGlobal => TokenStream::new(),
        Role::External => {
            let Some(inner) = inside(only(variant)?, "Vec") else {
                return refuse("the type of an external subcommand");
            };
            quote! {
                let __clap_app =
                    __clap_app.external_subcommand_value_parser(clap::value_parser!(#inner));
            }
        }
        Role::Flatten => {
            let ty = only(variant)?;
            quote! {
                let __clap_app = __clap_app #next;
                let __clap_app = <#ty as clap::Subcommand>::#subcommands(__clap_app);
            }
        }
        Role::Subcommand => {
            let inner = match &variant.fields {
                Fields::Unit => quote!(__clap_subcommand),
                _ => {
                    let ty = only(variant)?;
                    quote!(<#ty as clap::Subcommand>::#subcommands(__clap_subcommand))
                }
            };
            let loosened =
                update.then(|| quote!(.subcommand_required(false).arg_required_else_help(false)));
            quote! {
                let __clap_app = __clap_app.subcommand({
                    let __clap_subcommand = clap::Command::new(#name);
                    let __clap_subcommand = __clap_subcommand
                        .subcommand_required(true)
                        .arg_required_else_help(true);
                    let __clap_subcommand = __clap_subcommand #next;
                    let __clap_subcommand = #inner;
                    __clap_subcommand #methods #loosened
                });
            }
        }
        Role::Itself => {
            let inner = match &variant.fields {
                Fields::Named(fields) => {
                    let fields = args::collect(call, item, &fields.named)?;
                    args::add(&fields, &format_ident!("__clap_subcommand"), item, update)?
                }
                Fields::Unit => quote! {
                    let __clap_subcommand = __clap_subcommand #next;
                    __clap_subcommand #methods
                },
                Fields::Unnamed(_) => {
                    let ty = only(variant)?;
                    let function = if update {
                        quote!(augment_args_for_update)
                    } else {
                        quote!(augment_args)
                    };
                    quote! {
                        let __clap_subcommand = __clap_subcommand #next;
                        let __clap_subcommand =
                            <#ty as clap::Args>::#function(__clap_subcommand);
                        __clap_subcommand #methods
                    }
                }
            };
            quote! {
                let __clap_app = __clap_app.subcommand({
                    let __clap_subcommand = clap::Command::new(#name);
                    #inner
                });
            }
        }
    })
}

/// Variants that are commands of their own, and those that stand for others.
fn parted<'a, 'b>(variants: &'b [Sub<'a>]) -> (Vec<&'b Sub<'a>>, Vec<&'b Sub<'a>>) {
    let commands = variants
        .iter()
        .filter(|(_, item)| matches!(item.role, Role::Itself | Role::Subcommand));
    let flattened = variants
        .iter()
        .filter(|(_, item)| matches!(item.role, Role::Flatten));
    (commands.collect(), flattened.collect())
}

fn has(variants: &[Sub<'_>]) -> Result<TokenStream> {
    if variants
        .iter()
        .any(|(_, item)| matches!(item.role, Role::External))
    {
        return Ok(quote!(true));
    }
    let (commands, flattened) = parted(variants);
    let names = commands.iter().map(|(_, item)| item.cased_name());
    let types = flattened
        .iter()
        .map(|(variant, _)| only(variant))
        .collect::<Result<Vec<_>>>()?;
    Ok(quote! {
        #(if #names == __clap_name { return true; })*
        #(if <#types as clap::Subcommand>::has_subcommand(__clap_name) { return true; })*
        false
    })
}

fn read(call: &Call<'_>, variants: &[Sub<'_>]) -> Result<TokenStream> {
    let (commands, flattened) = parted(variants);
    let flattened = flattened
        .iter()
        .map(|(variant, _)| {
            let (ident, ty) = (&variant.ident, only(variant)?);
            Ok(quote! {
                if __clap_arg_matches
                    .subcommand_name()
                    .map(|__clap_name| <#ty as clap::Subcommand>::has_subcommand(__clap_name))
                    .unwrap_or_default()
                {
                    let __clap_res =
                        <#ty as clap::FromArgMatches>::from_arg_matches_mut(__clap_arg_matches)?;
                    return ::std::result::Result::Ok(Self::#ident(__clap_res));
                }
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let commands = commands
        .iter()
        .map(|(variant, item)| {
            let (name, ident) = (item.cased_name(), &variant.ident);
            let value = match &variant.fields {
                Fields::Named(fields) => {
                    args::constructor(&args::collect(call, item, &fields.named)?)?
                }
                Fields::Unit => TokenStream::new(),
                Fields::Unnamed(_) => {
                    let ty = only(variant)?;
                    quote! {
                        (<#ty as clap::FromArgMatches>::from_arg_matches_mut(
                            __clap_arg_matches,
                        )?)
                    }
                }
            };
            Ok(quote! {
                if __clap_name == #name && !__clap_arg_matches.contains_id("") {
                    return ::std::result::Result::Ok(Self::#ident #value);
                }
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let rest = external(variants)?;
    Ok(quote! {
        #(#flattened)*
        if let Some((__clap_name, mut __clap_arg_sub_matches)) =
            __clap_arg_matches.remove_subcommand()
        {
            let __clap_arg_matches = &mut __clap_arg_sub_matches;
            #(#commands)*
            #rest
        } else {
            ::std::result::Result::Err(clap::Error::raw(
                clap::error::ErrorKind::MissingSubcommand,
                "a subcommand is required but one was not provided",
            ))
        }
    })
}

/// What is made of a subcommand that no variant is called like.
fn external(variants: &[Sub<'_>]) -> Result<TokenStream> {
    let found = variants
        .iter()
        .find(|(_, item)| matches!(item.role, Role::External));
    let Some((variant, _)) = found else {
        return Ok(quote! {
            ::std::result::Result::Err(clap::Error::raw(
                clap::error::ErrorKind::InvalidSubcommand,
                format!("the subcommand '{}' wasn't recognized", __clap_name),
            ))
        });
    };
    let ident = &variant.ident;
    let text = match inside(only(variant)?, "Vec") {
        Some(ty) if is_simple(ty, "String") => quote!(::std::string::String),
        Some(ty) if is_simple(ty, "OsString") => quote!(::std::ffi::OsString),
        _ => return refuse("the type of an external subcommand"),
    };
    Ok(quote! {
        ::std::result::Result::Ok(Self::#ident(
            ::std::iter::once(#text::from(__clap_name))
                .chain(
                    __clap_arg_matches
                        .remove_many::<#text>("")
                        .unwrap()
                        .map(#text::from),
                )
                .collect::<::std::vec::Vec<_>>(),
        ))
    })
}

fn update(call: &Call<'_>, variants: &[Sub<'_>]) -> Result<TokenStream> {
    let (commands, flattened) = parted(variants);
    let commands = commands
        .iter()
        .map(|(variant, item)| {
            let (name, ident) = (item.cased_name(), &variant.ident);
            let (pattern, update) = match &variant.fields {
                Fields::Named(fields) => {
                    let names = fields.named.iter().filter_map(|it| it.ident.as_ref());
                    let collected = args::collect(call, item, &fields.named)?;
                    let update = args::updater(&collected, false)?;
                    (quote!({ #(#names,)* }), quote!({ #update }))
                }
                Fields::Unit => (TokenStream::new(), quote!({})),
                Fields::Unnamed(_) => {
                    only(variant)?;
                    (
                        quote!((__clap_arg)),
                        quote! {
                            clap::FromArgMatches::update_from_arg_matches_mut(
                                __clap_arg,
                                __clap_arg_matches,
                            )?
                        },
                    )
                }
            };
            Ok(quote! {
                Self::#ident #pattern if #name == __clap_name => {
                    let (_, mut __clap_arg_sub_matches) =
                        __clap_arg_matches.remove_subcommand().unwrap();
                    let __clap_arg_matches = &mut __clap_arg_sub_matches;
                    #update
                }
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let flattened = flattened
        .iter()
        .map(|(variant, _)| {
            let (ident, ty) = (&variant.ident, only(variant)?);
            Ok(quote! {
                if <#ty as clap::Subcommand>::has_subcommand(__clap_name) {
                    if let Self::#ident(child) = s {
                        <#ty as clap::FromArgMatches>::update_from_arg_matches_mut(
                            child,
                            __clap_arg_matches,
                        )?;
                        return ::std::result::Result::Ok(());
                    }
                }
            })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(quote! {
        if let Some(__clap_name) = __clap_arg_matches.subcommand_name() {
            match self {
                #(#commands)*
                s => {
                    #(#flattened)*
                    *s = <Self as clap::FromArgMatches>::from_arg_matches_mut(
                        __clap_arg_matches,
                    )?;
                }
            }
        }
        ::std::result::Result::Ok(())
    })
}
