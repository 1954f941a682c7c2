//! What is known of each advisory, as versioned data; `--format json` prints it as it is.

use serde::Serialize;

use crate::model::{Source, Status};
use crate::report::header::Header;
use crate::witness::{Chain, Subject};

/// All that is said; renderers compute nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    #[serde(flatten)]
    pub header: Header,
    pub database: DatabaseFacts,
    pub summary: Summary,
    /// Every advisory that affects a package of the tree, once a package: the worst verdict
    /// first, then by id and version.
    pub findings: Vec<Finding>,
    /// The packages whose targets were analyzed: what a statement is about.
    pub products: Vec<Product>,
    /// The tool, `cargo-whittle 0.1.0`.
    pub tool: String,
}

/// The database in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DatabaseFacts {
    /// Advisories that count.
    pub advisories: usize,
    /// Day of the newest.
    pub newest: Option<String>,
    /// Advisories that were withdrawn: not counted.
    pub withdrawn: usize,
    /// Of those, the ones that name a package of the tree.
    pub withdrawn_here: Vec<String>,
    /// Advisories on Rust itself: not considered.
    pub on_rust: usize,
    /// Files that could not be read; none of them is about a package of the tree.
    pub unreadable: Vec<BadFile>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BadFile {
    pub file: String,
    pub why: String,
}

/// Findings by verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    pub reached: usize,
    pub reached_indirectly: usize,
    pub unknown: usize,
    pub not_reached: usize,
    /// Of these, informational ones, whatever their verdict.
    pub informational: usize,
    /// Those that make the exit code 1.
    pub counted: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Product {
    pub name: String,
    pub version: String,
    pub purl: String,
}

/// The worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A listed function is reached.
    Reached,
    /// No listed function is, but one that it calls within its crate.
    ReachedIndirectly,
    /// Cannot be said, with the reason.
    Unknown,
    /// All listed functions were found, and neither they nor what they call is reached.
    NotReached,
}

impl Verdict {
    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::ReachedIndirectly => "reached indirectly",
            Self::Unknown => "unknown",
            Self::NotReached => "not reached",
        }
    }
}

/// One advisory about one package of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub id: String,
    pub aliases: Vec<String>,
    pub title: String,
    /// Its page at RustSec.
    pub url: Option<String>,
    pub date: String,
    pub severity: Option<String>,
    /// `unsound`, `unmaintained`, `notice`, …; `null` for a vulnerability.
    pub informational: Option<String>,
    pub package: String,
    pub version: String,
    /// `registry`, `git` or `path`: for the last two, name and version alone may mislead.
    pub source: &'static str,
    /// The folder of a copy that the workspace owns, for what is no package of the tree any more;
    /// `source` is `owned` then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owned: Option<String>,
    pub purl: String,
    pub patched: Vec<String>,
    /// Platforms the advisory is limited to, and whether the analyzed target is one of them;
    /// this changes no verdict.
    pub platforms: Option<Platforms>,
    pub verdict: Verdict,
    /// Why, in a sentence.
    pub reason: String,
    /// Makes the exit code 1.
    pub counts: bool,
    /// One a listed path.
    pub functions: Vec<Listed>,
}

impl Finding {
    /// The listed path that decided.
    #[must_use]
    pub fn decisive(&self) -> Option<&Listed> {
        self.functions
            .iter()
            .find(|one| one.verdict == self.verdict)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Platforms {
    pub arch: Vec<String>,
    pub os: Vec<String>,
    pub includes_target: bool,
}

/// A path that an advisory lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    pub path: String,
    pub verdict: Verdict,
    pub reason: String,
    /// The items it means.
    pub matches: Vec<Matched>,
    /// What is reached in its place: the function it calls, or an implementation of it.
    pub through: Option<Subject>,
    /// A shortest chain from a root, to the function or to `through`.
    pub witness: Option<Chain>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Matched {
    #[serde(flatten)]
    pub subject: Subject,
    pub status: Status,
}

/// The word for where a package comes from.
pub(super) fn source(source: &Source) -> &'static str {
    match source {
        Source::Registry => "registry",
        Source::Git => "git",
        Source::Path => "path",
    }
}
