//! Paths: `crate`, the crate by name, other crates, the edition of 2015.

use expect_test::expect;

use super::*;

#[test]
fn paths_from_the_root() {
    check(
        r#"
use crate::{a, b::c as d};
use {crate::a, crate as me};
pub(crate) mod a { pub(in crate::a) fn f() -> crate::T { super::g::<crate::T>() } }
pub(crate) struct T; // crate::T
fn g() { let _ = "crate::T"; println!("{}", crate::a::f()); vec![crate::T]; }
macro_rules! m { ($e:expr) => { $crate::f($e, crate::g()) } }
"#,
        expect![[r#"

            use crate::whittled::dep::{a, b::c as d};
            use {crate::whittled::dep::a, crate::whittled::dep as me};
            pub(crate) mod a { pub(in crate::whittled::dep::a) fn f() -> crate::whittled::dep::T { super::g::<crate::whittled::dep::T>() } }
            pub(crate) struct T; // crate::T
            fn g() { let _ = "crate::T"; println!("{}", crate::whittled::dep::a::f()); vec![crate::whittled::dep::T]; }
            macro_rules! m { ($e:expr) => { $crate::whittled::dep::f($e, crate::whittled::dep::g()) } }
        "#]],
    );
}

#[test]
fn crate_as_one_token_of_a_macro() {
    check(
        "m!(crate); macro_rules! m { () => { n!($crate) } }",
        expect![[r#"
        m!(crate); macro_rules! m { () => { n!($crate) } }
        !!! bare-crate: /up/src/lib.rs:1: `$crate` names the crate where its path would be more than one token
        !!! bare-crate: /up/src/lib.rs:1: `crate` names the crate where its path would be more than one token
    "#]],
    );
}

#[test]
fn paths_in_strings_of_attributes() {
    check(
        r##"
#[serde(with = "crate::hex", bound = "T: crate::Trait", crate = "serde")]
#[error("see crate::f")]
#[doc = "see crate::f"]
struct S { #[serde(with = r#"crate::hex"#)] x: u32 }
"##,
        expect![[r##"

            #[serde(with = "crate::whittled::dep::hex", bound = "T: crate::whittled::dep::Trait", crate = "serde")]
            #[error("see crate::f")]
            #[doc = "see crate::f"]
            struct S { #[serde(with = r#"crate::whittled::dep::hex"#)] x: u32 }
        "##]],
    );
}

#[test]
fn the_crate_itself_by_name() {
    check(
        "extern crate self as me;\nuse me::a;\nfn f() { ::me::f(); me::g() }\n",
        expect![[r#"
            use crate::whittled::dep::a;
            fn f() { crate::whittled::dep::f(); crate::whittled::dep::g() }
        "#]],
    );
    check(
        "pub extern crate self as me;\nfn f() { crate::me::f() }\nmod n { use x as me; fn f() { me::f() } }\n",
        expect![[r#"
            pub use crate::whittled::dep as me;
            fn f() { crate::whittled::dep::me::f() }
            mod n { use x as me; fn f() { me::f() } }
            !!! self-alias: /up/src/lib.rs:3: `me` names the crate itself, and something else too
        "#]],
    );
}

#[test]
fn alloc_is_an_item_of_the_module() {
    Case::new("extern crate alloc;\nuse alloc::vec::Vec;\nmod a;\nmod b { use alloc::vec; }\nmacro_rules! m { () => { alloc::vec![] } }\n")
        .file("a.rs", &["a"], "use alloc::{alloc::{alloc, dealloc}, vec::Vec};\nuse ::alloc::rc;\nuse {alloc::a, std::b};\nfn f(x: &alloc::S) { x.alloc::<T>(); std::alloc::x(); }\nfn g() { use std::alloc; alloc::x() }\n")
        .check(expect![[r#"
            --- lib.rs
            extern crate alloc;
            use alloc::vec::Vec;
            mod a;
            mod b { use crate::whittled::dep::alloc::vec; }
            macro_rules! m { () => { crate::whittled::dep::alloc::vec![] } }
            --- a.rs
            use crate::whittled::dep::alloc::{alloc::{alloc, dealloc}, vec::Vec};
            use crate::whittled::dep::alloc::rc;
            use {crate::whittled::dep::alloc::a, std::b};
            fn f(x: &crate::whittled::dep::alloc::S) { x.alloc::<T>(); std::alloc::x(); }
            fn g() { use std::alloc; alloc::x() }
        "#]]);
}

#[test]
fn other_names_of_crates() {
    Case::new("extern crate core as std;\nextern crate foo as bar;\nextern crate libc;\nmod a;")
        .file(
            "a.rs",
            &["a"],
            "use std::fmt;\nuse bar::x;\nuse libc::y;\nfn f() { ::bar::z() }",
        )
        .check(expect![[r#"
            --- lib.rs
            extern crate core as std;
            extern crate foo as bar;
            extern crate libc;
            mod a;
            --- a.rs
            use crate::whittled::dep::std::fmt;
            use crate::whittled::dep::bar::x;
            use libc::y;
            fn f() { crate::whittled::dep::bar::z() }
        "#]]);
}

#[test]
fn crates_that_the_package_calls_otherwise() {
    let mut case = Case::new("extern crate rand;\nmod a;")
        .file("a.rs", &["a"], "use rand::x;\nuse a::rand::y;\nfn f() { rand::z(); x.rand::<T>() }\nmod b { mod rand; use rand::q; }");
    case.placement
        .renames
        .insert("rand".into(), "rand_07".into());
    case.check(expect![[r#"
        --- lib.rs
        extern crate rand_07 as rand;
        mod a;
        --- a.rs
        use crate::whittled::dep::rand::x;
        use a::rand::y;
        fn f() { crate::whittled::dep::rand::z(); x.rand::<T>() }
        mod b { mod rand; use rand::q; }
    "#]]);
}

#[test]
fn a_module_with_the_name_of_a_crate_of_the_package() {
    let mut case = Case::new("mod rand;\nuse rand::x;\nfn f() { rand::x() }");
    case.placement.host_crates.insert("rand".into());
    case.check(expect![[r#"
        mod rand;
        use self::rand::x;
        fn f() { rand::x() }
    "#]]);
}

#[test]
fn paths_of_2015() {
    Case::new("#[macro_use] extern crate log;\nextern crate alloc;\nmod a; mod b;\nuse a::x;\nfn f() { a::x(); ::b::y(); ::std::mem::drop(1); Vec::<u8>::new(); }")
        .file("a.rs", &["a"], "use b::{self, c};\nuse {a, std::fmt};\nuse ::{b, a::x};\nuse alloc::rc;\nuse nothing::x;\npub(in a) fn f() { self::x(); info!(\"\"); }\nmacro_rules! m { () => { debug!() } }")
        .file("b.rs", &["b"], "")
        .edition(2015)
        .check(expect![[r#"
            --- lib.rs
            extern crate log;
            extern crate alloc;
            mod a; mod b;
            use crate::whittled::dep::a::x;
            fn f() { a::x(); crate::whittled::dep::b::y(); ::std::mem::drop(1); Vec::<u8>::new(); }
            --- a.rs
            use crate::whittled::dep::b::{self, c};
            use {crate::whittled::dep::a, std::fmt};
            use {crate::whittled::dep::b, crate::whittled::dep::a::x};
            use crate::whittled::dep::alloc::rc;
            use nothing::x;
            pub(in crate::whittled::dep::a) fn f() { self::x(); ::log::info!(""); }
            macro_rules! m { () => { ::log::debug!() } }
            --- b.rs
            !!! edition-path: /up/src/a.rs:5: `nothing` is a path of the 2015 edition whose meaning is not plain
        "#]]);
}

#[test]
fn paths_of_2015_to_what_globs_and_macros_bring() {
    Case::new("mod a; mod b;\npub use b::*;")
        .file(
            "a.rs",
            &["a"],
            "fn f(x: ::c_int) -> ::Made { ::cold() }\nuse c_int;",
        )
        .file(
            "b.rs",
            &["b"],
            "pub type c_int = i32;\nmake! { pub struct Made(u8); }\n",
        )
        .edition(2015)
        .check(expect![[r#"
            --- lib.rs
            mod a; mod b;
            pub use crate::whittled::dep::b::*;
            --- a.rs
            fn f(x: crate::whittled::dep::c_int) -> crate::whittled::dep::Made { ::cold() }
            use crate::whittled::dep::c_int;
            --- b.rs
            pub type c_int = i32;
            make! { pub struct Made(u8); }
            !!! edition-path: /up/src/a.rs:1: `cold` is a path of the 2015 edition whose meaning is not plain
        "#]]);
}
