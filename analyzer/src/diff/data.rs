//! What two analyses differ in, as versioned data; `--format json` prints it as it is.

use serde::Serialize;

use super::lines::Hunk;
use crate::model::{Domain, Fingerprint, Power, Status};
use crate::pieces::{Piece, PieceKind};
use crate::report::header::Header;

/// All that is said; renderers compute nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// Of the new side.
    #[serde(flatten)]
    pub header: Header,
    pub from: Side,
    pub to: Side,
    /// Why the two sides are not alike in what they were asked.
    pub remarks: Vec<String>,
    pub summary: Summary,
    pub crates: Crates,
    /// Items that are used or unknown now and were not, by crate and path.
    pub newly_reached: Vec<Reached>,
    /// Items that were used or unknown and are not now.
    pub no_longer_reached: Vec<Reached>,
    /// Items that went from used to unknown or back.
    pub less_or_more_sure: Vec<Reached>,
    /// One a crate of which something differs.
    pub changes: Vec<CrateChange>,
}

/// One side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    /// As the user named it; `working tree`.
    pub name: String,
    /// The commit, when it is one.
    pub commit: Option<String>,
}

impl Diff {
    /// Nothing differs of what is compared.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.summary.is_empty() && self.changes.is_empty() && self.less_or_more_sure.is_empty()
    }
}

impl Side {
    /// With the commit, as people write it.
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.commit {
            Some(id) => format!("{} ({})", self.name, id.get(..12).unwrap_or(id)),
            None => self.name.clone(),
        }
    }
}

/// What is to be read, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub crates_added: usize,
    pub crates_removed: usize,
    pub crates_updated: usize,
    pub newly_reached: usize,
    pub no_longer_reached: usize,
    /// Reached functions of which the tokens differ, or that are new in an updated crate.
    pub functions_changed: usize,
    /// Lines added and removed in these.
    pub lines_added: usize,
    pub lines_removed: usize,
    /// Uses of files, network, processes, the environment and foreign code that were not there.
    pub new_powers: usize,
    /// Build scripts, proc macros, consts, statics, macros, types, unsafe impls and foreign
    /// functions that differ.
    pub others_changed: usize,
    /// Texts that could not be shown.
    pub unreadable: usize,
}

impl Summary {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Crates {
    pub added: Vec<CrateFacts>,
    pub removed: Vec<CrateFacts>,
    pub updated: Vec<Updated>,
}

/// A crate that only one side has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CrateFacts {
    pub name: String,
    pub version: String,
    /// `registry`, `git` or `path`.
    pub source: &'static str,
    pub direct: bool,
    pub build_script: bool,
    pub proc_macro: bool,
    /// Functions that are used or unknown, and all.
    pub functions_reached: usize,
    pub functions: usize,
    /// Lines of its files.
    pub lines: u64,
    /// What its reached functions use.
    pub powers: Vec<PowerOf>,
}

/// A crate with another version or source, or other content under the same version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Updated {
    pub name: String,
    pub from: String,
    pub to: String,
    pub from_source: &'static str,
    pub to_source: &'static str,
}

/// An item that is reached on one side, or otherwise on the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reached {
    #[serde(rename = "crate")]
    pub krate: String,
    pub version: String,
    pub kind: PieceKind,
    pub path: String,
    pub place: Place,
    /// `null`: there was no such item.
    pub before: Option<Status>,
    /// `null`: there is none.
    pub now: Option<Status>,
    pub domains: Vec<Domain>,
    pub reason: Option<String>,
    pub direct: bool,
    pub lines: u32,
    #[serde(rename = "unsafe")]
    pub is_unsafe: bool,
    pub unsafe_blocks: u32,
    pub powers: Vec<PowerOf>,
}

/// In the package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    pub file: String,
    pub line: u32,
}

impl Place {
    #[must_use]
    pub fn of(piece: &Piece) -> Self {
        Self {
            file: piece.place.clone(),
            line: piece.line,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PowerOf {
    pub power: Power,
    /// The function called; of `unknown` what was not understood.
    pub path: String,
}

/// What differs in a crate, of what is reached or read in any case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CrateChange {
    #[serde(rename = "crate")]
    pub krate: String,
    pub from: String,
    pub to: String,
    /// Reached functions that differ or are new, with their lines.
    pub functions: Vec<Change>,
    /// Methods of derives, by the type they are made of.
    pub derived: Vec<Change>,
    /// Build scripts and proc macros, by file.
    pub files: Vec<Change>,
    /// Consts and statics that are read, unsafe impls, foreign functions, macros, types, traits.
    pub others: Vec<Change>,
    /// Lines of the manifest, as sorted keys: `- features.x = []`, `+ …`.
    pub manifest: Vec<super::lines::Line>,
    /// Why the manifests could not be compared.
    pub manifest_problem: Option<String>,
    pub features_on: Vec<String>,
    pub features_off: Vec<String>,
    pub elsewhere: Elsewhere,
}

/// A piece that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    pub kind: PieceKind,
    pub path: String,
    pub what: What,
    pub before: Option<SideOf>,
    pub now: Option<SideOf>,
    /// Lines added and removed.
    pub added: usize,
    pub removed: usize,
    /// Uses that were not there before.
    pub new_powers: Vec<PowerOf>,
    pub hunks: Vec<Hunk>,
    /// What is to be known of the text: a macro made it, it could not be read, …
    pub note: Option<String>,
    /// The text could not be shown.
    pub unreadable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Its tokens differ.
    Changed,
    /// There was no such piece.
    New,
    /// There is none any more.
    Gone,
    /// The same tokens, but it uses something new: what it calls resolves otherwise.
    SameText,
}

/// A changed piece on one side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SideOf {
    pub place: Place,
    pub status: Status,
    pub domains: Vec<Domain>,
    pub reason: Option<String>,
    #[serde(rename = "unsafe")]
    pub is_unsafe: bool,
    pub unsafe_blocks: u32,
    #[serde(serialize_with = "as_text")]
    pub fingerprint: Fingerprint,
}

impl SideOf {
    #[must_use]
    pub fn of(piece: &Piece) -> Self {
        Self {
            place: Place::of(piece),
            status: piece.status,
            domains: piece.domains.iter().collect(),
            reason: piece.reason.clone(),
            is_unsafe: piece.is_unsafe,
            unsafe_blocks: piece.unsafe_blocks,
            fingerprint: piece.fingerprint,
        }
    }

    /// Unsafe functions and blocks.
    #[must_use]
    pub fn unsafe_parts(&self) -> u32 {
        u32::from(self.is_unsafe) + self.unsafe_blocks
    }
}

fn as_text<S: serde::Serializer>(of: &Fingerprint, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(of)
}

/// What differs and is not reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Elsewhere {
    /// Functions that nothing reaches now, nor before.
    pub functions_changed: usize,
    pub functions_added: usize,
    pub functions_removed: usize,
    /// Consts and statics that are not known to be read.
    pub values_changed: usize,
    /// Lines of Rust that differ outside of what is listed: unreached functions, imports,
    /// comments, and the rest.
    pub lines_added: usize,
    pub lines_removed: usize,
    /// Some files are too different to be aligned: lines were counted.
    pub about: bool,
    /// Files that could not be read.
    pub unreadable: Vec<String>,
}

impl Elsewhere {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
