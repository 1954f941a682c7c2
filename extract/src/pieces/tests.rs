//! Pieces of texts, shown with their bytes.

use std::fmt::Write as _;

use expect_test::{Expect, expect};

use super::*;

/// Each piece as `⟦kind name|text⟧`, the rest as it is.
fn check(text: &str, expected: Expect) {
    let cut = cut(text).map_err(|why| why.what).unwrap();
    tiles(text, &cut);
    let mut marks: Vec<(u32, u8, String)> = Vec::new();
    for piece in &cut.pieces {
        let mut open = format!("⟦{:?}", piece.kind);
        if let Some(name) = &piece.name {
            let _ = write!(open, " {name}");
        }
        marks.push((piece.span.start, 1, open + "|"));
        marks.push((piece.span.end, 0, "⟧".into()));
    }
    marks.sort_by_key(|mark| (mark.0, mark.1));
    let mut out = String::new();
    let mut at = 0;
    for (offset, _, mark) in marks {
        out += &text[at..offset as usize];
        out += &mark;
        at = offset as usize;
    }
    out += &text[at..];
    expected.assert_eq(&out.replace('\r', ""));
}

/// Pieces of one container never overlap, and hold their own tokens and those within.
fn tiles(text: &str, cut: &Cut) {
    for (index, piece) in cut.pieces.iter().enumerate() {
        assert!(piece.span.start <= piece.tokens.start && piece.tokens.end <= piece.span.end);
        assert!(
            text.get(piece.span.start as usize..piece.span.end as usize)
                .is_some()
        );
        if let Some(parent) = piece.parent {
            let parent = &cut.pieces[parent];
            assert!(parent.tokens.start <= piece.span.start);
            assert!(piece.span.end <= parent.tokens.end);
        }
        let before = cut.pieces[..index].iter().rev();
        if let Some(before) = before.clone().find(|before| before.parent == piece.parent) {
            assert!(before.span.end <= piece.span.start, "{:?}", piece.name);
        }
    }
}

#[test]
fn comments_belong_to_what_they_are_next_to() {
    check(
        "// Copyright of the file\nfn a() {} // a's\n\n// floats\n\n// b's\n/* too */\n#[inline]\n/// Docs.\nfn b() {}\n// c's\nfn c() {} /* d's */ fn d() {}\n// the end\n",
        expect![[r#"
            // Copyright of the file
            ⟦Function a|fn a() {} // a's
            ⟧
            // floats
            ⟦Function b|
            // b's
            /* too */
            #[inline]
            /// Docs.
            fn b() {}
            ⟧⟦Function c|// c's
            fn c() {}⟧⟦Function d| /* d's */ fn d() {}
            ⟧// the end
        "#]],
    );
}

#[test]
fn modules_and_inherent_impls_have_pieces_within() {
    check(
        "#![no_std] // inner\nmod m { // m's\n    //! Docs.\n\n    pub fn f() {}\n\n    impl S { fn a(&self) {} fn b(&self) {} }\n}\nimpl S {\n    const A: u8 = 1;\n\n    // b's\n    fn b() {}\n    make!(x);\n}\nimpl T for S { fn t() {} }\n",
        expect![[r#"
            #![no_std] // inner
            ⟦Module m|mod m { // m's
                //! Docs.
            ⟦Function f|
                pub fn f() {}
            ⟧⟦InherentImpl|
                impl S {⟦Function a| fn a(&self) {}⟧⟦Function b| fn b(&self) {}⟧ }
            ⟧}
            ⟧⟦InherentImpl|impl S {
            ⟦Const A|    const A: u8 = 1;
            ⟧⟦Function b|
                // b's
                fn b() {}
            ⟧⟦MacroCall|    make!(x);
            ⟧}
            ⟧⟦TraitImpl|impl T for S {⟦Function t| fn t() {}⟧ }
            ⟧"#]],
    );
}

#[test]
fn marks_and_lines_before_the_tokens() {
    check(
        "\u{feff}#!/usr/bin/env run\n// ö\nuse a::b;\r\nextern crate c as d;\r\nmacro_rules! m { () => {} }\r\npub macro n($x:expr) { $x }\r\nextern \"C\" { fn f(); }",
        expect![[r#"
            ﻿#!/usr/bin/env run
            ⟦Use|// ö
            use a::b;
            ⟧⟦ExternCrate d|extern crate c as d;
            ⟧⟦Macro m|macro_rules! m { () => {} }
            ⟧⟦Macro n|pub macro n($x:expr) { $x }
            ⟧⟦ForeignBlock|extern "C" { fn f(); }⟧"#]],
    );
}

#[test]
fn no_rust_is_an_error_with_its_line() {
    let NotCut { line, .. } = cut("fn a() {}\n\nfn b( {}\n").map(|_| ()).unwrap_err();
    assert_eq!(line, 3);
    let deep = format!("const A: u8 = {}1{};", "(".repeat(5000), ")".repeat(5000));
    assert!(
        cut(&deep)
            .map(|_| ())
            .unwrap_err()
            .what
            .contains("brackets")
    );
}

#[test]
fn of_traits_what_they_provide_and_of_their_impls_the_functions() {
    check(
        "trait T {\n    //! Docs.\n    type A;\n    fn a();\n\n    // b's\n    fn b() {} // too\n    m!();\n    fn c() {}\n}\nimpl T for u8 {\n    type A = ();\n    fn a() {}\n    m!();\n    fn c() {} }\n",
        expect![[r#"
            ⟦Trait T|trait T {
                //! Docs.
                type A;
                fn a();
            ⟦Function b|
                // b's
                fn b() {} // too
            ⟧    m!();
            ⟦Function c|    fn c() {}
            ⟧}
            ⟧⟦TraitImpl|impl T for u8 {
                type A = ();
            ⟦Function a|    fn a() {}
            ⟧    m!();
            ⟦Function c|    fn c() {}⟧ }
            ⟧"#]],
    );
}
