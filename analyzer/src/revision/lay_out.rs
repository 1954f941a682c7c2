//! A commit's tree as files in a folder.
//!
//! All names are judged before the first file is written: they are relative, plain, and no two of
//! them are one on a file system that does not tell case apart. Files and folders are only ever
//! created, never opened, and links come last, so that nothing is written through one.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};

use super::tree::{self, Entry};
use super::{Commit, Object, Repository};
use crate::error::{Error, Result};

/// What became of a tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LaidOut {
    pub files: usize,
    pub bytes: u64,
    /// What is in the commit and not in the folder, in the order of the tree.
    pub left_out: Vec<LeftOut>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Relative to the top of the repository; what is not UTF-8 in it is replaced.
    pub path: String,
    pub why: Why,
}

/// Why something was not laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// A commit of another repository.
    Submodule,
    /// A link that leads out of the tree, or that cannot be made here.
    Link,
    /// The same name as another, but for case, or a name that is a file and a folder.
    Clash,
    /// `..`, `.git`, or another name that no file may have.
    Name,
    NotUtf8,
    TooLarge,
    /// The clone (a partial one) does not have the content.
    Missing,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.why {
            Why::Submodule => "a submodule",
            Why::Link => "a link that leads out of the tree",
            Why::Clash => "its name clashes with another",
            Why::Name => "no name for a file",
            Why::NotUtf8 => "its name is not UTF-8",
            Why::TooLarge => "too large",
            Why::Missing => "the clone does not have its content",
        };
        write!(f, "`{}` ({why})", self.path)
    }
}

impl Repository {
    /// Writes the tree of a commit into `folder`, which must not exist yet.
    ///
    /// # Errors
    /// When the tree has more entries or bytes than the limits allow, or something cannot be
    /// written. The folder is then removed.
    pub fn lay_out(&self, commit: &Commit, folder: &Utf8Path) -> Result<LaidOut> {
        let (entries, mut laid_out) = self.entries(commit)?;
        fs::create_dir(folder).map_err(|why| cannot_write(folder, &why))?;
        let written = self.write(&entries, folder, &mut laid_out);
        if let Err(error) = written {
            let _ = fs::remove_dir_all(folder);
            return Err(error);
        }
        laid_out.left_out.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(laid_out)
    }

    /// The entries of a commit's tree that may become files, and those that may not.
    pub(super) fn entries(&self, commit: &Commit) -> Result<(Vec<(String, Entry)>, LaidOut)> {
        let listing = ["ls-tree", "-r", "-z", "-l", "--full-tree", &commit.id];
        let mut running = self.git.start(&listing)?;
        running.no_input();
        let mut laid_out = LaidOut::default();
        let mut names = Names::default();
        let mut entries = Vec::new();
        let mut count = 0;
        let mut bytes = 0;
        while let Some(record) = running.until(0, super::CHUNK)? {
            count += 1;
            if count > self.limits.files {
                let limit = self.limits.files;
                return Err(too_much(commit, &format!("more than {limit} files")));
            }
            let entry = Entry::parse(&record)
                .ok_or_else(|| Error::Git("`git ls-tree` is not understood".to_owned()))?;
            let path = String::from_utf8_lossy(&entry.path).into_owned();
            let is_utf8 = path.as_bytes() == entry.path;
            if let Some(why) = self.objection(&entry, &path, is_utf8, &mut names) {
                laid_out.left_out.push(LeftOut { path, why });
                continue;
            }
            bytes += entry.size.unwrap_or(0);
            entries.push((path, entry));
            if bytes > self.limits.bytes {
                let limit = self.limits.bytes >> 20;
                return Err(too_much(commit, &format!("more than {limit} MiB")));
            }
        }
        running.finish()?;
        Ok((entries, laid_out))
    }

    fn objection(&self, entry: &Entry, path: &str, utf8: bool, names: &mut Names) -> Option<Why> {
        if !utf8 {
            return Some(Why::NotUtf8);
        }
        if !tree::is_plain(path) {
            return Some(Why::Name);
        }
        if entry.is_submodule() {
            return Some(Why::Submodule);
        }
        let Some(size) = entry.size else {
            return Some(Why::Missing);
        };
        if size > self.limits.file_bytes {
            return Some(Why::TooLarge);
        }
        (!names.add(path)).then_some(Why::Clash)
    }

    fn write(
        &self,
        entries: &[(String, Entry)],
        folder: &Utf8Path,
        laid_out: &mut LaidOut,
    ) -> Result<()> {
        let mut made = Utf8PathBuf::new();
        let mut links = Vec::new();
        for (path, entry) in entries {
            let relative = Utf8Path::new(path);
            let parent = relative.parent().unwrap_or(Utf8Path::new(""));
            if parent != made {
                let parent = folder.join(parent);
                fs::create_dir_all(&parent).map_err(|why| cannot_write(&parent, &why))?;
                parent
                    .strip_prefix(folder)
                    .unwrap_or(&parent)
                    .clone_into(&mut made);
            }
            let limit = self.limits.file_bytes;
            let Object::Is { content, .. } = self.object(&entry.id, limit)? else {
                let (path, why) = (path.clone(), Why::Missing);
                laid_out.left_out.push(LeftOut { path, why });
                continue;
            };
            if entry.is_link() {
                links.push((relative, content));
                continue;
            }
            let file = folder.join(relative);
            create(&file, &content, entry.is_executable())
                .map_err(|why| cannot_write(&file, &why))?;
            laid_out.files += 1;
            laid_out.bytes += content.len() as u64;
        }
        for (path, content) in links {
            let target = String::from_utf8(content).ok();
            let depth = path.components().count() - 1;
            let inside = target.filter(|target| tree::stays_inside(target, depth));
            match inside.map(|target| link(&target, &folder.join(path))) {
                Some(Ok(())) => laid_out.files += 1,
                Some(Err(_)) | None => laid_out.left_out.push(LeftOut {
                    path: path.as_str().to_owned(),
                    why: Why::Link,
                }),
            }
        }
        Ok(())
    }
}

/// The names taken so far, as a file system that ignores case has them.
#[derive(Default)]
struct Names(HashMap<String, Taken>);

struct Taken {
    name: String,
    is_folder: bool,
}

impl Names {
    /// False when a part of the path is taken by another name, or by one of another kind.
    fn add(&mut self, path: &str) -> bool {
        let folded = path.to_lowercase();
        let ends = |text: &str| -> Vec<usize> {
            let slashes = text.match_indices('/').map(|(at, _)| at);
            slashes.chain([text.len()]).collect()
        };
        let parts: Vec<(usize, usize)> = ends(path).into_iter().zip(ends(&folded)).collect();
        let free = parts.iter().enumerate().all(|(index, &(end, folded_end))| {
            let is_folder = index + 1 < parts.len();
            self.0
                .get(&folded[..folded_end])
                .is_none_or(|taken| taken.name == path[..end] && is_folder && taken.is_folder)
        });
        if free {
            for (index, &(end, folded_end)) in parts.iter().enumerate() {
                self.0
                    .entry(folded[..folded_end].to_owned())
                    .or_insert_with(|| Taken {
                        name: path[..end].to_owned(),
                        is_folder: index + 1 < parts.len(),
                    });
            }
        }
        free
    }
}

fn create(path: &Utf8Path, content: &[u8], executable: bool) -> std::io::Result<()> {
    let mut options = fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if executable {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o777);
    }
    #[cfg(not(unix))]
    let _ = executable;
    options.open(path)?.write_all(content)
}

#[cfg(unix)]
fn link(target: &str, path: &Utf8Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn link(_: &str, _: &Utf8Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

fn cannot_write(path: &Utf8Path, why: &std::io::Error) -> Error {
    Error::Io {
        action: "write",
        path: path.to_owned(),
        why: why.to_string(),
    }
}

fn too_much(commit: &Commit, what: &str) -> Error {
    Error::Git(format!("{} has {what}", commit.short()))
}
