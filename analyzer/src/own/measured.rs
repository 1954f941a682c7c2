//! The measurement after: the dependency is gone, and everything else is reached as it was.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use whittle_extract::record::Mode;
use whittle_extract::refuse::{Reason, Refusal};

use super::extraction::Extraction;
use crate::model::{Analysis, Domains, Package, Source, Status};

/// Items that are named of many.
const SHOWN: usize = 5;

/// What the second measurement has against it, and what is to be said of it.
pub(super) fn judge(extraction: &Extraction<'_>, after: &Analysis) -> (Vec<Refusal>, Vec<String>) {
    let mut out = still_there(extraction, after);
    let mut notes = Vec::new();
    let off = turned_off(extraction.analysis, after);
    let found = differences(extraction.analysis, after, extraction.gathered.package);
    // Code behind a feature that is off now asked for it.
    let (less, differences): (Vec<Difference>, Vec<Difference>) = found
        .into_iter()
        .partition(|one| one.is_less && !off.is_empty());
    if !less.is_empty() {
        notes.push(format!(
            "{} of other dependencies {} not reached any more: nothing else asks for {}",
            less.len(),
            if less.len() == 1 { "is" } else { "are" },
            off.join(", ")
        ));
    }
    let differences = differences.into_iter().map(|one| one.what);
    let differences: Vec<String> = differences.collect();
    let more = differences.len().saturating_sub(SHOWN);
    let shown = differences.into_iter().take(SHOWN);
    let more = (more > 0).then(|| format!("{more} more items"));
    out.extend(shown.chain(more).map(|what| {
        let what = format!("the rest of the tree ({what})");
        Refusal::new(Reason::ReachDiffers, what)
    }));
    (out, notes)
}

/// Features of other dependencies that cargo turned on for the dependency only.
fn turned_off(before: &Analysis, after: &Analysis) -> Vec<String> {
    let (old, new) = (features(before), features(after));
    let mut out = Vec::new();
    for (package, were) in &old {
        let Some(are) = new.get(package) else {
            continue;
        };
        let names = were.difference(are);
        out.extend(names.map(|name| format!("{}/{name}", package.0)));
    }
    out
}

fn features(analysis: &Analysis) -> BTreeMap<(&str, &str), BTreeSet<&str>> {
    let mut out: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for unit in &analysis.project.units {
        let package = &analysis.project.packages[unit.package];
        if !package.is_member {
            let of = out.entry((&package.name, &package.version)).or_default();
            of.extend(unit.features.iter().map(String::as_str));
        }
    }
    out
}

/// An item that is reached in another way.
struct Difference {
    what: String,
    /// It was reached, and is not or by fewer.
    is_less: bool,
}

/// The dependency is not one of those who own it now.
fn still_there(extraction: &Extraction<'_>, after: &Analysis) -> Vec<Refusal> {
    let upstream = extraction.upstream();
    let packages = &after.project.packages;
    let is_it = |package: &Package| {
        let is_copy = extraction.asked.mode == Mode::Crate && package.source == Source::Path;
        package.name == upstream.name && package.version == upstream.version && !is_copy
    };
    let Some(index) = packages.iter().position(is_it) else {
        return Vec::new();
    };
    let before = &extraction.analysis.project.packages;
    let owners = extraction
        .users
        .iter()
        .map(|&user| before[user].name.as_str());
    let owners: BTreeSet<&str> = owners.collect();
    let users = packages
        .iter()
        .filter(|it| it.dependencies.contains(&index));
    let wrong = users.filter(|user| user.is_member && owners.contains(user.name.as_str()));
    wrong
        .map(|user| {
            let what = format!("`{}` (by `{}`)", upstream.name, user.name);
            Refusal::new(Reason::StillThere, what)
        })
        .collect()
}

/// Name and version of the package, file within it, line, path.
type Key<'a> = (&'a str, &'a str, &'a Utf8Path, u32, &'a str);

/// Items of other dependencies whose status is not what it was. What is not compiled any more and
/// was not reached makes none: features that only the dependency asked for.
fn differences(before: &Analysis, after: &Analysis, upstream: usize) -> Vec<Difference> {
    let (old, new) = (statuses(before, Some(upstream)), statuses(after, None));
    let mut out = Vec::new();
    for (key, &(status, domains)) in &new {
        let Some(&(was, were)) = old.get(key) else {
            continue;
        };
        if (was, were) != (status, domains) {
            out.push(Difference {
                what: format!("{} is {}, was {}", key.4, word(status), word(was)),
                is_less: status == Status::Unused
                    || status == was && domains.without(were).is_empty(),
            });
        }
    }
    let packages: BTreeSet<(&str, &str)> = new.keys().map(|key| (key.0, key.1)).collect();
    for (key, (status, _)) in &old {
        let is_missing = packages.contains(&(key.0, key.1)) && !new.contains_key(key);
        if is_missing && *status == Status::Used {
            out.push(Difference {
                what: format!("{} is not there, was used", key.4),
                is_less: true,
            });
        }
    }
    out
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Used => "used",
        Status::Unknown => "unknown",
        Status::Unused => "unused",
    }
}

fn statuses(analysis: &Analysis, without: Option<usize>) -> BTreeMap<Key<'_>, (Status, Domains)> {
    let mut out = BTreeMap::new();
    for item in &analysis.items {
        let package = &analysis.project.packages[item.package];
        if Some(item.package) == without || package.is_member {
            continue;
        }
        let file = item.file.strip_prefix(&package.manifest_dir);
        let key = (
            package.name.as_str(),
            package.version.as_str(),
            file.unwrap_or(&item.file),
            item.line,
            item.path.as_str(),
        );
        out.insert(key, (item.status, item.domains));
    }
    out
}
