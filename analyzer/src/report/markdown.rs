//! The report as GitHub renders it: one table a domain, for a pull request or a wiki.

use std::io::{self, Write};

use super::Render;
use super::data::Report;
use super::order::Sort;
use super::section::{COLUMNS, Row, Section, sections};
use super::sentences::{preamble, summary};
use super::text::{plural, sanitize};

pub struct Markdown {
    pub sort: Sort,
}

impl Render for Markdown {
    fn render(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let [roots, toolchain] = preamble(report).map(|line| escape(&line));
        writeln!(
            out,
            "## What the dependencies are used for\n\n{roots}  \n{toolchain}\n"
        )?;
        for (label, text) in summary(report) {
            writeln!(out, "- **{label}**: {}", escape(&text))?;
        }
        for notice in &report.notices {
            writeln!(out, "- **note**: {}", escape(&sanitize(notice)))?;
        }
        for part in sections(report, self.sort) {
            section(&part, out)?;
        }
        if report.crates_hidden > 0 {
            let hidden = plural(report.crates_hidden, "deeper crate", "deeper crates");
            writeln!(
                out,
                "\n{hidden} not shown; the totals include what is hidden."
            )?;
        }
        Ok(())
    }
}

fn section(section: &Section, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n### {}\n", section.title)?;
    let headings: Vec<String> = COLUMNS
        .iter()
        .map(|[first, second]| format!("{first} {second}"))
        .collect();
    let headings = headings.iter().map(|heading| heading.trim());
    writeln!(
        out,
        "| crate | {} |",
        headings.collect::<Vec<_>>().join(" | ")
    )?;
    writeln!(out, "| :-- |{}", " --: |".repeat(COLUMNS.len()))?;
    for part in &section.rows {
        let name = escape(&format!("{} {}", part.name, part.version));
        let direct = if part.direct {
            format!("**{name}**")
        } else {
            name
        };
        let marks = match part.marks {
            "b" => " (build script)",
            "m" => " (proc macro)",
            "bm" => " (build script, proc macro)",
            _ => "",
        };
        row(&format!("{direct}{marks}"), part, out)?;
    }
    row(&format!("*{}*", section.total.name), &section.total, out)?;
    for remark in &section.remarks {
        writeln!(out, "\n{}", escape(remark))?;
    }
    Ok(())
}

fn row(name: &str, row: &Row, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "| {name} | {} |", row.cells.join(" | "))
}

/// Escapes what Markdown or HTML would read as markup or as an address, and the cell separator.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '@' => escaped.push_str("&#64;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '#' | '!' => {
                escaped.push('\\');
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
    }
    // An address is a link without any markup.
    escaped.replace("://", "&#58;//")
}
