//! What a dependency would bring, as versioned data.

use serde::Serialize;

use crate::advise::data::{DependencyAdvice, Leaves};
use crate::measure::Counts;
use crate::report::header::Header;

/// Value of `format`.
pub const FORMAT: &str = "whittle-try";
/// Value of `version`.
pub const VERSION: u32 = 1;

/// What would be reached of a dependency that is not there yet, and what it would bring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Tried {
    #[serde(flatten)]
    pub header: Header,
    /// Version of this tool.
    pub tool: String,
    /// What would be used, with the name of the crate.
    pub uses: Vec<String>,
    /// Crates of which something would be used when it runs.
    pub reached: Vec<ReachedCrate>,
    pub brings: Bring,
    /// As if the workspace depended on it already.
    pub advice: DependencyAdvice,
    /// What the reader should know about this run.
    pub notices: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReachedCrate {
    #[serde(rename = "crate")]
    pub name: String,
    pub version: String,
    pub functions: Counts,
    /// In functions.
    pub lines: Counts,
    /// `unsafe` functions and blocks, reached or unknown.
    pub unsafes: u64,
}

/// The whole of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Bring {
    pub whole: Leaves,
    /// Steps to the deepest crate.
    pub depth: u32,
    /// Those that the project's lock file does not name; `null` without a project.
    pub new: Option<Vec<String>>,
    /// Items that are neither used nor unused.
    pub unknown: u64,
}
