//! The work list: from roots to everything they reach, and how surely.
//!
//! Generic over what a node is, so that it can be tested without a database. Works in rounds:
//! all nodes found in one round are expanded together (in parallel, by the caller) and merged
//! in order, so numbers and edges are the same for any number of threads.

use std::hash::Hash;

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use crate::model::{Domains, EdgeKind};

/// More instances than this and the rest is given up, said and counted. A large application
/// has a quarter of a million.
const MAX_NODES: usize = 8_000_000;

/// One edge as the expander gives it.
#[derive(Debug, Clone)]
pub(crate) struct Found<K> {
    pub(crate) to: K,
    pub(crate) kind: EdgeKind,
    pub(crate) line: u32,
    /// Evaluated at compile time.
    pub(crate) in_const: bool,
    /// Put into a value there, so it can run later all the same.
    pub(crate) escapes: bool,
    /// May be taken or not: the lookup failed.
    pub(crate) uncertain: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    pub(crate) to: u32,
    pub(crate) kind: EdgeKind,
    pub(crate) line: u32,
    pub(crate) in_const: bool,
    pub(crate) escapes: bool,
    uncertain: bool,
}

/// How a node is reached, by domain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Reached {
    /// Its code runs.
    pub(crate) run: Domains,
    /// It is evaluated at compile time.
    pub(crate) constant: Domains,
    /// Only over an edge that may not exist.
    pub(crate) uncertain: Domains,
}

impl Reached {
    fn union(self, other: Self) -> Self {
        Self {
            run: self.run | other.run,
            constant: self.constant | other.constant,
            uncertain: self.uncertain | other.uncertain,
        }
    }

    /// What a successor over `link` inherits.
    fn over(self, link: &Link) -> Self {
        let mut next = self;
        if link.escapes {
            next.run |= self.constant;
        } else if link.in_const {
            next.constant |= next.run;
            next.run = Domains::NONE;
        }
        if link.uncertain {
            next.uncertain = next.uncertain | next.run | next.constant;
            next.run = Domains::NONE;
            next.constant = Domains::NONE;
        }
        next
    }

    pub(crate) fn certain(self) -> Domains {
        self.run | self.constant
    }
}

pub(crate) struct Graph<K> {
    pub(crate) nodes: IndexSet<K, FxBuildHasher>,
    /// Outgoing edges, indexed as `nodes`; none of a node that was not expanded.
    pub(crate) links: Vec<Vec<Link>>,
    /// Indexed as `nodes`.
    state: Vec<State>,
    /// Nodes that are new, or newly known to be reached surely.
    waiting: Vec<usize>,
    /// Nodes that were expanded, in that order.
    pub(crate) expanded: Vec<usize>,
    pub(crate) truncated: bool,
}

/// Nodes that are expanded together.
pub(crate) struct Round<K> {
    nodes: Vec<usize>,
    /// Indexed as `nodes`.
    pub(crate) keys: Vec<K>,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    /// Reached from a sure root over edges that surely exist.
    sure: bool,
    expanded: bool,
}

impl<K: Hash + Eq> Default for Graph<K> {
    fn default() -> Self {
        Self {
            nodes: IndexSet::default(),
            links: Vec::new(),
            state: Vec::new(),
            waiting: Vec::new(),
            expanded: Vec::new(),
            truncated: false,
        }
    }
}

impl<K: Hash + Eq + Clone> Graph<K> {
    /// Adds `roots`, each with whether it is surely one. May be called again with further ones.
    pub(crate) fn start(&mut self, roots: impl IntoIterator<Item = (K, bool)>) {
        for (root, sure) in roots {
            let node = self.insert(root);
            self.reach(node, sure);
        }
    }

    /// Far from the limit, so that nothing found now will be left out.
    pub(crate) fn has_room(&self) -> bool {
        self.nodes.len() < MAX_NODES / 2
    }

    /// Which nodes are to be expanded next, and given to [`Self::merge`]; `None`: none is left.
    ///
    /// Where `ends` holds, only what is surely reached is expanded: what the others would lead
    /// to is not asked for.
    pub(crate) fn round(&mut self, ends: impl Fn(&K) -> bool) -> Option<Round<K>> {
        if self.waiting.is_empty() {
            return None;
        }
        let mut nodes = std::mem::take(&mut self.waiting);
        nodes.sort_unstable();
        nodes.dedup();
        nodes.retain(|&node| {
            let State { sure, expanded } = self.state[node];
            !expanded && (sure || !ends(&self.nodes[node]))
        });
        let keys = nodes.iter().map(|&node| self.nodes[node].clone()).collect();
        Some(Round { nodes, keys })
    }

    /// What each node of `round` leads to, in its order.
    pub(crate) fn merge(&mut self, round: Round<K>, found: Vec<Vec<Found<K>>>) {
        for (node, found) in round.nodes.into_iter().zip(found) {
            self.state[node].expanded = true;
            self.expanded.push(node);
            let links: Vec<Link> = found.into_iter().filter_map(|one| self.link(one)).collect();
            for link in &links {
                let sure = self.state[node].sure && !link.uncertain;
                self.reach(link.to as usize, sure);
            }
            self.links[node] = links;
        }
    }

    fn insert(&mut self, key: K) -> usize {
        let (node, is_new) = self.nodes.insert_full(key);
        if is_new {
            self.links.push(Vec::new());
            self.state.push(State::default());
            self.waiting.push(node);
        }
        node
    }

    /// Notes that a node is reached, surely or not; so are then those behind it.
    fn reach(&mut self, node: usize, sure: bool) {
        let mut pending = if sure { vec![node] } else { Vec::new() };
        while let Some(node) = pending.pop() {
            if std::mem::replace(&mut self.state[node].sure, true) {
                continue;
            }
            self.waiting.push(node);
            let sure = self.links[node].iter().filter(|link| !link.uncertain);
            pending.extend(sure.map(|link| link.to as usize));
        }
    }

    fn link(&mut self, found: Found<K>) -> Option<Link> {
        let Found {
            to,
            kind,
            line,
            in_const,
            escapes,
            uncertain,
        } = found;
        let to = if self.nodes.len() >= MAX_NODES {
            let Some(known) = self.nodes.get_index_of(&to) else {
                self.truncated = true;
                return None;
            };
            known
        } else {
            self.insert(to)
        };
        let to = u32::try_from(to).ok()?;
        Some(Link {
            to,
            kind,
            line,
            in_const,
            escapes,
            uncertain,
        })
    }

    pub(crate) fn index(&self, key: &K) -> Option<u32> {
        u32::try_from(self.nodes.get_index_of(key)?).ok()
    }

    /// How every node is reached when the roots are reached as given.
    pub(crate) fn propagate(&self, roots: &[(u32, Reached)]) -> Vec<Reached> {
        let mut state = vec![Reached::default(); self.nodes.len()];
        let mut pending: Vec<u32> = Vec::new();
        for &(node, reached) in roots {
            state[node as usize] = state[node as usize].union(reached);
            pending.push(node);
        }
        while let Some(node) = pending.pop() {
            let reached = state[node as usize];
            for link in &self.links[node as usize] {
                let next = state[link.to as usize].union(reached.over(link));
                if next != state[link.to as usize] {
                    state[link.to as usize] = next;
                    pending.push(link.to);
                }
            }
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(to: u32, in_const: bool, escapes: bool, uncertain: bool) -> Found<u32> {
        Found {
            to,
            kind: EdgeKind::Call,
            line: 0,
            in_const,
            escapes,
            uncertain,
        }
    }

    fn grown(edges: &[(u32, Found<u32>)]) -> Graph<u32> {
        let mut graph = Graph::default();
        grow(&mut graph, edges, |_| false);
        graph
    }

    /// The nodes that were expanded, in order.
    fn grow(
        graph: &mut Graph<u32>,
        edges: &[(u32, Found<u32>)],
        ends: impl Fn(&u32) -> bool,
    ) -> Vec<u32> {
        let mut seen = Vec::new();
        let leaves = |node: &u32| {
            let own = edges.iter().filter(|(from, _)| from == node);
            own.map(|(_, edge)| edge.clone()).collect()
        };
        graph.start([(0, true)]);
        while let Some(round) = graph.round(&ends) {
            seen.extend_from_slice(&round.keys);
            let found = round.keys.iter().map(leaves).collect();
            graph.merge(round, found);
        }
        seen
    }

    /// What is expanded when nothing above 9 is asked for unless it is surely reached.
    fn expanded(edges: &[(u32, Found<u32>)]) -> Vec<u32> {
        grow(&mut Graph::default(), edges, |&node| node > 9)
    }

    #[test]
    fn what_is_not_asked_for_is_expanded_when_it_is_surely_reached() {
        let perhaps = [
            (0, edge(10, false, false, true)),
            (10, edge(11, false, false, false)),
        ];
        assert_eq!(expanded(&perhaps), [0]);
        let later = [
            (0, edge(10, false, false, true)),
            (0, edge(1, false, false, false)),
            (1, edge(2, false, false, false)),
            (2, edge(10, false, false, false)),
            (10, edge(11, false, false, false)),
        ];
        assert_eq!(expanded(&later), [0, 1, 2, 10, 11]);
        // Expanded as uncertain, then sure: so is what is behind it.
        let behind = [
            (0, edge(3, false, false, true)),
            (3, edge(12, false, false, false)),
            (0, edge(1, false, false, false)),
            (1, edge(2, false, false, false)),
            (2, edge(3, false, false, false)),
        ];
        assert_eq!(expanded(&behind), [0, 3, 1, 2, 12]);
    }

    fn state(graph: &Graph<u32>, node: u32) -> Reached {
        let root = Reached {
            run: Domains::RUN,
            ..Reached::default()
        };
        graph.propagate(&[(0, root)])[graph.index(&node).expect("reached") as usize]
    }

    #[test]
    fn a_cycle_ends() {
        let graph = grown(&[
            (0, edge(1, false, false, false)),
            (1, edge(0, false, false, false)),
        ]);
        assert_eq!(graph.nodes.len(), 2);
        assert_eq!(state(&graph, 1).run, Domains::RUN);
    }

    #[test]
    fn what_a_const_calls_is_evaluated_and_what_it_holds_runs() {
        let graph = grown(&[
            (0, edge(1, false, false, false)),
            (1, edge(2, true, false, false)),
            (2, edge(3, false, false, false)),
            (2, edge(4, false, true, false)),
        ]);
        assert_eq!(
            state(&graph, 2),
            Reached {
                constant: Domains::RUN,
                ..Reached::default()
            }
        );
        assert_eq!(
            state(&graph, 3),
            Reached {
                constant: Domains::RUN,
                ..Reached::default()
            }
        );
        assert!(state(&graph, 4).run == Domains::RUN);
    }

    #[test]
    fn uncertainty_is_inherited_and_a_sure_way_wins() {
        let graph = grown(&[
            (0, edge(1, false, false, true)),
            (1, edge(2, false, false, false)),
            (0, edge(3, false, false, false)),
            (1, edge(3, false, false, false)),
        ]);
        assert_eq!(state(&graph, 2).certain(), Domains::NONE);
        assert_eq!(state(&graph, 2).uncertain, Domains::RUN);
        assert_eq!(state(&graph, 3).certain(), Domains::RUN);
    }
}
