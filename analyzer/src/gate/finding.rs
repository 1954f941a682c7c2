//! What `cargo whittle check` found, as versioned data: `--format json` prints it as it is, and
//! every other format is made of it alone.

use serde::Serialize;

use crate::cache::Hasher;
use crate::execution::Execution;
use crate::model::{Domain, ItemKind};
use crate::report::header::Header;

use super::rule::Rule;

/// Value of `format`.
pub const FORMAT: &str = "whittle-check";
/// Value of `version`.
pub const VERSION: u32 = 1;

/// All that is said; renderers compute nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CheckReport {
    #[serde(flatten)]
    pub header: Header,
    /// `rustc 1.95.0 (…)`.
    pub toolchain: String,
    /// Version of this tool.
    pub tool: String,
    /// Where the workspace lies in its repository, with `/`; empty when it is the root or there
    /// is no repository. The files of locations are relative to the workspace.
    pub workspace: String,
    /// The revision that rules and baseline were taken from; `null`: from the tree itself.
    pub base: Option<Base>,
    /// The baseline that was compared with; `null` when there is none.
    pub baseline: Option<Baseline>,
    pub counts: Counts,
    /// Denied ones first, then warnings, then ignored ones; each by rule, crate and item.
    pub findings: Vec<Finding>,
    /// What of the tree's own code ran, what did not, and what was kept from it.
    pub execution: Execution,
    /// What the reader should know about this run.
    pub notices: Vec<String>,
}

impl CheckReport {
    /// Nothing that is denied.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.counts.denied == 0
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Base {
    /// As it was asked for.
    pub revision: String,
    /// What it names, 40 or 64 digits.
    pub commit: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Baseline {
    /// Relative to the workspace, with `/`.
    pub file: String,
    pub crates: u64,
    pub items: u64,
}

/// Findings by what becomes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Counts {
    /// Those that make the exit code 1.
    pub denied: u64,
    pub warnings: u64,
    /// Those that an ignore of the configuration silences.
    pub ignored: u64,
}

/// What a rule says when it does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Fails the check.
    Deny,
    /// Is shown.
    Warn,
    /// Is not looked at; no finding has it.
    Allow,
}

impl Level {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Warn => "warn",
            Self::Allow => "allow",
        }
    }
}

/// A rule that does not hold, at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Finding {
    #[cfg_attr(test, schemars(with = "String"))]
    pub rule: Rule,
    /// `deny` or `warn`; an ignored one keeps it.
    pub level: Level,
    /// 32 hexadecimal digits of rule, crate and item: the same as long as it is the same finding,
    /// whatever the versions, lines and figures are.
    pub fingerprint: String,
    /// One line, without a final dot.
    pub message: String,
    /// The dependency it is about.
    #[serde(rename = "crate")]
    pub krate: Option<String>,
    pub crate_version: Option<String>,
    /// The item it is about.
    pub item: Option<ItemRef>,
    /// A new crate's items: everything of it that is reached.
    pub items: Vec<ItemRef>,
    /// How it comes: the first step from the workspace's code into dependencies, or the path of
    /// crates from a member.
    pub through: Option<Through>,
    /// Always in the user's own tree.
    pub location: Location,
    /// What can be done about it, one line without a final dot.
    pub help: String,
    /// The ignore that silences it.
    pub ignored: Option<Ignored>,
}

impl Finding {
    /// What becomes of it: an ignored one neither fails nor warns.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        self.ignored.is_none() && self.level == Level::Deny
    }

    #[must_use]
    pub fn is_warning(&self) -> bool {
        self.ignored.is_none() && self.level == Level::Warn
    }
}

/// An item of a dependency.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ItemRef {
    /// Definition path.
    pub path: String,
    #[cfg_attr(test, schemars(with = "String"))]
    pub kind: ItemKind,
    /// Domains it is reached in, or unknown in.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub domains: Vec<Domain>,
    /// Where it stands, as `<crate>-<version>/<file>:<line>`: text, no place in the user's tree.
    pub origin: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Through {
    /// `app::main`: the last function of the workspace on a shortest chain; `null` when there is
    /// no chain of calls.
    pub from: Option<String>,
    /// The first item of a dependency on that chain; `null` when it is the item itself.
    pub via: Option<String>,
    /// `app@0.1.0`, `regex@1.10.0`, …: a shortest path of packages from a member to the crate.
    pub crates: Vec<String>,
}

/// A place in the user's own tree: the manifest's line that declares the dependency or the rule,
/// a line of the baseline, or a line of the workspace's sources.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Location {
    /// Relative to the workspace, with `/`.
    pub file: String,
    /// Counted from 1.
    pub line: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Ignored {
    pub reason: String,
    pub owner: Option<String>,
    /// `2027-01-31`: the last day on which it counts.
    pub expires: Option<String>,
}

/// The stable id of a finding.
#[must_use]
pub fn fingerprint(rule: Rule, parts: &[&str]) -> String {
    let mut hasher = Hasher::default();
    hasher.text(rule.id());
    for part in parts {
        hasher.text(part);
    }
    let mut digits = hasher.finish().to_string();
    digits.truncate(32);
    digits
}
