//! `cargo whittle report`, and `cargo whittle` without a command.

use std::io::{self, Write};

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};

use crate::advise::settings::Settings;
use crate::copies;
use crate::error::{Error, Outcome};
use crate::history::{self, file::History};
use crate::model::Analysis;
use crate::report::badge::{Badge, Figure};
use crate::report::data::OwnedReport;
use crate::report::lcov::{self, Remap};
use crate::report::order::{self, Sort};
use crate::report::paint::Paint;
use crate::report::{Render, data, dot, graph, html, json::Json, markdown::Markdown, table::Table};
use crate::trend::{self, Question};

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
    /// Sources that an HTML report carries
    #[arg(long, value_enum, value_name = "WHICH", default_value = "reached")]
    sources: SourcesArg,
    /// History that an HTML report draws [default: the one beside the workspace's manifest]
    #[arg(long, value_name = "FILE")]
    history: Option<Utf8PathBuf>,
    /// Write the report to a file instead of printing it
    #[arg(short, long = "output", value_name = "FILE")]
    output_file: Option<Utf8PathBuf>,
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
    /// For browsers: one file with sources and chains, complete in itself
    Html,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SourcesArg {
    None,
    /// Files something of which is reached or unknown
    Reached,
    All,
}

impl From<SourcesArg> for html::Sources {
    fn from(sources: SourcesArg) -> Self {
        match sources {
            SourcesArg::None => Self::None,
            SourcesArg::Reached => Self::Reached,
            SourcesArg::All => Self::All,
        }
    }
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
    let settings = Settings::of_workspace(&analysis.project.workspace_root)?;
    let sort = Sort::from(args.sort);
    let mut report = data::build_with(&analysis, &settings);
    let (owned, not_listed) = owned(&analysis);
    report.owned.clone_from(&owned);
    report.notices.extend(not_listed.clone());
    order::arrange(&mut report, sort, args.depth);
    let renderer: &dyn Render = match args.format {
        Format::Table => &Table {
            sort,
            paint: args
                .output_file
                .as_ref()
                .map_or(session.paint, |_| Paint::default()),
        },
        Format::Json => &Json,
        Format::Markdown => &Markdown { sort },
        Format::Html => {
            let page = html::Options {
                owned,
                notices: not_listed.into_iter().collect(),
                ..page(args, &analysis, settings)?
            };
            to_output(args, session, |out| html::write(&analysis, &page, out))?;
            return Ok(Outcome::Clean);
        }
        Format::Badge => {
            session.notes(&analysis);
            &Badge {
                figure: args.figure.into(),
            }
        }
        Format::Lcov => return write_lcov(args, &analysis, session),
        Format::Dot => {
            session.notes(&analysis);
            let graph = graph::build(&analysis, args.depth, &settings);
            to_output(args, session, |out| dot::write(&graph, out))?;
            return Ok(Outcome::Clean);
        }
    };
    to_output(args, session, |out| renderer.render(&report, out))?;
    Ok(Outcome::Clean)
}

/// Copies in the workspace; and why they are not listed.
fn owned(analysis: &Analysis) -> (Vec<OwnedReport>, Option<String>) {
    match copies::of_project(&analysis.project) {
        Ok(copies) => (copies.iter().map(OwnedReport::of).collect(), None),
        Err(why) => (Vec::new(), Some(format!("owned code is not listed: {why}"))),
    }
}

/// Prints, or writes the file that `--output` names: whole, or not at all.
fn to_output<T>(
    args: &ReportArgs,
    session: &mut Session<'_>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<T>,
) -> Result<T, Failure> {
    Ok(match &args.output_file {
        Some(path) => super::output::replace(path, write)?,
        None => write(session.out)?,
    })
}

fn write_lcov(
    args: &ReportArgs,
    analysis: &Analysis,
    session: &mut Session<'_>,
) -> Result<Outcome, Failure> {
    session.notes(analysis);
    let on_disk = |file: &Utf8Path| file.is_file();
    let left_out = to_output(args, session, |out| {
        lcov::write(analysis, &args.remap_path_prefix, &on_disk, out)
    })?;
    for note in left_out.notes() {
        session.note(&note);
    }
    Ok(Outcome::Clean)
}

/// What the HTML report shows beside the analysis. A history that nobody named is part of the
/// tree: when it cannot be read, the page says so and has no chart.
fn page(
    args: &ReportArgs,
    analysis: &Analysis,
    settings: Settings,
) -> Result<html::Options, Error> {
    let beside = analysis.project.workspace_root.join(history::FILE_NAME);
    let history = match &args.history {
        Some(path) => {
            let none = || Error::Io {
                action: "read",
                path: path.clone(),
                why: "there is no such file".to_owned(),
            };
            Ok(Some(History::read(path)?.ok_or_else(none)?))
        }
        None => History::read(&beside),
    };
    let (history, no_trend) = match history {
        Ok(history) => (history.filter(|history| !history.is_empty()), None),
        Err(why) => (None, Some(why.to_string())),
    };
    let trends = history.map(|history| {
        let domains = analysis.options_domains.iter();
        let questions = domains.map(|domain| Question {
            domain,
            ..Question::default()
        });
        let trends = questions.map(|question| trend::data::build(&history, &question));
        trends.collect()
    });
    Ok(html::Options {
        sort: args.sort.into(),
        depth: args.depth,
        sources: args.sources.into(),
        trends: trends.unwrap_or_default(),
        no_trend,
        settings,
        ..html::Options::default()
    })
}
