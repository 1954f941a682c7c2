//! Every renderer on a made-up report.

use expect_test::{Expect, expect, expect_file};

use super::data::{Report, build};
use super::json::Json;
use super::markdown::Markdown;
use super::order::{Sort, arrange};
use super::paint::Paint;
use super::table::Table;
use super::*;
use crate::execution::Denied;
use crate::model::Analysis;
use crate::sample::{Sample, small};

fn arranged(analysis: &Analysis, sort: Sort, depth: Option<u32>) -> Report {
    let mut report = build(analysis);
    arrange(&mut report, sort, depth);
    report
}

fn text(renderer: &dyn Render, report: &Report) -> String {
    let mut out = Vec::new();
    renderer.render(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

const PLAIN: Table = Table {
    sort: Sort::Used,
    paint: Paint { on: false },
};

fn check(renderer: &dyn Render, analysis: &Analysis, expected: &Expect) {
    expected.assert_eq(&text(renderer, &arranged(analysis, Sort::Used, None)));
}

#[test]
fn table() {
    check(
        &PLAIN,
        &small(),
        &expect![[r#"
            app@0.1.0 bin app: features default, x86_64-unknown-linux-gnu, profile dev
            rustc 1.95.0 (59807616e 2026-04-14), std sources from rust-src; build scripts and proc macros
              executed as cargo does (trust)

            run: what ships
                                   functions              lines   unsafe    API  leaves  with it
               crate              used/total      %  used/total  reached  named  crates    lines  verdict
            *  idle 0.3.0                0/1     0%        0/10        -    0/1       1    1,000   unused
            *  kinds 0.1.2               0/1     0%        0/10        -    0/1       1    1,000  extract
               bytes-util 2.7.4          1/3  33.3%       10/30      3/4              1    1,000
            *b finder 1.11.0             2/4  50.0%       20/40        -    2/6       3    3,000     keep
               total of 4 crates         3/9  33.3%       30/90      3/4              4    4,000
              nothing used (1): idle 0.3.0
              no function reached; types, traits, consts, macros or linking used (1): kinds 0.1.2
              crates with unknown functions (1): 1 of bytes-util 2.7.4

            build: build scripts and what they use, run while building
                                   functions              lines   unsafe    API  leaves  with it
               crate              used/total      %  used/total  reached  named  crates    lines  verdict
               parse 1.0.0               1/2  50.0%       10/20        -              1    1,000
            *b finder 1.11.0             1/1   100%       10/10        -              3    3,000     keep
               total of 2 crates         2/3  66.6%       20/30        -              2    1,000

            macro: proc macros and what they use, run while compiling
                                   functions              lines   unsafe    API  leaves  with it
               crate              used/total      %  used/total  reached  named  crates    lines  verdict
               parse 2.0.0               1/2  50.0%       10/20        -              1    1,000
            *m codegen 1.0.9             1/1   100%       10/10        -    0/1       2    2,000     keep
               total of 2 crates         2/3  66.6%       20/30        -              2    2,000

            run    3 of 9 functions (33.3%), 30 of 90 lines in functions, 0 of 1 derived; 1 crate unused
            build  2 of 3 functions (66.6%), 20 of 30 lines in functions
            macro  2 of 3 functions (66.6%), 20 of 30 lines in functions
            exact  no: 1 function is counted as neither used nor unused (1 × macro not expanded); 3 places not
                   resolved and widened to all that may be reached (2 × lookup failed (in std), 1 × macro not
                   expanded); 1,234 instances of 567 bodies walked, 12 edges by the bounds of std's functions

            * direct dependency   b build script   m proc macro
            unsafe: functions and blocks   API: public items that the workspace names
            leaves with it: this crate and what only it brings in
            verdict: what to do with it; the reasons: `cargo whittle advise CRATE`
        "#]],
    );
}

#[test]
fn table_of_an_exact_analysis() {
    let mut sample = Sample::new();
    let one = sample.library("one", "1.0.0", 0, crate::model::Domains::RUN);
    sample.function(one, "one::f", crate::model::Status::Used);
    check(
        &PLAIN,
        &sample.analysis,
        &expect![[r#"
            app@0.1.0 bin app: features default, x86_64-unknown-linux-gnu, profile dev
            rustc 1.95.0 (59807616e 2026-04-14), std sources from rust-src; build scripts and proc macros
              executed as cargo does (trust)

            run: what ships
                                 functions             lines   unsafe    API  leaves  with it
              crate             used/total     %  used/total  reached  named  crates    lines  verdict
            * one 1.0.0                1/1  100%       10/10        -    0/1       1    1,000     keep
              total of 1 crate         1/1  100%       10/10        -              1    1,000

            run    1 of 1 functions (100%), 10 of 10 lines in functions
            build  no dependencies
            macro  no dependencies
            exact  yes: every macro, body and lookup was resolved (1,234 instances of 567 bodies walked, 12
                   edges by the bounds of std's functions)

            * direct dependency
            unsafe: functions and blocks   API: public items that the workspace names
            leaves with it: this crate and what only it brings in
            verdict: what to do with it; the reasons: `cargo whittle advise CRATE`
        "#]],
    );
}

#[test]
fn table_without_dependencies() {
    check(
        &PLAIN,
        &Sample::new().analysis,
        &expect![[r#"
            app@0.1.0 bin app: features default, x86_64-unknown-linux-gnu, profile dev
            rustc 1.95.0 (59807616e 2026-04-14), std sources from rust-src; build scripts and proc macros
              executed as cargo does (trust)

            run    no dependencies
            build  no dependencies
            macro  no dependencies
            exact  yes: every macro, body and lookup was resolved (1,234 instances of 567 bodies walked, 12
                   edges by the bounds of std's functions)
        "#]],
    );
}

#[test]
fn markdown() {
    check(
        &Markdown { sort: Sort::Used },
        &small(),
        &expect![[r#"
            ## What the dependencies are used for

            app&#64;0.1.0 bin app: features default, x86\_64-unknown-linux-gnu, profile dev  
            rustc 1.95.0 (59807616e 2026-04-14), std sources from rust-src; build scripts and proc macros executed as cargo does (trust)

            - **run**: 3 of 9 functions (33.3%), 30 of 90 lines in functions, 0 of 1 derived; 1 crate unused
            - **build**: 2 of 3 functions (66.6%), 20 of 30 lines in functions
            - **macro**: 2 of 3 functions (66.6%), 20 of 30 lines in functions
            - **exact**: no: 1 function is counted as neither used nor unused (1 × macro not expanded); 3 places not resolved and widened to all that may be reached (2 × lookup failed (in std), 1 × macro not expanded); 1,234 instances of 567 bodies walked, 12 edges by the bounds of std's functions

            ### run: what ships

            | crate | functions used/total | % | lines used/total | unsafe reached | API named | leaves crates | with it lines | verdict |
            | :-- | --: | --: | --: | --: | --: | --: | --: | --: |
            | **idle 0.3.0** | 0/1 | 0% | 0/10 | - | 0/1 | 1 | 1,000 | unused |
            | **kinds 0.1.2** | 0/1 | 0% | 0/10 | - | 0/1 | 1 | 1,000 | extract |
            | bytes-util 2.7.4 | 1/3 | 33.3% | 10/30 | 3/4 |  | 1 | 1,000 |  |
            | **finder 1.11.0** (build script) | 2/4 | 50.0% | 20/40 | - | 2/6 | 3 | 3,000 | keep |
            | *total of 4 crates* | 3/9 | 33.3% | 30/90 | 3/4 |  | 4 | 4,000 |  |

            nothing used (1): idle 0.3.0

            no function reached; types, traits, consts, macros or linking used (1): kinds 0.1.2

            crates with unknown functions (1): 1 of bytes-util 2.7.4

            ### build: build scripts and what they use, run while building

            | crate | functions used/total | % | lines used/total | unsafe reached | API named | leaves crates | with it lines | verdict |
            | :-- | --: | --: | --: | --: | --: | --: | --: | --: |
            | parse 1.0.0 | 1/2 | 50.0% | 10/20 | - |  | 1 | 1,000 |  |
            | **finder 1.11.0** (build script) | 1/1 | 100% | 10/10 | - |  | 3 | 3,000 | keep |
            | *total of 2 crates* | 2/3 | 66.6% | 20/30 | - |  | 2 | 1,000 |  |

            ### macro: proc macros and what they use, run while compiling

            | crate | functions used/total | % | lines used/total | unsafe reached | API named | leaves crates | with it lines | verdict |
            | :-- | --: | --: | --: | --: | --: | --: | --: | --: |
            | parse 2.0.0 | 1/2 | 50.0% | 10/20 | - |  | 1 | 1,000 |  |
            | **codegen 1.0.9** (proc macro) | 1/1 | 100% | 10/10 | - | 0/1 | 2 | 2,000 | keep |
            | *total of 2 crates* | 2/3 | 66.6% | 20/30 | - |  | 2 | 2,000 |  |
        "#]],
    );
}

#[test]
fn json() {
    let report = arranged(&small(), Sort::Used, None);
    expect_file!["snapshots/report.json"].assert_eq(&text(&Json, &report));
}

#[test]
fn sorted_and_cut_by_depth() {
    let order = |sort, depth| -> Vec<String> {
        let report = arranged(&small(), sort, depth);
        report
            .crates
            .iter()
            .map(|krate| krate.name.clone())
            .collect()
    };
    assert_eq!(
        order(Sort::Name, None),
        [
            "bytes-util",
            "codegen",
            "finder",
            "idle",
            "kinds",
            "parse",
            "parse"
        ]
    );
    assert_eq!(
        order(Sort::Total, Some(1)),
        ["finder", "idle", "kinds", "codegen"]
    );
    assert_eq!(order(Sort::Unsafe, Some(2))[0], "bytes-util");
    assert_eq!(order(Sort::Weight, None)[..2], ["finder", "codegen"]);
    assert_eq!(order(Sort::Lines, None)[0], "finder");

    let table = text(&PLAIN, &arranged(&small(), Sort::Used, Some(1)));
    assert!(table.contains("3 deeper crates not shown"), "{table}");
    assert!(!table.contains("bytes-util"), "{table}");
    let totals = |depth| arranged(&small(), Sort::Used, depth).totals;
    assert_eq!(totals(None), totals(Some(0)));
}

#[test]
fn the_table_fits_and_color_changes_no_text() {
    let mut analysis = small();
    analysis.project.packages[1].name = "a-crate-with-a-name-that-goes-on-and-on".repeat(3);
    analysis.project.features = "a,".repeat(90);
    analysis.project.notices.push("a word or two ".repeat(20));
    let report = arranged(&analysis, Sort::Used, None);
    let plain = text(&PLAIN, &report);
    let longest = plain
        .lines()
        .filter(|line| !line.contains("a,a,"))
        .map(|l| l.chars().count());
    assert!(longest.max() <= Some(100), "{plain}");
    let colored = text(
        &Table {
            paint: Paint { on: true },
            ..PLAIN
        },
        &report,
    );
    assert!(colored.contains('\x1b'));
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain);
}

#[test]
fn no_renderer_lets_control_characters_through() {
    let mut analysis = small();
    let evil = "x\x1b]0;owned\x07\u{202e}|<b>";
    analysis.project.packages[1].name = evil.to_owned();
    analysis.project.packages[2].version = evil.to_owned();
    analysis.project.features = evil.to_owned();
    analysis.project.notices.push(evil.to_owned());
    analysis.gaps[0].reason = evil.to_owned();
    let report = arranged(&analysis, Sort::Used, None);
    let renderers: [&dyn Render; 3] = [&PLAIN, &Json, &Markdown { sort: Sort::Used }];
    for renderer in renderers {
        let text = text(renderer, &report);
        assert!(!text.contains(['\x1b', '\x07', '\u{202e}']), "{text}");
    }
    let markdown = text(&Markdown { sort: Sort::Used }, &report);
    assert!(!markdown.contains("<b>"), "{markdown}");
    assert!(!markdown.contains("e}|"), "{markdown}");
}

#[test]
fn what_ran_and_what_was_denied() {
    let mut analysis = small();
    let denied = |by: &'static str, krate: Option<&str>, said: &str| Denied {
        by: by.into(),
        krate: krate.map(str::to_owned),
        said: said.to_owned(),
    };
    analysis.project.execution.allowed = vec!["codegen@1.0.9".to_owned()];
    analysis.project.execution.denied = vec![
        denied(
            "build script",
            Some("finder"),
            "read: Permission denied (os error 13)\u{1b}[2J",
        ),
        denied("proc macro", None, "write: Permission denied (os error 13)"),
        denied("compile step", None, "Operation not permitted (os error 1)"),
        denied("compile step", None, "Read-only file system (os error 30)"),
    ];
    let report = arranged(&analysis, Sort::Used, None);
    let said = |text: String| -> String {
        let from = text.find("because it is allowed").unwrap_or(text.len());
        text[from..].lines().take(4).collect::<Vec<_>>().join("\n")
    };
    expect![[r#"
        because it is allowed: codegen@1.0.9
        denied  4 things by the sandbox (build script of finder: read: Permission denied (os error
               13)\u{1b}[2J; proc macro: write: Permission denied (os error 13); compile step: Operation not
               permitted (os error 1); 1 more in the JSON report)"#]].assert_eq(&said(text(&PLAIN, &report)));
    expect![[r#"
        because it is allowed: codegen&#64;1.0.9
        - **denied**: 4 things by the sandbox (build script of finder: read: Permission denied (os error 13)\\u{1b}\[2J; proc macro: write: Permission denied (os error 13); compile step: Operation not permitted (os error 1); 1 more in the JSON report)

        ### run: what ships"#]].assert_eq(&said(text(&Markdown { sort: Sort::Used }, &report)));
    let json: serde_json::Value = serde_json::from_str(&text(&Json, &report)).unwrap();
    assert_eq!(json["execution"]["denied"][0]["crate"], "finder");
    assert_eq!(json["execution"]["denied"][1]["by"], "proc macro");
}
