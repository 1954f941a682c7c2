//! `--undo`: the dependency back in the place of its copy.
//!
//! The record beside a copy says what the extraction changed, by lines. They are put back while
//! nothing else touched them, and the copy goes while nobody changed it; otherwise nothing is done.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use whittle_extract::emit::without_module;
use whittle_extract::items::{items, sha256};
use whittle_extract::record::{self, FILE_NAME, HostFile, Mode, Record, is_safe, revert};

use super::journal::{self, Change};
use crate::cache::Digest;
use crate::error::{Error, Result};

/// Folders that are looked into for records.
const DEPTH: usize = 16;
/// A record that is larger is none.
const LIMIT: u64 = 64 << 20;

/// What became of it.
pub(crate) enum Undone {
    Done {
        name: String,
        files: usize,
        notes: Vec<String>,
    },
    /// Why not, a line each.
    Refused(Vec<String>),
}

/// A copy in the workspace.
struct Found {
    /// Relative to the root.
    folder: Utf8PathBuf,
    record: Record,
}

/// Brings the dependency back.
///
/// # Errors
/// When there is no such copy, or a file cannot be read or written.
pub(crate) fn undo(root: &Utf8Path, words: &str) -> Result<Undone> {
    let all = find(root)?;
    let meant: Vec<usize> = (0..all.len())
        .filter(|&at| is_meant(&all[at].record, words))
        .collect();
    let at = match meant[..] {
        [only] => only,
        [] => {
            return Err(Error::Usage(format!(
                "the workspace owns no copy of `{words}`"
            )));
        }
        _ => {
            return Err(Error::Usage(format!(
                "the workspace owns several copies of `{words}`; name one as `name@version`"
            )));
        }
    };
    let mut job = Job {
        root,
        found: &all[at],
        others: all
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != at)
            .map(|it| it.1)
            .collect(),
        changes: Vec::new(),
        wrong: Vec::new(),
        notes: Vec::new(),
    };
    job.copy()?;
    job.host()?;
    let Job {
        changes,
        wrong,
        notes,
        found,
        ..
    } = job;
    if !wrong.is_empty() {
        return Ok(Undone::Refused(wrong));
    }
    journal::apply(root, &changes)?;
    Ok(Undone::Done {
        name: found.record.name_version(),
        files: changes.len(),
        notes,
    })
}

fn is_meant(record: &Record, words: &str) -> bool {
    let (name, version) = words.split_once('@').unwrap_or((words, ""));
    let same = |a: &str| a.replace('-', "_") == name.replace('-', "_");
    same(&record.origin.name) && (version.is_empty() || record.origin.version == version)
}

struct Job<'a> {
    root: &'a Utf8Path,
    found: &'a Found,
    others: Vec<&'a Found>,
    changes: Vec<Change>,
    wrong: Vec<String>,
    notes: Vec<String>,
}

impl Job<'_> {
    /// The copy goes, if it is as it was made.
    fn copy(&mut self) -> Result<()> {
        let Found { folder, record } = self.found;
        for file in &record.files {
            let Some(bytes) = self.read(&folder.join(&file.path))? else {
                continue;
            };
            let text = String::from_utf8_lossy(&bytes);
            let found = items(&text, &file.module).unwrap_or_default();
            let found = found.iter().map(|item| (&item.path, item.kind, &item.hash));
            let as_made = file
                .items
                .iter()
                .map(|item| (&item.path, item.kind, &item.hash));
            if !found.eq(as_made) {
                let path = folder.join(&file.path);
                self.wrong
                    .push(format!("`{path}` was changed since it was copied"));
            }
            self.remove(folder.join(&file.path), &bytes);
        }
        let beside = record.assets.iter().chain(&record.license.files);
        for asset in beside {
            let path = folder.join(&asset.path);
            if let Some(bytes) = self.read(&path)? {
                if sha256(&bytes) != asset.sha256 {
                    self.wrong
                        .push(format!("`{path}` was changed since it was copied"));
                }
                self.remove(path, &bytes);
            }
        }
        let path = folder.join(FILE_NAME);
        if let Some(bytes) = self.read(&path)? {
            self.remove(path, &bytes);
        }
        Ok(())
    }

    /// Files of the workspace get their lines back.
    fn host(&mut self) -> Result<()> {
        let Found { folder, record } = self.found;
        let list = folder.parent().map(|folder| folder.join("mod.rs"));
        let list = list.filter(|_| record.copy.mode == Mode::Module);
        let shares = |other: &&&Found| other.folder.parent() == folder.parent();
        let heir = self.others.iter().find(shares).copied();
        let heir = heir.filter(|_| record.copy.mode == Mode::Module);
        let mut inherited: Vec<HostFile> = Vec::new();
        for file in &record.host {
            if !is_safe(&file.path) {
                self.wrong
                    .push(format!("`{}` is not below the workspace", file.path));
                continue;
            }
            let Some(bytes) = self.read(&file.path)? else {
                self.wrong
                    .push(format!("`{}` is not there any more", file.path));
                continue;
            };
            if Some(&file.path) == list.as_ref() {
                self.list(&file.path, &bytes);
            } else if file.created {
                self.remove(file.path.clone(), &bytes);
            } else {
                self.lines(file, &bytes, heir, &mut inherited);
            }
        }
        if let Some(list) = list
            && !record.host.iter().any(|file| file.path == list)
            && let Some(bytes) = self.read(&list)?
        {
            self.list(&list, &bytes);
        }
        if let Some(heir) = heir.filter(|_| !inherited.is_empty()) {
            self.bequeath(heir, inherited)?;
        }
        Ok(())
    }

    fn list(&mut self, path: &Utf8Path, bytes: &[u8]) {
        let name = self.found.folder.file_name().unwrap_or_default();
        let text = String::from_utf8_lossy(bytes);
        self.changes.push(Change {
            path: path.to_owned(),
            before: Some(Digest::of(bytes)),
            after: without_module(&text, name).map(String::into_bytes),
        });
    }

    fn lines(
        &mut self,
        file: &HostFile,
        bytes: &[u8],
        heir: Option<&Found>,
        inherited: &mut Vec<HostFile>,
    ) {
        let mut changes = file.changes.clone();
        if let Some(heir) = heir {
            // Another copy needs the declaration that came with this one.
            let module = heir.folder.parent().and_then(Utf8Path::file_name);
            let module = module.unwrap_or_default().replace('-', "_");
            let mut left = Vec::new();
            for change in &mut changes {
                let kept = declarations(&change.after, &module);
                if !kept.is_empty() && !change.before.iter().any(|line| kept.contains(line)) {
                    change.before.splice(0..0, kept.iter().cloned());
                    left.push(record::Change {
                        line: change.line,
                        before: Vec::new(),
                        after: kept,
                    });
                }
            }
            if !left.is_empty() {
                inherited.push(HostFile {
                    path: file.path.clone(),
                    created: false,
                    changes: left,
                });
            }
        }
        let text = String::from_utf8_lossy(bytes);
        match revert(&text, &changes) {
            Ok(text) => self.changes.push(Change {
                path: file.path.clone(),
                before: Some(Digest::of(bytes)),
                after: Some(text.into_bytes()),
            }),
            // Cargo can say it again.
            Err(_) if file.path == "Cargo.lock" => self.notes.push(
                "Cargo.lock was changed since and is left as it is: the next build fits it"
                    .to_owned(),
            ),
            Err(why) => self.wrong.push(format!("`{}`: {why}", file.path)),
        }
    }

    /// Declarations that stay are taken back with the copy that still needs them.
    fn bequeath(&mut self, heir: &Found, inherited: Vec<HostFile>) -> Result<()> {
        let path = heir.folder.join(FILE_NAME);
        let Some(bytes) = self.read(&path)? else {
            return Ok(());
        };
        let mut record = heir.record.clone();
        for file in inherited {
            match record.host.iter_mut().find(|it| it.path == file.path) {
                Some(known) => known.changes.splice(0..0, file.changes).for_each(drop),
                None => record.host.push(file),
            }
        }
        record.sort();
        self.changes.push(Change {
            path,
            before: Some(Digest::of(&bytes)),
            after: Some(record.print().into_bytes()),
        });
        Ok(())
    }

    fn remove(&mut self, path: Utf8PathBuf, bytes: &[u8]) {
        self.changes.push(Change {
            path,
            before: Some(Digest::of(bytes)),
            after: None,
        });
    }

    fn read(&self, path: &Utf8Path) -> Result<Option<Vec<u8>>> {
        let file = self.root.join(path);
        match fs::read(&file) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(why) => Err(io(&file, &why)),
        }
    }
}

/// The lines of a change that declare the module of all copies.
fn declarations(after: &[String], module: &str) -> Vec<String> {
    let is_declaration = |line: &String| line.trim() == format!("mod {module};");
    let Some(at) = after.iter().position(is_declaration) else {
        return Vec::new();
    };
    let is_path = |line: &String| line.trim_start().starts_with("#[path = ");
    let from = if at > 0 && is_path(&after[at - 1]) {
        at - 1
    } else {
        at
    };
    let blank = after.get(at + 1).is_some_and(|line| line.trim().is_empty());
    after[from..=at + usize::from(blank)].to_vec()
}

/// Records of the workspace; folders that are caches, and hidden ones, hold none.
fn find(root: &Utf8Path) -> Result<Vec<Found>> {
    let mut out = Vec::new();
    let mut pending = vec![(root.to_owned(), 0)];
    while let Some((folder, depth)) = pending.pop() {
        let entries = folder.read_dir_utf8().map_err(|why| io(&folder, &why))?;
        for entry in entries.flatten() {
            let path = entry.path();
            let Ok(facts) = path.symlink_metadata() else {
                continue;
            };
            let is_closed = entry.file_name().starts_with('.') || entry.file_name() == "target";
            if facts.is_dir() && !is_closed && depth < DEPTH {
                if !path.join("CACHEDIR.TAG").exists() {
                    pending.push((path.to_owned(), depth + 1));
                }
            } else if facts.is_file() && entry.file_name() == FILE_NAME && facts.len() <= LIMIT {
                let text = super::gather::read(path)?;
                let record = record::parse(&text).map_err(|why| Error::Io {
                    action: "read",
                    path: path.to_owned(),
                    why: why.to_string(),
                })?;
                let folder = folder.strip_prefix(root).unwrap_or(&folder).to_owned();
                out.push(Found { folder, record });
            }
        }
    }
    out.sort_by(|a, b| a.folder.cmp(&b.folder));
    Ok(out)
}

fn io(path: &Utf8Path, why: &std::io::Error) -> Error {
    Error::Io {
        action: "read",
        path: path.to_owned(),
        why: why.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_that_another_copy_needs() {
        let lines = |text: &str| -> Vec<String> { text.split('\n').map(str::to_owned).collect() };
        let after = lines("#[path = \"../src/whittled/mod.rs\"]\nmod whittled;\n\nuse x;");
        assert_eq!(declarations(&after, "whittled"), after[..3]);
        assert_eq!(
            declarations(&lines("mod whittled;\nuse x;"), "whittled").len(),
            1
        );
        assert!(declarations(&after, "other").is_empty());
    }
}
