//! A copy of the workspace in which everything is tried before it is done.
//!
//! What is copied is the repository's work tree, or the workspace where there is none, with the
//! path dependencies outside of it in their places; not `.git`, not target folders. It lies in the
//! tool's own folder, in a place that is the same every time, so that what cargo built of other
//! packages there is of use again. The tree itself is only read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use whittle_extract::manifest::paths;

use crate::cargo::layout_of;
use crate::error::{Error, Result};
use crate::model::{Analysis, Source};
use crate::options::Options;
use crate::revision::{Checkout, Repository, with_folders};

/// A copy of the workspace; removed when dropped.
pub(crate) struct Scratch {
    checkout: Checkout,
    /// Root of the real workspace.
    pub(crate) original: Utf8PathBuf,
    /// What was copied.
    top: Utf8PathBuf,
    /// The manifest that was selected, as seen from the workspace.
    manifest: Utf8PathBuf,
    /// Files that differ from the original, as they are to be put back: relative to the root.
    changed: BTreeSet<Utf8PathBuf>,
    pub(crate) notes: Vec<String>,
}

impl Scratch {
    /// Copies the workspace that was analyzed.
    ///
    /// # Errors
    /// When something cannot be read or written, or is too much.
    pub(crate) fn new(analysis: &Analysis, options: &Options) -> Result<Self> {
        let packages = analysis.project.packages.iter();
        let of_build = packages.filter(|package| package.source == Source::Path);
        Self::with(
            of_build.map(|it| it.manifest_dir.clone()).collect(),
            options,
        )
    }

    /// Copies the workspace that is selected, and path dependencies in these folders; what
    /// manifests lead to is found.
    ///
    /// # Errors
    /// When something cannot be read or written, or is too much.
    pub(crate) fn with(paths: Vec<Utf8PathBuf>, options: &Options) -> Result<Self> {
        let layout = layout_of(options.selection.manifest_path.clone())?;
        let (root, own) = (canonical(&layout.root)?, layout.own);
        fs::create_dir_all(&own).map_err(|why| io("create", &own, &why))?;
        let members = layout.members.into_iter().map(|member| member.folder);
        let folders = folders(paths.into_iter().chain(members).collect(), &root)?;
        let top = common(&folders).unwrap_or_else(|| root.clone());
        let parts: Vec<Utf8PathBuf> = folders
            .iter()
            .filter_map(|folder| folder.strip_prefix(&top).ok().map(Utf8Path::to_owned))
            .collect();
        // The root is in one of the folders.
        let below = root.strip_prefix(&top).unwrap_or(Utf8Path::new(""));
        let checkout = with_folders(&top, &parts, below, &own)?;
        let notes = checkout.laid_out.left_out.iter();
        let notes = notes.map(|left| format!("not copied for the trial: {left}"));
        Ok(Self {
            notes: notes.collect(),
            manifest: selected(&root, options)?,
            original: root,
            top,
            checkout,
            changed: BTreeSet::new(),
        })
    }

    /// Root of the copied workspace.
    pub(crate) fn root(&self) -> &Utf8Path {
        self.checkout.workspace()
    }

    /// Where the copy of a folder is; `None` when it was not copied.
    pub(crate) fn place(&self, folder: &Utf8Path) -> Option<Utf8PathBuf> {
        let folder = canonical(folder).ok()?;
        let place = self
            .checkout
            .root()
            .join(folder.strip_prefix(&self.top).ok()?);
        place.is_dir().then_some(place)
    }

    /// What selects the copy, with everything else as it was asked for.
    pub(crate) fn options(&self, options: &Options) -> Options {
        let mut options = options.clone();
        options.selection.manifest_path = Some(self.root().join(&self.manifest));
        options.selection.target_dir = Some(self.checkout.target_dir().to_owned());
        options
    }

    /// Makes the copy the original with these files (`None`: without them), whatever it was.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub(crate) fn set(&mut self, files: &BTreeMap<Utf8PathBuf, Option<Vec<u8>>>) -> Result<()> {
        let stale: Vec<Utf8PathBuf> = self
            .changed
            .iter()
            .filter(|path| !files.contains_key(*path))
            .cloned()
            .collect();
        for path in stale {
            let original = self.original.join(&path);
            let bytes = match fs::read(&original) {
                Ok(bytes) => Some(bytes),
                Err(why) if why.kind() == std::io::ErrorKind::NotFound => None,
                Err(why) => return Err(io("read", &original, &why)),
            };
            self.write(&path, bytes.as_deref())?;
            self.changed.remove(&path);
        }
        for (path, bytes) in files {
            self.write(path, bytes.as_deref())?;
            self.changed.insert(path.clone());
        }
        Ok(())
    }

    /// A file of the copy.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn read(&self, path: &Utf8Path) -> Result<Vec<u8>> {
        let file = self.root().join(path);
        fs::read(&file).map_err(|why| io("read", &file, &why))
    }

    /// A file that stays the same keeps its time, so that cargo does not build it again.
    fn write(&self, path: &Utf8Path, bytes: Option<&[u8]>) -> Result<()> {
        let file = self.root().join(path);
        let Some(bytes) = bytes else {
            return match fs::remove_file(&file) {
                Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
                    Err(io("remove", &file, &why))
                }
                _ => Ok(()),
            };
        };
        if fs::read(&file).is_ok_and(|there| there == bytes) {
            return Ok(());
        }
        let parent = file.parent().unwrap_or(&file);
        fs::create_dir_all(parent).map_err(|why| io("create", parent, &why))?;
        // Never through a link that was copied.
        if file
            .symlink_metadata()
            .is_ok_and(|facts| facts.is_symlink())
        {
            fs::remove_file(&file).map_err(|why| io("remove", &file, &why))?;
        }
        fs::write(&file, bytes).map_err(|why| io("write", &file, &why))
    }
}

/// What has to be copied, none within another: the repository or the workspace, and what lies
/// outside of it.
fn folders(mut packages: Vec<Utf8PathBuf>, root: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
    packages.push(root.to_owned());
    let mut folders = path_packages(packages);
    // A cache of the repository's (`target/…`) would not be copied.
    let is_cached = root
        .ancestors()
        .any(|folder| folder.join("CACHEDIR.TAG").symlink_metadata().is_ok());
    if let Ok(repository) = Repository::open(root)
        && !is_cached
    {
        folders.insert(canonical(repository.root())?);
    }
    let mut folders: Vec<Utf8PathBuf> = folders.into_iter().collect();
    // Sorted: what is in a folder comes right behind it.
    folders.dedup_by(|next, known| next.starts_with(known));
    Ok(folders)
}

/// Folders of all packages that a manifest leads to by a path, those that no feature of this build
/// needs too: cargo reads them all.
fn path_packages(mut pending: Vec<Utf8PathBuf>) -> BTreeSet<Utf8PathBuf> {
    let mut known = BTreeSet::new();
    while let Some(folder) = pending.pop() {
        // One that is not there is cargo's to judge.
        let Ok(folder) = folder.canonicalize_utf8() else {
            continue;
        };
        let text = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        if known.insert(folder.clone()) {
            let paths = paths(&text).unwrap_or_default();
            pending.extend(paths.iter().map(|path| folder.join(path)));
        }
    }
    known
}

fn common(folders: &[Utf8PathBuf]) -> Option<Utf8PathBuf> {
    let (first, rest) = folders.split_first()?;
    let mut above = first.ancestors();
    let top = above.find(|top| rest.iter().all(|folder| folder.starts_with(top)))?;
    Some(top.to_owned())
}

fn selected(root: &Utf8Path, options: &Options) -> Result<Utf8PathBuf> {
    let here = std::env::current_dir().unwrap_or_default();
    let here = Utf8PathBuf::from_path_buf(here).unwrap_or_default();
    let manifest = match &options.selection.manifest_path {
        Some(path) => here.join(path),
        None => here
            .ancestors()
            .map(|folder| folder.join("Cargo.toml"))
            .find(|manifest| manifest.is_file())
            .ok_or_else(|| Error::NoManifest(here.clone()))?,
    };
    let manifest = canonical(&manifest)?;
    let below = manifest.strip_prefix(root);
    below.map(Utf8Path::to_owned).map_err(|_| {
        Error::Usage(format!(
            "`{manifest}` is not below the workspace's root `{root}`"
        ))
    })
}

fn canonical(path: &Utf8Path) -> Result<Utf8PathBuf> {
    path.canonicalize_utf8()
        .map_err(|why| io("read", path, &why))
}

fn io(action: &'static str, path: &Utf8Path, why: &std::io::Error) -> Error {
    Error::Io {
        action,
        path: path.to_owned(),
        why: why.to_string(),
    }
}
