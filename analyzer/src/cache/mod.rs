//! Answers kept for the next run, in the tool's own folder.
//!
//! Two steps are kept: what cargo would build ([`Kind::Project`], under `never` only, where no
//! program of the tree has a say in it) and the analysis of it ([`Kind::Analysis`]). An entry is
//! found by everything that its answer depends on: this program, the options, the project, and
//! the content of every file that was read. Anything else than the very same is a miss.
//!
//! The folder lies in a tree that may be a stranger's, who could put answers there. So an entry
//! counts only if it bears a seal made with a key that the user has elsewhere ([`seal`]); an
//! entry that is torn, of another version or forged is none, and is computed again. Without a
//! key nothing is kept.

mod digest;
mod inputs;
mod seal;
mod store;

use camino::Utf8Path;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use self::digest::{Digest, Hasher};
pub(crate) use self::inputs::{Inputs, tree};
pub(crate) use self::seal::Seal;
use self::store::Store;

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Project,
    Analysis,
    /// That models refused a call, so that there is no answer without compiled macros.
    Refused,
    /// What instances lead to that the workspace's own code cannot change.
    Expansions,
    /// That a folder of std's sources is what was recovered there.
    Std,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Analysis => "analysis",
            Self::Refused => "refused",
            Self::Expansions => "expansions",
            Self::Std => "std",
        }
    }
}

/// The cache of one target folder; keeps nothing when it may not.
#[derive(Debug)]
pub(crate) struct Cache(Option<Store>);

impl Cache {
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// The cache below `out_dir`, the tool's own folder.
    pub(crate) fn open(out_dir: &Utf8Path) -> Self {
        Self(Seal::of_user().map(|seal| Store::new(out_dir.join("cache"), seal)))
    }

    /// Whether anything is kept.
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn get<T: DeserializeOwned>(&self, kind: Kind, key: Digest) -> Option<T> {
        self.0.as_ref()?.get(kind, key)
    }

    /// Keeps `value`; that it could not be kept is no reason to stop.
    pub(crate) fn put(&self, kind: Kind, key: Digest, value: &impl Serialize) {
        if let Some(store) = &self.0 {
            store.put(kind, key, value);
        }
    }
}

/// This very program: another build may find another answer.
pub(crate) fn program(hasher: &mut Hasher) {
    hasher.text(env!("CARGO_PKG_VERSION"));
    let facts = std::env::current_exe().and_then(std::fs::metadata);
    match facts {
        Ok(facts) => {
            hasher.number(facts.len());
            hasher.text(&format!("{:?}", facts.modified().ok()));
        }
        Err(_) => hasher.text("unknown"),
    }
}
