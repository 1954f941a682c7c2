//! Figures per package and domain, and totals over the tree.
//!
//! Takes an [`Analysis`], gives [`Measures`]: for every dependency and every domain it is
//! compiled in, how much of it there is and how much of that is reached. It only counts; what
//! counts as used was decided by the engine.
//!
//! Two rules keep the figures comparable between runs. A total depends on what is compiled
//! (`Item::compiled_in`, `Item::counted`) and never on what is used. And a definition is in
//! exactly one of used, unknown and unused, so the three add up to the total.

mod figures;
pub(crate) mod lines;
pub mod links;
pub(crate) mod weight;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{Analysis, Domain, Domains, Item, Origin, Status, UnitKind};

pub use figures::{Api, Counts, Figures};
use lines::LineCounter;
pub use weight::Weight;

/// What a package uses of another in one domain, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Use {
    /// Functions of it are reached.
    Functions,
    /// No function is reached; types, traits, consts, macros or linking are used.
    Other,
    /// Functions of it are unknown and nothing is known to be used.
    Unknown,
    /// Nothing of it is used.
    Nothing,
}

/// One package in one domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InDomain {
    pub figures: Figures,
    pub uses: Use,
    /// Something but the build script of the package is compiled in this domain.
    pub beyond_build_script: bool,
}

/// A dependency's figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageMeasure {
    /// Index into `Analysis::project.packages`.
    pub package: usize,
    pub domains: BTreeMap<Domain, InDomain>,
    /// Lines of all Rust sources that its units load.
    pub source_lines: u64,
    pub weight: Weight,
}

/// Sums over the dependencies in one domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Totals {
    /// Packages compiled in this domain, workspace members not counted.
    pub crates: u64,
    /// Of these, how many the workspace depends on directly.
    pub direct_crates: u64,
    /// Of these, how many have at least one reached function.
    pub crates_with_functions_reached: u64,
    /// Of these, how many nothing at all is used of.
    pub crates_unused: u64,
    /// Lines of all Rust sources of these packages, as far as more of them than the build
    /// script is compiled in this domain.
    pub source_lines: u64,
    #[serde(flatten)]
    pub figures: Figures,
}

/// Everything there is to print, in the order of `project.packages`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Measures {
    pub packages: Vec<PackageMeasure>,
    pub totals: BTreeMap<Domain, Totals>,
}

/// Counts every dependency in every analyzed domain.
#[must_use]
pub fn measure(analysis: &Analysis) -> Measures {
    let compiled = compiled_domains(analysis);
    let weights = weight::weights(analysis);
    let mut items_of: Vec<Vec<&Item>> = vec![Vec::new(); compiled.len()];
    for item in &analysis.items {
        if let Some(items) = items_of.get_mut(item.package) {
            items.push(item);
        }
    }

    let mut measures = Measures::default();
    for domain in analysis.options_domains.iter() {
        measures.totals.insert(domain, Totals::default());
    }
    for (index, package) in analysis.project.packages.iter().enumerate() {
        if package.is_member {
            continue;
        }
        let source_lines = analysis.package_lines.get(index).copied().unwrap_or(0);
        let mut domains = BTreeMap::new();
        for domain in compiled[index].any.iter() {
            let Some(totals) = measures.totals.get_mut(&domain) else {
                continue;
            };
            let figures = figures(&items_of[index], domain);
            let other = analysis
                .package_used
                .get(index)
                .is_some_and(|d| d.contains(domain));
            let uses = uses(&figures, other);
            let beyond_build_script = compiled[index].beyond_build_script.contains(domain);
            domains.insert(
                domain,
                InDomain {
                    figures,
                    uses,
                    beyond_build_script,
                },
            );

            totals.crates += 1;
            totals.direct_crates += u64::from(package.is_direct);
            totals.crates_with_functions_reached += u64::from(uses == Use::Functions);
            totals.crates_unused += u64::from(uses == Use::Nothing);
            // Where only its build script runs, the rest of the package does not count.
            totals.source_lines += if beyond_build_script { source_lines } else { 0 };
            totals.figures += figures;
        }
        let weight = weights.get(index).copied().unwrap_or_default();
        measures.packages.push(PackageMeasure {
            package: index,
            domains,
            source_lines,
            weight,
        });
    }
    measures
}

#[derive(Clone, Copy, Default)]
struct Compiled {
    any: Domains,
    beyond_build_script: Domains,
}

/// The domains each package is compiled in.
pub(crate) fn compiled_in(analysis: &Analysis) -> Vec<Domains> {
    let compiled = compiled_domains(analysis);
    compiled.into_iter().map(|one| one.any).collect()
}

/// The domains each package is compiled in, by cargo's graph and by its items.
fn compiled_domains(analysis: &Analysis) -> Vec<Compiled> {
    let mut compiled = vec![Compiled::default(); analysis.project.packages.len()];
    for unit in &analysis.project.units {
        if let Some(of_package) = compiled.get_mut(unit.package) {
            of_package.any |= unit.domains;
            if unit.kind != UnitKind::BuildScript {
                of_package.beyond_build_script |= unit.domains;
            }
        }
    }
    for item in &analysis.items {
        if let Some(of_package) = compiled.get_mut(item.package) {
            of_package.any |= item.compiled_in;
        }
    }
    compiled
}

fn figures(items: &[&Item], domain: Domain) -> Figures {
    let mut figures = Figures::default();
    let mut lines = LineCounter::default();
    for item in items
        .iter()
        .filter(|item| item.compiled_in.contains(domain))
    {
        let status = status_in(item, domain);
        let named = item.direct && (item.domains.is_empty() || item.domains.contains(domain));
        figures.add_item(item, status, named);
        // A derive has no source of its own: its place is the attribute's line.
        if item.counted && item.kind.is_function() && item.origin != Origin::Derive {
            lines.add(&item.file, item.line, item.lines, status);
        }
    }
    figures.lines = lines.counts();
    figures
}

/// The status of an item as seen from one domain: used in `build` only is unused in `run`.
#[must_use]
pub fn status_in(item: &Item, domain: Domain) -> Status {
    if item.domains.contains(domain) {
        Status::Used
    } else if item.unknown_in.contains(domain) {
        Status::Unknown
    } else {
        Status::Unused
    }
}

fn uses(figures: &Figures, other: bool) -> Use {
    let kinds = [
        figures.types,
        figures.traits,
        figures.consts,
        figures.statics,
        figures.macros,
    ];
    let functions = [figures.functions, figures.derived];
    if functions.iter().any(|counts| counts.used > 0) || figures.uncounted > 0 {
        Use::Functions
    } else if other || kinds.iter().any(|counts| counts.used > 0) {
        Use::Other
    } else if functions
        .iter()
        .chain(&kinds)
        .any(|counts| counts.unknown > 0)
    {
        Use::Unknown
    } else {
        Use::Nothing
    }
}

#[cfg(test)]
mod tests;
