//! Nothing is written but the tool's own folder below the target folder: not the lock file, not
//! the tree, not the registry's cache.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::fixtures::stdout;
use crate::fixtures::{configuration, root};

/// Content of every file, by path; `skip` is left out.
fn contents(dir: &Utf8Path, skip: &Utf8Path, into: &mut BTreeMap<Utf8PathBuf, u64>) {
    for entry in dir.read_dir_utf8().unwrap().map(Result::unwrap) {
        let path = entry.path();
        let kind = entry.file_type().unwrap();
        if path == skip {
            continue;
        }
        let mut hash = DefaultHasher::new();
        if kind.is_dir() {
            contents(path, skip, into);
        } else if kind.is_symlink() {
            path.read_link_utf8().unwrap().hash(&mut hash);
        } else {
            fs::read(path).unwrap().hash(&mut hash);
        }
        into.insert(path.to_owned(), hash.finish());
    }
}

/// A small program with a dependency from the registry, of a version that the project has.
fn workspace(dir: &Utf8Path) {
    fs::create_dir_all(dir.join("src")).unwrap();
    let manifest = "[workspace]\n[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\nproc-macro2 = { version = \"1\", default-features = false }\n";
    fs::write(dir.join("Cargo.toml"), manifest).unwrap();
    let program = "fn main() {\n    println!(\"{}\", proc_macro2::TokenStream::new());\n}\n";
    fs::write(dir.join("src/main.rs"), program).unwrap();
    let lock = Command::new("cargo")
        .args(["generate-lockfile", "--offline"])
        .current_dir(dir)
        .status();
    assert!(lock.unwrap().success());
}

/// Folders of the packages that come from the registry.
fn registry_folders(manifest: &Utf8Path) -> Vec<Utf8PathBuf> {
    let metadata = Command::new("cargo")
        .args(["metadata", "--format-version=1", "--locked", "--offline"])
        .args(["--manifest-path", manifest.as_str()])
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .filter(|package| !package["source"].is_null())
        .map(|package| Utf8PathBuf::from(package["manifest_path"].as_str().unwrap()))
        .map(|manifest| manifest.parent().unwrap().to_owned())
        .collect()
}

/// Everything that may run in the workspace, as `--allow-exec` takes it.
fn allowed(manifest: &Utf8Path) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_cargo-whittle"))
        .args(["allow", "--manifest-path", manifest.as_str()])
        .env("XDG_CONFIG_HOME", configuration(""))
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    let text = stdout(&output);
    let entries = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"'));
    let entries: Vec<String> = entries
        .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
        .collect();
    assert!(!entries.is_empty(), "{text}");
    entries
}

#[test]
fn only_its_own_folder_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let dir = Utf8Path::from_path(folder.path()).unwrap();
    let dir = dir.canonicalize_utf8().unwrap();
    workspace(&dir);
    let manifest = dir.join("Cargo.toml");
    let folders = registry_folders(&manifest);
    assert!(folders.len() > 1, "{folders:?}");
    let own = dir.join("target/whittle");
    let snapshot = || {
        let mut all = BTreeMap::new();
        contents(&dir, &own, &mut all);
        for folder in &folders {
            contents(folder, &own, &mut all);
            // Files that cargo or we might add beside it.
            for entry in folder.parent().unwrap().read_dir_utf8().unwrap().flatten() {
                all.insert(entry.path().join("."), 0);
            }
        }
        // The folder that ours stands in has to be there.
        all.remove(&dir.join("target"));
        all
    };
    let before = snapshot();
    // Beside the tree: what an advisory says is no part of it.
    let database = tempfile::tempdir().unwrap();
    let database = Utf8Path::from_path(database.path()).unwrap();
    fs::create_dir_all(database.join("crates/proc-macro2")).unwrap();
    let advisory = "```toml\n[advisory]\nid = \"RUSTSEC-2026-0001\"\npackage = \"proc-macro2\"\ndate = \"2026-01-02\"\n[affected.functions]\n\"proc_macro2::TokenStream::new\" = [\"*\"]\n[versions]\npatched = []\n```\n\n# Title\n\nText.\n";
    fs::write(
        database.join("crates/proc-macro2/RUSTSEC-2026-0001.md"),
        advisory,
    )
    .unwrap();
    let entries = allowed(&manifest);
    let commands: [&[&str]; 5] = [
        &["report"],
        &["list"],
        &["why", "proc-macro2"],
        &["advisories", "--format", "sarif", "--db", database.as_str()],
        &["allow"],
    ];
    for exec in ["never", "never, allowed", "sandbox", "trust"] {
        for command in commands {
            let (exec, list) = match exec.split_once(',') {
                Some((exec, _)) => (exec, entries.as_slice()),
                None => (exec, &[][..]),
            };
            let at = ["--manifest-path", manifest.as_str(), "--exec", exec];
            let output = Command::new(env!("CARGO_BIN_EXE_cargo-whittle"))
                .args(command)
                .args(at)
                .args(list.iter().flat_map(|entry| ["--allow-exec", entry]))
                .env("XDG_CONFIG_HOME", configuration(""))
                .env_remove("CARGO_TARGET_DIR")
                .current_dir(root())
                .output()
                .unwrap();
            stdout(&output);
            assert!(own.is_dir());
            let after = snapshot();
            let changed: Vec<_> = after
                .iter()
                .filter(|(path, hash)| before.get(*path) != Some(hash))
                .collect();
            assert!(changed.is_empty(), "{exec} {command:?}: {changed:?}");
            assert_eq!(before.len(), after.len(), "{exec} {command:?}");
        }
    }
}
