//! Crates that tests read and that are no dependency: cargo fetches them for a manifest that is
//! never compiled.

use std::process::Command;

use camino::Utf8PathBuf;
use serde_json::Value;

/// The folder of a crate where it was fetched: with `cargo fetch --locked --manifest-path
/// tests/fetched/Cargo.toml`. It is where tests must prove something.
pub(crate) fn folder(name: &str) -> Option<Utf8PathBuf> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fetched/Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--offline"])
        .args(["--manifest-path", manifest])
        .output()
        .unwrap();
    let packages = serde_json::from_slice::<Value>(&output.stdout).unwrap_or_default();
    let packages = packages["packages"].as_array().into_iter().flatten();
    let manifest = packages
        .filter(|package| package["name"] == name)
        .find_map(|package| package["manifest_path"].as_str());
    if manifest.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{name} is not fetched");
        eprintln!("{name} is not here: not checked");
    }
    Some(manifest?.strip_suffix("Cargo.toml")?.into())
}
