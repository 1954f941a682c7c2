//! The trend for terminals: a row of characters a figure, then a row a commit.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::data::{Changes, Trend, TrendPoint};
use super::metric::Metric;
use super::spark::{self, Cell};
use crate::history::ValidFor;
use crate::report::paint::{FAINT, POOR, Paint, STRONG};
use crate::report::text::{cut, plural, sanitize, wrap};

const WIDTH: usize = 100;
/// Commits that a row of characters shows, the newest ones.
const SPARK: usize = 40;

/// How to print.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    pub paint: Paint,
    /// Characters of ASCII only for what the tool draws; names stay what they are.
    pub ascii: bool,
    /// Commits to list, the newest ones.
    pub rows: usize,
}

impl Table {
    /// # Errors
    /// Only those of `out`.
    pub fn render(&self, trend: &Trend, out: &mut dyn Write) -> io::Result<()> {
        let mut text = String::new();
        self.head(trend, &mut text);
        if !trend.segments.is_empty() {
            self.sparks(trend, &mut text);
        }
        self.rows(trend, &mut text);
        let text = if self.ascii {
            text.replace('→', "->").replace('…', "...")
        } else {
            text
        };
        out.write_all(text.as_bytes())
    }

    fn head(&self, trend: &Trend, text: &mut String) {
        if let Some(segment) = trend.segments.last() {
            for line in valid_for(&segment.valid_for) {
                text.push_str(&wrap(&sanitize(&line), WIDTH, "  "));
                text.push('\n');
            }
            text.push('\n');
        }
        let what = match &trend.krate {
            Some(krate) => format!("{} in {}", sanitize(krate), trend.domain.as_str()),
            None => trend.domain.as_str().to_owned(),
        };
        let count = trend.points.len();
        let gaps = trend
            .points
            .iter()
            .filter(|point| point.gap.is_some())
            .count();
        let breaks = trend.segments.len().saturating_sub(1);
        let mut words = vec![plural(count as u64, "commit", "commits")];
        if let (Some(first), Some(last)) = (trend.points.first(), trend.points.last()) {
            let _ = write!(words[0], " from {} to {}", first.day(), last.day());
        }
        if gaps > 0 {
            words.push(format!("{gaps} without figures"));
        }
        if breaks > 0 {
            words.push(plural(breaks as u64, "break", "breaks"));
        }
        let head = format!("{what}: {}", words.join(", "));
        text.push_str(&self.paint.paint(STRONG, &head));
        text.push_str("\n\n");
    }

    fn sparks(&self, trend: &Trend, text: &mut String) {
        let first = trend.points.len().saturating_sub(SPARK);
        let shown = &trend.points[first..];
        let segment = trend.segments.len() - 1;
        let titles = trend.metrics.iter().map(|metric| metric.title().len());
        let width = titles.max().unwrap_or(0);
        let cells = |metric| spark::line(&cells(shown, metric), self.ascii);
        let length = trend
            .metrics
            .first()
            .map_or(0, |&metric| cells(metric).chars().count());
        for &metric in &trend.metrics {
            let values = trend
                .points
                .iter()
                .filter(|point| point.segment == Some(segment));
            let mut values = values.filter_map(|point| point.values.get(&metric));
            let first = values.next();
            let went = match (first, values.next_back()) {
                (Some(&first), Some(&last)) => {
                    let (from, to) = (metric.words(first), metric.words(last));
                    format!("{from:>9} → {to:>9}  {}", difference(metric, first, last))
                }
                (Some(&only), None) => format!("{:>9}", metric.words(only)),
                (None, _) => String::new(),
            };
            let spark = format!("{:length$}", cells(metric));
            let line = format!("  {:width$}  {spark}  {went}", metric.title());
            text.push_str(line.trim_end());
            text.push('\n');
        }
        if first > 0 {
            let note = format!("  the newest {SPARK} commits are drawn");
            text.push_str(&self.paint.paint(FAINT, &note));
            text.push('\n');
        }
        if segment > 0 {
            let note =
                "  the numbers are those behind the last break; nothing is compared across one";
            text.push_str(&self.paint.paint(FAINT, note));
            text.push('\n');
        }
        text.push('\n');
    }

    fn rows(&self, trend: &Trend, text: &mut String) {
        let first = trend.points.len().saturating_sub(self.rows);
        let rows = rows(trend);
        let rows = &rows[first..];
        let columns = Columns::of(trend, rows);
        let head = columns.head(trend);
        text.push_str(&self.paint.paint(STRONG, head.trim_end()));
        text.push('\n');
        let hidden = trend.points_hidden + first as u64;
        if hidden > 0 {
            let hidden = plural(hidden, "earlier commit", "earlier commits");
            let note = format!("  … {hidden} not shown");
            text.push_str(&self.paint.paint(FAINT, &note));
            text.push('\n');
        }
        for row in rows {
            if let Some(changed) = row.broken {
                self.divide(changed, text);
            }
            let line = columns.row(row);
            let line = match &row.point.gap {
                Some(_) => self.paint.paint(POOR, line.trim_end()),
                None => line.trim_end().to_owned(),
            };
            text.push_str(&line);
            text.push('\n');
            changes(&row.point.crates, text);
        }
    }

    fn divide(&self, changed: &[String], text: &mut String) {
        let dash = if self.ascii { "--" } else { "──" };
        let words = format!("{dash} not compared: {}", sanitize(&changed.join("; ")));
        let lines = wrap(&words, WIDTH, "     ");
        for line in format!("  {lines}").lines() {
            text.push_str(&self.paint.paint(POOR, line));
            text.push('\n');
        }
    }
}

/// The lines that say what figures are relative to.
pub(super) fn valid_for(valid_for: &ValidFor) -> [String; 2] {
    let ValidFor {
        features,
        target,
        profile,
        policy,
        ..
    } = valid_for;
    let allowed = match valid_for.allowed.as_slice() {
        [] => String::new(),
        allowed => format!(" (ran: {})", allowed.join(", ")),
    };
    [
        format!(
            "{}: features {features}, {target}, profile {profile}",
            valid_for.roots.join(", ")
        ),
        format!(
            "{}, policy {policy}{allowed}, cargo-whittle {}",
            valid_for.toolchain, valid_for.tool
        ),
    ]
}

fn cells(points: &[TrendPoint], metric: Metric) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut segment = None;
    for point in points {
        if point.segment.is_some() {
            if segment.is_some() && point.segment != segment {
                cells.push(Cell::Break);
            }
            segment = point.segment;
        }
        cells.push(match (point.segment, point.values.get(&metric)) {
            (None, _) => Cell::Gap,
            (_, Some(&value)) => Cell::Value(value),
            (_, None) => Cell::Nothing,
        });
    }
    cells
}

/// `+3`, `-3`; empty when nothing changed.
fn difference(metric: Metric, before: u64, after: u64) -> String {
    match after.cmp(&before) {
        std::cmp::Ordering::Equal => String::new(),
        std::cmp::Ordering::Greater => format!("+{}", metric.words(after - before)),
        std::cmp::Ordering::Less => format!("-{}", metric.words(before - after)),
    }
}

/// A commit with its figures as text.
struct Row<'a> {
    point: &'a TrendPoint,
    /// What is not the same as before, when this is the first commit behind a break.
    broken: Option<&'a [String]>,
    /// Value and difference, a metric; the difference is to the figures before in the segment.
    cells: Vec<(String, String)>,
}

fn rows(trend: &Trend) -> Vec<Row<'_>> {
    let mut before: Option<(usize, &BTreeMap<Metric, u64>)> = None;
    let mut rows = Vec::new();
    for point in &trend.points {
        let compared = before.filter(|(segment, _)| Some(*segment) == point.segment);
        let cell = |&metric: &Metric| {
            let Some(&now) = point.values.get(&metric) else {
                return ("-".to_owned(), String::new());
            };
            let before = compared.and_then(|(_, values)| values.get(&metric));
            let change = before.map(|&before| difference(metric, before, now));
            (metric.words(now), change.unwrap_or_default())
        };
        let broken = match (point.segment, before, compared) {
            (Some(segment), Some(_), None) => Some(trend.segments[segment].changed.as_slice()),
            _ => None,
        };
        rows.push(Row {
            point,
            broken,
            cells: match point.segment {
                Some(_) => trend.metrics.iter().map(cell).collect(),
                None => Vec::new(),
            },
        });
        if let Some(segment) = point.segment {
            before = Some((segment, &point.values));
        }
    }
    rows
}

/// Widths of value and difference, a metric.
struct Columns(Vec<(usize, usize)>);

/// Date, commit and the spaces between.
const PLACE: usize = 2 + 10 + 2 + 12;

impl Columns {
    fn of(trend: &Trend, rows: &[Row<'_>]) -> Self {
        let widths = trend.metrics.iter().enumerate().map(|(index, metric)| {
            let cells = || rows.iter().filter_map(|row| row.cells.get(index));
            let change = cells().map(|(_, change)| change.len()).max().unwrap_or(0);
            let value = cells().map(|(value, _)| value.len()).max().unwrap_or(0);
            // The head stands over both.
            let both = change + usize::from(change > 0);
            (value.max(metric.head().len().saturating_sub(both)), change)
        });
        Self(widths.collect())
    }

    fn head(&self, trend: &Trend) -> String {
        let mut line = format!("  {:10}  {:12}", "date", "commit");
        for (metric, (value, change)) in trend.metrics.iter().zip(&self.0) {
            let width = value + change + usize::from(*change > 0);
            let _ = write!(line, "  {:>width$}", metric.head());
        }
        line + "  what"
    }

    fn row(&self, row: &Row<'_>) -> String {
        let point = row.point;
        let mut line = format!("  {:10}  {:12}", point.day(), sanitize(point.short()));
        if let Some(gap) = &point.gap {
            let room = WIDTH - PLACE - 2;
            let words = format!("no figures: {}", sanitize(gap));
            return format!("{line}  {}", cut(&words, room));
        }
        for ((value, change), (width, changes)) in row.cells.iter().zip(&self.0) {
            let _ = write!(line, "  {value:>width$}");
            if *changes > 0 {
                let _ = write!(line, " {change:changes$}");
            }
        }
        let mark = if point.left_out > 0 {
            "(incomplete) "
        } else {
            ""
        };
        let title = format!("{mark}{}", sanitize(&point.title));
        let room = WIDTH.saturating_sub(line.chars().count() + 2).max(16);
        line + "  " + &cut(&title, room)
    }
}

fn changes(changes: &Changes, text: &mut String) {
    let signed = |sign: &'static str, names: &[String]| -> Vec<String> {
        names
            .iter()
            .map(|name| format!("{sign}{}", sanitize(name)))
            .collect()
    };
    let all = [
        signed("+ ", &changes.added),
        signed("- ", &changes.removed),
        signed("", &changes.updated),
    ];
    let all = all.concat();
    if !all.is_empty() {
        let indent = " ".repeat(PLACE + 2);
        text.push_str(&indent);
        text.push_str(&wrap(&all.join(", "), WIDTH, &indent));
        text.push('\n');
    }
}
