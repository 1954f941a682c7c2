//! The compiler finishes the slice.
//!
//! What it calls unneeded in every unit that has the copy goes, until it calls nothing so. Where
//! something is missing instead, whatever has its name comes along; where it is no name that is
//! missing (an impl that nothing seemed to need), every impl whose types are kept. Of impls that
//! nothing reaches, as many go again as the compiler can do without.

use std::collections::BTreeSet;

use whittle_extract::record::Mode;
use whittle_extract::refuse::{Reason, Refusal};
use whittle_extract::request::{Choice, Naming, Place};

use super::check::{Checked, check};
use super::extraction::{Extraction, Planned};
use super::files::{Files, files};
use super::judge::{is_broken, judge, missed, raised};
use super::trial::{Before, Trial, Verdict, Wrong, shown};
use crate::error::Result;

/// Lints that say that something is not needed.
const NOT_NEEDED: [&str; 4] = [
    "dead_code",
    "unused_imports",
    "unused_macros",
    "unused_extern_crates",
];
/// Rounds after which nothing more is tried to be taken out. The copy that compiled last is taken.
const ROUNDS: usize = 32;
/// Times that something missing is added by its name.
const REPAIRS: usize = 8;

/// The smallest copy that compiles.
pub(super) struct Shrunk {
    pub(super) planned: Planned,
    /// Denied lints that it raises.
    pub(super) allows: BTreeSet<String>,
    choice: Choice,
}

/// What one check came to.
enum Round {
    Compiles {
        shrunk: Box<Shrunk>,
        /// Not needed by any unit.
        dead: BTreeSet<Place>,
    },
    Refused(Vec<Refusal>),
    Broken {
        why: Vec<Refusal>,
        /// Names that nothing has.
        missed: BTreeSet<String>,
    },
}

/// Plans, checks and takes out, until nothing more can go.
///
/// # Errors
/// When cargo cannot be run, or a file not be read.
pub(super) fn shrink(
    trial: &mut Trial<'_>,
    extraction: &mut Extraction<'_>,
    before: &Before,
) -> Result<Verdict<Shrunk>> {
    let mut rounds = 0;
    let mut choice = extraction.choice();
    let mut allows = BTreeSet::new();
    let mut first = None;
    let mut repairs = 0;
    let (mut best, mut dead) = loop {
        match round(trial, extraction, before, &choice, &mut allows, &mut rounds)? {
            Round::Compiles { shrunk, dead } => break (*shrunk, dead),
            Round::Broken { why, missed }
                if repairs < REPAIRS && !missed.is_subset(&choice.names) =>
            {
                repairs += 1;
                choice.names.extend(missed);
                first.get_or_insert(why);
            }
            Round::Broken { why, .. } if !choice.all_impls => {
                choice.all_impls = true;
                first.get_or_insert(why);
            }
            // What is wrong with the smaller copy says more than what comes of additions to it.
            Round::Refused(why) | Round::Broken { why, .. } => {
                return Ok(Err(first.unwrap_or(why)));
            }
        }
    };
    // What cannot go, although the compiler calls it unneeded or nothing is known to need it: a
    // trait's method that impls of the package define, say.
    let mut needed: BTreeSet<Place> = BTreeSet::new();
    // How many are tried at once: fewer when that fails, more when it does not.
    let mut size = usize::MAX;
    while rounds < ROUNDS {
        let without = &best.choice.without;
        let goes = |place: &&Place| !without.contains(*place) && !needed.contains(*place);
        let mut part: Vec<Place> = dead.iter().filter(goes).copied().collect();
        if part.is_empty() {
            part = doubtful(&best, &needed);
        }
        part.truncate(size);
        if part.is_empty() {
            break;
        }
        let mut choice = best.choice.clone();
        choice.without.extend(&part);
        match round(trial, extraction, before, &choice, &mut allows, &mut rounds)? {
            Round::Compiles { shrunk, dead: more } => {
                (best, dead) = (*shrunk, more);
                size = size.saturating_mul(2);
            }
            Round::Refused(_) | Round::Broken { .. } if part.len() == 1 => {
                needed.extend(part);
                size = 2;
            }
            Round::Refused(_) | Round::Broken { .. } => size = part.len().div_ceil(2),
        }
    }
    Ok(Ok(best))
}

/// Pieces that the compiler says nothing of (trait impls) and nothing reaches, in their order; those
/// that cannot go are in `needed`.
fn doubtful(shrunk: &Shrunk, needed: &BTreeSet<Place>) -> Vec<Place> {
    let taken = shrunk.planned.plan.slice.taken.iter();
    taken
        .filter(|it| it.missable && !it.reached && !needed.contains(&it.at))
        .map(|it| it.at)
        .collect()
}

fn round(
    trial: &mut Trial<'_>,
    extraction: &mut Extraction<'_>,
    before: &Before,
    choice: &Choice,
    allows: &mut BTreeSet<String>,
    rounds: &mut usize,
) -> Result<Round> {
    loop {
        *rounds += 1;
        let planned = extraction.plan(choice)?;
        if !planned.plan.refusals.is_empty() {
            return Ok(Round::Refused(planned.plan.refusals));
        }
        let files = match files(extraction, &planned, allows)? {
            Ok(files) => files,
            Err(refusal) => return Ok(Round::Refused(vec![refusal])),
        };
        trial.say(&format!("checking the copy, round {rounds}"));
        if let Err(refusal) = trial.lay(&files)? {
            return Ok(Round::Refused(vec![refusal]));
        }
        let mut checked = check(&trial.builds, trial.scratch.root(), &trial.flags())?;
        let bare = &mut extraction.placement.bare_at_root;
        if !*bare && says_qualified(&checked, &files) {
            *bare = true;
            continue;
        }
        let mut dead = unneeded(trial, extraction, &checked, &files);
        let mut with = String::new();
        // What this build leaves out may be all that needs it.
        if checked.success && has_hidden_sites(extraction) {
            for (flags, _) in &before.more {
                let more = check(&trial.builds, trial.scratch.root(), flags)?;
                let of_more = unneeded(trial, extraction, &more, &files);
                dead.retain(|place| of_more.contains(place));
                if !more.success {
                    checked = more;
                    with = shown(flags);
                    break;
                }
            }
        }
        if checked.success {
            let shrunk = Shrunk {
                planned,
                allows: allows.clone(),
                choice: choice.clone(),
            };
            return Ok(Round::Compiles {
                shrunk: Box::new(shrunk),
                dead,
            });
        }
        let lints = raised(&checked, &files);
        if is_broken(&checked, &files) || lints.is_subset(allows) {
            let mut why = judge(&checked, &before.checked, &files);
            if why.is_empty() {
                let what = format!("`{}`", extraction.upstream().name);
                why.push(Refusal::new(Reason::DoesNotCompile, what));
            }
            let mut wrong = Wrong::default();
            wrong.add(why, &with);
            return Ok(Round::Broken {
                why: wrong.refusals(),
                missed: missed(&checked),
            });
        }
        // Only lints that the package denies.
        let denied = checked.errors().map(|said| said.code.clone());
        allows.extend(denied.filter(|code| lints.contains(code)));
    }
}

/// Whether code that names the dependency is not part of this build: behind a feature, say.
fn has_hidden_sites(extraction: &Extraction<'_>) -> bool {
    let sites = &extraction.gathered.facts.sites;
    let package = extraction.host.package;
    sites
        .iter()
        .any(|site| site.package == package && site.how == Naming::LeftOut)
}

/// Whether the package has a lint against the `crate::` of a path that can do without.
fn says_qualified(checked: &Checked, files: &Files) -> bool {
    let mut said = checked.said.keys();
    said.any(|said| {
        said.code == "unused_qualifications"
            && said.spans.iter().any(|spot| !files.is_copy(&spot.file))
    })
}

/// Places upstream of what every unit that has the copy calls unneeded.
fn unneeded(
    trial: &Trial<'_>,
    extraction: &Extraction<'_>,
    checked: &Checked,
    files: &Files,
) -> BTreeSet<Place> {
    let root = &extraction.analysis.project.workspace_root;
    let of_root = |file: u32| {
        let file = extraction.gathered.facts.files.get(file as usize)?;
        let file = file.strip_prefix(root).ok()?;
        checked.units.get(&trial.scratch.root().join(file)).copied()
    };
    let units: usize = match extraction.asked.mode {
        Mode::Crate => 1,
        Mode::Module => {
            let roots = extraction.host.roots.iter();
            roots.filter_map(|target| of_root(target.file)).sum()
        }
    };
    let mut out = BTreeSet::new();
    for (said, &count) in &checked.said {
        if NOT_NEEDED.contains(&said.code.as_str()) && count >= units {
            let spots = said.spans.iter();
            out.extend(spots.filter_map(|spot| files.upstream(&spot.file, spot.start)));
        }
    }
    out
}
