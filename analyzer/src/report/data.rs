//! The report as data: what `--format json` prints and the other renderers read.
//!
//! The types here are the format. Its schema is generated from them and committed as
//! `docs/report.schema.json`; a test compares the two.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;
use whittle_extract::items::Kind;

use crate::advise::evidence::Grounds;
use crate::advise::settings::Settings;
use crate::copies::Owned;
use crate::execution::Execution;
use crate::measure::{self, Figures, InDomain, Measures, Totals, Use, Weight};
use crate::model::{Analysis, Domain, Item, Origin, Source, Status};
use crate::verdict::Verdict;

use super::header::Header;

/// Value of `format`.
pub const FORMAT: &str = "whittle-report";
/// Value of `version`.
pub const VERSION: u32 = 1;

/// What a workspace reaches in its dependencies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Report {
    #[serde(flatten)]
    pub header: Header,
    /// `rustc 1.95.0 (…)`.
    pub toolchain: String,
    /// Where std's sources came from: `option`, `rust-src` or `rust-docs`.
    pub std_sources: String,
    /// Version of this tool.
    pub tool: String,
    /// Sums over all dependencies by domain, whatever part of them `crates` shows.
    #[cfg_attr(test, schemars(with = "BTreeMap<String, Totals>"))]
    pub totals: BTreeMap<Domain, Totals>,
    /// The dependencies in the order asked for.
    pub crates: Vec<CrateReport>,
    /// Dependencies left out because they are deeper than `--depth`.
    pub crates_hidden: u64,
    /// Code of dependencies that the workspace owns: copies with a `whittled.toml`.
    pub owned: Vec<OwnedReport>,
    pub exactness: Exactness,
    /// What of the tree's own code ran, what did not, and what was kept from it.
    pub execution: Execution,
    /// What the reader should know about this run.
    pub notices: Vec<String>,
}

/// A copy of part of a package, which is a dependency no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OwnedReport {
    /// Name of the package that it is of.
    pub name: String,
    pub version: String,
    /// The member that owns it.
    pub package: String,
    /// From the root of the workspace.
    pub folder: String,
    /// The licence that was chosen.
    pub license: String,
    /// Functions, types, impls of traits and other definitions, as the plan counts them.
    pub items: u64,
    /// Free ones and those of impls.
    pub functions: u64,
    /// Local changes that somebody answers for.
    pub acknowledged: u64,
}

impl OwnedReport {
    #[must_use]
    pub fn of(owned: &Owned) -> Self {
        let record = &owned.record;
        let functions = record.definitions().filter(|item| item.kind == Kind::Fn);
        Self {
            name: record.origin.name.clone(),
            version: record.origin.version.clone(),
            package: owned.package.clone(),
            folder: owned.shown.to_string(),
            license: record.license.chosen.clone(),
            items: record.items().count() as u64,
            functions: functions.count() as u64,
            acknowledged: record.acknowledged.len() as u64,
        }
    }
}

/// A dependency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CrateReport {
    /// Name of the package.
    pub name: String,
    pub version: String,
    /// `registry`, `git` or `path`.
    pub source: &'static str,
    /// SPDX expression of the manifest.
    pub license: Option<String>,
    /// A workspace member depends on it.
    pub direct: bool,
    /// Steps from the nearest workspace member.
    pub depth: u32,
    pub build_script: bool,
    pub proc_macro: bool,
    /// Lines of all Rust sources that are loaded for it.
    pub source_lines: u64,
    /// What would leave the tree with it, itself included.
    pub exclusive_weight: Weight,
    /// What is advised to do with it; only for direct dependencies. `extract` means that its
    /// figures allow it: `cargo whittle advise` looks at what would have to be copied.
    pub verdict: Option<Verdict>,
    /// The first reason for the verdict; only with one.
    pub verdict_reason: Option<String>,
    /// Figures by domain it is compiled in.
    #[cfg_attr(test, schemars(with = "BTreeMap<String, CrateFigures>"))]
    pub domains: BTreeMap<Domain, CrateFigures>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CrateFigures {
    pub uses: Use,
    /// Only the package's build script is compiled in this domain.
    pub build_script_only: bool,
    #[serde(flatten)]
    pub figures: Figures,
}

/// How far the figures can be trusted: what was not resolved, with reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Exactness {
    /// Functions that are neither used nor unused, over all domains.
    pub unknown_functions: u64,
    /// How many of these a derive made.
    pub unknown_derived: u64,
    /// Why they are unknown.
    pub unknown_reasons: Vec<ReasonCount>,
    /// Macros, bodies and lookups that were not understood.
    pub gaps: Vec<GapReport>,
    /// Function instances that were walked.
    pub instances: u64,
    /// Function bodies that were read.
    pub bodies: u64,
    /// Edges that a where-clause of a std function stands for, because its body calls what has
    /// no sources.
    pub fallbacks: u64,
}

impl Exactness {
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.unknown_functions == 0 && self.gaps.is_empty()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReasonCount {
    pub reason: String,
    pub count: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GapReport {
    pub reason: String,
    /// The package it stands in; `null` for std.
    #[serde(rename = "crate")]
    pub krate: Option<String>,
    pub crate_version: Option<String>,
    /// Item or file.
    pub place: String,
    /// How often.
    pub count: u64,
}

/// Measures an analysis and names everything, in the order of the packages; verdicts by the
/// limits that nobody changed.
#[must_use]
pub fn build(analysis: &Analysis) -> Report {
    build_with(analysis, &Settings::default())
}

/// The same with the limits of the workspace.
#[must_use]
pub fn build_with(analysis: &Analysis, settings: &Settings) -> Report {
    let measures = measure::measure(analysis);
    let grounds = Grounds::new(analysis, &measures, settings);
    let mut verdicts = verdicts(analysis, &measures, &grounds);
    let crates = measures.packages.iter().filter_map(|measured| {
        let package = analysis.project.packages.get(measured.package)?;
        let (verdict, verdict_reason) = verdicts.remove(&measured.package).unzip();
        Some(CrateReport {
            name: package.name.clone(),
            version: package.version.clone(),
            source: match package.source {
                Source::Registry => "registry",
                Source::Git => "git",
                Source::Path => "path",
            },
            license: package.license.clone(),
            direct: package.is_direct,
            depth: package.depth,
            build_script: package.has_build_script,
            proc_macro: package.is_proc_macro,
            source_lines: measured.source_lines,
            exclusive_weight: measured.weight,
            verdict,
            verdict_reason,
            domains: measured
                .domains
                .iter()
                .map(|(&d, in_d)| (d, crate_figures(in_d)))
                .collect(),
        })
    });
    Report {
        header: Header::new(FORMAT, VERSION, analysis),
        toolchain: analysis.project.toolchain.description.clone(),
        std_sources: analysis.project.std_src.origin.clone().into_owned(),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        crates: crates.collect(),
        totals: measures.totals,
        crates_hidden: 0,
        owned: Vec::new(),
        exactness: exactness(analysis),
        execution: analysis.project.execution.clone(),
        notices: analysis.project.notices.clone(),
    }
}

/// Of direct dependencies. Some need a look at the text: large ones come first, so that no thread
/// begins with one when the others are done.
fn verdicts(
    analysis: &Analysis,
    measures: &Measures,
    grounds: &Grounds<'_>,
) -> BTreeMap<usize, (Verdict, String)> {
    let packages = &analysis.project.packages;
    let is_direct = |index: usize| packages.get(index).is_some_and(|it| it.is_direct);
    let mut direct: Vec<_> = measures.packages.iter().collect();
    direct.retain(|measured| is_direct(measured.package));
    direct.sort_by_key(|measured| Reverse(measured.source_lines));
    let judged = direct.par_iter().with_max_len(1);
    judged
        .filter_map(|measured| Some((measured.package, grounds.in_short(measured.package)?)))
        .collect()
}

fn crate_figures(in_domain: &InDomain) -> CrateFigures {
    CrateFigures {
        uses: in_domain.uses,
        build_script_only: !in_domain.beyond_build_script,
        figures: in_domain.figures,
    }
}

fn exactness(analysis: &Analysis) -> Exactness {
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    let unknown =
        |item: &&Item| item.status == Status::Unknown && item.kind.is_function() && item.counted;
    let mut unknown_derived = 0;
    for item in analysis.items.iter().filter(unknown) {
        unknown_derived += u64::from(item.origin == Origin::Derive);
        *reasons
            .entry(item.reason.as_deref().unwrap_or("no reason given"))
            .or_default() += 1;
    }
    let gaps = analysis.gaps.iter().map(|gap| {
        let package = gap
            .package
            .and_then(|index| analysis.project.packages.get(index));
        GapReport {
            reason: gap.reason.clone(),
            krate: package.map(|package| package.name.clone()),
            crate_version: package.map(|package| package.version.clone()),
            place: gap.place.clone(),
            count: u64::from(gap.count),
        }
    });
    Exactness {
        unknown_functions: reasons.values().sum(),
        unknown_derived,
        unknown_reasons: by_count(reasons),
        gaps: gaps.collect(),
        instances: analysis.instances as u64,
        fallbacks: u64::from(analysis.fallbacks),
        bodies: analysis.bodies as u64,
    }
}

/// The most frequent first, then by name.
pub(super) fn by_count(reasons: BTreeMap<&str, u64>) -> Vec<ReasonCount> {
    let mut counts: Vec<ReasonCount> = reasons
        .into_iter()
        .map(|(reason, count)| ReasonCount {
            reason: reason.to_owned(),
            count,
        })
        .collect();
    counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.reason.cmp(&b.reason)));
    counts
}
