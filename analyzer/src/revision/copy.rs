//! The working tree with another lock file, in our own folder.
//!
//! What is copied is what a build may read: all files but `.git` and folders that are marked as
//! caches (`CACHEDIR.TAG`, as cargo's target folders are). Links are made again when they lead to
//! something in the tree, and left out otherwise.

use std::fs;
use std::io::Write as _;

use camino::{Utf8Path, Utf8PathBuf};

use super::check_out::{Checkout, Slot, io};
use super::{LaidOut, LeftOut, Limits, Why};
use crate::error::{Error, Result};

/// Copies the tree at `top`, in which `prefix` leads to the workspace, below `own`, the tool's
/// own folder, with `lock` as the workspace's lock file.
///
/// # Errors
/// When something cannot be read or written, or the tree is larger than the limits.
pub fn with_lock_file(
    top: &Utf8Path,
    prefix: &Utf8Path,
    own: &Utf8Path,
    lock: &[u8],
) -> Result<Checkout> {
    let slot = Slot::take(own)?;
    let mut copy = Copy::of(top, own)?;
    // Dropped, and so removed, when something goes wrong.
    let mut checkout = slot.filled(prefix, LaidOut::default());
    let top = copy.top.clone();
    copy.folder(&top, checkout.root())?;
    let file = checkout.workspace().join("Cargo.lock");
    replace(&file, lock)?;
    checkout.laid_out = copy.done();
    Ok(checkout)
}

/// Copies the folders `parts` of `top`, none of which is in another, each to its own place below
/// `own`; `prefix` leads to the workspace.
///
/// # Errors
/// When something cannot be read or written, or the folders are larger than the limits.
pub(crate) fn with_folders(
    top: &Utf8Path,
    parts: &[Utf8PathBuf],
    prefix: &Utf8Path,
    own: &Utf8Path,
) -> Result<Checkout> {
    let slot = Slot::take(own)?;
    let mut copy = Copy::of(top, own)?;
    let mut checkout = slot.filled(prefix, LaidOut::default());
    for part in parts {
        let to = checkout.root().join(part);
        let parent = to.parent().unwrap_or(&to);
        fs::create_dir_all(parent).map_err(|why| io("write", parent, &why))?;
        let from = copy.top.join(part);
        copy.folder(&from, &to)?;
    }
    checkout.laid_out = copy.done();
    Ok(checkout)
}

struct Copy {
    top: Utf8PathBuf,
    own: Utf8PathBuf,
    limits: Limits,
    out: LaidOut,
}

impl Copy {
    fn of(top: &Utf8Path, own: &Utf8Path) -> Result<Self> {
        // Spelled alike, so that our own folder is known where it is met.
        let real = |path: &Utf8Path| {
            path.canonicalize_utf8()
                .map_err(|why| io("read", path, &why))
        };
        Ok(Self {
            top: real(top)?,
            own: real(own)?,
            limits: Limits::default(),
            out: LaidOut::default(),
        })
    }

    /// What there is to say of it, in order.
    fn done(mut self) -> LaidOut {
        self.out.left_out.sort_by(|a, b| a.path.cmp(&b.path));
        self.out
    }

    fn folder(&mut self, from: &Utf8Path, to: &Utf8Path) -> Result<()> {
        let mut open = vec![(from.to_owned(), to.to_owned())];
        while let Some((from, to)) = open.pop() {
            fs::create_dir(&to).map_err(|why| io("write", &to, &why))?;
            let entries = fs::read_dir(&from).map_err(|why| io("read", &from, &why))?;
            for entry in entries {
                let entry = entry.map_err(|why| io("read", &from, &why))?;
                let kind = entry.file_type().map_err(|why| io("read", &from, &why))?;
                let Ok(source) = Utf8PathBuf::from_path_buf(entry.path()) else {
                    let path = entry.path().to_string_lossy().into_owned();
                    self.leave_out(path, Why::NotUtf8);
                    continue;
                };
                let name = source.file_name().unwrap_or_default();
                let target = to.join(name);
                if kind.is_symlink() {
                    self.link(&source, &target);
                } else if kind.is_dir() {
                    let is_cache = source.join("CACHEDIR.TAG").symlink_metadata().is_ok();
                    if name != ".git" && !is_cache && source != self.own {
                        open.push((source, target));
                    }
                } else if kind.is_file() && name != ".git" {
                    self.file(&source, &target)?;
                }
            }
        }
        Ok(())
    }

    fn file(&mut self, from: &Utf8Path, to: &Utf8Path) -> Result<()> {
        let size = from.metadata().map_err(|why| io("read", from, &why))?.len();
        if size > self.limits.file_bytes {
            self.leave_out(from.to_string(), Why::TooLarge);
            return Ok(());
        }
        self.out.files += 1;
        self.out.bytes += size;
        if self.out.files > self.limits.files || self.out.bytes > self.limits.bytes {
            let why = format!("`{}` is too large to be copied", self.top);
            return Err(Error::Git(why));
        }
        fs::copy(from, to).map_err(|why| io("write", to, &why))?;
        Ok(())
    }

    /// A link to something in the tree stays one, by the same text.
    fn link(&mut self, from: &Utf8Path, to: &Utf8Path) {
        let inside = from
            .canonicalize_utf8()
            .is_ok_and(|real| real.starts_with(&self.top));
        let text = fs::read_link(from).ok().filter(|text| text.is_relative());
        let made = text
            .filter(|_| inside)
            .is_some_and(|text| make_link(&text, to));
        if !made {
            self.leave_out(from.to_string(), Why::Link);
        }
    }

    fn leave_out(&mut self, path: String, why: Why) {
        self.out.left_out.push(LeftOut { path, why });
    }
}

#[cfg(unix)]
fn make_link(text: &std::path::Path, to: &Utf8Path) -> bool {
    std::os::unix::fs::symlink(text, to).is_ok()
}

#[cfg(not(unix))]
fn make_link(_: &std::path::Path, _: &Utf8Path) -> bool {
    false
}

/// The copy's lock file may be a link: that is removed, not followed.
fn replace(file: &Utf8Path, content: &[u8]) -> Result<()> {
    let error = |why| io("write", file, &why);
    if file.symlink_metadata().is_ok() {
        fs::remove_file(file).map_err(error)?;
    }
    let mut new = fs::File::create_new(file).map_err(error)?;
    new.write_all(content).map_err(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_copied_with_another_lock_file() {
        let folder = tempfile::tempdir().unwrap();
        let top = Utf8Path::from_path(folder.path()).unwrap().join("repo");
        let own = top.join("ws/target/whittle");
        for (name, text) in [
            ("ws/Cargo.toml", "[workspace]"),
            ("ws/Cargo.lock", "old"),
            ("ws/src/lib.rs", ""),
            ("ws/target/CACHEDIR.TAG", ""),
            ("ws/target/debug/x", ""),
            (".git/config", ""),
            ("dep/src/lib.rs", "pub fn f() {}"),
        ] {
            let file = top.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("lib.rs", top.join("dep/src/same.rs")).unwrap();
            std::os::unix::fs::symlink("/etc/passwd", top.join("dep/src/out.rs")).unwrap();
        }
        fs::create_dir_all(&own).unwrap();
        let copy = with_lock_file(&top, Utf8Path::new("ws"), &own, b"new").unwrap();
        let read = |name: &str| fs::read_to_string(copy.root().join(name)).ok();
        assert_eq!(read("ws/Cargo.lock").as_deref(), Some("new"));
        assert_eq!(read("dep/src/lib.rs").as_deref(), Some("pub fn f() {}"));
        assert_eq!(copy.workspace(), copy.root().join("ws"));
        for name in [".git", "ws/target", "dep/src/out.rs"] {
            assert!(copy.root().join(name).symlink_metadata().is_err(), "{name}");
        }
        if cfg!(unix) {
            assert_eq!(read("dep/src/same.rs").as_deref(), Some("pub fn f() {}"));
            assert_eq!(copy.laid_out.left_out.len(), 1);
        }
        let root = copy.root().to_owned();
        drop(copy);
        assert!(!root.exists());
        assert_eq!(
            fs::read_to_string(top.join("ws/Cargo.lock")).unwrap(),
            "old"
        );
    }
}
