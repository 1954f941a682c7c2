//! The attributes of a type, a field or a variant.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens as _, quote};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Ident, Meta, Token, Type};

use super::Dialect;
use super::types::{self, Shape};
use crate::models::attributes::{Setting, Value, parse_settings};
use crate::models::words::Casing;
use crate::models::{Call, Result, refuse};

#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// A struct of arguments or an enum of subcommands.
    Type(&'a Ident),
    /// An enum of values.
    Values(&'a Ident),
    Field(&'a Ident, &'a Type),
    Subcommand(&'a Ident),
    Value(&'a Ident),
}

/// What a field or variant is.
#[derive(Clone)]
pub(super) enum Role {
    /// An argument, a command or a value, by its place.
    Itself,
    FromGlobal,
    Subcommand,
    Flatten,
    Skip(Option<TokenStream>),
    External,
}

#[derive(Clone)]
pub(super) struct Item {
    /// An expression, where it was given as one.
    assigned: Option<TokenStream>,
    derived: String,
    pub(super) casing: Casing,
    pub(super) env_casing: Casing,
    methods: Vec<TokenStream>,
    docs: Vec<TokenStream>,
    pub(super) has_default: bool,
    value_parser: Option<TokenStream>,
    action: Option<TokenStream>,
    pub(super) positional: bool,
    /// Calls for what follows.
    pub(super) next: TokenStream,
    pub(super) role: Role,
    pub(super) skip_group: bool,
    group: TokenStream,
    group_methods: TokenStream,
}

impl Item {
    pub(super) fn parse(
        call: &Call<'_>,
        place: Place<'_>,
        attributes: &[Attribute],
        parent: Option<&Self>,
    ) -> Result<Self> {
        let ident = match place {
            Place::Type(it) | Place::Values(it) | Place::Subcommand(it) | Place::Value(it) => it,
            Place::Field(it, _) => it,
        };
        let derived = ident.to_string().trim_start_matches("r#").to_owned();
        let mut out = Self {
            assigned: None,
            casing: parent.map_or(Casing::Kebab, |it| it.casing),
            env_casing: parent.map_or(Casing::ScreamingSnake, |it| it.env_casing),
            methods: Vec::new(),
            docs: Vec::new(),
            has_default: false,
            value_parser: None,
            action: None,
            positional: true,
            next: TokenStream::new(),
            role: Role::Itself,
            skip_group: false,
            group: quote!(#derived),
            group_methods: TokenStream::new(),
            derived,
        };
        let settings = settings(attributes)?;
        let value_enum = settings
            .iter()
            .any(|(_, it)| it.ident == "value_enum" || it.ident == "arg_enum");
        for (kind, setting) in &settings {
            out.apply(call, place, kind, setting, value_enum)?;
        }
        let texts = match (place, &out.role) {
            (Place::Type(_), _) => Some(("about", Some("long_about"))),
            (Place::Subcommand(_), Role::Itself | Role::Subcommand) => {
                Some(("about", Some("long_about")))
            }
            (Place::Field(..), Role::Itself) => Some(("help", Some("long_help"))),
            (Place::Value(_), Role::Itself) => Some(("help", None)),
            _ => None,
        };
        if let Some((short, long)) = texts {
            let force = settings.iter().any(|(_, it)| {
                (it.ident == "long_help" || it.ident == "long_about")
                    && matches!(it.value, Value::Nothing)
            });
            out.docs = docs(attributes, short, long, force);
        }
        Ok(out)
    }

    /// With a name that is not the type's own.
    pub(super) fn called(mut self, name: TokenStream) -> Self {
        if self.assigned.is_none() {
            self.assigned = Some(name);
        }
        self
    }

    fn method(&mut self, name: &Ident, arguments: &TokenStream) {
        if name == "short" || name == "long" {
            self.positional = false;
        }
        if name == "default_value" || name == "default_value_os" {
            self.has_default = true;
        }
        self.methods.push(quote!(.#name(#arguments)));
    }

    fn apply(
        &mut self,
        call: &Call<'_>,
        place: Place<'_>,
        kind: &str,
        setting: &Setting,
        value_enum: bool,
    ) -> Result<()> {
        let name = setting.name();
        let ident = &setting.ident;
        let bare = matches!(setting.value, Value::Nothing);
        let arguments = match &setting.value {
            Value::Nothing => TokenStream::new(),
            Value::Is(expr) => expr.to_token_stream(),
            Value::List(tokens) => {
                // What does not parse as arguments is no call.
                use syn::parse::Parser as _;
                Punctuated::<Expr, Token![,]>::parse_terminated.parse2(tokens.clone())?;
                tokens.clone()
            }
        };
        if kind == "group" {
            match name.as_str() {
                "skip" if bare => self.skip_group = true,
                "id" => self.group = arguments,
                _ => self.group_methods.extend(quote!(.#ident(#arguments))),
            }
            return Ok(());
        }
        let called = matches!(setting.value, Value::List(_));
        match name.as_str() {
            "name" | "id" => self.assigned = Some(arguments),
            "value_parser" if bare => {}
            "action" if bare => {}
            "value_parser" => self.value_parser = Some(arguments),
            "action" => self.action = Some(arguments),
            _ if called => self.method(ident, &arguments),
            "subcommand" if bare => self.role = Role::Subcommand,
            "flatten" if bare => self.role = Role::Flatten,
            "external_subcommand" if bare => self.role = Role::External,
            "from_global" if bare => self.role = Role::FromGlobal,
            "skip" => self.role = Role::Skip((!bare).then_some(arguments)),
            "short" if bare => {
                let first = self.cased().chars().next().unwrap_or('a');
                self.method(ident, &Literal::character(first).to_token_stream());
            }
            "long" if bare => {
                let name = self.cased_name();
                self.method(ident, &name);
            }
            "env" if bare => {
                let name = self.env_casing.of(&self.derived);
                self.method(ident, &quote!(#name));
            }
            "value_enum" | "verbatim_doc_comment" | "long_about" | "long_help" if bare => {}
            "about" | "author" | "version" if bare => {
                let variable = match name.as_str() {
                    "about" => "CARGO_PKG_DESCRIPTION",
                    "author" => "CARGO_PKG_AUTHORS",
                    _ => "CARGO_PKG_VERSION",
                };
                if let Some(text) = call.variable(variable).filter(|it| !it.is_empty()) {
                    self.method(ident, &quote!(#text));
                }
            }
            "default_value_t"
            | "default_value_os_t"
            | "default_values_t"
            | "default_values_os_t" => {
                let Place::Field(_, ty) = place else {
                    return refuse(format!("`{name}` on what is no field"));
                };
                self.has_default |= name.starts_with("default_value_");
                let arguments = if bare {
                    quote!(<#ty as ::core::default::Default>::default())
                } else {
                    arguments
                };
                let method =
                    super::defaults::method(Dialect::of(call), &name, ty, &arguments, value_enum)?;
                self.methods.push(method);
            }
            "next_display_order" | "next_help_heading" if !bare => {
                self.next.extend(quote!(.#ident(#arguments)));
            }
            "rename_all" => self.casing = Casing::parse(&setting.string()?)?,
            "rename_all_env" => self.env_casing = Casing::parse(&setting.string()?)?,
            _ if bare => return refuse(format!("`{name}` without a value")),
            _ => self.method(ident, &arguments),
        }
        Ok(())
    }

    fn cased(&self) -> String {
        self.casing.of(&self.derived)
    }

    /// The name in the case asked for.
    pub(super) fn cased_name(&self) -> TokenStream {
        match &self.assigned {
            Some(name) => name.clone(),
            None => {
                let name = self.cased();
                quote!(#name)
            }
        }
    }

    pub(super) fn id(&self) -> TokenStream {
        match &self.assigned {
            Some(name) => name.clone(),
            None => {
                let name = &self.derived;
                quote!(#name)
            }
        }
    }

    pub(super) fn value_name(&self) -> TokenStream {
        match &self.assigned {
            Some(name) => name.clone(),
            None => {
                let name = Casing::ScreamingSnake.of(&self.derived);
                quote!(#name)
            }
        }
    }

    /// Calls for docs and options.
    pub(super) fn methods(&self) -> TokenStream {
        let (docs, methods) = (&self.docs, &self.methods);
        quote!(#(#docs)* #(#methods)*)
    }

    pub(super) fn group_id(&self) -> &TokenStream {
        &self.group
    }

    pub(super) fn group_methods(&self) -> &TokenStream {
        &self.group_methods
    }

    pub(super) fn value_parser(&self, ty: &Type) -> TokenStream {
        match &self.value_parser {
            Some(parser) => quote!(.value_parser(#parser)),
            None => {
                let ty = types::value(ty);
                quote!(.value_parser(clap::value_parser!(#ty)))
            }
        }
    }

    /// What stands in `.action(…)`.
    pub(super) fn action(&self, ty: &Type) -> TokenStream {
        if let Some(action) = &self.action {
            return action.clone();
        }
        match Shape::of(ty) {
            Shape::Vec | Shape::OptionVec => quote!(clap::ArgAction::Append),
            Shape::Option | Shape::OptionOption => quote!(clap::ArgAction::Set),
            Shape::Unit | Shape::Other if types::is_simple(ty, "bool") => {
                quote!(clap::ArgAction::SetTrue)
            }
            Shape::Unit | Shape::Other => quote!(clap::ArgAction::Set),
        }
    }
}

/// Every setting with the name of its attribute.
fn settings(attributes: &[Attribute]) -> Result<Vec<(&'static str, Setting)>> {
    let mut out = Vec::new();
    for attribute in attributes {
        let known = ["arg", "command", "group", "value", "clap", "structopt"];
        let Some(kind) = known.into_iter().find(|it| attribute.path().is_ident(it)) else {
            continue;
        };
        let list = attribute.meta.require_list()?;
        for setting in parse_settings(list.tokens.clone())? {
            out.push((kind, setting));
        }
    }
    Ok(out)
}

/// Calls that set the help: the first paragraph, and all of it when there is more than one.
fn docs(
    attributes: &[Attribute],
    short: &str,
    long: Option<&str>,
    force: bool,
) -> Vec<TokenStream> {
    let lines: Vec<String> = attributes
        .iter()
        .filter(|it| it.path().is_ident("doc"))
        .filter_map(|it| match &it.meta {
            Meta::NameValue(value) => match &value.value {
                Expr::Lit(syn::ExprLit {
                    lit: syn::Lit::Str(text),
                    ..
                }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        })
        .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
        .skip_while(|line| line.trim().is_empty())
        .collect();
    let Some(first) = lines.first() else {
        return Vec::new();
    };
    let more = lines
        .iter()
        .skip_while(|line| !line.trim().is_empty())
        .any(|line| !line.trim().is_empty());
    let short = quote::format_ident!("{short}");
    let mut out = vec![quote!(.#short(#first))];
    if let Some(long) = long {
        let long = quote::format_ident!("{long}");
        out.push(if more || force {
            quote!(.#long(#first))
        } else {
            quote!(.#long(None))
        });
    }
    out
}
