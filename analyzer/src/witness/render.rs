//! An [`Answer`] as text and as JSON.

use std::io::{self, Write};

use crate::model::{Analysis, Domain, EdgeKind, Status};
use crate::report::paint::{BAD, FAINT, GOOD, POOR, Paint, STRONG};
use crate::report::text::{json_safe, plural, sanitize, thousands, wrap};

use super::{Answer, Candidate, Chain, Step, Subject};

/// Widest line, as long as names allow it.
const WIDTH: usize = 100;
/// Candidates that are listed; the rest are counted.
const CANDIDATES: usize = 10;

/// Writes the answer as one JSON document.
///
/// # Errors
/// Those of `out`.
pub fn json(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", json_safe(serde_json::to_string_pretty(answer)?))
}

/// Writes the answer for people; the analysis shortens the names of files.
///
/// # Errors
/// Those of `out`.
pub fn text(
    answer: &Answer,
    analysis: &Analysis,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let files = Files { analysis };
    writeln!(out, "{}", headline(answer, paint))?;
    if let (Some(file), Some(line)) = (&answer.subject.file, answer.subject.line) {
        writeln!(
            out,
            "{}",
            paint.paint(FAINT, &format!("  defined at {}", files.at(file, line)))
        )?;
    }
    if answer.through.len() > 1 {
        let through: Vec<String> = answer
            .through
            .iter()
            .map(|name| sanitize(name).replace('@', " "))
            .collect();
        let text = format!("in the tree through {}", through.join(" > "));
        writeln!(out, "  {}", paint.paint(FAINT, &wrap(&text, WIDTH, "    ")))?;
    }
    if let Some(witness) = &answer.witness {
        writeln!(out)?;
        chain(witness, &files, paint, out)?;
    }
    if let Some(nearest) = &answer.nearest {
        let of = format!(
            "nearest that is used, in {}: ",
            domain(nearest.witness.domain)
        );
        writeln!(
            out,
            "\n{of}{}",
            paint.paint(STRONG, &name(&nearest.subject))
        )?;
        writeln!(out)?;
        chain(&nearest.witness, &files, paint, out)?;
    }
    others(&answer.others, out)
}

fn headline(answer: &Answer, paint: Paint) -> String {
    let (word, style) = match answer.status {
        Status::Used => ("is used", GOOD),
        Status::Unknown => ("is unknown", POOR),
        Status::Unused if answer.subject.path.is_none() => ("is not used", BAD),
        Status::Unused => ("is not reached", BAD),
    };
    let detail = match (&answer.witness, &answer.reason) {
        (_, Some(reason)) => format!(": {}", sanitize(reason)),
        (Some(witness), None) => {
            let steps = witness.steps.len().saturating_sub(1) as u64;
            let root = sanitize(&witness.root);
            if steps == 0 {
                format!(" in {}: it is a root ({root})", domain(witness.domain))
            } else {
                let steps = plural(steps, "step", "steps");
                format!(
                    " in {}, {steps} from a root ({root})",
                    domain(witness.domain)
                )
            }
        }
        (None, None) => String::new(),
    };
    let name = paint.paint(STRONG, &name(&answer.subject));
    format!("{name} {}{detail}", paint.paint(style, word))
}

fn name(subject: &Subject) -> String {
    let of = format!(
        "{} {}",
        sanitize(&subject.krate),
        sanitize(&subject.crate_version)
    );
    subject
        .path
        .as_ref()
        .map_or(of.clone(), |path| format!("{} ({of})", sanitize(path)))
}

/// A step a line: the kind of edge, what it leads to, and where it stands in the step before
/// (for the root: where it is defined). With long names the place has a line of its own.
fn chain(chain: &Chain, files: &Files, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let lines: Vec<[String; 3]> = chain
        .steps
        .iter()
        .map(|step| {
            let word = match step.edge {
                Some(kind) => edge(kind),
                None => chain.root.as_str(),
            };
            let label = sanitize(&step.label).into_owned();
            [sanitize(word).into_owned(), label, files.used_at(step)]
        })
        .collect();
    let width = |part: usize| {
        lines
            .iter()
            .map(|line| line[part].chars().count())
            .max()
            .unwrap_or_default()
    };
    let (words, labels) = (width(0), width(1));
    let one_line = words + labels + width(2) + 6 <= WIDTH;
    for [word, label, place] in &lines {
        let word = paint.paint(POOR, &format!("{word:<words$}"));
        let place = paint.paint(FAINT, place);
        if one_line {
            writeln!(
                out,
                "{}",
                format!("  {word}  {label:<labels$}  {place}").trim_end()
            )?;
        } else {
            writeln!(out, "  {word}  {label}")?;
            if !place.is_empty() {
                writeln!(out, "  {:words$}    {place}", "")?;
            }
        }
    }
    Ok(())
}

fn others(others: &[Candidate], out: &mut dyn Write) -> io::Result<()> {
    if others.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nthe name also fits")?;
    for other in others.iter().take(CANDIDATES) {
        let status = match other.status {
            Status::Used => "used   ",
            Status::Unknown => "unknown",
            Status::Unused => "unused ",
        };
        writeln!(out, "  {status}  {}", name(&other.subject))?;
    }
    if let Some(more @ 1..) = others.len().checked_sub(CANDIDATES) {
        writeln!(out, "  and {} more", thousands(more as u64))?;
    }
    Ok(())
}

fn domain(domain: Domain) -> &'static str {
    domain.as_str()
}

pub(crate) fn edge(kind: EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Call => "call",
        EdgeKind::Trait => "trait",
        EdgeKind::Vtable => "vtable",
        EdgeKind::Drop => "drop",
        EdgeKind::Closure => "closure",
        EdgeKind::Macro => "macro",
        EdgeKind::Const => "const",
        EdgeKind::Widened => "widened",
    }
}

/// Shortens file names: the workspace's to relative ones, a dependency's to its name and
/// version and what follows, std's to `core/src/…`.
pub(crate) struct Files<'a> {
    pub(crate) analysis: &'a Analysis,
}

impl Files<'_> {
    /// Where a step is used; for a root, where it is defined.
    pub(crate) fn used_at(&self, step: &Step) -> String {
        let place = match (&step.use_file, step.use_line) {
            (Some(file), Some(line)) => Some((file, line)),
            // Without a line of use only a root's place says something.
            _ if step.edge.is_none() => step.file.as_ref().zip(step.line),
            _ => None,
        };
        place
            .map(|(file, line)| self.at(file, line))
            .unwrap_or_default()
    }

    pub(crate) fn at(&self, file: &str, line: u32) -> String {
        format!("{}:{line}", sanitize(&self.short(file)))
    }

    pub(crate) fn short(&self, file: &str) -> String {
        let project = &self.analysis.project;
        let path = camino::Utf8Path::new(file);
        if let Ok(rest) = path.strip_prefix(&project.workspace_root) {
            return rest.to_string();
        }
        if let Ok(rest) = path.strip_prefix(&project.std_src.root) {
            return rest.to_string();
        }
        let mut packages = project.packages.iter();
        packages
            .find_map(|package| {
                let rest = path.strip_prefix(&package.manifest_dir).ok()?;
                Some(format!("{}-{}/{rest}", package.name, package.version))
            })
            .unwrap_or_else(|| file.to_owned())
    }
}
