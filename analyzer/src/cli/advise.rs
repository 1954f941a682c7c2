//! `cargo whittle advise`.

use std::io::Write;

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

use crate::advise::settings::Settings;
use crate::advise::{self, markdown, table};
use crate::error::Outcome;
use crate::report::text::json_safe;

use super::args::AnalysisArgs;
use super::{Failure, Session};

pub(super) const AFTER_HELP: &str = "\
Verdicts:
  unused   nothing of it is used in what was analyzed: remove it
  std      the standard library has what is used of it
  extract  little enough is used to own it: `cargo whittle extract` does it
  trim     features that are on bring in only what is not used
  keep     leave it as it is, with the reason

The limits are in [workspace.metadata.whittle.advise]; see docs/ADVISE.md. Exits with 0 whatever
is advised.";

#[derive(Debug, Args)]
pub(crate) struct AdviseArgs {
    /// A dependency, `name` or `name@version` [default: all direct ones, a line each]
    #[arg(value_name = "CRATE")]
    krate: Option<String>,
    /// How to print the advice
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Write it to a file instead of printing it
    #[arg(short, long = "output", value_name = "FILE")]
    output_file: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub(crate) analysis: AnalysisArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs: see docs/advice.schema.json
    Json,
    /// For pull requests and wikis
    Markdown,
}

pub(super) fn run(args: &AdviseArgs, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    let mut options = super::options(&args.analysis)?;
    // Before the analysis, which takes long: what is wrong here is wrong at once.
    let root = session
        .layout(options.selection.manifest_path.clone())?
        .root;
    let settings = Settings::of_workspace(&root)?;
    let asked = args.krate.as_deref();
    options.understand = advise::understand(asked, &settings);
    let analysis = session.analyze(&options)?;
    let advice = advise::advise(&analysis, asked, &settings)?;
    session.notes(&analysis);
    let paint = session.paint;
    let write = |out: &mut dyn Write, paint| match args.format {
        Format::Table => table::table(&advice, asked.is_some(), paint, out),
        Format::Json => writeln!(out, "{}", json_safe(serde_json::to_string_pretty(&advice)?)),
        Format::Markdown => markdown::markdown(&advice, out),
    };
    match &args.output_file {
        Some(path) => super::output::replace(path, |out| {
            write(out, crate::report::paint::Paint::default())
        })?,
        None => write(session.out, paint)?,
    }
    Ok(Outcome::Clean)
}
