//! What `verify` found, for terminals.

use std::io::{self, Write};

use whittle_extract::verify::{ItemVerdict, State};

use super::{Checked, Place, Report};
use crate::report::paint::{BAD, FAINT, GOOD, POOR, Paint, STRONG};
use crate::report::text::{plural, sanitize, wrap};

const WIDTH: usize = 100;

/// Writes the report; with `diffs` the lines that differ.
///
/// # Errors
/// Those of `out`.
pub fn table(report: &Report, diffs: bool, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    if report.copies.is_empty() {
        return writeln!(out, "the workspace owns no copy of a dependency");
    }
    for (index, copy) in report.copies.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        one(copy, diffs, paint, out)?;
    }
    Ok(())
}

fn one(copy: &Checked, diffs: bool, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let title = format!("{} {}", copy.name, copy.version);
    let place = format!(" in {} ({})", copy.folder, copy.package);
    writeln!(
        out,
        "{}{}",
        paint.paint(STRONG, &sanitize(&title)),
        sanitize(&place)
    )?;
    let against = match (&copy.upstream, &copy.not_at_hand) {
        (Some(Place::Crate(name)), _) => format!("against {name}, whose checksum is right"),
        (Some(Place::Vendor(folder)), _) => {
            format!("against {folder}, whose checksums are right")
        }
        (None, why) => format!(
            "against the hashes of its record only: upstream {}",
            why.as_deref().unwrap_or("is not at hand")
        ),
    };
    writeln!(out, "  {}", wrap(&sanitize(&against), WIDTH, "  "))?;
    let (style, words) = sentence(copy);
    writeln!(out, "  {}", paint.paint(style, &words))?;
    for file in &copy.files {
        for problem in &file.problems {
            let line = format!("{}: {problem}", copy.folder.join(&file.path));
            let line = wrap(&sanitize(&line), WIDTH, "    ");
            writeln!(out, "  {} {line}", paint.paint(BAD, "!"))?;
        }
        for item in &file.items {
            let place = match item.line {
                0 => copy.folder.join(&file.path).to_string(),
                line => format!("{}:{line}", copy.folder.join(&file.path)),
            };
            self::item(item, &place, diffs, paint, out)?;
        }
    }
    for (file, item) in &copy.unused {
        let note = format!("acknowledged, but not there: {item} in {file}");
        let note = wrap(&sanitize(&note), WIDTH, "  ");
        writeln!(out, "  {}", paint.paint(FAINT, &note))?;
    }
    Ok(())
}

fn sentence(copy: &Checked) -> (anstyle::Style, String) {
    let items = plural(copy.items as u64, "item", "items");
    let same = plural(copy.same as u64, "part", "parts");
    let differ: usize = copy.files.iter().map(|file| file.items.len()).sum();
    let open = differ - copy.acknowledged;
    let problems: usize = copy.files.iter().map(|file| file.problems.len()).sum();
    let like = match copy.upstream {
        Some(_) => "upstream's",
        None => "recorded",
    };
    let mut words = vec![format!("{items}: {same} as {like}")];
    if copy.acknowledged > 0 {
        words.push(format!("{} acknowledged", copy.acknowledged));
    }
    if open > 0 {
        words.push(plural(open as u64, "difference", "differences"));
    }
    if problems > 0 {
        words.push(plural(problems as u64, "problem", "problems"));
    }
    let style = if copy.drift {
        BAD
    } else if copy.upstream.is_none() {
        POOR
    } else {
        GOOD
    };
    (style, words.join(", "))
}

fn item(
    item: &ItemVerdict,
    place: &str,
    diffs: bool,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let word = match item.state {
        State::Same => "same   ",
        State::Changed => "changed",
        State::Missing => "missing",
        State::Added => "added  ",
    };
    let style = if item.is_drift() { BAD } else { POOR };
    let name = format!("{} {}", item.kind.as_str(), item.path);
    writeln!(
        out,
        "  {}  {}  {}",
        paint.paint(style, word),
        sanitize(&name),
        paint.paint(FAINT, &sanitize(place))
    )?;
    if let Some(reason) = &item.acknowledged {
        let reason = format!("acknowledged: {reason}");
        writeln!(
            out,
            "           {}",
            wrap(&sanitize(&reason), WIDTH, "           ")
        )?;
    }
    for line in item
        .diff
        .iter()
        .flat_map(|diff| diff.lines())
        .filter(|_| diffs)
    {
        let style = match line.chars().next() {
            Some('+') => GOOD,
            Some('-') => BAD,
            _ => FAINT,
        };
        let line = sanitize(line);
        writeln!(out, "           {}", paint.paint(style, &line))?;
    }
    Ok(())
}
