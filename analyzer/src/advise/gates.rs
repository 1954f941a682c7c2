//! The code of a crate that is there only because of a feature, and what of it is used.
//!
//! Takes the crate's sources and a feature, gives the spans of the items that stand under
//! `#[cfg(feature = "…")]`, or the reason why that is not enough to judge: a condition with `not`
//! turns other code on when the feature goes, one on a field or in a body changes an item that
//! stays. Every mention of the feature in the text has to be accounted for; one that is not is a
//! doubt, and in doubt a feature stays on.

mod attributes;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Attribute, Item, Meta};
use whittle_extract::items;

use self::attributes::{attributes, impl_attributes, trait_attributes};

/// Lines of a file, both inclusive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Gated {
    pub(super) file: Utf8PathBuf,
    pub(super) first: u32,
    pub(super) last: u32,
}

/// A trait impl that goes with a feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GatedImpl {
    pub(super) of_trait: Vec<String>,
    /// Last segment of the type; empty for what has no name.
    pub(super) for_type: String,
}

/// What goes when a feature goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Gates {
    pub(super) spans: Vec<Gated>,
    pub(super) impls: Vec<GatedImpl>,
    /// Names that gated `pub use` items give, with the first segment of their path.
    pub(super) exports: Vec<(String, String)>,
    /// Lines with a condition within an item that stays: file and line.
    pub(super) within: Vec<(Utf8PathBuf, u32)>,
}

/// Attributes that change no behaviour when they come or go.
const INERT: [&str; 12] = [
    "allow",
    "deny",
    "doc",
    "expect",
    "forbid",
    "inline",
    "must_use",
    "no_std",
    "warn",
    "cold",
    "deprecated",
    "automatically_derived",
];

/// What stands under `feature` in these files, which are all of the crate; `is_settled` sees what each
/// of them adds, and says whether the rest need not be read.
///
/// # Errors
/// In words, when the text does not say what goes, or it was settled before.
pub(super) fn gates(
    files: &[Utf8PathBuf],
    feature: &str,
    is_settled: impl Fn(&[Gated]) -> bool,
) -> Result<Gates, String> {
    let mut search = Search {
        files,
        feature,
        gates: Gates::default(),
        accounted: BTreeSet::new(),
    };
    let quoted = format!("\"{feature}\"");
    for file in files {
        let text = fs::read_to_string(file).map_err(|why| format!("{file}: {why}"))?;
        // As written: what `mentions` compares with, and parsing is slow.
        if !text.contains(&quoted) || !text.contains("feature") {
            continue;
        }
        let known = search.gates.spans.len();
        search.file(file, &text)?;
        if is_settled(&search.gates.spans[known..]) {
            return Err(format!("{file}: what stands under `{feature}` is settled"));
        }
    }
    Ok(search.gates)
}

struct Search<'a> {
    files: &'a [Utf8PathBuf],
    feature: &'a str,
    gates: Gates,
    /// Lines and columns of mentions in the file at hand.
    accounted: BTreeSet<(usize, usize)>,
}

/// What a condition says about a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Nothing,
    /// False without the feature, whatever else is on.
    Needs,
    /// Anything else.
    Unclear,
}

impl Search<'_> {
    fn file(&mut self, file: &Utf8Path, text: &str) -> Result<(), String> {
        let parsed = parse(file, text)?;
        self.accounted.clear();
        let mentions = self.mentions(parsed.to_token_stream());
        if mentions.is_empty() {
            return Ok(());
        }
        let whole = self.condition(&parsed.attrs);
        if whole {
            self.whole_file(file)?;
        }
        self.items(file, &parsed.items, whole)?;
        for mention in mentions {
            if !self.accounted.contains(&mention) {
                let line = u32::try_from(mention.0).unwrap_or(u32::MAX);
                self.gates.within.push((file.to_owned(), line));
            }
        }
        Ok(())
    }

    /// Places of `feature = "…"`, in attributes and in macros.
    fn mentions(&self, tokens: TokenStream) -> Vec<(usize, usize)> {
        /// What of `feature =` was just read.
        #[derive(PartialEq)]
        enum Read {
            Nothing,
            Feature,
            Equals,
        }
        let mut found = Vec::new();
        let mut read = Read::Nothing;
        for token in tokens {
            read = match &token {
                TokenTree::Ident(ident) if ident == "feature" => Read::Feature,
                TokenTree::Punct(sign) if read == Read::Feature && sign.as_char() == '=' => {
                    Read::Equals
                }
                TokenTree::Literal(literal) if read == Read::Equals => {
                    if literal.to_string() == format!("\"{}\"", self.feature) {
                        found.push(at(literal.span()));
                    }
                    Read::Nothing
                }
                TokenTree::Group(group) => {
                    found.extend(self.mentions(group.stream()));
                    Read::Nothing
                }
                _ => Read::Nothing,
            };
        }
        found
    }

    /// Whether the attributes make what they stand on depend on the feature.
    fn condition(&mut self, attributes: &[Attribute]) -> bool {
        let mut needs = false;
        for attribute in attributes {
            let Meta::List(list) = &attribute.meta else {
                continue;
            };
            let mentions = self.mentions(list.tokens.clone());
            if mentions.is_empty() {
                continue;
            }
            if list.path.is_ident("cfg") {
                match self.says(&list.tokens) {
                    Says::Needs => needs = true,
                    Says::Nothing => {}
                    // Left for the items around it to answer.
                    Says::Unclear => continue,
                }
                self.accounted.extend(mentions);
            } else if list.path.is_ident("cfg_attr") && is_inert(&list.tokens) {
                self.accounted.extend(mentions);
            }
        }
        needs
    }

    fn says(&self, tokens: &TokenStream) -> Says {
        syn::parse2::<Meta>(tokens.clone()).map_or(Says::Unclear, |meta| self.says_meta(&meta))
    }

    fn says_meta(&self, meta: &Meta) -> Says {
        match meta {
            Meta::Path(_) => Says::Nothing,
            Meta::NameValue(pair) => {
                let is_it = pair.path.is_ident("feature")
                    && pair.value.to_token_stream().to_string() == format!("\"{}\"", self.feature);
                if is_it { Says::Needs } else { Says::Nothing }
            }
            Meta::List(list) => {
                let parts = list.parse_args_with(
                    syn::punctuated::Punctuated::<Meta, syn::Token![,]>::parse_terminated,
                );
                let Ok(parts) = parts else {
                    return Says::Unclear;
                };
                let said: Vec<Says> = parts.iter().map(|part| self.says_meta(part)).collect();
                if said.iter().all(|it| *it == Says::Nothing) {
                    Says::Nothing
                } else if (list.path.is_ident("all") && said.contains(&Says::Needs))
                    || (list.path.is_ident("any") && said.iter().all(|it| *it == Says::Needs))
                {
                    Says::Needs
                } else {
                    Says::Unclear
                }
            }
        }
    }

    /// `gated`: something around the items is.
    fn items(&mut self, file: &Utf8Path, items: &[Item], gated: bool) -> Result<(), String> {
        for item in items {
            let here = self.condition(attributes(item));
            if here {
                self.span(file, item.span());
            }
            let gated = gated || here;
            match item {
                Item::Mod(module) => match &module.content {
                    Some((_, items)) => self.items(file, items, gated)?,
                    None if here => self.module(file, module)?,
                    None => {}
                },
                Item::Impl(of) => {
                    for inner in &of.items {
                        self.inner(file, impl_attributes(inner), inner);
                    }
                    if gated {
                        self.implementation(of);
                    }
                }
                Item::Trait(of) => {
                    for inner in &of.items {
                        self.inner(file, trait_attributes(inner), inner);
                    }
                }
                Item::Use(of) if here && !matches!(of.vis, syn::Visibility::Inherited) => {
                    self.exports(&of.tree, None);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A span is read off all tokens of what it is of.
    fn inner(&mut self, file: &Utf8Path, attributes: &[Attribute], item: &impl Spanned) {
        if self.condition(attributes) {
            self.span(file, item.span());
        }
    }

    fn span(&mut self, file: &Utf8Path, span: Span) {
        let line = |line: usize| u32::try_from(line).unwrap_or(u32::MAX);
        self.gates.spans.push(Gated {
            file: file.to_owned(),
            first: line(span.start().line),
            last: line(span.end().line),
        });
    }

    fn implementation(&mut self, of: &syn::ItemImpl) {
        let Some((_, of_trait, _)) = &of.trait_ else {
            return;
        };
        let mut for_type = &*of.self_ty;
        while let syn::Type::Reference(reference) = for_type {
            for_type = &reference.elem;
        }
        let for_type = match for_type {
            syn::Type::Path(path) => path.path.segments.last().map(|it| it.ident.to_string()),
            _ => None,
        };
        let segments = of_trait.segments.iter().map(|it| it.ident.to_string());
        self.gates.impls.push(GatedImpl {
            of_trait: segments.collect(),
            for_type: for_type.unwrap_or_default(),
        });
    }

    fn exports(&mut self, tree: &syn::UseTree, first: Option<&str>) {
        let add = |gates: &mut Gates, name: String| {
            let first = first.map_or_else(|| name.clone(), str::to_owned);
            gates.exports.push((first, name));
        };
        match tree {
            syn::UseTree::Path(path) => {
                let name = path.ident.to_string();
                self.exports(&path.tree, Some(first.unwrap_or(&name)));
            }
            syn::UseTree::Name(name) => add(&mut self.gates, name.ident.to_string()),
            syn::UseTree::Rename(rename) => add(&mut self.gates, rename.ident.to_string()),
            syn::UseTree::Glob(_) => add(&mut self.gates, "*".to_owned()),
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.exports(tree, first);
                }
            }
        }
    }

    /// A gated `mod name;`: its files, and those below it.
    fn module(&mut self, file: &Utf8Path, module: &syn::ItemMod) -> Result<(), String> {
        if module.attrs.iter().any(|it| it.path().is_ident("path")) {
            return Err(format!(
                "the file of module `{}` has a path of its own",
                module.ident
            ));
        }
        let folder = file.parent().unwrap_or(file);
        let stem = file.file_stem().unwrap_or_default();
        let folder = match stem {
            "lib" | "main" | "mod" => folder.to_owned(),
            stem => folder.join(stem),
        };
        let name = module.ident.to_string();
        let name = name.trim_start_matches("r#");
        let single = folder.join(format!("{name}.rs"));
        let below = folder.join(name);
        let files = self.files;
        let of_it: Vec<&Utf8PathBuf> = files
            .iter()
            .filter(|file| **file == single || file.starts_with(&below))
            .collect();
        if of_it.is_empty() {
            return Err(format!(
                "the file of module `{name}` is not among the crate's"
            ));
        }
        for file in of_it {
            self.whole_file(file)?;
        }
        Ok(())
    }

    fn whole_file(&mut self, file: &Utf8Path) -> Result<(), String> {
        let text = fs::read_to_string(file).map_err(|why| format!("{file}: {why}"))?;
        self.gates.spans.push(Gated {
            file: file.to_owned(),
            first: 1,
            last: u32::MAX,
        });
        let mut impls = BTreeMap::new();
        collect_impls(&parse(file, &text)?.items, &mut impls);
        for of in impls.into_values() {
            self.implementation(&of);
        }
        Ok(())
    }
}

fn parse(file: &Utf8Path, text: &str) -> Result<syn::File, String> {
    items::syntax(text).map_err(|why| format!("{file}: {why}"))
}

fn collect_impls(items: &[Item], found: &mut BTreeMap<(usize, usize), syn::ItemImpl>) {
    for item in items {
        match item {
            Item::Impl(of) => {
                found.insert(at(of.span()), of.clone());
            }
            Item::Mod(module) => {
                let (_, items) = module
                    .content
                    .as_ref()
                    .map_or((None, &[][..]), |(brace, items)| {
                        (Some(brace), items.as_slice())
                    });
                collect_impls(items, found);
            }
            _ => {}
        }
    }
}

fn at(span: Span) -> (usize, usize) {
    (span.start().line, span.start().column)
}

/// All attributes after the condition of a `cfg_attr` are inert.
fn is_inert(tokens: &TokenStream) -> bool {
    let parser = syn::punctuated::Punctuated::<Meta, syn::Token![,]>::parse_terminated;
    syn::parse::Parser::parse2(parser, tokens.clone()).is_ok_and(|parts| {
        let mut attributes = parts.iter().skip(1);
        attributes.all(|it| INERT.iter().any(|name| it.path().is_ident(name)))
    })
}
