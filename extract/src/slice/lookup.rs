//! Paths as users write them: what they name, or what they might have meant.

use std::collections::{BTreeSet, VecDeque};

use super::SliceError;
use super::index::{Found, Index, NodeId, ROOT};
use super::names::Walked;
use super::words::Path;
use crate::cfg::Presence;
use crate::pieces::{Node, PieceKind};

const SUGGESTIONS: usize = 5;
const LIKENESS: f64 = 0.5;

/// What has to be kept for a path: what it names, with the imports on the way.
pub(super) fn nodes(index: &Index, path: &str) -> Result<Vec<NodeId>, SliceError> {
    let mut segments: Vec<String> = path
        .split("::")
        .map(|segment| segment.trim().trim_start_matches("r#").to_owned())
        .collect();
    if let Some(last) = segments.last_mut() {
        // As calls and macros are often written.
        let end = last.find(['!', '(', '<']).unwrap_or(last.len());
        last.truncate(end);
    }
    let krate = index.upstream.crate_name.replace('-', "_");
    if segments.first().is_some_and(|first| {
        *first == krate || first.replace('-', "_") == index.upstream.name.replace('-', "_")
    }) {
        segments.remove(0);
    }
    let mut walked = index.walk(
        ROOT,
        &Path {
            absolute: false,
            segments: segments.clone(),
        },
    );
    if walked.ends.is_empty()
        && let [name] = segments.as_slice()
    {
        walked.ends.extend(exported_macros(index, name));
    }
    let there = |found: &Found| match *found {
        Found::Node(node) => index.items[index.item_of(node)].presence != Presence::Gone,
        Found::Module(_) => true,
    };
    walked.ends.retain(there);
    if walked.ends.is_empty() || segments.iter().all(String::is_empty) {
        return Err(SliceError::NoSuchPath {
            path: path.to_owned(),
            krate: index.upstream.name.clone(),
            nearest: nearest(index, &krate, &segments.join("::")),
        });
    }
    Ok(all_of(index, &walked))
}

/// What a path goes through and names; of a module, all that is in it; of a trait, all methods.
pub(super) fn all_of(index: &Index, walked: &Walked) -> Vec<NodeId> {
    let mut out: Vec<NodeId> = Vec::new();
    if walked.ends.is_empty() {
        return out;
    }
    out.extend(&walked.passed);
    for end in &walked.ends {
        match *end {
            Found::Node(node) => {
                out.push(node);
                out.extend(index.within.get(&node).into_iter().flatten());
            }
            Found::Module(module) => {
                let of = &index.modules[module];
                let direct = |&item: &usize| {
                    let parent = index.items[item].parent;
                    parent.is_none() || parent == of.declared
                };
                out.extend(of.items.iter().copied().filter(direct));
            }
        }
    }
    out.retain(|&node| {
        let kind = index.items[index.item_of(node)].piece.kind;
        !matches!(kind, PieceKind::Module | PieceKind::InherentImpl)
    });
    out
}

/// `#[macro_export]` puts a macro into the root.
fn exported_macros(index: &Index, name: &str) -> Vec<Found> {
    let named = index.items.iter().enumerate().filter(|(_, item)| {
        item.piece.kind == PieceKind::Macro && item.piece.name.as_deref() == Some(name)
    });
    named.map(|(id, _)| Found::Node(id)).collect()
}

/// The paths that are most like it, best first: public ones if there are any.
fn nearest(index: &Index, krate: &str, wanted: &str) -> Vec<String> {
    let out = most_alike(wanted, public_paths(index));
    let out = if out.is_empty() {
        let all = 0..index.items.len();
        most_alike(wanted, all.filter_map(|id| index.path(id)).collect())
    } else {
        out
    };
    out.into_iter()
        .map(|path| format!("{krate}::{path}"))
        .collect()
}

fn most_alike(wanted: &str, paths: BTreeSet<String>) -> Vec<String> {
    let last = |path: &str| path.rsplit("::").next().unwrap_or(path).to_owned();
    let mut scored: Vec<(f64, String)> = paths
        .into_iter()
        .map(|path| {
            let whole = strsim::normalized_damerau_levenshtein(wanted, &path);
            let end = strsim::normalized_damerau_levenshtein(&last(wanted), &last(&path));
            (whole.max(end), path)
        })
        .filter(|&(likeness, _)| likeness >= LIKENESS)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let best = scored.into_iter().take(SUGGESTIONS);
    best.map(|(_, path)| path).collect()
}

/// What can be named from outside, each module by its shortest path, functions of types too.
fn public_paths(index: &Index) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let mut seen = BTreeSet::from([ROOT]);
    let mut pending = VecDeque::from([(ROOT, String::new())]);
    while let Some((module, prefix)) = pending.pop_front() {
        for (name, found) in &index.modules[module].names {
            let path = format!("{prefix}{name}");
            for &found in found {
                let (item, ends) = match found {
                    Found::Module(module) => match index.modules[module].declared {
                        Some(item) => (item, BTreeSet::from([found])),
                        None => continue,
                    },
                    Found::Node(node) => match index.as_leaf(node) {
                        Some(of) => (of.item, index.walk_leaf(node - index.items.len()).ends),
                        None => (node, BTreeSet::from([found])),
                    },
                };
                if !index.is_public(item) {
                    continue;
                }
                for end in ends {
                    match end {
                        Found::Module(inner) if seen.insert(inner) => {
                            pending.push_back((inner, format!("{path}::")));
                        }
                        Found::Module(_) => {}
                        Found::Node(node) => {
                            let of = index.items[index.item_of(node)].piece.name.as_ref();
                            let members = of.and_then(|name| index.members_of.get(name));
                            let members = members.into_iter().flatten();
                            out.extend(
                                members
                                    .filter(|&&member| index.is_public(member))
                                    .filter_map(|&member| index.items[member].piece.name.as_ref())
                                    .map(|member| format!("{path}::{member}")),
                            );
                            out.insert(path.clone());
                        }
                    }
                }
            }
        }
        for leaf in index.globs(module) {
            for target in index.walk_leaf(leaf).ends {
                if let Found::Module(target) = target
                    && index.is_public(index.leaves[leaf].item)
                    && seen.insert(target)
                {
                    pending.push_back((target, prefix.clone()));
                }
            }
        }
    }
    out
}

impl Index<'_> {
    /// Says `pub`, or is an exported macro.
    fn is_public(&self, item: usize) -> bool {
        use syn::{ImplItem, Item, Visibility};
        let of = &self.items[item];
        if of.presence == Presence::Gone {
            return false;
        }
        let vis = match &of.piece.node {
            Node::Item(item) => match item {
                Item::Const(item) => &item.vis,
                Item::Enum(item) => &item.vis,
                Item::ExternCrate(item) => &item.vis,
                Item::Fn(item) => &item.vis,
                Item::Mod(item) => &item.vis,
                Item::Static(item) => &item.vis,
                Item::Struct(item) => &item.vis,
                Item::Trait(item) => &item.vis,
                Item::TraitAlias(item) => &item.vis,
                Item::Type(item) => &item.vis,
                Item::Union(item) => &item.vis,
                Item::Use(item) => &item.vis,
                _ => return of.words().all.contains("macro_export"),
            },
            Node::Associated(item) => match &**item {
                ImplItem::Const(item) => &item.vis,
                ImplItem::Fn(item) => &item.vis,
                ImplItem::Type(item) => &item.vis,
                _ => return false,
            },
            // As the trait is.
            Node::Provided(_) => return true,
        };
        matches!(vis, Visibility::Public(_))
    }

    /// `sync::Queue::push`; of what has a name.
    pub(super) fn path(&self, item: usize) -> Option<String> {
        let of = &self.items[item];
        let name = of.piece.name.as_ref()?;
        let mut path = self.modules[of.module].path.clone();
        if let Some(parent) = of.parent {
            match self.items[parent].piece.kind {
                PieceKind::InherentImpl | PieceKind::Trait => {
                    path.push(self.self_name(parent).unwrap_or_else(|| "_".into()));
                }
                PieceKind::TraitImpl => return None,
                _ => {}
            }
        }
        path.push(name.clone());
        Some(path.join("::"))
    }
}
