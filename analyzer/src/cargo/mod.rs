//! The cargo side of loading: what would be built, with which toolchain and std.
//!
//! Takes [`Options`], gives a [`Project`] of plain data. Cargo is asked for everything it
//! decides (resolution, features, profiles, flags, order), so that the analysed crates are
//! those a build compiles; only then is the tree's own code run, as the execution policy
//! allows. Nothing is written but into `<target>/whittle`, nothing is fetched.

mod allowed;
mod build_results;
mod build_scripts;
mod cargo_error;
pub(crate) mod checksums;
pub(crate) mod code;
mod command;
mod confined;
mod env;
mod graph_walk;
mod harness;
pub(crate) mod index_cache;
mod layout;
mod metadata;
mod needed;
mod neutral;
mod neutral_rules;
mod policy;
pub(crate) mod remember;
mod script_match;
mod script_read;
mod selection;
mod std_arch;
mod std_recover;
mod std_src;
mod toolchain;
mod tree_code;
mod unit_graph;
mod units;

use std::collections::BTreeSet;
use std::path::PathBuf;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

pub(crate) use self::checksums::{checksum, locked_source};
pub(crate) use self::layout::{Layout, folders_of, layout_of, own_folder_of, policy_of};
pub(crate) use self::metadata::Member;
pub(crate) use self::selection::flags_without_targets;
pub use self::selection::{build_flags, feature_words, profile_name};

use self::command::Tools;
use self::env::CommonEnv;
use self::layout::own_folder;
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
    load_beside(options, progress, &Nothing)
}

/// What can be done while cargo and rustc are waited for, and scripts are read.
pub(crate) trait Beside: Sync {
    /// The sources below `folder` will be asked for; `out_dir` and `std` are folders of our own.
    fn sources(&self, folder: &Utf8Path, out_dir: &Utf8Path, std: &Utf8Path);

    /// Nothing is waited for any more.
    fn end(&self);
}

struct Nothing;

impl Beside for Nothing {
    fn sources(&self, _: &Utf8Path, _: &Utf8Path, _: &Utf8Path) {}

    fn end(&self) {}
}

/// [`load_project`], with something to do `beside` it.
pub(crate) fn load_beside(
    options: &Options,
    progress: &dyn Fn(&str),
    beside: &dyn Beside,
) -> Result<Project> {
    progress("asking cargo what it would build");
    let (options, notices) = policy::possible(options, &Tools::find(options)?);
    let mut tools = Tools::find(&options)?;
    let (place, config) = both(|| metadata::locate(&tools), || configuration(&tools));
    let mut place = place?;
    if let Some(named) = &options.selection.target_dir {
        place.target.clone_from(named);
    }
    let out_dir = own_folder(&place.root, &place.target)?;
    apply_configured_rustc(&mut tools, &options, &config);
    // From here on cargo may note what it learns of the compiler: in our own folder.
    tools.build_in(&out_dir.join("build"));
    let host = toolchain::host_info(&tools)?;
    let start = Start {
        options: &options,
        tools,
        place,
        config,
        out_dir,
        host,
        beside,
    };
    // Std's sources may have to be recovered: that needs nothing of the rest.
    let wanted = wanted_target(&options, &start.config);
    let triple = wanted.as_deref().unwrap_or(&start.host.host);
    let find_std = |triple: &str| {
        let plan = std_src::plan(&options, &start.host, triple, &start.out_dir)?;
        plan.carry_out(&start.host)?;
        let root = &plan.sources.root;
        beside.sources(root, &start.out_dir, root);
        Ok(())
    };
    let (loaded, std_found) = both(
        || {
            let loaded = load(&start, triple, notices, progress);
            beside.end();
            loaded
        },
        || find_std(triple),
    );
    let (project, its_triple) = loaded?;
    if its_triple == triple {
        std_found?;
    } else {
        find_std(&its_triple)?;
    }
    Ok(project)
}

/// What everything else is found out with.
struct Start<'a> {
    options: &'a Options,
    tools: Tools,
    place: metadata::Place,
    /// Cargo's merged configuration.
    config: Value,
    /// The tool's own folder.
    out_dir: Utf8PathBuf,
    host: HostInfo,
    beside: &'a dyn Beside,
}

/// The project, and the triple whose std it names; that may not be there yet.
fn load(
    start: &Start<'_>,
    triple: &str,
    mut notices: Vec<String>,
    progress: &dyn Fn(&str),
) -> Result<(Project, String)> {
    let Start {
        options,
        tools,
        place,
        config,
        out_dir,
        host,
        beside,
    } = start;
    let mut options: &Options = options;
    let wanted = wanted_target(options, config);
    let platforms = platforms(&host.host, triple);
    let selection = &options.selection;
    let (graph, facts) = both(
        || unit_graph::unit_graph(tools, selection, &place.lock),
        || metadata::facts(tools, selection, &platforms, place),
    );
    let graph = graph?;
    let facts = metadata::covering(facts, tools, &graph, &platforms, place)?;
    let target = target(&graph, wanted.clone())?;
    let triple = target.as_deref().unwrap_or(&host.host);

    notices.extend(std_src::newer_than_tested(host));
    notices.extend(tools.neutral().iter().flat_map(|it| it.notices.clone()));
    // Fails early; the sources come from beside this.
    let std_src = std_src::plan(options, host, triple, out_dir)?.sources;
    let tightened = policy::tightened(options, &facts, &mut notices);
    let by_the_tree = tightened.exec < options.exec;
    let (tightened, more) = policy::possible(&tightened, tools);
    notices.extend(more);
    options = &tightened;
    let common_env = CommonEnv::new(
        tools.cargo_for_env(&host.sysroot),
        config,
        facts.workspace_root(),
    );
    let any_package = &graph.units[graph.roots[0]].pkg_id;
    let asked_for = options.selection.target.as_deref();
    let (target_cfgs, toolchain) = both(
        || toolchain::target_cfgs(tools, any_package, (asked_for, triple), config),
        || toolchain::describe(tools, host, triple),
    );
    let target_cfgs = target_cfgs?;
    let host_cfgs = target
        .is_some()
        .then(|| toolchain::host_cfgs(tools))
        .transpose()?;
    let reader = script_read::Context {
        graph: &graph,
        facts: &facts,
        host,
        target: triple,
        target_cfgs: &target_cfgs,
        host_cfgs: host_cfgs.as_ref(),
        common_env: &common_env,
        rustc: tools.rustc.to_string_lossy().into_owned(),
        config,
        out_dir,
        inherited: BTreeSet::new(),
        ran: vec![None; graph.units.len()],
    };
    let (code, ()) = both(
        || {
            let code = tree_code::settle(start, options, reader, &mut notices, progress);
            beside.end();
            code
        },
        || {
            let ids: BTreeSet<&str> = graph.units.iter().map(|unit| &*unit.pkg_id).collect();
            for package in ids.into_iter().filter_map(|id| facts.package(id)) {
                beside.sources(&metadata::manifest_dir(package), out_dir, &std_src.root);
            }
        },
    );
    let code = code?;

    let sources = Sources {
        common_env,
        target_cfgs,
        host_cfgs,
        graph: &graph,
        facts: &facts,
        results: &code.results,
        script_outputs: code.script_outputs,
        dev: options.domains.contains(Domain::Dev),
    };
    let built = units::build(&sources)?;
    notices.extend(missing_outputs(options, &code.modelled, &built));
    let triple = triple.to_owned();
    let project = Project {
        workspace_root: facts.workspace_root().to_owned(),
        toolchain,
        out_dir: out_dir.clone(),
        packages: built.packages,
        units: built.units,
        roots: built.roots,
        std_src,
        cargo_home: tools.cargo_home().and_then(real),
        features: feature_words(&options.selection),
        profile: profile_name(&options.selection),
        exec: code.exec,
        limits: options.limits,
        execution: code.execution,
        tightened: by_the_tree,
        notices,
    };
    Ok((project, triple))
}

/// Lets cargo choose versions for a workspace of our own, starting from the lock file in it; from
/// its cache, unless it may fetch: then sources are fetched too.
pub(crate) fn lock_scratch(manifest: &Utf8Path, exec: ExecPolicy, fetch: bool) -> Result<()> {
    let mut options = Options {
        exec,
        ..Options::default()
    };
    options.selection.manifest_path = Some(manifest.to_owned());
    let tools = Tools::find(&options)?;
    let arguments: &[&[&str]] = if fetch {
        &[&["update", "--workspace"], &["fetch"]]
    } else {
        &[&["update", "--workspace", "--offline"]]
    };
    for arguments in arguments {
        let output = Tools::run(&mut tools.cargo(arguments))?;
        if !output.status.success() {
            return Err(cargo_error::classify(&output.stderr, manifest, None));
        }
    }
    Ok(())
}

/// The toolchain that a workspace is analyzed with, as rustc calls itself.
pub(crate) fn toolchain_of(options: &Options) -> Result<String> {
    Ok(toolchain::host_info(&Tools::find(options)?)?.description)
}

/// The folder without links, if it is there.
fn real(folder: PathBuf) -> Option<Utf8PathBuf> {
    Utf8PathBuf::from_path_buf(folder.canonicalize().ok()?).ok()
}

/// Cargo's merged configuration; empty when this cargo cannot print it.
fn configuration(tools: &Tools) -> Value {
    let text = Tools::stdout(&mut tools.cargo_config()).unwrap_or_default();
    let merged = serde_json::from_str(&text).unwrap_or_default();
    match tools.neutral() {
        Some(config) => config.over(merged),
        None => merged,
    }
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

/// The target asked for, by option, environment or configuration.
fn wanted_target(options: &Options, config: &Value) -> Option<String> {
    let of_env = || std::env::var("CARGO_BUILD_TARGET").ok();
    let of_config = || config.pointer("/build/target")?.as_str().map(str::to_owned);
    options
        .selection
        .target
        .clone()
        .or_else(|| of_env().filter(|target| !target.is_empty()))
        .or_else(of_config)
}

/// The target of the graph; `None` when cargo builds for the host without being asked. A graph
/// of host units only (a proc macro alone) does not say.
fn target(graph: &UnitGraph, wanted: Option<String>) -> Result<Option<String>> {
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
        (None, _) => Ok(wanted),
    }
}

/// Runs both at the same time: nearly all of it is waiting for other programs.
fn both<A, B: Send>(first: impl FnOnce() -> A, second: impl FnOnce() -> B + Send) -> (A, B) {
    std::thread::scope(|scope| {
        let second = scope.spawn(second);
        let first = first();
        match second.join() {
            Ok(second) => (first, second),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn platforms<'a>(host: &'a str, target: &'a str) -> Vec<&'a str> {
    if host == target {
        vec![target]
    } else {
        vec![host, target]
    }
}

/// One notice per package whose script or macro gave nothing; under a policy that forbids
/// running them that is no news.
fn missing_outputs(
    options: &Options,
    modelled: &BTreeSet<String>,
    built: &units::Built,
) -> BTreeSet<String> {
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
                && used.contains(&index)
                && !modelled.contains(&package.id) =>
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
