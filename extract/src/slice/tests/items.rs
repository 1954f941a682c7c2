//! Functions, types, impls, modules, macros.

use expect_test::expect;

use super::check;

#[test]
fn functions_bring_what_they_mention() {
    check(
        "
//! Docs of the crate.

// Floats.

/// Kept.
// with its comment
pub fn a() -> u8 { b() } // and this

/// Not kept.
pub fn other() { c() }

fn b() -> u8 { LIMIT }
// c's
fn c() {}

const LIMIT: u8 = 1;
static UNUSED: u8 = 1;
",
        &["dep::a"],
        expect![[r#"
            //- lib.rs
            //! Docs of the crate.

            // Floats.

            /// Kept.
            // with its comment
            pub fn a() -> u8 { b() } // and this

            fn b() -> u8 { LIMIT }

            const LIMIT: u8 = 1;
        "#]],
    );
}

#[test]
fn methods_go_one_by_one() {
    check(
        "
#[derive(Debug)]
pub struct Queue<T> { items: Vec<T> }

impl<T> Queue<T> {
    /// New.
    pub fn new() -> Self { Self::with(0) }

    // with's
    fn with(n: usize) -> Self { todo!() }

    pub fn len(&self) -> usize { 0 } // len's

    pub fn clear(&mut self) { self.inner() }

    fn inner(&self) {}
}

impl<T> Queue<T> {
    pub fn alone(&self) {}
}
",
        &["dep::Queue::new", "dep::Queue"],
        expect![[r#"
            //- lib.rs
            #[derive(Debug)]
            pub struct Queue<T> { items: Vec<T> }

            impl<T> Queue<T> {
                /// New.
                pub fn new() -> Self { Self::with(0) }

                // with's
                fn with(n: usize) -> Self { todo!() }
            }
        "#]],
    );
}

#[test]
fn impls_of_traits_stay_whole_when_their_header_does() {
    check(
        "
pub trait Shape { fn area(&self) -> u8; fn name(&self) -> u8 { 1 } }
pub struct Round;
pub struct Square;
pub trait Other { fn other(&self); }
impl Shape for Round { fn area(&self) -> u8 { reached() } fn name(&self) -> u8 { 2 } }
impl Shape for Square { fn area(&self) -> u8 { reached() } }
impl Other for Round { fn other(&self) { reached() } }
impl Drop for Round { fn drop(&mut self) {} }
unsafe impl Send for Round {}
impl std::fmt::Display for Round { fn fmt(&self) {} }
fn reached() -> u8 { 3 }
",
        &["dep::Round", "dep::Shape"],
        expect![[r#"
            //- lib.rs
            pub trait Shape { fn area(&self) -> u8; fn name(&self) -> u8 { 1 } }
            pub struct Round;
            impl Shape for Round { fn area(&self) -> u8 { reached() } fn name(&self) -> u8 { 2 } }
            impl Drop for Round { fn drop(&mut self) {} }
            unsafe impl Send for Round {}
            fn reached() -> u8 { 3 }
        "#]],
    );
}

#[test]
fn the_arguments_of_a_generic_trait_count() {
    check(
        "
pub struct A;
pub struct B;
pub trait Into2<T> { fn into2(self) -> T; }
impl Into2<A> for u8 { fn into2(self) -> A { A /* reached */ } }
impl<T> Into2<T> for Vec<T> { fn into2(self) -> T { todo!() /* reached */ } }
",
        &["dep::B", "dep::Into2"],
        expect![[r#"
            //- lib.rs
            pub struct A;
            pub struct B;
            pub trait Into2<T> { fn into2(self) -> T; }
            impl Into2<A> for u8 { fn into2(self) -> A { A /* reached */ } }
            impl<T> Into2<T> for Vec<T> { fn into2(self) -> T { todo!() /* reached */ } }
        "#]],
    );
}

#[test]
fn modules_by_file_and_in_place() {
    check(
        "
pub mod a;
pub mod b;
mod inner {
    //! Inner docs.
    pub(super) fn f() {}
    pub(super) fn g() {}
}
pub fn start() { inner::f(); a::deep::h() }
//- a/mod.rs
//! Of a.

pub mod deep;
pub fn not() {}
//- a/deep.rs
pub fn h() {}
fn gone() {}
//- b.rs
pub fn gone() {}
",
        &["dep::start"],
        expect![[r#"
            //- lib.rs
            pub mod a;
            mod inner {
                //! Inner docs.
                pub(super) fn f() {}
            }
            pub fn start() { inner::f(); a::deep::h() }
            //- a/mod.rs
            //! Of a.

            pub mod deep;
            //- a/deep.rs
            pub fn h() {}
        "#]],
    );
}

#[test]
fn enums_and_types_stay_whole() {
    check(
        "
pub enum Kind { A(Payload), B { x: u8 }, C }
pub struct Payload { pub a: Inner, b: u8 }
struct Inner;
pub union Raw { a: u8, b: u16 }
type Alias = Kind;
pub struct Unused;
",
        &["dep::Kind"],
        expect![[r#"
            //- lib.rs
            pub enum Kind { A(Payload), B { x: u8 }, C }
            pub struct Payload { pub a: Inner, b: u8 }
            struct Inner;
        "#]],
    );
}

#[test]
fn macros_stay_with_their_callers_in_the_order_of_the_text() {
    check(
        "
#[macro_use]
mod macros;
mod after;
pub use after::start;
//- macros.rs
macro_rules! inner { () => { 1 } }
macro_rules! unused { () => { 2 } }
/// Docs.
#[macro_export]
macro_rules! outer { () => { $crate::inner!() } }
//- after.rs
pub fn start() -> u8 { outer!() }
make! { struct Made; }
pub fn with_made() -> Made { Made }
macro_rules! make { ($($t:tt)*) => { $($t)* } }
",
        &["dep::start"],
        expect![[r#"
            //- lib.rs
            #[macro_use]
            mod macros;
            mod after;
            pub use after::start;
            //- macros.rs
            macro_rules! inner { () => { 1 } }
            /// Docs.
            #[macro_export]
            macro_rules! outer { () => { $crate::inner!() } }
            //- after.rs
            pub fn start() -> u8 { outer!() }
        "#]],
    );
}

#[test]
fn a_call_stays_when_something_it_makes_does() {
    check(
        "
macro_rules! make { ($($t:tt)*) => { $($t)* } }
macro_rules! lost { ($($t:tt)*) => { $($t)* } }
// make's
make! { pub struct Made; fn other() {} }
lost! { pub struct Lost; }
pub fn with_made() -> Made { Made }
pub struct Holder;
impl Holder { make! { pub fn x(&self) {} } pub fn gone(&self) {} }
",
        &["dep::with_made"],
        expect![[r#"
            //- lib.rs
            macro_rules! make { ($($t:tt)*) => { $($t)* } }
            // make's
            make! { pub struct Made; fn other() {} }
            pub fn with_made() -> Made { Made }
        "#]],
    );
}
