//! The report for people: fits a terminal of 100 columns.
//!
//! One block a domain, then one line a domain that sums it up and one that says how exact the
//! figures are; these come last because that is where the eye is when a command returns.

use std::io::{self, Write};

use super::data::Report;
use super::order::Sort;
use super::paint::{BAD, FAINT, GOOD, POOR, Paint, STRONG};
use super::section::{Grade, Heading, Row, Section, preamble, sections, summary};
use super::text::{cut, plural, sanitize, wrap};
use super::Render;

/// Widest line, and the narrowest that a crate's name is cut to.
const WIDTH: usize = 100;
const NAME_WIDTH: usize = 16;
const GAP: usize = 2;

pub struct Table {
    pub sort: Sort,
    pub paint: Paint,
}

impl Render for Table {
    fn render(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        for line in preamble(report) {
            writeln!(out, "{}", self.paint.paint(FAINT, &wrap(&line, WIDTH, "  ")))?;
        }
        writeln!(out)?;
        let sections = sections(report, self.sort);
        let layout = Layout::of(&sections);
        for section in &sections {
            self.section(&layout, section, out)?;
        }
        if report.crates_hidden > 0 {
            let hidden = plural(report.crates_hidden, "deeper crate", "deeper crates");
            writeln!(out, "{hidden} not shown; the totals include what is hidden\n")?;
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
            let heading = layout.heading(&section.columns, line);
            writeln!(out, "{}", self.paint.paint(FAINT, heading.trim_end()))?;
        }
        for row in &section.rows {
            writeln!(out, "{}", self.row(layout, row).trim_end())?;
        }
        writeln!(out, "{}", self.paint.paint(STRONG, layout.line(&section.total).trim_end()))?;
        for remark in &section.remarks {
            writeln!(out, "  {}", wrap(remark, WIDTH - 2, "    "))?;
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
                "exact" => POOR,
                _ => STRONG,
            };
            let label = self.paint.paint(style, &format!("{label:<5}"));
            writeln!(out, "{label}  {}", wrap(&text, WIDTH - 7, "       "))?;
        }
        for notice in &report.notices {
            let text = wrap(&sanitize(notice), WIDTH - 7, "       ");
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
    cells: Vec<usize>,
}

impl Layout {
    fn of(sections: &[Section]) -> Self {
        let rows = || sections.iter().flat_map(|section| section.rows.iter().chain([&section.total]));
        let columns = sections.first().map_or(&[][..], |section| &section.columns);
        let cells: Vec<usize> = columns
            .iter()
            .enumerate()
            .map(|(index, heading)| {
                let widths = rows().filter_map(|row| Some(row.cells.get(index)?.chars().count()));
                widths.chain(heading.iter().map(|text| text.len())).max().unwrap_or(0)
            })
            .collect();
        let marks = 2 + rows().map(|row| row.marks.len()).max().unwrap_or(0);
        let taken = marks + cells.iter().map(|width| width + GAP).sum::<usize>();
        let wanted = rows().map(|row| row.name.chars().count()).max().unwrap_or(0);
        let name = wanted.min(WIDTH.saturating_sub(taken).max(NAME_WIDTH));
        Self { marks, name, cells }
    }

    fn line(&self, row: &Row) -> String {
        let direct = if row.direct { "*" } else { " " };
        let name = cut(&row.name, self.name);
        let width = self.marks - 1;
        let mut line = format!("{direct}{:<width$}{name:<1$}", row.marks, self.name);
        for (cell, width) in row.cells.iter().zip(&self.cells) {
            line += &format!("{:GAP$}{cell:>width$}", "");
        }
        line
    }

    fn heading(&self, columns: &[Heading], line: usize) -> String {
        let name = if line == 1 { "crate" } else { "" };
        let mut text = format!("{:1$}{name:<2$}", "", self.marks, self.name);
        for (heading, width) in columns.iter().zip(&self.cells) {
            text += &format!("{:GAP$}{:>width$}", "", heading[line]);
        }
        text
    }

    /// A line in three parts; the second is the cell of the share.
    fn around_share<'a>(&self, line: &'a str) -> (&'a str, &'a str, &'a str) {
        let [functions, share, ..] = self.cells.as_slice() else { return (line, "", "") };
        let start = self.marks + self.name + GAP + functions + GAP;
        let at = |column: usize| {
            line.char_indices().nth(column).map_or(line.len(), |(index, _)| index)
        };
        let (before, rest) = line.split_at(at(start));
        let (share, after) = rest.split_at(at(start + share) - before.len());
        (before, share, after)
    }
}

/// What the marks (as far as there are any) and the headings mean.
fn legend(sections: &[Section]) -> Vec<String> {
    let rows = || sections.iter().flat_map(|section| &section.rows);
    let marks = [
        (rows().any(|row| row.direct), "* direct dependency"),
        (rows().any(|row| row.marks.contains('b')), "b has a build script"),
        (rows().any(|row| row.marks.contains('m')), "m proc macro"),
    ];
    let seen = marks.into_iter().filter(|(seen, _)| *seen).map(|(_, text)| text);
    let marks = seen.collect::<Vec<_>>().join("   ");
    let headings = "unsafe: functions and blocks   API: public items that the workspace names";
    let weight = "leaves with it: this crate and what only it brings in";
    [marks, headings.to_owned(), weight.to_owned()]
        .into_iter()
        .filter(|line| !line.is_empty())
        .collect()
}
