//! The same items out of a newer text.

use expect_test::expect;

use super::*;
use crate::edit::{Span, Why};
use crate::record::Taken;

const OLD: &str = "use std::fmt;\n\npub fn a() -> u8 { crate::b() }\nfn b() -> u8 { 1 }\nfn c() {}\n\npub struct S;\nimpl S {\n    pub fn m(&self) {}\n    pub fn n(&self) {}\n}\n";
const NEW: &str = "use std::fmt;\nuse std::cmp::max;\n\npub fn a() -> u8 { max(crate::b(), crate::limit()) }\nfn b() -> u8 { 2 }\nfn c() {}\nfn limit() -> u8 { 3 }\nfn more() {}\n\npub struct S;\nimpl S {\n    pub fn m(&self) { self.fresh() }\n    pub fn n(&self) {}\n    fn fresh(&self) {}\n    fn other(&self) {}\n}\n";

fn record() -> Record {
    let wanted = ["dep::a", "dep::b", "dep::S", "dep::S::m"];
    let items = items::items(OLD, "dep").unwrap();
    let taken = items
        .iter()
        .filter(|item| wanted.contains(&item.path.as_str()));
    let out = |what: &str| {
        let start = u32::try_from(OLD.find(what).unwrap()).unwrap();
        Edit {
            range: Span::new(start, start + u32::try_from(what.len()).unwrap()),
            text: String::new(),
            why: Why::NotNeeded,
        }
    };
    let mut edits = vec![
        out("use std::fmt;\n\n"),
        out("fn c() {}\n"),
        out("    pub fn n(&self) {}\n"),
    ];
    let at = u32::try_from(OLD.find("crate::").unwrap()).unwrap();
    edits.push(Edit {
        range: Span::new(at, at + 5),
        text: "crate::whittled::dep".into(),
        why: Why::CratePath,
    });
    edits.sort();
    let mut record = crate::record::tests_record();
    record.files = vec![File {
        path: "mod.rs".into(),
        upstream: "src/lib.rs".into(),
        module: "dep".into(),
        sha256: items::sha256(OLD.as_bytes()),
        license: None,
        items: taken
            .map(|item| Taken {
                path: item.path.clone(),
                kind: item.kind,
                hash: item.hash.clone(),
            })
            .collect(),
        edits,
    }];
    record
}

fn files(text: &str) -> Files {
    Files::from([("src/lib.rs".into(), text.into())])
}

#[test]
fn the_same_items_and_what_they_newly_need() {
    let retake = retake(&record(), "1.1.0", &files(OLD), &files(NEW)).unwrap();
    let file = &retake.files[0];
    expect![[r#"
        use std::cmp::max;

        pub fn a() -> u8 { max(crate::whittled::dep::b(), crate::whittled::dep::limit()) }
        fn b() -> u8 { 2 }
        fn limit() -> u8 { 3 }

        pub struct S;
        impl S {
            pub fn m(&self) { self.fresh() }
            fn fresh(&self) {}
        }
    "#]]
    .assert_eq(&edit::apply(NEW, &file.edits).unwrap());
    let changes: Vec<String> = file
        .changes
        .iter()
        .map(|one| format!("{:?} {} {}", one.state, one.kind.as_str(), one.path))
        .collect();
    expect![[r#"
        Added use dep: std::cmp::max
        Changed fn dep::a
        Changed fn dep::b
        Added fn dep::limit
        Changed fn dep::S::m
        Added fn dep::S::fresh"#]]
    .assert_eq(&changes.join("\n"));
    assert_eq!(retake.notes, Vec::<String>::new());
}

#[test]
fn a_file_that_moved_or_went() {
    let moved = Files::from([("src/lib/mod.rs".into(), NEW.into())]);
    let found = retake(&record(), "1.1.0", &files(OLD), &moved).unwrap();
    assert_eq!(found.files[0].upstream, "src/lib/mod.rs");
    let gone = retake(&record(), "1.1.0", &files(OLD), &Files::new()).unwrap();
    assert_eq!(gone.gone, ["mod.rs"]);
}

#[test]
fn the_same_version_changes_nothing() {
    let found = retake(&record(), "1.1.0", &files(OLD), &files(OLD)).unwrap();
    assert_eq!(found.files[0].changes, Vec::new());
}

#[test]
fn methods_are_found_again_behind_an_impl_that_is_not_taken() {
    let before = "impl S {\n    fn zero(&self) {}\n}\nimpl S {\n    pub fn m";
    let new = NEW.replace("impl S {\n    pub fn m", before);
    assert_ne!(new, NEW);
    let found = retake(&record(), "1.1.0", &files(OLD), &files(&new)).unwrap();
    let text = edit::apply(&new, &found.files[0].edits).unwrap();
    assert!(text.contains("pub fn m(&self) { self.fresh() }"), "{text}");
    assert!(
        !text.contains("zero") && !text.contains("pub fn n"),
        "{text}"
    );
}
