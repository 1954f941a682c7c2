//! `cargo whittle report`, and `cargo whittle` without a command.

use camino::Utf8Path;
use clap::{Args, ValueEnum};

use crate::error::Outcome;
use crate::model::Analysis;
use crate::report::badge::{Badge, Figure};
use crate::report::lcov::{self, Remap};
use crate::report::order::{self, Sort};
use crate::report::{Render, data, dot, graph, json::Json, markdown::Markdown, table::Table};

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
    /// Figure of a badge, in the first analyzed domain
    #[arg(long, value_enum, value_name = "FIGURE", default_value = "functions")]
    figure: FigureArg,
    /// Write TO for the start FROM of paths in an LCOV file; the last one that fits counts
    #[arg(long, value_name = "FROM=TO")]
    remap_path_prefix: Vec<Remap>,
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
    /// For coverage viewers: functions and lines of dependencies that are reached
    Lcov,
    /// For Graphviz: the graph of crates with what is used of them
    Dot,
    /// For badge services: one figure (see --figure)
    Badge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FigureArg {
    /// Share of functions used
    Functions,
    /// Share of lines in functions used
    Lines,
    /// Lines in functions reached
    Reached,
    /// Number of dependencies, and of unused ones
    Crates,
    /// Unsafe functions and blocks reached
    Unsafe,
}

impl From<FigureArg> for Figure {
    fn from(figure: FigureArg) -> Self {
        match figure {
            FigureArg::Functions => Self::Functions,
            FigureArg::Lines => Self::Lines,
            FigureArg::Reached => Self::Reached,
            FigureArg::Crates => Self::Crates,
            FigureArg::Unsafe => Self::Unsafe,
        }
    }
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
        Format::Badge => {
            session.notes(&analysis);
            &Badge {
                figure: args.figure.into(),
            }
        }
        Format::Lcov => return write_lcov(args, &analysis, session),
        Format::Dot => {
            session.notes(&analysis);
            dot::write(&graph::build(&analysis, args.depth), session.out)?;
            return Ok(Outcome::Clean);
        }
    };
    renderer.render(&report, session.out)?;
    Ok(Outcome::Clean)
}

fn write_lcov(
    args: &ReportArgs,
    analysis: &Analysis,
    session: &mut Session<'_>,
) -> Result<Outcome, Failure> {
    session.notes(analysis);
    let on_disk = |file: &Utf8Path| file.is_file();
    let left_out = lcov::write(analysis, &args.remap_path_prefix, &on_disk, session.out)?;
    for note in left_out.notes() {
        session.note(&note);
    }
    Ok(Outcome::Clean)
}
