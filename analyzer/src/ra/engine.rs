//! Runs the stages over the database: name resolution, items, roots, reach.
//!
//! Threads get a snapshot of the database each and a big stack: trait solving recurses deeply,
//! and a stack that overflows would end the process.

use std::sync::Mutex;

use ra_ap_base_db::Crate;
use ra_ap_hir_def::{ImplId, TraitId};
use ra_ap_hir_ty::attach_db;
use ra_ap_ide_db::RootDatabase;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::collect::{Collector, Expansion, Shared};
use super::database::Database;
use super::instance::{Instance, Subject};
use super::items::Row;
use super::memo::closed::Closed;
use super::memo::{Before, Listings, Memo};
use super::names;
use super::roots::{self, Root};
use super::view;
use super::watch::Watch;
use crate::error::{Error, Result};
use crate::model::{Domains, Project};
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

/// What the stages found, still in rust-analyzer's terms.
pub(crate) struct Found {
    pub(crate) crates: Vec<Crate>,
    /// Rows of each crate, indexed as `crates`.
    pub(crate) rows: Vec<Vec<Row>>,
    pub(crate) roots: Vec<Root>,
    pub(crate) graph: Graph<Instance>,
    pub(crate) shared: Shared,
    /// Lookups that failed, by reason.
    pub(crate) troubles: FxHashMap<&'static str, u32>,
    pub(crate) fallbacks: u32,
    /// Trait methods for which no impl was found, with the instance that calls them.
    pub(crate) lost: Vec<(Instance, TraitId, String)>,
    /// What else came of each node, indexed as the graph's.
    pub(crate) notes: Vec<Note>,
}

/// What came of an instance besides its edges.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Note {
    pub(crate) fallbacks: u32,
    /// Nothing failed on the way, and no lookup went over all impls.
    pub(crate) is_sound: bool,
}

/// Resolves, lists and walks.
pub(crate) fn run(
    database: &Database,
    project: &Project,
    workers: &Workers,
    domains: Domains,
    before: Option<Before>,
    progress: &dyn Fn(&str),
) -> Found {
    let mut crates = database.unit_crates.clone();
    crates.sort_unstable();
    crates.dedup();

    progress("resolving names");
    let listings = names::resolve(database, workers, &crates);
    let inner_impls: Vec<ImplId> = listings
        .iter()
        .flat_map(|listing| listing.inner_impls.iter().copied())
        .collect();
    let rows: Vec<Vec<Row>> = listings.into_iter().map(|listing| listing.rows).collect();

    let roots = roots_of(database, project, workers, &crates, &rows, domains);
    let memo = match before {
        Some(Before { left_out, record }) => {
            let closed = Closed::new(database, project, &left_out, &inner_impls);
            let listings = Listings {
                crates: &crates,
                rows: &rows,
            };
            Memo::new(closed, record, &listings)
        }
        None => Memo::none(),
    };
    let shared = Shared::new(database, inner_impls, memo, workers.watch.clone());
    let mut found = Found {
        crates,
        rows,
        roots,
        graph: Graph::default(),
        shared,
        troubles: FxHashMap::default(),
        fallbacks: 0,
        lost: Vec::new(),
        notes: Vec::new(),
    };
    for root in &mut found.roots {
        found
            .shared
            .memo
            .canonical(&database.db, &mut root.instance);
    }
    let from: Vec<Instance> = found
        .roots
        .iter()
        .map(|root| root.instance.clone())
        .collect();
    found.grow(workers, from, progress);
    let is_kept = |one: &&Instance| matches!(one.subject, Subject::Kept(_));
    let kept = found.graph.nodes.iter().filter(is_kept).count();
    if kept > 0 {
        progress(&format!("{kept} instances as in an earlier run"));
    }
    found
}

impl Found {
    /// Walks on from further instances.
    pub(crate) fn grow(&mut self, workers: &Workers, from: Vec<Instance>, progress: &dyn Fn(&str)) {
        let Self {
            graph,
            shared,
            troubles,
            fallbacks,
            lost,
            notes,
            ..
        } = self;
        let mut total = 0;
        graph.grow(from, |round| {
            total += round.len();
            progress(&format!("following calls: {total} instances"));
            let bodies = shared.missing(&workers.snapshot(), round);
            workers.map(&bodies, CHUNK, |db, &def| {
                shared.template(db, def);
            });
            let expanded = workers.map(round, CHUNK, |db, instance| {
                if let Subject::Kept(kept) = instance.subject {
                    return shared.memo.expansion(kept);
                }
                view::of(db, shared.universe);
                let mut found = Collector { db, shared }.expand(instance);
                for step in &mut found.steps {
                    shared.memo.canonical(db, &mut step.to);
                }
                found
            });
            let mut steps = Vec::with_capacity(expanded.len());
            for (instance, expansion) in round.iter().zip(expanded) {
                let Expansion {
                    steps: found,
                    troubles: failed,
                    fallbacks: more,
                    lost: names,
                    everywhere,
                } = expansion;
                let uncertain = found.iter().any(|step| step.uncertain);
                notes.push(Note {
                    fallbacks: more,
                    is_sound: !(everywhere || uncertain || !failed.is_empty() || !names.is_empty()),
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
    domains: Domains,
) -> Vec<Root> {
    let units: Vec<usize> = (0..project.units.len()).collect();
    let unit_crates = &database.unit_crates;
    let found = workers.map(&units, 1, |db, &index| {
        let krate = unit_crates[index];
        let rows = crates
            .binary_search(&krate)
            .map_or(&[] as &[Row], |at| &rows[at]);
        let selected = project.roots.contains(&index);
        roots::of_unit(db, &project.units[index], krate, rows, selected, domains)
    });
    found.into_iter().flatten().collect()
}
