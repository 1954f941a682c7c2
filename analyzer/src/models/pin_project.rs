//! `#[pin_project]` and `#[pinned_drop]`: projections of pinned types.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Attribute, Fields, Generics, Ident, Item, ItemImpl, Member, Type, Visibility};

use super::attributes::Value;
use super::generics::without_defaults;
use super::{Call, Result, refuse};

#[derive(Default)]
struct Options {
    project: Option<Ident>,
    project_ref: Option<Ident>,
    pinned_drop: bool,
    unsafe_unpin: bool,
    not_unpin: bool,
}

fn options(tokens: &TokenStream) -> Result<Options> {
    let text = tokens.to_string();
    let mut out = Options {
        not_unpin: text.replace(' ', "").contains("!Unpin"),
        ..Options::default()
    };
    let mut rest: TokenStream = TokenStream::new();
    for token in tokens.clone() {
        let bang = matches!(&token, proc_macro2::TokenTree::Punct(it) if it.as_char() == '!');
        if !bang {
            rest.extend([token]);
        }
    }
    for it in super::attributes::parse_settings(rest)? {
        let name = |value: &Value| match value {
            Value::Is(expr) => Ok(syn::parse2::<Ident>(quote!(#expr))?),
            _ => refuse(format!("`{}` without a name", it.ident)),
        };
        match it.name().as_str() {
            "project" => out.project = Some(name(&it.value)?),
            "project_ref" => out.project_ref = Some(name(&it.value)?),
            "PinnedDrop" => out.pinned_drop = true,
            "UnsafeUnpin" => out.unsafe_unpin = true,
            "Unpin" if out.not_unpin => {}
            name => return refuse(format!("`{name}` of pin_project")),
        }
    }
    Ok(out)
}

/// One constructor: its name in an enum, and its fields.
struct Case {
    variant: Option<Ident>,
    fields: Vec<(Member, Option<Visibility>, Ident, Type, bool)>,
    named: bool,
    unit: bool,
}

/// Takes `#[pin]` off the fields.
fn case(variant: Option<Ident>, fields: &mut Fields) -> Case {
    let (named, unit) = (
        matches!(fields, Fields::Named(_)),
        matches!(fields, Fields::Unit),
    );
    let fields = fields
        .iter_mut()
        .enumerate()
        .map(|(index, field)| {
            let pin = |it: &Attribute| it.path().is_ident("pin");
            let pinned = field.attrs.iter().any(pin);
            field.attrs.retain(|it| !pin(it));
            let (member, binding) = match &field.ident {
                Some(ident) => (Member::Named(ident.clone()), ident.clone()),
                None => (Member::Unnamed(index.into()), format_ident!("_{index}")),
            };
            let visibility = variant.is_none().then(|| field.vis.clone());
            (member, visibility, binding, field.ty.clone(), pinned)
        })
        .collect();
    Case {
        variant,
        fields,
        named,
        unit,
    }
}

pub(super) fn pin_project(call: &Call<'_>) -> Result<TokenStream> {
    let options = options(&call.arguments)?;
    let mut item: Item = syn::parse2(call.item.clone())?;
    let (ident, visibility, generics, cases, is_enum) = match &mut item {
        Item::Struct(it) => {
            let case = case(None, &mut it.fields);
            (
                it.ident.clone(),
                it.vis.clone(),
                it.generics.clone(),
                vec![case],
                false,
            )
        }
        Item::Enum(it) => {
            let cases = it
                .variants
                .iter_mut()
                .map(|variant| case(Some(variant.ident.clone()), &mut variant.fields))
                .collect();
            (
                it.ident.clone(),
                it.vis.clone(),
                it.generics.clone(),
                cases,
                true,
            )
        }
        _ => return refuse("what is neither a struct nor an enum"),
    };
    let generics = without_defaults(&generics);
    let kinds = [
        (&options.project, "project", true),
        (&options.project_ref, "project_ref", false),
    ];
    let mut types = TokenStream::new();
    let mut hidden = TokenStream::new();
    let mut methods = TokenStream::new();
    for (name, method, mutable) in kinds {
        if name.is_none() && is_enum {
            continue;
        }
        let suffix = if mutable { "" } else { "Ref" };
        let projection = match name {
            Some(name) => name.clone(),
            None => format_ident!("__{ident}Projection{suffix}"),
        };
        let definition = definition(&projection, &visibility, &ident, &generics, &cases, mutable);
        if name.is_some() {
            types.extend(definition);
        } else {
            hidden.extend(definition);
        }
        let method = format_ident!("{method}");
        methods.extend(self::method(
            &projection,
            &method,
            &visibility,
            &generics,
            &cases,
            mutable,
        ));
    }
    let (parameters, arguments, clause) = generics.split_for_impl();
    let drop = if options.pinned_drop {
        quote! {
            impl #parameters ::core::ops::Drop for #ident #arguments #clause {
                fn drop(&mut self) {
                    let pinned_self = unsafe { ::core::pin::Pin::new_unchecked(self) };
                    unsafe { ::pin_project::__private::PinnedDrop::drop(pinned_self); }
                }
            }
        }
    } else {
        quote! {
            impl #parameters ::pin_project::__private::PinnedDrop for #ident #arguments #clause {
                unsafe fn drop(self: ::core::pin::Pin<&mut Self>) {}
            }
        }
    };
    let packed = (!is_enum).then(|| {
        let members = cases.iter().flat_map(|case| &case.fields).map(|it| &it.0);
        quote! {
            fn __assert_not_repr_packed #parameters(this: &#ident #arguments) #clause {
                #(let _ = &this.#members;)*
            }
        }
    });
    let unpin = unpin(&options, &ident, &generics, &cases);
    Ok(quote! {
        #item
        #types
        const _: () = {
            #hidden
            impl #parameters #ident #arguments #clause { #methods }
            #packed
            #unpin
            #drop
        };
    })
}

/// The type is `Unpin` where its pinned fields are.
fn unpin(options: &Options, ident: &Ident, generics: &Generics, cases: &[Case]) -> TokenStream {
    if options.not_unpin {
        return TokenStream::new();
    }
    let (parameters, arguments, clause) = generics.split_for_impl();
    let bounds = if options.unsafe_unpin {
        vec![quote!(Self: ::pin_project::UnsafeUnpin)]
    } else {
        cases
            .iter()
            .flat_map(|case| &case.fields)
            .filter(|field| field.4)
            .map(|field| {
                let ty = &field.3;
                quote!(#ty: ::core::marker::Unpin)
            })
            .collect()
    };
    let predicates = clause.map(|it| it.predicates.iter().collect::<Vec<_>>());
    let predicates = predicates.unwrap_or_default();
    quote! {
        impl #parameters ::core::marker::Unpin for #ident #arguments
        where
            #(#predicates,)*
            #(#bounds,)*
        {}
    }
}

fn with_pin(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    generics.params.insert(0, syn::parse_quote!('pin));
    generics
}

fn definition(
    projection: &Ident,
    visibility: &Visibility,
    ident: &Ident,
    generics: &Generics,
    cases: &[Case],
    mutable: bool,
) -> TokenStream {
    let all = with_pin(generics);
    let (parameters, _, clause) = all.split_for_impl();
    let own = generics.split_for_impl().1;
    let predicates = clause.map(|it| it.predicates.iter().collect::<Vec<_>>());
    let predicates = predicates.unwrap_or_default();
    let clause = quote!(where #(#predicates,)* #ident #own: 'pin);
    let mutability = mutable.then(|| quote!(mut));
    let bodies: Vec<_> = cases
        .iter()
        .map(|case| {
            let fields = case
                .fields
                .iter()
                .map(|(member, visibility, _, ty, pinned)| {
                    let ty = if *pinned {
                        quote!(::core::pin::Pin<&'pin #mutability (#ty)>)
                    } else {
                        quote!(&'pin #mutability (#ty))
                    };
                    match member {
                        Member::Named(name) => quote!(#visibility #name: #ty),
                        Member::Unnamed(_) => quote!(#visibility #ty),
                    }
                });
            match (case.named, case.unit) {
                (true, _) => quote!({ #(#fields),* }),
                (false, true) => TokenStream::new(),
                (false, false) => quote!((#(#fields),*)),
            }
        })
        .collect();
    match cases {
        [only] if only.variant.is_none() => {
            let body = &bodies[0];
            if only.named {
                quote!(#visibility struct #projection #parameters #clause #body)
            } else {
                quote!(#visibility struct #projection #parameters #body #clause;)
            }
        }
        _ => {
            let names = cases.iter().map(|case| &case.variant);
            quote!(#visibility enum #projection #parameters #clause { #(#names #bodies),* })
        }
    }
}

fn method(
    projection: &Ident,
    method: &Ident,
    visibility: &Visibility,
    generics: &Generics,
    cases: &[Case],
    mutable: bool,
) -> TokenStream {
    let all = with_pin(generics);
    let arguments = all.split_for_impl().1;
    let mutability = mutable.then(|| quote!(mut));
    let get = if mutable {
        quote!(self.get_unchecked_mut())
    } else {
        quote!(self.get_ref())
    };
    let arms = cases.iter().map(|case| {
        let variant = case.variant.iter();
        let path = quote!(Self #(::#variant)*);
        let variant = case.variant.iter();
        let made = quote!(#projection #(::#variant)*);
        let members: Vec<_> = case.fields.iter().map(|it| &it.0).collect();
        let bindings: Vec<_> = case.fields.iter().map(|it| &it.2).collect();
        let values = case.fields.iter().map(|(_, _, binding, _, pinned)| {
            if *pinned {
                quote!(::core::pin::Pin::new_unchecked(#binding))
            } else {
                quote!(#binding)
            }
        });
        quote! {
            #path { #(#members: #bindings),* } => #made { #(#members: #values),* },
        }
    });
    quote! {
        #visibility fn #method<'pin>(
            self: ::core::pin::Pin<&'pin #mutability Self>,
        ) -> #projection #arguments {
            unsafe { match #get { #(#arms)* } }
        }
    }
}

pub(super) fn pinned_drop(call: &Call<'_>) -> Result<TokenStream> {
    let mut item: ItemImpl = syn::parse2(call.item.clone())?;
    let Some((_, path, _)) = &mut item.trait_ else {
        return refuse("an impl without a trait");
    };
    *path = syn::parse_quote!(::pin_project::__private::PinnedDrop);
    let [syn::ImplItem::Fn(drop)] = item.items.as_mut_slice() else {
        return refuse("an impl with anything but `drop`");
    };
    drop.sig.unsafety = Some(syn::parse_quote!(unsafe));
    Ok(quote!(#item))
}
