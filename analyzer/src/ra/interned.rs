//! What `vendor/ra_ap_intern` changes: each thread remembers what it interned lately.

use ra_ap_intern::{
    GarbageCollector, GcInternedVisit, Interned, InternedSlice, impl_internable,
    impl_slice_internable,
};

#[derive(Debug, PartialEq, Eq, Hash)]
struct Number(u32);

impl_internable!(gc; Number);

impl GcInternedVisit for Number {
    fn visit_with(&self, _: &mut GarbageCollector) {}
}

impl_slice_internable!(gc; Numbers, u32, u32);

/// More than a thread remembers of a type, so that most are forgotten in between.
const MANY: u32 = 20_000;

#[test]
fn one_place_a_value_on_all_threads() {
    let places = || {
        let number = |n: u32| Interned::new_gc(Number(n)).as_raw().addr();
        let slice = |n: u32| {
            let slice = InternedSlice::<Numbers>::from_header_and_slice(n / 2, &[n, n + 1]);
            assert_eq!(
                (slice.header.header, &slice.slice),
                (n / 2, &[n, n + 1][..])
            );
            std::ptr::from_ref(slice.get()).addr()
        };
        // Twice: most are to be found in the tables again, those just before by the thread.
        let once = || (0..MANY).flat_map(|n| [number(n), slice(n), number(n), slice(n)]);
        let (first, second): (Vec<usize>, Vec<usize>) = (once().collect(), once().collect());
        assert_eq!(first, second);
        first
    };
    let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(places)).collect();
    let mut all = threads.into_iter().map(|thread| thread.join().unwrap());
    let first = all.next().unwrap();
    assert!(all.all(|other| other == first));
    let distinct: std::collections::BTreeSet<&usize> = first.iter().collect();
    assert_eq!(distinct.len(), 2 * MANY as usize);
}
