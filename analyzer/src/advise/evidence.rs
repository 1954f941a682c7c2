//! What an analysis says for and against each dependency: the ground of a verdict.
//!
//! Counts over all analyzed domains, because a dependency is dropped in all or not at all. Unknown
//! functions count as reached: what may be needed would have to be owned too.

use std::collections::BTreeMap;

use serde::Serialize;

use super::critical::critical;
use super::movement::{Movement, Movements, too_fast};
use super::obstacle::Obstacle;
use super::settings::{Settings, reason};
use super::std_instead::{StdInstead, std_instead};
use super::trim::trims;
use super::words;
use crate::measure::lines::LineCounter;
use crate::measure::{Measures, Use, Weight, weight};
use crate::model::{Analysis, Item, Package, Status};
use crate::verdict::{Verdict, verdict};

/// What there is to know before the text of a dependency is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Index into `project.packages`.
    pub package: usize,
    /// In one word over all domains.
    pub uses: Use,
    pub reached: Reached,
    /// Definition paths of what the workspace's own code names of it, sorted.
    pub named: Vec<String>,
    /// What leaves the tree with it, itself included; nothing when others keep it.
    pub leaving: Vec<usize>,
    /// Dependencies that use it too.
    pub kept_by: Vec<usize>,
    /// How fast upstream moves, or why that is not known.
    pub movement: Result<Movement, String>,
    pub std: Option<StdInstead>,
    /// What speaks against owning its functions, the weightiest first.
    pub obstacles: Vec<Obstacle>,
}

impl Evidence {
    /// The workspace says that it wants to keep it.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        let wanted = |obstacle: &Obstacle| matches!(obstacle, Obstacle::Wanted { .. });
        self.obstacles.iter().any(wanted)
    }
}

/// Functions without those of derives, over all analyzed domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Reached {
    /// Used, and unknown.
    pub functions: u64,
    /// How many of these are unknown.
    pub unknown: u64,
    /// Used or not.
    pub total: u64,
    /// Lines in these functions, each once.
    pub lines: u64,
    /// `unsafe` functions and blocks among them.
    pub unsafes: u64,
}

impl Reached {
    /// Per thousand of all functions, rounded up: a limit must not be met by rounding.
    #[must_use]
    pub fn per_mille(self) -> u64 {
        (self.functions * 1000).div_ceil(self.total.max(1))
    }
}

/// What every package is judged with.
pub(crate) struct Grounds<'a> {
    pub(super) analysis: &'a Analysis,
    pub(super) settings: &'a Settings,
    uses: BTreeMap<usize, Use>,
    items: Vec<Vec<&'a Item>>,
    leaving: Vec<Vec<usize>>,
    movements: Movements<'a>,
    /// Of each package without what it brings in.
    pub(super) own_weights: Vec<Weight>,
    /// Something in the workspace's own code was not understood.
    own_gaps: bool,
}

impl<'a> Grounds<'a> {
    pub(crate) fn new(analysis: &'a Analysis, measures: &Measures, settings: &'a Settings) -> Self {
        let packages = &analysis.project.packages;
        let mut items = vec![Vec::new(); packages.len()];
        for item in &analysis.items {
            if let Some(of_package) = items.get_mut(item.package) {
                of_package.push(item);
            }
        }
        let uses = measures.packages.iter().map(|measured| {
            let uses = measured.domains.values().map(|in_domain| in_domain.uses);
            (measured.package, uses.fold(Use::Nothing, stronger))
        });
        let of_member = |package: usize| packages.get(package).is_some_and(|one| one.is_member);
        Self {
            analysis,
            settings,
            uses: uses.collect(),
            items,
            leaving: weight::leaving(analysis),
            movements: Movements::new(&analysis.project),
            own_weights: weight::own_weights(analysis),
            own_gaps: analysis
                .gaps
                .iter()
                .any(|gap| gap.package.is_some_and(of_member)),
        }
    }

    /// `None` for workspace members.
    pub(crate) fn evidence(&self, package: usize) -> Option<Evidence> {
        let facts = self.analysis.project.packages.get(package)?;
        self.uses.get(&package)?;
        let uses = self.uses(package);
        let items = self.items(package);
        let reached = reached(items);
        let named = named(items);
        let kept_by = self.kept_by(package);
        let leaving = if kept_by.is_empty() {
            self.leaving.get(package).cloned().unwrap_or_default()
        } else {
            Vec::new()
        };
        let paths: Vec<&str> = named.iter().map(String::as_str).collect();
        let mut obstacles = self.of_the_crate(facts);
        obstacles.extend(self.of_the_tree(uses, &kept_by));
        // Where there is no function at all, and no look at the text is needed to know it.
        if reached.total == 0 && uses == Use::Other {
            obstacles.extend(self.passes_on(facts));
        }
        obstacles.extend(limits(self.settings, reached));
        let movement = self.movements.of(facts);
        let too_fast = movement
            .as_ref()
            .ok()
            .and_then(|it| too_fast(it, self.settings));
        obstacles.extend(too_fast);
        Some(Evidence {
            package,
            uses,
            reached,
            std: std_instead(self.analysis, facts, &paths),
            named,
            leaving,
            kept_by,
            movement,
            obstacles,
        })
    }

    /// Of a package over all domains.
    pub(super) fn uses(&self, package: usize) -> Use {
        let uses = self.uses.get(&package).copied().unwrap_or(Use::Functions);
        let nothing_listed = self.items(package).is_empty();
        match uses {
            // Where nothing can be unknown because nothing is listed, nothing can be known either.
            Use::Nothing if nothing_listed && self.own_gaps => Use::Unknown,
            uses => uses,
        }
    }

    /// Everything that is listed of a package.
    pub(super) fn items(&self, package: usize) -> &[&'a Item] {
        self.items.get(package).map_or(&[], Vec::as_slice)
    }

    /// The verdict without a look at what would have to be copied, and its first reason.
    pub(crate) fn in_short(&self, package: usize) -> Option<(Verdict, String)> {
        let evidence = self.evidence(package)?;
        // Features take a look at the text: only when nothing else can be done.
        let mut verdict = verdict(&evidence, None, false);
        if verdict == Verdict::Keep && !evidence.is_wanted() && !trims(self, package, 1).is_empty()
        {
            verdict = Verdict::Trim;
        }
        let reason = words::in_short(self.analysis, &evidence, verdict);
        Some((verdict, reason))
    }

    fn kept_by(&self, package: usize) -> Vec<usize> {
        let packages = self.analysis.project.packages.iter().enumerate();
        let users = packages.filter(|(index, user)| {
            !user.is_member && *index != package && user.dependencies.contains(&package)
        });
        users.map(|(index, _)| index).collect()
    }

    fn of_the_crate(&self, package: &Package) -> Vec<Obstacle> {
        let mut found = Vec::new();
        if let Some(reason) = reason(&self.settings.keep, package) {
            found.push(Obstacle::Wanted {
                reason: reason.to_owned(),
            });
        }
        if package.is_proc_macro {
            found.push(Obstacle::ProcMacro);
        }
        if let Some(library) = &package.manifest.links {
            found.push(Obstacle::Links {
                library: library.clone(),
            });
        }
        let harmless = reason(&self.settings.not_critical, package).is_some();
        if let Some(kind) = critical(&package.name).filter(|_| !harmless) {
            found.push(Obstacle::Critical { kind });
        }
        found
    }

    /// What a crate without functions is used for, when it depends on others, is theirs.
    fn passes_on(&self, package: &Package) -> Option<Obstacle> {
        let packages = &self.analysis.project.packages;
        let used = package.dependencies.iter().filter(|&&it| {
            let uses = self.uses(it);
            uses == Use::Functions || uses == Use::Other
        });
        let names = used.filter_map(|&it| Some(packages.get(it)?.name.clone()));
        let from: Vec<String> = names.collect();
        (!from.is_empty()).then_some(Obstacle::PassesOn { from })
    }

    fn of_the_tree(&self, uses: Use, kept_by: &[usize]) -> Vec<Obstacle> {
        let mut found = Vec::new();
        if !kept_by.is_empty() {
            let packages = &self.analysis.project.packages;
            let names = kept_by.iter().filter_map(|&user| packages.get(user));
            found.push(Obstacle::StaysFor {
                users: names.map(|user| user.name.clone()).collect(),
            });
        }
        if uses == Use::Unknown {
            found.push(Obstacle::NotUnderstood);
        }
        found
    }
}

fn limits(settings: &Settings, reached: Reached) -> Vec<Obstacle> {
    let is = [reached.functions, reached.lines, reached.unsafes];
    let [functions, lines, unsafes] = Obstacle::too_much(settings, is);
    let (is, max) = (reached.per_mille(), settings.max_per_mille);
    let share = (is > max).then_some(Obstacle::TooLargeAShare { is, max });
    let all = [functions, share, lines, unsafes];
    all.into_iter().flatten().collect()
}

fn reached(items: &[&Item]) -> Reached {
    let mut reached = Reached::default();
    let mut lines = LineCounter::default();
    for item in items.iter().filter(|item| item.is_plain_function()) {
        reached.total += 1;
        if item.status == Status::Unused {
            continue;
        }
        reached.functions += 1;
        reached.unknown += u64::from(item.status == Status::Unknown);
        reached.unsafes += u64::from(item.is_unsafe) + u64::from(item.unsafe_blocks);
        lines.add(&item.file, item.line, item.lines, item.status);
    }
    reached.lines = lines.counts().total;
    reached
}

fn named(items: &[&Item]) -> Vec<String> {
    let direct = items.iter().filter(|item| item.direct);
    let mut named: Vec<String> = direct.map(|item| item.path.clone()).collect();
    named.sort();
    named.dedup();
    named
}

/// What of two domains says more: a use, then a doubt.
fn stronger(a: Use, b: Use) -> Use {
    let rank = |uses| match uses {
        Use::Functions => 3,
        Use::Other => 2,
        Use::Unknown => 1,
        Use::Nothing => 0,
    };
    if rank(b) > rank(a) { b } else { a }
}
