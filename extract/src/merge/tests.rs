//! Merges of lines and of items.

use expect_test::{Expect, expect};

use super::*;

const LABELS: Labels<'_> = Labels {
    mine: "here",
    theirs: "dep 1.1.0",
};

fn check(base: &str, mine: &str, theirs: &str, expect: Expect) {
    let merged = merge(base, mine, theirs, "dep", &LABELS);
    expect.assert_eq(&format!("{}{}", merged.text, merged.conflicts));
}

#[test]
fn lines_of_one_side() {
    let base = "fn a() {}\n\nfn b() {\n    1;\n}\n\nfn c() {}\n";
    let mine = "fn a() {\n    0;\n}\n\nfn b() {\n    1;\n}\n\nfn c() {}\n";
    let theirs = "fn a() {}\n\nfn b() {\n    1;\n}\n\nfn c() {\n    3;\n}\n";
    check(
        base,
        mine,
        theirs,
        expect![[r#"
        fn a() {
            0;
        }

        fn b() {
            1;
        }

        fn c() {
            3;
        }
        0"#]],
    );
    assert_eq!(merge(base, base, theirs, "dep", &LABELS).text, theirs);
    assert_eq!(merge(base, mine, base, "dep", &LABELS).text, mine);
}

#[test]
fn both_changed_the_same_lines() {
    check(
        "fn a() {\n    1;\n}\nfn b() {}\n",
        "fn a() {\n    2;\n}\nfn b() {}\n",
        "fn a() {\n    3;\n}\nfn b() {}\n",
        expect![[r#"
            fn a() {
            <<<<<<< here
                2;
            =======
                3;
            >>>>>>> dep 1.1.0
            }
            fn b() {}
            1"#]],
    );
    // The same change twice is none.
    check(
        "fn a() { 1 }\nx!();\n",
        "fn a() { 2 }\nx!();\n",
        "fn a() { 2 }\ny!();\n",
        expect![[r#"
            fn a() { 2 }
            y!();
            0"#]],
    );
}

#[test]
fn a_file_that_was_only_formatted() {
    check(
        "// head 1\n\nfn a() { match x { 0 => { 1 } _ => 2 } }\nfn b() { g(1, 2,) }\n",
        "// head 1\n\nfn a() {\n    match x {\n        0 => 1,\n        _ => 2,\n    }\n}\nfn b() {\n    g(1, 2)\n}\n",
        "// head 2\n\nfn a() { match x { 0 => { 1 } _ => 3 } }\nfn b() { g(1, 2,) }\nfn c() {}\n",
        expect![[r#"
            // head 2

            fn a() { match x { 0 => { 1 } _ => 3 } }
            fn b() {
                g(1, 2)
            }
            fn c() {}
            0"#]],
    );
}

#[test]
fn items_come_and_go() {
    let base = "fn a() { 1 }\nfn b() { 1 }\n";
    // Upstream dropped one that is as it was, here one was added.
    check(
        base,
        "fn a()  { 1 }\nfn mine() {}\nfn b()  { 1 }\n",
        "fn a() { 2 }\n",
        expect![[r#"
            fn a() { 2 }
            fn mine() {}
            0"#]],
    );
    // Upstream dropped one that was changed here.
    check(
        base,
        "fn a() { 1 }\nfn b() { 9 }\n",
        "fn a() { 1 }\n",
        expect![[r#"
            fn a() { 1 }
            <<<<<<< here
            fn b() { 9 }
            =======
            >>>>>>> dep 1.1.0
            1"#]],
    );
}

#[test]
fn the_end_of_a_text_without_a_line_end() {
    let merged = merge_lines("a\nb", "a\nc", "a\nd", &LABELS);
    expect![[r#"
        a
        <<<<<<< here
        c
        =======
        d
        >>>>>>> dep 1.1.0
    "#]]
    .assert_eq(&merged.text);
    assert_eq!(merge_lines("", "a\n", "", &LABELS).text, "a\n");
}
