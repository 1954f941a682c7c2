//! The shortest chain from a root to every used item, compactly: a tree.
//!
//! `why` finds a chain by breadth-first search, and the searches for all items are the same
//! search: each node needs only the step before it. Of the nodes only those are kept that some
//! item's chain goes through. Steps are numbered by domain, in the order in which the search
//! meets them, and written in pieces, so that a chain of ten steps needs a few pieces and not
//! the whole graph.

use serde::Serialize;

use super::Index;
use crate::model::{Analysis, Domain, EdgeKind};
use crate::report::text::cut;
use crate::witness::{Tree, trees};

/// Steps that are parsed together.
pub(super) const STEPS_IN_PIECE: usize = 1000;
/// Characters of a label; types with closures of closures go far beyond it.
const LABEL: usize = 400;

pub(super) const EDGES: [EdgeKind; 8] = [
    EdgeKind::Call,
    EdgeKind::Trait,
    EdgeKind::Vtable,
    EdgeKind::Drop,
    EdgeKind::Closure,
    EdgeKind::Macro,
    EdgeKind::Const,
    EdgeKind::Widened,
];

/// The step before or -1, the edge's kind, the line of the use, label, file or -1, line, and
/// for a root what makes it one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Step<'a>(i64, usize, u32, String, i64, u32, Option<&'a str>);

pub(super) struct Chains<'a> {
    steps: Vec<Step<'a>>,
    /// By domain of the report: the step of each item, of each package; -1 without one.
    items: Vec<Vec<i64>>,
    packages: Vec<Vec<i64>>,
}

impl<'a> Chains<'a> {
    pub(super) fn new(analysis: &'a Analysis, index: &Index<'_>) -> Self {
        let mut chains = Self {
            steps: Vec::new(),
            items: Vec::new(),
            packages: Vec::new(),
        };
        let trees = trees(analysis);
        for domain in analysis.options_domains.iter() {
            let tree = trees.iter().find(|tree| tree.domain == domain);
            let mut builder = Builder {
                analysis,
                index,
                domain,
                numbers: vec![-1; analysis.nodes.len()],
            };
            let mut items = vec![-1; analysis.items.len()];
            let mut packages = vec![-1; analysis.project.packages.len()];
            if let Some(tree) = tree {
                builder.keep(tree, &mut chains.steps);
                builder.first_steps(tree, &mut items, &mut packages);
            }
            chains.items.push(items);
            chains.packages.push(packages);
        }
        chains
    }

    pub(super) fn pieces(&self) -> impl Iterator<Item = &[Step<'a>]> {
        self.steps.chunks(STEPS_IN_PIECE)
    }

    /// The last step of the chain to an item, by domain of the report; empty without any.
    pub(super) fn steps_of(&self, item: usize) -> Vec<i64> {
        let steps = self.items.iter().map(|items| items[item]);
        let steps: Vec<i64> = steps.collect();
        if steps.iter().all(|&step| step < 0) {
            return Vec::new();
        }
        steps
    }

    /// The same for the step at which a package is first reached.
    pub(super) fn entries(&self, package: usize) -> Vec<i64> {
        let packages = self.packages.iter();
        packages.map(|packages| packages[package]).collect()
    }
}

struct Builder<'a, 'b> {
    analysis: &'a Analysis,
    index: &'b Index<'b>,
    domain: Domain,
    /// Step of each node; -1 for those that are not kept.
    numbers: Vec<i64>,
}

impl<'a> Builder<'a, '_> {
    /// Appends the nodes that lead to items, the step before always first.
    fn keep(&mut self, tree: &Tree, steps: &mut Vec<Step<'a>>) {
        let mut wanted = vec![false; self.analysis.nodes.len()];
        let mut seen = vec![false; self.analysis.items.len()];
        for &node in &tree.order {
            let Some(item) = self.item(node) else {
                continue;
            };
            if std::mem::replace(&mut seen[item], true) {
                continue;
            }
            let mut next = Some(node);
            while let Some(node) = next.filter(|&node| !wanted[node as usize]) {
                wanted[node as usize] = true;
                next = tree.before[node as usize].map(|(before, _)| before);
            }
        }
        for &node in tree.order.iter().filter(|&&node| wanted[node as usize]) {
            self.numbers[node as usize] = i64::try_from(steps.len()).unwrap_or(-1);
            steps.push(self.step(tree, node));
        }
    }

    fn step(&self, tree: &Tree, number: u32) -> Step<'a> {
        let node = &self.analysis.nodes[number as usize];
        let before = tree.before[number as usize];
        let edge = before.map(|(_, edge)| edge);
        let kind = edge.and_then(|edge| EDGES.iter().position(|&kind| kind == edge.kind));
        let file = node.file.as_deref();
        Step(
            before.map_or(-1, |(before, _)| self.numbers[before as usize]),
            kind.unwrap_or(0),
            edge.map_or(0, |edge| edge.line),
            cut(&node.label, LABEL).into_owned(),
            file.map_or(-1, |file| self.index.file(file)),
            if file.is_some() { node.line } else { 0 },
            before.is_none().then(|| self.root(number)),
        )
    }

    fn root(&self, node: u32) -> &'a str {
        let mut roots = self.analysis.roots.iter();
        let root = roots.find(|(root, domain, _)| *root == node && *domain == self.domain);
        root.map_or("root", |(_, _, word)| word)
    }

    fn first_steps(&self, tree: &Tree, items: &mut [i64], packages: &mut [i64]) {
        for &node in &tree.order {
            let Some(item) = self.item(node) else {
                continue;
            };
            let number = self.numbers[node as usize];
            for first in [
                &mut items[item],
                &mut packages[self.analysis.items[item].package],
            ] {
                if *first < 0 {
                    *first = number;
                }
            }
        }
    }

    /// The item of a node, when it is one that a chain can be asked for.
    fn item(&self, node: u32) -> Option<usize> {
        let item = self.analysis.nodes.get(node as usize)?.item?;
        let used = self.analysis.items.get(item)?.domains.contains(self.domain);
        used.then_some(item)
    }
}
