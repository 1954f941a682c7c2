//! Broken input: an answer with gaps or a clear exit 2, within bounded time; never a panic and
//! never a clean-looking zero. What each must answer is in fixtures/README.md.

use std::time::{Duration, Instant};

use crate::fixtures::{root, whittle};

struct Answer {
    code: Option<i32>,
    out: String,
    err: String,
}

fn ask(fixture: &str, command: &str) -> Answer {
    let manifest = root().join(fixture).join("Cargo.toml");
    let start = Instant::now();
    let output = whittle(&[command, "--manifest-path", manifest.as_str()]);
    assert!(
        start.elapsed() < Duration::from_mins(4),
        "{fixture} took {:?}",
        start.elapsed()
    );
    let answer = Answer {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    assert!(
        !answer.err.contains("panicked"),
        "{fixture}: {}",
        answer.err
    );
    assert!(!answer.out.contains("NaN"), "{fixture}: {}", answer.out);
    answer
}

/// Exit 0, and the report says that it is not exact, for a reason that contains `why`.
fn inexact(fixture: &str, why: &str) {
    let Answer { code, out, err } = ask(fixture, "report");
    assert_eq!(code, Some(0), "{fixture}: {err}");
    let exact = out.split("\nexact").nth(1).unwrap_or_default();
    assert!(
        exact.trim_start().starts_with("no") && exact.contains(why),
        "{fixture}: {out}"
    );
}

/// Exit 2 with one line saying what and one saying the remedy.
fn refused(fixture: &str, what: &str) {
    let Answer { code, out, err } = ask(fixture, "report");
    assert_eq!(code, Some(2), "{fixture}: {out}");
    assert!(out.is_empty(), "{fixture}: {out}");
    assert!(
        err.contains(what) && err.contains("help: "),
        "{fixture}: {err}"
    );
}

/// The function is listed with one of the statuses.
fn listed(fixture: &str, name: &str, statuses: &[&str]) {
    let out = ask(fixture, "list").out;
    let row = out
        .lines()
        .find(|row| row.contains(&format!("::{name}\"")))
        .unwrap_or_else(|| panic!("{name}: {out}"));
    assert!(
        statuses
            .iter()
            .any(|status| row.contains(&format!("\"status\":\"{status}\""))),
        "{row}"
    );
}

#[test]
fn syntax_errors_are_gaps() {
    inexact("broken-dep-truncated", "syntax error");
    inexact("broken-dep-syntax", "syntax error");
    inexact("broken-main-syntax", "syntax error");
}

#[test]
fn missing_pieces_are_gaps() {
    inexact("broken-missing-module", "module file missing");
    inexact("broken-build-script", "path not resolved");
    inexact("broken-proc-macro", "macro not expanded");
}

#[test]
fn endless_macros_are_gaps() {
    inexact("broken-macro-recursion", "expression missing");
    inexact("broken-macro-doubling", "macro not expanded");
    listed("broken-macro-recursion", "beside", &["used"]);
}

#[test]
fn endless_types_are_gaps() {
    inexact("broken-poly-recursion", "type too large");
    inexact("broken-type-doubling", "type too large");
    listed("broken-poly-recursion", "beside", &["used"]);
}

#[test]
fn a_type_of_more_parts_than_can_be_visited_is_a_gap() {
    // It has 2^40 of them: rustc itself does not end.
    inexact("broken-type-explosion", "type too large");
    listed("broken-type-explosion", "beside", &["used"]);
}

#[test]
fn what_cargo_refuses_is_refused_in_its_words() {
    refused("broken-cycle", "cyclic package dependency");
    refused("broken-manifest", "unclosed table");
    refused("broken-no-target", "must be present");
}

#[test]
fn an_empty_crate_is_no_division_by_zero() {
    let answer = ask("broken-empty-crate", "report");
    assert_eq!(answer.code, Some(0), "{}", answer.err);
}

/// `top` with this main file, and `dep` with these sources.
fn packages(main: &str, sources: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let file = dir.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    };
    write("src/main.rs", main);
    for (path, text) in sources {
        write(&format!("dep/src/{path}"), text);
    }
    write(
        "dep/Cargo.toml",
        "[package]\nname = \"dep\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
    );
    write(
        "Cargo.toml",
        "[package]\nname = \"top\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\ndep = { path = \"dep\" }\n[workspace]\nexclude = [\"dep\"]\n",
    );
    write(
        "Cargo.lock",
        "version = 4\n\n[[package]]\nname = \"dep\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"top\"\nversion = \"0.1.0\"\ndependencies = [\n \"dep\",\n]\n",
    );
    dir
}

fn manifest(dir: &tempfile::TempDir) -> camino::Utf8PathBuf {
    let folder = camino::Utf8Path::from_path(dir.path()).unwrap();
    folder.join("Cargo.toml")
}

/// Freeing its syntax tree would end the process.
#[test]
fn a_file_nested_deeper_than_any_program_is_left_out_by_name() {
    let depth = 30_000;
    let (open, close) = ("(".repeat(depth), ")".repeat(depth));
    let deep = format!("pub fn deep() -> u32 {{ {open}1{close} }}\n");
    let long = format!("pub fn long() -> u32 {{ 1{} }}\n", " + 1".repeat(depth));
    let lib = "mod deep;\nmod long;\npub fn f() -> u32 { 1 }\n";
    let sources = [("lib.rs", lib), ("deep.rs", &deep), ("long.rs", &long)];
    let dir = packages("fn main() { dep::f(); }\n", &sources);
    let manifest = manifest(&dir);
    let ask = |words: &[&str]| {
        let output = whittle(&[words, &["--manifest-path", manifest.as_str()]].concat());
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let noted = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), said + &noted)
    };
    let (code, said) = ask(&["report"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("module file missing"), "{said}");
    for name in ["deep.rs", "long.rs"] {
        let line = format!("dep/src/{name}: it is nested deeper than any program");
        assert!(said.contains(&line), "{said}");
    }
    let (code, said) = ask(&["extract", "dep"]);
    assert_eq!(code, Some(1), "{said}");
    std::fs::write(dir.path().join("src/main.rs"), &deep).unwrap();
    let (code, said) = ask(&["extract", "dep"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("main.rs"), "{said}");
}

#[test]
fn a_generated_file_of_ten_thousand_lines() {
    use std::fmt::Write as _;
    let mut text = String::from("//! Generated.\n");
    for n in 0..5_000 {
        writeln!(
            text,
            "pub fn f{n}(x: u64) -> u64 {{\n    if x == 0 {{ {n} }} else {{ f{}(x - 1) }} }}",
            (n + 1) % 2_500
        )
        .unwrap();
    }
    let dir = packages("fn main() { dep::f0(1); }\n", &[("lib.rs", &text)]);
    let manifest = manifest(&dir);
    let output = whittle(&[
        "list",
        "--status",
        "used",
        "--manifest-path",
        manifest.as_str(),
    ]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).lines().count(),
        1 + 2_500
    );
}
