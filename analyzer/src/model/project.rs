//! What loading gives: the workspace as cargo would build it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::Domains;
use crate::execution::Execution;
use crate::options::ExecPolicy;
use crate::sandbox::Limits;
use crate::script::Reading;

/// The workspace as cargo would build it for the selection.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Project {
    /// Folder of the workspace's root manifest.
    pub workspace_root: Utf8PathBuf,
    /// The tool's own folder below cargo's target folder (`<target>/whittle`).
    pub out_dir: Utf8PathBuf,
    /// Where cargo keeps what it fetched, without links; `None` when there is no such folder.
    pub cargo_home: Option<Utf8PathBuf>,
    /// Every package of the resolved graph that the selection builds, sorted by
    /// (name, version, source).
    pub packages: Vec<Package>,
    /// What cargo would compile, dependencies before their users.
    pub units: Vec<Unit>,
    /// Indices into `units`: the targets selected, sorted.
    pub roots: Vec<usize>,
    pub toolchain: Toolchain,
    /// A library tree: `core/src/lib.rs` and so on.
    pub std_src: StdSources,
    /// Features asked for, as text for headers: `default`, `all`, `a,b`.
    pub features: String,
    /// `dev`, `release`, …
    pub profile: String,
    /// The policy that was in effect, which may be stricter than the one asked for.
    pub exec: ExecPolicy,
    pub limits: Limits,
    /// What of the tree's code ran, and what did not.
    pub execution: Execution,
    /// The tree itself asked for a stricter policy than the user.
    pub tightened: bool,
    /// Things the user should know (unresolved build output, an untested std version, …).
    pub notices: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StdSources {
    pub root: Utf8PathBuf,
    /// `option`, `rust-src` or `rust-docs`: where it came from.
    pub origin: Cow<'static, str>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Toolchain {
    /// `1.95.0`, from `rustc -vV`.
    pub version: String,
    /// `rustc 1.95.0 (59807616e 2026-04-14)`
    pub description: String,
    pub sysroot: Utf8PathBuf,
    /// Host triple.
    pub host: String,
    /// Target triple; the host's unless `--target` or `build.target` says otherwise.
    pub target: String,
    /// LLVM data layout of the target, when rustc could be asked for it on stable.
    pub data_layout: Option<String>,
    /// Every cfg rustc sets for the target, gated ones included: what std itself is compiled
    /// with (no debug assertions). Empty when rustc could not be asked.
    pub std_cfgs: Vec<String>,
    /// `libexec/rust-analyzer-proc-macro-srv`, when it is installed.
    pub proc_macro_srv: Option<Utf8PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Source {
    Registry,
    Git,
    Path,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Package {
    /// cargo's package id, opaque.
    pub id: String,
    pub name: String,
    pub version: String,
    pub source: Source,
    pub manifest_dir: Utf8PathBuf,
    pub is_member: bool,
    pub license: Option<String>,
    pub has_build_script: bool,
    pub is_proc_macro: bool,
    /// A workspace member depends on it (normal or build; dev only when `dev` is analysed).
    pub is_direct: bool,
    /// Steps from the nearest workspace member: 0 for members.
    pub depth: u32,
    /// Indices into `Project::packages` of what it depends on in this build, sorted.
    pub dependencies: Vec<usize>,
    pub manifest: Manifest,
}

/// What a package's manifest says beyond what the build makes of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// As it is written: `1.70`.
    pub rust_version: Option<String>,
    pub links: Option<String>,
    /// Relative to the package.
    pub license_file: Option<String>,
    pub authors: Vec<String>,
    /// Every feature, those that optional dependencies make included, and what it turns on:
    /// `std`, `dep:serde`, `serde/std`, `serde?/std`.
    pub features: BTreeMap<String, Vec<String>>,
    /// As declared, for every platform and kind; in cargo's order.
    pub dependencies: Vec<Declared>,
}

/// A dependency as a manifest declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// Name of the package.
    pub name: String,
    /// What it is called here, when that is another name.
    pub rename: Option<String>,
    /// Version requirement.
    pub req: String,
    /// `normal`, `build` or `dev`.
    pub kind: Cow<'static, str>,
    /// `cfg(windows)`, or a triple.
    pub target: Option<String>,
    pub optional: bool,
    pub default_features: bool,
    pub features: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum UnitKind {
    Lib,
    ProcMacro,
    Bin,
    Example,
    Test,
    Bench,
    BuildScript,
}

/// One rustc invocation of the build: package × target × features × platform.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Unit {
    pub package: usize,
    pub kind: UnitKind,
    /// The crate's own name, with underscores.
    pub crate_name: String,
    /// Built with `--test`.
    pub test_harness: bool,
    pub root_file: Utf8PathBuf,
    /// `2015`, `2018`, `2021`, `2024`.
    pub edition: String,
    /// Compiled for the host (build scripts, proc macros and their dependencies) although a
    /// different target was asked for, or because cargo keeps host units apart.
    pub for_host: bool,
    pub features: Vec<String>,
    /// Every `--cfg` that is on, as rustc takes them: `unix`, `target_os="linux"`,
    /// `feature="std"`, build-script cfgs, `debug_assertions`, RUSTFLAGS' cfgs.
    pub cfgs: Vec<String>,
    /// `CARGO_PKG_*`, `CARGO_CRATE_NAME`, `CARGO_MANIFEST_DIR`, `OUT_DIR`, build-script env.
    pub env: BTreeMap<String, String>,
    pub dependencies: Vec<UnitDependency>,
    pub build_output: BuildOutput,
    /// Dynamic library of a proc macro, when it was built.
    pub proc_macro_dylib: Option<Utf8PathBuf>,
    /// From which kinds of root this unit is reached in cargo's graph.
    pub domains: Domains,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UnitDependency {
    /// Index into `Project::units`.
    pub unit: usize,
    /// The name the using crate knows it by (renames applied), with underscores.
    pub extern_name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum BuildOutput {
    /// The package has no build script.
    None,
    Ran {
        out_dir: Option<Utf8PathBuf>,
    },
    /// It has one that was read instead of run.
    Read {
        /// Where its files would be; they are in `reading` only.
        out_dir: Utf8PathBuf,
        reading: Arc<Reading>,
    },
    /// It has one and its output is not there: why.
    Missing(String),
}
