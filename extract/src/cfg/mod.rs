//! Conditions: `#[cfg(…)]`, `#[cfg_attr(…)]`, `cfg!(…)`.
//!
//! A copy is made for the features that were on, so conditions on features, on what the build
//! script set, on tests and on documentation are decided once for all. Conditions on the target
//! stay: the copy is built wherever its host is.

mod attrs;
mod tokens;
pub(crate) mod within;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Meta};

use crate::request::Upstream;

/// Set by the compiler for a target or a profile, in every crate alike.
pub(crate) const OF_THE_TARGET: &[&str] = &[
    "clippy",
    "debug_assertions",
    "emscripten_wasm_eh",
    "fmt_debug",
    "miri",
    "overflow_checks",
    "panic",
    "relocation_model",
    "sanitize",
    "sanitizer_cfi_generalize_pointers",
    "sanitizer_cfi_normalize_integers",
    "target_abi",
    "target_arch",
    "target_endian",
    "target_env",
    "target_family",
    "target_feature",
    "target_has_atomic",
    "target_has_atomic_equal_alignment",
    "target_has_atomic_load_store",
    "target_object_format",
    "target_os",
    "target_pointer_width",
    "target_thread_local",
    "target_vendor",
    "ub_checks",
    "unix",
    "windows",
];

/// Never on in a copy.
const NEVER: &[&str] = &["doc", "docsrs", "doctest", "rustdoc", "test"];

/// What decides conditions.
#[derive(Clone, Copy)]
pub(crate) struct Build<'a> {
    features: &'a BTreeSet<String>,
    cfgs: &'a BTreeSet<String>,
}

impl<'a> Build<'a> {
    pub(crate) fn of(upstream: &'a Upstream) -> Self {
        Self {
            features: &upstream.features,
            cfgs: &upstream.cfgs,
        }
    }
}

/// A condition as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Predicate {
    All(Vec<Predicate>),
    Any(Vec<Predicate>),
    Not(Box<Predicate>),
    /// `unix`, `target_os = "linux"`; the value without its quotes.
    Set(String, Option<String>),
    Always(bool),
    /// Neither decided nor changed: `version("1.2")`.
    Other(String),
}

/// What is left of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    Yes,
    No,
    /// Depends on the target in this way.
    Open(Predicate),
}

impl Predicate {
    /// `None` for what is no condition, such as one with a macro's variable in it.
    pub(crate) fn parse(tokens: TokenStream) -> Option<Self> {
        let mut list = Self::list(tokens)?;
        if list.len() == 1 { list.pop() } else { None }
    }

    fn list(tokens: TokenStream) -> Option<Vec<Self>> {
        let mut out = Vec::new();
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let TokenTree::Ident(word) = token else {
                return None;
            };
            let word = word.to_string();
            let is_punct = |token: Option<&TokenTree>, char| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == char);
            let one = match tokens.peek() {
                Some(TokenTree::Group(group)) => {
                    let within = group.stream();
                    let written = format!("{word}({within})");
                    tokens.next();
                    match word.as_str() {
                        "all" => Self::All(Self::list(within)?),
                        "any" => Self::Any(Self::list(within)?),
                        "not" => Self::Not(Box::new(Self::parse(within)?)),
                        _ => Self::Other(written),
                    }
                }
                next if is_punct(next, '=') => {
                    tokens.next();
                    let TokenTree::Literal(value) = tokens.next()? else {
                        return None;
                    };
                    let value = syn::parse_str::<syn::LitStr>(&value.to_string()).ok()?;
                    Self::Set(word, Some(value.value()))
                }
                _ => match word.as_str() {
                    "true" => Self::Always(true),
                    "false" => Self::Always(false),
                    _ => Self::Set(word, None),
                },
            };
            out.push(one);
            if tokens.peek().is_some() && !is_punct(tokens.next().as_ref(), ',') {
                return None;
            }
        }
        Some(out)
    }

    pub(crate) fn decide(&self, build: Build) -> Decision {
        match self {
            Self::All(list) => decide_list(list, build, Decision::No, Decision::Yes, Self::All),
            Self::Any(list) => decide_list(list, build, Decision::Yes, Decision::No, Self::Any),
            Self::Not(one) => match one.decide(build) {
                Decision::Yes => Decision::No,
                Decision::No => Decision::Yes,
                Decision::Open(one) => Decision::Open(Self::Not(Box::new(one))),
            },
            Self::Always(true) => Decision::Yes,
            Self::Always(false) => Decision::No,
            Self::Other(_) => Decision::Open(self.clone()),
            Self::Set(key, value) => {
                let on = match (key.as_str(), value) {
                    (key, _) if OF_THE_TARGET.contains(&key) => {
                        return Decision::Open(self.clone());
                    }
                    ("feature", Some(value)) => build.features.contains(value),
                    (key, _) if NEVER.contains(&key) => false,
                    _ => build.cfgs.contains(&self.to_string()),
                };
                if on { Decision::Yes } else { Decision::No }
            }
        }
    }

    /// Whether the build at hand has it.
    pub(crate) fn holds(&self, build: Build) -> bool {
        match self {
            Self::All(list) => list.iter().all(|one| one.holds(build)),
            Self::Any(list) => list.iter().any(|one| one.holds(build)),
            Self::Not(one) => !one.holds(build),
            // Nobody knows; as if it did not: the safe side, since what is left out is found
            // by name as well.
            Self::Other(_) => false,
            Self::Set(key, _) if OF_THE_TARGET.contains(&key.as_str()) => {
                build.cfgs.contains(&self.to_string())
            }
            Self::Set(..) | Self::Always(_) => self.decide(build) == Decision::Yes,
        }
    }
}

/// `decides` is what one part makes of the whole, `otherwise` what none of them leaves.
fn decide_list(
    list: &[Predicate],
    build: Build,
    decides: Decision,
    otherwise: Decision,
    again: fn(Vec<Predicate>) -> Predicate,
) -> Decision {
    let mut open = Vec::new();
    for one in list {
        match one.decide(build) {
            Decision::Open(one) => open.push(one),
            decision if decision == decides => return decides,
            _ => {}
        }
    }
    if open.len() == 1 && list.len() > 1 {
        return open.pop().map_or(otherwise, Decision::Open);
    }
    if open.is_empty() {
        otherwise
    } else {
        Decision::Open(again(open))
    }
}

impl std::fmt::Display for Predicate {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let mut list = |name, list: &[Self]| {
            let parts: Vec<String> = list.iter().map(ToString::to_string).collect();
            write!(f, "{name}({})", parts.join(", "))
        };
        match self {
            Self::All(parts) => list("all", parts),
            Self::Any(parts) => list("any", parts),
            Self::Not(one) => write!(f, "not({one})"),
            Self::Set(key, None) => f.write_str(key),
            // As rustc prints its own, without the spaces; attributes get them.
            Self::Set(key, Some(value)) => write!(f, "{key}={value:?}"),
            Self::Always(yes) => write!(f, "{yes}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl Predicate {
    /// As one writes it in an attribute.
    pub(crate) fn source(&self) -> String {
        let list = |name: &str, list: &[Self]| {
            let mut out = format!("{name}(");
            for (index, one) in list.iter().enumerate() {
                let _ = write!(out, "{}{}", if index > 0 { ", " } else { "" }, one.source());
            }
            out + ")"
        };
        match self {
            Self::All(parts) => list("all", parts),
            Self::Any(parts) => list("any", parts),
            Self::Not(one) => format!("not({})", one.source()),
            Self::Set(key, Some(value)) => format!("{key} = {value:?}"),
            other => other.to_string(),
        }
    }
}

/// The conditions under which what has these attributes is there, `cfg_attr` seen through.
pub(crate) fn conditions(attrs: &[Attribute]) -> Vec<Predicate> {
    attrs.iter().flat_map(|attr| of_meta(&attr.meta)).collect()
}

fn of_meta(meta: &Meta) -> Vec<Predicate> {
    let Meta::List(list) = meta else {
        return Vec::new();
    };
    if list.path.is_ident("cfg") {
        return Predicate::parse(list.tokens.clone()).into_iter().collect();
    }
    if !list.path.is_ident("cfg_attr") {
        return Vec::new();
    }
    let mut parts = split(list.tokens.clone()).into_iter();
    let Some(when) = parts.next().and_then(Predicate::parse) else {
        return Vec::new();
    };
    parts
        .filter_map(|part| syn::parse2::<Meta>(part).ok())
        .flat_map(|meta| of_meta(&meta))
        .map(|then| Predicate::Any(vec![Predicate::Not(Box::new(when.clone())), then]))
        .collect()
}

/// Between commas; empty parts are left out.
pub(crate) fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut out = vec![TokenStream::new()];
    for token in tokens {
        match (&token, out.last_mut()) {
            (TokenTree::Punct(punct), _) if punct.as_char() == ',' => out.push(TokenStream::new()),
            (_, Some(last)) => last.extend([token]),
            _ => {}
        }
    }
    out.retain(|part| !part.is_empty());
    out
}

/// What conditions together make of what they stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Presence {
    /// In every copy, and in the build at hand.
    Here,
    /// In the copy for other targets; the build at hand leaves it out.
    Elsewhere,
    /// Not in the copy.
    Gone,
}

pub(crate) fn presence(conditions: &[Predicate], build: Build) -> Presence {
    let one = |condition: &Predicate| match condition.decide(build) {
        Decision::Yes => Presence::Here,
        Decision::No => Presence::Gone,
        Decision::Open(rest) if rest.holds(build) => Presence::Here,
        Decision::Open(_) => Presence::Elsewhere,
    };
    conditions.iter().map(one).max().unwrap_or(Presence::Here)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(condition: &str) -> String {
        let set = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        let upstream = Upstream {
            features: set(&["std"]),
            cfgs: set(&["unix", "target_os=\"linux\"", "has_u128", "feature=\"std\""]),
            ..Upstream::default()
        };
        let build = Build::of(&upstream);
        let predicate = Predicate::parse(condition.parse().unwrap()).unwrap();
        let rest = match predicate.decide(build) {
            Decision::Yes => "yes".to_owned(),
            Decision::No => "no".to_owned(),
            Decision::Open(rest) => rest.source(),
        };
        format!("{rest}, {}", predicate.holds(build))
    }

    #[test]
    fn features_and_scripts_are_decided_targets_stay() {
        assert_eq!(decided("feature = \"std\""), "yes, true");
        assert_eq!(decided("not(feature = \"std\",)"), "no, false");
        assert_eq!(decided("has_u128"), "yes, true");
        assert_eq!(decided("loom"), "no, false");
        assert_eq!(decided("any(test, doc, docsrs)"), "no, false");
        assert_eq!(decided("unix"), "unix, true");
        assert_eq!(decided("all()"), "yes, true");
        assert_eq!(decided("any()"), "no, false");
        assert_eq!(decided("true"), "yes, true");
    }

    #[test]
    fn what_is_mixed_is_simplified() {
        assert_eq!(decided("all(feature = \"std\", windows)"), "windows, false");
        assert_eq!(decided("all(feature = \"alloc\", unix)"), "no, false");
        assert_eq!(
            decided("any(feature = \"alloc\", not(target_os = \"linux\"), test, miri)"),
            "any(not(target_os = \"linux\"), miri), false"
        );
        assert_eq!(decided("all(unix)"), "all(unix), true");
        assert_eq!(
            decided("all(unix, version(\"1.2\"))"),
            "all(unix, version(\"1.2\")), false"
        );
    }

    #[test]
    fn what_is_no_condition() {
        for text in [
            "$feature",
            "unix windows",
            "a = b",
            "unix, windows",
            "",
            "1",
        ] {
            assert_eq!(Predicate::parse(text.parse().unwrap()), None, "{text}");
        }
    }
}
