//! Which build scripts and proc macros may run although the policy is `never`: those of crates
//! that the user listed, with everything that runs in them.
//!
//! Takes the user's list, cargo's graph and the lock file; gives the folders whose sources may
//! be compiled (`sandbox/gate.rs` refuses all others, so that nothing else comes to life), and
//! for each script and macro that will not run what would have to be listed.
//!
//! An entry means exactly the sources that it was made for: name, version and checksum of the
//! lock file, of a package that cargo itself fetched and compared with that checksum. What the
//! tree can change (path dependencies, vendored or replaced sources, git checkouts) has no
//! entry.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::Package;

use super::build_results::BuildResults;
use super::checksums::Checksums;
use super::metadata::{Facts, manifest_dir};
use super::unit_graph::UnitGraph;
use crate::error::Result;
use crate::execution::{Allowed, Execution, NotRun};
use crate::model::UnitKind;

/// What may be compiled, and what was found out on the way.
#[derive(Debug, Default)]
pub(super) struct Gate {
    /// Folders of packages; empty when nothing may run.
    pub(super) folders: BTreeMap<Utf8PathBuf, Allowed>,
    /// Ids and names of packages whose scripts or macros may run.
    may_run: BTreeMap<String, String>,
    pub(super) execution: Execution,
    pub(super) notices: Vec<String>,
}

/// Judges every script and macro of the graph. `list` is what counts of the user's list, `why`
/// the reason of all that are not on it.
pub(super) fn judge(
    list: &[Allowed],
    why: &str,
    graph: &UnitGraph,
    facts: &Facts,
    lock: &Utf8Path,
    cargo_home: Option<&Path>,
) -> Result<Gate> {
    let sums = Checksums::read(lock)?;
    let places = cargo_home.map(|home| home.join("registry").join("src"));
    let packages: BTreeMap<&str, Known<'_>> = facts
        .packages()
        .iter()
        .map(|package| {
            let entry = entry(&sums, package, places.as_deref());
            let listed = entry.as_ref().is_ok_and(|entry| list.contains(entry));
            let known = Known {
                package,
                entry,
                listed,
            };
            (package.id.repr.as_str(), known)
        })
        .collect();
    let mut gate = Gate {
        notices: mismatches(list, packages.values()),
        ..Gate::default()
    };
    let mut not_run: BTreeMap<&str, NotRun> = BTreeMap::new();
    for (index, unit) in graph.units.iter().enumerate() {
        let is_macro = unit.kind() == UnitKind::ProcMacro;
        if !unit.is_script_run() && !is_macro {
            continue;
        }
        let Some(own) = packages.get(unit.pkg_id.as_str()) else {
            continue;
        };
        let inside = closure(graph, index);
        let inside: Vec<&Known<'_>> = inside.iter().filter_map(|id| packages.get(id)).collect();
        if inside.iter().all(|one| one.listed) {
            let entries = inside
                .iter()
                .filter_map(|one| Some((one.package, one.entry.clone().ok()?)));
            gate.folders
                .extend(entries.map(|(package, entry)| (manifest_dir(package), entry)));
            let name = format!("{}@{}", own.package.name, own.package.version);
            gate.may_run.insert(unit.pkg_id.clone(), name);
            continue;
        }
        let entry = not_run.entry(&unit.pkg_id).or_insert_with(|| NotRun {
            krate: own.package.name.to_string(),
            version: own.package.version.to_string(),
            build_script: false,
            proc_macro: false,
            why: String::new(),
            allow: Vec::new(),
        });
        entry.build_script |= unit.is_script_run();
        entry.proc_macro |= is_macro;
        (entry.why, entry.allow) = missing(own, &inside, why);
    }
    gate.execution.not_run = not_run.into_values().collect();
    gate.execution.not_run.sort();
    Ok(gate)
}

impl Gate {
    /// What ran in the end, and a notice for each that was allowed and gave nothing.
    pub(super) fn settle(self, results: &BuildResults, notices: &mut Vec<String>) -> Execution {
        let mut execution = self.execution;
        for (id, name) in self.may_run {
            if results.has_output(&id) {
                execution.allowed.push(name);
            } else {
                let why = results.why_missing(&id);
                notices.push(format!("{name} is allowed to run, and gave nothing: {why}"));
            }
        }
        execution.allowed.sort();
        execution.denied.extend(results.denied());
        execution
    }
}

/// A package, and what an entry for it would be.
struct Known<'a> {
    package: &'a Package,
    entry: Result<Allowed, &'static str>,
    listed: bool,
}

impl Known<'_> {
    fn name(&self) -> String {
        format!("{} {}", self.package.name, self.package.version)
    }
}

/// Packages of all units that this one is built of.
pub(super) fn closure(graph: &UnitGraph, unit: usize) -> BTreeSet<&str> {
    let mut seen = BTreeSet::from([unit]);
    let mut work = vec![unit];
    while let Some(index) = work.pop() {
        for dependency in &graph.units[index].dependencies {
            if seen.insert(dependency.index) {
                work.push(dependency.index);
            }
        }
    }
    seen.into_iter()
        .map(|index| graph.units[index].pkg_id.as_str())
        .collect()
}

/// Why the script or macro does not run, and all that must be listed for it.
fn missing(own: &Known<'_>, inside: &[&Known<'_>], why: &str) -> (String, Vec<Allowed>) {
    if let Some((one, reason)) = inside
        .iter()
        .find_map(|one| Some((one, one.entry.as_ref().err()?)))
    {
        let of = if one.package.id == own.package.id {
            "it".to_owned()
        } else {
            one.name()
        };
        return (
            format!("{why}; it cannot be allowed: {of} {reason}"),
            Vec::new(),
        );
    }
    let mut allow: Vec<Allowed> = inside
        .iter()
        .filter_map(|one| one.entry.clone().ok())
        .collect();
    allow.sort();
    let others = inside
        .iter()
        .filter(|one| !one.listed)
        .map(|one| one.name());
    let others: Vec<String> = others.collect();
    let why = if own.listed {
        format!(
            "{why}; it is allowed, but not what runs in it: {}",
            others.join(", ")
        )
    } else {
        why.to_owned()
    };
    (why, allow)
}

/// Entries that name a crate of the tree, but not as it is here: the user wants to know.
fn mismatches<'a>(
    list: &[Allowed],
    packages: impl Iterator<Item = &'a Known<'a>> + Clone,
) -> Vec<String> {
    let mut notices = BTreeSet::new();
    for entry in list {
        let here: Vec<_> = packages
            .clone()
            .filter(|one| *one.package.name == entry.name)
            .collect();
        if here.is_empty() || here.iter().any(|one| one.entry.as_ref() == Ok(entry)) {
            continue;
        }
        for one in here {
            let same = one.package.version.to_string() == entry.version;
            let remedy = match &one.entry {
                Ok(now) => format!("review it, then allow `{now}`"),
                Err(reason) => format!("it cannot be allowed, because it {reason}"),
            };
            let differs = if same {
                "with another checksum"
            } else {
                "in another version"
            };
            notices.insert(format!(
                "{} is not run: `{}@{}` is allowed {differs}; {remedy}",
                one.name(),
                entry.name,
                entry.version
            ));
        }
    }
    notices.into_iter().collect()
}

/// The entry for a package, or why it has none.
pub(super) fn entry(
    sums: &Checksums,
    package: &Package,
    sources: Option<&Path>,
) -> Result<Allowed, &'static str> {
    let source = package.source.as_ref().map(|source| source.repr.as_str());
    let source = match source {
        None => return Err("is a folder, not a package of a registry"),
        Some(git) if git.starts_with("git+") => {
            return Err("comes from git, not from a registry");
        }
        Some(source) => source,
    };
    let (name, version) = (package.name.as_str(), package.version.to_string());
    let checksum = sums
        .get(name, &version, source)
        .ok_or("has no checksum in the lock file")?;
    // Vendored and replaced sources are whatever the tree makes of them.
    let folder = manifest_dir(package).canonicalize_utf8();
    let of_cargo = sources.and_then(|sources| sources.canonicalize().ok());
    match (folder, of_cargo) {
        (Ok(folder), Some(sources)) if folder.starts_with(&sources) => {}
        _ => return Err("was not fetched by cargo, but replaced or vendored"),
    }
    let entry = format!("{name}@{version}#{checksum}");
    entry.parse().map_err(|_| "has a checksum that is none")
}
