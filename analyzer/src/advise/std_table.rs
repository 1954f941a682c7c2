//! Crates that the standard library has caught up with: a reviewed table.
//!
//! Each row names a path of the crate, what stands for it in std, and the Rust version that has it
//! on stable; versions were read from std's documentation. A path that is not in the table has no
//! replacement, and one such path that the workspace names is enough for the crate to have none:
//! so what is left out on purpose (`OnceCell::get_or_try_init`, `num_cpus::get_physical`,
//! `byteorder`'s readers) is as much part of the review as what is listed. Left out as a whole are
//! crates that only look alike: `parking_lot` (no poisoning, timeouts), `async-trait` (std's has no
//! `dyn`), `instant` (the web), `crossbeam-channel` (several consumers), `thread_local` (per object).

/// A minor version of Rust 1.
pub(super) type Since = u32;

pub(super) struct Entry {
    pub(super) krate: &'static str,
    /// Path within the crate, or the beginning of several before `::*`; replacement; since when.
    pub(super) paths: &'static [(&'static str, &'static str, Since)],
    /// What differs.
    pub(super) note: &'static str,
}

pub(super) const TABLE: &[Entry] = &[
    Entry {
        krate: "lazy_static",
        paths: &[("*", "std::sync::LazyLock", 80)],
        note: "`static NAME: LazyLock<T> = LazyLock::new(|| …);` in place of the macro; where the \
               value is taken by reference to its type, `&*NAME`",
    },
    Entry {
        krate: "once_cell",
        paths: &[
            ("sync::Lazy", "std::sync::LazyLock", 80),
            ("sync::Lazy::new", "std::sync::LazyLock::new", 80),
            ("sync::Lazy::force", "std::sync::LazyLock::force", 80),
            ("unsync::Lazy", "std::cell::LazyCell", 80),
            ("unsync::Lazy::new", "std::cell::LazyCell::new", 80),
            ("unsync::Lazy::force", "std::cell::LazyCell::force", 80),
            ("sync::OnceCell", "std::sync::OnceLock", 70),
            ("sync::OnceCell::new", "std::sync::OnceLock::new", 70),
            ("sync::OnceCell::get", "std::sync::OnceLock::get", 70),
            (
                "sync::OnceCell::get_mut",
                "std::sync::OnceLock::get_mut",
                70,
            ),
            ("sync::OnceCell::set", "std::sync::OnceLock::set", 70),
            (
                "sync::OnceCell::get_or_init",
                "std::sync::OnceLock::get_or_init",
                70,
            ),
            (
                "sync::OnceCell::into_inner",
                "std::sync::OnceLock::into_inner",
                70,
            ),
            ("sync::OnceCell::take", "std::sync::OnceLock::take", 70),
            (
                "sync::OnceCell::with_value",
                "std::sync::OnceLock::from",
                70,
            ),
            ("sync::OnceCell::wait", "std::sync::OnceLock::wait", 86),
            ("unsync::OnceCell", "std::cell::OnceCell", 70),
            ("unsync::OnceCell::new", "std::cell::OnceCell::new", 70),
            ("unsync::OnceCell::get", "std::cell::OnceCell::get", 70),
            (
                "unsync::OnceCell::get_mut",
                "std::cell::OnceCell::get_mut",
                70,
            ),
            ("unsync::OnceCell::set", "std::cell::OnceCell::set", 70),
            (
                "unsync::OnceCell::get_or_init",
                "std::cell::OnceCell::get_or_init",
                70,
            ),
            (
                "unsync::OnceCell::into_inner",
                "std::cell::OnceCell::into_inner",
                70,
            ),
            ("unsync::OnceCell::take", "std::cell::OnceCell::take", 70),
            (
                "unsync::OnceCell::with_value",
                "std::cell::OnceCell::from",
                70,
            ),
        ],
        note: "the same types under other names",
    },
    Entry {
        krate: "num_cpus",
        paths: &[("get", "std::thread::available_parallelism", 59)],
        note: "it gives a `Result`: `available_parallelism().map_or(1, |n| n.get())`",
    },
    Entry {
        krate: "atty",
        paths: &[
            ("is", "std::io::IsTerminal::is_terminal", 70),
            ("isnt", "std::io::IsTerminal::is_terminal", 70),
            ("Stream", "std::io::IsTerminal", 70),
            ("Stream::*", "std::io::IsTerminal", 70),
        ],
        note: "`std::io::stdout().is_terminal()` in place of `atty::is(Stream::Stdout)`",
    },
    Entry {
        krate: "is-terminal",
        paths: &[
            ("IsTerminal", "std::io::IsTerminal", 70),
            (
                "IsTerminal::is_terminal",
                "std::io::IsTerminal::is_terminal",
                70,
            ),
            ("is_terminal", "std::io::IsTerminal::is_terminal", 70),
        ],
        note: "the same trait; std has it for its own streams, files and handles",
    },
    Entry {
        krate: "matches",
        paths: &[
            ("matches", "matches!", 42),
            ("assert_matches", "assert!(matches!(…))", 42),
            ("debug_assert_matches", "debug_assert!(matches!(…))", 42),
        ],
        note: "in the prelude",
    },
    Entry {
        krate: "memoffset",
        paths: &[
            ("offset_of", "std::mem::offset_of!", 77),
            ("offset_of_tuple", "std::mem::offset_of!", 77),
            ("offset_of_union", "std::mem::offset_of!", 77),
            ("_memoffset__let_base_ptr", "", 77),
            ("_memoffset_offset_from_unsafe", "", 77),
            ("_memoffset__offset_of_impl", "", 77),
            ("_memoffset__offset_of_union_impl", "", 77),
            ("_memoffset__addr_of", "", 77),
            ("_memoffset__field_check", "", 77),
            ("_memoffset__field_check_tuple", "", 77),
            ("_memoffset__field_check_union", "", 77),
            ("raw_field", "", 77),
            ("raw_field_tuple", "", 77),
            ("raw_field_union", "", 77),
            ("__priv::*", "", 77),
        ],
        note: "",
    },
    Entry {
        krate: "static_assertions",
        paths: &[
            ("const_assert", "const _: () = assert!(…)", 57),
            ("const_assert_eq", "const _: () = assert!(… == …)", 57),
            ("const_assert_ne", "const _: () = assert!(… != …)", 57),
            (
                "assert_eq_size",
                "const _: () = assert!(size_of::<A>() == size_of::<B>())",
                57,
            ),
            (
                "assert_eq_align",
                "const _: () = assert!(align_of::<A>() == align_of::<B>())",
                57,
            ),
            ("_core", "", 57),
        ],
        note: "",
    },
    Entry {
        krate: "fs2",
        paths: &[
            ("FileExt", "std::fs::File", 89),
            ("FileExt::lock_exclusive", "std::fs::File::lock", 89),
            ("FileExt::lock_shared", "std::fs::File::lock_shared", 89),
            ("FileExt::try_lock_exclusive", "std::fs::File::try_lock", 89),
            (
                "FileExt::try_lock_shared",
                "std::fs::File::try_lock_shared",
                89,
            ),
            ("FileExt::unlock", "std::fs::File::unlock", 89),
            ("FileExt::duplicate", "std::fs::File::try_clone", 9),
        ],
        note: "`try_lock` says by its error's variant that another holds the lock",
    },
    Entry {
        krate: "home",
        paths: &[("home_dir", "std::env::home_dir", 87)],
        note: "",
    },
    Entry {
        krate: "lazycell",
        paths: &[
            ("LazyCell", "std::cell::OnceCell", 70),
            ("LazyCell::new", "std::cell::OnceCell::new", 70),
            ("LazyCell::fill", "std::cell::OnceCell::set", 70),
            ("LazyCell::filled", "std::cell::OnceCell::get", 70),
            ("LazyCell::borrow", "std::cell::OnceCell::get", 70),
            ("LazyCell::borrow_mut", "std::cell::OnceCell::get_mut", 70),
            (
                "LazyCell::borrow_with",
                "std::cell::OnceCell::get_or_init",
                70,
            ),
            (
                "LazyCell::into_inner",
                "std::cell::OnceCell::into_inner",
                70,
            ),
            ("AtomicLazyCell", "std::sync::OnceLock", 70),
            ("AtomicLazyCell::new", "std::sync::OnceLock::new", 70),
            ("AtomicLazyCell::NONE", "std::sync::OnceLock::new", 70),
            ("AtomicLazyCell::fill", "std::sync::OnceLock::set", 70),
            ("AtomicLazyCell::filled", "std::sync::OnceLock::get", 70),
            ("AtomicLazyCell::borrow", "std::sync::OnceLock::get", 70),
            (
                "AtomicLazyCell::into_inner",
                "std::sync::OnceLock::into_inner",
                70,
            ),
        ],
        note: "",
    },
    Entry {
        krate: "maplit",
        paths: &[
            ("hashmap", "std::collections::HashMap::from", 56),
            ("hashset", "std::collections::HashSet::from", 56),
            ("btreemap", "std::collections::BTreeMap::from", 56),
            ("btreeset", "std::collections::BTreeSet::from", 56),
        ],
        note: "`HashMap::from([(key, value), …])`",
    },
    Entry {
        krate: "array-init",
        paths: &[("array_init", "std::array::from_fn", 63)],
        note: "",
    },
    Entry {
        krate: "byteorder",
        paths: &[
            ("LittleEndian", "from_le_bytes, to_le_bytes", 32),
            ("BigEndian", "from_be_bytes, to_be_bytes", 32),
            ("NativeEndian", "from_ne_bytes, to_ne_bytes", 32),
            ("LE", "from_le_bytes, to_le_bytes", 32),
            ("BE", "from_be_bytes, to_be_bytes", 32),
            ("NetworkEndian", "from_be_bytes, to_be_bytes", 32),
            ("ByteOrder", "from_…_bytes, to_…_bytes", 32),
            ("ByteOrder::read_u16", "u16::from_…_bytes", 32),
            ("ByteOrder::read_u32", "u32::from_…_bytes", 32),
            ("ByteOrder::read_u64", "u64::from_…_bytes", 32),
            ("ByteOrder::read_u128", "u128::from_…_bytes", 32),
            ("ByteOrder::read_i16", "i16::from_…_bytes", 32),
            ("ByteOrder::read_i32", "i32::from_…_bytes", 32),
            ("ByteOrder::read_i64", "i64::from_…_bytes", 32),
            ("ByteOrder::read_i128", "i128::from_…_bytes", 32),
            ("ByteOrder::read_f32", "f32::from_…_bytes", 40),
            ("ByteOrder::read_f64", "f64::from_…_bytes", 40),
            ("ByteOrder::write_u16", "u16::to_…_bytes", 32),
            ("ByteOrder::write_u32", "u32::to_…_bytes", 32),
            ("ByteOrder::write_u64", "u64::to_…_bytes", 32),
            ("ByteOrder::write_u128", "u128::to_…_bytes", 32),
            ("ByteOrder::write_i16", "i16::to_…_bytes", 32),
            ("ByteOrder::write_i32", "i32::to_…_bytes", 32),
            ("ByteOrder::write_i64", "i64::to_…_bytes", 32),
            ("ByteOrder::write_i128", "i128::to_…_bytes", 32),
            ("ByteOrder::write_f32", "f32::to_…_bytes", 40),
            ("ByteOrder::write_f64", "f64::to_…_bytes", 40),
        ],
        note: "the slice's length has to be that of the number: \
               `u32::from_le_bytes(bytes[..4].try_into()?)`",
    },
    Entry {
        krate: "void",
        paths: &[
            ("Void", "std::convert::Infallible", 34),
            ("unreachable", "match x {}", 34),
        ],
        note: "",
    },
    Entry {
        krate: "crossbeam-utils",
        paths: &[
            ("thread::scope", "std::thread::scope", 63),
            ("thread::Scope", "std::thread::Scope", 63),
            ("thread::Scope::spawn", "std::thread::Scope::spawn", 63),
            (
                "thread::ScopedJoinHandle",
                "std::thread::ScopedJoinHandle",
                63,
            ),
            (
                "thread::ScopedJoinHandle::join",
                "std::thread::ScopedJoinHandle::join",
                63,
            ),
        ],
        note: "std's closures take no argument, and its scope panics where crossbeam's returns an \
               error",
    },
    Entry {
        krate: "maybe-uninit",
        paths: &[("*", "std::mem::MaybeUninit", 36)],
        note: "",
    },
    Entry {
        krate: "nodrop",
        paths: &[
            ("NoDrop", "std::mem::ManuallyDrop", 20),
            ("NoDrop::new", "std::mem::ManuallyDrop::new", 20),
            (
                "NoDrop::into_inner",
                "std::mem::ManuallyDrop::into_inner",
                20,
            ),
        ],
        note: "",
    },
    Entry {
        krate: "pin-utils",
        paths: &[("pin_mut", "std::pin::pin!", 68)],
        note: "`let x = pin!(x);`",
    },
    Entry {
        krate: "cfg-if",
        paths: &[("cfg_if", "cfg_select!", 95)],
        note: "`cfg_select! { unix => { … } _ => { … } }`",
    },
    Entry {
        krate: "try_from",
        paths: &[
            ("TryFrom", "std::convert::TryFrom", 34),
            ("TryFrom::try_from", "std::convert::TryFrom::try_from", 34),
            ("TryInto", "std::convert::TryInto", 34),
            ("TryInto::try_into", "std::convert::TryInto::try_into", 34),
            ("Infallible", "std::convert::Infallible", 34),
        ],
        note: "",
    },
];
