//! The kept pieces as deletions of everything else.

use std::collections::BTreeSet;

use super::SlicedFile;
use super::closure::Closure;
use crate::cfg::{Build, within};
use crate::edit::{Edit, Span, Why};
use crate::imports;
use crate::pieces::Node;
use crate::request::FileIndex;

/// Files of which something is kept.
pub(super) fn files(closure: &Closure) -> Vec<SlicedFile> {
    let index = closure.index;
    let kept: BTreeSet<FileIndex> = index
        .modules
        .iter()
        .enumerate()
        .filter(|&(id, _)| closure.module_is_kept(id))
        .filter_map(|(id, _)| {
            let file = index.files.iter().find(|(_, file)| file.module == id);
            file.map(|(&file, _)| file)
        })
        .collect();
    // Nothing at all is no file, not an empty root.
    if !closure.kept.contains(&true) {
        return Vec::new();
    }
    kept.into_iter()
        .map(|file| SlicedFile {
            file,
            edits: edits(closure, file),
        })
        .collect()
}

fn edits(closure: &Closure, file: FileIndex) -> Vec<Edit> {
    let index = closure.index;
    let of = &index.files[&file];
    let text = index.text(file);
    let mut out = inner(text, of.places, index.build, &of.inner);
    for item in of.items.clone() {
        let piece = &index.items[item].piece;
        if !closure.kept[item] {
            out.push(deletion(piece.span));
            continue;
        }
        if let Some(within) = closure.within.get(&item) {
            out.extend(within.edits.iter().cloned());
        }
        if let Node::Item(syn::Item::Use(item_use)) = &piece.node {
            out.extend(inner(text, of.places, index.build, &item_use.attrs));
            let leaves = index.items[item].leaves.clone();
            let kept_at = |at: u32| {
                leaves.clone().any(|leaf| {
                    index.leaves[leaf].leaf.at == at && closure.kept[index.leaf_node(leaf)]
                })
            };
            let gone = imports::deletions(item_use, text, of.places, &kept_at);
            out.extend(gone.into_iter().map(deletion));
        }
    }
    out.sort();
    crate::edit::settle(&out).unwrap_or(out)
}

fn inner(
    text: &str,
    places: crate::pieces::Places,
    build: Build,
    attrs: &[syn::Attribute],
) -> Vec<Edit> {
    within::attributes(text, places, build, attrs).edits
}

fn deletion(range: Span) -> Edit {
    Edit {
        range,
        text: String::new(),
        why: Why::NotNeeded,
    }
}
