//! Paths as users write them: what they name, or what they might have meant.

use super::SliceError;
use super::index::{Found, Index, NodeId, ROOT};
use super::names::Walked;
use super::words::Path;
use crate::cfg::Presence;
use crate::pieces::PieceKind;

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

/// What a path goes through and names; of a module, all that is in it.
pub(super) fn all_of(index: &Index, walked: &Walked) -> Vec<NodeId> {
    let mut out: Vec<NodeId> = Vec::new();
    if walked.ends.is_empty() {
        return out;
    }
    out.extend(&walked.passed);
    for end in &walked.ends {
        match *end {
            Found::Node(node) => out.push(node),
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

/// The paths that are most like it, best first.
fn nearest(index: &Index, krate: &str, wanted: &str) -> Vec<String> {
    let last = |path: &str| path.rsplit("::").next().unwrap_or(path).to_owned();
    let mut scored: Vec<(f64, String)> = index
        .items
        .iter()
        .enumerate()
        .filter(|(_, item)| item.presence != Presence::Gone)
        .filter_map(|(id, _)| index.path(id))
        .map(|path| {
            let whole = strsim::normalized_damerau_levenshtein(wanted, &path);
            let end = strsim::normalized_damerau_levenshtein(&last(wanted), &last(&path));
            (whole.max(end), path)
        })
        .filter(|&(likeness, _)| likeness >= LIKENESS)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    scored.dedup_by(|a, b| a.1 == b.1);
    scored
        .into_iter()
        .take(SUGGESTIONS)
        .map(|(_, path)| format!("{krate}::{path}"))
        .collect()
}

impl Index<'_> {
    /// `sync::Queue::push`; of what has a name.
    pub(super) fn path(&self, item: usize) -> Option<String> {
        let of = &self.items[item];
        let name = of.piece.name.as_ref()?;
        let mut path = self.modules[of.module].path.clone();
        if let Some(parent) = of.parent
            && self.items[parent].piece.kind == PieceKind::InherentImpl
        {
            path.push(self.self_name(parent).unwrap_or_else(|| "_".into()));
        }
        path.push(name.clone());
        Some(path.join("::"))
    }
}
