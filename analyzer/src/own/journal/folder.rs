//! The journal's folder: one run at a time has it, and a stranger's is none.
//!
//! It lies in the workspace's root, beside `Cargo.toml`: there it is found from whatever folder and
//! with whatever target folder the next command runs, and files move from it into the tree by a
//! rename, which a target folder on another file system would not allow. A tree may come with such
//! a folder, so what is in it counts only under the seal of the user's own key.

use std::fs::{self, File, TryLockError};
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::disk::Disk;
use crate::cache::{Digest, Seal};
use crate::error::{Error, Result};
use crate::patience::patiently;

pub(super) const NAME: &str = ".whittle-journal";
/// Says that the folder is this tool's.
const MARK: &str = "mark";
const LOCK: &str = "lock";
pub(super) const JOURNAL: &str = "journal";

/// The folder of a workspace, held by this run.
pub(super) struct Folder {
    pub(super) path: Utf8PathBuf,
    pub(super) root: Utf8PathBuf,
    /// Held until it is dropped, or the process ends.
    _lock: File,
}

/// What another run left in it.
pub(super) enum Left {
    /// The change was being prepared: nothing of the tree was touched.
    Nothing,
    /// The journal's text.
    Journal(Vec<u8>),
}

impl Folder {
    /// Takes the folder, and makes it where `create`; `None` when there is none.
    pub(super) fn take(root: &Utf8Path, create: bool, disk: &mut Disk<'_>) -> Result<Option<Self>> {
        let path = root.join(NAME);
        // Another run may be removing its own.
        for _ in 0..8 {
            match path.symlink_metadata() {
                Ok(facts) if facts.is_dir() => {}
                Ok(_) => return Err(foreign(root, "it is no folder")),
                Err(why) if why.kind() != io::ErrorKind::NotFound => {
                    return Err(wrong("read", &path)(why));
                }
                Err(_) if !create => return Ok(None),
                Err(_) => disk.create_folder(&path).map_err(wrong("create", &path))?,
            }
            let file = path.join(LOCK);
            if file.symlink_metadata().is_ok_and(|facts| !facts.is_file()) {
                return Err(foreign(root, "its lock is no file"));
            }
            let opened = File::options().create(true).append(true).open(&file);
            let lock = match opened {
                Ok(lock) => lock,
                Err(why) if why.kind() == io::ErrorKind::NotFound => continue,
                Err(why) => return Err(wrong("open", &file)(why)),
            };
            match patiently(&lock) {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(Error::Busy(root.to_owned())),
                Err(TryLockError::Error(why)) => return Err(wrong("lock", &file)(why)),
            }
            if is_same(&lock, &file) {
                return Ok(Some(Self {
                    path,
                    root: root.to_owned(),
                    _lock: lock,
                }));
            }
        }
        Err(Error::Busy(root.to_owned()))
    }

    /// What is in it, if it is the user's own.
    pub(super) fn left(&self, seal: &Seal) -> Result<Left> {
        let read = |name: &str| plain(&self.path.join(name)).and_then(|path| fs::read(path).ok());
        let mark = read(MARK).unwrap_or_default();
        if !is_sealed(seal, MARK, &mark) {
            return if self.has_just_begun() {
                Ok(Left::Nothing)
            } else {
                Err(foreign(&self.root, "another user or program made it"))
            };
        }
        match read(JOURNAL) {
            None => Ok(Left::Nothing),
            Some(text) => match opened(seal, JOURNAL, &text) {
                Some(text) => Ok(Left::Journal(text.to_vec())),
                None => Err(foreign(&self.root, "its journal was changed")),
            },
        }
    }

    /// Nothing in it but what is there before the mark is whole.
    fn has_just_begun(&self) -> bool {
        let entries = self.path.read_dir_utf8().into_iter().flatten();
        entries.into_iter().all(|entry| {
            entry.is_ok_and(|entry| {
                let small = entry
                    .path()
                    .symlink_metadata()
                    .is_ok_and(|facts| facts.is_file() && facts.len() <= 32);
                small && [LOCK, MARK].contains(&entry.file_name())
            })
        })
    }

    pub(super) fn mark(&self, seal: &Seal, disk: &mut Disk<'_>) -> io::Result<()> {
        disk.create(&self.path.join(MARK), &sealed(seal, MARK, b""), None)
    }

    /// From here on an interrupted change is known to the next command.
    pub(super) fn begin(&self, seal: &Seal, text: &[u8], disk: &mut Disk<'_>) -> io::Result<()> {
        let new = self.path.join("journal.new");
        disk.create(&new, &sealed(seal, JOURNAL, text), None)?;
        disk.sync(&self.path);
        disk.rename(&new, &self.path.join(JOURNAL))?;
        disk.sync(&self.path);
        Ok(())
    }

    /// Removes it, the journal first: without it the rest means nothing. The mark goes last, so
    /// that what is left is known for ours.
    pub(super) fn remove(self, disk: &mut Disk<'_>) -> io::Result<()> {
        disk.remove(&self.path.join(JOURNAL))?;
        disk.sync(&self.path);
        self.clear(disk)?;
        disk.remove(&self.path.join(LOCK))?;
        disk.remove_folder(&self.path)?;
        disk.sync(&self.root);
        Ok(())
    }

    /// Removes what a run left that did not come to its journal.
    pub(super) fn clear(&self, disk: &mut Disk<'_>) -> io::Result<()> {
        let mut names: Vec<Utf8PathBuf> = Vec::new();
        for entry in self.path.read_dir_utf8()? {
            names.push(entry?.into_path());
        }
        names.sort();
        names.retain(|path| path.file_name() != Some(LOCK));
        // The mark last.
        names.sort_by_key(|path| path.file_name() == Some(MARK));
        names.iter().try_for_each(|path| disk.remove(path))
    }

    pub(super) fn new_file(&self, number: usize) -> Utf8PathBuf {
        self.path.join(format!("new-{number}"))
    }

    pub(super) fn old_file(&self, number: usize) -> Utf8PathBuf {
        self.path.join(format!("old-{number}"))
    }
}

/// The path, when a regular file is there.
pub(super) fn plain(path: &Utf8Path) -> Option<&Utf8Path> {
    let facts = path.symlink_metadata().ok()?;
    facts.is_file().then_some(path)
}

fn sealed(seal: &Seal, name: &str, text: &[u8]) -> Vec<u8> {
    let mark = seal.mark(&[NAME.as_bytes(), name.as_bytes(), text].map(Digest::of));
    [&mark, text].concat()
}

fn opened<'t>(seal: &Seal, name: &str, bytes: &'t [u8]) -> Option<&'t [u8]> {
    let (mark, text) = bytes.split_at_checked(32)?;
    let holds = seal.holds(
        &[NAME.as_bytes(), name.as_bytes(), text].map(Digest::of),
        mark,
    );
    holds.then_some(text)
}

fn is_sealed(seal: &Seal, name: &str, bytes: &[u8]) -> bool {
    opened(seal, name, bytes).is_some()
}

/// Whether the name still leads to the file that was opened.
#[cfg(unix)]
fn is_same(file: &File, path: &Utf8Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (file.metadata(), path.symlink_metadata()) {
        (Ok(ours), Ok(there)) => (ours.dev(), ours.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_same(_: &File, path: &Utf8Path) -> bool {
    // An open file cannot be removed there.
    path.exists()
}

fn foreign(root: &Utf8Path, why: &str) -> Error {
    Error::Journal {
        folder: root.join(NAME),
        why: why.to_owned(),
        help: "look at what is in it; when nothing of it is needed, remove the folder",
    }
}

pub(super) fn wrong<'a>(
    action: &'static str,
    path: &'a Utf8Path,
) -> impl Fn(io::Error) -> Error + 'a {
    move |why| Error::Io {
        action,
        path: path.to_owned(),
        why: why.to_string(),
    }
}
