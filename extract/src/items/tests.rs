//! What counts of an item, and what the formatter may change.

use expect_test::{Expect, expect};

use super::*;

fn listed(text: &str) -> Vec<Item> {
    items(text, "dep").unwrap()
}

fn check(text: &str, expect: Expect) {
    let lines: Vec<String> = listed(text)
        .iter()
        .map(|item| format!("{}: {} {}", item.line, item.kind.as_str(), item.path))
        .collect();
    expect.assert_eq(&lines.join("\n"));
}

#[track_caller]
fn same(a: &str, b: &str) {
    let of = |text: &str| {
        let mut all: Vec<(Kind, String, Hash)> = listed(text)
            .into_iter()
            .map(|item| (item.kind, item.path, item.hash))
            .collect();
        all.sort();
        all
    };
    assert_eq!(of(a), of(b));
}

#[track_caller]
fn differ(a: &str, b: &str) {
    let of = |text: &str| -> Vec<Hash> { listed(text).into_iter().map(|item| item.hash).collect() };
    assert_ne!(of(a), of(b));
}

#[test]
fn down_to_methods_and_leaves() {
    check(
        "#!shebang\n//! Docs.\n#![allow(x)]\nuse std::{fmt::{self, Write as W}, io::*};\n/// S.\npub struct S;\n\
         impl<T> Tr<T> for S<T> { const A: u8 = 1;\n fn f() {} m!(); }\nimpl S { fn g(&self) {} }\n\
         mod m { fn h() {} }\nmod n;\nmacro_rules! mac { () => {} }\nmac!();\nextern crate alloc;\nextern \"C\" {}",
        expect![[r#"
            2: attributes dep
            4: use dep: std::fmt::{self}
            4: use dep: std::fmt::Write as W
            4: use dep: std::io::*
            5: struct dep::S
            7: impl <dep::S<T> as Tr<T>>
            7: const <dep::S<T> as Tr<T>>::A
            8: fn <dep::S<T> as Tr<T>>::f
            8: call <dep::S<T> as Tr<T>>::m!
            9: impl dep::S
            9: fn dep::S::g
            10: mod dep::m
            10: fn dep::m::h
            11: mod dep::n
            12: macro dep::mac
            13: call dep::mac!
            14: extern-crate dep::alloc
            15: foreign dep::extern"#]],
    );
}

#[test]
fn what_the_formatter_does() {
    same(
        "fn f() { g(a, b,); (x,); [1, 2,]; S { a, b, } }",
        "fn f() { g(a, b); (x,); [1, 2]; S { a, b } }",
    );
    same("fn f() { g(\n a,\n) }", "fn f() { g(a) }");
    same(
        "fn f() { match x { A => { g() } B => h(), } }",
        "fn f() { match x { A => g(), B => { h() } } }",
    );
    same(
        "fn f() { match x { | A | B => return, C => { return; } } }",
        "fn f() { match x { A | B => { return } C => return } }",
    );
    same(
        "fn f() { a.map(|x| { x + 1 }) }",
        "fn f() { a.map(|x| x + 1) }",
    );
    same("fn f() { ((x)) }", "fn f() { (x) }");
    same("fn f() { return 1 }", "fn f() { return 1; }");
    same("fn f() { ;; a(); ; }", "fn f() { a(); }");
    same(
        "#[derive(A)] #[derive(B, C)] struct S<>;",
        "#[derive(A, B, C,)] struct S;",
    );
    same("extern fn f() {}", "extern \"C\" fn f() {}");
    same("fn f<T,>() where T: X, {}", "fn f<T>() where T: X {}");
    same("use b::{d, c}; use a;", "use a; use b::c; use b::d;");
    same(
        "fn f() { use b; use a::{d, c}; x() }",
        "fn f() { use a::{c, d}; use b; x() }",
    );
    same("mod b; mod a;", "mod a; mod b;");
    same("/** A\n  * b\n */ struct S;", "/** A\n * b\n */\nstruct S;");
    same("fn f() { m!(a,b=&c,) }", "fn f() { m!(a, b = &c) }");
    same("fn f() { a // comment\n }", "fn f() { a }");
}

#[test]
fn what_it_does_not_do() {
    differ("fn f() { (x,) }", "fn f() { (x) }");
    differ("fn f() { return (x,); }", "fn f() { return (x); }");
    differ(
        "fn f() { if a { b(); } c(); }",
        "fn f() { if a { b(); c(); } }",
    );
    differ(
        "fn f() { match x { A => unsafe { g() } } }",
        "fn f() { match x { A => g() } }",
    );
    differ("fn f() { a && b }", "fn f() { a & &b }");
    differ("fn f() { m!(a && b) }", "fn f() { m!(a & &b) }");
    differ("fn f() { g(a) }", "fn f() { g(a); }");
    differ("pub use a;", "use a;");
    differ("use a::{self};", "use a;");
    differ("#[cfg(x)] use a::{b, c};", "#[cfg(x)] use a::b; use a::c;");
    differ("/// A\nfn f() {}", "/// B\nfn f() {}");
    differ("fn f() { \"a  b\" }", "fn f() { \"a b\" }");
    differ("fn f() { (a, {b}) }", "fn f() { (a {b}) }");
    differ("#![no_std]", "");
    differ("fn f() { 'a: { x } }", "fn f() { { x } }");
}

#[test]
fn deep_text_is_no_program() {
    let deep = format!("fn f() {{ {}{} }}", "(".repeat(5000), ")".repeat(5000));
    assert!(items(&deep, "dep").is_err());
    let run = format!("fn f() {{ {}x }}", "!".repeat(50_000));
    assert!(items(&run, "dep").is_err());
    let sum = format!("fn f() {{ a{} }}", " + a".repeat(100_000));
    assert!(items(&sum, "dep").is_err());
    let chain = format!("fn f() {{ if a {{}}{} }}", " else if a {}".repeat(100_000));
    assert!(items(&chain, "dep").is_err());
}

#[test]
fn spans_are_bytes_of_the_text() {
    let text = "\u{feff}#!x\n// ä\n/// Ö\nfn f() {}\n";
    let item = &listed(text)[0];
    assert_eq!(
        &text[item.span.start as usize..item.span.end as usize],
        "/// Ö\nfn f() {}"
    );
    assert_eq!(item.line, 3);
}

#[test]
fn methods_that_a_trait_provides_are_items() {
    check(
        "trait T {\n type A;\n fn a();\n fn b() {}\n /// Docs.\n fn c() {} }\n#[cfg(x)]\ntrait T { fn b() {} }",
        expect![[r#"
            1: trait dep::T
            4: fn dep::T::b
            5: fn dep::T::c
            7: trait dep::T#2
            8: fn dep::T#2::b"#]],
    );
    // Without one it is the same trait.
    let of_trait = |text: &str| listed(text)[0].hash.clone();
    assert_eq!(
        of_trait("trait T { fn a(); fn b() {} }"),
        of_trait("trait T { fn a(); }")
    );
    assert_ne!(
        of_trait("trait T { fn a(); fn b(); }"),
        of_trait("trait T { fn a(); }")
    );
    same(
        "trait T { fn b() { (1) } }",
        "trait T {\n fn b() { (1) }\n}",
    );
    differ("trait T { fn b() { 1 } }", "trait T { fn b() { 2 } }");
}
