//! `cargo whittle sync` as data: a copy brought to another version of its upstream.
//!
//! Base is the copy as it was made, theirs the same items of the newer version, mine what is in the
//! tree; all three as files with headers, merged one by one. The record is that of theirs, with the
//! acknowledged changes that are still there.

use std::io::{self, Write};

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;
use whittle_extract::emit::{self, Emission, Emitted, Included, Source};
use whittle_extract::license::{self, Class, Grant, Offer, Text, role_of};
use whittle_extract::merge::{Labels, merge};
use whittle_extract::record::{Acknowledged, FILE_NAME, Origin, Record};
use whittle_extract::retake::{Retake, retake};
use whittle_extract::verify::{Files, ItemVerdict, State, verify};

use super::{Owned, Sources, deep};
use crate::cache::Digest;
use crate::error::{Error, Result};
use crate::own::journal::{self, Change};
use crate::report::paint::{BAD, FAINT, GOOD, Paint, STRONG};
use crate::report::text::{plural, sanitize, wrap};

const WIDTH: usize = 100;

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

/// Writes everything of all plans, or nothing.
///
/// # Errors
/// When a file is not what it was any more, or cannot be written.
pub fn apply(plans: &[Plan], root: &Utf8Path) -> Result<()> {
    journal::apply(root, &changes(plans))
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
    let to = match to {
        Some(version) => version.to_owned(),
        None => sources.newest(origin).ok_or_else(|| {
            fail(
                format!("no version of {} is in the registry cache", origin.name),
                fetch,
            )
        })?,
    };
    let (new, checksum) = sources
        .version(origin, &to)
        .map_err(|why| fail(why, fetch))?;
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

fn on_disk(owned: &Owned) -> Result<Vec<u8>, String> {
    let path = owned.folder.join(FILE_NAME);
    std::fs::read(&path).map_err(|why| format!("{path}: {why}"))
}

/// The copy as it was made.
fn made_of(record: &Record, old: &Files, mine: &Files) -> Result<Emitted, String> {
    let mut texts = Vec::new();
    for file in &record.license.files {
        let bytes = match &file.upstream {
            Some(path) => old.get(path),
            None => mine.get(&file.path),
        };
        texts.push(Text {
            path: file.upstream.as_ref().unwrap_or(&file.path).to_string(),
            text: lossy(bytes),
            supplied: file.upstream.is_none(),
        });
    }
    let grant = Grant {
        expression: record.license.expression.clone(),
        chosen: record.license.chosen.clone(),
        class: Class::Notice,
        files: (0..texts.len()).collect(),
        copyright: record.license.copyright.clone(),
        notes: Vec::new(),
    };
    let mut sources = Vec::new();
    for file in &record.files {
        let text = old
            .get(&file.upstream)
            .map(|bytes| std::str::from_utf8(bytes));
        let Some(Ok(text)) = text else {
            return Err(format!("upstream has no text `{}`", file.upstream));
        };
        sources.push(Source {
            path: file.path.clone(),
            upstream: file.upstream.clone(),
            module: file.module.clone(),
            text,
            edits: file.edits.clone(),
        });
    }
    emit::emit(&Emission {
        tool: &record.tool,
        command: &record.command,
        origin: record.origin.clone(),
        copy: record.copy.clone(),
        // What a file declares was judged when it was copied.
        host_license: Some(&record.license.chosen),
        grant: &grant,
        texts: &texts,
        sources,
        assets: included(record, old),
    })
    .map_err(|why| why.to_string())
}

/// The same items of the newer version, under the licence that it has.
#[expect(
    clippy::too_many_arguments,
    reason = "what a copy is made of, called once"
)]
fn newer(
    record: &Record,
    manifest: &Manifest,
    retaken: &Retake,
    new: &Files,
    to: &str,
    checksum: String,
    host: Option<&str>,
    mine: &Files,
) -> Result<(Emitted, Vec<String>), String> {
    let mut texts: Vec<Text> = new
        .iter()
        .filter(|(path, _)| role_of(path.as_str()).is_some())
        .map(|(path, bytes)| Text {
            path: path.to_string(),
            text: lossy(Some(bytes)),
            supplied: false,
        })
        .collect();
    let supplied = record
        .license
        .files
        .iter()
        .filter(|file| file.upstream.is_none());
    texts.extend(supplied.map(|file| Text {
        path: file.path.to_string(),
        text: lossy(mine.get(&file.path)),
        supplied: true,
    }));
    let package = &manifest.package;
    let offer = Offer {
        expression: package.license.as_deref(),
        license_file: package.license_file.as_deref(),
        authors: &package.authors,
        texts: &texts,
    };
    let grant = license::judge(&offer, host)
        .map_err(|why| format!("{to} may not be copied: {why} ({})", why.remedy()))?;
    let mut notes = Vec::new();
    if grant.expression != record.license.expression {
        notes.push(format!(
            "the licence was {} and is {}",
            record.license.expression, grant.expression
        ));
    }
    let sources = retaken.files.iter().filter_map(|file| {
        Some(Source {
            path: file.path.clone(),
            upstream: file.upstream.clone(),
            module: file.module.clone(),
            text: std::str::from_utf8(new.get(&file.upstream)?).ok()?,
            edits: file.edits.clone(),
        })
    });
    let emitted = emit::emit(&Emission {
        tool: env!("CARGO_PKG_VERSION"),
        command: &record.command,
        origin: Origin {
            version: to.to_owned(),
            checksum: Some(checksum),
            edition: package.edition(),
            repository: package.repository.clone(),
            ..record.origin.clone()
        },
        copy: record.copy.clone(),
        host_license: host,
        grant: &grant,
        texts: &texts,
        sources: sources.collect(),
        assets: included(record, new),
    });
    Ok((emitted.map_err(|why| why.to_string())?, notes))
}

fn included<'a>(record: &Record, files: &'a Files) -> Vec<Included<'a>> {
    let assets = record.assets.iter();
    let found = assets.filter_map(|one| {
        let upstream = one.upstream.clone()?;
        Some(Included {
            path: one.path.clone(),
            bytes: files.get(&upstream)?,
            upstream,
        })
    });
    found.collect()
}

fn lossy(bytes: Option<&Vec<u8>>) -> String {
    bytes.map_or_else(String::new, |bytes| {
        String::from_utf8_lossy(bytes).into_owned()
    })
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
    new.assets.extend(made.cloned());
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

#[derive(Debug, Deserialize)]
struct Manifest {
    package: PackageTable,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct PackageTable {
    edition: Option<String>,
    license: Option<String>,
    license_file: Option<String>,
    #[serde(default)]
    authors: Vec<String>,
    repository: Option<String>,
}

impl Manifest {
    fn read(files: &Files) -> Result<Self, String> {
        let text = files
            .get(Utf8Path::new("Cargo.toml"))
            .ok_or("it has no Cargo.toml")?;
        let text = std::str::from_utf8(text).map_err(|why| why.to_string())?;
        toml::from_str(text).map_err(|why| format!("its Cargo.toml: {}", why.message()))
    }
}

impl PackageTable {
    fn edition(&self) -> u16 {
        let edition = self.edition.as_deref().unwrap_or("2015");
        edition.parse().unwrap_or(2015)
    }
}

/// Writes the plan for people: what upstream changed first, then what becomes of the files.
///
/// # Errors
/// Those of `out`.
pub fn table(plan: &Plan, diffs: bool, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let title = format!("{} {} -> {}", plan.name, plan.from, plan.to);
    let place = format!(" in {}", plan.folder);
    writeln!(
        out,
        "{}{}",
        paint.paint(STRONG, &sanitize(&title)),
        sanitize(&place)
    )?;
    let count = plan.changes.len() as u64;
    writeln!(
        out,
        "  upstream changed {} of what was taken",
        plural(count, "item", "items")
    )?;
    for (file, item) in &plan.changes {
        let (word, style) = match item.state {
            State::Missing => ("gone   ", BAD),
            State::Added => ("needed ", GOOD),
            _ => ("changed", STRONG),
        };
        let name = format!("{} {}", item.kind.as_str(), item.path);
        writeln!(
            out,
            "  {}  {}  {}",
            paint.paint(style, word),
            sanitize(&name),
            paint.paint(FAINT, &sanitize(file.as_str()))
        )?;
        for line in item
            .diff
            .iter()
            .flat_map(|diff| diff.lines())
            .filter(|_| diffs)
        {
            writeln!(out, "           {}", sanitize(line))?;
        }
    }
    for file in &plan.files {
        if file.before.as_ref() == Some(&file.after) && file.conflicts == 0 {
            continue;
        }
        let conflicts = match file.conflicts {
            0 => String::new(),
            count => format!(", {}", plural(count as u64, "conflict", "conflicts")),
        };
        let line = format!("  writes {}{conflicts}", plan.folder.join(&file.path));
        let style = if file.conflicts > 0 { BAD } else { FAINT };
        writeln!(out, "{}", paint.paint(style, &sanitize(&line)))?;
    }
    for note in &plan.notes {
        writeln!(out, "  note: {}", wrap(&sanitize(note), WIDTH, "        "))?;
    }
    Ok(())
}
