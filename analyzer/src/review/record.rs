//! What was reviewed, in a file that is committed: `whittle.reviews`.
//!
//! A head line, then one line for each thing that was read: crate, kind, path, fingerprint,
//! version, date and reviewer, separated by tabs, sorted. Lines mean the same wherever they
//! stand and a line that is there twice is there once, so that a merge may keep those of both
//! sides. What is no such line is an error and never skipped: a review that is not understood
//! must not look like one that was not made, nor the other way round.

use std::collections::BTreeSet;
use std::fs;
use std::io;

use camino::Utf8Path;

use super::data::{Mark, Seen};
use crate::error::{Error, Result};
use crate::pieces::Piece;
use crate::report::text::sanitize;

/// Its name in the workspace's folder.
pub const FILE: &str = "whittle.reviews";
const HEAD: &str = "whittle-reviews 1";
const ABOUT: &str = "# What was reviewed, by the hash of its tokens. Written by `cargo whittle \
                     review --done`; lines of both sides of a merge may be kept.";
/// A larger file is no list of reviews.
const MAX: u64 = 64 << 20;

/// One line, with control characters written out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    pub krate: String,
    pub kind: String,
    pub path: String,
    pub fingerprint: String,
    pub version: String,
    pub date: String,
    pub by: String,
}

/// All of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records(BTreeSet<Record>);

impl Records {
    /// Reads the file; none when there is no file.
    ///
    /// # Errors
    /// [`Error::Reviews`] when it cannot be read or is not understood.
    pub fn load(file: &Utf8Path) -> Result<Self> {
        let wrong = |why: String| Error::Reviews {
            path: file.to_owned(),
            why,
        };
        match file.metadata() {
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(why) => return Err(wrong(why.to_string())),
            Ok(facts) if !facts.is_file() => return Err(wrong("it is no file".to_owned())),
            Ok(facts) if facts.len() > MAX => return Err(wrong("it is too large".to_owned())),
            Ok(_) => {}
        }
        let text = fs::read_to_string(file).map_err(|why| wrong(why.to_string()))?;
        Self::parse(&text).map_err(wrong)
    }

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let lines = (1..).zip(text.lines());
        let mut lines = lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
        match lines.next() {
            Some((_, HEAD)) => {}
            Some((number, line)) if line.starts_with("whittle-reviews ") => {
                return Err(format!("line {number}: a version this tool does not know"));
            }
            Some((number, _)) => return Err(format!("line {number}: `{HEAD}` is missing")),
            // An emptied file must not pass for one in which nothing was ever reviewed.
            None => return Err(format!("`{HEAD}` is missing")),
        }
        let mut records = BTreeSet::new();
        for (number, line) in lines {
            let is_marker = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"]
                .iter()
                .any(|marker| line.starts_with(marker));
            if is_marker {
                return Err(format!("line {number}: a merge is not finished"));
            }
            // Both sides of a merge may have brought the head.
            if line != HEAD {
                let record = parse_line(line).ok_or_else(|| {
                    format!("line {number}: no record (seven fields, separated by tabs)")
                })?;
                records.insert(record);
            }
        }
        Ok(Self(records))
    }

    /// The whole file.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{ABOUT}\n{HEAD}\n");
        for one in &self.0 {
            let fields = [
                &one.krate,
                &one.kind,
                &one.path,
                &one.fingerprint,
                &one.version,
                &one.date,
                &one.by,
            ];
            let fields: Vec<&str> = fields.iter().map(|field| field.as_str()).collect();
            text.push_str(&fields.join("\t"));
            text.push('\n');
        }
        text
    }

    /// Puts the file in the place of the one that is there, or makes it.
    ///
    /// # Errors
    /// When it cannot be written, or a link stands in its place.
    pub fn store(&self, file: &Utf8Path) -> Result<()> {
        let io = |why: io::Error| Error::Io {
            action: "write",
            path: file.to_owned(),
            why: why.to_string(),
        };
        if file.symlink_metadata().is_ok_and(|facts| !facts.is_file()) {
            return Err(io(io::Error::other("it is no plain file")));
        }
        let new = file.with_file_name(format!(
            "{}.{}",
            file.file_name().unwrap_or(FILE),
            std::process::id()
        ));
        // Fails when something stands there: nothing is written through a link.
        let written = fs::File::create_new(&new)
            .and_then(|mut to| io::Write::write_all(&mut to, self.text().as_bytes()))
            .and_then(|()| fs::rename(&new, file));
        written.map_err(|why| {
            let _ = fs::remove_file(&new);
            io(why)
        })
    }

    /// Whether a piece of a crate was read.
    #[must_use]
    pub fn mark(&self, krate: &str, piece: &Piece) -> Mark {
        let seen = |one: &Record| Seen {
            by: one.by.clone(),
            date: one.date.clone(),
            version: one.version.clone(),
        };
        let fingerprint = piece.fingerprint.to_string();
        let mut reviews: Vec<&Record> = self.of(krate, piece).collect();
        reviews.sort_by(|a, b| a.date.cmp(&b.date));
        if piece.problem.is_none()
            && let Some(one) = reviews.iter().find(|one| one.fingerprint == fingerprint)
        {
            return Mark::Reviewed(seen(one));
        }
        reviews
            .last()
            .map_or(Mark::New, |one| Mark::Changed(seen(one)))
    }

    /// What is noted of a piece, with whatever tokens.
    fn of(&self, krate: &str, piece: &Piece) -> impl Iterator<Item = &Record> {
        let first = Record {
            krate: sanitize(krate).into_owned(),
            kind: kind(piece),
            path: sanitize(&piece.path).into_owned(),
            fingerprint: String::new(),
            version: String::new(),
            date: String::new(),
            by: String::new(),
        };
        let own = (first.krate.clone(), first.kind.clone(), first.path.clone());
        self.0
            .range(first..)
            .take_while(move |one| (&one.krate, &one.kind, &one.path) == (&own.0, &own.1, &own.2))
    }

    /// Notes that a piece was read. What was noted of it with other tokens is dropped, unless
    /// another version of the crate in the tree still has those (`keep`).
    pub fn add(
        &mut self,
        krate: &str,
        version: &str,
        piece: &Piece,
        by: &Reviewer,
        keep: &[Piece],
    ) {
        let record = Record {
            krate: sanitize(krate).into_owned(),
            kind: kind(piece),
            path: sanitize(&piece.path).into_owned(),
            fingerprint: piece.fingerprint.to_string(),
            version: sanitize(version).into_owned(),
            date: by.date.clone(),
            by: sanitize(&by.name).into_owned(),
        };
        let there = |fingerprint: &str| {
            keep.iter().any(|other| {
                (other.kind, &other.path) == (piece.kind, &piece.path)
                    && other.fingerprint.to_string() == fingerprint
            })
        };
        let is_over =
            |one: &&Record| one.fingerprint == record.fingerprint || !there(&one.fingerprint);
        let over: Vec<Record> = self.of(krate, piece).filter(is_over).cloned().collect();
        for one in over {
            self.0.remove(&one);
        }
        self.0.insert(record);
    }
}

/// Who reviews, and the day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewer {
    pub name: String,
    /// `2026-11-25`.
    pub date: String,
}

/// Whether a text is a day, `2026-11-25`.
#[must_use]
pub fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| bytes[range].iter().all(u8::is_ascii_digit);
    bytes.len() == 10
        && digits(0..4)
        && digits(5..7)
        && digits(8..10)
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && ("01".."13").contains(&&text[5..7])
        && ("01".."32").contains(&&text[8..10])
}

fn kind(piece: &Piece) -> String {
    piece.kind.words().replace(' ', "_")
}

fn parse_line(line: &str) -> Option<Record> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [krate, kind, path, fingerprint, version, date, by] = fields[..] else {
        return None;
    };
    let is_hash = fingerprint.len() == 32
        && fingerprint
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let named = [krate, kind, path, version, by]
        .iter()
        .all(|field| !field.is_empty());
    (is_hash && named && is_date(date)).then(|| Record {
        krate: krate.to_owned(),
        kind: kind.to_owned(),
        path: path.to_owned(),
        fingerprint: fingerprint.to_owned(),
        version: version.to_owned(),
        date: date.to_owned(),
        by: by.to_owned(),
    })
}
