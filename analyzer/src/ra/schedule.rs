//! Which thread does what while calls are followed.
//!
//! The walk goes in rounds, so that what it finds does not depend on the order of work. But no
//! thread waits for the others at the end of one: it reads the bodies of what the round found so
//! far, which the next one asks for.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use ra_ap_base_db::Crate;
use ra_ap_hir_def::{DefWithBodyId, HasModule};
use ra_ap_ide_db::RootDatabase;
use rustc_hash::FxHashSet;

use super::collect::{Collector, Expansion, Shared, has_body};
use super::instance::{Instance, Subject};
use super::view;

/// Instances that a thread takes at a time.
const CHUNK: usize = 32;

pub(super) struct Schedule<'a> {
    shared: &'a Shared,
    /// Whether an instance of these will be expanded is not known before the round is over.
    doubtful: FxHashSet<Crate>,
    /// Bodies to be read before memory is looked after.
    at_once: usize,
    state: Mutex<State>,
    /// Something to do for those at work, or an end.
    changed: Condvar,
    /// Something to do for the one who waits for them.
    finished: Condvar,
}

#[derive(Default)]
struct State {
    /// Of the round.
    keys: Arc<[Instance]>,
    /// What came of them, indexed as `keys`.
    expanded: Vec<Option<Expansion>>,
    /// How many are not expanded.
    open: usize,
    /// The first that nobody was given.
    next: usize,
    /// Those whose bodies somebody else was reading.
    postponed: Vec<usize>,
    /// Bodies of the round, the first one last.
    needed: Vec<DefWithBodyId>,
    /// Bodies of the next round.
    ahead: Option<Ahead>,
    reading: Vec<DefWithBodyId>,
    /// Bodies that were read since memory was looked after.
    unrelieved: usize,
    is_over: bool,
    panic: Option<Box<dyn Any + Send>>,
}

/// Crate by crate: going on in the same crate finds the solver's cache filled.
#[derive(Default)]
struct Ahead {
    bodies: BTreeMap<Crate, Vec<DefWithBodyId>>,
    known: FxHashSet<DefWithBodyId>,
}

impl Ahead {
    fn add(&mut self, krate: Crate, def: DefWithBodyId) {
        if self.known.insert(def) {
            self.bodies.entry(krate).or_default().push(def);
        }
    }

    /// One of `krate`, or of that which has most.
    fn take(&mut self, krate: Option<Crate>) -> Option<DefWithBodyId> {
        let krate = krate
            .filter(|krate| self.bodies.contains_key(krate))
            .or_else(|| {
                let longest = self.bodies.iter().max_by_key(|(_, bodies)| bodies.len());
                longest.map(|(&krate, _)| krate)
            })?;
        let bodies = self.bodies.get_mut(&krate)?;
        let def = bodies.pop();
        if bodies.is_empty() {
            self.bodies.remove(&krate);
        }
        def
    }
}

enum Task {
    Read(DefWithBodyId),
    Expand(Arc<[Instance]>, Vec<usize>),
}

impl State {
    fn is_being_read(&self, key: usize) -> bool {
        let body = self.keys[key].body();
        body.is_some_and(|def| self.reading.contains(&def))
    }

    /// Of `keys` those that can be expanded; the others wait.
    fn ready(&mut self, keys: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let (waiting, ready) = keys.into_iter().partition(|&key| self.is_being_read(key));
        self.postponed.extend::<Vec<usize>>(waiting);
        ready
    }

    fn task(&mut self, krate: Option<Crate>) -> Option<Task> {
        let needed = self.needed.pop();
        if let Some(def) = needed {
            return Some(self.read(def));
        }
        while self.next < self.keys.len() {
            let end = (self.next + CHUNK).min(self.keys.len());
            let chunk = self.next..end;
            self.next = end;
            let ready = self.ready(chunk);
            if !ready.is_empty() {
                return Some(Task::Expand(self.keys.clone(), ready));
            }
        }
        let postponed = std::mem::take(&mut self.postponed);
        let ready = self.ready(postponed);
        if !ready.is_empty() {
            return Some(Task::Expand(self.keys.clone(), ready));
        }
        let def = self.ahead.as_mut()?.take(krate)?;
        Some(self.read(def))
    }

    fn read(&mut self, def: DefWithBodyId) -> Task {
        self.reading.push(def);
        self.unrelieved += 1;
        Task::Read(def)
    }
}

/// Ends the work when it goes, whatever the reason: nobody is left waiting.
pub(super) struct Open<'a>(&'a Schedule<'a>);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.lock().is_over = true;
        self.0.changed.notify_all();
    }
}

impl<'a> Schedule<'a> {
    pub(super) fn new(shared: &'a Shared, doubtful: FxHashSet<Crate>, at_once: usize) -> Self {
        Self {
            shared,
            doubtful,
            at_once,
            state: Mutex::default(),
            changed: Condvar::new(),
            finished: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets threads [`Self::work`] until what is given back goes. To be asked before they come.
    pub(super) fn open(&self) -> Open<'_> {
        let mut state = self.lock();
        state.is_over = false;
        state.unrelieved = 0;
        Open(self)
    }

    /// A round of `keys`; whether bodies of what it finds are read before it is over.
    pub(super) fn begin(&self, db: &RootDatabase, keys: Vec<Instance>, looks_ahead: bool) {
        let mut needed = self.shared.missing(db, &keys);
        needed.reverse();
        let mut state = self.lock();
        needed.retain(|def| !state.reading.contains(def));
        state.needed = needed;
        state.ahead = looks_ahead.then(Ahead::default);
        state.open = keys.len();
        state.next = 0;
        state.expanded.clear();
        state.expanded.resize_with(keys.len(), || None);
        state.keys = keys.into();
        self.changed.notify_all();
    }

    /// The keys with what came of them; `None` if memory is to be looked after first.
    pub(super) fn wait(&self) -> Option<(Arc<[Instance]>, Vec<Expansion>)> {
        let mut state = self.lock();
        loop {
            if let Some(panic) = state.panic.take() {
                drop(state);
                resume_unwind(panic);
            }
            if state.open == 0 {
                let expanded = std::mem::take(&mut state.expanded);
                return Some((state.keys.clone(), expanded.into_iter().flatten().collect()));
            }
            if state.unrelieved >= self.at_once {
                return None;
            }
            state = self
                .finished
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// What one thread does.
    pub(super) fn work(&self, db: &RootDatabase) {
        let mut krate = None;
        while let Some(task) = self.task(krate) {
            if let Task::Read(def) = task {
                krate = Some(def.krate(db));
            }
            // A panic must not leave the others waiting.
            let done = catch_unwind(AssertUnwindSafe(|| self.run(db, task)));
            if let Err(panic) = done {
                let mut state = self.lock();
                state.panic.get_or_insert(panic);
                state.is_over = true;
                self.changed.notify_all();
                self.finished.notify_all();
            }
        }
    }

    /// The next task, or `None` when there will be none.
    fn task(&self, krate: Option<Crate>) -> Option<Task> {
        let mut task = None;
        let is_idle = |state: &mut State| {
            task = (!state.is_over).then(|| state.task(krate)).flatten();
            task.is_none() && !state.is_over
        };
        drop(self.changed.wait_while(self.lock(), is_idle));
        task
    }

    fn run(&self, db: &RootDatabase, task: Task) {
        view::start(db, self.shared.universe);
        match task {
            Task::Read(def) => {
                self.shared.watch.beat();
                self.shared.template(db, def);
                let mut state = self.lock();
                state.reading.retain(|other| *other != def);
                if state.unrelieved >= self.at_once {
                    self.finished.notify_all();
                }
                // Its instances may have been postponed.
                self.changed.notify_all();
            }
            Task::Expand(keys, chosen) => {
                let expanded: Vec<Expansion> = chosen
                    .iter()
                    .map(|&key| self.expand(db, &keys[key]))
                    .collect();
                let ahead = self.bodies(db, &expanded);
                let mut state = self.lock();
                state.open -= chosen.len();
                for (key, expansion) in chosen.into_iter().zip(expanded) {
                    state.expanded[key] = Some(expansion);
                }
                if let Some(known) = &mut state.ahead {
                    for (krate, def) in ahead {
                        known.add(krate, def);
                    }
                }
                if state.open == 0 {
                    self.finished.notify_all();
                }
                self.changed.notify_all();
            }
        }
    }

    fn expand(&self, db: &RootDatabase, instance: &Instance) -> Expansion {
        self.shared.watch.beat();
        if let Subject::Kept(kept) = instance.subject {
            return self.shared.memo.expansion(kept);
        }
        view::of(db, self.shared.universe);
        let shared = self.shared;
        let mut found = Collector { db, shared }.expand(instance);
        let steps = found.steps.iter_mut();
        shared.memo.canonical(db, steps.map(|step| &mut step.to));
        found
    }

    /// Bodies of what was found that nobody read.
    fn bodies(&self, db: &RootDatabase, found: &[Expansion]) -> Vec<(Crate, DefWithBodyId)> {
        let steps = found.iter().flat_map(|expansion| &expansion.steps);
        let bodies: FxHashSet<DefWithBodyId> = steps
            .filter_map(|step| step.to.body())
            .filter(|&def| !self.shared.is_read(def) && has_body(db, def))
            .collect();
        let bodies = bodies.into_iter().map(|def| (def.krate(db), def));
        bodies
            .filter(|(krate, _)| !self.doubtful.contains(krate))
            .collect()
    }
}
