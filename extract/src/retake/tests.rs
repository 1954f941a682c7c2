//! The same items out of a newer text.

use expect_test::expect;

use super::*;
use crate::edit::{Span, Why};
use crate::record::Taken;
use crate::rewrite::DYN;

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
    let retake = retake(&record(), "1.1.0", 2021, &files(OLD), &files(NEW)).unwrap();
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
    let found = retake(&record(), "1.1.0", 2021, &files(OLD), &moved).unwrap();
    assert_eq!(found.files[0].upstream, "src/lib/mod.rs");
    let gone = retake(&record(), "1.1.0", 2021, &files(OLD), &Files::new()).unwrap();
    assert_eq!(gone.gone, ["mod.rs"]);
}

#[test]
fn the_same_version_changes_nothing() {
    let found = retake(&record(), "1.1.0", 2021, &files(OLD), &files(OLD)).unwrap();
    assert_eq!(found.files[0].changes, Vec::new());
}

#[test]
fn methods_are_found_again_behind_an_impl_that_is_not_taken() {
    let before = "impl S {\n    fn zero(&self) {}\n}\nimpl S {\n    pub fn m";
    let new = NEW.replace("impl S {\n    pub fn m", before);
    assert_ne!(new, NEW);
    let found = retake(&record(), "1.1.0", 2021, &files(OLD), &files(&new)).unwrap();
    let text = edit::apply(&new, &found.files[0].edits).unwrap();
    assert!(text.contains("pub fn m(&self) { self.fresh() }"), "{text}");
    assert!(
        !text.contains("zero") && !text.contains("pub fn n"),
        "{text}"
    );
}

#[test]
fn what_is_newly_named_and_not_in_the_copy_is_said() {
    let text = NEW.replace(
        "fn b() -> u8 { 2 }",
        "mod deep;\nfn b() -> u8 { deep::two() + numbers::TWO + bits::two() + S::two() }",
    );
    let mut new = files(&text);
    new.insert(
        "src/deep.rs".into(),
        "pub(crate) fn two() -> u8 { 2 }\n".into(),
    );
    new.insert("src/other.rs".into(), "impl S { fn three() {} }\n".into());
    new.insert("tests/t.rs".into(), "fn numbers() {}\n".into());
    let manifest = "[package]\nname = \"dep\"\n[dependencies.bits]\nversion = \"1\"\n";
    new.insert("Cargo.toml".into(), manifest.into());
    let found = retake(&record(), "1.1.0", 2021, &files(OLD), &new).unwrap();
    expect![[r#"
        the crate `bits` is newly named: the package has to depend on it
        the module `deep` is newly named, and not in the copy
        `two` is newly named; upstream has one in src/deep.rs, of which the copy has nothing"#]]
    .assert_eq(&found.notes.join("\n"));
}

#[test]
fn what_the_edition_asks_for_is_written_again() {
    let old = "pub struct S(Box<T>);\npub struct R(Box<T>);\npub trait T {}\npub fn gen() {}\n";
    let new =
        "pub trait T {}\npub fn gen() -> u8 { 1 }\npub struct S(Box<T>);\npub struct R(Box<T>);\n";
    let mut record = record();
    record.origin.edition = 2018;
    let at = |text: &str| u32::try_from(old.find(text).unwrap()).unwrap();
    let edit = |start, end, text: &str| Edit {
        range: Span::new(start, end),
        text: text.to_owned(),
        why: Why::Edition,
    };
    let (first, second, name) = (at("T>"), at("T>);\npub trait"), at("gen"));
    record.files[0].edits = vec![
        edit(first, first, DYN),
        edit(second, second, DYN),
        edit(name, name + 3, "r#gen"),
    ];
    record.files[0].items = items::items(old, "dep")
        .unwrap()
        .into_iter()
        .map(|item| Taken {
            path: item.path,
            kind: item.kind,
            hash: item.hash,
        })
        .collect();
    let taken = |new: &str| retake(&record, "1.1.0", 2024, &files(old), &files(new)).unwrap();
    let found = taken(new);
    expect![[r#"
        pub trait T {}
        pub fn r#gen() -> u8 { 1 }
        pub struct S(Box<dyn T>);
        pub struct R(Box<dyn T>);
    "#]]
    .assert_eq(&edit::apply(new, &found.files[0].edits).unwrap());
    assert_eq!(found.notes, Vec::<String>::new());
    let found = taken(&new.replace("(Box<T>)", "(Vec<Box<T>>)"));
    expect![[r#"
        mod.rs: upstream changed a line where `dyn` was put before a trait, `pub struct S(Box<T>);`: put it there again
        mod.rs: upstream changed a line where `dyn` was put before a trait, `pub struct R(Box<T>);`: put it there again"#]]
        .assert_eq(&found.notes.join("\n"));
}

#[test]
fn of_a_trait_the_methods_that_were_taken_and_those_that_are_newly_called() {
    let old = "pub trait T {\n    fn a(&self) {}\n    fn b(&self) {}\n    fn c(&self);\n}\n\
        pub struct S;\nimpl T for S {\n    fn b(&self) {}\n    fn c(&self) {}\n}\n\
        macro_rules! m { ($s:expr) => { $s.b() } }\npub fn start() { S.a() }\n";
    let mut record = record();
    let taken = ["dep::T", "dep::T::a", "dep::S", "dep::m", "dep::start"];
    let taken_impl = ["<dep::S as T>", "<dep::S as T>::c"];
    let items = items::items(old, "dep").unwrap();
    record.files[0].items = items
        .iter()
        .filter(|item| taken.contains(&&*item.path) || taken_impl.contains(&&*item.path))
        .map(|item| Taken {
            path: item.path.clone(),
            kind: item.kind,
            hash: item.hash.clone(),
        })
        .collect();
    record.files[0].sha256 = items::sha256(old.as_bytes());
    record.files[0].edits = [
        "    fn b(&self) {}\n    fn c(&self);",
        "    fn b(&self) {}\n    fn c(&self) {}",
    ]
    .iter()
    .map(|text| {
        let start = u32::try_from(old.find(text).unwrap()).unwrap();
        Edit {
            range: Span::new(start, start + 19),
            text: String::new(),
            why: Why::NotNeeded,
        }
    })
    .collect();
    let same = retake(&record, "1.1.0", 2021, &files(old), &files(old)).unwrap();
    assert_eq!(same.files[0].changes, Vec::new());
    let new = old.replace(
        "    fn c(&self);\n",
        "    fn c(&self);\n    fn d(&self) { unused() }\n    fn e(&self);\n    fn f(&self) {}\n",
    );
    let new = new.replace("S.a()", "S.a(); S.f()");
    let found = retake(&record, "1.1.0", 2021, &files(old), &files(&new)).unwrap();
    expect![[r#"
        pub trait T {
            fn a(&self) {}
            fn c(&self);
            fn e(&self);
            fn f(&self) {}
        }
        pub struct S;
        impl T for S {
            fn c(&self) {}
        }
        macro_rules! m { ($s:expr) => { $s.b() } }
        pub fn start() { S.a(); S.f() }
    "#]]
    .assert_eq(&edit::apply(&new, &found.files[0].edits).unwrap());
}
