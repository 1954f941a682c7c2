//! Changes that are seen, by hashes and by upstream.

use expect_test::{Expect, expect};

use super::*;
use crate::edit::{Edit, Span, Why};
use crate::emit::{Emission, Source, emit};
use crate::license::{Class, Grant};
use crate::record::{Acknowledged, Copy, Origin};

const LIB: &str = "//! Docs.\nuse std::{fmt, io};\n\n/// F.\npub fn f(x: u8) -> u8 {\n    match x { 0 => { 1 } _ => crate::g(x) }\n}\n\nfn g(x: u8) -> u8 { x }\nfn h() {}\n\nstruct S;\nimpl S {\n    fn m(&self) {}\n    fn n(&self) {}\n}\n";

fn edit(what: &str, with: &str, why: Why) -> Edit {
    let start = LIB.find(what).unwrap();
    let offset = |at: usize| u32::try_from(at).unwrap();
    Edit {
        range: Span::new(offset(start), offset(start + what.len())),
        text: with.to_owned(),
        why,
    }
}

fn copy() -> (Record, Files, Files) {
    let grant = Grant {
        expression: "MIT".into(),
        chosen: "MIT".into(),
        class: Class::Notice,
        files: vec![],
        copyright: vec!["Copyright 2014 D".into()],
        notes: vec![],
    };
    let emitted = emit(&Emission {
        tool: "0.1.0",
        command: "cargo whittle extract dep --apply",
        origin: Origin::default(),
        copy: Copy::default(),
        host_license: None,
        grant: &grant,
        texts: &[],
        sources: vec![Source {
            path: "mod.rs".into(),
            upstream: "src/lib.rs".into(),
            module: "dep".into(),
            text: LIB,
            edits: vec![
                edit("crate::g", "crate::whittled::dep::g", Why::CratePath),
                edit("fn h() {}\n", "", Why::NotNeeded),
                edit("    fn n(&self) {}\n", "", Why::NotNeeded),
            ],
        }],
        assets: vec![],
    })
    .unwrap();
    let here = emitted
        .files
        .into_iter()
        .map(|file| (file.path, file.bytes));
    let upstream = Files::from([("src/lib.rs".into(), LIB.into())]);
    (emitted.record, here.collect(), upstream)
}

fn shown(verification: &Verification) -> String {
    let mut out = Vec::new();
    for file in &verification.files {
        out.extend(
            file.problems
                .iter()
                .map(|what| format!("{}: {what}", file.path)),
        );
        for item in file.items.iter().filter(|item| item.state != State::Same) {
            let reason = item.acknowledged.as_deref().map(|why| format!(" ({why})"));
            out.push(format!(
                "{}:{}: {:?} {} {}{}",
                file.path,
                item.line,
                item.state,
                item.kind.as_str(),
                item.path,
                reason.unwrap_or_default()
            ));
            out.extend(item.diff.clone());
        }
    }
    out.extend(
        verification
            .unused
            .iter()
            .map(|(_, item)| format!("unused: {item}")),
    );
    out.join("\n")
}

fn check(change: impl Fn(&str) -> String, expect: Expect) {
    let (record, mut here, upstream) = copy();
    let text = String::from_utf8(here[Utf8Path::new("mod.rs")].clone()).unwrap();
    let changed = change(&text);
    assert_ne!(changed, text, "the test changes something");
    here.insert("mod.rs".into(), changed.into_bytes());
    let verification = verify(&record, &here, Some(&upstream));
    expect.assert_eq(&shown(&verification));
    assert_eq!(verification.is_drift(), !shown(&verification).is_empty());
    // Hashes alone find the same.
    let by_hash = verify(&record, &here, None);
    assert_eq!(by_hash.is_drift(), verification.is_drift());
}

#[test]
fn an_untouched_copy() {
    let (record, here, upstream) = copy();
    let verification = verify(&record, &here, Some(&upstream));
    assert!(!verification.is_drift(), "{}", shown(&verification));
    assert_eq!(verification.items().count(), 8);
    assert!(!verify(&record, &here, None).is_drift());
}

#[test]
fn the_formatter_changes_nothing() {
    check(
        |text| {
            text.replace("{ 0 => { 1 } _ => crate", "{\n 0 => 1,\n _ => crate")
                .replace(
                    "use std::{fmt, io};",
                    "// Sorted.\nuse std::io;\nuse std::fmt;",
                )
        },
        expect![""],
    );
}

#[test]
fn every_change_is_seen() {
    check(
        |text| text.replace("{ x }", "{ x + 1 }"),
        expect![[r#"
        mod.rs:18: Changed fn dep::g
        -fn g(x: u8) -> u8 { x }
        +fn g(x: u8) -> u8 { x + 1 }"#]],
    );
    check(
        |text| text.replace("{ x }", "{ unsafe { x } }"),
        expect![[r#"
            mod.rs:18: Changed fn dep::g
            -fn g(x: u8) -> u8 { x }
            +fn g(x: u8) -> u8 { unsafe { x } }"#]],
    );
    check(
        |text| text.replace("    fn m(&self) {}\n", ""),
        expect![[r#"
        mod.rs:0: Missing fn dep::S::m
        -fn m(&self) {}"#]],
    );
    check(
        |text| format!("{text}#[no_mangle]\npub extern \"C\" fn bad() {{}}\n"),
        expect![[r#"
            mod.rs:24: Added fn dep::bad
            +#[no_mangle]
            +pub extern "C" fn bad() {}"#]],
    );
    check(
        |text| text.replace("//! Docs.", "#![allow(warnings)]"),
        expect![[r#"
            mod.rs:10: Changed attributes dep
            -//! Docs.
            +#![allow(warnings)]"#]],
    );
    check(
        |text| text.replace("{fmt, io}", "{fmt, net}"),
        expect![[r#"
        mod.rs:11: Added use dep: std::net
        +use std::{fmt, net};
        mod.rs:0: Missing use dep: std::io
        -use std::{fmt, io};"#]],
    );
    check(
        |text| text.replace("// SPDX-License-Identifier: MIT\n", ""),
        expect!["mod.rs: its header does not say that it is under MIT"],
    );
    check(
        |text| text.replace("Copyright 2014 D", ""),
        expect!["mod.rs: its header does not say `Copyright 2014 D`"],
    );
    check(
        |text| format!("{text}}}"),
        expect![
            "mod.rs: it cannot be read as Rust: line 24, column 0: cannot parse string into token stream"
        ],
    );
}

#[test]
fn a_change_that_somebody_answers_for() {
    let (mut record, mut here, upstream) = copy();
    let text = String::from_utf8(here[Utf8Path::new("mod.rs")].clone()).unwrap();
    let changed = text
        .replace("{ x }", "{ x + 1 }")
        .replace("    fn m(&self) {}\n", "");
    here.insert("mod.rs".into(), changed.clone().into_bytes());
    let found = verify(&record, &here, Some(&upstream));
    for item in found.items().filter(|item| item.is_drift()) {
        record.acknowledged.push(Acknowledged {
            file: "mod.rs".into(),
            item: item.path.clone(),
            kind: item.kind,
            hash: item.hash.clone(),
            reason: "because".into(),
        });
    }
    assert!(!verify(&record, &here, Some(&upstream)).is_drift());
    assert!(!verify(&record, &here, None).is_drift());
    // The next change is not covered.
    here.insert(
        "mod.rs".into(),
        changed.replace("x + 1", "x + 2").into_bytes(),
    );
    let found = verify(&record, &here, Some(&upstream));
    expect![[r#"
        mod.rs:18: Changed fn dep::g
        -fn g(x: u8) -> u8 { x }
        +fn g(x: u8) -> u8 { x + 2 }
        mod.rs:0: Missing fn dep::S::m (because)
        -fn m(&self) {}
        unused: dep::g"#]]
    .assert_eq(&shown(&found));
}

#[test]
fn files_that_come_and_go() {
    let (record, mut here, upstream) = copy();
    here.remove(Utf8Path::new("mod.rs"));
    here.insert("evil.rs".into(), b"fn f() {}".to_vec());
    let found = verify(&record, &here, Some(&upstream));
    let problems: Vec<String> = found
        .files
        .iter()
        .flat_map(|file| file.problems.clone())
        .collect();
    assert_eq!(problems, ["it is not in the record", "it is missing"]);
}

#[test]
fn a_record_cannot_hide_a_change() {
    let (record, mut here, upstream) = copy();
    let mut make = |edit: Edit| {
        let mut record = record.clone();
        let file = &mut record.files[0];
        file.edits.push(edit);
        file.edits.sort();
        let made = regenerate(file, &upstream, &mut Vec::new()).unwrap();
        let items = made.1.into_iter().map(|item| crate::record::Taken {
            path: item.path,
            kind: item.kind,
            hash: item.hash,
        });
        file.items = items.collect();
        let head = "// SPDX-License-Identifier: MIT\n// Copyright 2014 D\n\n";
        here.insert("mod.rs".into(), format!("{head}{}", made.0).into_bytes());
        shown(&verify(&record, &here, Some(&upstream)))
    };
    let mut make_all = |edits: Vec<Edit>| edits.into_iter().map(&mut make).collect::<Vec<_>>();
    let hide = |why, text| edit("{ x }", text, why);
    let hide_out = |why| edit("0 => { 1 }", "", why);
    let lines = [
        hide(Why::CratePath, "{ evil(x) }"),
        hide(Why::NotNeeded, "{ 1 }"),
        hide(Why::Cfg, "{ x ; evil ( ) }"),
        hide(Why::Environment, "{ evil() }"),
        hide(Why::MacroScope, "{ use evil; fn f() {} }"),
        hide_out(Why::NotNeeded),
        hide_out(Why::Cfg),
        hide_out(Why::CrateAttribute),
    ];
    expect![[r#"
        mod.rs: the record has an edit as `crate-path` whose text is more than that: `{ evil(x) }` (upstream's line 9)
        mod.rs: the record has an edit as `not-needed` whose text is more than that: `{ 1 }` (upstream's line 9)
        mod.rs: the record takes out a part of `dep::g`, not the whole of it
        mod.rs: the record has an edit as `cfg` whose text is more than that: `{ x ; evil ( ) }` (upstream's line 9)
        mod.rs: the record has an edit as `environment` whose text is more than that: `{ evil() }` (upstream's line 9)
        mod.rs: the record has an edit as `macro-scope` whose text is more than that: `{ use evil; fn f() {} }` (upstream's line 9)
        mod.rs: the record takes out a part of `dep::f`, not the whole of it
        mod.rs: the record has an edit as `cfg` whose text is more than that: `` (upstream's line 6)
        mod.rs: the record has an edit as `crate-attribute` whose text is more than that: `` (upstream's line 6)"#]].assert_eq(&make_all(lines.to_vec()).join("\n"));
    let mut other = upstream.clone();
    other.insert("src/lib.rs".into(), LIB.replace("h()", "i()").into_bytes());
    let (record, here, _) = copy();
    expect!["mod.rs: upstream's `src/lib.rs` is not the file that the record was made of"]
        .assert_eq(&shown(&verify(&record, &here, Some(&other))));
}
