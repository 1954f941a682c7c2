//! The files of an extraction: those of the copy, and those of the workspace as they will be.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use whittle_extract::edit::{Edit, apply, settle};
use whittle_extract::emit::{Emission, Included, Source as Copied, emit, with_module};
use whittle_extract::items::sha256;
use whittle_extract::manifest::allowing;
use whittle_extract::record::{Asset, Copy, FILE_NAME, HostFile, Mode, Origin, Record, changes};
use whittle_extract::refuse::{Reason, Refusal};
use whittle_extract::request::{FileIndex, Place};
use whittle_extract::rewrite::Allow;

use super::extraction::{Extraction, Planned};
use super::gather;
use crate::error::{Error, Result};
use crate::model::Source;

/// Lints that a formatter's and reviewer's tools would raise on code that is not the package's.
const FOREIGN: [&str; 4] = [
    "clippy::all",
    "clippy::pedantic",
    "clippy::nursery",
    "clippy::restriction",
];

/// What is written, by path relative to the workspace's root.
pub(crate) struct Files {
    pub(crate) after: BTreeMap<Utf8PathBuf, Vec<u8>>,
    /// Files that are there already, as they are.
    pub(crate) before: BTreeMap<Utf8PathBuf, Vec<u8>>,
    record: Record,
    record_path: Utf8PathBuf,
    copies: BTreeMap<Utf8PathBuf, Mapped>,
}

/// A copied file, and how its bytes came about.
struct Mapped {
    file: FileIndex,
    edits: Vec<Edit>,
    body: usize,
}

impl Files {
    /// The place upstream of a byte of a copied file.
    pub(crate) fn upstream(&self, path: &Utf8Path, offset: u32) -> Option<Place> {
        let mapped = self.copies.get(path)?;
        let text = self.after.get(path)?;
        // The header only adds to the front.
        let from_end = text.len().checked_sub(offset as usize)?;
        let offset = u32::try_from(mapped.body.checked_sub(from_end)?).ok()?;
        Some(Place {
            file: mapped.file,
            offset: back(&mapped.edits, offset)?,
        })
    }

    pub(crate) fn is_copy(&self, path: &Utf8Path) -> bool {
        self.copies.contains_key(path)
    }

    /// With the lock file as cargo made it, and the record of all that was changed.
    pub(crate) fn finish(&mut self, lock: &[u8], before: &[u8]) {
        let path = Utf8PathBuf::from("Cargo.lock");
        if lock != before {
            self.after.insert(path.clone(), lock.to_vec());
            self.before.insert(path, before.to_vec());
        }
        let mut record = self.record.clone();
        let folder = self.record_path.parent().unwrap_or(&self.record_path);
        for (path, after) in &self.after {
            let is_of_copy = record_owns(&record, path, &self.record_path);
            if is_of_copy {
                continue;
            }
            let before = self.before.get(path);
            // The manifest of a copy that is a crate: `verify` answers for all of the folder.
            if let (None, Ok(path)) = (before, path.strip_prefix(folder)) {
                record.assets.push(Asset {
                    path: path.to_owned(),
                    upstream: None,
                    sha256: sha256(after),
                });
                continue;
            }
            let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
            record.host.push(HostFile {
                path: path.clone(),
                created: before.is_none(),
                // Of a file that is made, all of it: it goes again only as it was made.
                changes: changes(&before.map_or_else(String::new, text), &text(after)),
            });
        }
        record.sort();
        self.after
            .insert(self.record_path.clone(), record.print().into_bytes());
    }
}

fn record_owns(record: &Record, path: &Utf8Path, record_path: &Utf8Path) -> bool {
    let folder = record_path.parent().unwrap_or(record_path);
    let Ok(path) = path.strip_prefix(folder) else {
        return false;
    };
    path == FILE_NAME
        || record.files.iter().any(|file| file.path == path)
        || record.assets.iter().any(|asset| asset.path == path)
        || record.license.files.iter().any(|asset| asset.path == path)
}

/// The files of a plan; `allows` are the lints that the copy is declared with.
///
/// # Errors
/// The inner one when the copy cannot be written; the outer when a file cannot be read.
pub(crate) fn files(
    extraction: &Extraction<'_>,
    planned: &Planned,
    allows: &BTreeSet<String>,
) -> Result<std::result::Result<Files, Refusal>> {
    let Ok(grant) = &extraction.grant else {
        return Err(Error::Usage("the licence does not allow a copy".to_owned()));
    };
    let plan = &planned.plan;
    let texts = &extraction.gathered.texts;
    let text = |file: FileIndex| texts.get(file as usize).map_or("", String::as_str);
    let sources = plan.files.iter().map(|file| Copied {
        path: file.path.clone(),
        upstream: file.upstream.clone(),
        module: file.module.clone(),
        text: text(file.file),
        edits: file.edits.clone(),
    });
    let mut included = Vec::new();
    for one in &plan.includes {
        let bytes = fs::read(&one.from).map_err(|why| Error::Io {
            action: "read",
            path: one.from.clone(),
            why: why.to_string(),
        })?;
        included.push((one.path.clone(), one.upstream.clone(), bytes));
    }
    let owner = &extraction.analysis.project.packages[extraction.host.package];
    let command = command(extraction);
    let emitted = emit(&Emission {
        tool: env!("CARGO_PKG_VERSION"),
        command: &command,
        origin: origin(extraction)?,
        copy: Copy {
            mode: plan.mode,
            package: owner.name.clone(),
            path: match plan.mode {
                Mode::Module => extraction.placement.path(),
                Mode::Crate => extraction.gathered.upstream.crate_name.clone(),
            },
            features: extraction
                .gathered
                .upstream
                .features
                .iter()
                .cloned()
                .collect(),
            cfgs: Copy::deciding(&extraction.gathered.upstream.cfgs),
            asked: extraction.asked.paths.clone(),
        },
        host_license: owner.license.as_deref(),
        grant,
        texts: &extraction.gathered.licenses,
        sources: sources.collect(),
        assets: included
            .iter()
            .map(|(path, upstream, bytes)| Included {
                path: path.clone(),
                upstream: upstream.clone(),
                bytes,
            })
            .collect(),
    });
    let emitted = match emitted {
        Ok(emitted) => emitted,
        Err(why) => {
            let what = format!("`{}` ({why})", plan.name);
            return Ok(Err(Refusal::new(Reason::Unreadable, what)));
        }
    };
    let folder = extraction.folder();
    let mut out = Files {
        after: BTreeMap::new(),
        before: BTreeMap::new(),
        record: emitted.record,
        record_path: folder.join(FILE_NAME),
        copies: BTreeMap::new(),
    };
    for file in emitted.files {
        out.after.insert(folder.join(file.path), file.bytes);
    }
    for file in &plan.files {
        let edits = settle(&file.edits).unwrap_or_default();
        let body = apply(text(file.file), &edits).unwrap_or_default().len();
        let mapped = Mapped {
            file: file.file,
            edits,
            body,
        };
        out.copies.insert(folder.join(&file.path), mapped);
    }
    of_workspace(extraction, planned, allows, &mut out)?;
    Ok(Ok(out))
}

/// What changes in files that are the workspace's own.
fn of_workspace(
    extraction: &Extraction<'_>,
    planned: &Planned,
    allows: &BTreeSet<String>,
    out: &mut Files,
) -> Result<()> {
    let root = &extraction.analysis.project.workspace_root;
    for file in &planned.plan.host_files {
        let Some(before) = extraction.gathered.texts.get(file.file as usize) else {
            continue;
        };
        let path = extraction.below_root(&extraction.host.folder.join(&file.path));
        let after = apply(before, &file.edits).unwrap_or_else(|_| before.clone());
        out.before.insert(path.clone(), before.clone().into_bytes());
        out.after.insert(path, after.into_bytes());
    }
    let of_copy = extraction.folder().join("Cargo.toml");
    for (path, after) in &planned.manifests {
        let after = if *path == of_copy {
            allowing(after, allows)
        } else {
            after.clone()
        };
        out.after.insert(path.clone(), after.into_bytes());
        if let Some(before) = there(&root.join(path))? {
            out.before.insert(path.clone(), before);
        }
    }
    if planned.plan.mode == Mode::Module {
        let path = extraction.modules().join("mod.rs");
        let before = there(&root.join(&path))?;
        let list = before.as_deref().map(String::from_utf8_lossy);
        let mut allows: Vec<String> = allows.iter().cloned().collect();
        allows.extend(FOREIGN.map(str::to_owned));
        let text = with_module(list.as_deref(), &extraction.placement.name, &allows);
        out.after.insert(path.clone(), text.into_bytes());
        if let Some(before) = before {
            out.before.insert(path, before);
        }
    }
    // What is as it was is not written.
    let before = &out.before;
    out.after
        .retain(|path, bytes| before.get(path) != Some(bytes));
    Ok(())
}

fn there(path: &Utf8Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(Error::Io {
            action: "read",
            path: path.to_owned(),
            why: why.to_string(),
        }),
    }
}

/// What makes the copy again.
fn command(extraction: &Extraction<'_>) -> String {
    let asked = extraction.asked;
    let upstream = extraction.upstream();
    let mut words = vec![format!("cargo whittle extract {}", upstream.name)];
    words.extend(asked.paths.iter().cloned());
    if extraction
        .analysis
        .project
        .packages
        .iter()
        .filter(|it| it.is_member)
        .count()
        > 1
    {
        words.push(format!("-p {}", extraction.host.name));
    }
    if asked.mode == Mode::Crate {
        words.push("--as crate".to_owned());
    }
    if let Some(file) = &asked.license_file {
        // Where it was is this machine's affair.
        words.push(format!(
            "--license-file {}",
            file.file_name().unwrap_or("LICENSE")
        ));
    }
    if let Some(into) = &asked.into {
        words.push(format!("--into {into}"));
    }
    let allow = asked.allow.iter().map(|it| match it {
        Allow::Asm => "asm",
        Allow::Simd => "simd",
        Allow::Extern => "extern",
    });
    let allow: Vec<&str> = allow.collect();
    if !allow.is_empty() {
        words.push(format!("--allow {}", allow.join(",")));
    }
    words.push("--apply".to_owned());
    words.join(" ")
}

fn origin(extraction: &Extraction<'_>) -> Result<Origin> {
    let upstream = extraction.upstream();
    let project = &extraction.analysis.project;
    let manifest = gather::read(&upstream.manifest_dir.join("Cargo.toml"))?;
    let manifest: toml::Table = manifest.parse().unwrap_or_default();
    let package = manifest.get("package");
    let repository = package.and_then(|it| it.get("repository")?.as_str().map(str::to_owned));
    let lock = project.workspace_root.join("Cargo.lock");
    // `registry+https://…#name@1.0.0`
    let source = upstream.id.split('#').next().unwrap_or_default();
    let source = match upstream.source {
        Source::Path => {
            let place = extraction.below_root(&upstream.manifest_dir);
            if place.is_relative() {
                format!("path+{place}")
            } else {
                "path".to_owned()
            }
        }
        Source::Registry => source.to_owned(),
        // With the commit.
        Source::Git => {
            let locked =
                crate::cargo::locked_source(&lock, &upstream.name, &upstream.version, source)?;
            locked.unwrap_or_else(|| source.to_owned())
        }
    };
    let checksum = crate::cargo::checksum(&lock, &upstream.name, &upstream.version, &source)?;
    Ok(Origin {
        name: upstream.name.clone(),
        version: upstream.version.clone(),
        crate_name: extraction.gathered.upstream.crate_name.clone(),
        edition: extraction.gathered.upstream.edition,
        source,
        checksum,
        repository,
    })
}

/// Where a byte of the edited text was; what an edit wrote is where the edit is.
fn back(edits: &[Edit], at: u32) -> Option<u32> {
    let mut shift: i64 = 0;
    for edit in edits {
        let start = i64::from(edit.range.start) + shift;
        if i64::from(at) < start {
            break;
        }
        let end = start + i64::try_from(edit.text.len()).ok()?;
        if i64::from(at) < end {
            return Some(edit.range.start);
        }
        shift = end - i64::from(edit.range.end);
    }
    u32::try_from(i64::from(at) - shift).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use whittle_extract::edit::{Span, Why};

    #[test]
    fn bytes_are_found_again() {
        let edit = |start, end, text: &str| Edit {
            range: Span::new(start, end),
            text: text.to_owned(),
            why: Why::NotNeeded,
        };
        let edits = [edit(1, 2, "XY"), edit(3, 5, ""), edit(8, 8, "!")];
        assert_eq!(apply("abcdefgh", &edits).unwrap(), "aXYcfgh!");
        let found: Vec<u32> = (0..8).map(|at| back(&edits, at).unwrap()).collect();
        assert_eq!(found, [0, 1, 1, 2, 5, 6, 7, 8]);
    }
}
