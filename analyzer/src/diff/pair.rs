//! Which crate of one side is which of the other, and which piece.

use std::collections::BTreeMap;

use crate::model::{Analysis, Domains, Package, Project};
use crate::pieces::{Piece, PieceKind};

/// Indices into the packages of the two sides.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pairs {
    pub(super) added: Vec<usize>,
    pub(super) removed: Vec<usize>,
    pub(super) both: Vec<(usize, usize)>,
}

/// Packages by name: first those of one version, then those that cargo takes for compatible,
/// then the rest in the order of versions.
pub(super) fn packages(old: &Analysis, new: &Analysis) -> Pairs {
    let mut names: BTreeMap<&str, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for package in dependencies(old) {
        let name = old.project.packages[package].name.as_str();
        names.entry(name).or_default().0.push(package);
    }
    for package in dependencies(new) {
        let name = new.project.packages[package].name.as_str();
        names.entry(name).or_default().1.push(package);
    }
    let mut pairs = Pairs::default();
    for (mut olds, mut news) in names.into_values() {
        let rules: [fn(&Package, &Package) -> bool; 4] = [
            |a, b| a.version == b.version && a.source == b.source,
            |a, b| a.version == b.version,
            |a, b| compatible(&a.version) == compatible(&b.version),
            |_, _| true,
        ];
        for fits in rules {
            olds.retain(|&one| {
                let a = &old.project.packages[one];
                let at = news
                    .iter()
                    .position(|&other| fits(a, &new.project.packages[other]));
                if let Some(at) = at {
                    pairs.both.push((one, news.remove(at)));
                }
                at.is_none()
            });
        }
        pairs.removed.append(&mut olds);
        pairs.added.append(&mut news);
    }
    pairs
}

/// What is compiled and no member; sorted by name and version.
fn dependencies(analysis: &Analysis) -> impl Iterator<Item = usize> + '_ {
    let Project {
        packages, units, ..
    } = &analysis.project;
    let mut compiled = vec![Domains::NONE; packages.len()];
    for unit in units {
        compiled[unit.package] |= unit.domains;
    }
    let analysed = analysis.options_domains;
    (0..packages.len())
        .filter(move |&one| !packages[one].is_member && compiled[one].intersects(analysed))
}

/// The part of a version that must be equal for cargo to take one for the other.
fn compatible(version: &str) -> (u64, u64, u64) {
    let parsed = semver::Version::parse(version);
    match parsed.map(|version| (version.major, version.minor, version.patch)) {
        Ok((0, 0, patch)) => (0, 0, patch),
        Ok((0, minor, _)) => (0, minor, 0),
        Ok((major, ..)) => (major, 0, 0),
        Err(_) => (u64::MAX, 0, 0),
    }
}

/// A piece of each side, or of one.
pub(super) type Pair<'a> = (Option<&'a Piece>, Option<&'a Piece>);

/// Pieces by kind and path; of several with one path, first those with the same content. Sorted
/// by the new side's order, what is only on the old side last.
pub(super) fn pieces<'a>(old: &'a [Piece], new: &'a [Piece]) -> Vec<Pair<'a>> {
    let mut open: BTreeMap<(PieceKind, &str), Vec<&Piece>> = BTreeMap::new();
    for piece in old {
        open.entry((piece.kind, &piece.path))
            .or_default()
            .push(piece);
    }
    let mut pairs: Vec<Pair<'a>> = new.iter().map(|piece| (None, Some(piece))).collect();
    let rules: [fn(&Piece, &Piece) -> bool; 2] =
        [|a, b| a.fingerprint == b.fingerprint, |_, _| true];
    for fits in rules {
        for (partner, piece) in &mut pairs {
            let Some(piece) = piece.filter(|_| partner.is_none()) else {
                continue;
            };
            let Some(all) = open.get_mut(&(piece.kind, piece.path.as_str())) else {
                continue;
            };
            if let Some(at) = all.iter().position(|one| fits(one, piece)) {
                *partner = Some(all.remove(at));
            }
        }
    }
    pairs.extend(
        open.into_values()
            .flatten()
            .map(|piece| (Some(piece), None)),
    );
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    fn check(old: &[&str], new: &[&str], expected: &str) {
        let analysis = |versions: &[&str]| {
            let mut sample = Sample::new();
            for version in versions {
                sample.library("dep", version, 0, Domains::RUN);
            }
            sample.analysis
        };
        let (old, new) = (analysis(old), analysis(new));
        let pairs = packages(&old, &new);
        let of = |side: &Analysis, one: usize| side.project.packages[one].version.clone();
        let mut found: Vec<String> = pairs
            .both
            .iter()
            .map(|&(a, b)| format!("{}>{}", of(&old, a), of(&new, b)))
            .collect();
        found.extend(pairs.removed.iter().map(|&a| format!("-{}", of(&old, a))));
        found.extend(pairs.added.iter().map(|&b| format!("+{}", of(&new, b))));
        assert_eq!(found.join(" "), expected);
    }

    #[test]
    fn crates_go_by_name_then_version() {
        check(&["1.0.0"], &["1.2.0"], "1.0.0>1.2.0");
        check(
            &["1.0.0", "2.0.0"],
            &["2.0.0", "3.0.0"],
            "2.0.0>2.0.0 1.0.0>3.0.0",
        );
        check(
            &["0.1.0", "1.0.0"],
            &["0.1.3", "1.1.0", "2.0.0"],
            "0.1.0>0.1.3 1.0.0>1.1.0 +2.0.0",
        );
        check(&["1.0.0", "2.0.0"], &["2.1.0"], "2.0.0>2.1.0 -1.0.0");
    }
}
