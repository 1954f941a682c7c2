//! The graph of crates as data, for those who draw it: packages with what is reached of them,
//! and what each uses of those it depends on.

use std::collections::BTreeSet;

use crate::advise::settings::Settings;
use crate::measure::links::links;
use crate::measure::{Counts, Use};
use crate::model::{Analysis, Domain};
use crate::verdict::Verdict;

use super::data::{self, CrateReport, Report};

/// The crates down to some depth, and cargo's edges between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrateGraph {
    pub nodes: Vec<GraphNode>,
    pub edges: Vec<GraphEdge>,
    /// Dependencies left out because they are deeper.
    pub hidden: u64,
    /// What the figures are relative to, and their sums.
    pub report: Report,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphNode {
    /// `name@version`, with a number behind it where that is not unique.
    pub id: String,
    pub name: String,
    pub version: String,
    pub member: bool,
    /// What is reached of it; `None` for a workspace member, and for what no analyzed domain
    /// compiles.
    pub reached: Option<Reached>,
}

/// What is reached of a dependency, in the first domain it is compiled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    pub domain: Domain,
    pub uses: Use,
    pub functions: Counts,
    pub lines: Counts,
    pub proc_macro: bool,
    pub build_script: bool,
    /// Of a direct dependency.
    pub verdict: Option<Verdict>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GraphEdge {
    /// Indices into `nodes`.
    pub from: usize,
    pub to: usize,
    /// Functions, consts and statics that the user leads to itself.
    pub items: u64,
}

/// The graph of an analysis, down to `depth` steps from the workspace; verdicts by `settings`.
#[must_use]
pub fn build(analysis: &Analysis, depth: Option<u32>, settings: &Settings) -> CrateGraph {
    let report = data::build_with(analysis, settings);
    let packages = &analysis.project.packages;
    let links = links(analysis);
    let mut figures = report.crates.iter();
    let mut ids = BTreeSet::new();
    let mut position = vec![None; packages.len()];
    let mut nodes = Vec::new();
    let mut hidden = 0;
    for (index, package) in packages.iter().enumerate() {
        // The report has a crate for each package that is no member, in their order.
        let reached = if package.is_member {
            None
        } else {
            figures.next().and_then(in_first_domain)
        };
        if depth.is_some_and(|depth| package.depth > depth) {
            hidden += 1;
            continue;
        }
        position[index] = Some(nodes.len());
        nodes.push(GraphNode {
            id: unique(&mut ids, format!("{}@{}", package.name, package.version)),
            name: package.name.clone(),
            version: package.version.clone(),
            member: package.is_member,
            reached,
        });
    }
    let mut edges = Vec::new();
    for (index, package) in packages.iter().enumerate() {
        for &other in &package.dependencies {
            if let (Some(from), Some(Some(to))) = (position[index], position.get(other).copied()) {
                let items = links.get(&(index, other)).copied().unwrap_or(0);
                edges.push(GraphEdge { from, to, items });
            }
        }
    }
    CrateGraph {
        nodes,
        edges,
        hidden,
        report,
    }
}

fn in_first_domain(krate: &CrateReport) -> Option<Reached> {
    let (&domain, first) = krate.domains.iter().next()?;
    Some(Reached {
        domain,
        uses: first.uses,
        functions: first.figures.functions,
        lines: first.figures.lines,
        proc_macro: krate.proc_macro,
        build_script: krate.build_script,
        verdict: krate.verdict,
    })
}

/// Two packages from different sources may share name and version.
fn unique(ids: &mut BTreeSet<String>, id: String) -> String {
    let numbered = (2..).map(|number| format!("{id}#{number}"));
    let free = [id.clone()].into_iter().chain(numbered);
    let mut free = free.filter(|id| !ids.contains(id));
    let id = free.next().unwrap_or(id);
    ids.insert(id.clone());
    id
}
