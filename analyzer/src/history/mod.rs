//! What was measured at each commit: the records of a history file, as plain data.
//!
//! A [`Record`] is one line of the file. It stands for itself, so that lines of two branches can be
//! put together in any order (`merge=union`): it names its commit, the commit's parents and time,
//! what was asked for, and either the figures with what they are valid for ([`Snapshot`]) or why
//! there are none. `file.rs` reads and writes such files, [`timeline::order`] brings their records
//! into the order of the commits; `crate::trend` shows them.

pub mod file;
pub mod past;
#[cfg(test)]
pub(crate) mod sample;
pub mod timeline;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cargo::build_flags;
use crate::measure::{Counts, Figures};
use crate::model::Domain;
use crate::options::Options;
use crate::report::Report;
use crate::report::data::CrateReport;
use crate::revision::Commit;

/// Value of `format`.
pub const FORMAT: &str = "whittle-history";
/// Value of `version`.
pub const VERSION: u32 = 1;
/// The history file of a workspace, beside its root manifest, unless another is named.
pub const FILE_NAME: &str = "whittle-history.jsonl";

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Record {
    /// `whittle-history`.
    pub format: String,
    /// Grows when a key changes its meaning or goes away; new keys do not change it.
    pub version: u32,
    /// The commit's id, all digits.
    pub commit: String,
    /// Ids of its parents.
    pub parents: Vec<String>,
    /// When it was committed, in seconds since 1970.
    pub time: u64,
    /// First line of its message.
    pub title: String,
    pub asked: Asked,
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What the user asked for: equal questions about one commit have equal answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Asked {
    /// The selection, as cargo's flags.
    pub flags: Vec<String>,
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub domains: Vec<Domain>,
    /// The policy that was asked for.
    pub policy: String,
    /// What was allowed to run under `never`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
    /// The toolchain outside of the tree, which may choose another.
    pub toolchain: String,
    /// Version of this tool.
    pub tool: String,
}

/// The figures, or why there are none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Measured(Box<Snapshot>),
    Gap(Gap),
}

/// Why a commit has no figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Gap {
    pub reason: String,
}

/// The figures of one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Snapshot {
    pub valid_for: ValidFor,
    /// Functions that are neither used nor unused, over all domains.
    pub unknown_functions: u64,
    /// Macros, bodies and lookups that were not understood.
    pub gaps: u64,
    /// Files of the commit that were not there when it was measured (submodules, links that lead
    /// out of the tree, …).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// Sums over all dependencies by domain.
    #[cfg_attr(test, schemars(with = "BTreeMap<String, Total>"))]
    pub totals: BTreeMap<Domain, Total>,
    /// The dependencies by name and version.
    pub crates: Vec<CrateFigures>,
}

/// Relative to what the figures hold. Figures that differ in any of it are not compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ValidFor {
    /// The selected targets, as `<package> <kind> <name>`: without the packages' versions, which
    /// change with every release.
    pub roots: Vec<String>,
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub domains: Vec<Domain>,
    pub features: String,
    pub target: String,
    pub profile: String,
    /// The policy that was in effect.
    pub policy: String,
    /// Crates that ran under `never` because they were allowed, without their versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
    pub toolchain: String,
    /// Version of this tool.
    pub tool: String,
}

/// Used, unknown, total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Count(pub u64, pub u64, pub u64);

impl Count {
    #[must_use]
    pub fn used(self) -> u64 {
        self.0
    }
    #[must_use]
    pub fn unknown(self) -> u64 {
        self.1
    }
    #[must_use]
    pub fn total(self) -> u64 {
        self.2
    }
}

impl From<Counts> for Count {
    fn from(counts: Counts) -> Self {
        Self(counts.used, counts.unknown, counts.total)
    }
}

/// The figures of a report that a history keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Kept {
    /// Functions written by hand or by `macro_rules!`.
    pub functions: Count,
    /// Functions made by derives.
    pub derived: Count,
    /// Lines in functions.
    pub lines: Count,
    /// `unsafe` functions and blocks.
    #[serde(rename = "unsafe")]
    pub unsafety: Count,
    /// Public items: named by the workspace, and all.
    pub public: (u64, u64),
}

impl Kept {
    fn of(figures: &Figures) -> Self {
        let mut unsafety = figures.unsafe_functions;
        unsafety += figures.unsafe_blocks;
        Self {
            functions: figures.functions.into(),
            derived: figures.derived.into(),
            lines: figures.lines.into(),
            unsafety: unsafety.into(),
            public: (figures.public.direct, figures.public.total),
        }
    }
}

/// One domain of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Total {
    pub crates: u64,
    pub direct_crates: u64,
    /// Lines of all Rust sources of these crates.
    pub source_lines: u64,
    #[serde(flatten)]
    pub figures: Kept,
}

/// One dependency of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CrateFigures {
    pub name: String,
    pub version: String,
    pub direct: bool,
    /// Steps from the nearest workspace member.
    pub depth: u32,
    pub build_script: bool,
    pub proc_macro: bool,
    /// Lines of all its Rust sources.
    pub source_lines: u64,
    #[cfg_attr(test, schemars(with = "BTreeMap<String, Kept>"))]
    pub domains: BTreeMap<Domain, Kept>,
}

impl Asked {
    /// What `options` ask for, with the toolchain that they would be answered with.
    #[must_use]
    pub fn of(options: &Options, toolchain: String) -> Self {
        let mut flags = build_flags(&options.selection);
        // The same for everybody.
        flags.retain(|flag| !matches!(flag.as_str(), "--locked" | "--offline"));
        Self {
            flags,
            domains: options.domains.iter().collect(),
            policy: options.exec.as_str().to_owned(),
            allow: options.allow.iter().map(ToString::to_string).collect(),
            toolchain,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

impl Snapshot {
    /// What a history keeps of a report.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let totals = report.totals.iter().map(|(&domain, totals)| {
            let total = Total {
                crates: totals.crates,
                direct_crates: totals.direct_crates,
                source_lines: totals.source_lines,
                figures: Kept::of(&totals.figures),
            };
            (domain, total)
        });
        let mut crates: Vec<CrateFigures> = report.crates.iter().map(crate_figures).collect();
        crates.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        Self {
            valid_for: ValidFor::of(report),
            unknown_functions: report.exactness.unknown_functions,
            gaps: report.exactness.gaps.iter().map(|gap| gap.count).sum(),
            left_out: Vec::new(),
            totals: totals.collect(),
            crates,
        }
    }
}

impl ValidFor {
    fn of(report: &Report) -> Self {
        let header = &report.header;
        let name = |versioned: &String| {
            let name = versioned
                .split_once('@')
                .map_or(&**versioned, |(name, _)| name);
            name.to_owned()
        };
        let mut allowed: Vec<String> = report.execution.allowed.iter().map(name).collect();
        allowed.sort();
        allowed.dedup();
        let mut roots: Vec<String> = header
            .roots
            .iter()
            .map(|root| without_version(root))
            .collect();
        roots.sort();
        roots.dedup();
        Self {
            roots,
            domains: header.domains.clone(),
            features: header.features.clone(),
            target: header.target.clone(),
            profile: header.profile.clone(),
            policy: header.policy.clone(),
            allowed,
            toolchain: report.toolchain.clone(),
            tool: report.tool.clone(),
        }
    }

    /// What differs in `other`, as `name: this → that`.
    #[must_use]
    pub fn changes(&self, other: &Self) -> Vec<String> {
        let words = |domains: &[Domain]| {
            let words: Vec<&str> = domains.iter().map(|domain| domain.as_str()).collect();
            words.join(", ")
        };
        let texts = [
            ("roots", self.roots.join(", "), other.roots.join(", ")),
            ("domains", words(&self.domains), words(&other.domains)),
            ("features", self.features.clone(), other.features.clone()),
            ("target", self.target.clone(), other.target.clone()),
            ("profile", self.profile.clone(), other.profile.clone()),
            ("policy", self.policy.clone(), other.policy.clone()),
            ("allowed", self.allowed.join(", "), other.allowed.join(", ")),
            ("toolchain", self.toolchain.clone(), other.toolchain.clone()),
            ("cargo-whittle", self.tool.clone(), other.tool.clone()),
        ];
        let or_none = |text: String| {
            if text.is_empty() {
                "none".to_owned()
            } else {
                text
            }
        };
        texts
            .into_iter()
            .filter(|(_, before, after)| before != after)
            .map(|(name, before, after)| {
                format!("{name}: {} → {}", or_none(before), or_none(after))
            })
            .collect()
    }
}

/// `app@0.1.0 bin app` as `app bin app`.
fn without_version(root: &str) -> String {
    match root.split_once('@') {
        Some((name, rest)) => match rest.split_once(' ') {
            Some((_, rest)) => format!("{name} {rest}"),
            None => name.to_owned(),
        },
        None => root.to_owned(),
    }
}

fn crate_figures(of: &CrateReport) -> CrateFigures {
    let domains = of.domains.iter();
    CrateFigures {
        name: of.name.clone(),
        version: of.version.clone(),
        direct: of.direct,
        depth: of.depth,
        build_script: of.build_script,
        proc_macro: of.proc_macro,
        source_lines: of.source_lines,
        domains: domains
            .map(|(&domain, in_domain)| (domain, Kept::of(&in_domain.figures)))
            .collect(),
    }
}

impl Record {
    /// A commit with its figures.
    #[must_use]
    pub fn measured(commit: &Commit, asked: &Asked, snapshot: Snapshot) -> Self {
        Self::new(commit, asked, Outcome::Measured(Box::new(snapshot)))
    }

    /// A commit that could not be measured.
    #[must_use]
    pub fn gap(commit: &Commit, asked: &Asked, reason: String) -> Self {
        Self::new(commit, asked, Outcome::Gap(Gap { reason }))
    }

    fn new(commit: &Commit, asked: &Asked, outcome: Outcome) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            commit: commit.id.clone(),
            parents: commit.parents.clone(),
            time: commit.time,
            title: commit.title.chars().take(TITLE).collect(),
            asked: asked.clone(),
            outcome,
        }
    }

    #[must_use]
    pub fn snapshot(&self) -> Option<&Snapshot> {
        match &self.outcome {
            Outcome::Measured(snapshot) => Some(snapshot),
            Outcome::Gap(_) => None,
        }
    }
}

/// As much of a commit's title is kept.
const TITLE: usize = 100;
