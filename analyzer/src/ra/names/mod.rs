//! Name resolution of all crates, with what needs nothing else: their impls and their items.
//!
//! A crate's names can be resolved when its dependencies' are, and std's crates are a chain at
//! the beginning. So that no thread waits, one that finds no crate ready parses files ahead
//! ([`ahead`]), or lists the items of a crate that is resolved. What is computed does not
//! depend on the order.

mod ahead;

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use ra_ap_base_db::{Crate, all_crates};
use ra_ap_hir_def::nameres::crate_def_map;
use ra_ap_hir_ty::method_resolution::{InherentImpls, TraitImpls};
use ra_ap_ide_db::RootDatabase;
use rustc_hash::FxHashMap;

use self::ahead::File;
use super::database::Database;
use super::items::makers::Makers;
use super::items::{self, Listing};
use super::view;
use super::workers::Workers;

/// Resolves the names of every crate and lists the items of `crates`, in their order.
pub(crate) fn resolve(database: &Database, workers: &Workers, crates: &[Crate]) -> Vec<Listing> {
    let db = &database.db;
    let board = Board::new(db, crates);
    workers.each(|db| board.work(db, workers));
    let mut state = board.lock();
    if let Some(panic) = state.panic.take() {
        resume_unwind(panic);
    }
    crates
        .iter()
        .filter_map(|krate| state.listings.remove(krate))
        .collect()
}

enum Task {
    Names(Crate),
    Ahead(File),
    /// Impls; items, too, when they are asked for.
    Content(Crate),
}

struct State {
    /// How many dependencies of a crate are not resolved.
    waits_for: FxHashMap<Crate, usize>,
    ready: VecDeque<Crate>,
    ahead: VecDeque<File>,
    content: VecDeque<Crate>,
    /// Crates of which something remains to be done.
    open: usize,
    listings: FxHashMap<Crate, Listing>,
    panic: Option<Box<dyn Any + Send>>,
}

impl State {
    /// Crates that others wait for come first.
    fn task(&mut self) -> Option<Task> {
        let names = self.ready.pop_front().map(Task::Names);
        names
            .or_else(|| self.ahead.pop_front().map(Task::Ahead))
            .or_else(|| self.content.pop_front().map(Task::Content))
    }
}

/// Where threads find their tasks.
struct Board<'a> {
    state: Mutex<State>,
    changed: Condvar,
    needed_by: FxHashMap<Crate, Vec<Crate>>,
    listed: &'a [Crate],
    makers: Makers,
}

impl<'a> Board<'a> {
    fn new(db: &RootDatabase, listed: &'a [Crate]) -> Self {
        let all = all_crates(db);
        let mut needed_by: FxHashMap<Crate, Vec<Crate>> = FxHashMap::default();
        let mut waits_for = FxHashMap::default();
        for &krate in all.iter() {
            let dependencies = &krate.data(db).dependencies;
            waits_for.insert(krate, dependencies.len());
            for dependency in dependencies {
                needed_by
                    .entry(dependency.crate_id)
                    .or_default()
                    .push(krate);
            }
        }
        let is_ready = |krate: &Crate| krate.data(db).dependencies.is_empty();
        let state = State {
            waits_for,
            ready: all.iter().copied().filter(is_ready).collect(),
            ahead: all.iter().map(|&krate| File::root(db, krate)).collect(),
            content: VecDeque::new(),
            open: all.len(),
            listings: FxHashMap::default(),
            panic: None,
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
            needed_by,
            listed,
            makers: Makers::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What one thread does until everything is done.
    fn work(&self, db: &RootDatabase, workers: &Workers) {
        while let Some(task) = self.next() {
            workers.watch.beat();
            // A panic must not leave the other threads waiting.
            let done = catch_unwind(AssertUnwindSafe(|| self.run(db, task)));
            if let Err(panic) = done {
                self.lock().panic.get_or_insert(panic);
                self.changed.notify_all();
            }
        }
    }

    /// The next task, or `None` when there is none and there will be none.
    fn next(&self) -> Option<Task> {
        let mut task = None;
        let is_idle = |state: &mut State| {
            let is_over = state.open == 0 || state.panic.is_some();
            task = (!is_over).then(|| state.task()).flatten();
            task.is_none() && !is_over
        };
        drop(self.changed.wait_while(self.lock(), is_idle));
        task
    }

    fn run(&self, db: &RootDatabase, task: Task) {
        match task {
            Task::Names(krate) => {
                crate_def_map(db, krate);
                let mut state = self.lock();
                state.content.push_back(krate);
                // Nothing of it is ahead any more.
                state.ahead.retain(|file| file.krate != krate);
                for &other in self.needed_by.get(&krate).into_iter().flatten() {
                    if let Some(count) = state.waits_for.get_mut(&other) {
                        *count -= 1;
                        if *count == 0 {
                            state.ready.push_back(other);
                        }
                    }
                }
            }
            Task::Ahead(file) => {
                let below = file.read(db);
                let mut state = self.lock();
                for file in below.into_iter().rev() {
                    state.ahead.push_front(file);
                }
            }
            Task::Content(krate) => {
                view::of(db, krate);
                TraitImpls::for_crate(db, krate);
                InherentImpls::for_crate(db, krate);
                let listing = self
                    .listed
                    .contains(&krate)
                    .then(|| items::of_crate(db, krate, &self.makers));
                let mut state = self.lock();
                state
                    .listings
                    .extend(listing.map(|listing| (krate, listing)));
                state.open -= 1;
            }
        }
        self.changed.notify_all();
    }
}
