//! How an item is reached: the last function of the workspace on a shortest chain, the first item
//! of a dependency after it, and where in the workspace's sources that use stands; and by which
//! crates a crate comes into the tree.
//!
//! The graph is searched once for all findings, what ships first, as `why` does.

use std::collections::{BTreeMap, VecDeque};

use camino::{Utf8Path, Utf8PathBuf};

use crate::model::{Analysis, Domain};

use super::finding::Location;

pub(super) struct Ways<'a> {
    analysis: &'a Analysis,
    /// By node: the step before it on a shortest chain; itself for a root.
    before: Vec<Option<u32>>,
    /// By item: the node that the search met first.
    node_of: BTreeMap<usize, u32>,
    /// By item: where the workspace's own code uses it.
    uses: BTreeMap<usize, (Utf8PathBuf, u32)>,
    /// By package: the one before it on a shortest path from a member.
    package_before: Vec<Option<usize>>,
    members: Vec<&'a Utf8Path>,
}

/// The end of a chain.
pub(super) struct Way {
    pub(super) from: String,
    /// Index into `items` of the first item of a dependency.
    pub(super) via: Option<usize>,
}

impl<'a> Ways<'a> {
    pub(super) fn new(analysis: &'a Analysis) -> Self {
        let packages = &analysis.project.packages;
        let members = packages.iter().filter(|package| package.is_member);
        let mut ways = Self {
            analysis,
            before: vec![None; analysis.nodes.len()],
            node_of: BTreeMap::new(),
            uses: BTreeMap::new(),
            package_before: vec![None; packages.len()],
            members: members.map(|one| one.manifest_dir.as_path()).collect(),
        };
        for domain in Domain::ALL {
            ways.search(domain);
        }
        ways.find_uses();
        ways.find_packages();
        ways
    }

    /// Breadth first from the roots of a domain, over what was not met in one before.
    fn search(&mut self, domain: Domain) {
        let analysis = self.analysis;
        let mut queue = VecDeque::new();
        for &(root, _, _) in analysis.roots.iter().filter(|root| root.1 == domain) {
            if self.before.get(root as usize) == Some(&None) {
                self.before[root as usize] = Some(root);
                queue.push_back(root);
            }
        }
        while let Some(node) = queue.pop_front() {
            if let Some(item) = analysis.nodes[node as usize].item {
                self.node_of.entry(item).or_insert(node);
            }
            for edge in analysis.edges.get(node as usize).into_iter().flatten() {
                if self.before.get(edge.to as usize) == Some(&None) {
                    self.before[edge.to as usize] = Some(node);
                    queue.push_back(edge.to);
                }
            }
        }
    }

    fn find_uses(&mut self) {
        let analysis = self.analysis;
        for (index, edges) in analysis.edges.iter().enumerate() {
            let Some(file) = self.own_file(index) else {
                continue;
            };
            for edge in edges.iter().filter(|edge| edge.line > 0) {
                let to = analysis.nodes.get(edge.to as usize);
                if let Some(item) = to.and_then(|node| node.item) {
                    let place = (file.to_owned(), edge.line);
                    let known = self.uses.entry(item).or_insert_with(|| place.clone());
                    *known = place.min(known.clone());
                }
            }
        }
    }

    /// The file of a node of the workspace's own code.
    fn own_file(&self, node: usize) -> Option<&'a Utf8Path> {
        let node = self.analysis.nodes.get(node)?;
        let file = node.file.as_deref().filter(|_| node.item.is_none())?;
        let own = self.members.iter().any(|folder| file.starts_with(folder));
        own.then_some(file)
    }

    fn find_packages(&mut self) {
        let packages = &self.analysis.project.packages;
        let members = packages.iter().enumerate().filter(|(_, one)| one.is_member);
        let mut queue: VecDeque<usize> = members.map(|(index, _)| index).collect();
        while let Some(user) = queue.pop_front() {
            for &dependency in &packages[user].dependencies {
                let is_new = packages.get(dependency).is_some_and(|one| !one.is_member)
                    && self.package_before[dependency].is_none();
                if is_new {
                    self.package_before[dependency] = Some(user);
                    queue.push_back(dependency);
                }
            }
        }
    }

    /// The chain to an item, from its end; `None` when it is not reached by uses of functions.
    pub(super) fn to_item(&self, item: usize) -> Option<Way> {
        let mut node = *self.node_of.get(&item)?;
        let mut via = None;
        loop {
            if self.own_file(node as usize).is_some() {
                let from = self.analysis.nodes[node as usize].label.clone();
                return Some(Way { from, via });
            }
            via = self.analysis.nodes[node as usize].item.or(via);
            let before = self.before.get(node as usize).copied().flatten()?;
            if before == node {
                return None;
            }
            node = before;
        }
    }

    /// Where the workspace's own code uses an item.
    pub(super) fn use_of(&self, item: usize) -> Option<Location> {
        let (file, line) = self.uses.get(&item)?;
        let project = &self.analysis.project;
        // What a build script wrote is no file of the user's.
        let built = project.out_dir.parent().unwrap_or(&project.out_dir);
        if file.starts_with(built) {
            return None;
        }
        let file = file.strip_prefix(&project.workspace_root).ok()?;
        Some(Location {
            file: file.as_str().replace('\\', "/"),
            line: *line,
        })
    }

    /// A shortest path of packages from a member, both included.
    pub(super) fn packages(&self, package: usize) -> Vec<usize> {
        let mut path = vec![package];
        while let Some(user) = path
            .last()
            .and_then(|&last| self.package_before.get(last).copied().flatten())
        {
            path.push(user);
        }
        path.reverse();
        path
    }
}
