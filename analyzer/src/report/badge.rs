//! One figure for a badge: the JSON that badge services read from an address
//! (`schemaVersion` 1 of shields.io's endpoint badges).
//!
//! The figure is that of the first analyzed domain, `run` unless asked otherwise. What is
//! unknown makes it a range, never a smaller number.

use std::io::{self, Write};

use serde::Serialize;

use crate::measure::{Counts, Totals};

use super::Render;
use super::data::Report;
use super::text::{json_safe, percent, thousands};

/// Which figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Figure {
    /// The share of the functions in dependencies that is used.
    #[default]
    Functions,
    /// The share of the lines in functions of dependencies that is used.
    Lines,
    /// How many lines in functions of dependencies are used.
    Reached,
    /// How many dependencies there are, and how many of them nothing is used of.
    Crates,
    /// How many unsafe functions and blocks in dependencies are reached.
    Unsafe,
}

pub struct Badge {
    pub figure: Figure,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Endpoint {
    schema_version: u32,
    label: &'static str,
    message: String,
    color: &'static str,
}

impl Render for Badge {
    fn render(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let totals = report.header.domains.first();
        let totals = totals.and_then(|domain| report.totals.get(domain));
        let totals = totals.copied().unwrap_or_default();
        let endpoint = endpoint(self.figure, &totals);
        writeln!(
            out,
            "{}",
            json_safe(serde_json::to_string_pretty(&endpoint)?)
        )
    }
}

fn endpoint(figure: Figure, totals: &Totals) -> Endpoint {
    let figures = &totals.figures;
    let label = match figure {
        Figure::Functions => "dependency functions used",
        Figure::Lines => "dependency lines used",
        Figure::Reached => "dependency lines reached",
        Figure::Crates => "dependencies",
        Figure::Unsafe => "unsafe reached",
    };
    let (message, color) = if totals.crates == 0 {
        ("no dependencies".to_owned(), "brightgreen")
    } else {
        match figure {
            Figure::Functions => share(figures.functions),
            Figure::Lines => share(figures.lines),
            Figure::Reached => (range(figures.lines), "blue"),
            Figure::Crates => crates(totals),
            Figure::Unsafe => {
                let mut both = figures.unsafe_functions;
                both += figures.unsafe_blocks;
                let none = both.used + both.unknown == 0;
                (range(both), if none { "brightgreen" } else { "blue" })
            }
        }
    };
    Endpoint {
        schema_version: 1,
        label,
        message,
        color,
    }
}

/// A small share says that little of what is carried is needed.
fn share(counts: Counts) -> (String, &'static str) {
    let Some(per_mille) = counts.per_mille() else {
        return ("no functions".to_owned(), "lightgrey");
    };
    let color = match per_mille {
        800.. => "brightgreen",
        600.. => "green",
        400.. => "yellowgreen",
        200.. => "yellow",
        _ => "orange",
    };
    let low = percent(counts);
    if counts.unknown == 0 {
        return (low, color);
    }
    let high = percent(Counts {
        used: counts.used + counts.unknown,
        ..counts
    });
    let message = if low == high {
        format!("{low} or more")
    } else {
        format!("{low} to {high}")
    };
    (message, color)
}

/// From what is surely used to what may be.
fn range(counts: Counts) -> String {
    match counts.unknown {
        0 => thousands(counts.used),
        unknown => format!(
            "{} to {}",
            thousands(counts.used),
            thousands(counts.used + unknown)
        ),
    }
}

fn crates(totals: &Totals) -> (String, &'static str) {
    match totals.crates_unused {
        0 => (thousands(totals.crates), "blue"),
        unused => {
            let message = format!("{}, {} unused", thousands(totals.crates), thousands(unused));
            (message, "orange")
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::report::data::build;
    use crate::sample::{Sample, small};

    fn check(figure: Figure, expected: &Expect) {
        let mut out = Vec::new();
        Badge { figure }.render(&build(&small()), &mut out).unwrap();
        expected.assert_eq(&String::from_utf8(out).unwrap());
    }

    fn message(figure: Figure, totals: &Totals) -> String {
        let Endpoint { message, color, .. } = endpoint(figure, totals);
        format!("{message} ({color})")
    }

    #[test]
    fn a_share_is_a_range_where_something_is_unknown() {
        check(
            Figure::Functions,
            &expect![[r#"
            {
              "schemaVersion": 1,
              "label": "dependency functions used",
              "message": "33.3% to 44.4%",
              "color": "yellow"
            }
        "#]],
        );
    }

    #[test]
    fn every_figure_has_a_message() {
        let totals = build(&small()).totals[&crate::model::Domain::Run];
        let all = [
            Figure::Functions,
            Figure::Lines,
            Figure::Reached,
            Figure::Crates,
            Figure::Unsafe,
        ];
        let messages = all.map(|figure| message(figure, &totals)).join("\n");
        expect![[r#"
            33.3% to 44.4% (yellow)
            33.3% to 44.4% (yellow)
            30 to 40 (blue)
            4, 1 unused (orange)
            3 (blue)"#]]
        .assert_eq(&messages);
    }

    #[test]
    fn without_dependencies_there_is_nothing_to_use() {
        let report = build(&Sample::new().analysis);
        let totals = report.totals[&crate::model::Domain::Run];
        assert_eq!(
            message(Figure::Functions, &totals),
            "no dependencies (brightgreen)"
        );
    }

    #[test]
    fn only_all_is_a_hundred_percent() {
        let counts = |used, unknown| {
            share(Counts {
                used,
                unknown,
                unused: 100_000 - used - unknown,
                total: 100_000,
            })
            .0
        };
        assert_eq!(counts(99_999, 0), "99.9%");
        assert_eq!(counts(100_000, 0), "100%");
        assert_eq!(counts(0, 1), "0% to <0.1%");
        assert_eq!(counts(50_000, 1), "50.0% or more");
    }
}
