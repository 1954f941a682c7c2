//! What may not be copied without being asked for.

use expect_test::expect;

use super::*;

pub(super) const HAZARDS: &str = r#"
extern "C" { fn open(); fn close(); }
mod a { impl S { #[inline] fn f(&self) { unsafe { core::arch::asm!("") } } } }
#[no_mangle] pub extern "C" fn exported() {}
#[link(name = "z")] extern {}
#[target_feature(enable = "avx")] unsafe fn fast() {}
use core::arch::x86_64::*;
#[global_allocator] static A: B = B;
static mut STATE: u32 = 0;
fn g(x: &'static str) { is_x86_feature_detected!("avx"); }
"#;

#[test]
fn what_may_not_be_copied() {
    let mut case = Case::new(HAZARDS);
    case.host.forbids_unsafe = true;
    let lines = |case: &Case| {
        let refusals = case.run().refusals;
        let lines = refusals
            .iter()
            .map(|refusal| format!("{}: {refusal}\n", refusal.code()));
        lines.collect::<Vec<_>>().concat()
    };
    expect![[r#"
        native-library: /up/src/lib.rs:5: `#[link]` on an item links a native library, which only one package of a tree may do
        foreign-functions: /up/src/lib.rs:5: `extern` block declares foreign functions, whose library has to be linked
        foreign-functions: /up/src/lib.rs:2: `extern` block with `open`, `close` declares foreign functions, whose library has to be linked
        exported-symbol: /up/src/lib.rs:4: `#[no_mangle]` on `exported` has a symbol of its own in the executable, which must not exist twice
        runtime-item: /up/src/lib.rs:8: `#[global_allocator]` on `A` is one of its kind in a program
        inline-assembly: /up/src/lib.rs:3: `asm!` in `a::S::f` is inline assembly, which deserves its upstream's care
        simd: /up/src/lib.rs:10: `g` uses the processor's vector instructions, which deserve their upstream's care
        simd: /up/src/lib.rs:6: the root module uses the processor's vector instructions, which deserve their upstream's care
        simd: /up/src/lib.rs:7: the root module uses the processor's vector instructions, which deserve their upstream's care
        unsafe-forbidden: /up/src/lib.rs:6: `unsafe fn fast` is unsafe code, and the package has `forbid(unsafe_code)`
        unsafe-forbidden: /up/src/lib.rs:3: `unsafe { … }` in `a::S::f` is unsafe code, and the package has `forbid(unsafe_code)`
    "#]].assert_eq(&lines(&case));
    case.allow = BTreeSet::from([Allow::Asm, Allow::Simd, Allow::Extern]);
    case.host.forbids_unsafe = false;
    expect![[r#"
        native-library: /up/src/lib.rs:5: `#[link]` on an item links a native library, which only one package of a tree may do
        exported-symbol: /up/src/lib.rs:4: `#[no_mangle]` on `exported` has a symbol of its own in the executable, which must not exist twice
        runtime-item: /up/src/lib.rs:8: `#[global_allocator]` on `A` is one of its kind in a program
    "#]].assert_eq(&lines(&case));
    let state: Vec<String> = case
        .run()
        .state
        .into_iter()
        .map(|state| state.what)
        .collect();
    assert_eq!(state, ["`static A`", "`static STATE`"]);
}

#[test]
fn tables_are_no_state() {
    let case = Case::new(
        "static A: [&'static [(u8, &str)]; N] = []; static B: Option<char> = None;
        static C: AtomicBool = x; static mut D: u8 = 0; thread_local! { static E: u8 = 0 }
        lazy_static! { static ref F: u8 = 0; } static G: [[Cell<u8>; 2]; N] = []; fn f(x: &'static u8) {}",
    );
    let state: Vec<String> = case
        .run()
        .state
        .into_iter()
        .map(|state| state.what)
        .collect();
    expect!["`static C` `static D` `static F` `static G`"].assert_eq(&state.join(" "));
}
