//! Structs with `#[snafu(whatever)]`: made of any message and any source. snafu's own `Whatever`
//! is one, so that without this every crate that uses snafu would have a gap.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{DataStruct, DeriveInput, Expr, ExprCall, Fields, Ident, Path, Type};

use crate::models::attributes::{Value, parse_settings, settings};
use crate::models::{Result, refuse};

/// A source's field: what it is made from, and by which function.
struct Source<'a> {
    field: &'a Ident,
    from: Type,
    by: Expr,
}

pub(super) fn expand(input: &DeriveInput, data: &DataStruct) -> Result<TokenStream> {
    let (mut root, mut display, mut whatever) = (quote!(::snafu), None, false);
    for it in settings(&input.attrs, "snafu")? {
        match (&it.value, it.name().as_str()) {
            (Value::Nothing, "whatever") => whatever = true,
            (Value::List(tokens), "display") => display = Some(tokens.clone()),
            (Value::List(tokens), "crate_root") => {
                root = syn::parse2::<Path>(tokens.clone())?.into_token_stream();
            }
            // Of an unstable feature, with which nothing is modelled.
            (_, "provide") => {}
            (_, name) => return refuse(format!("`#[snafu({name})]` on a struct")),
        }
    }
    let (true, Some(display), Fields::Named(fields)) = (whatever, display, &data.fields) else {
        return refuse("a struct that is not made of whatever");
    };
    if !input.generics.params.is_empty() {
        return refuse("a generic error");
    }
    let (mut source, mut backtrace, mut names) = (None, None, Vec::new());
    for field in &fields.named {
        let Some(name) = &field.ident else { continue };
        names.push(name);
        for it in settings(&field.attrs, "snafu")? {
            match (&it.value, it.name().as_str()) {
                (Value::List(tokens), "source") => source = Some(made_from(name, tokens)?),
                (_, "provide") => {}
                (_, other) => return refuse(format!("`#[snafu({other})]` on a field")),
            }
        }
        if name == "backtrace" {
            backtrace = Some(name);
        }
    }
    let (Some(source), Some(backtrace), 3) = (source, backtrace, names.len()) else {
        return refuse("a struct that has more than a source, a message and a backtrace");
    };
    if !names.iter().any(|it| *it == "message") {
        return refuse("a struct without a message");
    }
    Ok(write(input, &root, &display, &source, backtrace, &names))
}

/// `source(from(Type, function))`
fn made_from<'a>(field: &'a Ident, tokens: &TokenStream) -> Result<Source<'a>> {
    use syn::parse::Parser as _;
    let inner = parse_settings(tokens.clone())?;
    let [only] = inner.as_slice() else {
        return refuse("a source of several options");
    };
    let (Value::List(tokens), true) = (&only.value, only.ident == "from") else {
        return refuse("a source that is not made from another type");
    };
    let parser = |input: syn::parse::ParseStream<'_>| {
        let from = input.parse()?;
        input.parse::<syn::Token![,]>()?;
        Ok(Source {
            field,
            from,
            by: input.parse()?,
        })
    };
    Ok(parser.parse2(tokens.clone())?)
}

fn write(
    input: &DeriveInput,
    root: &TokenStream,
    display: &TokenStream,
    source: &Source<'_>,
    backtrace: &Ident,
    names: &[&Ident],
) -> TokenStream {
    let ident = &input.ident;
    let text = ident.to_string();
    let Source { field, from, by } = source;
    let below = quote! {
        use #root::AsErrorSource;
        match *self {
            Self { ref #field, .. } => #field.as_ref().map(|e| e.as_error_source()),
        }
    };
    let made: ExprCall = syn::parse_quote!((#by)(error));
    quote! {
        impl #root::Error for #ident
        where
            Self: ::core::fmt::Debug + ::core::fmt::Display,
        {
            fn description(&self) -> &str { #text }
            fn cause(&self) -> ::core::option::Option<&dyn #root::Error> { #below }
            fn source(&self) -> ::core::option::Option<&(dyn #root::Error + 'static)> { #below }
        }
        impl #root::ErrorCompat for #ident {
            fn backtrace(&self) -> ::core::option::Option<&#root::Backtrace> {
                match *self {
                    Self { ref #backtrace, .. } => #root::AsBacktrace::as_backtrace(#backtrace),
                }
            }
        }
        impl ::core::fmt::Display for #ident {
            fn fmt(
                &self,
                __snafu_display_formatter: &mut ::core::fmt::Formatter,
            ) -> ::core::fmt::Result {
                match *self {
                    Self { #(ref #names),* } => {
                        __snafu_display_formatter.write_fmt(::core::format_args!(#display))
                    }
                }
            }
        }
        impl #root::FromString for #ident {
            type Source = #from;
            fn without_source(message: String) -> Self {
                #ident {
                    #backtrace: #root::GenerateImplicitData::generate(),
                    #field: ::core::option::Option::None,
                    message: message,
                }
            }
            fn with_source(error: Self::Source, message: String) -> Self {
                #ident {
                    #backtrace: {
                        use #root::AsErrorSource;
                        let error = error.as_error_source();
                        #root::GenerateImplicitData::generate_with_source(error)
                    },
                    #field: #made,
                    message: message,
                }
            }
        }
    }
}
