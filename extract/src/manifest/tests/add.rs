//! Dependencies that a copy needs.

use expect_test::{Expect, expect};

use super::*;

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
