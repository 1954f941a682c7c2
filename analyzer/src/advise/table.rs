//! Advice for terminals: a line each for many, everything for one.

use std::io::{self, Write};

use super::data::{Advice, DependencyAdvice};
use super::words::{gone, leaving, moves, one_trim, owning, reached};
use crate::report::paint::{BAD, FAINT, GOOD, POOR, Paint, STRONG};
use crate::report::text::{plural, sanitize, thousands, wrap};
use crate::verdict::Verdict;

const WIDTH: usize = 100;
/// Of the widest verdict.
const VERDICT: usize = 7;
/// A name longer than this moves its sentence to the right.
const NAME: usize = 24;

/// Writes the advice; with `whole` everything that is known of each dependency.
///
/// # Errors
/// Those of `out`.
pub fn table(advice: &Advice, whole: bool, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let header = &advice.header;
    let roots = format!(
        "{}: features {}, {}, profile {}",
        header.roots.join(", "),
        header.features,
        header.target,
        header.profile
    );
    let roots = wrap(&sanitize(&roots), WIDTH, "  ");
    writeln!(out, "{}", paint.paint(FAINT, &roots))?;
    let names = advice
        .dependencies
        .iter()
        .map(|it| name(it).chars().count());
    let width = names.max().unwrap_or(0).min(NAME);
    for dependency in &advice.dependencies {
        if whole {
            writeln!(out)?;
            one(dependency, paint, out)?;
        } else {
            line(dependency, width, paint, out)?;
        }
    }
    if advice.dependencies.is_empty() {
        writeln!(out, "\nno direct dependencies")?;
    } else if !whole {
        let hint = "\nall figures and the functions: `cargo whittle advise CRATE`";
        writeln!(out, "{}", paint.paint(FAINT, hint))?;
    }
    Ok(())
}

fn name(dependency: &DependencyAdvice) -> String {
    sanitize(&format!("{} {}", dependency.name, dependency.version)).into_owned()
}

fn style(verdict: Verdict) -> anstyle::Style {
    match verdict {
        Verdict::Unused => BAD,
        Verdict::Std | Verdict::Extract | Verdict::Trim => POOR,
        Verdict::Keep => GOOD,
    }
}

fn line(
    dependency: &DependencyAdvice,
    width: usize,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let verdict = format!("{:<VERDICT$}", dependency.verdict.as_str());
    let verdict = paint.paint(style(dependency.verdict), &verdict);
    let indent = " ".repeat(VERDICT + 2 + width + 2);
    let text = wrap(&sanitize(&dependency.recommendation), WIDTH, &indent);
    writeln!(out, "\n{verdict}  {:<width$}  {text}", name(dependency))
}

fn one(dependency: &DependencyAdvice, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let verdict = paint.paint(style(dependency.verdict), dependency.verdict.as_str());
    writeln!(out, "{}  {verdict}", paint.paint(STRONG, &name(dependency)))?;
    details(dependency, paint, out)
}

/// All figures of one dependency.
pub(crate) fn details(
    dependency: &DependencyAdvice,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut say = |label: &str, text: &str| {
        let text = wrap(&sanitize(text), WIDTH, "            ");
        let label = paint.paint(FAINT, &format!("{label:<8}"));
        writeln!(out, "  {label}  {text}")
    };
    say("advice", &dependency.recommendation)?;
    say(
        "reached",
        &format!("{}, {}", reached(dependency.reached), lines(dependency)),
    )?;
    if !dependency.named.is_empty() {
        say("named", &dependency.named.join(", "))?;
    }
    say("leaves", &gone(&dependency.leaves))?;
    say("moves", &moves(dependency))?;
    if let Some(std) = &dependency.std {
        for it in &std.replacements {
            say(
                "std",
                &format!("{} -> {} (Rust {})", it.path, it.std, it.since),
            )?;
        }
        if !std.note.is_empty() {
            say("", &std.note)?;
        }
        if let Some(why) = &std.too_early {
            say("", &format!("not yet: {why}"))?;
        }
    }
    for trim in &dependency.trim {
        say("trim", &one_trim(trim))?;
        if trim.features.len() > 1 {
            say(
                "",
                &format!("features that go: {}", trim.features.join(", ")),
            )?;
        }
    }
    for reason in &dependency.reasons_to_keep {
        say("keep", &reason.text)?;
    }
    if let Some(license) = &dependency.license {
        say("licence", license)?;
    }
    match (&dependency.own, &dependency.own_missing) {
        (Some(own), _) => {
            say("own", &owning(own))?;
            if let Some(leaves) = own.leaves.as_ref().filter(|_| !own.crates.is_empty()) {
                say(
                    "",
                    &leaving("What leaves the tree with the copy in its place", leaves),
                )?;
            }
            for doubt in &own.doubts {
                say("doubt", doubt)?;
            }
            for item in &own.items {
                let marks = match (item.reached, item.is_unsafe) {
                    (true, true) => " (reached, unsafe)",
                    (true, false) => " (reached)",
                    (false, true) => " (unsafe)",
                    (false, false) => "",
                };
                let place = format!("{}:{}", item.file, item.line);
                let length = plural(u64::from(item.lines), "line", "lines");
                say("", &format!("{}{marks}, {length}, {place}", item.path))?;
            }
        }
        (None, Some(why)) => say("own", &format!("not known: {why}"))?,
        (None, None) => {}
    }
    Ok(())
}

fn lines(dependency: &DependencyAdvice) -> String {
    let reached = dependency.reached;
    let unsafes = match reached.unsafes {
        0 => "no unsafe".to_owned(),
        number => format!("{} unsafe functions and blocks", thousands(number)),
    };
    format!(
        "{} in them, {unsafes}",
        plural(reached.lines, "line", "lines")
    )
}
