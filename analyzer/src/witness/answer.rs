//! What `why` answers, as plain data; `--format json` prints it as it is.

use serde::Serialize;

use crate::model::{Domain, EdgeKind, Status};
use crate::report::header::Header;

/// What `why` found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    #[serde(flatten)]
    pub header: Header,
    pub query: String,
    pub subject: Subject,
    pub status: Status,
    /// Why it is unknown, or used without a chain.
    pub reason: Option<String>,
    /// A shortest chain from a root; `null` when there is none.
    pub witness: Option<Chain>,
    /// For what is not known to be used: what is used closest to it, with its chain.
    pub nearest: Option<Nearest>,
    /// How the crate comes into the tree: a shortest path of packages from a workspace member.
    pub through: Vec<String>,
    /// Other items or crates that the query could have meant.
    pub others: Vec<Candidate>,
}

/// A crate (without `path`) or an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subject {
    #[serde(rename = "crate")]
    pub krate: String,
    pub crate_version: String,
    pub path: Option<String>,
    pub file: Option<String>,
    pub line: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Candidate {
    #[serde(flatten)]
    pub subject: Subject,
    pub status: Status,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Nearest {
    #[serde(flatten)]
    pub subject: Subject,
    pub witness: Chain,
}

/// From a root to the subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chain {
    pub domain: Domain,
    /// What makes the first step a root: `main`, `public item`, `no_mangle`, …
    pub root: String,
    pub steps: Vec<Step>,
}

/// An instance on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// How the step before leads here; `null` for the root.
    pub edge: Option<EdgeKind>,
    /// Display path with type arguments.
    pub label: String,
    /// Where it is defined; `null` for generated glue.
    pub file: Option<String>,
    pub line: Option<u32>,
    /// Where the step before uses it; `null` for the root and where no line is known.
    pub use_file: Option<String>,
    pub use_line: Option<u32>,
}
