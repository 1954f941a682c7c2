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
    let mut out = crate::edit::settle(&out).unwrap_or(out);
    set_off(text, &mut out);
    out
}

/// Blank lines are the item's below them. Where what comes next has none of its own, those of the
/// first of the deleted ones stay.
fn set_off(text: &str, edits: &mut [Edit]) {
    let goes_on =
        |one: &Edit, next: &Edit| one.text.is_empty() && next.range.start == one.range.end;
    for run in edits.chunk_by_mut(goes_on) {
        let deleted = |edit: &Edit| edit.why == Why::NotNeeded && edit.text.is_empty();
        let whole = run.iter().all(deleted);
        let end = run.last().map(|last| last.range.end);
        let (Some(first), Some(end)) = (run.first_mut(), end) else {
            continue;
        };
        let start = first.range.start;
        let before = text.get(..start as usize).unwrap_or_default();
        let whole_lines = before.ends_with('\n') && text[..end as usize].ends_with('\n');
        let after = text.get(end as usize..).unwrap_or_default();
        let next = after.lines().next().unwrap_or_default().trim();
        if !whole || !whole_lines || next.is_empty() || next.starts_with('}') {
            continue;
        }
        let gone = text.get(start as usize..first.range.end as usize);
        let lines = gone.unwrap_or_default().split_inclusive('\n');
        let blank = lines.take_while(|line| line.trim().is_empty());
        let blank: usize = blank.map(str::len).sum();
        first.range.start += u32::try_from(blank).unwrap_or(0);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// `text` without the lines that contain `-`; blank lines above go with them.
    fn check(text: &str, expected: &str) {
        let mut edits = Vec::new();
        let mut from = 0;
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            at += line.len();
            if line.trim().is_empty() {
                continue;
            }
            if line.contains('-') {
                let byte = |at: usize| u32::try_from(at).unwrap();
                edits.push(deletion(Span::new(byte(from), byte(at))));
            }
            from = at;
        }
        set_off(text, &mut edits);
        assert_eq!(crate::edit::apply(text, &edits).unwrap(), expected);
    }

    #[test]
    fn what_stays_is_set_off() {
        check("//! Doc\n\n-\na\n", "//! Doc\n\na\n");
        check("//! Doc\n\n-\n\n-\na\n\nb\n", "//! Doc\n\na\n\nb\n");
        check("a\n\n-\n\nb\n", "a\n\nb\n");
        check("a\n-\nb\n", "a\nb\n");
        check("{\na\n\n-\n}\n", "{\na\n}\n");
        check("a\n\n-\n", "a\n");
    }
}
