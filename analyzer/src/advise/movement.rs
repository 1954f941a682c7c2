//! How fast upstream moves: what an owner would have to follow.
//!
//! What costs the owner of a copy is that upstream changes what was copied. Nobody can say that of
//! a year to come, but releases of the past year say how often it may happen: [`Movement`] counts
//! those that went beyond all before, and the incompatible ones among them. `docs/ADVISE.md` has
//! the figures that the limits come from.
//!
//! The year ends with the last day that the indexes at hand know of, not with today: an index that
//! was fetched long ago knows nothing of what came after, and the same files give the same answer.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use camino::Utf8Path;
use semver::Version;
use serde::Serialize;

use super::obstacle::Obstacle;
use super::settings::Settings;
use crate::cargo::index_cache::{Index, Published};
use crate::model::{Package, Project};

/// What upstream published within a year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Movement {
    /// Releases, each newer than all before it, several on a day once; without pre-releases and
    /// yanked ones.
    pub releases: u64,
    /// How many of them are incompatible with the release before, by their numbers.
    pub breaking: u64,
    /// The year, `2025-10-16` to `2026-10-16`: its end is the last publication that is known of
    /// any crate in the tree from the same registry.
    pub since: String,
    pub until: String,
    /// Releases whose day is not known: there may be more of them in that year.
    pub undated: u64,
}

/// Looks it up.
pub(super) struct Movements<'a> {
    project: &'a Project,
    home: Option<&'a Utf8Path>,
    /// The last day that is known of each registry.
    known: OnceLock<BTreeMap<Index, String>>,
}

impl<'a> Movements<'a> {
    pub(super) fn new(project: &'a Project) -> Self {
        Self {
            project,
            home: project.cargo_home.as_deref(),
            known: OnceLock::new(),
        }
    }

    /// # Errors
    /// Why it is not known, as the end of a sentence.
    pub(super) fn of(&self, package: &Package) -> Result<Movement, String> {
        let index = Index::of(self.home, package)?;
        let versions = index.versions(&package.name)?;
        let own = versions.iter().filter_map(|one| one.day.clone()).max();
        let known = self.known.get_or_init(|| self.last_days()).get(&index);
        let until = own.max(known.cloned());
        let until =
            until.ok_or("the registry's index does not say when versions were published")?;
        movement(&versions, &until).ok_or_else(|| "its versions have no dates".to_owned())
    }

    fn last_days(&self) -> BTreeMap<Index, String> {
        let mut known: BTreeMap<Index, String> = BTreeMap::new();
        for package in &self.project.packages {
            let Ok(index) = Index::of(self.home, package) else {
                continue;
            };
            let day = index.last_day(&package.name).unwrap_or_default();
            let known = known.entry(index).or_default();
            if *known < day {
                *known = day;
            }
        }
        known.retain(|_, day| !day.is_empty());
        known
    }
}

/// `None` when no release has a day.
fn movement(versions: &[Published], until: &str) -> Option<Movement> {
    let since = a_year_before(until);
    let counted = versions
        .iter()
        .filter(|one| !one.yanked && one.version.pre.is_empty());
    let mut undated = 0;
    // Several on one day are one step: a mistake mended, or a fix for each line.
    let mut dated: BTreeMap<&str, &Version> = BTreeMap::new();
    for one in counted {
        match &one.day {
            Some(day) => {
                let newest = dated.entry(day).or_insert(&one.version);
                *newest = (*newest).max(&one.version);
            }
            None => undated += 1,
        }
    }
    if dated.is_empty() {
        return None;
    }
    let (mut releases, mut breaking) = (0, 0);
    let mut before: Option<&Version> = None;
    for (day, version) in dated {
        // A fix of an older line does not move the code that one has.
        if before.is_some_and(|before| version <= before) {
            continue;
        }
        if *since < *day && day <= until {
            releases += 1;
            breaking += u64::from(before.is_some_and(|before| line(before) != line(version)));
        }
        before = Some(version);
    }
    Some(Movement {
        releases,
        breaking,
        since,
        until: until.to_owned(),
        undated,
    })
}

/// Versions of one line are compatible, as cargo sees it.
fn line(version: &Version) -> (u64, u64, u64) {
    match (version.major, version.minor, version.patch) {
        (0, 0, patch) => (0, 0, patch),
        (0, minor, _) => (0, minor, 0),
        (major, ..) => (major, 0, 0),
    }
}

/// `2025-10-16` of `2026-10-16`; of a leap day the 29th of February that was none, which sorts where
/// it should.
fn a_year_before(day: &str) -> String {
    let (year, rest) = day.split_once('-').unwrap_or((day, ""));
    let year = year.parse::<u32>().unwrap_or_default().saturating_sub(1);
    format!("{year:04}-{rest}")
}

/// Faster than the workspace wants to follow.
pub(super) fn too_fast(movement: &Movement, settings: &Settings) -> Option<Obstacle> {
    let releases = movement.releases > settings.max_releases;
    let breaking = movement.breaking > settings.max_breaking;
    (releases || breaking).then(|| Obstacle::FastMoving {
        until: movement.until.clone(),
        releases: releases.then_some((movement.releases, settings.max_releases)),
        breaking: breaking.then_some((movement.breaking, settings.max_breaking)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `1.0.0 2024-01-01`, with `!` for a yanked one.
    fn of(versions: &[&str], until: &str) -> Option<(u64, u64, u64)> {
        let published = |text: &&str| {
            let (version, day) = text.split_once(' ').unwrap_or((text, ""));
            Published {
                version: version.trim_end_matches('!').parse().unwrap(),
                yanked: version.ends_with('!'),
                day: (!day.is_empty()).then(|| day.to_owned()),
            }
        };
        let versions: Vec<Published> = versions.iter().map(published).collect();
        movement(&versions, until).map(|it| (it.releases, it.breaking, it.undated))
    }

    #[test]
    fn releases_of_the_year() {
        let versions = [
            "1.0.0 2023-01-01",
            "1.0.1 2024-03-01",
            "1.1.0 2024-03-02",
            "2.0.0 2025-03-01",
        ];
        assert_eq!(of(&versions, "2025-03-01"), Some((2, 1, 0)));
        assert_eq!(of(&versions, "2024-12-31"), Some((2, 0, 0)));
        assert_eq!(of(&versions, "2027-01-01"), Some((0, 0, 0)));
    }

    #[test]
    fn what_moves_nothing_is_not_counted() {
        let versions = [
            "0.2.0 2024-01-01",
            "0.3.0 2024-02-01",
            // A fix for those who stayed behind.
            "0.2.1 2024-03-01",
            "0.4.0! 2024-04-01",
            "0.4.0-rc.1 2024-04-02",
            "0.3.1 2024-05-01",
        ];
        // The first of all breaks nothing.
        assert_eq!(of(&versions, "2024-06-01"), Some((3, 1, 0)));
    }

    #[test]
    fn what_is_published_on_one_day_is_one_step() {
        let versions = [
            "0.2.0 2024-01-01",
            // A fix for each line.
            "0.2.1 2024-02-01",
            "0.3.1 2024-02-01",
            "0.4.1 2024-02-01",
        ];
        assert_eq!(of(&versions, "2024-06-01"), Some((2, 1, 0)));
    }

    #[test]
    fn zeros_are_incompatible_further_to_the_right() {
        let versions = [
            "0.0.1 2024-01-01",
            "0.0.2 2024-01-02",
            "0.1.0 2024-01-03",
            "0.1.9 2024-01-04",
            "1.0.0 2024-01-05",
            "1.9.0 2024-01-06",
        ];
        assert_eq!(of(&versions, "2024-06-01"), Some((6, 3, 0)));
    }

    #[test]
    fn without_days_nothing_is_known() {
        assert_eq!(of(&["1.0.0", "1.0.1"], "2024-06-01"), None);
        assert_eq!(of(&["1.0.0!  2024-01-01"], "2024-06-01"), None);
        let some = of(&["1.0.0", "1.0.1 2024-01-01"], "2024-06-01");
        assert_eq!(some, Some((1, 0, 1)));
    }

    #[test]
    fn a_leap_day_has_a_year_before() {
        assert_eq!(a_year_before("2024-02-29"), "2023-02-29");
        assert_eq!(of(&["1.0.0 2023-03-01"], "2024-02-29"), Some((1, 0, 0)));
        assert_eq!(of(&["1.0.0 2023-02-28"], "2024-02-29"), Some((0, 0, 0)));
    }

    #[test]
    fn either_limit_is_enough() {
        let movement = |releases, breaking| Movement {
            releases,
            breaking,
            since: "2023-06-01".to_owned(),
            until: "2024-06-01".to_owned(),
            undated: 0,
        };
        let says = |releases, breaking| {
            too_fast(&movement(releases, breaking), &Settings::default())
                .map(|it| it.to_string())
                .unwrap_or_default()
        };
        assert_eq!(says(12, 1), "");
        assert_eq!(
            says(13, 1),
            "upstream moves fast: 13 releases in the year to 2024-06-01, more than max-releases = 12"
        );
        assert_eq!(
            says(3, 2),
            "upstream moves fast: 2 incompatible releases in the year to 2024-06-01, more than \
             max-breaking = 1"
        );
        assert_eq!(
            says(20, 2),
            "upstream moves fast: 20 releases in the year to 2024-06-01, more than max-releases = \
             12, and 2 of them incompatible, more than max-breaking = 1"
        );
    }
}
