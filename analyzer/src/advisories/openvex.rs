//! The findings as an OpenVEX 0.2.0 document (github.com/openvex/spec): one statement a finding,
//! about each analyzed package as product with the dependency as its subcomponent.
//!
//! `not_affected` is only said of `not_reached`, with the method and its limits in the impact
//! statement; both kinds of `reached` are `affected`, and `unknown` is `under_investigation`.

use serde_json::{Map, Value, json};

use super::data::{Finding, Report, Verdict};
use super::stamp::{Stamp, uuid};

/// The document. The format has none without a statement; without a finding this must not be
/// asked for.
pub(super) fn document(report: &Report, stamp: Stamp) -> Value {
    let statements: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| statement(report, finding))
        .collect();
    let time = stamp.date_time();
    let content = format!("{time}{}", Value::from(statements.clone()));
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": format!("urn:uuid:{}", uuid(&content)),
        "author": report.tool,
        "role": "Reachability analysis",
        "timestamp": time,
        "version": 1,
        "tooling": report.tool,
        "statements": statements,
    })
}

fn statement(report: &Report, finding: &Finding) -> Value {
    let products: Vec<Value> = report
        .products
        .iter()
        .map(|product| {
            json!({
                "@id": product.purl,
                "identifiers": { "purl": product.purl },
                "subcomponents": [{
                    "@id": finding.purl,
                    "identifiers": { "purl": finding.purl },
                }],
            })
        })
        .collect();
    let mut one = Map::new();
    let mut set = |key: &str, value: Value| one.insert(key.to_owned(), value);
    set("vulnerability", vulnerability(finding));
    set("products", products.into());
    set("status_notes", notes(finding).into());
    match finding.verdict {
        Verdict::Reached | Verdict::ReachedIndirectly => {
            set("status", "affected".into());
            set("action_statement", action(finding).into());
        }
        Verdict::Unknown => {
            set("status", "under_investigation".into());
        }
        Verdict::NotReached => {
            set("status", "not_affected".into());
            set(
                "justification",
                "vulnerable_code_not_in_execute_path".into(),
            );
            set("impact_statement", impact(report, finding).into());
        }
    }
    one.into()
}

fn vulnerability(finding: &Finding) -> Value {
    let mut aliases = finding.aliases.clone();
    aliases.sort();
    aliases.dedup();
    let mut one = json!({
        "name": finding.id,
        "description": finding.title,
        "aliases": aliases,
    });
    if let (Some(url), Some(map)) = (&finding.url, one.as_object_mut()) {
        map.insert("@id".to_owned(), url.as_str().into());
    }
    one
}

/// The verdict in words; what the format has no field for.
fn notes(finding: &Finding) -> String {
    let kind = finding.informational.as_ref();
    let kind = kind
        .map(|kind| format!(" Informational: {kind}."))
        .unwrap_or_default();
    let source = match finding.source {
        "registry" => "",
        "owned" => " The package is no dependency; part of it was copied.",
        _ => " The package does not come from a registry; it was matched by name and version.",
    };
    format!(
        "{}: {}.{kind}{source}",
        finding.verdict.words(),
        finding.reason
    )
}

/// What to do about it.
pub(super) fn action(finding: &Finding) -> String {
    if finding.patched.is_empty() {
        return format!(
            "No patched version of {} is known: replace it.",
            finding.package
        );
    }
    let versions = finding.patched.join(" or ");
    format!("Update {} to {versions}.", finding.package)
}

/// Why it does not matter, how that was found out, and where that ends.
pub(super) fn impact(report: &Report, finding: &Finding) -> String {
    let header = &report.header;
    let domains: Vec<&str> = header
        .domains
        .iter()
        .map(|domain| domain.as_str())
        .collect();
    let functions: Vec<&str> = finding
        .functions
        .iter()
        .map(|one| one.path.as_str())
        .collect();
    format!(
        "No path of calls from the analyzed roots leads to a function that the advisory lists \
         ({functions}), nor to one of the crate that these call. Method: static reachability over \
         resolved source, each generic function with its concrete types, by {tool}. It holds for \
         roots {roots}; domains {domains}; features {features}; target {target}; profile \
         {profile}. Limits: the advisory's list of functions is taken as complete; of what \
         these functions call in their turn, calls through function pointers are not seen; code \
         in other languages is not followed.",
        functions = functions.join(", "),
        tool = report.tool,
        roots = header.roots.join(", "),
        domains = domains.join(", "),
        features = header.features,
        target = header.target,
        profile = header.profile,
    )
}
