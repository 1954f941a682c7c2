//! What the user asked for, as plain data.
//!
//! Filled by `cli/` from the command line (or by a library user by hand) and read by every
//! later stage. Field names are cargo's where cargo has the option.

use std::num::NonZeroUsize;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::execution::Allowed;
use crate::model::Domains;
use crate::sandbox::Limits;

/// Which targets of which packages, built how.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// `--manifest-path`; `None`: search upwards from the current directory, as cargo does.
    pub manifest_path: Option<Utf8PathBuf>,
    /// `-p`, as package id specs; empty with `workspace == false`: cargo's default members.
    pub packages: Vec<String>,
    pub workspace: bool,
    pub exclude: Vec<String>,
    pub lib: bool,
    pub bins: bool,
    pub bin: Vec<String>,
    pub examples: bool,
    pub example: Vec<String>,
    pub tests: bool,
    pub test: Vec<String>,
    pub benches: bool,
    pub bench: Vec<String>,
    pub all_targets: bool,
    pub features: Vec<String>,
    pub all_features: bool,
    pub no_default_features: bool,
    /// `--target`; at most one triple.
    pub target: Option<String>,
    pub release: bool,
    pub profile: Option<String>,
    /// Where to build, and to keep our own folder, in place of what cargo would choose. Not on the
    /// command line: for trees that are laid out for a moment.
    pub target_dir: Option<Utf8PathBuf>,
    pub locked: bool,
    pub offline: bool,
    pub frozen: bool,
}

/// What of the analysed tree may run while it is analysed, the strictest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExecPolicy {
    /// Nothing; what only a build script or proc macro makes is unknown.
    Never,
    /// Build scripts and proc macros, where they can do no harm (see [`crate::sandbox`]); on
    /// machines without the means, nothing.
    #[default]
    Sandbox,
    /// Build scripts and proc macros as cargo would run them.
    Trust,
}

impl ExecPolicy {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Sandbox => "sandbox",
            Self::Trust => "trust",
        }
    }
}

/// A function named from outside, by an advisory: what it calls within its crate is followed
/// although nothing reaches it. Changes no status.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Probe {
    /// The package's name, of any version.
    pub package: String,
    /// As [`crate::listed`] takes it: `time::OffsetDateTime::now_local`.
    pub path: String,
}

/// Dependencies whose text is to be understood, for owning part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Understand {
    #[default]
    Nothing,
    /// Every direct dependency of which at most so many functions are reached or unknown.
    Direct { at_most: usize },
    /// Packages by name, or `name@version`.
    Named(Vec<String>),
}

/// What roots by [`Options::start`] are called.
pub const ASKED_FOR: &str = "asked for";

/// Everything [`crate::analyze`] takes.
#[derive(Debug, Clone)]
pub struct Options {
    pub selection: Selection,
    pub exec: ExecPolicy,
    /// Crates whose code may run in the sandbox although the policy is `never`.
    pub allow: Vec<Allowed>,
    /// What runs in the sandbox may use.
    pub limits: Limits,
    /// Domains whose roots are analysed; `run`, `build` and `macro` by default.
    pub domains: Domains,
    /// Where std's sources are, when the user says so (`--std-src` or `WHITTLE_STD_SRC`).
    pub std_src: Option<Utf8PathBuf>,
    /// Worker threads; `None`: as many as the machine has.
    pub threads: Option<NonZeroUsize>,
    /// Neither take an answer from the cache nor keep one.
    pub no_cache: bool,
    /// Answered in [`crate::model::Analysis::probes`].
    pub probe: Vec<Probe>,
    /// Answered in [`crate::model::Analysis::facts`].
    pub understand: Understand,
    /// Functions of dependencies that a selected library is taken to call, by path:
    /// `regex::Regex::is_match`.
    pub start: Vec<String>,
    /// Under `sandbox`: compile proc macros that could be modelled, too.
    pub all_macros: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            selection: Selection::default(),
            exec: ExecPolicy::default(),
            allow: Vec::new(),
            limits: Limits::default(),
            domains: Domains::RUN | Domains::BUILD | Domains::MACRO,
            std_src: None,
            threads: None,
            no_cache: false,
            probe: Vec::new(),
            understand: Understand::Nothing,
            start: Vec::new(),
            all_macros: false,
        }
    }
}
