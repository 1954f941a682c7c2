//! A build script that goes along with a copy that is a crate of its own.
//!
//! It comes whole, with its dependencies and the features that were on. Which files it reads
//! nobody can tell from its text, so all of the package come along but those that are surely for
//! others: the library's sources, tests, papers. Whether they do is for the trial to show.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use whittle_extract::license::role_of;
use whittle_extract::plan::Include;
use whittle_extract::refuse::{Reason, Refusal};

use super::gather::Gathered;
use crate::model::{Analysis, Unit, UnitKind};

/// A package with more is not what one wants to own.
const FILES: usize = 256;
const BYTES: u64 = 4 << 20;
/// Folders at the top of a package that are not for building it.
const FOR_OTHERS: [&str; 6] = ["target", "tests", "benches", "examples", "docs", "ci"];

/// A build script and all that it may read.
pub(super) struct Kept {
    /// Within the package.
    pub(super) script: Utf8PathBuf,
    pub(super) files: Vec<Include>,
}

/// The unit that compiles the dependency's build script.
pub(super) fn unit<'a>(analysis: &'a Analysis, gathered: &Gathered) -> Option<&'a Unit> {
    let is_it =
        |unit: &&Unit| unit.package == gathered.package && unit.kind == UnitKind::BuildScript;
    analysis.project.units.iter().find(is_it)
}

/// What has to come along.
pub(super) fn keep(analysis: &Analysis, gathered: &Gathered) -> Result<Kept, Refusal> {
    let package = &analysis.project.packages[gathered.package];
    let refuse = |why: &str| {
        let what = format!("`{}` ({why})", package.name);
        Refusal::new(Reason::BuildScriptOutput, what)
    };
    let folder = &package.manifest_dir;
    let script = unit(analysis, gathered).map(|unit| unit.root_file.strip_prefix(folder));
    let Some(Ok(script)) = script else {
        return Err(refuse("its build script is not in its folder"));
    };
    let root = gathered.upstream.root as usize;
    let root = gathered.facts.files.get(root).and_then(|it| it.parent());
    let mut all = Walk {
        package: folder,
        sources: root.unwrap_or(folder),
        script: folder.join(script),
        files: Vec::new(),
        bytes: 0,
    };
    all.folder(folder)
        .map_err(|why| refuse(&format!("what its build script may read: {why}")))?;
    all.files.sort();
    Ok(Kept {
        script: script.to_owned(),
        files: all.files,
    })
}

struct Walk<'a> {
    package: &'a Utf8Path,
    /// Folder of the library's sources.
    sources: &'a Utf8Path,
    script: Utf8PathBuf,
    files: Vec<Include>,
    bytes: u64,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Utf8Path) -> Result<(), String> {
        let entries = folder.read_dir_utf8().map_err(|why| why.to_string())?;
        for entry in entries {
            let entry = entry.map_err(|why| why.to_string())?;
            let path = entry.path();
            // Links are not followed.
            let facts = fs::symlink_metadata(path).map_err(|why| why.to_string())?;
            if facts.is_dir() && !self.is_for_others(path) {
                self.folder(path)?;
            } else if facts.is_file() && self.may_be_read(path) {
                self.bytes += facts.len();
                self.add(path);
            }
            if self.files.len() > FILES || self.bytes > BYTES {
                return Err(format!("more than {FILES} files or {BYTES} bytes"));
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &Utf8Path) {
        if let Ok(within) = path.strip_prefix(self.package) {
            self.files.push(Include {
                from: path.to_owned(),
                upstream: within.to_owned(),
                path: within.to_owned(),
            });
        }
    }

    fn is_for_others(&self, folder: &Utf8Path) -> bool {
        let name = folder.file_name().unwrap_or_default();
        let at_top = folder.parent() == Some(self.package);
        name.starts_with('.')
            || at_top && FOR_OTHERS.contains(&name)
            || folder.join("Cargo.toml").is_file()
    }

    fn may_be_read(&self, path: &Utf8Path) -> bool {
        if path == self.script {
            return true;
        }
        let name = path.file_name().unwrap_or_default();
        let at_top = path.parent() == Some(self.package);
        let is_source = path.extension() == Some("rs")
            && path.starts_with(self.sources)
            && self.sources != self.package;
        // What a registry adds, what lies beside the copy anyway, what is for people.
        let is_paper = at_top
            && (name.starts_with("Cargo.") || role_of(name).is_some() || name.ends_with(".md"));
        !(name.starts_with('.') || is_source || is_paper)
    }
}
