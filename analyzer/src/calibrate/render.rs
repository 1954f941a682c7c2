//! Prints a comparison: a table with every miss and extra, or a JSON document.
//!
//! Takes a [`Run`] and the project, gives text. Percentages are cut, not rounded, so that 100 %
//! means that nothing is missing.

use std::fmt::Write as _;

use camino::Utf8Path;
use serde::Serialize;

use super::Run;
use super::tally::{Class, Finding, LeftOut, Tally};
use crate::model::{Package, Project};

/// Widest crate column, so that a row stays within 100 columns.
const NAME_WIDTH: usize = 26;

/// The comparison for people: totals, a row for each crate, and what disagrees.
#[must_use]
pub fn table(run: &Run, project: &Project) -> String {
    let mut out = String::new();
    heading(&mut out, run, project);
    rows(&mut out, run, project);
    summary(&mut out, &run.calibration.totals);
    for (class, title) in [
        (Class::Miss, "misses: have code, not listed as used"),
        (Class::Extra, "extras: listed as used, have no code"),
        (Class::Unlisted, "unlisted: have code, not in the list"),
        (
            Class::Unknown,
            "unknown: have code, the analysis could not tell",
        ),
    ] {
        section(&mut out, title, class, run, project);
    }
    out
}

// Writing to a `String` cannot fail, so its results are dropped from here on.

fn heading(out: &mut String, run: &Run, project: &Project) {
    let left_out = run.calibration.left_out;
    let toolchain = &project.toolchain;
    let _ = writeln!(
        out,
        "bin `{}`, features {}, dev profile",
        run.bin, project.features
    );
    let _ = writeln!(out, "{}, {}", toolchain.description, toolchain.target);
    let _ = writeln!(out, "executable {}", run.executable);
    let _ = writeln!(
        out,
        "{} functions of dependencies have code (left out: {} of std, {} of the workspace)",
        run.calibration.totals.truth, left_out.std, left_out.workspace
    );
    if left_out.unattributed > 0 {
        let _ = writeln!(
            out,
            "{} more belong to no known package",
            left_out.unattributed
        );
    }
}

fn rows(out: &mut String, run: &Run, project: &Project) {
    let names: Vec<String> = run
        .calibration
        .packages
        .iter()
        .map(|row| {
            project
                .packages
                .get(row.package)
                .map_or_else(String::new, name_and_version)
        })
        .collect();
    let width = names
        .iter()
        .map(String::len)
        .max()
        .unwrap_or(0)
        .clamp(5, NAME_WIDTH);
    let _ = writeln!(
        out,
        "\n{:width$}   code   hits misses extras unknown unlisted const-only  recall precision",
        "crate"
    );
    for (name, row) in names.iter().zip(&run.calibration.packages) {
        write_row(out, name, width, &row.tally);
    }
    write_row(out, "total", width, &run.calibration.totals);
}

fn write_row(out: &mut String, name: &str, width: usize, tally: &Tally) {
    let short: String = if name.chars().count() > width {
        name.chars().take(width - 1).chain(['…']).collect()
    } else {
        name.to_owned()
    };
    let Tally {
        truth,
        hits,
        misses,
        extras,
        unknown,
        unlisted,
        const_only,
    } = tally;
    let _ = writeln!(
        out,
        "{short:width$} {truth:6} {hits:6} {misses:6} {extras:6} {unknown:7} {unlisted:8} \
         {const_only:10} {:>7} {:>9}",
        percent(tally.recall()),
        percent(tally.precision()),
    );
}

fn summary(out: &mut String, totals: &Tally) {
    let _ = writeln!(
        out,
        "\nrecall {} %, precision {} %, unknown {} % and unlisted {} % of the functions with code",
        percent(totals.recall()),
        percent(totals.precision()),
        percent(totals.unknown_share()),
        percent(totals.unlisted_share()),
    );
    let _ = writeln!(
        out,
        "recall = hits / (hits + misses), precision = hits / (hits + extras); unknown and \
         const-only\ncount in neither"
    );
}

fn section(out: &mut String, title: &str, class: Class, run: &Run, project: &Project) {
    let mut last = None;
    for finding in run
        .calibration
        .findings
        .iter()
        .filter(|finding| finding.class == class)
    {
        let Some(package) = project.packages.get(finding.package) else {
            continue;
        };
        if last.is_none() {
            let _ = writeln!(out, "\n{title}");
        }
        if last != Some(finding.package) {
            last = Some(finding.package);
            let _ = writeln!(out, "  {}", name_and_version(package));
        }
        let note = finding
            .note
            .as_ref()
            .map(|note| format!(" ({note})"))
            .unwrap_or_default();
        let _ = writeln!(
            out,
            "    {}:{} {}{note}",
            shown_file(finding, project),
            finding.line,
            finding.path
        );
    }
}

fn name_and_version(package: &Package) -> String {
    format!("{} {}", package.name, package.version)
}

/// Relative to the finding's package; for a macro of another package, `<package>/<file>`.
fn shown_file(finding: &Finding, project: &Project) -> String {
    let relative = |package: &Package| {
        finding
            .file
            .strip_prefix(&package.manifest_dir)
            .ok()
            .map(Utf8Path::as_str)
    };
    if let Some(own) = project.packages.get(finding.package).and_then(relative) {
        return own.to_owned();
    }
    project
        .packages
        .iter()
        .filter_map(|package| Some((package, relative(package)?)))
        .min_by_key(|(_, file)| file.len())
        .map_or_else(
            || finding.file.to_string(),
            |(package, file)| format!("{}-{}/{file}", package.name, package.version),
        )
}

/// Two decimals, cut.
fn percent(share: Option<f64>) -> String {
    share.map_or_else(
        || "–".into(),
        |share| format!("{:.2}", cut(share * 100.0, 100.0)),
    )
}

/// Cuts behind the digit that `scale` keeps; the small term undoes the error of the division.
fn cut(value: f64, scale: f64) -> f64 {
    (value * scale + 1e-7).floor() / scale
}

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    version: u32,
    bin: &'a str,
    executable: &'a str,
    toolchain: &'a str,
    target: &'a str,
    features: &'a str,
    profile: &'static str,
    left_out: LeftOut,
    totals: Figures,
    crates: Vec<CrateFigures<'a>>,
    findings: Vec<FindingRow<'a>>,
}

#[derive(Serialize)]
struct Figures {
    #[serde(flatten)]
    tally: Tally,
    recall: Option<f64>,
    precision: Option<f64>,
    unknown_share: Option<f64>,
    unlisted_share: Option<f64>,
}

#[derive(Serialize)]
struct CrateFigures<'a> {
    #[serde(rename = "crate")]
    name: &'a str,
    crate_version: &'a str,
    #[serde(flatten)]
    figures: Figures,
}

#[derive(Serialize)]
struct FindingRow<'a> {
    class: Class,
    #[serde(rename = "crate")]
    name: &'a str,
    crate_version: &'a str,
    file: String,
    line: u32,
    path: &'a str,
    note: Option<&'a str>,
}

/// The comparison for programs: `whittle-calibration`, version 1. Shares are between 0 and 1,
/// cut after six digits; files are relative to their package.
///
/// # Errors
/// None in practice; serde's signature.
pub fn json(run: &Run, project: &Project) -> serde_json::Result<String> {
    let calibration = &run.calibration;
    let crates = calibration.packages.iter().filter_map(|row| {
        let package = project.packages.get(row.package)?;
        let (name, crate_version) = (package.name.as_str(), package.version.as_str());
        Some(CrateFigures {
            name,
            crate_version,
            figures: figures(&row.tally),
        })
    });
    let findings = calibration.findings.iter().filter_map(|finding| {
        let package = project.packages.get(finding.package)?;
        Some(FindingRow {
            class: finding.class,
            name: &package.name,
            crate_version: &package.version,
            file: shown_file(finding, project),
            line: finding.line,
            path: &finding.path,
            note: finding.note.as_deref(),
        })
    });
    let mut text = serde_json::to_string_pretty(&Document {
        format: "whittle-calibration",
        version: 1,
        bin: &run.bin,
        executable: run.executable.as_str(),
        toolchain: &project.toolchain.description,
        target: &project.toolchain.target,
        features: &project.features,
        profile: "dev",
        left_out: calibration.left_out,
        totals: figures(&calibration.totals),
        crates: crates.collect(),
        findings: findings.collect(),
    })?;
    text.push('\n');
    Ok(text)
}

fn figures(tally: &Tally) -> Figures {
    let digits = |share: Option<f64>| share.map(|share| cut(share, 1e6));
    Figures {
        tally: *tally,
        recall: digits(tally.recall()),
        precision: digits(tally.precision()),
        unknown_share: digits(tally.unknown_share()),
        unlisted_share: digits(tally.unlisted_share()),
    }
}
