//! A [`Review`] for terminals.

use std::fmt::Write as _;

use std::io::{self, Write};

use super::data::{Entry, Mark, Review};
use crate::model::Status;
use crate::pieces::PieceKind;
use crate::report::paint::{FAINT, GOOD, POOR, Paint, STRONG};
use crate::report::text::{plural, sanitize, thousands, wrap};

const WIDTH: usize = 100;

/// Writes the list; with `open` only what was not reviewed as it is.
///
/// # Errors
/// Those of `out`.
pub fn table(review: &Review, open: bool, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let name = format!("{} {}", review.krate, review.crate_version);
    writeln!(out, "{}", paint.paint(STRONG, &sanitize(&name)))?;
    let header = &review.header;
    let roots = format!(
        "as {} reaches it: features {}, {}, profile {}, {}",
        header.roots.join(", "),
        header.features,
        header.target,
        header.profile,
        header.policy
    );
    writeln!(out, "{}", wrap(&sanitize(&roots), WIDTH, "  "))?;
    for sentence in sentences(review) {
        writeln!(out, "{}", wrap(&sentence, WIDTH, "  "))?;
    }
    let parts = [
        ("Reached functions", &review.functions),
        ("Read in any case", &review.always),
        ("Made by derives and attributes", &review.derived),
    ];
    for (title, entries) in parts {
        let entries = entries
            .iter()
            .filter(|one| !open || !one.mark.is_reviewed());
        let mut entries = entries.peekable();
        if entries.peek().is_none() {
            continue;
        }
        writeln!(out, "\n{}", paint.paint(STRONG, title))?;
        for one in entries {
            entry(one, paint, out)?;
        }
    }
    Ok(())
}

fn entry(entry: &Entry, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let (mark, style) = match entry.mark {
        Mark::Reviewed(_) => ("read   ", GOOD),
        Mark::Changed(_) => ("changed", POOR),
        Mark::New => ("new    ", STRONG),
    };
    let mark = paint.paint(style, mark);
    writeln!(out, "  {mark}  {}", sanitize(&entry.name()))?;
    let indent = " ".repeat(11);
    let facts = facts(entry).join("; ");
    let facts = wrap(&sanitize(&facts), WIDTH, &indent);
    writeln!(out, "{indent}{}", paint.paint(FAINT, &facts))
}

/// What is to be known of an entry beside its name.
pub(super) fn facts(entry: &Entry) -> Vec<String> {
    let mut facts = Vec::new();
    if !matches!(entry.kind, PieceKind::Function | PieceKind::Derived) {
        facts.push(entry.kind.words().to_owned());
    }
    if !entry.kind.is_file() {
        facts.push(format!("{}:{}", entry.place.file, entry.place.line));
    }
    if entry.lines > 0 {
        facts.push(plural(u64::from(entry.lines), "line", "lines"));
    }
    if entry.unsafe_parts() > 0 {
        facts.push(format!("unsafe {}", entry.unsafe_parts()));
    }
    if entry.status == Status::Unknown {
        let reason = entry.reason.as_deref().unwrap_or("the reason is not known");
        facts.push(format!("unknown: {reason}"));
    }
    for one in &entry.powers {
        facts.push(format!("{}: {}", one.power.as_str(), one.path));
    }
    if !entry.domains.is_empty() && entry.domains.iter().any(|one| one.as_str() != "run") {
        let names: Vec<&str> = entry.domains.iter().map(|one| one.as_str()).collect();
        facts.push(format!("in {}", names.join(", ")));
    }
    if let Some(via) = &entry.via {
        facts.push(match (&via.caller, via.line) {
            (Some(caller), Some(line)) => format!("{} from {caller} (line {line})", via.how),
            (Some(caller), None) => format!("{} from {caller}", via.how),
            (None, _) => format!("a root ({})", via.how),
        });
    }
    if let Some(why) = &entry.problem {
        facts.push(format!("cannot be read: {why}"));
    }
    match &entry.mark {
        Mark::Reviewed(seen) => facts.push(format!(
            "read in {} by {} on {}",
            seen.version, seen.by, seen.date
        )),
        Mark::Changed(seen) => facts.push(format!(
            "changed since {} was read by {} on {}",
            seen.version, seen.by, seen.date
        )),
        Mark::New => {}
    }
    facts
}

/// The figures as sentences.
pub(super) fn sentences(review: &Review) -> Vec<String> {
    let summary = &review.summary;
    let n = |number: usize| number as u64;
    let mut first = format!(
        "{} reached ({}, unsafe {}), {} read in any case, {} derived",
        plural(n(summary.functions), "function", "functions"),
        plural(summary.lines, "line", "lines"),
        thousands(summary.unsafe_parts),
        thousands(n(summary.always)),
        thousands(n(summary.derived)),
    );
    if summary.unknown > 0 {
        let unknown = thousands(n(summary.unknown));
        let _ = write!(first, "; {unknown} of the functions only perhaps");
    }
    let second = format!(
        "{} reviewed, {} changed since, {} new; {} open",
        thousands(n(summary.reviewed)),
        thousands(n(summary.changed)),
        thousands(n(summary.new)),
        plural(summary.lines_open, "line", "lines"),
    );
    vec![first, second, not_looked_at(review)]
}

/// What a review of the list says nothing about.
pub(super) fn not_looked_at(review: &Review) -> String {
    let left = &review.not_looked_at;
    format!(
        "not listed: {} that nothing reaches ({}, unsafe {}), {} that nothing is known to read, \
         {}",
        plural(left.functions as u64, "function", "functions"),
        plural(left.lines, "line", "lines"),
        thousands(left.unsafe_parts),
        plural(left.values as u64, "const or static", "consts and statics"),
        plural(left.types as u64, "type or trait", "types and traits"),
    )
}
