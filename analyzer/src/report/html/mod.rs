//! The report as one HTML file that needs nothing else: no server, no network, no build step.
//!
//! Takes an [`Analysis`] and writes, in this order: a head whose policy forbids every request
//! and every script but the one in the file; the page's skeleton; the data, as JSON in blocks
//! that no browser executes; the script. The first block is what the overview shows, then
//! comes one block a crate with its items and sources, then the chains that lead to them in
//! pieces: the script parses each only when somebody looks at it, so that a tree of 500 crates
//! opens as fast as one of five.
//!
//! [docs/HTML.md](../../../../docs/HTML.md) is the page for users.

mod chains;
mod crates;
mod embed;
mod shell;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{self, Write};

use camino::Utf8Path;
use serde::Serialize;

use super::data::{self, OwnedReport, Report};
use super::order::Sort;
use super::sentences;
use super::text::UNSAFE;
use crate::advise::settings::Settings;
use crate::annotate::{self, SourceFile};
use crate::model::{Analysis, Domain, Domains, EdgeKind, ItemKind, Origin};
use crate::trend::{Metric, Trend};

use chains::Chains;

/// Value of `format` in the first block.
pub const FORMAT: &str = "whittle-html";

/// Which sources the page carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Sources {
    None,
    /// Files something of which is reached or unknown.
    #[default]
    Reached,
    All,
}

/// What is shown, and how much of it.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What the table is sorted by at first.
    pub sort: Sort,
    /// Crates deeper than this are left out.
    pub depth: Option<u32>,
    pub sources: Sources,
    /// How the figures of all dependencies went, one for each domain; none without a history.
    pub trends: Vec<Trend>,
    /// Why there is no trend although there is a history.
    pub no_trend: Option<String>,
    /// What verdicts follow.
    pub settings: Settings,
    /// Code of others that the workspace keeps itself.
    pub owned: Vec<OwnedReport>,
    /// What the reader should know beside what the analysis says.
    pub notices: Vec<String>,
}

/// Writes the page.
///
/// # Errors
/// Those of `out`. A source that cannot be read is left out, and the page says why.
pub fn write(analysis: &Analysis, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let index = Index::new(analysis, options);
    let chains = Chains::new(analysis, &index);
    shell::open(&index.report, out)?;
    embed::block(out, "report", &overview(analysis, options, &index, &chains))?;
    if let Some(trend) = TrendBlock::new(options) {
        embed::block(out, "trend", &trend)?;
    }
    embed::block(out, "files", &index.files)?;
    for krate in 0..index.packages.len() {
        let block = crates::block(analysis, options.sources, &index, &chains, krate);
        embed::block(out, &format!("crate-{krate}"), &block)?;
    }
    for (number, piece) in chains.pieces().enumerate() {
        embed::block(out, &format!("chains-{number}"), &piece)?;
    }
    shell::close(out)
}

/// What the blocks refer to by number.
struct Index<'a> {
    report: Report,
    /// Package of each crate of the report.
    packages: Vec<usize>,
    /// Crate of each package, where the report has it.
    crates: Vec<Option<usize>>,
    /// Every file that items stand in, and every other one on a chain.
    files: Vec<FileName>,
    numbers: BTreeMap<&'a Utf8Path, usize>,
    /// The files of each domain, as they are marked there.
    marked: Vec<(Domain, Vec<SourceFile<'a>>)>,
}

/// A file by its crate (-1 where it is in none of the page) and its path there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct FileName(i64, String);

impl<'a> Index<'a> {
    fn new(analysis: &'a Analysis, options: &Options) -> Self {
        let mut report = data::build_with(analysis, &options.settings);
        report.owned.clone_from(&options.owned);
        report.notices.extend(options.notices.iter().cloned());
        let all = analysis.project.packages.iter().enumerate();
        let mut packages: Vec<usize> = all
            .filter(|(_, package)| !package.is_member)
            .map(|(package, _)| package)
            .collect();
        if let Some(depth) = options.depth {
            let before = report.crates.len();
            report.crates.retain(|krate| krate.depth <= depth);
            packages.retain(|&package| analysis.project.packages[package].depth <= depth);
            report.crates_hidden = (before - report.crates.len()) as u64;
        }
        let mut crates = vec![None; analysis.project.packages.len()];
        for (krate, &package) in packages.iter().enumerate() {
            crates[package] = Some(krate);
        }
        let domains = analysis.options_domains.iter();
        let marked = domains
            .map(|domain| (domain, annotate::annotate(analysis, Domains::of(domain))))
            .collect();
        let mut index = Self {
            report,
            packages,
            crates,
            files: Vec::new(),
            numbers: BTreeMap::new(),
            marked,
        };
        index.number_files(analysis);
        index
    }

    fn number_files(&mut self, analysis: &'a Analysis) {
        let short = crate::witness::Files { analysis };
        let elsewhere = |file: &Utf8Path| FileName(-1, short.short(file.as_str()));
        let mut names: BTreeMap<&'a Utf8Path, FileName> = BTreeMap::new();
        for file in self.marked.iter().flat_map(|(_, files)| files) {
            let name = match self.krate(file.package) {
                -1 => elsewhere(file.file),
                krate => FileName(krate, file.path.clone()),
            };
            names.insert(file.file, name);
        }
        let nodes = analysis.nodes.iter();
        for file in nodes.filter_map(|node| node.file.as_deref()) {
            names.entry(file).or_insert_with(|| elsewhere(file));
        }
        for (number, (file, name)) in names.into_iter().enumerate() {
            self.numbers.insert(file, number);
            self.files.push(name);
        }
    }

    fn krate(&self, package: usize) -> i64 {
        let krate = self.crates.get(package).copied().flatten();
        krate.map_or(-1, |krate| i64::try_from(krate).unwrap_or(-1))
    }

    fn file(&self, file: &Utf8Path) -> i64 {
        let number = self.numbers.get(file).copied();
        number.map_or(-1, |number| i64::try_from(number).unwrap_or(-1))
    }
}

/// The first block.
#[derive(Serialize)]
struct Overview<'a> {
    /// Characters that are shown as their number, as a JavaScript class.
    hidden: String,
    sort: &'static str,
    sources: &'static str,
    report: &'a Report,
    /// The sentences of the other formats: by domain, and how exact the figures are.
    summary: BTreeMap<&'static str, String>,
    /// What ran of the tree.
    policy: String,
    more: Vec<More>,
    /// What the numbers in the other blocks mean.
    kinds: [ItemKind; 11],
    origins: [Origin; 3],
    edges: [EdgeKind; 8],
    steps_in_piece: usize,
}

/// What the chart shows.
#[derive(Serialize)]
struct TrendBlock<'a> {
    trends: &'a [Trend],
    /// What the metrics of all trends are called.
    titles: BTreeMap<Metric, &'static str>,
    missing: Option<&'a str>,
}

impl<'a> TrendBlock<'a> {
    fn new(options: &'a Options) -> Option<Self> {
        let metrics = options.trends.iter().flat_map(|trend| &trend.metrics);
        let some = !options.trends.is_empty() || options.no_trend.is_some();
        some.then(|| Self {
            trends: &options.trends,
            titles: metrics.map(|&metric| (metric, metric.title())).collect(),
            missing: options.no_trend.as_deref(),
        })
    }
}

/// What the page knows of a crate beside the report.
#[derive(Serialize)]
struct More {
    /// The crate it comes into the tree through: on a shortest path from a member, -1 when a
    /// member depends on it.
    through: i64,
    /// Step at which it is first reached, by domain of the report; -1 without one.
    entry: Vec<i64>,
}

fn overview<'a>(
    analysis: &Analysis,
    options: &Options,
    index: &'a Index<'_>,
    chains: &Chains<'_>,
) -> Overview<'a> {
    let users = nearest_users(analysis);
    let more = index.packages.iter().map(|&package| More {
        through: users[package].map_or(-1, |user| index.krate(user)),
        entry: chains.entries(package),
    });
    Overview {
        hidden: class_of(UNSAFE),
        sort: match options.sort {
            Sort::Used => "used",
            Sort::Name => "name",
            Sort::Lines => "lines",
            Sort::Total => "total",
            Sort::Unsafe => "unsafe",
            Sort::Weight => "weight",
        },
        sources: match options.sources {
            Sources::None => "none",
            Sources::Reached => "reached",
            Sources::All => "all",
        },
        report: &index.report,
        summary: sentences::summary(&index.report).into_iter().collect(),
        policy: sentences::what_ran(&index.report),
        more: more.collect(),
        kinds: crates::KINDS,
        origins: crates::ORIGINS,
        edges: chains::EDGES,
        steps_in_piece: chains::STEPS_IN_PIECE,
    }
}

/// The package before each one on a shortest path from a member.
fn nearest_users(analysis: &Analysis) -> Vec<Option<usize>> {
    let packages = &analysis.project.packages;
    let mut users = vec![None; packages.len()];
    for (user, package) in packages.iter().enumerate() {
        for &dependency in &package.dependencies {
            let nearer = packages.get(dependency).map(|it| it.depth) == Some(package.depth + 1);
            if nearer && users[dependency].is_none() {
                users[dependency] = Some(user);
            }
        }
    }
    users
}

/// `\u{0}-\u{1f}\u{7f}…`
fn class_of(ranges: &[(char, char)]) -> String {
    let range = |&(first, last): &(char, char)| {
        format!("{}-{}", first.escape_unicode(), last.escape_unicode())
    };
    ranges.iter().map(range).collect()
}
