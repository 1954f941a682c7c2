//! The findings as SARIF 2.1.0, for code scanning: one rule an advisory, one result a finding
//! that is reached or unknown; what is not reached is no result.
//!
//! A location must lie in the user's own repository: it is the line of the lock file that names
//! the package, since that is what an update changes. The chain of calls stands in the message,
//! without a path of this machine.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::model::Analysis;
use crate::sarif::{self, line_in_lock};
use crate::witness::{Chain, Files};

use super::data::{Finding, Report, Verdict};
use super::openvex::action;

/// Steps of a chain that a message shows.
const STEPS: usize = 12;

pub(super) fn document(report: &Report, analysis: &Analysis) -> Value {
    let workspace = &analysis.project.workspace_root;
    let lock_file = workspace.join("Cargo.lock");
    let lock = fs::read_to_string(&lock_file).unwrap_or_default();
    let place = sarif::uri(&sarif::repository(workspace), &lock_file);
    let place = place.unwrap_or_else(|| "Cargo.lock".to_owned());
    let shown = report.findings.iter();
    let shown: Vec<&Finding> = shown
        .filter(|one| one.verdict != Verdict::NotReached)
        .collect();
    let rules: BTreeMap<&str, Value> = shown
        .iter()
        .map(|one| (one.id.as_str(), rule(one)))
        .collect();
    let position = |id: &str| rules.keys().position(|rule| *rule == id);
    let results: Vec<Value> = shown
        .iter()
        .map(|one| {
            json!({
                "ruleId": one.id,
                "ruleIndex": position(&one.id),
                "level": level(one),
                "message": sarif::message(&message(one, analysis)),
                "locations": [
                    sarif::location(&place, line_in_lock(&lock, &one.package, &one.version)),
                ],
                "partialFingerprints": sarif::fingerprints(
                    "advisory/v1",
                    &format!("{}:{}@{}", one.id, one.package, one.version),
                ),
            })
        })
        .collect();
    let (name, version) = report.tool.split_once(' ').unwrap_or((&report.tool, ""));
    sarif::log(name, version, rules.into_values().collect(), results)
}

fn rule(finding: &Finding) -> Value {
    let mut rule = json!({
        "id": finding.id,
        "shortDescription": { "text": finding.title },
        "help": { "text": action(finding) },
        "properties": { "tags": ["security", "RustSec"] },
    });
    if let (Some(url), Some(map)) = (&finding.url, rule.as_object_mut()) {
        map.insert("helpUri".to_owned(), url.as_str().into());
    }
    rule
}

/// What is informational, and not asked to count, must not fail a check.
fn level(finding: &Finding) -> &'static str {
    match finding.verdict {
        _ if !finding.counts => "note",
        Verdict::Reached | Verdict::ReachedIndirectly => "error",
        Verdict::Unknown | Verdict::NotReached => "warning",
    }
}

fn message(finding: &Finding, analysis: &Analysis) -> String {
    let Finding {
        package,
        version,
        title,
        reason,
        verdict,
        ..
    } = finding;
    let mut text = format!(
        "{package} {version}: {title}. {}: {reason}.",
        verdict.words()
    );
    let chain = finding.decisive().and_then(|one| one.witness.as_ref());
    if let Some(chain) = chain {
        text = format!("{text} Chain: {}.", in_words(chain, analysis));
    }
    format!("{text} {}", action(finding))
}

/// `main (src/main.rs:3) > a::b (src/main.rs:7) > …`
fn in_words(chain: &Chain, analysis: &Analysis) -> String {
    let files = Files { analysis };
    let mut steps: Vec<String> = chain
        .steps
        .iter()
        .map(|step| {
            let at = files.used_at(step);
            let at = match at.as_str() {
                "" => at,
                // Generated elsewhere: of no use to others.
                outside if outside.starts_with('/') => String::new(),
                _ => format!(" ({at})"),
            };
            format!("{}{at}", step.label)
        })
        .collect();
    if let Some(more @ 1..) = steps.len().checked_sub(STEPS) {
        steps.splice(STEPS / 2..STEPS / 2 + more, [format!("… {more} more")]);
    }
    steps.join(" > ")
}
