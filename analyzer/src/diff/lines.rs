//! Two texts, line by line.
//!
//! Myers' algorithm (the crate `similar`), on texts that are not so different that it would take
//! long; beyond that lines are only counted. The same input gives the same answer, however fast
//! the machine is.

use std::collections::BTreeMap;

use serde::Serialize;
use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

/// Lines around a change.
const CONTEXT: usize = 3;
/// Texts whose middles have more lines than this together are only counted: the algorithm takes
/// as long as lines times differences.
const MAX_LINES: usize = 20_000;

/// What happened to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tag {
    Same,
    Added,
    Removed,
}

impl Tag {
    /// As in a unified diff.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::Same => ' ',
            Self::Added => '+',
            Self::Removed => '-',
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    pub tag: Tag,
    pub text: String,
}

/// Changes that stand together, with lines around them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hunk {
    /// First line on each side, 1-based; 0 where that side has none.
    pub old_line: u32,
    pub new_line: u32,
    pub lines: Vec<Line>,
}

/// The indices of lines that one side has and the other has not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Changed {
    pub(super) added: Vec<usize>,
    pub(super) removed: Vec<usize>,
    /// Too different to be aligned: lines that have no equal on the other side.
    pub(super) only_counted: bool,
}

/// Hunks of two texts that begin at the given lines of their files; `None` when they are too
/// long and too different.
pub(super) fn hunks(old: (u32, &[String]), new: (u32, &[String])) -> Option<Vec<Hunk>> {
    if !is_alignable(old.1, new.1) {
        return None;
    }
    let ops = capture_diff_slices(Algorithm::Myers, old.1, new.1);
    let groups = group_diff_ops(ops, CONTEXT);
    Some(groups.iter().map(|group| hunk(group, old, new)).collect())
}

fn hunk(ops: &[DiffOp], old: (u32, &[String]), new: (u32, &[String])) -> Hunk {
    let mut lines = Vec::new();
    let mut add = |tag, text: &[String]| {
        lines.extend(text.iter().map(|line| Line {
            tag,
            text: line.clone(),
        }));
    };
    for op in ops {
        let (tag, from, to) = op.as_tag_tuple();
        match tag {
            DiffTag::Equal => add(Tag::Same, &new.1[to]),
            DiffTag::Delete | DiffTag::Insert | DiffTag::Replace => {
                add(Tag::Removed, &old.1[from]);
                add(Tag::Added, &new.1[to]);
            }
        }
    }
    let start = |first: u32, range: Option<usize>, has: bool| match range {
        Some(at) if has => first.saturating_add(u32::try_from(at).unwrap_or(u32::MAX)),
        _ => 0,
    };
    let first = ops.first();
    let has = |absent| lines.iter().any(|line| line.tag != absent);
    Hunk {
        old_line: start(old.0, first.map(|op| op.old_range().start), has(Tag::Added)),
        new_line: start(
            new.0,
            first.map(|op| op.new_range().start),
            has(Tag::Removed),
        ),
        lines,
    }
}

/// Which lines differ.
pub(super) fn changed(old: &[String], new: &[String]) -> Changed {
    if !is_alignable(old, new) {
        return counted(old, new);
    }
    let mut changed = Changed::default();
    for op in capture_diff_slices(Algorithm::Myers, old, new) {
        if op.tag() != DiffTag::Equal {
            changed.removed.extend(op.old_range());
            changed.added.extend(op.new_range());
        }
    }
    changed
}

/// Common lines at both ends cost nothing.
fn is_alignable(old: &[String], new: &[String]) -> bool {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[start..], &new[start..]);
    let end = old.iter().rev().zip(new.iter().rev());
    let end = end.take_while(|(a, b)| a == b).count();
    old.len() + new.len() - 2 * end <= MAX_LINES
}

fn counted(old: &[String], new: &[String]) -> Changed {
    let mut open: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, line) in old.iter().enumerate().rev() {
        open.entry(line).or_default().push(index);
    }
    let mut added = Vec::new();
    for (index, line) in new.iter().enumerate() {
        if open.get_mut(line.as_str()).and_then(Vec::pop).is_none() {
            added.push(index);
        }
    }
    let mut removed: Vec<usize> = open.into_values().flatten().collect();
    removed.sort_unstable();
    Changed {
        added,
        removed,
        only_counted: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    fn check(old: &str, new: &str, expected: &[&str]) {
        let (old, new) = (lines(old), lines(new));
        let found = hunks((10, &old), (20, &new)).unwrap();
        let found: Vec<String> = found
            .iter()
            .map(|hunk| {
                let lines = hunk.lines.iter();
                let lines: Vec<String> = lines
                    .map(|line| format!("{}{}", line.tag.sign(), line.text))
                    .collect();
                format!("{}/{} {}", hunk.old_line, hunk.new_line, lines.join(","))
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn changes_stand_with_lines_around_them() {
        check("a b c d e", "a b x d e", &["10/20  a, b,-c,+x, d, e"]);
        check(
            "a 1 2 3 4 5 6 7 8 b",
            "x 1 2 3 4 5 6 7 8 y",
            &["10/20 -a,+x, 1, 2, 3", "16/26  6, 7, 8,-b,+y"],
        );
        check("a b", "a b", &[]);
    }

    #[test]
    fn a_side_without_lines_has_no_place() {
        let new = lines("a b");
        let found = hunks((0, &[]), (5, &new)).unwrap();
        assert_eq!((found[0].old_line, found[0].new_line), (0, 5));
        assert_eq!(found[0].lines.len(), 2);
    }

    #[test]
    fn what_is_too_different_is_counted() {
        let old: Vec<String> = (0..15_000).map(|n| format!("old {n}")).collect();
        let mut new: Vec<String> = (0..15_000).map(|n| format!("new {n}")).collect();
        new[7] = "old 9".to_owned();
        assert_eq!(hunks((1, &old), (1, &new)), None);
        let changed = changed(&old, &new);
        assert!(changed.only_counted);
        assert_eq!(
            (changed.added.len(), changed.removed.len()),
            (14_999, 14_999)
        );
        // Common ends do not count.
        let long = vec!["same".to_owned(); 50_000];
        assert_eq!(
            super::changed(&long, &long[1..]).removed.len(),
            1,
            "one line less"
        );
    }
}
