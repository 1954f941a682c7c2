//! What two analyses of a workspace differ in: crates, reached items, and of every updated crate
//! the source that is reached.
//!
//! Takes two [`Analysis`] of the same selection, gives a [`Diff`] as plain data. Pieces of the two
//! sides are matched by kind and definition path within crates of one name (`pair`); whether one
//! changed is said by its tokens (`Fingerprint`), what is shown is its lines. Everything that the
//! two sides disagree on is somewhere in it: reached code and what is read in any case line by
//! line, the rest as numbers.

mod change;
mod data;
mod elsewhere;
mod lines;
mod manifest;
mod markdown;
mod outline;
mod pair;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{self, Write};

pub use self::data::{
    Change, CrateChange, CrateFacts, Crates, Diff, Elsewhere, Place, PowerOf, Reached, Side,
    SideOf, Summary, Updated, What,
};
pub use self::lines::{Hunk, Line, Tag};
pub use self::markdown::markdown;
pub use self::table::table;

use self::change::Half;
use self::pair::Pair;
use crate::model::{Analysis, Source, Status};
use crate::pieces::{self, Piece, PieceKind};
use crate::report::header::Header;
use crate::report::text::json_safe;
use crate::source_text::Sources;

/// Value of `format`.
pub const FORMAT: &str = "whittle-diff";
/// Value of `version`.
pub const VERSION: u32 = 1;

/// One side of the comparison.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    pub side: &'a Side,
    pub analysis: &'a Analysis,
}

/// Compares two analyses. Source files of both must still be where they were.
#[must_use]
pub fn compare(old: Input<'_>, new: Input<'_>) -> Diff {
    let halves = (Sources::new(old.analysis), Sources::new(new.analysis));
    let packages = pair::packages(old.analysis, new.analysis);
    let mut out = Diff {
        header: Header::new(FORMAT, VERSION, new.analysis),
        from: old.side.clone(),
        to: new.side.clone(),
        remarks: remarks(old.analysis, new.analysis),
        summary: Summary::default(),
        crates: Crates::default(),
        newly_reached: Vec::new(),
        no_longer_reached: Vec::new(),
        less_or_more_sure: Vec::new(),
        changes: Vec::new(),
    };
    for &(before, now) in &packages.both {
        let old_pieces = pieces::of_package(old.analysis, &halves.0, before);
        let new_pieces = pieces::of_package(new.analysis, &halves.1, now);
        let pairs = change::pairs(&old_pieces, &new_pieces);
        transitions(
            &mut out,
            &pairs,
            (old.analysis, before),
            (new.analysis, now),
        );
        let half = Half {
            analysis: old.analysis,
            sources: &halves.0,
            package: before,
        };
        let other = Half {
            analysis: new.analysis,
            sources: &halves.1,
            package: now,
        };
        if let Some(change) = change::of_crate(&half, &other, &pairs) {
            out.changes.push(change);
            out.crates
                .updated
                .extend(updated(&half, &other, out.changes.last()));
        }
    }
    for &package in &packages.added {
        let all = pieces::of_package(new.analysis, &halves.1, package);
        out.crates.added.push(facts(new.analysis, package, &all));
        let pairs: Vec<Pair<'_>> = all.iter().map(|one| (None, Some(one))).collect();
        transitions(
            &mut out,
            &pairs,
            (new.analysis, package),
            (new.analysis, package),
        );
    }
    for &package in &packages.removed {
        let all = pieces::of_package(old.analysis, &halves.0, package);
        out.crates.removed.push(facts(old.analysis, package, &all));
        let pairs: Vec<Pair<'_>> = all.iter().map(|one| (Some(one), None)).collect();
        transitions(
            &mut out,
            &pairs,
            (old.analysis, package),
            (old.analysis, package),
        );
    }
    sort(&mut out);
    out.summary = summary(&out);
    out
}

/// Where the two sides were not asked the same.
fn remarks(old: &Analysis, new: &Analysis) -> Vec<String> {
    let (a, b) = (
        Header::new(FORMAT, VERSION, old),
        Header::new(FORMAT, VERSION, new),
    );
    let mut remarks = Vec::new();
    let mut differ = |what: &str, a: &str, b: &str| {
        if a != b {
            remarks.push(format!("{what}: {a} before, {b} now"));
        }
    };
    differ("roots", &a.roots.join(", "), &b.roots.join(", "));
    differ("features", &a.features, &b.features);
    differ("target", &a.target, &b.target);
    differ("profile", &a.profile, &b.profile);
    differ("what may run", &a.policy, &b.policy);
    let compiler = |one: &Analysis| one.project.toolchain.description.clone();
    differ("compiler", &compiler(old), &compiler(new));
    remarks
}

/// Which of the pairs are reached otherwise than before. Files are reached with their unit, and
/// are in the changes.
fn transitions(
    out: &mut Diff,
    pairs: &[Pair<'_>],
    old: (&Analysis, usize),
    new: (&Analysis, usize),
) {
    for &(before, now) in pairs {
        let (was, is) = (before.map(|one| one.status), now.map(|one| one.status));
        let reached = |status: Option<Status>| status.is_some_and(|one| one != Status::Unused);
        let list = match (reached(was), reached(is)) {
            (false, true) => &mut out.newly_reached,
            (true, false) => &mut out.no_longer_reached,
            (true, true) if was != is => &mut out.less_or_more_sure,
            _ => continue,
        };
        let shown = match (reached(is), before, now) {
            (true, _, Some(now)) => Some((now, new)),
            (_, Some(before), _) => Some((before, old)),
            _ => None,
        };
        if let Some((piece, (analysis, package))) = shown.filter(|one| !one.0.kind.is_file()) {
            list.push(reached_item(analysis, package, piece, was, is));
        }
    }
}

fn reached_item(
    analysis: &Analysis,
    package: usize,
    piece: &Piece,
    before: Option<Status>,
    now: Option<Status>,
) -> Reached {
    let package = &analysis.project.packages[package];
    Reached {
        krate: package.name.clone(),
        version: package.version.clone(),
        kind: piece.kind,
        path: piece.name(),
        place: Place::of(piece),
        before,
        now,
        domains: piece.domains.iter().collect(),
        reason: piece.reason.clone(),
        direct: piece.direct,
        lines: piece.lines,
        is_unsafe: piece.is_unsafe,
        unsafe_blocks: piece.unsafe_blocks,
        powers: change::new_powers(None, piece),
    }
}

fn facts(analysis: &Analysis, package: usize, pieces: &[Piece]) -> CrateFacts {
    let facts = &analysis.project.packages[package];
    let functions = || pieces.iter().filter(|one| one.kind == PieceKind::Function);
    let mut powers: Vec<PowerOf> = functions()
        .filter(|one| one.in_scope())
        .flat_map(|one| change::new_powers(None, one))
        .collect();
    powers.sort();
    powers.dedup();
    CrateFacts {
        name: facts.name.clone(),
        version: facts.version.clone(),
        source: source(&facts.source),
        direct: facts.is_direct,
        build_script: facts.has_build_script,
        proc_macro: facts.is_proc_macro,
        functions_reached: functions().filter(|one| one.in_scope()).count(),
        functions: functions().count(),
        lines: analysis.package_lines.get(package).copied().unwrap_or(0),
        powers,
    }
}

fn updated(old: &Half<'_>, new: &Half<'_>, change: Option<&CrateChange>) -> Option<Updated> {
    let (old, new) = (old.facts(), new.facts());
    change.map(|_| Updated {
        name: new.name.clone(),
        from: old.version.clone(),
        to: new.version.clone(),
        from_source: source(&old.source),
        to_source: source(&new.source),
    })
}

fn source(source: &Source) -> &'static str {
    match source {
        Source::Registry => "registry",
        Source::Git => "git",
        Source::Path => "path",
    }
}

fn sort(out: &mut Diff) {
    for list in [
        &mut out.newly_reached,
        &mut out.no_longer_reached,
        &mut out.less_or_more_sure,
    ] {
        list.sort_by(|a, b| {
            let key = |one: &Reached| (one.krate.clone(), one.version.clone(), one.kind);
            (key(a), &a.path).cmp(&(key(b), &b.path))
        });
    }
}

fn summary(diff: &Diff) -> Summary {
    let mut out = Summary {
        crates_added: diff.crates.added.len(),
        crates_removed: diff.crates.removed.len(),
        crates_updated: diff.crates.updated.len(),
        newly_reached: diff.newly_reached.len(),
        no_longer_reached: diff.no_longer_reached.len(),
        ..Summary::default()
    };
    // A power is new once a crate and function, whether its user is listed as changed or as newly
    // reached.
    let mut powers: BTreeMap<(String, String), Vec<PowerOf>> = BTreeMap::new();
    for one in &diff.newly_reached {
        let key = (one.krate.clone(), one.path.clone());
        powers.entry(key).or_default().extend(one.powers.clone());
    }
    for change in &diff.changes {
        let functions = change.functions.iter();
        out.functions_changed += functions.filter(|one| one.what != What::SameText).count();
        out.others_changed += change.files.len() + change.others.len();
        let all = [
            &change.functions,
            &change.derived,
            &change.files,
            &change.others,
        ];
        for one in all.into_iter().flatten() {
            out.unreadable += usize::from(one.unreadable);
            let key = (change.krate.clone(), one.path.clone());
            powers
                .entry(key)
                .or_default()
                .extend(one.new_powers.clone());
        }
        for one in &change.functions {
            out.lines_added += one.added;
            out.lines_removed += one.removed;
        }
        out.unreadable += change.elsewhere.unreadable.len();
        out.unreadable += usize::from(change.manifest_problem.is_some());
    }
    for list in powers.values_mut() {
        list.sort();
        list.dedup();
        out.new_powers += list.len();
    }
    out
}

/// Writes the difference as one JSON document.
///
/// # Errors
/// Those of `out`.
pub fn json(diff: &Diff, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", json_safe(serde_json::to_string_pretty(diff)?))
}
