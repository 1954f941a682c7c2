//! Every fixture: what the tool lists against the markers in its sources, and invariants that
//! hold for all of them.

use std::process::{Command, Output};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::markers::{self, Listed};

pub(crate) fn root() -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// Runs the tool as a user would whose configuration trusts what is analyzed: the answer must
/// not depend on what this machine offers for a sandbox, which `hostile.rs` tests.
pub(crate) fn whittle(args: &[&str]) -> Output {
    command(args).output().expect("the tool starts")
}

pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-whittle"));
    command
        .args(args)
        .env("XDG_CONFIG_HOME", configuration("exec = \"trust\"\n"))
        // An answer from before would say nothing of this one; `cache.rs` tests the cache.
        .env("WHITTLE_NO_CACHE", "1")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_TARGET_DIR");
    command
}

/// A folder for configuration with this one in it.
pub(crate) fn configuration(text: &str) -> Utf8PathBuf {
    let name: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    let root = Utf8Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("configuration")
        .join(name);
    let folder = root.join("cargo-whittle");
    std::fs::create_dir_all(&folder).expect("a folder");
    // Tests run side by side and write the same; a program must not see the file half written.
    let file = folder.join("config.toml");
    if std::fs::read_to_string(&file).is_ok_and(|there| there == text) {
        return root;
    }
    let mut new = tempfile::NamedTempFile::new_in(&folder).expect("a file");
    std::io::Write::write_all(&mut new, text.as_bytes()).expect("a file");
    new.persist(&file).expect("a file");
    root
}

pub(crate) fn stdout(output: &Output) -> String {
    assert!(
        output.status.code().is_some_and(|code| code < 2),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn names() -> Vec<Utf8PathBuf> {
    let mut names: Vec<Utf8PathBuf> = root()
        .read_dir_utf8()
        .expect("fixtures are there")
        .filter_map(|entry| Some(entry.ok()?.into_path()))
        .filter(|path| path.join("Cargo.toml").is_file())
        .filter(|path| {
            !path
                .file_name()
                .is_some_and(|name| name.starts_with("broken-") || name.starts_with("hostile-"))
        })
        .collect();
    names.sort();
    names
}

fn list(dir: &Utf8Path) -> Vec<Listed> {
    let manifest = dir.join("Cargo.toml");
    let flags = markers::flags(dir).expect("readable manifest");
    let mut args = vec!["list", "--manifest-path", manifest.as_str()];
    args.extend(flags.iter().map(String::as_str));
    let text = stdout(&whittle(&args));
    text.lines()
        .skip(1)
        .map(|line| listed(&serde_json::from_str(line).expect("JSON")))
        .collect()
}

fn listed(row: &Value) -> Listed {
    let text = |key: &str| row[key].as_str().map(str::to_owned);
    Listed {
        file: text("file").unwrap_or_default().into(),
        line: row["line"]
            .as_u64()
            .and_then(|line| u32::try_from(line).ok())
            .unwrap_or(0),
        path: text("path").unwrap_or_default(),
        status: text("status").unwrap_or_default(),
        reason: text("reason"),
        domains: row["domain"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        origin: text("origin").unwrap_or_default(),
        const_only: row["const_only"].as_bool().unwrap_or(false),
    }
}

#[test]
fn every_function_has_the_status_its_marker_says() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for dir in names() {
        if dir.file_name() == Some("cargo-graph") {
            continue;
        }
        let (markers, malformed) = markers::load(&dir).expect("readable fixture");
        wrong.extend(malformed);
        checked += markers.len();
        wrong.extend(
            markers::check(&markers, &list(&dir))
                .into_iter()
                .map(|line| line.replace(root().as_str(), "")),
        );
    }
    assert!(checked > 500, "only {checked} markers");
    assert!(
        wrong.is_empty(),
        "{} of {checked} are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
