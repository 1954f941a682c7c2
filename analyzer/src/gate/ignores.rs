//! Ignores: which findings they silence, which have expired, and which match nothing.

use super::config::Ignore;
use super::finding::{Finding, Ignored, fingerprint};
use super::subject::{about_tree, some_of};
use super::{Ctx, Rule};

/// The ignores of a configuration, with what became of each.
pub(super) struct Ignores<'a> {
    all: Vec<State<'a>>,
}

struct State<'a> {
    ignore: &'a Ignore,
    expired: bool,
    matched: bool,
}

impl<'a> Ignores<'a> {
    pub(super) fn new(ignores: &'a [Ignore], today: &str) -> Self {
        let all = ignores.iter().map(|ignore| State {
            ignore,
            // Dates in this form are in the order of their texts.
            expired: ignore.expires.as_deref().is_some_and(|day| day < today),
            matched: false,
        });
        Self { all: all.collect() }
    }

    /// Whether a crate is taken out of what a rule counts.
    pub(super) fn takes_out(&mut self, rule: Rule, name: &str, version: &str) -> bool {
        let mut out = false;
        for state in &mut self.all {
            let of_crate = state.ignore.krate.as_ref();
            if state.ignore.rule == rule && of_crate.is_some_and(|spec| spec.matches(name, version))
            {
                state.matched = true;
                out |= !state.expired;
            }
        }
        out
    }

    /// Marks what is silenced, by the first that matches.
    pub(super) fn apply(&mut self, findings: &mut [Finding]) {
        for finding in findings {
            for state in &mut self.all {
                if !silences(state.ignore, finding) {
                    continue;
                }
                state.matched = true;
                if !state.expired && finding.ignored.is_none() {
                    finding.ignored = Some(Ignored {
                        reason: state.ignore.reason.clone(),
                        owner: state.ignore.owner.clone(),
                        expires: state.ignore.expires.clone(),
                    });
                }
            }
        }
    }

    /// What is to be said about the ignores themselves.
    pub(super) fn findings(&self, ctx: &Ctx<'_>, has_baseline: bool) -> Vec<Finding> {
        let mut findings = Vec::new();
        for State {
            ignore,
            expired,
            matched,
        } in &self.all
        {
            let (rule, message, help) = match (&ignore.expires, expired, matched) {
                (Some(day), true, _) => (
                    Rule::ExpiredIgnore,
                    format!("the ignore of {} expired on {day}", words(ignore)),
                    "see whether its reason still holds, then renew or remove it",
                ),
                // Without a baseline nothing is new, so nothing can be said.
                (_, _, false) if has_baseline || !needs_baseline(ignore.rule) => (
                    Rule::StaleIgnore,
                    format!("the ignore of {} matches nothing", words(ignore)),
                    "remove it",
                ),
                _ => continue,
            };
            let level = ctx.config.level(rule);
            let about = |one: &Ignore| (one.rule, one.krate.clone(), one.item.clone());
            let mut here = ctx.here.ignores.iter();
            let line = here
                .find(|one| about(one) == about(ignore))
                .map_or(1, |one| one.line);
            let mut finding = about_tree(rule, level, line, message, help);
            finding.fingerprint = fingerprint(rule, &[&words(ignore)]);
            findings.push(finding);
        }
        findings
    }
}

fn needs_baseline(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::NewCrate
            | Rule::NewDirect
            | Rule::NewItem
            | Rule::NewUnknown
            | Rule::NewSource
            | Rule::StaleBaseline
    )
}

fn silences(ignore: &Ignore, finding: &Finding) -> bool {
    let name = finding.krate.as_deref();
    let version = finding.crate_version.as_deref().unwrap_or_default();
    let of_crate = ignore
        .krate
        .as_ref()
        .is_none_or(|spec| name.is_some_and(|name| spec.matches(name, version)));
    let path = finding.item.as_ref().map(|item| item.path.as_str());
    let of_item = ignore
        .item
        .as_deref()
        .is_none_or(|wanted| path.is_some_and(|path| is_below(path, wanted)));
    ignore.rule == finding.rule && of_crate && of_item
}

/// The very path, or one that begins with what stands before `::*`.
fn is_below(path: &str, wanted: &str) -> bool {
    match wanted.strip_suffix("::*") {
        Some(start) => path
            .strip_prefix(start)
            .is_some_and(|rest| rest.starts_with("::")),
        None => path == wanted,
    }
}

/// `new-item for finder, finder::Finder::new`
pub(super) fn words(ignore: &Ignore) -> String {
    let krate = ignore.krate.as_ref().map(ToString::to_string);
    let subjects: Vec<String> = krate.into_iter().chain(ignore.item.clone()).collect();
    if subjects.is_empty() {
        return ignore.rule.id().to_owned();
    }
    format!("{} for {}", ignore.rule, some_of(&subjects))
}

#[cfg(test)]
mod tests {
    use super::is_below;

    #[test]
    fn paths_and_what_lies_below() {
        assert!(is_below("a::b", "a::b"));
        assert!(!is_below("a::b::c", "a::b"));
        assert!(is_below("a::b::c", "a::b::*"));
        assert!(!is_below("a::bc", "a::b::*"));
        assert!(!is_below("a::b", "a::b::*"));
        assert!(!is_below("a::b", "*"));
    }
}
