//! What widespread proc macros expand to, without running them.
//!
//! Under `--exec never` no proc macro may be compiled or run. For those in [`table`], a *model*
//! makes the expansion in this process: it takes the tokens of the item and of the attribute,
//! and gives ordinary Rust with the impls, functions and calls that the real macro would make,
//! as far as they matter for what the expansion reaches. Messages, lints and docs are left out.
//!
//! Fail closed: what a model does not know, it refuses. The macro then stays unexpanded, and
//! what it may hide is `unknown`. Nothing in here knows the engine; `ra/macro_models.rs` does.

#![expect(
    clippy::single_match_else,
    reason = "tokens for the one case and for the other read best side by side"
)]

mod async_trait;
mod attributes;
mod clap;
mod declared;
mod derive_where;
mod displaydoc;
mod generics;
mod indoc;
mod instrument;
mod paste;
mod pest;
mod pin_project;
mod rustversion;
mod serde;
mod snafu;
mod strum;
mod table;
#[cfg(test)]
mod tests;
mod thiserror;
mod tokio;
mod words;

use proc_macro2::TokenStream;

pub(crate) use self::declared::declared;

/// How a macro is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Derive,
    Attribute,
    /// Called as a function, between items or in bodies.
    Bang,
}

/// A proc-macro crate of the analysed tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Crate {
    /// The package's name in the registry.
    pub(crate) package: String,
    pub(crate) version: semver::Version,
    pub(crate) features: Vec<String>,
    /// The compiler that would expand it.
    pub(crate) rustc: semver::Version,
    /// Packages that it is built with: where a macro only calls what does the work.
    pub(crate) dependencies: Vec<(String, semver::Version)>,
}

impl Crate {
    /// The version of the one package of this name that it is built with.
    fn dependency(&self, name: &str) -> Option<&semver::Version> {
        let mut found = self.dependencies.iter().filter(|(it, _)| it == name);
        let (_, version) = found.next()?;
        found.next().is_none().then_some(version)
    }
}

/// One call of a macro.
pub(crate) struct Call<'a> {
    pub(crate) krate: &'a Crate,
    /// What stands in the attribute's parentheses; empty for derives.
    pub(crate) arguments: TokenStream,
    /// The item below the attribute or derive, or what a call has in its brackets.
    pub(crate) item: TokenStream,
    /// Environment variables of the crate that calls it.
    pub(crate) environment: &'a dyn Fn(&str) -> Option<String>,
    /// The text of a file of the package that calls it, by its path in there; nothing else
    /// can be read.
    pub(crate) files: &'a dyn Fn(&str) -> Option<String>,
}

impl Call<'_> {
    fn variable(&self, name: &str) -> Option<String> {
        (self.environment)(name)
    }

    fn read(&self, path: &str) -> Option<String> {
        (self.files)(path)
    }
}

/// Packages whose models read files of the package that calls them ([`Call::files`]): what they
/// make depends on more than source text.
pub(crate) const READERS: [&str; 1] = ["pest_derive"];

/// Why a call is not modelled.
#[derive(Debug)]
pub(crate) struct Refusal(pub(crate) String);

impl Refusal {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl From<syn::Error> for Refusal {
    fn from(why: syn::Error) -> Self {
        Self(why.to_string())
    }
}

type Result<T> = std::result::Result<T, Refusal>;

/// Makes the expansion of one call.
pub(crate) type Model = fn(&Call<'_>) -> Result<TokenStream>;

/// The modelled macros of `krate`, by the names it declares them with.
pub(crate) fn of(krate: &Crate) -> impl Iterator<Item = (&'static str, Kind, Model)> {
    table::rows(krate).flat_map(|row| row.macros.iter().copied())
}

/// Whether the models can stand for `krate`, which declares these macros. A derive or an attribute
/// without a model is noticed where names are resolved, before much is done; a call in a body is
/// not, so there must be a model for it.
pub(crate) fn can_stand_for(krate: &Crate, declared: &[(String, Kind)]) -> bool {
    let modelled = |name: &str| of(krate).any(|(known, ..)| known == name);
    let mut calls = declared.iter().filter(|(_, kind)| *kind == Kind::Bang);
    of(krate).next().is_some() && calls.all(|(name, _)| modelled(name))
}

fn refuse<T>(why: impl Into<String>) -> Result<T> {
    Err(Refusal::new(why))
}
