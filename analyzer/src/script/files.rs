//! The package's own folder, for reading only, and nothing beside it.
//!
//! Every path is resolved by its text first and by the file system then (links), and must
//! stay below the package's folder both times.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A build script larger than this is not read.
const MAX_SOURCE: u64 = 256 << 10;
/// Brackets within each other, or signs in a row: what is deeper would need a deep stack to parse.
pub(super) const DEEPEST: usize = 400;
/// Data files that scripts read.
const MAX_DATA: u64 = 4 << 20;

pub(crate) struct Tree {
    /// As the script knows it.
    pub(super) root: String,
    real: Option<PathBuf>,
    /// What was looked at, absolute.
    asked: RefCell<BTreeSet<String>>,
}

impl Tree {
    pub(crate) fn new(root: &str) -> Self {
        Self {
            root: root.trim_end_matches('/').to_owned(),
            real: std::fs::canonicalize(root).ok(),
            asked: RefCell::default(),
        }
    }

    /// Everything below the package that the answers given so far depend on: files, folders, and
    /// paths where there is nothing.
    pub(super) fn asked(self) -> BTreeSet<String> {
        self.asked.into_inner()
    }

    /// Absolute, without `.` and `..`; scripts run in their package's folder.
    pub(super) fn absolute(&self, path: &str) -> String {
        let full = if path.starts_with('/') || Path::new(path).is_absolute() {
            path.to_owned()
        } else {
            format!("{}/{path}", self.root)
        };
        let mut parts: Vec<&str> = Vec::new();
        let unified = full.replace('\\', "/");
        for part in unified.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop();
                }
                part => parts.push(part),
            }
        }
        let lead = if unified.starts_with('/') { "/" } else { "" };
        format!("{lead}{}", parts.join("/"))
    }

    /// The real file, if it is the package's. All that is asked of the file system comes by here.
    fn own(&self, path: &str) -> Option<PathBuf> {
        let full = self.absolute(path);
        let root = self.absolute(&self.root);
        if full != root && !full.strip_prefix(&root)?.starts_with('/') {
            return None;
        }
        let real = std::fs::canonicalize(&full).ok();
        self.asked.borrow_mut().insert(full);
        let real = real?;
        real.starts_with(self.real.as_ref()?).then_some(real)
    }

    /// Whether the path is one whose existence may be told: below the package by its text.
    pub(super) fn is_own(&self, path: &str) -> bool {
        let (full, root) = (self.absolute(path), self.absolute(&self.root));
        if full == root {
            return true;
        }
        let below = full.strip_prefix(&root).is_some_and(|r| r.starts_with('/'));
        // A link out of the package is not looked through.
        below && (self.own(path).is_some() || std::fs::symlink_metadata(full).is_err())
    }

    pub(super) fn is_file(&self, path: &str) -> bool {
        self.own(path).is_some_and(|path| path.is_file())
    }

    pub(super) fn is_dir(&self, path: &str) -> bool {
        self.own(path).is_some_and(|path| path.is_dir())
    }

    /// The text of an own file; the error says why there is none.
    pub(crate) fn read(&self, path: &str) -> Result<Option<String>, String> {
        if !self.is_own(path) {
            return Err(format!("`{path}` is outside of the package"));
        }
        let Some(real) = self.own(path).filter(|path| path.is_file()) else {
            return Ok(None);
        };
        let size = std::fs::metadata(&real).map_or(u64::MAX, |meta| meta.len());
        if size > MAX_DATA {
            return Err(format!("`{path}` is too large"));
        }
        std::fs::read_to_string(&real)
            .map(Some)
            .map_err(|_| format!("`{path}` is not text"))
    }

    /// Names in an own folder, sorted.
    pub(super) fn list(&self, path: &str) -> Option<Vec<String>> {
        let entries = std::fs::read_dir(self.own(path)?).ok()?;
        let names = entries.flatten().take(10_000);
        let mut names: Vec<String> = names
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort_unstable();
        Some(names)
    }

    /// A source file as syntax. What would need a deep stack to parse is refused.
    pub(super) fn parse(&self, path: &str) -> Result<syn::File, String> {
        let text = self
            .read(path)?
            .ok_or_else(|| format!("`{path}` is missing"))?;
        if text.len() as u64 > MAX_SOURCE {
            return Err(format!("`{path}` is too large"));
        }
        if nesting(&text) > DEEPEST {
            return Err(format!("`{path}` is nested too deep"));
        }
        syn::parse_file(&text).map_err(|why| format!("`{path}` does not parse: {why}"))
    }
}

/// The deepest nesting of brackets, and the longest run of signs, roughly.
pub(super) fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest, mut run) = (0usize, 0, 0usize);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        run = match byte {
            b'!' | b'&' | b'*' | b'-' | b'|' | b'<' => run + 1,
            byte if byte.is_ascii_whitespace() => run,
            _ => 0,
        };
        // Rules of comments are long, too, and harmless.
        let signs = if run > 4000 { run } else { 0 };
        deepest = deepest.max(depth).max(signs);
    }
    deepest
}
