//! What stands under `vendor/` is the published crate and the patch beside it, nothing else.

use std::fs;
use std::process::Command;

use camino::Utf8Path;
use expect_test::{ExpectFile, expect_file};

use crate::fetched;
use crate::same_answer::copy;

const VENDOR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vendor");

#[test]
fn only_the_patch_differs_from_the_published_solver() {
    compare(
        "ra-ap-rustc_next_trait_solver",
        "rustc_next_trait_solver",
        &expect_file!["../../vendor/rustc_next_trait_solver.patch"],
    );
}

#[test]
fn only_the_patch_differs_from_the_published_types_of_the_solver() {
    compare(
        "ra-ap-rustc_type_ir",
        "rustc_type_ir",
        &expect_file!["../../vendor/rustc_type_ir.patch"],
    );
}

#[test]
fn only_the_patch_differs_from_the_published_inference() {
    compare(
        "ra_ap_hir_ty",
        "ra_ap_hir_ty",
        &expect_file!["../../vendor/ra_ap_hir_ty.patch"],
    );
}

#[test]
fn only_the_patch_differs_from_the_published_interning() {
    compare(
        "ra_ap_intern",
        "ra_ap_intern",
        &expect_file!["../../vendor/ra_ap_intern.patch"],
    );
}

#[test]
fn only_the_patch_differs_from_the_published_queries() {
    compare("salsa", "salsa", &expect_file!["../../vendor/salsa.patch"]);
}

/// cargo compared what it fetched with the checksum in `tests/fetched/Cargo.lock`.
fn compare(published: &str, vendored: &str, patch: &ExpectFile) {
    let Some(published) = fetched::folder(published) else {
        return;
    };
    let temporary = tempfile::tempdir().unwrap();
    let both = Utf8Path::from_path(temporary.path()).unwrap();
    // What cargo and the publisher add beside the sources is not taken over, nor are tests.
    copy(&published.join("src"), &both.join("a/src"));
    leave_tests_out(&both.join("a/src"));
    fs::copy(published.join("Cargo.toml"), both.join("a/Cargo.toml")).unwrap();
    copy(&Utf8Path::new(VENDOR).join(vendored), &both.join("b"));
    let diff = Command::new("git")
        .args(["diff", "--no-index", "--no-prefix", "--no-renames"])
        .args(["--no-color", "--no-ext-diff", "--full-index", "a", "b"])
        .current_dir(both)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert_eq!(diff.status.code(), Some(1), "{diff:?}");
    patch.assert_eq(&String::from_utf8(diff.stdout).unwrap());
}

/// Files that are compiled for tests only, and the folders that this leaves empty.
fn leave_tests_out(folder: &Utf8Path) {
    for entry in folder.read_dir_utf8().unwrap() {
        let entry = entry.unwrap();
        let path = entry.path();
        match entry.file_name() {
            "tests" => fs::remove_dir_all(path).unwrap(),
            "tests.rs" | "test_db.rs" => fs::remove_file(path).unwrap(),
            _ if path.is_dir() => leave_tests_out(path),
            _ => {}
        }
    }
    if folder.read_dir_utf8().unwrap().next().is_none() {
        fs::remove_dir(folder).unwrap();
    }
}
