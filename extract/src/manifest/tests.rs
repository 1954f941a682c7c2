//! Manifests before and after, as text.

use camino::Utf8Path;
use expect_test::{Expect, expect};

use super::*;

/// The lines that differ, with a line around them; what stays is left out.
fn changes(before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (
        before.split_inclusive('\n').collect(),
        after.split_inclusive('\n').collect(),
    );
    // Longest common subsequence: manifests of tests are short.
    let mut table = vec![vec![0; new.len() + 1]; old.len() + 1];
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            table[i][j] = if a == b {
                table[i + 1][j + 1] + 1
            } else {
                table[i + 1][j].max(table[i][j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut out = String::new();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || table[i + 1][j] >= table[i][j + 1]) {
            out.extend(["-", old[i].trim_end(), "\n"]);
            i += 1;
        } else {
            out.extend(["+", new[j].trim_end(), "\n"]);
            j += 1;
        }
    }
    out
}

const NAMES: &[&str] = &["dep"];

fn dependency(names: &[String]) -> Dependency<'_> {
    Dependency {
        package: "dep",
        names,
    }
}

fn names() -> Vec<String> {
    NAMES.iter().map(|&name| name.to_owned()).collect()
}

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

fn normal() -> Section {
    Section {
        kind: Kind::Normal,
        target: None,
    }
}

fn wants(version: &str, features: &[&str]) -> Requirement {
    Requirement {
        version: Some(version.to_owned()),
        default_features: true,
        features: features.iter().map(|&it| it.to_owned()).collect(),
        ..Requirement::default()
    }
}

fn added(before: &str, key: &str, wants: &Requirement, expected: Expect) {
    let after = add(before, &normal(), key, wants).unwrap();
    Document::parse(after.as_str()).unwrap();
    expected.assert_eq(&changes(before, &after));
    assert_eq!(add(&after, &normal(), key, wants).unwrap(), after, "twice");
}

#[test]
fn new_dependencies_in_their_place() {
    let sorted = "[dependencies]\na = \"1\"\n# of d\nd = \"1\"\n\n[features]\n";
    added(
        sorted,
        "c",
        &wants("1.2", &[]),
        expect![[r#"
        +c = "1.2"
    "#]],
    );
    assert!(
        add(sorted, &normal(), "c", &wants("1", &[]))
            .unwrap()
            .contains("a = \"1\"\nc = ")
    );
    let unsorted = "[dependencies]\nd.version = \"1\"\nd.optional = true\na = \"1\"";
    let none = Requirement {
        package: Some("real".to_owned()),
        default_features: false,
        ..wants("1", &["x", "y"])
    };
    let after = add(unsorted, &normal(), "c", &none).unwrap();
    let line = r#"c = { version = "1", package = "real", default-features = false, features = ["x", "y"] }"#;
    assert_eq!(after, format!("{unsorted}\n{line}"));
    let section = Section {
        kind: Kind::Build,
        target: Some("cfg(windows)".to_owned()),
    };
    let after = add(sorted, &section, "w", &wants("1", &[])).unwrap();
    expect![[r#"
        +[target.'cfg(windows)'.build-dependencies]
        +w = "1"
        +
    "#]]
    .assert_eq(&changes(sorted, &after));
    added(
        "[package]\r\nname = \"a\"\r\n",
        "b",
        &wants("1", &[]),
        expect![[r#"
        +
        +[dependencies]
        +b = "1"
    "#]],
    );
    added(
        "dependencies = { a = \"1\" }\n",
        "b",
        &wants("1", &[]),
        expect![[r#"
        -dependencies = { a = "1" }
        +dependencies = { a = "1", b = "1" }
    "#]],
    );
}

#[test]
fn what_is_there_is_widened() {
    added(
        "[dependencies]\na = \"1\"\n",
        "a",
        &wants("1", &["x"]),
        expect![[r#"
        -a = "1"
        +a = { version = "1", features = ["x"] }
    "#]],
    );
    added(
        "[dependencies]\na = { version = \"1\", default-features = false, features = [\"y\"] }\n",
        "a",
        &wants("1", &["x", "y"]),
        expect![[r#"
            -a = { version = "1", default-features = false, features = ["y"] }
            +a = { version = "1", default-features = true, features = ["y", "x"] }
        "#]],
    );
    added(
        "[dependencies]\na.workspace = true\n",
        "a",
        &wants("1", &["x"]),
        expect![[r#"
        +a.features = ["x"]
    "#]],
    );
    added(
        "[dependencies.a]\nversion = \"1\"\n",
        "a",
        &wants("1", &["x"]),
        expect![[r#"
        +features = ["x"]
    "#]],
    );
    let taken = add(
        "[dependencies]\na = { package = \"b\", version = \"1\" }\n",
        &normal(),
        "a",
        &wants("1", &[]),
    );
    assert!(matches!(taken, Err(ManifestError::Taken { .. })));
    let optional = add(
        "[dependencies]\na = { version = \"1\", optional = true }\n",
        &normal(),
        "a",
        &wants("1", &[]),
    );
    assert_eq!(optional, Err(ManifestError::Optional("a".to_owned())));
}

fn redirected(before: &str, expected: Expect) {
    let names = names();
    let after = to_path(before, &dependency(&names), Utf8Path::new("whittled/dep")).unwrap();
    Document::parse(after.as_str()).unwrap();
    expected.assert_eq(&changes(before, &after));
    let crlf = before.replace('\n', "\r\n");
    let other = to_path(&crlf, &dependency(&names), Utf8Path::new("whittled/dep")).unwrap();
    assert_eq!(other, after.replace('\n', "\r\n"));
}

#[test]
fn a_path_in_place_of_a_version() {
    redirected(
        r#"[dependencies]
# c
dep = "1" # d
[dev-dependencies]
dep = { version = "1", package = "dep", features = ["x"] }
[build-dependencies.dep]
default-features = false
version = "1"
[target.x.dependencies]
dep.version = "1"
dep.optional = true
[features]
f = ["dep/std", "dep?/alloc"]
"#,
        expect![[r#"
            -dep = "1" # d
            +dep = { path = "whittled/dep" } # d
            -dep = { version = "1", package = "dep", features = ["x"] }
            +dep = { path = "whittled/dep", package = "dep" }
            -default-features = false
            -version = "1"
            +path = "whittled/dep"
            -dep.version = "1"
            +dep.path = "whittled/dep"
            -f = ["dep/std", "dep?/alloc"]
            +f = ["dep"]
        "#]],
    );
    redirected(
        "[dependencies]\ndep = { workspace = true, features = [\"x\"], optional = true }\n[features]\nf = [\"dep:dep\", \"dep/x\"]\n",
        expect![[r#"
            -dep = { workspace = true, features = ["x"], optional = true }
            +dep = { workspace = true, optional = true }
            -f = ["dep:dep", "dep/x"]
            +f = ["dep:dep"]
        "#]],
    );
    let root = "[workspace.dependencies]\ndep = { version = \"1\", features = [\"x\"] }\n";
    let after = shared_to_path(root, "dep", Utf8Path::new("whittled/dep")).unwrap();
    expect![[r#"
        -dep = { version = "1", features = ["x"] }
        +dep = { path = "whittled/dep" }
    "#]]
    .assert_eq(&changes(root, &after));
}

#[test]
fn a_manifest_of_its_own() {
    let package = NewPackage {
        name: "dep-x".to_owned(),
        version: "1.2.3".to_owned(),
        edition: "2018".to_owned(),
        description: Some("says \"hi\"".to_owned()),
        license: Some("MIT".to_owned()),
        lib_name: Some("depx".to_owned()),
        dependencies: vec![
            (normal(), "libc".to_owned(), wants("0.2", &[])),
            (
                Section {
                    kind: Kind::Normal,
                    target: Some("cfg(unix)".to_owned()),
                },
                "nix".to_owned(),
                wants("1", &["fs"]),
            ),
        ],
        ..NewPackage::default()
    };
    let text = new_package(&package);
    expect![[r#"
        [package]
        name = "dep-x"
        version = "1.2.3"
        edition = "2018"
        description = "says \"hi\""
        license = "MIT"
        publish = false
        autobins = false
        autoexamples = false
        autotests = false
        autobenches = false

        [lib]
        name = "depx"
        doctest = false

        [dependencies]
        libc = "0.2"

        [target.'cfg(unix)'.dependencies]
        nix = { version = "1", features = ["fs"] }
    "#]]
    .assert_eq(&text);
    let back = requirements(&text, "nix").unwrap();
    assert_eq!(back, package.dependencies[1..]);
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

#[test]
fn lints_of_foreign_code() {
    let allows = ["dead_code", "clippy::all"].map(str::to_owned);
    expect![[r#"

        [lints.rust]
        dead_code = "allow"

        [lints.clippy]
        all = "allow"
        pedantic = "allow"
        nursery = "allow"
        restriction = "allow"
    "#]]
    .assert_eq(&lints(&allows.into_iter().collect()));
}

#[test]
fn features_for_the_build_script() {
    let features = ["default", "std", "a+b"].map(str::to_owned);
    let mut package = NewPackage {
        name: "dep".to_owned(),
        version: "1.2.3".to_owned(),
        edition: "2018".to_owned(),
        features: features.into_iter().collect(),
        ..NewPackage::default()
    };
    let without = new_package(&package);
    package.build = Some("make.rs".into());
    expect![[r#"
        +build = "make.rs"
        +
        +[features]
        +default = ["a+b", "std"]
        +"a+b" = []
        +std = []
    "#]]
    .assert_eq(&changes(&without, &new_package(&package)));
}

#[test]
fn folders_of_path_dependencies() {
    let text = "[dependencies]\na = { path = \"../a\" }\nb = \"1\"\n[target.x.dev-dependencies.c]\npath = \"c\"\n[workspace.dependencies]\nd.path = \"d\"\n[patch.crates-io]\ne = { path = \"/e\" }\n";
    assert_eq!(paths(text).unwrap(), ["../a", "c", "d", "/e"]);
}

#[test]
fn what_is_declared() {
    let text = "[dependencies]\ndep = { path = \"../dep\", optional = true }\n[target.x.dev-dependencies]\ndep.workspace = true\n";
    let names = names();
    let found = declared(text, &dependency(&names)).unwrap();
    assert_eq!(found.len(), 2);
    assert!(found[0].optional && found[0].path.as_deref() == Some(Utf8Path::new("../dep")));
    assert!(found[1].inherited && found[1].section.target.as_deref() == Some("x"));
    assert!(matches!(
        declared("[dependencies\n", &dependency(&names)),
        Err(ManifestError::Syntax(why)) if why.starts_with("line 1: ")
    ));
}
