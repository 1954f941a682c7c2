//! One domain of a report as rows of text: what the table and the Markdown renderer have in
//! common.

use std::cmp::Reverse;

use crate::measure::{Api, Figures, Totals, Use};
use crate::model::Domain;
use crate::verdict::Verdict;

use super::data::{CrateFigures, CrateReport, Report};
use super::order::{Sort, in_domain};
use super::text::{percent, plural, ratio, sanitize, thousands};

/// A column: its heading in two lines.
pub(super) type Heading = [&'static str; 2];

/// The columns after the name of the crate.
pub(super) const COLUMNS: [Heading; 8] = [
    ["functions", "used/total"],
    ["", "%"],
    ["lines", "used/total"],
    ["unsafe", "reached"],
    ["API", "named"],
    ["leaves", "crates"],
    ["with it", "lines"],
    ["", "verdict"],
];

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
    /// Sanitized.
    pub(super) name: String,
    /// Sanitized; empty for a total.
    pub(super) version: String,
    /// As many as there are columns.
    pub(super) cells: Vec<String>,
    pub(super) grade: Grade,
}

pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) rows: Vec<Row>,
    pub(super) total: Row,
    /// Lists of crates that need no row to be understood, as sentences.
    pub(super) remarks: Vec<String>,
}

/// The domains that have crates, in order.
pub(super) fn sections(report: &Report, sort: Sort) -> Vec<Section> {
    let totals = report.totals.iter().filter(|(_, totals)| totals.crates > 0);
    totals
        .map(|(&domain, totals)| section(report, sort, domain, totals))
        .collect()
}

fn section(report: &Report, sort: Sort, domain: Domain, totals: &Totals) -> Section {
    let crates = in_domain(report, sort, domain);
    let figures = crates
        .iter()
        .filter_map(|krate| Some((*krate, krate.domains.get(&domain)?)));
    let rows = figures
        .map(|(krate, figures)| row(krate, figures))
        .collect();
    Section {
        title: title(domain),
        rows,
        total: total(totals),
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

fn row(krate: &CrateReport, in_domain: &CrateFigures) -> Row {
    let figures = &in_domain.figures;
    // Only of a direct dependency can the workspace name something.
    let can_name = krate.direct && !in_domain.build_script_only;
    let api = if can_name {
        figures.public
    } else {
        Api::default()
    };
    Row {
        direct: krate.direct,
        marks: match (krate.build_script, krate.proc_macro) {
            (false, false) => "",
            (true, false) => "b",
            (false, true) => "m",
            (true, true) => "bm",
        },
        name: sanitize(&krate.name).into_owned(),
        version: sanitize(&krate.version).into_owned(),
        cells: cells(
            figures,
            api,
            krate.exclusive_weight.crates,
            krate.exclusive_weight.lines,
            krate.verdict,
        ),
        grade: match figures.functions.per_mille() {
            _ if in_domain.uses == Use::Nothing => Grade::Nothing,
            Some(0) if figures.functions.used == 0 => Grade::Nothing,
            Some(0..100) => Grade::Little,
            _ => Grade::Fair,
        },
    }
}

fn total(totals: &Totals) -> Row {
    Row {
        direct: false,
        marks: "",
        name: format!("total of {}", plural(totals.crates, "crate", "crates")),
        version: String::new(),
        cells: cells(
            &totals.figures,
            Api::default(),
            totals.crates,
            totals.source_lines,
            None,
        ),
        grade: Grade::Fair,
    }
}

fn cells(
    figures: &Figures,
    api: Api,
    crates: u64,
    lines: u64,
    verdict: Option<Verdict>,
) -> Vec<String> {
    let functions = figures.functions;
    let unsafes = [figures.unsafe_functions, figures.unsafe_blocks];
    let api = if api.total == 0 {
        String::new()
    } else {
        ratio(api.direct, api.total)
    };
    vec![
        ratio(functions.used, functions.total),
        percent(functions),
        ratio(figures.lines.used, figures.lines.total),
        ratio(
            unsafes.iter().map(|c| c.used).sum(),
            unsafes.iter().map(|c| c.total).sum(),
        ),
        api,
        thousands(crates),
        if lines == 0 {
            "-".to_owned()
        } else {
            thousands(lines)
        },
        verdict.map_or_else(String::new, |verdict| verdict.as_str().to_owned()),
    ]
}

fn remarks(crates: &[&CrateReport], domain: Domain) -> Vec<String> {
    let name =
        |krate: &CrateReport| format!("{} {}", sanitize(&krate.name), sanitize(&krate.version));
    let in_domain: Vec<(&CrateReport, &CrateFigures)> = crates
        .iter()
        .filter_map(|krate| Some((*krate, krate.domains.get(&domain)?)))
        .collect();
    let mut remarks = Vec::new();
    let mut remark = |what: &str, names: Vec<String>| {
        if !names.is_empty() {
            remarks.push(format!("{what} ({}): {}", names.len(), names.join(", ")));
        }
    };
    for (what, wanted) in [
        ("nothing used", Use::Nothing),
        (
            "no function reached; types, traits, consts, macros or linking used",
            Use::Other,
        ),
        (
            "nothing known to be used, and not all of it understood",
            Use::Unknown,
        ),
    ] {
        let matching = in_domain
            .iter()
            .filter(|(_, figures)| figures.uses == wanted);
        let mut names: Vec<String> = matching.map(|(krate, _)| name(krate)).collect();
        names.sort();
        remark(what, names);
    }
    let mut unknown: Vec<(Reverse<u64>, String)> = in_domain
        .iter()
        .map(|(krate, in_domain)| (Reverse(in_domain.figures.functions.unknown), name(krate)))
        .filter(|(unknown, _)| unknown.0 > 0)
        .collect();
    unknown.sort();
    let unknown = unknown
        .into_iter()
        .map(|(Reverse(number), name)| format!("{} of {name}", thousands(number)));
    remark("crates with unknown functions", unknown.collect());
    remarks
}
