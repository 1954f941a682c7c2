//! What a copy is a copy of, offline, and only where a checksum vouches for it.
//!
//! The `.crate` file in the registry cache is taken when its SHA-256 is the checksum that the
//! record has from the lock file; that is the same check that cargo makes. A vendored package is
//! taken when its `.cargo-checksum.json` names that checksum for the package, and each file's own
//! hash is right. Sources that lie unpacked in the registry cache are not: anything may have
//! changed them, and nothing shows it.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use whittle_extract::items::sha256;
use whittle_extract::record::Origin;
use whittle_extract::verify::Files;

use super::{archive, find};
use crate::cargo::Layout;

/// Bytes of a `.crate`, of a vendored file.
const LARGEST: u64 = 256 << 20;

/// The files of a package, vouched for.
#[derive(Debug, Clone)]
pub struct Upstream {
    pub files: Files,
    pub place: Place,
}

/// Where they come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// The `.crate` file of this name.
    Crate(String),
    /// A folder of vendored packages, from the root of the workspace.
    Vendor(Utf8PathBuf),
}

/// Where to look.
#[derive(Debug, Clone)]
pub struct Sources {
    /// What the user named: folders with `.crate` files, or with a folder a package.
    named: Vec<Utf8PathBuf>,
    /// Folders with `.crate` files, one a registry.
    registries: Vec<Utf8PathBuf>,
    root: Utf8PathBuf,
}

/// Where other versions of a package are.
#[derive(Debug, Clone)]
pub struct Registry<'a> {
    origin: &'a Origin,
    folders: Vec<&'a Utf8PathBuf>,
}

impl Sources {
    /// The registry cache and `vendor/`, and first what the user names: a `.crate` file's folder,
    /// or a folder of vendored packages.
    pub(crate) fn new(layout: &Layout, named: &[Utf8PathBuf]) -> Self {
        let registry = layout
            .cargo_home
            .as_ref()
            .map(|home| home.join("registry/cache"));
        let registries = registry.and_then(|folder| folder.read_dir_utf8().ok());
        let mut registries: Vec<Utf8PathBuf> = registries
            .into_iter()
            .flatten()
            .flatten()
            .map(camino::Utf8DirEntry::into_path)
            .collect();
        registries.sort();
        Self {
            named: named.to_vec(),
            registries,
            root: layout.root.clone(),
        }
    }

    /// Folders in which other versions of a package are looked for: those that the user named, and
    /// the cache of its registry, which has the version that is known. Packages of one name in
    /// two registries have nothing to do with each other.
    #[must_use]
    pub fn registry_of<'a>(&'a self, origin: &'a Origin) -> Registry<'a> {
        let registries = &self.registries;
        let file = format!("{}-{}.crate", origin.name, origin.version);
        let has_it = |folder: &&Utf8PathBuf| {
            let bytes = find::read(&folder.join(&file), LARGEST);
            bytes.is_ok_and(|bytes| Some(sha256(&bytes)) == origin.checksum)
        };
        let mut own: Vec<&Utf8PathBuf> = registries.iter().filter(has_it).collect();
        if own.is_empty() && registries.len() == 1 {
            own.extend(registries);
        }
        Registry {
            origin,
            folders: self.named.iter().chain(own).collect(),
        }
    }

    /// The package, or why it is not at hand.
    ///
    /// # Errors
    /// In words, for a sentence that begins with its name.
    pub fn get(&self, origin: &Origin) -> Result<Upstream, String> {
        let Some(checksum) = &origin.checksum else {
            return Err(
                "comes from no registry, so that no checksum could vouch for it".to_owned(),
            );
        };
        let mut wrong = None;
        let name = format!("{}-{}.crate", origin.name, origin.version);
        let caches = self.named.iter().chain(&self.registries);
        for path in caches.map(|folder| folder.join(&name)) {
            if !path.is_file() {
                continue;
            }
            match crate_file(&path, checksum) {
                Ok(files) => {
                    let place = Place::Crate(name);
                    return Ok(Upstream { files, place });
                }
                Err(why) => wrong = Some(format!("{name}: {why}")),
            }
        }
        let vendor = self.root.join("vendor");
        for folder in self.named.iter().chain([&vendor]) {
            let names = [
                format!("{}-{}", origin.name, origin.version),
                origin.name.clone(),
            ];
            for path in names.map(|name| folder.join(name)) {
                if !path.join(".cargo-checksum.json").is_file() {
                    continue;
                }
                let shown = path.strip_prefix(&self.root).unwrap_or(&path).to_owned();
                match vendored(&path, checksum) {
                    Ok(files) => {
                        let place = Place::Vendor(shown);
                        return Ok(Upstream { files, place });
                    }
                    Err(why) => wrong = Some(format!("{shown}: {why}")),
                }
            }
        }
        Err(wrong.map_or_else(
            || "is neither in the registry cache nor in vendor/".to_owned(),
            |why| format!("is not what the record has the checksum of ({why})"),
        ))
    }
}

impl Registry<'_> {
    /// The newest version in the registry cache, never one before the known; a pre-release only
    /// when there is nothing else.
    #[must_use]
    pub fn newest(&self) -> Option<String> {
        let origin = self.origin;
        let known = semver::Version::parse(&origin.version).ok();
        let folders = self.folders.iter();
        let folders = folders.filter_map(|folder| folder.read_dir_utf8().ok());
        let versions = folders.flatten().flatten().filter_map(|entry| {
            let file = entry.file_name().strip_prefix(origin.name.as_str())?;
            let version = file.strip_prefix('-')?.strip_suffix(".crate")?;
            semver::Version::parse(version).ok()
        });
        let newest = versions
            .filter(|version| known.as_ref().is_none_or(|known| version >= known))
            .max_by_key(|version| (version.pre.is_empty(), version.clone()));
        newest.map(|version| version.to_string())
    }

    /// A version that no record vouches for: as cargo has it in its cache, which it compared with
    /// the registry's checksum when it fetched it. Its files and that checksum.
    ///
    /// # Errors
    /// In words, when it is not there or no archive.
    pub fn version(&self, version: &str) -> Result<(Files, String), String> {
        let file = format!("{}-{version}.crate", self.origin.name);
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-+_".contains(c);
        let folders = self.folders.iter();
        let path = folders
            .map(|folder| folder.join(&file))
            .find(|path| path.is_file());
        let Some(path) = path.filter(|_| version.chars().all(plain)) else {
            return Err(format!("{file} is not in the registry cache"));
        };
        let bytes = find::read(&path, LARGEST).map_err(|why| why.to_string())?;
        let files = archive::files(&bytes).map_err(|why| format!("{file}: {why}"))?;
        Ok((files, sha256(&bytes)))
    }
}

fn crate_file(path: &Utf8Path, checksum: &str) -> Result<Files, String> {
    let bytes = find::read(path, LARGEST).map_err(|why| why.to_string())?;
    if sha256(&bytes) != checksum {
        return Err("it has another checksum".to_owned());
    }
    archive::files(&bytes).map_err(|why| why.to_string())
}

#[derive(Deserialize)]
struct Checksums {
    files: BTreeMap<Utf8PathBuf, String>,
    package: Option<String>,
}

fn vendored(folder: &Utf8Path, checksum: &str) -> Result<Files, String> {
    let list = find::read(&folder.join(".cargo-checksum.json"), LARGEST);
    let list = list.map_err(|why| why.to_string())?;
    let list: Checksums = serde_json::from_slice(&list).map_err(|why| why.to_string())?;
    if list.package.as_deref() != Some(checksum) {
        return Err("its .cargo-checksum.json is of another package".to_owned());
    }
    let (mut files, links) = find::files(folder).map_err(|why| why.to_string())?;
    files.retain(|path, _| list.files.contains_key(path));
    for (path, expected) in &list.files {
        let found = files.get(path).map(|bytes| sha256(bytes));
        if links.contains(path) || found.as_ref() != Some(expected) {
            return Err(format!("`{path}` is not as it was vendored"));
        }
    }
    Ok(files)
}
