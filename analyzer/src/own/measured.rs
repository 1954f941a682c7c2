//! The measurement after: the dependency is gone, and everything else is reached as it was.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use whittle_extract::record::Mode;
use whittle_extract::refuse::{Reason, Refusal};

use super::extraction::Extraction;
use crate::model::{Analysis, Domains, Package, Source, Status};

/// Items that are named of many.
const SHOWN: usize = 5;

/// What the second measurement has against it.
pub(super) fn judge(extraction: &Extraction<'_>, after: &Analysis) -> Vec<Refusal> {
    let mut out = still_there(extraction, after);
    let differences = differences(extraction.analysis, after, extraction.gathered.package);
    let more = differences.len().saturating_sub(SHOWN);
    let shown = differences.into_iter().take(SHOWN);
    let more = (more > 0).then(|| format!("{more} more items"));
    out.extend(shown.chain(more).map(|what| {
        let what = format!("the rest of the tree ({what})");
        Refusal::new(Reason::ReachDiffers, what)
    }));
    out
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
fn differences(before: &Analysis, after: &Analysis, upstream: usize) -> Vec<String> {
    let (old, new) = (statuses(before, Some(upstream)), statuses(after, None));
    let mut out = Vec::new();
    for (key, &(status, domains)) in &new {
        let Some(&(was, were)) = old.get(key) else {
            continue;
        };
        if (was, were) != (status, domains) {
            out.push(format!("{} is {}, was {}", key.4, word(status), word(was)));
        }
    }
    let packages: BTreeSet<(&str, &str)> = new.keys().map(|key| (key.0, key.1)).collect();
    for (key, (status, _)) in &old {
        let is_missing = packages.contains(&(key.0, key.1)) && !new.contains_key(key);
        if is_missing && *status == Status::Used {
            out.push(format!("{} is not there, was used", key.4));
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
