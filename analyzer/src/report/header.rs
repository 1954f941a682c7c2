//! What every output says first: relative to which roots, domains, features, target and
//! profile its answers hold.

use serde::Serialize;

use crate::model::{Analysis, Domain, Package, Project, Unit, UnitKind};

/// The first keys of every machine-readable output, in the order of the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Header {
    /// The name of the format.
    pub format: &'static str,
    /// Grows when a key changes its meaning or goes away; new keys do not change it.
    pub version: u32,
    /// The selected targets, as `<package>@<version> <kind> <name>`.
    pub roots: Vec<String>,
    /// The analyzed domains: `run`, `build`, `macro`, `dev`.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub domains: Vec<Domain>,
    /// The features asked for: `default`, `all` or a list.
    pub features: String,
    /// The target triple.
    pub target: String,
    /// The cargo profile.
    pub profile: String,
    /// What of the tree was allowed to run while it was analyzed: `trust`, `sandbox` or `never`.
    pub policy: String,
}

impl Header {
    #[must_use]
    pub fn new(format: &'static str, version: u32, analysis: &Analysis) -> Self {
        let project = &analysis.project;
        Self {
            format,
            version,
            roots: roots(project),
            domains: analysis.options_domains.iter().collect(),
            features: project.features.clone(),
            target: project.toolchain.target.clone(),
            profile: project.profile.clone(),
            policy: analysis.project.exec.as_str().to_owned(),
        }
    }
}

/// The selected targets by name, each once.
fn roots(project: &Project) -> Vec<String> {
    named_roots(project, |package| {
        format!("{}@{}", package.name, package.version)
    })
}

/// The same by the name of the package alone, which a release does not change.
pub(crate) fn roots_without_versions(project: &Project) -> Vec<String> {
    named_roots(project, |package| package.name.clone())
}

fn named_roots(project: &Project, name: impl Fn(&Package) -> String) -> Vec<String> {
    let units = project
        .roots
        .iter()
        .filter_map(|&index| project.units.get(index));
    let roots = units.filter_map(|unit| {
        let package = project.packages.get(unit.package)?;
        Some(format!("{} {}", name(package), target_name(unit)))
    });
    let mut names: Vec<String> = roots.collect();
    names.sort();
    names.dedup();
    names
}

fn target_name(unit: &Unit) -> String {
    let kind = match unit.kind {
        UnitKind::Lib => "lib",
        UnitKind::ProcMacro => "proc-macro",
        UnitKind::Bin => "bin",
        UnitKind::Example => "example",
        UnitKind::Test => "test",
        UnitKind::Bench => "bench",
        UnitKind::BuildScript => "build-script",
    };
    // The unit tests of a lib or bin are a target of their own.
    let harness = unit.test_harness && matches!(unit.kind, UnitKind::Lib | UnitKind::Bin);
    let tests = if harness { " (unit tests)" } else { "" };
    format!("{kind} {}{tests}", unit.crate_name)
}
