//! The same bytes from two runs, from 1, 2 and 8 threads and from two folders; and totals that
//! do not depend on what is used.

use camino::Utf8Path;
use serde_json::Value;

use crate::fixtures::{command, root, stdout, whittle};

pub(crate) fn copy(from: &Utf8Path, to: &Utf8Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in from.read_dir_utf8().unwrap().flatten() {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true if entry.file_name() == "target" => {}
            true => copy(entry.path(), &target),
            false => {
                std::fs::copy(entry.path(), target).unwrap();
            }
        }
    }
}

fn outputs(dir: &Utf8Path, threads: &str, spare: Option<&str>) -> [String; 3] {
    let manifest = dir.join("Cargo.toml");
    let run = |args: &[&str]| {
        let mut command = command(args);
        command.args(["--manifest-path", manifest.as_str(), "-j", threads]);
        command.envs(spare.map(|bodies| ("WHITTLE_TEST_SPARE", bodies)));
        stdout(&command.output().unwrap()).replace(dir.as_str(), "<folder>")
    };
    [
        run(&["list"]),
        run(&["report", "--format", "json"]),
        run(&["why", "dep"]),
    ]
}

#[test]
fn threads_runs_and_folders_make_no_difference() {
    let dir = root().join("generics-assoc");
    let once = outputs(&dir, "1", None);
    assert!(once[0].lines().count() > 10);
    for threads in ["1", "2", "8"] {
        assert_eq!(outputs(&dir, threads, None), once, "{threads} threads");
    }
    for bodies in ["1", "50"] {
        let spared = outputs(&dir, "2", Some(bodies));
        assert_eq!(spared, once, "memory spared after {bodies} bodies");
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let elsewhere = Utf8Path::from_path(elsewhere.path())
        .unwrap()
        .canonicalize_utf8()
        .unwrap()
        .join("deeper/here");
    copy(&dir, &elsewhere);
    assert_eq!(outputs(&elsewhere, "2", None), once, "another folder");
}

/// `functions.total` and `derived.total` of the one dependency in `run`.
fn totals(dir: &Utf8Path) -> (Value, Vec<(String, u64)>) {
    let manifest = dir.join("Cargo.toml");
    let list = stdout(&whittle(&["list", "--manifest-path", manifest.as_str()]));
    let rows = list
        .lines()
        .skip(1)
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|row| {
            (
                row["path"].as_str().unwrap().to_owned(),
                row["lines"].as_u64().unwrap(),
            )
        })
        .collect();
    let report: Value = serde_json::from_str(&stdout(&whittle(&[
        "report",
        "--format",
        "json",
        "--manifest-path",
        manifest.as_str(),
    ])))
    .unwrap();
    let figures = &report["crates"][0]["domains"]["run"];
    (
        serde_json::json!([
            figures["functions"]["total"],
            figures["derived"]["total"],
            figures["lines"]["total"]
        ]),
        rows,
    )
}

#[test]
fn totals_do_not_depend_on_use() {
    let dir = tempfile::tempdir().unwrap();
    let dir = Utf8Path::from_path(dir.path()).unwrap();
    copy(&root().join("nested-items"), dir);
    let (before, _) = totals(dir);
    assert!(before[0].is_u64(), "{before}");
    std::fs::write(dir.join("src/main.rs"), "fn main() {}\n").unwrap();
    let (after, _) = totals(dir);
    assert_eq!(before, after);
    // One more unused function changes only the total.
    let library = dir.join("dep/src/lib.rs");
    let text = std::fs::read_to_string(&library).unwrap();
    std::fs::write(
        &library,
        format!("{text}\npub fn one_more_for_the_total() {{}}\n"),
    )
    .unwrap();
    let (more, rows_more) = totals(dir);
    assert_eq!(before[0].as_u64().unwrap() + 1, more[0].as_u64().unwrap());
    assert!(
        rows_more
            .iter()
            .any(|(path, _)| path.ends_with("one_more_for_the_total"))
    );
}
