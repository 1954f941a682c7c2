//! The trend as data: what `--format json` prints and the other renderers read.
//!
//! The types here are the format. Its schema is generated from them and committed as
//! `docs/trend.schema.json`; a test compares the two.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::metric::{Metric, is_named};
use crate::advisories::Stamp;
use crate::history::file::History;
use crate::history::timeline::{self, Point, State};
use crate::history::{Snapshot, ValidFor};
use crate::model::Domain;

/// Value of `format`.
pub const FORMAT: &str = "whittle-trend";
/// Value of `version`.
pub const VERSION: u32 = 1;

/// What is to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub domain: Domain,
    /// `name` or `name@version`; `None`: all dependencies.
    pub krate: Option<String>,
    /// Empty: the usual ones.
    pub metrics: Vec<Metric>,
    pub since: Option<Since>,
    /// Only as many of the newest commits.
    pub last: Option<usize>,
}

impl Default for Question {
    fn default() -> Self {
        Self {
            domain: Domain::Run,
            krate: None,
            metrics: Vec::new(),
            since: None,
            last: None,
        }
    }
}

/// From when on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// A day as `2026-01-31`, which begins in UTC.
    Day(String),
    /// Seconds since 1970.
    Time(u64),
}

/// How figures went, commit by commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Trend {
    pub format: &'static str,
    /// Grows when a key changes its meaning or goes away; new keys do not change it.
    pub version: u32,
    #[cfg_attr(test, schemars(with = "String"))]
    pub domain: Domain,
    /// The crate that the values are of; `null`: all dependencies.
    #[serde(rename = "crate")]
    pub krate: Option<String>,
    /// The keys of `values`, in the order asked for.
    pub metrics: Vec<Metric>,
    /// Stretches of commits whose figures can be compared. Nothing is to be compared across.
    pub segments: Vec<Segment>,
    /// Oldest first.
    pub points: Vec<TrendPoint>,
    /// Older commits that were left out because they were not asked for.
    pub points_hidden: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Segment {
    pub valid_for: ValidFor,
    /// What is different from the segment before, as `name: before → after`.
    pub changed: Vec<String>,
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TrendPoint {
    pub commit: String,
    /// When it was committed, in UTC.
    pub time: String,
    pub title: String,
    /// Index into `segments`; `null` for a gap.
    pub segment: Option<usize>,
    /// Why it has no figures.
    pub gap: Option<String>,
    /// Figures by metric. One that is not there is not zero: the crate was not in the tree.
    #[cfg_attr(test, schemars(with = "BTreeMap<String, u64>"))]
    pub values: BTreeMap<Metric, u64>,
    /// Functions that are neither used nor unused, over all domains.
    pub unknown_functions: u64,
    /// Files of the commit that were not there when it was measured.
    pub left_out: u64,
    /// Dependencies against those of the commit with figures before it, in the same segment.
    pub crates: Changes,
}

/// Dependencies of the domain that came, went or changed their version.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Changes {
    /// `name version`
    pub added: Vec<String>,
    /// `name version`
    pub removed: Vec<String>,
    /// `name before → after`
    pub updated: Vec<String>,
}

impl TrendPoint {
    #[must_use]
    pub fn short(&self) -> &str {
        self.commit.get(..12).unwrap_or(&self.commit)
    }

    /// `2026-01-31`
    #[must_use]
    pub fn day(&self) -> &str {
        self.time.split('T').next().unwrap_or_default()
    }
}

/// Answers a question from a history.
#[must_use]
pub fn build(history: &History, question: &Question) -> Trend {
    let all = timeline::order(history);
    let asked_for = all.len();
    let points: Vec<Point<'_>> = all
        .into_iter()
        .skip_while(|point| !is_since(question.since.as_ref(), point.record.time))
        .collect();
    let first = question
        .last
        .map_or(0, |last| points.len().saturating_sub(last));
    let mut trend = Trend {
        format: FORMAT,
        version: VERSION,
        domain: question.domain,
        krate: question.krate.clone(),
        metrics: metrics(question, &points),
        segments: Vec::new(),
        points: Vec::new(),
        points_hidden: (asked_for - points.len() + first) as u64,
    };
    let mut before = None;
    for point in points.iter().skip(first) {
        let point = trend.point(point, &mut before);
        trend.points.push(point);
    }
    trend
}

/// The crates of all records that a name means, if any: to tell a typing error from a crate that
/// went.
#[must_use]
pub fn knows_crate(history: &History, krate: &str) -> bool {
    let snapshots = history.records().filter_map(|record| record.snapshot());
    snapshots
        .flat_map(|it| &it.crates)
        .any(|it| is_named(it, krate))
}

/// Those asked for, else the usual ones; what is unknown is among them when there is any.
fn metrics(question: &Question, points: &[Point<'_>]) -> Vec<Metric> {
    if !question.metrics.is_empty() {
        return question.metrics.clone();
    }
    let last = match question.krate {
        Some(_) => Metric::Public,
        None => Metric::Crates,
    };
    let mut metrics = vec![Metric::Functions, Metric::Lines, Metric::Unsafe, last];
    let krate = question.krate.as_deref();
    let has_unknown = points.iter().any(|point| match point.state {
        State::Measured(snapshot) => {
            let unknown = Metric::Unknown.of(snapshot, question.domain, krate);
            unknown.is_some_and(|unknown| unknown > 0)
        }
        State::Gap(_) => false,
    });
    if has_unknown {
        metrics.insert(1, Metric::Unknown);
    }
    metrics
}

fn is_since(since: Option<&Since>, time: u64) -> bool {
    match since {
        None => true,
        Some(Since::Time(since)) => time >= *since,
        Some(Since::Day(day)) => Stamp(time).date_time().as_str() >= day.as_str(),
    }
}

impl Trend {
    fn point<'a>(&mut self, point: &Point<'a>, before: &mut Option<&'a Snapshot>) -> TrendPoint {
        let record = point.record;
        let mut shown = TrendPoint {
            commit: record.commit.clone(),
            time: Stamp(record.time).date_time(),
            title: record.title.clone(),
            segment: None,
            gap: None,
            values: BTreeMap::new(),
            unknown_functions: 0,
            left_out: 0,
            crates: Changes::default(),
        };
        let snapshot = match &point.state {
            State::Measured(snapshot) => *snapshot,
            State::Gap(reason) => {
                shown.gap = Some(reason.clone());
                return shown;
            }
        };
        let last = self.segments.last().map(|segment| &segment.valid_for);
        if last != Some(&snapshot.valid_for) {
            let changed = last.map_or_else(Vec::new, |last| last.changes(&snapshot.valid_for));
            self.segments.push(Segment {
                valid_for: snapshot.valid_for.clone(),
                changed,
            });
            *before = None;
        }
        shown.segment = Some(self.segments.len() - 1);
        shown.unknown_functions = snapshot.unknown_functions;
        shown.left_out = snapshot.left_out.len() as u64;
        let krate = self.krate.as_deref();
        let value = |&metric: &Metric| Some((metric, metric.of(snapshot, self.domain, krate)?));
        shown.values = self.metrics.iter().filter_map(value).collect();
        if let Some(before) = before.replace(snapshot) {
            shown.crates = changes(before, snapshot, self.domain, krate);
        }
        shown
    }
}

fn changes(before: &Snapshot, after: &Snapshot, domain: Domain, krate: Option<&str>) -> Changes {
    let (before, after) = (
        versions(before, domain, krate),
        versions(after, domain, krate),
    );
    let mut changes = Changes::default();
    let none = Vec::new();
    let names: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    for name in names {
        let old = before.get(name).unwrap_or(&none);
        let new = after.get(name).unwrap_or(&none);
        let gone: Vec<&&str> = old.iter().filter(|it| !new.contains(it)).collect();
        let come: Vec<&&str> = new.iter().filter(|it| !old.contains(it)).collect();
        if let ([gone], [come]) = (&*gone, &*come) {
            changes.updated.push(format!("{name} {gone} → {come}"));
            continue;
        }
        changes
            .removed
            .extend(gone.iter().map(|it| format!("{name} {it}")));
        changes
            .added
            .extend(come.iter().map(|it| format!("{name} {it}")));
    }
    changes
}

/// Versions of the crates of a domain, by name.
fn versions<'a>(
    snapshot: &'a Snapshot,
    domain: Domain,
    krate: Option<&str>,
) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let crates = snapshot.crates.iter();
    let crates = crates.filter(|it| krate.is_none_or(|krate| is_named(it, krate)));
    for it in crates.filter(|it| it.domains.contains_key(&domain)) {
        by_name.entry(&it.name).or_default().push(&it.version);
    }
    by_name
}
