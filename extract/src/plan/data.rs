//! A plan as data: what people and programs are shown, and what is done when it is applied.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::Request;
use crate::edit::Edit;
use crate::record::Mode;
use crate::refuse::Refusal;
use crate::request::FileIndex;
use crate::rewrite::Placement;
use crate::slice::Slice;

/// Of the plan as JSON; grows when a field changes its meaning or goes.
pub const VERSION: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub name: String,
    pub version: String,
    /// Of the package that takes it.
    pub package: String,
    #[serde(rename = "as")]
    pub mode: Mode,
    pub placement: Placement,
    pub slice: Slice,
    /// Upstream's files with all their edits, sorted by index.
    pub files: Vec<PlannedFile>,
    /// Files that sources include. Sorted.
    pub includes: Vec<Include>,
    /// The build script has to come along; its files are among `includes`, and are the caller's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub build_script: bool,
    /// Files of the package, sorted by path.
    pub host_files: Vec<HostFile>,
    /// Manifests; the caller's.
    pub manifests: Vec<Change>,
    /// The licence; the caller's.
    pub license: Option<Terms>,
    /// Sorted.
    pub refusals: Vec<Refusal>,
    /// Sorted.
    pub notes: Vec<String>,
    /// It was done: words about it are in the past.
    #[serde(default)]
    pub applied: bool,
}

/// A file of the copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedFile {
    pub file: FileIndex,
    /// Within the dependency's package.
    pub upstream: Utf8PathBuf,
    /// Within the folder of the copy.
    pub path: Utf8PathBuf,
    /// `dep::sync`; the root is `dep`.
    pub module: String,
    pub edits: Vec<Edit>,
}

/// A file that comes along as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Include {
    /// Absolute.
    pub from: Utf8PathBuf,
    /// Within the dependency's package.
    pub upstream: Utf8PathBuf,
    /// Within the folder of the copy.
    pub path: Utf8PathBuf,
}

/// A file of the package that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostFile {
    pub file: FileIndex,
    /// Within the package.
    pub path: Utf8PathBuf,
    pub edits: Vec<Edit>,
    /// What it becomes, by lines.
    pub change: Change,
}

/// What changes in a text: lines that go and lines that come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub path: Utf8PathBuf,
    pub lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// 1-based: of a line that goes where it is, of one that comes where it will be.
    pub number: u32,
    pub comes: bool,
    pub text: String,
}

/// Under which terms the copy is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// What upstream offers.
    pub expression: String,
    /// What was chosen of it.
    pub chosen: String,
    pub copyright: Vec<String>,
}

impl Plan {
    /// Nothing planned yet.
    pub(super) fn new(request: &Request<'_>) -> Self {
        Self {
            name: request.upstream.name.clone(),
            version: request.upstream.version.clone(),
            package: request.host.name.clone(),
            mode: request.mode,
            placement: request.placement.clone(),
            slice: Slice::default(),
            files: Vec::new(),
            includes: Vec::new(),
            build_script: false,
            host_files: Vec::new(),
            manifests: Vec::new(),
            license: None,
            refusals: Vec::new(),
            notes: Vec::new(),
            applied: false,
        }
    }

    /// Adds files that only the caller can find.
    pub fn include(&mut self, files: Vec<Include>) {
        self.includes.extend(files);
        self.includes.sort();
        self.includes.dedup();
    }

    /// Adds reasons that only the caller can know.
    pub fn refuse(&mut self, refusal: Refusal) {
        self.refusals.push(refusal);
        self.refusals.sort();
        self.refusals.dedup();
    }
}

impl Change {
    pub fn new(path: impl Into<Utf8PathBuf>, before: &str, after: &str) -> Self {
        let diff = similar::TextDiff::from_lines(before, after);
        let mut lines = Vec::new();
        for change in diff.iter_all_changes() {
            let (index, comes) = match change.tag() {
                similar::ChangeTag::Equal => continue,
                similar::ChangeTag::Delete => (change.old_index(), false),
                similar::ChangeTag::Insert => (change.new_index(), true),
            };
            lines.push(Line {
                number: crate::lexed::offset(index.unwrap_or_default() + 1),
                comes,
                text: change.value().trim_end_matches(['\r', '\n']).to_owned(),
            });
        }
        Self {
            path: path.into(),
            lines,
        }
    }
}
