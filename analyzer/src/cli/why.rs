//! `cargo whittle why`.

use clap::{Args, ValueEnum};

use crate::error::Outcome;
use crate::model::Status;
use crate::witness;

use super::args::AnalysisArgs;
use super::{Failure, Session};

#[derive(Debug, Args)]
pub(crate) struct WhyArgs {
    /// A crate (`name`, `name@version`) or an item (its path, or the end of it)
    #[arg(value_name = "CRATE|PATH")]
    query: String,
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
    /// For programs
    Json,
}

pub(super) fn run(args: &WhyArgs, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    let analysis = session.analyze(&super::options(&args.analysis)?)?;
    let answer = witness::why(&analysis, &args.query)?;
    session.notes(&analysis);
    match args.format {
        Format::Table => witness::text(&answer, &analysis, session.paint, session.out)?,
        Format::Json => witness::json(&answer, session.out)?,
    }
    Ok(match answer.status {
        Status::Used => Outcome::Clean,
        Status::Unknown | Status::Unused => Outcome::Findings,
    })
}
