//! `cargo whittle report`, and `cargo whittle` without a command.

use clap::{Args, ValueEnum};

use crate::error::Outcome;
use crate::report::order::{self, Sort};
use crate::report::{Render, data, json::Json, markdown::Markdown, table::Table};

use super::args::AnalysisArgs;
use super::{Failure, Session};

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// How to print the report
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// What comes first
    #[arg(long, value_enum, value_name = "KEY", default_value = "used")]
    sort: SortArg,
    /// Show only crates at most N steps from the workspace; totals stay those of the tree
    #[arg(long, value_name = "N")]
    depth: Option<u32>,
    #[command(flatten)]
    pub(crate) analysis: AnalysisArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: fits 100 columns
    Table,
    /// For programs: see docs/report.schema.json
    Json,
    /// For pull requests and wikis
    Markdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SortArg {
    /// Smallest share of functions used
    Used,
    Name,
    /// Most lines in functions
    Lines,
    /// Most functions
    Total,
    /// Most unsafe functions and blocks reached
    Unsafe,
    /// Most lines that would leave the tree with it
    Weight,
}

impl From<SortArg> for Sort {
    fn from(sort: SortArg) -> Self {
        match sort {
            SortArg::Used => Self::Used,
            SortArg::Name => Self::Name,
            SortArg::Lines => Self::Lines,
            SortArg::Total => Self::Total,
            SortArg::Unsafe => Self::Unsafe,
            SortArg::Weight => Self::Weight,
        }
    }
}

pub(super) fn run(args: &ReportArgs, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    let options = super::options(&args.analysis)?;
    let analysis = session.analyze(&options)?;
    let sort = Sort::from(args.sort);
    let mut report = data::build(&analysis);
    order::arrange(&mut report, sort, args.depth);
    let renderer: &dyn Render = match args.format {
        Format::Table => &Table {
            sort,
            paint: session.paint,
        },
        Format::Json => &Json,
        Format::Markdown => &Markdown { sort },
    };
    renderer.render(&report, session.out)?;
    Ok(Outcome::Clean)
}
