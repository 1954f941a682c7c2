//! Features that could be switched off: those that bring in nothing that is used or unknown.
//!
//! A feature is a candidate when members of the workspace ask for it and nobody else does, and of
//! what then goes (crates that only it brings in, items that stand under it in any crate) nothing
//! is used, unknown or named. It is evidence from one build, not a proof by 2^n: where the text
//! leaves a doubt the feature stays, and what is proposed is still for the compiler to confirm.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use camino::Utf8PathBuf;
use serde::Serialize;

use super::evidence::Grounds;
use super::features::{Asked, On, asked, on};
use super::gates::{Gated, Gates, gates};
use crate::measure::Use;
use crate::model::{ExtraKind, Item, Status, UnitKind};
use crate::query::plain_segments;

/// A feature to switch off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Trim {
    pub feature: String,
    /// It is on by default: `default-features = false`, and the other defaults by name.
    pub by_default: bool,
    /// Crates that leave the tree with it, as `name version`.
    pub crates: Vec<String>,
    /// Features that go off with it, as `crate/feature`.
    pub features: Vec<String>,
    /// Functions that are compiled no more, in the crates that go and in those that stay.
    pub functions: u64,
    /// Lines of the crates that go, and of items that stand under these features.
    pub lines: u64,
}

/// Features of the direct dependency `package` that can go, each by itself; `limit` of them, as
/// each is a look at the text.
pub(super) fn trims(grounds: &Grounds<'_>, package: usize, limit: usize) -> Vec<Trim> {
    let project = &grounds.analysis.project;
    let asked = asked(project, package);
    if asked.is_empty() {
        return Vec::new();
    }
    let all = on(project, &[]);
    let trims = asked.iter().filter_map(|one| trim(grounds, &all, one));
    trims.take(limit).collect()
}

fn trim(grounds: &Grounds<'_>, all: &On, asked: &Asked) -> Option<Trim> {
    let project = &grounds.analysis.project;
    let rest = on(project, std::slice::from_ref(asked));
    let gone: BTreeSet<usize> = all.packages.difference(&rest.packages).copied().collect();
    let mut features: BTreeSet<(usize, String)> =
        all.features.difference(&rest.features).cloned().collect();
    if asked.by_default {
        // It is left out as a name; its list is asked for.
        features.insert((asked.package, "default".to_owned()));
    }
    features.retain(|(package, _)| !gone.contains(package));
    if !gone.iter().all(|&package| is_untouched(grounds, package)) {
        return None;
    }
    let mut trim = Trim {
        feature: asked.feature.clone(),
        by_default: asked.by_default,
        crates: Vec::new(),
        features: Vec::new(),
        functions: 0,
        lines: 0,
    };
    for &index in &gone {
        let package = project.packages.get(index)?;
        trim.crates
            .push(format!("{} {}", package.name, package.version));
        trim.lines += grounds.own_weights.get(index)?.lines;
        trim.functions += functions(grounds.items(index).iter().copied());
    }
    for (package, feature) in &features {
        let (functions, lines) = gated(grounds, *package, feature, &gone)?;
        trim.functions += functions;
        trim.lines += lines;
        if feature != "default" {
            let name = &project.packages.get(*package)?.name;
            trim.features.push(format!("{name}/{feature}"));
        }
    }
    (trim.functions > 0 || !trim.crates.is_empty()).then_some(trim)
}

/// Nothing of it is used, unknown or named. That code which goes with it names it is no use.
fn is_untouched(grounds: &Grounds<'_>, package: usize) -> bool {
    let items = grounds.items(package);
    let links = &grounds.analysis.project.packages[package].manifest.links;
    items.iter().all(|item| is_free(item))
        && links.is_none()
        && (!items.is_empty() || grounds.uses(package) != Use::Unknown)
}

fn is_free(item: &Item) -> bool {
    item.status == Status::Unused && !item.direct
}

fn functions<'a>(items: impl Iterator<Item = &'a Item>) -> u64 {
    items.filter(|item| item.is_plain_function()).count() as u64
}

/// Functions and lines under a feature of a crate that stays; `None` when something of it is
/// used, unknown or in doubt.
fn gated(
    grounds: &Grounds<'_>,
    package: usize,
    feature: &str,
    gone: &BTreeSet<usize>,
) -> Option<(u64, u64)> {
    if asked_by_script(grounds, package, feature) {
        return None;
    }
    let items = grounds.items(package);
    let needed = needed(items);
    // One of them under the feature decides, whatever the other files have, which take long to read.
    let is_needed = |span: &Gated| {
        let lines = needed.get(&span.file).map_or(&[][..], Vec::as_slice);
        let mut lines = lines.iter();
        lines.any(|line| span.first <= *line && *line <= span.last)
    };
    let is_settled = |spans: &[Gated]| spans.iter().any(is_needed);
    let gates = gates(&files(grounds, package), feature, is_settled).ok()?;
    let inside: Vec<&Item> = items
        .iter()
        .copied()
        .filter(|it| is_inside(&gates, it))
        .collect();
    let extras = grounds.analysis.extras.iter().filter(|extra| {
        extra.package == package
            && extra.kind != ExtraKind::UnsafeImpl
            && !(extra.domains | extra.unknown_in).is_empty()
            && holds(&gates, &extra.file, extra.line)
    });
    let free = inside.iter().all(|item| is_free(item))
        && extras.count() == 0
        && gates.within.iter().all(|(file, line)| {
            holds(&gates, file, *line) || innermost(items, file, *line).is_some_and(is_free)
        })
        && impls_are_free(grounds, package, &gates, gone)
        && exports_are_free(grounds, package, &gates, gone);
    if !free {
        return None;
    }
    let spans = outermost(&gates);
    let lines = spans.map(|(file, first, last)| {
        let last = if last == u32::MAX {
            lines_of(file)
        } else {
            last
        };
        u64::from(last.saturating_sub(first)) + 1
    });
    Some((functions(inside.iter().copied()), lines.sum()))
}

/// Where items stand that are used, unknown or named.
fn needed<'a>(items: &[&'a Item]) -> BTreeMap<&'a Utf8PathBuf, Vec<u32>> {
    let mut lines: BTreeMap<&Utf8PathBuf, Vec<u32>> = BTreeMap::new();
    for item in items.iter().filter(|item| !is_free(item)) {
        let call = item.call_site.as_ref().map(|(file, line)| (file, *line));
        for (file, line) in [Some((&item.file, item.line)), call].into_iter().flatten() {
            lines.entry(file).or_default().push(line);
        }
    }
    lines
}

/// All files that its library and build script load.
fn files(grounds: &Grounds<'_>, package: usize) -> Vec<Utf8PathBuf> {
    let analysis = grounds.analysis;
    let units = analysis.project.units.iter().zip(&analysis.unit_files);
    let of_it = units.filter(|(unit, _)| unit.package == package);
    let files: BTreeSet<&Utf8PathBuf> = of_it.flat_map(|(_, files)| files).collect();
    let is_own = |file: &&Utf8PathBuf| {
        let folder = &analysis.project.packages[package].manifest_dir;
        file.starts_with(folder)
    };
    files.into_iter().filter(is_own).cloned().collect()
}

/// The build script sees features in its environment.
fn asked_by_script(grounds: &Grounds<'_>, package: usize, feature: &str) -> bool {
    let variable = format!("CARGO_FEATURE_{}", feature.to_uppercase().replace('-', "_"));
    let project = &grounds.analysis.project;
    let mut scripts = project
        .units
        .iter()
        .filter(|unit| unit.package == package && unit.kind == UnitKind::BuildScript);
    scripts.any(|unit| {
        // Names may be put together.
        fs::read_to_string(&unit.root_file).map_or(true, |text| {
            text.contains(&variable) || text.contains("CARGO_FEATURE_{")
        })
    })
}

fn is_inside(gates: &Gates, item: &Item) -> bool {
    let by_call = item.call_site.as_ref();
    holds(gates, &item.file, item.line)
        || by_call.is_some_and(|(file, line)| holds(gates, file, *line))
}

fn holds(gates: &Gates, file: &Utf8PathBuf, line: u32) -> bool {
    let mut spans = gates.spans.iter();
    spans.any(|span| span.file == *file && span.first <= line && line <= span.last)
}

/// The smallest item around a line.
fn innermost<'a>(items: &[&'a Item], file: &Utf8PathBuf, line: u32) -> Option<&'a Item> {
    let around = items.iter().copied().filter(|item| {
        item.file == *file && item.line <= line && line < item.line.saturating_add(item.lines)
    });
    around.min_by_key(|item| item.lines)
}

/// An impl may be needed without a call: by a bound. It is not when nobody left can name its trait,
/// or nothing of its type is used.
fn impls_are_free(
    grounds: &Grounds<'_>,
    package: usize,
    gates: &Gates,
    gone: &BTreeSet<usize>,
) -> bool {
    let items = grounds.items(package);
    gates.impls.iter().all(|of| {
        let first = of.of_trait.first().map_or("", String::as_str);
        let is_gone = is_gone(grounds, package, first, gone);
        let name = of.of_trait.last().map_or("", String::as_str);
        let own_trait = items
            .iter()
            .any(|item| is_inside(gates, item) && plain_segments(&item.path).last() == Some(&name));
        is_gone || own_trait || (!of.for_type.is_empty() && unused_name(items, &of.for_type))
    })
}

fn exports_are_free(
    grounds: &Grounds<'_>,
    package: usize,
    gates: &Gates,
    gone: &BTreeSet<usize>,
) -> bool {
    let items = grounds.items(package);
    gates.exports.iter().all(|(first, name)| {
        is_gone(grounds, package, first, gone)
            || (name != "*"
                && ["crate", "self", "super"].contains(&first.as_str())
                && unused_name(items, name))
    })
}

/// Whether a name in the crate is that of a dependency that goes.
fn is_gone(grounds: &Grounds<'_>, package: usize, name: &str, gone: &BTreeSet<usize>) -> bool {
    let packages = &grounds.analysis.project.packages;
    let declared = packages
        .get(package)
        .into_iter()
        .flat_map(|it| &it.manifest.dependencies);
    let mut called = declared.filter(|declared| {
        declared
            .rename
            .as_ref()
            .unwrap_or(&declared.name)
            .replace('-', "_")
            == name
    });
    called.any(|declared| gone.iter().any(|&it| packages[it].name == declared.name))
}

/// Items of that name are there, and none is used.
fn unused_name(items: &[&Item], name: &str) -> bool {
    let mut named = items
        .iter()
        .filter(|item| plain_segments(&item.path).contains(&name))
        .peekable();
    named.peek().is_some() && named.all(|item| item.status == Status::Unused && !item.direct)
}

/// Spans that lie in no other: file, first and last line.
fn outermost(gates: &Gates) -> impl Iterator<Item = (&Utf8PathBuf, u32, u32)> {
    let spans: BTreeSet<_> = gates.spans.iter().collect();
    let all: Vec<_> = spans.into_iter().collect();
    let outer = all.clone().into_iter().filter(move |span| {
        !all.iter().any(|other| {
            other != span
                && other.file == span.file
                && other.first <= span.first
                && span.last <= other.last
        })
    });
    outer.map(|span| (&span.file, span.first, span.last))
}

fn lines_of(file: &Utf8PathBuf) -> u32 {
    let text = fs::read_to_string(file).unwrap_or_default();
    u32::try_from(text.lines().count()).unwrap_or(u32::MAX)
}
