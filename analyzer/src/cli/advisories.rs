//! `cargo whittle advisories`.

use std::time::{SystemTime, UNIX_EPOCH};

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

use crate::advisories::{self, Database, Stamp};
use crate::copies;
use crate::error::{Error, Outcome};
use crate::options::Options;

use super::args::AnalysisArgs;
use super::{Failure, Session};

pub(super) const AFTER_HELP: &str = "\
Verdicts:
  reached             a function that the advisory lists is reached; the chain of calls is shown
  reached indirectly  none is, but a function of the same crate that a listed one calls: the
                      listed one may only wrap it
  unknown             the advisory lists no function, a listed path matches nothing that is
                      compiled here, or code on the way was not understood; the reason is shown
  not reached         every listed path was found, and neither it nor what it calls is reached

A version is affected when the advisory's [versions] say so; nothing else decides that.

The database is a checkout of the RustSec advisory database, which this tool never fetches:
  git clone --depth 1 https://github.com/RustSec/advisory-db

Exits with 1 when an advisory is reached or unknown, informational ones (unmaintained, unsound,
notice) left out unless `--informational` is given; with 2 when the database, or a file in it on
a package of the tree, cannot be read. Dates in documents are SOURCE_DATE_EPOCH's, or now.
See docs/ADVISORIES.md.";

#[derive(Debug, Args)]
pub(crate) struct AdvisoriesArgs {
    /// Folder of a RustSec advisory database (the one that holds `crates`)
    #[arg(long, value_name = "FOLDER")]
    db: Utf8PathBuf,
    /// How to print the answer
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Let informational advisories count for the exit code, too
    #[arg(long)]
    informational: bool,
    #[command(flatten)]
    pub(crate) analysis: AnalysisArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs
    Json,
    /// An OpenVEX 0.2.0 document
    Openvex,
    /// A CycloneDX 1.6 document with vulnerabilities
    Cyclonedx,
    /// For code scanning
    Sarif,
}

pub(super) fn run(args: &AdvisoriesArgs, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    let stamp = stamp()?;
    let database = Database::open(&args.db)?;
    let options = Options {
        probe: database.probes(),
        ..super::options(&args.analysis)?
    };
    let analysis = session.analyze(&options)?;
    let copies = copies::of_project(&analysis.project)?;
    let report = advisories::assess(&analysis, &copies, &database, args.informational)?;
    session.notes(&analysis);
    let outcome = if report.summary.counted > 0 {
        Outcome::Findings
    } else {
        Outcome::Clean
    };
    let format = match args.format {
        Format::Table => {
            advisories::table(&report, &analysis, session.paint, session.out)?;
            return Ok(outcome);
        }
        Format::Openvex if report.findings.is_empty() => {
            session.note("no advisory affects a package of this tree, and OpenVEX has no document without a statement: nothing is printed");
            return Ok(outcome);
        }
        Format::Json => advisories::Format::Json,
        Format::Openvex => advisories::Format::OpenVex,
        Format::Cyclonedx => advisories::Format::CycloneDx,
        Format::Sarif => advisories::Format::Sarif,
    };
    for bad in &report.database.unreadable {
        session.note(&format!("{} was not read: {}", bad.file, bad.why));
    }
    advisories::write(&report, &analysis, format, stamp, session.out)?;
    Ok(outcome)
}

/// `SOURCE_DATE_EPOCH`, so that documents can be made again byte for byte; else the clock.
pub(super) fn stamp() -> Result<Stamp, Error> {
    if let Ok(text) = std::env::var("SOURCE_DATE_EPOCH") {
        // The year 9999 is the last that the formats can write.
        let seconds = text
            .parse()
            .ok()
            .filter(|&seconds| seconds < 253_402_300_800_u64);
        let usage = || {
            Error::Usage(format!(
                "SOURCE_DATE_EPOCH is no number of seconds: `{text}`"
            ))
        };
        return seconds.map(Stamp).ok_or_else(usage);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    Ok(Stamp(now.map_or(0, |now| now.as_secs())))
}
