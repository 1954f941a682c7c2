//! What stands under `vendor/` is the published crate and the patch beside it, nothing else.

use std::fs;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use expect_test::expect_file;

use crate::fetched;

const VENDORED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/vendor/rustc_next_trait_solver"
);

/// Every file below `folder`, relative to it.
fn files(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut pending = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(dir) = pending.pop() {
        for entry in dir.read_dir_utf8().unwrap() {
            let path = entry.unwrap().into_path();
            if path.is_dir() {
                pending.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_owned());
            }
        }
    }
    found
}

fn copy(files: &[Utf8PathBuf], from: &Utf8Path, to: &Utf8Path) {
    for file in files {
        let place = to.join(file);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::copy(from.join(file), place).unwrap();
    }
}

/// cargo compared what it fetched with the checksum in `tests/fetched/Cargo.lock`.
#[test]
fn only_the_patch_differs_from_the_published_crate() {
    let Some(published) = fetched::folder("ra-ap-rustc_next_trait_solver") else {
        return;
    };
    let temporary = tempfile::tempdir().unwrap();
    let both = Utf8Path::from_path(temporary.path()).unwrap();
    // What cargo and the publisher add beside the sources is not taken over.
    let mut originals = files(&published);
    originals.retain(|file| file == "Cargo.toml" || file.starts_with("src"));
    copy(&originals, &published, &both.join("a"));
    let vendored = Utf8Path::new(VENDORED);
    copy(&files(vendored), vendored, &both.join("b"));
    let diff = Command::new("git")
        .args(["diff", "--no-index", "--no-prefix", "--no-renames"])
        .args(["--no-color", "--no-ext-diff", "--full-index", "a", "b"])
        .current_dir(both)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert_eq!(diff.status.code(), Some(1), "{diff:?}");
    let diff = String::from_utf8(diff.stdout).unwrap();
    expect_file!["../../vendor/rustc_next_trait_solver.patch"].assert_eq(&diff);
}
