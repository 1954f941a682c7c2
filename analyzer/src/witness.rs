//! Why something is reached: a shortest chain of uses from a root, or what comes nearest.
//!
//! Takes an [`Analysis`] and a query, gives an [`Answer`] as plain data. The chain is found by
//! breadth-first search over the witness graph, roots and edges in their stored order, so the
//! same analysis always gives the same chain. What ships is asked first: a chain in `run` wins
//! over a shorter one in `build`.

mod answer;
mod render;
mod search;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;

use crate::error::{Error, Result};
use crate::model::{Analysis, Domain, Domains, Edge, Item, Node, Status, UnitKind};
use crate::query::{self, Found};
use crate::report::header::Header;

pub use answer::{Answer, Candidate, Chain, Nearest, Step, Subject};
pub(crate) use render::{Files, edge};
pub use render::{json, text};
use search::{Search, Witness};
pub(crate) use search::{Tree, trees};

/// Value of `format`.
pub const FORMAT: &str = "whittle-why";
/// Value of `version`.
pub const VERSION: u32 = 1;

/// Answers a query: a crate (`name`, `name@version`) or an item (its path or the end of it).
///
/// # Errors
/// [`Error::NoSuchItem`] when the query names nothing, with the nearest names.
pub fn why(analysis: &Analysis, query: &str) -> Result<Answer> {
    let ctx = Ctx {
        analysis,
        query,
        search: Search::new(analysis),
    };
    match query::find(analysis, query) {
        Found::Packages(packages) => Ok(ctx.about_package(&packages)),
        Found::Items(items) => Ok(ctx.about_item(&items)),
        Found::Nothing(nearest) => Err(no_such_item(query, &nearest)),
    }
}

/// Shortest chains to items, for those who ask for many: the graph is searched once.
pub struct Chains<'a>(Ctx<'a>);

impl<'a> Chains<'a> {
    #[must_use]
    pub fn new(analysis: &'a Analysis) -> Self {
        Self(Ctx {
            analysis,
            query: "",
            search: Search::new(analysis),
        })
    }

    /// The shortest chain to an item.
    #[must_use]
    pub fn to_item(&self, item: usize) -> Option<Chain> {
        self.to_node(|node| node.item == Some(item))
    }

    /// The shortest chain to a node that is wanted.
    #[must_use]
    pub fn to_node(&self, wanted: impl Fn(&Node) -> bool) -> Option<Chain> {
        let nodes = &self.0.analysis.nodes;
        let wanted = |node: u32| nodes.get(node as usize).is_some_and(&wanted);
        Some(self.0.chain(&self.0.search.shortest(wanted)?))
    }

    /// Nodes in the order in which a search from the roots meets them, what ships first; a node
    /// that several domains reach comes again.
    pub fn order(&self) -> impl Iterator<Item = (Domain, u32)> + '_ {
        self.0.search.order()
    }

    /// The nearest node with a place on the way to a node, and the edge that leaves it; `None`
    /// for a root.
    #[must_use]
    pub fn caller(&self, domain: Domain, node: u32) -> Option<(u32, Edge)> {
        self.0.search.caller(domain, node)
    }

    /// An item by its names.
    #[must_use]
    pub fn subject(&self, item: usize) -> Subject {
        self.0.item_subject(item)
    }
}

/// The error for a name that names nothing.
#[must_use]
pub fn no_such_item(query: &str, nearest: &[String]) -> Error {
    if nearest.is_empty() {
        return Error::NoSuchItem(query.to_owned());
    }
    let nearest = nearest
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>();
    Error::NoSuchItemBut {
        query: query.to_owned(),
        nearest: nearest.join(", "),
    }
}

struct Ctx<'a> {
    analysis: &'a Analysis,
    query: &'a str,
    search: Search<'a>,
}

impl Ctx<'_> {
    /// The first of several versions that is reached, else the first.
    fn about_package(&self, packages: &[usize]) -> Answer {
        let mut packages = packages.to_vec();
        packages.sort_by_key(|&package| (self.package_status(package), package));
        let chosen = packages.first().copied().unwrap_or_default();
        let status = self.package_status(chosen);
        let witness = self.search.shortest(|node| self.enters(node, chosen));
        let is_member = |package: usize| {
            self.analysis
                .project
                .packages
                .get(package)
                .is_some_and(|p| p.is_member)
        };
        let mut answer = self.answer(self.package_subject(chosen), status);
        if is_member(chosen) {
            answer.reason = Some("it is a member of the workspace".to_owned());
            return answer;
        }
        answer.reason = match status {
            Status::Used if witness.is_none() => Some(self.use_without_chain(chosen)),
            Status::Unknown => {
                Some("nothing of it is known to be used, and not all was understood".to_owned())
            }
            Status::Unused if self.has_build_script(chosen) => {
                Some("only its build script runs".to_owned())
            }
            Status::Used | Status::Unused => None,
        };
        answer.witness = witness.map(|witness| self.chain(&witness));
        answer.nearest = (status != Status::Used)
            .then(|| self.nearest_user(chosen))
            .flatten();
        answer.through = self.through(chosen);
        answer.others = packages
            .iter()
            .skip(1)
            .map(|&package| Candidate {
                subject: self.package_subject(package),
                status: self.package_status(package),
            })
            .collect();
        answer
    }

    fn about_item(&self, items: &[usize]) -> Answer {
        let chosen = items.first().copied().unwrap_or_default();
        let item = &self.analysis.items[chosen];
        let witness = match item.status {
            Status::Used => self
                .search
                .shortest(|node| self.item_of(node) == Some(chosen)),
            Status::Unknown | Status::Unused => None,
        };
        let mut answer = self.answer(self.item_subject(chosen), item.status);
        answer.reason = match item.status {
            Status::Used if witness.is_none() && item.direct => {
                Some("the workspace's own code names it".to_owned())
            }
            Status::Used if witness.is_none() => Some("otherwise than by a call".to_owned()),
            _ => item.reason.clone(),
        };
        answer.witness = witness.map(|witness| self.chain(&witness));
        if item.status != Status::Used {
            let neighbor = self.neighbor(chosen);
            answer.nearest = neighbor.or_else(|| self.nearest_user(item.package));
        }
        answer.through = self.through(item.package);
        answer.others = items
            .iter()
            .skip(1)
            .map(|&other| Candidate {
                subject: self.item_subject(other),
                status: self.analysis.items[other].status,
            })
            .collect();
        answer
    }

    fn answer(&self, subject: Subject, status: Status) -> Answer {
        Answer {
            header: Header::new(FORMAT, VERSION, self.analysis),
            query: self.query.to_owned(),
            subject,
            status,
            reason: None,
            witness: None,
            nearest: None,
            through: Vec::new(),
            others: Vec::new(),
        }
    }

    /// The reached item of the same package whose path has most of its beginning in common,
    /// then the closest in the same file.
    fn neighbor(&self, item: usize) -> Option<Nearest> {
        let Item {
            package,
            path,
            file,
            line,
            ..
        } = self.analysis.items.get(item)?;
        let own = query::plain_segments(path);
        let closeness = |&other: &usize| {
            let other = &self.analysis.items[other];
            let theirs = query::plain_segments(&other.path);
            let common = own.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
            let far = (other.file != *file, other.line.abs_diff(*line));
            (Reverse(common), far, other.path.as_str())
        };
        let reached = self.search.reached_items().filter(|&other| {
            let other = &self.analysis.items[other];
            other.package == *package && other.status == Status::Used
        });
        let nearest = reached.min_by(|a, b| closeness(a).cmp(&closeness(b)))?;
        let witness = self
            .search
            .shortest(|node| self.item_of(node) == Some(nearest))?;
        Some(Nearest {
            subject: self.item_subject(nearest),
            witness: self.chain(&witness),
        })
    }

    /// For a crate without a reached function: what is reached of the nearest crate on the way
    /// to it.
    fn nearest_user(&self, package: usize) -> Option<Nearest> {
        let path = self.search.package_path(package);
        path.iter().rev().find_map(|&user| {
            let witness = self.search.shortest(|node| self.enters(node, user))?;
            let (last, _) = *witness.steps.last()?;
            let item = self.item_of(last)?;
            Some(Nearest {
                subject: self.item_subject(item),
                witness: self.chain(&witness),
            })
        })
    }

    /// The best that is known of the package, its build script left out: that one runs whether
    /// or not anything else is used.
    fn package_status(&self, package: usize) -> Status {
        let project = &self.analysis.project;
        let is_member = project.packages.get(package).is_some_and(|p| p.is_member);
        let units = project
            .units
            .iter()
            .filter(|unit| unit.package == package && unit.kind != UnitKind::BuildScript);
        let compiled = units.fold(Domains::NONE, |all, unit| all | unit.domains);
        let otherwise = self.analysis.package_used.get(package);
        let otherwise = otherwise.is_some_and(|domains| domains.intersects(compiled));
        let items = self.analysis.items.iter();
        let items = items.filter(|item| item.package == package && !self.in_build_script(item));
        let best = items
            .map(|item| item.status)
            .min()
            .unwrap_or(Status::Unused);
        if is_member || otherwise {
            Status::Used
        } else {
            best
        }
    }

    fn use_without_chain(&self, package: usize) -> String {
        let called = self.analysis.items.iter().any(|item| {
            item.package == package
                && item.kind.is_function()
                && item.status == Status::Used
                && !self.in_build_script(item)
        });
        if called {
            return "no chain of uses was recorded".to_owned();
        }
        "for types, traits, consts, macros or linking; no function of it is reached".to_owned()
    }

    fn has_build_script(&self, package: usize) -> bool {
        let packages = &self.analysis.project.packages;
        packages
            .get(package)
            .is_some_and(|package| package.has_build_script)
    }

    fn in_build_script(&self, item: &Item) -> bool {
        let first = query::plain_segments(&item.path).first().copied();
        self.has_build_script(item.package)
            && self.analysis.project.units.iter().any(|unit| {
                unit.package == item.package
                    && unit.kind == UnitKind::BuildScript
                    && first == Some(unit.crate_name.as_str())
            })
    }

    /// Whether a node is one of the package itself, not of its build script.
    fn enters(&self, node: u32, package: usize) -> bool {
        let item = self
            .item_of(node)
            .and_then(|item| self.analysis.items.get(item));
        item.is_some_and(|item| item.package == package && !self.in_build_script(item))
    }

    fn item_of(&self, node: u32) -> Option<usize> {
        self.analysis.nodes.get(node as usize)?.item
    }

    fn package_subject(&self, package: usize) -> Subject {
        let package = self.analysis.project.packages.get(package);
        Subject {
            krate: package.map(|p| p.name.clone()).unwrap_or_default(),
            crate_version: package.map(|p| p.version.clone()).unwrap_or_default(),
            path: None,
            file: None,
            line: None,
        }
    }

    fn item_subject(&self, item: usize) -> Subject {
        let item = &self.analysis.items[item];
        Subject {
            path: Some(item.path.clone()),
            file: Some(item.file.to_string()),
            line: Some(item.line),
            ..self.package_subject(item.package)
        }
    }

    fn through(&self, package: usize) -> Vec<String> {
        let name = |package: &usize| {
            let subject = self.package_subject(*package);
            format!("{}@{}", subject.krate, subject.crate_version)
        };
        self.search.package_path(package).iter().map(name).collect()
    }

    fn chain(&self, witness: &Witness) -> Chain {
        let file = |node: u32| -> Option<String> {
            let node = self.analysis.nodes.get(node as usize)?;
            node.file.as_ref().map(ToString::to_string)
        };
        let mut steps = Vec::with_capacity(witness.steps.len());
        let mut before = None;
        for &(index, edge) in &witness.steps {
            let Some(node) = self.analysis.nodes.get(index as usize) else {
                continue;
            };
            let use_line = edge.map(|edge| edge.line).filter(|&line| line > 0);
            steps.push(Step {
                edge: edge.map(|edge| edge.kind),
                label: node.label.clone(),
                file: file(index),
                line: node.file.as_ref().map(|_| node.line),
                use_file: use_line.and(before).and_then(file),
                use_line,
            });
            before = Some(index);
        }
        Chain {
            domain: witness.domain,
            root: witness.root.clone().into_owned(),
            steps,
        }
    }
}
