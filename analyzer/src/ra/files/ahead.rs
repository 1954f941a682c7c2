//! Reading sources while cargo and other programs are waited for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::one::{Facts, LoadedFile};
use super::part_of_std;
use super::walk::{Own, walk};
use crate::cargo::Beside;

type Known = FxHashMap<Utf8PathBuf, (Facts, LoadedFile)>;

/// Files that were read already, with what they were like before.
#[derive(Default)]
pub(crate) struct Ahead {
    known: Mutex<Known>,
    is_over: AtomicBool,
}

impl Beside for Ahead {
    /// Reads them, and finds out what else will be asked.
    fn sources(&self, folder: &Utf8Path, out_dir: &Utf8Path, std: &Utf8Path) {
        // Going through the folders that are left would keep whoever is done waiting.
        if self.is_over.load(Ordering::Relaxed) {
            return;
        }
        for found in walk(folder, Own { out_dir, std }) {
            if self.is_over.load(Ordering::Relaxed) {
                return;
            }
            // Whether it leads to a place that sources may name is not known yet.
            if found.is_link {
                continue;
            }
            let Some(facts) = Facts::of(&found.path) else {
                continue;
            };
            let Some(mut file) = LoadedFile::read(found.path) else {
                continue;
            };
            if let Some(part) = part_of_std(&file.path, std) {
                file.slim_down(part);
            } else {
                file.may_be_too_deep();
            }
            self.lock().insert(file.path.clone(), (facts, file));
        }
    }

    fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

impl Ahead {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The files at `paths`, read again where they have changed.
    pub(super) fn files(&self, paths: Vec<Utf8PathBuf>) -> Vec<LoadedFile> {
        let mut known = self.lock();
        let paths: Vec<_> = paths
            .into_iter()
            .map(|path| (known.remove(&path), path))
            .collect();
        drop(known);
        let read = |(known, path): (Option<(Facts, LoadedFile)>, Utf8PathBuf)| {
            let facts = Facts::of(&path)?;
            match known {
                Some((before, file)) if before.are_still(&facts) => Some(file),
                _ => LoadedFile::read(path),
            }
        };
        paths.into_par_iter().filter_map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_has_changed_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let path = |name: &str| root.join(name);
        for name in ["same.rs", "longer.rs", "later.rs", "gone.rs", "unread.rs"] {
            fs::write(path(name), "old").unwrap();
        }
        fs::remove_file(path("unread.rs")).unwrap();
        let ahead = Ahead::default();
        ahead.sources(root, Utf8Path::new("/out"), Utf8Path::new("/std"));
        assert_eq!(ahead.lock().len(), 4);
        // As if it had been read: only what was read ahead comes from there.
        ahead.lock().get_mut(&path("same.rs")).unwrap().1.text = Some("ahead".into());
        fs::write(path("longer.rs"), "newer").unwrap();
        fs::write(path("later.rs"), "new").unwrap();
        let later = std::time::SystemTime::now() + std::time::Duration::from_mins(1);
        let file = fs::File::options()
            .write(true)
            .open(path("later.rs"))
            .unwrap();
        file.set_modified(later).unwrap();
        fs::remove_file(path("gone.rs")).unwrap();
        fs::write(path("unread.rs"), "read").unwrap();
        let names = ["same.rs", "longer.rs", "later.rs", "gone.rs", "unread.rs"];
        let files = ahead.files(names.map(path).to_vec());
        let texts: Vec<&str> = files.iter().map(LoadedFile::text).collect();
        assert_eq!(texts, ["ahead", "newer", "new", "read"]);
    }

    #[test]
    fn nothing_is_read_when_it_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        fs::write(root.join("a.rs"), "").unwrap();
        let ahead = Ahead::default();
        ahead.end();
        ahead.sources(root, Utf8Path::new("/out"), Utf8Path::new("/std"));
        assert!(ahead.lock().is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let elsewhere = tempfile::NamedTempFile::new().unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), root.join("a.rs")).unwrap();
        let ahead = Ahead::default();
        ahead.sources(root, Utf8Path::new("/out"), Utf8Path::new("/std"));
        assert!(ahead.lock().is_empty());
    }
}
