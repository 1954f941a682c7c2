//! `displaydoc::Display`: documentation as messages.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use semver::Version;
use syn::{
    Attribute, Data, DeriveInput, Expr, ExprLit, Fields, Generics, Lit, Meta, WherePredicate,
};
use syn::{LitStr, Type, parse_quote};

use super::generics::without_defaults;
use super::{Call, Result, refuse};

/// Joins several lines; before, one was allowed or the first was taken.
const JOINS_LINES: Version = Version::new(0, 2, 6);

pub(super) fn display(call: &Call<'_>) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(call.item.clone())?;
    let writer = Writer {
        has_std: call.krate.features.iter().any(|it| it == "std"),
        joins_lines: call.krate.version >= JOINS_LINES,
        ignores_more: has(&input.attrs, "ignore_extra_doc_attributes"),
    };
    let body = match &input.data {
        Data::Struct(data) => {
            let Some(message) = writer.message(&input.attrs)? else {
                return Ok(TokenStream::new());
            };
            let pattern = pattern(&data.fields);
            quote!(let Self #pattern = self; #message)
        }
        Data::Enum(data) if data.variants.is_empty() => quote!(unreachable!()),
        Data::Enum(data) => {
            let prefix = if has(&input.attrs, "prefix_enum_doc_attributes") {
                match writer.message(&input.attrs)? {
                    Some(message) => Some(quote!(#message?; write!(formatter, ": ")?;)),
                    None => return refuse("an enum without documentation"),
                }
            } else {
                None
            };
            let mut arms = TokenStream::new();
            for variant in &data.variants {
                let Some(message) = writer.message(&variant.attrs)? else {
                    return refuse("a variant without documentation");
                };
                let (name, pattern) = (&variant.ident, pattern(&variant.fields));
                arms.extend(quote!(Self::#name #pattern => { #prefix #message }));
            }
            quote!(match self { #arms })
        }
        Data::Union(_) => return refuse("a union"),
    };
    let generics = displayed(&input.generics);
    let (parameters, arguments, bounds) = generics.split_for_impl();
    let (name, helpers) = (&input.ident, writer.helpers());
    Ok(quote! {
        const _: () = {
            #helpers
            impl #parameters ::core::fmt::Display for #name #arguments #bounds {
                fn fmt(&self, formatter: &mut ::core::fmt::Formatter) -> ::core::fmt::Result {
                    #body
                }
            }
        };
    })
}

fn has(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|it| it.path().is_ident(name))
}

/// Fields by their names, or as `_0`, `_1`.
fn pattern(fields: &Fields) -> TokenStream {
    match fields {
        Fields::Named(fields) => {
            let names = fields.named.iter().map(|field| &field.ident);
            quote!({ #(#names),* })
        }
        Fields::Unnamed(fields) => {
            let names = (0..fields.unnamed.len()).map(|at| format_ident!("_{at}"));
            quote!((#(#names),*))
        }
        Fields::Unit => TokenStream::new(),
    }
}

/// Parameters that nothing is asked of have to be displayed.
fn displayed(of: &Generics) -> Generics {
    let mut generics = without_defaults(of);
    let free: Vec<Ident> = generics
        .type_params()
        .filter(|parameter| {
            let is_bound = |predicate: &WherePredicate| match predicate {
                WherePredicate::Type(it) => matches!(
                    &it.bounded_ty,
                    Type::Path(path) if path.path.is_ident(&parameter.ident)
                ),
                _ => false,
            };
            let clause = of.where_clause.iter().flat_map(|it| &it.predicates);
            parameter.bounds.is_empty() && !clause.into_iter().any(is_bound)
        })
        .map(|parameter| parameter.ident.clone())
        .collect();
    if !free.is_empty() {
        let made = free
            .iter()
            .map(|name| -> WherePredicate { parse_quote!(#name: ::core::fmt::Display) });
        generics.make_where_clause().predicates.extend(made);
    }
    generics
}

struct Writer {
    has_std: bool,
    joins_lines: bool,
    ignores_more: bool,
}

impl Writer {
    /// `write!` of what documents something.
    fn message(&self, attributes: &[Attribute]) -> Result<Option<TokenStream>> {
        if let Some(given) = attributes
            .iter()
            .find(|it| it.path().is_ident("displaydoc"))
        {
            let text: LitStr = given.parse_args()?;
            return Ok(Some(self.write(&text.value())));
        }
        let mut lines = Vec::new();
        for attribute in attributes.iter().filter(|it| it.path().is_ident("doc")) {
            match &attribute.meta {
                Meta::NameValue(pair) => match &pair.value {
                    Expr::Lit(ExprLit {
                        lit: Lit::Str(text),
                        ..
                    }) => lines.push(clean(&text.value())),
                    _ => return refuse("documentation that is no text"),
                },
                _ => return refuse("documentation that is no text"),
            }
        }
        if lines.is_empty() {
            return Ok(None);
        }
        let text = if self.joins_lines {
            let end = if self.ignores_more {
                lines.iter().position(String::is_empty)
            } else {
                None
            };
            lines[..end.unwrap_or(lines.len())].join(" ")
        } else if lines.len() > 1 && !self.ignores_more {
            return refuse("documentation of several lines");
        } else {
            lines.swap_remove(0)
        };
        Ok(Some(self.write(&text)))
    }

    /// `"{name} and {0:?}"` to `"{} and {:?}", name, _0`.
    fn write(&self, text: &str) -> TokenStream {
        let as_is = quote!(write!(formatter, #text));
        let (mut out, mut arguments) = (String::new(), TokenStream::new());
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            out.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('{') {
                out.push('{');
                rest = after;
                continue;
            }
            let is_number = rest.starts_with(|c: char| c.is_ascii_digit());
            let is_part =
                |c: char| c.is_ascii_digit() || !is_number && (c.is_ascii_alphabetic() || c == '_');
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            if end == 0 || end == rest.len() {
                return as_is;
            }
            let name = if is_number {
                format!("_{}", &rest[..end])
            } else {
                rest[..end].to_owned()
            };
            let Ok(name) = syn::parse_str::<Ident>(&name) else {
                return as_is;
            };
            let name = Ident::new(&name.to_string(), Span::call_site());
            rest = &rest[end..];
            arguments.extend(if self.has_std && rest.starts_with('}') {
                quote!(, #name.__displaydoc_display())
            } else {
                quote!(, #name)
            });
        }
        out.push_str(rest);
        quote!(write!(formatter, #out #arguments))
    }

    /// With std, paths are displayed, too.
    fn helpers(&self) -> Option<TokenStream> {
        self.has_std.then(|| {
            quote! {
                trait DisplayToDisplayDoc {
                    fn __displaydoc_display(&self) -> Self;
                }
                impl<T: ::core::fmt::Display> DisplayToDisplayDoc for &T {
                    fn __displaydoc_display(&self) -> Self { self }
                }
                extern crate std;
                trait PathToDisplayDoc {
                    fn __displaydoc_display(&self) -> std::path::Display<'_>;
                }
                impl PathToDisplayDoc for std::path::Path {
                    fn __displaydoc_display(&self) -> std::path::Display<'_> { self.display() }
                }
                impl PathToDisplayDoc for std::path::PathBuf {
                    fn __displaydoc_display(&self) -> std::path::Display<'_> { self.display() }
                }
            }
        })
    }
}

fn clean(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| line.trim().trim_start_matches('*').trim());
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}
