//! Records written, read, and not believed.

use expect_test::expect;

use super::*;
use crate::edit::{Span, Why};

pub(crate) fn record() -> Record {
    Record {
        tool: "0.1.0".into(),
        command: "cargo whittle extract dep --apply".into(),
        origin: Origin {
            name: "dep".into(),
            version: "1.2.0+x".into(),
            crate_name: "dep".into(),
            edition: 2021,
            source: "registry+https://github.com/rust-lang/crates.io-index".into(),
            checksum: Some("a".repeat(64)),
            repository: None,
        },
        copy: Copy {
            mode: Mode::Module,
            package: "app".into(),
            path: "crate::whittled::dep".into(),
            features: vec!["std".into()],
            cfgs: vec!["unix".into()],
            asked: vec![],
        },
        license: License {
            expression: "MIT OR Apache-2.0".into(),
            chosen: "MIT".into(),
            copyright: vec!["Copyright (c) 2014 \u{202e}\"A\"".into()],
            files: vec![Asset {
                path: "LICENSE-MIT".into(),
                upstream: Some("LICENSE-MIT".into()),
                sha256: "b".repeat(64),
            }],
        },
        files: vec![File {
            path: "mod.rs".into(),
            upstream: "src/lib.rs".into(),
            module: "dep".into(),
            sha256: "c".repeat(64),
            license: None,
            items: vec![Taken {
                path: "dep::f".into(),
                kind: Kind::Fn,
                hash: Hash("d".repeat(32)),
            }],
            edits: vec![
                Edit {
                    range: Span::new(0, 7),
                    text: String::new(),
                    why: Why::NotNeeded,
                },
                Edit {
                    range: Span::new(9, 14),
                    text: "crate::whittled::dep\n\u{1b}".into(),
                    why: Why::CratePath,
                },
            ],
        }],
        assets: vec![],
        host: vec![HostFile {
            path: "app/Cargo.toml".into(),
            created: false,
            changes: changes("a\ndep = \"1\"\nb\n", "a\nb\n"),
        }],
        acknowledged: vec![Acknowledged {
            file: "mod.rs".into(),
            item: "dep::f".into(),
            kind: Kind::Fn,
            hash: None,
            reason: "not used".into(),
        }],
    }
}

#[test]
fn what_is_printed_is_read_again() {
    let text = record().print();
    assert_eq!(parse(&text), Ok(record()));
    expect![[r##"
        # What this folder is a copy of, and how it was made. Written by cargo-whittle; see
        # `cargo whittle verify`, `cargo whittle sync` and `cargo whittle extract --undo`.
        format = "whittle-copy"
        version = 1
        tool = "0.1.0"
        command = "cargo whittle extract dep --apply"

        [origin]
        name = "dep"
        version = "1.2.0+x"
        crate = "dep"
        edition = 2021
        source = "registry+https://github.com/rust-lang/crates.io-index"
        checksum = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

        [copy]
        as = "module"
        package = "app"
        path = "crate::whittled::dep"
        features = ["std"]
        cfgs = [
            "unix",
        ]

        [license]
        expression = "MIT OR Apache-2.0"
        chosen = "MIT"
        copyright = [
            "Copyright (c) 2014 \U0000202E\"A\"",
        ]
        files = [
            { path = "LICENSE-MIT", upstream = "LICENSE-MIT", sha256 = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" },
        ]

        [[file]]
        path = "mod.rs"
        upstream = "src/lib.rs"
        module = "dep"
        sha256 = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
        items = [
            { kind = "fn", path = "dep::f", hash = "dddddddddddddddddddddddddddddddd" },
        ]
        edits = [
            { from = 0, to = 7, why = "not-needed" },
            { from = 9, to = 14, why = "crate-path", text = "crate::whittled::dep\n\U0000001B" },
        ]

        [[host]]
        path = "app/Cargo.toml"
        changes = [
            { line = 1, before = ["a", "dep = \"1\""], after = ["a"] },
        ]

        [[acknowledged]]
        file = "mod.rs"
        item = "dep::f"
        kind = "fn"
        reason = "not used"
    "##]].assert_eq(&text);
}

fn broken(from: &str, to: &str) -> String {
    let text = record().print();
    assert!(text.contains(from), "{from}");
    match parse(&text.replace(from, to)) {
        Err(why) => why.to_string(),
        Ok(_) => "read".to_owned(),
    }
}

#[test]
fn nothing_is_believed() {
    let all = [
        ("path = \"mod.rs\"", "path = \"../mod.rs\""),
        ("path = \"mod.rs\"", "path = \"/etc/passwd\""),
        ("upstream = \"src/lib.rs\"", "upstream = \"a/../../b\""),
        ("upstream = \"src/lib.rs\"", "upstream = 'C:\\x'"),
        ("path = \"app/Cargo.toml\"", "path = \"./x\""),
        ("path = \"LICENSE-MIT\"", "path = \"mod.rs\""),
        ("name = \"dep\"", "name = \"../dep\""),
        ("version = \"1.2.0+x\"", "version = \"1/../..\""),
        ("from = 9, to = 14", "from = 5, to = 14"),
        ("from = 9, to = 14", "from = 9, to = 8"),
        (&*"d".repeat(32), "D"),
        ("version = 1\n", "version = 2\n"),
        ("version = 1\n", "version = 0\n"),
        ("format = \"whittle-copy\"", "format = \"x\""),
        ("as = \"module\"", "as = \"else\""),
        ("tool = ", "tools = "),
        ("tool = ", "tool = \u{1}"),
        ("reason = \"not used\"", "reason = \" \""),
    ];
    let lines: Vec<String> = all.iter().map(|(from, to)| broken(from, to)).collect();
    expect![[r#"
        `../mod.rs` is no path below this folder
        `/etc/passwd` is no path below this folder
        `a/../../b` is no path below this folder
        `C:\x` is no path below this folder
        `./x` is no path below this folder
        `mod.rs` is named twice
        `../dep` is no name of a package
        `1/../..` is no version
        the edits of `mod.rs` overlap
        the edits of `mod.rs` overlap
        `D` is no hash
        it was written by a newer version of this tool (format version 2)
        it has no `version` that is known
        its `format` is not "whittle-copy"
        unknown variant `else`, expected `module` or `crate`
        unknown field `tools`, expected one of `tool`, `command`, `origin`, `copy`, `license`, `file`, `asset`, `host`, `acknowledged`
        missing opening quote, expected `"`
        a change of `dep::f` is acknowledged without a reason"#]].assert_eq(&lines.join("\n"));
}

#[test]
fn changes_are_taken_back_where_they_are() {
    let before = "[deps]\na = \"1\"\ndep = \"2\"\n\n[x]\nuse dep::f;\nlast";
    let after = "[deps]\na = \"1\"\n\n[x]\nmod whittled;\nuse crate::whittled::dep::f;\nlast";
    let made = changes(before, after);
    assert_eq!(revert(after, &made).unwrap(), before);
    let moved = |text: &str| format!("above\n{text}\nmore");
    assert_eq!(revert(&moved(after), &made).unwrap(), moved(before));
    let gone = changes("x\ny\nx\ny\n", "x\ny\ny\n");
    assert!(revert("a\nb\n", &gone).is_err());
    let changed = after.replace("dep::f", "dep::g");
    assert_eq!(revert(&changed, &made), Err(NotThere { line: 5 }));
}

#[test]
fn cfgs_that_decide() {
    let cfgs = [
        "feature=\"std\"",
        "has_atomics",
        "target_os=\"linux\"",
        "unix",
    ]
    .map(String::from);
    assert_eq!(Copy::deciding(&cfgs), ["has_atomics"]);
}
