//! The records of a file in the order of the commits, one a commit.
//!
//! A file's order is that of recording and merging. Here a commit comes behind its parents, and
//! where they do not say, by its time; clocks that went wrong are thus no matter on a line of
//! commits. A commit that was measured more than once, for different questions, shows the answer
//! that is valid for the same as the newest commit's.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::file::History;
use super::{Outcome, Record, Snapshot, ValidFor};

/// One commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point<'a> {
    pub record: &'a Record,
    pub state: State<'a>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State<'a> {
    Measured(&'a Snapshot),
    /// No figures, and why.
    Gap(String),
}

/// One point a commit, oldest first.
#[must_use]
pub fn order(history: &History) -> Vec<Point<'_>> {
    let mut by_commit: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in history.records() {
        by_commit.entry(&record.commit).or_default().push(record);
    }
    let ids = sorted(&by_commit);
    let newest = ids
        .iter()
        .rev()
        .find_map(|id| last_measured(&by_commit[id]));
    let preferred = newest.map(|snapshot| &snapshot.valid_for);
    ids.into_iter()
        .map(|id| point(&by_commit[id], preferred))
        .collect()
}

fn last_measured<'a>(records: &[&'a Record]) -> Option<&'a Snapshot> {
    records.iter().rev().find_map(|record| record.snapshot())
}

/// Kahn's algorithm; of those whose parents are all done, the oldest comes next.
fn sorted<'a>(by_commit: &BTreeMap<&'a str, Vec<&'a Record>>) -> Vec<&'a str> {
    let mut children: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut waiting_for: BTreeMap<&str, usize> = BTreeMap::new();
    for (&id, records) in by_commit {
        let parents: BTreeSet<&str> = records[0]
            .parents
            .iter()
            .map(String::as_str)
            .filter(|parent| by_commit.contains_key(parent))
            .collect();
        waiting_for.insert(id, parents.len());
        for parent in parents {
            children.entry(parent).or_default().push(id);
        }
    }
    let key = |id: &'a str| Reverse((by_commit[id][0].time, id));
    let ready = |(&id, &count): (&&'a str, &usize)| (count == 0).then(|| key(id));
    let mut ready: BinaryHeap<_> = waiting_for.iter().filter_map(ready).collect();
    let mut ids = Vec::new();
    while let Some(Reverse((_, id))) = ready.pop() {
        ids.push(id);
        for child in children.remove(id).unwrap_or_default() {
            if let Some(count) = waiting_for.get_mut(child) {
                *count -= 1;
                if *count == 0 {
                    let known = by_commit.get_key_value(child);
                    ready.extend(known.map(|(&child, _)| key(child)));
                }
            }
        }
    }
    // Commits cannot be each other's ancestors; a file may say so.
    let done: BTreeSet<&str> = ids.iter().copied().collect();
    ids.extend(by_commit.keys().filter(|id| !done.contains(*id)));
    ids
}

fn point<'a>(records: &[&'a Record], preferred: Option<&ValidFor>) -> Point<'a> {
    let measured = |record: &&&'a Record| record.snapshot().is_some();
    let is_preferred = |record: &&&'a Record| {
        let snapshot = record.snapshot();
        snapshot.is_some_and(|snapshot| Some(&snapshot.valid_for) == preferred)
    };
    let mut newest_first = records.iter().rev();
    let chosen = newest_first
        .clone()
        .find(is_preferred)
        .or_else(|| newest_first.find(measured));
    let Some(&record) = chosen else {
        let record = records[records.len() - 1];
        let reason = match &record.outcome {
            Outcome::Gap(gap) => gap.reason.clone(),
            Outcome::Measured(_) => String::new(),
        };
        let state = State::Gap(reason);
        return Point { record, state };
    };
    let snapshot = record.snapshot();
    let disagrees = |other: &&Record| {
        let (Some(one), Some(other)) = (snapshot, other.snapshot()) else {
            return false;
        };
        one.valid_for == other.valid_for && one != other
    };
    let state = match snapshot {
        Some(_) if records.iter().any(disagrees) => State::Gap(
            "recorded twice with different figures, valid for the same; record it again with `--again`"
                .to_owned(),
        ),
        Some(snapshot) => State::Measured(snapshot),
        None => State::Gap(String::new()),
    };
    Point { record, state }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::sample::{gap, record, record_with};

    fn shown(records: Vec<Record>) -> String {
        let mut history = History::default();
        for record in records {
            history.add_unchecked(record);
        }
        let points = order(&history);
        let words = points.iter().map(|point| {
            let letter = &point.record.commit[..1];
            match &point.state {
                State::Measured(snapshot) => {
                    let used = snapshot.crates[0]
                        .domains
                        .values()
                        .next()
                        .unwrap()
                        .functions
                        .used();
                    format!("{letter}{used}")
                }
                State::Gap(reason) => format!("{letter}({reason})"),
            }
        });
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn parents_come_first_then_time() {
        // Recorded out of order.
        assert_eq!(
            shown(vec![
                record('c', &['b'], 3),
                record('a', &[], 1),
                record('b', &['a'], 2)
            ]),
            "a1 b2 c3"
        );
        // `a` was made on a clock that runs late: its parent is `d`.
        assert_eq!(
            shown(vec![record('a', &['d'], 1), record('d', &[], 4)]),
            "d4 a1"
        );
        // Two branches; `c` is not recorded.
        assert_eq!(
            shown(vec![
                record('e', &['b', 'd'], 5),
                record('d', &['c'], 4),
                record('b', &['a'], 2),
                record('a', &[], 1)
            ]),
            "a1 b2 d4 e5"
        );
        // What cannot be is shown nevertheless.
        assert_eq!(
            shown(vec![
                record('a', &['b'], 1),
                record('b', &['a'], 2),
                record('c', &[], 3)
            ]),
            "c3 a1 b2"
        );
    }

    #[test]
    fn one_answer_a_commit() {
        let new =
            |letter, parents: &[char], used| record_with("rustc 1.96.0", letter, parents, used);
        assert_eq!(
            shown(vec![
                record('a', &[], 1),
                record('b', &['a'], 2),
                new('b', &['a'], 20),
                new('a', &[], 10),
                record('c', &['b'], 3)
            ]),
            "a1 b2 c3"
        );
        assert_eq!(
            shown(vec![
                record('a', &[], 1),
                record('b', &['a'], 2),
                new('b', &['a'], 20),
                new('c', &['b'], 30)
            ]),
            "a1 b20 c30"
        );
    }

    #[test]
    fn gaps() {
        assert_eq!(
            shown(vec![
                record('a', &[], 1),
                gap('b', &['a'], "why"),
                gap('b', &['a'], "again"),
                gap('a', &[], "x")
            ]),
            "a1 b(again)"
        );
        assert_eq!(
            shown(vec![record('a', &[], 1), record('a', &[], 2)]),
            "a(recorded twice with different figures, valid for the same; record it again with `--again`)"
        );
    }
}
