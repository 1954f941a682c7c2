//! `#[async_trait]`: async methods as methods that give a boxed future.
//!
//! Lifetimes are left as they were written: nothing that is reached depends on them.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{Block, FnArg, ImplItem, Item, Pat, ReturnType, Signature, TraitItem, Type, parse_quote};

use super::{Call, Result, refuse};

pub(super) fn async_trait(call: &Call<'_>) -> Result<TokenStream> {
    let local = match call.arguments.to_string().replace(' ', "").as_str() {
        "" => false,
        "?Send" => true,
        other => return refuse(format!("`{other}` of async_trait")),
    };
    let mut item: Item = syn::parse2(call.item.clone())?;
    match &mut item {
        Item::Trait(item) => {
            for inner in &mut item.items {
                if let TraitItem::Fn(method) = inner
                    && method.sig.asyncness.is_some()
                {
                    if let Some(block) = &mut method.default {
                        body(&method.sig, block)?;
                    }
                    signature(&mut method.sig, local);
                }
            }
        }
        Item::Impl(item) => {
            for inner in &mut item.items {
                match inner {
                    ImplItem::Fn(method) if method.sig.asyncness.is_some() => {
                        body(&method.sig, &mut method.block)?;
                        signature(&mut method.sig, local);
                    }
                    ImplItem::Verbatim(_) => return refuse("an item that does not parse"),
                    _ => {}
                }
            }
        }
        _ => return refuse("what is neither a trait nor an impl"),
    }
    Ok(item.into_token_stream())
}

fn output(signature: &Signature) -> TokenStream {
    match &signature.output {
        ReturnType::Default => quote!(()),
        ReturnType::Type(_, ty) => ty.to_token_stream(),
    }
}

fn signature(signature: &mut Signature, local: bool) {
    if let Some(asyncness) = signature.asyncness.take() {
        // The function stands where `async` stood.
        signature.fn_token.span = asyncness.span;
    }
    let output = output(signature);
    let send = (!local).then(|| quote!(::core::marker::Send+));
    signature
        .generics
        .params
        .insert(0, parse_quote!('async_trait));
    signature.output = parse_quote! {
        -> ::core::pin::Pin<Box<
            dyn ::core::future::Future<Output = #output> + #send 'async_trait
        >>
    };
    for argument in &mut signature.inputs {
        if let FnArg::Typed(argument) = argument
            && !matches!(*argument.ty, Type::Reference(_))
            && let Pat::Ident(pattern) = &mut *argument.pat
        {
            pattern.by_ref = None;
            pattern.mutability = None;
        }
    }
}

/// What owns its arguments moves them into the future first.
fn body(signature: &Signature, block: &mut Block) -> Result<()> {
    let moves = signature.inputs.iter().filter_map(|argument| {
        let FnArg::Typed(argument) = argument else {
            return None;
        };
        if matches!(*argument.ty, Type::Reference(_)) {
            return None;
        }
        let Pat::Ident(pattern) = &*argument.pat else {
            return None;
        };
        let (mutable, ident) = (&pattern.mutability, &pattern.ident);
        Some(quote!(let #mutable #ident = #ident;))
    });
    let output = output(signature);
    if output.to_string().starts_with("impl ") {
        return refuse("an opaque type that an async method gives");
    }
    let run = match &signature.output {
        ReturnType::Default => quote!(let _: () = #block;),
        ReturnType::Type(..) => quote! {
            let __ret: #output = #block;
            __ret
        },
    };
    *block = parse_quote!({
        Box::pin(async move {
            #(#moves)*
            #run
        })
    });
    Ok(())
}
