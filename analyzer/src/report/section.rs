//! One domain of a report as rows of text, and the sentences around it: what the table and
//! the Markdown renderer have in common.

use std::collections::BTreeMap;

use crate::measure::{Figures, Totals, Use};
use crate::model::Domain;

use super::data::{CrateFigures, CrateReport, Report};
use super::order::{Sort, in_domain};
use super::text::{percent, plural, ratio, sanitize, thousands};

/// A column: its heading in two lines.
pub(super) type Heading = [&'static str; 2];

/// The columns after the name of the crate.
const COLUMNS: [Heading; 7] = [
    ["functions", "used/total"],
    ["", "%"],
    ["lines", "used/total"],
    ["unsafe", "reached"],
    ["API", "named"],
    ["leaves", "crates"],
    ["with it", "lines"],
];
const UNKNOWN: Heading = ["", "unknown"];
/// Where `unknown` stands among the columns, when there are any.
const UNKNOWN_AT: usize = 2;

/// How good a row is, for color.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grade {
    Nothing,
    Little,
    Fair,
}

pub(super) struct Row {
    pub(super) direct: bool,
    /// `b` and `m`: what of it runs on the machine that builds.
    pub(super) marks: &'static str,
    /// Name and version, sanitized.
    pub(super) name: String,
    /// As many as the section has columns.
    pub(super) cells: Vec<String>,
    pub(super) grade: Grade,
}

pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) columns: Vec<Heading>,
    pub(super) rows: Vec<Row>,
    pub(super) total: Row,
    /// Lists of crates that need no row to be understood, as sentences.
    pub(super) remarks: Vec<String>,
}

/// The domains that have crates, in order.
pub(super) fn sections(report: &Report, sort: Sort) -> Vec<Section> {
    let totals = report.totals.iter().filter(|(_, totals)| totals.crates > 0);
    // All sections have the same columns, so that they can be read as one table.
    let with_unknown = totals.clone().any(|(_, totals)| totals.figures.functions.unknown > 0);
    totals.map(|(&domain, totals)| section(report, sort, domain, totals, with_unknown)).collect()
}

fn section(
    report: &Report,
    sort: Sort,
    domain: Domain,
    totals: &Totals,
    with_unknown: bool,
) -> Section {
    let crates = in_domain(report, sort, domain);
    let figures = crates.iter().filter_map(|krate| Some((*krate, krate.domains.get(&domain)?)));
    let rows = figures.map(|(krate, figures)| row(krate, figures, with_unknown)).collect();
    let mut columns = COLUMNS.to_vec();
    if with_unknown {
        columns.insert(UNKNOWN_AT, UNKNOWN);
    }
    Section {
        title: title(domain),
        columns,
        rows,
        total: total(totals, with_unknown),
        remarks: remarks(&crates, domain),
    }
}

pub(super) fn title(domain: Domain) -> &'static str {
    match domain {
        Domain::Run => "run: what ships",
        Domain::Build => "build: build scripts and what they use, run while building",
        Domain::Macro => "macro: proc macros and what they use, run while compiling",
        Domain::Dev => "dev: tests, benches and examples",
    }
}

fn row(krate: &CrateReport, in_domain: &CrateFigures, with_unknown: bool) -> Row {
    let CrateFigures { figures, build_script_only, .. } = in_domain;
    let weight = krate.exclusive_weight;
    let mut cells = cells(figures, with_unknown);
    cells.push(thousands(weight.crates));
    cells.push(thousands(weight.lines));
    let script = if *build_script_only { " build.rs" } else { "" };
    Row {
        direct: krate.direct,
        marks: match (krate.build_script && !build_script_only, krate.proc_macro) {
            (false, false) => "",
            (true, false) => "b",
            (false, true) => "m",
            (true, true) => "bm",
        },
        name: format!("{} {}{script}", sanitize(&krate.name), sanitize(&krate.version)),
        cells,
        grade: match figures.functions.per_mille() {
            _ if in_domain.uses == Use::Nothing => Grade::Nothing,
            Some(0) if figures.functions.used == 0 => Grade::Nothing,
            Some(0..100) => Grade::Little,
            _ => Grade::Fair,
        },
    }
}

fn total(totals: &Totals, with_unknown: bool) -> Row {
    let mut cells = cells(&totals.figures, with_unknown);
    cells.push(thousands(totals.crates));
    cells.push(thousands(totals.source_lines));
    let name = format!("total of {}", plural(totals.crates, "crate", "crates"));
    Row { direct: false, marks: "", name, cells, grade: Grade::Fair }
}

fn cells(figures: &Figures, with_unknown: bool) -> Vec<String> {
    let functions = figures.functions;
    let unsafes = [figures.unsafe_functions, figures.unsafe_blocks];
    let mut cells = vec![
        ratio(functions.used, functions.total),
        percent(functions),
        ratio(figures.lines.used, figures.lines.total),
        ratio(unsafes.iter().map(|c| c.used).sum(), unsafes.iter().map(|c| c.total).sum()),
        ratio(figures.public.direct, figures.public.total),
    ];
    if with_unknown {
        let unknown = functions.unknown;
        let text = if unknown == 0 { String::new() } else { thousands(unknown) };
        cells.insert(UNKNOWN_AT, text);
    }
    cells
}

fn remarks(crates: &[&CrateReport], domain: Domain) -> Vec<String> {
    let named = |wanted: Use| -> Vec<String> {
        let matching = |krate: &&&CrateReport| {
            krate.domains.get(&domain).is_some_and(|figures| figures.uses == wanted)
        };
        let mut names: Vec<String> = crates
            .iter()
            .filter(matching)
            .map(|krate| format!("{} {}", sanitize(&krate.name), sanitize(&krate.version)))
            .collect();
        names.sort();
        names
    };
    let sentences = [
        ("nothing used", Use::Nothing),
        ("no function reached; types, traits, consts, macros or linking used", Use::Other),
        ("nothing known to be used, and not all of it understood", Use::Unknown),
    ];
    sentences
        .into_iter()
        .map(|(what, wanted)| (what, named(wanted)))
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{what} ({}): {}", names.len(), names.join(", ")))
        .collect()
}

/// What the figures are relative to, in two sentences.
pub(super) fn preamble(report: &Report) -> [String; 2] {
    let header = &report.header;
    let mut roots: Vec<String> = header.roots.iter().take(3).cloned().collect();
    if let Some(more @ 1..) = header.roots.len().checked_sub(3) {
        roots.push(format!("{more} more"));
    }
    let scripts = match header.policy.as_str() {
        "never" => "no build script or proc macro was executed".to_owned(),
        policy => format!("build scripts and proc macros executed as cargo does ({policy})"),
    };
    [
        format!(
            "{}: features {}, {}, profile {}",
            roots.join(", "),
            header.features,
            header.target,
            header.profile,
        ),
        format!("{}, std sources from {}; {scripts}", report.toolchain, report.std_sources),
    ]
    .map(|line| sanitize(&line).into_owned())
}

/// One line a domain, then how exact the figures are.
pub(super) fn summary(report: &Report) -> Vec<(&'static str, String)> {
    let domains = report.totals.iter().map(|(&domain, totals)| (domain.as_str(), sum(totals)));
    domains.chain([("exact", exactness(report))]).collect()
}

fn sum(totals: &Totals) -> String {
    if totals.crates == 0 {
        return "no dependencies".to_owned();
    }
    let Figures { functions, lines, derived, .. } = totals.figures;
    let mut text = format!(
        "{} of {} functions ({}), {} of {} lines in functions",
        thousands(functions.used),
        thousands(functions.total),
        if functions.total == 0 { "-".to_owned() } else { percent(functions) },
        thousands(lines.used),
        thousands(lines.total),
    );
    if derived.total > 0 {
        text += &format!(", {} of {} derived", thousands(derived.used), thousands(derived.total));
    }
    if totals.crates_unused > 0 {
        text += &format!("; {} unused", plural(totals.crates_unused, "crate", "crates"));
    }
    text
}

fn exactness(report: &Report) -> String {
    let exactness = &report.exactness;
    let walked = format!(
        "{} of {}",
        plural(exactness.instances, "instance", "instances"),
        plural(exactness.bodies, "body", "bodies"),
    );
    if exactness.is_complete() {
        return format!("yes: every macro, body and lookup was resolved ({walked} walked)");
    }
    let mut parts = Vec::new();
    if exactness.unknown_functions > 0 {
        let reasons: Vec<String> = exactness
            .unknown_reasons
            .iter()
            .map(|reason| format!("{} × {}", thousands(reason.count), sanitize(&reason.reason)))
            .collect();
        parts.push(format!(
            "{} counted as neither used nor unused ({})",
            plural(exactness.unknown_functions, "function is", "functions are"),
            reasons.join(", "),
        ));
    }
    if !exactness.gaps.is_empty() {
        let places = exactness.gaps.iter().map(|gap| gap.count).sum();
        parts.push(format!(
            "{} not resolved and widened to all that may be reached ({})",
            plural(places, "place", "places"),
            gaps(report).join(", "),
        ));
    }
    format!("no: {}; {walked} walked", parts.join("; "))
}

fn gaps(report: &Report) -> Vec<String> {
    let mut counts = BTreeMap::new();
    let mut in_std = BTreeMap::new();
    for gap in &report.exactness.gaps {
        *counts.entry(gap.reason.as_str()).or_default() += gap.count;
        if gap.krate.is_none() {
            *in_std.entry(gap.reason.clone()).or_insert(0) += gap.count;
        }
    }
    super::data::by_count(counts)
        .into_iter()
        .map(|gap| {
            let std = match in_std.get(&gap.reason) {
                Some(&number) if number == gap.count => " (in std)".to_owned(),
                Some(&number) => format!(" ({} in std)", thousands(number)),
                None => String::new(),
            };
            format!("{} × {}{std}", thousands(gap.count), sanitize(&gap.reason))
        })
        .collect()
}
