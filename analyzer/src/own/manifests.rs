//! The manifests of the workspace as they will be.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use whittle_extract::manifest::{self, Declared, ManifestError, NewPackage, Section};

use super::gather::{self, Gathered};
use super::needed::Needed;
use crate::cargo::layout_of;
use crate::error::Result;
use crate::model::Analysis;

/// Texts of manifests by path, relative to the workspace's root.
pub(crate) type Texts = BTreeMap<Utf8PathBuf, String>;

/// Why a manifest cannot be what it should.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("`{file}`: {why}")]
    Manifest {
        file: Utf8PathBuf,
        why: ManifestError,
    },
    /// Two crates would need one name.
    #[error("`{name}` {version}")]
    Clash { name: String, version: String },
    #[error(transparent)]
    Other(#[from] crate::error::Error),
}

/// The manifest of a member that has the copy as a module, and the root's where the member took
/// the dependency from there and nobody else does. `alone`: nobody else needs it at all.
pub(crate) fn of_module(
    analysis: &Analysis,
    gathered: &Gathered,
    member: usize,
    needed: &[Needed],
    alone: bool,
) -> Result<Texts, Trouble> {
    let project = &analysis.project;
    let package = &project.packages[member];
    let dependency = gathered.known_to(analysis, member);
    let mut all = Manifests::of(analysis);
    let file = all.file_of(&package.manifest_dir);
    let before = all.text(&file)?;
    let wrong = |why| Trouble::Manifest {
        file: file.clone(),
        why,
    };
    let declared = manifest::declared(&before, &dependency).map_err(wrong)?;
    let mut wanted = Vec::new();
    let sections: BTreeSet<Section> = declared.iter().map(|it| it.section.clone()).collect();
    for need in needed {
        let known = gather::extern_names(analysis, member, need.package);
        if known.is_empty() && names_another(analysis, member, need) {
            return Err(Trouble::Clash {
                name: need.name.clone(),
                version: project.packages[need.package].version.clone(),
            });
        }
        for (of_upstream, key, requirement) in &need.requirements {
            // Another name for the same package is used as it is: see `renames`.
            let key = match known.first() {
                Some(name) if !known.contains(&need.name) => name.as_str(),
                _ => key.as_str(),
            };
            let mut requirement = requirement.clone();
            if let Some(path) = &requirement.path {
                requirement.path = Some(relative(path, &package.manifest_dir));
            }
            for section in &sections {
                let section = within(section, of_upstream);
                wanted.push((section, key.to_owned(), requirement.clone()));
            }
        }
    }
    let text = manifest::replace(&before, &dependency, &wanted).map_err(wrong)?;
    all.set(&file, text);
    all.drop_shared(&declared)?;
    if alone {
        all.drop_patch(&gathered.upstream.name)?;
    }
    Ok(all.changed)
}

/// Whether the member's code calls another crate, or another version, by the name of what is needed.
fn names_another(analysis: &Analysis, member: usize, need: &Needed) -> bool {
    let units = &analysis.project.units;
    let of_member = units.iter().filter(|unit| unit.package == member);
    let mut all = of_member.flat_map(|unit| &unit.dependencies);
    all.any(|it| it.extern_name == need.name && units[it.unit].package != need.package)
}

/// Names that the member's code has for crates that upstream's code calls otherwise.
pub(crate) fn renames(
    analysis: &Analysis,
    member: usize,
    needed: &[Needed],
) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for need in needed {
        let known = gather::extern_names(analysis, member, need.package);
        if let Some(name) = known.first().filter(|_| !known.contains(&need.name)) {
            out.insert(need.name.clone(), name.clone());
        }
    }
    out
}

/// The manifests of all members that use the dependency, taken from `folder` (relative to the
/// root) from now on, and the new crate's own. `alone`: nobody else needs it.
pub(crate) fn of_crate(
    analysis: &Analysis,
    gathered: &Gathered,
    users: &BTreeSet<usize>,
    folder: &Utf8Path,
    needed: &[Needed],
    mut package: NewPackage,
    alone: bool,
) -> Result<Texts, Trouble> {
    let project = &analysis.project;
    let root = &project.workspace_root;
    let mut all = Manifests::of(analysis);
    let mut shared: BTreeSet<String> = BTreeSet::new();
    for &member in users {
        let member_folder = &project.packages[member].manifest_dir;
        let dependency = gathered.known_to(analysis, member);
        let file = all.file_of(member_folder);
        let before = all.text(&file)?;
        let wrong = |why| Trouble::Manifest {
            file: file.clone(),
            why,
        };
        let declared = manifest::declared(&before, &dependency).map_err(wrong)?;
        let path = relative(&root.join(folder), member_folder);
        let text = manifest::to_path(&before, &dependency, &path).map_err(wrong)?;
        shared.extend(
            declared
                .into_iter()
                .filter(|it| it.inherited)
                .map(|it| it.key),
        );
        all.set(&file, text);
    }
    for key in shared {
        let file = Utf8PathBuf::from("Cargo.toml");
        let text = manifest::shared_to_path(&all.text(&file)?, &key, folder);
        let text = text.map_err(|why| Trouble::Manifest {
            file: file.clone(),
            why,
        })?;
        all.set(&file, text);
    }
    if alone {
        all.drop_patch(&gathered.upstream.name)?;
    }
    for need in needed {
        for (section, key, requirement) in &need.requirements {
            let mut requirement = requirement.clone();
            if let Some(path) = &requirement.path {
                requirement.path = Some(relative(path, &root.join(folder)));
            }
            package
                .dependencies
                .push((section.clone(), key.clone(), requirement));
        }
    }
    package
        .dependencies
        .sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    all.set(&folder.join("Cargo.toml"), manifest::new_package(&package));
    Ok(all.changed)
}

/// A section of the user's that holds where upstream's does, too.
fn within(section: &Section, of_upstream: &Section) -> Section {
    let plain = |target: &str| {
        let inner = target
            .strip_prefix("cfg(")
            .and_then(|it| it.strip_suffix(')'));
        inner.map(str::to_owned)
    };
    let target = match (&section.target, &of_upstream.target) {
        (None, other) | (other, None) => other.clone(),
        (Some(a), Some(b)) if a == b => Some(a.clone()),
        (Some(a), Some(b)) => match (plain(a), plain(b)) {
            (Some(a), Some(b)) => Some(format!("cfg(all({a}, {b}))")),
            // A triple: what is needed there is needed nowhere else.
            (Some(_), None) => Some(b.clone()),
            (None, _) => Some(a.clone()),
        },
    };
    Section {
        kind: section.kind,
        target,
    }
}

/// `to` as seen from the folder `from`; both absolute.
fn relative(to: &Utf8Path, from: &Utf8Path) -> Utf8PathBuf {
    let common = from.ancestors().find(|top| to.starts_with(top));
    let Some(common) = common else {
        return to.to_owned();
    };
    let up = from
        .strip_prefix(common)
        .map_or(0, |rest| rest.components().count());
    let down = to.strip_prefix(common).unwrap_or(to);
    let mut out = Utf8PathBuf::new();
    out.extend(std::iter::repeat_n("..", up));
    out.push(down);
    out
}

/// The workspace's manifests, and those that changed.
struct Manifests<'a> {
    analysis: &'a Analysis,
    changed: Texts,
}

impl<'a> Manifests<'a> {
    fn of(analysis: &'a Analysis) -> Self {
        Self {
            analysis,
            changed: Texts::new(),
        }
    }

    fn file_of(&self, folder: &Utf8Path) -> Utf8PathBuf {
        let file = folder.join("Cargo.toml");
        let below = file.strip_prefix(&self.analysis.project.workspace_root);
        below.map(Utf8Path::to_owned).unwrap_or(file)
    }

    fn text(&self, file: &Utf8Path) -> Result<String> {
        match self.changed.get(file) {
            Some(text) => Ok(text.clone()),
            None => gather::read(&self.analysis.project.workspace_root.join(file)),
        }
    }

    fn set(&mut self, file: &Utf8Path, text: String) {
        self.changed.insert(file.to_owned(), text);
    }

    /// Takes what no member inherits any more out of the root's manifest.
    fn drop_shared(&mut self, declared: &[Declared]) -> Result<(), Trouble> {
        let inherited = declared.iter().filter(|it| it.inherited);
        let keys: BTreeSet<&str> = inherited.map(|it| it.key.as_str()).collect();
        if keys.is_empty() {
            return Ok(());
        }
        let members = self.members()?;
        for key in keys {
            let mut used = false;
            for file in &members {
                let text = self.text(file)?;
                used |= manifest::inherits(&text, key).map_err(|why| Trouble::Manifest {
                    file: file.clone(),
                    why,
                })?;
            }
            if !used {
                let root = Utf8PathBuf::from("Cargo.toml");
                let text = manifest::remove_shared(&self.text(&root)?, key);
                let text = text.map_err(|why| Trouble::Manifest {
                    file: root.clone(),
                    why,
                })?;
                self.set(&root, text);
            }
        }
        Ok(())
    }

    /// Takes the `[patch]` for a package out of the root's manifest.
    fn drop_patch(&mut self, package: &str) -> Result<(), Trouble> {
        let root = Utf8PathBuf::from("Cargo.toml");
        let before = self.text(&root)?;
        let text = manifest::remove_patch(&before, package);
        let text = text.map_err(|why| Trouble::Manifest {
            file: root.clone(),
            why,
        })?;
        if text != before {
            self.set(&root, text);
        }
        Ok(())
    }

    /// Manifests of all members, those that are not part of the build too.
    fn members(&self) -> Result<Vec<Utf8PathBuf>> {
        let root = &self.analysis.project.workspace_root;
        let members = layout_of(Some(root.join("Cargo.toml")))?.members;
        let files = members.iter().map(|member| self.file_of(&member.folder));
        Ok(files.collect())
    }
}

#[cfg(test)]
mod tests {
    use whittle_extract::manifest::Kind;

    use super::*;

    #[test]
    fn places_as_seen_from_elsewhere() {
        let seen = |to: &str, from: &str| relative(to.into(), from.into()).into_string();
        assert_eq!(seen("/w/whittled/dep", "/w"), "whittled/dep");
        assert_eq!(seen("/w/whittled/dep", "/w/a/b"), "../../whittled/dep");
        assert_eq!(seen("/x/dep", "/w"), "../x/dep");
    }

    #[test]
    fn both_conditions_hold() {
        let section = |kind, target: Option<&str>| Section {
            kind,
            target: target.map(str::to_owned),
        };
        let up = section(Kind::Normal, Some("cfg(unix)"));
        assert_eq!(
            within(&section(Kind::Dev, None), &up),
            section(Kind::Dev, Some("cfg(unix)"))
        );
        assert_eq!(
            within(&section(Kind::Normal, Some("cfg(windows)")), &up)
                .target
                .as_deref(),
            Some("cfg(all(windows, unix))")
        );
        assert_eq!(within(&up, &up), up);
    }
}
