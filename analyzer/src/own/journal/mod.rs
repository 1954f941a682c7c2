//! Changes of many files that happen as one.
//!
//! Everything is prepared beside the tree: the new files, a second name for each old one, and a
//! journal of what will happen. Then files move into their places by renames. Interrupted at any
//! moment, [`recover`], which every command calls first, finds the journal: when all is in its
//! place the change is finished, else the tree becomes what it was, byte for byte. Nothing is
//! moved that somebody changed in between.

mod disk;
mod folder;
mod recover;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use self::disk::Disk;
use self::folder::{Folder, Left, wrong};
pub(crate) use self::recover::{Recovered, recover_above};
use crate::cache::{Digest, Seal};
use crate::error::{Error, Result};

/// What becomes of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// As seen from the workspace's root; never out of it.
    pub(crate) path: Utf8PathBuf,
    /// What is there now; `None`: nothing is.
    pub(crate) before: Option<Digest>,
    /// `None`: the file goes, and with it the folders that become empty.
    pub(crate) after: Option<Vec<u8>>,
}

/// The journal's text.
#[derive(Debug, Serialize, Deserialize)]
struct Journal {
    version: u32,
    moves: Vec<Move>,
    /// Folders that are made, parents first.
    made: Vec<Utf8PathBuf>,
    /// Folders that become empty, children first.
    emptied: Vec<Utf8PathBuf>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Move {
    path: Utf8PathBuf,
    before: Option<Digest>,
    after: Option<Digest>,
}

const VERSION: u32 = 1;

/// Makes all of the changes, or none.
///
/// # Errors
/// When a file is not what `before` says, a link is in the way, or the disk will not; the tree is
/// then as it was. [`Error::Busy`] when another run is at it.
pub(crate) fn apply(root: &Utf8Path, changes: &[Change]) -> Result<()> {
    let seal = Seal::of_user().ok_or_else(|| Error::Journal {
        folder: root.join(folder::NAME),
        why: "it cannot be sealed: the user has no folder for a key".to_owned(),
        help: "set HOME or XDG_STATE_HOME to a folder that can be written",
    })?;
    let mut hook = disk::unwatched();
    apply_with(root, changes, &seal, &mut Disk::new(&mut hook))
}

fn apply_with(root: &Utf8Path, changes: &[Change], seal: &Seal, disk: &mut Disk<'_>) -> Result<()> {
    let changes: Vec<&Change> = changes
        .iter()
        .filter(|change| change.before != change.after.as_deref().map(Digest::of))
        .collect();
    if changes.is_empty() {
        return Ok(());
    }
    let Some(folder) = Folder::take(root, true, disk)? else {
        return Err(Error::Busy(root.to_owned()));
    };
    if matches!(folder.left(seal)?, Left::Journal(_)) {
        // It was left between the start of this command and now.
        return Err(Error::Busy(root.to_owned()));
    }
    let prepared = check(root, &changes).and_then(|()| {
        folder.clear(disk).map_err(wrong("clear", &folder.path))?;
        let journal = journal(root, &changes);
        prepare(&folder, &changes, &journal, seal, disk)?;
        Ok(journal)
    });
    let journal = match prepared {
        Ok(journal) => journal,
        Err(why) => {
            let path = folder.path.clone();
            folder.remove(disk).map_err(wrong("remove", &path))?;
            return Err(why);
        }
    };
    match carry_out(&folder, &journal, disk) {
        Ok(()) => {
            let path = folder.path.clone();
            folder.remove(disk).map_err(wrong("remove", &path))
        }
        Err(why) => {
            recover::restore(folder, &journal, disk)?;
            Err(why)
        }
    }
}

/// That the tree is what the change was made for, and that no path leads elsewhere.
fn check(root: &Utf8Path, changes: &[&Change]) -> Result<()> {
    let mut known = BTreeSet::new();
    for change in changes {
        let path = root.join(&change.path);
        let wrong = |why: &str| Error::Io {
            action: "write",
            path: path.clone(),
            why: why.to_owned(),
        };
        if !is_below(&change.path) || !known.insert(&change.path) {
            return Err(wrong("it is not below the workspace, or named twice"));
        }
        if let Some(link) = link_on_the_way(root, &change.path) {
            return Err(wrong(&format!("`{link}` is a link or no folder")));
        }
        if content(&path)? != change.before {
            return Err(wrong("it was changed while this command ran"));
        }
    }
    Ok(())
}

/// Whether a path from a file that is not trusted stays within the root.
fn is_below(path: &Utf8Path) -> bool {
    let mut parts = path.components();
    path.file_name().is_some()
        && parts.all(|part| {
            let Utf8Component::Normal(name) = part else {
                return false;
            };
            // Git's own folder holds commands that git runs; not every file system tells cases apart.
            name != folder::NAME && !name.eq_ignore_ascii_case(".git")
        })
}

/// What on the way to a file is there and no folder; the file itself may be one or nothing.
fn link_on_the_way(root: &Utf8Path, path: &Utf8Path) -> Option<Utf8PathBuf> {
    let folders = path.ancestors().skip(1).map(|part| root.join(part));
    let mut is_wrong = folders.filter(|folder| {
        let facts = folder.symlink_metadata();
        folder != root && facts.is_ok_and(|facts| !facts.is_dir())
    });
    is_wrong.next().or_else(|| {
        let file = root.join(path);
        let facts = file.symlink_metadata().ok()?;
        (!facts.is_file()).then_some(file)
    })
}

/// What is in a file; `None` when there is none.
fn content(path: &Utf8Path) -> Result<Option<Digest>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(Digest::of(&bytes))),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(wrong("read", path)(why)),
    }
}

fn journal(root: &Utf8Path, changes: &[&Change]) -> Journal {
    let parents = |path: &Utf8Path| -> Vec<Utf8PathBuf> {
        let above = path
            .ancestors()
            .skip(1)
            .filter(|it| !it.as_str().is_empty());
        above.map(Utf8Path::to_owned).collect()
    };
    let new = changes.iter().filter(|change| change.after.is_some());
    let made: BTreeSet<Utf8PathBuf> = new
        .flat_map(|change| parents(&change.path))
        .filter(|folder| !root.join(folder).exists())
        .collect();
    let gone: BTreeSet<&Utf8Path> = changes
        .iter()
        .filter(|change| change.after.is_none())
        .map(|change| change.path.as_path())
        .collect();
    let stays: BTreeSet<Utf8PathBuf> = changes
        .iter()
        .filter(|change| change.after.is_some())
        .flat_map(|change| parents(&change.path))
        .collect();
    let mut emptied: BTreeSet<Utf8PathBuf> = BTreeSet::new();
    let mut candidates: Vec<Utf8PathBuf> = gone.iter().flat_map(|path| parents(path)).collect();
    // Children before parents.
    candidates.sort_by_key(|path| std::cmp::Reverse(path.components().count()));
    candidates.dedup();
    for folder in candidates {
        let entries = root.join(&folder).read_dir_utf8().into_iter().flatten();
        let goes = |entry: std::io::Result<camino::Utf8DirEntry>| {
            entry.is_ok_and(|entry| {
                let path = folder.join(entry.file_name());
                gone.contains(path.as_path()) || emptied.contains(&path)
            })
        };
        if !stays.contains(&folder) && entries.into_iter().all(goes) {
            emptied.insert(folder);
        }
    }
    Journal {
        version: VERSION,
        moves: changes
            .iter()
            .map(|change| Move {
                path: change.path.clone(),
                before: change.before,
                after: change.after.as_deref().map(Digest::of),
            })
            .collect(),
        made: made.into_iter().collect(),
        emptied: emptied.into_iter().rev().collect(),
    }
}

fn prepare(
    folder: &Folder,
    changes: &[&Change],
    journal: &Journal,
    seal: &Seal,
    disk: &mut Disk<'_>,
) -> Result<()> {
    let failed = wrong("write in", &folder.path);
    folder.mark(seal, disk).map_err(&failed)?;
    for (number, change) in changes.iter().enumerate() {
        let path = folder.root.join(&change.path);
        let old = path
            .symlink_metadata()
            .ok()
            .filter(|_| change.before.is_some());
        if old.is_some() {
            disk.keep(&path, &folder.old_file(number))
                .map_err(&failed)?;
        }
        if let Some(bytes) = &change.after {
            let permissions = old.map(|facts| facts.permissions());
            disk.create(&folder.new_file(number), bytes, permissions)
                .map_err(&failed)?;
        }
    }
    let text = serde_json::to_vec(journal).map_err(|why| failed(why.into()))?;
    folder.begin(seal, &text, disk).map_err(&failed)
}

fn carry_out(folder: &Folder, journal: &Journal, disk: &mut Disk<'_>) -> Result<()> {
    let mut touched: BTreeSet<&Utf8Path> = BTreeSet::new();
    for made in &journal.made {
        let made = folder.root.join(made);
        disk.create_folder(&made).map_err(wrong("create", &made))?;
    }
    for (number, one) in journal.moves.iter().enumerate() {
        let path = folder.root.join(&one.path);
        match one.after {
            Some(_) => disk.rename(&folder.new_file(number), &path),
            None => disk.remove(&path),
        }
        .map_err(wrong("write", &path))?;
        touched.extend(one.path.parent());
    }
    for emptied in &journal.emptied {
        let emptied = folder.root.join(emptied);
        disk.remove_folder(&emptied)
            .map_err(wrong("remove", &emptied))?;
    }
    for parent in touched {
        disk.sync(&folder.root.join(parent));
    }
    Ok(())
}
