//! `cargo whittle sync` as data: a copy brought to another version of its upstream.
//!
//! Base is the copy as it was made, theirs the same items of the newer version, mine what is in the
//! tree; all three as files with headers, merged one by one. The record is that of theirs, with the
//! acknowledged changes that are still there.

mod table;
mod versions;

use camino::{Utf8Path, Utf8PathBuf};
use whittle_extract::items::sha256;
use whittle_extract::manifest::with_version;
use whittle_extract::merge::{Labels, merge};
use whittle_extract::record::{Acknowledged, FILE_NAME, Mode, Record};
use whittle_extract::retake::retake;
use whittle_extract::verify::{Files, ItemVerdict, State, verify};

pub use self::table::table;
use self::versions::{Manifest, made_of, newer};
use super::{Owned, Sources, deep};
use crate::cache::Digest;
use crate::error::{Error, Result};
use crate::own::journal::{self, Change};

/// The package that owns a copy, as far as it matters here.
#[derive(Debug, Clone, Copy, Default)]
pub struct Owner<'a> {
    pub license: Option<&'a str>,
    /// As a number: what a newer edition writes otherwise is written so.
    pub edition: u16,
}

/// What would be done.
#[derive(Debug)]
pub struct Plan {
    name: String,
    from: String,
    to: String,
    /// From the root of the workspace.
    folder: Utf8PathBuf,
    /// What upstream changed of the items taken: file and item.
    changes: Vec<(Utf8PathBuf, ItemVerdict)>,
    files: Vec<Merge>,
    notes: Vec<String>,
}

/// One file of the copy.
#[derive(Debug)]
struct Merge {
    path: Utf8PathBuf,
    before: Option<Vec<u8>>,
    after: Vec<u8>,
    conflicts: usize,
}

impl Plan {
    /// Stretches that a person has to decide.
    #[must_use]
    pub fn conflicts(&self) -> usize {
        self.files.iter().map(|file| file.conflicts).sum()
    }

    /// What is to be written.
    fn changes(&self) -> impl Iterator<Item = Change> {
        self.files.iter().map(|file| Change {
            path: self.folder.join(&file.path),
            before: file.before.as_deref().map(Digest::of),
            after: Some(file.after.clone()),
        })
    }
}

/// What all plans write.
pub(crate) fn changes(plans: &[Plan]) -> Vec<Change> {
    plans.iter().flat_map(Plan::changes).collect()
}

/// Writes everything, or nothing.
///
/// # Errors
/// When a file is not what it was any more, or cannot be written.
pub(crate) fn apply(changes: &[Change], root: &Utf8Path) -> Result<()> {
    journal::apply(root, changes)
}

/// Works out what it takes to bring a copy to `to`, or to the newest version in the registry cache.
/// `host` is the package that owns it.
///
/// # Errors
/// When one of the versions is not at hand, cannot be read, or may not be copied any more.
pub fn plan(owned: &Owned, sources: &Sources, to: Option<&str>, host: Owner<'_>) -> Result<Plan> {
    let origin = &owned.record.origin;
    let fail = |why: String, help: &str| Error::Copy {
        place: owned.shown.join(FILE_NAME).to_string(),
        why,
        help: help.to_owned(),
    };
    let fetch = "fetch the .crate file and name its folder with `--upstream`; this tool never uses the network";
    let old = sources
        .get(origin)
        .map_err(|why| fail(format!("{} {} {why}", origin.name, origin.version), fetch))?;
    let registry = sources.registry_of(origin);
    let to = match to {
        Some(version) => version.to_owned(),
        None => registry.newest().ok_or_else(|| {
            fail(
                format!("no version of {} is in the registry cache", origin.name),
                fetch,
            )
        })?,
    };
    let (new, checksum) = registry.version(&to).map_err(|why| fail(why, fetch))?;
    let (mine, _) = owned.files()?;
    let work = || prepare(owned, &old.files, &new, &to, checksum, host, &mine);
    deep(work)?.map_err(|why| fail(why, "keep the version, or extract the crate again"))
}

/// Everything from texts; what goes wrong in words.
fn prepare(
    owned: &Owned,
    old: &Files,
    new: &Files,
    to: &str,
    checksum: String,
    host: Owner<'_>,
    mine: &Files,
) -> Result<Plan, String> {
    let record = &owned.record;
    let manifest = Manifest::read(new)?;
    let retaken = retake(record, to, host.edition, old, new).map_err(|why| why.to_string())?;
    let base = made_of(record, old, mine)?;
    let (theirs, mut notes) = newer(
        record,
        &manifest,
        &retaken,
        new,
        to,
        checksum,
        host.license,
        mine,
    )?;
    notes.extend(retaken.notes.iter().cloned());
    if manifest.package.edition() != record.origin.edition {
        notes.push(format!(
            "upstream's edition is {} now; it was {}",
            manifest.package.edition(),
            record.origin.edition
        ));
    }
    let labels = Labels {
        mine: "here",
        theirs: &format!("{} {to}", record.origin.name),
    };
    let mut files = Vec::new();
    for file in &theirs.files {
        let here = mine.get(&file.path);
        let module = record.files.iter().find(|one| one.path == file.path);
        let before = base.files.iter().find(|one| one.path == file.path);
        let texts = module
            .zip(before)
            .zip(here)
            .and_then(|((module, before), here)| {
                let text = |bytes: &'_ [u8]| std::str::from_utf8(bytes).ok().map(str::to_owned);
                Some((
                    module,
                    text(&before.bytes)?,
                    text(here)?,
                    text(&file.bytes)?,
                ))
            });
        let (after, conflicts) = match texts {
            Some((module, before, here, there)) => {
                let merged = merge(&before, &here, &there, &module.module, &labels);
                (merged.text.into_bytes(), merged.conflicts)
            }
            None => (file.bytes.clone(), 0),
        };
        files.push(Merge {
            path: file.path.clone(),
            before: here.cloned(),
            after,
            conflicts,
        });
    }
    files.extend(manifest_of(record, mine, to)?);
    for path in &retaken.gone {
        notes.push(format!(
            "{path} is gone upstream: it stays here as it is, decide what becomes of it"
        ));
    }
    let merged = record_of(record, theirs.record, &files, (old, new), mine);
    files.push(Merge {
        path: FILE_NAME.into(),
        before: Some(on_disk(owned)?),
        after: merged.print().into_bytes(),
        conflicts: retaken.gone.len(),
    });
    let changes = retaken.files.into_iter().flat_map(|file| {
        let path = file.path;
        file.changes.into_iter().map(move |one| (path.clone(), one))
    });
    Ok(Plan {
        name: record.origin.name.clone(),
        from: record.origin.version.clone(),
        to: to.to_owned(),
        folder: owned.shown.clone(),
        changes: changes.collect(),
        files,
        notes,
    })
}

/// The manifest of a copy that is a crate: its version is that of what it is a copy of.
fn manifest_of(record: &Record, mine: &Files, to: &str) -> Result<Option<Merge>, String> {
    let path = Utf8Path::new("Cargo.toml");
    let before = mine.get(path);
    let Some(before) = before.filter(|_| record.copy.mode == Mode::Crate) else {
        return Ok(None);
    };
    let text = std::str::from_utf8(before).map_err(|why| format!("{path}: {why}"))?;
    let origin = &record.origin;
    let after = with_version(text, &origin.name, &origin.version, to);
    let after = after.map_err(|why| format!("{path}: {why}"))?;
    Ok(Some(Merge {
        path: path.to_owned(),
        before: Some(before.clone()),
        after: after.into_bytes(),
        conflicts: 0,
    }))
}

fn on_disk(owned: &Owned) -> Result<Vec<u8>, String> {
    let path = owned.folder.join(FILE_NAME);
    std::fs::read(&path).map_err(|why| format!("{path}: {why}"))
}

/// The record of the merged copy: reasons stay with the items that they were given for, as long as
/// these were what was acknowledged, and nobody has to decide about their file.
fn record_of(
    old: &Record,
    mut new: Record,
    merged: &[Merge],
    (old_files, new_files): (&Files, &Files),
    mine: &Files,
) -> Record {
    let before = verify(old, mine, Some(old_files));
    let stood = |path: &Utf8Path, item: &ItemVerdict| {
        let files = before.files.iter().filter(|file| file.path == path);
        let mut items = files.flat_map(|file| &file.items);
        items.any(|one| {
            (one.kind, &one.path) == (item.kind, &item.path) && one.acknowledged.is_some()
        })
    };
    let decided = |path: &Utf8Path| {
        let mut files = merged.iter().filter(|file| file.path == path);
        files.all(|file| file.conflicts == 0)
    };
    new.host.clone_from(&old.host);
    let made = old.assets.iter().filter(|one| one.upstream.is_none());
    new.assets.extend(made.cloned().map(|mut one| {
        let written = merged.iter().find(|file| file.path == one.path);
        // What somebody changed in it is still to be seen.
        let as_made =
            |file: &&Merge| file.before.as_deref().map(sha256) == Some(one.sha256.clone());
        if let Some(file) = written.filter(as_made) {
            one.sha256 = sha256(&file.after);
        }
        one
    }));
    let mut here: Files = mine.clone();
    here.extend(
        merged
            .iter()
            .map(|file| (file.path.clone(), file.after.clone())),
    );
    let found = verify(&new, &here, Some(new_files));
    for file in &found.files {
        let differing = file.items.iter().filter(|item| {
            item.state != State::Same && stood(&file.path, item) && decided(&file.path)
        });
        for item in differing {
            let same = |one: &&Acknowledged| {
                one.file == file.path && (one.kind, &one.item) == (item.kind, &item.path)
            };
            if let Some(note) = old.acknowledged.iter().find(same) {
                new.acknowledged.push(Acknowledged {
                    hash: item.hash.clone(),
                    ..note.clone()
                });
            }
        }
    }
    new.sort();
    new
}
