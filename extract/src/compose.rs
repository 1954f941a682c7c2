//! Two rounds of edits as one.
//!
//! Rewriting looks at what slicing left and at nothing else, so its edits are of that text; what is
//! recorded are edits of upstream's text alone.

use crate::edit::{Edit, Overlap, Span, settle};
use crate::lexed::offset;

/// A text before and after its first edits, and where each byte of one is in the other.
#[derive(Debug)]
pub(crate) struct Edited {
    /// After the edits.
    pub(crate) text: String,
    edits: Vec<Placed>,
}

#[derive(Debug)]
struct Placed {
    edit: Edit,
    /// Where its text is, afterwards.
    after: Span,
}

impl Edited {
    pub(crate) fn new(before: &str, edits: &[Edit]) -> Result<Self, Overlap> {
        let mut text = String::with_capacity(before.len());
        let mut placed = Vec::new();
        let mut at = 0;
        for edit in settle(edits)? {
            text.push_str(
                before
                    .get(at..edit.range.start as usize)
                    .unwrap_or_default(),
            );
            at = edit.range.end as usize;
            let start = offset(text.len());
            text.push_str(&edit.text);
            let after = Span::new(start, offset(text.len()));
            placed.push(Placed { edit, after });
        }
        text.push_str(before.get(at..).unwrap_or_default());
        Ok(Self {
            text,
            edits: placed,
        })
    }

    /// Where a byte of the first text is in the second; `None` when it was edited away.
    pub(crate) fn forward(&self, at: u32) -> Option<u32> {
        let behind = self
            .edits
            .partition_point(|placed| placed.edit.range.start <= at);
        match self.edits[..behind].last() {
            None => Some(at),
            Some(last) if at < last.edit.range.end => None,
            Some(last) => Some(at - last.edit.range.end + last.after.end),
        }
    }

    /// A line of the first text, 1-based, for a byte of the second.
    pub(crate) fn back(&self, at: u32) -> u32 {
        let behind = self.edits.partition_point(|placed| placed.after.end <= at);
        match self.edits[..behind].last() {
            None => self
                .edits
                .first()
                .map_or(at, |first| at.min(first.edit.range.start)),
            Some(last) => {
                let next = self
                    .edits
                    .get(behind)
                    .map_or(u32::MAX, |next| next.edit.range.start);
                (at - last.after.end + last.edit.range.end).min(next)
            }
        }
    }

    /// One round of edits of the first text that makes what `second` makes of the second.
    pub(crate) fn then(self, second: &[Edit]) -> Result<Vec<Edit>, Overlap> {
        let second = settle(second)?;
        let (mut i, mut j) = (0, 0);
        let mut out = Vec::new();
        // Ends of the last edit of the first round, before and after it.
        let (mut ended, mut ends) = (0, 0);
        while i < self.edits.len() || j < second.len() {
            let by_first = match (self.edits.get(i), second.get(j)) {
                (Some(first), Some(second)) => first.after.start <= second.range.start,
                (first, _) => first.is_some(),
            };
            let (i0, j0) = (i, j);
            let (start, mut end, from) = if by_first {
                let first = &self.edits[i];
                (first.after.start, first.after.end, first.edit.range.start)
            } else {
                let range = second[j].range;
                (range.start, range.end, range.start - ends + ended)
            };
            // All that share bytes with each other are one edit.
            loop {
                if let Some(first) = self.edits.get(i)
                    && (i == i0 && by_first || first.after.start < end)
                {
                    end = end.max(first.after.end);
                    (ended, ends) = (first.edit.range.end, first.after.end);
                    i += 1;
                } else if let Some(next) = second.get(j)
                    && (j == j0 && !by_first || next.range.start < end)
                {
                    end = end.max(next.range.end);
                    j += 1;
                } else {
                    break;
                }
            }
            if j == j0 {
                out.extend(self.edits[i0..i].iter().map(|placed| placed.edit.clone()));
                continue;
            }
            out.push(Edit {
                range: Span::new(from, end - ends + ended),
                text: part(&self.text, start, end, &second[j0..j]),
                why: second[j0].why,
            });
        }
        settle(&out)
    }
}

/// Bytes of a text, with the edits that are within them.
fn part(text: &str, start: u32, end: u32, edits: &[Edit]) -> String {
    let mut out = String::new();
    let mut at = start;
    for edit in edits {
        out.push_str(cut(text, at, edit.range.start));
        out.push_str(&edit.text);
        at = edit.range.end;
    }
    out.push_str(cut(text, at, end));
    out
}

fn cut(text: &str, start: u32, end: u32) -> &str {
    text.get(start as usize..end as usize).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::{Why, apply};

    fn edit(start: u32, end: u32, text: &str) -> Edit {
        Edit {
            range: Span::new(start, end),
            text: text.to_owned(),
            why: Why::NotNeeded,
        }
    }

    /// A small generator: the same numbers every time.
    fn numbers(seed: u64) -> impl FnMut(u32) -> u32 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        move |below| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            u32::try_from(state >> 33).unwrap() % below.max(1)
        }
    }

    fn some(next: &mut impl FnMut(u32) -> u32, length: u32, names: &[&str]) -> Vec<Edit> {
        let mut out = Vec::new();
        let mut at = next(4);
        while at < length {
            let end = (at + 1 + next(4)).min(length);
            let name = names[next(offset(names.len())) as usize];
            out.push(edit(at, end, name));
            at = end + next(5);
        }
        out
    }

    #[test]
    fn one_round_makes_what_two_rounds_make() {
        let before = "abcdefghijklmnopqrstuvwxyz0123456789";
        for seed in 0..2000 {
            let mut next = numbers(seed);
            let first = some(&mut next, offset(before.len()), &["", "", "A", "BCD"]);
            let edited = Edited::new(before, &first).unwrap();
            let between = edited.text.clone();
            assert_eq!(between, apply(before, &first).unwrap());
            let second = some(&mut next, offset(between.len()), &["", "#", "$%&"]);
            let more = second
                .iter()
                .map(|of| of.range.start)
                .filter(|_| next(3) == 0);
            let more: Vec<Edit> = more.map(|at| edit(at, at, "+")).collect();
            let second: Vec<Edit> = second
                .iter()
                .filter(|_| next(2) == 0)
                .cloned()
                .chain(more)
                .collect();
            let Ok(twice) = apply(&between, &second) else {
                continue;
            };
            let both = edited.then(&second).unwrap();
            assert_eq!(
                apply(before, &both).unwrap(),
                twice,
                "{seed}: {first:?} {second:?}"
            );
        }
    }

    #[test]
    fn places_go_forward_and_back() {
        let edited = Edited::new("abcdefgh", &[edit(2, 4, ""), edit(5, 6, "XYZ")]).unwrap();
        assert_eq!(edited.text, "abeXYZgh");
        let forward: Vec<Option<u32>> = (0..8).map(|at| edited.forward(at)).collect();
        let at = [
            Some(0),
            Some(1),
            None,
            None,
            Some(2),
            None,
            Some(6),
            Some(7),
        ];
        assert_eq!(forward, at);
        for at in [0, 1, 4, 6, 7] {
            assert_eq!(edited.back(edited.forward(at).unwrap()), at);
        }
    }
}
