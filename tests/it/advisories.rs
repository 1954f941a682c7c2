//! `cargo whittle advisories` as a user runs it: on a fixture, with databases that the tests
//! write.

use std::fs;
use std::process::{Command, Output};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;
use tempfile::TempDir;

use crate::fixtures::root;
use crate::schema;

/// A database in a folder of its own.
struct Db(TempDir);

impl Db {
    fn new() -> Self {
        let db = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(db.path().join("crates/old-parser")).unwrap();
        db
    }

    fn path(&self) -> Utf8PathBuf {
        Utf8Path::from_path(self.0.path()).unwrap().to_owned()
    }

    fn file(&self, name: &str, text: &str) -> &Self {
        let file = self.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        self
    }

    /// An advisory on `old-parser`; `more` goes into its `[advisory]` table.
    fn add(&self, number: u32, more: &str, patched: &str, functions: &[&str]) -> &Self {
        let functions: Vec<String> = functions
            .iter()
            .map(|path| format!("\"{path}\" = [\"< 0.0.1\"]\n"))
            .collect();
        let functions = match functions.concat() {
            none if none.is_empty() => none,
            some => format!("[affected.functions]\n{some}"),
        };
        let text = format!(
            "```toml\n[advisory]\nid = \"RUSTSEC-2026-{number:04}\"\npackage = \"old-parser\"\n\
             date = \"2026-01-{:02}\"\naliases = [\"CVE-2026-{number:04}\"]\n{more}\n\n[versions]\n\
             patched = [{patched}]\n\n{functions}```\n\n# Title {number}\n\nText.\n",
            number % 28 + 1
        );
        self.file(
            &format!("crates/old-parser/RUSTSEC-2026-{number:04}.md"),
            &text,
        )
    }
}

fn run(db: &Db, more: &[&str]) -> Output {
    let (path, manifest) = (db.path(), root().join("advisories/Cargo.toml"));
    Command::new(env!("CARGO_BIN_EXE_cargo-whittle"))
        .args(["advisories", "--db", path.as_str()])
        .args(["--manifest-path", manifest.as_str()])
        .args(more)
        .env("SOURCE_DATE_EPOCH", "1700000000")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn json(output: &Output) -> Value {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    serde_json::from_str(&text).unwrap_or_else(|why| panic!("{why}: {text}\n{err}"))
}

/// Numbers of advisories with their verdict and, where there is one, what is reached instead.
fn verdicts(report: &Value) -> Vec<(u64, String, Option<String>)> {
    let findings = report["findings"].as_array().unwrap();
    let mut found: Vec<_> = findings
        .iter()
        .map(|one| {
            let id = one["id"].as_str().unwrap();
            let verdict = one["verdict"].as_str().unwrap();
            let through = &one["functions"][0]["through"]["path"];
            (
                id.rsplit('-').next().unwrap().parse().unwrap(),
                verdict.to_owned(),
                through.as_str().map(str::to_owned),
            )
        })
        .collect();
    found.sort();
    found
}

/// One advisory a case: the paths it lists, what must come of it, and through what.
const CASES: [(&[&str], &str, Option<&str>); 17] = [
    // Through a re-export, by the library's name; the ranges beside functions decide nothing.
    (&["parser::parse"], "reached", None),
    (&["parser::imp::parse"], "reached", None),
    (&["old_parser::parse"], "reached", None),
    (&["parser::Table::size"], "reached", None),
    (&["parser::Table::reserve"], "reached", None),
    (&["parser::Grow::reserve"], "reached", None),
    (&["parser::made_here"], "reached", None),
    (&["parser::Table::shrink"], "not_reached", None),
    (
        &["parser::lonely", "parser::made_idle"],
        "not_reached",
        None,
    ),
    (&["parser::wrap::apart"], "not_reached", None),
    (
        &["parser::wrap::decode"],
        "reached_indirectly",
        Some("parser::imp::step"),
    ),
    (
        &["parser::wrap::outer"],
        "reached_indirectly",
        Some("parser::imp::step"),
    ),
    (
        &["parser::wrap::mapped"],
        "reached_indirectly",
        Some("parser::imp::step"),
    ),
    (
        &["parser::wrap::by_dyn"],
        "reached_indirectly",
        Some("<parser::imp::table::Table as parser::imp::table::Grow>::reserve"),
    ),
    (
        &["parser::wrap::by_param"],
        "reached_indirectly",
        Some("<parser::imp::table::Table as parser::imp::table::Grow>::reserve"),
    ),
    // Not compiled, not there, not this crate's: not known, whatever else it lists.
    (&["parser::left_out"], "unknown", None),
    (
        &["parser::lonely", "parser::gone", "reader::parse"],
        "unknown",
        None,
    ),
];

#[test]
fn every_listed_path_gets_its_verdict() {
    let db = Db::new();
    for (number, (functions, ..)) in (1..).zip(&CASES) {
        db.add(number, "", "\">= 2.0.0\"", functions);
    }
    db.add(100, "", "\">= 2.0.0\"", &[]);
    db.add(200, "", "\">= 1.4.2\"", &["parser::parse"]);
    db.add(
        201,
        "withdrawn = \"2026-02-01\"",
        "\">= 2.0.0\"",
        &["parser::parse"],
    );
    let output = run(&db, &["--format", "json"]);
    let report = json(&output);
    let expected: Vec<_> = (1..)
        .zip(&CASES)
        .map(|(number, (_, verdict, through))| {
            (number, (*verdict).to_owned(), through.map(str::to_owned))
        })
        .chain([(100, "unknown".to_owned(), None)])
        .collect();
    assert_eq!(verdicts(&report), expected);
    assert_eq!(code(&output), 1);
    assert_eq!(report["database"]["withdrawn"], 1);
    assert_eq!(report["database"]["withdrawn_here"][0], "RUSTSEC-2026-0201");
    let first = &report["findings"][0];
    assert_eq!(first["source"], "path");
    let steps = first["functions"][0]["witness"]["steps"]
        .as_array()
        .unwrap();
    assert_eq!(steps[0]["label"], "advisories::main");
    assert_eq!(steps.last().unwrap()["label"], "parser::imp::parse");
}

#[test]
fn what_counts_decides_the_exit_code() {
    let db = Db::new();
    db.add(1, "", "\">= 2.0.0\"", &["parser::lonely"]);
    assert_eq!(code(&run(&db, &[])), 0, "not reached");
    db.add(2, "informational = \"unsound\"", "", &["parser::parse"]);
    let output = run(&db, &[]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(code(&output), 0, "{text}");
    assert!(text.contains("REACHED  RUSTSEC-2026-0002") && text.contains("informational: unsound"));
    for format in ["table", "json", "openvex", "cyclonedx", "sarif"] {
        let output = run(&db, &["--informational", "--format", format]);
        assert_eq!(code(&output), 1, "{format}");
    }
}

#[test]
fn an_unread_file_is_an_error_or_named() {
    let db = Db::new();
    db.add(1, "", "\">= 2.0.0\"", &["parser::lonely"]);
    db.file(
        "crates/other/RUSTSEC-2026-0009.md",
        "\u{1b}[31mé no advisory",
    );
    let output = run(&db, &["--format", "json"]);
    assert_eq!(code(&output), 0);
    let unread = &json(&output)["database"]["unreadable"];
    assert_eq!(unread.as_array().unwrap().len(), 1);
    assert_eq!(unread[0]["file"], "crates/other/RUSTSEC-2026-0009.md");
    assert!(String::from_utf8_lossy(&output.stderr).contains("RUSTSEC-2026-0009.md was not read"));

    // One that may be about a package of the tree.
    db.add(2, "no = 'end", "", &[]);
    let output = run(&db, &[]);
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((code(&output), output.stdout.len()), (2, 0), "{err}");
    assert!(err.contains("RUSTSEC-2026-0002.md"), "{err}");

    let empty = Db::new();
    assert_eq!(code(&run(&empty, &[])), 2, "an empty database says nothing");
    let none = Command::new(env!("CARGO_BIN_EXE_cargo-whittle"))
        .args(["advisories", "--db", "no/such/folder"])
        .output()
        .unwrap();
    assert_eq!(code(&none), 2);
}

#[test]
fn documents_are_what_their_schemas_say() {
    let db = Db::new();
    db.add(1, "", "\">= 2.0.0\"", &["parser::parse"]);
    db.add(2, "", "", &["parser::lonely"]);
    db.add(3, "informational = \"unmaintained\"", "", &[]);
    db.add(4, "", "", &["parser::wrap::decode"]);
    let of = |format: &str| run(&db, &["--format", format]).stdout;
    let value = |bytes: Vec<u8>| serde_json::from_slice::<Value>(&bytes).unwrap();
    let bytes = of("openvex");
    assert_eq!(bytes, of("openvex"), "the same bytes twice");
    let vex = value(bytes);
    let state = |number: usize| {
        let statements = vex["statements"].as_array().unwrap().iter();
        let id = format!("RUSTSEC-2026-{number:04}");
        let mut own = statements.filter(|one| one["vulnerability"]["name"] == id.as_str());
        own.next().unwrap().clone()
    };
    let states = [1, 2, 3, 4].map(|number| state(number)["status"].as_str().unwrap().to_owned());
    let expected = [
        "affected",
        "not_affected",
        "under_investigation",
        "affected",
    ];
    assert_eq!(states, expected);
    assert_eq!(
        state(2)["justification"],
        "vulnerable_code_not_in_execute_path"
    );
    assert!(
        state(2)["impact_statement"]
            .as_str()
            .unwrap()
            .contains("Limits:")
    );
    assert_eq!(vex["timestamp"], "2023-11-14T22:13:20Z");
    assert_eq!(state(1)["products"][0]["@id"], "pkg:cargo/advisories@0.1.0");
    let part = &state(1)["products"][0]["subcomponents"][0]["@id"];
    assert_eq!(part, "pkg:cargo/old-parser@1.4.2");

    let bom = value(of("cyclonedx"));
    assert_eq!(bom["specVersion"], "1.6");
    let sarif = value(of("sarif"));
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let place = "/locations/0/physicalLocation";
    for result in results {
        let uri = result
            .pointer(&format!("{place}/artifactLocation/uri"))
            .unwrap();
        let line = result
            .pointer(&format!("{place}/region/startLine"))
            .unwrap();
        // The fixture lies somewhere in a repository, or in none.
        assert!(uri.as_str().unwrap().ends_with("Cargo.lock"), "{uri}");
        assert_eq!(line, &Value::from(13));
    }
    assert_eq!(results.len(), 3, "what is not reached is no result");
    assert!(!sarif.to_string().contains(root().as_str()));

    if let Some(schema) = schema::sarif() {
        assert_eq!(schema::errors(&schema, &sarif), Vec::<String>::new());
    }

    // Beside the checkout where the project is developed.
    let schemas = root().join("../../shared/schemas");
    for (file, document) in [
        ("openvex-0.2.0.schema.json", &vex),
        ("cyclonedx-1.6.schema.json", &bom),
    ] {
        let Ok(text) = fs::read_to_string(schemas.join(file)) else {
            eprintln!("{file} is not here: not checked");
            continue;
        };
        let schema: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            schema::errors(&schema, document),
            Vec::<String>::new(),
            "{file}"
        );
    }
}
