//! Is a copy still what its record says, item by item?
//!
//! Takes the record, the files beside it, and the upstream's files where they are at hand; makes
//! the copy again from upstream text and recorded edits, and compares tokens. Without upstream the
//! hashes of the record stand in for it, which shows what changed since, not what is true; the
//! answer says which. The record itself is held to the upstream, too: its edits must be of the
//! mechanical kinds, so that a change cannot be slipped in as an edit.

mod compare;
pub(crate) mod mechanical;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

use crate::edit;
use crate::items::{self, Hash, Item, Kind, sha256};
use crate::license;
use crate::record::{Asset, File, Record};

pub(crate) use compare::compare;
pub use compare::difference;

/// Files by path.
pub type Files = BTreeMap<Utf8PathBuf, Vec<u8>>;

/// What was found of one copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    pub against: Against,
    /// Sorted by path.
    pub files: Vec<FileVerdict>,
    /// Acknowledged changes that are not there (any more): file, item.
    pub unused: Vec<(Utf8PathBuf, String)>,
}

/// What the copy was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Against {
    Upstream,
    /// The hashes of the record only.
    Hashes,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileVerdict {
    pub path: Utf8PathBuf,
    /// What is wrong with the file as a whole, in words.
    pub problems: Vec<String>,
    /// All items, in the order of the file; missing ones last.
    pub items: Vec<ItemVerdict>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemVerdict {
    pub path: String,
    pub kind: Kind,
    /// In the file as it is; 0 for a missing one.
    pub line: u32,
    pub state: State,
    /// As it is here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<Hash>,
    /// From what it should be to what it is, where both are at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// The reason that somebody gave for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Same,
    Changed,
    Missing,
    Added,
}

impl ItemVerdict {
    /// Not as it should be, and nobody answers for it.
    #[must_use]
    pub fn is_drift(&self) -> bool {
        self.state != State::Same && self.acknowledged.is_none()
    }
}

impl FileVerdict {
    #[must_use]
    pub fn is_drift(&self) -> bool {
        !self.problems.is_empty() || self.items.iter().any(ItemVerdict::is_drift)
    }
}

impl Verification {
    #[must_use]
    pub fn is_drift(&self) -> bool {
        self.files.iter().any(FileVerdict::is_drift)
    }

    pub fn items(&self) -> impl Iterator<Item = &ItemVerdict> {
        self.files.iter().flat_map(|file| &file.items)
    }
}

/// Compares a copy with what its record says. `here` are the files in the folder of the record,
/// the record itself left out; `upstream` those of the origin's package.
#[must_use]
pub fn verify(record: &Record, here: &Files, upstream: Option<&Files>) -> Verification {
    let mut used = BTreeSet::new();
    let mut files: Vec<FileVerdict> = Vec::new();
    for file in &record.files {
        let mut verdict = source(file, record, here, upstream);
        acknowledge(&mut verdict, record, &mut used);
        files.push(verdict);
    }
    for one in record.assets.iter().chain(&record.license.files) {
        files.push(asset(one, here, upstream));
    }
    let known: BTreeSet<&Utf8Path> = files.iter().map(|file| file.path.as_path()).collect();
    let added: Vec<FileVerdict> = here
        .keys()
        .filter(|path| !known.contains(path.as_path()))
        .map(|path| problem(path, "it is not in the record".to_owned()))
        .collect();
    files.extend(added);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let notes = record.acknowledged.iter().enumerate();
    Verification {
        against: upstream.map_or(Against::Hashes, |_| Against::Upstream),
        files,
        unused: notes
            .filter(|(index, _)| !used.contains(index))
            .map(|(_, one)| (one.file.clone(), one.item.clone()))
            .collect(),
    }
}

fn problem(path: &Utf8Path, what: String) -> FileVerdict {
    FileVerdict {
        path: path.to_owned(),
        problems: vec![what],
        items: Vec::new(),
    }
}

/// What a file should hold.
struct Expected {
    /// Of the text, when there is one.
    text: Option<String>,
    items: Vec<Item>,
    problems: Vec<String>,
}

fn source(file: &File, record: &Record, here: &Files, upstream: Option<&Files>) -> FileVerdict {
    let expected = expected(file, upstream);
    let mut problems = expected.problems;
    let text = here.get(&file.path).map(|bytes| std::str::from_utf8(bytes));
    let read = match text {
        None => Err("it is missing".to_owned()),
        Some(Err(_)) => Err("it is no UTF-8 text".to_owned()),
        Some(Ok(text)) => {
            header(file, record, text, &mut problems);
            let found = items::items(text, &file.module);
            found
                .map(|found| (text, found))
                .map_err(|why| format!("it cannot be read as Rust: {why}"))
        }
    };
    let items = match read {
        Ok((text, found)) => compare(&expected.items, expected.text.as_deref(), &found, text),
        Err(why) => {
            problems.push(why);
            Vec::new()
        }
    };
    FileVerdict {
        path: file.path.clone(),
        problems,
        items,
    }
}

/// The upstream text with its edits; what the record says, when there is no upstream.
fn expected(file: &File, upstream: Option<&Files>) -> Expected {
    let mut problems = Vec::new();
    let recorded = || {
        let items = file.items.iter().map(|one| Item {
            path: one.path.clone(),
            kind: one.kind,
            span: edit::Span::new(0, 0),
            line: 0,
            hash: one.hash.clone(),
        });
        items.collect::<Vec<Item>>()
    };
    let made = upstream.map(|files| regenerate(file, files, &mut problems));
    match made {
        None => Expected {
            text: None,
            items: recorded(),
            problems,
        },
        Some(Ok((text, items))) => {
            let of_record = recorded();
            let keys = |items: &[Item]| -> BTreeSet<(Kind, String, Hash)> {
                let all = items.iter();
                all.map(|one| (one.kind, one.path.clone(), one.hash.clone()))
                    .collect()
            };
            if keys(&of_record) != keys(&items) {
                problems.push(
                    "the items that the record lists are not those that its edits make".to_owned(),
                );
            }
            Expected {
                text: Some(text),
                items,
                problems,
            }
        }
        Some(Err(why)) => {
            problems.push(why);
            Expected {
                text: None,
                items: recorded(),
                problems,
            }
        }
    }
}

/// The file as it was written, without its header, and its items.
fn regenerate(
    file: &File,
    upstream: &Files,
    problems: &mut Vec<String>,
) -> Result<(String, Vec<Item>), String> {
    let original = upstream
        .get(&file.upstream)
        .ok_or_else(|| format!("upstream has no file `{}`", file.upstream))?;
    if sha256(original) != file.sha256 {
        return Err(format!(
            "upstream's `{}` is not the file that the record was made of",
            file.upstream
        ));
    }
    let original = std::str::from_utf8(original)
        .map_err(|_| format!("upstream's `{}` is no UTF-8 text", file.upstream))?;
    for edit in &file.edits {
        if let Err(why) = mechanical::check(original, edit) {
            problems.push(why);
        }
    }
    let text = edit::apply(original, &file.edits).map_err(|why| why.to_string())?;
    let items = items::items(&text, &file.module)
        .map_err(|why| format!("with its edits, upstream's file is no Rust: {why}"))?;
    if let Err(why) = mechanical::whole(original, file, &items) {
        problems.push(why);
    }
    Ok((text, items))
}

/// Comments are free, but for what the licence asks for.
fn header(file: &File, record: &Record, text: &str, problems: &mut Vec<String>) {
    let expected = file.license.as_ref().unwrap_or(&record.license.chosen);
    if license::declared_in(text).as_ref() != Some(expected) {
        problems.push(format!(
            "its header does not say that it is under {expected}"
        ));
    }
    let is_there = |line: &&String| {
        let line = line.strip_prefix("SPDX-FileCopyrightText:").unwrap_or(line);
        text.contains(line.trim())
    };
    let lines = &record.license.copyright;
    if let Some(gone) = lines.iter().find(|line| !is_there(line)) {
        problems.push(format!("its header does not say `{gone}`"));
    }
}

fn asset(one: &Asset, here: &Files, upstream: Option<&Files>) -> FileVerdict {
    let mut problems = Vec::new();
    match here.get(&one.path) {
        None => problems.push("it is missing".to_owned()),
        Some(bytes) if sha256(bytes) != one.sha256 => {
            problems.push("it is not as it was copied".to_owned());
        }
        Some(_) => {}
    }
    if let (Some(path), Some(files)) = (&one.upstream, upstream) {
        match files.get(path) {
            None => problems.push(format!("upstream has no file `{path}`")),
            Some(bytes) if sha256(bytes) != one.sha256 => {
                problems.push(format!("upstream's `{path}` is another"));
            }
            Some(_) => {}
        }
    }
    FileVerdict {
        path: one.path.clone(),
        problems,
        items: Vec::new(),
    }
}

/// Puts reasons to the differences that they were given for.
fn acknowledge(verdict: &mut FileVerdict, record: &Record, used: &mut BTreeSet<usize>) {
    for item in verdict
        .items
        .iter_mut()
        .filter(|item| item.state != State::Same)
    {
        let notes = record.acknowledged.iter().enumerate();
        let found = notes.into_iter().find(|(index, one)| {
            !used.contains(index)
                && one.file == verdict.path
                && (one.kind, &one.item) == (item.kind, &item.path)
                && one.hash == item.hash
        });
        if let Some((index, one)) = found {
            used.insert(index);
            item.acknowledged = Some(one.reason.clone());
        }
    }
}

#[cfg(test)]
mod tests;
