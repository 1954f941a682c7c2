//! Code of dependencies that the workspace owns: copies with a `whittled.toml`, found, compared
//! with what they are copies of, and reported.
//!
//! The tree is not trusted: the search is bounded and follows no link, a record's paths stay below
//! its folder, and upstream's text counts only when a checksum vouches for it (`upstream`).

mod archive;
mod find;
pub mod sync;
mod upstream;
pub mod verify;

use camino::{Utf8Path, Utf8PathBuf};
use whittle_extract::record::Record;
use whittle_extract::verify::Files;

use crate::cargo::{Layout, Member};
use crate::error::{Error, Result};
use crate::model::{Project, Source};
use crate::query;

pub(crate) use find::find;
pub use upstream::{Place, Sources, Upstream};

/// A copy in the workspace.
#[derive(Debug, Clone)]
pub struct Owned {
    /// Absolute.
    pub folder: Utf8PathBuf,
    /// The same from the root of the workspace.
    pub shown: Utf8PathBuf,
    /// The member it stands in.
    pub package: String,
    pub record: Record,
}

impl Owned {
    /// Whether `name` or `name@version` means it; `-` and `_` are the same.
    #[must_use]
    pub fn is(&self, spec: &str) -> bool {
        let origin = &self.record.origin;
        query::means(spec, &origin.name, &origin.version)
    }

    /// Its files, the record left out, and those that are links, which are not read.
    ///
    /// # Errors
    /// When the folder cannot be read, or holds more than any copy.
    pub fn files(&self) -> Result<(Files, Vec<Utf8PathBuf>)> {
        find::files(&self.folder)
    }
}

/// The copies of an analyzed workspace; none when its folder is not there (a made-up one).
///
/// # Errors
/// As [`find`].
pub(crate) fn of_project(project: &Project) -> Result<Vec<Owned>> {
    if !project.workspace_root.is_dir() {
        return Ok(Vec::new());
    }
    let members = project.packages.iter().filter(|package| package.is_member);
    let target = project.out_dir.parent().unwrap_or(&project.out_dir);
    find(&Layout {
        root: project.workspace_root.clone(),
        own: project.out_dir.clone(),
        target: target.to_owned(),
        members: members
            .map(|package| Member {
                name: package.name.clone(),
                // Only `sync` asks, of the manifests.
                edition: 0,
                folder: package.manifest_dir.clone(),
                license: package.license.clone(),
                paths: package
                    .dependencies
                    .iter()
                    .filter_map(|&index| project.packages.get(index))
                    .filter(|needed| needed.source == Source::Path && !needed.is_member)
                    .map(|needed| needed.manifest_dir.clone())
                    .collect(),
            })
            .collect(),
        cargo_home: None,
    })
}

/// As the engine's threads have it: parsers recur as deep as a text is nested.
const STACK: usize = 512 << 20;

/// Runs what parses texts of the tree.
fn deep<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T> {
    let failed = || Error::Copy {
        place: "owned code".to_owned(),
        why: "the comparison failed".to_owned(),
        help: "look for a file in it that no program has; if there is none, report this as a bug"
            .into(),
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let worker = thread.spawn_scoped(scope, work).map_err(|_| failed())?;
        worker.join().map_err(|_| failed())
    })
}

pub(crate) fn unreadable(path: &Utf8Path, why: impl std::fmt::Display) -> Error {
    Error::Io {
        action: "read",
        path: path.to_owned(),
        why: why.to_string(),
    }
}
