//! What would leave the tree with a dependency.
//!
//! Package A dominates package B when every path from the workspace to B goes through A: then
//! B is there only because of A and leaves with it. The dominator tree is computed once over
//! cargo's package graph from a virtual root above all workspace members (Cooper, Harvey and
//! Kennedy, "A Simple, Fast Dominance Algorithm", as petgraph implements it).

use petgraph::algo::dominators::simple_fast;
use petgraph::graph::{DiGraph, NodeIndex};
use serde::Serialize;

use crate::model::Analysis;

/// The exclusive weight of a package: itself and every package that only it brings in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Weight {
    /// Packages, this one included.
    pub crates: u64,
    /// Lines of their Rust sources.
    pub lines: u64,
    /// Their `unsafe fn`s and `unsafe` blocks, reached or not.
    pub unsafes: u64,
    pub build_scripts: u64,
    pub proc_macros: u64,
}

/// The weight of every package, indexed as `project.packages`; zero for workspace members.
pub(super) fn weights(analysis: &Analysis) -> Vec<Weight> {
    let own = own_weights(analysis);
    let sum = |packages: Vec<usize>| {
        packages
            .into_iter()
            .fold(Weight::default(), |mut sum, package| {
                sum += own.get(package).copied().unwrap_or_default();
                sum
            })
    };
    leaving(analysis).into_iter().map(sum).collect()
}

/// What would leave the tree with each package, itself included, sorted; indexed as
/// `project.packages`, nothing for workspace members.
pub(crate) fn leaving(analysis: &Analysis) -> Vec<Vec<usize>> {
    let packages = &analysis.project.packages;
    let mut graph = DiGraph::<(), ()>::with_capacity(packages.len() + 1, 0);
    let nodes: Vec<NodeIndex> = packages.iter().map(|_| graph.add_node(())).collect();
    let root = graph.add_node(());
    for (index, package) in packages.iter().enumerate() {
        if package.is_member {
            graph.add_edge(root, nodes[index], ());
        }
        for &dependency in &package.dependencies {
            if let Some(&to) = nodes.get(dependency) {
                graph.add_edge(nodes[index], to, ());
            }
        }
    }

    let dominators = simple_fast(&graph, root);
    let mut leaving = vec![Vec::new(); packages.len()];
    for (index, &node) in nodes.iter().enumerate() {
        if packages[index].is_member {
            continue;
        }
        // With itself, then with every package above it in the dominator tree. A package that no
        // member leads to (there should be none) still leaves with itself.
        leaving[index].push(index);
        for above in dominators.strict_dominators(node).into_iter().flatten() {
            if packages
                .get(above.index())
                .is_some_and(|package| !package.is_member)
            {
                leaving[above.index()].push(index);
            }
        }
    }
    for packages in &mut leaving {
        packages.sort_unstable();
    }
    leaving
}

/// Of each package by itself.
pub(crate) fn own_weights(analysis: &Analysis) -> Vec<Weight> {
    let mut own: Vec<Weight> = analysis
        .project
        .packages
        .iter()
        .enumerate()
        .map(|(index, package)| Weight {
            crates: 1,
            lines: analysis.package_lines.get(index).copied().unwrap_or(0),
            unsafes: 0,
            build_scripts: u64::from(package.has_build_script),
            proc_macros: u64::from(package.is_proc_macro),
        })
        .collect();
    for item in analysis.items.iter().filter(|item| item.counted) {
        if let Some(weight) = own.get_mut(item.package) {
            weight.unsafes += u64::from(item.is_unsafe && item.kind.is_function());
            weight.unsafes += u64::from(item.unsafe_blocks);
        }
    }
    own
}

impl std::ops::AddAssign for Weight {
    fn add_assign(&mut self, other: Self) {
        self.crates += other.crates;
        self.lines += other.lines;
        self.unsafes += other.unsafes;
        self.build_scripts += other.build_scripts;
        self.proc_macros += other.proc_macros;
    }
}
