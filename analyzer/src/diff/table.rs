//! A [`Diff`] for terminals.

use std::io::{self, Write};

use super::data::Diff;
use super::lines::{Hunk, Line, Tag};
use super::outline::{Entry, Part, outline, summary};
use crate::report::paint::{BAD, FAINT, GOOD, POOR, Paint, STRONG};
use crate::report::text::{sanitize, wrap};

/// Widest line of sentences.
const WIDTH: usize = 100;

/// Writes the difference; without `hunks` only what differs, not how.
///
/// # Errors
/// Those of `out`.
pub fn table(diff: &Diff, hunks: bool, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{} → {}",
        paint.paint(STRONG, &sanitize(&diff.from.shown())),
        paint.paint(STRONG, &sanitize(&diff.to.shown()))
    )?;
    for remark in &diff.remarks {
        writeln!(out, "{}", wrap(&sanitize(remark), WIDTH, "  "))?;
    }
    writeln!(out, "{}", wrap(&summary(&diff.summary), WIDTH, ""))?;
    for part in outline(diff) {
        match part {
            Part::Section(title) => {
                writeln!(out, "\n{}", paint.paint(STRONG, &sanitize(&title)))?;
            }
            Part::Crate(title) => writeln!(out, "  {}", sanitize(&title))?,
            Part::Sentence(text) => writeln!(out, "  {}", wrap(&sanitize(&text), WIDTH, "    "))?,
            Part::Entry(one) => entry(&one, hunks, paint, out)?,
            Part::Lines(lines) => {
                for one in lines {
                    line(one, "      ", paint, out)?;
                }
            }
        }
    }
    Ok(())
}

fn entry(entry: &Entry<'_>, hunks: bool, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let style = match entry.mark {
        "+" | "used" => GOOD,
        "-" | "gone" | "unused" => BAD,
        _ => POOR,
    };
    let width = if entry.mark.len() > 1 { 7 } else { 1 };
    let mark = paint.paint(style, &format!("{:width$}", entry.mark));
    writeln!(out, "    {mark} {}", sanitize(&entry.name))?;
    if !entry.facts.is_empty() {
        let facts = sanitize(&entry.facts.join("; ")).into_owned();
        let indent = " ".repeat(8);
        let facts = wrap(&facts, WIDTH, &indent);
        writeln!(out, "{indent}{}", paint.paint(FAINT, &facts))?;
    }
    let all = entry.change.filter(|_| hunks).map(|one| &one.hunks);
    for one in all.into_iter().flatten() {
        let place = paint.paint(FAINT, &head(one));
        writeln!(out, "        {place}")?;
        for one in &one.lines {
            line(one, "        ", paint, out)?;
        }
    }
    Ok(())
}

/// `@@ -10 +12 @@`.
pub(super) fn head(hunk: &Hunk) -> String {
    let side = |sign, line| match line {
        0 => String::new(),
        line => format!(" {sign}{line}"),
    };
    format!(
        "@@{}{} @@",
        side('-', hunk.old_line),
        side('+', hunk.new_line)
    )
}

fn line(line: &Line, indent: &str, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    // A tab is no danger, and code is full of them.
    let text = line.text.replace('\t', "    ");
    let text = format!("{}{}", line.tag.sign(), sanitize(&text));
    let text = match line.tag {
        Tag::Same => text,
        Tag::Added => paint.paint(GOOD, &text),
        Tag::Removed => paint.paint(BAD, &text),
    };
    writeln!(out, "{}", format!("{indent}{text}").trim_end())
}
