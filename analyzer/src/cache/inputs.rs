//! What an answer was made from, to be looked at again before it is used.
//!
//! Files by content, programs of the toolchain by size and time, folders by the names in them:
//! cargo finds targets, configuration and workspaces by what is there, so that a new file
//! counts like a changed one.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Digest, Hasher};

/// A folder with more in it is no package.
const MOST_NAMES: usize = 100_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum How {
    /// The bytes of the file.
    Content,
    /// Where the path leads, and the bytes of the file or the names in the folder.
    There,
    /// Its size and when it was changed.
    Facts,
    /// The names of all files below it, and the bytes of manifests.
    Names,
    /// The names and the bytes of all files below it.
    Tree,
}

/// Paths, how each was looked at, and what was seen; `None`: nothing there.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Inputs {
    seen: BTreeMap<(Utf8PathBuf, How), Option<Digest>>,
    /// A folder that is not looked into: the tool's own, which changes with every run.
    own: Option<Utf8PathBuf>,
}

impl Inputs {
    /// Without what is in `own`.
    pub(crate) fn beside(own: &Utf8Path) -> Self {
        Self {
            own: Some(own.to_owned()),
            ..Self::default()
        }
    }

    pub(crate) fn content(&mut self, path: impl Into<Utf8PathBuf>) {
        self.add(path.into(), How::Content);
    }

    pub(crate) fn facts(&mut self, path: impl Into<Utf8PathBuf>) {
        self.add(path.into(), How::Facts);
    }

    pub(crate) fn names(&mut self, folder: impl Into<Utf8PathBuf>) {
        self.add(folder.into(), How::Names);
    }

    pub(crate) fn tree(&mut self, folder: impl Into<Utf8PathBuf>) {
        self.add(folder.into(), How::Tree);
    }

    pub(crate) fn there(&mut self, path: impl Into<Utf8PathBuf>) {
        self.add(path.into(), How::There);
    }

    fn add(&mut self, path: Utf8PathBuf, how: How) {
        let own = self.own.as_deref();
        if let Entry::Vacant(entry) = self.seen.entry((path, how)) {
            let seen = look(&entry.key().0, how, own);
            entry.insert(seen);
        }
    }

    /// Whether everything still looks the same.
    pub(crate) fn hold(&self) -> bool {
        self.seen
            .par_iter()
            .all(|((path, how), seen)| look(path, *how, self.own.as_deref()) == *seen)
    }
}

/// A folder with everything in it.
pub(crate) fn tree(folder: &Utf8Path) -> Option<Digest> {
    look(folder, How::Tree, None)
}

fn look(path: &Utf8Path, how: How, own: Option<&Utf8Path>) -> Option<Digest> {
    match how {
        How::Content => fs::read(path).ok().map(|bytes| Digest::of(&bytes)),
        How::Facts => {
            let facts = fs::metadata(path).ok()?;
            let mut hasher = Hasher::default();
            hasher.number(facts.len());
            hasher.text(&format!("{:?}", facts.modified().ok()?));
            Some(hasher.finish())
        }
        How::There => there(path),
        How::Names | How::Tree => below(path, how, own).ok(),
    }
}

/// What is at a path, whatever it is, with nothing of what is further below.
fn there(path: &Utf8Path) -> Option<Digest> {
    let mut hasher = Hasher::default();
    // Where it leads need not be UTF-8.
    let Ok(real) = fs::canonicalize(path) else {
        // A link that leads nowhere is something, too.
        fs::symlink_metadata(path).ok()?;
        return Some(hasher.finish());
    };
    hasher.bytes(real.as_os_str().as_encoded_bytes());
    if real.is_file() {
        match fs::read(&real) {
            Ok(bytes) => {
                hasher.text("file");
                hasher.bytes(&bytes);
            }
            // Not the same as none.
            Err(_) => hasher.text("unreadable"),
        }
    } else if let Ok(entries) = fs::read_dir(&real) {
        hasher.text("folder");
        let names = entries.flatten().map(|entry| entry.file_name());
        for name in names.collect::<BTreeSet<_>>() {
            hasher.bytes(name.as_encoded_bytes());
        }
    }
    Some(hasher.finish())
}

/// All that is below a folder, hidden folders and cargo's target folders aside.
fn below(folder: &Utf8Path, how: How, own: Option<&Utf8Path>) -> io::Result<Digest> {
    let mut names = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(inner) = pending.pop() {
        for entry in inner.read_dir_utf8()? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                // Cargo marks its target folders, but not those it only asked rustc in.
                let marks = ["CACHEDIR.TAG", ".rustc_info.json"];
                let skipped =
                    own == Some(path) || marks.iter().any(|mark| path.join(mark).exists());
                if !skipped && !entry.file_name().starts_with('.') {
                    pending.push(path.to_owned());
                }
            } else {
                names.push(path.to_owned());
            }
            if names.len() + pending.len() > MOST_NAMES {
                return Err(io::ErrorKind::OutOfMemory.into());
            }
        }
    }
    names.sort_unstable();
    let mut hasher = Hasher::default();
    let read = |name: &Utf8PathBuf| {
        let wanted = how == How::Tree || name.file_name() == Some("Cargo.toml");
        wanted.then(|| Digest::of(&fs::read(name).unwrap_or_default()))
    };
    let contents: Vec<Option<Digest>> = names.par_iter().map(read).collect();
    for (name, content) in names.iter().zip(contents) {
        // Relative, so that a folder that was renamed is the same.
        hasher.text(name.strip_prefix(folder).unwrap_or(name).as_str());
        if let Some(content) = content {
            hasher.bytes(&content.0);
        }
    }
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::Inputs;
    use camino::Utf8Path;
    use std::fs;

    #[test]
    fn every_change_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        fs::create_dir_all(root.join("package/src")).unwrap();
        fs::write(root.join("package/src/lib.rs"), "a").unwrap();
        fs::write(root.join("Cargo.toml"), "b").unwrap();
        fs::write(root.join("rustc"), "c").unwrap();
        let mut inputs = Inputs::default();
        inputs.content(root.join("Cargo.toml"));
        inputs.content(root.join("absent"));
        inputs.facts(root.join("rustc"));
        inputs.names(root.join("package"));
        assert!(inputs.hold());
        let change = |path: &str, text: &str, same: bool| {
            let path = root.join(path);
            let before = fs::read(&path);
            fs::write(&path, text).unwrap();
            assert_eq!(inputs.hold(), same, "{path}");
            match before {
                Ok(bytes) => fs::write(&path, bytes).unwrap(),
                Err(_) => fs::remove_file(&path).unwrap(),
            }
        };
        change("Cargo.toml", "B", false);
        change("absent", "", false);
        change("package/src/main.rs", "", false);
        change("package/src/lib.rs", "A", true);
        assert!(inputs.hold());
        change("rustc", "C!", false);
        let mut inputs = Inputs::default();
        inputs.tree(root.join("package"));
        assert!(inputs.hold());
        fs::write(root.join("package/src/lib.rs"), "A").unwrap();
        assert!(!inputs.hold());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_there_is_what_and_where() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let there = |what: &str| {
            let mut inputs = Inputs::default();
            inputs.there(root.join(what));
            inputs
        };
        let nothing = there("a");
        symlink("b", root.join("a")).unwrap();
        assert!(!nothing.hold(), "a link that leads nowhere");
        let nowhere = there("a");
        fs::write(root.join("b"), "text").unwrap();
        assert!(!nowhere.hold(), "it leads to a file");
        let linked = there("a");
        fs::remove_file(root.join("a")).unwrap();
        fs::write(root.join("a"), "text").unwrap();
        assert!(!linked.hold(), "the file itself, with the same text");
        let file = there("a");
        assert!(file.hold());
        fs::write(root.join("a"), "other").unwrap();
        assert!(!file.hold());
        fs::remove_file(root.join("a")).unwrap();
        fs::create_dir(root.join("a")).unwrap();
        let empty = there("a");
        fs::create_dir(root.join("a/inner")).unwrap();
        assert!(!empty.hold(), "a name in the folder");
        let one = there("a");
        fs::write(root.join("a/inner/file"), "").unwrap();
        assert!(one.hold(), "further below");
        let odd = folder.path().join(OsStr::from_bytes(b"\xff"));
        fs::create_dir(&odd).unwrap();
        fs::write(odd.join("file"), "text").unwrap();
        symlink(&odd, root.join("odd")).unwrap();
        let odd_file = there("odd/file");
        fs::write(odd.join("file"), "other").unwrap();
        assert!(!odd_file.hold(), "where its folder's name is not UTF-8");
    }
}
