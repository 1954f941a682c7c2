//! `dyn` before names of traits, which a newer edition asks for: where the compiler said it has to
//! stand is known of the old text alone, and holds in the new one where its line is the same.

use super::Pair;
use crate::edit::{Edit, Span, Why};
use crate::rewrite::DYN;

/// Where `dyn` stands in the newer version, as far as its lines are as they were; and one that is
/// not.
pub(super) fn traits(pair: &Pair<'_>) -> (Vec<Edit>, Option<String>) {
    let (mut out, mut lost) = (Vec::new(), None);
    let recorded = pair.file.edits.iter();
    for edit in recorded.filter(|edit| edit.why == Why::Edition && edit.text.starts_with(DYN)) {
        let at = edit.range.start as usize;
        let before = pair.old.get(..at).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = pair.old[start..].lines().next().unwrap_or_default();
        let mut next = 0;
        let mut found = false;
        for text in pair.new.split_inclusive('\n') {
            if text.trim_end_matches(['\n', '\r']) == line {
                let at = crate::lexed::offset(next + at - start);
                found = true;
                out.push(Edit {
                    range: Span::new(at, at),
                    text: DYN.to_owned(),
                    why: Why::Edition,
                });
            }
            next += text.len();
        }
        if !found {
            lost = Some(line.trim().to_owned());
        }
    }
    out.sort();
    out.dedup();
    (out, lost)
}
