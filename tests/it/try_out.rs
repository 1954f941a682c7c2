//! Trying what is not a dependency yet, with a crate that this package itself depends on: so its
//! sources are in cargo's cache.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_cargo-whittle"))
        .arg("try")
        .args(arguments)
        .current_dir(folder)
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    write(
        "Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\nlicense = \"MIT\"\n",
    );
    write(
        "Cargo.lock",
        "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n",
    );
    write("src/main.rs", "fn main() {}\n");
    folder
}

/// Every file but those of the tool, with its text.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("target") {
                found.extend(files(&path));
            }
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn a_function_and_its_closure() {
    let project = project();
    let before = files(project.path());
    let (code, out, err) = run(
        project.path(),
        &["strsim", "--use", "hamming", "--format", "json"],
    );
    assert_eq!(code, Some(0), "{err}");
    let tried: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(tried["uses"][0], "strsim::hamming");
    let reached = &tried["reached"][0];
    assert_eq!(reached["crate"], "strsim");
    let used = reached["functions"]["used"].as_u64().unwrap();
    let total = reached["functions"]["total"].as_u64().unwrap();
    assert!(0 < used && used < total, "{used} of {total}");
    assert_eq!(
        tried["brings"]["whole"]["crates"].as_array().unwrap().len(),
        1
    );
    assert_eq!(tried["brings"]["new"].as_array().unwrap().len(), 1);
    let items = tried["advice"]["own"]["items"].as_array().unwrap();
    assert!(items.iter().any(|it| it["path"] == "hamming"), "{items:?}");
    assert!(!items.iter().any(|it| it["path"] == "jaro"), "{items:?}");
    assert_eq!(files(project.path()), before);
}

#[test]
fn paths_that_lead_nowhere_get_the_nearest() {
    let project = project();
    let (code, out, err) = run(project.path(), &["strsim", "--use", "strsim::haming"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("hamming"), "{err}");
}

#[test]
fn what_the_cache_does_not_have_is_the_users_to_fetch() {
    let project = project();
    let before = files(project.path());
    let (code, _, err) = run(project.path(), &["strsim@99", "--use", "hamming"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("cargo fetch --manifest-path"), "{err}");
    assert_eq!(files(project.path()), before);
}

#[test]
fn no_project_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, err) = run(folder.path(), &["strsim", "--use", "hamming"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("What would be reached"), "{out}");
    assert!(!out.contains("new for this project"), "{out}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
