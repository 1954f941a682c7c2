//! Figures of a made-up analysis, and what must hold for any.

use super::*;
use crate::sample::{Sample, small};

fn package<'a>(analysis: &Analysis, measures: &'a Measures, name: &str) -> &'a PackageMeasure {
    let named = |p: &&PackageMeasure| analysis.project.packages[p.package].name == name;
    measures.packages.iter().find(named).unwrap()
}

fn every_count(figures: &Figures) -> [Counts; 10] {
    let f = figures;
    [
        f.functions,
        f.derived,
        f.types,
        f.traits,
        f.consts,
        f.statics,
        f.macros,
        f.lines,
        f.unsafe_functions,
        f.unsafe_blocks,
    ]
}

#[test]
fn used_unknown_and_unused_add_up() {
    let measures = measure(&small());
    let packages = measures
        .packages
        .iter()
        .flat_map(|p| p.domains.values().map(|d| d.figures));
    let totals = measures.totals.values().map(|totals| totals.figures);
    for figures in packages.chain(totals) {
        for counts in every_count(&figures) {
            assert_eq!(counts.used + counts.unknown + counts.unused, counts.total);
        }
        assert!(figures.public.direct <= figures.public.total);
    }
}

#[test]
fn domains_are_counted_apart() {
    let analysis = small();
    let measures = measure(&analysis);
    let finder = package(&analysis, &measures, "finder");
    let run = &finder.domains[&Domain::Run];
    assert_eq!(
        run.figures.functions,
        Counts {
            used: 2,
            unknown: 0,
            unused: 2,
            total: 4
        }
    );
    assert_eq!(
        run.figures.derived,
        Counts {
            used: 0,
            unknown: 0,
            unused: 1,
            total: 1
        }
    );
    assert_eq!(
        run.figures.types,
        Counts {
            used: 1,
            unknown: 0,
            unused: 0,
            total: 1
        }
    );
    assert_eq!(
        run.figures.public,
        Api {
            direct: 2,
            total: 6
        }
    );
    assert_eq!(
        run.figures.lines,
        Counts {
            used: 20,
            unknown: 0,
            unused: 20,
            total: 40
        }
    );
    assert!(run.beyond_build_script);
    let build = &finder.domains[&Domain::Build];
    assert_eq!(
        build.figures.functions,
        Counts {
            used: 1,
            unknown: 0,
            unused: 0,
            total: 1
        }
    );
    assert!(!build.beyond_build_script);
    assert_eq!(measures.totals[&Domain::Run].crates, 4);
    assert_eq!(measures.totals[&Domain::Run].direct_crates, 3);
    assert_eq!(measures.totals[&Domain::Run].crates_unused, 1);
}

#[test]
fn the_use_of_a_crate_has_a_word() {
    let analysis = small();
    let measures = measure(&analysis);
    let uses = |name| package(&analysis, &measures, name).domains[&Domain::Run].uses;
    assert_eq!(uses("finder"), Use::Functions);
    assert_eq!(uses("kinds"), Use::Other);
    assert_eq!(uses("idle"), Use::Nothing);

    let mut sample = Sample::new();
    let dim = sample.library("dim", "1.0.0", 0, Domains::RUN);
    sample.function(dim, "dim::f", Status::Unknown);
    let measures = measure(&sample.analysis);
    assert_eq!(
        measures.packages[0].domains[&Domain::Run].uses,
        Use::Unknown
    );
}

#[test]
fn totals_do_not_depend_on_use() {
    let before = measure(&small());
    let mut analysis = small();
    for item in &mut analysis.items {
        item.status = Status::Used;
        item.domains = item.compiled_in;
        item.direct = true;
    }
    // A function that only a walked body brings to light.
    let mut late = analysis.items[0].clone();
    late.counted = false;
    analysis.items.insert(0, late);
    let after = measure(&analysis);
    let totals = |measures: &Measures| -> Vec<u64> {
        let of = |figures: &Figures| every_count(figures).map(|counts| counts.total);
        measures
            .packages
            .iter()
            .flat_map(|package| package.domains.values().flat_map(|d| of(&d.figures)))
            .chain(
                measures
                    .totals
                    .values()
                    .flat_map(|totals| of(&totals.figures)),
            )
            .collect()
    };
    assert_eq!(totals(&before), totals(&after));
    assert_eq!(after.totals[&Domain::Run].figures.uncounted, 1);
    let weights = |measures: &Measures| -> Vec<Weight> {
        measures
            .packages
            .iter()
            .map(|package| package.weight)
            .collect()
    };
    assert_eq!(weights(&before), weights(&after));
}

#[test]
fn a_package_weighs_what_only_it_brings_in() {
    let mut sample = Sample::new();
    let left = sample.library("left", "1.0.0", 0, Domains::RUN);
    let right = sample.library("right", "1.0.0", 0, Domains::RUN);
    let shared = sample.library("shared", "1.0.0", left, Domains::RUN);
    sample.depend(right, shared);
    let own = sample.library("own", "1.0.0", left, Domains::RUN);
    let below = sample.library("below", "1.0.0", own, Domains::RUN);
    sample.unit(below, UnitKind::BuildScript, Domains::BUILD);
    sample.analysis.package_lines = vec![1, 10, 100, 1000, 10_000, 100_000];
    let measures = measure(&sample.analysis);
    let weights: Vec<(u64, u64, u64)> = measures
        .packages
        .iter()
        .map(|p| (p.weight.crates, p.weight.lines, p.weight.build_scripts))
        .collect();
    assert_eq!(
        weights,
        [
            (3, 110_010, 1),
            (1, 100, 0),
            (1, 1000, 0),
            (2, 110_000, 1),
            (1, 100_000, 1)
        ]
    );
}

#[test]
fn a_workspace_without_dependencies_has_zeros() {
    let measures = measure(&Sample::new().analysis);
    assert!(measures.packages.is_empty());
    assert_eq!(measures.totals.len(), 3);
    assert_eq!(measures.totals[&Domain::Run], Totals::default());
}
