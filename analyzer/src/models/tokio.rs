//! `#[tokio::main]` and `#[tokio::test]`: an async function run on a runtime.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{Expr, ItemFn, Path, ReturnType};

use super::attributes::{Setting, parse_settings};
use super::{Call, Result, refuse};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Flavor {
    Current,
    Threads,
}

struct Runtime {
    flavor: Flavor,
    krate: Option<Path>,
    workers: Option<Expr>,
    paused: Option<Expr>,
}

impl Runtime {
    fn parse(call: &Call<'_>, default: Flavor) -> Result<Self> {
        let mut out = Self {
            flavor: default,
            krate: None,
            workers: None,
            paused: None,
        };
        for it in parse_settings(call.arguments.clone())? {
            match it.name().as_str() {
                "flavor" => {
                    out.flavor = match it.string()?.as_str() {
                        "current_thread" => Flavor::Current,
                        "multi_thread" => Flavor::Threads,
                        other => return refuse(format!("the flavor `{other}`")),
                    }
                }
                "worker_threads" => out.workers = Some(it.expr()?.clone()),
                "start_paused" => out.paused = Some(it.expr()?.clone()),
                "crate" => out.krate = Some(krate(&it)?),
                name => return refuse(format!("`{name}` of the runtime")),
            }
        }
        Ok(out)
    }

    /// Calls that build the runtime and run `body` on it.
    fn run(&self, body: &TokenStream) -> TokenStream {
        let krate = match &self.krate {
            Some(path) => path.to_token_stream(),
            None => quote!(tokio),
        };
        let start = match self.flavor {
            Flavor::Current => quote!(new_current_thread()),
            Flavor::Threads => quote!(new_multi_thread()),
        };
        let workers = self.workers.as_ref().map(|it| quote!(.worker_threads(#it)));
        let paused = self.paused.as_ref().map(|it| quote!(.start_paused(#it)));
        quote! {
            #krate::runtime::Builder::#start
                #workers
                #paused
                .enable_all()
                .build()
                .expect("Failed building the Runtime")
                .block_on(#body)
        }
    }
}

/// A path, or a string that holds one.
fn krate(setting: &Setting) -> Result<Path> {
    match setting.module_path() {
        Ok(path) => Ok(path),
        Err(_) => Ok(syn::parse2(setting.expr()?.to_token_stream())?),
    }
}

fn function(call: &Call<'_>) -> Result<ItemFn> {
    let mut function: ItemFn = syn::parse2(call.item.clone())?;
    if function.sig.asyncness.take().is_none() {
        return refuse("a function that is not async");
    }
    Ok(function)
}

fn expand(
    runtime: &Runtime,
    mut function: ItemFn,
    head: &TokenStream,
    pinned: bool,
) -> TokenStream {
    let block = &function.block;
    let output = match &function.sig.output {
        ReturnType::Default => quote!(()),
        ReturnType::Type(_, ty) => ty.to_token_stream(),
    };
    let run = runtime.run(&quote!(__whittle_body));
    let body = if pinned {
        let krate = match &runtime.krate {
            Some(path) => path.to_token_stream(),
            None => quote!(tokio),
        };
        quote! {
            let __whittle_body = async #block;
            #krate::pin!(__whittle_body);
            let __whittle_body: ::core::pin::Pin<&mut dyn ::core::future::Future<Output = #output>> =
                __whittle_body;
        }
    } else {
        quote!(let __whittle_body = async #block;)
    };
    *function.block = syn::parse_quote!({
        #body
        return #run;
    });
    quote!(#head #function)
}

pub(super) fn main(call: &Call<'_>) -> Result<TokenStream> {
    let runtime = Runtime::parse(call, Flavor::Threads)?;
    Ok(expand(
        &runtime,
        function(call)?,
        &TokenStream::new(),
        false,
    ))
}

/// `main` when the runtime has no threads.
pub(super) fn main_rt(call: &Call<'_>) -> Result<TokenStream> {
    let runtime = Runtime::parse(call, Flavor::Current)?;
    Ok(expand(
        &runtime,
        function(call)?,
        &TokenStream::new(),
        false,
    ))
}

pub(super) fn test(call: &Call<'_>) -> Result<TokenStream> {
    let runtime = Runtime::parse(call, Flavor::Current)?;
    let function = function(call)?;
    let head = quote!(#[::core::prelude::v1::test]);
    Ok(expand(&runtime, function, &head, true))
}
