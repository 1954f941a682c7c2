//! In which order the reached functions of a crate are read.
//!
//! Callers before callees: from the functions that the rest of the program enters the crate by,
//! nearest to the roots first, each with what it calls in the crate behind it. A reader who goes
//! down the list has seen why a function is called when he comes to it. What no chain leads to
//! (unknown functions, mostly) comes last, in the order of the files.

use std::collections::{BTreeMap, BTreeSet};

use super::data::Via;
use crate::model::Analysis;
use crate::witness::{Chains, edge};

/// How the functions are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Callers before callees.
    Calls,
    /// By file and line.
    Files,
}

/// Items of a package in reading order, with what leads to each.
pub(super) struct Reading {
    /// By item: its position.
    pub(super) positions: BTreeMap<usize, usize>,
    pub(super) via: BTreeMap<usize, Via>,
}

pub(super) fn reading(analysis: &Analysis, package: usize) -> Reading {
    let chains = Chains::new(analysis);
    let mut reading = Reading {
        positions: BTreeMap::new(),
        via: BTreeMap::new(),
    };
    let own = |node: u32| {
        let item = analysis.nodes.get(node as usize)?.item?;
        (analysis.items.get(item)?.package == package).then_some(item)
    };
    let mut visited = BTreeSet::new();
    for (domain, node) in chains.order() {
        let Some(item) = own(node) else { continue };
        reading.via.entry(item).or_insert_with(|| {
            let root = || {
                let mut roots = analysis.roots.iter();
                let root = roots.find(|(root, of, _)| (*root, *of) == (node, domain));
                root.map_or_else(|| "root".to_owned(), |root| root.2.clone().into_owned())
            };
            match chains.caller(domain, node) {
                Some((from, over)) => {
                    let from = &analysis.nodes[from as usize];
                    Via {
                        how: edge(over.kind).to_owned(),
                        caller: Some(from.label.clone()),
                        file: from.file.as_ref().map(ToString::to_string),
                        line: (over.line > 0).then_some(over.line),
                    }
                }
                None => Via {
                    how: root(),
                    caller: None,
                    file: None,
                    line: None,
                },
            }
        });
        // What is called comes right behind, in the order of the edges.
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            let Some(item) = own(node).filter(|_| visited.insert(node)) else {
                continue;
            };
            let next = reading.positions.len();
            reading.positions.entry(item).or_insert(next);
            let edges = analysis.edges.get(node as usize);
            open.extend(edges.into_iter().flatten().rev().map(|edge| edge.to));
        }
    }
    reading
}
