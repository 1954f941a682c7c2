//! Databases written by hand, judged on analyses made by hand.

use std::fs;

use camino::Utf8Path;
use expect_test::{Expect, expect};

use super::*;
use crate::model::{Domain, Domains, EdgeKind, Gap, ItemKind, Probed, Source};
use crate::sample::Sample;

pub(super) fn advisory(id: &str, package: &str, more: &str) -> String {
    format!(
        "```toml\n[advisory]\nid = \"{id}\"\npackage = \"{package}\"\ndate = \"2026-03-04\"\n\
         {more}\n```\n\n# Something is wrong\n\nText.\n"
    )
}

/// Reads a database of these files below `crates/`.
pub(super) fn open(files: &[(&str, &str)]) -> Result<Database> {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(folder.path()).unwrap();
    fs::create_dir_all(path.join("crates")).unwrap();
    for (name, text) in files {
        let file = path.join("crates").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    Database::open(path)
}

/// An advisory on `dep` that lists these functions.
fn listing(functions: &[&str]) -> Database {
    let functions: Vec<String> = functions
        .iter()
        .map(|path| format!("\"{path}\" = []\n"))
        .collect();
    let more = format!(
        "[versions]\npatched = [\">= 2.0.0\"]\n[affected.functions]\n{}",
        functions.concat()
    );
    let text = advisory("RUSTSEC-2026-0001", "dep", &more);
    open(&[("dep/RUSTSEC-2026-0001.md", &text)]).unwrap()
}

/// `app` calls `dep::used`; what else there is, nothing reaches.
pub(super) fn sample() -> Sample {
    let mut sample = Sample::new();
    let dep = sample.library("dep", "1.0.0", 0, Domains::RUN);
    let used = sample.function(dep, "dep::used", Status::Used);
    let idle = sample.function(dep, "dep::idle", Status::Unused);
    sample.function(dep, "dep::hidden", Status::Unknown);
    let main = sample.free_node(None, "app::main", Some("/sample/src/main.rs"), 3);
    let node = sample.node(used);
    sample.edge(main, node, EdgeKind::Call, 4);
    sample.analysis.roots = vec![(main, Domain::Run, "main".into())];
    probe(&mut sample, idle, &[], &[]);
    sample
}

pub(super) fn probe(sample: &mut Sample, item: usize, calls: &[usize], gaps: &[&str]) {
    sample.analysis.probes.push(Probed {
        item,
        calls: calls.to_vec(),
        gaps: gaps.iter().map(|&gap| gap.to_owned()).collect(),
    });
}

fn judged(sample: &Sample, paths: &[&str]) -> Report {
    assess(&sample.analysis, &[], &listing(paths), false).unwrap()
}

/// Verdict and reason of the one finding there is.
fn check(sample: &Sample, paths: &[&str], expected: &Expect) {
    let report = judged(sample, paths);
    let [finding] = &report.findings[..] else {
        panic!("{:?}", report.findings);
    };
    expected.assert_eq(&format!("{}: {}", finding.verdict.words(), finding.reason));
}

#[test]
fn a_function_by_its_status() {
    let sample = sample();
    check(
        &sample,
        &["dep::used"],
        &expect!["reached: `dep::used` is reached"],
    );
    check(
        &sample,
        &["dep::hidden"],
        &expect!["unknown: `dep::hidden` is unknown: macro not expanded"],
    );
    check(
        &sample,
        &["dep::idle"],
        &expect![
            "not reached: 1 listed path and what they call within the crate: found, none of it reached"
        ],
    );
    check(
        &sample,
        &["dep::idle", "dep::imp::idle"],
        &expect![
            "unknown: no item compiled here has the path `dep::imp::idle` (left out by features or target, renamed, foreign, or not public under that name); of its last name, `dep::idle` is not reached"
        ],
    );
    check(
        &sample,
        &["dep::idle", "dep::used"],
        &expect!["reached: `dep::used` is reached"],
    );
}

#[test]
fn what_an_unreached_function_calls() {
    let with = |calls: &[usize], gaps: &[&str]| {
        let mut sample = sample();
        sample.analysis.probes.clear();
        probe(&mut sample, 1, calls, gaps);
        sample
    };
    check(
        &with(&[2, 0], &[]),
        &["dep::idle"],
        &expect![
            "reached indirectly: nothing reaches `dep::idle`, but `dep::used`, which it calls"
        ],
    );
    check(
        &with(&[2], &[]),
        &["dep::idle"],
        &expect![
            "unknown: nothing reaches `dep::idle`; `dep::hidden`, which it calls, is unknown: macro not expanded"
        ],
    );
    check(
        &with(&[], &["method not resolved: `x` at line 7"]),
        &["dep::idle"],
        &expect![
            "unknown: nothing reaches `dep::idle`; what it calls is not known: method not resolved: `x` at line 7"
        ],
    );
    let mut never = sample();
    never.analysis.probes.clear();
    check(
        &never,
        &["dep::idle"],
        &expect!["unknown: nothing reaches `dep::idle`; what it calls was not followed"],
    );
}

#[test]
fn a_gap_without_bounds_hides_everything() {
    let mut sample = sample();
    sample.analysis.gaps.push(Gap {
        reason: "limit reached".to_owned(),
        package: None,
        place: "number of instances".to_owned(),
        count: 1,
    });
    check(
        &sample,
        &["dep::idle"],
        &expect![
            "unknown: nothing reaches `dep::idle`, nor what it calls within its crate; but not all was followed: limit reached, number of instances"
        ],
    );
}

#[test]
fn types_and_macros_are_known_less_well() {
    let mut sample = sample();
    let table = sample.function(1, "dep::Table", Status::Unused);
    sample.item(table).kind = ItemKind::Struct;
    let by_macro = sample.function(1, "dep::make", Status::Unused);
    sample.item(by_macro).kind = ItemKind::Macro;
    check(
        &sample,
        &["dep::Table"],
        &expect![
            "unknown: `dep::Table` is no function, and code of which it is not known whether it runs may use it"
        ],
    );
    check(
        &sample,
        &["dep::make"],
        &expect!["unknown: `dep::make` is a macro, and its uses are not all seen"],
    );
    sample.item(2).status = Status::Unused;
    let report = judged(&sample, &["dep::Table"]);
    assert_eq!(report.findings[0].verdict, Verdict::NotReached);
    sample.item(table).status = Status::Used;
    check(
        &sample,
        &["dep::Table"],
        &expect!["reached: `dep::Table` is reached"],
    );
}

#[test]
fn a_traits_method_is_reached_by_any_implementation() {
    let mut sample = sample();
    let of_trait = sample.function(1, "dep::Walk::step", Status::Unused);
    probe(&mut sample, of_trait, &[], &[]);
    let report = judged(&sample, &["dep::Walk::step"]);
    assert_eq!(report.findings[0].verdict, Verdict::NotReached);
    let own = sample.free_node(
        None,
        "<app::Mine as dep::Walk>::step",
        Some("/sample/src/main.rs"),
        9,
    );
    sample.edge(0, own, EdgeKind::Trait, 5);
    check(
        &sample,
        &["dep::Walk::step"],
        &expect![
            "reached indirectly: nothing reaches `dep::Walk::step` itself, but its implementation `<app::Mine as dep::Walk>::step`"
        ],
    );
}

#[test]
fn members_are_not_judged_and_sources_are_told() {
    let mut sample = sample();
    sample.analysis.project.packages[1].is_member = true;
    sample.analysis.project.packages[1].source = Source::Path;
    check(
        &sample,
        &["dep::idle"],
        &expect!["unknown: it is a member of the workspace, whose own functions are not judged"],
    );
    assert_eq!(judged(&sample, &[]).findings[0].source, "path");
}

#[test]
fn versions_alone_decide() {
    let sample = sample();
    let count = |versions: &str| {
        let text = advisory(
            "RUSTSEC-2026-0001",
            "dep",
            &format!("[versions]\n{versions}"),
        );
        let database = open(&[("dep/RUSTSEC-2026-0001.md", &text)]).unwrap();
        assess(&sample.analysis, &[], &database, false)
            .unwrap()
            .findings
            .len()
    };
    assert_eq!(count("patched = [\">= 1.0.1\"]"), 1);
    assert_eq!(count("patched = [\">= 1.0.0\"]"), 0);
    assert_eq!(count("patched = []\nunaffected = [\"< 1.0.1\"]"), 0);
    assert_eq!(count("patched = []"), 1);
}

#[test]
fn files_that_are_no_advisories_are_kept_in_mind() {
    let good = advisory("RUSTSEC-2026-0001", "dep", "[versions]\npatched = []");
    let database = open(&[
        ("dep/RUSTSEC-2026-0001.md", &good),
        ("dep/RUSTSEC-2026-0001-copy.md", &good),
        ("dep/notes.txt", "no advisory"),
        ("else/RUSTSEC-2026-0001.md", &good),
        (
            "gone/a.md",
            "```toml\n[advisory]\npackage = \"other\"\n```\n\n# T\n\n",
        ),
        ("gone/b.md", "```toml\n[versions\n```\n\n# T\n\n"),
        ("gone/c.md", "ééééééééééééééééééééé\u{1b}[31m"),
        ("stray.md", "text"),
    ])
    .unwrap();
    let lines: Vec<String> = database
        .unreadable
        .iter()
        .map(|bad| format!("{} ({}): {}", bad.file, bad.packages.join(","), bad.why))
        .collect();
    expect![[r#"
        crates/dep/notes.txt (dep): it is no advisory: advisories end in `.md`
        crates/else/RUSTSEC-2026-0001.md (dep,else): it is about `dep`, but does not stand in that folder
        crates/gone/a.md (gone,other): parse error: TOML parse error at line 1, column 1 | 1 | [advisory] | ^^^^^^^^^^ missing field `id`
        crates/gone/b.md (gone): parse error: TOML parse error at line 2, column 10 | 2 | [versions | ^ unclosed table, expected `]`
        crates/gone/c.md (gone): it does not begin with a block of TOML
        crates/stray.md (): it does not begin with a block of TOML
        crates/dep/RUSTSEC-2026-0001.md (dep): another file has the same id"#]]
    .assert_eq(&lines.join("\n"));
    let refused = assess(&sample().analysis, &[], &database, false)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("crates/dep/notes.txt") && refused.contains("stray.md"));
    assert!(!refused.contains("crates/gone"), "{refused}");
    assert!(matches!(open(&[]), Err(Error::Advisories(_))));
}
