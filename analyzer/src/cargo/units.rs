//! Cargo's units as the tool's own: crates only, in order, with everything rustc would get.
//!
//! Takes the graph, package facts, cfgs and build outputs, gives [`Unit`]s and [`Package`]s.
//! Units that differ in nothing the analysis sees (a release build compiles host crates a
//! second time, with another optimization level) become one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use camino::Utf8PathBuf;
use cargo_metadata::TargetKind;

use super::build_results::BuildResults;
use super::env::{CommonEnv, test_variables, unit_cfgs, unit_env};
use super::graph_walk::{domains, topological};
use super::harness::Harnesses;
use super::metadata::{Facts, has_target, manifest_dir, source};
use super::script_match::ScriptOutput;
use super::toolchain::PlatformCfgs;
use super::unit_graph::{RawUnit, UnitGraph};
use crate::error::{Error, Result};
use crate::model::{BuildOutput, Domain, Domains, Package, Unit, UnitDependency, UnitKind};

/// All that the units are made of.
pub(super) struct Sources<'a> {
    pub(super) graph: &'a UnitGraph,
    pub(super) facts: &'a Facts,
    pub(super) common_env: CommonEnv,
    /// For units with a platform, and for all when no target was asked for.
    pub(super) target_cfgs: PlatformCfgs,
    /// For the host's units when a target was asked for.
    pub(super) host_cfgs: Option<PlatformCfgs>,
    pub(super) results: &'a BuildResults,
    pub(super) script_outputs: Vec<Option<ScriptOutput>>,
    /// Whether dev-dependencies of members count as direct.
    pub(super) dev: bool,
}

/// Packages, units and roots of a project.
pub(super) struct Built {
    pub(super) packages: Vec<Package>,
    pub(super) units: Vec<Unit>,
    pub(super) roots: Vec<usize>,
}

pub(super) fn build(sources: &Sources<'_>) -> Result<Built> {
    let graph = sources.graph;
    let mut packages = packages(sources)?;
    let order = topological(graph, &|id| {
        let package = sources.facts.package(id);
        package
            .map(|p| (p.name.to_string(), p.version.to_string()))
            .unwrap_or_default()
    });
    if order.len() != graph.units.len() {
        return Err(Error::Metadata("its unit graph has a cycle".to_owned()));
    }
    let domains = domains(graph);
    let package_index: BTreeMap<String, usize> = packages
        .iter()
        .enumerate()
        .map(|(index, package)| (package.id.clone(), index))
        .collect();
    let mut builder = UnitBuilder {
        sources,
        package_index: &package_index,
        primary: graph
            .roots
            .iter()
            .map(|&root| graph.units[root].pkg_id.as_str())
            .collect(),
        harnesses: Harnesses::default(),
        units: Vec::new(),
        index: vec![None; graph.units.len()],
    };
    for raw in order {
        builder.add(raw, domains[raw]);
    }
    let UnitBuilder {
        mut units, index, ..
    } = builder;
    if sources.host_cfgs.is_none() {
        // Without a target cargo marks nothing: what only builds and expands is the host's.
        for unit in &mut units {
            unit.for_host = !unit.domains.intersects(Domains::RUN | Domains::DEV);
        }
    }
    let roots: BTreeSet<usize> = graph.roots.iter().filter_map(|&root| index[root]).collect();
    link_packages(&mut packages, graph, &package_index, &domains, sources.dev);
    Ok(Built {
        packages,
        units,
        roots: roots.into_iter().collect(),
    })
}

struct UnitBuilder<'a> {
    sources: &'a Sources<'a>,
    package_index: &'a BTreeMap<String, usize>,
    /// Packages of the selection.
    primary: BTreeSet<&'a str>,
    harnesses: Harnesses,
    units: Vec<Unit>,
    /// From cargo's index to ours; `None` for script runs.
    index: Vec<Option<usize>>,
}

impl UnitBuilder<'_> {
    fn add(&mut self, raw: usize, domains: Domains) {
        let unit = &self.sources.graph.units[raw];
        if unit.is_script_run() {
            return;
        }
        let Some(mut made) = self.unit(unit) else {
            return;
        };
        made.domains = domains;
        let same = self.units.iter().position(|other| is_same(other, &made));
        if let Some(index) = same {
            self.units[index].domains |= domains;
        } else {
            self.units.push(made);
        }
        self.index[raw] = Some(same.unwrap_or(self.units.len() - 1));
    }

    fn unit(&mut self, unit: &RawUnit) -> Option<Unit> {
        let facts = self.sources.facts;
        let package = facts.package(&unit.pkg_id)?;
        let kind = unit.kind();
        let is_primary = self.primary.contains(unit.pkg_id.as_str());
        let rust_version = facts.rust_version(&unit.pkg_id);
        let mut env = unit_env(
            &self.sources.common_env,
            package,
            rust_version,
            unit,
            is_primary,
        );
        let graph = self.sources.graph;
        let bins = unit
            .dependencies
            .iter()
            .map(|dependency| &graph.units[dependency.index]);
        let bins = bins.filter(|unit| unit.kind() == UnitKind::Bin);
        env.extend(test_variables(unit, bins, facts.target_directory()));
        let (script_cfgs, build_output) = self.build_output(unit, &mut env);
        let platform = match &self.sources.host_cfgs {
            Some(host) if unit.platform.is_none() => host,
            _ => &self.sources.target_cfgs,
        };
        let dylib = self.sources.results.dylib(&unit.pkg_id, &unit.features);
        Some(Unit {
            package: *self.package_index.get(&unit.pkg_id)?,
            kind,
            crate_name: unit.target.crate_name(),
            test_harness: self
                .harnesses
                .has_harness(unit, &package.manifest_path, &package.name),
            root_file: unit.target.src_path.clone(),
            edition: unit.target.edition.clone(),
            for_host: unit.platform.is_none(),
            features: unit.features.clone(),
            cfgs: unit_cfgs(unit, platform, &script_cfgs),
            env,
            dependencies: self.dependencies(unit),
            build_output,
            proc_macro_dylib: dylib
                .filter(|_| kind == UnitKind::ProcMacro)
                .map(Utf8PathBuf::from),
            domains: Domains::NONE,
        })
    }

    /// What the package's script adds to the unit: cfgs, and variables put into `env`.
    fn build_output(
        &self,
        unit: &RawUnit,
        env: &mut BTreeMap<String, String>,
    ) -> (Vec<String>, BuildOutput) {
        let graph = self.sources.graph;
        let own_run = unit
            .dependencies
            .iter()
            .map(|dependency| dependency.index)
            .find(|&index| {
                graph.units[index].is_script_run() && graph.units[index].pkg_id == unit.pkg_id
            });
        match own_run.and_then(|index| self.sources.script_outputs[index].as_ref()) {
            None => (Vec::new(), BuildOutput::None),
            Some(ScriptOutput::Missing(why)) => (Vec::new(), BuildOutput::Missing(why.clone())),
            Some(ScriptOutput::Read { out_dir, reading }) => {
                env.insert("OUT_DIR".to_owned(), out_dir.to_string());
                env.extend(reading.env_on.iter().cloned());
                env.extend(
                    reading
                        .env_maybe
                        .iter()
                        .filter(|guess| guess.on)
                        .map(|guess| (guess.name.clone(), guess.value.clone().unwrap_or_default())),
                );
                let output = BuildOutput::Read {
                    out_dir: out_dir.clone(),
                    reading: Arc::clone(reading),
                };
                (reading.cfgs(), output)
            }
            Some(ScriptOutput::Ran {
                cfgs,
                env: set,
                out_dir,
            }) => {
                env.insert("OUT_DIR".to_owned(), out_dir.to_string());
                env.extend(set.iter().cloned());
                (
                    cfgs.clone(),
                    BuildOutput::Ran {
                        out_dir: Some(out_dir.clone()),
                    },
                )
            }
        }
    }

    fn dependencies(&self, unit: &RawUnit) -> Vec<UnitDependency> {
        let linked = unit
            .dependencies
            .iter()
            .filter(|d| self.sources.graph.units[d.index].is_linkable());
        let mut dependencies: Vec<UnitDependency> = linked
            .filter_map(|dependency| {
                let extern_name = dependency.extern_crate_name.replace('-', "_");
                Some(UnitDependency {
                    unit: self.index[dependency.index]?,
                    extern_name,
                })
            })
            .collect();
        dependencies.sort_by(|a, b| (&a.extern_name, a.unit).cmp(&(&b.extern_name, b.unit)));
        dependencies
    }
}

fn is_same(a: &Unit, b: &Unit) -> bool {
    let edges = |unit: &Unit| -> Vec<(String, usize)> {
        unit.dependencies
            .iter()
            .map(|d| (d.extern_name.clone(), d.unit))
            .collect()
    };
    a.package == b.package
        && a.kind == b.kind
        && a.crate_name == b.crate_name
        && a.root_file == b.root_file
        && a.test_harness == b.test_harness
        && a.for_host == b.for_host
        && a.cfgs == b.cfgs
        && a.env == b.env
        && a.proc_macro_dylib == b.proc_macro_dylib
        && a.build_output == b.build_output
        && edges(a) == edges(b)
}

/// The packages of the graph's units, sorted; their edges come later.
fn packages(sources: &Sources<'_>) -> Result<Vec<Package>> {
    let ids: BTreeSet<&str> = sources
        .graph
        .units
        .iter()
        .map(|unit| unit.pkg_id.as_str())
        .collect();
    let mut facts = Vec::with_capacity(ids.len());
    for id in ids {
        let package = sources.facts.package(id);
        facts.push(package.ok_or_else(|| {
            Error::Metadata(format!("`{id}` is in the build but not in its metadata"))
        })?);
    }
    facts.sort_by(|a, b| {
        let key = |p: &cargo_metadata::Package| {
            (
                p.name.to_string(),
                p.version.clone(),
                p.source.as_ref().map(|s| s.repr.clone()),
                p.id.clone(),
            )
        };
        key(a).cmp(&key(b))
    });
    let package = |package: &cargo_metadata::Package| Package {
        id: package.id.repr.clone(),
        name: package.name.to_string(),
        version: package.version.to_string(),
        source: source(package),
        manifest_dir: manifest_dir(package),
        is_member: sources.facts.is_member(&package.id),
        license: package.license.clone(),
        has_build_script: has_target(package, &TargetKind::CustomBuild),
        is_proc_macro: has_target(package, &TargetKind::ProcMacro),
        is_direct: false,
        depth: u32::MAX,
        dependencies: Vec::new(),
        manifest: super::metadata::manifest(package, sources.facts.rust_version(&package.id.repr)),
    };
    Ok(facts.into_iter().map(package).collect())
}

/// Edges between packages as this build has them, and what follows from them.
fn link_packages(
    packages: &mut [Package],
    graph: &UnitGraph,
    index: &BTreeMap<String, usize>,
    domains: &[Domains],
    dev: bool,
) {
    let mut edges = vec![BTreeSet::new(); packages.len()];
    for (unit, domains) in graph.units.iter().zip(domains) {
        let Some(&from) = index.get(&unit.pkg_id) else {
            continue;
        };
        let counts = dev || domains.iter().any(|domain| domain != Domain::Dev);
        for dependency in &unit.dependencies {
            let Some(&to) = index.get(&graph.units[dependency.index].pkg_id) else {
                continue;
            };
            if from != to {
                edges[from].insert(to);
                packages[to].is_direct |= packages[from].is_member && counts;
            }
        }
    }
    let mut queue: VecDeque<usize> = (0..packages.len())
        .filter(|&p| packages[p].is_member)
        .collect();
    for &member in &queue {
        packages[member].depth = 0;
    }
    while let Some(from) = queue.pop_front() {
        for &to in &edges[from] {
            if packages[to].depth == u32::MAX {
                packages[to].depth = packages[from].depth.saturating_add(1);
                queue.push_back(to);
            }
        }
    }
    for (package, edges) in packages.iter_mut().zip(edges) {
        package.dependencies = edges.into_iter().collect();
    }
}
