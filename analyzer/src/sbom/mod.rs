//! The workspace's tree as a CycloneDX 1.6 bill of materials, owned code included.
//!
//! Components are the packages that cargo would build for the selection, each with the domains that
//! it is compiled for; what only runs on the developer's machine is `excluded` from what ships.
//! Code that was copied is a component of its own, whose pedigree names the package that it is of:
//! whoever matches advisories against a bill of materials must still find it, and must not take
//! it for the whole. Everything comes from the lock file, manifests and records: the same bytes
//! wherever it is made.

mod owned;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde_json::{Map, Value, json};
use whittle_extract::license::normalized;

use crate::advisories::Stamp;
use crate::advisories::stamp::{escaped, purl};
use crate::cargo::checksums::Checksums;
use crate::copies::Owned;
use crate::cyclonedx::{self, property};
use crate::model::{Domain, Domains, Package, Project, Source};
use crate::report::text::json_safe;

/// The document.
pub(crate) fn document(
    project: &Project,
    sums: &Checksums,
    copies: &[Owned],
    stamp: Stamp,
) -> Value {
    let tree = Tree::new(project, copies);
    let mut components: Vec<Value> = Vec::new();
    let mut dependencies: Vec<Value> = Vec::new();
    for (index, package) in project.packages.iter().enumerate() {
        let Some(domains) = tree.domains.get(&index) else {
            continue;
        };
        if !tree.roots.contains(&index) {
            components.push(component(&tree, index, package, *domains, sums));
        }
        dependencies.push(depends(&tree, index, package));
    }
    for owned in &tree.modules {
        components.push(owned::component(owned));
        dependencies.push(json!({ "ref": owned::reference(owned), "dependsOn": [] }));
    }
    let products: Vec<(&str, &str, &str)> = tree
        .roots
        .iter()
        .filter_map(|&index| {
            let package = project.packages.get(index)?;
            let reference = tree.references.get(&index)?;
            Some((
                package.name.as_str(),
                package.version.as_str(),
                reference.as_str(),
            ))
        })
        .collect();
    let mut parts = Map::new();
    parts.insert("components".to_owned(), components.into());
    parts.insert("dependencies".to_owned(), dependencies.into());
    let tool = cyclonedx::tool(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    cyclonedx::document(stamp, tool, cyclonedx::subject(&products), parts)
}

/// Writes the document.
///
/// # Errors
/// Those of `out`.
pub(crate) fn write(document: &Value, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{}",
        json_safe(serde_json::to_string_pretty(document)?)
    )
}

struct Tree<'a> {
    /// Packages of the selected targets.
    roots: BTreeSet<usize>,
    /// Of each package that is compiled, for what.
    domains: BTreeMap<usize, Domains>,
    /// `bom-ref`s, each once.
    references: BTreeMap<usize, String>,
    /// Copies that are packages, by package.
    packages: BTreeMap<usize, &'a Owned>,
    /// Copies that are modules.
    modules: Vec<&'a Owned>,
}

impl<'a> Tree<'a> {
    fn new(project: &Project, copies: &'a [Owned]) -> Self {
        let mut domains: BTreeMap<usize, Domains> = BTreeMap::new();
        for unit in &project.units {
            *domains.entry(unit.package).or_default() |= unit.domains;
        }
        let roots = project.roots.iter();
        let roots = roots.filter_map(|&root| Some(project.units.get(root)?.package));
        let mut taken = BTreeSet::new();
        let mut references = BTreeMap::new();
        for (index, package) in project.packages.iter().enumerate() {
            let plain = identity(package);
            let mut reference = plain.clone();
            let mut number = 1;
            while !taken.insert(reference.clone()) {
                number += 1;
                reference = format!("{plain}#{number}");
            }
            references.insert(index, reference);
        }
        let mut packages = BTreeMap::new();
        let mut modules = Vec::new();
        for owned in copies {
            let same = |package: &Package| package.manifest_dir == owned.folder;
            match project.packages.iter().position(same) {
                Some(index) => {
                    packages.insert(index, owned);
                }
                None => modules.push(owned),
            }
        }
        Self {
            roots: roots.collect(),
            domains,
            references,
            packages,
            modules,
        }
    }
}

/// The package URL; of what comes from git with where and which commit.
fn identity(package: &Package) -> String {
    let plain = purl(&package.name, &package.version);
    match (&package.source, source(package)) {
        (Source::Git, Some(source)) => format!("{plain}?vcs_url={}", escaped(source)),
        _ => plain,
    }
}

/// Cargo's word for where a package comes from, out of its id.
fn source(package: &Package) -> Option<&str> {
    package.id.rsplit_once('#').map(|(source, _)| source)
}

fn component(
    tree: &Tree<'_>,
    index: usize,
    package: &Package,
    domains: Domains,
    sums: &Checksums,
) -> Value {
    let mut one = Map::new();
    let mut set = |key: &str, value: Value| one.insert(key.to_owned(), value);
    set("type", "library".into());
    set("bom-ref", tree.references.get(&index).cloned().into());
    set("name", package.name.as_str().into());
    set("version", package.version.as_str().into());
    let ships = domains.contains(Domain::Run);
    set("scope", if ships { "required" } else { "excluded" }.into());
    let checksum =
        source(package).and_then(|source| sums.get(&package.name, &package.version, source));
    if let Some(checksum) = checksum {
        set("hashes", json!([{ "alg": "SHA-256", "content": checksum }]));
    }
    if let Some(licenses) = licenses(package) {
        set("licenses", licenses);
    }
    let mut properties = vec![
        property("domains", &names(domains)),
        property(
            "source",
            match package.source {
                Source::Registry => "registry",
                Source::Git => "git",
                Source::Path => "path",
            },
        ),
    ];
    if let Some(owned) = tree.packages.get(&index) {
        // Not the package of that name: what is left of it.
        set("pedigree", owned::pedigree(owned));
        properties.extend(owned::properties(owned));
    } else {
        set("purl", identity(package).into());
    }
    set("properties", properties.into());
    one.into()
}

fn names(domains: Domains) -> String {
    let names: Vec<&str> = domains.iter().map(Domain::as_str).collect();
    names.join(",")
}

/// An SPDX expression, or else the words of the manifest.
fn licenses(package: &Package) -> Option<Value> {
    match (&package.license, &package.manifest.license_file) {
        (Some(text), _) => Some(match normalized(text) {
            Some(expression) => json!([{ "expression": expression }]),
            None => json!([{ "license": { "name": text } }]),
        }),
        (None, Some(file)) => Some(json!([{ "license": { "name": format!("see {file}") } }])),
        (None, None) => None,
    }
}

/// What a package needs in this build, and the copies that are part of it.
fn depends(tree: &Tree<'_>, index: usize, package: &Package) -> Value {
    let on = package.dependencies.iter();
    let mut on: BTreeSet<String> = on
        .filter(|one| tree.domains.contains_key(one))
        .filter_map(|one| tree.references.get(one).cloned())
        .collect();
    let own = tree
        .modules
        .iter()
        .filter(|owned| package.is_member && owned.package == package.name);
    on.extend(own.map(|owned| owned::reference(owned)));
    json!({ "ref": tree.references.get(&index), "dependsOn": on })
}
