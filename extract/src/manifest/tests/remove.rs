//! A dependency out of a manifest, and what named it.

use expect_test::{Expect, expect};

use super::*;

fn removed(before: &str, expected: Expect) {
    let names = names();
    let after = remove(before, &dependency(&names)).unwrap();
    Document::parse(after.as_str()).unwrap();
    expected.assert_eq(&changes(before, &after));
    // The same with the other line ends, which all stay.
    let crlf = before.replace('\n', "\r\n");
    let after_crlf = remove(&crlf, &dependency(&names)).unwrap();
    assert_eq!(after_crlf, after.replace('\n', "\r\n"));
}

#[test]
fn every_section_and_spelling() {
    removed(
        r#"[package]
name = "app"

# What it needs.
[dependencies]
# for a
a = "1"
# dep parses
dep = "1.0" # the first
# and b
b = { version = "2" }

[dev-dependencies]
dep = { version = "1.0", features = [
    "test", # for tests
] }
x = "1"

[build-dependencies.dep]
version = "1"
features = ["build"]

[target.'cfg(unix)'.dependencies]
dep.version = "1"
dep.features = ["unix"]
libc = "1"

[profile.dev]
debug = 1
"#,
        expect![[r#"
            -# dep parses
            -dep = "1.0" # the first
            -dep = { version = "1.0", features = [
            -    "test", # for tests
            -] }
            -[build-dependencies.dep]
            -version = "1"
            -features = ["build"]
            -
            -dep.version = "1"
            -dep.features = ["unix"]
        "#]],
    );
}

#[test]
fn tables_that_become_empty_go_unless_a_comment_is_left() {
    removed(
        r#"[dependencies]
dep = "1"

[target.'cfg(windows)'.dependencies]
dep = "1"

[dev-dependencies]
# about nothing in particular
dep = "1"

[build-dependencies]

[target.x.build-dependencies]
dep = "1"
"#,
        expect![[r#"
            -[dependencies]
            -dep = "1"
            -
            -[target.'cfg(windows)'.dependencies]
            -dep = "1"
            -
            -dep = "1"
            -
            -[target.x.build-dependencies]
            -dep = "1"
        "#]],
    );
}

#[test]
fn comments_in_its_own_table_go() {
    removed(
        "[package]\nname = \"x\"\n\n# Words.\n[dependencies.dep]\n# why\nversion = \"1\"\n\n# so\n\
         optional = false\n# the end\n\n[dependencies.other]\nversion = \"1\"\n",
        expect![[r##"
            -[dependencies.dep]
            -# why
            -version = "1"
            -
            -# so
            -optional = false
            -# the end
            -
        "##]],
    );
    // The only table: what stands above it is about it.
    removed(
        "[package]\nname = \"x\"\n\n# Words.\n[dependencies.dep]\nversion = \"1\"\n\n[workspace]\n",
        expect![[r##"
            -# Words.
            -[dependencies.dep]
            -version = "1"
            -
        "##]],
    );
}

#[test]
fn a_comment_of_a_single_line_goes() {
    removed(
        "[dependencies]\n# one\na = \"1\"\n# two\ndep = \"1\"\n# three\nb = \"1\"\n",
        expect![[r#"
            -# two
            -dep = "1"
        "#]],
    );
    removed(
        "[dependencies]\n# all of them\ndep = \"1\"\na = \"1\"\n",
        expect![[r#"
            -dep = "1"
        "#]],
    );
}

#[test]
fn comments_about_others_stay() {
    removed(
        r#"[dependencies]
# dep and a belong together
dep = "1"
a = "1"
# second group
# of dep-like things
dep-extra = "1"
"#,
        expect![[r#"
            -dep = "1"
        "#]],
    );
}

#[test]
fn renamed_and_of_another_version() {
    let before = r#"[dependencies]
dep = "2"
old-dep = { package = "dep", version = "1" }
dep2 = { package = "other", version = "1" }

[features]
f = ["old-dep/g", "dep/h"]
"#;
    let names = vec!["old_dep".to_owned()];
    let after = remove(before, &dependency(&names)).unwrap();
    expect![[r#"
        -old-dep = { package = "dep", version = "1" }
        -f = ["old-dep/g", "dep/h"]
        +f = ["dep/h"]
    "#]]
    .assert_eq(&changes(before, &after));
    let names = vec!["dep2".to_owned()];
    assert_eq!(
        remove(before, &dependency(&names)),
        Err(ManifestError::NotDeclared("dep".to_owned()))
    );
}

#[test]
fn inherited_dependencies() {
    removed(
        "[dependencies]\ndep.workspace = true\na = \"1\"\n",
        expect![[r#"
            -dep.workspace = true
        "#]],
    );
    removed(
        "[dependencies]\na = \"1\"\ndep = { workspace = true, features = [\"f\"] }\n",
        expect![[r#"
            -dep = { workspace = true, features = ["f"] }
        "#]],
    );
    let root = "[workspace]\nmembers = [\"a\"]\n\n[workspace.dependencies]\ndep = \"1\"\n";
    let after = remove_shared(root, "dep").unwrap();
    expect![[r#"
        -
        -[workspace.dependencies]
        -dep = "1"
    "#]]
    .assert_eq(&changes(root, &after));
    assert_eq!(remove_shared(root, "none").unwrap(), root);
    assert!(inherits("[dev-dependencies]\ndep.workspace = true\n", "dep").unwrap());
    assert!(!inherits("[dependencies]\ndep = \"1\"\n", "dep").unwrap());
}

#[test]
fn implicit_features_become_explicit() {
    removed(
        r#"[dependencies]
dep = { version = "1", optional = true }

[features]
default = ["a"]
a = []
fast = ["dep/simd", "dep?/x"]
full = ["dep", "fast"]

[[bin]]
name = "b"
required-features = ["dep/simd", "a"]

[package.metadata.docs.rs]
features = ["dep/simd"]
"#,
        expect![[r#"
            -[dependencies]
            -dep = { version = "1", optional = true }
            -
            -fast = ["dep/simd", "dep?/x"]
            +dep = []
            +fast = ["dep"]
            -required-features = ["dep/simd", "a"]
            +required-features = ["dep", "a"]
        "#]],
    );
    removed(
        "[dependencies]\na = \"1\"\ndep = { version = \"1\", optional = true }\n",
        expect![[r#"
            -dep = { version = "1", optional = true }
            +
            +[features]
            +dep = []
        "#]],
    );
}

#[test]
fn features_that_named_it_stay() {
    removed(
        r#"[dependencies]
a = "1"

[dependencies.dep]
version = "1"
optional = true

[features]
parse = [
    # the parser
    "dep:dep",
    "a/std",
]
dep = ["dep:dep"]
weak = ["dep?/std"]
"#,
        expect![[r#"
            -[dependencies.dep]
            -version = "1"
            -optional = true
            -
            -    "dep:dep",
            -dep = ["dep:dep"]
            -weak = ["dep?/std"]
            +dep = []
            +weak = []
        "#]],
    );
    // It is not optional: nothing but its own feature is meant.
    removed(
        "[dependencies]\ndep = \"1\"\na = \"1\"\n\n[features]\nf = [\"dep/std\", \"a/std\"]\n",
        expect![[r#"
            -dep = "1"
            -f = ["dep/std", "a/std"]
            +f = ["a/std"]
        "#]],
    );
}

#[test]
fn inline_sections() {
    removed(
        "dependencies = { a = \"1\", dep = \"1\", b.version = \"1\" }\nfeatures = { f = [\"dep/x\"] }\n",
        expect![[r#"
            -dependencies = { a = "1", dep = "1", b.version = "1" }
            -features = { f = ["dep/x"] }
            +dependencies = { a = "1", b.version = "1" }
            +features = { f = [] }
        "#]],
    );
}

#[test]
fn patches_of_what_nobody_needs_any_more() {
    let patched = |text: &str| changes(text, &remove_patch(text, "dep").unwrap());
    let text = "\
[package]
name = \"x\"

[patch.crates-io]
a = { path = \"a\" }
# until dep is released
dep = { git = \"https://example.org/dep\" }

[patch.\"https://example.org/x\"]
other = { path = \"x\" }
";
    expect![[r#"
        -# until dep is released
        -dep = { git = "https://example.org/dep" }
    "#]]
    .assert_eq(&patched(text));
    expect![[r#"
        -[patch.crates-io]
        -x = { package = "dep", path = "dep" }
        -
    "#]]
    .assert_eq(&patched(
        "[patch.crates-io]\nx = { package = \"dep\", path = \"dep\" }\n\n[lib]\n",
    ));
    // Which of two is idle is not said here.
    let two = "[patch.a]\ndep = { path = \"a\" }\n[patch.b]\ndep = { path = \"b\" }\n";
    expect![""].assert_eq(&patched(two));
}
