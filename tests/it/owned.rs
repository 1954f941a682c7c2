//! Owned code as a user meets it afterwards: workspaces that the tests make, with a copy in them as
//! `extract` writes it, and a registry cache with the package that it is a copy of.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Output};

use camino::{Utf8Path, Utf8PathBuf};
use expect_test::{Expect, expect};
use serde_json::Value;
use tempfile::TempDir;
use whittle_extract::edit::{Edit, Span, Why};
use whittle_extract::emit::{Emission, Source, emit};
use whittle_extract::items::sha256;
use whittle_extract::license::{Offer, Text, judge};
use whittle_extract::manifest::{NewPackage, description, new_package};
use whittle_extract::record::{Asset, Copy, Mode, Origin, Record};

use crate::fixtures::{configuration, stdout};

pub(crate) const LIB: &str = "\
//! Adds.

use std::{fmt, io};

/// Adds one.
pub fn one(x: u8) -> u8 {
    crate::helper(x)
}

fn helper(x: u8) -> u8 {
    x + 1
}

pub fn unused() -> io::Error {
    io::Error::other(\"\")
}

pub struct Shown;
impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(\"shown\")
    }
}
";

const MIT: &str = "Copyright (c) 2014 The Dep Developers\n\nPermission is hereby granted, free of charge, to any \
    person obtaining a copy of this software, on condition that this permission notice shall be included in all \
    copies or substantial portions of the Software.\n";

/// A workspace with a copy, and a home of cargo's with the package.
pub(crate) struct Tree(TempDir);

impl Tree {
    pub(crate) fn path(&self) -> Utf8PathBuf {
        let path = Utf8Path::from_path(self.0.path()).unwrap();
        path.canonicalize_utf8().unwrap()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let file = self.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    fn change(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{from} in {text}");
        self.write(name, &text.replace(from, to));
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        let root = self.path();
        Command::new(env!("CARGO_BIN_EXE_cargo-whittle"))
            .args(args)
            .args(["--manifest-path", root.join("ws/Cargo.toml").as_str()])
            .env("XDG_CONFIG_HOME", configuration("exec = \"trust\"\n"))
            .env("CARGO_HOME", root.join("home"))
            .env("SOURCE_DATE_EPOCH", "1000000000")
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_TARGET_DIR")
            .output()
            .unwrap()
    }

    /// Exit code, and what is printed.
    fn check(&self, args: &[&str], code: i32, expect: Expect) {
        let ran = self.run(args);
        let err = String::from_utf8_lossy(&ran.stderr).into_owned();
        let out = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert_eq!(ran.status.code(), Some(code), "{out}{err}");
        expect.assert_eq(&format!("{out}{err}"));
    }
}

/// A `.crate` with these files.
pub(crate) fn archive(name_version: &str, files: &[(&str, &str)]) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        let path = format!("{name_version}/{path}");
        tar.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    let mut gzip = tar.into_inner().unwrap();
    gzip.flush().unwrap();
    gzip.finish().unwrap()
}

pub(crate) fn edit(text: &str, what: &str, with: &str, why: Why) -> Edit {
    let start = text.find(what).unwrap();
    let offset = |at: usize| u32::try_from(at).unwrap();
    Edit {
        range: Span::new(offset(start), offset(start + what.len())),
        text: with.to_owned(),
        why,
    }
}

/// `app` with `one` and what it needs of `dep` 1.0.0.
pub(crate) fn tree() -> Tree {
    let tree = Tree(tempfile::tempdir().unwrap());
    tree.write(
        "ws/Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\nlicense = \"MIT\"\n",
    );
    tree.write(
        "ws/Cargo.lock",
        "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n",
    );
    tree.write(
        "ws/src/main.rs",
        "mod whittled;\n\nfn main() {\n    println!(\"{}\", whittled::dep::one(1));\n}\n",
    );
    tree.write(
        "ws/src/whittled/mod.rs",
        "#[rustfmt::skip]\npub(crate) mod dep;\n",
    );
    let copy = Copy {
        package: "app".into(),
        path: "crate::whittled::dep".into(),
        ..Copy::default()
    };
    let path = edit(
        LIB,
        "crate::helper",
        "crate::whittled::dep::helper",
        Why::CratePath,
    );
    let record = copied(&tree, "ws/src/whittled/dep", copy, "mod.rs", vec![path]);
    tree.write(RECORD, &record.print());
    tree
}

/// The same as a crate of the workspace.
fn tree_of_crates() -> Tree {
    let tree = Tree(tempfile::tempdir().unwrap());
    tree.write(
        "ws/Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\nlicense = \"MIT\"\n\n\
         [dependencies]\ndep = { path = \"whittled/dep\" }\n\n[workspace]\n",
    );
    tree.write(
        "ws/Cargo.lock",
        "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \"dep\",\n]\n\n\
         [[package]]\nname = \"dep\"\nversion = \"1.0.0\"\n",
    );
    tree.write(
        "ws/src/main.rs",
        "fn main() {\n    println!(\"{}\", dep::one(1));\n}\n",
    );
    let copy = Copy {
        mode: Mode::Crate,
        package: "app".into(),
        path: "dep".into(),
        ..Copy::default()
    };
    let mut record = copied(&tree, "ws/whittled/dep", copy, "src/lib.rs", Vec::new());
    let manifest = new_package(&NewPackage {
        name: "dep".into(),
        version: "1.0.0".into(),
        edition: "2021".into(),
        description: Some(description("dep", "1.0.0")),
        ..NewPackage::default()
    });
    tree.write("ws/whittled/dep/Cargo.toml", &manifest);
    record.assets.push(Asset {
        path: "Cargo.toml".into(),
        upstream: None,
        sha256: sha256(manifest.as_bytes()),
    });
    tree.write("ws/whittled/dep/whittled.toml", &record.print());
    tree
}

/// Writes a copy's file, its licence, and the package that it is of.
fn copied(tree: &Tree, folder: &str, copy: Copy, path: &str, mut edits: Vec<Edit>) -> Record {
    let archive = archive("dep-1.0.0", &[("src/lib.rs", LIB), ("LICENSE", MIT)]);
    let unused = &LIB[LIB.find("pub fn unused").unwrap()..];
    edits.insert(0, edit(LIB, "use std::{fmt, io};\n\n", "", Why::NotNeeded));
    edits.push(edit(LIB, unused, "", Why::NotNeeded));
    let texts = [Text {
        path: "LICENSE".into(),
        text: MIT.into(),
        supplied: false,
    }];
    let offer = Offer {
        expression: Some("MIT"),
        license_file: None,
        authors: &[],
        texts: &texts,
    };
    let grant = judge(&offer, Some("MIT")).unwrap();
    let emitted = emit(&Emission {
        tool: "0.1.0",
        command: "cargo whittle extract dep --apply",
        origin: Origin {
            name: "dep".into(),
            version: "1.0.0".into(),
            crate_name: "dep".into(),
            edition: 2021,
            source: "registry+https://github.com/rust-lang/crates.io-index".into(),
            checksum: Some(sha256(&archive)),
            repository: Some("https://example.org/dep".into()),
        },
        copy,
        host_license: Some("MIT"),
        grant: &grant,
        texts: &texts,
        sources: vec![Source {
            path: path.into(),
            upstream: "src/lib.rs".into(),
            module: "dep".into(),
            text: LIB,
            edits,
        }],
        assets: vec![],
    })
    .unwrap();
    for file in &emitted.files {
        let text = String::from_utf8(file.bytes.clone()).unwrap();
        tree.write(&format!("{folder}/{}", file.path), &text);
    }
    let cache = tree.path().join("home/registry/cache/example.org-0000");
    fs::create_dir_all(&cache).unwrap();
    fs::write(cache.join("dep-1.0.0.crate"), archive).unwrap();
    emitted.record
}

const MODULE: &str = "ws/src/whittled/dep/mod.rs";
const RECORD: &str = "ws/src/whittled/dep/whittled.toml";

#[test]
fn a_copy_as_it_was_made() {
    let tree = tree();
    tree.check(
        &["verify"],
        0,
        expect![[r#"
        dep 1.0.0 in src/whittled/dep (app)
          against dep-1.0.0.crate, whose checksum is right
          2 items: 3 parts as upstream's
    "#]],
    );
    tree.check(
        &["verify", "dep@1.0.0"],
        0,
        expect![[r#"
        dep 1.0.0 in src/whittled/dep (app)
          against dep-1.0.0.crate, whose checksum is right
          2 items: 3 parts as upstream's
    "#]],
    );
    tree.check(
        &["verify", "other"],
        2,
        expect![[r#"
        error: the workspace owns no copy of `other`
          help: see `cargo whittle --help`
    "#]],
    );
    let json: Value =
        serde_json::from_str(&stdout(&tree.run(&["verify", "--format", "json"]))).unwrap();
    assert_eq!(
        (&json["drift"], &json["copies"][0]["same"]),
        (&false.into(), &3.into())
    );
}

#[test]
fn a_change_is_shown_acknowledged_and_shown_again() {
    let tree = tree();
    tree.change(MODULE, "x + 1", "x.wrapping_add(1)");
    tree.check(
        &["verify"],
        1,
        expect![[r#"
        dep 1.0.0 in src/whittled/dep (app)
          against dep-1.0.0.crate, whose checksum is right
          2 items: 2 parts as upstream's, 1 difference
          changed  fn dep::helper  src/whittled/dep/mod.rs:19
                    fn helper(x: u8) -> u8 {
                   -    x + 1
                   +    x.wrapping_add(1)
                    }
    "#]],
    );
    let acknowledge = [
        "verify",
        "--acknowledge",
        "helper",
        "--reason",
        "overflow, see #7",
    ];
    tree.check(
        &acknowledge,
        0,
        expect![[r#"
        acknowledged in src/whittled/dep/whittled.toml: fn dep::helper
    "#]],
    );
    tree.check(
        &["verify", "--no-diff"],
        0,
        expect![[r#"
        dep 1.0.0 in src/whittled/dep (app)
          against dep-1.0.0.crate, whose checksum is right
          2 items: 2 parts as upstream's, 1 acknowledged
          changed  fn dep::helper  src/whittled/dep/mod.rs:19
                   acknowledged: overflow, see #7
    "#]],
    );
    tree.check(
        &acknowledge,
        2,
        expect![[r#"
        error: nothing that differs is called `helper`
          help: see `cargo whittle --help`
    "#]],
    );
    tree.change(MODULE, "wrapping_add(1)", "wrapping_add(2)");
    tree.check(
        &["verify", "--no-diff"],
        1,
        expect![[r#"
        dep 1.0.0 in src/whittled/dep (app)
          against dep-1.0.0.crate, whose checksum is right
          2 items: 2 parts as upstream's, 1 difference
          changed  fn dep::helper  src/whittled/dep/mod.rs:19
          acknowledged, but not there: dep::helper in mod.rs
    "#]],
    );
    // The note that fits nothing makes way for the new one.
    tree.check(
        &acknowledge,
        0,
        expect![[r#"
        acknowledged in src/whittled/dep/whittled.toml: fn dep::helper
    "#]],
    );
    tree.check(
        &["verify", "--no-diff"],
        0,
        expect![[r#"
        dep 1.0.0 in src/whittled/dep (app)
          against dep-1.0.0.crate, whose checksum is right
          2 items: 2 parts as upstream's, 1 acknowledged
          changed  fn dep::helper  src/whittled/dep/mod.rs:19
                   acknowledged: overflow, see #7
    "#]],
    );
}

#[test]
fn without_upstream_it_cannot_be_said() {
    let tree = tree();
    let cached = tree
        .path()
        .join("home/registry/cache/example.org-0000/dep-1.0.0.crate");
    let elsewhere = tree.path().join("elsewhere");
    fs::create_dir_all(&elsewhere).unwrap();
    fs::rename(&cached, elsewhere.join("dep-1.0.0.crate")).unwrap();
    tree.check(&["verify"], 2, expect![[r#"
        dep 1.0.0 in src/whittled/dep (app)
          against the hashes of its record only: upstream is neither in the registry cache nor in vendor/
          2 items: 3 parts as recorded
        note: not all upstream packages are at hand, so that it cannot be said whether their copies are true: fetch the .crate files and name their folder with `--upstream`, or be content with `--hashes`
    "#]]);
    tree.check(&["verify", "--hashes"], 0, expect![[r#"
        dep 1.0.0 in src/whittled/dep (app)
          against the hashes of its record only: upstream is neither in the registry cache nor in vendor/
          2 items: 3 parts as recorded
    "#]]);
    tree.check(
        &["verify", "--upstream", elsewhere.as_str()],
        0,
        expect![[r#"
            dep 1.0.0 in src/whittled/dep (app)
              against dep-1.0.0.crate, whose checksum is right
              2 items: 3 parts as upstream's
        "#]],
    );
    // Another archive is not believed.
    fs::write(&cached, archive("dep-1.0.0", &[("src/lib.rs", LIB)])).unwrap();
    tree.check(&["verify"], 2, expect![[r#"
        dep 1.0.0 in src/whittled/dep (app)
          against the hashes of its record only: upstream is not what the record has the checksum of
          (dep-1.0.0.crate: it has another checksum)
          2 items: 3 parts as recorded
        note: not all upstream packages are at hand, so that it cannot be said whether their copies are true: fetch the .crate files and name their folder with `--upstream`, or be content with `--hashes`
    "#]]);
    tree.change(MODULE, "x + 1", "x + 2");
    tree.check(
        &["verify"],
        1,
        expect![[r#"
        dep 1.0.0 in src/whittled/dep (app)
          against the hashes of its record only: upstream is not what the record has the checksum of
          (dep-1.0.0.crate: it has another checksum)
          2 items: 2 parts as recorded, 1 difference
          changed  fn dep::helper  src/whittled/dep/mod.rs:19
    "#]],
    );
}

#[test]
fn a_vendored_package_with_right_checksums() {
    let tree = tree();
    let cached = tree
        .path()
        .join("home/registry/cache/example.org-0000/dep-1.0.0.crate");
    let checksum = sha256(&fs::read(&cached).unwrap());
    fs::remove_file(&cached).unwrap();
    tree.write("ws/vendor/dep/src/lib.rs", LIB);
    tree.write("ws/vendor/dep/LICENSE", MIT);
    let list = format!(
        "{{\"files\":{{\"LICENSE\":\"{}\",\"src/lib.rs\":\"{}\"}},\"package\":\"{checksum}\"}}",
        sha256(MIT.as_bytes()),
        sha256(LIB.as_bytes())
    );
    tree.write("ws/vendor/dep/.cargo-checksum.json", &list);
    tree.check(
        &["verify"],
        0,
        expect![[r#"
        dep 1.0.0 in src/whittled/dep (app)
          against vendor/dep, whose checksums are right
          2 items: 3 parts as upstream's
    "#]],
    );
    tree.change("ws/vendor/dep/src/lib.rs", "x + 1", "x + 2");
    tree.check(&["verify"], 2, expect![[r#"
        dep 1.0.0 in src/whittled/dep (app)
          against the hashes of its record only: upstream is not what the record has the checksum of
          (vendor/dep: `src/lib.rs` is not as it was vendored)
          2 items: 3 parts as recorded
        note: not all upstream packages are at hand, so that it cannot be said whether their copies are true: fetch the .crate files and name their folder with `--upstream`, or be content with `--hashes`
    "#]]);
}

#[test]
fn a_tree_that_cannot_be_trusted() {
    let tree = tree();
    tree.write("ws/src/whittled/dep/evil.rs", "fn f() {}\n");
    #[cfg(unix)]
    {
        let license = tree.path().join("ws/src/whittled/dep/LICENSE");
        fs::remove_file(&license).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", license).unwrap();
        tree.check(
            &["verify"],
            1,
            expect![[r#"
            dep 1.0.0 in src/whittled/dep (app)
              against dep-1.0.0.crate, whose checksum is right
              2 items: 3 parts as upstream's, 2 problems
              ! src/whittled/dep/LICENSE: it is a link, and not read
              ! src/whittled/dep/evil.rs: it is not in the record
        "#]],
        );
    }
    let text = tree.read(RECORD);
    tree.change(RECORD, "path = \"mod.rs\"", "path = \"../../main.rs\"");
    tree.check(
        &["verify"],
        2,
        expect![[r#"
        error: src/whittled/dep/whittled.toml: `../../main.rs` is no path below this folder
          help: restore it from version control; it is not meant to be edited
    "#]],
    );
    tree.write(RECORD, &text.replace("version = 1\n", "version = 9\n"));
    tree.check(&["verify"], 2, expect![[r#"
        error: src/whittled/dep/whittled.toml: it was written by a newer version of this tool (format version 9)
          help: update cargo-whittle
    "#]]);
    // Below a package that is none of the workspace's.
    fs::remove_dir_all(tree.path().join("ws/src/whittled/dep")).unwrap();
    tree.write(
        "ws/other/Cargo.toml",
        "[package]\nname = \"other\"\n[workspace]\n",
    );
    tree.write("ws/other/whittled.toml", "broken");
    tree.write("ws/target/x/whittled.toml", "broken");
    tree.check(
        &["verify"],
        0,
        expect![[r#"
        the workspace owns no copy of a dependency
    "#]],
    );
}

#[test]
fn a_bill_of_materials_names_it() {
    let tree = tree();
    let ran = tree.run(&["sbom"]);
    let text = stdout(&ran);
    assert_eq!(text, stdout(&tree.run(&["sbom"])), "the same bytes twice");
    assert!(!text.contains(tree.path().as_str()));
    let bom: Value = serde_json::from_str(&text).unwrap();
    let schema = crate::fixtures::root().join("../../shared/schemas/cyclonedx-1.6.schema.json");
    if let Ok(text) = fs::read_to_string(schema) {
        let schema: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(crate::schema::errors(&schema, &bom), Vec::<String>::new());
    }
    let copy = serde_json::to_string_pretty(&bom["components"]).unwrap();
    let archive = &bom["components"][0]["pedigree"]["ancestors"][0]["hashes"][0]["content"];
    let copy = copy.replace(archive.as_str().unwrap(), "(checksum)");
    expect![[r#"
        [
          {
            "bom-ref": "whittle:src/whittled/dep",
            "copyright": "Copyright (c) 2014 The Dep Developers",
            "description": "the part of dep 1.0.0 that app owns a copy of",
            "licenses": [
              {
                "expression": "MIT"
              }
            ],
            "name": "dep",
            "pedigree": {
              "ancestors": [
                {
                  "externalReferences": [
                    {
                      "type": "vcs",
                      "url": "https://example.org/dep"
                    }
                  ],
                  "hashes": [
                    {
                      "alg": "SHA-256",
                      "content": "(checksum)"
                    }
                  ],
                  "licenses": [
                    {
                      "expression": "MIT"
                    }
                  ],
                  "name": "dep",
                  "purl": "pkg:cargo/dep@1.0.0",
                  "type": "library",
                  "version": "1.0.0"
                }
              ],
              "notes": "A part of dep 1.0.0 only: 2 items (dep::one, dep::helper), copied by cargo-whittle 0.1.0 with the edits that src/whittled/dep/whittled.toml lists. What is not named here is not in it.",
              "patches": [
                {
                  "diff": {
                    "text": {
                      "content": "src/lib.rs (sha256 461b6139908fe771be261c25b1199c218e4b973283fc1a56fa1392e524131331) -> mod.rs\nbytes 11..32 not-needed\nbytes 76..89 crate-path: \"crate::whittled::dep::helper\"\nbytes 134..341 not-needed\n",
                      "contentType": "text/plain"
                    }
                  },
                  "type": "unofficial"
                }
              ]
            },
            "properties": [
              {
                "name": "whittle:owned",
                "value": "src/whittled/dep"
              },
              {
                "name": "whittle:owned-as",
                "value": "module"
              },
              {
                "name": "whittle:owned-by",
                "value": "app"
              },
              {
                "name": "whittle:owned-items",
                "value": "2"
              },
              {
                "name": "whittle:owned-features",
                "value": ""
              }
            ],
            "scope": "required",
            "type": "library",
            "version": "1.0.0"
          }
        ]"#]].assert_eq(&copy);
    expect![[r#"
        [
          {
            "dependsOn": [
              "whittle:src/whittled/dep"
            ],
            "ref": "pkg:cargo/app@0.1.0"
          },
          {
            "dependsOn": [],
            "ref": "whittle:src/whittled/dep"
          }
        ]"#]]
    .assert_eq(&serde_json::to_string_pretty(&bom["dependencies"]).unwrap());
}

#[test]
fn a_report_lists_it() {
    let tree = tree();
    let json: Value =
        serde_json::from_str(&stdout(&tree.run(&["report", "--format", "json"]))).unwrap();
    expect![[r#"
        [
          {
            "acknowledged": 0,
            "folder": "src/whittled/dep",
            "functions": 2,
            "items": 2,
            "license": "MIT",
            "name": "dep",
            "package": "app",
            "version": "1.0.0"
          }
        ]"#]]
    .assert_eq(&serde_json::to_string_pretty(&json["owned"]).unwrap());
    let table = stdout(&tree.run(&["report"]));
    let line = table.lines().find(|line| line.starts_with("owned"));
    expect!["owned  2 items of dep 1.0.0 in src/whittled/dep (app), under MIT"]
        .assert_eq(line.unwrap_or_default());
    let markdown = stdout(&tree.run(&["report", "--format", "markdown"]));
    let line = markdown.lines().find(|line| line.contains("owned"));
    expect!["- **owned**: 2 items of dep 1.0.0 in src/whittled/dep (app), under MIT"]
        .assert_eq(line.unwrap_or_default());
}

fn advisory(id: &str, functions: &str) -> String {
    format!(
        "```toml\n[advisory]\nid = \"{id}\"\npackage = \"dep\"\ndate = \"2024-01-02\"\n\n{functions}[versions]\npatched = [\">= 1.1.0\"]\n```\n\n# {id} is bad\n\nText.\n"
    )
}

#[test]
fn advisories_on_what_it_is_of_are_matched_by_item() {
    let tree = tree();
    let affected = |path: &str| format!("[affected.functions]\n\"{path}\" = [\"< 1.1.0\"]\n\n");
    for (id, functions) in [
        ("RUSTSEC-2024-0001", affected("dep::one")),
        ("RUSTSEC-2024-0002", affected("dep::unused")),
        ("RUSTSEC-2024-0003", String::new()),
    ] {
        tree.write(&format!("db/crates/dep/{id}.md"), &advisory(id, &functions));
    }
    let db = tree.path().join("db");
    let ran = tree.run(&["advisories", "--db", db.as_str()]);
    assert_eq!(ran.status.code(), Some(1));
    expect![[r#"
        REACHED  RUSTSEC-2024-0001 in dep 1.0.0  (owned, in src/whittled/dep)
          RUSTSEC-2024-0001 is bad
          the copy in src/whittled/dep: `dep::one` was taken
          Update dep to >=1.1.0.

        REACHED  RUSTSEC-2024-0003 in dep 1.0.0  (owned, in src/whittled/dep)
          RUSTSEC-2024-0003 is bad
          the advisory lists no functions, and the copy in src/whittled/dep has 2 items of the crate
          Update dep to >=1.1.0.

        NOT REACHED  RUSTSEC-2024-0002 in dep 1.0.0  (owned, in src/whittled/dep)
          RUSTSEC-2024-0002 is bad
          none of the listed paths is in the copy in src/whittled/dep

        3 advisories, the newest of 2024-01-02
        app@0.1.0 bin app: domains run, build, macro, features default, x86_64-unknown-linux-gnu, profile
        dev
        3 advisories here: 2 reached, 0 reached indirectly, 0 unknown, 1 not reached
    "#]].assert_eq(&stdout(&ran));
    for name in ["0001", "0003"] {
        fs::remove_file(db.join(format!("crates/dep/RUSTSEC-2024-{name}.md"))).unwrap();
    }
    let ran = tree.run(&["advisories", "--db", db.as_str()]);
    assert_eq!(
        ran.status.code(),
        Some(0),
        "what was not taken does not matter"
    );
}

const NEW: &str = "\
//! Adds.

use std::{fmt, io};

/// Adds one, or stays.
pub fn one(x: u8) -> u8 {
    crate::helper(x)
}

fn helper(x: u8) -> u8 {
    x.min(limit()) + 1
}

fn limit() -> u8 {
    254
}

pub fn unused() -> io::Error {
    io::Error::other(\"\")
}

pub struct Shown;
impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(\"shown\")
    }
}
";

/// The tree with a second version in the registry cache.
fn with_newer(license: &str) -> Tree {
    let tree = tree();
    add_newer(&tree, license);
    tree
}

fn add_newer(tree: &Tree, license: &str) {
    let manifest = format!(
        "[package]\nname = \"dep\"\nversion = \"1.1.0\"\nedition = \"2021\"\nlicense = \"{license}\"\n"
    );
    let archive = archive(
        "dep-1.1.0",
        &[
            ("Cargo.toml", &manifest),
            ("src/lib.rs", NEW),
            ("LICENSE", MIT),
        ],
    );
    let cache = tree.path().join("home/registry/cache/example.org-0000");
    fs::write(cache.join("dep-1.1.0.crate"), archive).unwrap();
}

/// The archive's, which another version of the compressor may pack otherwise.
fn without_checksum(text: &str) -> String {
    let is_checksum =
        |word: &&str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let found = words.into_iter().find(is_checksum).unwrap_or("-");
    text.replace(found, "(checksum)")
}

#[test]
fn a_copy_follows_its_upstream() {
    let tree = with_newer("MIT");
    let before = tree.read(MODULE);
    tree.check(
        &["sync", "dep"],
        0,
        expect![[r#"
        dep 1.0.0 -> 1.1.0 in src/whittled/dep
          upstream changed 3 parts of what was taken
          changed  fn dep::one  mod.rs
                   -/// Adds one.
                   +/// Adds one, or stays.
                    pub fn one(x: u8) -> u8 {
                        crate::whittled::dep::helper(x)
                    }
          changed  fn dep::helper  mod.rs
                    fn helper(x: u8) -> u8 {
                   -    x + 1
                   +    x.min(limit()) + 1
                    }
          needed   fn dep::limit  mod.rs
                   +fn limit() -> u8 {
                   +    254
                   +}
          writes src/whittled/dep/mod.rs
          writes src/whittled/dep/whittled.toml
        note: nothing was written: `--apply` does
    "#]],
    );
    assert_eq!(tree.read(MODULE), before, "nothing is written unasked");
    tree.check(
        &["sync", "dep", "--to", "1.1.0", "--apply", "--no-diff"],
        0,
        expect![[r#"
            dep 1.0.0 -> 1.1.0 in src/whittled/dep
              upstream changed 3 parts of what was taken
              changed  fn dep::one  mod.rs
              changed  fn dep::helper  mod.rs
              needed   fn dep::limit  mod.rs
              writes src/whittled/dep/mod.rs
              writes src/whittled/dep/whittled.toml
            note: it compiles; run the tests and `cargo whittle verify`
        "#]],
    );
    expect![[r#"
        // SPDX-License-Identifier: MIT
        // SPDX-FileCopyrightText: Copyright (c) 2014 The Dep Developers
        //
        // `src/lib.rs` of dep 1.1.0 (registry+https://github.com/rust-lang/crates.io-index, registry
        // checksum (checksum)), without what is
        // not needed here; made by cargo-whittle 0.1.0 with
        //     cargo whittle extract dep --apply
        // It holds 3 items: dep::one, dep::helper, dep::limit.
        // Do not edit without need: what is left out and what differs is in whittled.toml, `cargo
        // whittle verify` compares, and a change has to be acknowledged there.

        //! Adds.

        /// Adds one, or stays.
        pub fn one(x: u8) -> u8 {
            crate::whittled::dep::helper(x)
        }

        fn helper(x: u8) -> u8 {
            x.min(limit()) + 1
        }

        fn limit() -> u8 {
            254
        }
    "#]].assert_eq(&without_checksum(&tree.read(MODULE)));
    tree.check(
        &["verify"],
        0,
        expect![[r#"
        dep 1.1.0 in src/whittled/dep (app)
          against dep-1.1.0.crate, whose checksum is right
          3 items: 4 parts as upstream's
    "#]],
    );
    // There is nothing to do any more.
    tree.check(
        &["sync", "dep"],
        0,
        expect![[r#"
        dep 1.1.0 -> 1.1.0 in src/whittled/dep
          upstream changed 0 parts of what was taken
        note: nothing was written: `--apply` does
    "#]],
    );
    assert!(!tree.path().join("ws/.whittle-journal").exists());
}

/// The manifest of a crate has the version of what it is a copy of, and the lock file follows.
#[test]
fn a_crate_gets_the_version_of_its_upstream() {
    let tree = tree_of_crates();
    add_newer(&tree, "MIT");
    let applied = tree.run(&["sync", "dep", "--apply", "--no-diff"]);
    let said = String::from_utf8_lossy(&applied.stdout).into_owned();
    let noted = String::from_utf8_lossy(&applied.stderr).into_owned();
    assert_eq!(applied.status.code(), Some(0), "{said}{noted}");
    assert!(said.contains("writes whittled/dep/Cargo.toml\n"), "{said}");
    assert!(noted.contains("it compiles"), "{noted}");
    let manifest = tree.read("ws/whittled/dep/Cargo.toml");
    assert!(manifest.contains("\nversion = \"1.1.0\"\n"), "{manifest}");
    assert!(manifest.contains("The part of dep 1.1.0 "), "{manifest}");
    let lock = tree.read("ws/Cargo.lock");
    assert!(
        lock.contains("name = \"dep\"\nversion = \"1.1.0\"\n"),
        "{lock}"
    );
    assert_eq!(tree.run(&["verify"]).status.code(), Some(0));
}

#[test]
fn a_sync_keeps_what_somebody_wrote_into_the_manifest() {
    let tree = tree_of_crates();
    add_newer(&tree, "MIT");
    let manifest = "ws/whittled/dep/Cargo.toml";
    tree.change(
        manifest,
        "publish = false\n",
        "publish = false\nhomepage = \"a\"\n",
    );
    assert_eq!(tree.run(&["verify"]).status.code(), Some(1));
    let applied = tree.run(&["sync", "dep", "--apply", "--unchecked", "--no-diff"]);
    assert_eq!(applied.status.code(), Some(0));
    let text = tree.read(manifest);
    assert!(
        text.contains("\nhomepage = \"a\"\n") && text.contains("\nversion = \"1.1.0\"\n"),
        "{text}"
    );
    // It is still shown.
    assert_eq!(tree.run(&["verify"]).status.code(), Some(1));
}

#[test]
fn a_sync_acknowledges_nothing_by_itself() {
    let tree = with_newer("MIT");
    let to = |what: &str| format!("crate::whittled::dep::helper(x){what}\n");
    tree.change(MODULE, &to(""), &to(".max(2)"));
    let acknowledge = ["verify", "--acknowledge", "one", "--reason", "never 1"];
    assert_eq!(tree.run(&acknowledge).status.code(), Some(0));
    // Changed again since.
    tree.change(MODULE, &to(".max(2)"), &to(".max(3)"));
    assert_eq!(tree.run(&["verify"]).status.code(), Some(1));
    let sync = tree.run(&["sync", "dep", "--apply", "--no-diff"]);
    assert_eq!(sync.status.code(), Some(0));
    assert!(tree.read(MODULE).contains("max(3)"));
    assert_eq!(tree.run(&["verify"]).status.code(), Some(1));
}

#[test]
fn undo_changes_files_of_packages_only() {
    let tree = tree();
    let config = "ws/.git/config";
    tree.write(config, "[core]\n");
    for path in [".git/config", ".cargo/config.toml", "../outside.rs"] {
        let record = tree.read(RECORD);
        let host = format!(
            "\n[[host]]\npath = \"{path}\"\n\n[[host.changes]]\nline = 1\nbefore = [\"[core]\", \"fsmonitor = x\"]\nafter = []\n"
        );
        tree.write(RECORD, &(record.clone() + &host));
        let ran = tree.run(&["extract", "dep", "--undo"]);
        assert_ne!(ran.status.code(), Some(0), "{path}");
        assert_eq!(tree.read(config), "[core]\n", "{path}");
        tree.write(RECORD, &record);
    }
    // With a record that is as extraction makes it, it is the other file that counts.
    let ran = tree.run(&["extract", "dep", "--undo"]);
    assert_eq!(
        ran.status.code(),
        Some(0),
        "{}{}",
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr)
    );
}

#[test]
fn a_local_change_is_kept_or_a_conflict() {
    let tree = with_newer("MIT");
    tree.change(
        MODULE,
        "crate::whittled::dep::helper(x)\n",
        "crate::whittled::dep::helper(x).max(2)\n",
    );
    tree.check(
        &["verify", "--acknowledge", "one", "--reason", "never 1"],
        0,
        expect![[r#"
            acknowledged in src/whittled/dep/whittled.toml: fn dep::one
        "#]],
    );
    tree.check(
        &["sync", "dep", "--apply", "--no-diff"],
        0,
        expect![[r#"
        dep 1.0.0 -> 1.1.0 in src/whittled/dep
          upstream changed 3 parts of what was taken
          changed  fn dep::one  mod.rs
          changed  fn dep::helper  mod.rs
          needed   fn dep::limit  mod.rs
          writes src/whittled/dep/mod.rs
          writes src/whittled/dep/whittled.toml
        note: it compiles; run the tests and `cargo whittle verify`
    "#]],
    );
    // The reason went with it.
    tree.check(
        &["verify", "--no-diff"],
        0,
        expect![[r#"
        dep 1.1.0 in src/whittled/dep (app)
          against dep-1.1.0.crate, whose checksum is right
          3 items: 3 parts as upstream's, 1 acknowledged
          changed  fn dep::one  src/whittled/dep/mod.rs:14
                   acknowledged: never 1
    "#]],
    );

    let tree = with_newer("MIT");
    tree.change(MODULE, "x + 1", "x + 2");
    tree.check(&["sync", "dep", "--apply", "--no-diff"], 1, expect![[r#"
        dep 1.0.0 -> 1.1.0 in src/whittled/dep
          upstream changed 3 parts of what was taken
          changed  fn dep::one  mod.rs
          changed  fn dep::helper  mod.rs
          needed   fn dep::limit  mod.rs
          writes src/whittled/dep/mod.rs, 1 conflict
          writes src/whittled/dep/whittled.toml
        note: run `cargo check`, the tests and `cargo whittle verify`: whether it compiles was not tried
    "#]]);
    let text = tree.read(MODULE);
    let conflict = &text[text.find("<<<<<<<").unwrap()..];
    expect![[r#"
        <<<<<<< here
            x + 2
        =======
            x.min(limit()) + 1
    "#]]
    .assert_eq(&conflict[..conflict.find(">>>>>>>").unwrap()]);
}

#[test]
fn a_version_that_is_not_there_or_not_allowed() {
    let tree = with_newer("GPL-3.0-only");
    tree.check(&["sync", "dep"], 2, expect![[r#"
        error: src/whittled/dep/whittled.toml: 1.1.0 may not be copied: `GPL-3.0-only` does not allow a copy in a package under `MIT` (keep the dependency)
          help: keep the version, or extract the crate again
    "#]]);
    tree.check(&["sync", "dep", "--to", "2.0.0"], 2, expect![[r#"
        error: src/whittled/dep/whittled.toml: dep-2.0.0.crate is not in the registry cache
          help: fetch the .crate file and name its folder with `--upstream`; this tool never uses the network
    "#]]);
    tree.check(&["sync", "dep", "--to", "../x"], 2, expect![[r#"
        error: src/whittled/dep/whittled.toml: dep-../x.crate is not in the registry cache
          help: fetch the .crate file and name its folder with `--upstream`; this tool never uses the network
    "#]]);
}
