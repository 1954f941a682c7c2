//! Where the copies of a workspace are.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;

use camino::{Utf8Path, Utf8PathBuf};
use whittle_extract::record::{FILE_NAME, parse};
use whittle_extract::verify::Files;

use super::{Owned, unreadable};
use crate::cargo::Layout;
use crate::error::{Error, Result};

/// Entries of folders that are looked at: more than any workspace's sources have.
const MOST_ENTRIES: usize = 1_000_000;
const DEEPEST: usize = 48;
/// Files and bytes of one copy.
const MOST_FILES: usize = 20_000;
const MOST_BYTES: u64 = 256 << 20;
const LARGEST_RECORD: u64 = 32 << 20;

/// All copies below the members' folders, sorted by folder, and those that a member depends on by
/// their path: crates that are no members, where the root has no `[workspace]`. Other packages
/// (fixtures, vendored ones) and build output are left out.
///
/// # Errors
/// When a folder cannot be read, there is no end of them, or a record is none.
pub(crate) fn find(layout: &Layout) -> Result<Vec<Owned>> {
    let mut search = Search {
        layout,
        left: MOST_ENTRIES,
        found: Vec::new(),
    };
    let mut folders: BTreeMap<&Utf8Path, &str> = BTreeMap::new();
    for member in &layout.members {
        for path in &member.paths {
            if path.starts_with(&layout.root) && path.join(FILE_NAME).is_file() {
                folders.entry(path).or_insert(&member.name);
            }
        }
    }
    let members = layout.members.iter();
    folders.extend(members.map(|member| (member.folder.as_path(), member.name.as_str())));
    for (folder, name) in folders {
        search.folder(name, folder, 0)?;
    }
    search.found.sort_by(|a, b| a.folder.cmp(&b.folder));
    Ok(search.found)
}

struct Search<'a> {
    layout: &'a Layout,
    left: usize,
    found: Vec<Owned>,
}

impl Search<'_> {
    fn folder(&mut self, package: &str, folder: &Utf8Path, depth: usize) -> Result<()> {
        let entries = folder
            .read_dir_utf8()
            .map_err(|why| unreadable(folder, why))?;
        let mut below = Vec::new();
        for entry in entries {
            // A name that is no UTF-8 is no source of cargo's.
            let Ok(entry) = entry else {
                continue;
            };
            self.left = self
                .left
                .checked_sub(1)
                .ok_or_else(|| unreadable(folder, "too many files in the workspace"))?;
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if kind.is_file() && entry.file_name() == FILE_NAME {
                let owned = self.owned(package, folder)?;
                self.found.push(owned);
            } else if kind.is_dir() && self.is_searched(entry.path()) {
                below.push(entry.path().to_owned());
            }
        }
        if depth > DEEPEST && !below.is_empty() {
            return Err(unreadable(folder, "nested too deep"));
        }
        below.sort();
        below
            .iter()
            .try_for_each(|folder| self.folder(package, folder, depth + 1))
    }

    /// Neither hidden, nor output, nor another package.
    fn is_searched(&self, folder: &Utf8Path) -> bool {
        let name = folder.file_name().unwrap_or_default();
        !name.starts_with('.')
            && folder != self.layout.target
            && !folder.join("CACHEDIR.TAG").exists()
            && !folder.join("Cargo.toml").exists()
    }

    fn owned(&self, package: &str, folder: &Utf8Path) -> Result<Owned> {
        let path = folder.join(FILE_NAME);
        let below = folder.strip_prefix(&self.layout.root).unwrap_or(folder);
        let text = read(&path, LARGEST_RECORD)?;
        let text = String::from_utf8(text).map_err(|why| unreadable(&path, why))?;
        let record = parse(&text).map_err(|why| Error::Copy {
            place: below.join(FILE_NAME).to_string(),
            why: why.to_string(),
            help: why.remedy().to_owned(),
        })?;
        Ok(Owned {
            folder: folder.to_owned(),
            shown: below.to_owned(),
            package: package.to_owned(),
            record,
        })
    }
}

/// A file of at most so many bytes.
pub(super) fn read(path: &Utf8Path, most: u64) -> Result<Vec<u8>> {
    let file = fs::File::open(path).map_err(|why| unreadable(path, why))?;
    let mut bytes = Vec::new();
    let mut limited = file.take(most + 1);
    limited
        .read_to_end(&mut bytes)
        .map_err(|why| unreadable(path, why))?;
    if bytes.len() as u64 > most {
        return Err(unreadable(path, format!("it has more than {most} bytes")));
    }
    Ok(bytes)
}

/// All files below a folder but its record, and the links among them.
pub(super) fn files(folder: &Utf8Path) -> Result<(Files, Vec<Utf8PathBuf>)> {
    let (mut files, mut links) = (Files::new(), Vec::new());
    let mut pending = vec![folder.to_owned()];
    let mut bytes = 0;
    while let Some(next) = pending.pop() {
        let entries = next.read_dir_utf8().map_err(|why| unreadable(&next, why))?;
        for entry in entries {
            let entry = entry.map_err(|why| unreadable(&next, why))?;
            let kind = entry
                .file_type()
                .map_err(|why| unreadable(entry.path(), why))?;
            let path = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            // `/` on every platform, as records have it.
            let path: Vec<&str> = path.components().map(|part| part.as_str()).collect();
            let path = Utf8PathBuf::from(path.join("/"));
            if files.len() + links.len() > MOST_FILES || pending.len() > MOST_FILES {
                return Err(unreadable(folder, "too many files"));
            }
            if kind.is_dir() {
                pending.push(entry.path().to_owned());
            } else if !kind.is_file() {
                links.push(path);
            } else if path != FILE_NAME {
                let content = read(entry.path(), MOST_BYTES - bytes)?;
                bytes += content.len() as u64;
                files.insert(path, content);
            }
        }
    }
    links.sort();
    Ok((files, links))
}
