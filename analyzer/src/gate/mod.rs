//! `cargo whittle check`: the surface held to rules and to a baseline.
//!
//! [`config::Config`] is what a manifest asks for, [`lock::Lock`] what was accepted before;
//! [`check`] takes both and an analysis and gives a [`CheckReport`], everything that is said. A
//! [`Render`] writes it and computes nothing.
//!
//! The tree that is judged must not judge itself: with [`Input::base`] the rules and the baseline
//! are those of a base revision, and what the tree has made looser is a finding.

pub mod config;
mod counted;
mod crate_rules;
pub mod crates;
mod explain;
pub mod files;
pub mod finding;
pub mod github;
mod ignores;
pub mod init;
pub mod json;
pub mod junit;
pub mod lock;
mod loosened;
mod manifests;
pub mod markdown;
mod news;
mod ratchet;
pub mod rule;
pub mod sarif;
mod subject;
pub mod table;
#[cfg(test)]
pub(crate) mod tests;
mod text;
mod through;
pub(crate) mod toml_reader;

use std::io::{self, Write};

use crate::error::{Error, Result};
use crate::measure::{self, Measures};
use crate::model::Analysis;
use crate::report::header::Header;
use crate::surface::Surface;

use config::Config;
pub use explain::explain;
use finding::{Base, Baseline, Counts, FORMAT, VERSION};
pub use finding::{CheckReport, Finding, Level};
use ignores::Ignores;
use lock::Lock;
pub use loosened::{Tree, TreeLock};
use manifests::Manifests;
pub use rule::Rule;
use through::Ways;

/// Writes what was found in one format.
pub trait Render {
    /// # Errors
    /// Only those of `out`.
    fn render(&self, report: &CheckReport, out: &mut dyn Write) -> io::Result<()>;
}

/// What an analysis is held to.
pub struct Input<'a> {
    pub config: &'a Config,
    /// The baseline with its name, relative to the workspace.
    pub lock: Option<(&'a str, &'a Lock)>,
    /// Where `config` and `lock` come from, when not from the tree itself; then also what the
    /// tree has in their place.
    pub base: Option<(Base, Tree<'a>)>,
    /// `2026-11-25`: decides which ignores have expired, and nothing else.
    pub today: &'a str,
    /// Where the workspace lies in its repository.
    pub workspace: String,
}

/// What all rules look at.
struct Ctx<'a> {
    analysis: &'a Analysis,
    surface: &'a Surface,
    measures: &'a Measures,
    config: &'a Config,
    /// What the tree's own manifest says: the lines that findings point at are there.
    here: &'a Config,
    manifests: Manifests,
    ways: Ways<'a>,
}

/// Holds an analysis to rules and baseline.
///
/// # Errors
/// [`crate::error::Error::Baseline`] when the baseline is valid for something else, or cannot
/// tell items apart; [`crate::error::Error::Config`] when a rule counts what is not analysed.
pub fn check(analysis: &Analysis, input: &Input<'_>) -> Result<CheckReport> {
    let surface = Surface::new(analysis);
    lock::distinct(&surface)?;
    let manifests = Manifests::read(&analysis.project)?;
    if let Some((file, lock)) = input.lock {
        ratchet::comparable(&Lock::of(&surface), lock, file)?;
    }
    let ctx = Ctx {
        analysis,
        surface: &surface,
        measures: &measure::measure(analysis),
        config: input.config,
        here: input
            .base
            .as_ref()
            .map_or(input.config, |(_, tree)| tree.config),
        manifests,
        ways: Ways::new(analysis),
    };
    let mut ignores = Ignores::new(&input.config.ignores, input.today);
    let mut findings = counted::findings(&ctx, &mut ignores)?;
    findings.extend(crate_rules::findings(&ctx));
    if let Some((file, lock)) = input.lock {
        findings.extend(news::findings(&ctx, file, lock));
    }
    if let Some((base, tree)) = &input.base {
        findings.extend(loosened::findings(&ctx, base, input.lock, tree));
    }
    ignores.apply(&mut findings);
    news::within_limit(input.config, &mut findings);
    findings.extend(ignores.findings(&ctx, input.lock.is_some()));
    subject::tell_apart(&mut findings);
    findings.retain(|finding| finding.level != Level::Allow);
    Ok(report(analysis, input, findings))
}

fn report(analysis: &Analysis, input: &Input<'_>, findings: Vec<Finding>) -> CheckReport {
    let count = |wanted: fn(&Finding) -> bool| {
        let found = findings.iter().filter(|finding| wanted(finding));
        found.count() as u64
    };
    let counts = Counts {
        denied: count(Finding::is_denied),
        warnings: count(Finding::is_warning),
        ignored: count(|finding| finding.ignored.is_some()),
    };
    CheckReport {
        header: Header::new(FORMAT, VERSION, analysis),
        toolchain: analysis.project.toolchain.description.clone(),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        workspace: input.workspace.clone(),
        base: input.base.as_ref().map(|(base, _)| base.clone()),
        baseline: input.lock.map(|(file, lock)| Baseline {
            file: file.to_owned(),
            crates: lock.crates.len() as u64,
            items: lock.items() as u64,
        }),
        counts,
        findings,
        execution: analysis.project.execution.clone(),
        notices: analysis.project.notices.clone(),
    }
}

/// What a baseline that is written again accepts, item by item: each is a finding of a check
/// against the old one. Nothing when the old one was valid for something else.
#[must_use]
pub fn accepted(surface: &Surface, before: &Lock) -> Vec<String> {
    if Lock::of(surface).scope != before.scope {
        return Vec::new();
    }
    news::in_words(&ratchet::compare(surface, before))
}

/// For a word that is no rule.
#[must_use]
pub fn unknown_rule(word: &str, known: &[&str]) -> Error {
    let help = match toml_reader::nearest(word, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", known.join(", ")),
    };
    Error::Config {
        place: "--explain".to_owned(),
        why: format!("unknown rule `{word}`"),
        help,
    }
}
