//! Generic parameters of the item a derive stands on.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use rustc_hash::FxHashSet;
use syn::{GenericParam, Generics, Ident, Type, WherePredicate, parse_quote};

/// Parameters without defaults, as an `impl` takes them.
pub(super) fn without_defaults(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    for parameter in &mut generics.params {
        match parameter {
            GenericParam::Type(ty) => {
                ty.eq_token = None;
                ty.default = None;
            }
            GenericParam::Const(konst) => {
                konst.eq_token = None;
                konst.default = None;
            }
            GenericParam::Lifetime(_) => {}
        }
    }
    generics
}

/// Adds `parameter: bound` for every type parameter that one of `types` mentions, and for the
/// associated types it mentions (`T::Item: bound`), as derives that look into fields do.
pub(super) fn bound_used<'a>(
    generics: &mut Generics,
    types: impl Iterator<Item = &'a Type>,
    bound: &TokenStream,
) {
    let parameters: Vec<Ident> = generics.type_params().map(|it| it.ident.clone()).collect();
    if parameters.is_empty() {
        return;
    }
    let mut used = FxHashSet::default();
    let mut projections: Vec<Type> = Vec::new();
    for ty in types {
        if let Type::Path(path) = super::attributes::ungroup_type(ty)
            && path.qself.is_none()
            && path.path.segments.len() > 1
            && parameters.contains(&path.path.segments[0].ident)
        {
            projections.push(ty.clone());
            continue;
        }
        if super::attributes::type_arguments(ty, "PhantomData").is_none() {
            identifiers(ty.to_token_stream(), &mut used);
        }
    }
    let predicates: Vec<WherePredicate> = parameters
        .iter()
        .filter(|parameter| used.contains(&parameter.to_string()))
        .map(|parameter| parse_quote!(#parameter: #bound))
        .chain(projections.iter().map(|ty| parse_quote!(#ty: #bound)))
        .collect();
    generics.make_where_clause().predicates.extend(predicates);
}

/// All identifiers in `tokens`.
pub(super) fn identifiers(tokens: TokenStream, into: &mut FxHashSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                into.insert(ident.to_string());
            }
            TokenTree::Group(group) => identifiers(group.stream(), into),
            _ => {}
        }
    }
}

/// `impl<…> Trait for Type<…> where … { body }`
pub(super) fn implement(
    generics: &Generics,
    of: &TokenStream,
    ident: &Ident,
    body: &TokenStream,
) -> TokenStream {
    let (parameters, arguments, clause) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #parameters #of for #ident #arguments #clause { #body }
    }
}
