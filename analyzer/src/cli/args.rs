//! The flags that every analyzing command has: cargo's own for the selection, ours for the
//! analysis and the output.

use std::num::NonZeroUsize;

use camino::Utf8PathBuf;
use clap::{ArgAction, Args, ValueEnum};

use crate::execution::Allowed;
use crate::model::{Domain, Domains};
use crate::options::{ExecPolicy, Options, Selection};
use crate::sandbox::Limits;

/// Everything that decides what is analyzed and how.
#[derive(Debug, Clone, Args)]
pub(crate) struct AnalysisArgs {
    #[command(flatten)]
    selection: SelectionArgs,
    /// What of the tree may run while it is analyzed [default: sandbox]
    #[arg(long, value_enum, value_name = "POLICY", help_heading = "Analysis")]
    exec: Option<Exec>,
    /// Crate that may run, confined, under `--exec never`: its exact sources
    ///
    /// Everything that runs in it has to be allowed too; `cargo whittle allow` prints the lines.
    #[arg(long, value_name = "NAME@VERSION#CHECKSUM", help_heading = "Analysis")]
    allow_exec: Vec<Allowed>,
    /// Domains to analyze, of run, build, macro, dev [default: the first three]
    ///
    /// `dev` is added when tests, benches or examples are selected.
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        value_name = "DOMAINS",
        hide_possible_values = true,
        help_heading = "Analysis"
    )]
    domain: Vec<DomainArg>,
    /// Sources of std: the `library` folder of a Rust source tree
    #[arg(
        long,
        value_name = "PATH",
        env = "WHITTLE_STD_SRC",
        hide_env_values = true,
        help_heading = "Analysis"
    )]
    std_src: Option<Utf8PathBuf>,
    /// Worker threads [default: as many as the machine has]
    #[arg(short = 'j', long, value_name = "N", help_heading = "Analysis")]
    threads: Option<NonZeroUsize>,
    /// Neither take an answer from the cache nor keep one
    #[arg(
        long,
        env = "WHITTLE_NO_CACHE",
        hide_env_values = true,
        value_parser = clap::builder::BoolishValueParser::new(),
        help_heading = "Analysis"
    )]
    no_cache: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl AnalysisArgs {
    /// The policy that the command line asks for.
    pub(crate) fn exec(&self) -> Option<ExecPolicy> {
        self.exec.map(ExecPolicy::from)
    }

    /// The options of [`crate::analyze`], as far as the command line says them.
    pub(crate) fn options(&self) -> Options {
        let selection = Selection::from(&self.selection);
        let mut domains = Domains::NONE;
        for domain in &self.domain {
            domains |= Domains::of((*domain).into());
        }
        if domains.is_empty() {
            domains = Options::default().domains;
            if self.selection.asks_for_dev() {
                domains |= Domains::DEV;
            }
        }
        Options {
            selection,
            exec: self.exec().unwrap_or_default(),
            allow: self.allow_exec.clone(),
            limits: Limits::default(),
            domains,
            std_src: self.std_src.clone(),
            threads: self.threads,
            no_cache: self.no_cache,
            probe: Vec::new(),
            understand: crate::options::Understand::Nothing,
            start: Vec::new(),
            all_macros: false,
        }
    }
}

/// Cargo's selection flags, with cargo's meaning.
#[derive(Debug, Clone, Default, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one of cargo's flags"
)]
pub(crate) struct SelectionArgs {
    /// Package to analyze (see `cargo help pkgid`)
    #[arg(short, long, value_name = "SPEC", help_heading = "Package Selection")]
    package: Vec<String>,
    /// Analyze all packages in the workspace
    #[arg(long, alias = "all", help_heading = "Package Selection")]
    workspace: bool,
    /// Exclude packages from the analysis
    #[arg(
        long,
        value_name = "SPEC",
        requires = "workspace",
        help_heading = "Package Selection"
    )]
    exclude: Vec<String>,
    /// Analyze only this package's library
    #[arg(long, help_heading = "Target Selection")]
    lib: bool,
    /// Analyze all binaries
    #[arg(long, help_heading = "Target Selection")]
    bins: bool,
    /// Analyze only the specified binary
    #[arg(long, value_name = "NAME", help_heading = "Target Selection")]
    bin: Vec<String>,
    /// Analyze all examples
    #[arg(long, help_heading = "Target Selection")]
    examples: bool,
    /// Analyze only the specified example
    #[arg(long, value_name = "NAME", help_heading = "Target Selection")]
    example: Vec<String>,
    /// Analyze all targets that have `test = true` set
    #[arg(long, help_heading = "Target Selection")]
    tests: bool,
    /// Analyze only the specified test target
    #[arg(long, value_name = "NAME", help_heading = "Target Selection")]
    test: Vec<String>,
    /// Analyze all targets that have `bench = true` set
    #[arg(long, help_heading = "Target Selection")]
    benches: bool,
    /// Analyze only the specified bench target
    #[arg(long, value_name = "NAME", help_heading = "Target Selection")]
    bench: Vec<String>,
    /// Analyze all targets
    #[arg(long, help_heading = "Target Selection")]
    all_targets: bool,
    /// Space or comma separated list of features to activate
    #[arg(
        short = 'F',
        long,
        value_name = "FEATURES",
        help_heading = "Feature Selection"
    )]
    features: Vec<String>,
    /// Activate all available features
    #[arg(long, help_heading = "Feature Selection")]
    all_features: bool,
    /// Do not activate the `default` feature
    #[arg(long, help_heading = "Feature Selection")]
    no_default_features: bool,
    /// Analyze as built in release mode, with optimizations
    #[arg(
        short,
        long,
        conflicts_with = "profile",
        help_heading = "Compilation Options"
    )]
    release: bool,
    /// Analyze as built with the specified profile
    #[arg(
        long,
        value_name = "PROFILE-NAME",
        help_heading = "Compilation Options"
    )]
    profile: Option<String>,
    /// Analyze for the target triple
    #[arg(long, value_name = "TRIPLE", help_heading = "Compilation Options")]
    target: Option<String>,
    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH", help_heading = "Manifest Options")]
    manifest_path: Option<Utf8PathBuf>,
    /// Assert that `Cargo.lock` will remain unchanged
    #[arg(long, help_heading = "Manifest Options")]
    locked: bool,
    /// Run without accessing the network (this tool never does)
    #[arg(long, help_heading = "Manifest Options")]
    offline: bool,
    /// Equivalent to specifying both --locked and --offline
    #[arg(long, help_heading = "Manifest Options")]
    frozen: bool,
}

impl SelectionArgs {
    fn asks_for_dev(&self) -> bool {
        self.tests
            || self.benches
            || self.examples
            || self.all_targets
            || [&self.test, &self.bench, &self.example]
                .iter()
                .any(|names| !names.is_empty())
    }
}

impl From<&SelectionArgs> for Selection {
    fn from(args: &SelectionArgs) -> Self {
        let args = args.clone();
        let separators = [',', ' '];
        let features = args.features.iter().flat_map(|list| list.split(separators));
        Self {
            manifest_path: args.manifest_path,
            packages: args.package,
            workspace: args.workspace,
            exclude: args.exclude,
            lib: args.lib,
            bins: args.bins,
            bin: args.bin,
            examples: args.examples,
            example: args.example,
            tests: args.tests,
            test: args.test,
            benches: args.benches,
            bench: args.bench,
            all_targets: args.all_targets,
            features: features
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
            all_features: args.all_features,
            no_default_features: args.no_default_features,
            target: args.target,
            release: args.release,
            profile: args.profile,
            target_dir: None,
            locked: args.locked,
            offline: args.offline,
            frozen: args.frozen,
        }
    }
}

/// What is said beside the result.
#[derive(Debug, Clone, Args)]
pub(crate) struct OutputArgs {
    /// Coloring
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
    /// No progress and no notes
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Say what is being done, a line a stage; twice: with seconds and peak memory
    #[arg(short, long, action = ArgAction::Count, conflicts_with = "quiet")]
    pub(crate) verbose: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Exec {
    /// Run nothing; what only a build script or proc macro makes is unknown
    Never,
    /// Run build scripts and proc macros confined; nothing where that cannot be
    Sandbox,
    /// Run build scripts and proc macros as cargo does
    Trust,
}

impl From<Exec> for ExecPolicy {
    fn from(exec: Exec) -> Self {
        match exec {
            Exec::Never => Self::Never,
            Exec::Sandbox => Self::Sandbox,
            Exec::Trust => Self::Trust,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DomainArg {
    Run,
    Build,
    Macro,
    Dev,
}

impl From<DomainArg> for Domain {
    fn from(domain: DomainArg) -> Self {
        match domain {
            DomainArg::Run => Self::Run,
            DomainArg::Build => Self::Build,
            DomainArg::Macro => Self::Macro,
            DomainArg::Dev => Self::Dev,
        }
    }
}
