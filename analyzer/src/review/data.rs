//! What there is to read of a crate, as versioned data; `--format json` prints it as it is.

use serde::Serialize;

use crate::diff::{Place, PowerOf};
use crate::model::{Domain, Fingerprint, Status};
use crate::pieces::PieceKind;
use crate::report::header::Header;

/// All that is said; renderers compute nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Review {
    #[serde(flatten)]
    pub header: Header,
    #[serde(rename = "crate")]
    pub krate: String,
    pub crate_version: String,
    /// `registry`, `git` or `path`.
    pub source: &'static str,
    pub summary: Summary,
    /// The reached functions, unknown ones among them, in reading order.
    pub functions: Vec<Entry>,
    /// Build scripts, proc macros, consts and statics that are read, unsafe impls, foreign
    /// functions, macros that are called.
    pub always: Vec<Entry>,
    /// Functions that derives and attributes make of types.
    pub derived: Vec<Entry>,
    pub not_looked_at: NotLookedAt,
}

impl Review {
    /// Everything that is listed.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        [&self.functions, &self.always, &self.derived]
            .into_iter()
            .flatten()
    }
}

/// What is listed, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub functions: usize,
    pub unknown: usize,
    pub lines: u64,
    /// Unsafe functions and blocks.
    #[serde(rename = "unsafe")]
    pub unsafe_parts: u64,
    pub always: usize,
    pub derived: usize,
    /// Of all that is listed: read as it is, read before it changed, never read.
    pub reviewed: usize,
    pub changed: usize,
    pub new: usize,
    /// Lines of the last two.
    pub lines_open: u64,
}

/// The rest of the crate: a review of what is listed says nothing about it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct NotLookedAt {
    pub functions: usize,
    pub lines: u64,
    #[serde(rename = "unsafe")]
    pub unsafe_parts: u64,
    /// Consts and statics that nothing is known to read.
    pub values: usize,
    /// Types and traits, which have no code of their own.
    pub types: usize,
}

/// Something to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    pub kind: PieceKind,
    pub path: String,
    /// Several may have one path.
    pub ordinal: u32,
    pub place: Place,
    pub lines: u32,
    pub status: Status,
    pub domains: Vec<Domain>,
    /// Why it is unknown.
    pub reason: Option<String>,
    /// Named by the workspace's own code.
    pub direct: bool,
    #[serde(rename = "unsafe")]
    pub is_unsafe: bool,
    pub unsafe_blocks: u32,
    pub powers: Vec<PowerOf>,
    /// What leads to it; `null` when no chain was recorded.
    pub via: Option<Via>,
    #[serde(serialize_with = "as_text")]
    pub fingerprint: Fingerprint,
    pub mark: Mark,
    /// It cannot be read, and so not be reviewed.
    pub problem: Option<String>,
}

impl Entry {
    #[must_use]
    pub fn name(&self) -> String {
        match self.ordinal {
            0 => self.path.clone(),
            more => format!("{}#{}", self.path, more + 1),
        }
    }

    #[must_use]
    pub fn unsafe_parts(&self) -> u32 {
        u32::from(self.is_unsafe) + self.unsafe_blocks
    }
}

/// The step before, over what std does in between.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Via {
    /// The kind of edge, or of root.
    pub how: String,
    pub caller: Option<String>,
    pub file: Option<String>,
    pub line: Option<u32>,
}

/// Whether it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Mark {
    /// With these tokens.
    Reviewed(Seen),
    /// It was read, with other tokens.
    Changed(Seen),
    New,
}

impl Mark {
    #[must_use]
    pub fn is_reviewed(&self) -> bool {
        matches!(self, Self::Reviewed(_))
    }
}

/// By whom, when, in which version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seen {
    pub by: String,
    pub date: String,
    pub version: String,
}

fn as_text<S: serde::Serializer>(of: &Fingerprint, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(of)
}
