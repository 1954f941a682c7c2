//! A slice as a whole, and any text.

use expect_test::expect;

use super::hazards::HAZARDS;
use super::*;

#[test]
fn what_is_cut_counts_for_nothing() {
    Case::new("mod a { fn f() { crate::g(); } }\n#[no_mangle] fn h() { crate::g(); }\nfn g() {}\n")
        .cut("#[no_mangle] fn h() { crate::g(); }\n")
        .check(expect![[r#"
            mod a { fn f() { crate::whittled::dep::g(); } }
            fn g() {}
        "#]]);
}

#[test]
fn a_package_without_std() {
    let mut case = Case::new("mod a { fn f() -> Vec<u8> { std::mem::take(x) } }");
    case.host.no_std = true;
    case.check(expect![[r#"
        mod a { fn f() -> Vec<u8> { std::mem::take(x) } }
        !!! host-no-std: /up/src/lib.rs:1: `Vec` in `a` needs std, and the package has `#![no_std]`
    "#]]);
    let mut case = Case::new("#![no_std]\nmod a { fn f() -> u8 { core::mem::take(x) } }");
    case.host.no_std = true;
    case.check(expect![[r#"
        mod a { fn f() -> u8 { core::mem::take(x) } }
    "#]]);
}

#[test]
fn as_a_crate_almost_all_stays() {
    let mut case = Case::new("#![no_std]\nuse crate::a;\nconst V: &str = env!(\"CARGO_PKG_VERSION\");\n#[macro_export] macro_rules! m { () => {} }\n")
        .env("CARGO_PKG_VERSION", "1.2.3");
    case.module = false;
    case.check(expect![[r##"
        #![no_std]
        use crate::a;
        const V: &str = env!("CARGO_PKG_VERSION");
        #[macro_export] macro_rules! m { () => {} }
    "##]]);
}

/// Texts with something taken out, doubled or put in are no reason to panic, and what comes out
/// of them is refused or can be read.
#[test]
fn any_text() {
    let all = [
        HAZARDS,
        "extern crate self as me; use me::{a, b as _}; ::me::x; pub(in crate::a) use {crate::m as n};",
        "#[macro_export] macro_rules! m { () => { $crate::a!(env!(\"CARGO_PKG_NAME\")) } } use crate::m;",
        "#![cfg_attr(x, deny(a), allow(b))] #[macro_use] extern crate alloc as b; mod c { b::x![] }",
        "#[serde(with = \"crate::a\")] struct S; #[doc = include_str!(\"../a\")] fn f() {}",
    ];
    let pieces = [
        "", "{", "}", "(", "\"", "'", "::", "crate", "$crate", "#![", "use ", "\u{f6}", ";", "!",
    ];
    let mut seed: usize = 1;
    let mut next = |below: usize| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below.max(1)
    };
    let mut read = 0;
    for round in 0..4000 {
        let text = all[round % all.len()];
        let at = next(text.len());
        let end = (at + next(6)).min(text.len());
        let mutated = format!(
            "{}{}{}",
            &text[..at],
            pieces[next(pieces.len())],
            &text[end..]
        );
        let mut case = Case::new(&mutated).env("CARGO_PKG_NAME", "dep");
        case.upstream.edition = if next(2) == 0 { 2015 } else { 2021 };
        case.host.forbids_unsafe = true;
        let out = case.run();
        let unreadable = |refusal: &Refusal| refusal.reason == Reason::Unreadable;
        for file in &out.files {
            if out.refusals.iter().any(unreadable) {
                continue;
            }
            let text = apply(&mutated, &file.edits).unwrap();
            Lexed::new(&text).unwrap_or_else(|why| panic!("{why}: {mutated} became {text}"));
            read += 1;
        }
    }
    assert!(read > 1000, "{read}");
}
