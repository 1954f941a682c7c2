//! The workspace's history, read from git's objects.
//!
//! [`Repository::open`] finds the repository that a workspace lies in, [`Repository::resolve`]
//! turns what the user calls a revision into a [`Commit`], [`Repository::read`] gives one file as
//! it was then, [`Repository::check_out`] lays a whole tree out in our own folder, and
//! [`Repository::range`] lists commits. [`with_lock_file`] lays out the working tree in the same
//! way, with another lock file. Nothing below `.git` is written, no hook, filter or other
//! program that the repository names is run, nothing is fetched: see `git.rs` for how.
//!
//! Objects are what is trusted least: sizes, counts and names are checked before anything is
//! written (`tree.rs`, `lay_out.rs`). What a checkout by git would have made otherwise (line
//! endings, files of LFS, submodules) is as the object has it, or left out and named.

mod check_out;
mod copy;
mod git;
mod lay_out;
#[cfg(test)]
mod tests;
mod tree;
mod work_tree;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use self::git::{Git, Running};
use crate::error::{Error, Result};

pub use self::check_out::Checkout;
pub(crate) use self::copy::with_folders;
pub use self::copy::with_lock_file;
pub use self::lay_out::{LaidOut, LeftOut, Why};

/// What a repository may hold before it is taken for an attack.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Entries of one tree, those left out too.
    pub files: usize,
    /// Bytes of one file; larger ones are left out of a layout.
    pub file_bytes: u64,
    /// Bytes of all files that are laid out.
    pub bytes: u64,
    /// Commits of one range.
    pub commits: usize,
    /// How long git may say nothing.
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            files: 500_000,
            file_bytes: 128 << 20,
            bytes: 8 << 30,
            commits: 100_000,
            patience: Duration::from_mins(2),
        }
    }
}

/// The repository of a workspace. May be shared between threads; they take turns.
#[derive(Debug)]
pub struct Repository {
    git: Git,
    root: Utf8PathBuf,
    prefix: Utf8PathBuf,
    shallow: bool,
    limits: Limits,
    /// A `cat-file --batch` that answers one request after the other.
    objects: Mutex<Option<Running>>,
}

/// One commit, as its object says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Forty or sixty-four hexadecimal digits.
    pub id: String,
    /// When it was committed, in seconds since 1970; 0 when it does not say so in numbers.
    pub time: u64,
    pub parents: Vec<String>,
    /// Its first line.
    pub title: String,
}

impl Commit {
    /// The id as people write it: twelve digits.
    #[must_use]
    pub fn short(&self) -> &str {
        self.id.get(..12).unwrap_or(&self.id)
    }
}

impl Repository {
    /// The repository that `workspace_root` lies in, which is the nearest folder above with a
    /// `.git`, be it a folder or (in worktrees and submodules) a file.
    ///
    /// # Errors
    /// [`Error::NoRepository`] when there is none, or git is missing or cannot read it.
    pub fn open(workspace_root: &Utf8Path) -> Result<Self> {
        Self::with_limits(workspace_root, Limits::default())
    }

    /// The same with other limits.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn with_limits(workspace_root: &Utf8Path, limits: Limits) -> Result<Self> {
        let none = |why: &str| Error::NoRepository {
            path: workspace_root.to_owned(),
            why: why.to_owned(),
        };
        let workspace = workspace_root.canonicalize_utf8();
        let workspace = workspace.map_err(|why| none(&why.to_string()))?;
        let has_git = |folder: &&Utf8Path| folder.join(".git").symlink_metadata().is_ok();
        let root = workspace.ancestors().find(has_git);
        let root = root.ok_or_else(|| none("there is no `.git` here or above"))?;
        if !same_owner(&root.join(".git"), &workspace) {
            return Err(none(
                "its `.git` belongs to another user than the workspace",
            ));
        }
        let git = Git::new(root, limits.patience);
        let said = git.all(
            &["rev-parse", "--absolute-git-dir", "--is-shallow-repository"],
            CHUNK,
        );
        let said = said.map_err(|error| match error {
            Error::Git(why) => none(&why),
            other => other,
        })?;
        let prefix = workspace.strip_prefix(root).unwrap_or(Utf8Path::new(""));
        Ok(Self {
            git,
            prefix: prefix.to_owned(),
            root: root.to_owned(),
            shallow: said.ends_with(b"true\n"),
            limits,
            objects: Mutex::new(None),
        })
    }

    /// The top folder of the work tree.
    #[must_use]
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// Where the workspace is in it; empty at the top.
    #[must_use]
    pub fn prefix(&self) -> &Utf8Path {
        &self.prefix
    }

    /// Only the newest part of the history was fetched.
    #[must_use]
    pub fn is_shallow(&self) -> bool {
        self.shallow
    }

    /// The commit that git would take `revision` for: a branch, a tag, an id, `HEAD~3`, …
    ///
    /// # Errors
    /// [`Error::NoRevision`], which says so when the clone is shallow.
    pub fn resolve(&self, revision: &str) -> Result<Commit> {
        if revision.is_empty() || revision.starts_with('-') {
            return Err(self.no_revision(revision, "this is no name of a revision"));
        }
        if revision.len() > 1000 || revision.contains(char::is_control) {
            return Err(self.no_revision(&revision.escape_debug().to_string(), "not a name"));
        }
        let commit = format!("{revision}^{{commit}}");
        let found = self.git.all(
            &["rev-parse", "--verify", "--end-of-options", &commit],
            CHUNK,
        );
        let found = found.map_err(|error| match error {
            Error::Git(_) => self.no_revision(revision, "there is no such commit"),
            other => other,
        })?;
        let id = String::from_utf8_lossy(&found).trim_end().to_owned();
        if !is_id(&id) {
            return Err(self.no_revision(revision, "it names no single commit"));
        }
        self.commit(&id)
    }

    fn no_revision(&self, revision: &str, why: &str) -> Error {
        Error::NoRevision {
            revision: revision.to_owned(),
            why: why.to_owned(),
            shallow: self.shallow,
        }
    }

    /// The commit with this id.
    fn commit(&self, id: &str) -> Result<Commit> {
        match self.object(id, self.limits.file_bytes)? {
            Object::Is { kind, content } if kind == "commit" => Ok(parse_commit(id, &content)),
            Object::Is { .. } => Err(self.no_revision(id, "it is no commit")),
            Object::Missing => Err(self.no_revision(id, "the clone does not have it")),
            Object::TooLarge => Err(self.no_revision(id, "it is too large")),
        }
    }

    /// A file as it was in a commit; `path` is relative to the top of the repository
    /// ([`Self::prefix`] leads to the workspace). `None` when there was none.
    ///
    /// # Errors
    /// When there is something else than a file, or the clone does not have its content.
    pub fn read(&self, commit: &Commit, path: &Utf8Path) -> Result<Option<Vec<u8>>> {
        let wrong = |why: &str| Error::Git(format!("`{path}` in {}: {why}", commit.short()));
        if !tree::is_plain(path.as_str()) {
            return Err(wrong("not a path in the repository"));
        }
        let listing = ["ls-tree", "-z", "-l", "--full-tree", &commit.id, "--"];
        let listing = [listing.as_slice(), &[path.as_str()]].concat();
        let said = self.git.all(&listing, CHUNK)?;
        let Some(record) = said.strip_suffix(b"\0") else {
            return Ok(None);
        };
        let entry = tree::Entry::parse(record).ok_or_else(|| wrong("not understood"))?;
        if !entry.is_file() {
            return Err(wrong("not a file"));
        }
        match self.object(&entry.id, self.limits.file_bytes)? {
            Object::Is { content, .. } => Ok(Some(content)),
            Object::Missing => Err(wrong("the clone does not have its content")),
            Object::TooLarge => Err(wrong("too large")),
        }
    }

    /// The commits of `A..B` (reached from B and not from A, as git has it), or all that lead to
    /// `B` when it is a single name; oldest first, every commit behind its parents. With
    /// `first_parent` only those of the branch itself, not those that were merged into it.
    ///
    /// # Errors
    /// When an end is no commit, or there are more than the limit.
    pub fn range(&self, range: &str, first_parent: bool) -> Result<Vec<Commit>> {
        if range.contains("...") {
            return Err(self.no_revision(range, "a range has two dots, `A..B`"));
        }
        let or_head = |name: &str| self.resolve(if name.is_empty() { "HEAD" } else { name });
        let (from, to) = match range.split_once("..") {
            Some((from, to)) => (Some(or_head(from)?), or_head(to)?),
            None => (None, self.resolve(range)?),
        };
        let limit = format!("--max-count={}", self.limits.commits + 1);
        let without = from.map(|from| format!("^{}", from.id));
        let mut arguments = vec!["rev-list", "--topo-order", &limit];
        if first_parent {
            arguments.push("--first-parent");
        }
        arguments.push(&to.id);
        arguments.extend(without.as_deref());
        let said = self.git.all(&arguments, self.limits.commits * 65 + 130)?;
        let said = String::from_utf8_lossy(&said);
        let ids: Vec<&str> = said.lines().collect();
        if ids.len() > self.limits.commits {
            let why = format!("it has more than {} commits", self.limits.commits);
            return Err(self.no_revision(range, &why));
        }
        ids.into_iter().rev().map(|id| self.commit(id)).collect()
    }

    /// An object, if it is no larger than `limit`.
    fn object(&self, id: &str, limit: u64) -> Result<Object> {
        let mut objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken out until the answer is read: after an error the process is of no use.
        let mut running = match objects.take() {
            Some(running) => running,
            None => self.git.start(&["cat-file", "--batch"])?,
        };
        running.ask(id)?;
        let head = running.until(b'\n', CHUNK)?;
        let Some(head) = head else {
            return Err(running.failure());
        };
        let head = String::from_utf8_lossy(&head).into_owned();
        let words: Vec<&str> = head.split(' ').collect();
        let (kind, size) = match words[..] {
            [_, "missing"] => {
                *objects = Some(running);
                return Ok(Object::Missing);
            }
            [_, kind, size] => (kind.to_owned(), size.parse::<u64>().ok()),
            _ => (String::new(), None),
        };
        let size = size.ok_or_else(|| Error::Git(format!("object {id}: not understood")))?;
        if size > limit {
            return Ok(Object::TooLarge);
        }
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let content = running.exact(size)?;
        running.exact(1)?;
        *objects = Some(running);
        Ok(Object::Is { kind, content })
    }
}

/// Enough for any short answer.
const CHUNK: usize = 64 << 10;

enum Object {
    Is { kind: String, content: Vec<u8> },
    Missing,
    TooLarge,
}

fn is_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn parse_commit(id: &str, content: &[u8]) -> Commit {
    let text = String::from_utf8_lossy(content);
    let (head, message) = text.split_once("\n\n").unwrap_or((&text, ""));
    let value = |line: &str, key: &str| Some(line.strip_prefix(key)?.trim().to_owned());
    let time = head
        .lines()
        .find_map(|line| value(line, "committer "))
        .and_then(|who| {
            who.rsplit_once('>')?
                .1
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        });
    Commit {
        id: id.to_owned(),
        // The last second of the year 9999: further no calendar goes.
        time: time.unwrap_or(0).min(253_402_300_799),
        parents: head
            .lines()
            .filter_map(|line| value(line, "parent "))
            .filter(|parent| is_id(parent))
            .collect(),
        title: message.lines().next().unwrap_or_default().trim().to_owned(),
    }
}

/// Whether `.git` is of the workspace's owner or the system's: another user could have put it
/// into a folder above, where everybody may write.
#[cfg(unix)]
fn same_owner(git: &Utf8Path, workspace: &Utf8Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (git.symlink_metadata(), workspace.metadata()) {
        (Ok(git), Ok(workspace)) => git.uid() == 0 || git.uid() == workspace.uid(),
        _ => false,
    }
}

#[cfg(not(unix))]
fn same_owner(_: &Utf8Path, _: &Utf8Path) -> bool {
    true
}
