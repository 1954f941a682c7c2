//! Imports and re-exports.

use expect_test::expect;

use super::check;

#[test]
fn leaf_by_leaf() {
    check(
        "
pub mod a {
    use std::collections::{BTreeMap, HashMap as Map, BTreeSet};
    use std::fmt::{self, Write as _};
    use super::b::{self, one, two::{three, four}};
    use std::mem::swap;
    pub fn start(map: Map<u8, u8>) { one(); three(); b::five() }
    pub fn other(map: BTreeMap<u8, u8>) { four() }
}
pub mod traits {
    use super::c::{Called, Unkept};
    pub fn one(x: u8) { x.called() }
    pub fn two(x: impl Called + Unkept) {}
}
mod c {
    pub trait Called { fn called(&self); }
    impl Called for u8 { fn called(&self) { /* reached */ } }
    pub trait Unkept {}
}
pub mod b {
    pub fn one() {}
    pub fn five() {}
    pub mod two { pub fn three() {} pub fn four() {} }
}
",
        // What calls of methods are resolved through is not always known.
        &["dep::a::start", "dep::traits::one", "dep::c::Called"],
        expect![[r#"
            //- lib.rs
            pub mod a {
                use std::collections::{BTreeMap, HashMap as Map, BTreeSet};
                use std::fmt::{Write as _};
                use super::b::{self, one, two::{three}};
                pub fn start(map: Map<u8, u8>) { one(); three(); b::five() }
            }
            pub mod traits {
                use super::c::{Called};
                pub fn one(x: u8) { x.called() }
            }
            mod c {
                pub trait Called { fn called(&self); }
                impl Called for u8 { fn called(&self) { /* reached */ } }
            }
            pub mod b {
                pub fn one() {}
                pub fn five() {}
                pub mod two { pub fn three() {} }
            }
        "#]],
    );
}

#[test]
fn re_exports_that_are_gone_through() {
    check(
        "
mod imp;
mod other;
pub use crate::imp::{start, unused as renamed};
pub use other::*;
extern crate alloc;
extern crate core as unused_core;
//- imp.rs
use alloc::vec::Vec;
use crate::Shared;
pub fn start(x: Vec<Shared>) {}
pub fn unused() {}
//- other.rs
pub struct Shared;
pub struct NotShared;
",
        &["dep::start"],
        expect![[r#"
            //- lib.rs
            mod imp;
            mod other;
            pub use crate::imp::{start};
            pub use other::*;
            extern crate alloc;
            //- imp.rs
            use alloc::vec::Vec;
            use crate::Shared;
            pub fn start(x: Vec<Shared>) {}
            //- other.rs
            pub struct Shared;
        "#]],
    );
}

#[test]
fn globs_stay_with_what_they_bring() {
    check(
        "
mod prelude { pub use super::sys::*; pub use super::gone::*; pub use std::io::*; }
mod sys { pub fn now() {} pub fn later() {} }
mod gone { pub fn x() {} }
pub mod user { use crate::prelude::*; pub fn start() { now() } }
",
        &["dep::user::start"],
        expect![[r#"
            //- lib.rs
            mod prelude { pub use super::sys::*; }
            mod sys { pub fn now() {} }
            pub mod user { use crate::prelude::*; pub fn start() { now() } }
        "#]],
    );
}
