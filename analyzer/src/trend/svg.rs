//! The trend as a picture: a panel a figure, for web pages, in light and dark.
//!
//! Commits stand at equal distances. A line joins only neighbouring commits with figures that are
//! valid for the same: it ends at a gap, which has a mark of its own, and at a break, which is a
//! dashed line with a number that the foot explains. Nothing is loaded from elsewhere, and nothing
//! runs; texts of the tree are escaped.

use std::fmt::Write;

use super::data::{Trend, TrendPoint};
use super::metric::Metric;
use super::table::valid_for;
use crate::report::text::{cut, markup};

const WIDTH: f64 = 760.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 744.0;
/// Of one panel: its title, then the plot.
const PANEL: f64 = 158.0;
const PLOT_TOP: f64 = 30.0;
const PLOT_HEIGHT: f64 = 96.0;
const HEAD: f64 = 64.0;
const LINE: f64 = 16.0;
/// More commits get lines without dots.
const DOTS: usize = 400;
/// Characters in a line of small text.
const TEXT: usize = 118;

const STYLE: &str = "\
.wt{font:12px system-ui,-apple-system,'Segoe UI',sans-serif;--bg:#fff;--fg:#1f2328;--dim:#59636e;\
--grid:#d8dee4;--line:#0969da;--gap:#bc4c00;--break:#8250df}\
@media(prefers-color-scheme:dark){.wt{--bg:#0d1117;--fg:#e6edf3;--dim:#9198a1;--grid:#30363d;\
--line:#4493f8;--gap:#f0883e;--break:#bc8cff}}\
.wt .bg{fill:var(--bg)}.wt text{fill:var(--fg)}.wt .t{font-size:15px;font-weight:600}\
.wt .p{font-weight:600}.wt .d{fill:var(--dim);font-size:11px}.wt .g{stroke:var(--grid)}\
.wt .l{fill:none;stroke:var(--line);stroke-width:1.75;stroke-linejoin:round}\
.wt .o{fill:var(--line)}.wt .x{stroke:var(--gap);stroke-width:1.5}\
.wt .b{stroke:var(--break);stroke-dasharray:4 3}.wt .n{fill:var(--break);font-size:11px}";

/// The whole picture.
#[must_use]
pub fn render(trend: &Trend) -> String {
    let breaks: Vec<&[String]> = trend
        .segments
        .iter()
        .skip(1)
        .map(|it| it.changed.as_slice())
        .collect();
    let has_gaps = trend.points.iter().any(|point| point.gap.is_some());
    let notes = breaks.len() + usize::from(has_gaps);
    let panels = trend.metrics.len();
    let height = HEAD + PANEL * to_f64(panels) + LINE * to_f64(notes) + 8.0;
    let mut svg = String::new();
    let title = title(trend);
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"wt\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n<title>{}</title>\n<style>{STYLE}</style>\n<rect class=\"bg\" width=\"{WIDTH}\" height=\"{height}\"/>\n",
        xml(&title)
    );
    text(&mut svg, "t", 16.0, 24.0, &title);
    if let Some(segment) = trend.segments.last() {
        for (line, words) in valid_for(&segment.valid_for).iter().enumerate() {
            text(
                &mut svg,
                "d",
                16.0,
                42.0 + LINE * to_f64(line),
                &cut(words, TEXT),
            );
        }
    }
    for (index, &metric) in trend.metrics.iter().enumerate() {
        panel(&mut svg, trend, metric, HEAD + PANEL * to_f64(index));
    }
    let mut foot = HEAD + PANEL * to_f64(panels) + 10.0;
    for (number, changed) in (1..).zip(breaks) {
        let words = format!("{number}: not compared, {}", changed.join("; "));
        text(&mut svg, "n", 16.0, foot, &cut(&words, TEXT));
        foot += LINE;
    }
    if has_gaps {
        text(&mut svg, "d", 16.0, foot, "× commits without figures");
    }
    svg.push_str("</svg>\n");
    svg
}

fn title(trend: &Trend) -> String {
    let what = match &trend.krate {
        Some(krate) => krate.as_str(),
        None => "dependencies",
    };
    let days = match (trend.points.first(), trend.points.last()) {
        (Some(first), Some(last)) => format!(", {} to {}", first.day(), last.day()),
        _ => ": no commits".to_owned(),
    };
    format!("{what}, {}{days}", trend.domain.as_str())
}

/// Places of a panel's points.
struct Scale {
    top: f64,
    count: usize,
    most: u64,
}

impl Scale {
    fn x(&self, index: usize) -> f64 {
        if self.count < 2 {
            return f64::midpoint(LEFT, RIGHT);
        }
        LEFT + (RIGHT - LEFT) * to_f64(index) / to_f64(self.count - 1)
    }

    fn y(&self, value: u64) -> f64 {
        let share = u64_to_f64(value) / u64_to_f64(self.most);
        self.top + PLOT_HEIGHT * (1.0 - share)
    }
}

fn panel(svg: &mut String, trend: &Trend, metric: Metric, top: f64) {
    let values = || {
        trend
            .points
            .iter()
            .filter_map(|point| point.values.get(&metric).copied())
    };
    let step = step(values().max().unwrap_or(0));
    let most = values().max().unwrap_or(0).div_ceil(step).max(1) * step;
    let scale = Scale {
        top: top + PLOT_TOP,
        count: trend.points.len(),
        most,
    };
    let _ = writeln!(svg, "<g>");
    text(svg, "p", 16.0, top + 18.0, metric.title());
    let mut tick = 0;
    while tick <= most {
        let y = scale.y(tick);
        let _ = writeln!(svg, "<path class=\"g\" d=\"M{LEFT} {y:.1}H{RIGHT}\"/>");
        let _ = writeln!(
            svg,
            "<text class=\"d\" text-anchor=\"end\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            LEFT - 8.0,
            y + 4.0,
            xml(&metric.words(tick))
        );
        tick += step;
    }
    days(svg, trend, &scale);
    breaks(svg, trend, &scale);
    for run in runs(&trend.points, metric) {
        line(svg, metric, &run, &scale);
    }
    for (index, point) in trend.points.iter().enumerate() {
        mark(svg, metric, index, point, &scale);
    }
    let _ = writeln!(svg, "</g>");
}

/// Under the plot: the first day and the last.
fn days(svg: &mut String, trend: &Trend, scale: &Scale) {
    let y = scale.top + PLOT_HEIGHT + 16.0;
    let ends = [
        ("start", trend.points.first()),
        ("end", trend.points.last()),
    ];
    for (anchor, point) in ends.into_iter().take(trend.points.len()) {
        let x = if anchor == "start" { LEFT } else { RIGHT };
        let day = point.map(TrendPoint::day).unwrap_or_default();
        let _ = writeln!(
            svg,
            "<text class=\"d\" text-anchor=\"{anchor}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>",
            xml(day)
        );
    }
}

/// A dashed line in front of the first point of every segment but the first.
fn breaks(svg: &mut String, trend: &Trend, scale: &Scale) {
    let mut known = None;
    let mut last = 0;
    for (index, point) in trend.points.iter().enumerate() {
        let Some(segment) = point.segment else {
            continue;
        };
        if known.is_some_and(|known| known != segment) {
            let x = f64::midpoint(scale.x(last), scale.x(index));
            let (top, bottom) = (scale.top - 8.0, scale.top + PLOT_HEIGHT);
            let changed = trend.segments[segment].changed.join("; ");
            let _ = writeln!(
                svg,
                "<path class=\"b\" d=\"M{x:.1} {top:.1}V{bottom:.1}\"><title>{}</title></path>",
                xml(&changed)
            );
            text(svg, "n", x + 3.0, top + 4.0, &segment.to_string());
        }
        (known, last) = (Some(segment), index);
    }
}

/// Stretches of neighbours with a value in one segment: index and value.
fn runs(points: &[TrendPoint], metric: Metric) -> Vec<Vec<(usize, u64)>> {
    let mut runs: Vec<Vec<(usize, u64)>> = Vec::new();
    let mut open = None;
    for (index, point) in points.iter().enumerate() {
        let value = point.values.get(&metric);
        let (Some(segment), Some(&value)) = (point.segment, value) else {
            open = None;
            continue;
        };
        if open != Some(segment) {
            runs.push(Vec::new());
        }
        open = Some(segment);
        if let Some(run) = runs.last_mut() {
            run.push((index, value));
        }
    }
    runs
}

fn line(svg: &mut String, metric: Metric, run: &[(usize, u64)], scale: &Scale) {
    if run.len() > 1 {
        let places = run
            .iter()
            .map(|&(index, value)| format!("{:.1},{:.1}", scale.x(index), scale.y(value)));
        let places: Vec<String> = places.collect();
        let _ = writeln!(
            svg,
            "<polyline class=\"l\" points=\"{}\"/>",
            places.join(" ")
        );
    }
    // What a figure is worth, where it ends.
    if let Some(&(index, value)) = run.last()
        && index + 1 == scale.count
    {
        let (x, y) = (scale.x(index), scale.y(value) - 6.0);
        let _ = writeln!(
            svg,
            "<text text-anchor=\"end\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>",
            xml(&metric.words(value))
        );
    }
}

/// A dot for a figure, a cross on the ground for a gap, with the words of a tooltip.
fn mark(svg: &mut String, metric: Metric, index: usize, point: &TrendPoint, scale: &Scale) {
    let x = scale.x(index);
    let place = format!("{} {} {}", point.day(), point.short(), point.title);
    if let Some(gap) = &point.gap {
        let y = scale.top + PLOT_HEIGHT;
        let _ = writeln!(
            svg,
            "<path class=\"x\" d=\"M{:.1} {:.1}l6 6m0 -6l-6 6\"><title>{}</title></path>",
            x - 3.0,
            y - 3.0,
            xml(&format!("{place}\nno figures: {gap}"))
        );
    } else if let Some(&value) = point.values.get(&metric)
        && scale.count <= DOTS
    {
        let _ = writeln!(
            svg,
            "<circle class=\"o\" cx=\"{x:.1}\" cy=\"{:.1}\" r=\"2.5\"><title>{}</title></circle>",
            scale.y(value),
            xml(&format!(
                "{place}\n{} {}",
                metric.words(value),
                metric.title()
            ))
        );
    }
}

/// A round distance of lines in the grid, so that there are at most four.
fn step(most: u64) -> u64 {
    let mut power = 1u64;
    loop {
        for step in [power, power.saturating_mul(2), power.saturating_mul(5)] {
            if most.div_ceil(step) <= 4 {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

fn text(svg: &mut String, class: &str, x: f64, y: f64, words: &str) {
    let _ = writeln!(
        svg,
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>",
        xml(words)
    );
}

/// Text as XML has it. Characters that act on a reader are written out; line feeds stay.
fn xml(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(markup).collect();
    lines.join("\n")
}

#[expect(clippy::cast_precision_loss, reason = "places on a screen")]
fn u64_to_f64(number: u64) -> f64 {
    number as f64
}

fn to_f64(number: usize) -> f64 {
    u64_to_f64(number as u64)
}
