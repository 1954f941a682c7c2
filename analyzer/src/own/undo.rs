//! `--undo`: the dependency back in the place of its copy.
//!
//! The record beside a copy says what the extraction changed, by lines. They are put back while
//! nothing else touched them, and the copy goes while nobody changed it; otherwise nothing is done.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use whittle_extract::emit::without_module;
use whittle_extract::items::{items, sha256};
use whittle_extract::record::{self, FILE_NAME, HostFile, Mode, is_safe, revert};

use super::journal::{self, Change};
use crate::cache::Digest;
use crate::copies::Owned;
use crate::error::{Error, Result};

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

/// Brings the dependency back.
///
/// # Errors
/// When there is no such copy, or a file cannot be read or written.
pub(crate) fn undo(root: &Utf8Path, all: &[Owned], words: &str) -> Result<Undone> {
    let meant: Vec<usize> = (0..all.len()).filter(|&at| all[at].is(words)).collect();
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

struct Job<'a> {
    root: &'a Utf8Path,
    found: &'a Owned,
    others: Vec<&'a Owned>,
    changes: Vec<Change>,
    wrong: Vec<String>,
    notes: Vec<String>,
}

impl Job<'_> {
    /// The copy goes, if it is as it was made.
    fn copy(&mut self) -> Result<()> {
        let Owned {
            shown: folder,
            record,
            ..
        } = self.found;
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
        let Owned {
            shown: folder,
            record,
            ..
        } = self.found;
        let list = folder.parent().map(|folder| folder.join("mod.rs"));
        let list = list.filter(|_| record.copy.mode == Mode::Module);
        let shares = |other: &&&Owned| other.shown.parent() == folder.parent();
        let heir = self.others.iter().find(shares).copied();
        let heir = heir.filter(|_| record.copy.mode == Mode::Module);
        let mut inherited: Vec<HostFile> = Vec::new();
        for file in &record.host {
            if !is_of_a_package(&file.path) {
                self.wrong.push(format!(
                    "`{}` is no file that an extraction changes",
                    file.path
                ));
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
                self.made(file, &bytes);
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

    /// A file that the extraction made goes, if it is as it was made.
    fn made(&mut self, file: &HostFile, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        let rest = revert(&text, &file.changes);
        if rest.is_ok_and(|rest| rest.is_empty()) {
            self.remove(file.path.clone(), bytes);
        } else {
            self.wrong
                .push(format!("`{}` was changed since it was made", file.path));
        }
    }

    fn list(&mut self, path: &Utf8Path, bytes: &[u8]) {
        let name = self.found.shown.file_name().unwrap_or_default();
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
        heir: Option<&Owned>,
        inherited: &mut Vec<HostFile>,
    ) {
        let mut changes = file.changes.clone();
        if let Some(heir) = heir {
            // Another copy needs the declaration that came with this one.
            let module = heir.shown.parent().and_then(Utf8Path::file_name);
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
    fn bequeath(&mut self, heir: &Owned, inherited: Vec<HostFile>) -> Result<()> {
        let path = heir.shown.join(FILE_NAME);
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

/// Sources, manifests and the lock file, outside of hidden folders: a record may come from a
/// stranger, and says which files get lines back.
fn is_of_a_package(path: &Utf8Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    let hidden = |part: &str| part.starts_with('.');
    is_safe(path)
        && !path.components().any(|part| hidden(part.as_str()))
        && (["Cargo.toml", "Cargo.lock"].contains(&name) || path.extension() == Some("rs"))
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
    fn a_record_reaches_files_of_packages_only() {
        for path in ["Cargo.toml", "Cargo.lock", "a/src/lib.rs", "b/Cargo.toml"] {
            assert!(is_of_a_package(path.into()), "{path}");
        }
        for path in [
            ".git/config",
            ".git/x.rs",
            ".cargo/config.toml",
            "../Cargo.toml",
            "/etc/a.rs",
            "README.md",
            "",
        ] {
            assert!(!is_of_a_package(path.into()), "{path}");
        }
    }

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
