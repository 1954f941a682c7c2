//! Conditions on features, scripts and targets.

use expect_test::expect;

use super::check;

#[test]
fn features_are_decided() {
    check(
        "
#![cfg_attr(not(feature = \"std\"), no_std)]
#[cfg(feature = \"std\")]
pub fn a() { b() }
#[cfg(not(feature = \"std\"))]
pub fn a() { c() }
#[cfg(all(feature = \"on\", any(unix, scripted, feature = \"off\")))]
#[inline]
fn b() {}
fn c() {}
#[cfg(test)]
mod tests;
#[cfg_attr(feature = \"on\", derive(Debug), allow(dead_code))]
#[cfg_attr(feature = \"off\", derive(Clone))]
#[cfg_attr(all(feature = \"on\", unix), repr(C))]
pub struct S;
",
        &["dep::a", "dep::S"],
        expect![[r#"
            //- lib.rs
            pub fn a() { b() }
            #[inline]
            fn b() {}
            #[derive(Debug)] #[allow(dead_code)]
            #[cfg_attr(unix, repr(C))]
            pub struct S;
        "#]],
    );
}

#[test]
fn within_bodies_and_types() {
    check(
        "
pub struct S {
    a: u8,
    /// Docs.
    #[cfg(feature = \"off\")]
    b: u8,
    #[cfg(feature = \"on\")]
    c: u8,
}
pub enum E { A, #[cfg(feature = \"off\")] B, #[cfg(unix)] C }
pub fn f(x: E, #[cfg(feature = \"off\")] y: u8) -> S {
    #[cfg(feature = \"off\")]
    return off();
    #[cfg(feature = \"on\")]
    let z = 1;
    #[cfg(feature = \"off\")] {
        off();
    }
    match x {
        E::A => {}
        #[cfg(feature = \"off\")]
        E::B => off(),
        #[cfg(unix)]
        E::C => {}
    }
    let on = cfg!(feature = \"on\") && cfg!(all(unix, feature = \"on\"));
    #[cfg(feature = \"off\")]
    fn nested() {}
    log!(#[cfg(feature = \"off\")] x, #[cfg(feature = \"on\")] y, cfg!(test));
    S { a: 1, #[cfg(feature = \"off\")] b: 2, #[cfg(feature = \"on\")] c: z }
}
",
        &["dep::f"],
        expect![[r#"
            //- lib.rs
            pub struct S {
                a: u8,
                c: u8,
            }
            pub enum E { A, #[cfg(unix)] C }
            pub fn f(x: E, ) -> S {
                let z = 1;
                match x {
                    E::A => {}
                    #[cfg(unix)]
                    E::C => {}
                }
                let on = cfg!(all()) && cfg!(unix);
                log!(#[cfg(any())] x, #[cfg(all())] y, cfg!(any()));
                S { a: 1, c: z }
            }
        "#]],
    );
}

#[test]
fn in_lists_and_at_ends() {
    check(
        "
pub trait T {
    #[cfg(feature = \"off\")]
    fn off(&self);
    #[cfg(feature = \"on\")]
    /// Docs.
    fn on(&self) -> u8 {
        #[cfg(feature = \"on\")]
        { 1 }
        #[cfg(not(feature = \"on\"))]
        { 2 }
    }
}
pub fn f<#[cfg(feature = \"off\")] A, B>(mut x: B) -> B {
    // Why.
    #[cfg(feature = \"off\")]
    x.y[0] = off();
    let a = [#[cfg(feature = \"off\")] 1, 2];
    g(#[cfg(feature = \"off\")] x, #[cfg(feature = \"on\")] a, |x: u8| {
        #[cfg(feature = \"off\")]
        off!();
        #[cfg(all(feature = \"on\", unix))]
        on!();
    });
    let S { #[cfg(feature = \"off\")] a, b, .. } = s;
    if cfg!(any(feature = \"off\", windows)) {}
    x
}
extern \"C\" {
    #[cfg(feature = \"off\")]
    fn off();
    fn g();
}
",
        &["dep::T", "dep::f"],
        expect![[r#"
            //- lib.rs
            pub trait T {
                /// Docs.
                fn on(&self) -> u8 {
                    { 1 }
                }
            }
            pub fn f<B>(mut x: B) -> B {
                // Why.
                let a = [2];
                g(a, |x: u8| {
                    #[cfg(unix)]
                    on!();
                });
                let S { b, .. } = s;
                if cfg!(windows) {}
                x
            }
        "#]],
    );
}

#[test]
fn other_targets_are_kept_with_what_they_name() {
    check(
        "
mod imp;
pub use imp::start;
pub fn unrelated() {}
//- imp.rs
use crate::unrelated;
#[cfg(windows)]
use windows_sys::Win32::{Sleep, Other};
#[cfg(windows)]
use std::os::windows::io::AsRawHandle;
/// Starts.
pub fn start() {
    now();
    #[cfg(windows)]
    only_windows(2);
    #[cfg(windows)]
    { let t = Timer::make(); t.stop(); }
}
#[cfg(unix)]
fn now() { clock() }
#[cfg(unix)]
fn clock() {}
#[cfg(windows)]
fn now() { ticks(); Sleep(1) }
#[cfg(windows)]
fn ticks() {}
#[cfg(windows)]
fn not_needed() {}
#[cfg(all(windows, feature = \"off\"))]
fn now() {}
fn only_windows(x: u8) { helper(x) }
fn helper(x: u8) {}
fn not_needed_either() {}
struct Timer;
impl Timer { fn make() -> Self { Timer } fn stop(&self) {} fn other(&self) {} }
",
        &["dep::start"],
        expect![[r#"
            //- lib.rs
            mod imp;
            pub use imp::start;
            //- imp.rs
            #[cfg(windows)]
            use windows_sys::Win32::{Sleep, Other};
            #[cfg(windows)]
            use std::os::windows::io::AsRawHandle;
            /// Starts.
            pub fn start() {
                now();
                #[cfg(windows)]
                only_windows(2);
                #[cfg(windows)]
                { let t = Timer::make(); t.stop(); }
            }
            #[cfg(unix)]
            fn now() { clock() }
            #[cfg(unix)]
            fn clock() {}
            #[cfg(windows)]
            fn now() { ticks(); Sleep(1) }
            #[cfg(windows)]
            fn ticks() {}
            fn only_windows(x: u8) { helper(x) }
            fn helper(x: u8) {}
            struct Timer;
            impl Timer { fn make() -> Self { Timer } fn stop(&self) {} }
        "#]],
    );
}

#[test]
fn files_of_other_targets() {
    check(
        "
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;
#[cfg(target_os = \"wasi\")]
#[path = \"odd/wasi_imp.rs\"]
mod wasi;
#[cfg(unix)]
use unix as imp;
#[cfg(windows)]
use windows as imp;
#[cfg(target_os = \"wasi\")]
use self::wasi as imp;
pub fn start() { imp::now() }
fn shared() {}
//- unix.rs
pub fn now() {}
pub fn later() {}
//- windows.rs
use super::shared;
pub fn now() { shared() }
pub fn later() {}
//- odd/wasi_imp.rs
pub fn now() {}
",
        &["dep::start"],
        expect![[r#"
            //- lib.rs
            #[cfg(unix)]
            mod unix;
            #[cfg(windows)]
            mod windows;
            #[cfg(target_os = "wasi")]
            #[path = "odd/wasi_imp.rs"]
            mod wasi;
            #[cfg(unix)]
            use unix as imp;
            #[cfg(windows)]
            use windows as imp;
            #[cfg(target_os = "wasi")]
            use self::wasi as imp;
            pub fn start() { imp::now() }
            fn shared() {}
            //- unix.rs
            pub fn now() {}
            //- windows.rs
            use super::shared;
            pub fn now() { shared() }
            //- odd/wasi_imp.rs
            pub fn now() {}
        "#]],
    );
}

#[test]
fn globs_of_other_targets() {
    check(
        "
mod sys {
    #[cfg(unix)]
    pub use self::unix::*;
    #[cfg(windows)]
    pub use self::windows::*;
    #[cfg(unix)]
    mod unix { pub fn now() {} pub fn later() {} }
    #[cfg(windows)]
    mod windows { pub fn now() { inner() } fn inner() {} pub fn later() {} }
}
pub fn start() { sys::now() }
",
        &["dep::start"],
        expect![[r#"
            //- lib.rs
            mod sys {
                #[cfg(unix)]
                pub use self::unix::*;
                #[cfg(windows)]
                pub use self::windows::*;
                #[cfg(unix)]
                mod unix { pub fn now() {} }
                #[cfg(windows)]
                mod windows { pub fn now() { inner() } fn inner() {} }
            }
            pub fn start() { sys::now() }
        "#]],
    );
}

#[test]
fn token_trees_of_macros() {
    check(
        "
macro_rules! cfg_if { ($($t:tt)*) => {} }
cfg_if! {
    if #[cfg(feature = \"off\")] {
        mod off;
        pub fn now() { off_only() }
    } else if #[cfg(windows)] {
        mod windows;
        pub fn now() { windows_only() }
    } else if #[cfg(all(unix, feature = \"on\"))] {
        pub fn now() { unix_only() }
    } else {
        pub fn now() {}
    }
}
fn off_only() {}
fn windows_only() {}
fn unix_only() {}
fn no_one() {}
pub fn start() { now() }
//- windows.rs
pub fn x() {}
",
        &["dep::start"],
        expect![[r#"
            //- lib.rs
            macro_rules! cfg_if { ($($t:tt)*) => {} }
            cfg_if! {
                if #[cfg(any())] {
                    mod off;
                    pub fn now() { off_only() }
                } else if #[cfg(windows)] {
                    mod windows;
                    pub fn now() { windows_only() }
                } else if #[cfg(unix)] {
                    pub fn now() { unix_only() }
                } else {
                    pub fn now() {}
                }
            }
            fn off_only() {}
            fn windows_only() {}
            fn unix_only() {}
            pub fn start() { now() }
            //- windows.rs
        "#]],
    );
}

#[test]
fn impls_for_other_targets() {
    check(
        "
pub struct File;
impl File {
    pub fn open() -> Self { Self::raw() }
    #[cfg(unix)]
    fn raw() -> Self { File }
    #[cfg(windows)]
    fn raw() -> Self { File }
    #[cfg(windows)]
    fn unneeded() -> Self { File }
}
#[cfg(windows)]
impl File { fn also_raw() {} }
#[cfg(unix)]
impl AsRaw for File { fn raw(&self) { /* reached */ } }
#[cfg(windows)]
impl AsRaw for File { fn raw(&self) {} }
#[cfg(windows)]
impl AsHandle for File { fn handle(&self) {} }
#[cfg(windows)]
unsafe impl Send for File {}
",
        &["dep::File::open"],
        expect![[r#"
            //- lib.rs
            pub struct File;
            impl File {
                pub fn open() -> Self { Self::raw() }
                #[cfg(unix)]
                fn raw() -> Self { File }
                #[cfg(windows)]
                fn raw() -> Self { File }
            }
            #[cfg(unix)]
            impl AsRaw for File { fn raw(&self) { /* reached */ } }
            #[cfg(windows)]
            impl AsRaw for File { fn raw(&self) {} }
            #[cfg(windows)]
            unsafe impl Send for File {}
        "#]],
    );
}
