//! The figures of a comparison: what is counted, the shares that follow, what disagrees.

use camino::Utf8PathBuf;
use serde::Serialize;

/// What the comparison found.
#[derive(Debug, Clone)]
pub struct Calibration {
    pub totals: Tally,
    /// Packages with anything to say, in the order of `Project::packages`.
    pub packages: Vec<PackageTally>,
    /// Everything that is not a hit, sorted by (package, class, file, line, path).
    pub findings: Vec<Finding>,
    /// Live functions that are no dependency's, by why they were left out.
    pub left_out: LeftOut,
}

/// Live functions outside the comparison.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    pub std: usize,
    pub workspace: usize,
    /// Neither the crate nor the file could be given to a package.
    pub unattributed: usize,
}

/// Numbers of keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Have code: hits + misses + unknown + unlisted.
    pub truth: usize,
    /// Have code, listed used.
    pub hits: usize,
    /// Have code, listed unused (or used only elsewhere).
    pub misses: usize,
    /// Have code, listed unknown.
    pub unknown: usize,
    /// Have code, not in the list.
    pub unlisted: usize,
    /// Listed used, no code.
    pub extras: usize,
    /// Listed used at compile time only, no code.
    pub const_only: usize,
}

impl Tally {
    /// hits / (hits + misses); `None` when there is neither.
    #[must_use]
    pub fn recall(&self) -> Option<f64> {
        ratio(self.hits, self.hits + self.misses)
    }

    /// hits / (hits + extras); `None` when there is neither.
    #[must_use]
    pub fn precision(&self) -> Option<f64> {
        ratio(self.hits, self.hits + self.extras)
    }

    /// unknown / truth
    #[must_use]
    pub fn unknown_share(&self) -> Option<f64> {
        ratio(self.unknown, self.truth)
    }

    /// unlisted / truth
    #[must_use]
    pub fn unlisted_share(&self) -> Option<f64> {
        ratio(self.unlisted, self.truth)
    }

    /// Whether both shares (between 0 and 1) are at least what is demanded. Where there was
    /// nothing to measure, nothing is reached.
    #[must_use]
    pub fn reaches(&self, recall: Option<f64>, precision: Option<f64>) -> bool {
        let enough = |demanded: Option<f64>, share: Option<f64>| {
            demanded.is_none_or(|demanded| share.is_some_and(|share| share >= demanded))
        };
        enough(recall, self.recall()) && enough(precision, self.precision())
    }

    pub(super) fn count(&mut self, class: Option<Class>) {
        let slot = match class {
            None => &mut self.hits,
            Some(Class::Miss) => &mut self.misses,
            Some(Class::Extra) => &mut self.extras,
            Some(Class::Unlisted) => &mut self.unlisted,
            Some(Class::Unknown) => &mut self.unknown,
            Some(Class::ConstOnly) => &mut self.const_only,
        };
        *slot += 1;
        if !matches!(class, Some(Class::Extra | Class::ConstOnly)) {
            self.truth += 1;
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers of functions are far below 2^52"
)]
fn ratio(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageTally {
    /// Index into `Project::packages`.
    pub package: usize,
    pub tally: Tally,
}

/// Why a key is not a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    Miss,
    Extra,
    Unlisted,
    Unknown,
    ConstOnly,
}

/// One key that is not a hit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Index into `Project::packages`.
    pub package: usize,
    pub class: Class,
    pub file: Utf8PathBuf,
    pub line: u32,
    /// Definition path; for what is not listed, the path that debug info gives.
    pub path: String,
    /// What the list says, when that is not plain from the class: a reason, a domain.
    pub note: Option<String>,
}

/// The totals of all packages.
pub(super) fn sum(packages: &[PackageTally]) -> Tally {
    packages
        .iter()
        .fold(Tally::default(), |mut sum, PackageTally { tally, .. }| {
            sum.truth += tally.truth;
            sum.hits += tally.hits;
            sum.misses += tally.misses;
            sum.unknown += tally.unknown;
            sum.unlisted += tally.unlisted;
            sum.extras += tally.extras;
            sum.const_only += tally.const_only;
            sum
        })
}
