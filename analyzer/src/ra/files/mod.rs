//! Which files the database sees: every Rust source below the packages' folders, the build
//! scripts' output folders and std, and what `#[path]` or `include!` names outside of them.

mod ahead;
mod one;
mod walk;

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use ra_ap_vfs::FileId;
use rayon::prelude::*;

pub(crate) use self::ahead::Ahead;
pub(crate) use self::one::LoadedFile;
use self::walk::{Found, Own, walk, walk_all};
use super::nested;
use super::slim::{self, Part};
use crate::cache::Digest;
use crate::error::{Error, Result};
use crate::model::{BuildOutput, Project};

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

impl Files {
    /// Of the path and the text of each, as they were read.
    pub(crate) fn digests(&self) -> Vec<Digest> {
        self.loaded.iter().map(|file| file.digest).collect()
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
        let doubtful = of_tree.filter(|file| file.may_be_too_deep());
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

/// Reads every file as it is on disk, those of `ahead` only where they have changed.
pub(crate) fn read_all(project: &Project, ahead: &Ahead) -> Files {
    let own = Own {
        out_dir: &project.out_dir,
        std: &project.std_src.root,
    };
    let packages = project.packages.par_iter();
    let folders = packages.map(|package| package.manifest_dir.as_path());
    let found: Vec<Vec<Found>> = folders
        .chain(rayon::iter::once(project.std_src.root.as_path()))
        .map(|folder| walk(folder, own))
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
    let mut files = ahead.files(paths.iter().cloned().collect());
    add_named_elsewhere(&mut files, &mut paths, &places, ahead);
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
        include_str!("../std_shapes/hashbrown.rs"),
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
    files.par_iter_mut().for_each(|file| {
        if let Some(part) = part_of_std(&file.path, root) {
            file.slim_down(part);
        }
    });
}

/// `None`: it is not of std, which is below `root`.
fn part_of_std(path: &Utf8Path, root: &Utf8Path) -> Option<Part> {
    let inner = path.strip_prefix(root).ok()?;
    Some(if inner.starts_with("stdarch") {
        Part::Intrinsics
    } else {
        Part::Other
    })
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
    ahead: &Ahead,
) {
    let mut from = 0;
    while from < files.len() {
        let wanted: BTreeSet<Utf8PathBuf> = files[from..]
            .iter()
            .flat_map(|file| &file.named)
            .filter(|path| !paths.contains(*path) && places.hold(path))
            .cloned()
            .collect();
        from = files.len();
        paths.extend(wanted.iter().cloned());
        files.extend(ahead.files(wanted.into_iter().collect()));
    }
}
