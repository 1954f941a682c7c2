//! How much each package uses of each other one, itself: the weight of the edges of a drawing.
//!
//! Counts distinct items of `to` that code of `from` leads to in the witness graph without a
//! third package in between. Nodes of std and generated glue belong to nobody and are passed
//! through: what a call of `Iterator::map` runs is used by whoever made the call.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;

use crate::model::{Analysis, Node, Package};

/// By (from, to), indices into `project.packages`: how many functions, consts and statics.
pub type Links = BTreeMap<(usize, usize), u64>;

/// Counts the direct uses between all packages.
#[must_use]
pub fn links(analysis: &Analysis) -> Links {
    let packages = &analysis.project.packages;
    let owners: Vec<Option<usize>> = analysis
        .nodes
        .iter()
        .map(|node| owner(analysis, node))
        .collect();
    let mut nodes_of: Vec<Vec<usize>> = vec![Vec::new(); packages.len()];
    for (node, owner) in owners.iter().enumerate() {
        if let Some(of_package) = owner.and_then(|owner| nodes_of.get_mut(owner)) {
            of_package.push(node);
        }
    }
    let mut search = Search {
        analysis,
        owners: &owners,
        seen_by: vec![usize::MAX; analysis.nodes.len()],
    };
    let mut links = Links::new();
    for (from, nodes) in nodes_of.into_iter().enumerate() {
        for (to, _) in search.used_by(from, nodes) {
            *links.entry((from, to)).or_default() += 1;
        }
    }
    links
}

/// The package whose code a node is. A function of the workspace has no item, only a place.
fn owner(analysis: &Analysis, node: &Node) -> Option<usize> {
    if let Some(item) = node.item {
        return analysis.items.get(item).map(|item| item.package);
    }
    let file = node.file.as_deref()?;
    let members = analysis.project.packages.iter().enumerate();
    members
        .filter(|(_, package)| package.is_member && holds(package, file))
        .max_by_key(|(_, package)| package.manifest_dir.as_str().len())
        .map(|(index, _)| index)
}

fn holds(package: &Package, file: &Utf8Path) -> bool {
    file.starts_with(&package.manifest_dir)
}

/// What makes two nodes instances of one definition.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Definition<'a> {
    Item(usize),
    Workspace(Option<&'a Utf8Path>, u32, &'a str),
}

struct Search<'a> {
    analysis: &'a Analysis,
    owners: &'a [Option<usize>],
    /// The last package that each node of nobody was passed through for.
    seen_by: Vec<usize>,
}

impl<'a> Search<'a> {
    fn used_by(&mut self, from: usize, own: Vec<usize>) -> BTreeSet<(usize, Definition<'a>)> {
        let mut used = BTreeSet::new();
        let mut pending = own;
        while let Some(node) = pending.pop() {
            for edge in self.analysis.edges.get(node).into_iter().flatten() {
                let next = edge.to as usize;
                match self.owners.get(next) {
                    Some(&Some(to)) if to != from => {
                        used.insert((to, self.definition(next)));
                    }
                    Some(None) if self.seen_by[next] != from => {
                        self.seen_by[next] = from;
                        pending.push(next);
                    }
                    _ => {}
                }
            }
        }
        used
    }

    fn definition(&self, node: usize) -> Definition<'a> {
        let node = &self.analysis.nodes[node];
        match node.item {
            Some(item) => Definition::Item(item),
            None => Definition::Workspace(node.file.as_deref(), node.line, &node.label),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::links;
    use crate::model::EdgeKind::{Call, Closure, Drop};
    use crate::model::{Domains, Status};
    use crate::sample::{Sample, small};

    #[test]
    fn what_std_calls_back_is_used_by_its_caller() {
        // 1 finder, 2 bytes-util, 5 codegen, 6 and 7 parse; see `sample::small`.
        let expected = [((0, 1), 2), ((1, 2), 1), ((1, 6), 1), ((5, 7), 1)];
        assert_eq!(links(&small()), expected.into());
    }

    #[test]
    fn instances_of_one_item_count_once_and_other_crates_are_not_passed_through() {
        let mut sample = Sample::new();
        let a = sample.library("a", "1.0.0", 0, Domains::RUN);
        let b = sample.library("b", "1.0.0", a, Domains::RUN);
        let in_a = sample.function(a, "a::f", Status::Used);
        let in_b = sample.function(b, "b::g", Status::Used);
        let main = sample.free_node(None, "app::main", Some("/sample/src/main.rs"), 1);
        let (one, other) = (sample.node(in_a), sample.node(in_a));
        let (glue, loops) = (
            sample.free_node(None, "drop glue", None, 0),
            sample.free_node(None, "drop glue", None, 0),
        );
        let last = sample.node(in_b);
        sample.edge(main, one, Call, 2);
        sample.edge(main, other, Call, 3);
        sample.edge(other, one, Call, 1);
        sample.edge(one, glue, Drop, 1);
        sample.edge(glue, loops, Drop, 0);
        sample.edge(loops, glue, Drop, 0);
        sample.edge(loops, last, Closure, 0);
        assert_eq!(links(&sample.analysis), [((0, a), 1), ((a, b), 1)].into());
    }
}
