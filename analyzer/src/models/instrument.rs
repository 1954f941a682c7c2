//! `#[tracing::instrument]`: a function's body inside a span.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::{FnArg, ItemFn, LitStr, Pat, ReturnType, Type, parse_quote};

use super::attributes::{Setting, Value, parse_settings};
use super::{Call, Result, refuse};

#[derive(Default)]
struct Arguments {
    name: Option<TokenStream>,
    target: Option<TokenStream>,
    parent: Option<TokenStream>,
    follows: Option<TokenStream>,
    level: Option<TokenStream>,
    skips: Vec<String>,
    skip_all: bool,
    fields: Vec<TokenStream>,
    /// The events for an error and for a result.
    err: Option<TokenStream>,
    ret: Option<TokenStream>,
    /// 0.1.24: fewer types are recorded by value, and the `log` crate is not asked.
    old: bool,
}

pub(super) fn instrument(call: &Call<'_>) -> Result<TokenStream> {
    let mut function: ItemFn = syn::parse2(call.item.clone())?;
    if function.sig.constness.is_some() {
        return refuse("a const function");
    }
    let old_async_trait = function.block.to_token_stream().to_string();
    if function.sig.asyncness.is_none()
        && (old_async_trait.contains("Box :: pin") || old_async_trait.contains("Box::pin"))
    {
        // What gives a boxed future may be instrumented inside of it.
        return refuse("a function that gives a boxed future");
    }
    let mut arguments = arguments(call.arguments.clone())?;
    arguments.old = call.krate.version.patch <= 24;
    let body = body(&arguments, &function)?;
    function.block = parse_quote!({ #body });
    Ok(function.into_token_stream())
}

fn arguments(tokens: TokenStream) -> Result<Arguments> {
    let mut out = Arguments::default();
    let parts: Vec<_> = parts(tokens);
    for part in parts {
        if let Ok(name) = syn::parse2::<LitStr>(part.clone()) {
            out.name = Some(name.to_token_stream());
            continue;
        }
        for it in parse_settings(part)? {
            apply(&mut out, &it)?;
        }
    }
    Ok(out)
}

fn apply(out: &mut Arguments, it: &Setting) -> Result<()> {
    let value = || it.expr().map(quote::ToTokens::to_token_stream);
    let list = || match &it.value {
        Value::List(tokens) => Ok(parts(tokens.clone())),
        _ => refuse(format!("`{}` without a list", it.ident)),
    };
    match it.name().as_str() {
        "name" => out.name = Some(value()?),
        "target" => out.target = Some(value()?),
        "parent" => out.parent = Some(value()?),
        "follows_from" => out.follows = Some(value()?),
        "level" => out.level = Some(level(it)?),
        "skip" => out.skips = list()?.iter().map(ToString::to_string).collect(),
        "skip_all" => out.skip_all = true,
        "fields" => out.fields = list()?.into_iter().map(field).collect(),
        "err" => out.err = Some(event(it, &quote!(tracing::Level::ERROR), "error", "%")?),
        "ret" => out.ret = Some(event(it, &TokenStream::new(), "return", "?")?),
        name => return refuse(format!("`{name}` of instrument")),
    }
    Ok(())
}

/// Tokens between commas.
fn parts(tokens: TokenStream) -> Vec<TokenStream> {
    let mut out = vec![TokenStream::new()];
    for token in tokens {
        match &token {
            TokenTree::Punct(comma) if comma.as_char() == ',' => out.push(TokenStream::new()),
            _ => {
                if let Some(last) = out.last_mut() {
                    last.extend([token]);
                }
            }
        }
    }
    out.retain(|it| !it.is_empty());
    out
}

/// A field without a value is empty, unless it says how a variable is shown.
fn field(tokens: TokenStream) -> TokenStream {
    let is = |token: TokenTree, one: &[char]| matches!(token, TokenTree::Punct(it) if one.contains(&it.as_char()));
    let assigned = tokens.clone().into_iter().any(|it| is(it, &['=']));
    let shown = tokens
        .clone()
        .into_iter()
        .next()
        .is_some_and(|it| is(it, &['?', '%']));
    if assigned || shown {
        tokens
    } else {
        quote!(#tokens = tracing::field::Empty)
    }
}

fn level(it: &Setting) -> Result<TokenStream> {
    if let Ok(text) = it.string() {
        let name = match text.to_ascii_lowercase().as_str() {
            "trace" | "1" => quote!(TRACE),
            "debug" | "2" => quote!(DEBUG),
            "info" | "3" => quote!(INFO),
            "warn" | "4" => quote!(WARN),
            "error" | "5" => quote!(ERROR),
            other => return refuse(format!("the level `{other}`")),
        };
        return Ok(quote!(tracing::Level::#name));
    }
    let tokens = it.expr()?.to_token_stream();
    if tokens.to_string().chars().all(|it| it.is_ascii_digit()) {
        return refuse("a level by number");
    }
    Ok(tokens)
}

/// `level, key = mode value`, without the value; the level of the span where it is empty.
fn event(
    it: &Setting,
    default: &TokenStream,
    key: &str,
    mode: &'static str,
) -> Result<TokenStream> {
    let mut mode = mode;
    let mut at = default.clone();
    if let Value::List(tokens) = &it.value {
        for option in parse_settings(tokens.clone())? {
            match option.name().as_str() {
                "level" => at = level(&option)?,
                "Debug" => mode = "?",
                "Display" => mode = "%",
                name => return refuse(format!("`{name}` of an event")),
            }
        }
    }
    let mode: TokenStream = mode.parse().unwrap_or_default();
    let key: TokenStream = key.parse().unwrap_or_default();
    Ok(if at.is_empty() {
        quote!(__whittle_level, #key = #mode)
    } else {
        quote!(#at, #key = #mode)
    })
}

/// Types whose values are recorded as they are.
const VALUES: [&str; 29] = [
    "bool",
    "str",
    "u8",
    "i8",
    "u16",
    "i16",
    "u32",
    "i32",
    "u64",
    "i64",
    "u128",
    "i128",
    "f32",
    "f64",
    "usize",
    "isize",
    "String",
    "NonZeroU8",
    "NonZeroI8",
    "NonZeroU16",
    "NonZeroI16",
    "NonZeroU32",
    "NonZeroI32",
    "NonZeroU64",
    "NonZeroI64",
    "NonZeroU128",
    "NonZeroI128",
    "NonZeroUsize",
    "NonZeroIsize",
];

/// Those that were added after 0.1.24.
const LATER_VALUES: [&str; 5] = ["u128", "i128", "String", "NonZeroU128", "NonZeroI128"];

fn by_value(ty: &Type, old: bool) -> bool {
    match ty {
        Type::Reference(inner) => by_value(&inner.elem, old),
        Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            VALUES.iter().any(|it| last.ident == it)
                && !(old && LATER_VALUES.iter().any(|it| last.ident == it))
        }),
        _ => false,
    }
}

/// The arguments that are recorded.
fn recorded(arguments: &Arguments, function: &ItemFn) -> Result<Vec<TokenStream>> {
    let mut out = Vec::new();
    for argument in &function.sig.inputs {
        let (ident, value) = match argument {
            FnArg::Receiver(it) => (it.self_token.to_token_stream(), false),
            FnArg::Typed(it) => match &*it.pat {
                Pat::Ident(pattern) => (
                    pattern.ident.to_token_stream(),
                    by_value(&it.ty, arguments.old),
                ),
                Pat::Wild(_) => continue,
                _ if arguments.skip_all => continue,
                _ => return refuse("a pattern as an argument"),
            },
        };
        let name = ident.to_string();
        let overridden = arguments.fields.iter().any(|it| {
            let text = it.to_string();
            let text = text.trim_start_matches(['?', '%', ' ']);
            text.split([' ', '=', '.']).next() == Some(&name)
                && !text.trim_start_matches(&name).trim_start().starts_with('.')
        });
        if arguments.skip_all || overridden || arguments.skips.contains(&name) {
            continue;
        }
        out.push(if value {
            quote!(#ident = #ident)
        } else {
            quote!(#ident = tracing::field::debug(&#ident))
        });
    }
    Ok(out)
}

fn body(arguments: &Arguments, function: &ItemFn) -> Result<TokenStream> {
    let block = &function.block;
    let name = match &arguments.name {
        Some(name) => name.clone(),
        None => {
            let name = function.sig.ident.to_string();
            quote!(#name)
        }
    };
    let target = match &arguments.target {
        Some(target) => target.clone(),
        None => quote!(::core::module_path!()),
    };
    let level = match &arguments.level {
        Some(level) => level.clone(),
        None => quote!(tracing::Level::INFO),
    };
    let parent = arguments.parent.as_ref().map(|it| quote!(parent: #it,));
    let follows = arguments
        .follows
        .as_ref()
        .map(|it| quote!(for cause in #it { __tracing_attr_span.follows_from(cause); }));
    let recorded = recorded(arguments, function)?;
    let custom = &arguments.fields;
    let span = quote! {
        tracing::span!(target: #target, #parent #level, #name, #(#recorded,)* #(#custom),*)
    };
    let event = |event: &Option<TokenStream>, value: TokenStream| {
        event.as_ref().map(|event| {
            let event: TokenStream = event
                .clone()
                .into_iter()
                .flat_map(|token| match &token {
                    TokenTree::Ident(ident) if ident == "__whittle_level" => level.clone(),
                    _ => token.into(),
                })
                .collect();
            quote!(tracing::event!(target: #target, #event #value);)
        })
    };
    let (on_error, on_return) = (
        event(&arguments.err, quote!(e)),
        event(&arguments.ret, quote!(x)),
    );
    let output = match &function.sig.output {
        ReturnType::Type(_, ty) => ty.to_token_stream(),
        ReturnType::Default => quote!(()),
    };
    let opaque = output.to_string().contains("impl ");
    let hint = (!opaque).then(|| {
        quote! {
            if false {
                let __tracing_attr_fake_return: #output = loop {};
                return __tracing_attr_fake_return;
            }
        }
    });
    let inner = quote!({ #hint #block });
    let is_async = function.sig.asyncness.is_some();
    let run = match (is_async, on_error.is_some() || on_return.is_some()) {
        (true, false) => quote!(async move #inner),
        (true, true) => quote!(async move #inner.await),
        (false, true) => quote!((move || #inner)()),
        (false, false) => inner,
    };
    let run = match (&on_error, &on_return) {
        (None, None) => run,
        (None, Some(on_return)) => quote!({ let x = #run; #on_return x }),
        (Some(on_error), on_return) => quote! {{
            match #run {
                Ok(x) => { #on_return Ok(x) }
                Err(e) => { #on_error Err(e) }
            }
        }},
    };
    if !is_async {
        let log = (!arguments.old)
            .then(|| quote!(|| tracing::if_log_enabled!(#level, { true } else { false })));
        return Ok(quote! {
            let __tracing_attr_span;
            let __tracing_attr_guard;
            if tracing::level_enabled!(#level) #log {
                __tracing_attr_span = #span;
                #follows
                __tracing_attr_guard = __tracing_attr_span.enter();
            }
            #run
        });
    }
    let future = if on_error.is_some() || on_return.is_some() {
        quote!(async move #run)
    } else {
        run
    };
    Ok(quote! {
        let __tracing_attr_span = #span;
        let __tracing_instrument_future = #future;
        if !__tracing_attr_span.is_disabled() {
            #follows
            tracing::Instrument::instrument(__tracing_instrument_future, __tracing_attr_span).await
        } else {
            __tracing_instrument_future.await
        }
    })
}
