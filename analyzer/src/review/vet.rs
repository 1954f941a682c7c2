//! A note for cargo-vet's `audits.toml`, made of what was reviewed.
//!
//! The format is cargo-vet's (<https://mozilla.github.io/cargo-vet/config.html>): an
//! `[[audits.<crate>]]` entry with `who`, `criteria`, `version` and `notes`. Its built-in criteria
//! are about whole crates, which a review of what is reached never covers. So the entry has a
//! criterion of its own, whose definition is printed as a comment, and the notes say what was
//! read and what was not.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::data::{Mark, Review};
use super::table::not_looked_at;
use crate::report::text::{plural, sanitize, thousands};

/// The criterion of the entry, unless another one is named.
pub const CRITERION: &str = "reached-code-reviewed";

const DESCRIPTION: &str = "Those parts of the crate that this project reaches, as cargo-whittle \
                           determined them, were read, and nothing surprising was found in \
                           them. Nothing is said of the rest of the crate, nor of other ways to \
                           use it.";

/// Writes the entry; `who` reviewed, or those who are recorded when it is `None`.
///
/// # Errors
/// Those of `out`. An empty list of reviewers is for the caller to refuse.
pub fn vet(
    review: &Review,
    criterion: &str,
    who: Option<&str>,
    out: &mut dyn Write,
) -> io::Result<()> {
    if criterion == CRITERION {
        writeln!(out, "# The criterion, once in the same file:")?;
        writeln!(out, "# [criteria.{CRITERION}]")?;
        writeln!(out, "# description = {}\n", string(DESCRIPTION))?;
    }
    writeln!(out, "[[audits.{}]]", key(&review.krate))?;
    let reviewers = who.map_or_else(|| reviewers(review), |who| vec![who.to_owned()]);
    match &reviewers[..] {
        [one] => writeln!(out, "who = {}", string(one))?,
        all => {
            let all: Vec<String> = all.iter().map(|one| string(one)).collect();
            writeln!(out, "who = [{}]", all.join(", "))?;
        }
    }
    writeln!(out, "criteria = {}", string(criterion))?;
    writeln!(out, "version = {}", string(&review.crate_version))?;
    writeln!(out, "notes = \"\"\"")?;
    for line in notes(review) {
        writeln!(out, "{}", escaped(&line))?;
    }
    writeln!(out, "\"\"\"")
}

/// Those who reviewed what is listed, each once.
#[must_use]
pub(super) fn reviewers(review: &Review) -> Vec<String> {
    let seen = review.entries().filter_map(|one| match &one.mark {
        Mark::Reviewed(seen) => Some(seen.by.clone()),
        Mark::Changed(_) | Mark::New => None,
    });
    seen.collect::<BTreeSet<_>>().into_iter().collect()
}

fn notes(review: &Review) -> Vec<String> {
    let header = &review.header;
    let domains: Vec<&str> = header.domains.iter().map(|one| one.as_str()).collect();
    let mut lines = vec![
        format!(
            "Scope: only what {} reaches of this crate (cargo-whittle {}; features {}, target {}, \
             profile {}, domains {}, policy {}).",
            header.roots.join(", "),
            env!("CARGO_PKG_VERSION"),
            header.features,
            header.target,
            header.profile,
            domains.join(" "),
            header.policy,
        ),
        "This is no audit of the whole crate, which cargo-vet's built-in criteria are about."
            .to_owned(),
    ];
    let parts = [
        ("functions that are reached", &review.functions),
        (
            "build scripts, proc macros, consts, statics, unsafe impls, foreign functions and \
             macros",
            &review.always,
        ),
        ("functions made by derives and attributes", &review.derived),
    ];
    for (what, entries) in parts {
        if entries.is_empty() {
            continue;
        }
        let read = || entries.iter().filter(|one| one.mark.is_reviewed());
        let count = read().count();
        let lines_read: u64 = read().map(|one| u64::from(one.lines)).sum();
        let unsafe_parts: u64 = read().map(|one| u64::from(one.unsafe_parts())).sum();
        let mut line = format!(
            "Read: {} of {} {what} ({}, unsafe {})",
            thousands(count as u64),
            thousands(entries.len() as u64),
            plural(lines_read, "line", "lines"),
            thousands(unsafe_parts),
        );
        let versions: BTreeSet<&str> = read()
            .filter_map(|one| match &one.mark {
                Mark::Reviewed(seen) => Some(seen.version.as_str()),
                Mark::Changed(_) | Mark::New => None,
            })
            .filter(|version| *version != review.crate_version)
            .collect();
        if !versions.is_empty() {
            let versions: Vec<&str> = versions.into_iter().collect();
            let _ = write!(
                line,
                ", unchanged since it was read in {}",
                versions.join(", ")
            );
        }
        line.push('.');
        lines.push(line);
    }
    let open: Vec<String> = review
        .entries()
        .filter(|one| !one.mark.is_reviewed())
        .map(super::Entry::name)
        .collect();
    if !open.is_empty() {
        const SHOWN: usize = 20;
        let names = open.iter().take(SHOWN).cloned().collect::<Vec<_>>();
        let more = match open.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(" and {} more", thousands(more as u64)),
        };
        lines.push(format!("Listed and NOT read: {}{more}.", names.join(", ")));
    }
    if review.summary.unknown > 0 {
        lines.push(format!(
            "{} of the functions are listed because it is not known whether they are reached.",
            thousands(review.summary.unknown as u64)
        ));
    }
    lines.push(format!(
        "Not looked at: {}.",
        not_looked_at(review).replace("not listed: ", "")
    ));
    lines
}

/// A TOML key, quoted unless it is bare.
fn key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.is_empty() && name.chars().all(is_bare) {
        name.to_owned()
    } else {
        string(name)
    }
}

/// A TOML basic string.
fn string(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// What may stand in one. Control characters are written out before, so that there are none.
fn escaped(text: &str) -> String {
    sanitize(text).replace('\\', "\\\\").replace('"', "\\\"")
}
