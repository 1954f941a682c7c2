//! A copy that is a crate of its own: the path to it, and its manifest.

use std::collections::BTreeSet;

use expect_test::{Expect, expect};

use super::*;

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
fn the_version_of_a_copy() {
    let made = new_package(&NewPackage {
        name: "dep".into(),
        version: "1.0.0".into(),
        edition: "2021".into(),
        description: Some(description("dep", "1.0.0")),
        ..NewPackage::default()
    });
    let after = with_version(&made, "dep", "1.0.0", "1.1.0").unwrap();
    expect![[r#"
        -version = "1.0.0"
        +version = "1.1.0"
        -description = "The part of dep 1.0.0 that this workspace uses"
        +description = "The part of dep 1.1.0 that this workspace uses"
    "#]]
    .assert_eq(&changes(&made, &after));
    let own = made.replace("1.0.0\"", "1.0.0+own\"");
    let after = with_version(&own, "dep", "1.0.0", "1.1.0").unwrap();
    assert!(after.contains("version = \"1.0.0+own\"\n"), "{after}");
    assert!(with_version("a = [", "dep", "1", "2").is_err());
}

#[test]
fn lints_that_a_copy_raises_are_allowed() {
    let text = "[package]\nname = \"a\"\n";
    assert_eq!(allowing(text, &BTreeSet::new()), text);
    let lints = ["dead_code", "array_into_iter"].map(str::to_owned).into();
    expect![[r#"
        [package]
        name = "a"

        [lints.rust]
        array_into_iter = "allow"
        dead_code = "allow"
    "#]]
    .assert_eq(&allowing(text, &lints));
}
