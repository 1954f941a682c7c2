//! Where the workspace's manifests declare their dependencies: the lines that findings point at.

use std::fs;

use camino::Utf8Path;
use semver::{Version, VersionReq};
use toml::de::{DeTable, DeValue};

use crate::error::{Error, Result};
use crate::model::Project;

use super::config::Config;
use super::finding::Location;
use super::toml_reader::line_of;

/// The root manifest, as seen from the workspace.
pub(super) const ROOT: &str = "Cargo.toml";
const KINDS: [&str; 3] = ["dependencies", "build-dependencies", "dev-dependencies"];

/// Every declaration of every member.
#[derive(Debug, Default)]
pub(super) struct Manifests {
    declared: Vec<Declared>,
}

#[derive(Debug)]
struct Declared {
    /// Index into `Project::packages` of the member.
    member: usize,
    /// The dependency's own name, whatever it is called here.
    package: String,
    version: Option<VersionReq>,
    place: Location,
}

impl Manifests {
    /// Reads them; one that cannot be read declares nothing, and findings then point at the top
    /// of the root manifest.
    ///
    /// # Errors
    /// [`Error::Config`] for rules in a member's manifest, where nobody would heed them.
    pub(super) fn read(project: &Project) -> Result<Self> {
        let root = &project.workspace_root;
        let shared = fs::read_to_string(root.join(ROOT)).unwrap_or_default();
        let shared = DeTable::parse(&shared).map(toml::Spanned::into_inner);
        let shared = shared.as_ref().ok();
        let mut manifests = Self::default();
        for (member, package) in project.packages.iter().enumerate() {
            if package.is_member {
                let file = package.manifest_dir.join(ROOT);
                let text = fs::read_to_string(&file).unwrap_or_default();
                let relative = file.strip_prefix(root).unwrap_or(&file);
                if package.manifest_dir != *root && Config::read(relative.as_str(), &text)?.present
                {
                    return Err(Error::Config {
                        place: relative.to_string(),
                        why: "rules in the manifest of a member count for nothing".to_owned(),
                        help: "move them to `[workspace.metadata.whittle]` of the root manifest"
                            .to_owned(),
                    });
                }
                if relative != file {
                    manifests.add(member, relative, &text, shared);
                }
            }
        }
        Ok(manifests)
    }

    fn add(&mut self, member: usize, file: &Utf8Path, text: &str, shared: Option<&DeTable<'_>>) {
        let Ok(document) = DeTable::parse(text) else {
            return;
        };
        let document = document.into_inner();
        let targets = table(&document, "target").into_iter().flatten();
        let targets: Vec<&DeTable<'_>> = targets
            .filter_map(|(_, value)| value.get_ref().as_table())
            .collect();
        for of_kind in KINDS {
            for place in targets.iter().copied().chain([&document]) {
                for (key, value) in table(place, of_kind).into_iter().flatten() {
                    let name: &str = key.get_ref();
                    let (package, version) = meant(name, value.get_ref(), shared);
                    self.declared.push(Declared {
                        member,
                        package,
                        version,
                        place: Location {
                            file: file.as_str().replace('\\', "/"),
                            line: line_of(text, key.span().start),
                        },
                    });
                }
            }
        }
    }

    /// Where a member declares a dependency. Of several (two versions under two names), the one
    /// whose requirement the version meets.
    pub(super) fn place(&self, member: usize, package: &str, version: &str) -> Option<&Location> {
        let named = |one: &&Declared| one.member == member && one.package == package;
        let version = version.parse::<Version>().ok();
        let fits = |one: &&Declared| match (&one.version, &version) {
            (Some(wanted), Some(version)) => wanted.matches(version),
            _ => true,
        };
        let all = || self.declared.iter().filter(named);
        all()
            .find(fits)
            .or_else(|| all().next())
            .map(|one| &one.place)
    }
}

fn table<'t, 'a>(document: &'t DeTable<'a>, key: &str) -> Option<&'t DeTable<'a>> {
    document.get(key)?.get_ref().as_table()
}

/// The package's own name and the versions asked for.
fn meant(
    key: &str,
    value: &DeValue<'_>,
    shared: Option<&DeTable<'_>>,
) -> (String, Option<VersionReq>) {
    let text = |value: &DeValue<'_>, key: &str| {
        let value = value.as_table()?.get(key)?.get_ref().as_str()?;
        Some(value.to_owned())
    };
    let inherits = value
        .as_table()
        .is_some_and(|table| table.contains_key("workspace"));
    let of_workspace = || {
        let shared = table(table(shared?, "workspace")?, "dependencies")?;
        Some(shared.get(key)?.get_ref())
    };
    let value = match of_workspace() {
        Some(shared) if inherits => shared,
        _ => value,
    };
    let name = text(value, "package").unwrap_or_else(|| key.to_owned());
    let version = value
        .as_str()
        .map(str::to_owned)
        .or_else(|| text(value, "version"));
    (name, version.and_then(|version| version.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_by_member_and_name() {
        let text = "[package]\nname = \"x\"\n[dependencies]\na = \"1\"\nold = { package = \"a\", version = \"0.9\" }\n[dependencies.b]\nworkspace = true\n[target.'cfg(unix)'.build-dependencies]\nc = { path = \"../c\" }\n";
        let shared = "[workspace.dependencies]\nb = { package = \"real-b\", version = \"2\" }\n";
        let shared = DeTable::parse(shared).unwrap().into_inner();
        let mut manifests = Manifests::default();
        manifests.add(3, Utf8Path::new("x/Cargo.toml"), text, Some(&shared));
        let line = |member, name, version| {
            let place = manifests.place(member, name, version)?;
            assert_eq!(place.file, "x/Cargo.toml");
            Some(place.line)
        };
        assert_eq!(line(3, "a", "1.2.0"), Some(4));
        assert_eq!(line(3, "a", "0.9.1"), Some(5));
        assert_eq!(line(3, "real-b", "2.0.0"), Some(6));
        assert_eq!(line(3, "c", "0.1.0"), Some(9));
        assert_eq!(line(3, "b", "2.0.0"), None);
        assert_eq!(line(0, "a", "1.2.0"), None);
    }
}
