//! Order and domains of cargo's units.
//!
//! Takes the raw graph, gives an order in which dependencies stand before their users (ties
//! by name, so that the same build gives the same order), and for every unit from which kinds
//! of root it is reached: what ships, what build scripts use, what proc macros use, what
//! tests use.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::unit_graph::{RawUnit, UnitGraph};
use crate::model::{Domain, Domains, UnitKind};

/// What decides between units that could both come next.
type OrderKey<'a> = (
    &'a str,
    &'a str,
    UnitKind,
    &'a str,
    bool,
    &'a [String],
    Option<&'a str>,
    usize,
);

/// Indices of all units (script runs included), dependencies first. Shorter than the graph
/// only if cargo's graph had a cycle.
pub(super) fn topological(
    graph: &UnitGraph,
    name_version: &dyn Fn(&str) -> (String, String),
) -> Vec<usize> {
    let units = &graph.units;
    let names: Vec<(String, String)> = units
        .iter()
        .map(|unit| name_version(&unit.pkg_id))
        .collect();
    let key = |index: usize| -> OrderKey<'_> {
        let unit = &units[index];
        let (name, version) = &names[index];
        let platform = unit.platform.as_deref();
        (
            name,
            version,
            unit.kind(),
            &unit.target.name,
            unit.is_script_run(),
            &unit.features,
            platform,
            index,
        )
    };
    let mut waiting: Vec<usize> = units.iter().map(|unit| unit.dependencies.len()).collect();
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); units.len()];
    for (index, unit) in units.iter().enumerate() {
        for dependency in &unit.dependencies {
            users[dependency.index].push(index);
        }
    }
    let mut ready: BinaryHeap<Reverse<OrderKey<'_>>> = (0..units.len())
        .filter(|&index| waiting[index] == 0)
        .map(|index| Reverse(key(index)))
        .collect();
    let mut order = Vec::with_capacity(units.len());
    while let Some(Reverse((.., index))) = ready.pop() {
        order.push(index);
        for &user in &users[index] {
            waiting[user] -= 1;
            if waiting[user] == 0 {
                ready.push(Reverse(key(user)));
            }
        }
    }
    order
}

/// Domains of every unit, by walking from the selected ones.
pub(super) fn domains(graph: &UnitGraph) -> Vec<Domains> {
    let mut domains = vec![Domains::NONE; graph.units.len()];
    let mut work: Vec<(usize, Domain)> = graph
        .roots
        .iter()
        .map(|&root| (root, root_domain(&graph.units[root])))
        .collect();
    while let Some((index, domain)) = work.pop() {
        if domains[index].contains(domain) {
            continue;
        }
        domains[index] |= Domains::of(domain);
        for dependency in &graph.units[index].dependencies {
            let next = edge_domain(&graph.units[dependency.index], domain);
            work.push((dependency.index, next));
        }
    }
    domains
}

fn root_domain(unit: &RawUnit) -> Domain {
    match unit.kind() {
        _ if unit.is_test() => Domain::Dev,
        UnitKind::Example | UnitKind::Test | UnitKind::Bench => Domain::Dev,
        UnitKind::ProcMacro => Domain::Macro,
        UnitKind::BuildScript => Domain::Build,
        UnitKind::Lib | UnitKind::Bin => Domain::Run,
    }
}

/// Code behind a script's execution runs when building, behind a proc macro when expanding,
/// wherever it was asked for.
fn edge_domain(unit: &RawUnit, from: Domain) -> Domain {
    if unit.is_script_run() {
        Domain::Build
    } else if unit.kind() == UnitKind::ProcMacro {
        Domain::Macro
    } else {
        from
    }
}
