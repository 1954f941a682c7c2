//! The baseline file `whittle.lock`: what was reached when it was accepted.
//!
//! Text, one item a line, sorted, so that a difference reads as what changed and git can merge
//! two of them:
//!
//! ```text
//! version 1
//! root app bin app
//! …                                    what it is valid for
//! toolchain 1.95.0
//!
//! crate regex 1.10.0 registry
//! items 3 9f2b6c1d0a4e8f7766554433
//! maybe 2d1c… run                      unknown, by the hash of the item
//! named run associated_function regex::Regex::new
//! reach 77aa… run,build                used, by the hash of the item
//! ```
//!
//! **A merge is right or noticed.** Git merges lines: what both sides did in different crates is
//! put together, which is right. The line `items` holds the number of a crate's lines and a sum
//! over them, over the crate's own line and over everything the file is valid for. So when both
//! sides change one crate, they change that line differently, which is a conflict; and when one
//! side changes what the file is valid for (another toolchain) while the other adds a crate, the
//! sums of that crate do not match. A line twice, out of order or unknown, a missing line, a
//! conflict marker: each is an error, never an answer. And what no file can know, an item that is
//! only reached through both sides together, the next check names, because it measures again.

mod read;
mod write;

use std::collections::BTreeMap;

use crate::cache::Hasher;
use crate::model::{Domains, ItemKind, Source};
use crate::surface::{DependencyId, Key, Surface, SurfaceItem, kind_name, source_name};

pub use write::distinct;

/// Value of the first line.
pub const VERSION: u32 = 1;
/// What it is called, beside the workspace's manifest.
pub const FILE: &str = "whittle.lock";

/// A baseline, read or to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// What it is valid for, by name; of several roots each by itself.
    pub scope: Vec<(String, String)>,
    /// Sorted by name, version and source.
    pub crates: Vec<LockCrate>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockCrate {
    pub id: DependencyId,
    pub items: BTreeMap<Key, LockItem>,
    /// Line of the file; 0 when it is not read from one.
    pub line: u32,
}

/// How an item is reached.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LockItem {
    pub used: Domains,
    pub unknown: Domains,
    /// When the workspace's own code names it: what it is.
    pub named: Option<Named>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    pub path: String,
    pub kind: ItemKind,
    pub ordinal: u32,
}

impl Lock {
    /// What would be accepted now.
    #[must_use]
    pub fn of(surface: &Surface) -> Self {
        let crates = surface.dependencies.iter().map(|one| LockCrate {
            id: one.id.clone(),
            items: one
                .items
                .iter()
                .map(|item| (item.key, lock_item(item)))
                .collect(),
            line: 0,
        });
        Self {
            scope: scope(surface),
            crates: crates.collect(),
        }
    }

    /// How many items it holds.
    #[must_use]
    pub fn items(&self) -> usize {
        self.crates.iter().map(|one| one.items.len()).sum()
    }
}

fn lock_item(item: &SurfaceItem) -> LockItem {
    let named = item.direct && item.is_used();
    LockItem {
        used: item.used,
        unknown: item.unknown,
        named: named.then(|| Named {
            path: item.path.clone(),
            kind: item.kind,
            ordinal: item.ordinal,
        }),
    }
}

fn scope(surface: &Surface) -> Vec<(String, String)> {
    let mut lines: Vec<(String, String)> = Vec::new();
    for (name, value) in surface.scope.parts() {
        if name == "roots" {
            let roots = surface.scope.roots.iter();
            lines.extend(roots.map(|root| ("root".to_owned(), root.clone())));
        } else {
            lines.push((name.to_owned(), value));
        }
    }
    lines
}

/// The sum in a crate's second line.
fn sum(scope: &[(String, String)], id: &DependencyId, lines: &[String]) -> String {
    let mut hasher = Hasher::default();
    hasher.number(scope.len() as u64);
    for (name, value) in scope {
        hasher.text(name);
        hasher.text(value);
    }
    hasher.text(&id.name);
    hasher.text(&id.version);
    hasher.text(source_name(&id.source));
    for line in lines {
        hasher.text(line);
    }
    let mut digits = hasher.finish().to_string();
    digits.truncate(24);
    digits
}

const KINDS: [ItemKind; 11] = [
    ItemKind::Function,
    ItemKind::Method,
    ItemKind::AssociatedFunction,
    ItemKind::Struct,
    ItemKind::Enum,
    ItemKind::Union,
    ItemKind::TypeAlias,
    ItemKind::Trait,
    ItemKind::Const,
    ItemKind::Static,
    ItemKind::Macro,
];

fn kind_of(word: &str) -> Option<ItemKind> {
    KINDS.into_iter().find(|kind| kind_name(*kind) == word)
}

fn source_of(word: &str) -> Option<Source> {
    let all = [Source::Registry, Source::Git, Source::Path];
    all.into_iter().find(|source| source_name(source) == word)
}

#[cfg(test)]
mod tests;
