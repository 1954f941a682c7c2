//! Advice as sentences, from the figures; nothing is decided here.

use super::evidence::{Evidence, share};
use crate::model::{Analysis, Domain};
use crate::report::text::{plural, thousands};
use crate::verdict::Verdict;

/// One line for a report.
pub(super) fn in_short(analysis: &Analysis, evidence: &Evidence, verdict: Verdict) -> String {
    match verdict {
        Verdict::Unused => format!("nothing of it is used in {}", domains(analysis)),
        Verdict::Std => std(evidence),
        Verdict::Extract => format!("{}; {}", reached(evidence), leaves(evidence)),
        Verdict::Trim => "features that are on bring in only what is not used".to_owned(),
        Verdict::Keep => match evidence.obstacles.first() {
            Some(obstacle) => obstacle.to_string(),
            None => "what would have to be owned is more than what is reached".to_owned(),
        },
    }
}

/// `run, build and macro`
pub(super) fn domains(analysis: &Analysis) -> String {
    let names: Vec<&str> = analysis
        .options_domains
        .iter()
        .map(Domain::as_str)
        .collect();
    and(&names)
}

/// `a, b and c`
pub(super) fn and(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// `3 of 120 functions are reached (2.5 %)`
pub(super) fn reached(evidence: &Evidence) -> String {
    let reached = evidence.reached;
    if reached.functions == 0 {
        return format!(
            "no function of {} is reached, only types, consts or macros",
            thousands(reached.total)
        );
    }
    let unknown = match reached.unknown {
        0 => String::new(),
        unknown => format!(", {} of them not certain", thousands(unknown)),
    };
    format!(
        "{} of {} ({}{unknown})",
        thousands(reached.functions),
        plural(
            reached.total,
            "function is reached",
            "functions are reached"
        ),
        share(reached.per_mille()),
    )
}

fn leaves(evidence: &Evidence) -> String {
    match evidence.leaving.len() {
        1 => "it leaves the tree alone".to_owned(),
        crates => format!("{crates} crates leave the tree with it"),
    }
}

fn std(evidence: &Evidence) -> String {
    let Some(std) = &evidence.std else {
        return String::new();
    };
    let mut names: Vec<&str> = std.replacements.iter().map(|it| it.std.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let more = names.len().saturating_sub(2);
    names.truncate(2);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!(
        "std has it since Rust {}: {}{more}",
        std.since,
        names.join(", ")
    )
}
