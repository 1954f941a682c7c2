//! Findings made: what they are about, where they point, and what they are called.

use std::collections::BTreeMap;

use crate::model::Domains;
use crate::surface::{Dependency, SurfaceItem, kind_name};

use super::finding::{Finding, ItemRef, Level, Location, Through, fingerprint};
use super::manifests::ROOT;
use super::{Ctx, Rule};

/// About the tree as a whole, at the line of the rule.
pub(super) fn about_tree(
    rule: Rule,
    level: Level,
    line: u32,
    message: String,
    help: &str,
) -> Finding {
    Finding {
        rule,
        level,
        fingerprint: fingerprint(rule, &[]),
        message,
        krate: None,
        crate_version: None,
        item: None,
        items: Vec::new(),
        through: None,
        location: Location {
            file: ROOT.to_owned(),
            line,
        },
        help: help.to_owned(),
        ignored: None,
    }
}

impl Ctx<'_> {
    /// About a dependency, at the line that declares it or what brings it in.
    pub(super) fn about_crate(
        &self,
        rule: Rule,
        level: Level,
        dependency: &Dependency,
        message: String,
        help: &str,
    ) -> Finding {
        let id = &dependency.id;
        let crates = self.path_of(dependency);
        Finding {
            fingerprint: fingerprint(rule, &[&id.name]),
            krate: Some(id.name.clone()),
            crate_version: Some(id.version.clone()),
            through: (crates.len() > 1).then_some(Through {
                from: None,
                via: None,
                crates,
            }),
            location: self.declaration(dependency),
            ..about_tree(rule, level, 1, message, help)
        }
    }

    /// About an item: with the way to it, and at its use if the workspace names it.
    pub(super) fn about_item(
        &self,
        rule: Rule,
        level: Level,
        (dependency, item): (&Dependency, &SurfaceItem),
        message: String,
        help: &str,
    ) -> Finding {
        let mut finding = self.about_crate(rule, level, dependency, message, help);
        let way = self.ways.to_item(item.item);
        let via = way.as_ref().and_then(|way| way.via);
        let via = via.filter(|&via| via != item.item);
        if let (Some(through), Some(way)) = (&mut finding.through, way) {
            through.from = Some(way.from);
            through.via = via.map(|via| self.analysis.items[via].path.clone());
        }
        if item.direct
            && let Some(place) = self.ways.use_of(item.item)
        {
            finding.location = place;
        } else if let Some(via) = via {
            // Another dependency than the shortest path of packages leads by may bring it.
            let package = self.analysis.items[via].package;
            if let Some(place) = self.declaration_of(package) {
                finding.location = place;
            }
        }
        let (kind, ordinal) = (kind_name(item.kind), item.ordinal.to_string());
        let name = &dependency.id.name;
        finding.fingerprint = fingerprint(rule, &[name, kind, &item.path, &ordinal]);
        finding.item = Some(item_ref(dependency, item));
        finding
    }

    /// `app@0.1.0`, …, the dependency.
    fn path_of(&self, dependency: &Dependency) -> Vec<String> {
        let package = dependency.packages.first().copied().unwrap_or_default();
        let packages = self.ways.packages(package).into_iter();
        let packages = packages.filter_map(|index| self.analysis.project.packages.get(index));
        packages
            .map(|one| format!("{}@{}", one.name, one.version))
            .collect()
    }

    fn declaration(&self, dependency: &Dependency) -> Location {
        let mut packages = dependency.packages.iter();
        let found = packages.find_map(|&package| self.declaration_of(package));
        found.unwrap_or_else(|| Location {
            file: ROOT.to_owned(),
            line: 1,
        })
    }

    /// The line by which a package, or what brings it in, is declared.
    fn declaration_of(&self, package: usize) -> Option<Location> {
        let path = self.ways.packages(package);
        let (&member, &direct) = (path.first()?, path.get(1)?);
        let direct = self.analysis.project.packages.get(direct)?;
        let place = self.manifests.place(member, &direct.name, &direct.version);
        place.cloned()
    }
}

pub(super) fn item_ref(dependency: &Dependency, item: &SurfaceItem) -> ItemRef {
    let id = &dependency.id;
    let SurfaceItem { file, line, .. } = item;
    ItemRef {
        path: item.path.clone(),
        kind: item.kind,
        domains: (item.used | item.unknown).iter().collect(),
        origin: format!("{}-{}/{file}:{line}", id.name, id.version),
    }
}

/// ` in build`; nothing for what ships.
pub(super) fn in_domains(domains: Domains) -> String {
    if domains == Domains::RUN {
        return String::new();
    }
    let words: Vec<&str> = domains.iter().map(crate::model::Domain::as_str).collect();
    format!(" in {}", words.join(", "))
}

/// The first few of a list of names.
pub(super) fn some_of(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let mut text = names[..names.len().min(SHOWN)].join(", ");
    if let Some(more @ 1..) = names.len().checked_sub(SHOWN) {
        text = format!("{text} and {more} more");
    }
    text
}

/// Sorts, and gives those of several versions of one crate names of their own.
pub(super) fn tell_apart(findings: &mut [Finding]) {
    let place = |finding: &Finding| match finding.level {
        _ if finding.ignored.is_some() => 2,
        Level::Deny => 0,
        Level::Warn | Level::Allow => 1,
    };
    findings.sort_by(|a, b| {
        let names = |one: &'_ Finding| {
            let (krate, version) = (one.krate.clone(), one.crate_version.clone());
            (
                krate,
                version,
                one.item.clone(),
                one.location.clone(),
                one.message.clone(),
            )
        };
        let order = (place(a), a.rule).cmp(&(place(b), b.rule));
        order.then_with(|| names(a).cmp(&names(b)))
    });
    // In an order that has nothing to do with levels and ignores.
    let mut order: Vec<usize> = (0..findings.len()).collect();
    order.sort_by(|&a, &b| findings[a].crate_version.cmp(&findings[b].crate_version));
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for index in order {
        let finding = &mut findings[index];
        let times = seen.entry(finding.fingerprint.clone()).or_default();
        if *times > 0 {
            let parts = [finding.fingerprint.as_str(), &times.to_string()];
            finding.fingerprint = fingerprint(finding.rule, &parts);
        }
        *times += 1;
    }
}
