//! Where the standard library's sources are.
//!
//! Takes the options and the toolchain, gives a library tree, from the first of: the user's
//! word, the `rust-src` component, the text recovered from the `rust-docs` component (rustup's
//! default profile installs only the latter). A recovered tree is kept in the tool's own
//! folder, by toolchain; it appears there by one rename, so that an interrupted or concurrent
//! run never leaves a part of one.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, process};

use camino::{Utf8Path, Utf8PathBuf};

use super::std_recover::recover_tree;
use super::toolchain::{HostInfo, cache_key, docs_folder, is_host, minor_version};
use crate::cache::{Cache, Digest, Kind, tree};
use crate::error::{Error, Result};
use crate::model::StdSources;
use crate::options::Options;

/// The newest standard library the pinned rust-analyzer was tried on.
const NEWEST_TESTED: (u32, u32) = (1, 95);

/// Part of the cache's name: a tree written by another method is not taken over.
const METHOD: &str = "docs2";

/// The sources for a target, and what has to be done for them to be there.
pub(super) struct Plan {
    pub(super) sources: StdSources,
    /// The documentation that they are to be recovered from.
    recover_from: Option<Utf8PathBuf>,
    out_dir: Utf8PathBuf,
}

/// Where the sources for `target` are or will be; `out_dir` is the tool's own folder.
pub(super) fn plan(
    options: &Options,
    host: &HostInfo,
    target: &str,
    out_dir: &Utf8Path,
) -> Result<Plan> {
    let plan = |root, origin: &'static str, recover_from| Plan {
        sources: StdSources {
            root,
            origin: origin.into(),
        },
        recover_from,
        out_dir: out_dir.to_owned(),
    };
    if let Some(given) = given(options) {
        let root = library_in(&given).ok_or(Error::BadStdSources(given))?;
        return Ok(plan(root, "option", None));
    }
    if let Some(root) = library_in(&host.sysroot) {
        return Ok(plan(root, "rust-src", None));
    }
    let docs = docs_folder(&host.sysroot);
    if !docs.join("core/lib.rs.html").is_file() {
        return Err(Error::NoStdSources(host.description.clone()));
    }
    if !is_host(host, target) {
        return Err(Error::NoStdSources(format!(
            "{target} (rust-docs holds those of {} only)",
            host.host
        )));
    }
    let root = out_dir
        .join("std")
        .join(format!("{}-{METHOD}", cache_key(host)));
    Ok(plan(root, "rust-docs", Some(docs)))
}

impl Plan {
    /// Recovers what is not there.
    pub(super) fn carry_out(&self, host: &HostInfo) -> Result<()> {
        let Some(docs) = &self.recover_from else {
            return Ok(());
        };
        let root = &self.sources.root;
        let sealed = Sealed::new(&self.out_dir, root);
        if sealed.holds(root) {
            return Ok(());
        }
        recover(docs, root, host, &sealed)
    }
}

/// A notice when the toolchain is newer than what was tried.
pub(super) fn newer_than_tested(host: &HostInfo) -> Option<String> {
    let (major, minor) = minor_version(&host.version)?;
    let (tested_major, tested_minor) = NEWEST_TESTED;
    ((major, minor) > NEWEST_TESTED).then(|| {
        format!("Rust {} is newer than {tested_major}.{tested_minor}, the newest tested; more may be unknown", host.version)
    })
}

fn given(options: &Options) -> Option<Utf8PathBuf> {
    let path = options.std_src.clone().or_else(|| {
        let value = env::var("WHITTLE_STD_SRC")
            .ok()
            .filter(|value| !value.is_empty())?;
        Some(value.into())
    })?;
    Some(camino::absolute_utf8(&path).unwrap_or(path))
}

/// The library tree in a folder: itself, in a checkout of Rust, or in a sysroot.
fn library_in(folder: &Utf8Path) -> Option<Utf8PathBuf> {
    let places = ["", "library", "lib/rustlib/src/rust/library"];
    let mut places = places.iter().map(|place| {
        if place.is_empty() {
            folder.to_owned()
        } else {
            folder.join(place)
        }
    });
    places.find(|place| is_library(place))
}

fn is_library(root: &Utf8Path) -> bool {
    ["core", "alloc", "std"]
        .iter()
        .all(|krate| root.join(krate).join("src/lib.rs").is_file())
}

/// A recovered tree is taken over if it is what we once wrote there: the folder lies in a tree
/// whose author may have put another std there, which would answer as he likes.
struct Sealed {
    cache: Cache,
    key: Digest,
}

impl Sealed {
    fn new(out_dir: &Utf8Path, root: &Utf8Path) -> Self {
        Self {
            cache: Cache::open(out_dir),
            key: Digest::of(root.as_str().as_bytes()),
        }
    }

    fn holds(&self, root: &Utf8Path) -> bool {
        let known: Option<Digest> = self.cache.get(Kind::Std, self.key);
        known.is_some() && known == tree(root)
    }

    fn keep(&self, tree: Option<Digest>) {
        if let Some(tree) = tree {
            self.cache.put(Kind::Std, self.key, &tree);
        }
    }
}

fn recover(docs: &Utf8Path, root: &Utf8Path, host: &HostInfo, sealed: &Sealed) -> Result<()> {
    // Unique among processes and among the threads of this one.
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    let temporary = Utf8PathBuf::from(format!("{root}.tmp-{}-{run}", process::id()));
    // Left by a process of the same number that was interrupted.
    let _ = fs::remove_dir_all(&temporary);
    let arch = host.host.split('-').next().unwrap_or_default();
    let result = recover_tree(docs, &temporary, arch).and_then(|_| {
        if !is_library(&temporary) {
            return Err(Error::NoStdSources(host.description.clone()));
        }
        // What we wrote, not what is there when another looks.
        let written = tree(&temporary);
        // Another run may have been faster; what is not ours goes.
        if root.exists() && tree(root) != written {
            let _ = fs::remove_dir_all(root);
        }
        sealed.keep(written);
        match fs::rename(&temporary, root) {
            Ok(()) => Ok(()),
            Err(_) if tree(root) == written => Ok(()),
            Err(e) => Err(Error::Io {
                action: "create",
                path: root.to_owned(),
                why: e.to_string(),
            }),
        }
    });
    let _ = fs::remove_dir_all(&temporary);
    result
}
