//! Which advisories of a RustSec database matter here: affected and reached, affected and not
//! reached, or unknown with the reason.
//!
//! [`Database::open`] reads the advisories, [`Database::probes`] says what the analysis must
//! follow for them, [`assess`] joins them with the [`Analysis`]. What comes out is a [`Report`];
//! each format is one renderer in its own file.
//!
//! An advisory's `[versions]` alone decide whether a version is affected; the functions it lists
//! are matched by [`crate::listed`] and judged in `verdict`.

mod cyclonedx;
mod data;
mod database;
mod openvex;
mod owned;
mod sarif;
pub(crate) mod stamp;
mod table;
#[cfg(test)]
mod tests;
mod verdict;

use std::io::{self, Write};

use crate::copies::Owned;
use crate::error::{Error, Result};
use crate::model::{Analysis, Package, Project, Status};
use crate::report::header::Header;
use crate::report::text::{json_safe, plural, thousands};

pub use data::{
    BadFile, DatabaseFacts, Finding, Listed, Matched, Platforms, Product, Report, Summary, Verdict,
};
pub use database::{Advisory, Database, Unreadable};
pub use stamp::Stamp;
pub use table::table;

use verdict::Judge;

/// Value of `format`.
pub const FORMAT: &str = "whittle-advisories";
/// Value of `version`.
pub const VERSION: u32 = 1;

/// Judges every advisory that affects a package of the tree, or one that the workspace owns a copy
/// of. `informational` ones count for the
/// exit code only when asked.
///
/// # Errors
/// [`Error::Advisories`] when a file that could not be read may be about a package of the tree.
pub fn assess(
    analysis: &Analysis,
    copies: &[Owned],
    database: &Database,
    informational: bool,
) -> Result<Report> {
    let packages = &analysis.project.packages;
    refuse_unreadable(database, packages, copies)?;
    let judge = Judge::new(analysis);
    let mut findings = Vec::new();
    for advisory in &database.advisories {
        for (index, package) in packages.iter().enumerate() {
            if package.name == advisory.package && advisory.affects(&package.version) {
                findings.push(finding(analysis, &judge, advisory, index, informational));
            }
        }
    }
    findings.extend(owned::findings(copies, database, informational));
    let key = |one: &Finding| {
        (
            one.verdict,
            one.id.clone(),
            one.package.clone(),
            one.version.clone(),
        )
    };
    findings.sort_by_key(key);
    let is_here = |name: &str| {
        packages.iter().any(|package| package.name == name)
            || copies.iter().any(|copy| copy.record.origin.name == name)
    };
    let here = database.withdrawn.iter().filter(|(_, name)| is_here(name));
    Ok(Report {
        header: Header::new(FORMAT, VERSION, analysis),
        database: DatabaseFacts {
            advisories: database.advisories.len(),
            newest: database.newest().map(str::to_owned),
            withdrawn: database.withdrawn.len(),
            withdrawn_here: here.map(|(id, _)| id.clone()).collect(),
            on_rust: database.on_rust,
            unreadable: database
                .unreadable
                .iter()
                .map(|one| BadFile {
                    file: one.file.clone(),
                    why: one.why.clone(),
                })
                .collect(),
        },
        summary: summary(&findings),
        findings,
        products: products(&analysis.project),
        tool: format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")),
    })
}

/// An advisory on a package of the tree that cannot be read leaves everything open.
fn refuse_unreadable(database: &Database, packages: &[Package], copies: &[Owned]) -> Result<()> {
    let concerns = |name: &String| {
        packages.iter().any(|package| package.name == *name)
            || copies.iter().any(|copy| copy.record.origin.name == *name)
    };
    let bad: Vec<String> = database
        .unreadable
        .iter()
        .filter(|one| one.packages.is_empty() || one.packages.iter().any(concerns))
        .map(|one| format!("{}: {}", one.file, one.why))
        .collect();
    if bad.is_empty() {
        return Ok(());
    }
    Err(Error::Advisories(bad.join("\n")))
}

fn finding(
    analysis: &Analysis,
    judge: &Judge<'_>,
    advisory: &Advisory,
    index: usize,
    informational: bool,
) -> Finding {
    let package = &analysis.project.packages[index];
    let paths = advisory.functions.iter();
    let functions: Vec<Listed> = if package.is_member {
        Vec::new()
    } else {
        paths.map(|path| judge.path(index, path)).collect()
    };
    let worst = functions.iter().map(|one| one.verdict).min();
    let verdict = worst.unwrap_or(Verdict::Unknown);
    let reason = match functions.iter().find(|one| one.verdict == verdict) {
        None if package.is_member => {
            "it is a member of the workspace, whose own functions are not judged".to_owned()
        }
        None => format!(
            "the advisory lists no functions; {}",
            reached_of(analysis, index)
        ),
        Some(_) if verdict == Verdict::NotReached => format!(
            "{} and what they call within the crate: found, none of it reached",
            plural(functions.len() as u64, "listed path", "listed paths")
        ),
        Some(one) => one.reason.clone(),
    };
    let counts =
        verdict != Verdict::NotReached && (informational || advisory.informational.is_none());
    Finding {
        id: advisory.id.clone(),
        aliases: advisory.aliases.clone(),
        title: advisory.title.clone(),
        url: advisory.page.clone(),
        date: advisory.date.clone(),
        severity: advisory.severity.clone(),
        informational: advisory.informational.clone(),
        package: package.name.clone(),
        version: package.version.clone(),
        source: data::source(&package.source),
        owned: None,
        purl: stamp::purl(&package.name, &package.version),
        patched: advisory.patched.clone(),
        platforms: platforms(advisory, &analysis.project, index),
        verdict,
        reason,
        counts,
        functions,
    }
}

fn reached_of(analysis: &Analysis, package: usize) -> String {
    let items = analysis.items.iter();
    let functions = items.filter(|item| item.package == package && item.kind.is_function());
    let (mut used, mut total) = (0, 0);
    for function in functions.filter(|item| item.counted) {
        total += 1;
        used += u64::from(function.status == Status::Used);
    }
    let functions = plural(total, "function", "functions");
    format!(
        "{} of {functions} of the crate are reached",
        thousands(used)
    )
}

/// What the advisory says of platforms, and whether the package is compiled for one of them.
fn platforms(advisory: &Advisory, project: &Project, package: usize) -> Option<Platforms> {
    if advisory.arch.is_empty() && advisory.os.is_empty() {
        return None;
    }
    let among = |key: &str, names: &[String]| {
        let mut units = project.units.iter().filter(|unit| unit.package == package);
        let cfgs: Vec<String> = names
            .iter()
            .map(|name| format!("{key}=\"{name}\""))
            .collect();
        names.is_empty() || units.any(|unit| unit.cfgs.iter().any(|cfg| cfgs.contains(cfg)))
    };
    Some(Platforms {
        includes_target: among("target_arch", &advisory.arch) && among("target_os", &advisory.os),
        arch: advisory.arch.clone(),
        os: advisory.os.clone(),
    })
}

fn summary(findings: &[Finding]) -> Summary {
    let of = |verdict| findings.iter().filter(|one| one.verdict == verdict).count();
    Summary {
        reached: of(Verdict::Reached),
        reached_indirectly: of(Verdict::ReachedIndirectly),
        unknown: of(Verdict::Unknown),
        not_reached: of(Verdict::NotReached),
        informational: findings
            .iter()
            .filter(|one| one.informational.is_some())
            .count(),
        counted: findings.iter().filter(|one| one.counts).count(),
    }
}

/// The packages of the selected targets, each once.
fn products(project: &Project) -> Vec<Product> {
    let units = project
        .roots
        .iter()
        .filter_map(|&root| project.units.get(root));
    let mut packages: Vec<usize> = units.map(|unit| unit.package).collect();
    packages.sort_unstable();
    packages.dedup();
    let packages = packages.iter().filter_map(|&one| project.packages.get(one));
    packages
        .map(|package| Product {
            name: package.name.clone(),
            version: package.version.clone(),
            purl: stamp::purl(&package.name, &package.version),
        })
        .collect()
}

/// The formats of other programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Json,
    OpenVex,
    CycloneDx,
    Sarif,
}

/// Writes the report for another program, characters that a terminal would act on as escapes.
///
/// # Errors
/// Those of `out`.
pub fn write(
    report: &Report,
    analysis: &Analysis,
    format: Format,
    stamp: Stamp,
    out: &mut dyn Write,
) -> io::Result<()> {
    let text = match format {
        Format::Json => serde_json::to_string_pretty(report)?,
        Format::OpenVex => serde_json::to_string_pretty(&openvex::document(report, stamp))?,
        Format::CycloneDx => serde_json::to_string_pretty(&cyclonedx::document(report, stamp))?,
        Format::Sarif => serde_json::to_string_pretty(&sarif::document(report, analysis))?,
    };
    writeln!(out, "{}", json_safe(text))
}
