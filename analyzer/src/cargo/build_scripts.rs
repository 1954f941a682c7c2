//! Running what a build would run before it compiles: build scripts and proc macros.
//!
//! Takes the selection and the tool's own folder, gives what cargo reported
//! (`build_results.rs`). Cargo's `--compile-time-deps` builds just these, so none of the measured code is compiled.
//!
//! This is the only place that lets code of the analysed tree run: [`run`] decides by the
//! execution policy; `confined.rs` is how under `sandbox`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::allowed::Gate;
use super::build_results::{BuildResults, read, read_confined};
use super::command::Tools;
use super::confined;
use super::metadata::Facts;
use super::needed::Needed;
use super::policy::lost;
use super::selection::build_flags;
use super::unit_graph::UnitGraph;
use crate::error::{Error, Result};
use crate::model::UnitKind;
use crate::options::Options;
use crate::sandbox::{Compilers, compile_only};

/// Where the step works.
pub(super) struct Place<'a> {
    pub(super) target_dir: Utf8PathBuf,
    /// The tool's own folder.
    pub(super) out_dir: &'a Utf8Path,
    pub(super) sysroot: &'a Utf8Path,
}

/// Cargo's target folder for this step. What ran in the sandbox may have put anything into its
/// own, so nothing that is trusted may be built on it.
///
/// What the user allowed one by one must not meet what others left: neither what ran without a
/// list nor what was allowed by another one. Cargo would take it for done and start it.
pub(super) fn target_dir(may: &May<'_>, out_dir: &Utf8Path) -> Utf8PathBuf {
    match may {
        May::Needed(_) => out_dir.join("sandbox/build"),
        May::All => out_dir.join("build"),
        May::Allowed(gate) => {
            let mut hasher = DefaultHasher::new();
            gate.folders.hash(&mut hasher);
            out_dir.join(format!("sandbox/allowed/{:016x}", hasher.finish()))
        }
    }
}

/// What may run, as far as the policy leaves it open.
pub(super) enum May<'a> {
    /// Under `never`: what the user allowed.
    Allowed(&'a Gate),
    /// Under `sandbox`: what has to.
    Needed(&'a Needed),
    All,
}

/// Runs them, unless there are none or the policy forbids it.
pub(super) fn run(
    tools: &Tools,
    options: &Options,
    graph: &UnitGraph,
    facts: &Facts,
    may: &May<'_>,
    place: &Place<'_>,
    progress: &dyn Fn(&str),
) -> Result<BuildResults> {
    let any = graph
        .units
        .iter()
        .any(|unit| unit.is_script_run() || unit.kind() == UnitKind::ProcMacro);
    if !any {
        return Ok(BuildResults::default());
    }
    match may {
        May::Allowed(gate) if gate.folders.is_empty() => Ok(BuildResults::not_run(NEVER)),
        May::Allowed(gate) => {
            progress("running the build scripts and proc macros that are allowed");
            let how = How {
                only: Some(gate.folders.keys().collect()),
                ..How::default()
            };
            confine(tools, options, facts, &how, place)
        }
        May::All => {
            progress("running build scripts and compiling proc macros");
            let mut command = command(tools, options, &place.target_dir);
            let output = Tools::run(&mut command);
            let output = output.map_err(|why| Error::BuildScripts(why.to_string()))?;
            let mut results = read(&output, facts)?;
            results.target_dir.clone_from(&place.target_dir);
            Ok(results)
        }
        May::Needed(needed) if needed.folders.is_empty() => Ok(BuildResults::default()),
        May::Needed(needed) => {
            progress(&needed.extent);
            let mut how = How {
                only: (!needed.is_all).then(|| needed.folders.iter().collect()),
                // Another target's compiler is not known here, so it cannot be stood in for.
                checks_c: graph.units.iter().all(|unit| unit.platform.is_none()),
                needed: Some(needed),
            };
            let results = confine(tools, options, facts, &how, place)?;
            let Some(why) = &results.wants_code else {
                return Ok(results);
            };
            progress("running them again, with a C compiler");
            let place = Place {
                target_dir: place.out_dir.join("sandbox/compiled"),
                ..*place
            };
            how.checks_c = false;
            let mut again = confine(tools, options, facts, &how, &place)?;
            let notice =
                format!("build scripts were run a second time, with C code compiled: {why}");
            again.notices.insert(notice);
            Ok(again)
        }
    }
}

/// Why a script or macro has no output under `never`.
pub(super) const NEVER: &str = "not executed (--exec never)";

/// How the step is run in the sandbox.
#[derive(Default)]
struct How<'a> {
    /// Folders of packages that may be compiled; everything when not given.
    only: Option<Vec<&'a Utf8PathBuf>>,
    /// C code is checked, not compiled: see `sandbox/stand_in.rs`.
    checks_c: bool,
    /// Whose failures count; everyone's when not given.
    needed: Option<&'a Needed>,
}

fn confine(
    tools: &Tools,
    options: &Options,
    facts: &Facts,
    how: &How<'_>,
    place: &Place<'_>,
) -> Result<BuildResults> {
    let tools = tools.direct(place.sysroot);
    let mut command = command(&tools, options, &place.target_dir);
    let mut compilers = None;
    let mut prepared = match &how.only {
        Some(folders) => compile_only(&mut command, folders.iter().copied()),
        None => Ok(()),
    };
    if prepared.is_ok() && how.checks_c {
        prepared = Compilers::new(place.out_dir.as_std_path(), place.target_dir.as_std_path())
            .map(|found| compilers = found.inspect(|found| found.offer(&mut command)));
    }
    let ran = prepared
        .map_err(|why| why.to_string())
        .and_then(|()| confined::run(&command, &tools, options, facts, place, compilers.as_ref()));
    match ran {
        Ok(ran) => {
            let mut read = read_confined(&ran, facts, &place.target_dir);
            if let (Ok(results), Some(needed)) = (&mut read, how.needed) {
                results.only_of(needed);
            }
            let Some(compilers) = compilers.filter(Compilers::were_used) else {
                return read;
            };
            let mut results = read.unwrap_or_else(|why| BuildResults::failed(&why));
            results.want_code(&compilers);
            Ok(results)
        }
        Err(why) => {
            let mut results = BuildResults::not_run("not executed (no sandbox)");
            results.notices.insert(lost(&why));
            results.no_sandbox = true;
            Ok(results)
        }
    }
}

/// The command that executes code of the tree.
fn command(tools: &Tools, options: &Options, target_dir: &Utf8Path) -> Command {
    let mut command = tools.unstable_cargo(&[
        "check",
        "--compile-time-deps",
        "--keep-going",
        "--message-format=json",
    ]);
    command
        .args(build_flags(&options.selection))
        .arg("--target-dir")
        .arg(target_dir);
    // A configured `build.build-dir` would take the intermediate files elsewhere.
    command.env("CARGO_BUILD_BUILD_DIR", target_dir);
    command
}
