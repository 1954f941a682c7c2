//! Which features of which packages are on because of what: cargo's feature graph, as far as this
//! build has it, walked once with everything that the workspace asks for and again with less.
//!
//! Features are taken as one set a package, although cargo keeps those of build dependencies apart:
//! what then stays on for two reasons is not proposed to be switched off, never the other way
//! round. What a member's own features switch on (`tls = ["http/tls"]`) is asked for by nobody who
//! could be asked to stop, and stays.

use std::collections::BTreeSet;

use semver::{Version, VersionReq};

use crate::model::{Declared, Package, Project};

/// A feature that manifests of the workspace ask for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Asked {
    /// The direct dependency.
    pub(super) package: usize,
    pub(super) feature: String,
    /// Through `default`: to leave it out the other defaults have to be named.
    pub(super) by_default: bool,
}

/// What is on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct On {
    pub(super) features: BTreeSet<(usize, String)>,
    pub(super) packages: BTreeSet<usize>,
}

/// The features of `package` that members ask for, each once. One that is asked for by name and
/// by default is not there: neither alone switches it off.
pub(super) fn asked(project: &Project, package: usize) -> Vec<Asked> {
    let (mut named, mut by_default) = (BTreeSet::new(), BTreeSet::new());
    for (_, declared) in declarations(project, package) {
        named.extend(declared.features.iter().cloned());
        if declared.default_features {
            by_default.extend(defaults(&project.packages[package]));
        }
    }
    let asked = |feature: &String, by_default| Asked {
        package,
        feature: feature.clone(),
        by_default,
    };
    let unlike = named.iter().filter(|it| !by_default.contains(*it));
    let mut all: Vec<Asked> = unlike.map(|it| asked(it, false)).collect();
    let defaults = by_default.iter().filter(|it| !named.contains(*it));
    all.extend(defaults.map(|it| asked(it, true)));
    all.sort();
    all
}

/// What stays on when members ask for all but `without`.
pub(super) fn on(project: &Project, without: &[Asked]) -> On {
    let mut walk = Walk {
        project,
        without,
        on: On::default(),
        active: BTreeSet::new(),
        todo: Vec::new(),
    };
    for (index, package) in project.packages.iter().enumerate() {
        if package.is_member {
            walk.member(index, package);
        }
    }
    walk.run();
    walk.on
}

/// What the package's `default` feature turns on.
fn defaults(package: &Package) -> Vec<String> {
    package
        .manifest
        .features
        .get("default")
        .cloned()
        .unwrap_or_default()
}

/// Members' declarations of a dependency.
fn declarations(project: &Project, package: usize) -> Vec<(usize, &Declared)> {
    let members = project
        .packages
        .iter()
        .enumerate()
        .filter(|(_, it)| it.is_member);
    let declared = members.flat_map(|(index, member)| {
        let all = member.manifest.dependencies.iter();
        all.map(move |declared| (index, member, declared))
    });
    let to_it =
        declared.filter(|(_, member, declared)| target(project, member, declared) == Some(package));
    to_it
        .map(|(index, _, declared)| (index, declared))
        .collect()
}

/// The package that a declaration means in this build.
fn target(project: &Project, user: &Package, declared: &Declared) -> Option<usize> {
    let wanted: VersionReq = declared.req.parse().ok()?;
    user.dependencies.iter().copied().find(|&index| {
        project.packages.get(index).is_some_and(|package| {
            let version = package.version.parse::<Version>();
            // A requirement without a pre-release does not match one, but a path or a patch may.
            package.name == declared.name
                && version.is_ok_and(|version| {
                    wanted.matches(&version)
                        || !version.pre.is_empty()
                        || wanted == VersionReq::STAR
                })
        })
    })
}

struct Walk<'a> {
    project: &'a Project,
    without: &'a [Asked],
    on: On,
    /// Declarations that count: package and place in its manifest.
    active: BTreeSet<(usize, usize)>,
    todo: Vec<(usize, String)>,
}

impl Walk<'_> {
    fn member(&mut self, index: usize, package: &Package) {
        self.package(index);
        let units = self
            .project
            .units
            .iter()
            .filter(|unit| unit.package == index);
        let features: BTreeSet<&String> = units.flat_map(|unit| &unit.features).collect();
        for feature in features {
            self.feature(index, feature);
        }
        // Whether its tests count is seen from what is in the build.
        let _ = package;
    }

    fn package(&mut self, index: usize) {
        if !self.on.packages.insert(index) {
            return;
        }
        let Some(package) = self.project.packages.get(index) else {
            return;
        };
        for place in 0..package.manifest.dependencies.len() {
            let declared = &package.manifest.dependencies[place];
            // Tests of a dependency are not built.
            if !declared.optional && (package.is_member || declared.kind != "dev") {
                self.declaration(index, place);
            }
        }
    }

    fn declaration(&mut self, user: usize, place: usize) {
        if !self.active.insert((user, place)) {
            return;
        }
        let project = self.project;
        let package = &project.packages[user];
        let declared = &package.manifest.dependencies[place];
        let Some(to) = target(project, package, declared) else {
            return;
        };
        self.package(to);
        let left_out = |feature: &String, by_default| {
            package.is_member
                && self.without.iter().any(|it| {
                    it.package == to && it.by_default == by_default && it.feature == *feature
                })
        };
        let mut wanted: Vec<String> = declared.features.clone();
        wanted.retain(|feature| !left_out(feature, false));
        if declared.default_features {
            let fewer = package.is_member
                && self
                    .without
                    .iter()
                    .any(|it| it.package == to && it.by_default);
            if fewer {
                let mut rest = defaults(&project.packages[to]);
                rest.retain(|feature| !left_out(feature, true));
                for entry in rest {
                    self.entry(to, &entry);
                }
            } else {
                wanted.push("default".to_owned());
            }
        }
        for feature in wanted {
            self.feature(to, &feature);
        }
    }

    fn feature(&mut self, package: usize, feature: &str) {
        let known = &self.project.packages[package].manifest.features;
        if known.contains_key(feature) && self.on.features.insert((package, feature.to_owned())) {
            self.todo.push((package, feature.to_owned()));
        }
    }

    fn run(&mut self) {
        loop {
            while let Some((package, feature)) = self.todo.pop() {
                let project = self.project;
                let entries = project.packages[package].manifest.features.get(&feature);
                for entry in entries.into_iter().flatten() {
                    self.entry(package, entry);
                }
            }
            // `serde?/std` counts once something else has switched `serde` on.
            let before = (self.on.clone(), self.active.len());
            let weak: Vec<(usize, String)> = self.on.features.iter().cloned().collect();
            for (package, feature) in weak {
                let project = self.project;
                let entries = project.packages[package].manifest.features.get(&feature);
                for entry in entries.into_iter().flatten().filter(|it| it.contains("?/")) {
                    self.entry(package, entry);
                }
            }
            if self.todo.is_empty() && before == (self.on.clone(), self.active.len()) {
                return;
            }
        }
    }

    /// What stands in a feature's list.
    fn entry(&mut self, package: usize, entry: &str) {
        if let Some(name) = entry.strip_prefix("dep:") {
            self.dependency(package, name, None, false);
        } else if let Some((name, feature)) = entry.split_once("?/") {
            self.dependency(package, name, Some(feature), true);
        } else if let Some((name, feature)) = entry.split_once('/') {
            self.feature(package, name);
            self.dependency(package, name, Some(feature), false);
        } else {
            self.feature(package, entry);
        }
    }

    fn dependency(&mut self, user: usize, name: &str, feature: Option<&str>, weak: bool) {
        let project = self.project;
        let package = &project.packages[user];
        for (place, declared) in package.manifest.dependencies.iter().enumerate() {
            if declared.rename.as_ref().unwrap_or(&declared.name) != name {
                continue;
            }
            if weak && !self.active.contains(&(user, place)) {
                continue;
            }
            self.declaration(user, place);
            let to = target(project, package, declared);
            if let (Some(to), Some(feature)) = (to, feature) {
                self.feature(to, feature);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Domains;
    use crate::sample::Sample;

    fn declared(name: &str, optional: bool, features: &[&str]) -> Declared {
        Declared {
            name: name.to_owned(),
            rename: None,
            req: "^1".to_owned(),
            kind: "normal".into(),
            target: None,
            optional,
            default_features: true,
            features: features.iter().map(|it| (*it).to_owned()).collect(),
        }
    }

    /// `app` uses `lib` with its defaults and `extra`; `extra` brings in `helper`, and `std` is
    /// forwarded to it weakly.
    fn sample() -> Sample {
        let mut sample = Sample::new();
        let lib = sample.library("lib", "1.2.0", 0, Domains::RUN);
        let _helper = sample.library("helper", "1.0.0", lib, Domains::RUN);
        let packages = &mut sample.analysis.project.packages;
        packages[0].manifest.dependencies = vec![declared("lib", false, &["extra"])];
        packages[1].manifest.dependencies = vec![declared("helper", true, &[])];
        let features = [
            ("default", vec!["std", "fast"]),
            ("std", vec!["helper?/std"]),
            ("fast", vec![]),
            ("extra", vec!["dep:helper"]),
        ];
        for (name, list) in features {
            let list = list.into_iter().map(str::to_owned).collect();
            packages[1].manifest.features.insert(name.to_owned(), list);
        }
        packages[2]
            .manifest
            .features
            .insert("std".to_owned(), Vec::new());
        sample
    }

    fn names(sample: &Sample, on: &On) -> Vec<String> {
        let package = |index: usize| &sample.analysis.project.packages[index].name;
        let names = on.features.iter();
        names
            .map(|(index, name)| format!("{}/{name}", package(*index)))
            .collect()
    }

    #[test]
    fn everything_that_is_asked_for_is_on() {
        let sample = sample();
        let project = &sample.analysis.project;
        let all = on(project, &[]);
        assert_eq!(
            names(&sample, &all),
            [
                "lib/default",
                "lib/extra",
                "lib/fast",
                "lib/std",
                "helper/std"
            ]
        );
        let asked: Vec<String> = asked(project, 1)
            .into_iter()
            .map(|it| format!("{} {}", it.feature, it.by_default))
            .collect();
        assert_eq!(asked, ["extra false", "fast true", "std true"]);
    }

    #[test]
    fn without_a_feature_goes_what_only_it_brings_in() {
        let sample = sample();
        let project = &sample.analysis.project;
        let asked = asked(project, 1);
        let rest = on(project, &asked[..1]);
        assert_eq!(
            names(&sample, &rest),
            ["lib/default", "lib/fast", "lib/std"]
        );
        assert!(!rest.packages.contains(&2));
        let rest = on(project, &asked[1..2]);
        assert_eq!(
            names(&sample, &rest),
            ["lib/extra", "lib/std", "helper/std"]
        );
    }
}
