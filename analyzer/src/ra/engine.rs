//! Runs the stages over the database: name resolution, items, roots, reach.

use std::sync::Arc;

use ra_ap_base_db::Crate;
use ra_ap_hir_def::{DefWithBodyId, FunctionId, ImplId, TraitId};
use ra_ap_hir_ty::attach_db;
use ra_ap_ide_db::RootDatabase;
use rustc_hash::{FxHashMap, FxHashSet};

use super::collect::{Expansion, Shared};
use super::database::Database;
use super::instance::{Instance, Step, Subject};
use super::items::{Row, UnsafeImpl};
use super::memo::{Kept, Memo};
use super::names;
use super::roots::{self, Root};
use super::schedule::{Open, Schedule};
use super::taint::Taint;
use super::workers::{Hands, Workers};
use crate::model::{Power, Project};
use crate::options::Options;
use crate::reach::{Graph, Round};

/// Every crate with its items.
pub(crate) struct Listed {
    pub(crate) crates: Vec<Crate>,
    /// Rows of each crate, indexed as `crates`.
    pub(crate) rows: Vec<Vec<Row>>,
    pub(super) inner_impls: Vec<ImplId>,
    unsafe_impls: Vec<UnsafeImpl>,
}

/// Resolves and lists.
pub(crate) fn list(database: &Database, workers: &Workers, progress: &dyn Fn(&str)) -> Listed {
    let mut crates = database.unit_crates.clone();
    crates.sort_unstable();
    crates.dedup();
    progress("resolving names");
    let listings = names::resolve(database, workers, &crates);
    let mut listed = Listed {
        crates,
        rows: Vec::with_capacity(listings.len()),
        inner_impls: Vec::new(),
        unsafe_impls: Vec::new(),
    };
    for listing in listings {
        listed.rows.push(listing.rows);
        listed.inner_impls.extend(listing.inner_impls);
        listed.unsafe_impls.extend(listing.unsafe_impls);
    }
    listed
}

/// What the stages found, still in rust-analyzer's terms.
pub(crate) struct Found {
    pub(crate) crates: Vec<Crate>,
    /// Rows of each crate, indexed as `crates`.
    pub(crate) rows: Vec<Vec<Row>>,
    pub(crate) unsafe_impls: Vec<UnsafeImpl>,
    pub(crate) roots: Vec<Root>,
    pub(crate) graph: Graph<Instance>,
    pub(crate) shared: Arc<Shared>,
    /// Crates all of which is at least unknown, with all that it can lead to.
    doubtful: FxHashSet<Crate>,
    /// Lookups that failed, by reason.
    pub(crate) troubles: FxHashMap<&'static str, u32>,
    pub(crate) fallbacks: u32,
    /// Trait methods for which no impl was found, with the instance that calls them.
    pub(crate) lost: Vec<(Instance, TraitId, String)>,
    /// Functions with a power that an instance calls, with the line.
    pub(crate) powers: FxHashSet<(DefWithBodyId, FunctionId, Power, u32)>,
    /// Definitions of which an instance was not followed as it is.
    pub(crate) troubled: FxHashSet<(DefWithBodyId, &'static str)>,
    /// What else came of each node that was expanded, in that order.
    pub(crate) notes: Vec<Note>,
}

/// What came of an instance besides its edges.
#[derive(Debug)]
pub(crate) struct Note {
    pub(crate) fallbacks: u32,
    /// Nothing failed on the way, and no lookup went over all impls.
    pub(crate) is_sound: bool,
    /// Functions with a power that it calls, with the line.
    pub(crate) powers: Box<[(FunctionId, Power, u32)]>,
}

/// What is known before the walk.
pub(crate) struct Known {
    pub(crate) listed: Listed,
    /// Only what is surely reached is followed in these: the rest of them is unknown, and so is
    /// all that can be reached from there.
    pub(crate) doubtful: FxHashSet<Crate>,
    pub(crate) memo: Memo,
}

/// Walks from the roots.
pub(crate) fn walk(
    database: &mut Database,
    project: &Project,
    workers: &mut Workers,
    known: Known,
    options: &Options,
    progress: &dyn Fn(&str),
) -> Found {
    let Known {
        listed:
            Listed {
                crates,
                rows,
                inner_impls,
                unsafe_impls,
            },
        doubtful,
        memo,
    } = known;
    let roots = roots_of(database, project, workers, &crates, &rows, options);
    let shared = Shared::new(database, inner_impls, memo, workers.watch.clone());
    let mut found = Found {
        crates,
        rows,
        unsafe_impls,
        roots,
        graph: Graph::default(),
        shared: Arc::new(shared),
        doubtful,
        troubles: FxHashMap::default(),
        fallbacks: 0,
        lost: Vec::new(),
        powers: FxHashSet::default(),
        troubled: FxHashSet::default(),
        notes: Vec::new(),
    };
    let instances = found.roots.iter_mut().map(|root| &mut root.instance);
    found.shared.memo.canonical(&database.db, instances);
    let roots = found.roots.iter();
    let from = roots.map(|root| (root.instance.clone(), true)).collect();
    let mut hands = Hands::Alone(database, workers);
    // What names were resolved in is read again for some of the bodies only.
    hands.relieve();
    found.grow(&mut hands, from, progress);
    hands.relieve();
    let kept = found.kept().count();
    if kept > 0 {
        progress(&format!("{kept} instances as in an earlier run"));
    }
    found
}

/// How far calls were followed.
struct Walk<'a> {
    schedule: &'a Schedule<'a>,
    /// Crates whose instances lead nowhere else, unless their arguments do.
    inside: FxHashSet<Crate>,
    progress: &'a dyn Fn(&str),
    total: usize,
    /// Begun, and not over.
    under_way: Option<Round<Instance>>,
}

enum Pause {
    /// Nothing is left.
    End,
    /// Memory is to be looked after.
    Relief,
}

impl Found {
    /// What was followed of what an earlier run kept.
    pub(crate) fn kept(&self) -> impl Iterator<Item = Kept> {
        let nodes = self
            .graph
            .expanded
            .iter()
            .map(|&node| &self.graph.nodes[node]);
        nodes.filter_map(|instance| match instance.subject {
            Subject::Kept(kept) => Some(kept),
            _ => None,
        })
    }

    /// Walks on from further instances, which are surely reached or not.
    pub(crate) fn grow(
        &mut self,
        hands: &mut Hands<'_>,
        from: Vec<(Instance, bool)>,
        progress: &dyn Fn(&str),
    ) {
        // With arguments from elsewhere it may lead there.
        let inside: FxHashSet<Crate> = self.shared.std.union(&self.doubtful).copied().collect();
        let shared = Arc::clone(&self.shared);
        let schedule = Schedule::new(&shared, self.doubtful.clone(), hands.bodies_at_once());
        let mut walk = Walk {
            schedule: &schedule,
            inside,
            progress,
            total: 0,
            under_way: None,
        };
        self.graph.start(from);
        loop {
            let open = schedule.open();
            let here = || self.rounds(&mut walk, hands.db(), open);
            let work = |db: &RootDatabase| schedule.work(db);
            match hands.workers().beside(work, here) {
                Pause::End => return,
                Pause::Relief => hands.relieve(),
            }
        }
    }

    /// Round after round, which others work on.
    fn rounds(&mut self, walk: &mut Walk<'_>, db: &RootDatabase, _open: Open<'_>) -> Pause {
        loop {
            let round = if let Some(round) = walk.under_way.take() {
                round
            } else {
                let Some(mut round) = self.round(db, &walk.inside) else {
                    return Pause::End;
                };
                walk.total += round.keys.len();
                (walk.progress)(&format!("following calls: {} instances", walk.total));
                let keys = std::mem::take(&mut round.keys);
                walk.schedule.begin(db, keys, self.graph.has_room());
                round
            };
            let Some((keys, expanded)) = walk.schedule.wait() else {
                walk.under_way = Some(round);
                return Pause::Relief;
            };
            let steps = keys.iter().zip(expanded);
            let steps = steps.map(|(instance, expansion)| self.note(instance, expansion));
            let steps = steps.collect();
            self.graph.merge(round, steps);
        }
    }

    fn round(&mut self, db: &RootDatabase, inside: &FxHashSet<Crate>) -> Option<Round<Instance>> {
        let (doubtful, memo) = (&self.doubtful, &self.shared.memo);
        self.graph.round(|instance| {
            if let Subject::Kept(kept) = instance.subject {
                let is_doubtful = |krate| doubtful.contains(&krate);
                return memo.is_within(kept, is_doubtful, |krate| inside.contains(&krate));
            }
            let krate = instance.krate(db);
            krate.is_some_and(|krate| doubtful.contains(&krate))
                && attach_db(db, || {
                    let taint = Taint { db, std: inside };
                    instance.args().is_none_or(|args| !taint.of_args(args))
                })
        })
    }

    /// Takes down what came of `instance` beside its steps.
    fn note(&mut self, instance: &Instance, expansion: Expansion) -> Vec<Step> {
        let Expansion {
            steps,
            troubles,
            fallbacks,
            lost,
            powers,
            everywhere,
        } = expansion;
        let uncertain = steps.iter().any(|step| step.uncertain);
        self.notes.push(Note {
            fallbacks,
            is_sound: !everywhere && !uncertain && troubles.is_empty() && lost.is_empty(),
            powers: powers.iter().copied().collect(),
        });
        if let Some(def) = instance.body() {
            let powers = powers.into_iter();
            self.powers
                .extend(powers.map(|(id, power, line)| (def, id, power, line)));
            self.troubled
                .extend(troubles.iter().map(|&reason| (def, reason)));
            self.troubled
                .extend(lost.iter().map(|_| (def, "no impl found")));
        }
        let lost = lost.into_iter();
        self.lost
            .extend(lost.map(|(of, name)| (instance.clone(), of, name)));
        for reason in troubles {
            *self.troubles.entry(reason).or_insert(0) += 1;
        }
        self.fallbacks += fallbacks;
        steps
    }
}

fn roots_of(
    database: &Database,
    project: &Project,
    workers: &Workers,
    crates: &[Crate],
    rows: &[Vec<Row>],
    options: &Options,
) -> Vec<Root> {
    let units: Vec<usize> = (0..project.units.len()).collect();
    let unit_crates = &database.unit_crates;
    let found = workers.map(&units, 1, |db, &index| {
        let krate = unit_crates[index];
        let rows = crates
            .binary_search(&krate)
            .map_or(&[] as &[Row], |at| &rows[at]);
        let selected = project.roots.contains(&index);
        roots::of_unit(db, &project.units[index], krate, rows, selected, options)
    });
    found.into_iter().flatten().collect()
}
