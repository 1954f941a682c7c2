//! `thiserror`'s `Error`: `Display`, `Error::source` and `From` impls.

mod format;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, format_ident, quote};
use rustc_hash::FxHashSet;
use syn::{Attribute, Data, DeriveInput, Fields, Generics, Ident, Member, Meta, Type};
use syn::{WherePredicate, parse_quote};

use self::format::Message;
use super::attributes::{Setting, type_arguments};
use super::generics::{identifiers, implement, without_defaults};
use super::{Call, Result, refuse};

/// What `#[error(…)]` says.
enum Display {
    Transparent,
    /// `fmt = path`
    Path(syn::ExprPath),
    Message(Message),
}

struct Field<'a> {
    member: Member,
    /// What a pattern calls it.
    binding: Ident,
    ty: &'a Type,
    from: bool,
    source: bool,
}

/// A struct, or a variant of an enum.
struct Case<'a> {
    path: TokenStream,
    fields: Vec<Field<'a>>,
    named: bool,
    display: Option<Display>,
}

pub(super) fn error(call: &Call<'_>) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(call.item.clone())?;
    let version = &call.krate.version;
    let private = if version.major == 2 && version.patch >= 17 {
        let module = format_ident!("__private{}", version.patch);
        quote!(::thiserror::#module)
    } else {
        quote!(::thiserror::__private)
    };
    let cases = cases(&input)?;
    let generics = without_defaults(&input.generics);
    let display = impl_display(&input.ident, &generics, &cases, &private);
    let error = impl_error(&input.ident, &generics, &cases, &private)?;
    let from = cases
        .iter()
        .filter_map(|case| impl_from(&input.ident, &generics, case));
    Ok(quote!(#error #display #(#from)*))
}

fn cases(input: &DeriveInput) -> Result<Vec<Case<'_>>> {
    match &input.data {
        Data::Struct(data) => Ok(vec![case(
            quote!(Self),
            &data.fields,
            display(&input.attrs)?,
        )?]),
        Data::Enum(data) => {
            let ident = &input.ident;
            data.variants
                .iter()
                .map(|variant| {
                    let own = display(&variant.attrs)?;
                    let display = match own {
                        Some(own) => Some(own),
                        None => display(&input.attrs)?,
                    };
                    let name = &variant.ident;
                    case(quote!(#ident::#name), &variant.fields, display)
                })
                .collect()
        }
        Data::Union(_) => refuse("a union"),
    }
}

fn case(path: TokenStream, fields: &Fields, display: Option<Display>) -> Result<Case<'_>> {
    let named = matches!(fields, Fields::Named(_));
    let has =
        |field: &syn::Field, name: &str| field.attrs.iter().any(|it| it.path().is_ident(name));
    let mut out = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        if has(field, "backtrace") || field.ty.to_token_stream().to_string().contains("Backtrace") {
            return refuse("a backtrace");
        }
        let (member, binding) = match &field.ident {
            Some(ident) => (Member::Named(ident.clone()), ident.clone()),
            None => (Member::Unnamed(index.into()), format_ident!("_{index}")),
        };
        let from = has(field, "from");
        let source = from
            || has(field, "source")
            || field.ident.as_ref().is_some_and(|ident| ident == "source");
        out.push(Field {
            member,
            binding,
            ty: &field.ty,
            from,
            source,
        });
    }
    Ok(Case {
        path,
        fields: out,
        named,
        display,
    })
}

fn display(attributes: &[Attribute]) -> Result<Option<Display>> {
    let mut all = attributes.iter().filter(|it| it.path().is_ident("error"));
    let Some(attribute) = all.next() else {
        return Ok(None);
    };
    let Meta::List(list) = &attribute.meta else {
        return refuse("`#[error]` without a message");
    };
    if let Ok(ident) = syn::parse2::<Ident>(list.tokens.clone())
        && ident == "transparent"
    {
        return Ok(Some(Display::Transparent));
    }
    if let Ok(setting) = syn::parse2::<Setting>(list.tokens.clone())
        && setting.ident == "fmt"
    {
        let path = syn::parse2(setting.expr()?.to_token_stream())?;
        return Ok(Some(Display::Path(path)));
    }
    Ok(Some(Display::Message(Message::parse(list.tokens.clone())?)))
}

fn option(ty: &Type) -> Option<&Type> {
    type_arguments(ty, "Option")?.first().copied()
}

/// The type mentions a parameter, so that what is called on it needs a bound.
fn generic(ty: &Type, generics: &Generics) -> bool {
    let mut used = FxHashSet::default();
    identifiers(ty.to_token_stream(), &mut used);
    generics
        .type_params()
        .any(|it| used.contains(&it.ident.to_string()))
}

fn with_bounds(generics: &Generics, bounds: Vec<WherePredicate>) -> Generics {
    let mut generics = generics.clone();
    if !bounds.is_empty() {
        generics.make_where_clause().predicates.extend(bounds);
    }
    generics
}

fn pattern(case: &Case<'_>) -> TokenStream {
    let path = &case.path;
    let bindings = case.fields.iter().map(|it| &it.binding);
    if case.named {
        quote!(#path { #(#bindings),* })
    } else if case.fields.is_empty() {
        quote!(#path {})
    } else {
        quote!(#path(#(#bindings),*))
    }
}

fn impl_error(
    ident: &Ident,
    generics: &Generics,
    cases: &[Case<'_>],
    private: &TokenStream,
) -> Result<TokenStream> {
    let mut bounds: Vec<WherePredicate> = Vec::new();
    let mut any = false;
    let mut arms = Vec::new();
    for case in cases {
        let path = &case.path;
        if let Some(Display::Transparent) = case.display {
            let [only] = case.fields.as_slice() else {
                return refuse("`transparent` without exactly one field");
            };
            any = true;
            if generic(only.ty, generics) {
                let ty = only.ty;
                bounds.push(parse_quote!(#ty: ::core::error::Error));
            }
            let member = &only.member;
            arms.push(quote! {
                #path { #member: transparent } => {
                    ::core::error::Error::source(transparent.as_dyn_error())
                }
            });
        } else if let Some(source) = case.fields.iter().find(|it| it.source) {
            any = true;
            let ty = option(source.ty).unwrap_or(source.ty);
            if generic(ty, generics) {
                bounds.push(parse_quote!(#ty: ::core::error::Error + 'static));
            }
            let inner = option(source.ty).map(|_| quote!(.as_ref()?));
            let member = &source.member;
            arms.push(quote! {
                #path { #member: source, .. } => {
                    ::core::option::Option::Some(source #inner.as_dyn_error())
                }
            });
        } else {
            arms.push(quote!(#path { .. } => ::core::option::Option::None,));
        }
    }
    if !generics.params.is_empty() && generics.type_params().next().is_some() {
        bounds.push(parse_quote!(Self: ::core::fmt::Debug + ::core::fmt::Display));
    }
    let body = any.then(|| {
        quote! {
            fn source(
                &self,
            ) -> ::core::option::Option<&(dyn ::core::error::Error + 'static)> {
                use #private::AsDynError as _;
                match self { #(#arms)* }
            }
        }
    });
    let generics = with_bounds(generics, bounds);
    let body = body.unwrap_or_default();
    Ok(implement(
        &generics,
        &quote!(::core::error::Error),
        ident,
        &body,
    ))
}

fn impl_display(
    ident: &Ident,
    generics: &Generics,
    cases: &[Case<'_>],
    private: &TokenStream,
) -> Option<TokenStream> {
    if cases.iter().all(|case| case.display.is_none()) {
        return None;
    }
    let mut bounds = Vec::new();
    let arms: Vec<_> = cases
        .iter()
        .filter_map(|case| {
            let pattern = pattern(case);
            let body = match case.display.as_ref()? {
                Display::Transparent => {
                    let only = case.fields.first()?;
                    let (ty, binding) = (only.ty, &only.binding);
                    if generic(ty, generics) {
                        bounds.push(parse_quote!(#ty: ::core::fmt::Display));
                    }
                    quote!(::core::fmt::Display::fmt(#binding, __formatter))
                }
                Display::Path(path) => {
                    let bindings = case.fields.iter().map(|it| &it.binding);
                    quote!(#path(#(#bindings,)* __formatter))
                }
                Display::Message(message) => {
                    let names: Vec<_> = case
                        .fields
                        .iter()
                        .map(|it| (&it.member, &it.binding))
                        .collect();
                    let (body, shown) = message.write(&names);
                    for (index, of) in shown {
                        let ty = case.fields[index].ty;
                        if generic(ty, generics) {
                            let of = format_ident!("{of}");
                            bounds.push(parse_quote!(#ty: ::core::fmt::#of));
                        }
                    }
                    body
                }
            };
            Some(quote!(#pattern => { #body }))
        })
        .collect();
    let body = if cases.is_empty() {
        quote!(match *self {})
    } else {
        quote!(match self { #(#arms)* })
    };
    let body = quote! {
        fn fmt(&self, __formatter: &mut ::core::fmt::Formatter) -> ::core::fmt::Result {
            use #private::AsDisplay as _;
            #body
        }
    };
    let generics = with_bounds(generics, bounds);
    Some(implement(
        &generics,
        &quote!(::core::fmt::Display),
        ident,
        &body,
    ))
}

fn impl_from(ident: &Ident, generics: &Generics, case: &Case<'_>) -> Option<TokenStream> {
    let field = case.fields.iter().find(|it| it.from)?;
    let (path, member) = (&case.path, &field.member);
    let ty = option(field.ty).unwrap_or(field.ty);
    let value = if option(field.ty).is_some() {
        quote!(::core::option::Option::Some(source))
    } else {
        quote!(source)
    };
    let body = quote! {
        fn from(source: #ty) -> Self {
            #path { #member: #value }
        }
    };
    let of = quote!(::core::convert::From<#ty>);
    Some(implement(generics, &of, ident, &body))
}
