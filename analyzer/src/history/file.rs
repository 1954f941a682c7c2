//! The history file: one record a line, as text that people commit and git merges.
//!
//! Reading fails closed: a line that is no record of this version stops with what to do about it,
//! instead of a history with a hole that nobody sees. Lines that are kept are kept as they are, new
//! ones are added at the end, so that a diff shows what was recorded and `merge=union` puts two
//! branches together. The file is replaced by one rename, under a lock: it is whole at any time.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};

use camino::{Utf8Path, Utf8PathBuf};

use super::{Asked, FORMAT, Outcome, Record, VERSION};
use crate::error::{Error, Result};
use crate::report::text::json_safe;

/// What is larger is no history.
const MAX_SIZE: u64 = 1 << 30;

/// The records of a file, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    text: String,
    record: Record,
}

impl History {
    /// The history in a file; `None` when there is no file.
    ///
    /// # Errors
    /// [`Error::History`] when a line is no record, [`Error::Io`] when it cannot be read.
    pub fn read(path: &Utf8Path) -> Result<Option<Self>> {
        let facts = match fs::metadata(path) {
            Ok(facts) => facts,
            Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
            Err(why) => return Err(io("read", path, &why.to_string())),
        };
        if !facts.is_file() || facts.len() > MAX_SIZE {
            return Err(io("read", path, "no regular file of at most 1 GiB"));
        }
        let mut text = String::new();
        let opened =
            File::open(path).and_then(|file| file.take(MAX_SIZE).read_to_string(&mut text));
        opened.map_err(|why| io("read", path, &why.to_string()))?;
        Self::parse(&text, path).map(Some)
    }

    fn parse(text: &str, path: &Utf8Path) -> Result<Self> {
        let mut history = Self::default();
        // A merge may have brought the same line from both sides.
        let mut known = HashSet::new();
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim().is_empty() || !known.insert(line) {
                continue;
            }
            let record = parse_line(line).map_err(|wrong| Error::History {
                path: path.to_owned(),
                line: number,
                why: wrong.why,
                remedy: wrong.remedy,
            })?;
            let text = line.to_owned();
            history.lines.push(Line { text, record });
        }
        Ok(history)
    }

    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.lines.iter().map(|line| &line.record)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Whether the commit was measured for the same question.
    #[must_use]
    pub fn has(&self, commit: &str, asked: &Asked) -> bool {
        self.records().any(|record| {
            record.commit == commit && record.asked == *asked && record.snapshot().is_some()
        })
    }

    /// Adds a record, in place of what it answers again: figures of the same commit that are valid
    /// for the same, and gaps of the same question. False when the same is there already, or when
    /// it is a gap where there are figures.
    pub fn add(&mut self, record: Record) -> Result<bool> {
        let is_gap = record.snapshot().is_none();
        if is_gap && self.has(&record.commit, &record.asked)
            || self.records().any(|it| *it == record)
        {
            return Ok(false);
        }
        self.lines.retain(|line| !replaces(&record, &line.record));
        let text = serde_json::to_string(&record)
            .map_err(|why| Error::Git(format!("a record cannot be written: {why}")))?;
        let text = json_safe(text);
        self.lines.push(Line { text, record });
        Ok(true)
    }

    /// As a merge may leave it.
    #[cfg(test)]
    pub(crate) fn add_unchecked(&mut self, record: Record) {
        let text = serde_json::to_string(&record).unwrap_or_default();
        self.lines.push(Line { text, record });
    }

    fn text(&self) -> String {
        let lines = self
            .lines
            .iter()
            .flat_map(|line| [line.text.as_str(), "\n"]);
        lines.collect()
    }
}

/// Whether `old` has nothing to say beside `new`.
fn replaces(new: &Record, old: &Record) -> bool {
    if new.commit != old.commit {
        return false;
    }
    match (&new.outcome, &old.outcome) {
        (Outcome::Measured(new), Outcome::Measured(old)) => new.valid_for == old.valid_for,
        (_, Outcome::Gap(_)) => new.asked == old.asked,
        (Outcome::Gap(_), Outcome::Measured(_)) => false,
    }
}

struct Wrong {
    why: String,
    remedy: &'static str,
}

fn parse_line(line: &str) -> std::result::Result<Record, Wrong> {
    let markers = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"];
    if markers.iter().any(|marker| line.starts_with(marker)) {
        return Err(Wrong {
            why: "a conflict of a merge is left".to_owned(),
            remedy: "keep the lines of both sides and remove the markers; `whittle-history.jsonl merge=union` in .gitattributes does so by itself",
        });
    }
    let no_history = |why: String| Wrong {
        why,
        remedy: "restore the file from git; the past can be recorded again with `cargo whittle record --range`",
    };
    #[derive(serde::Deserialize)]
    struct Head {
        format: String,
        version: u32,
    }
    let head: Head = serde_json::from_str(line).map_err(|why| no_history(why.to_string()))?;
    if head.format != FORMAT {
        return Err(no_history(format!("its format is `{}`", head.format)));
    }
    if head.version != VERSION {
        return Err(Wrong {
            why: format!(
                "version {} of the format, this tool knows {VERSION}",
                head.version
            ),
            remedy: "use the version of cargo-whittle that wrote it, or record again into another file (`--file`)",
        });
    }
    serde_json::from_str(line).map_err(|why| no_history(why.to_string()))
}

/// Adds records to a file, which is made when there is none; gives back what is in it now, and
/// whether anything was new. `own` is the tool's own folder, for the lock.
///
/// # Errors
/// When the file is no history, or cannot be written; it is then as it was.
pub fn add(path: &Utf8Path, own: &Utf8Path, records: Vec<Record>) -> Result<(History, bool)> {
    let _lock = lock(own)?;
    let mut history = History::read(path)?.unwrap_or_default();
    let mut new = false;
    for record in records {
        new |= history.add(record)?;
    }
    if new {
        replace(path, &history.text())?;
    }
    Ok((history, new))
}

/// Only one run at a time reads and replaces; freed when dropped.
fn lock(own: &Utf8Path) -> Result<File> {
    let path = own.join("history.lock");
    if path.symlink_metadata().is_ok_and(|facts| !facts.is_file()) {
        return Err(Error::LinkedTarget(path));
    }
    let locked = fs::create_dir_all(own)
        .and_then(|()| File::options().create(true).append(true).open(&path))
        .and_then(|file| file.lock().map(|()| file));
    locked.map_err(|why| io("lock", &path, &why.to_string()))
}

/// Puts a text in place of the file, whole or not at all.
fn replace(path: &Utf8Path, text: &str) -> Result<()> {
    // Where a link leads, as an editor would write it; our default is never one.
    let real: Utf8PathBuf = path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned());
    let temporary = Utf8PathBuf::from(format!("{real}.new"));
    let written = remove(&temporary)
        .and_then(|()| {
            File::options()
                .write(true)
                .create_new(true)
                .open(&temporary)
        })
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&temporary, &real));
    written.map_err(|why| {
        let _ = fs::remove_file(&temporary);
        io("write", path, &why.to_string())
    })
}

/// What an interrupted run left, or a link that somebody put there: not followed.
fn remove(path: &Utf8Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(why) if why.kind() != ErrorKind::NotFound => Err(why),
        _ => Ok(()),
    }
}

fn io(action: &'static str, path: &Utf8Path, why: &str) -> Error {
    Error::Io {
        action,
        path: path.to_owned(),
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::sample::{gap, record};

    fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap().to_owned();
        (folder, path)
    }

    #[test]
    fn what_was_added_is_read() {
        let (_folder, own) = folder();
        let file = own.join("h.jsonl");
        assert_eq!(History::read(&file).unwrap(), None);
        let records = vec![record('a', &[], 10), gap('b', &['a'], "no lock file")];
        let (history, new) = add(&file, &own, records.clone()).unwrap();
        assert!(new && history.records().eq(&records));
        assert_eq!(History::read(&file).unwrap(), Some(history));
        let text = fs::read_to_string(&file).unwrap();
        // Again: nothing changes.
        assert!(!add(&file, &own, records).unwrap().1);
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
        assert_eq!(text.lines().count(), 2);
        assert!(!own.join("h.jsonl.new").exists());
    }

    #[test]
    fn a_record_takes_the_place_of_what_it_answers_again() {
        let mut history = History::default();
        let figures = record('a', &[], 10);
        assert!(history.add(gap('a', &[], "one")).unwrap());
        assert!(history.add(gap('a', &[], "two")).unwrap());
        assert_eq!(history.records().count(), 1);
        assert!(history.add(figures.clone()).unwrap());
        assert_eq!(history.records().collect::<Vec<_>>(), [&figures]);
        // A gap says nothing against figures.
        assert!(!history.add(gap('a', &[], "later")).unwrap());
        // Other figures for the same are the newer ones, for something else they stand beside it.
        let mut other = record('a', &[], 11);
        assert!(history.add(other.clone()).unwrap());
        assert_eq!(history.records().collect::<Vec<_>>(), [&other]);
        if let Outcome::Measured(snapshot) = &mut other.outcome {
            snapshot.valid_for.policy = "never".to_owned();
        }
        assert!(history.add(other).unwrap());
        assert_eq!(history.records().count(), 2);
    }

    #[test]
    fn lines_of_two_branches() {
        let line = |record: Record| {
            let mut history = History::default();
            history.add(record).unwrap();
            history.text()
        };
        let (a, b, c) = (
            line(record('a', &[], 1)),
            line(record('b', &['a'], 2)),
            line(record('c', &['a'], 3)),
        );
        let merged = format!("{a}{b}{a}\n{c}");
        let history = History::parse(&merged, "h".into()).unwrap();
        assert_eq!(history.text(), format!("{a}{b}{c}"));
    }

    #[test]
    fn what_is_no_history_stops() {
        let mut history = History::default();
        history.add(record('a', &[], 1)).unwrap();
        let good = history.text();
        let torn = &good[..good.len() / 2];
        for (text, line, why, remedy) in [
            (format!("{good}<<<<<<< HEAD\n"), 2, "conflict", "both sides"),
            (format!("=======\n{good}"), 1, "conflict", "both sides"),
            (torn.to_owned(), 1, "EOF", "restore"),
            (
                good.replace("whittle-history", "x"),
                1,
                "format is `x`",
                "restore",
            ),
            (
                good.replace("\"version\":1,\"commit\"", "\"version\":2,\"commit\""),
                1,
                "version 2",
                "--file",
            ),
            (
                good.replace("\"commit\"", "\"comit\""),
                1,
                "commit",
                "restore",
            ),
        ] {
            match History::parse(&text, "h".into()).unwrap_err() {
                Error::History {
                    line: at,
                    why: said,
                    remedy: help,
                    ..
                } => {
                    assert_eq!(at, line, "{said}");
                    assert!(
                        said.contains(why) && help.contains(remedy),
                        "{said}: {help}"
                    );
                }
                other => panic!("{other}"),
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_written_through() {
        let (_folder, own) = folder();
        let (file, elsewhere) = (own.join("h.jsonl"), own.join("elsewhere"));
        fs::write(&elsewhere, "mine").unwrap();
        std::os::unix::fs::symlink(&elsewhere, own.join("h.jsonl.new")).unwrap();
        add(&file, &own, vec![record('a', &[], 1)]).unwrap();
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "mine");
        fs::remove_file(own.join("history.lock")).unwrap();
        std::os::unix::fs::symlink(&elsewhere, own.join("history.lock")).unwrap();
        assert!(add(&file, &own, vec![record('b', &[], 1)]).is_err());
    }
}
