//! Nothing is written but the tool's own folder below the target folder: not the lock file, not
//! the tree, not the registry's cache.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::fixtures::{stdout, whittle};

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
    for exec in ["never", "trust"] {
        for command in [&["report"][..], &["list"], &["why", "proc-macro2"]] {
            let at = ["--manifest-path", manifest.as_str(), "--exec", exec];
            stdout(&whittle(&[command, &at[..]].concat()));
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
