//! Structs of arguments: how they are added to a command, and read from what was matched.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Field, Ident, Type};

use super::item::{Item, Place, Role};
use super::types::{self, Shape};
use crate::models::{Call, Result, refuse};

pub(super) type ArgField<'a> = (&'a Ident, &'a Type, Item);

pub(super) fn collect<'a>(
    call: &Call<'_>,
    parent: &Item,
    fields: impl IntoIterator<Item = &'a Field>,
) -> Result<Vec<ArgField<'a>>> {
    fields
        .into_iter()
        .map(|field| {
            let Some(ident) = &field.ident else {
                return refuse("a field without a name");
            };
            let place = Place::Field(ident, &field.ty);
            let item = Item::parse(call, place, &field.attrs, Some(parent))?;
            Ok((ident, &field.ty, item))
        })
        .collect()
}

pub(super) fn for_struct(
    call: &Call<'_>,
    input: &DeriveInput,
    item: &Item,
    fields: Vec<&Field>,
) -> Result<TokenStream> {
    let fields = collect(call, item, fields)?;
    let (parameters, arguments, clause) = input.generics.split_for_impl();
    let ident = &input.ident;
    let constructor = constructor(&fields)?;
    let updater = updater(&fields, true)?;
    let app = quote::format_ident!("__clap_app");
    let augment = add(&fields, &app, item, false)?;
    let augment_update = add(&fields, &app, item, true)?;
    let group = if item.skip_group {
        quote!(None)
    } else {
        let id = item.group_id();
        quote!(Some(clap::Id::from(#id)))
    };
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
                let v = #ident #constructor;
                ::std::result::Result::Ok(v)
            }
            fn update_from_arg_matches(
                &mut self,
                __clap_arg_matches: &clap::ArgMatches,
            ) -> ::std::result::Result<(), clap::Error> {
                self.update_from_arg_matches_mut(&mut __clap_arg_matches.clone())
            }
            fn update_from_arg_matches_mut(
                &mut self,
                __clap_arg_matches: &mut clap::ArgMatches,
            ) -> ::std::result::Result<(), clap::Error> {
                #updater
                ::std::result::Result::Ok(())
            }
        }
        #[automatically_derived]
        impl #parameters clap::Args for #ident #arguments #clause {
            fn group_id() -> Option<clap::Id> { #group }
            fn augment_args<'b>(__clap_app: clap::Command) -> clap::Command { #augment }
            fn augment_args_for_update<'b>(__clap_app: clap::Command) -> clap::Command {
                #augment_update
            }
        }
    })
}

/// `T` where an optional group or subcommand is `Option<T>`.
fn part(ty: &Type) -> &Type {
    match Shape::of(ty) {
        Shape::Option => types::value(ty),
        _ => ty,
    }
}

/// A block that adds the fields to the command in `app`.
pub(super) fn add(
    fields: &[ArgField<'_>],
    app: &Ident,
    parent: &Item,
    update: bool,
) -> Result<TokenStream> {
    let adds = fields
        .iter()
        .map(|(_, ty, item)| add_field(ty, item, app, update))
        .collect::<Result<Vec<_>>>()?;
    let (next, methods) = (&parent.next, parent.methods());
    let group = (!parent.skip_group).then(|| {
        let (id, methods) = (parent.group_id(), parent.group_methods());
        let mut ids: Vec<TokenStream> = fields
            .iter()
            .filter(|(_, _, item)| matches!(item.role, Role::Itself))
            .map(|(_, _, item)| item.id())
            .collect();
        if fields
            .iter()
            .any(|(_, _, item)| matches!(item.role, Role::Flatten))
        {
            ids.clear();
        }
        let count = ids.len();
        quote! {
            .group(clap::ArgGroup::new(#id).multiple(true) #methods .args({
                let members: [clap::Id; #count] = [#(clap::Id::from(#ids)),*];
                members
            }))
        }
    });
    Ok(quote!({
        let #app = #app #next #group;
        #(#adds)*
        #app #methods
    }))
}

fn add_field(ty: &Type, item: &Item, app: &Ident, update: bool) -> Result<TokenStream> {
    let shape = Shape::of(ty);
    Ok(match &item.role {
        Role::Skip(_) | Role::FromGlobal => TokenStream::new(),
        Role::External => return refuse("an external subcommand in a field"),
        Role::Subcommand => {
            let inner = part(ty);
            let implicit = (shape != Shape::Option)
                .then(|| quote!(.subcommand_required(true).arg_required_else_help(true)));
            let loosened =
                update.then(|| quote!(.subcommand_required(false).arg_required_else_help(false)));
            quote! {
                let #app = <#inner as clap::Subcommand>::augment_subcommands(#app);
                let #app = #app #implicit #loosened;
            }
        }
        Role::Flatten => {
            let (inner, next) = (part(ty), &item.next);
            let check = (shape == Shape::Option)
                .then(|| quote!(<#inner as clap::Args>::group_id().expect("");));
            let function = if update {
                quote!(augment_args_for_update)
            } else {
                quote!(augment_args)
            };
            quote! {
                #check
                let #app = #app #next;
                let #app = <#inner as clap::Args>::#function(#app);
            }
        }
        Role::Itself => {
            let (id, value_name) = (item.id(), item.value_name());
            let (parser, action) = (item.value_parser(ty), item.action(ty));
            let implicit = match shape {
                Shape::Unit => quote!(.action(#action)),
                Shape::OptionOption => quote!(.num_args(0..=1) #parser .action(#action)),
                Shape::Vec | Shape::OptionVec if item.positional => {
                    quote!(.num_args(1..) #parser .action(#action))
                }
                Shape::Option | Shape::Vec | Shape::OptionVec => quote!(#parser .action(#action)),
                Shape::Other => {
                    let required = !item.has_default;
                    quote! {
                        .required(#required && #action.takes_values())
                        #parser
                        .action(#action)
                    }
                }
            };
            let methods = item.methods();
            let loosened = update.then(|| quote!(.required(false)));
            quote! {
                let #app = #app.arg({
                    let arg = clap::Arg::new(#id).value_name(#value_name) #implicit;
                    let arg = arg #methods;
                    let arg = arg #loosened;
                    arg
                });
            }
        }
    })
}

/// `{ field: value, … }` from what was matched.
pub(super) fn constructor(fields: &[ArgField<'_>]) -> Result<TokenStream> {
    let values = fields
        .iter()
        .map(|(ident, ty, item)| {
            let value = match &item.role {
                Role::Skip(None) => quote!(Default::default()),
                Role::Skip(Some(value)) => quote!((#value).into()),
                Role::Itself | Role::FromGlobal => read(item, ty),
                Role::External => return refuse("an external subcommand in a field"),
                role => {
                    let inner = part(ty);
                    let whole = quote! {
                        <#inner as clap::FromArgMatches>::from_arg_matches_mut(
                            __clap_arg_matches,
                        )?
                    };
                    let there = match role {
                        Role::Subcommand => quote! {
                            __clap_arg_matches
                                .subcommand_name()
                                .map(<#inner as clap::Subcommand>::has_subcommand)
                                .unwrap_or(false)
                        },
                        _ => quote!({
                            let group_id = <#inner as clap::Args>::group_id().expect("");
                            __clap_arg_matches.contains_id(group_id.as_str())
                        }),
                    };
                    match Shape::of(ty) {
                        Shape::Option => quote!(if #there { Some(#whole) } else { None }),
                        Shape::Other => whole,
                        _ => return refuse("the type of a flattened field"),
                    }
                }
            };
            Ok(quote!(#ident: #value))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(quote!({ #(#values),* }))
}

/// The value of an argument.
fn read(item: &Item, ty: &Type) -> TokenStream {
    let (id, inner) = (item.id(), types::value(ty));
    let one = quote!(__clap_arg_matches.remove_one::<#inner>(#id));
    let many = quote! {
        __clap_arg_matches
            .remove_many::<#inner>(#id)
            .map(|v| v.collect::<Vec<_>>())
            .unwrap_or_else(Vec::new)
    };
    match Shape::of(ty) {
        Shape::Unit => quote!(()),
        Shape::Option => one,
        Shape::Vec => many,
        Shape::OptionOption => {
            quote!(if __clap_arg_matches.contains_id(#id) { Some(#one) } else { None })
        }
        Shape::OptionVec => {
            quote!(if __clap_arg_matches.contains_id(#id) { Some(#many) } else { None })
        }
        Shape::Other => quote! {
            #one.ok_or_else(|| clap::Error::raw(
                clap::error::ErrorKind::MissingRequiredArgument,
                "the following required argument was not provided",
            ))?
        },
    }
}

/// Statements that overwrite fields with what was matched.
pub(super) fn updater(fields: &[ArgField<'_>], of_self: bool) -> Result<TokenStream> {
    let updates = fields
        .iter()
        .map(|(ident, ty, item)| {
            let access = of_self.then(|| quote!(let #ident = &mut self.#ident;));
            Ok(match &item.role {
                Role::Skip(_) => TokenStream::new(),
                Role::Itself | Role::FromGlobal => {
                    let (id, value) = (item.id(), read(item, ty));
                    quote! {
                        if __clap_arg_matches.contains_id(#id) {
                            #access
                            *#ident = #value
                        }
                    }
                }
                Role::External => return refuse("an external subcommand in a field"),
                Role::Subcommand | Role::Flatten => {
                    let inner = part(ty);
                    let update = quote! {
                        <#inner as clap::FromArgMatches>::update_from_arg_matches_mut(
                            #ident,
                            __clap_arg_matches,
                        )?;
                    };
                    let update = if Shape::of(ty) == Shape::Option {
                        quote! {
                            if let Some(#ident) = #ident.as_mut() {
                                #update
                            } else {
                                *#ident = Some(
                                    <#inner as clap::FromArgMatches>::from_arg_matches_mut(
                                        __clap_arg_matches,
                                    )?,
                                );
                            }
                        }
                    } else {
                        update
                    };
                    quote!({ #access #update })
                }
            })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(quote!(#(#updates)*))
}
