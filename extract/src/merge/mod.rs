//! Three texts into one: what upstream changed, and what was changed here, since the copy was made.
//!
//! By lines first, as git does it; where that conflicts, item by item, so that a file that was only
//! formatted, or whose items moved, still merges: an item that one side left as it was is the
//! other's. What both sides changed is merged by line, and what cannot be is left with git's
//! markers.

mod lines;

use std::collections::BTreeMap;

use crate::items::{self, Item, Kind};

pub use lines::{Labels, Merged, merge_lines};

/// Merges a file of a copy. `module` is the path of its module.
#[must_use]
pub fn merge(base: &str, mine: &str, theirs: &str, module: &str, labels: &Labels<'_>) -> Merged {
    let clean = |text: &str| Merged {
        text: text.to_owned(),
        conflicts: 0,
    };
    if mine == theirs || mine == base {
        return clean(theirs);
    }
    if theirs == base {
        return clean(mine);
    }
    let by_line = merge_lines(base, mine, theirs, labels);
    let is_rust = |text: &str| items::items(text, module).is_ok();
    if by_line.conflicts == 0 && is_rust(&by_line.text) {
        return by_line;
    }
    match by_item(base, mine, theirs, module, labels) {
        Some(merged) if merged.conflicts < by_line.conflicts || by_line.conflicts == 0 => merged,
        _ => by_line,
    }
}

/// A top-level item with what stands before it, since the one before.
struct Chunk<'a> {
    item: Item,
    /// Blank lines and comments before the item.
    gap: &'a str,
    body: &'a str,
}

/// A file as what it begins with, its items, and its end.
struct Cut<'a> {
    chunks: Vec<Chunk<'a>>,
    tail: &'a str,
}

type Key = (Kind, String, usize);

fn cut<'a>(text: &'a str, module: &str) -> Option<Cut<'a>> {
    let mut end = 0;
    let mut chunks: Vec<Chunk<'a>> = Vec::new();
    for item in items::items(text, module).ok()? {
        let (start, stop) = (item.span.start as usize, item.span.end as usize);
        if start < end {
            // Within the item before: a member of it, or another leaf of the same `use`.
            if let Some(last) = chunks.last_mut() {
                last.item.hash.0.push_str(&item.hash.0);
            }
            continue;
        }
        chunks.push(Chunk {
            gap: text.get(end..start)?,
            body: text.get(start..stop)?,
            item,
        });
        end = stop;
    }
    Some(Cut {
        chunks,
        tail: text.get(end..)?,
    })
}

/// Items by name; those that occur twice by their number.
fn keyed<'a, 'b>(cut: &'b Cut<'a>) -> Vec<(Key, &'b Chunk<'a>)> {
    let mut seen: BTreeMap<(Kind, &str), usize> = BTreeMap::new();
    let mut out = Vec::new();
    for chunk in &cut.chunks {
        let count = seen.entry(chunk.item.key()).or_default();
        out.push(((chunk.item.kind, chunk.item.path.clone(), *count), chunk));
        *count += 1;
    }
    out
}

/// Theirs in their order, item by item, then what is only here where it stood.
fn by_item(
    base: &str,
    mine: &str,
    theirs: &str,
    module: &str,
    labels: &Labels<'_>,
) -> Option<Merged> {
    let (base, mine, theirs) = (cut(base, module)?, cut(mine, module)?, cut(theirs, module)?);
    let of_base: BTreeMap<Key, &Chunk<'_>> = keyed(&base).into_iter().collect();
    let in_mine = keyed(&mine);
    let of_mine: BTreeMap<Key, &Chunk<'_>> = in_mine.iter().cloned().collect();
    let in_theirs = keyed(&theirs);
    let of_theirs: BTreeMap<Key, &Chunk<'_>> = in_theirs.iter().cloned().collect();
    let mut out = Merged::default();
    for (key, theirs) in &in_theirs {
        let (base, mine) = (of_base.get(key), of_mine.get(key));
        item(&mut out, base.copied(), mine.copied(), Some(theirs), labels);
        // What was added here stands behind what it stood behind, when that is still there.
        let at = in_mine.iter().position(|(one, _)| one == key);
        let after = at.map_or(&[][..], |at| &in_mine[at + 1..]);
        for (key, mine) in after {
            if of_theirs.contains_key(key) {
                break;
            }
            item(
                &mut out,
                of_base.get(key).copied(),
                Some(mine),
                None,
                labels,
            );
        }
    }
    // What was added here before everything else.
    let mut first = Merged::default();
    for (key, mine) in &in_mine {
        if of_theirs.contains_key(key) {
            break;
        }
        item(
            &mut first,
            of_base.get(key).copied(),
            Some(mine),
            None,
            labels,
        );
    }
    first.text.push_str(&out.text);
    let tail = merge_lines(base.tail, mine.tail, theirs.tail, labels);
    first.text.push_str(&tail.text);
    first.conflicts += out.conflicts + tail.conflicts;
    Some(first)
}

/// One item: whichever side changed it; lines where both did.
fn item(
    out: &mut Merged,
    base: Option<&Chunk<'_>>,
    mine: Option<&Chunk<'_>>,
    theirs: Option<&Chunk<'_>>,
    labels: &Labels<'_>,
) {
    let same = |a: Option<&Chunk<'_>>, b: Option<&Chunk<'_>>| {
        a.map(|one| &one.item.hash) == b.map(|one| &one.item.hash)
    };
    let gap = pick(base, mine, theirs);
    if same(mine, theirs) || same(base, theirs) {
        // The layout is the one here.
        if let Some(mine) = mine {
            out.text.push_str(gap);
            out.text.push_str(mine.body);
        }
        return;
    }
    if same(base, mine) {
        if let Some(theirs) = theirs {
            out.text.push_str(gap);
            out.text.push_str(theirs.body);
        }
        return;
    }
    let merged = merge_lines(text(base), text(mine), text(theirs), labels);
    out.text.push_str(gap);
    if merged.conflicts > 0 && !gap.ends_with('\n') && !out.text.is_empty() {
        out.text.push('\n');
    }
    out.text.push_str(&merged.text);
    out.conflicts += merged.conflicts;
}

fn text<'a>(one: Option<&Chunk<'a>>) -> &'a str {
    one.map_or("", |one| one.body)
}

/// What stands before the item: as here, unless only upstream changed it.
fn pick<'a>(
    base: Option<&Chunk<'a>>,
    mine: Option<&Chunk<'a>>,
    theirs: Option<&Chunk<'a>>,
) -> &'a str {
    match (base, mine, theirs) {
        (Some(base), Some(mine), Some(theirs)) if base.gap == mine.gap => theirs.gap,
        (_, Some(mine), _) => mine.gap,
        (_, None, Some(theirs)) => theirs.gap,
        _ => "",
    }
}

#[cfg(test)]
mod tests;
