//! The findings as a CycloneDX 1.6 document with an analysis of each vulnerability (a VEX).
//!
//! Components are the analyzed packages and the affected ones, not the whole tree: this is a
//! statement about advisories, not a bill of materials.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::data::{Finding, Report, Verdict};
use super::openvex::{action, impact};
use super::stamp::Stamp;
use crate::cyclonedx::{self, property};

pub(super) fn document(report: &Report, stamp: Stamp) -> Value {
    let affected: BTreeMap<&str, Value> = report
        .findings
        .iter()
        .map(|one| (one.purl.as_str(), library(one)))
        .filter(|(purl, _)| report.products.iter().all(|product| product.purl != *purl))
        .collect();
    let found: Vec<Value> = report
        .findings
        .iter()
        .map(|one| vulnerability(report, one))
        .collect();
    let parts = [
        (
            "components".to_owned(),
            affected.into_values().collect::<Vec<Value>>().into(),
        ),
        ("vulnerabilities".to_owned(), found.into()),
    ];
    let (name, version) = report.tool.split_once(' ').unwrap_or((&report.tool, ""));
    let products: Vec<(&str, &str, &str)> = report
        .products
        .iter()
        .map(|one| (one.name.as_str(), one.version.as_str(), one.purl.as_str()))
        .collect();
    cyclonedx::document(
        stamp,
        cyclonedx::tool(name, version),
        cyclonedx::subject(&products),
        parts.into_iter().collect(),
    )
}

fn library(finding: &Finding) -> Value {
    json!({
        "type": "library",
        "bom-ref": finding.purl,
        "name": finding.package,
        "version": finding.version,
        "purl": finding.purl,
        "properties": [property("source", finding.source)],
    })
}

fn vulnerability(report: &Report, finding: &Finding) -> Value {
    let mut one = Map::new();
    let mut set = |key: &str, value: Value| one.insert(key.to_owned(), value);
    set("bom-ref", format!("{}:{}", finding.id, finding.purl).into());
    set("id", finding.id.as_str().into());
    let mut source = json!({ "name": "RustSec" });
    if let (Some(url), Some(map)) = (&finding.url, source.as_object_mut()) {
        map.insert("url".to_owned(), url.as_str().into());
    }
    set("source", source);
    let alias = |id: &String| json!({ "id": id, "source": { "name": publisher(id) } });
    let mut aliases = finding.aliases.clone();
    aliases.sort();
    aliases.dedup();
    set("references", aliases.iter().map(alias).collect());
    if let Some(severity) = &finding.severity {
        set(
            "ratings",
            json!([{ "source": { "name": "RustSec" }, "severity": severity }]),
        );
    }
    set("description", finding.title.as_str().into());
    set("recommendation", action(finding).into());
    set("published", format!("{}T00:00:00Z", finding.date).into());
    set("analysis", analysis(report, finding));
    set("affects", json!([{ "ref": finding.purl }]));
    let mut properties = vec![property("verdict", finding.verdict.words())];
    if let Some(kind) = &finding.informational {
        properties.push(property("informational", kind));
    }
    set("properties", properties.into());
    one.into()
}

fn analysis(report: &Report, finding: &Finding) -> Value {
    match finding.verdict {
        Verdict::Reached | Verdict::ReachedIndirectly => json!({
            "state": "exploitable",
            "response": [if finding.patched.is_empty() { "can_not_fix" } else { "update" }],
            "detail": finding.reason,
        }),
        Verdict::Unknown => json!({ "state": "in_triage", "detail": finding.reason }),
        Verdict::NotReached => json!({
            "state": "not_affected",
            "justification": "code_not_reachable",
            "detail": impact(report, finding),
        }),
    }
}

fn publisher(id: &str) -> &'static str {
    match id.split('-').next() {
        Some("CVE") => "NVD",
        Some("GHSA") => "GitHub",
        Some("RUSTSEC") => "RustSec",
        _ => "other",
    }
}
