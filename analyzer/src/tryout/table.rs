//! The answer for terminals.

use std::io::{self, Write};

use super::data::Tried;
use crate::advise::table::details;
use crate::report::paint::{FAINT, Paint, STRONG};
use crate::report::text::{plural, ratio, sanitize, thousands, wrap};

const WIDTH: usize = 100;

/// Writes the answer.
///
/// # Errors
/// Those of `out`.
pub fn table(tried: &Tried, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let name = format!("{} {}", tried.advice.name, tried.advice.version);
    writeln!(out, "{}", paint.paint(STRONG, &sanitize(&name)))?;
    let uses = format!("used of it: {}", tried.uses.join(", "));
    writeln!(
        out,
        "{}",
        paint.paint(FAINT, &wrap(&sanitize(&uses), WIDTH, "  "))
    )?;
    writeln!(out, "\n{}", paint.paint(STRONG, "What would be reached"))?;
    for one in &tried.reached {
        let functions = one.functions.used + one.functions.unknown;
        let lines = one.lines.used + one.lines.unknown;
        let text = format!(
            "{} {}: {} functions, {} lines in them, {} unsafe",
            one.name,
            one.version,
            ratio(functions, one.functions.total),
            ratio(lines, one.lines.total),
            thousands(one.unsafes)
        );
        writeln!(out, "  {}", wrap(&sanitize(&text), WIDTH, "    "))?;
    }
    if tried.reached.is_empty() {
        writeln!(out, "  no function")?;
    }
    writeln!(out, "\n{}", paint.paint(STRONG, "What it would bring"))?;
    for line in brings(tried) {
        writeln!(out, "  {}", wrap(&sanitize(&line), WIDTH, "    "))?;
    }
    writeln!(out, "\n{}", paint.paint(STRONG, "What to do"))?;
    details(&tried.advice, paint, out)
}

fn brings(tried: &Tried) -> Vec<String> {
    let brings = &tried.brings;
    let whole = &brings.whole;
    let mut lines = vec![format!(
        "{} in {}, {} and {} unsafe functions and blocks, {} deep",
        plural(whole.lines, "line", "lines"),
        plural(whole.crates.len() as u64, "crate", "crates"),
        plural(whole.functions, "function", "functions"),
        thousands(whole.unsafes),
        plural(u64::from(brings.depth), "step", "steps"),
    )];
    lines.push(format!("crates: {}", whole.crates.join(", ")));
    for (what, names) in [
        ("build scripts", &whole.build_scripts),
        ("proc macros", &whole.proc_macros),
        ("licences", &whole.licenses),
    ] {
        if !names.is_empty() {
            lines.push(format!("{what}: {}", names.join(", ")));
        }
    }
    match &brings.new {
        None => {}
        Some(new) if new.is_empty() => {
            lines.push("all of them are in this project's lock file already".to_owned());
        }
        Some(new) => lines.push(format!("new for this project: {}", new.join(", "))),
    }
    if brings.unknown > 0 {
        let unknown = plural(brings.unknown, "item is", "items are");
        lines.push(format!("{unknown} not certain, and counted as reached"));
    }
    lines
}
