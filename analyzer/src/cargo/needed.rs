//! What of the tree's code has to run under `sandbox`: what nothing else can stand for.
//!
//! A build script that was read to its end, with nothing left to guess, says the same when it is
//! run; a proc macro that is modelled expands to the same. Neither is compiled then: it is safer,
//! and it is faster. Takes cargo's graph and the readings, gives the packages that have to be
//! compiled: those of the scripts and macros that must run, and of all that these are built of.

use std::collections::BTreeSet;
use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};

use super::allowed::{closure, entry};
use super::checksums::Checksums;
use super::metadata::{Facts, manifest_dir};
use super::script_match::ScriptOutput;
use super::unit_graph::{RawUnit, UnitGraph};
use crate::error::Result;
use crate::model::UnitKind;
use crate::models::{Crate, can_stand_for, declared};

/// Packages that have to be compiled.
#[derive(Debug)]
pub(super) struct Needed {
    ids: BTreeSet<String>,
    pub(super) folders: BTreeSet<Utf8PathBuf>,
    /// Packages of macros that models stand for, by their ids.
    pub(super) modelled: BTreeSet<String>,
    /// Nothing is stood for.
    pub(super) is_all: bool,
    /// Of how many scripts and macros, in words.
    pub(super) extent: String,
}

impl Needed {
    pub(super) fn holds(&self, package: &str) -> bool {
        self.ids.contains(package)
    }
}

/// What it is found out from.
pub(super) struct Question<'a> {
    pub(super) graph: &'a UnitGraph,
    pub(super) facts: &'a Facts,
    pub(super) lock: &'a Utf8Path,
    pub(super) cargo_home: Option<&'a Path>,
    /// The compiler's version.
    pub(super) rustc: &'a str,
    /// No model may stand for a macro.
    pub(super) all_macros: bool,
}

/// `readings` are those of all script runs, indexed as the graph's units.
pub(super) fn needed(asked: &Question<'_>, readings: &[Option<ScriptOutput>]) -> Result<Needed> {
    let sums = Checksums::read(asked.lock)?;
    let Question { graph, facts, .. } = *asked;
    let mut seeds = Vec::new();
    let mut modelled = Vec::new();
    let (mut scripts, mut macros) = (BTreeSet::new(), BTreeSet::new());
    for (index, (unit, reading)) in graph.units.iter().zip(readings).enumerate() {
        if unit.is_script_run() {
            scripts.insert(unit.pkg_id.as_str());
            if !reading.as_ref().is_some_and(ScriptOutput::is_sure) {
                seeds.push(index);
            }
        } else if unit.kind() == UnitKind::ProcMacro {
            macros.insert(unit.pkg_id.as_str());
            if asked.all_macros || !asked.is_modelled(unit, &sums) {
                seeds.push(index);
            } else {
                modelled.push(index);
            }
        }
    }
    let is_all = modelled.is_empty() && !readings.iter().flatten().any(ScriptOutput::is_sure);
    let mut ids: BTreeSet<&str> = seeds
        .iter()
        .flat_map(|&seed| closure(graph, seed))
        .collect();
    // Where all that a macro is built of is compiled anyway, the real one costs little.
    while let Some(at) = modelled.iter().position(|&index| {
        let own = graph.units[index].pkg_id.as_str();
        let mut inside = closure(graph, index);
        inside.remove(own);
        !inside.is_empty() && inside.is_subset(&ids)
    }) {
        let index = modelled.swap_remove(at);
        ids.insert(&graph.units[index].pkg_id);
        seeds.push(index);
    }
    let run = |is_script: bool, all: &BTreeSet<&str>| {
        let seeds = seeds.iter().map(|&seed| &graph.units[seed]);
        let of_kind = seeds.filter(|unit| unit.is_script_run() == is_script);
        let packages: BTreeSet<&str> = of_kind.map(|unit| unit.pkg_id.as_str()).collect();
        format!("{} of {}", packages.len(), all.len())
    };
    let extent = format!(
        "running {} build scripts, compiling {} proc macros",
        run(true, &scripts),
        run(false, &macros)
    );
    let modelled = modelled
        .into_iter()
        .map(|index| graph.units[index].pkg_id.clone());
    let modelled = modelled.filter(|id| !ids.contains(id.as_str())).collect();
    let packages = ids.iter().filter_map(|id| facts.package(id));
    Ok(Needed {
        folders: packages.map(manifest_dir).collect(),
        ids: ids.into_iter().map(str::to_owned).collect(),
        modelled,
        is_all,
        extent,
    })
}

impl Question<'_> {
    /// A model stands for the sources that the registry has, not for what a tree made of them.
    fn is_modelled(&self, unit: &RawUnit, sums: &Checksums) -> bool {
        let Some(krate) = self.krate(unit, sums) else {
            return false;
        };
        let text = std::fs::read_to_string(&unit.target.src_path);
        let declared = text.ok().and_then(|text| declared(&text));
        declared.is_some_and(|declared| can_stand_for(&krate, &declared))
    }

    /// As `ra/macro_models.rs` makes it of the project: the two must agree, or a macro is neither
    /// compiled nor modelled (its calls are then unknown).
    fn krate(&self, unit: &RawUnit, sums: &Checksums) -> Option<Crate> {
        let package = self.facts.package(&unit.pkg_id)?;
        let places = self
            .cargo_home
            .map(|home| home.join("registry").join("src"));
        entry(sums, package, places.as_deref()).ok()?;
        let of_package = self
            .graph
            .units
            .iter()
            .filter(|one| one.pkg_id == unit.pkg_id);
        let built_with: BTreeSet<&str> = of_package
            .flat_map(|one| &one.dependencies)
            .map(|one| self.graph.units[one.index].pkg_id.as_str())
            .filter(|id| *id != unit.pkg_id)
            .collect();
        let built_with = built_with
            .into_iter()
            .filter_map(|id| self.facts.package(id));
        Some(Crate {
            package: package.name.to_string(),
            version: package.version.clone(),
            features: unit.features.clone(),
            rustc: self.rustc.parse().ok()?,
            dependencies: built_with
                .map(|one| (one.name.to_string(), one.version.clone()))
                .collect(),
        })
    }
}
