//! `cargo whittle verify` as data: each copy against its upstream, or against its own record where
//! that is not at hand.

mod table;

use std::io::{self, Write};

use camino::Utf8PathBuf;
use serde::Serialize;
use whittle_extract::record::{Acknowledged, Record};
use whittle_extract::verify::{Against, FileVerdict, ItemVerdict, State, Verification, verify};

use super::{Owned, Place, Sources, deep};
use crate::error::Result;
use crate::report::text::json_safe;

pub use table::table;

/// Value of `format`.
pub const FORMAT: &str = "whittle-verify";
/// Value of `version`.
pub const VERSION: u32 = 1;

/// What is found of all copies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    pub format: &'static str,
    pub version: u32,
    /// Something differs for which nobody answers.
    pub drift: bool,
    /// Copies whose upstream is not at hand.
    pub unverified: usize,
    pub copies: Vec<Checked>,
}

/// A copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    pub name: String,
    pub version: String,
    /// The member that owns it.
    pub package: String,
    /// From the root of the workspace.
    pub folder: Utf8PathBuf,
    pub against: Against,
    /// Where upstream was found.
    pub upstream: Option<Place>,
    /// Why it was not.
    pub not_at_hand: Option<String>,
    pub drift: bool,
    /// How many items were taken, as the plan counts them.
    pub items: usize,
    /// Parts of the text that are as they should be: items, single methods and imports, heads of
    /// impls and modules.
    pub same: usize,
    pub acknowledged: usize,
    /// Parts that differ, acknowledged ones too, and files with problems.
    pub files: Vec<FileVerdict>,
    /// Acknowledged differences that are not there: file, item.
    pub unused: Vec<(Utf8PathBuf, String)>,
}

/// Compares the copies.
///
/// # Errors
/// When one of them cannot be read.
pub fn check(copies: &[Owned], sources: &Sources) -> Result<Report> {
    let checked = deep(|| {
        let checked = copies.iter().map(|owned| one(owned, sources));
        checked.collect::<Result<Vec<Checked>>>()
    })??;
    Ok(Report {
        format: FORMAT,
        version: VERSION,
        drift: checked.iter().any(|one| one.drift),
        unverified: checked
            .iter()
            .filter(|one| one.against == Against::Hashes)
            .count(),
        copies: checked,
    })
}

fn one(owned: &Owned, sources: &Sources) -> Result<Checked> {
    let origin = &owned.record.origin;
    let upstream = sources.get(origin);
    let found = compare(owned, upstream.as_ref().ok().map(|one| &one.files))?;
    let count = |is: fn(&ItemVerdict) -> bool| found.items().filter(|item| is(item)).count();
    let (same, acknowledged) = (
        count(|item| item.state == State::Same),
        count(|item| item.acknowledged.is_some()),
    );
    let drift = found.is_drift();
    let mut files = found.files;
    for file in &mut files {
        file.items.retain(|item| item.state != State::Same);
    }
    files.retain(|file| !file.items.is_empty() || !file.problems.is_empty());
    Ok(Checked {
        name: origin.name.clone(),
        version: origin.version.clone(),
        package: owned.package.clone(),
        folder: owned.shown.clone(),
        against: found.against,
        not_at_hand: upstream.as_ref().err().cloned(),
        upstream: upstream.ok().map(|one| one.place),
        drift,
        items: owned.record.items().count(),
        same,
        acknowledged,
        files,
        unused: found.unused,
    })
}

/// The comparison itself; links in the folder are problems of their own.
fn compare(
    owned: &Owned,
    upstream: Option<&whittle_extract::verify::Files>,
) -> Result<Verification> {
    let (here, links) = owned.files()?;
    let mut found = verify(&owned.record, &here, upstream);
    for link in links {
        let known = found.files.iter_mut().find(|file| file.path == link);
        let problem = "it is a link, and not read".to_owned();
        match known {
            Some(file) => file.problems = vec![problem],
            None => found.files.push(FileVerdict {
                path: link,
                problems: vec![problem],
                items: Vec::new(),
            }),
        }
    }
    found.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// What was acknowledged now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// The record with it.
    pub record: Record,
    /// Kind and path of each item.
    pub items: Vec<String>,
}

/// Acknowledges every difference of a copy that `path` means: an item's path or the end of one
/// (`Buffer::format`), or a file of the copy. `None` when it means no difference.
///
/// # Errors
/// When the copy cannot be read.
pub fn acknowledge(
    owned: &Owned,
    sources: &Sources,
    path: &str,
    reason: &str,
) -> Result<Option<Noted>> {
    let upstream = sources.get(&owned.record.origin).ok();
    let found = deep(|| compare(owned, upstream.as_ref().map(|one| &one.files)))??;
    let mut record = owned.record.clone();
    // What the note was for is not there any more.
    let is_stale = |one: &Acknowledged| {
        found
            .unused
            .iter()
            .any(|(file, item)| (&one.file, &one.item) == (file, item))
    };
    record.acknowledged.retain(|one| !is_stale(one));
    let mut items = Vec::new();
    for file in &found.files {
        for item in file.items.iter().filter(|item| item.is_drift()) {
            if file.path != path && owned.shown.join(&file.path) != path && !means(path, &item.path)
            {
                continue;
            }
            items.push(format!("{} {}", item.kind.as_str(), item.path));
            record.acknowledged.push(Acknowledged {
                file: file.path.clone(),
                item: item.path.clone(),
                kind: item.kind,
                hash: item.hash.clone(),
                reason: reason.to_owned(),
            });
        }
    }
    record.sort();
    Ok((!items.is_empty()).then_some(Noted { record, items }))
}

fn means(query: &str, path: &str) -> bool {
    let rest = path.strip_suffix(query);
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with("::") || rest.ends_with(' '))
}

/// Writes the report as JSON.
///
/// # Errors
/// Those of `out`.
pub fn json(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", json_safe(serde_json::to_string_pretty(report)?))
}
