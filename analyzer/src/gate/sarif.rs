//! The findings as SARIF 2.1.0, for code scanning: one rule of the log a rule that has findings,
//! one result a finding. Ignored ones are left out: code scanning would show them as open.
//!
//! A location lies in the user's own repository; where a dependency's item stands, says the
//! message. A result keeps its fingerprint as long as it is the same finding.

use std::collections::BTreeMap;
use std::io::{self, Write};

use camino::Utf8Path;
use serde_json::{Value, json};

use crate::report::text::{cut, json_safe, plural};
use crate::sarif;

use super::finding::{Finding, Level};
use super::text::{details, in_repository};
use super::{CheckReport, Render, Rule};

/// Results that code scanning shows; it refuses a file with five times as many.
const RESULTS: usize = 5000;
/// Items of a new crate that are named.
const ITEMS: usize = 20;
/// Characters of one line of a message.
const WIDTH: usize = 1000;

pub struct Sarif;

impl Render for Sarif {
    fn render(&self, report: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
        let log = serde_json::to_string_pretty(&document(report))?;
        writeln!(out, "{}", json_safe(log))
    }
}

fn document(report: &CheckReport) -> Value {
    let findings = report.findings.iter().filter(|one| one.ignored.is_none());
    let all = findings.clone().count();
    // What is denied comes first.
    let shown: Vec<&Finding> = findings.take(RESULTS).collect();
    let rules: BTreeMap<Rule, Value> = shown.iter().map(|one| (one.rule, rule(one.rule))).collect();
    let position = |wanted: Rule| rules.keys().position(|rule| *rule == wanted);
    let results = shown
        .iter()
        .map(|one| result(report, one, position(one.rule)));
    let results = results.collect();
    let rules = rules.values().cloned().collect();
    let mut log = sarif::log(env!("CARGO_PKG_NAME"), &report.tool, rules, results);
    let mut invocation = json!({ "executionSuccessful": true });
    if let Some(more @ 1..) = all.checked_sub(shown.len()) {
        let more = plural(more as u64, "more finding", "more findings");
        invocation["toolExecutionNotifications"] = json!([{
            "level": "warning",
            "message": { "text": format!("{more} than code scanning shows: `--format json` has all") },
        }]);
    }
    log["runs"][0]["invocations"] = json!([invocation]);
    log
}

fn rule(rule: Rule) -> Value {
    json!({
        "id": rule.id(),
        "shortDescription": { "text": rule.summary() },
        "help": { "text": format!("`cargo whittle check --explain {rule}` says what the rule is about.") },
        "properties": { "tags": ["dependencies"] },
    })
}

fn result(report: &CheckReport, finding: &Finding, rule: Option<usize>) -> Value {
    let file = in_repository(report, &finding.location.file);
    let line = usize::try_from(finding.location.line).unwrap_or(1);
    let mut lines = vec![format!("{}.", finding.message)];
    lines.extend(details(finding, ITEMS));
    lines.push(format!("What to do: {}.", finding.help));
    let lines: Vec<_> = lines.iter().map(|line| cut(line, WIDTH)).collect();
    let uri = sarif::uri(Utf8Path::new(""), Utf8Path::new(&file));
    json!({
        "ruleId": finding.rule.id(),
        "ruleIndex": rule,
        "level": if finding.level == Level::Deny { "error" } else { "warning" },
        "message": sarif::message(&lines.join("\n")),
        "locations": [sarif::location(&uri.unwrap_or_default(), line)],
        "partialFingerprints": sarif::fingerprints("whittleFinding/v1", &finding.fingerprint),
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::gate::tests::{hostile, report};

    #[test]
    fn a_result_a_finding() {
        let mut out = Vec::new();
        Sarif.render(&report(), &mut out).unwrap();
        expect![[r#"
            {
              "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
              "runs": [
                {
                  "invocations": [
                    {
                      "executionSuccessful": true
                    }
                  ],
                  "originalUriBaseIds": {
                    "%SRCROOT%": {
                      "description": {
                        "text": "The root of the repository."
                      }
                    }
                  },
                  "results": [
                    {
                      "level": "error",
                      "locations": [
                        {
                          "physicalLocation": {
                            "artifactLocation": {
                              "uri": "Cargo.toml",
                              "uriBaseId": "%SRCROOT%"
                            },
                            "region": {
                              "startLine": 9
                            }
                          }
                        }
                      ],
                      "message": {
                        "text": "now reaches `bytes_util::scan`.\nin bytes-util-2.7.4/src/lib.rs:1\nthrough app::main > <finder::Finder as finder::Search>::find\nWhat to do: avoid the call, or accept it with `cargo whittle baseline --update`."
                      },
                      "partialFingerprints": {
                        "primaryLocationLineHash": "3dd1f165b2c169da049ea82a73545377:1",
                        "whittleFinding/v1": "50fe3f40bf6e978a43fcf7996272b540"
                      },
                      "ruleId": "new-item",
                      "ruleIndex": 1
                    },
                    {
                      "level": "warning",
                      "locations": [
                        {
                          "physicalLocation": {
                            "artifactLocation": {
                              "uri": "Cargo.toml",
                              "uriBaseId": "%SRCROOT%"
                            },
                            "region": {
                              "startLine": 9
                            }
                          }
                        }
                      ],
                      "message": {
                        "text": "`kinds 0.1.2` is new.\nreaches kinds::Kind\u202e (run)\nthrough app::main > <finder::Finder as finder::Search>::find\nWhat to do: avoid the call, or accept it with `cargo whittle baseline --update`."
                      },
                      "partialFingerprints": {
                        "primaryLocationLineHash": "464032d0c9506c57e69a59e6371d9966:1",
                        "whittleFinding/v1": "4e599ff3c72c8bbc7697b20f70e4abed"
                      },
                      "ruleId": "new-crate",
                      "ruleIndex": 0
                    }
                  ],
                  "tool": {
                    "driver": {
                      "name": "cargo-whittle",
                      "rules": [
                        {
                          "help": {
                            "text": "`cargo whittle check --explain new-crate` says what the rule is about."
                          },
                          "id": "new-crate",
                          "properties": {
                            "tags": [
                              "dependencies"
                            ]
                          },
                          "shortDescription": {
                            "text": "A dependency that the baseline does not have"
                          }
                        },
                        {
                          "help": {
                            "text": "`cargo whittle check --explain new-item` says what the rule is about."
                          },
                          "id": "new-item",
                          "properties": {
                            "tags": [
                              "dependencies"
                            ]
                          },
                          "shortDescription": {
                            "text": "An item of a dependency is newly reached"
                          }
                        }
                      ],
                      "version": "0.1.0"
                    }
                  }
                }
              ],
              "version": "2.1.0"
            }
        "#]].assert_eq(&String::from_utf8(out).unwrap());
    }

    #[test]
    fn the_fingerprint_stays_where_line_version_and_figures_change() {
        let prints = |report: &CheckReport| {
            let log = document(report);
            let results = log["runs"][0]["results"].as_array().unwrap().clone();
            let prints = results
                .iter()
                .map(|one| one["partialFingerprints"].to_string());
            prints.collect::<Vec<_>>()
        };
        let before = report();
        let mut after = report();
        for finding in &mut after.findings {
            finding.location.line += 7;
            finding.crate_version = Some("9.9.9".to_owned());
            finding.message.push_str(" (12 more)");
        }
        assert_eq!(prints(&before), prints(&after));
        assert_ne!(prints(&before)[0], prints(&before)[1]);
    }

    #[test]
    fn more_results_than_are_shown_are_counted() {
        let mut report = report();
        let one = report.findings[0].clone();
        report.findings = (0..RESULTS + 3).map(|_| one.clone()).collect();
        let log = document(&report);
        let run = &log["runs"][0];
        assert_eq!(run["results"].as_array().unwrap().len(), RESULTS);
        let note = &run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
        assert!(
            note.as_str().unwrap().starts_with("3 more findings"),
            "{note}"
        );
    }

    #[test]
    fn hostile_names_are_text_of_a_file_that_is_named() {
        let log = document(&hostile());
        let result = &log["runs"][0]["results"][0];
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        expect!["a%0A%3A%3Aerror%3A%3Ab/x%0D%0A%3A%3Aset-output%20name%3Da%3A%3Ab%250A%23%23%5Badd-mask%5Dc%1B%5B2J%EF%BF%BE%3C/failure%3E%5D%5D%3E%26%22%27%7C%60%2A_%3Cimg%20src%3D/e%3E%40all%20%5Ba%5D%28https%3A/e%29%20%231/Cargo.toml"].assert_eq(place.as_str().unwrap());
        let text = result["message"]["text"].as_str().unwrap();
        assert!(!text.contains("]("), "{text}");
    }
}
