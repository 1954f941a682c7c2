//! Items of two texts, pair by pair.

use similar::TextDiff;

use super::{ItemVerdict, State};
use crate::items::{self, Hash, Item};

/// Lines of a difference that are kept; more say no more.
const LONGEST_DIFF: usize = 400;

/// Pairs items of both sides: equal ones first, then by name in order.
pub(crate) fn compare(
    expected: &[Item],
    expected_text: Option<&str>,
    found: &[Item],
    found_text: &str,
) -> Vec<ItemVerdict> {
    let mut wanted = items::by_key(expected);
    let mut partner: Vec<Option<&Item>> = vec![None; found.len()];
    for (index, item) in found.iter().enumerate() {
        if let Some(list) = wanted.get_mut(&item.key())
            && let Some(at) = list.iter().position(|one| one.hash == item.hash)
        {
            partner[index] = Some(list.remove(at));
        }
    }
    for (index, item) in found.iter().enumerate() {
        if partner[index].is_none()
            && let Some(list) = wanted.get_mut(&item.key())
            && !list.is_empty()
        {
            partner[index] = Some(list.remove(0));
        }
    }
    let mut out: Vec<ItemVerdict> = Vec::new();
    for (item, partner) in found.iter().zip(&partner) {
        let state = match partner {
            None => State::Added,
            Some(one) if one.hash == item.hash => State::Same,
            Some(_) => State::Changed,
        };
        let before = partner.and_then(|one| slice(expected_text?, one));
        let diff = match state {
            State::Same => None,
            _ if partner.is_some() && before.is_none() => None,
            _ => Some(difference(
                before.unwrap_or_default(),
                slice(found_text, item).unwrap_or_default(),
            )),
        };
        out.push(verdict(
            item,
            item.line,
            state,
            Some(item.hash.clone()),
            diff,
        ));
    }
    for item in wanted.into_values().flatten() {
        let diff = expected_text
            .and_then(|text| slice(text, item))
            .map(|text| difference(text, ""));
        out.push(verdict(item, 0, State::Missing, None, diff));
    }
    out
}

fn verdict(
    item: &Item,
    line: u32,
    state: State,
    hash: Option<Hash>,
    diff: Option<String>,
) -> ItemVerdict {
    ItemVerdict {
        path: item.path.clone(),
        kind: item.kind,
        line,
        state,
        hash,
        diff,
        acknowledged: None,
    }
}

fn slice<'a>(text: &'a str, item: &Item) -> Option<&'a str> {
    text.get(item.span.start as usize..item.span.end as usize)
}

/// Lines taken out with `-`, lines put in with `+`, three lines around.
#[must_use]
pub fn difference(before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let mut unified = diff.unified_diff();
    let text = unified
        .context_radius(3)
        .missing_newline_hint(false)
        .to_string();
    let mut lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("@@"))
        .collect();
    if lines.len() > LONGEST_DIFF {
        lines.truncate(LONGEST_DIFF);
        lines.push("…");
    }
    lines.join("\n")
}
