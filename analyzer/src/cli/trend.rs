//! `cargo whittle trend`: how the figures of the history file went.

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

use crate::cargo::folders_of;
use crate::error::{Error, Outcome};
use crate::history::file::History;
use crate::revision::Repository;
use crate::trend::data::{build, knows_crate};
use crate::trend::table::Table;
use crate::trend::{self, Metric, Question, Since, svg};

use super::args::{DomainArg, OutputArgs};
use super::record::history_file;
use super::{Failure, Session};

/// Commits that the table lists unless it is told otherwise.
const ROWS: usize = 30;

#[derive(Debug, Args)]
pub(crate) struct TrendArgs {
    /// How to print the trend
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// The history file [default: whittle-history.jsonl beside the workspace's manifest]
    #[arg(long, value_name = "PATH")]
    file: Option<Utf8PathBuf>,
    /// Only this crate: `name` or `name@version`
    #[arg(long = "crate", value_name = "CRATE")]
    krate: Option<String>,
    /// What to follow [default: functions, lines, unsafe, crates; unknown where there is any]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "METRIC")]
    metric: Vec<Metric>,
    /// The domain whose figures are shown
    #[arg(long, value_enum, value_name = "DOMAIN", default_value = "run")]
    domain: DomainArg,
    /// From a day on (`2026-01-31`, in UTC), or from the time of a commit on
    #[arg(long, value_name = "DAY|REVISION")]
    since: Option<String>,
    /// Only the newest N commits [default: all; the table lists 30]
    #[arg(long, value_name = "N")]
    last: Option<usize>,
    /// Draw with ASCII characters
    #[arg(long)]
    ascii: bool,
    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: fits 100 columns
    Table,
    /// A picture for web pages
    Svg,
    /// For programs: see docs/trend.schema.json
    Json,
}

pub(super) fn run(args: &TrendArgs, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    let file = match &args.file {
        Some(file) => file.clone(),
        None => history_file(None, &folders_of(args.manifest_path.clone())?.0)?,
    };
    let history = History::read(&file)?.ok_or_else(|| Error::NoHistory(file.clone()))?;
    if let Some(krate) = &args.krate
        && !knows_crate(&history, krate)
    {
        let error = format!("no recorded commit depends on `{krate}`");
        return Err(Error::Usage(error).into());
    }
    let question = Question {
        domain: args.domain.into(),
        krate: args.krate.clone(),
        metrics: args.metric.clone(),
        since: args
            .since
            .as_deref()
            .map(|since| args.since(since))
            .transpose()?,
        last: args.last,
    };
    let trend = build(&history, &question);
    match args.format {
        Format::Json => trend::json(&trend, session.out)?,
        Format::Svg => write!(session.out, "{}", svg::render(&trend))?,
        Format::Table => {
            let table = Table {
                paint: session.paint,
                ascii: args.ascii || session.ascii,
                rows: args.last.unwrap_or(ROWS),
            };
            table.render(&trend, session.out)?;
        }
    }
    Ok(Outcome::Clean)
}

impl TrendArgs {
    fn since(&self, since: &str) -> Result<Since, Error> {
        let shape: String = since
            .chars()
            .map(|c| if c.is_ascii_digit() { '0' } else { c })
            .collect();
        if shape == "0000-00-00" {
            return Ok(Since::Day(since.to_owned()));
        }
        let folder = match &self.manifest_path {
            Some(manifest) => manifest.parent().unwrap_or(manifest).to_owned(),
            None => Utf8PathBuf::new(),
        };
        let folder = if folder.as_str().is_empty() {
            ".".into()
        } else {
            folder
        };
        match Repository::open(&folder)?.resolve(since) {
            Ok(commit) => Ok(Since::Time(commit.time)),
            Err(Error::NoRevision {
                revision,
                why,
                shallow,
            }) => Err(Error::NoRevision {
                revision,
                why: format!("{why}; a day is written 2026-01-31"),
                shallow,
            }),
            Err(error) => Err(error),
        }
    }
}
