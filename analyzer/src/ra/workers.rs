//! Threads that read the database, and what they leave in memory.
//!
//! Each has a snapshot and a big stack: trait solving recurses deeply, and a stack that overflows
//! would end the process.

use std::sync::Mutex;

use ra_ap_base_db::Crate;
use ra_ap_base_db::salsa::Database as _;
use ra_ap_hir_ty::attach_db;
use ra_ap_ide_db::RootDatabase;
use rayon::prelude::*;

use super::database::Database;
use super::view;
use super::watch::Watch;
use crate::error::{Error, Result};

const STACK: usize = 512 << 20;
const WORKER: &str = "whittle";
/// With less source than this, all that is made of it has room: about 2 GiB are needed.
const SPACIOUS: usize = 96 << 20;
/// Bodies that are read before syntax trees are let go again. Measured, see docs/LIMITS.md.
const UNRELIEVED: usize = 16_384;

/// In a debug build: that memory is spared whatever the size, and after how many bodies.
#[cfg(debug_assertions)]
fn spare() -> Option<usize> {
    let number = std::env::var("WHITTLE_TEST_SPARE").ok()?;
    number.parse().ok()
}

#[cfg(not(debug_assertions))]
fn spare() -> Option<usize> {
    None
}

/// A panic inside rust-analyzer is caught, counted and reported as a gap; the message of the
/// panic itself would only look as if the tool had failed.
pub(crate) fn silence() {
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
        Ok(Self {
            pool,
            snapshots: snapshots(database, threads),
            universe: database.universe,
            spans: view::spans(),
            watch,
        })
    }

    /// `work` once on every thread, at the same time.
    pub(crate) fn each(&self, work: impl Fn(&RootDatabase) + Sync) {
        self.pool
            .broadcast(|context| self.run(context.index(), &work));
    }

    /// `work` once on every thread, while this one does `here`.
    pub(crate) fn beside<R>(
        &self,
        work: impl Fn(&RootDatabase) + Sync,
        here: impl FnOnce() -> R,
    ) -> R {
        self.pool.in_place_scope(|scope| {
            scope.spawn_broadcast(|_, context| self.run(context.index(), &work));
            here()
        })
    }

    fn run(&self, thread: usize, work: impl Fn(&RootDatabase)) {
        let db = self.snapshots[thread]
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        attach_db(&*db, || view::watched(&self.spans, || work(&db)));
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
        // Rayon would hand out a fourth of the input at once, and one thread wait for the other.
        let chunks = || input.par_chunks(chunk).with_max_len(1);
        self.pool
            .install(|| chunks().map(one_chunk).collect::<Vec<_>>())
            .into_iter()
            .flatten()
            .collect()
    }
}

fn snapshots(database: &Database, threads: usize) -> Vec<Mutex<RootDatabase>> {
    (0..threads)
        .map(|_| Mutex::new(database.db.clone()))
        .collect()
}

/// Who works on what.
pub(crate) enum Hands<'a> {
    Shared(&'a Database, &'a Workers),
    /// Nobody else holds on to what they read.
    Alone(&'a mut Database, &'a mut Workers),
}

impl Hands<'_> {
    pub(super) fn workers(&self) -> &Workers {
        match self {
            Self::Shared(_, workers) => workers,
            Self::Alone(_, workers) => workers,
        }
    }

    pub(super) fn db(&self) -> &RootDatabase {
        match self {
            Self::Shared(database, _) => &database.db,
            Self::Alone(database, _) => &database.db,
        }
    }

    /// How many bodies are read before [`Self::relieve`].
    pub(super) fn bodies_at_once(&self) -> usize {
        if self.is_short() {
            spare().unwrap_or(UNRELIEVED)
        } else {
            usize::MAX
        }
    }

    /// Memory matters, and can be had.
    fn is_short(&self) -> bool {
        match self {
            Self::Shared(..) => false,
            Self::Alone(database, _) => database.text > SPACIOUS || spare().is_some(),
        }
    }

    /// Of a large tree, lets go of syntax trees and bodies that were not read for a while: most of
    /// them are not read again, and the others are made again.
    pub(super) fn relieve(&mut self) {
        if self.is_short()
            && let Self::Alone(database, workers) = self
        {
            // It waits for every other handle on the database to go.
            let threads = std::mem::take(&mut workers.snapshots).len();
            database.db.trigger_lru_eviction();
            workers.snapshots = snapshots(database, threads);
        }
    }
}
