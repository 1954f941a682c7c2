//! The report for people: fits a terminal of 100 columns.
//!
//! One block a domain, then one line a domain that sums it up and one that says how exact the
//! figures are; these come last because that is where the eye is when a command returns.

use std::io::{self, Write};

use super::Render;
use super::data::Report;
use super::order::Sort;
use super::paint::{BAD, FAINT, GOOD, POOR, Paint, STRONG};
use super::section::{COLUMNS, Grade, Row, Section, sections};
use super::sentences::{preamble, summary};
use super::text::{cut, plural, sanitize, wrap};

/// Widest line, and the narrowest that a crate's name is cut to.
const WIDTH: usize = 100;
const NAME_WIDTH: usize = 16;
/// Between columns, if there is room for it.
const GAP: usize = 2;

pub struct Table {
    pub sort: Sort,
    pub paint: Paint,
}

impl Render for Table {
    fn render(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        for line in preamble(report) {
            writeln!(
                out,
                "{}",
                self.paint.paint(FAINT, &wrap(&line, WIDTH, "  "))
            )?;
        }
        writeln!(out)?;
        let sections = sections(report, self.sort);
        let layout = Layout::of(&sections);
        for section in &sections {
            self.section(&layout, section, out)?;
        }
        if report.crates_hidden > 0 {
            let hidden = plural(report.crates_hidden, "deeper crate", "deeper crates");
            writeln!(
                out,
                "{hidden} not shown; the totals include what is hidden\n"
            )?;
        }
        self.summary(report, out)?;
        if sections.is_empty() {
            return Ok(());
        }
        writeln!(out)?;
        for line in legend(&sections) {
            writeln!(out, "{}", self.paint.paint(FAINT, &line))?;
        }
        Ok(())
    }
}

impl Table {
    fn section(&self, layout: &Layout, section: &Section, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.paint.paint(STRONG, section.title))?;
        for line in 0..2 {
            let heading = layout.heading(line);
            writeln!(out, "{}", self.paint.paint(FAINT, heading.trim_end()))?;
        }
        for row in &section.rows {
            writeln!(out, "{}", self.row(layout, row).trim_end())?;
        }
        writeln!(
            out,
            "{}",
            self.paint
                .paint(STRONG, layout.line(&section.total).trim_end())
        )?;
        for remark in &section.remarks {
            writeln!(out, "  {}", wrap(remark, WIDTH, "    "))?;
        }
        writeln!(out)
    }

    fn row(&self, layout: &Layout, row: &Row) -> String {
        let line = layout.line(row);
        let style = match row.grade {
            Grade::Nothing => BAD,
            Grade::Little => POOR,
            Grade::Fair => return line,
        };
        // The share is what the color is about: paint that one cell.
        let (before, share, after) = layout.around_share(&line);
        format!("{before}{}{after}", self.paint.paint(style, share))
    }

    fn summary(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let exact = report.exactness.is_complete();
        for (label, text) in summary(report) {
            let style = match label {
                "exact" if exact => GOOD,
                "exact" | "denied" => POOR,
                _ => STRONG,
            };
            let label = self.paint.paint(style, &format!("{label:<5}"));
            writeln!(out, "{label}  {}", wrap(&text, WIDTH, "       "))?;
        }
        for notice in &report.notices {
            let text = wrap(&sanitize(notice), WIDTH, "       ");
            writeln!(out, "{}   {text}", self.paint.paint(POOR, "note"))?;
        }
        Ok(())
    }
}

/// Widths of the columns, the same in every section.
struct Layout {
    /// Of the marks before the name: direct, build script, proc macro.
    marks: usize,
    name: usize,
    gap: usize,
    cells: Vec<usize>,
}

impl Layout {
    fn of(sections: &[Section]) -> Self {
        let rows = || {
            sections
                .iter()
                .flat_map(|section| section.rows.iter().chain([&section.total]))
        };
        let cells: Vec<usize> = COLUMNS
            .iter()
            .enumerate()
            .map(|(index, heading)| {
                let widths = rows().filter_map(|row| Some(row.cells.get(index)?.chars().count()));
                widths
                    .chain(heading.iter().map(|text| text.len()))
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let marks = 2 + rows().map(|row| row.marks.len()).max().unwrap_or(0);
        let taken = |gap: usize| marks + cells.iter().map(|width| width + gap).sum::<usize>();
        let wanted = rows()
            .map(|row| name(row, WIDTH).chars().count())
            .max()
            .unwrap_or(0);
        // Names are worth more than air.
        let fits = taken(GAP) + wanted <= WIDTH;
        let gap = if fits { GAP } else { 1 };
        let name = wanted.min(WIDTH.saturating_sub(taken(gap)).max(NAME_WIDTH));
        Self {
            marks,
            name,
            gap,
            cells,
        }
    }

    fn line(&self, row: &Row) -> String {
        let direct = if row.direct { "*" } else { " " };
        let name = name(row, self.name);
        let width = self.marks - 1;
        let start = format!("{direct}{:<width$}{name:<1$}", row.marks, self.name);
        self.cells(start, row.cells.iter().map(String::as_str))
    }

    fn heading(&self, line: usize) -> String {
        let name = if line == 1 { "crate" } else { "" };
        let start = format!("{:1$}{name:<2$}", "", self.marks, self.name);
        self.cells(start, COLUMNS.iter().map(|heading| heading[line]))
    }

    fn cells<'a>(&self, start: String, cells: impl Iterator<Item = &'a str>) -> String {
        let cells = cells.zip(&self.cells);
        let gap = self.gap;
        std::iter::once(start)
            .chain(cells.map(|(cell, width)| format!("{:gap$}{cell:>width$}", "")))
            .collect()
    }

    /// A line in three parts; the second is the cell of the share.
    fn around_share<'a>(&self, line: &'a str) -> (&'a str, &'a str, &'a str) {
        let [functions, share, ..] = self.cells.as_slice() else {
            return (line, "", "");
        };
        let start = self.marks + self.name + self.gap + functions + self.gap;
        let at = |column: usize| {
            line.char_indices()
                .nth(column)
                .map_or(line.len(), |(index, _)| index)
        };
        let (before, rest) = line.split_at(at(start));
        let (share, after) = rest.split_at(at(start + share) - before.len());
        (before, share, after)
    }
}

/// Name and version in at most `width` characters. Build metadata is left out, then the name
/// is cut, so that the version stays readable.
fn name(row: &Row, width: usize) -> String {
    let version = row.version.split('+').next().unwrap_or_default();
    if version.is_empty() {
        return cut(&row.name, width).into_owned();
    }
    let version = cut(version, width / 2);
    let room = width.saturating_sub(version.chars().count() + 1);
    format!("{} {version}", cut(&row.name, room))
}

/// What the marks (as far as there are any) and the headings mean.
fn legend(sections: &[Section]) -> Vec<String> {
    let rows = || sections.iter().flat_map(|section| &section.rows);
    let marks = [
        (rows().any(|row| row.direct), "* direct dependency"),
        (rows().any(|row| row.marks.contains('b')), "b build script"),
        (rows().any(|row| row.marks.contains('m')), "m proc macro"),
    ];
    let seen = marks
        .into_iter()
        .filter(|(seen, _)| *seen)
        .map(|(_, text)| text);
    let marks = seen.collect::<Vec<_>>().join("   ");
    let headings = "unsafe: functions and blocks   API: public items that the workspace names";
    let weight = "leaves with it: this crate and what only it brings in";
    let verdict = "verdict: what to do with it; the reasons: `cargo whittle advise CRATE`";
    let verdict = if rows().any(|row| row.direct) {
        verdict
    } else {
        ""
    };
    [
        marks,
        headings.to_owned(),
        weight.to_owned(),
        verdict.to_owned(),
    ]
    .into_iter()
    .filter(|line| !line.is_empty())
    .collect()
}
