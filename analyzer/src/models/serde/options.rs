//! Options of `#[serde(…)]`, read for one side: serializing or deserializing.

use proc_macro2::TokenStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, ExprPath, Path, Token, Type, WherePredicate};

use super::case::Case;
use crate::models::attributes::{Setting, Value, parse_settings, settings};
use crate::models::{Result, refuse};

pub(super) type Predicates = Vec<WherePredicate>;

/// What stands in for a missing value.
#[derive(Clone, Default)]
pub(super) enum Fallback {
    #[default]
    None,
    Default,
    Path(ExprPath),
}

pub(super) enum Tag {
    External,
    Internal(String),
    Adjacent(String, String),
    None,
}

pub(super) struct OfContainer {
    pub(super) name: Option<String>,
    pub(super) rename_all: Option<Case>,
    pub(super) rename_all_fields: Option<Case>,
    pub(super) deny_unknown_fields: bool,
    pub(super) default: Fallback,
    pub(super) bound: Option<Predicates>,
    pub(super) tag: Tag,
    pub(super) from: Option<Type>,
    pub(super) try_from: Option<Type>,
    pub(super) into: Option<Type>,
    pub(super) remote: Option<Path>,
    pub(super) transparent: bool,
    pub(super) krate: Option<Path>,
}

#[derive(Default)]
pub(super) struct OfVariant {
    pub(super) name: Option<String>,
    pub(super) aliases: Vec<String>,
    pub(super) rename_all: Option<Case>,
    pub(super) skip: bool,
    pub(super) with: Option<ExprPath>,
    pub(super) bound: Option<Predicates>,
    pub(super) other: bool,
    pub(super) untagged: bool,
    pub(super) borrow: bool,
}

#[derive(Default)]
pub(super) struct OfField {
    pub(super) name: Option<String>,
    pub(super) aliases: Vec<String>,
    pub(super) skip: bool,
    /// Skipped on the other side: what is not written must be made up when it is read.
    pub(super) default: Fallback,
    pub(super) skip_if: Option<ExprPath>,
    pub(super) with: Option<ExprPath>,
    pub(super) bound: Option<Predicates>,
    pub(super) flatten: bool,
    pub(super) borrow: bool,
    pub(super) getter: Option<ExprPath>,
}

/// The text of `rename = "…"` or of this side's in `rename(serialize = "…", …)`.
fn sided(setting: &Setting, ser: bool) -> Result<Vec<Setting>> {
    match &setting.value {
        Value::List(tokens) => {
            let side = if ser { "serialize" } else { "deserialize" };
            let mut inner = parse_settings(tokens.clone())?;
            if let Some(odd) = inner
                .iter()
                .find(|it| it.ident != "serialize" && it.ident != "deserialize")
            {
                return refuse(format!("`{}` in `{}`", odd.ident, setting.ident));
            }
            inner.retain(|it| it.ident == side);
            Ok(inner)
        }
        _ => Ok(vec![setting.clone()]),
    }
}

fn text(setting: &Setting, ser: bool) -> Result<Option<String>> {
    sided(setting, ser)?
        .first()
        .map(Setting::string)
        .transpose()
}

fn case(setting: &Setting, ser: bool) -> Result<Option<Case>> {
    text(setting, ser)?
        .map(|text| Case::parse(&text))
        .transpose()
}

fn bound(setting: &Setting, ser: bool) -> Result<Option<Predicates>> {
    use syn::parse::Parser as _;
    let Some(setting) = sided(setting, ser)?.into_iter().next() else {
        return Ok(None);
    };
    let tokens: TokenStream = setting.literal()?.parse()?;
    let parsed = Punctuated::<WherePredicate, Token![,]>::parse_terminated.parse2(tokens)?;
    Ok(Some(parsed.into_iter().collect()))
}

/// `module::serialize` or `module::deserialize`.
fn with(setting: &Setting, ser: bool) -> Result<ExprPath> {
    let mut path = setting.path()?;
    let name = if ser { "serialize" } else { "deserialize" };
    path.path
        .segments
        .push(syn::Ident::new(name, setting.span()).into());
    Ok(path)
}

fn fallback(setting: &Setting) -> Result<Fallback> {
    Ok(match setting.value {
        Value::Nothing => Fallback::Default,
        _ => Fallback::Path(setting.path()?),
    })
}

impl OfContainer {
    pub(super) fn parse(attributes: &[Attribute], ser: bool) -> Result<Self> {
        let mut out = Self {
            name: None,
            rename_all: None,
            rename_all_fields: None,
            deny_unknown_fields: false,
            default: Fallback::None,
            bound: None,
            tag: Tag::External,
            from: None,
            try_from: None,
            into: None,
            remote: None,
            transparent: false,
            krate: None,
        };
        let (mut tag, mut content, mut untagged) = (None, None, false);
        for it in settings(attributes, "serde")? {
            match it.name().as_str() {
                "rename" => out.name = text(&it, ser)?.or(out.name),
                "rename_all" => out.rename_all = case(&it, ser)?.or(out.rename_all),
                "rename_all_fields" => {
                    out.rename_all_fields = case(&it, ser)?.or(out.rename_all_fields);
                }
                "deny_unknown_fields" => out.deny_unknown_fields = true,
                "default" => out.default = fallback(&it)?,
                "bound" => out.bound = bound(&it, ser)?.or(out.bound),
                "tag" => tag = Some(it.string()?),
                "content" => content = Some(it.string()?),
                "untagged" => untagged = true,
                "from" => out.from = Some(it.ty()?),
                "try_from" => out.try_from = Some(it.ty()?),
                "into" => out.into = Some(it.ty()?),
                "remote" => out.remote = Some(it.module_path()?),
                "transparent" => out.transparent = true,
                "crate" => out.krate = Some(it.module_path()?),
                // Texts of messages.
                "expecting" => {}
                name => return refuse(format!("`#[serde({name})]` on a type")),
            }
        }
        out.tag = match (tag, content, untagged) {
            (None, None, false) => Tag::External,
            (None, None, true) => Tag::None,
            (Some(tag), None, false) => Tag::Internal(tag),
            (Some(tag), Some(content), false) => Tag::Adjacent(tag, content),
            _ => return refuse("a contradictory tag"),
        };
        Ok(out)
    }
}

impl OfVariant {
    pub(super) fn parse(attributes: &[Attribute], ser: bool) -> Result<Self> {
        let mut out = Self::default();
        for it in settings(attributes, "serde")? {
            match it.name().as_str() {
                "rename" => out.name = text(&it, ser)?.or(out.name),
                "alias" => out.aliases.push(it.string()?),
                "rename_all" => out.rename_all = case(&it, ser)?.or(out.rename_all),
                "skip" => out.skip = true,
                "skip_serializing" => out.skip |= ser,
                "skip_deserializing" => out.skip |= !ser,
                "with" => out.with = Some(with(&it, ser)?),
                "serialize_with" if ser => out.with = Some(it.path()?),
                "deserialize_with" if !ser => out.with = Some(it.path()?),
                "serialize_with" | "deserialize_with" => {}
                "bound" => out.bound = bound(&it, ser)?.or(out.bound),
                "other" => out.other = true,
                "untagged" => out.untagged = true,
                "borrow" => out.borrow = true,
                name => return refuse(format!("`#[serde({name})]` on a variant")),
            }
        }
        Ok(out)
    }
}

impl OfField {
    pub(super) fn parse(attributes: &[Attribute], ser: bool) -> Result<Self> {
        let mut out = Self::default();
        for it in settings(attributes, "serde")? {
            match it.name().as_str() {
                "rename" => out.name = text(&it, ser)?.or(out.name),
                "alias" => out.aliases.push(it.string()?),
                "skip" => out.skip = true,
                "skip_serializing" => out.skip |= ser,
                "skip_deserializing" => out.skip |= !ser,
                "skip_serializing_if" => out.skip_if = Some(it.path()?),
                "default" => out.default = fallback(&it)?,
                "with" => out.with = Some(with(&it, ser)?),
                "serialize_with" if ser => out.with = Some(it.path()?),
                "deserialize_with" if !ser => out.with = Some(it.path()?),
                "serialize_with" | "deserialize_with" => {}
                "bound" => out.bound = bound(&it, ser)?.or(out.bound),
                "flatten" => out.flatten = true,
                "borrow" => out.borrow = true,
                "getter" => out.getter = Some(it.path()?),
                name => return refuse(format!("`#[serde({name})]` on a field")),
            }
        }
        Ok(out)
    }
}
