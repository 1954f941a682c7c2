//! `whittled.toml`: what a copy is, beside the copy.
//!
//! Where it came from, under which licence, what was taken, and every edit: enough to make the copy
//! again from its upstream and compare. [`Record::print`] writes it by the same rules every time;
//! [`parse`] takes it as a text that nobody vouches for: sizes are bounded, paths stay below the
//! folder of the record, and what is not known is an error rather than ignored.

mod host;
mod parse;
mod print;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::edit::Edit;
use crate::items::{Hash, Kind};

pub use host::{Change, NotThere, changes, revert};
pub use parse::{BadRecord, is_safe, parse};

/// Name of the file.
pub const FILE_NAME: &str = "whittled.toml";
/// Value of `format`.
pub const FORMAT: &str = "whittle-copy";
/// Value of `version`.
pub const VERSION: u32 = 1;

/// All that is known of a copy. Paths of its files are relative to the folder of the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Which version of the tool wrote it: `0.1.0`.
    pub tool: String,
    /// Makes the copy again; names no folder of any machine.
    pub command: String,
    pub origin: Origin,
    pub copy: Copy,
    pub license: License,
    /// Rust sources, sorted by path.
    #[serde(default, rename = "file")]
    pub files: Vec<File>,
    /// What sources include (`include_str!`), byte for byte. Sorted by path.
    #[serde(default, rename = "asset")]
    pub assets: Vec<Asset>,
    /// Files of the host that the extraction changed. Sorted by path.
    #[serde(default, rename = "host")]
    pub host: Vec<HostFile>,
    /// Local changes that somebody answers for. Sorted by file and item.
    #[serde(default)]
    pub acknowledged: Vec<Acknowledged>,
}

/// The package that the copy is of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    pub name: String,
    pub version: String,
    /// The crate's own name, with underscores.
    #[serde(rename = "crate")]
    pub crate_name: String,
    pub edition: u16,
    /// As cargo knows it: `registry+https://github.com/rust-lang/crates.io-index`.
    pub source: String,
    /// SHA-256 of the `.crate` file, as the lock file has it; none for git.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// A module of the package that uses it.
    #[default]
    Module,
    /// A package of the workspace.
    Crate,
}

/// How it was copied.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Copy {
    #[serde(rename = "as")]
    pub mode: Mode,
    /// Name of the package that owns it; for a crate, of the first that uses it.
    pub package: String,
    /// Where the crate's root is now: `crate::whittled::dep`; for a crate, its name.
    pub path: String,
    /// Features that were on. Sorted.
    #[serde(default)]
    pub features: Vec<String>,
    /// Cfgs that were on and decided what was taken. Sorted.
    #[serde(default)]
    pub cfgs: Vec<String>,
    /// What was asked for; empty: what the package uses.
    #[serde(default)]
    pub asked: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct License {
    /// What the origin offers.
    pub expression: String,
    /// What was chosen of it.
    pub chosen: String,
    #[serde(default)]
    pub copyright: Vec<String>,
    /// Texts that lie beside the copy.
    #[serde(default)]
    pub files: Vec<Asset>,
}

/// A copied source file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub path: Utf8PathBuf,
    /// Within the package of the origin.
    pub upstream: Utf8PathBuf,
    /// Path of the module that the file is, from the name of the crate: `dep::sync`.
    pub module: String,
    /// SHA-256 of the upstream file.
    pub sha256: String,
    /// Of the file's own `SPDX-License-Identifier`, where that is not the package's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    #[serde(default)]
    pub items: Vec<Taken>,
    /// From the upstream text to this one, without the header. Sorted.
    #[serde(default, with = "parse::edits")]
    pub edits: Vec<Edit>,
}

/// An item of the copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taken {
    pub path: String,
    pub kind: Kind,
    pub hash: Hash,
}

/// A file that is the same as upstream's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asset {
    pub path: Utf8PathBuf,
    /// Within the package of the origin; none for what the user supplied and for what was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<Utf8PathBuf>,
    pub sha256: String,
}

/// A file of the workspace, beside the copy, that the extraction changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostFile {
    /// Relative to the root of the workspace.
    pub path: Utf8PathBuf,
    /// It was not there before.
    #[serde(default)]
    pub created: bool,
    /// From the first line to the last.
    #[serde(default)]
    pub changes: Vec<Change>,
}

/// A difference from upstream that somebody answers for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledged {
    pub file: Utf8PathBuf,
    pub item: String,
    pub kind: Kind,
    /// Of the item as it is here; none when it was taken out. Any later change is not covered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<Hash>,
    pub reason: String,
}

impl Copy {
    /// Of a build's cfgs those that decide what is taken: neither features, which have their own
    /// list, nor what every target has, whose conditions stay.
    pub fn deciding<'a>(cfgs: impl IntoIterator<Item = &'a String>) -> Vec<String> {
        let name = |cfg: &str| cfg.split('=').next().unwrap_or_default().trim().to_owned();
        let decides = |cfg: &&String| {
            let name = name(cfg);
            name != "feature" && !crate::cfg::OF_THE_TARGET.contains(&name.as_str())
        };
        cfgs.into_iter().filter(decides).cloned().collect()
    }
}

impl Record {
    /// Sorted as it is printed.
    pub fn sort(&mut self) {
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        self.assets.sort_by(|a, b| a.path.cmp(&b.path));
        self.host.sort_by(|a, b| a.path.cmp(&b.path));
        self.copy.features.sort();
        self.copy.cfgs.sort();
        self.acknowledged.sort();
        self.acknowledged.dedup();
    }

    /// What counts as an item: see [`Kind::is_item`].
    pub fn items(&self) -> impl Iterator<Item = &Taken> {
        let parts = self.files.iter().flat_map(|file| &file.items);
        parts.filter(|part| part.kind.is_item(&part.path))
    }

    /// What defines something, methods of impls included.
    pub fn definitions(&self) -> impl Iterator<Item = &Taken> {
        let items = self.files.iter().flat_map(|file| &file.items);
        items.filter(|item| item.kind.is_definition())
    }

    /// `pkg:cargo/name@version` is made of it.
    #[must_use]
    pub fn name_version(&self) -> String {
        format!("{} {}", self.origin.name, self.origin.version)
    }
}

#[cfg(test)]
pub(crate) use tests::record as tests_record;

#[cfg(test)]
mod tests;
