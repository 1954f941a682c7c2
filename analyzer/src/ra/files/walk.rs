//! Finding sources on disk.

use camino::{Utf8Path, Utf8PathBuf};

pub(super) struct Found {
    pub(super) path: Utf8PathBuf,
    pub(super) is_link: bool,
}

impl Found {
    pub(super) fn new(path: Utf8PathBuf) -> Self {
        let facts = path.symlink_metadata();
        let is_link = facts.is_ok_and(|facts| facts.is_symlink());
        Self { path, is_link }
    }
}

/// Folders of the tool's own, in which only std's sources are looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Own<'a> {
    pub(crate) out_dir: &'a Utf8Path,
    pub(crate) std: &'a Utf8Path,
}

/// The Rust files below `dir`, without target folders, hidden folders and links to folders.
pub(super) fn walk(dir: &Utf8Path, own: Own<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    let mut pending = vec![dir.to_owned()];
    while let Some(dir) = pending.pop() {
        let Ok(entries) = dir.read_dir_utf8() else {
            continue;
        };
        for entry in entries.flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if kind.is_dir() {
                let skip = name.starts_with('.')
                    || own.out_dir.starts_with(path) && !own.std.starts_with(path)
                    || path.join("CACHEDIR.TAG").exists();
                if !skip {
                    pending.push(path.to_owned());
                }
            } else if path.extension() == Some("rs") {
                found.push(Found {
                    path: path.to_owned(),
                    is_link: kind.is_symlink(),
                });
            }
        }
    }
    found
}

/// A build script's output: included by any name.
pub(super) fn walk_all(dir: &Utf8Path, found: &mut Vec<Found>) {
    let mut pending = vec![dir.to_owned()];
    while let Some(dir) = pending.pop() {
        let Ok(entries) = dir.read_dir_utf8() else {
            continue;
        };
        for entry in entries.flatten() {
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if kind.is_dir() {
                pending.push(entry.path().to_owned());
            } else if entry.metadata().is_ok_and(|meta| meta.len() < 16 << 20) {
                found.push(Found {
                    path: entry.path().to_owned(),
                    is_link: kind.is_symlink(),
                });
            }
        }
    }
}
