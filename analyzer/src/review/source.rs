//! The source of a crate as a reviewer sees it: which lines are reached, perhaps reached, and
//! not; the last ones folded.

use std::io::{self, Write};

use super::data::{Entry, Review};
use crate::annotate::{self, SourceFile};
use crate::model::{Analysis, Domains, Status};
use crate::report::paint::{BAD, FAINT, GOOD, POOR, Paint, STRONG};
use crate::report::text::{cut, plural, sanitize};

/// Unused lines in a row that are not worth folding.
const FEW: usize = 3;

/// Writes every file of the package that has lines in functions, the reached ones first in each
/// list; a file that nothing reaches is one line.
///
/// # Errors
/// Those of `out`.
pub fn source(
    review: &Review,
    analysis: &Analysis,
    package: usize,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let legend = "| reached   ? perhaps   - not reached   ! reached and not reviewed as it is";
    writeln!(out, "{}", paint.paint(FAINT, legend))?;
    let domains: Domains = analysis.options_domains;
    let files = annotate::annotate(analysis, domains);
    for file in files.iter().filter(|file| file.package == package) {
        let count = |of: Status| file.lines().filter(|(_, status)| *status == of).count() as u64;
        let (used, unknown) = (count(Status::Used), count(Status::Unknown));
        let title = format!(
            "{}: {} reached, {} perhaps, {} not",
            sanitize(&file.path),
            plural(used, "line", "lines"),
            unknown,
            count(Status::Unused)
        );
        writeln!(out, "\n{}", paint.paint(STRONG, &title))?;
        if used + unknown == 0 {
            continue;
        }
        match file.text(&analysis.project) {
            Ok(text) => annotated(file, &text, review, analysis, paint, out)?,
            Err(why) => {
                let why = format!("cannot be shown: {why}");
                writeln!(out, "  {}", paint.paint(BAD, &sanitize(&why)))?;
            }
        }
    }
    Ok(())
}

fn annotated(
    file: &SourceFile<'_>,
    text: &str,
    review: &Review,
    analysis: &Analysis,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let lines: Vec<&str> = text.lines().collect();
    let mut status: Vec<Option<Status>> = vec![None; lines.len()];
    for (line, of) in file.lines() {
        if let Some(slot) = status.get_mut((line as usize).wrapping_sub(1)) {
            *slot = Some(of);
        }
    }
    let open = open_lines(file, review, lines.len());
    let mut at = 0;
    while at < lines.len() {
        let unused = status[at..].iter();
        let run = unused
            .take_while(|one| **one == Some(Status::Unused))
            .count();
        if run > FEW {
            let names = names(file, analysis, at + 1, at + run);
            let folded = format!("  …      {}: {names}", plural(run as u64, "line", "lines"));
            writeln!(out, "{}", paint.paint(FAINT, &folded))?;
            at += run;
            continue;
        }
        let (mark, style) = match status[at] {
            Some(Status::Used) if open[at] => ("!", STRONG),
            Some(Status::Used) => ("|", GOOD),
            Some(Status::Unknown) => ("?", POOR),
            Some(Status::Unused) => ("-", FAINT),
            None => (" ", FAINT),
        };
        let text = lines[at].replace('\t', "    ");
        let text = format!("{mark} {:5}  {}", at + 1, sanitize(&text));
        writeln!(out, "{}", paint.paint(style, text.trim_end()))?;
        at += 1;
    }
    Ok(())
}

/// Lines of entries that were not reviewed as they are.
fn open_lines(file: &SourceFile<'_>, review: &Review, count: usize) -> Vec<bool> {
    let mut open = vec![false; count];
    let own = |one: &&Entry| one.place.file == file.path && !one.mark.is_reviewed();
    for one in review.entries().filter(own) {
        let from = (one.place.line as usize).saturating_sub(1).min(count);
        let to = (from + one.lines as usize).min(count);
        open[from..to].fill(true);
    }
    open
}

/// Functions that start in the lines, by their last segments.
fn names(file: &SourceFile<'_>, analysis: &Analysis, first: usize, last: usize) -> String {
    let starts = file.starts.iter().filter(|start| {
        let item = &analysis.items[start.item];
        (first..=last).contains(&(start.line as usize)) && item.kind.is_function() && !start.is_call
    });
    let names: Vec<String> = starts
        .map(|start| {
            let path = &analysis.items[start.item].path;
            let name = path.rsplit("::").next().unwrap_or(path);
            sanitize(name).into_owned()
        })
        .collect();
    if names.is_empty() {
        return "not reached".to_owned();
    }
    cut(&names.join(", "), 80).into_owned()
}
