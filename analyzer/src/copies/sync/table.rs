//! What `sync` would do, for terminals.

use std::io::{self, Write};

use whittle_extract::verify::State;

use super::Plan;
use crate::report::paint::{BAD, FAINT, GOOD, Paint, STRONG};
use crate::report::text::{plural, sanitize, wrap};

const WIDTH: usize = 100;

/// Writes the plan for people: what upstream changed first, then what becomes of the files.
///
/// # Errors
/// Those of `out`.
pub fn table(plan: &Plan, diffs: bool, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let title = format!("{} {} -> {}", plan.name, plan.from, plan.to);
    let place = format!(" in {}", plan.folder);
    writeln!(
        out,
        "{}{}",
        paint.paint(STRONG, &sanitize(&title)),
        sanitize(&place)
    )?;
    let count = plan.changes.len() as u64;
    writeln!(
        out,
        "  upstream changed {} of what was taken",
        plural(count, "part", "parts")
    )?;
    for (file, item) in &plan.changes {
        let (word, style) = match item.state {
            State::Missing => ("gone   ", BAD),
            State::Added => ("needed ", GOOD),
            _ => ("changed", STRONG),
        };
        let name = format!("{} {}", item.kind.as_str(), item.path);
        writeln!(
            out,
            "  {}  {}  {}",
            paint.paint(style, word),
            sanitize(&name),
            paint.paint(FAINT, &sanitize(file.as_str()))
        )?;
        for line in item
            .diff
            .iter()
            .flat_map(|diff| diff.lines())
            .filter(|_| diffs)
        {
            writeln!(out, "           {}", sanitize(line))?;
        }
    }
    for file in &plan.files {
        if file.before.as_ref() == Some(&file.after) && file.conflicts == 0 {
            continue;
        }
        let conflicts = match file.conflicts {
            0 => String::new(),
            count => format!(", {}", plural(count as u64, "conflict", "conflicts")),
        };
        let line = format!("  writes {}{conflicts}", plan.folder.join(&file.path));
        let style = if file.conflicts > 0 { BAD } else { FAINT };
        writeln!(out, "{}", paint.paint(style, &sanitize(&line)))?;
    }
    for note in &plan.notes {
        writeln!(out, "  note: {}", wrap(&sanitize(note), WIDTH, "        "))?;
    }
    Ok(())
}
