//! What each thread interned lately, in front of the storages.
//!
//! Interning is asked for the same few values again and again: most of what it costs is the lock of
//! a shard, which other threads hold in their caches, and the way through its table. A thread
//! remembers by its hash where it found a value, and looks there first.
//!
//! Only for GC mode, in which a value lives until the garbage collector frees it; what is remembered
//! is forgotten when it runs.

use std::{
    cell::{Cell, OnceCell},
    ffi::c_void,
    ptr::NonNull,
    sync::atomic::{AtomicUsize, Ordering},
    thread::LocalKey,
};

/// A power of two. Of 16 bytes each, for each interned type, on each thread that interns it.
const SLOTS: usize = 32768;

/// How often the garbage collector ran.
static COLLECTIONS: AtomicUsize = AtomicUsize::new(0);

type Slot = Cell<(u64, Option<NonNull<c_void>>)>;

pub struct Recent {
    slots: OnceCell<Box<[Slot]>>,
    collections: Cell<usize>,
}

#[allow(
    clippy::new_without_default,
    reason = "this a const fn, so it can't be default yet. See <https://github.com/rust-lang/rust/issues/63065>"
)]
impl Recent {
    pub const fn new() -> Self {
        Self { slots: OnceCell::new(), collections: Cell::new(0) }
    }

    /// What was remembered for this hash, if `is_it`.
    #[inline]
    pub(crate) fn find(
        this: &'static LocalKey<Self>,
        hash: u64,
        is_it: impl FnOnce(NonNull<c_void>) -> bool,
    ) -> Option<NonNull<c_void>> {
        // There is nothing left of it when the thread ends.
        match this.try_with(|recent| recent.slot(hash).get()) {
            Ok((other, Some(value))) if other == hash && is_it(value) => Some(value),
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn remember(this: &'static LocalKey<Self>, hash: u64, value: NonNull<c_void>) {
        _ = this.try_with(|recent| recent.slot(hash).set((hash, Some(value))));
    }

    #[inline]
    fn slot(&self, hash: u64) -> &Slot {
        let slots = self.slots.get_or_init(|| vec![Slot::default(); SLOTS].into_boxed_slice());
        // The collector runs when nothing else does, so that whoever let it run made this visible.
        let collections = COLLECTIONS.load(Ordering::Relaxed);
        if self.collections.replace(collections) != collections {
            slots.iter().for_each(|slot| slot.set((0, None)));
        }
        &slots[hash as usize % SLOTS]
    }
}

/// Everything remembered is void.
pub(crate) fn forget() {
    COLLECTIONS.fetch_add(1, Ordering::Relaxed);
}
