//! `cargo whittle review`.

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};

use crate::advisories::Stamp;
use crate::error::{Error, Outcome, Result};
use crate::model::Analysis;
use crate::query;
use crate::review::{self, FILE, Order, Records, Reviewer};
use crate::witness::no_such_item;

use super::args::AnalysisArgs;
use super::{Failure, Session};

pub(super) const AFTER_HELP: &str = "\
  cargo whittle review serde_json                     what to read, callers before callees
  cargo whittle review serde_json --source            the source, unreached parts folded
  cargo whittle review serde_json --done --by Alice --date 2026-11-25
  cargo whittle review serde_json --open              what changed since, or is new
  cargo whittle review serde_json --format vet        a note for cargo-vet's audits.toml

What was reviewed is kept in whittle.reviews beside the root manifest, by the hash of the tokens:
commit it. The date is that of --date or SOURCE_DATE_EPOCH, never the clock's. See docs/REVIEW.md.";

#[derive(Debug, Args)]
pub(crate) struct ReviewArgs {
    /// The crate: `name` or `name@version`
    #[arg(value_name = "CRATE")]
    krate: String,
    /// How to print it
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// In which order the functions are listed
    #[arg(long, value_enum, value_name = "ORDER", default_value = "calls")]
    order: OrderArg,
    /// Show the source: reached, perhaps reached, and (folded) unreached lines
    #[arg(long, conflicts_with_all = ["done", "open"])]
    source: bool,
    /// List only what was not reviewed as it is
    #[arg(long)]
    open: bool,
    /// Exit with 1 when something listed was not reviewed as it is
    #[arg(long)]
    check: bool,
    /// Note that these items or files, or all that is listed, were reviewed
    #[arg(long, value_name = "PATH", num_args = 0.., requires = "by")]
    done: Option<Vec<String>>,
    /// Who reviews, or signs the note for cargo-vet
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// The day of the review [default: that of `SOURCE_DATE_EPOCH`]
    #[arg(long, value_name = "YYYY-MM-DD", requires = "done")]
    date: Option<String>,
    /// Where reviews are noted [default: whittle.reviews beside the root manifest]
    #[arg(long, value_name = "FILE")]
    reviews: Option<Utf8PathBuf>,
    /// The criterion in the note for cargo-vet [default: reached-code-reviewed]
    #[arg(long, value_name = "NAME")]
    criteria: Option<String>,
    #[command(flatten)]
    pub(crate) analysis: AnalysisArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs
    Json,
    /// A check list for an issue: at most 65,000 characters
    Markdown,
    /// An entry of cargo-vet's audits.toml
    Vet,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OrderArg {
    /// Callers before callees
    Calls,
    /// By file and line
    Files,
}

pub(super) fn run(args: &ReviewArgs, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    let reviewer = reviewer(args)?;
    let analysis = session.analyze(&super::options(&args.analysis)?)?;
    let package = package(&analysis, &args.krate)?;
    let file = match &args.reviews {
        Some(file) => file.clone(),
        None => analysis.project.workspace_root.join(FILE),
    };
    let mut records = Records::load(&file)?;
    session.notes(&analysis);
    if let (Some(names), Some(by)) = (&args.done, &reviewer) {
        return done(&analysis, package, names, by, &mut records, &file, session);
    }
    let order = match args.order {
        OrderArg::Calls => Order::Calls,
        OrderArg::Files => Order::Files,
    };
    let review = review::review(&analysis, package, &records, order);
    let (out, paint) = (&mut *session.out, session.paint);
    match args.format {
        Format::Table if args.source => {
            review::source(&review, &analysis, package, paint, out)?;
        }
        _ if args.source => {
            return Err(usage("`--source` is for reading: it has no other format").into());
        }
        Format::Table => review::table(&review, args.open, paint, out)?,
        Format::Json => review::json(&review, out)?,
        Format::Markdown => review::markdown(&review, args.open, out)?,
        Format::Vet => {
            if review.summary.reviewed == 0 {
                return Err(
                    usage("nothing of the crate is noted as reviewed: see `--done`").into(),
                );
            }
            let criteria = args.criteria.as_deref().unwrap_or(review::CRITERION);
            review::vet(&review, criteria, args.by.as_deref(), out)?;
        }
    }
    let open = review.summary.changed + review.summary.new > 0;
    Ok(if args.check && open {
        Outcome::Findings
    } else {
        Outcome::Clean
    })
}

fn done(
    analysis: &Analysis,
    package: usize,
    names: &[String],
    by: &Reviewer,
    records: &mut Records,
    file: &Utf8Path,
    session: &mut Session<'_>,
) -> Result<Outcome, Failure> {
    let done = review::done(analysis, package, names, by, records);
    if let Some(name) = done.unknown.first() {
        // Nothing is noted when one name was a mistake.
        let text = format!("`{name}` is nothing that is listed for this crate");
        return Err(usage(&text).into());
    }
    records.store(file)?;
    for why in &done.unreadable {
        session.note(&format!("not noted, because it cannot be read: {why}"));
    }
    let facts = &analysis.project.packages[package];
    let text = format!(
        "{} of {} {} noted as reviewed by {} on {} in {file}",
        done.noted, facts.name, facts.version, by.name, by.date
    );
    writeln!(session.out, "{}", crate::report::text::sanitize(&text))?;
    Ok(Outcome::Clean)
}

/// The one package that is meant.
fn package(analysis: &Analysis, spec: &str) -> Result<usize> {
    match review::packages(analysis, spec)[..] {
        [one] => Ok(one),
        [] => {
            let nearest = query::nearest_crates(analysis, spec);
            Err(no_such_item(spec, &nearest))
        }
        ref several => {
            let names: Vec<String> = several
                .iter()
                .map(|&index| {
                    let package = &analysis.project.packages[index];
                    format!("{}@{}", package.name, package.version)
                })
                .collect();
            let text = format!("`{spec}` is more than one crate: {}", names.join(", "));
            Err(usage(&text))
        }
    }
}

/// With `--done`: who and when.
fn reviewer(args: &ReviewArgs) -> Result<Option<Reviewer>> {
    if args.done.is_none() {
        return Ok(None);
    }
    let name = args.by.clone().unwrap_or_default();
    if name.trim().is_empty() {
        return Err(usage("`--by` needs a name"));
    }
    let date = match &args.date {
        Some(date) => date.clone(),
        None => epoch()?,
    };
    if !review::is_date(&date) {
        return Err(usage(&format!("`{date}` is no day (YYYY-MM-DD)")));
    }
    Ok(Some(Reviewer { name, date }))
}

/// The day of `SOURCE_DATE_EPOCH`; never the clock's, so that the same command writes the same.
fn epoch() -> Result<String> {
    let text = std::env::var("SOURCE_DATE_EPOCH").map_err(|_| {
        usage("the day of the review is not known: give `--date` or set SOURCE_DATE_EPOCH")
    })?;
    let seconds: Option<u64> = text.parse().ok();
    let seconds = seconds.filter(|&seconds| seconds < 253_402_300_800);
    let day = seconds.and_then(|seconds| Stamp(seconds).date_time().get(..10).map(str::to_owned));
    day.ok_or_else(|| {
        usage(&format!(
            "SOURCE_DATE_EPOCH is no number of seconds: `{text}`"
        ))
    })
}

fn usage(text: &str) -> Error {
    Error::Usage(text.to_owned())
}
