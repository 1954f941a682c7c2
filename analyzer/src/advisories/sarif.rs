//! The findings as SARIF 2.1.0, for code scanning: one rule an advisory, one result a finding
//! that is reached or unknown; what is not reached is no result.
//!
//! A location must lie in the user's own repository: it is the line of the lock file that names
//! the package, since that is what an update changes. The chain of calls stands in the message,
//! without a path of this machine.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use camino::Utf8Path;
use serde_json::{Value, json};

use crate::model::Analysis;
use crate::witness::{Chain, Files};

use super::data::{Finding, Report, Verdict};
use super::openvex::action;

/// Steps of a chain that a message shows.
const STEPS: usize = 12;

pub(super) fn document(report: &Report, analysis: &Analysis) -> Value {
    let workspace = &analysis.project.workspace_root;
    let lock = fs::read_to_string(workspace.join("Cargo.lock"));
    let lock = lock.unwrap_or_default();
    let place = lock_in_repository(workspace);
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
                "message": { "text": message(one, analysis) },
                "locations": [{
                    "physicalLocation": {
                        "artifactLocation": { "uri": place, "uriBaseId": "%SRCROOT%" },
                        "region": { "startLine": line(&lock, &one.package, &one.version) },
                    },
                }],
                "partialFingerprints": {
                    "advisory/v1": format!("{}:{}@{}", one.id, one.package, one.version),
                },
            })
        })
        .collect();
    let (name, version) = report.tool.split_once(' ').unwrap_or((&report.tool, ""));
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": name,
                    "version": version,
                    "rules": rules.into_values().collect::<Vec<Value>>(),
                },
            },
            "originalUriBaseIds": {
                // Without an address: whoever reads it knows where the checkout is.
                "%SRCROOT%": { "description": { "text": "The root of the repository." } },
            },
            "results": results,
        }],
    })
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
    // Viewers take `[text](target)` for a link.
    format!("{text} {}", action(finding)).replace("](", "] (")
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

/// The lock file as seen from the root of the repository, as code scanning wants it; from the
/// workspace where there is no repository.
fn lock_in_repository(workspace: &Utf8Path) -> String {
    // A file in a worktree or submodule.
    let root = workspace
        .ancestors()
        .find(|folder| folder.join(".git").exists());
    let below = root.and_then(|root| workspace.strip_prefix(root).ok());
    let parts = below.into_iter().flat_map(Utf8Path::components);
    let parts = parts.map(|part| encoded(part.as_str()));
    let parts: Vec<String> = parts.chain(["Cargo.lock".to_owned()]).collect();
    parts.join("/")
}

/// A segment of a URI.
fn encoded(part: &str) -> String {
    let mut text = String::new();
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// The line of the lock file where the package begins, counted from 1; 1 when it has none.
fn line(lock: &str, package: &str, version: &str) -> usize {
    let (name, version) = (
        format!("name = \"{package}\""),
        format!("version = \"{version}\""),
    );
    let lines: Vec<&str> = lock.lines().collect();
    let found = lines
        .windows(2)
        .position(|two| two[0] == name && two[1] == version);
    found.map_or(1, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::{line, lock_in_repository};

    #[test]
    fn the_lock_file_is_named_from_the_root_of_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        let root = camino::Utf8Path::from_path(folder.path()).unwrap();
        let workspace = root.join("a b/ünd/app");
        std::fs::create_dir_all(&workspace).unwrap();
        std::fs::create_dir(root.join(".git")).unwrap();
        assert_eq!(lock_in_repository(root), "Cargo.lock");
        assert_eq!(
            lock_in_repository(&workspace),
            "a%20b/%C3%BCnd/app/Cargo.lock"
        );
        // A submodule is a repository of its own.
        std::fs::write(workspace.join(".git"), "gitdir: elsewhere\n").unwrap();
        assert_eq!(lock_in_repository(&workspace), "Cargo.lock");
    }

    #[test]
    fn a_package_has_a_line_in_the_lock_file() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"a\"\nversion = \"2.0.0\"\n";
        assert_eq!(line(lock, "a", "1.0.0"), 4);
        assert_eq!(line(lock, "a", "2.0.0"), 8);
        assert_eq!(line(lock, "b", "1.0.0"), 1);
    }
}
