//! What is new against the baseline, as findings: one for each item, and for a new crate one with
//! all of its items.

use crate::model::Domains;
use crate::report::text::plural;
use crate::surface::Dependency;

use super::config::Config;
use super::finding::{Finding, Level, Location};
use super::lock::Lock;
use super::ratchet::{self, Gone, NewItem, News, source_words};
use super::subject::{about_tree, in_domains, item_ref, some_of};
use super::{Ctx, Rule};

const ACCEPT: &str = "do without it, or accept it with `cargo whittle baseline --update`";

pub(super) fn findings(ctx: &Ctx<'_>, file: &str, lock: &Lock) -> Vec<Finding> {
    let news = ratchet::compare(ctx.surface, lock);
    let mut findings = Vec::new();
    for new in &news.crates {
        match ctx.config.level(Rule::NewCrate) {
            Level::Allow => {
                let items = all_items(new.dependency);
                findings.extend(items.iter().filter_map(|item| one_item(ctx, item)));
            }
            level => {
                findings.push(new_crate(ctx, level, new.dependency));
                let items = all_items(new.dependency);
                let named = items.iter().filter(|item| item.direct);
                findings.extend(named.filter_map(|item| direct(ctx, item)));
            }
        }
    }
    for (dependency, before) in &news.sources {
        let (from, to) = (source_words(before), source_words(&dependency.id));
        let message = format!("`{}` comes from {to}, not from {from}", dependency.id.name);
        let level = ctx.config.level(Rule::NewSource);
        findings.push(ctx.about_crate(Rule::NewSource, level, dependency, message, ACCEPT));
    }
    findings.extend(news.items.iter().filter_map(|item| one_item(ctx, item)));
    findings.extend(stale(ctx, file, &news.gone));
    findings
}

/// Up to the limit new direct items are only warned of.
pub(super) fn within_limit(config: &Config, findings: &mut [Finding]) {
    let Some(max) = config.new_direct.map(|set| set.value) else {
        return;
    };
    let counts =
        |finding: &&mut Finding| finding.rule == Rule::NewDirect && finding.ignored.is_none();
    let number = findings.iter_mut().filter(counts).count() as u64;
    if number <= max {
        for finding in findings.iter_mut().filter(counts) {
            finding.level = finding.level.max(Level::Warn);
        }
    }
}

/// The differences as short sentences, whatever the levels are.
pub(super) fn in_words(news: &News<'_>) -> Vec<String> {
    let mut words = Vec::new();
    for new in &news.crates {
        let (id, items) = (&new.dependency.id, new.dependency.items.len() as u64);
        let items = plural(items, "item", "items");
        words.push(format!("`{} {}` with {items}", id.name, id.version));
    }
    for (dependency, _) in &news.sources {
        let (name, from) = (&dependency.id.name, source_words(&dependency.id));
        words.push(format!("`{name}` from {from}"));
    }
    for new in &news.items {
        let how = match (new.direct, new.used.is_empty()) {
            (true, _) => "named",
            (false, false) => "reached",
            (false, true) => "unknown",
        };
        let id = &new.dependency.id;
        let path = &new.item.path;
        words.push(format!("`{path}` {how} ({} {})", id.name, id.version));
    }
    words
}

/// The items of a crate that has no counterpart.
fn all_items(dependency: &Dependency) -> Vec<NewItem<'_>> {
    let items = dependency.items.iter().map(|item| NewItem {
        dependency,
        item,
        updated_from: None,
        direct: item.direct && item.is_used(),
        used: item.used,
        was_unknown: Domains::NONE,
        unknown: item.unknown.without(item.used),
    });
    items.collect()
}

fn new_crate(ctx: &Ctx<'_>, level: Level, dependency: &Dependency) -> Finding {
    let used: Vec<_> = dependency
        .items
        .iter()
        .filter(|item| item.is_used())
        .collect();
    let unknown = dependency.items.len() - used.len();
    let mut parts = vec![format!(
        "{} reached",
        plural(used.len() as u64, "item", "items")
    )];
    if unknown > 0 {
        parts.push(format!("{unknown} unknown"));
    }
    if dependency.build_script {
        parts.push("a build script".to_owned());
    }
    if dependency.proc_macro {
        parts.push("proc macros".to_owned());
    }
    let id = &dependency.id;
    let place = in_domains(dependency.domains);
    let message = format!(
        "`{} {}` is new{place}: {}",
        id.name,
        id.version,
        parts.join(", ")
    );
    let mut finding = ctx.about_crate(Rule::NewCrate, level, dependency, message, ACCEPT);
    finding.items = used.iter().map(|item| item_ref(dependency, item)).collect();
    finding
}

/// The one finding that an item is: a direct one first; what is accepted as direct still has to
/// be accepted as reached.
fn one_item(ctx: &Ctx<'_>, new: &NewItem<'_>) -> Option<Finding> {
    if let Some(finding) = direct(ctx, new) {
        return Some(finding);
    }
    let subject = (new.dependency, new.item);
    let path = &new.item.path;
    let updated = updated(new);
    let of_used = ctx.config.level(Rule::NewItem);
    if !new.used.is_empty() && of_used != Level::Allow {
        let place = in_domains(new.used);
        let before = if new.was_unknown.is_empty() {
            ""
        } else {
            ", which was unknown before"
        };
        let message = format!("now reaches `{path}`{place}{before}{updated}");
        return Some(ctx.about_item(Rule::NewItem, of_used, subject, message, ACCEPT));
    }
    let of_unknown = ctx.config.level(Rule::NewUnknown);
    if new.unknown.is_empty() || of_unknown == Level::Allow {
        return None;
    }
    let place = in_domains(new.unknown);
    let reason = new.item.reason.as_ref().map(|why| format!(": {why}"));
    let reason = reason.unwrap_or_default();
    let message = format!("may now reach `{path}`{place}{updated}{reason}");
    Some(ctx.about_item(Rule::NewUnknown, of_unknown, subject, message, ACCEPT))
}

fn direct(ctx: &Ctx<'_>, new: &NewItem<'_>) -> Option<Finding> {
    let level = ctx.config.level(Rule::NewDirect);
    if !new.direct || level == Level::Allow {
        return None;
    }
    let also = if new.used.is_empty() {
        ", which was reached before"
    } else {
        ""
    };
    let place = in_domains(new.item.used);
    let (path, updated) = (&new.item.path, updated(new));
    let message = format!("now names `{path}`{place}{also}{updated}");
    let subject = (new.dependency, new.item);
    Some(ctx.about_item(Rule::NewDirect, level, subject, message, ACCEPT))
}

fn updated(new: &NewItem<'_>) -> String {
    let from = new.updated_from;
    from.map(|from| {
        format!(
            ", with the update from {from} to {}",
            new.dependency.id.version
        )
    })
    .unwrap_or_default()
}

fn stale(ctx: &Ctx<'_>, file: &str, gone: &Gone) -> Option<Finding> {
    if gone.items == 0 && gone.crates.is_empty() {
        return None;
    }
    let level = ctx.config.level(Rule::StaleBaseline);
    let mut parts = Vec::new();
    if gone.items > 0 {
        let words = plural(gone.items, "item that is", "items that are");
        parts.push(format!("{words} no longer reached"));
    }
    if !gone.crates.is_empty() {
        let number = plural(gone.crates.len() as u64, "crate", "crates");
        parts.push(format!("{number} that left: {}", some_of(&gone.crates)));
    }
    let message = format!("{file} holds {}", parts.join(" and "));
    let help = "take them out with `cargo whittle baseline --update`, so that they cannot come back unseen";
    let mut finding = about_tree(Rule::StaleBaseline, level, 1, message, help);
    finding.location = Location {
        file: file.to_owned(),
        line: gone.line.unwrap_or(1).max(1),
    };
    Some(finding)
}
