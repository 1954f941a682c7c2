//! Checksums of the lock file: what cargo compares fetched packages with.

use std::collections::BTreeMap;

use camino::Utf8Path;
use serde::Deserialize;

use crate::error::{Error, Result};

/// By name, version and source.
pub(crate) struct Checksums(BTreeMap<(String, String, String), String>);

#[derive(Deserialize)]
struct LockFile {
    #[serde(default)]
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
}

impl Checksums {
    pub(crate) fn read(lock: &Utf8Path) -> Result<Self> {
        let known = read(lock)?
            .package
            .into_iter()
            .filter_map(|one| Some(((one.name, one.version, one.source?), one.checksum?)));
        Ok(Self(known.collect()))
    }

    /// SHA-256 as hex digits; `source` is cargo's (`registry+https://…`).
    pub(crate) fn get(&self, name: &str, version: &str, source: &str) -> Option<&str> {
        let key = (name.to_owned(), version.to_owned(), source.to_owned());
        self.0.get(&key).map(String::as_str)
    }
}

fn read(lock: &Utf8Path) -> Result<LockFile> {
    let text = std::fs::read_to_string(lock).map_err(|why| Error::Io {
        action: "read",
        path: lock.to_owned(),
        why: why.to_string(),
    })?;
    toml::from_str(&text)
        .map_err(|why| Error::Metadata(format!("`{lock}` is not understood: {}", why.message())))
}

/// The checksum that a lock file has for a package; path and git dependencies have none.
pub(crate) fn checksum(
    lock: &Utf8Path,
    name: &str,
    version: &str,
    source: &str,
) -> Result<Option<String>> {
    let sums = Checksums::read(lock)?;
    Ok(sums.get(name, version, source).map(str::to_owned))
}

/// A package's source as a lock file has it, which for a git repository ends in the commit.
/// `source` is what its id says, without.
pub(crate) fn locked_source(
    lock: &Utf8Path,
    name: &str,
    version: &str,
    source: &str,
) -> Result<Option<String>> {
    let found = read(lock)?.package.into_iter().find_map(|one| {
        let is_it = one.name == name && one.version == version;
        let (locked, commit) = one.source.as_deref()?.split_once('#')?;
        (is_it && locked == source).then(|| format!("{source}#{commit}"))
    });
    Ok(found)
}
