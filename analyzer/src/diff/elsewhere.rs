//! How much of a crate differs that nobody has to read.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use super::change::Half;
use super::data::Elsewhere;
use super::lines;
use super::pair::Pair;
use crate::pieces::{PieceKind, in_package};

/// Functions and values that differ and are not reached on the new side, nor were before.
pub(super) fn functions(pairs: &[Pair<'_>]) -> Elsewhere {
    let mut out = Elsewhere::default();
    for (before, now) in pairs {
        let reached = [before, now]
            .into_iter()
            .flatten()
            .any(|one| one.in_scope());
        let Some(kind) = now.or(*before).map(|one| one.kind).filter(|_| !reached) else {
            continue;
        };
        match (kind, before, now) {
            (PieceKind::Function, Some(before), Some(now)) => {
                out.functions_changed += usize::from(before.fingerprint != now.fingerprint);
            }
            (PieceKind::Function, None, Some(_)) => out.functions_added += 1,
            (PieceKind::Function, Some(_), None) => out.functions_removed += 1,
            (PieceKind::Const | PieceKind::Static, before, now) => {
                let same = before.map(|one| one.fingerprint) == now.map(|one| one.fingerprint);
                out.values_changed += usize::from(!same);
            }
            _ => {}
        }
    }
    // Functions that were reached and are only there now, or the other way round, are listed as
    // such; their text may differ as well.
    for (before, now) in pairs {
        if let (Some(before), Some(now)) = (before, now)
            && now.kind == PieceKind::Function
            && before.in_scope()
            && !now.in_scope()
        {
            out.functions_changed += usize::from(before.fingerprint != now.fingerprint);
        }
    }
    out
}

/// Lines that differ outside of the listed pieces, over the files that either side loads.
pub(super) fn lines(out: &mut Elsewhere, old: &Half<'_>, new: &Half<'_>, listed: &[Pair<'_>]) {
    let (old_files, new_files) = (files(old), files(new));
    let names: BTreeSet<&String> = old_files.keys().chain(new_files.keys()).collect();
    let old_spans = spans(listed.iter().filter_map(|pair| pair.0));
    let new_spans = spans(listed.iter().filter_map(|pair| pair.1));
    for name in names {
        let text = |half: &Half<'_>, files: &BTreeMap<String, Utf8PathBuf>| {
            files
                .get(name)
                .map_or(Ok(None), |file| half.sources.file(file).map(Some))
        };
        let (before, now) = match (text(old, &old_files), text(new, &new_files)) {
            (Ok(before), Ok(now)) => (before, now),
            (Err(why), _) | (_, Err(why)) => {
                out.unreadable.push(why);
                continue;
            }
        };
        let lines_of = |side: &Option<std::rc::Rc<Vec<String>>>| {
            side.as_ref()
                .map(|lines| lines.to_vec())
                .unwrap_or_default()
        };
        let (before, now) = (lines_of(&before), lines_of(&now));
        if before == now {
            continue;
        }
        let changed = lines::changed(&before, &now);
        out.about |= changed.only_counted;
        let outside = |spans: &BTreeMap<String, Vec<(usize, usize)>>, lines: &[usize]| {
            let spans = spans.get(name).map_or(&[] as &[_], Vec::as_slice);
            let inside =
                |&&line: &&usize| spans.iter().any(|&(from, to)| from <= line && line < to);
            lines.iter().filter(|line| !inside(line)).count()
        };
        out.lines_added += outside(&new_spans, &changed.added);
        out.lines_removed += outside(&old_spans, &changed.removed);
    }
}

/// Files of Rust that the package's units load, by their name in the package.
fn files(half: &Half<'_>) -> BTreeMap<String, Utf8PathBuf> {
    let project = &half.analysis.project;
    let units = project.units.iter().zip(&half.analysis.unit_files);
    let files = units
        .filter(|(unit, _)| unit.package == half.package)
        .flat_map(|(_, files)| files);
    files
        .map(|file| (in_package(project, half.package, file), file.clone()))
        .collect()
}

/// Lines of pieces by file, counted from 0, the end not included.
fn spans<'a>(
    pieces: impl Iterator<Item = &'a crate::pieces::Piece>,
) -> BTreeMap<String, Vec<(usize, usize)>> {
    let mut spans: BTreeMap<String, Vec<(usize, usize)>> = BTreeMap::new();
    for piece in pieces {
        let from = (piece.line as usize).saturating_sub(1);
        let to = from + piece.lines as usize;
        spans
            .entry(piece.place.clone())
            .or_default()
            .push((from, to));
    }
    spans
}
