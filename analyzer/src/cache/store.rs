//! Entries in files: sealed, put in place by one rename, the oldest removed when it gets much.

use std::fs;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use camino::Utf8PathBuf;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::seal::Seal;
use super::{Digest, Hasher, Kind};

/// Bytes that the folder may hold.
const LIMIT: u64 = 512 << 20;
const SEAL: usize = 32;
/// Bytes that are written at a time.
const BUFFER: usize = 1 << 18;

#[derive(Debug)]
pub(crate) struct Store {
    folder: Utf8PathBuf,
    seal: Seal,
    limit: u64,
}

impl Store {
    pub(super) fn new(folder: Utf8PathBuf, seal: Seal) -> Self {
        Self {
            folder,
            seal,
            limit: LIMIT,
        }
    }

    fn file(&self, kind: Kind, key: Digest) -> Utf8PathBuf {
        self.folder.join(format!("{}-{key}", kind.name()))
    }

    pub(super) fn get<T: DeserializeOwned>(&self, kind: Kind, key: Digest) -> Option<T> {
        let path = self.file(kind, key);
        let facts = path.symlink_metadata().ok()?;
        if !facts.is_file() || facts.len() > self.limit {
            return None;
        }
        let bytes = fs::read(&path).ok()?;
        let (mark, content) = bytes.split_at_checked(SEAL)?;
        let parts = parts(kind, key, Digest::of(content));
        if !self.seal.holds(&parts, mark) {
            return None;
        }
        let value = postcard::from_bytes(content).ok()?;
        // It was of use: others go first.
        if let Ok(file) = fs::File::options().append(true).open(&path) {
            let _ = file.set_modified(SystemTime::now());
        }
        Some(value)
    }

    pub(super) fn put(&self, kind: Kind, key: Digest, value: &impl Serialize) {
        if self.write(kind, key, value).is_ok() {
            self.shrink();
        }
    }

    /// Piece by piece: the entry of a large tree has some 60 MB, at the peak of what is in memory.
    fn write(&self, kind: Kind, key: Digest, value: &impl Serialize) -> std::io::Result<()> {
        static RUNS: AtomicUsize = AtomicUsize::new(0);
        fs::create_dir_all(&self.folder)?;
        if self.folder.symlink_metadata()?.is_symlink() {
            return Err(std::io::ErrorKind::NotADirectory.into());
        }
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        let temporary = self
            .folder
            .join(format!("tmp-{}-{run}", std::process::id()));
        let written = self
            .fill(fs::File::create(&temporary)?, kind, key, value)
            .and_then(|()| fs::rename(&temporary, self.file(kind, key)));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    /// The seal stands in front and is known last.
    fn fill(
        &self,
        mut file: fs::File,
        kind: Kind,
        key: Digest,
        value: &impl Serialize,
    ) -> std::io::Result<()> {
        file.write_all(&[0; SEAL])?;
        let hashing = Hashing {
            file,
            content: Hasher::default(),
        };
        let mut out = BufWriter::with_capacity(BUFFER, hashing);
        postcard::to_io(value, &mut out).map_err(std::io::Error::other)?;
        let Hashing { mut file, content } = out.into_inner()?;
        let mark = self.seal.mark(&parts(kind, key, content.finish()));
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&mark)
    }

    /// Removes what was not used for longest until the rest is within the limit.
    fn shrink(&self) {
        let Ok(entries) = self.folder.read_dir_utf8() else {
            return;
        };
        let mut files: Vec<(SystemTime, u64, Utf8PathBuf)> = entries
            .flatten()
            .filter_map(|entry| {
                let facts = entry.metadata().ok()?;
                let modified = facts.modified().ok()?;
                Some((modified, facts.len(), entry.into_path()))
            })
            .collect();
        files.sort_unstable();
        let mut total: u64 = files.iter().map(|(_, size, _)| size).sum();
        for (_, size, path) in files {
            if total <= self.limit {
                return;
            }
            if fs::remove_file(&path).is_ok() {
                total -= size;
            }
        }
    }
}

/// What an entry's seal is on.
fn parts(kind: Kind, key: Digest, content: Digest) -> [Digest; 3] {
    [
        Digest::of(kind.name().as_bytes()),
        Digest::of(&key.0),
        content,
    ]
}

/// A file of which the digest of what is written is known in the end.
struct Hashing {
    file: fs::File,
    content: Hasher,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.content.piece(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::{SEAL, Store};
    use crate::cache::seal::Seal;
    use crate::cache::{Digest, Kind};
    use camino::{Utf8Path, Utf8PathBuf};

    fn store(key: u8, limit: u64) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let path: Utf8PathBuf = Utf8Path::from_path(folder.path()).unwrap().into();
        let mut store = Store::new(path, Seal::of_bytes([key; 32]));
        store.limit = limit;
        (folder, store)
    }

    #[test]
    fn gives_back_what_was_put() {
        let (_folder, store) = store(1, 1 << 20);
        let key = Digest::of(b"a");
        assert_eq!(store.get::<String>(Kind::Analysis, key), None);
        store.put(Kind::Analysis, key, &"answer".to_owned());
        let found = store.get::<String>(Kind::Analysis, key);
        assert_eq!(found.as_deref(), Some("answer"));
        assert_eq!(store.get::<String>(Kind::Project, key), None);
        assert_eq!(store.get::<String>(Kind::Analysis, Digest::of(b"b")), None);
    }

    #[test]
    fn torn_changed_moved_and_foreign_entries_are_none() {
        let (_folder, ours) = store(1, 1 << 20);
        let (key, other) = (Digest::of(b"a"), Digest::of(b"b"));
        ours.put(Kind::Analysis, key, &"answer".to_owned());
        let path = ours.file(Kind::Analysis, key);
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(ours.get::<String>(Kind::Analysis, key), None, "{length}");
        }
        for at in [0, SEAL - 1, SEAL, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            std::fs::write(&path, &changed).unwrap();
            assert_eq!(ours.get::<String>(Kind::Analysis, key), None, "{at}");
        }
        // A good entry under another's name, and one of another user.
        std::fs::write(ours.file(Kind::Analysis, other), &whole).unwrap();
        assert_eq!(ours.get::<String>(Kind::Analysis, other), None);
        let (_folder, theirs) = store(2, 1 << 20);
        std::fs::write(theirs.file(Kind::Analysis, key), &whole).unwrap();
        assert_eq!(theirs.get::<String>(Kind::Analysis, key), None);
    }

    #[test]
    fn stays_within_its_limit() {
        let (folder, store) = store(1, 4000);
        for index in 0u8..10 {
            let text = "x".repeat(1000);
            store.put(Kind::Analysis, Digest::of(&[index]), &text);
        }
        let total: u64 = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().metadata().unwrap().len())
            .sum();
        assert!(total <= 4000, "{total}");
        let last = store.get::<String>(Kind::Analysis, Digest::of(&[9]));
        assert!(last.is_some());
    }
}
