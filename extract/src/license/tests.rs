//! What may be copied into what, and what comes along.

use expect_test::{Expect, expect};

use super::*;

const MIT: &str = "The MIT License (MIT)\n\nCopyright (c) 2014 The Rust Project Developers\n\n\
    Permission is hereby granted, free of charge, to any\nperson obtaining a copy of this software\n\
    ... The above copyright notice and this permission notice\nshall be included in all copies or \
    substantial portions of the Software.\nTHE SOFTWARE IS PROVIDED \"AS IS\"";
const APACHE: &str = "                              Apache License\n                        Version 2.0, \
    January 2004\n   http://www.apache.org/licenses/\n\n   TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND \
    DISTRIBUTION\n 2. Grant of Copyright License.\n Copyright [yyyy] [name of copyright owner]\n";
const UNLICENSE: &str = "This is free and unencumbered software released into the public domain.\n";
const MPL: &str = "Mozilla Public License Version 2.0\n==================================\n";
const GPL3: &str = "GNU GENERAL PUBLIC LICENSE\n  Version 3, 29 June 2007\n\n Copyright (C) 2007 Free Software \
    Foundation, Inc. <https://fsf.org/>\n";
const BSD3: &str = "Copyright 2010, Google Inc.\nAll rights reserved.\nRedistribution and use in source and binary \
    forms, with or without\nmodification, are permitted\n * Redistributions in binary form must reproduce\n * Neither \
    the name of Google nor ... may be used to endorse or promote products derived from\nthis software";

fn text(path: &str, text: &str) -> Text {
    Text {
        path: path.to_owned(),
        text: text.to_owned(),
        supplied: false,
    }
}

fn ask(expression: Option<&str>, texts: &[Text], host: Option<&str>) -> Result<Grant, Refused> {
    let authors = ["Jane Doe <jane@example.org>".to_owned()];
    let offer = Offer {
        expression,
        license_file: None,
        authors: &authors,
        texts,
    };
    judge(&offer, host)
}

fn usual() -> Vec<Text> {
    vec![
        text("LICENSE-APACHE", APACHE),
        text("LICENSE-MIT", MIT),
        text("UNLICENSE", UNLICENSE),
        text("COPYING", "Dual-licensed under the Unlicense and MIT."),
    ]
}

fn check(expression: &str, host: Option<&str>, expect: Expect) {
    let mut texts = usual();
    texts.extend([
        text("LICENSE-MPL", MPL),
        text("LICENSE-GPL", GPL3),
        text("LICENSES/BSD.txt", BSD3),
    ]);
    let answer = match ask(Some(expression), &texts, host) {
        Ok(grant) => {
            let files: Vec<&str> = grant
                .files
                .iter()
                .map(|&one| texts[one].path.as_str())
                .collect();
            format!(
                "{} | {} | {}\n{}",
                grant.expression,
                grant.chosen,
                files.join(" "),
                grant.notes.join("\n")
            )
        }
        Err(why) => format!("{why}\n{}", why.remedy()),
    };
    expect.assert_eq(answer.trim_end());
}

#[test]
fn the_host_s_licence_or_fewest_duties() {
    check(
        "MIT OR Apache-2.0",
        Some("MIT"),
        expect!["MIT OR Apache-2.0 | MIT | LICENSE-MIT"],
    );
    check(
        "Apache-2.0/MIT",
        Some("Apache-2.0"),
        expect!["Apache-2.0 OR MIT | MIT | LICENSE-MIT"],
    );
    check(
        "Unlicense OR MIT",
        Some("MIT"),
        expect!["Unlicense OR MIT | MIT | LICENSE-MIT"],
    );
    check(
        "Unlicense OR MIT",
        None,
        expect!["Unlicense OR MIT | Unlicense | UNLICENSE"],
    );
    check(
        "Unlicense/MIT",
        Some("BSD-3-Clause"),
        expect!["Unlicense OR MIT | Unlicense | UNLICENSE"],
    );
}

#[test]
fn all_of_what_holds_together() {
    check(
        "(MIT OR Apache-2.0) AND BSD-3-Clause",
        Some("MIT"),
        expect![
            "(MIT OR Apache-2.0) AND BSD-3-Clause | BSD-3-Clause AND MIT | LICENSES/BSD.txt LICENSE-MIT"
        ],
    );
    check(
        "MIT AND GPL-3.0-only",
        Some("MIT"),
        expect![[r#"
        `GPL-3.0-only` does not allow a copy in a package under `MIT`
        keep the dependency"#]],
    );
}

#[test]
fn copyleft_goes_only_into_its_family() {
    check(
        "GPL-3.0+",
        Some("GPL-3.0-only"),
        expect![
            "GPL-3.0-or-later | GPL-3.0-or-later | LICENSE-GPL\nthe copied files stay under GPL-3.0-or-later: a package that is published says so in its manifest, `license = \"(GPL-3.0-only) AND GPL-3.0-or-later\"`"
        ],
    );
    check(
        "GPL-3.0",
        Some("GPL-3.0-or-later"),
        expect![[r#"
        `GPL-3.0-only` does not allow a copy in a package under `GPL-3.0-or-later`
        keep the dependency"#]],
    );
    check(
        "GPL-3.0-only",
        None,
        expect![[r#"
        `GPL-3.0-only` does not allow a copy in a package that names no licence
        keep the dependency"#]],
    );
    check(
        "GPL-3.0-only OR MIT",
        Some("MIT"),
        expect!["GPL-3.0-only OR MIT | MIT | LICENSE-MIT"],
    );
    check(
        "Apache-2.0",
        Some("GPL-2.0-only"),
        expect![[r#"
        `Apache-2.0` does not allow a copy in a package under `GPL-2.0-only`
        keep the dependency"#]],
    );
    check(
        "Apache-2.0",
        Some("MIT OR GPL-2.0-only"),
        expect![[r#"
        `Apache-2.0` does not allow a copy in a package under `MIT OR GPL-2.0-only`: `GPL-2.0-only` stands in the way
        keep the dependency"#]],
    );
}

#[test]
fn files_that_stay_under_their_licence() {
    check(
        "MPL-2.0",
        Some("MIT OR Apache-2.0"),
        expect![[r#"
        MPL-2.0 | MPL-2.0 | LICENSE-MPL
        the copied files stay under MPL-2.0: a package that is published says so in its manifest, `license = "(MIT OR Apache-2.0) AND MPL-2.0"`
        whoever gets a program with these files must be able to get their source"#]],
    );
    check(
        "MPL-2.0",
        None,
        expect![[r#"
        `MPL-2.0` does not allow a copy in a package that names no licence
        keep the dependency"#]],
    );
    check(
        "MPL-2.0",
        Some("LicenseRef-Ours"),
        expect![[r#"
        `MPL-2.0` does not allow a copy in a package under `LicenseRef-Ours`
        keep the dependency"#]],
    );
    check(
        "MPL-2.0-no-copyleft-exception",
        Some("GPL-3.0-only"),
        expect![[r#"
        `MPL-2.0-no-copyleft-exception` does not allow a copy in a package under `GPL-3.0-only`
        keep the dependency"#]],
    );
    check(
        "Apache-2.0",
        Some("MIT"),
        expect![[r#"
            Apache-2.0 | Apache-2.0 | LICENSE-APACHE
            the copied files stay under Apache-2.0: a package that is published says so in its manifest, `license = "(MIT) AND Apache-2.0"`"#]],
    );
}

#[test]
fn what_is_not_known_is_refused() {
    check(
        "EPL-2.0",
        Some("MIT"),
        expect![[r#"
        `EPL-2.0` is no licence of which is known here what it allows
        keep the dependency; docs/OWNING.md lists the licences that are known"#]],
    );
    check(
        "MIT OR",
        Some("MIT"),
        expect![[r#"
            its licence `MIT OR` cannot be read: expected one of `<license>`, `(` here
            keep the dependency; docs/OWNING.md lists the licences that are known"#]],
    );
    check(
        "MIT",
        Some("our own"),
        expect![[r#"
        the licence of this package, `our own`, cannot be read: unknown term
        write an SPDX expression in `license` of this package's manifest"#]],
    );
    check(
        "MIT WITH Bison-exception-2.2",
        Some("MIT"),
        expect![[r#"
        `MIT WITH Bison-exception-2.2` is no licence of which is known here what it allows
        keep the dependency; docs/OWNING.md lists the licences that are known"#]],
    );
    check(
        "Zlib OR GPL-3.0-only",
        Some("MIT"),
        expect![[r#"
        `Zlib` must come with its text, and the package does not hold it
        ask its authors, and when the text of the licence is known, name it with `--license-file PATH`"#]],
    );
}

#[test]
fn a_package_without_licence_or_text_needs_the_user() {
    assert_eq!(ask(None, &usual(), Some("MIT")), Err(Refused::None));
    let offer = Offer {
        expression: None,
        license_file: Some("LICENSE-MIT"),
        authors: &[],
        texts: &usual(),
    };
    assert_eq!(
        judge(&offer, None),
        Err(Refused::FileOnly("LICENSE-MIT".into()))
    );
    assert_eq!(
        ask(Some("MIT"), &[], Some("MIT")),
        Err(Refused::NoText("MIT".into()))
    );

    let supplied = |content: &str| Text {
        supplied: true,
        ..text("mit.txt", content)
    };
    let grant = ask(None, &[supplied(MIT)], Some("MIT")).unwrap();
    assert_eq!((grant.chosen.as_str(), &grant.files[..]), ("MIT", &[0][..]));
    let grant = ask(Some("MIT OR Apache-2.0"), &[supplied(MIT)], Some("MIT")).unwrap();
    assert_eq!(
        grant.copyright,
        ["Copyright (c) 2014 The Rust Project Developers"]
    );
    assert!(matches!(
        ask(Some("MIT"), &[supplied(BSD3)], None),
        Err(Refused::NoText(_))
    ));
    assert!(matches!(
        ask(Some("MIT"), &[text("L", MIT), supplied(BSD3)], None),
        Err(Refused::SuppliedOther { .. })
    ));
    assert!(matches!(
        ask(None, &[supplied("anything")], None),
        Err(Refused::SuppliedUnknown(_))
    ));
}

#[test]
fn the_text_decides_and_notices_come_along() {
    let texts = [
        text("LICENSE-MIT", "to be written"),
        text("LICENSE-APACHE", APACHE),
        text("NOTICE", "Thing\nCopyright 2020 The Thing Authors\n"),
    ];
    let grant = ask(Some("MIT OR Apache-2.0"), &texts, Some("MIT")).unwrap();
    assert_eq!(
        (grant.chosen.as_str(), &grant.files[..]),
        ("Apache-2.0", &[1, 2][..])
    );
    assert_eq!(grant.copyright, ["Copyright 2020 The Thing Authors"]);
}

#[test]
fn names_of_files() {
    let roles: Vec<Option<Role>> = [
        "LICENSE",
        "licence.txt",
        "LICENSE-MIT",
        "UNLICENSE",
        "COPYING.md",
        "LICENSES/MIT.txt",
        "NOTICE",
        "src/LICENSE",
        "license.rs",
        "licensed",
        "NOTICE.txt",
    ]
    .map(role_of)
    .to_vec();
    let (l, n) = (Some(Role::License), Some(Role::Notice));
    assert_eq!(roles, [l, l, l, l, l, l, n, None, None, None, n]);
}

#[test]
fn copyright_in_many_forms() {
    let text = "// Copyright (c) 2014 A & B\n * © 2020 C\nCopyright The D Developers\nPortions Copyright 1999 E\n\
        (c) 2001 F\nSPDX-FileCopyrightText: 2022 G\ncopyright notice and this\nCOPYRIGHT HOLDERS BE LIABLE\n\
        Copyright [yyyy] [name of copyright owner]\nCopyright (c) <year> <owner>\nCopyright \u{202e}2020 H\n\
        \"Licensor\" shall mean the copyright owner\ncopyright to what follows\nCopyright (C) 2007 Free Software Foundation\n\
        (c) You must retain, in the Source form";
    let lines = copyright_lines(text).join("\n");
    expect![[r#"
        Copyright (c) 2014 A & B
        © 2020 C
        Copyright The D Developers
        Portions Copyright 1999 E
        (c) 2001 F
        SPDX-FileCopyrightText: 2022 G
        Copyright 2020 H"#]]
    .assert_eq(&lines);
}

#[test]
fn a_file_that_declares_its_own() {
    let source = "#![no_std]\n// SPDX-License-Identifier: Apache-2.0 OR MIT */\nfn f() {}";
    assert_eq!(declared_in(source).as_deref(), Some("Apache-2.0 OR MIT"));
    assert_eq!(
        declared_in("let x = \"SPDX-License-Identifier: GPL-3.0-only\";"),
        None
    );
    assert_eq!(
        judge_file("Apache-2.0 OR MIT", Some("MIT")).as_deref(),
        Ok("MIT")
    );
    assert!(judge_file("GPL-2.0-only", Some("MIT")).is_err());
}
