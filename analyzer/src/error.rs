//! Errors with remedies, and the one mapping from an outcome to an exit code.
//!
//! Every [`Error`] is a precondition that failed: it prints as one line that says what is
//! wrong, and [`Error::remedy`] as one line that says what to do. All of them are exit code 2
//! (could not analyse); findings are not errors.

use camino::Utf8PathBuf;

/// Exit codes of the machine contract, the same for every output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Clean, or "yes".
    Clean,
    /// Findings, or "no".
    Findings,
    /// Could not analyse, or bad usage.
    Failed,
}

impl Outcome {
    /// The process exit code: 0, 1 or 2.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Failed => 2,
        }
    }
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A precondition of the analysis that does not hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("no Cargo.toml at `{0}` or in any folder above it")]
    NoManifest(Utf8PathBuf),
    #[error("there is no lock file at `{0}`")]
    NoLockFile(Utf8PathBuf),
    #[error("the lock file at `{0}` does not match the manifests")]
    StaleLockFile(Utf8PathBuf),
    #[error("sources of dependencies are missing: {0}")]
    NotFetched(String),
    #[error("toolchain `{0}` is named by the project but not installed")]
    NoToolchain(String),
    #[error("`{program}` could not be started: {why}")]
    NoProgram { program: String, why: String },
    #[error("no std sources for {0}: neither rust-src nor a readable rust-docs is installed")]
    NoStdSources(String),
    #[error("`{0}` holds no std sources (no core/src/lib.rs below it)")]
    BadStdSources(Utf8PathBuf),
    #[error("cargo could not resolve the workspace: {0}")]
    Metadata(String),
    /// Unknown package, feature, target, profile…: what cargo said.
    #[error("cargo does not know what was selected: {0}")]
    Selection(String),
    #[error("compiling build scripts and proc macros failed: {0}")]
    BuildScripts(String),
    #[error("cannot {action} `{path}`: {why}")]
    Io {
        action: &'static str,
        path: Utf8PathBuf,
        why: String,
    },
    #[error("`{0}` is a link out of the workspace")]
    LinkedTarget(Utf8PathBuf),
    /// A crate that everything needs (core) did not load.
    #[error("the crate graph did not load: {0}")]
    Load(String),
    /// One body keeps the analysis busy without end.
    #[error("gave up after {seconds} s without progress, at {place}")]
    Stuck { seconds: u64, place: String },
    #[error("nothing to analyse: {0}")]
    NoRoots(String),
    #[error("`{0}` names no crate and no item of the dependency tree")]
    NoSuchItem(String),
    /// The same, with the names that come nearest.
    #[error("`{query}` names no crate and no item of the dependency tree")]
    NoSuchItemBut { query: String, nearest: String },
    /// A folder that is no advisory database, or a file in it that cannot be read and that
    /// may be about a package of the tree.
    #[error("cannot read the advisory database: {0}")]
    Advisories(String),
    #[error("{0}")]
    Calibrate(String),
    #[error("`{path}` is no configuration of this tool: {why}")]
    UserConfig { path: String, why: String },
    #[error("`{path}` is in no git repository that can be read: {why}")]
    NoRepository { path: Utf8PathBuf, why: String },
    #[error("`{revision}` is no revision: {why}")]
    NoRevision {
        revision: String,
        why: String,
        /// Only a part of the history was fetched.
        shallow: bool,
    },
    #[error("the work tree is not what {commit} says: {what}")]
    Uncommitted { commit: String, what: String },
    #[error("there is no history at `{0}`")]
    NoHistory(Utf8PathBuf),
    #[error("`{path}`, line {line}, is no record of a history: {why}")]
    History {
        path: Utf8PathBuf,
        line: usize,
        why: String,
        remedy: &'static str,
    },
    #[error("cannot read the git repository: {0}")]
    Git(String),
    /// Rules that cannot be read; `place` is `Cargo.toml:12`.
    #[error("{place}: {why}")]
    Config {
        place: String,
        why: String,
        help: String,
    },
    /// A baseline that cannot be read, or not be compared with.
    #[error("`{file}` cannot be compared with: {why}")]
    Baseline {
        file: String,
        why: String,
        help: String,
    },
    /// A copy of a dependency that cannot be read or compared.
    #[error("{place}: {why}")]
    Copy {
        place: String,
        why: String,
        help: String,
    },
    #[error("`{path}` is no record of reviews: {why}")]
    Reviews { path: Utf8PathBuf, why: String },
    /// One side of a comparison cannot be analysed: its sources are not there.
    #[error("sources of dependencies of {side} are missing: {why}")]
    SideNotFetched {
        side: String,
        why: String,
        command: String,
    },
    /// What an interrupted change left cannot be set right.
    #[error("`{folder}` holds a change that did not come to its end: {why}")]
    Journal {
        folder: Utf8PathBuf,
        why: String,
        help: &'static str,
    },
    #[error("another run of this tool is changing `{0}`")]
    Busy(Utf8PathBuf),
    #[error("{0}")]
    Usage(String),
}

impl Error {
    /// One line that says what to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::NoManifest(_) => {
                "run inside a cargo project, or name one with `--manifest-path`".into()
            }
            Self::NoLockFile(_) => {
                "run `cargo generate-lockfile`; this tool never writes it".into()
            }
            Self::StaleLockFile(_) => {
                "run `cargo update --workspace`, or restore the lock file".into()
            }
            Self::NotFetched(_) => {
                "run `cargo fetch --locked` in the workspace; this tool never uses the network"
                    .into()
            }
            Self::NoToolchain(name) => format!(
                "run `rustup toolchain install {name}`, or set RUSTUP_TOOLCHAIN to an installed one"
            ),
            Self::NoProgram { program, .. } => format!("install `{program}`, or put it on PATH"),
            Self::NoStdSources(_) => {
                "run `rustup component add rust-src`, or name a library tree with `--std-src`"
                    .into()
            }
            Self::BadStdSources(_) => {
                "point `--std-src` at the `library` folder of a Rust source tree".into()
            }
            Self::Metadata(_) => "make `cargo metadata` succeed in the workspace first".into(),
            Self::Selection(_) => {
                "see `cargo metadata --no-deps` for the packages, targets and features there are"
                    .into()
            }
            Self::BuildScripts(_) => {
                "make `cargo check` succeed first, or run with `--exec never`".into()
            }
            Self::Io { .. } => "check that the path exists and is accessible".into(),
            Self::LinkedTarget(_) => {
                "remove the link, or name a target folder with CARGO_TARGET_DIR".into()
            }
            Self::Load(_) => {
                "check the std sources (`--std-src`); if they are complete, report this as a bug"
                    .into()
            }
            Self::Stuck { .. } => {
                "look for a type or macro there that grows without bound; if it builds in reasonable time, report this as a bug".into()
            }
            Self::NoRoots(_) => {
                "select a package with a lib or bin target (`-p`, `--workspace`, `--bin`)".into()
            }
            Self::NoSuchItem(_) => "`cargo whittle list` prints the paths there are".into(),
            Self::NoSuchItemBut { nearest, .. } => format!("did you mean {nearest}?"),
            Self::Advisories(_) => {
                "point `--db` at a checkout of the RustSec advisory database (the folder that holds `crates`); this tool never fetches it".into()
            }
            Self::Calibrate(_) => "make `cargo build` succeed for the selected bin first".into(),
            Self::UserConfig { .. } => {
                "correct the file or remove it; docs/SECURITY.md says what it may hold".into()
            }
            Self::NoRepository { .. } => {
                "run in the work tree of a git repository, with git on PATH".into()
            }
            Self::NoRevision { shallow: true, .. } => {
                "the clone is shallow: run `git fetch --unshallow` (in CI, fetch the whole history), or name a commit that is in it".into()
            }
            Self::NoRevision { .. } => {
                "see `git log` and `git branch` for what there is".into()
            }
            Self::Uncommitted { .. } => {
                "commit or stash what is changed; `--range` records commits whatever the work tree holds".into()
            }
            Self::NoHistory(_) => {
                "record one with `cargo whittle record` (`--range A..B` for the past), or name it with `--file`".into()
            }
            Self::History { remedy, .. } => (*remedy).to_owned(),
            Self::Git(_) => "make `git fsck` succeed in the repository first".into(),
            Self::Config { help, .. } | Self::Baseline { help, .. } | Self::Copy { help, .. } => {
                help.clone()
            }
            Self::Reviews { .. } => {
                "keep the lines of both sides of a merge and no markers, or remove the file: everything then counts as not reviewed".into()
            }
            Self::SideNotFetched { command, .. } => {
                format!("run `{command}`; this tool never uses the network")
            }
            Self::Journal { help, .. } => (*help).to_owned(),
            Self::Busy(_) => "wait until it has ended".into(),
            Self::Usage(_) => "see `cargo whittle --help`".into(),
        }
    }
}
