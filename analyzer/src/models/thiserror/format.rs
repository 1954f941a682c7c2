//! Messages: a format string with shorthands for fields.
//!
//! `{0}` and `{name}` in the string and `.0` and `.name` in the arguments mean fields. What is
//! shown by `Display` goes through `as_display`, which knows paths.

use proc_macro2::{Group, Literal, TokenStream, TokenTree};
use quote::{ToTokens as _, format_ident, quote};
use syn::parse::{ParseStream, Parser as _};
use syn::{Ident, LitStr, Member, Token};

use crate::models::Result;

pub(super) struct Message {
    text: LitStr,
    /// What stands behind the string, as it was written.
    arguments: TokenStream,
}

impl Message {
    pub(super) fn parse(tokens: TokenStream) -> Result<Self> {
        let parser = |input: ParseStream<'_>| {
            // `concat!(…)` and other macros are not looked into.
            let text = input.parse()?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
            Ok(Self {
                text,
                arguments: input.parse()?,
            })
        };
        Ok(parser.parse2(tokens)?)
    }

    /// The expression that writes it, and which fields it shows by which trait.
    pub(super) fn write(
        &self,
        fields: &[(&Member, &Ident)],
    ) -> (TokenStream, Vec<(usize, &'static str)>) {
        let named = argument_names(self.arguments.clone());
        let find = |name: &str| {
            if named.iter().any(|it| it == name) {
                return None;
            }
            fields.iter().position(|(member, _)| match member {
                Member::Named(ident) => ident.to_string().trim_start_matches("r#") == name,
                Member::Unnamed(index) => index.index.to_string() == name,
            })
        };
        let mut shown = Vec::new();
        let mut text = String::new();
        let mut made = TokenStream::new();
        let source = self.text.value();
        let mut rest = source.as_str();
        while let Some(open) = rest.find('{') {
            text.push_str(&rest[..=open]);
            rest = &rest[open + 1..];
            if let Some(after) = rest.strip_prefix('{') {
                text.push('{');
                rest = after;
                continue;
            }
            let Some(close) = rest.find('}') else { break };
            let inside = &rest[..close];
            let (name, spec) = inside.split_once(':').unwrap_or((inside, ""));
            match find(name.trim()) {
                None => text.push_str(inside),
                Some(index) => {
                    let of = trait_of(spec);
                    shown.push((index, of));
                    let binding = fields[index].1;
                    let alias = format_ident!("__{}_{}", of.to_lowercase(), index);
                    text.push_str(&alias.to_string());
                    if !spec.is_empty() {
                        text.push(':');
                        text.push_str(spec);
                    }
                    let value = if of == "Display" {
                        quote!(#binding.as_display())
                    } else {
                        binding.to_token_stream()
                    };
                    let mention = quote!(#alias = #value,);
                    if !made.to_string().contains(&mention.to_string()) {
                        made.extend(mention);
                    }
                }
            }
            text.push('}');
            rest = &rest[close + 1..];
        }
        text.push_str(rest);
        let literal = Literal::string(&text);
        let mut arguments = fields_in(self.arguments.clone(), fields);
        if !arguments.is_empty() && !ends_with_comma(&arguments) {
            arguments.extend(quote!(,));
        }
        let body = quote! {
            __formatter.write_fmt(::core::format_args!(#literal, #arguments #made))
        };
        (body, shown)
    }
}

/// The trait that `{:spec}` formats with.
fn trait_of(spec: &str) -> &'static str {
    let spec = spec.trim_end();
    if spec.ends_with('?') {
        return "Debug";
    }
    match spec.chars().last() {
        Some('x') => "LowerHex",
        Some('X') => "UpperHex",
        Some('o') => "Octal",
        Some('b') => "Binary",
        Some('p') => "Pointer",
        Some('e') => "LowerExp",
        Some('E') => "UpperExp",
        _ => "Display",
    }
}

fn ends_with_comma(tokens: &TokenStream) -> bool {
    matches!(tokens.clone().into_iter().last(), Some(TokenTree::Punct(it)) if it.as_char() == ',')
}

/// Names of `name = value` arguments.
fn argument_names(tokens: TokenStream) -> Vec<String> {
    let all: Vec<TokenTree> = tokens.into_iter().collect();
    let mut names = Vec::new();
    let mut start = true;
    for (index, token) in all.iter().enumerate() {
        if start
            && let TokenTree::Ident(ident) = token
            && matches!(all.get(index + 1), Some(TokenTree::Punct(it)) if it.as_char() == '=')
            && !matches!(all.get(index + 2), Some(TokenTree::Punct(it)) if it.as_char() == '=')
        {
            names.push(ident.to_string());
        }
        start = matches!(token, TokenTree::Punct(it) if it.as_char() == ',');
    }
    names
}

/// `.name` and `.0` where an expression begins, as the field's binding.
fn fields_in(tokens: TokenStream, fields: &[(&Member, &Ident)]) -> TokenStream {
    let mut out = TokenStream::new();
    let mut begins = true;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(dot) if dot.as_char() == '.' && begins => {
                match tokens.peek().and_then(|next| binding(next, fields)) {
                    Some(binding) => {
                        tokens.next();
                        out.extend(binding);
                    }
                    None => out.extend([TokenTree::Punct(dot)]),
                }
                begins = false;
            }
            TokenTree::Group(group) => {
                let mut made = Group::new(group.delimiter(), fields_in(group.stream(), fields));
                made.set_span(group.span());
                out.extend([TokenTree::Group(made)]);
                begins = false;
            }
            TokenTree::Punct(punct) => {
                begins = !matches!(punct.as_char(), '.' | '?' | '>' | '\'');
                out.extend([TokenTree::Punct(punct)]);
            }
            TokenTree::Ident(ident) => {
                begins = matches!(
                    ident.to_string().as_str(),
                    "if" | "match" | "return" | "in" | "else" | "while" | "mut" | "break"
                );
                out.extend([TokenTree::Ident(ident)]);
            }
            other @ TokenTree::Literal(_) => {
                begins = false;
                out.extend([other]);
            }
        }
    }
    out
}

fn binding(token: &TokenTree, fields: &[(&Member, &Ident)]) -> Option<TokenStream> {
    let text = token.to_string();
    let (first, rest) = match token {
        TokenTree::Literal(_) => text.split_once('.').unwrap_or((&text, "")),
        TokenTree::Ident(_) => (text.as_str(), ""),
        _ => return None,
    };
    let (_, found) = fields.iter().find(|(member, _)| match member {
        Member::Named(ident) => ident == first,
        Member::Unnamed(index) => index.index.to_string() == first,
    })?;
    let mut found = (*found).clone();
    found.set_span(token.span());
    if rest.is_empty() {
        return Some(found.to_token_stream());
    }
    let rest: syn::Index = rest.parse::<usize>().ok()?.into();
    Some(quote!(#found.#rest))
}
