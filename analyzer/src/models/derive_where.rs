//! `derive_where`: impls of std's traits without bounds on the parameters.
//!
//! Understood: a list of traits without bounds of its own, and `skip` on fields.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::punctuated::Punctuated;
use syn::{Data, DeriveInput, Field, Fields, Member, Meta, Token};

use super::generics::{implement, without_defaults};
use super::{Call, Result, refuse};

pub(super) fn derive_where(call: &Call<'_>) -> Result<TokenStream> {
    let traits = list(call.arguments.clone())?;
    let mut input: DeriveInput = syn::parse2(call.item.clone())?;
    if input.attrs.iter().any(is_ours) {
        return refuse("several `derive_where` on one type");
    }
    let variants = variants(&input)?;
    let generics = without_defaults(&input.generics);
    let mut impls = TokenStream::new();
    for name in &traits {
        let (of, body) = match name.to_string().as_str() {
            "Debug" => (quote!(::core::fmt::Debug), debug(&variants)),
            "PartialEq" => (quote!(::core::cmp::PartialEq), partial_eq(&variants)),
            "Hash" => (quote!(::core::hash::Hash), hash(&variants)),
            "Clone" if traits.iter().any(|it| it == "Copy") && generics.params.is_empty() => (
                quote!(::core::clone::Clone),
                quote!(
                    fn clone(&self) -> Self {
                        *self
                    }
                ),
            ),
            "Clone" => (quote!(::core::clone::Clone), clone(&variants)),
            "Copy" => (quote!(::core::marker::Copy), TokenStream::new()),
            "Eq" => (quote!(::core::cmp::Eq), TokenStream::new()),
            name => return refuse(format!("`derive_where({name})`")),
        };
        impls.extend(implement(&generics, &of, &input.ident, &body));
    }
    fields_mut(&mut input, |field| field.attrs.retain(|it| !is_ours(it)));
    Ok(quote!(#input #impls))
}

fn list(arguments: TokenStream) -> Result<Vec<Ident>> {
    use syn::parse::Parser as _;
    let parser = Punctuated::<Ident, Token![,]>::parse_terminated;
    match parser.parse2(arguments) {
        Ok(traits) => Ok(traits.into_iter().collect()),
        Err(_) => refuse("`derive_where` with bounds or paths"),
    }
}

fn is_ours(attribute: &syn::Attribute) -> bool {
    attribute.path().is_ident("derive_where")
}

fn fields_mut(input: &mut DeriveInput, change: impl Fn(&mut Field)) {
    match &mut input.data {
        Data::Struct(data) => data.fields.iter_mut().for_each(change),
        Data::Enum(data) => {
            let fields = data.variants.iter_mut().flat_map(|v| v.fields.iter_mut());
            fields.for_each(change);
        }
        Data::Union(_) => {}
    }
}

/// A struct, or one variant of an enum.
struct Variant {
    path: TokenStream,
    name: String,
    is_named: bool,
    fields: Vec<Part>,
}

struct Part {
    member: Member,
    /// Traits that leave it out; an empty list is all of them.
    skipped: Option<Vec<String>>,
}

fn variants(input: &DeriveInput) -> Result<Vec<Variant>> {
    match &input.data {
        Data::Struct(data) => {
            let made = variant(quote!(Self), &input.ident, &data.fields)?;
            Ok(vec![made])
        }
        Data::Enum(data) => {
            let mut made = Vec::new();
            for it in &data.variants {
                if it.attrs.iter().any(is_ours) {
                    return refuse("`derive_where` on a variant");
                }
                let name = &it.ident;
                made.push(variant(quote!(Self::#name), name, &it.fields)?);
            }
            Ok(made)
        }
        Data::Union(_) => refuse("a union"),
    }
}

fn variant(path: TokenStream, name: &Ident, fields: &Fields) -> Result<Variant> {
    let mut parts = Vec::new();
    for (field, member) in fields.iter().zip(fields.members()) {
        let mut skipped = None;
        for attribute in field.attrs.iter().filter(|it| is_ours(it)) {
            let option: Meta = attribute.parse_args()?;
            skipped = Some(match option {
                Meta::Path(path) if path.is_ident("skip") => Vec::new(),
                Meta::List(of) if of.path.is_ident("skip") => {
                    let names = list(of.tokens)?;
                    names.iter().map(ToString::to_string).collect()
                }
                _ => return refuse("an option of `derive_where` on a field"),
            });
        }
        parts.push(Part { member, skipped });
    }
    Ok(Variant {
        path,
        name: name.to_string(),
        is_named: matches!(fields, Fields::Named(_)),
        fields: parts,
    })
}

impl Variant {
    /// A pattern whose variables have `prefix`, and those of the fields that a trait uses.
    fn bound(&self, prefix: &str, group: &str) -> (TokenStream, Vec<(usize, Ident)>) {
        let is_used = |part: &Part| match &part.skipped {
            None => true,
            Some(names) => !names.is_empty() && !names.iter().any(|name| name == group),
        };
        let used: Vec<(usize, Ident)> = (0..)
            .zip(&self.fields)
            .filter(|(_, part)| is_used(part))
            .map(|(at, _)| (at, format_ident!("{prefix}{at}")))
            .collect();
        let bindings = used.iter().map(|(at, name)| {
            let member = &self.fields[*at].member;
            quote!(#member: #name)
        });
        let path = &self.path;
        (quote!(#path { #(#bindings,)* .. }), used)
    }
}

fn debug(variants: &[Variant]) -> TokenStream {
    let arms = variants.iter().map(|it| {
        let (pattern, used) = it.bound("__field_", "Debug");
        let name = &it.name;
        let fields = used.iter().map(|(at, field)| match &it.fields[*at].member {
            Member::Named(member) => {
                let member = member.to_string();
                quote!(::core::fmt::DebugStruct::field(&mut __builder, #member, #field);)
            }
            Member::Unnamed(_) => {
                quote!(::core::fmt::DebugTuple::field(&mut __builder, #field);)
            }
        });
        let (start, of) = if it.is_named {
            (quote!(debug_struct), quote!(DebugStruct))
        } else {
            (quote!(debug_tuple), quote!(DebugTuple))
        };
        quote! {
            #pattern => {
                let mut __builder = ::core::fmt::Formatter::#start(__f, #name);
                #(#fields)*
                ::core::fmt::#of::finish(&mut __builder)
            }
        }
    });
    quote! {
        fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            match self { #(#arms)* }
        }
    }
}

fn partial_eq(variants: &[Variant]) -> TokenStream {
    let arms = variants.iter().map(|it| {
        let (left, used) = it.bound("__field_", "EqHashOrd");
        let (right, others) = it.bound("__other_", "EqHashOrd");
        let pairs = used.iter().zip(&others);
        let equal = pairs.map(|((_, a), (_, b))| quote!(::core::cmp::PartialEq::eq(#a, #b)));
        quote!((#left, #right) => true #(&& #equal)*,)
    });
    quote! {
        fn eq(&self, __other: &Self) -> bool {
            match (self, __other) { #(#arms)* _ => false }
        }
    }
}

fn hash(variants: &[Variant]) -> TokenStream {
    let arms = variants.iter().map(|it| {
        let (pattern, used) = it.bound("__field_", "EqHashOrd");
        let fields = used
            .iter()
            .map(|(_, field)| quote!(::core::hash::Hash::hash(#field, __state);));
        quote!(#pattern => { #(#fields)* })
    });
    quote! {
        fn hash<__H: ::core::hash::Hasher>(&self, __state: &mut __H) {
            ::core::hash::Hash::hash(&::core::mem::discriminant(self), __state);
            match self { #(#arms)* }
        }
    }
}

fn clone(variants: &[Variant]) -> TokenStream {
    let arms = variants.iter().map(|it| {
        // Nothing can be left out of a clone.
        let names: Vec<Ident> = (0..it.fields.len())
            .map(|at| format_ident!("__field_{at}"))
            .collect();
        let members: Vec<&Member> = it.fields.iter().map(|part| &part.member).collect();
        let path = &it.path;
        quote! {
            #path { #(#members: #names),* } => #path {
                #(#members: ::core::clone::Clone::clone(#names)),*
            },
        }
    });
    quote! {
        fn clone(&self) -> Self {
            match self { #(#arms)* }
        }
    }
}
