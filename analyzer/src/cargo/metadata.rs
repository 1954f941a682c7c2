//! Where the workspace is, and the facts about its packages.
//!
//! [`locate`] checks the preconditions cargo would repair by writing (a lock file);
//! [`facts`] runs `cargo metadata` for what the unit graph does not say: license, links,
//! manifest fields, which packages are members.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::{
    Dependency, DependencyKind, Metadata, MetadataCommand, Package, PackageId, TargetKind,
};
use serde::Deserialize;

use super::cargo_error::classify;
use super::command::Tools;
use super::selection::feature_flags;
use super::unit_graph::UnitGraph;
use crate::error::{Error, Result};
use crate::model::{Declared, Manifest, Source};
use crate::options::Selection;

/// Where the workspace is and builds, its lock file checked to exist.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) root: Utf8PathBuf,
    pub(super) target: Utf8PathBuf,
    pub(super) lock: Utf8PathBuf,
    pub(super) members: Vec<Member>,
}

/// A package of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// Where its manifest is.
    pub(crate) folder: Utf8PathBuf,
    pub(crate) license: Option<String>,
    /// `2015`, `2018`, `2021`, `2024`.
    pub(crate) edition: u16,
    /// Folders that it depends on by their path.
    pub(crate) paths: Vec<Utf8PathBuf>,
}

/// Finds the workspace without resolving anything.
pub(super) fn locate(tools: &Tools) -> Result<Place> {
    let looked_at = tools.manifest.as_deref().unwrap_or(&tools.dir);
    let mut command = tools.cargo(&[
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
        "--offline",
    ]);
    let output = Tools::run(&mut command)?;
    if !output.status.success() {
        return Err(classify(&output.stderr, looked_at, None));
    }
    let place: RawPlace = serde_json::from_slice(&output.stdout).map_err(unreadable)?;
    let lock = place.workspace_root.join("Cargo.lock");
    if lock.is_file() {
        Ok(Place {
            root: place.workspace_root,
            target: place.target_directory,
            lock,
            members: members(place.packages),
        })
    } else {
        Err(Error::NoLockFile(lock))
    }
}

#[derive(Deserialize)]
struct RawPlace {
    workspace_root: Utf8PathBuf,
    target_directory: Utf8PathBuf,
    packages: Vec<RawMember>,
}

#[derive(Deserialize)]
struct RawMember {
    name: String,
    manifest_path: Utf8PathBuf,
    license: Option<String>,
    edition: String,
    dependencies: Vec<RawNamed>,
}

#[derive(Deserialize)]
struct RawNamed {
    path: Option<Utf8PathBuf>,
}

fn members(packages: Vec<RawMember>) -> Vec<Member> {
    let member = |one: RawMember| {
        let folder = one.manifest_path.parent()?.to_owned();
        Some(Member {
            name: one.name,
            folder,
            license: one.license,
            edition: one.edition.parse().unwrap_or(2015),
            paths: one
                .dependencies
                .into_iter()
                .filter_map(|it| it.path)
                .collect(),
        })
    };
    let mut members: Vec<Member> = packages.into_iter().filter_map(member).collect();
    members.sort();
    members
}

fn unreadable(e: impl std::fmt::Display) -> Error {
    Error::Metadata(format!("`cargo metadata` is not understood: {e}"))
}

/// What `cargo metadata` knows, by cargo's package id.
#[derive(Debug)]
pub(super) struct Facts {
    metadata: Metadata,
    /// Where cargo builds for the user.
    target: Utf8PathBuf,
    /// Index into `metadata.packages`.
    by_id: BTreeMap<String, usize>,
    /// `rust-version` as it stands in the manifest, which rustc's environment repeats.
    rust_versions: BTreeMap<String, String>,
}

impl Facts {
    pub(super) fn package(&self, id: &str) -> Option<&Package> {
        self.by_id
            .get(id)
            .and_then(|&index| self.metadata.packages.get(index))
    }

    pub(super) fn is_member(&self, id: &PackageId) -> bool {
        self.metadata.workspace_members.contains(id)
    }

    pub(super) fn rust_version(&self, id: &str) -> Option<&str> {
        self.rust_versions.get(id).map(String::as_str)
    }

    pub(super) fn workspace_root(&self) -> &Utf8Path {
        &self.metadata.workspace_root
    }

    /// What the root manifest says about the policy: `[workspace.metadata.whittle]`, or
    /// `[package.metadata.whittle]`; the former wins.
    pub(super) fn exec(&self) -> Option<&str> {
        let of_package = self
            .metadata
            .root_package()
            .map(|package| &package.metadata);
        let mut places = [Some(&self.metadata.workspace_metadata), of_package]
            .into_iter()
            .flatten();
        places.find_map(|metadata| metadata.pointer("/whittle/exec")?.as_str())
    }

    pub(super) fn packages(&self) -> &[Package] {
        &self.metadata.packages
    }

    pub(super) fn target_directory(&self) -> &Utf8Path {
        &self.target
    }

    /// The id of the package that cargo's messages call `name v1.2.3` or `name v1.2.3 (place)`.
    pub(super) fn find_named(&self, words: &str) -> Option<String> {
        let named = |package: &&Package| {
            let rest = words.strip_prefix(package.name.as_str());
            let rest = rest.and_then(|rest| rest.strip_prefix(&format!(" v{}", package.version)));
            match rest {
                Some("") => true,
                Some(place) => {
                    package.source.is_some() || place.contains(manifest_dir(package).as_str())
                }
                None => false,
            }
        };
        self.metadata
            .packages
            .iter()
            .find(named)
            .map(|package| package.id.repr.clone())
    }

    fn covers(&self, graph: &UnitGraph) -> bool {
        graph
            .units
            .iter()
            .all(|unit| self.by_id.contains_key(&unit.pkg_id))
    }
}

/// Runs `cargo metadata` for the platforms of the build. Its feature resolution is not a
/// build's: see [`covering`].
pub(super) fn facts(
    tools: &Tools,
    selection: &Selection,
    platforms: &[&str],
    place: &Place,
) -> Result<Facts> {
    run_metadata(tools, &feature_flags(selection), platforms, place)
}

/// `facts`, if they hold every package of the graph; optional packages of a member may be
/// missing, so then it is asked again with every feature on.
pub(super) fn covering(
    facts: Result<Facts>,
    tools: &Tools,
    graph: &UnitGraph,
    platforms: &[&str],
    place: &Place,
) -> Result<Facts> {
    if facts.as_ref().is_ok_and(|facts| facts.covers(graph)) {
        return facts;
    }
    match run_metadata(tools, &["--all-features".to_owned()], platforms, place) {
        Ok(all) if all.covers(graph) => Ok(all),
        Ok(_) => Err(Error::Metadata(
            "`cargo metadata` does not list every package of the build".to_owned(),
        )),
        Err(error) => Err(facts.err().unwrap_or(error)),
    }
}

fn run_metadata(
    tools: &Tools,
    features: &[String],
    platforms: &[&str],
    place: &Place,
) -> Result<Facts> {
    let mut command = tools.cargo(&["metadata", "--format-version", "1", "--locked", "--offline"]);
    for platform in platforms {
        command.args(["--filter-platform", platform]);
    }
    let output = Tools::run(command.args(features))?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let looked_at = tools.manifest.as_deref().unwrap_or(&tools.dir);
        return Err(classify(&output.stderr, looked_at, Some(&place.lock)));
    }
    let metadata = MetadataCommand::parse(&*text).map_err(unreadable)?;
    let raw: RawMetadata = serde_json::from_str(&text).map_err(unreadable)?;
    let ids = metadata
        .packages
        .iter()
        .map(|package| package.id.repr.clone());
    Ok(Facts {
        target: place.target.clone(),
        by_id: ids.zip(0..).collect(),
        rust_versions: raw
            .packages
            .into_iter()
            .filter_map(|p| Some((p.id, p.rust_version?)))
            .collect(),
        metadata,
    })
}

/// `cargo_metadata` pads `rust-version` to three numbers.
#[derive(Deserialize)]
struct RawMetadata {
    packages: Vec<RawPackage>,
}

#[derive(Deserialize)]
struct RawPackage {
    id: String,
    rust_version: Option<String>,
}

pub(super) fn source(package: &Package) -> Source {
    match &package.source {
        None => Source::Path,
        Some(source) if source.repr.starts_with("git+") => Source::Git,
        Some(_) => Source::Registry,
    }
}

pub(super) fn has_target(package: &Package, kind: &TargetKind) -> bool {
    package
        .targets
        .iter()
        .any(|target| target.kind.contains(kind))
}

/// What the package's manifest says, with `rust-version` as it stands there.
pub(super) fn manifest(package: &Package, rust_version: Option<&str>) -> Manifest {
    let declared = |declared: &Dependency| Declared {
        name: declared.name.clone(),
        rename: declared.rename.clone(),
        req: declared.req.to_string(),
        kind: match declared.kind {
            DependencyKind::Build => "build",
            DependencyKind::Development => "dev",
            _ => "normal",
        }
        .into(),
        target: declared.target.as_ref().map(ToString::to_string),
        optional: declared.optional,
        default_features: declared.uses_default_features,
        features: declared.features.clone(),
    };
    Manifest {
        rust_version: rust_version.map(str::to_owned),
        links: package.links.clone(),
        license_file: package.license_file.as_ref().map(ToString::to_string),
        authors: package.authors.clone(),
        features: package.features.clone(),
        dependencies: package.dependencies.iter().map(declared).collect(),
    }
}

pub(super) fn manifest_dir(package: &Package) -> Utf8PathBuf {
    package
        .manifest_path
        .parent()
        .unwrap_or(&package.manifest_path)
        .to_owned()
}
