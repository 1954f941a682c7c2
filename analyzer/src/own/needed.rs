//! What a copy needs of upstream's dependencies, as manifests ask for it.

use std::collections::BTreeSet;

use whittle_extract::manifest::{Kind, Requirement, Section};

use super::build_script;
use super::gather::Gathered;
use crate::model::{self, Analysis, Source};

/// A crate that the copy needs: how upstream's code calls it, and the package it is.
pub(crate) struct Needed {
    pub(crate) name: String,
    pub(crate) package: usize,
    /// By upstream's section.
    pub(crate) requirements: Vec<(Section, String, Requirement)>,
}

/// What the copy needs so that it compiles; `names` as its code calls them.
pub(crate) fn to_compile(
    analysis: &Analysis,
    gathered: &Gathered,
    names: &BTreeSet<String>,
) -> Vec<Needed> {
    let project = &analysis.project;
    let mut out = Vec::new();
    for name in names {
        let of_units = project
            .units
            .iter()
            .filter(|unit| unit.package == gathered.package);
        let mut of_units = of_units.flat_map(|unit| &unit.dependencies);
        let Some(to) = of_units.find(|it| it.extern_name == *name) else {
            continue;
        };
        let package = project.units[to.unit].package;
        let requirements = requirements(analysis, gathered, name, package, Kind::Normal);
        out.push(Needed {
            name: name.clone(),
            package,
            requirements,
        });
    }
    out
}

/// What the dependency's build script needs, which comes along.
pub(crate) fn to_build(analysis: &Analysis, gathered: &Gathered) -> Vec<Needed> {
    let project = &analysis.project;
    let unit = build_script::unit(analysis, gathered);
    let mut out = Vec::new();
    for to in unit.into_iter().flat_map(|unit| &unit.dependencies) {
        let package = project.units[to.unit].package;
        let requirements = requirements(analysis, gathered, &to.extern_name, package, Kind::Build);
        if package != gathered.package && !requirements.is_empty() {
            out.push(Needed {
                name: to.extern_name.clone(),
                package,
                requirements,
            });
        }
    }
    out
}

/// What upstream's manifest asks of a package that its code calls `name`, by section.
fn requirements(
    analysis: &Analysis,
    gathered: &Gathered,
    name: &str,
    package: usize,
    kind: Kind,
) -> Vec<(Section, String, Requirement)> {
    let packages = &analysis.project.packages;
    let (upstream, package) = (&packages[gathered.package], &packages[package]);
    let word = match kind {
        Kind::Normal => "normal",
        Kind::Build => "build",
        Kind::Dev => "dev",
    };
    let mut out = Vec::new();
    for declared in &upstream.manifest.dependencies {
        let key = declared.rename.as_deref().unwrap_or(&declared.name);
        if key.replace('-', "_") != name || declared.name != package.name || declared.kind != word {
            continue;
        }
        let section = Section {
            kind,
            target: declared.target.clone(),
        };
        let requirement = requirement(declared, key, gathered, upstream, package);
        out.push((section, key.to_owned(), requirement));
    }
    out
}

fn requirement(
    declared: &model::Declared,
    key: &str,
    gathered: &Gathered,
    upstream: &model::Package,
    package: &model::Package,
) -> Requirement {
    let mut features: BTreeSet<String> = declared.features.iter().cloned().collect();
    // What upstream's own features switched on in it.
    for feature in &gathered.upstream.features {
        for entry in upstream
            .manifest
            .features
            .get(feature)
            .into_iter()
            .flatten()
        {
            let of_it = entry.strip_prefix(key);
            let of_it =
                of_it.and_then(|rest| rest.strip_prefix('?').unwrap_or(rest).strip_prefix('/'));
            features.extend(of_it.map(str::to_owned));
        }
    }
    let version = declared.req.strip_prefix('^').unwrap_or(&declared.req);
    Requirement {
        package: declared.rename.is_some().then(|| declared.name.clone()),
        version: match package.source {
            Source::Path => None,
            // Beside it in its repository, without a version.
            Source::Git if version == "*" => None,
            Source::Git | Source::Registry => Some(version.to_owned()),
        },
        path: (package.source == Source::Path).then(|| package.manifest_dir.clone()),
        origin: origin(package),
        default_features: declared.default_features,
        features: features.into_iter().collect(),
    }
}

/// Where a package of a git repository is from, as manifests say it: of
/// `git+https://example.org/x?branch=a#x@1.0.0` the address and the branch.
fn origin(package: &model::Package) -> Vec<(String, String)> {
    let id = package.id.strip_prefix("git+").unwrap_or_default();
    if package.source != Source::Git || id.is_empty() {
        return Vec::new();
    }
    let id = id.split('#').next().unwrap_or_default();
    let (address, query) = id.split_once('?').unwrap_or((id, ""));
    let mut out = vec![("git".to_owned(), address.to_owned())];
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let known = pairs.filter(|(name, _)| ["branch", "tag", "rev"].contains(name));
    out.extend(known.map(|(name, value)| (name.to_owned(), value.to_owned())));
    out
}
