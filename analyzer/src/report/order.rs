//! Which crates a report shows, and in which order.

use std::cmp::{Ordering, Reverse};

use crate::measure::Counts;
use crate::model::Domain;

use super::data::{CrateReport, Report};

/// `--sort`: what comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// The smallest share of functions used, the larger crate first among equals.
    #[default]
    Used,
    Name,
    /// Most lines in functions.
    Lines,
    /// Most functions.
    Total,
    /// Most unsafe functions and blocks reached, then most of them at all.
    Unsafe,
    /// Most lines that would leave the tree with it.
    Weight,
}

/// Sorts the crates by their figures in the first domain they have in common with the report,
/// and leaves out those deeper than `depth`. Totals stay those of the whole tree.
pub fn arrange(report: &mut Report, sort: Sort, depth: Option<u32>) {
    if let Some(depth) = depth {
        let before = report.crates.len();
        report.crates.retain(|krate| krate.depth <= depth);
        report.crates_hidden += (before - report.crates.len()) as u64;
    }
    let first = report
        .header
        .domains
        .first()
        .copied()
        .unwrap_or(Domain::Run);
    report.crates.sort_by(|a, b| compare(a, b, sort, first));
}

/// The crates compiled in a domain, sorted by their figures there.
#[must_use]
pub fn in_domain(report: &Report, sort: Sort, domain: Domain) -> Vec<&CrateReport> {
    let compiled = |krate: &&CrateReport| krate.domains.contains_key(&domain);
    let mut crates: Vec<&CrateReport> = report.crates.iter().filter(compiled).collect();
    crates.sort_by(|a, b| compare(a, b, sort, domain));
    crates
}

fn compare(a: &CrateReport, b: &CrateReport, sort: Sort, domain: Domain) -> Ordering {
    let figures = |krate: &CrateReport| {
        krate
            .domains
            .get(&domain)
            .map(|in_domain| in_domain.figures)
            .unwrap_or_default()
    };
    let (of_a, of_b) = (figures(a), figures(b));
    let order = match sort {
        Sort::Used => worst_first(of_a.functions, of_b.functions),
        Sort::Name => Ordering::Equal,
        Sort::Lines => of_b.lines.total.cmp(&of_a.lines.total),
        Sort::Total => of_b.functions.total.cmp(&of_a.functions.total),
        Sort::Unsafe => {
            let key = |functions: Counts, blocks: Counts| {
                Reverse((functions.used + blocks.used, functions.total + blocks.total))
            };
            key(of_a.unsafe_functions, of_a.unsafe_blocks)
                .cmp(&key(of_b.unsafe_functions, of_b.unsafe_blocks))
        }
        Sort::Weight => {
            let key = |krate: &CrateReport| {
                Reverse((krate.exclusive_weight.lines, krate.exclusive_weight.crates))
            };
            key(a).cmp(&key(b))
        }
    };
    // The sort is stable: two versions of one name stay in the order of the packages.
    order.then_with(|| a.name.cmp(&b.name))
}

/// By used / total without rounding; a crate without functions has no share and comes last.
fn worst_first(a: Counts, b: Counts) -> Ordering {
    let product = |used: u64, total: u64| u128::from(used) * u128::from(total);
    (a.total == 0)
        .cmp(&(b.total == 0))
        .then_with(|| product(a.used, b.total).cmp(&product(b.used, a.total)))
        .then_with(|| b.total.cmp(&a.total))
}
