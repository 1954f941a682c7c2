//! Trends of records made by hand, in every form.

use expect_test::expect;

use super::data::build;
use super::table::Table;
use super::*;
use crate::history::file::History;
use crate::history::sample::{gap, record, record_with};
use crate::history::{Outcome, Record};
use crate::report::paint::Paint;

fn history(records: Vec<Record>) -> History {
    let mut history = History::default();
    for record in records {
        history.add_unchecked(record);
    }
    history
}

/// Growth, a gap, a crate that comes in two versions and goes, another toolchain.
fn story() -> History {
    let mut grown = record('d', &['c'], 45);
    if let Outcome::Measured(snapshot) = &mut grown.outcome {
        let mut other = snapshot.crates[0].clone();
        "aho".clone_into(&mut other.name);
        snapshot.crates.insert(0, other.clone());
        "1.2.0".clone_into(&mut snapshot.crates[1].version);
        "9.0.0-\u{1b}<x>".clone_into(&mut other.version);
        snapshot.crates.push(other);
        snapshot.left_out.push("`sub` (a submodule)".to_owned());
        let figures = snapshot.totals.values_mut().next().unwrap();
        figures.figures.functions.1 = 3;
    }
    history(vec![
        record('a', &[], 10),
        record('b', &['a'], 40),
        gap(
            'c',
            &['b'],
            "sources of dependencies are missing: \u{1b} & more",
        ),
        grown,
        record('e', &['d'], 20),
        record_with("rustc 1.96.0", 'f', &['e'], 21),
        record_with("rustc 1.96.0", 'g', &['f'], 21),
    ])
}

fn table(question: &Question, ascii: bool, rows: usize) -> String {
    let table = Table {
        paint: Paint { on: false },
        ascii,
        rows,
    };
    let mut out = Vec::new();
    table.render(&build(&story(), question), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_table() {
    let text = table(&Question::default(), false, 30);
    expect![[r#"
        app bin app: features default, x86_64-unknown-linux-gnu, profile dev
        rustc 1.96.0, policy sandbox, cargo-whittle 0.1.0

        run: 7 commits from 2026-01-01 to 2026-01-07, 1 without figures, 1 break

          functions reached                    ▁▇·█▃│▄▄         21 →        21
          functions unknown                    ▁▁·█▁│▄▄          0 →         0
          lines reached                        ▁▇·█▃│▄▄        210 →       210
          unsafe functions and blocks reached  ▁█·█▃│▄▄          2 →         2
          crates                               ▁▁·█▁│▄▄          1 →         1
          the numbers are those behind the last break; nothing is compared across one

          date        commit        functions  unknown     lines  unsafe  crates  what
          2026-01-01  aaaaaaaaaaaa     10         0     100         1       1     change a
          2026-01-02  bbbbbbbbbbbb     40 +30     0     400 +300    4 +3    1     change b
          2026-01-03  cccccccccccc  no figures: sources of dependencies are missing: \u{1b} & more
          2026-01-04  dddddddddddd     45 +5      3 +3  450 +50     4       3 +2  (incomplete) change d
                                    + aho 1.0.0, + aho 9.0.0-\u{1b}<x>, dep 1.0.0 → 1.2.0
          2026-01-05  eeeeeeeeeeee     20 -25     0 -3  200 -250    2 -2    1 -2  change e
                                    - aho 1.0.0, - aho 9.0.0-\u{1b}<x>, dep 1.2.0 → 1.0.0
          ── not compared: toolchain: rustc 1.95.0 → rustc 1.96.0
          2026-01-06  ffffffffffff     21         0     210         2       1     change f
          2026-01-07  gggggggggggg     21         0     210         2       1     change g
    "#]].assert_eq(&text);
    assert!(text.lines().all(|line| line.chars().count() <= 100));
}

#[test]
fn plain_and_short() {
    let question = Question {
        last: Some(5),
        ..Question::default()
    };
    let text = table(&question, true, 3);
    expect![[r#"
        app bin app: features default, x86_64-unknown-linux-gnu, profile dev
        rustc 1.96.0, policy sandbox, cargo-whittle 0.1.0

        run: 5 commits from 2026-01-03 to 2026-01-07, 1 without figures, 1 break

          functions reached                    ?#_|~~         21 ->        21
          functions unknown                    ?#_|~~          0 ->         0
          lines reached                        ?#_|~~        210 ->       210
          unsafe functions and blocks reached  ?#_|~~          2 ->         2
          crates                               ?#_|~~          1 ->         1
          the numbers are those behind the last break; nothing is compared across one

          date        commit        functions  unknown     lines  unsafe  crates  what
          ... 4 earlier commits not shown
          2026-01-05  eeeeeeeeeeee     20 -25     0 -3  200 -250    2 -2    1 -2  change e
                                    - aho 1.0.0, - aho 9.0.0-\u{1b}<x>, dep 1.2.0 -> 1.0.0
          -- not compared: toolchain: rustc 1.95.0 -> rustc 1.96.0
          2026-01-06  ffffffffffff     21         0     210         2       1     change f
          2026-01-07  gggggggggggg     21         0     210         2       1     change g
    "#]]
    .assert_eq(&text);
    assert!(text.is_ascii());
}

#[test]
fn one_crate() {
    let question = Question {
        krate: Some("aho".to_owned()),
        ..Question::default()
    };
    expect![[r#"
        app bin app: features default, x86_64-unknown-linux-gnu, profile dev
        rustc 1.96.0, policy sandbox, cargo-whittle 0.1.0

        aho in run: 7 commits from 2026-01-01 to 2026-01-07, 1 without figures, 1 break

          functions reached                      ·▄ │
          lines reached                          ·▄ │
          unsafe functions and blocks reached    ·▄ │
          public items named                     ·▄ │
          the numbers are those behind the last break; nothing is compared across one

          date        commit        functions  lines  unsafe  API named  what
          2026-01-01  aaaaaaaaaaaa          -      -       -          -  change a
          2026-01-02  bbbbbbbbbbbb          -      -       -          -  change b
          2026-01-03  cccccccccccc  no figures: sources of dependencies are missing: \u{1b} & more
          2026-01-04  dddddddddddd         90    900       8         44  (incomplete) change d
                                    + aho 1.0.0, + aho 9.0.0-\u{1b}<x>
          2026-01-05  eeeeeeeeeeee          -      -       -          -  change e
                                    - aho 1.0.0, - aho 9.0.0-\u{1b}<x>
          ── not compared: toolchain: rustc 1.95.0 → rustc 1.96.0
          2026-01-06  ffffffffffff          -      -       -          -  change f
          2026-01-07  gggggggggggg          -      -       -          -  change g
    "#]]
    .assert_eq(&table(&question, false, 30));
    assert!(knows_crate("aho@1.0.0") && knows_crate("dep") && !knows_crate("aho@3.0.0"));
}

fn knows_crate(name: &str) -> bool {
    data::knows_crate(&story(), name)
}

#[test]
fn since_a_day_or_a_commit() {
    let commits = |since| {
        let question = Question {
            since: Some(since),
            ..Question::default()
        };
        let trend = build(&story(), &question);
        let letters: String = trend.points.iter().map(|it| &it.commit[..1]).collect();
        (letters, trend.points_hidden)
    };
    assert_eq!(
        commits(Since::Day("2026-01-05".to_owned())),
        ("efg".to_owned(), 4)
    );
    assert_eq!(
        commits(Since::Time(1_767_225_600 + 86_400 * 5)),
        ("fg".to_owned(), 5)
    );
    assert_eq!(
        commits(Since::Day("2027-01-01".to_owned())),
        (String::new(), 7)
    );
}

#[test]
fn every_metric() {
    let metrics: Vec<Metric> = <Metric as clap::ValueEnum>::value_variants().to_vec();
    let question = Question {
        metrics: metrics.clone(),
        last: Some(4),
        ..Question::default()
    };
    let trend = build(&story(), &question);
    let values = metrics.iter().map(|metric| {
        let value = trend.points[0].values.get(metric);
        format!(
            "{metric:?} {}",
            value.map_or_else(|| "-".to_owned(), |&value| metric.words(value))
        )
    });
    expect![[r#"
        Functions 45
        Lines 450
        Unsafe 4
        Unknown 3
        Public 22
        Share 45.0%
        FunctionsTotal 100
        LinesTotal 1,000
        UnsafeTotal 9
        SourceLines 2,000
        Crates 3
        DirectCrates 3
        Duplicates 0
        Depth 1
        BuildScripts 0
        ProcMacros 0"#]]
    .assert_eq(&values.collect::<Vec<_>>().join("\n"));
}

#[test]
fn nothing_is_compared_across_a_break() {
    let trend = build(&story(), &Question::default());
    let segments: Vec<_> = trend.points.iter().map(|it| it.segment).collect();
    assert_eq!(
        segments,
        [Some(0), Some(0), None, Some(0), Some(0), Some(1), Some(1)]
    );
    assert_eq!(
        trend.segments[1].changed,
        ["toolchain: rustc 1.95.0 → rustc 1.96.0"]
    );
    let svg = svg::render(&trend);
    // For each of five figures: a line before the gap, one behind it, one behind the break.
    assert_eq!(svg.matches("<polyline").count(), 5 * 3);
    assert_eq!(svg.matches("class=\"b\"").count(), 5);
    assert_eq!(svg.matches("class=\"x\"").count(), 5);
    assert_eq!(svg.matches("<circle").count(), 5 * 6);
}

#[test]
fn nothing_of_the_tree_acts() {
    let trend = build(&story(), &Question::default());
    let svg = svg::render(&trend);
    assert!(
        !svg.contains('\u{1b}') && svg.contains(r"\u{1b} &amp; more"),
        "{svg}"
    );
    assert!(!svg.contains("http") || svg.matches("http").count() == 1);
    let mut json = Vec::new();
    super::json(&trend, &mut json).unwrap();
    let json = String::from_utf8(json).unwrap();
    assert!(!json.contains('\u{1b}'));
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        value["points"][3]["crates"]["added"][1],
        "aho 9.0.0-\u{1b}<x>"
    );
    assert!(!table(&Question::default(), false, 30).contains('\u{1b}'));
}

#[test]
fn nothing_to_show() {
    let trend = build(&history(vec![]), &Question::default());
    assert!(svg::render(&trend).ends_with("</svg>\n"));
    let only_gaps = history(vec![gap('a', &[], "no lock file")]);
    let trend = build(&only_gaps, &Question::default());
    let table = Table {
        paint: Paint { on: false },
        ascii: false,
        rows: 30,
    };
    let mut out = Vec::new();
    table.render(&trend, &mut out).unwrap();
    expect![[r#"
        run: 1 commit from 2026-01-01 to 2026-01-01, 1 without figures

          date        commit        functions  lines  unsafe  crates  what
          2026-01-01  aaaaaaaaaaaa  no figures: no lock file
    "#]]
    .assert_eq(&String::from_utf8(out).unwrap());
    assert!(svg::render(&trend).contains("class=\"x\""));
}

#[test]
fn the_committed_schemas_are_current() {
    let text = |schema: schemars::Schema| serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let trend = text(schemars::schema_for!(Trend));
    expect_test::expect_file!["../../../docs/trend.schema.json"].assert_eq(&trend);
    let history = text(schemars::schema_for!(Record));
    expect_test::expect_file!["../../../docs/history.schema.json"].assert_eq(&history);
}
