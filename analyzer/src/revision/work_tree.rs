//! Whether the work tree is what a commit says.
//!
//! `git status` would run the filters and monitors that the repository names; here files are
//! hashed as they are and compared with the commit's objects. Line endings that a checkout changed
//! are no difference, and neither are the files of LFS, of which the commit holds a pointer only.
//! Of files that the commit does not have, those count that cargo or the analysis would read; what
//! is ignored by git does not.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};

use super::tree::Entry;
use super::{CHUNK, Commit, Object, Repository};
use crate::error::{Error, Result};

const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";

impl Repository {
    /// Paths that are not as in `commit`, relative to the top of the repository and sorted. What
    /// is in `except` does not count (a target folder that is not ignored).
    ///
    /// # Errors
    /// When git or a file cannot be read.
    pub fn changes(&self, commit: &Commit, except: &Utf8Path) -> Result<Vec<String>> {
        let (entries, _) = self.entries(commit)?;
        let mut changed = BTreeSet::new();
        let mut same_size = Vec::new();
        for (path, entry) in &entries {
            let file = self.root.join(path);
            let facts = file.symlink_metadata().ok();
            match facts {
                Some(facts) if entry.is_file() && facts.is_file() => {
                    if Some(facts.len()) == entry.size {
                        same_size.push((path, entry, file));
                    } else if !self.is_same_text(entry, &file)? {
                        changed.insert(path.clone());
                    }
                }
                Some(facts) if entry.is_link() && facts.is_symlink() => {
                    if !self.is_same_link(entry, &file)? {
                        changed.insert(path.clone());
                    }
                }
                _ => {
                    changed.insert(path.clone());
                }
            }
        }
        let files: Vec<&Utf8PathBuf> = same_size.iter().map(|(_, _, file)| file).collect();
        let ids = self.hashes(&files)?;
        for ((path, entry, _), id) in same_size.iter().zip(ids) {
            if id != entry.id {
                changed.insert((*path).clone());
            }
        }
        let known: BTreeSet<&str> = entries.iter().map(|(path, _)| path.as_str()).collect();
        self.added(&known, except, &mut changed)?;
        Ok(changed.into_iter().collect())
    }

    /// Ids that git would give to the contents of files.
    fn hashes(&self, files: &[&Utf8PathBuf]) -> Result<Vec<String>> {
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let arguments = ["hash-object", "--no-filters", "--stdin-paths"];
        let mut running = self.git.start(&arguments)?;
        let requests: String = files
            .iter()
            .flat_map(|file| [file.as_str(), "\n"])
            .collect();
        let writer = running.take_input().map(|mut input| {
            // Git answers while it reads.
            std::thread::spawn(move || {
                let _ = input.write_all(requests.as_bytes());
            })
        });
        let mut ids = Vec::new();
        while let Some(id) = running.until(b'\n', CHUNK)? {
            ids.push(String::from_utf8_lossy(&id).into_owned());
        }
        running.finish()?;
        if let Some(writer) = writer {
            let _ = writer.join();
        }
        if ids.len() == files.len() {
            Ok(ids)
        } else {
            Err(Error::Git("`git hash-object` did not answer".to_owned()))
        }
    }

    /// A file of another size: the same but for the ends of lines, or one of LFS.
    fn is_same_text(&self, entry: &Entry, file: &Utf8Path) -> Result<bool> {
        let limit = self.limits.file_bytes;
        let Object::Is { content, .. } = self.object(&entry.id, limit)? else {
            return Ok(false);
        };
        if content.starts_with(LFS) && content.len() < 1024 {
            return Ok(true);
        }
        let read = |why: std::io::Error| Error::Io {
            action: "read",
            path: file.to_owned(),
            why: why.to_string(),
        };
        if fs::metadata(file).map_err(read)?.len() > limit {
            return Ok(false);
        }
        Ok(unix_lines(&fs::read(file).map_err(read)?) == unix_lines(&content))
    }

    fn is_same_link(&self, entry: &Entry, link: &Utf8Path) -> Result<bool> {
        let Object::Is { content, .. } = self.object(&entry.id, self.limits.file_bytes)? else {
            return Ok(false);
        };
        let target = fs::read_link(link).ok();
        Ok(target.is_some_and(|target| target.as_os_str().as_encoded_bytes() == content))
    }

    /// Files that are not in the commit, whether git knows them already or not.
    fn added(
        &self,
        known: &BTreeSet<&str>,
        except: &Utf8Path,
        changed: &mut BTreeSet<String>,
    ) -> Result<()> {
        let arguments = [
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "-z",
        ];
        let mut running = self.git.start(&arguments)?;
        running.no_input();
        while let Some(path) = running.until(0, CHUNK)? {
            let path = String::from_utf8_lossy(&path).into_owned();
            let file = self.root.join(&path);
            if !known.contains(path.as_str())
                && is_read(Utf8Path::new(&path))
                && !file.starts_with(except)
                && file.symlink_metadata().is_ok()
            {
                changed.insert(path);
            }
        }
        running.finish()
    }
}

/// Whether cargo or the analysis reads a file of this name.
fn is_read(path: &Utf8Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    let in_dot_cargo = path
        .parent()
        .is_some_and(|folder| folder.ends_with(".cargo"));
    path.extension() == Some("rs")
        || matches!(
            name,
            "Cargo.toml" | "Cargo.lock" | "rust-toolchain" | "rust-toolchain.toml"
        )
        || in_dot_cargo && matches!(name, "config" | "config.toml")
}

fn unix_lines(text: &[u8]) -> Vec<u8> {
    let mut unix = Vec::with_capacity(text.len());
    for (index, &byte) in text.iter().enumerate() {
        if byte != b'\r' || text.get(index + 1) != Some(&b'\n') {
            unix.push(byte);
        }
    }
    unix
}
