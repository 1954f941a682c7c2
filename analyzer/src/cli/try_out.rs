//! `cargo whittle try`.

use clap::{Args, ValueEnum};

use crate::advise::settings::Settings;
use crate::cargo::folders_of;
use crate::error::Outcome;
use crate::report::text::json_safe;
use crate::tryout::scratch::Wanted;
use crate::tryout::{self, Question, table};

use super::args::AnalysisArgs;
use super::{Failure, Session};

pub(super) const AFTER_HELP: &str = "\
--features and --no-default-features are those of the crate that is tried.

Works in a scratch workspace below target/whittle/try, or in a temporary folder outside of a
project; the project is left as it is. Sources come from cargo's cache; with --fetch cargo may
fetch what is missing.

Exits with 2 when a path leads nowhere, and names the nearest.";

#[derive(Debug, Args)]
pub(crate) struct TryArgs {
    /// The crate, `name` or `name@version`
    #[arg(value_name = "CRATE")]
    krate: String,
    /// What would be used of it: paths as they would be written, `regex::Regex::new`
    #[arg(
        long = "use",
        value_name = "PATHS",
        value_delimiter = ',',
        required = true
    )]
    uses: Vec<String>,
    /// Let cargo fetch what is not in its cache (uses the network)
    #[arg(long)]
    fetch: bool,
    /// How to print the answer
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    format: Format,
    #[command(flatten)]
    pub(crate) analysis: AnalysisArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs: see docs/try.schema.json
    Json,
}

pub(super) fn run(args: &TryArgs, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    let options = super::options(&args.analysis)?;
    let selection = &options.selection;
    let (name, version) = match args.krate.split_once('@') {
        Some((name, version)) => (name, Some(version.to_owned())),
        None => (args.krate.as_str(), None),
    };
    let question = Question {
        wanted: Wanted {
            name: name.to_owned(),
            version,
            features: selection.features.clone(),
            default_features: !selection.no_default_features,
        },
        uses: args
            .uses
            .iter()
            .map(|path| path.trim().to_owned())
            .collect(),
        manifest: selection.manifest_path.clone(),
        fetch: args.fetch,
    };
    let settings = match folders_of(selection.manifest_path.clone()) {
        Ok((root, _)) => Settings::of_workspace(&root)?,
        Err(_) => Settings::default(),
    };
    let tried = tryout::try_out(&question, &options, &settings, &mut |options| {
        session.analyze(options)
    })?;
    for notice in &tried.notices {
        session.note(notice);
    }
    match args.format {
        Format::Table => table::table(&tried, session.paint, session.out)?,
        Format::Json => {
            writeln!(
                session.out,
                "{}",
                json_safe(serde_json::to_string_pretty(&tried)?)
            )?;
        }
    }
    Ok(Outcome::Clean)
}
