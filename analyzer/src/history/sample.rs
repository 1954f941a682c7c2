//! Records made by hand, for tests.

use std::collections::BTreeMap;

use super::{Asked, Count, CrateFigures, Kept, Outcome, Record, Snapshot, Total, ValidFor};
use crate::model::Domain;
use crate::revision::Commit;

/// The id of a commit that is called by one letter.
pub(crate) fn id(letter: char) -> String {
    letter.to_string().repeat(40)
}

pub(crate) fn commit(letter: char, parents: &[char]) -> Commit {
    Commit {
        id: id(letter),
        // A day for a letter, from 2026-01-01 for `a`.
        time: 1_767_225_600 + 86_400 * u64::from(u32::from(letter) - u32::from('a')),
        parents: parents.iter().map(|&parent| id(parent)).collect(),
        title: format!("change {letter}"),
    }
}

pub(crate) fn asked() -> Asked {
    Asked {
        flags: Vec::new(),
        domains: vec![Domain::Run],
        policy: "sandbox".to_owned(),
        allow: Vec::new(),
        toolchain: "rustc 1.95.0".to_owned(),
        tool: "0.1.0".to_owned(),
    }
}

/// One dependency, `dep 1.0.0`, with so many functions reached of a hundred.
pub(crate) fn snapshot(used: u64) -> Snapshot {
    let figures = Kept {
        functions: Count(used, 0, 100),
        derived: Count(0, 0, 2),
        lines: Count(used * 10, 10, 1000),
        unsafety: Count(used / 10, 0, 9),
        public: (used / 2, 60),
    };
    let total = Total {
        crates: 1,
        direct_crates: 1,
        source_lines: 2000,
        figures,
    };
    Snapshot {
        valid_for: ValidFor {
            roots: vec!["app bin app".to_owned()],
            domains: vec![Domain::Run],
            features: "default".to_owned(),
            target: "x86_64-unknown-linux-gnu".to_owned(),
            profile: "dev".to_owned(),
            policy: "sandbox".to_owned(),
            allowed: Vec::new(),
            toolchain: "rustc 1.95.0".to_owned(),
            tool: "0.1.0".to_owned(),
        },
        unknown_functions: 0,
        gaps: 0,
        left_out: Vec::new(),
        totals: BTreeMap::from([(Domain::Run, total)]),
        crates: vec![CrateFigures {
            name: "dep".to_owned(),
            version: "1.0.0".to_owned(),
            direct: true,
            depth: 1,
            build_script: false,
            proc_macro: false,
            source_lines: 2000,
            domains: BTreeMap::from([(Domain::Run, figures)]),
        }],
    }
}

pub(crate) fn record(letter: char, parents: &[char], used: u64) -> Record {
    Record::measured(&commit(letter, parents), &asked(), snapshot(used))
}

/// The same, measured with another toolchain.
pub(crate) fn record_with(toolchain: &str, letter: char, parents: &[char], used: u64) -> Record {
    let mut record = record(letter, parents, used);
    toolchain.clone_into(&mut record.asked.toolchain);
    if let Outcome::Measured(snapshot) = &mut record.outcome {
        toolchain.clone_into(&mut snapshot.valid_for.toolchain);
    }
    record
}

pub(crate) fn gap(letter: char, parents: &[char], reason: &str) -> Record {
    Record::gap(&commit(letter, parents), &asked(), reason.to_owned())
}
