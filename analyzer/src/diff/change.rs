//! One crate on both sides: which pieces differ, and how.

use super::data::{Change, CrateChange, PowerOf, SideOf, What};
use super::elsewhere;
use super::lines::{self, Hunk, Line, Tag};
use super::manifest;
use super::pair::{self, Pair};
use crate::model::{Analysis, Origin, Package, Power};
use crate::pieces::{Origins, Piece, PieceKind};
use crate::source_text::{Passage, Sources, read};

/// One side of a crate.
pub(super) struct Half<'a> {
    pub(super) analysis: &'a Analysis,
    pub(super) sources: &'a Sources<'a>,
    pub(super) package: usize,
}

impl Half<'_> {
    pub(super) fn facts(&self) -> &Package {
        &self.analysis.project.packages[self.package]
    }
}

/// What differs in a crate; `None` when nothing does.
pub(super) fn of_crate(old: &Half<'_>, new: &Half<'_>, pairs: &[Pair<'_>]) -> Option<CrateChange> {
    let mut change = CrateChange {
        krate: new.facts().name.clone(),
        from: old.facts().version.clone(),
        to: new.facts().version.clone(),
        functions: Vec::new(),
        derived: Vec::new(),
        files: Vec::new(),
        others: Vec::new(),
        manifest: Vec::new(),
        manifest_problem: None,
        features_on: Vec::new(),
        features_off: Vec::new(),
        elsewhere: elsewhere::functions(pairs),
    };
    let mut listed: Vec<Pair<'_>> = Vec::new();
    for &(before, now) in pairs {
        let Some(what) = what(before, now) else {
            continue;
        };
        listed.push((before, now));
        let kind = now.or(before).map_or(PieceKind::Function, |one| one.kind);
        let list = match kind {
            PieceKind::Function => &mut change.functions,
            PieceKind::Derived => &mut change.derived,
            PieceKind::BuildScript | PieceKind::ProcMacro => &mut change.files,
            _ => &mut change.others,
        };
        list.push(of_piece(what, before, now, old, new));
    }
    for list in [&mut change.functions, &mut change.derived] {
        // What changed comes before what is new, in the order of the text.
        list.sort_by_key(|one| {
            let place = one.now.as_ref().or(one.before.as_ref());
            let place = place.map(|side| (side.place.file.clone(), side.place.line));
            (one.what, place, one.path.clone())
        });
    }
    manifests(&mut change, old, new);
    (change.features_on, change.features_off) = features(old, new);
    elsewhere::lines(&mut change.elsewhere, old, new, &listed);
    let nothing = change.functions.is_empty()
        && change.derived.is_empty()
        && change.files.is_empty()
        && change.others.is_empty()
        && change.manifest.is_empty()
        && change.manifest_problem.is_none()
        && change.features_on.is_empty()
        && change.features_off.is_empty()
        && change.elsewhere.is_empty();
    (!nothing || change.from != change.to).then_some(change)
}

/// Whether a pair is to be read, and why.
fn what(before: Option<&Piece>, now: Option<&Piece>) -> Option<What> {
    match (before, now) {
        (Some(before), Some(now)) if now.in_scope() => {
            // A file that cannot be read is no evidence that it is the same.
            if before.fingerprint != now.fingerprint
                || now.problem.is_some()
                || before.problem.is_some()
            {
                Some(What::Changed)
            } else {
                // Of what was not reached it is not known what it used.
                let news = before.in_scope() && !new_powers(Some(before), now).is_empty();
                news.then_some(What::SameText)
            }
        }
        (None, Some(now)) if now.in_scope() => Some(What::New),
        // Functions that are gone are in the list of what is no longer reached.
        (Some(before), None) if before.in_scope() => {
            let function = matches!(before.kind, PieceKind::Function | PieceKind::Derived);
            (!function).then_some(What::Gone)
        }
        _ => None,
    }
}

fn of_piece(
    what: What,
    before: Option<&Piece>,
    now: Option<&Piece>,
    old: &Half<'_>,
    new: &Half<'_>,
) -> Change {
    let any = now.or(before);
    let mut change = Change {
        kind: any.map_or(PieceKind::Function, |one| one.kind),
        path: any.map(Piece::name).unwrap_or_default(),
        what,
        before: before.map(SideOf::of),
        now: now.map(SideOf::of),
        added: 0,
        removed: 0,
        new_powers: now.map_or(Vec::new(), |now| new_powers(before, now)),
        hunks: Vec::new(),
        note: None,
        unreadable: false,
    };
    if what != What::SameText {
        texts(&mut change, (before, old), (now, new));
    }
    change
}

fn texts(
    change: &mut Change,
    (before, old): (Option<&Piece>, &Half<'_>),
    (now, new): (Option<&Piece>, &Half<'_>),
) {
    let text = |piece: Option<&Piece>, half: &Half<'_>| {
        piece.map_or(Ok(Vec::new()), |one| one.text(half.sources, half.analysis))
    };
    let (before_text, now_text) = match (text(before, old), text(now, new)) {
        (Ok(before), Ok(now)) => (before, now),
        (Err(why), _) | (_, Err(why)) => {
            change.note = Some(format!("the text cannot be shown: {why}"));
            change.unreadable = true;
            return;
        }
    };
    let count = before_text.len().max(now_text.len());
    for index in 0..count {
        let (from, to) = (before_text.get(index), now_text.get(index));
        if let Some(hunks) = lines::hunks(start(from), start(to)) {
            change.hunks.extend(hunks);
        } else {
            change.note = Some("too long and too different to be shown line by line".to_owned());
            change.unreadable = true;
        }
    }
    let tagged = |tag: Tag| {
        let lines = change.hunks.iter().flat_map(|hunk: &Hunk| &hunk.lines);
        lines.filter(|line| line.tag == tag).count()
    };
    (change.added, change.removed) = (tagged(Tag::Added), tagged(Tag::Removed));
    if change.note.is_none() {
        change.note = note(change, now.or(before), new);
    }
}

fn start(passage: Option<&Passage>) -> (u32, &[String]) {
    passage.map_or((0, &[]), |one| (one.line, &one.lines))
}

fn note(change: &Change, piece: Option<&Piece>, half: &Half<'_>) -> Option<String> {
    let made = match piece?.origin {
        Origins::Item(item) => half.analysis.items.get(item).map(|one| one.origin),
        Origins::Extra(extra) => half.analysis.extras.get(extra).map(|one| one.origin),
        Origins::File => None,
    };
    let by = match made {
        Some(Origin::Macro) => "made by a macro, whose definition and call are shown",
        Some(Origin::Derive) => "made by a derive or attribute, for what is shown",
        _ => return None,
    };
    Some(if change.hunks.is_empty() {
        format!("{by}: these are the same, what comes of them is not")
    } else {
        by.to_owned()
    })
}

/// What `now` uses and `before` did not. That something was not understood is news as well.
pub(super) fn new_powers(before: Option<&Piece>, now: &Piece) -> Vec<PowerOf> {
    let known = before.map_or(&[] as &[(Power, String)], |one| &one.powers);
    let new = now.powers.iter().filter(|one| !known.contains(one));
    new.map(|(power, path)| PowerOf {
        power: *power,
        path: path.clone(),
    })
    .collect()
}

/// The manifests without what only describes.
fn manifests(change: &mut CrateChange, old: &Half<'_>, new: &Half<'_>) {
    let lines = |half: &Half<'_>| {
        let text = read(&half.facts().manifest_dir.join("Cargo.toml"))?;
        manifest::normalized(&text)
    };
    match (lines(old), lines(new)) {
        (Ok(old), Ok(new)) => {
            let only = |tag, these: &[String], those: &[String]| {
                let mut lines = Vec::new();
                for line in these
                    .iter()
                    .filter(|line| those.binary_search(line).is_err())
                {
                    lines.push(Line {
                        tag,
                        text: line.clone(),
                    });
                }
                lines
            };
            change.manifest = only(Tag::Removed, &old, &new);
            change.manifest.extend(only(Tag::Added, &new, &old));
            change.manifest.sort_by(|a, b| {
                let key = |line: &Line| line.text.split(" = ").next().map(str::to_owned);
                (key(a), a.tag != Tag::Removed).cmp(&(key(b), b.tag != Tag::Removed))
            });
        }
        (Err(why), _) | (_, Err(why)) => change.manifest_problem = Some(why),
    }
}

/// Features that are on now and were not, and the reverse; of whatever unit.
fn features(old: &Half<'_>, new: &Half<'_>) -> (Vec<String>, Vec<String>) {
    let all = |half: &Half<'_>| {
        let units = half.analysis.project.units.iter();
        let units = units.filter(|unit| unit.package == half.package);
        let mut all: Vec<String> = units.flat_map(|unit| unit.features.clone()).collect();
        all.sort();
        all.dedup();
        all
    };
    let (old, new) = (all(old), all(new));
    let without = |these: &[String], those: &[String]| {
        let these = these.iter().filter(|one| !those.contains(one));
        these.cloned().collect::<Vec<_>>()
    };
    (without(&new, &old), without(&old, &new))
}

/// The pieces of two halves, paired.
pub(super) fn pairs<'a>(old: &'a [Piece], new: &'a [Piece]) -> Vec<Pair<'a>> {
    pair::pieces(old, new)
}
