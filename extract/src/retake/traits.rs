//! `dyn` before names of traits, which a newer edition asks for: where the compiler said it has to
//! stand is known of the old text alone, and holds in the new one where its line is the same.

use super::{Pair, index};
use crate::edit::{Edit, Span, Why};
use crate::rewrite::DYN;
use crate::slice::SlicedFile;

/// Where `dyn` stands in the newer version; each line that is not as it was is noted.
pub(super) fn said(pairs: &[Pair<'_>], notes: &mut Vec<String>) -> Vec<SlicedFile> {
    let mut said = Vec::new();
    for (at, pair) in pairs.iter().enumerate() {
        let (edits, lost) = traits(pair);
        said.push(SlicedFile {
            file: index(at),
            edits,
        });
        notes.extend(lost.iter().map(|line| {
            format!(
                "{}: upstream changed a line where `dyn` was put before a trait, `{line}`: put it \
                 there again",
                pair.file.path
            )
        }));
    }
    said
}

/// Of one file, and the lines that are no more, in the order of the text.
fn traits(pair: &Pair<'_>) -> (Vec<Edit>, Vec<String>) {
    let (mut out, mut lost) = (Vec::new(), Vec::new());
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
            lost.push(line.trim().to_owned());
        }
    }
    out.sort();
    out.dedup();
    // A line with two such places is one line.
    lost.dedup();
    (out, lost)
}
