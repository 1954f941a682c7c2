//! The manifest of a copy that is a crate of its own, and what upstream's manifest says.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};
use toml_edit::{Item, Value};

use super::add::Requirement;
use super::draft::Draft;
use super::features::{bare_or_quoted, quoted};
use super::{Kind, ManifestError, Section, parse, sections, word};

/// What the manifest of a trimmed crate says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPackage {
    pub name: String,
    pub version: String,
    pub edition: String,
    pub rust_version: Option<String>,
    pub description: Option<String>,
    pub license: Option<String>,
    pub license_file: Option<Utf8PathBuf>,
    /// Of the library, where it is not the package's with underscores.
    pub lib_name: Option<String>,
    /// Of the library's root, where it is not `src/lib.rs`.
    pub lib_path: Option<Utf8PathBuf>,
    /// The build script, where it comes along; it asks which of these features are on.
    pub build: Option<Utf8PathBuf>,
    pub features: BTreeSet<String>,
    /// Sorted by section, then name.
    pub dependencies: Vec<(Section, String, Requirement)>,
}

/// The manifest; it is never published, has no targets but its library, and features only for its
/// build script, all of them on.
#[must_use]
pub fn new_package(package: &NewPackage) -> String {
    let mut out = String::from("[package]\n");
    let mut field = |name: &str, value: &str| {
        let _ = writeln!(out, "{name} = {}", quoted(value));
    };
    field("name", &package.name);
    field("version", &package.version);
    field("edition", &package.edition);
    let optional = [
        ("rust-version", package.rust_version.as_deref()),
        ("description", package.description.as_deref()),
        ("license", package.license.as_deref()),
        (
            "license-file",
            package
                .license_file
                .as_deref()
                .map(camino::Utf8Path::as_str),
        ),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            field(name, value);
        }
    }
    if let Some(build) = &package.build {
        field("build", build.as_str());
    }
    out.push_str("publish = false\n");
    for targets in ["autobins", "autoexamples", "autotests", "autobenches"] {
        let _ = writeln!(out, "{targets} = false");
    }
    out.push_str("\n[lib]\n");
    let mut field = |name: &str, value: &str| {
        let _ = writeln!(out, "{name} = {}", quoted(value));
    };
    if let Some(name) = &package.lib_name {
        field("name", name);
    }
    if let Some(path) = &package.lib_path {
        field("path", path.as_str());
    }
    // Its examples may use what was left out.
    out.push_str("doctest = false\n");
    features(package, &mut out);
    let mut within: Option<&Section> = None;
    for (section, key, requirement) in &package.dependencies {
        if within != Some(section) {
            let _ = writeln!(out, "\n{}", super::add::header(section));
            within = Some(section);
        }
        let _ = writeln!(out, "{} = {}", bare_or_quoted(key), requirement.value());
    }
    out
}

/// The manifest of a copy that is a crate with what lints raise in it allowed: as a dependency from
/// a registry it had all its lints capped.
#[must_use]
pub fn allowing(manifest: &str, lints: &BTreeSet<String>) -> String {
    let mut out = manifest.to_owned();
    if !lints.is_empty() {
        out.push_str("\n[lints.rust]\n");
    }
    for lint in lints {
        let _ = writeln!(out, "{} = \"allow\"", bare_or_quoted(lint));
    }
    out
}

/// What a copy that is a crate says of itself.
#[must_use]
pub fn description(name: &str, version: &str) -> String {
    format!("The part of {name} {version} that this workspace uses")
}

/// The manifest of a copy of `name` when it is one of another version. What somebody wrote in the
/// place of the version that it had stays.
///
/// # Errors
/// When the text is no TOML.
pub fn with_version(text: &str, name: &str, from: &str, to: &str) -> Result<String, ManifestError> {
    let document = parse(text)?;
    let package = document.as_table().get("package");
    let package = package.and_then(Item::as_table_like);
    let mut draft = Draft::new(text);
    let fields = [
        ("version", from.to_owned(), to),
        (
            "description",
            description(name, from),
            &description(name, to),
        ),
    ];
    for (field, before, after) in fields {
        let value = package.and_then(|package| package.get(field)?.as_value());
        let ours = value.filter(|value| value.as_str() == Some(&before));
        if let Some(range) = ours.and_then(Value::span) {
            draft.replace(range, &quoted(after));
        }
    }
    Ok(draft.finish())
}

fn features(package: &NewPackage, out: &mut String) {
    let named = package.features.iter().filter(|name| *name != "default");
    let named: Vec<&String> = named.collect();
    if package.build.is_none() || named.is_empty() {
        return;
    }
    let all: Vec<String> = named.iter().map(|name| quoted(name)).collect();
    let _ = writeln!(out, "\n[features]\ndefault = [{}]", all.join(", "));
    for name in named {
        let _ = writeln!(out, "{} = []", bare_or_quoted(name));
    }
}

/// What upstream's manifest asks of the crate that its code calls `name`, by section; whether it
/// is optional does not count. Dev-dependencies are left out.
///
/// # Errors
/// When the text is no TOML.
pub fn requirements(
    text: &str,
    name: &str,
) -> Result<Vec<(Section, String, Requirement)>, ManifestError> {
    let document = parse(text)?;
    let mut out = Vec::new();
    for (section, table) in sections(document.as_table()) {
        if section.kind == Kind::Dev {
            continue;
        }
        let entries = table.as_table_like().into_iter();
        for (key, item) in entries.flat_map(|entries| entries.iter()) {
            if key.replace('-', "_") == name {
                out.push((section.clone(), key.to_owned(), requirement(item)));
            }
        }
    }
    Ok(out)
}

fn requirement(item: &Item) -> Requirement {
    let table = item.as_table_like();
    let get = |name: &str| table.and_then(|table| table.get(name));
    let default = get("default-features").or_else(|| get("default_features"));
    let features = get("features").and_then(Item::as_array);
    let features = features.into_iter().flat_map(|list| list.iter());
    let origin = ["git", "branch", "tag", "rev", "registry", "registry-index"];
    let origin = origin.into_iter().filter_map(|name| {
        let value = word(item, name)?;
        Some((name.to_owned(), value.to_owned()))
    });
    let version = item.as_str().or_else(|| word(item, "version"));
    Requirement {
        package: word(item, "package").map(str::to_owned),
        version: version.map(str::to_owned),
        path: word(item, "path").map(Into::into),
        origin: origin.collect(),
        default_features: default.and_then(Item::as_bool).unwrap_or(true),
        features: features
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
    }
}
