//! Advisories on packages of which the workspace owns a part: what matters is what was taken.
//!
//! The copy is the workspace's own code, so its functions are not judged by reach: a listed one that
//! was taken counts. What a macro of the copy makes, and names that it gives to others, cannot be
//! told from the list of its items: then it is unknown.

use whittle_extract::items::Kind;
use whittle_extract::record::Record;

use super::data::{Finding, Listed, Verdict};
use super::{Advisory, Database, stamp};
use crate::copies::Owned;
use crate::listed;
use crate::report::text::plural;

pub(super) fn findings(copies: &[Owned], database: &Database, informational: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for advisory in &database.advisories {
        for copy in copies {
            let origin = &copy.record.origin;
            if origin.name == advisory.package && advisory.affects(&origin.version) {
                findings.push(finding(copy, advisory, informational));
            }
        }
    }
    findings
}

fn finding(copy: &Owned, advisory: &Advisory, informational: bool) -> Finding {
    let record = &copy.record;
    let paths = advisory.functions.iter();
    let functions: Vec<Listed> = paths.map(|path| judge(record, path)).collect();
    let worst = functions.iter().map(|one| one.verdict).min();
    let verdict = worst.unwrap_or(Verdict::Reached);
    let place = format!("the copy in {}", copy.shown);
    let reason = match functions.iter().find(|one| one.verdict == verdict) {
        None => format!(
            "the advisory lists no functions, and {place} has {} of the crate",
            plural(record.items().count() as u64, "item", "items")
        ),
        Some(_) if verdict == Verdict::NotReached => {
            format!("none of the listed paths is in {place}")
        }
        Some(one) => format!("{place}: {}", one.reason),
    };
    Finding {
        id: advisory.id.clone(),
        aliases: advisory.aliases.clone(),
        title: advisory.title.clone(),
        url: advisory.page.clone(),
        date: advisory.date.clone(),
        severity: advisory.severity.clone(),
        informational: advisory.informational.clone(),
        package: record.origin.name.clone(),
        version: record.origin.version.clone(),
        source: "owned",
        owned: Some(copy.shown.to_string()),
        purl: stamp::purl(&record.origin.name, &record.origin.version),
        patched: advisory.patched.clone(),
        platforms: None,
        verdict,
        reason,
        counts: verdict != Verdict::NotReached
            && (informational || advisory.informational.is_none()),
        functions,
    }
}

fn judge(record: &Record, path: &str) -> Listed {
    let items = || record.files.iter().flat_map(|file| &file.items);
    let taken = items()
        .filter(|item| item.kind.is_definition())
        .find(|item| listed::means(path, &item.path));
    let name = path.rsplit("::").next().unwrap_or(path);
    let renames =
        |kind: Kind, item: &str| kind == Kind::Use && item.ends_with(&format!(" as {name}"));
    let opaque = items().find(|item| item.kind == Kind::Call || renames(item.kind, &item.path));
    let (verdict, reason) = match (taken, opaque) {
        (Some(item), _) => (Verdict::Reached, format!("`{}` was taken", item.path)),
        (None, Some(item)) => (
            Verdict::Unknown,
            format!("`{path}` may be what `{}` makes or names", item.path),
        ),
        (None, None) => (Verdict::NotReached, format!("`{path}` was not taken")),
    };
    Listed {
        path: path.to_owned(),
        verdict,
        reason,
        matches: Vec::new(),
        through: None,
        witness: None,
    }
}
