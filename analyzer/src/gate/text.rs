//! The words that several formats share: what was compared, what it comes to, how a finding
//! comes about.

use crate::report::text::plural;

use super::CheckReport;
use super::finding::{Finding, ItemRef, Through};

/// What the answer is relative to, a sentence each.
pub(super) fn basis(report: &CheckReport) -> Vec<String> {
    let header = &report.header;
    let mut lines = vec![format!(
        "{}: features {}, {}, profile {}, policy {}; {}",
        header.roots.join(", "),
        header.features,
        header.target,
        header.profile,
        header.policy,
        report.toolchain,
    )];
    if let Some(base) = &report.base {
        let commit: String = base.commit.chars().take(12).collect();
        lines.push(format!(
            "rules and baseline of {} ({commit})",
            base.revision
        ));
    }
    lines.push(match &report.baseline {
        Some(baseline) => format!(
            "compared with {}: {} of {}",
            baseline.file,
            plural(baseline.items, "item", "items"),
            plural(baseline.crates, "crate", "crates"),
        ),
        None => "no baseline to compare with (`cargo whittle baseline` writes one)".to_owned(),
    });
    lines.extend(report.notices.iter().cloned());
    lines.extend(report.execution.notes());
    lines
}

/// `failed: 1 denied, 2 warnings`.
pub(super) fn sum(report: &CheckReport) -> String {
    let counts = &report.counts;
    let mut parts = vec![
        format!("{} denied", counts.denied),
        plural(counts.warnings, "warning", "warnings"),
    ];
    if counts.ignored > 0 {
        parts.push(format!("{} ignored", counts.ignored));
    }
    let word = if report.passed() { "passed" } else { "failed" };
    format!("{word}: {}", parts.join(", "))
}

pub(super) fn named(item: &ItemRef) -> String {
    let domains: Vec<&str> = item.domains.iter().map(|domain| domain.as_str()).collect();
    format!("{} ({})", item.path, domains.join(", "))
}

/// `app::main > regex::Regex::new`, or the crates on the way; `None` when there is nothing to
/// add.
pub(super) fn through(through: &Through) -> Option<String> {
    match (&through.from, &through.via) {
        (Some(from), Some(via)) => Some(format!("{from} > {via}")),
        (Some(from), None) => Some(from.clone()),
        (None, _) if through.crates.len() > 1 => Some(through.crates.join(" > ")),
        (None, _) => None,
    }
}

/// What is known beside the message, a line each: where the item stands, what of a new crate is
/// reached, through what. At most `items` items are named, the others counted.
pub(super) fn details(finding: &Finding, items: usize) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(item) = &finding.item {
        lines.push(format!("in {}", item.origin));
    }
    let shown = finding.items.iter().take(items);
    lines.extend(shown.map(|item| format!("reaches {}", named(item))));
    if let Some(more @ 1..) = finding.items.len().checked_sub(items) {
        lines.push(format!("… and {more} more"));
    }
    let text = finding.through.as_ref().and_then(through);
    lines.extend(text.map(|text| format!("through {text}")));
    lines
}

/// A file of the workspace as seen from the root of its repository.
pub(super) fn in_repository(report: &CheckReport, file: &str) -> String {
    match report.workspace.trim_matches('/') {
        "" => file.to_owned(),
        workspace => format!("{workspace}/{file}"),
    }
}
