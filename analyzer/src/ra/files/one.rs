//! One source, with what its text alone says.

use std::sync::OnceLock;
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};

use super::{nested, slim};
use crate::cache::{Digest, Hasher};

/// rust-analyzer's offsets are 32 bits; a file near that size is no source.
const MAX_FILE: u64 = 64 << 20;

#[derive(Debug)]
pub(crate) struct LoadedFile {
    pub(crate) path: Utf8PathBuf,
    /// `None`: it is nested too deep to be read, and for the database not there.
    pub(crate) text: Option<String>,
    /// Of the path and the text as it was read.
    pub(super) digest: Digest,
    /// Files that it names elsewhere, by `#[path]` and `include!`.
    pub(crate) named: Vec<Utf8PathBuf>,
    may_be_too_deep: OnceLock<bool>,
    /// Of std, and without what the analysis never reads of it.
    is_slim: bool,
}

/// What changes with a file's text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    length: u64,
    modified: Option<SystemTime>,
}

impl Facts {
    /// Pipes and devices may never end, and what is too large is no source.
    pub(super) fn of(path: &Utf8Path) -> Option<Self> {
        let facts = std::fs::metadata(path).ok()?;
        let is_source = facts.is_file() && facts.len() <= MAX_FILE;
        is_source.then(|| Self {
            length: facts.len(),
            modified: facts.modified().ok(),
        })
    }

    /// A file without a time may have changed.
    pub(super) fn are_still(&self, now: &Self) -> bool {
        self.length == now.length && self.modified.is_some() && self.modified == now.modified
    }
}

impl LoadedFile {
    pub(crate) fn new(path: impl Into<Utf8PathBuf>, text: impl Into<String>) -> Self {
        let (path, text) = (path.into(), text.into());
        let mut hasher = Hasher::default();
        hasher.text(path.as_str());
        hasher.text(&text);
        Self {
            named: named(&path, &text),
            path,
            text: Some(text),
            digest: hasher.finish(),
            may_be_too_deep: OnceLock::new(),
            is_slim: false,
        }
    }

    /// Files that are not UTF-8, too large or gone are left out: rust-analyzer then reports the
    /// module as missing, which is counted.
    pub(super) fn read(path: Utf8PathBuf) -> Option<Self> {
        let text = std::fs::read_to_string(&path).ok()?;
        Some(Self::new(path, text))
    }

    pub(crate) fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }

    pub(super) fn may_be_too_deep(&self) -> bool {
        let of_text = || nested::may_be_too_deep(self.text());
        *self.may_be_too_deep.get_or_init(of_text)
    }

    /// Leaves of a file of std what the analysis reads.
    pub(super) fn slim_down(&mut self, part: slim::Part) {
        if !self.is_slim {
            self.text = Some(slim::std_source(self.text(), part));
            self.is_slim = true;
        }
    }
}

/// Relative paths after `path =` or `include!(` that climb out with `..`, and included files
/// that do not look like Rust.
fn named(path: &Utf8Path, text: &str) -> Vec<Utf8PathBuf> {
    let Some(dir) = path.parent() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for marker in ["path", "include!"] {
        for (at, _) in text.match_indices(marker) {
            let rest =
                text[at + marker.len()..].trim_start_matches(['(', ' ', '=', '\n', '\t', '{', '[']);
            let Some(literal) = rest
                .strip_prefix('"')
                .and_then(|rest| rest.split('"').next())
            else {
                continue;
            };
            if literal.contains("..")
                || (marker == "include!" && Utf8Path::new(literal).extension() != Some("rs"))
            {
                found.push(normalize(&dir.join(literal)));
                // A `#[path]` inside an inline module is relative to that module's folder.
                if let Some(stem) = path.file_stem() {
                    found.push(normalize(&dir.join(stem).join(literal)));
                }
            }
        }
    }
    found
}

/// Resolves `.` and `..` by text, as rust-analyzer does.
fn normalize(path: &Utf8Path) -> Utf8PathBuf {
    let mut out = Utf8PathBuf::new();
    for part in path.components() {
        match part {
            camino::Utf8Component::ParentDir => {
                out.pop();
            }
            camino::Utf8Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}
