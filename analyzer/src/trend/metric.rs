//! What can be followed over time, and how it is read off a snapshot.

use clap::ValueEnum;
use serde::Serialize;

use crate::history::{CrateFigures, Kept, Snapshot};
use crate::model::Domain;
use crate::report::text::thousands;

/// A figure of a snapshot, in one domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Functions reached
    Functions,
    /// Lines in functions reached
    Lines,
    /// Unsafe functions and blocks reached
    Unsafe,
    /// Functions that are neither used nor unused
    Unknown,
    /// Public items that the workspace names
    Public,
    /// Functions reached per thousand there are
    Share,
    /// Functions there are
    FunctionsTotal,
    /// Lines in functions there are
    LinesTotal,
    /// Unsafe functions and blocks there are
    UnsafeTotal,
    /// Lines of all sources
    SourceLines,
    /// Dependencies
    Crates,
    /// Dependencies of the workspace's own packages
    DirectCrates,
    /// Crates that are there in more than one version
    Duplicates,
    /// Steps from the workspace to the deepest dependency
    Depth,
    /// Dependencies with a build script
    BuildScripts,
    /// Dependencies with proc macros
    ProcMacros,
}

impl Metric {
    /// A column's head: short.
    #[must_use]
    pub fn head(self) -> &'static str {
        match self {
            Self::Functions => "functions",
            Self::Lines => "lines",
            Self::Unsafe => "unsafe",
            Self::Unknown => "unknown",
            Self::Public => "API named",
            Self::Share => "share",
            Self::FunctionsTotal => "all functions",
            Self::LinesTotal => "all lines",
            Self::UnsafeTotal => "all unsafe",
            Self::SourceLines => "source lines",
            Self::Crates => "crates",
            Self::DirectCrates => "direct crates",
            Self::Duplicates => "duplicates",
            Self::Depth => "depth",
            Self::BuildScripts => "build scripts",
            Self::ProcMacros => "proc macros",
        }
    }

    /// What it is, in a few words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Functions => "functions reached",
            Self::Lines => "lines reached",
            Self::Unsafe => "unsafe functions and blocks reached",
            Self::Unknown => "functions unknown",
            Self::Public => "public items named",
            Self::Share => "share of functions reached",
            Self::FunctionsTotal => "functions in all",
            Self::LinesTotal => "lines in functions, in all",
            Self::UnsafeTotal => "unsafe functions and blocks in all",
            Self::SourceLines => "lines of source",
            Self::Crates => "crates",
            Self::DirectCrates => "direct dependencies",
            Self::Duplicates => "crates in several versions",
            Self::Depth => "depth of the tree",
            Self::BuildScripts => "crates with a build script",
            Self::ProcMacros => "crates with proc macros",
        }
    }

    /// A value as people read it.
    #[must_use]
    pub fn words(self, value: u64) -> String {
        match self {
            Self::Share => format!("{}.{}%", value / 10, value % 10),
            _ => thousands(value),
        }
    }

    /// The value in a domain, of all dependencies or of those that `krate` names; `None` when
    /// there is none of them.
    #[must_use]
    pub fn of(self, snapshot: &Snapshot, domain: Domain, krate: Option<&str>) -> Option<u64> {
        let crates: Vec<(&CrateFigures, &Kept)> = snapshot
            .crates
            .iter()
            .filter(|it| krate.is_none_or(|krate| is_named(it, krate)))
            .filter_map(|it| Some((it, it.domains.get(&domain)?)))
            .collect();
        if krate.is_some() && crates.is_empty() {
            return None;
        }
        let total = snapshot.totals.get(&domain)?;
        let sum = |value: fn(&Kept) -> u64| match krate {
            None => value(&total.figures),
            Some(_) => crates.iter().map(|(_, figures)| value(figures)).sum(),
        };
        let count =
            |is: fn(&CrateFigures) -> bool| crates.iter().filter(|(it, _)| is(it)).count() as u64;
        Some(match self {
            Self::Functions => sum(|it| it.functions.used()),
            Self::Lines => sum(|it| it.lines.used()),
            Self::Unsafe => sum(|it| it.unsafety.used()),
            Self::Unknown => sum(|it| it.functions.unknown() + it.derived.unknown()),
            Self::Public => sum(|it| it.public.0),
            Self::Share => {
                let (used, all) = (
                    sum(|it| it.functions.used()),
                    sum(|it| it.functions.total()),
                );
                return (used * 1000).checked_div(all);
            }
            Self::FunctionsTotal => sum(|it| it.functions.total()),
            Self::LinesTotal => sum(|it| it.lines.total()),
            Self::UnsafeTotal => sum(|it| it.unsafety.total()),
            Self::SourceLines if krate.is_none() => total.source_lines,
            Self::SourceLines => crates.iter().map(|(it, _)| it.source_lines).sum(),
            Self::Crates => crates.len() as u64,
            Self::DirectCrates => count(|it| it.direct),
            Self::Duplicates => duplicates(&crates),
            Self::Depth => u64::from(crates.iter().map(|(it, _)| it.depth).max().unwrap_or(0)),
            Self::BuildScripts => count(|it| it.build_script),
            Self::ProcMacros => count(|it| it.proc_macro),
        })
    }
}

/// Whether `krate` (`name` or `name@version`) means it.
pub(super) fn is_named(of: &CrateFigures, krate: &str) -> bool {
    match krate.split_once('@') {
        Some((name, version)) => of.name == name && of.version == version,
        None => of.name == krate,
    }
}

/// Names that occur more than once; crates are sorted by name.
fn duplicates(crates: &[(&CrateFigures, &Kept)]) -> u64 {
    let groups = crates.chunk_by(|(a, _), (b, _)| a.name == b.name);
    groups.filter(|group| group.len() > 1).count() as u64
}
