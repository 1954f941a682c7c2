//! The renderers, on a report made by hand; `check` has the rules, on analyses made by hand.

mod check;

use expect_test::{Expect, expect};

use crate::execution::Execution;
use crate::model::{Domain, ItemKind};
use crate::report::header::Header;
use crate::report::paint::Paint;
use crate::sample::small;

use super::finding::{
    Base, Baseline, CheckReport, Counts, FORMAT, Finding, Ignored, ItemRef, Level, Location,
    Through, VERSION, fingerprint,
};
use super::json::Json;
use super::table::Table;
use super::{Render, Rule};

/// A finding of each kind: of an item, of a crate, of the whole tree; one is ignored.
pub(crate) fn report() -> CheckReport {
    let place = |file: &str, line| Location {
        file: file.to_owned(),
        line,
    };
    let item = |path: &str, kind, origin: &str| ItemRef {
        path: path.to_owned(),
        kind,
        domains: vec![Domain::Run],
        origin: origin.to_owned(),
    };
    let scan = item(
        "bytes_util::scan",
        ItemKind::Function,
        "bytes-util-2.7.4/src/lib.rs:1",
    );
    let new_item = Finding {
        rule: Rule::NewItem,
        level: Level::Deny,
        fingerprint: fingerprint(
            Rule::NewItem,
            &["bytes-util", "function", "bytes_util::scan"],
        ),
        message: "now reaches `bytes_util::scan`".to_owned(),
        krate: Some("bytes-util".to_owned()),
        crate_version: Some("2.7.4".to_owned()),
        item: Some(scan),
        items: Vec::new(),
        through: Some(Through {
            from: Some("app::main".to_owned()),
            via: Some("<finder::Finder as finder::Search>::find".to_owned()),
            crates: ["app@0.1.0", "finder@1.11.0", "bytes-util@2.7.4"]
                .map(str::to_owned)
                .into(),
        }),
        location: place("Cargo.toml", 9),
        help: "avoid the call, or accept it with `cargo whittle baseline --update`".to_owned(),
        ignored: None,
    };
    let new_crate = Finding {
        rule: Rule::NewCrate,
        level: Level::Warn,
        fingerprint: fingerprint(Rule::NewCrate, &["kinds"]),
        message: "`kinds 0.1.2` is new".to_owned(),
        krate: Some("kinds".to_owned()),
        crate_version: Some("0.1.2".to_owned()),
        item: None,
        items: vec![item(
            "kinds::Kind\u{202e}",
            ItemKind::Enum,
            "kinds-0.1.2/src/lib.rs:3",
        )],
        ..new_item.clone()
    };
    let ignored = Finding {
        rule: Rule::MaxDepth,
        fingerprint: fingerprint(Rule::MaxDepth, &[]),
        message: "the deepest dependency is 2 steps away, the limit is 1".to_owned(),
        item: None,
        through: None,
        ignored: Some(Ignored {
            reason: "finder has no other way".to_owned(),
            owner: Some("platform".to_owned()),
            expires: Some("2027-01-31".to_owned()),
        }),
        ..new_item.clone()
    };
    let analysis = small();
    CheckReport {
        header: Header::new(FORMAT, VERSION, &analysis),
        toolchain: analysis.project.toolchain.description.clone(),
        tool: "0.1.0".to_owned(),
        workspace: String::new(),
        base: Some(Base {
            revision: "origin/main".to_owned(),
            commit: "0123456789abcdef0123456789abcdef01234567".to_owned(),
        }),
        baseline: Some(Baseline {
            file: "whittle.lock".to_owned(),
            crates: 6,
            items: 31,
        }),
        counts: Counts {
            denied: 1,
            warnings: 1,
            ignored: 1,
        },
        findings: vec![new_item, new_crate, ignored],
        execution: Execution::default(),
        notices: vec!["something to know".to_owned()],
    }
}

/// Names that try to leave their place in every format.
pub(crate) fn hostile() -> CheckReport {
    let bad = "x\r\n::set-output name=a::b%0A##[add-mask]c\u{1b}[2J\u{fffe}</failure>]]>&\"'|`*_<img \
               src=//e>@all [a](https://e) #1";
    let mut report = report();
    report.workspace = "a\n::error::b".to_owned();
    report.notices = vec![bad.to_owned()];
    for finding in &mut report.findings {
        bad.clone_into(&mut finding.message);
        bad.clone_into(&mut finding.help);
        finding.krate = Some(bad.to_owned());
        finding.location.file = format!("{bad}/Cargo.toml");
        for item in finding.item.iter_mut().chain(&mut finding.items) {
            bad.clone_into(&mut item.path);
            bad.clone_into(&mut item.origin);
        }
        if let Some(through) = &mut finding.through {
            through.from = Some(bad.to_owned());
        }
        if let Some(ignored) = &mut finding.ignored {
            bad.clone_into(&mut ignored.reason);
        }
    }
    report
}

fn check(render: &dyn Render, expected: &Expect) {
    let mut out = Vec::new();
    render.render(&report(), &mut out).unwrap();
    expected.assert_eq(&String::from_utf8(out).unwrap());
}

#[test]
fn table() {
    check(
        &Table {
            paint: Paint::default(),
        },
        &expect![[r#"
            denied[new-item]: now reaches `bytes_util::scan`
                at      Cargo.toml:9
                in      bytes-util-2.7.4/src/lib.rs:1
                through app::main > <finder::Finder as finder::Search>::find
                help    avoid the call, or accept it with `cargo whittle baseline --update`

            warning[new-crate]: `kinds 0.1.2` is new
                at      Cargo.toml:9
                reaches kinds::Kind\u{202e} (run)
                through app::main > <finder::Finder as finder::Search>::find
                help    avoid the call, or accept it with `cargo whittle baseline --update`

            ignored[max-depth]: the deepest dependency is 2 steps away, the limit is 1
                at      Cargo.toml:9
                because finder has no other way, platform, until 2027-01-31

            app@0.1.0 bin app: features default, x86_64-unknown-linux-gnu, profile dev, policy trust; rustc
            1.95.0 (59807616e 2026-04-14)
            rules and baseline of origin/main (0123456789ab)
            compared with whittle.lock: 31 items of 6 crates
            something to know
            failed: 1 denied, 1 warning, 1 ignored
        "#]],
    );
}

#[test]
fn json() {
    check(
        &Json,
        &expect![[r#"
        {
          "format": "whittle-check",
          "version": 1,
          "roots": [
            "app@0.1.0 bin app"
          ],
          "domains": [
            "run",
            "build",
            "macro"
          ],
          "features": "default",
          "target": "x86_64-unknown-linux-gnu",
          "profile": "dev",
          "policy": "trust",
          "toolchain": "rustc 1.95.0 (59807616e 2026-04-14)",
          "tool": "0.1.0",
          "workspace": "",
          "base": {
            "revision": "origin/main",
            "commit": "0123456789abcdef0123456789abcdef01234567"
          },
          "baseline": {
            "file": "whittle.lock",
            "crates": 6,
            "items": 31
          },
          "counts": {
            "denied": 1,
            "warnings": 1,
            "ignored": 1
          },
          "findings": [
            {
              "rule": "new-item",
              "level": "deny",
              "fingerprint": "50fe3f40bf6e978a43fcf7996272b540",
              "message": "now reaches `bytes_util::scan`",
              "crate": "bytes-util",
              "crate_version": "2.7.4",
              "item": {
                "path": "bytes_util::scan",
                "kind": "function",
                "domains": [
                  "run"
                ],
                "origin": "bytes-util-2.7.4/src/lib.rs:1"
              },
              "items": [],
              "through": {
                "from": "app::main",
                "via": "<finder::Finder as finder::Search>::find",
                "crates": [
                  "app@0.1.0",
                  "finder@1.11.0",
                  "bytes-util@2.7.4"
                ]
              },
              "location": {
                "file": "Cargo.toml",
                "line": 9
              },
              "help": "avoid the call, or accept it with `cargo whittle baseline --update`",
              "ignored": null
            },
            {
              "rule": "new-crate",
              "level": "warn",
              "fingerprint": "4e599ff3c72c8bbc7697b20f70e4abed",
              "message": "`kinds 0.1.2` is new",
              "crate": "kinds",
              "crate_version": "0.1.2",
              "item": null,
              "items": [
                {
                  "path": "kinds::Kind\u202e",
                  "kind": "enum",
                  "domains": [
                    "run"
                  ],
                  "origin": "kinds-0.1.2/src/lib.rs:3"
                }
              ],
              "through": {
                "from": "app::main",
                "via": "<finder::Finder as finder::Search>::find",
                "crates": [
                  "app@0.1.0",
                  "finder@1.11.0",
                  "bytes-util@2.7.4"
                ]
              },
              "location": {
                "file": "Cargo.toml",
                "line": 9
              },
              "help": "avoid the call, or accept it with `cargo whittle baseline --update`",
              "ignored": null
            },
            {
              "rule": "max-depth",
              "level": "deny",
              "fingerprint": "54c5e114141998f13c285f4d5d29f755",
              "message": "the deepest dependency is 2 steps away, the limit is 1",
              "crate": "bytes-util",
              "crate_version": "2.7.4",
              "item": null,
              "items": [],
              "through": null,
              "location": {
                "file": "Cargo.toml",
                "line": 9
              },
              "help": "avoid the call, or accept it with `cargo whittle baseline --update`",
              "ignored": {
                "reason": "finder has no other way",
                "owner": "platform",
                "expires": "2027-01-31"
              }
            }
          ],
          "execution": {
            "allowed": [],
            "not_run": [],
            "denied": []
          },
          "notices": [
            "something to know"
          ]
        }
    "#]],
    );
}

#[test]
fn color_changes_no_letter() {
    let print = |on| {
        let mut out = Vec::new();
        let table = Table {
            paint: Paint { on },
        };
        table.render(&report(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let painted = anstream::adapter::strip_str(&print(true)).to_string();
    assert_eq!(painted, print(false));
}

#[test]
fn ids_are_unique_and_found_again() {
    for rule in Rule::ALL {
        assert_eq!(Rule::from_id(rule.id()), Some(rule));
    }
    assert_eq!(Rule::from_id("max-crate"), None);
}

#[test]
fn every_rule_is_explained() {
    for rule in Rule::ALL {
        let text = super::explain(rule);
        assert!(
            text.contains(&format!("{rule} = ")) && text.ends_with('\n'),
            "{text}"
        );
        assert!(
            text.lines().all(|line| line.chars().count() <= 100),
            "{text}"
        );
    }
}

#[test]
fn the_committed_schema_is_current() {
    let schema = schemars::schema_for!(CheckReport);
    let mut text = serde_json::to_string_pretty(&schema).unwrap();
    text.push('\n');
    expect_test::expect_file!["../../../docs/check.schema.json"].assert_eq(&text);
}
