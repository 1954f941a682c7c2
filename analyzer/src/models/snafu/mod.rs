//! `snafu`'s `Snafu` on enums: context selectors, `Display`, `Error`, `ErrorCompat`.

mod whatever;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, format_ident, quote};
use syn::{Data, DeriveInput, Field, Fields, Generics, Ident, Type, Visibility};

use crate::models::attributes::{Setting, Value, parse_settings, settings, type_arguments};
use crate::models::{Call, Result, refuse};

/// What follows the variant's name in the name of its selector.
#[derive(Clone)]
enum Suffix {
    Default,
    None,
    Text(String),
}

struct Variant<'a> {
    ident: &'a Ident,
    display: Option<TokenStream>,
    /// No selector: made with `From`.
    selector: Option<Ident>,
    visibility: Visibility,
    transparent: bool,
    source: Option<&'a Field>,
    backtrace: Option<&'a Field>,
    /// Made by themselves.
    implicit: Vec<&'a Field>,
    user: Vec<&'a Field>,
}

pub(in crate::models) fn snafu(call: &Call<'_>) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(call.item.clone())?;
    let data = match &input.data {
        Data::Enum(data) => data,
        Data::Struct(data) => return whatever::expand(&input, data),
        Data::Union(_) => return refuse("a union"),
    };
    if input.generics.type_params().next().is_some() {
        return refuse("a generic error");
    }
    let (mut suffix, mut visibility) = (Suffix::Default, Visibility::Inherited);
    for it in settings(&input.attrs, "snafu")? {
        match it.name().as_str() {
            "visibility" => visibility = self::visibility(&it)?,
            "context" => match context(&it)? {
                Some(new) => suffix = new,
                None => return refuse("an enum without contexts"),
            },
            name => return refuse(format!("`#[snafu({name})]` on an enum")),
        }
    }
    let variants = data
        .variants
        .iter()
        .map(|it| variant(it, &suffix, &visibility))
        .collect::<Result<Vec<_>>>()?;
    let selectors = variants
        .iter()
        .map(|it| selector(&input, it))
        .collect::<Result<Vec<_>>>()?;
    let rest = traits(&input.ident, &input.generics, &variants);
    Ok(quote!(#(#selectors)* #rest))
}

fn visibility(it: &Setting) -> Result<Visibility> {
    match &it.value {
        Value::List(tokens) => Ok(syn::parse2(tokens.clone())?),
        Value::Nothing => Ok(syn::parse_quote!(pub)),
        Value::Is(_) => refuse("a visibility as a string"),
    }
}

/// The suffix; `None` for no context at all.
fn context(it: &Setting) -> Result<Option<Suffix>> {
    let Value::List(tokens) = &it.value else {
        return Ok(Some(Suffix::Default));
    };
    match tokens.to_string().as_str() {
        "false" => return Ok(None),
        "true" => return Ok(Some(Suffix::Default)),
        _ => {}
    }
    let inner = parse_settings(tokens.clone())?;
    let [only] = inner.as_slice() else {
        return refuse("a context of several options");
    };
    match (&only.value, only.name().as_str()) {
        (Value::List(text), "suffix") => Ok(Some(match text.to_string().as_str() {
            "false" => Suffix::None,
            _ => Suffix::Text(syn::parse2::<Ident>(text.clone())?.to_string()),
        })),
        _ => refuse(format!("the context option `{}`", only.ident)),
    }
}

fn variant<'a>(
    input: &'a syn::Variant,
    suffix: &Suffix,
    visibility: &Visibility,
) -> Result<Variant<'a>> {
    let mut suffix = Some(suffix.clone());
    let mut out = Variant {
        ident: &input.ident,
        display: None,
        selector: None,
        visibility: visibility.clone(),
        transparent: false,
        source: None,
        backtrace: None,
        implicit: Vec::new(),
        user: Vec::new(),
    };
    for it in settings(&input.attrs, "snafu")? {
        match (&it.value, it.name().as_str()) {
            (Value::List(tokens), "display") => out.display = Some(tokens.clone()),
            (Value::Nothing, "transparent") => {
                out.transparent = true;
                suffix = None;
            }
            (_, "visibility") => out.visibility = self::visibility(&it)?,
            (_, "context") => suffix = context(&it)?,
            (_, name) => return refuse(format!("`#[snafu({name})]` on a variant")),
        }
    }
    match &input.fields {
        Fields::Named(fields) => {
            for field in &fields.named {
                self::field(&mut out, field)?;
            }
        }
        Fields::Unit => {}
        Fields::Unnamed(_) => return refuse("fields without names"),
    }
    out.selector = suffix.map(|suffix| {
        let name = input.ident.to_string();
        let base = name.strip_suffix("Error").unwrap_or(&name);
        match suffix {
            Suffix::Default => format_ident!("{base}Snafu"),
            Suffix::None => format_ident!("{name}"),
            Suffix::Text(text) => format_ident!("{base}{text}"),
        }
    });
    Ok(out)
}

fn field<'a>(out: &mut Variant<'a>, field: &'a Field) -> Result<()> {
    let called = |name: &str| field.ident.as_ref().is_some_and(|ident| ident == name);
    let (mut source, mut backtrace, mut implicit) = (called("source"), called("backtrace"), false);
    for it in settings(&field.attrs, "snafu")? {
        let off = matches!(&it.value, Value::List(tokens) if tokens.to_string() == "false");
        if !off && !matches!(it.value, Value::Nothing) {
            return refuse(format!("`{}` of a field with options", it.ident));
        }
        match it.name().as_str() {
            "source" => source = !off,
            "backtrace" => backtrace = !off,
            "implicit" => implicit = !off,
            name => return refuse(format!("`#[snafu({name})]` on a field")),
        }
    }
    if source {
        out.source = Some(field);
    } else if backtrace {
        out.backtrace = Some(field);
    } else if implicit {
        out.implicit.push(field);
    } else {
        out.user.push(field);
    }
    Ok(())
}

/// The variant made of `self`'s fields, and of the error below it.
fn construct(ident: &Ident, it: &Variant<'_>) -> TokenStream {
    let variant = it.ident;
    let user: Vec<_> = it.user.iter().map(|it| &it.ident).collect();
    let source = it.source.map(|it| &it.ident).into_iter();
    let made = it.backtrace.iter().chain(&it.implicit).map(|it| &it.ident);
    let generate = if it.source.is_some() {
        quote!({
            use ::snafu::AsErrorSource;
            let error = error.as_error_source();
            ::snafu::GenerateImplicitData::generate_with_source(error)
        })
    } else {
        quote!(::snafu::GenerateImplicitData::generate())
    };
    quote! {
        #ident::#variant {
            #(#made: #generate,)*
            #(#source: error,)*
            #(#user: ::core::convert::Into::into(self.#user)),*
        }
    }
}

fn selector(input: &DeriveInput, it: &Variant<'_>) -> Result<TokenStream> {
    let ident = &input.ident;
    let (own, arguments, _) = input.generics.split_for_impl();
    let value = construct(ident, it);
    let Some(name) = &it.selector else {
        let Some(source) = it.source else {
            return refuse("a variant with neither context nor source");
        };
        if !it.user.is_empty() {
            return refuse("a variant without context that has fields");
        }
        let ty = &source.ty;
        return Ok(quote! {
            impl #own ::core::convert::From<#ty> for #ident #arguments {
                fn from(error: #ty) -> Self {
                    let error: #ty = (|v| v)(error);
                    #value
                }
            }
        });
    };
    let visibility = &it.visibility;
    let parameters: Vec<_> = (0..it.user.len())
        .map(|index| format_ident!("__T{index}"))
        .collect();
    let user: Vec<_> = it.user.iter().map(|it| &it.ident).collect();
    let types: Vec<&Type> = it.user.iter().map(|it| &it.ty).collect();
    let lifetimes: Vec<_> = input.generics.lifetimes().collect();
    let definition = if user.is_empty() {
        quote!(#visibility struct #name;)
    } else {
        quote! {
            #visibility struct #name<#(#parameters),*> {
                #(#visibility #user: #parameters,)*
            }
        }
    };
    let this = quote!(#ident #arguments);
    let bounds = quote!(#(#parameters: ::core::convert::Into<#types>,)*);
    let build = it.source.is_none().then(|| {
        let lifetimes = (!lifetimes.is_empty()).then(|| quote!(#(#lifetimes,)*));
        quote! {
            impl<#(#parameters),*> #name<#(#parameters),*> {
                #visibility fn build<#lifetimes>(self) -> #this where #bounds { #value }
                #visibility fn fail<#lifetimes __T>(
                    self,
                ) -> ::core::result::Result<__T, #this>
                where
                    #bounds
                {
                    ::core::result::Result::Err(self.build())
                }
            }
        }
    });
    let (source, convert) = match it.source {
        Some(source) => {
            let ty = &source.ty;
            (quote!(#ty), quote!(let error: #ty = (|v| v)(error);))
        }
        None => (quote!(::snafu::NoneError), TokenStream::new()),
    };
    Ok(quote! {
        #[derive(Debug, Copy, Clone)]
        #definition
        #build
        impl<#(#lifetimes,)* #(#parameters),*> ::snafu::IntoError<#this> for #name<#(#parameters),*>
        where
            #this: ::snafu::Error + ::snafu::ErrorCompat,
            #bounds
        {
            type Source = #source;
            fn into_error(self, error: Self::Source) -> #this {
                #convert
                #value
            }
        }
    })
}

fn traits(ident: &Ident, generics: &Generics, variants: &[Variant<'_>]) -> TokenStream {
    let (own, arguments, clause) = generics.split_for_impl();
    let display = variants.iter().map(|it| {
        let variant = it.ident;
        let names = it
            .user
            .iter()
            .chain(&it.implicit)
            .copied()
            .chain(it.source)
            .chain(it.backtrace)
            .map(|it| &it.ident);
        let body = match (&it.display, it.transparent, it.source) {
            (_, true, Some(source)) => {
                let source = &source.ident;
                quote!(::core::fmt::Display::fmt(#source, __snafu_display_formatter))
            }
            (Some(display), ..) => quote! {
                __snafu_display_formatter.write_fmt(::core::format_args!(#display))
            },
            (None, ..) => {
                let text = variant.to_string();
                quote!(__snafu_display_formatter.write_fmt(::core::format_args!(#text)))
            }
        };
        quote!(#ident::#variant { #(ref #names),* } => { #body })
    });
    let descriptions = variants.iter().map(|it| {
        let (variant, text) = (it.ident, it.ident.to_string());
        quote!(#ident::#variant { .. } => #text,)
    });
    let sources: Vec<_> = variants
        .iter()
        .map(|it| {
            let variant = it.ident;
            match it.source {
                None => quote!(#ident::#variant { .. } => ::core::option::Option::None,),
                Some(source) => {
                    let source = source.ident.to_token_stream();
                    let value = if it.transparent {
                        quote!(#source.as_error_source().source())
                    } else {
                        quote!(::core::option::Option::Some(#source.as_error_source()))
                    };
                    quote!(#ident::#variant { ref #source, .. } => { #value })
                }
            }
        })
        .collect();
    let backtraces = variants.iter().map(|it| {
        let variant = it.ident;
        match it.backtrace {
            Some(field) if type_arguments(&field.ty, "Arc").is_none() => {
                let name = &field.ident;
                quote! {
                    #ident::#variant { ref #name, .. } => ::snafu::AsBacktrace::as_backtrace(#name),
                }
            }
            _ => quote!(#ident::#variant { .. } => ::core::option::Option::None,),
        }
    });
    quote! {
        impl #own ::core::fmt::Display for #ident #arguments #clause {
            fn fmt(
                &self,
                __snafu_display_formatter: &mut ::core::fmt::Formatter,
            ) -> ::core::fmt::Result {
                match *self { #(#display)* }
            }
        }
        impl #own ::snafu::Error for #ident #arguments
        where
            Self: ::core::fmt::Debug + ::core::fmt::Display,
        {
            fn description(&self) -> &str {
                match *self { #(#descriptions)* }
            }
            fn cause(&self) -> ::core::option::Option<&dyn ::snafu::Error> {
                use ::snafu::AsErrorSource;
                match *self { #(#sources)* }
            }
            fn source(&self) -> ::core::option::Option<&(dyn ::snafu::Error + 'static)> {
                use ::snafu::AsErrorSource;
                match *self { #(#sources)* }
            }
        }
        impl #own ::snafu::ErrorCompat for #ident #arguments #clause {
            fn backtrace(&self) -> ::core::option::Option<&::snafu::Backtrace> {
                match *self { #(#backtraces)* }
            }
        }
    }
}
