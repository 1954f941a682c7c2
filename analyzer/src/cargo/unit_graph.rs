//! Cargo's own unit graph: what `cargo build` would do for the selection, without doing it.
//!
//! Takes the selection, gives the graph as cargo prints it (`--unit-graph`, version 1): one
//! unit per rustc call and one per build-script execution, with the features resolved for
//! host and target apart. This is the only exact source for that; `cargo metadata` unifies
//! what a build keeps apart.

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use super::cargo_error::{classify, headline};
use super::command::Tools;
use super::selection::build_flags;
use crate::error::{Error, Result};
use crate::model::UnitKind;
use crate::options::Selection;

#[derive(Debug, Deserialize)]
pub(super) struct UnitGraph {
    version: u32,
    pub(super) units: Vec<RawUnit>,
    /// Indices of the selected units.
    pub(super) roots: Vec<usize>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawUnit {
    pub(super) pkg_id: String,
    pub(super) target: RawTarget,
    pub(super) profile: RawProfile,
    /// Target triple; `None` is the host.
    pub(super) platform: Option<String>,
    mode: String,
    #[serde(default)]
    pub(super) features: Vec<String>,
    #[serde(default)]
    pub(super) dependencies: Vec<RawDependency>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawTarget {
    kind: Vec<String>,
    pub(super) name: String,
    pub(super) src_path: Utf8PathBuf,
    pub(super) edition: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawProfile {
    pub(super) debug_assertions: bool,
    #[serde(default)]
    pub(super) panic: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) opt_level: String,
    /// A number or a word.
    #[serde(default)]
    pub(super) debuginfo: serde_json::Value,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawDependency {
    pub(super) index: usize,
    pub(super) extern_crate_name: String,
    /// Set for std's own crates, where cargo is configured to build them.
    #[serde(default)]
    noprelude: bool,
}

impl RawUnit {
    /// The execution of a build script, not a crate.
    pub(super) fn is_script_run(&self) -> bool {
        self.mode == "run-custom-build"
    }

    /// Built in test mode, whether or not with rustc's harness.
    pub(super) fn is_test(&self) -> bool {
        self.mode == "test"
    }

    pub(super) fn kind(&self) -> UnitKind {
        self.target.kind()
    }

    /// Whether rustc gets it as `--extern`: a bin that a test runs or a pure cdylib is built
    /// before its user, but is no crate for it.
    pub(super) fn is_linkable(&self) -> bool {
        let kinds = &self.target.kind;
        !self.is_script_run()
            && kinds
                .iter()
                .any(|kind| matches!(kind.as_str(), "lib" | "rlib" | "dylib" | "proc-macro"))
    }
}

impl RawTarget {
    pub(super) fn kind(&self) -> UnitKind {
        match self.kind.first().map_or("lib", String::as_str) {
            "custom-build" => UnitKind::BuildScript,
            "proc-macro" => UnitKind::ProcMacro,
            "bin" => UnitKind::Bin,
            "example" => UnitKind::Example,
            "test" => UnitKind::Test,
            "bench" => UnitKind::Bench,
            _ => UnitKind::Lib,
        }
    }

    pub(super) fn crate_name(&self) -> String {
        self.name.replace('-', "_")
    }
}

/// Asks cargo for the graph.
pub(super) fn unit_graph(
    tools: &Tools,
    selection: &Selection,
    lock: &Utf8Path,
) -> Result<UnitGraph> {
    let mut command = tools.unstable_cargo(&["build", "--unit-graph"]);
    let output = Tools::run(command.args(build_flags(selection)))?;
    if !output.status.success() {
        let looked_at = tools.manifest.as_deref().unwrap_or(&tools.dir);
        return Err(classify(&output.stderr, looked_at, Some(lock)));
    }
    let graph = parse(&output.stdout)?;
    if graph.roots.is_empty() {
        let said = String::from_utf8_lossy(&output.stderr);
        let why = if said.trim().is_empty() {
            "the selection has no targets".to_owned()
        } else {
            headline(&said)
        };
        return Err(Error::NoRoots(
            why.trim_start_matches("warning: ").to_owned(),
        ));
    }
    Ok(graph)
}

fn parse(json: &[u8]) -> Result<UnitGraph> {
    let graph: UnitGraph = serde_json::from_slice(json)
        .map_err(|e| Error::Metadata(format!("its unit graph is not understood: {e}")))?;
    if graph.version != 1 {
        let version = graph.version;
        return Err(Error::Metadata(format!(
            "its unit graph has the unknown version {version}"
        )));
    }
    let count = graph.units.len();
    let indices = graph
        .units
        .iter()
        .flat_map(|unit| unit.dependencies.iter().map(|d| d.index));
    if indices
        .chain(graph.roots.iter().copied())
        .any(|index| index >= count)
    {
        return Err(Error::Metadata(
            "its unit graph names a unit that is not there".to_owned(),
        ));
    }
    Ok(without_std(graph))
}

/// Takes std's own units out: its sources are found and loaded apart.
fn without_std(mut graph: UnitGraph) -> UnitGraph {
    for unit in &mut graph.units {
        unit.dependencies.retain(|dependency| !dependency.noprelude);
    }
    let mut kept = vec![false; graph.units.len()];
    let mut work = graph.roots.clone();
    while let Some(index) = work.pop() {
        if !kept[index] {
            kept[index] = true;
            work.extend(graph.units[index].dependencies.iter().map(|d| d.index));
        }
    }
    let moved: Vec<usize> = kept
        .iter()
        .scan(0, |next, &kept| {
            let index = *next;
            *next += usize::from(kept);
            Some(index)
        })
        .collect();
    let mut keep = kept.into_iter();
    graph.units.retain(|_| keep.next().unwrap_or(true));
    for dependency in graph
        .units
        .iter_mut()
        .flat_map(|unit| &mut unit.dependencies)
    {
        dependency.index = moved[dependency.index];
    }
    for root in &mut graph.roots {
        *root = moved[*root];
    }
    graph
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(name: &str, dependencies: &str) -> String {
        format!(
            r#"{{"pkg_id":"{name}","target":{{"kind":["lib"],"name":"{name}","src_path":"/{name}.rs","edition":"2021"}},
            "profile":{{"name":"dev","debug_assertions":true,"panic":"unwind"}},"platform":null,"mode":"build",
            "features":[],"dependencies":[{dependencies}]}}"#
        )
    }

    fn edge(index: usize, noprelude: bool) -> String {
        format!(
            r#"{{"index":{index},"extern_crate_name":"x","public":false,"noprelude":{noprelude}}}"#
        )
    }

    fn graph(version: u32, units: &[String], root: usize) -> Result<UnitGraph> {
        let units = units.join(",");
        parse(format!(r#"{{"version":{version},"units":[{units}],"roots":[{root}]}}"#).as_bytes())
    }

    #[test]
    fn units_of_std_are_left_out() {
        let units = [
            unit("core", ""),
            unit("a", &edge(0, true)),
            unit("std", &edge(0, false)),
            unit("b", &[edge(1, false), edge(2, true)].join(",")),
        ];
        let graph = graph(1, &units, 3).unwrap();
        let names: Vec<&str> = graph
            .units
            .iter()
            .map(|unit| unit.pkg_id.as_str())
            .collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(graph.roots, [1]);
        let edges: Vec<usize> = graph.units[1]
            .dependencies
            .iter()
            .map(|d| d.index)
            .collect();
        assert_eq!(edges, [0]);
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        assert!(matches!(graph(2, &[], 0), Err(Error::Metadata(_))));
        assert!(matches!(
            graph(1, &[unit("a", &edge(7, false))], 0),
            Err(Error::Metadata(_))
        ));
        assert!(matches!(parse(b"nonsense"), Err(Error::Metadata(_))));
    }
}
