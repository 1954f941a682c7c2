//! Runs the stages over the database: name resolution, items, roots, reach.
//!
//! Threads get a snapshot of the database each and a big stack: trait solving recurses deeply,
//! and a stack that overflows would end the process.

use std::sync::Mutex;

use ra_ap_base_db::Crate;
use ra_ap_hir_def::{DefWithBodyId, FunctionId, ImplId, TraitId};
use ra_ap_hir_ty::attach_db;
use ra_ap_ide_db::RootDatabase;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::collect::{Collector, Expansion, Shared};
use super::database::Database;
use super::instance::{Instance, Subject};
use super::items::Row;
use super::memo::{Kept, Memo};
use super::names;
use super::roots::{self, Root};
use super::taint::Taint;
use super::view;
use super::watch::Watch;
use crate::error::{Error, Result};
use crate::model::{Power, Project};
use crate::options::Options;
use crate::reach::Graph;

const STACK: usize = 512 << 20;
const WORKER: &str = "whittle";
/// Instances that a thread takes at a time.
const CHUNK: usize = 32;

/// A panic inside rust-analyzer is caught, counted and reported as a gap; the message of the
/// panic itself would only look as if the tool had failed.
pub(crate) fn silence_workers() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let worker = std::thread::current()
                .name()
                .is_some_and(|name| name.starts_with(WORKER));
            if !worker {
                others(info);
            }
        }));
    });
}

/// A pool of threads with a snapshot of the database each.
pub(crate) struct Workers {
    pool: rayon::ThreadPool,
    snapshots: Vec<Mutex<RootDatabase>>,
    universe: Crate,
    spans: tracing::Dispatch,
    pub(crate) watch: Watch,
}

impl Workers {
    pub(crate) fn new(database: &Database, threads: usize, watch: Watch) -> Result<Self> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .stack_size(STACK)
            .thread_name(|index| format!("{WORKER}-{index}"))
            .build()
            .map_err(|why| Error::Load(format!("threads could not be started: {why}")))?;
        let snapshots = (0..threads)
            .map(|_| Mutex::new(database.db.clone()))
            .collect();
        Ok(Self {
            pool,
            snapshots,
            universe: database.universe,
            spans: view::spans(),
            watch,
        })
    }

    /// The database as the calling thread may use it.
    fn snapshot(&self) -> RootDatabase {
        self.snapshots[0]
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    /// `work` once on every thread, at the same time.
    pub(crate) fn each(&self, work: impl Fn(&RootDatabase) + Sync) {
        self.pool.broadcast(|context| {
            let db = self.snapshots[context.index()]
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            attach_db(&*db, || view::watched(&self.spans, || work(&db)));
        });
    }

    /// `work` over chunks of `input`, results in the order of the input.
    pub(crate) fn map<T: Sync, R: Send>(
        &self,
        input: &[T],
        chunk: usize,
        work: impl Fn(&RootDatabase, &T) -> R + Sync,
    ) -> Vec<R> {
        let one_chunk = |chunk: &[T]| {
            let thread = rayon::current_thread_index().unwrap_or(0);
            // A poisoned lock only means that another chunk panicked: the snapshot is sound.
            let db = self.snapshots[thread]
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            let all = || {
                view::start(&*db, self.universe);
                chunk
                    .iter()
                    .map(|one| {
                        self.watch.beat();
                        work(&db, one)
                    })
                    .collect::<Vec<R>>()
            };
            attach_db(&*db, || view::watched(&self.spans, all))
        };
        self.pool
            .install(|| input.par_chunks(chunk).map(one_chunk).collect::<Vec<_>>())
            .into_iter()
            .flatten()
            .collect()
    }
}

/// Every crate with its items.
pub(crate) struct Listed {
    pub(crate) crates: Vec<Crate>,
    /// Rows of each crate, indexed as `crates`.
    pub(crate) rows: Vec<Vec<Row>>,
    pub(super) inner_impls: Vec<ImplId>,
}

/// Resolves and lists.
pub(crate) fn list(database: &Database, workers: &Workers, progress: &dyn Fn(&str)) -> Listed {
    let mut crates = database.unit_crates.clone();
    crates.sort_unstable();
    crates.dedup();
    progress("resolving names");
    let listings = names::resolve(database, workers, &crates);
    Listed {
        crates,
        inner_impls: listings
            .iter()
            .flat_map(|listing| listing.inner_impls.iter().copied())
            .collect(),
        rows: listings.into_iter().map(|listing| listing.rows).collect(),
    }
}

/// What the stages found, still in rust-analyzer's terms.
pub(crate) struct Found {
    pub(crate) crates: Vec<Crate>,
    /// Rows of each crate, indexed as `crates`.
    pub(crate) rows: Vec<Vec<Row>>,
    pub(crate) roots: Vec<Root>,
    pub(crate) graph: Graph<Instance>,
    pub(crate) shared: Shared,
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
    database: &Database,
    project: &Project,
    workers: &Workers,
    known: Known,
    options: &Options,
    progress: &dyn Fn(&str),
) -> Found {
    let Known {
        listed: Listed {
            crates,
            rows,
            inner_impls,
        },
        doubtful,
        memo,
    } = known;
    let roots = roots_of(database, project, workers, &crates, &rows, options);
    let shared = Shared::new(database, inner_impls, memo, workers.watch.clone());
    let mut found = Found {
        crates,
        rows,
        roots,
        graph: Graph::default(),
        shared,
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
    found.grow(workers, from, progress);
    let kept = found.kept().count();
    if kept > 0 {
        progress(&format!("{kept} instances as in an earlier run"));
    }
    found
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
        workers: &Workers,
        from: Vec<(Instance, bool)>,
        progress: &dyn Fn(&str),
    ) {
        let Self {
            graph,
            shared,
            doubtful,
            troubles,
            fallbacks,
            lost,
            powers,
            troubled,
            notes,
            ..
        } = self;
        let mut total = 0;
        let db = workers.snapshot();
        // With arguments from elsewhere it may lead there.
        let inside: FxHashSet<Crate> = shared.std.union(doubtful).copied().collect();
        let ends = |instance: &Instance| {
            if let Subject::Kept(kept) = instance.subject {
                let (doubtful, inside) = (&*doubtful, &inside);
                let is_doubtful = |krate| doubtful.contains(&krate);
                return (shared.memo).is_within(kept, is_doubtful, |krate| inside.contains(&krate));
            }
            let krate = instance.krate(&db);
            krate.is_some_and(|krate| doubtful.contains(&krate))
                && attach_db(&db, || {
                    let taint = Taint {
                        db: &db,
                        std: &inside,
                    };
                    instance.args().is_none_or(|args| !taint.of_args(args))
                })
        };
        graph.grow(from, ends, |round| {
            total += round.len();
            progress(&format!("following calls: {total} instances"));
            let bodies = shared.missing(&db, round);
            workers.map(&bodies, CHUNK, |db, &def| {
                shared.template(db, def);
            });
            let expanded = workers.map(round, CHUNK, |db, instance| {
                if let Subject::Kept(kept) = instance.subject {
                    return shared.memo.expansion(kept);
                }
                view::of(db, shared.universe);
                let mut found = Collector { db, shared }.expand(instance);
                let steps = found.steps.iter_mut();
                shared.memo.canonical(db, steps.map(|step| &mut step.to));
                found
            });
            let mut steps = Vec::with_capacity(expanded.len());
            for (instance, expansion) in round.iter().zip(expanded) {
                let Expansion {
                    steps: found,
                    troubles: failed,
                    fallbacks: more,
                    lost: names,
                    powers: asked,
                    everywhere,
                } = expansion;
                if let Some(def) = instance.body() {
                    powers.extend(
                        asked
                            .iter()
                            .map(|&(id, power, line)| (def, id, power, line)),
                    );
                    troubled.extend(failed.iter().map(|&reason| (def, reason)));
                    troubled.extend(names.iter().map(|_| (def, "no impl found")));
                }
                let uncertain = found.iter().any(|step| step.uncertain);
                notes.push(Note {
                    fallbacks: more,
                    is_sound: !everywhere && !uncertain && failed.is_empty() && names.is_empty(),
                    powers: asked.into(),
                });
                lost.extend(
                    names
                        .into_iter()
                        .map(|(of, name)| (instance.clone(), of, name)),
                );
                for reason in failed {
                    *troubles.entry(reason).or_insert(0) += 1;
                }
                *fallbacks += more;
                steps.push(found);
            }
            steps
        });
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
