//! The findings for people: fits a terminal of 100 columns as far as names allow it.
//!
//! One block a finding, what fails first; then what was compared with, and what it comes to.

use std::io::{self, Write};

use crate::report::paint::{BAD, FAINT, GOOD, POOR, Paint};
use crate::report::text::{sanitize, wrap};

use super::finding::{Finding, Level};
use super::text::{basis, named, sum, through};
use super::{CheckReport, Render};

const WIDTH: usize = 100;
/// Items of a new crate that are named.
const ITEMS: usize = 10;

pub struct Table {
    pub paint: Paint,
}

impl Render for Table {
    fn render(&self, report: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
        for finding in &report.findings {
            self.finding(finding, out)?;
        }
        for line in basis(report) {
            self.faint(&line, out)?;
        }
        let style = if report.passed() { GOOD } else { BAD };
        writeln!(out, "{}", self.paint.paint(style.bold(), &sum(report)))
    }
}

impl Table {
    fn finding(&self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let (style, word) = match (&finding.ignored, finding.level) {
            (Some(_), _) => (FAINT, "ignored"),
            (None, Level::Deny) => (BAD.bold(), "denied"),
            (None, _) => (POOR.bold(), "warning"),
        };
        let rule = format!("{word}[{}]", finding.rule);
        let head = format!("{rule}: {}", sanitize(&finding.message));
        let head = wrap(&head, WIDTH, "    ");
        // Painted after wrapping: sequences have no width.
        let head = match head.strip_prefix(&rule) {
            Some(rest) => format!("{}{rest}", self.paint.paint(style, &rule)),
            None => head,
        };
        writeln!(out, "{head}")?;
        let at = format!("{}:{}", finding.location.file, finding.location.line);
        line("at", &at, out)?;
        if let Some(item) = &finding.item {
            line("in", &item.origin, out)?;
        }
        for item in finding.items.iter().take(ITEMS) {
            line("reaches", &named(item), out)?;
        }
        if let Some(more @ 1..) = finding.items.len().checked_sub(ITEMS) {
            line("", &format!("… and {more} more (--format json)"), out)?;
        }
        if let Some(text) = finding.through.as_ref().and_then(through) {
            line("through", &text, out)?;
        }
        match &finding.ignored {
            Some(ignored) => {
                let owner = ignored.owner.as_ref().map(|owner| format!(", {owner}"));
                let until = ignored.expires.as_ref().map(|day| format!(", until {day}"));
                let [owner, until] = [owner, until].map(Option::unwrap_or_default);
                line("because", &format!("{}{owner}{until}", ignored.reason), out)?;
            }
            None => line("help", &finding.help, out)?,
        }
        writeln!(out)
    }

    fn faint(&self, text: &str, out: &mut dyn Write) -> io::Result<()> {
        let text = wrap(&sanitize(text), WIDTH, "");
        writeln!(out, "{}", self.paint.paint(FAINT, &text))
    }
}

fn line(word: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
    let text = wrap(&sanitize(text), WIDTH, "            ");
    writeln!(out, "    {word:<7} {text}")
}
