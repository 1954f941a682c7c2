//! Lines of source in functions, each line once.
//!
//! Functions nest, and a `macro_rules!` that is called twenty times makes twenty functions out
//! of the same lines: adding up their lengths would report more lines than the file has. So
//! the spans are laid over each other. A line is used when any function on it is used, else
//! unknown when any is unknown, else unused.

use std::collections::BTreeMap;

use camino::Utf8Path;

use crate::model::Status;

use super::Counts;

#[derive(Default)]
pub(crate) struct LineCounter<'a> {
    /// By file: first line, line after the last one, status.
    spans: BTreeMap<&'a Utf8Path, Vec<(u32, u32, Status)>>,
}

impl<'a> LineCounter<'a> {
    /// A function of `lines` lines that starts at the 1-based line `first` of `file`.
    pub(crate) fn add(&mut self, file: &'a Utf8Path, first: u32, lines: u32, status: Status) {
        if lines > 0 {
            let end = first.saturating_add(lines);
            self.spans
                .entry(file)
                .or_default()
                .push((first, end, status));
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for spans in self.spans.values() {
            let used = covered(spans, |status| status == Status::Used);
            let not_unused = covered(spans, |status| status != Status::Unused);
            let total = covered(spans, |_| true);
            counts += Counts {
                used,
                unknown: not_unused - used,
                unused: total - not_unused,
                total,
            };
        }
        counts
    }
}

/// Length of the union of the spans whose status is wanted.
fn covered(spans: &[(u32, u32, Status)], wanted: impl Fn(Status) -> bool) -> u64 {
    let mut chosen: Vec<(u32, u32)> = spans
        .iter()
        .filter(|&&(_, _, status)| wanted(status))
        .map(|&(first, end, _)| (first, end))
        .collect();
    chosen.sort_unstable();
    let (mut length, mut reached) = (0, 0);
    for (first, end) in chosen {
        length += u64::from(end.saturating_sub(first.max(reached)));
        reached = reached.max(end);
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_spans_count_once() {
        let mut counter = LineCounter::default();
        let file = Utf8Path::new("/a.rs");
        counter.add(file, 10, 10, Status::Unused);
        counter.add(file, 12, 3, Status::Used);
        counter.add(file, 14, 4, Status::Unknown);
        counter.add(file, 12, 3, Status::Used);
        counter.add(Utf8Path::new("/b.rs"), 12, 1, Status::Used);
        counter.add(file, 90, 0, Status::Used);
        assert_eq!(
            counter.counts(),
            Counts {
                used: 4,
                unknown: 3,
                unused: 4,
                total: 11
            }
        );
    }
}
