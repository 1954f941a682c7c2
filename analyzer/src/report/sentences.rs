//! The sentences around the tables: what the figures are relative to, what they come to, and
//! how exact they are.

use std::collections::BTreeMap;

use crate::measure::{Figures, Totals};

use super::data::{OwnedReport, Report, by_count};
use super::text::{percent, plural, sanitize, thousands};

/// How many reasons for what is not exact are spelled out.
const REASONS: usize = 4;

/// What the figures are relative to, in two sentences.
pub(super) fn preamble(report: &Report) -> [String; 2] {
    let header = &report.header;
    let mut roots: Vec<String> = header.roots.iter().take(3).cloned().collect();
    if let Some(more @ 1..) = header.roots.len().checked_sub(3) {
        roots.push(format!("{more} more"));
    }
    [
        format!(
            "{}: features {}, {}, profile {}",
            roots.join(", "),
            header.features,
            header.target,
            header.profile,
        ),
        format!(
            "{}, std sources from {}; {}",
            report.toolchain,
            report.std_sources,
            what_ran(report),
        ),
    ]
    .map(|line| sanitize(&line).into_owned())
}

/// What of the tree's own code the policy let run.
pub(super) fn what_ran(report: &Report) -> String {
    match report.header.policy.as_str() {
        "never" if !report.execution.allowed.is_empty() => {
            "build scripts and proc macros executed in a sandbox where the user allows it, no other"
                .to_owned()
        }
        "never"
            if report
                .execution
                .not_run
                .iter()
                .any(|one| !one.allow.is_empty()) =>
        {
            "no build script or proc macro was executed (`cargo whittle allow` prints those that \
             can be allowed)"
                .to_owned()
        }
        "never" => "no build script or proc macro was executed".to_owned(),
        "sandbox" => "build scripts and proc macros executed in a sandbox where needed".to_owned(),
        policy => format!("build scripts and proc macros executed as cargo does ({policy})"),
    }
}

/// One line a domain, then how exact the figures are, then what of the tree's code was allowed
/// or denied.
pub(super) fn summary(report: &Report) -> Vec<(&'static str, String)> {
    let domains = report
        .totals
        .iter()
        .map(|(&domain, totals)| (domain.as_str(), sum(totals)));
    let execution = report.execution.summary();
    let execution = execution.into_iter();
    let owned = report.owned.iter().map(|one| ("owned", owned(one)));
    domains
        .chain(owned)
        .chain([("exact", exactness(report))])
        .chain(execution.map(|(label, text)| (label, sanitize(&text).into_owned())))
        .collect()
}

fn owned(one: &OwnedReport) -> String {
    let changed = match one.acknowledged {
        0 => String::new(),
        count => format!(", {} acknowledged", plural(count, "change", "changes")),
    };
    let text = format!(
        "{} of {} {} in {} ({}), under {}{changed}",
        plural(one.items, "item", "items"),
        one.name,
        one.version,
        one.folder,
        one.package,
        one.license,
    );
    sanitize(&text).into_owned()
}

fn sum(totals: &Totals) -> String {
    if totals.crates == 0 {
        return "no dependencies".to_owned();
    }
    let Figures {
        functions,
        lines,
        derived,
        ..
    } = totals.figures;
    let reached = format!(
        "{} of {} functions ({}), {} of {} lines in functions",
        thousands(functions.used),
        thousands(functions.total),
        if functions.total == 0 {
            "-".to_owned()
        } else {
            percent(functions)
        },
        thousands(lines.used),
        thousands(lines.total),
    );
    let derived = match derived.total {
        0 => String::new(),
        total => format!(
            ", {} of {} derived",
            thousands(derived.used),
            thousands(total)
        ),
    };
    let unused = match totals.crates_unused {
        0 => String::new(),
        unused => format!("; {} unused", plural(unused, "crate", "crates")),
    };
    reached + &derived + &unused
}

fn exactness(report: &Report) -> String {
    let exactness = &report.exactness;
    let walked = format!(
        "{} of {}",
        plural(exactness.instances, "instance", "instances"),
        plural(exactness.bodies, "body", "bodies"),
    );
    let bounds = match exactness.fallbacks {
        0 => String::new(),
        edges => format!(
            ", {} by the bounds of std's functions",
            plural(edges, "edge", "edges")
        ),
    };
    if exactness.is_complete() {
        return format!("yes: every macro, body and lookup was resolved ({walked} walked{bounds})");
    }
    let mut parts = Vec::new();
    if exactness.unknown_functions > 0 {
        let reasons = exactness.unknown_reasons.iter();
        let reasons = reasons.map(|r| format!("{} × {}", thousands(r.count), sanitize(&r.reason)));
        let derived = match exactness.unknown_derived {
            0 => String::new(),
            derived => format!(", {} of them derived,", thousands(derived)),
        };
        let one = exactness.unknown_functions == 1;
        parts.push(format!(
            "{}{derived} {} counted as neither used nor unused ({})",
            plural(exactness.unknown_functions, "function", "functions"),
            if one { "is" } else { "are" },
            shortened(reasons.collect()),
        ));
    }
    if !exactness.gaps.is_empty() {
        let places = exactness.gaps.iter().map(|gap| gap.count).sum();
        parts.push(format!(
            "{} not resolved and widened to all that may be reached ({})",
            plural(places, "place", "places"),
            shortened(gaps(report)),
        ));
    }
    format!("no: {}; {walked} walked{bounds}", parts.join("; "))
}

/// The first few reasons; the JSON report and the list have all.
fn shortened(mut reasons: Vec<String>) -> String {
    let more = reasons.len().saturating_sub(REASONS);
    if more > 1 {
        reasons.truncate(REASONS);
        reasons.push(format!("{} more reasons", thousands(more as u64)));
    }
    reasons.join(", ")
}

fn gaps(report: &Report) -> Vec<String> {
    let mut counts = BTreeMap::new();
    let mut in_std = BTreeMap::new();
    for gap in &report.exactness.gaps {
        *counts.entry(gap.reason.as_str()).or_default() += gap.count;
        if gap.krate.is_none() {
            *in_std.entry(gap.reason.clone()).or_insert(0) += gap.count;
        }
    }
    by_count(counts)
        .into_iter()
        .map(|gap| {
            let std = match in_std.get(&gap.reason) {
                Some(&number) if number == gap.count => " (in std)".to_owned(),
                Some(&number) => format!(" ({} in std)", thousands(number)),
                None => String::new(),
            };
            format!("{} × {}{std}", thousands(gap.count), sanitize(&gap.reason))
        })
        .collect()
}
