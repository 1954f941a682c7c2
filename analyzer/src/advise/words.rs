//! Advice as sentences, from the figures; nothing is decided here.

use super::data::{DependencyAdvice, Leaves};
use super::evidence::{Evidence, Reached};
use super::movement::Movement;
use super::obstacle::{share, some};
use super::owning::Owning;
use super::std_instead::StdInstead;
use super::trim::Trim;
use crate::model::{Analysis, Domain, Domains};
use crate::report::text::{plural, thousands};
use crate::verdict::Verdict;

/// One line for a report.
pub(super) fn in_short(analysis: &Analysis, evidence: &Evidence, verdict: Verdict) -> String {
    match verdict {
        Verdict::Unused => format!("nothing of it is used in {}", domains(analysis)),
        Verdict::Std => evidence.std.as_ref().map(std).unwrap_or_default(),
        Verdict::Extract => {
            let leaves = match evidence.leaving.len() {
                1 => "it leaves the tree alone".to_owned(),
                crates => format!("up to {crates} crates leave the tree with it"),
            };
            let unsure = match evidence.movement {
                Ok(_) => "",
                Err(_) => "; how fast upstream moves is not known",
            };
            format!("{}; {leaves}{unsure}", reached(evidence.reached))
        }
        Verdict::Trim => "features that are on bring in only what is not used".to_owned(),
        Verdict::Keep => evidence
            .obstacles
            .first()
            .map(ToString::to_string)
            .unwrap_or_default(),
    }
}

/// What to do, in plain words.
pub(super) fn recommendation(analysis: &Analysis, advice: &DependencyAdvice) -> String {
    let sentences = match advice.verdict {
        Verdict::Unused => unused(analysis, advice),
        Verdict::Std => vec![
            format!(
                "Take it from std: {}.",
                advice.std.as_ref().map(std).unwrap_or_default()
            ),
            gone(&advice.leaves),
        ],
        Verdict::Extract => extract(advice),
        Verdict::Trim => trim(advice),
        Verdict::Keep => keep(advice),
    };
    let sentences: Vec<String> = sentences.into_iter().filter(|it| !it.is_empty()).collect();
    sentences.join(" ")
}

fn unused(analysis: &Analysis, advice: &DependencyAdvice) -> Vec<String> {
    let project = &analysis.project;
    let dev = if analysis.options_domains.contains(Domain::Dev) {
        String::new()
    } else {
        "Tests, benches and examples were not looked at: `--all-targets` does.".to_owned()
    };
    vec![
        format!(
            "Remove it: no function, type, trait, const or macro of it is used in {}, for {} with \
             features {}.",
            domains(analysis),
            project.toolchain.target,
            project.features
        ),
        dev,
        gone(&advice.leaves),
    ]
}

fn extract(advice: &DependencyAdvice) -> Vec<String> {
    let mut all = vec![format!(
        "Own what is used of it: {}.",
        reached(advice.reached)
    )];
    match &advice.own {
        Some(own) => all.push(owning(own)),
        None => all.push(format!(
            "What has to be copied is not known: {}.",
            advice
                .own_missing
                .as_deref()
                .unwrap_or("its text was not looked at")
        )),
    }
    let leaves = advice.own.as_ref().and_then(|own| own.leaves.as_ref());
    all.push(gone(leaves.unwrap_or(&advice.leaves)));
    if let Some(why) = &advice.movement_missing {
        all.push(format!("How fast upstream moves is not known: {why}."));
    }
    let form = match advice.own.as_ref().and_then(|own| own.form) {
        Some("crate") => " --as crate",
        _ => "",
    };
    all.push(format!(
        "`cargo whittle extract {}{form}` shows the plan.",
        advice.name
    ));
    all
}

/// `17 releases in the year to 2026-10-16, 2 of them incompatible`
pub(super) fn moves(advice: &DependencyAdvice) -> String {
    match (&advice.movement, &advice.movement_missing) {
        (Some(movement), _) => releases(movement),
        (None, why) => format!("not known: {}", why.as_deref().unwrap_or_default()),
    }
}

fn releases(movement: &Movement) -> String {
    let breaking = match movement.breaking {
        0 => ", none of them incompatible".to_owned(),
        number => format!(", {} of them incompatible", thousands(number)),
    };
    let (releases, breaking) = match movement.releases {
        0 => ("no release".to_owned(), String::new()),
        1 if movement.breaking == 1 => ("1 incompatible release".to_owned(), String::new()),
        1 => ("1 compatible release".to_owned(), String::new()),
        number => (plural(number, "release", "releases"), breaking),
    };
    let undated = match movement.undated {
        0 => String::new(),
        number => format!("; the days of {} more are not known", thousands(number)),
    };
    format!(
        "{releases} in the year to {}{breaking}{undated}",
        movement.until
    )
}

/// `To compile that, 7 functions in 120 lines …`
pub(crate) fn owning(own: &Owning) -> String {
    let unsafes = own.unsafe_functions + own.unsafe_blocks + own.unsafe_impls;
    let unsafes = match unsafes {
        0 => "none of it unsafe".to_owned(),
        _ => plural(
            u64::from(unsafes),
            "of them an unsafe function, block or impl",
            "unsafe functions, blocks and impls",
        ),
    };
    let needs = match own.crates.as_slice() {
        [] => String::new(),
        crates => format!("; it needs {}", crates.join(", ")),
    };
    let license = match &own.license {
        Some(license) if license.allowed => format!(" under {}", license.text),
        _ => String::new(),
    };
    format!(
        "So that it compiles, {} in {} of {} have to be copied{license}, {unsafes}{needs}.",
        plural(u64::from(own.functions), "function", "functions"),
        thousands(u64::from(own.lines)),
        plural(u64::from(own.upstream_lines), "line", "lines"),
    )
}

fn trim(advice: &DependencyAdvice) -> Vec<String> {
    let mut all: Vec<String> = advice.trim.iter().map(one_trim).collect();
    all.extend(
        advice
            .reasons_to_keep
            .first()
            .map(|it| format!("Keep the rest: {}.", it.text)),
    );
    all
}

/// A feature to switch off, and what goes with it.
pub(super) fn one_trim(trim: &Trim) -> String {
    let how = if trim.by_default {
        " (`default-features = false`, and the other defaults by name)"
    } else {
        ""
    };
    let mut removes = Vec::new();
    if !trim.crates.is_empty() {
        let crates = plural(trim.crates.len() as u64, "crate", "crates");
        removes.push(format!("{crates} ({})", some(&trim.crates)));
    }
    removes.push(plural(trim.functions, "function", "functions"));
    removes.push(plural(trim.lines, "line", "lines"));
    let removes: Vec<&str> = removes.iter().map(String::as_str).collect();
    format!(
        "Switch off `{}`{how}: nothing that it alone brings in is used, {}.",
        trim.feature,
        and(&removes)
    )
}

fn keep(advice: &DependencyAdvice) -> Vec<String> {
    let mut all = Vec::new();
    match advice.reasons_to_keep.as_slice() {
        [] => all.push(format!("Keep it: {}.", reached(advice.reached))),
        [first, rest @ ..] => {
            all.push(format!("Keep it: {}.", first.text));
            if let [second, ..] = rest {
                let mut text = second.text.clone();
                if let Some(first) = text.get_mut(..1) {
                    first.make_ascii_uppercase();
                }
                all.push(format!("{text}."));
            }
        }
    }
    if let Some(std) = &advice.std
        && let Some(why) = &std.too_early
    {
        all.push(format!("Later {}, but {why}.", self::std(std)));
    }
    all
}

/// What leaves the tree, as a sentence.
pub(crate) fn gone(leaves: &Leaves) -> String {
    leaving("What leaves the tree", leaves)
}

pub(super) fn leaving(what_leaves: &str, leaves: &Leaves) -> String {
    if !leaves.stays_for.is_empty() {
        return format!(
            "It stays in the tree: also used by {}.",
            some(&leaves.stays_for)
        );
    }
    let mut what = vec![
        plural(leaves.crates.len() as u64, "crate", "crates"),
        plural(leaves.lines, "line", "lines"),
        plural(leaves.functions, "function", "functions"),
    ];
    for (names, one, many) in [
        (&leaves.build_scripts, "build script", "build scripts"),
        (&leaves.proc_macros, "proc macro", "proc macros"),
        (&leaves.licenses, "licence", "licences"),
    ] {
        if !names.is_empty() {
            what.push(format!(
                "{} ({})",
                plural(names.len() as u64, one, many),
                some(names)
            ));
        }
    }
    let what: Vec<&str> = what.iter().map(String::as_str).collect();
    format!("{what_leaves}: {}.", and(&what))
}

/// `run, build and macro`
fn domains(analysis: &Analysis) -> String {
    let domains: Domains = analysis.options_domains;
    let names: Vec<&str> = domains.iter().map(Domain::as_str).collect();
    and(&names)
}

/// `a, b and c`
fn and(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// `3 of 120 functions are reached (2.5 %)`
pub(crate) fn reached(reached: Reached) -> String {
    if reached.functions == 0 {
        return match reached.total {
            0 => "it has no functions".to_owned(),
            total => format!(
                "none of {} is reached",
                plural(total, "function", "functions")
            ),
        };
    }
    let unknown = match reached.unknown {
        0 => String::new(),
        unknown => format!(", {} of them not certain", thousands(unknown)),
    };
    let verb = if reached.functions == 1 { "is" } else { "are" };
    format!(
        "{} of {} {verb} reached ({}{unknown})",
        thousands(reached.functions),
        plural(reached.total, "function", "functions"),
        share(reached.per_mille()),
    )
}

fn std(std: &StdInstead) -> String {
    let mut names: Vec<String> = std.replacements.iter().map(|it| it.std.clone()).collect();
    names.sort_unstable();
    names.dedup();
    format!("std has it since Rust {}: {}", std.since, some(&names))
}
