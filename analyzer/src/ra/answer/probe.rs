//! What functions call that nothing reaches: asked for by name, answered as plain data.
//!
//! An advisory may list a function that only wraps the vulnerable one. That the wrapper is not
//! reached then says little, so what it calls within its crate must be known. The work list
//! walks reached code only; here it walks on from the asked functions, after everything else
//! was read off the graph, so that no status and no figure changes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ra_ap_hir_def::signatures::FunctionSignature;
use ra_ap_hir_def::{DefWithBodyId, FunctionId, HasModule, ItemContainerId};
use ra_ap_hir_ty::attach_db;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Home, definition, opaque};
use crate::listed;
use crate::model::{Analysis, EdgeKind, Item, Origin, Probed, Status};
use crate::options::Probe;
use crate::ra::database::Database;
use crate::ra::engine::Found;
use crate::ra::instance::{Instance, Subject};
use crate::ra::items::Definition;
use crate::ra::path;
use crate::ra::template::Target;
use crate::ra::workers::{Hands, Workers};

use ra_ap_base_db::Crate;

/// How often calls on traits may lead to further calls on traits.
const ROUNDS: usize = 8;

/// What the answer is read from.
pub(super) struct Probing<'a> {
    pub(super) database: &'a Database,
    pub(super) homes: &'a FxHashMap<Crate, Home>,
    /// Which item a definition is.
    pub(super) order: &'a FxHashMap<Definition, usize>,
    /// Complete but for the probes.
    pub(super) analysis: &'a Analysis,
}

impl Probing<'_> {
    pub(super) fn run(
        &self,
        probes: &[Probe],
        found: &mut Found,
        workers: &Workers,
        progress: &dyn Fn(&str),
    ) -> Vec<Probed> {
        let items = self.unused(probes);
        if items.is_empty() {
            return Vec::new();
        }
        progress("following what listed functions call");
        let before = failures(found);
        let mut starts: BTreeMap<usize, Vec<Instance>> = BTreeMap::new();
        let mut wanted = items.clone();
        let mut rounds = 0;
        // What may be meant by a call on a trait is walked from in its turn.
        loop {
            let more = self.starts(&wanted);
            let from = more.values().flatten().map(|one| (one.clone(), false));
            let from = from.collect();
            starts.extend(more);
            found.grow(&mut Hands::Shared(self.database, workers), from, &|_| {});
            let mut answers: Vec<Probed> = Vec::with_capacity(items.len());
            wanted = attach_db(&self.database.db, || {
                let walk = Walk::new(self, found, &starts);
                let mut wanted = BTreeSet::new();
                answers.extend(items.iter().map(|&item| walk.from(item, &mut wanted)));
                wanted
            });
            rounds += 1;
            let ends = wanted.is_empty() || rounds == ROUNDS;
            if !ends {
                continue;
            }
            let failed = failures(found) > before || found.graph.truncated || !wanted.is_empty();
            if failed {
                for one in &mut answers {
                    one.gaps.push("a lookup on the way failed".to_owned());
                }
            }
            return answers;
        }
    }

    /// The functions asked for that nothing reaches.
    fn unused(&self, probes: &[Probe]) -> BTreeSet<usize> {
        let Analysis { project, items, .. } = self.analysis;
        let mut found = BTreeSet::new();
        for (index, package) in project.packages.iter().enumerate() {
            for probe in probes.iter().filter(|probe| probe.package == package.name) {
                found.extend(listed::matching(project, items, index, &probe.path));
            }
        }
        let is_unused = |item: &Item| item.kind.is_function() && item.status == Status::Unused;
        found.retain(|&item| is_unused(&items[item]));
        found
    }

    /// Every definition of each item (a package may be compiled more than once), with its
    /// parameters left open.
    fn starts(&self, items: &BTreeSet<usize>) -> BTreeMap<usize, Vec<Instance>> {
        let mut defs: Vec<(usize, Definition)> = self
            .order
            .iter()
            .filter(|(_, item)| items.contains(item))
            .map(|(&def, &item)| (item, def))
            .collect();
        // The map's order is chance.
        defs.sort_by_key(|(item, def)| (*item, format!("{def:?}")));
        let mut starts: BTreeMap<usize, Vec<Instance>> =
            items.iter().map(|&item| (item, Vec::new())).collect();
        attach_db(&self.database.db, || {
            for (item, def) in defs {
                let instance = opaque(&self.database.db, self.database.universe, def);
                starts.entry(item).or_default().extend(instance);
            }
        });
        starts
    }
}

/// Lookups that failed so far.
fn failures(found: &Found) -> u32 {
    found.troubles.values().sum()
}

struct Walk<'a> {
    on: &'a Probing<'a>,
    found: &'a Found,
    /// Where walks can begin, by item.
    starts: &'a BTreeMap<usize, Vec<Instance>>,
    /// Holes of the bodies that have some, by definition: the first one's words.
    holes: FxHashMap<DefWithBodyId, String>,
    /// Instances from which a call leads to no impl that was found.
    lost: FxHashSet<&'a Instance>,
    /// Items by the trait method that they implement, of all packages.
    implementations: FxHashMap<String, Vec<usize>>,
}

impl<'a> Walk<'a> {
    fn new(
        on: &'a Probing<'a>,
        found: &'a Found,
        starts: &'a BTreeMap<usize, Vec<Instance>>,
    ) -> Self {
        let holes = found
            .shared
            .holes()
            .into_iter()
            .filter_map(|(def, template)| {
                let hole = template.holes.first()?;
                let name = hole.name.as_ref().map(|name| format!(": `{name}`"));
                let line = hole.line;
                let text = format!("{}{} at line {line}", hole.reason, name.unwrap_or_default());
                Some((def, text))
            });
        let mut implementations: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        for (index, item) in on.analysis.items.iter().enumerate() {
            if let Some(method) = listed::of_trait(&item.path) {
                implementations.entry(method).or_default().push(index);
            }
        }
        Self {
            on,
            found,
            starts,
            holes: holes.collect(),
            lost: found.lost.iter().map(|(instance, ..)| instance).collect(),
            implementations,
        }
    }

    /// Breadth first, so that the nearest comes first; beyond a used or unknown function of the
    /// package nothing new would be said.
    /// `wanted` gets what the walk would have gone on from, had it been followed.
    fn from(&self, item: usize, wanted: &mut BTreeSet<usize>) -> Probed {
        let items = &self.on.analysis.items;
        let package = items[item].package;
        let mut probed = Probed {
            item,
            calls: Vec::new(),
            gaps: Vec::new(),
        };
        let mut met: FxHashSet<u32> = FxHashSet::default();
        let mut listed: FxHashSet<usize> = FxHashSet::default();
        let mut queue: VecDeque<u32> = VecDeque::new();
        let begin = self.nodes(item);
        if begin.is_empty() {
            probed.gaps.push("its body was not followed".to_owned());
        }
        met.extend(&begin);
        queue.extend(begin);
        while let Some(node) = queue.pop_front() {
            let instance = &self.found.graph.nodes[node as usize];
            if self.package_of(instance) == Some(package) {
                self.gaps(instance, &mut probed.gaps);
                for one in self.unresolved(node, instance, package) {
                    if one == item || !listed.insert(one) {
                        continue;
                    }
                    probed.calls.push(one);
                    if items[one].status != Status::Unused {
                        continue;
                    }
                    if self.starts.contains_key(&one) {
                        queue.extend(self.nodes(one).into_iter().filter(|&node| met.insert(node)));
                    } else {
                        wanted.insert(one);
                    }
                }
            }
            for link in &self.found.graph.links[node as usize] {
                if link.kind == EdgeKind::Drop || !met.insert(link.to) {
                    continue;
                }
                let called = self.item_of(&self.found.graph.nodes[link.to as usize]);
                let called = called.filter(|&one| items[one].package == package);
                if let Some(one) = called {
                    let is_call = items[one].kind.is_function() && !is_derived(&items[one]);
                    if is_call && one != item && listed.insert(one) {
                        probed.calls.push(one);
                    }
                }
                if called.is_none_or(|one| items[one].status == Status::Unused) {
                    queue.push_back(link.to);
                }
            }
        }
        probed.gaps.sort();
        probed.gaps.dedup();
        probed
    }

    fn nodes(&self, item: usize) -> Vec<u32> {
        let starts = self.starts.get(&item).into_iter().flatten();
        starts
            .filter_map(|start| self.found.graph.index(start))
            .collect()
    }

    /// Implementations, in the package, of its own traits' methods that a body calls without
    /// an edge to one: on `dyn Trait`, or on a parameter that is left open. Each may be meant.
    fn unresolved(&self, node: u32, instance: &Instance, package: usize) -> Vec<usize> {
        let db = &self.on.database.db;
        let Subject::Function(id, _) = instance.subject else {
            return Vec::new();
        };
        if !FunctionSignature::of(db, id).has_body() {
            return Vec::new();
        }
        let links = &self.found.graph.links[node as usize];
        let resolved = |method: FunctionId, of: &str| {
            links.iter().any(|link| {
                let Subject::Function(to, _) = self.found.graph.nodes[link.to as usize].subject
                else {
                    return false;
                };
                let implements = self
                    .on
                    .order
                    .get(&Definition::Function(to))
                    .and_then(|&item| listed::of_trait(&self.on.analysis.items[item].path));
                to != method && implements.as_deref() == Some(of)
            })
        };
        let mut found = Vec::new();
        for one in &self.found.shared.template(db, id.into()).uses {
            let Target::Function(method, _) = one.target else {
                continue;
            };
            let ItemContainerId::TraitId(trait_) = method.loc(db).container else {
                continue;
            };
            let home = self.on.homes.get(&method.krate(db));
            if home.is_none_or(|home| home.package != package) {
                continue;
            }
            let name = path::text(&FunctionSignature::of(db, method).name);
            let of = format!("{}::{name}", path::trait_(db, trait_));
            if !resolved(method, &of) {
                let all = self.implementations.get(&of).into_iter().flatten();
                let items = &self.on.analysis.items;
                found.extend(all.copied().filter(|&one| items[one].package == package));
            }
        }
        found
    }

    fn gaps(&self, instance: &Instance, gaps: &mut Vec<String>) {
        let body = match &instance.subject {
            Subject::Function(id, _) => DefWithBodyId::FunctionId(*id),
            Subject::Const(id, _) => DefWithBodyId::ConstId(*id),
            Subject::Static(id) => DefWithBodyId::StaticId(*id),
            Subject::Derive(..) | Subject::Drop(_) | Subject::Kept(_) => return,
        };
        gaps.extend(self.holes.get(&body).cloned());
        if self.lost.contains(instance) {
            gaps.push("no impl was found for a call".to_owned());
        }
    }

    fn item_of(&self, instance: &Instance) -> Option<usize> {
        let def = definition(&self.on.database.db, instance)?;
        self.on.order.get(&def).copied()
    }

    fn package_of(&self, instance: &Instance) -> Option<usize> {
        let krate = instance.krate(&self.on.database.db)?;
        Some(self.on.homes.get(&krate)?.package)
    }
}

/// `Clone`, `Debug`, … as the compiler or a macro derives them: everything has them, and they
/// hold nothing but calls of the same for the fields.
fn is_derived(item: &Item) -> bool {
    item.origin == Origin::Derive
        && listed::of_trait(&item.path).is_some_and(|method| {
            ["core::", "alloc::", "std::"]
                .iter()
                .any(|std| method.starts_with(std))
        })
}
