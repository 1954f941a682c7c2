//! Which files the database sees: every Rust source below the packages' folders, the build
//! scripts' output folders and std, and what `#[path]` or `include!` names outside of them.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use ra_ap_vfs::FileId;
use rayon::prelude::*;

use super::nested;
use super::slim::{self, Part};
use crate::cache::{Digest, Hasher};
use crate::error::{Error, Result};
use crate::model::{BuildOutput, Project};

pub(crate) struct LoadedFile {
    pub(crate) path: Utf8PathBuf,
    /// `None`: it is nested too deep to be read, and for the database not there.
    pub(crate) text: Option<String>,
}

impl LoadedFile {
    fn new(path: impl Into<Utf8PathBuf>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: Some(text.into()),
        }
    }

    pub(crate) fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }
}

pub(crate) struct Files {
    /// Sorted by path, our own last; a file's index is its raw [`FileId`].
    pub(crate) loaded: Vec<LoadedFile>,
    /// An empty file that is the root of the universe crate.
    pub(crate) universe: FileId,
    /// Stands in for std's private dependency.
    pub(crate) hashbrown: FileId,
    /// What the user should know of files that were not read.
    pub(crate) notices: Vec<String>,
}

/// The folder of files that are nowhere: a root for the universe, what stands in for std's parts.
pub(crate) const MADE_UP: &str = "/whittle";

/// rust-analyzer's offsets are 32 bits; a file near that size is no source.
const MAX_FILE: u64 = 64 << 20;

impl Files {
    /// Of the path and the text of each.
    pub(crate) fn digests(&self) -> Vec<Digest> {
        let one = |file: &LoadedFile| {
            let mut hasher = Hasher::default();
            hasher.text(file.path.as_str());
            hasher.text(file.text());
            hasher.finish()
        };
        self.loaded.par_iter().map(one).collect()
    }

    /// Without what the analysis never reads of std.
    pub(crate) fn slim(mut self, project: &Project) -> Self {
        slim_std(&mut self.loaded, &project.std_src.root);
        self
    }

    /// Without what is nested deeper than any program: rust-analyzer reports a module of it as
    /// missing, which is counted. To be asked on a big stack.
    ///
    /// # Errors
    /// When a target begins with such a file.
    pub(crate) fn shallow(mut self, project: &Project) -> Result<Self> {
        const WHY: &str = "it is nested deeper than any program, and was not read";
        let std = &project.std_src.root;
        let of_tree = self.loaded.par_iter_mut();
        let of_tree = of_tree.filter(|file| !file.path.starts_with(std));
        let doubtful = of_tree.filter(|file| nested::may_be_too_deep(file.text()));
        for file in doubtful.collect::<Vec<_>>() {
            if !nested::is_too_deep(file.text()) {
                continue;
            }
            if project.units.iter().any(|it| it.root_file == file.path) {
                return Err(Error::Io {
                    action: "read",
                    path: file.path.clone(),
                    why: WHY.to_owned(),
                });
            }
            file.text = None;
            self.notices.push(format!("{}: {WHY}", file.path));
        }
        Ok(self)
    }
}

/// Reads every file as it is on disk.
pub(crate) fn read_all(project: &Project) -> Files {
    let packages = project.packages.par_iter();
    let folders = packages.map(|package| package.manifest_dir.as_path());
    let found: Vec<Vec<Found>> = folders
        .chain(rayon::iter::once(project.std_src.root.as_path()))
        .map(|folder| walk(folder, project))
        .collect();
    let mut found: Vec<Found> = found.into_iter().flatten().collect();
    for unit in &project.units {
        found.push(Found::new(unit.root_file.clone()));
        if let BuildOutput::Ran { out_dir: Some(dir) } = &unit.build_output {
            walk_all(dir, &mut found);
        }
    }
    let places = Places::of(project);
    found.retain(|file| !file.is_link || places.hold(&file.path));
    let mut paths: BTreeSet<Utf8PathBuf> = found.into_iter().map(|file| file.path).collect();
    let mut files = read(paths.iter().cloned().collect());
    add_named_elsewhere(&mut files, &mut paths, &places);
    // Behind the sorted ones, so that real files keep their numbers.
    files.extend(read_instead(project));
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup_by(|a, b| a.path == b.path);
    let mut add = |path: &str, text: &str| {
        files.push(LoadedFile::new(path, text));
        FileId::from_raw(u32::try_from(files.len() - 1).unwrap_or(u32::MAX))
    };
    let universe = add("/whittle/universe/lib.rs", "");
    let hashbrown = add(
        "/whittle/hashbrown/lib.rs",
        include_str!("std_shapes/hashbrown.rs"),
    );
    Files {
        loaded: files,
        universe,
        hashbrown,
        notices: Vec::new(),
    }
}

/// What build scripts that were read would write.
fn read_instead(project: &Project) -> Vec<LoadedFile> {
    let mut files = Vec::new();
    for unit in &project.units {
        if let BuildOutput::Read { out_dir, reading } = &unit.build_output {
            let made = reading.out_files.iter();
            files.extend(made.map(|(name, text)| LoadedFile::new(out_dir.join(name), text)));
        }
    }
    files
}

fn slim_std(files: &mut [LoadedFile], root: &Utf8Path) {
    let intrinsics = root.join("stdarch");
    let of_std = files
        .par_iter_mut()
        .filter(|file| file.path.starts_with(root));
    of_std.for_each(|file| {
        let part = if file.path.starts_with(&intrinsics) {
            Part::Intrinsics
        } else {
            Part::Other
        };
        file.text = Some(slim::std_source(file.text(), part));
    });
}

/// Files that are not UTF-8, too large or gone are left out: rust-analyzer then reports the
/// module as missing, which is counted. So are pipes and devices, which may never end.
fn read(paths: Vec<Utf8PathBuf>) -> Vec<LoadedFile> {
    paths
        .into_par_iter()
        .filter_map(|path| {
            let facts = std::fs::metadata(&path).ok()?;
            if !facts.is_file() || facts.len() > MAX_FILE {
                return None;
            }
            let text = std::fs::read_to_string(&path).ok()?;
            Some(LoadedFile::new(path, text))
        })
        .collect()
}

struct Found {
    path: Utf8PathBuf,
    is_link: bool,
}

impl Found {
    fn new(path: Utf8PathBuf) -> Self {
        let facts = path.symlink_metadata();
        let is_link = facts.is_ok_and(|facts| facts.is_symlink());
        Self { path, is_link }
    }
}

/// The folders whose files a source may lead to: by a link, `#[path]` or `include!`. Sources
/// are strangers' text, and what they name elsewhere is none of their business.
struct Places(Vec<Utf8PathBuf>);

impl Places {
    fn of(project: &Project) -> Self {
        let packages = project.packages.iter().map(|package| &package.manifest_dir);
        let out_dirs = project
            .units
            .iter()
            .filter_map(|unit| match &unit.build_output {
                BuildOutput::Ran { out_dir } => out_dir.as_ref(),
                _ => None,
            });
        let own = [&project.workspace_root, &project.std_src.root];
        let folders: BTreeSet<Utf8PathBuf> = packages
            .chain(out_dirs)
            .chain(own)
            .filter_map(|folder| folder.canonicalize_utf8().ok())
            .collect();
        Self(folders.into_iter().collect())
    }

    fn hold(&self, path: &Utf8Path) -> bool {
        path.canonicalize_utf8()
            .is_ok_and(|path| self.0.iter().any(|folder| path.starts_with(folder)))
    }
}

/// `#[path = "../x.rs"]` and `include!("../x.rs")` may leave the package's folder.
fn add_named_elsewhere(
    files: &mut Vec<LoadedFile>,
    paths: &mut BTreeSet<Utf8PathBuf>,
    places: &Places,
) {
    let mut from = 0;
    while from < files.len() {
        let wanted: BTreeSet<Utf8PathBuf> = files[from..]
            .par_iter()
            .flat_map_iter(named_files)
            .collect::<Vec<_>>()
            .into_iter()
            .filter(|path| !paths.contains(path) && places.hold(path))
            .collect();
        from = files.len();
        paths.extend(wanted.iter().cloned());
        files.extend(read(wanted.into_iter().collect()));
    }
}

/// Relative paths after `path =` or `include!(` that climb out with `..`, and included files
/// that do not look like Rust.
pub(crate) fn named_files(file: &LoadedFile) -> Vec<Utf8PathBuf> {
    let Some(dir) = file.path.parent() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for marker in ["path", "include!"] {
        for (at, _) in file.text().match_indices(marker) {
            let rest = file.text()[at + marker.len()..]
                .trim_start_matches(['(', ' ', '=', '\n', '\t', '{', '[']);
            let Some(literal) = rest
                .strip_prefix('"')
                .and_then(|rest| rest.split('"').next())
            else {
                continue;
            };
            if literal.contains("..")
                || (marker == "include!" && Utf8Path::new(literal).extension() != Some("rs"))
            {
                let mut path = normalize(&dir.join(literal));
                found.push(path.clone());
                // A `#[path]` inside an inline module is relative to that module's folder.
                if let Some(stem) = file.path.file_stem() {
                    path = normalize(&dir.join(stem).join(literal));
                    found.push(path);
                }
            }
        }
    }
    found
}

/// Resolves `.` and `..` by text, as rust-analyzer does.
fn normalize(path: &Utf8Path) -> Utf8PathBuf {
    let mut out = Utf8PathBuf::new();
    for part in path.components() {
        match part {
            camino::Utf8Component::ParentDir => {
                out.pop();
            }
            camino::Utf8Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}

/// The Rust files below `dir`, without target folders, hidden folders and links to folders.
fn walk(dir: &Utf8Path, project: &Project) -> Vec<Found> {
    let mut found = Vec::new();
    let mut pending = vec![dir.to_owned()];
    while let Some(dir) = pending.pop() {
        let Ok(entries) = dir.read_dir_utf8() else {
            continue;
        };
        for entry in entries.flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if kind.is_dir() {
                let skip = name.starts_with('.')
                    || project.out_dir.starts_with(path) && !project.std_src.root.starts_with(path)
                    || path.join("CACHEDIR.TAG").exists();
                if !skip {
                    pending.push(path.to_owned());
                }
            } else if path.extension() == Some("rs") {
                found.push(Found {
                    path: path.to_owned(),
                    is_link: kind.is_symlink(),
                });
            }
        }
    }
    found
}

/// A build script's output: included by any name.
fn walk_all(dir: &Utf8Path, found: &mut Vec<Found>) {
    let mut pending = vec![dir.to_owned()];
    while let Some(dir) = pending.pop() {
        let Ok(entries) = dir.read_dir_utf8() else {
            continue;
        };
        for entry in entries.flatten() {
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if kind.is_dir() {
                pending.push(entry.path().to_owned());
            } else if entry.metadata().is_ok_and(|meta| meta.len() < 16 << 20) {
                found.push(Found {
                    path: entry.path().to_owned(),
                    is_link: kind.is_symlink(),
                });
            }
        }
    }
}
