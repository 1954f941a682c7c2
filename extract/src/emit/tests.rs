//! A copy written: headers, licences, the list of modules.

use expect_test::{Expect, expect};

use super::*;
use crate::edit::{Span, Why};
use crate::license::{Class, Text};
use crate::record::{Mode, parse};

const LIB: &str = "\u{feff}// Copyright 2019 In The File\n\n//! Docs.\n#![no_std]\n\nmod sync;\n/// F.\npub fn f() { crate::sync::g() }\nfn h() {}\n";

fn grant() -> Grant {
    Grant {
        expression: "MIT OR Apache-2.0".into(),
        chosen: "MIT".into(),
        class: Class::Notice,
        files: vec![1, 0],
        copyright: vec!["Copyright (c) 2014 The Dep Developers".into()],
        notes: vec![],
    }
}

fn edit(text: &str, what: &str, with: &str, why: Why) -> Edit {
    let start = text.find(what).unwrap();
    let offset = |at: usize| u32::try_from(at).unwrap();
    Edit {
        range: Span::new(offset(start), offset(start + what.len())),
        text: with.to_owned(),
        why,
    }
}

fn emitted(lib: &str, edits: Vec<Edit>) -> Result<Emitted, EmitError> {
    let text = |path: &str, text: &str| Text {
        path: path.into(),
        text: text.into(),
        supplied: false,
    };
    let texts = [text("NOTICE", "Dep\n"), text("LICENSES/MIT.txt", "MIT …\n")];
    let grant = grant();
    emit(&Emission {
        tool: "0.1.0",
        command: "cargo whittle extract dep --apply",
        origin: Origin {
            name: "dep".into(),
            version: "1.2.3".into(),
            crate_name: "dep".into(),
            edition: 2021,
            source: "registry+https://github.com/rust-lang/crates.io-index".into(),
            checksum: Some("0123456789abcdef".repeat(4)),
            repository: Some("https://example.org/dep\n#![bad]".into()),
        },
        copy: Copy {
            mode: Mode::Module,
            package: "app".into(),
            path: "crate::whittled::dep".into(),
            ..Copy::default()
        },
        host_license: Some("MIT"),
        grant: &grant,
        texts: &texts,
        sources: vec![Source {
            path: "mod.rs".into(),
            upstream: "src/lib.rs".into(),
            module: "dep".into(),
            text: lib,
            edits,
        }],
        assets: vec![Included {
            path: "table.bin".into(),
            upstream: "src/table.bin".into(),
            bytes: &[0, 255],
        }],
    })
}

fn usual() -> Vec<Edit> {
    vec![
        edit(LIB, "// Copyright 2019 In The File\n", "", Why::NotNeeded),
        edit(LIB, "#![no_std]\n", "", Why::CrateAttribute),
        edit(
            LIB,
            "crate::sync",
            "crate::whittled::dep::sync",
            Why::CratePath,
        ),
        edit(LIB, "fn h() {}\n", "", Why::NotNeeded),
    ]
}

fn check(path: &str, expect: Expect) {
    let emitted = emitted(LIB, usual()).unwrap();
    let file = emitted.files.iter().find(|file| file.path == path).unwrap();
    expect.assert_eq(&String::from_utf8_lossy(&file.bytes));
}

#[test]
fn a_file_with_its_header() {
    check(
        "mod.rs",
        expect![[r#"
            // SPDX-License-Identifier: MIT
            // SPDX-FileCopyrightText: Copyright (c) 2014 The Dep Developers
            // SPDX-FileCopyrightText: Copyright 2019 In The File
            //
            // `src/lib.rs` of dep 1.2.3 (https://example.org/dep#![bad], registry checksum
            // 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef), without what is not needed
            // here; made by cargo-whittle 0.1.0 with
            //     cargo whittle extract dep --apply
            // It holds 1 item: dep::f.
            // Do not edit without need: what is left out and what differs is in whittled.toml, `cargo
            // whittle verify` compares, and a change has to be acknowledged there.

            //! Docs.

            mod sync;
            /// F.
            pub fn f() { crate::whittled::dep::sync::g() }
        "#]],
    );
    check("MIT.txt", expect!["MIT …\n"]);
}

#[test]
fn the_record_goes_with_it() {
    let emitted = emitted(LIB, usual()).unwrap();
    let names: Vec<&str> = emitted
        .files
        .iter()
        .map(|file| file.path.as_str())
        .collect();
    assert_eq!(names, ["MIT.txt", "NOTICE", "mod.rs", "table.bin"]);
    assert_eq!(parse(&emitted.record.print()), Ok(emitted.record.clone()));
    let definitions: Vec<&str> = emitted
        .record
        .definitions()
        .map(|one| one.path.as_str())
        .collect();
    assert_eq!(definitions, ["dep::f"]);
    assert_eq!(emitted.record.files[0].sha256, sha256(LIB.as_bytes()));
}

#[test]
fn a_file_under_a_licence_of_its_own() {
    let lib = "// SPDX-License-Identifier: GPL-2.0-only\nfn f() {}\n";
    assert!(matches!(
        emitted(lib, vec![]),
        Err(EmitError::License { .. })
    ));
    let lib = "// SPDX-License-Identifier: BSD-3-Clause\nfn f() {}\n";
    let file = &emitted(lib, vec![]).unwrap().record.files[0];
    assert_eq!(file.license.as_deref(), Some("BSD-3-Clause"));
    let lib = "// SPDX-License-Identifier: MIT OR Apache-2.0\nfn f() {}\n";
    assert_eq!(emitted(lib, vec![]).unwrap().record.files[0].license, None);
}

#[test]
fn what_cannot_be_written() {
    assert!(matches!(
        emitted("fn f(", vec![]),
        Err(EmitError::Syntax { .. })
    ));
    let root = Utf8Path::new("src/lib.rs");
    assert_eq!(place(root, root).unwrap(), "mod.rs");
    assert_eq!(place(root, Utf8Path::new("src/a/b.rs")).unwrap(), "a/b.rs");
    assert_eq!(place(root, Utf8Path::new("other/b.rs")), None);
    assert_eq!(
        place(Utf8Path::new("lib.rs"), Utf8Path::new("a.rs")).unwrap(),
        "a.rs"
    );
}

#[test]
fn a_shebang_stays_first() {
    let text = with_header("// head\n", "#!/bin/x\n\n//! Docs\n");
    assert_eq!(text, "#!/bin/x\n// head\n\n//! Docs\n");
    assert_eq!(
        with_header("// head\n", "\r\n//! D\r\n"),
        "// head\r\n\r\n//! D\r\n"
    );
}

#[test]
fn the_list_of_modules() {
    let one = with_module(None, "dep", &["dead_code".into()]);
    let two = with_module(Some(&one), "abc", &[]);
    let three = with_module(Some(&format!("{two}\nfn mine() {{}}\n")), "zed", &[]);
    let again = with_module(Some(&three), "dep", &["unused".into()]);
    expect![[r#"
        //! Code that cargo-whittle copied from other packages. Each folder has a `whittled.toml` that says
        //! what it is a copy of; `cargo whittle verify` compares.

        #[rustfmt::skip]
        pub(crate) mod abc;

        fn mine() {}

        #[rustfmt::skip]
        #[allow(unused)]
        pub(crate) mod dep;

        #[rustfmt::skip]
        pub(crate) mod zed;
    "#]].assert_eq(&again);
    assert_eq!(without_module(&one, "dep"), None);
    assert_eq!(without_module(&two, "abc").as_deref(), Some(one.as_str()));
    assert_eq!(without_module(&one, "other").as_deref(), Some(one.as_str()));
}
