//! What an extraction changed in files of the host, so that it can be taken back while nothing
//! else touched those lines.

use serde::{Deserialize, Serialize};
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Lines replaced by others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Where `after` begins, 1-based, in the file as the extraction left it.
    pub line: u32,
    /// Without their `\n`.
    pub before: Vec<String>,
    pub after: Vec<String>,
}

/// A change that cannot be taken back: its lines are not there any more, or more than once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("what was written at line {line} has been changed since")]
pub struct NotThere {
    pub line: u32,
}

/// From one text to the other, by lines. A pure deletion has a line that stayed with it, so that
/// its place can be found again.
#[must_use]
pub fn changes(before: &str, after: &str) -> Vec<Change> {
    let (old, new) = (lines(before), lines(after));
    let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    let ops = capture_diff_slices(Algorithm::Myers, &old, &new);
    let differs = |op: &DiffOp| !matches!(op, DiffOp::Equal { .. });
    let hunk = |op: DiffOp| {
        let (mut from, mut to) = (op.old_range(), op.new_range());
        if to.is_empty() && from.start > 0 && to.start > 0 {
            from.start -= 1;
            to.start -= 1;
        } else if to.is_empty() && from.end < old.len() && to.end < new.len() {
            from.end += 1;
            to.end += 1;
        }
        Change {
            line: u32::try_from(to.start + 1).unwrap_or(u32::MAX),
            before: owned(&old[from]),
            after: owned(&new[to]),
        }
    };
    ops.into_iter().filter(differs).map(hunk).collect()
}

/// The text as it was before `changes`, which may have moved up or down since.
///
/// # Errors
/// For the first change whose lines are not there, or whose place is not certain.
pub fn revert(now: &str, changes: &[Change]) -> Result<String, NotThere> {
    let mut text: Vec<String> = lines(now).into_iter().map(str::to_owned).collect();
    // From the last, so that lines of earlier ones stay where they are.
    for change in changes.iter().rev() {
        let at = place(&text, change).ok_or(NotThere { line: change.line })?;
        text.splice(at..at + change.after.len(), change.before.iter().cloned());
    }
    Ok(text.join("\n"))
}

/// Where it was left; else the one place where its lines are.
fn place(text: &[String], change: &Change) -> Option<usize> {
    let expected = (change.line as usize).saturating_sub(1);
    let is_at = |at: usize| text.get(at..at + change.after.len()) == Some(&change.after[..]);
    if change.after.is_empty() {
        // Only deleted: nothing shows where.
        return (expected <= text.len()).then_some(expected);
    }
    if is_at(expected) {
        return Some(expected);
    }
    let mut places = (0..text.len()).filter(|&at| is_at(at));
    match (places.next(), places.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

/// Joined by `\n` they are the text again, byte for byte.
fn lines(text: &str) -> Vec<&str> {
    text.split('\n').collect()
}
