//! Breadth-first search: over the witness graph from the roots of each domain, and over the
//! packages from the workspace members. Ties go to what is stored first.

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};

use crate::model::{Analysis, Domain, Edge};

/// The nodes in the order in which the search meets them, with the way back.
pub(crate) struct Tree {
    pub(crate) domain: Domain,
    pub(crate) order: Vec<u32>,
    /// By node: the step before, and the edge from there; `None` for roots and unmet nodes.
    pub(crate) before: Vec<Option<(u32, Edge)>>,
}

/// One for each domain, in the order in which they are asked.
pub(crate) fn trees(analysis: &Analysis) -> Vec<Tree> {
    let domains = Domain::ALL.into_iter();
    domains.map(|domain| tree(analysis, domain)).collect()
}

pub(super) struct Search<'a> {
    analysis: &'a Analysis,
    trees: Vec<Tree>,
}

/// A shortest chain: nodes with the edge that leads to each.
pub(super) struct Witness {
    pub(super) domain: Domain,
    pub(super) root: Cow<'static, str>,
    pub(super) steps: Vec<(u32, Option<Edge>)>,
}

impl<'a> Search<'a> {
    pub(super) fn new(analysis: &'a Analysis) -> Self {
        Self {
            analysis,
            trees: trees(analysis),
        }
    }

    /// The shortest chain to a node that is wanted, in the first domain that has one.
    pub(super) fn shortest(&self, wanted: impl Fn(u32) -> bool) -> Option<Witness> {
        let mut found = self.trees.iter().filter_map(|tree| {
            let node = tree.order.iter().copied().find(|&node| wanted(node))?;
            Some((tree, node))
        });
        let (tree, mut node) = found.next()?;
        let mut steps = Vec::new();
        while let Some((before, edge)) = tree.before[node as usize] {
            steps.push((node, Some(edge)));
            node = before;
        }
        steps.push((node, None));
        steps.reverse();
        let mut roots = self.analysis.roots.iter();
        let root = roots.find(|(root, domain, _)| *root == node && *domain == tree.domain);
        Some(Witness {
            domain: tree.domain,
            root: root.map_or(Cow::Borrowed("root"), |root| root.2.clone()),
            steps,
        })
    }

    /// Nodes in the order in which the search meets them, what ships first; those that several
    /// domains reach come again.
    pub(super) fn order(&self) -> impl Iterator<Item = (Domain, u32)> + '_ {
        let trees = self.trees.iter();
        trees.flat_map(|tree| tree.order.iter().map(|&node| (tree.domain, node)))
    }

    /// The nearest node with a place (not of std, no glue) on the way to a node, and the line
    /// there; `None` for roots.
    pub(super) fn caller(&self, domain: Domain, node: u32) -> Option<(u32, Edge)> {
        let tree = self.trees.iter().find(|tree| tree.domain == domain)?;
        let mut node = node;
        loop {
            let (before, edge) = tree.before.get(node as usize).copied()??;
            let has_place = |node: u32| self.analysis.nodes[node as usize].file.is_some();
            if has_place(before) {
                return Some((before, edge));
            }
            node = before;
        }
    }

    /// Items that some root leads to, each once, sorted.
    pub(super) fn reached_items(&self) -> impl Iterator<Item = usize> {
        let nodes = self.trees.iter().flat_map(|tree| &tree.order);
        let items = nodes.filter_map(|&node| self.analysis.nodes.get(node as usize)?.item);
        items.collect::<BTreeSet<_>>().into_iter()
    }

    /// A shortest path of packages from a workspace member to the package, both included;
    /// empty when none leads there.
    pub(super) fn package_path(&self, package: usize) -> Vec<usize> {
        let packages = &self.analysis.project.packages;
        let mut before: Vec<Option<usize>> = vec![None; packages.len()];
        let mut met: Vec<bool> = packages.iter().map(|package| package.is_member).collect();
        let mut queue: VecDeque<usize> = (0..packages.len()).filter(|&p| met[p]).collect();
        while let Some(user) = queue.pop_front() {
            for &dependency in &packages[user].dependencies {
                if met.get(dependency) == Some(&false) {
                    met[dependency] = true;
                    before[dependency] = Some(user);
                    queue.push_back(dependency);
                }
            }
        }
        if met.get(package) != Some(&true) {
            return Vec::new();
        }
        let mut path = vec![package];
        while let Some(user) = path.last().and_then(|&last| before[last]) {
            path.push(user);
        }
        path.reverse();
        path
    }
}

fn tree(analysis: &Analysis, domain: Domain) -> Tree {
    let mut before = vec![None; analysis.nodes.len()];
    let mut met = vec![false; analysis.nodes.len()];
    let mut order = Vec::new();
    for &(root, _, _) in analysis.roots.iter().filter(|root| root.1 == domain) {
        if met.get(root as usize) == Some(&false) {
            met[root as usize] = true;
            order.push(root);
        }
    }
    let mut next = 0;
    while let Some(&node) = order.get(next) {
        next += 1;
        for edge in analysis.edges.get(node as usize).into_iter().flatten() {
            if met.get(edge.to as usize) == Some(&false) {
                met[edge.to as usize] = true;
                before[edge.to as usize] = Some((node, *edge));
                order.push(edge.to);
            }
        }
    }
    Tree {
        domain,
        order,
        before,
    }
}
