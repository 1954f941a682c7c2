//! A [`Diff`] as a comment for a pull request.
//!
//! Always below [`LIMIT`]. When not all fits, lines go before names: a change whose lines have no
//! room is still named, and what cannot be named is counted.

use std::fmt::Write as _;

use std::io::{self, Write};

use super::data::{Change, Diff};
use super::lines::Line;
use super::outline::{Entry, Part, outline, summary};
use super::table::head;
use crate::report::budget::{Budget, LIMIT, code, fence};
use crate::report::markdown::escape;
use crate::report::text::{sanitize, thousands};

/// Bytes that the lines of one change may take.
const LINES: usize = 6_000;
/// Kept for names when lines are shown.
const NAMES: usize = 20_000;
/// Longest row: names of a hostile tree may be longer than the comment.
const ROW: usize = 1_500;
/// Rows of one list.
const ROWS: usize = 100;

/// Writes the difference; without `hunks` only what differs, not how.
///
/// # Errors
/// Those of `out`.
pub fn markdown(diff: &Diff, hunks: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut budget = Budget::new(LIMIT);
    budget.push("## What changed in the dependencies that are reached\n\n");
    let sides = [&diff.from, &diff.to].map(|side| code(&side.shown()));
    budget.push(&format!("{} → {}\n\n", sides[0], sides[1]));
    for remark in &diff.remarks {
        budget.push(&format!("- **note**: {}\n", text(remark)));
    }
    budget.push(&format!("\n{}\n", text(&summary(&diff.summary))));
    let mut rows = 0;
    for part in outline(diff) {
        match part {
            Part::Section(title) => {
                rows = 0;
                budget.push(&format!("\n### {}\n\n", text(&title)));
            }
            Part::Crate(title) => {
                budget.push(&format!("\n**{}**\n\n", text(&title)));
            }
            Part::Sentence(sentence) => {
                budget.push(&format!("\n{}\n", text(&sentence)));
            }
            Part::Entry(entry) => {
                rows += 1;
                if rows > ROWS {
                    budget.leave_out(1);
                } else if budget.push(&row(&entry))
                    && let Some(change) = entry.change.filter(|_| hunks)
                {
                    lines_of(change, &mut budget);
                }
            }
            Part::Lines(lines) => {
                let lines = lines.iter().map(shown).collect();
                push_lines(lines, "", &mut budget);
            }
        }
    }
    let rest = "`cargo whittle diff --format json` has all of it";
    out.write_all(budget.finish(rest).as_bytes())
}

/// A sentence without markup of the tree's, on one line and not too long.
fn text(text: &str) -> String {
    escape(&sanitize(&shortened(text)))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(ROW / 4) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

fn row(entry: &Entry<'_>) -> String {
    let mark = match entry.mark {
        "+" => "new ",
        "-" => "gone ",
        "~" => "",
        "=" => "same text ",
        "used" => "",
        other => &format!("{other} "),
    };
    let facts = entry.facts.join("; ");
    let facts = if facts.is_empty() {
        String::new()
    } else {
        format!(": {}", text(&facts))
    };
    format!("- {mark}{}{facts}\n", code(&shortened(&entry.name)))
}

fn lines_of(change: &Change, budget: &mut Budget) {
    let mut lines = Vec::new();
    for hunk in &change.hunks {
        lines.push(head(hunk));
        lines.extend(hunk.lines.iter().map(shown));
    }
    if !lines.is_empty() {
        push_lines(lines, "  ", budget);
    }
}

fn shown(line: &Line) -> String {
    let text = line.text.replace('\t', "    ");
    format!("{}{}", line.tag.sign(), sanitize(&shortened(&text)))
}

/// As many lines as there is room for, in a fence, closed.
fn push_lines(mut lines: Vec<String>, indent: &str, budget: &mut Budget) {
    let fence = fence(lines.iter().map(String::as_str));
    let frame = 2 * (fence.len() + indent.len()) + 80;
    let room = budget.left().saturating_sub(NAMES).min(LINES);
    let mut used = frame;
    let fit = lines
        .iter()
        .take_while(|line| {
            used += line.len() + indent.len() + 1;
            used <= room
        })
        .count();
    let cut = lines.len() - fit;
    lines.truncate(fit);
    let mut block = String::new();
    if fit > 0 {
        let _ = write!(block, "\n{indent}{fence}diff\n");
        for line in &lines {
            let _ = writeln!(block, "{indent}{line}");
        }
        let _ = writeln!(block, "{indent}{fence}");
    }
    if cut > 0 {
        let count = thousands(cut as u64);
        let _ = write!(block, "\n{indent}*{count} more lines not shown*\n");
    }
    block.push('\n');
    budget.push(&block);
}
