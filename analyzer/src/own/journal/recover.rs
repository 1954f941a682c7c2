//! What an interrupted change left, set right.

use camino::Utf8Path;

use super::disk::{Disk, unwatched};
use super::folder::{Folder, Left, NAME, plain, wrong};
use super::{Journal, VERSION, content, is_below, link_on_the_way};
use crate::cache::{Digest, Seal};
use crate::error::{Error, Result};

/// What became of an interrupted change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recovered {
    /// The tree is what it was before.
    Restored,
    /// It was all but done.
    Finished,
}

/// Sets right what an interrupted change left in the workspace that a folder is in.
///
/// # Errors
/// As [`recover`].
pub(crate) fn recover_above(folder: &Utf8Path) -> Result<Option<Recovered>> {
    let mut found = folder.ancestors();
    match found.find(|folder| folder.join(NAME).symlink_metadata().is_ok()) {
        Some(root) => recover(root),
        None => Ok(None),
    }
}

/// Sets right what an interrupted change left in a workspace; `None` when there is nothing.
///
/// # Errors
/// When somebody changed what it touched, or it is no journal of this user; [`Error::Busy`] when
/// the change is going on.
fn recover(root: &Utf8Path) -> Result<Option<Recovered>> {
    if root.join(NAME).symlink_metadata().is_err() {
        return Ok(None);
    }
    let seal = Seal::of_user().ok_or_else(|| broken(root, "there is no key to read it with"))?;
    let mut hook = unwatched();
    recover_with(root, &seal, &mut Disk::new(&mut hook))
}

pub(super) fn recover_with(
    root: &Utf8Path,
    seal: &Seal,
    disk: &mut Disk<'_>,
) -> Result<Option<Recovered>> {
    let Some(folder) = Folder::take(root, false, disk)? else {
        return Ok(None);
    };
    let text = match folder.left(seal)? {
        Left::Journal(text) => text,
        Left::Nothing => {
            let path = folder.path.clone();
            folder.remove(disk).map_err(wrong("remove", &path))?;
            return Ok(None);
        }
    };
    let journal: Journal =
        serde_json::from_slice(&text).map_err(|why| broken(root, &why.to_string()))?;
    if journal.version != VERSION {
        return Err(broken(root, "another version of the tool wrote it"));
    }
    let states = states(&folder, &journal)?;
    if states.iter().all(|state| *state == State::After) {
        for emptied in &journal.emptied {
            let emptied = root.join(emptied);
            disk.remove_folder(&emptied)
                .map_err(wrong("remove", &emptied))?;
        }
        let path = folder.path.clone();
        folder.remove(disk).map_err(wrong("remove", &path))?;
        return Ok(Some(Recovered::Finished));
    }
    restore(folder, &journal, disk)?;
    Ok(Some(Recovered::Restored))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Before,
    After,
}

/// Where each file is between before and after; also whether it can be brought back.
fn states(folder: &Folder, journal: &Journal) -> Result<Vec<State>> {
    let mut states = Vec::new();
    for (number, one) in journal.moves.iter().enumerate() {
        let elsewhere = |why: String| Error::Journal {
            folder: folder.path.clone(),
            why,
            help: "`old-…` in it are the files as they were; put right what is needed, then remove the folder",
        };
        if !is_below(&one.path) {
            return Err(elsewhere(format!("`{}` is not below the root", one.path)));
        }
        if let Some(link) = link_on_the_way(&folder.root, &one.path) {
            return Err(elsewhere(format!("`{link}` is a link or no folder now")));
        }
        let found = content(&folder.root.join(&one.path))?;
        if found == one.before {
            states.push(State::Before);
        } else if found == one.after {
            states.push(State::After);
        } else {
            return Err(elsewhere(format!("`{}` was changed since", one.path)));
        }
        if states.last() == Some(&State::After)
            && let Some(before) = one.before
        {
            let kept = plain(&folder.old_file(number)).and_then(|old| std::fs::read(old).ok());
            if kept.map(|bytes| Digest::of(&bytes)) != Some(before) {
                return Err(elsewhere(format!("what `{}` was is not there", one.path)));
            }
        }
    }
    Ok(states)
}

/// Brings back what was before, and removes the journal.
pub(super) fn restore(folder: Folder, journal: &Journal, disk: &mut Disk<'_>) -> Result<()> {
    let states = states(&folder, journal)?;
    let root = folder.root.clone();
    for emptied in journal.emptied.iter().rev() {
        let emptied = root.join(emptied);
        disk.create_folder(&emptied)
            .map_err(wrong("create", &emptied))?;
    }
    for (number, one) in journal.moves.iter().enumerate() {
        if states.get(number) != Some(&State::After) {
            continue;
        }
        let path = root.join(&one.path);
        match one.before {
            Some(_) => disk.rename(&folder.old_file(number), &path),
            None => disk.remove(&path),
        }
        .map_err(wrong("restore", &path))?;
        disk.touch(&path);
    }
    for made in journal.made.iter().rev() {
        let made = root.join(made);
        disk.remove_folder(&made).map_err(wrong("remove", &made))?;
    }
    let parents = journal.moves.iter().filter_map(|one| one.path.parent());
    let parents: std::collections::BTreeSet<&Utf8Path> = parents.collect();
    for parent in parents {
        disk.sync(&root.join(parent));
    }
    let path = folder.path.clone();
    folder.remove(disk).map_err(wrong("remove", &path))
}

fn broken(root: &Utf8Path, why: &str) -> Error {
    Error::Journal {
        folder: root.join(NAME),
        why: why.to_owned(),
        help: "look at what is in it; when nothing of it is needed, remove the folder",
    }
}
