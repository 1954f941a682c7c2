//! The findings for people: fits a terminal of 100 columns as far as names allow it.
//!
//! One block a finding, the worst first, each with what shows it (a chain of calls, or the
//! reason) and what to do; then what the answer rests on, and what it comes to.

#[cfg(test)]
mod tests;

use std::io::{self, Write};

use crate::model::Analysis;
use crate::report::paint::{BAD, FAINT, GOOD, POOR, Paint, STRONG};
use crate::report::text::{plural, sanitize, wrap};
use crate::witness::{Chain, Files, edge};

use super::data::{Finding, Platforms, Report, Verdict};
use super::openvex::action;

const WIDTH: usize = 100;
/// Steps of a chain that are shown; of a longer one, the first and the last.
const STEPS: usize = 10;
/// Unreadable files that are named.
const FILES: usize = 5;

const INDIRECT: &str = "reached indirectly: the listed function may only wrap the one that is \
    reached; read it to see whether what is vulnerable stands in the one or in the other";

/// Writes the report; the analysis shortens the names of files.
///
/// # Errors
/// Those of `out`.
pub fn table(
    report: &Report,
    analysis: &Analysis,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let page = Page { analysis, paint };
    for finding in &report.findings {
        page.finding(finding, out)?;
    }
    page.faint(&database(report), out)?;
    page.faint(&basis(report), out)?;
    for line in unreadable(report) {
        writeln!(
            out,
            "{} {}",
            paint.paint(POOR, "not read:"),
            sanitize(&line)
        )?;
    }
    if report.summary.reached_indirectly > 0 {
        page.faint(INDIRECT, out)?;
    }
    writeln!(out, "{}", paint.paint(STRONG, &sum(report)))
}

struct Page<'a> {
    analysis: &'a Analysis,
    paint: Paint,
}

impl Page<'_> {
    fn finding(&self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let style = match finding.verdict {
            _ if finding.verdict != Verdict::NotReached && !finding.counts => POOR,
            Verdict::Reached | Verdict::ReachedIndirectly => BAD,
            Verdict::Unknown => POOR,
            Verdict::NotReached => GOOD,
        };
        let verdict = self
            .paint
            .paint(style.bold(), &finding.verdict.words().to_uppercase());
        let subject = format!("{} in {} {}", finding.id, finding.package, finding.version);
        let subject = self.paint.paint(STRONG, &sanitize(&subject));
        writeln!(out, "{verdict}  {subject}{}", sanitize(&marks(finding)))?;
        line(&finding.title, out)?;
        if let Some(platforms) = &finding.platforms {
            line(&only_on(platforms), out)?;
        }
        line(&finding.reason, out)?;
        let others = finding.functions.iter();
        let others = others.filter(|one| one.verdict == finding.verdict).count();
        if others > 1 && finding.verdict != Verdict::NotReached {
            let more = plural(others as u64 - 1, "more listed path", "more listed paths");
            let same = format!("{more} the same; `--format json` has each");
            line(&same, out)?;
        }
        if let Some(chain) = finding.decisive().and_then(|one| one.witness.as_ref()) {
            self.chain(chain, out)?;
        }
        if finding.verdict != Verdict::NotReached {
            line(&action(finding), out)?;
        }
        writeln!(out)
    }

    fn chain(&self, chain: &Chain, out: &mut dyn Write) -> io::Result<()> {
        let files = Files {
            analysis: self.analysis,
        };
        let hidden = chain.steps.len().saturating_sub(STEPS);
        for (index, step) in chain.steps.iter().enumerate() {
            if hidden > 0 && index == STEPS / 2 {
                let more = plural(hidden as u64, "more step", "more steps");
                writeln!(out, "    {}", self.paint.paint(FAINT, &format!("… {more}")))?;
            }
            if hidden > 0 && (STEPS / 2..STEPS / 2 + hidden).contains(&index) {
                continue;
            }
            let word = match step.edge {
                Some(kind) => edge(kind),
                None => chain.root.as_str(),
            };
            let word = self.paint.paint(POOR, &format!("{:<9}", sanitize(word)));
            let place = files.used_at(step);
            let label = sanitize(&step.label);
            let text = format!("    {word} {label}  {}", self.paint.paint(FAINT, &place));
            writeln!(out, "{}", text.trim_end())?;
        }
        if chain.domain != crate::model::Domain::Run {
            let domain = format!("in {}, not in what ships", chain.domain.as_str());
            line(&domain, out)?;
        }
        Ok(())
    }

    fn faint(&self, text: &str, out: &mut dyn Write) -> io::Result<()> {
        let text = wrap(&sanitize(text), WIDTH, "");
        writeln!(out, "{}", self.paint.paint(FAINT, &text))
    }
}

fn line(text: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  {}", wrap(&sanitize(text), WIDTH, "  "))
}

/// Other names and kinds, in parentheses.
fn marks(finding: &Finding) -> String {
    let kind = finding.informational.as_ref();
    let mut marks: Vec<String> = kind
        .map(|kind| format!("informational: {kind}"))
        .into_iter()
        .chain(finding.severity.clone())
        .chain(finding.aliases.first().cloned())
        .collect();
    if let Some(folder) = &finding.owned {
        marks.push(format!("owned, in {folder}"));
    } else if finding.source != "registry" {
        marks.push(format!(
            "from {}: matched by name and version",
            finding.source
        ));
    }
    if marks.is_empty() {
        return String::new();
    }
    format!("  ({})", marks.join(", "))
}

fn only_on(platforms: &Platforms) -> String {
    let names = [platforms.arch.join(" or "), platforms.os.join(" or ")];
    let names: Vec<String> = names.into_iter().filter(|one| !one.is_empty()).collect();
    let here = if platforms.includes_target {
        "is"
    } else {
        "is not"
    };
    format!(
        "the advisory says: only on {}; the analyzed target {here} one of these, and the verdict \
         does not depend on it",
        names.join(" with ")
    )
}

fn database(report: &Report) -> String {
    let facts = &report.database;
    let mut text = plural(facts.advisories as u64, "advisory", "advisories");
    if let Some(newest) = &facts.newest {
        text = format!("{text}, the newest of {newest}");
    }
    if facts.withdrawn > 0 {
        text = format!("{text}; {} withdrawn and not counted", facts.withdrawn);
        if !facts.withdrawn_here.is_empty() {
            text = format!("{text} (here: {})", facts.withdrawn_here.join(", "));
        }
    }
    if facts.on_rust > 0 {
        text = format!("{text}; {} on Rust itself not considered", facts.on_rust);
    }
    text
}

fn basis(report: &Report) -> String {
    let header = &report.header;
    let domains: Vec<&str> = header
        .domains
        .iter()
        .map(|domain| domain.as_str())
        .collect();
    format!(
        "{}: domains {}, features {}, {}, profile {}",
        header.roots.join(", "),
        domains.join(", "),
        header.features,
        header.target,
        header.profile
    )
}

fn unreadable(report: &Report) -> Vec<String> {
    let files = &report.database.unreadable;
    let mut lines: Vec<String> = files
        .iter()
        .take(FILES)
        .map(|bad| format!("{}: {}", bad.file, bad.why))
        .collect();
    if let Some(more @ 1..) = files.len().checked_sub(FILES) {
        lines.push(format!("{more} more"));
    }
    if !lines.is_empty() {
        lines.push("none of these is about a package of this tree".to_owned());
    }
    lines
}

fn sum(report: &Report) -> String {
    let sum = &report.summary;
    if report.findings.is_empty() {
        return "no advisory affects a package of this tree".to_owned();
    }
    let informational = match sum.informational {
        0 => String::new(),
        number => format!(" ({number} informational)"),
    };
    format!(
        "{} here{informational}: {} reached, {} reached indirectly, {} unknown, {} not reached",
        plural(report.findings.len() as u64, "advisory", "advisories"),
        sum.reached,
        sum.reached_indirectly,
        sum.unknown,
        sum.not_reached
    )
}
