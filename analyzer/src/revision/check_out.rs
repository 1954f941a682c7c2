//! A tree of the past in our own folder, for as long as it is looked at.
//!
//! Each is in a slot, `<own>/revisions/<number>`, that a lock keeps for one process. A slot is used
//! again: paths stay the same from one commit to the next, so that cargo compiles the build scripts
//! and macros of the registry once, and what an interrupted run left is cleared away.
//!
//! Within its slot the tree is in `target/package/tree`. There cargo does not search further up
//! for a workspace (it is where `cargo package` unpacks), so that the workspace of today does not
//! claim the packages of the past.

use std::fs::{self, File, TryLockError};

use camino::{Utf8Path, Utf8PathBuf};

use super::{Commit, LaidOut, Repository};
use crate::error::{Error, Result};
use crate::patience::patiently;

/// Slots that may be in use at a time.
const SLOTS: usize = 64;

/// A tree laid out; removed when dropped.
#[derive(Debug)]
pub struct Checkout {
    /// The top of the repository, as it was.
    root: Utf8PathBuf,
    workspace: Utf8PathBuf,
    build: Utf8PathBuf,
    pub laid_out: LaidOut,
    /// Held until the slot is free again.
    _lock: File,
}

impl Checkout {
    /// The top of the repository, as it was.
    #[must_use]
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// The folder that the workspace is in today, as it was.
    #[must_use]
    pub fn workspace(&self) -> &Utf8Path {
        &self.workspace
    }

    /// The target folder for what is built of it: goes into
    /// [`crate::options::Selection::target_dir`] when the tree is analyzed.
    #[must_use]
    pub fn target_dir(&self) -> &Utf8Path {
        &self.build
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

impl Repository {
    /// Lays the tree of a commit out below `own`, the tool's own folder.
    ///
    /// # Errors
    /// As [`Self::lay_out`]; [`Error::LinkedTarget`] when a link leads out of `own`.
    pub fn check_out(&self, commit: &Commit, own: &Utf8Path) -> Result<Checkout> {
        let slot = Slot::take(own)?;
        let laid_out = self.lay_out(commit, &slot.root)?;
        Ok(slot.filled(&self.prefix, laid_out))
    }
}

/// A place for a tree, empty.
pub(super) struct Slot {
    pub(super) root: Utf8PathBuf,
    build: Utf8PathBuf,
    lock: File,
}

impl Slot {
    pub(super) fn take(own: &Utf8Path) -> Result<Self> {
        let slots = own.join("revisions");
        make(&slots)?;
        let (number, lock) = free_slot(&slots)?;
        let slot = slots.join(number.to_string());
        let package = slot.join("target").join("package");
        let build = slot.join("build");
        let own = build.join("whittle");
        for folder in [&slot, &slot.join("target"), &package, &build, &own] {
            make(folder)?;
        }
        no_links(&own)?;
        let root = package.join("tree");
        if let Ok(facts) = root.symlink_metadata() {
            let removed = if facts.is_dir() {
                fs::remove_dir_all(&root)
            } else {
                fs::remove_file(&root)
            };
            removed.map_err(|why| io("remove", &root, &why))?;
        }
        Ok(Self { root, build, lock })
    }

    /// With the tree in it; `prefix` leads to the workspace.
    pub(super) fn filled(self, prefix: &Utf8Path, laid_out: LaidOut) -> Checkout {
        Checkout {
            workspace: self.root.join(prefix),
            root: self.root,
            build: self.build,
            laid_out,
            _lock: self.lock,
        }
    }
}

/// A real folder: made, or there already.
fn make(folder: &Utf8Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|why| io("write", folder, &why))?;
    let facts = folder.symlink_metadata();
    if facts.map_err(|why| io("read", folder, &why))?.is_dir() {
        Ok(())
    } else {
        Err(Error::LinkedTarget(folder.to_owned()))
    }
}

/// Nothing in the folder leads elsewhere.
fn no_links(folder: &Utf8Path) -> Result<()> {
    let entries = folder.read_dir_utf8();
    for entry in entries.map_err(|why| io("read", folder, &why))?.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_symlink()) {
            return Err(Error::LinkedTarget(entry.into_path()));
        }
    }
    Ok(())
}

/// The first slot that no other process has.
fn free_slot(slots: &Utf8Path) -> Result<(usize, File)> {
    for number in 0..SLOTS {
        let path = slots.join(format!("{number}.lock"));
        if path.symlink_metadata().is_ok_and(|facts| !facts.is_file()) {
            return Err(Error::LinkedTarget(path));
        }
        let file = File::options().create(true).append(true).open(&path);
        let file = file.map_err(|why| io("write", &path, &why))?;
        // The first is the one that cargo has built in before.
        let taken = if number == 0 {
            patiently(&file)
        } else {
            file.try_lock()
        };
        match taken {
            Ok(()) => return Ok((number, file)),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(why)) => return Err(io("lock", &path, &why)),
        }
    }
    Err(Error::Git(format!(
        "{SLOTS} revisions are being looked at already"
    )))
}

pub(super) fn io(action: &'static str, path: &Utf8Path, why: &std::io::Error) -> Error {
    Error::Io {
        action,
        path: path.to_owned(),
        why: why.to_string(),
    }
}
