//! From a listed path to a verdict. Fails closed: whatever is not known leads to `unknown`, and
//! `not_reached` is only said of functions that were found, that nothing reaches, and that call
//! nothing of their crate which something else reaches.

use std::collections::{BTreeMap, BTreeSet};

use crate::listed;
use crate::model::{Analysis, Item, ItemKind, Probed, Status};
use crate::query::segments;
use crate::witness::{Chain, Chains};

use super::data::{Listed, Matched, Verdict};

/// Gaps that no name limits: anything may hide behind them.
const ANYTHING: [&str; 2] = ["analysis failed", "limit reached"];
/// Namesakes that are told of a path which matches nothing.
const NAMESAKES: usize = 3;

pub(super) struct Judge<'a> {
    analysis: &'a Analysis,
    chains: Chains<'a>,
    probes: BTreeMap<usize, &'a Probed>,
    /// A gap behind which anything may hide.
    blocked: Option<String>,
    /// A body that may run was not followed for sure; it may use any type.
    any_unknown: bool,
}

/// A verdict with its reason, and what shows it.
struct Opinion {
    verdict: Verdict,
    reason: String,
    through: Option<usize>,
    witness: Option<Chain>,
}

impl Opinion {
    fn new(verdict: Verdict, reason: String) -> Self {
        Self {
            verdict,
            reason,
            through: None,
            witness: None,
        }
    }
}

impl<'a> Judge<'a> {
    pub(super) fn new(analysis: &'a Analysis) -> Self {
        let gaps = analysis.gaps.iter();
        let mut blocking = gaps.filter(|gap| ANYTHING.contains(&gap.reason.as_str()));
        let items = analysis.items.iter();
        let mut unknown = items.filter(|item| item.status == Status::Unknown);
        Self {
            analysis,
            chains: Chains::new(analysis),
            probes: analysis.probes.iter().map(|one| (one.item, one)).collect(),
            blocked: blocking
                .next()
                .map(|gap| format!("{}, {}", gap.reason, gap.place)),
            any_unknown: unknown.next().is_some(),
        }
    }

    /// What is known of one path that an advisory on `package` lists.
    pub(super) fn path(&self, package: usize, path: &str) -> Listed {
        let Analysis { project, items, .. } = self.analysis;
        let found = listed::matching(project, items, package, path);
        let opinion = if found.is_empty() {
            Opinion::new(Verdict::Unknown, self.nothing(package, path))
        } else {
            self.items(&found, path)
        };
        Listed {
            path: path.to_owned(),
            verdict: opinion.verdict,
            reason: opinion.reason,
            matches: found
                .iter()
                .map(|&item| Matched {
                    subject: self.chains.subject(item),
                    status: items[item].status,
                })
                .collect(),
            through: opinion.through.map(|item| self.chains.subject(item)),
            witness: opinion.witness,
        }
    }

    fn nothing(&self, package: usize, path: &str) -> String {
        let Analysis { project, items, .. } = self.analysis;
        let mut reason = format!(
            "no item compiled here has the path `{path}` (left out by features or target, \
             renamed, foreign, or not public under that name)"
        );
        let others = listed::namesakes(project, items, package, path);
        let names: Vec<String> = others
            .iter()
            .take(NAMESAKES)
            .map(|&item| format!("`{}` is {}", items[item].path, word(items[item].status)))
            .collect();
        if !names.is_empty() {
            let more = others.len() - names.len();
            let more = if more > 0 {
                format!(", and {more} more")
            } else {
                String::new()
            };
            reason = format!("{reason}; of its last name, {}{more}", names.join(", "));
        }
        reason
    }

    /// The worst that holds of any of the items.
    fn items(&self, found: &[usize], path: &str) -> Opinion {
        let opinions = found.iter().map(|&item| self.item(item));
        // A chain shows more than a word, and a short one more than a long one.
        let length = |one: &Opinion| {
            let chain = one.witness.as_ref();
            chain.map_or((true, None, usize::MAX), |chain| {
                (false, Some(chain.domain), chain.steps.len())
            })
        };
        let worst = opinions.min_by_key(|one| (one.verdict, length(one)));
        let mut worst =
            worst.unwrap_or_else(|| Opinion::new(Verdict::Unknown, "nothing was found".to_owned()));
        if worst.verdict > Verdict::ReachedIndirectly
            && let Some(opinion) = self.implemented(found, path)
        {
            return opinion;
        }
        if let (Verdict::NotReached, Some(gap)) = (worst.verdict, &self.blocked) {
            worst.verdict = Verdict::Unknown;
            worst.reason = format!("{}; but not all was followed: {gap}", worst.reason);
        }
        worst
    }

    fn item(&self, index: usize) -> Opinion {
        let item = &self.analysis.items[index];
        match item.status {
            Status::Used => Opinion {
                witness: item
                    .kind
                    .is_function()
                    .then(|| self.chains.to_item(index))
                    .flatten(),
                ..Opinion::new(Verdict::Reached, format!("`{}` is reached", item.path))
            },
            Status::Unknown => {
                let why = item.reason.as_deref().unwrap_or("not all was understood");
                Opinion::new(
                    Verdict::Unknown,
                    format!("`{}` is unknown: {why}", item.path),
                )
            }
            Status::Unused if item.kind.is_function() => self.function(index, item),
            Status::Unused => self.other(item),
        }
    }

    fn function(&self, index: usize, item: &Item) -> Opinion {
        let path = &item.path;
        let Some(probed) = self.probes.get(&index) else {
            let reason = format!("nothing reaches `{path}`; what it calls was not followed");
            return Opinion::new(Verdict::Unknown, reason);
        };
        let calls = || {
            probed
                .calls
                .iter()
                .map(|&call| (call, &self.analysis.items[call]))
        };
        if let Some((call, called)) = calls().find(|(_, called)| called.status == Status::Used) {
            let reason = format!(
                "nothing reaches `{path}`, but `{}`, which it calls",
                called.path
            );
            return Opinion {
                through: Some(call),
                witness: self.chains.to_item(call),
                ..Opinion::new(Verdict::ReachedIndirectly, reason)
            };
        }
        if let Some((_, called)) = calls().find(|(_, called)| called.status == Status::Unknown) {
            let why = called.reason.as_deref().unwrap_or("not all was understood");
            let reason = format!(
                "nothing reaches `{path}`; `{}`, which it calls, is unknown: {why}",
                called.path
            );
            return Opinion::new(Verdict::Unknown, reason);
        }
        if let Some(gap) = probed.gaps.first() {
            let reason = format!("nothing reaches `{path}`; what it calls is not known: {gap}");
            return Opinion::new(Verdict::Unknown, reason);
        }
        let reason = format!("nothing reaches `{path}`, nor what it calls within its crate");
        Opinion::new(Verdict::NotReached, reason)
    }

    /// A method listed as a trait's, of which an implementation is used, in whatever crate.
    fn implemented(&self, found: &[usize], path: &str) -> Option<Opinion> {
        let segments = segments(path);
        let owner = segments.iter().rev().nth(1)?;
        let owner = owner.split('<').next().unwrap_or(owner);
        let methods = found.iter().filter_map(|&item| {
            let path = &self.analysis.items[item].path;
            let method = listed::of_trait(path).unwrap_or_else(|| path.clone());
            let (of, _) = method.rsplit_once("::")?;
            of.ends_with(&format!("::{owner}")).then_some(method)
        });
        let methods: BTreeSet<String> = methods.collect();
        if methods.is_empty() {
            return None;
        }
        let chain = self.chains.to_node(|node| {
            listed::of_trait(&node.label).is_some_and(|method| methods.contains(&method))
        })?;
        let by = chain.steps.last().map(|step| step.label.clone());
        let reason = format!(
            "nothing reaches `{path}` itself, but its implementation `{}`",
            by.unwrap_or_default()
        );
        Some(Opinion {
            witness: Some(chain),
            ..Opinion::new(Verdict::ReachedIndirectly, reason)
        })
    }

    /// Types, traits, macros, constants: no calls lead there, so less is known of them.
    fn other(&self, item: &Item) -> Opinion {
        let path = &item.path;
        match item.kind {
            ItemKind::Macro => {
                let reason = format!("`{path}` is a macro, and its uses are not all seen");
                Opinion::new(Verdict::Unknown, reason)
            }
            ItemKind::Const | ItemKind::Static => {
                Opinion::new(Verdict::NotReached, format!("nothing reads `{path}`"))
            }
            _ if self.any_unknown => {
                let reason = format!(
                    "`{path}` is no function, and code of which it is not known whether it runs \
                     may use it"
                );
                Opinion::new(Verdict::Unknown, reason)
            }
            _ => Opinion::new(Verdict::NotReached, format!("nothing uses `{path}`")),
        }
    }
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Used => "used",
        Status::Unknown => "unknown",
        Status::Unused => "not reached",
    }
}
