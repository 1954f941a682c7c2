//! The cargo side of loading: what would be built, with which toolchain and std.
//!
//! Takes [`Options`], gives a [`Project`] of plain data. Cargo is asked for everything it
//! decides (resolution, features, profiles, flags, order), so that the analysed crates are
//! those a build compiles; only then is the tree's own code run, as the execution policy
//! allows. Nothing is written but into `<target>/whittle`, nothing is fetched.

mod build_scripts;
mod cargo_error;
mod command;
mod confined;
mod env;
mod graph_walk;
mod harness;
mod metadata;
mod policy;
mod script_match;
mod selection;
mod std_recover;
mod std_src;
mod toolchain;
mod unit_graph;
mod units;

use std::collections::BTreeSet;

use serde_json::Value;

pub use self::selection::{build_flags, feature_words, profile_name};

use self::command::Tools;
use self::env::CommonEnv;
use self::toolchain::HostInfo;
use self::unit_graph::UnitGraph;
use self::units::Sources;
use crate::error::{Error, Result};
use crate::model::{BuildOutput, Domain, Project, Unit, UnitKind};
use crate::options::{ExecPolicy, Options};

/// Resolves the selection and collects all that the analysis needs of it.
///
/// `progress` gets a few words at the start of each slow step.
///
/// # Errors
/// Every precondition that does not hold: see [`Error`].
pub fn load_project(options: &Options, progress: &dyn Fn(&str)) -> Result<Project> {
    progress("asking cargo what it would build");
    let (policy, mut notices) = policy::possible(options, &Tools::find(options)?);
    let mut options = &policy;
    let mut tools = Tools::find(options)?;
    let lock = metadata::locate(&tools)?;
    let config = configuration(&tools);
    apply_configured_rustc(&mut tools, options, &config);
    let host = toolchain::host_info(&tools)?;
    let graph = unit_graph::unit_graph(&tools, &options.selection, &lock)?;
    let target = target(options, &graph, &config)?;
    let triple = target.as_deref().unwrap_or(&host.host);
    let facts = metadata::facts(
        &tools,
        &options.selection,
        &graph,
        &platforms(&host, triple),
        &lock,
    )?;
    let out_dir = facts.target_directory().join("whittle");

    notices.extend(std_src::newer_than_tested(&host));
    let std_src = std_src::find(options, &host, triple, &out_dir, progress)?;
    let tightened = policy::tightened(options, &facts, &mut notices);
    let (tightened, more) = policy::possible(&tightened, &tools);
    notices.extend(more);
    options = &tightened;
    let place = build_scripts::Place {
        target_dir: build_scripts::target_dir(options.exec, &out_dir),
        out_dir: &out_dir,
        sysroot: &host.sysroot,
    };
    let results = build_scripts::run(&tools, options, &graph, &facts, &place, progress)?;
    let target_dir = place.target_dir;
    notices.extend(results.notices());
    let exec = results.in_effect(options.exec);
    let script_outputs = script_match::outputs(&graph, &facts, &results, &target_dir, &mut notices);

    let any_package = &graph.units[graph.roots[0]].pkg_id;
    let sources = Sources {
        common_env: CommonEnv::new(
            tools.cargo_for_env(&host.sysroot),
            &config,
            facts.workspace_root(),
        ),
        target_cfgs: toolchain::target_cfgs(
            &tools,
            any_package,
            options.selection.target.as_deref(),
        )?,
        host_cfgs: target
            .is_some()
            .then(|| toolchain::host_cfgs(&tools))
            .transpose()?,
        graph: &graph,
        facts: &facts,
        results: &results,
        script_outputs,
        dev: options.domains.contains(Domain::Dev),
    };
    let built = units::build(&sources)?;
    notices.extend(missing_outputs(options, &built));
    Ok(Project {
        workspace_root: facts.workspace_root().to_owned(),
        toolchain: toolchain::describe(&tools, &host, triple),
        out_dir,
        packages: built.packages,
        units: built.units,
        roots: built.roots,
        std_src,
        features: feature_words(&options.selection),
        profile: profile_name(&options.selection),
        exec,
        limits: options.limits,
        notices,
    })
}

/// Cargo's merged configuration; empty when this cargo cannot print it.
fn configuration(tools: &Tools) -> Value {
    let text = Tools::stdout(&mut tools.cargo_config()).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// `build.rustc` counts as it does for cargo, unless nothing of the tree's may run.
fn apply_configured_rustc(tools: &mut Tools, options: &Options, config: &Value) {
    let configured = config.pointer("/build/rustc").and_then(Value::as_str);
    if let Some(rustc) = configured
        && options.exec == ExecPolicy::Trust
        && std::env::var_os("RUSTC").is_none()
    {
        let is_path = rustc.contains(std::path::is_separator);
        tools.rustc = if is_path {
            tools.dir.join(rustc).into()
        } else {
            rustc.into()
        };
    }
}

/// The target asked for, by option or configuration; `None` when cargo builds for the host
/// without being asked.
fn target(options: &Options, graph: &UnitGraph, config: &Value) -> Result<Option<String>> {
    let in_graph: BTreeSet<&str> = graph
        .units
        .iter()
        .filter_map(|unit| unit.platform.as_deref())
        .collect();
    let mut in_graph = in_graph.into_iter();
    match (in_graph.next(), in_graph.next()) {
        (Some(_), Some(_)) => Err(Error::Selection(
            "the configuration names more than one target; choose one with `--target`".to_owned(),
        )),
        (Some(target), None) => Ok(Some(target.to_owned())),
        // Only host units (a proc macro alone): the graph does not say.
        (None, _) => Ok(options
            .selection
            .target
            .clone()
            .or_else(|| {
                std::env::var("CARGO_BUILD_TARGET")
                    .ok()
                    .filter(|target| !target.is_empty())
            })
            .or_else(|| config.pointer("/build/target")?.as_str().map(str::to_owned))),
    }
}

fn platforms<'a>(host: &'a HostInfo, target: &'a str) -> Vec<&'a str> {
    if host.host == target {
        vec![target]
    } else {
        vec![&host.host, target]
    }
}

/// One notice per package whose script or macro gave nothing; under a policy that forbids
/// running them that is no news.
fn missing_outputs(options: &Options, built: &units::Built) -> BTreeSet<String> {
    // A proc macro that nothing of the selection uses is analysed, never expanded.
    let used: BTreeSet<usize> = built
        .units
        .iter()
        .flat_map(|unit| unit.dependencies.iter().map(|d| d.unit))
        .collect();
    let notice = |(index, unit): (usize, &Unit)| {
        let package = built.packages.get(unit.package)?;
        let place = format!("{} {}", package.name, package.version);
        match &unit.build_output {
            BuildOutput::Missing(why) => Some(format!("no build-script output of {place}: {why}")),
            _ if unit.kind == UnitKind::ProcMacro
                && unit.proc_macro_dylib.is_none()
                && used.contains(&index) =>
            {
                Some(format!(
                    "the proc macros of {place} were not built; what they make is unknown"
                ))
            }
            _ => None,
        }
    };
    match options.exec {
        ExecPolicy::Never => BTreeSet::new(),
        ExecPolicy::Sandbox | ExecPolicy::Trust => {
            built.units.iter().enumerate().filter_map(notice).collect()
        }
    }
}
