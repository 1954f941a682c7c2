//! What an analysis says for and against each dependency: the ground of a verdict.
//!
//! Counts over all analyzed domains, because a dependency is dropped in all or not at all. Unknown
//! functions count as reached: what may be needed would have to be owned too.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use whittle_extract::refuse::{Reason, Refusal};

use super::critical::critical;
use super::movement::{Movement, Movements, too_fast};
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

/// A reason not to own what is reached of a dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// The workspace says so.
    Wanted {
        reason: String,
    },
    ProcMacro,
    /// The manifest's `links`.
    Links {
        library: String,
    },
    /// In the list of crates in which a mistake is a vulnerability.
    Critical {
        kind: &'static str,
    },
    /// Nothing leaves the tree: others use it too.
    StaysFor {
        users: Vec<String>,
    },
    /// It only passes on what other crates have.
    PassesOn {
        from: Vec<String>,
    },
    /// What is used of it is not known.
    NotUnderstood,
    /// More than the workspace's limit; `what` is `functions`, `lines` or `unsafe`.
    TooMuch {
        what: &'static str,
        is: u64,
        max: u64,
        key: &'static str,
    },
    /// More of it than the workspace's limit, per thousand.
    TooLargeAShare {
        is: u64,
        max: u64,
    },
    /// Upstream publishes more than the workspace wants to follow; each limit that is passed, with
    /// the figure.
    FastMoving {
        until: String,
        releases: Option<(u64, u64)>,
        breaking: Option<(u64, u64)>,
    },
    /// `extract` refuses it; and how often for the same reason beside.
    Refused {
        refusal: Refusal,
        more: usize,
    },
    /// The licence does not allow the copy.
    License {
        why: String,
    },
    /// The workspace's own API shows its types.
    Exposed {
        by: Vec<String>,
    },
}

impl Obstacle {
    /// The key of the limit that is passed.
    pub(super) fn what(&self) -> Option<&'static str> {
        match self {
            Self::TooMuch { key, .. } => Some(key),
            _ => None,
        }
    }

    /// Says the same as a reason of `extract`.
    pub(super) fn is_of(&self, reason: Reason) -> bool {
        match self {
            Self::ProcMacro => reason == Reason::ProcMacroCrate,
            Self::Links { .. } => reason == Reason::NativeLibrary,
            _ => false,
        }
    }

    /// Its name in machine-readable output.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::Wanted { .. } => "wanted",
            Self::ProcMacro => "proc-macro",
            Self::Links { .. } => "links",
            Self::Critical { .. } => "critical",
            Self::StaysFor { .. } => "stays",
            Self::PassesOn { .. } => "passes-on",
            Self::NotUnderstood => "not-understood",
            Self::TooMuch { what, .. } => match *what {
                "unsafe" => "too-unsafe",
                _ => "too-big",
            },
            Self::TooLargeAShare { .. } => "too-big",
            Self::FastMoving { .. } => "fast-moving",
            Self::Refused { refusal, .. } => refusal.code(),
            Self::License { .. } => "license",
            Self::Exposed { .. } => "exposed",
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wanted { reason } => write!(f, "the workspace wants to keep it: {reason}"),
            Self::ProcMacro => f.write_str(
                "a proc macro runs in the compiler and cannot be owned \
                                            function by function",
            ),
            Self::Links { library } => {
                write!(f, "it links the native library `{library}`")
            }
            Self::Critical { kind } => write!(
                f,
                "{kind}: mistakes in it are vulnerabilities, and a copy would miss the fixes"
            ),
            Self::StaysFor { users } => {
                let users = some(users);
                write!(f, "nothing would leave the tree: also used by {users}")
            }
            Self::FastMoving {
                until,
                releases,
                breaking,
            } => fast_moving(f, until, *releases, *breaking),
            Self::Refused { refusal, more } => refused(f, refusal, *more),
            Self::License { why } => write!(f, "its code may not be copied: {why}"),
            Self::Exposed { by } => {
                write!(
                    f,
                    "its types are in the API of this workspace: {}",
                    some(by)
                )
            }
            Self::PassesOn { from } => write!(
                f,
                "no function of its own is used; it passes on what is in {}, which would stay",
                some(from)
            ),
            Self::NotUnderstood => f.write_str("what is used of it is not known"),
            Self::TooMuch { what, is, max, key } => match *what {
                "unsafe" => write!(
                    f,
                    "{is} unsafe functions, blocks and impls would be yours, more than {key} = {max}"
                ),
                what => write!(f, "{is} {what} would be yours, more than {key} = {max}"),
            },
            Self::TooLargeAShare { is, max } => write!(
                f,
                "{} of its functions are reached, more than max-percent = {}",
                share(*is),
                number(*max)
            ),
        }
    }
}

/// `` `COUNT` is state that would exist twice (src/lib.rs:3 and 2 more); use `--as crate`: … ``
fn refused(f: &mut fmt::Formatter<'_>, refusal: &Refusal, more: usize) -> fmt::Result {
    write!(f, "{} {}", refusal.what, refusal.reason.sentence())?;
    match (&refusal.at, more) {
        (None, 0) => {}
        (None, more) => write!(f, " (and {more} more)")?,
        (Some(at), 0) => write!(f, " ({}:{})", at.file, at.line)?,
        (Some(at), more) => write!(f, " ({}:{} and {more} more)", at.file, at.line)?,
    }
    match refusal.remedy() {
        // That is what is advised.
        remedy if remedy == Reason::ProcMacroCrate.remedy() => Ok(()),
        remedy => write!(f, "; {remedy}"),
    }
}

fn fast_moving(
    f: &mut fmt::Formatter<'_>,
    until: &str,
    releases: Option<(u64, u64)>,
    breaking: Option<(u64, u64)>,
) -> fmt::Result {
    f.write_str("upstream moves fast: ")?;
    match (releases, breaking) {
        (Some((is, max)), _) => write!(
            f,
            "{is} releases in the year to {until}, more than max-releases = {max}"
        )?,
        (None, Some((is, max))) => write!(
            f,
            "{is} incompatible releases in the year to {until}, more than max-breaking = {max}"
        )?,
        (None, None) => {}
    }
    if let (Some(_), Some((is, max))) = (releases, breaking) {
        write!(
            f,
            ", and {is} of them incompatible, more than max-breaking = {max}"
        )?;
    }
    Ok(())
}

/// `a, b, c and 4 more`
pub(super) fn some(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(3).map(String::as_str).collect();
    let shown = shown.join(", ");
    match names.len().saturating_sub(3) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// `12.5 %`
pub(super) fn share(per_mille: u64) -> String {
    format!("{} %", number(per_mille))
}

fn number(per_mille: u64) -> String {
    match per_mille % 10 {
        0 => (per_mille / 10).to_string(),
        rest => format!("{}.{rest}", per_mille / 10),
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
        let trims = || trims(self, package);
        let mut verdict = verdict(&evidence, None, false);
        if verdict == Verdict::Keep && !evidence.is_wanted() && !trims().is_empty() {
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
    let too_much =
        |what, is, max, key| (is > max).then_some(Obstacle::TooMuch { what, is, max, key });
    let share = reached.per_mille();
    let max = settings.max_per_mille;
    [
        too_much(
            "functions",
            reached.functions,
            settings.max_functions,
            "max-functions",
        ),
        (share > max).then_some(Obstacle::TooLargeAShare { is: share, max }),
        too_much("lines", reached.lines, settings.max_lines, "max-lines"),
        too_much("unsafe", reached.unsafes, settings.max_unsafe, "max-unsafe"),
    ]
    .into_iter()
    .flatten()
    .collect()
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
