//! The shapes of the hash tables below std's maps and sets, as rust-analyzer needs them.
//!
//! std's sources name the private crate `hashbrown`, which no toolchain component holds. Without
//! it the parameters of `HashMap` would be unused (bivariant), and method calls on a
//! `&HashMap<K, V>` would not even tell `K` and `V`. These types own what the real ones own, so
//! that variance, auto traits and drop glue come out right. There are no methods: what they
//! would call back is taken from the bounds of std's own functions around them.

extern crate alloc;

use alloc::boxed::Box;
use core::alloc::Layout;
use core::marker::PhantomData;

pub enum TryReserveError {
    CapacityOverflow,
    AllocError { layout: Layout },
}

pub struct Table<T, A> {
    items: Box<[T]>,
    alloc: A,
}

pub mod hash_map {
    use super::*;

    pub struct HashMap<K, V, S, A> {
        hash_builder: S,
        table: Table<(K, V), A>,
    }
    pub struct Iter<'a, K, V> {
        items: &'a [(K, V)],
    }
    pub struct IterMut<'a, K, V> {
        items: &'a mut [(K, V)],
    }
    pub struct IntoIter<K, V, A> {
        table: Table<(K, V), A>,
    }
    pub struct Drain<'a, K, V, A> {
        table: Table<(K, V), A>,
        from: PhantomData<&'a mut (K, V)>,
    }
    pub struct ExtractIf<'a, K, V, F, A> {
        filter: F,
        table: &'a mut Table<(K, V), A>,
    }
    pub enum RustcEntry<'a, K, V, A> {
        Occupied(RustcOccupiedEntry<'a, K, V, A>),
        Vacant(RustcVacantEntry<'a, K, V, A>),
    }
    pub struct RustcOccupiedEntry<'a, K, V, A> {
        table: &'a mut Table<(K, V), A>,
    }
    pub struct RustcVacantEntry<'a, K, V, A> {
        key: K,
        table: &'a mut Table<(K, V), A>,
    }
}

pub mod hash_set {
    use super::*;

    pub struct HashSet<T, S, A> {
        map: hash_map::HashMap<T, (), S, A>,
    }
    pub struct Iter<'a, K> {
        items: &'a [K],
    }
    pub struct IntoIter<K, A> {
        table: Table<K, A>,
    }
    pub struct Drain<'a, K, A> {
        table: Table<K, A>,
        from: PhantomData<&'a mut K>,
    }
    pub struct ExtractIf<'a, K, F, A> {
        filter: F,
        table: &'a mut Table<K, A>,
    }
    pub enum Entry<'a, T, S, A> {
        Occupied(OccupiedEntry<'a, T, S, A>),
        Vacant(VacantEntry<'a, T, S, A>),
    }
    pub struct OccupiedEntry<'a, T, S, A> {
        set: &'a mut HashSet<T, S, A>,
    }
    pub struct VacantEntry<'a, T, S, A> {
        value: T,
        set: &'a mut HashSet<T, S, A>,
    }
}
