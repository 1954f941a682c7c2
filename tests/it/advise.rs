//! Advice on real code: a dependency for each verdict.

use std::process::Command;

use serde_json::Value;

use crate::fixtures::root;

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let target = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_cargo-whittle"))
        .args(arguments)
        .args([
            "--manifest-path",
            root().join("verdicts/Cargo.toml").as_str(),
        ])
        .env("CARGO_TARGET_DIR", target.path())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn a_verdict_each_and_the_report_agrees() {
    let (code, out, err) = run(&["advise", "--format", "json"]);
    assert_eq!(code, Some(0), "{err}");
    let advice: Value = serde_json::from_str(&out).unwrap();
    let of = |document: &Value, key: &str| -> Vec<(String, String)> {
        let all = document[key].as_array().unwrap();
        let named = all.iter().filter(|it| it["direct"] == true);
        let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
        let name = |it: &Value| text(it.get("crate").unwrap_or(&it["name"]));
        let mut found: Vec<_> = named.map(|it| (name(it), text(&it["verdict"]))).collect();
        found.sort();
        found
    };
    let expected = [
        ("idle", "unused"),
        ("num_cpus", "std"),
        ("sha1", "keep"),
        ("small", "extract"),
        ("wide", "trim"),
    ]
    .map(|(name, verdict)| (name.to_owned(), verdict.to_owned()));
    assert_eq!(of(&advice, "dependencies"), expected);
    let (_, out, _) = run(&["report", "--format", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(of(&report, "crates"), expected);
}

#[test]
fn features_that_may_be_needed_stay() {
    let (_, out, _) = run(&["advise", "wide", "--format", "json"]);
    let advice: Value = serde_json::from_str(&out).unwrap();
    let trims = advice["dependencies"][0]["trim"].as_array().unwrap();
    // `loud` is used, and an impl under `named` may satisfy a bound.
    let names: Vec<&Value> = trims.iter().map(|it| &it["feature"]).collect();
    assert_eq!(names, ["extra"]);
    assert_eq!(trims[0]["crates"][0], "helper 1.0.0");
    assert_eq!(trims[0]["functions"], 3);
}

#[test]
fn what_has_to_be_copied_is_listed() {
    let (_, out, _) = run(&["advise", "small", "--format", "json"]);
    let advice: Value = serde_json::from_str(&out).unwrap();
    let own = &advice["dependencies"][0]["own"];
    let items = own["items"].as_array().unwrap();
    let paths: Vec<&str> = items.iter().filter_map(|it| it["path"].as_str()).collect();
    assert_eq!(paths, ["add", "limit", "MOST"]);
    assert_eq!(own["functions"], 2);
    assert_eq!(items[0]["line"], 4);
}

#[test]
fn a_name_that_is_not_there_gets_the_nearest() {
    let (code, _, err) = run(&["advise", "smal"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("did you mean small?"), "{err}");
}
