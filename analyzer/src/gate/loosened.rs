//! What a tree makes looser than its base revision: rules, ignores, the policy, the baseline.
//!
//! With a base none of it counts for the check at hand, but it would for the next one, so it is
//! said, and denied unless the base says otherwise.

use std::collections::BTreeMap;

use crate::model::Domains;
use crate::options::ExecPolicy;
use crate::report::text::plural;
use crate::surface::Key;

use super::config::{Config, CrateList, Ignore, LEVELS};
use super::finding::{Base, Finding, Level, Location, fingerprint};
use super::ignores::words;
use super::lock::{FILE, Lock, LockItem};
use super::subject::{about_tree, some_of};
use super::{Ctx, Rule};

/// What the tree itself would be held to.
pub struct Tree<'a> {
    pub config: &'a Config,
    pub lock: TreeLock<'a>,
}

pub enum TreeLock<'a> {
    Is(&'a Lock),
    None,
    /// Why it cannot be read.
    Broken(String),
}

/// One thing that is looser: a stable name for it, its line in the manifest, and the sentence.
struct Looser {
    name: String,
    line: u32,
    text: String,
}

pub(super) fn findings(
    ctx: &Ctx<'_>,
    base: &Base,
    lock: Option<(&str, &Lock)>,
    tree: &Tree<'_>,
) -> Vec<Finding> {
    let level = ctx.config.level(Rule::Loosened);
    let help = format!(
        "take it back, or let someone decide on it who may: what is checked is what {} says",
        base.revision
    );
    let of_rules = looser(ctx.config, tree.config).into_iter().map(|one| {
        let mut finding = about_tree(Rule::Loosened, level, one.line, one.text, &help);
        finding.fingerprint = fingerprint(Rule::Loosened, &[&one.name]);
        finding
    });
    let of_lock = lock.and_then(|(file, lock)| {
        let text = looser_lock(lock, &tree.lock, &base.revision)?;
        let text = format!("{file} {text}");
        let mut finding = about_tree(Rule::Loosened, level, 1, text, &help);
        finding.fingerprint = fingerprint(Rule::Loosened, &[FILE]);
        if !matches!(tree.lock, TreeLock::None) {
            finding.location = Location {
                file: file.to_owned(),
                line: 1,
            };
        }
        Some(finding)
    });
    of_rules.chain(of_lock).collect()
}

fn looser(base: &Config, tree: &Config) -> Vec<Looser> {
    let mut found = Vec::new();
    if let Some(text) = looser_exec(base.exec, tree.exec) {
        found.push(say("exec", 1, text));
    }
    found.extend(looser_limits(base, tree));
    found.extend(looser_minimum(base, tree));
    let lists = [
        (Rule::DeniedCrates, &base.denied, &tree.denied),
        (Rule::AllowedCrates, &base.allowed, &tree.allowed),
    ];
    for (rule, base, tree) in lists {
        if let Some(base) = base.as_ref().filter(|list| list.level != Level::Allow) {
            found.extend(looser_list(rule, base, tree.as_ref()));
        }
    }
    for (rule, _) in LEVELS {
        let (before, now) = (base.level(rule), tree.level(rule));
        if now > before {
            found.push(say(
                rule.id(),
                tree.line(rule),
                level_text(rule, before, now),
            ));
        }
    }
    let max = |config: &Config| config.new_direct.map_or(0, |set| set.value);
    if max(tree) > max(base) {
        let line = tree.new_direct.map_or(1, |set| set.line);
        let text = format!("`new-direct` goes from {} up to {}", max(base), max(tree));
        found.push(say("new-direct max", line, text));
    }
    found.extend(looser_ignores(&base.ignores, &tree.ignores));
    found
}

fn say(name: &str, line: u32, text: String) -> Looser {
    Looser {
        name: name.to_owned(),
        line,
        text,
    }
}

fn level_text(rule: Rule, before: Level, now: Level) -> String {
    format!("`{rule}` goes from {} to {}", before.as_str(), now.as_str())
}

fn looser_exec(base: Option<ExecPolicy>, tree: Option<ExecPolicy>) -> Option<String> {
    let base = base?;
    match tree {
        None => Some(format!("`exec = \"{}\"` is gone", base.as_str())),
        Some(tree) if tree > base => Some(format!(
            "`exec` goes from {} to {}",
            base.as_str(),
            tree.as_str()
        )),
        Some(_) => None,
    }
}

fn looser_limits(base: &Config, tree: &Config) -> Vec<Looser> {
    let mut found = Vec::new();
    for (rule, before) in &base.limits {
        if before.level == Level::Allow {
            continue;
        }
        let Some(now) = tree.limits.get(rule) else {
            found.push(say(
                rule.id(),
                1,
                format!("`{rule} = {}` is gone", before.max),
            ));
            continue;
        };
        if now.max > before.max {
            let text = format!("`{rule}` goes from {} up to {}", before.max, now.max);
            found.push(say(rule.id(), now.line, text));
        }
        if now.level > before.level {
            let text = level_text(*rule, before.level, now.level);
            found.push(say(&format!("{rule} level"), now.line, text));
        }
        let fewer = match (before.domains, now.domains) {
            (Some(before), Some(now)) => !before.without(now).is_empty(),
            // What a rule counts by itself is `run`, and for what runs while building more.
            (None, Some(now)) => {
                let of_build = matches!(rule, Rule::MaxBuildScripts | Rule::MaxProcMacros);
                let building = Domains::BUILD | Domains::MACRO;
                let before = if of_build {
                    Domains::RUN | building
                } else {
                    Domains::RUN
                };
                !before.without(now).is_empty()
            }
            (Some(before), None) => before != Domains::RUN,
            (None, None) => false,
        };
        if fewer {
            let text = format!("`{rule}` counts other domains than before");
            found.push(say(&format!("{rule} domains"), now.line, text));
        }
    }
    found
}

fn looser_minimum(base: &Config, tree: &Config) -> Vec<Looser> {
    let rule = Rule::MinimumUse;
    let Some(before) = base.minimum_use.filter(|set| set.level != Level::Allow) else {
        return Vec::new();
    };
    let Some(now) = tree.minimum_use else {
        return vec![say(rule.id(), 1, format!("`{rule}` is gone"))];
    };
    let mut found = Vec::new();
    if now.per_mille < before.per_mille {
        found.push(say(rule.id(), now.line, format!("`{rule}` goes down")));
    }
    if now.level > before.level {
        let text = level_text(rule, before.level, now.level);
        found.push(say(&format!("{rule} level"), now.line, text));
    }
    found
}

fn looser_list(rule: Rule, base: &CrateList, tree: Option<&CrateList>) -> Vec<Looser> {
    let Some(tree) = tree else {
        return vec![say(rule.id(), 1, format!("`{rule}` is gone"))];
    };
    let (more, fewer, word) = match rule {
        Rule::DeniedCrates => (base, tree, "no longer denies"),
        _ => (tree, base, "newly allows"),
    };
    let mut found = Vec::new();
    for entry in &more.crates {
        if !fewer.crates.iter().any(|other| other.spec == entry.spec) {
            let line = if rule == Rule::DeniedCrates {
                tree.line
            } else {
                entry.line
            };
            let text = format!("`{rule}` {word} `{}`", entry.spec);
            found.push(say(&format!("{rule} {}", entry.spec), line, text));
        }
    }
    if tree.level > base.level {
        let text = level_text(rule, base.level, tree.level);
        found.push(say(&format!("{rule} level"), tree.line, text));
    }
    found
}

/// Which one an ignore of the tree was is known by what it is about; its reason may change.
fn looser_ignores(base: &[Ignore], tree: &[Ignore]) -> Vec<Looser> {
    let mut found = Vec::new();
    for now in tree {
        let about =
            |one: &&Ignore| (one.rule, &one.krate, &one.item) == (now.rule, &now.krate, &now.item);
        let longer = |before: &Ignore| match (&before.expires, &now.expires) {
            (Some(before), Some(now)) => now > before,
            (Some(_), None) => true,
            (None, _) => false,
        };
        let mut before = base.iter().filter(about).peekable();
        let text = if before.peek().is_none() {
            format!("a new ignore of {}: {}", words(now), now.reason)
        } else if before.all(longer) {
            format!("the ignore of {} holds longer than before", words(now))
        } else {
            continue;
        };
        found.push(say(&format!("ignore {}", words(now)), now.line, text));
    }
    found
}

fn looser_lock(base: &Lock, tree: &TreeLock<'_>, revision: &str) -> Option<String> {
    let tree = match tree {
        TreeLock::None => return Some("is gone".to_owned()),
        TreeLock::Broken(why) => return Some(format!("cannot be read: {why}")),
        TreeLock::Is(tree) => tree,
    };
    let before = by_name(base);
    let (mut items, mut crates) = (0, Vec::new());
    for (name, now) in by_name(tree) {
        let known = before.get(name);
        let more = now.iter().filter(|(key, now)| {
            let before = known.and_then(|known| known.get(*key));
            before.is_none_or(|before| accepts_more(before, now))
        });
        let more = more.count() as u64;
        if more > 0 || known.is_none() {
            items += more;
            crates.push(name.to_owned());
        }
    }
    if crates.is_empty() {
        return None;
    }
    let items = plural(items, "more item", "more items");
    Some(format!(
        "accepts {items} than in {revision}, of {}",
        some_of(&crates)
    ))
}

fn accepts_more(before: &LockItem, now: &LockItem) -> bool {
    !now.used.without(before.used).is_empty()
        || !now
            .unknown
            .without(before.used)
            .without(before.unknown)
            .is_empty()
        || now.named.is_some() && before.named.is_none()
}

/// All versions of a crate together: what is said here is how much, not what.
fn by_name(lock: &Lock) -> BTreeMap<&str, BTreeMap<Key, LockItem>> {
    let mut names: BTreeMap<&str, BTreeMap<Key, LockItem>> = BTreeMap::new();
    for one in &lock.crates {
        let items = names.entry(&one.id.name).or_default();
        for (key, item) in &one.items {
            let all = items.entry(*key).or_default();
            all.used |= item.used;
            all.unknown |= item.unknown;
            all.named = all.named.take().or_else(|| item.named.clone());
        }
    }
    names
}
