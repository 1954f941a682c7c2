//! The cache gives the same answer or none: every change is noticed, and an entry that is torn,
//! forged or another user's is computed again.

use std::fs;
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use crate::fixtures::{root, stdout};
use crate::same_answer::copy;

/// A workspace of its own and a home of its own for the key.
struct Place {
    _folder: tempfile::TempDir,
    tree: Utf8PathBuf,
    state: Utf8PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let base = Utf8Path::from_path(folder.path()).unwrap();
        let base = base.canonicalize_utf8().unwrap();
        copy(&root().join("generics-assoc"), &base.join("tree"));
        Self {
            _folder: folder,
            tree: base.join("tree"),
            state: base.join("state"),
        }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-whittle"));
        let manifest = self.tree.join("Cargo.toml");
        command
            .args(args)
            .args(["--exec", "never", "--manifest-path", manifest.as_str()])
            .env("XDG_STATE_HOME", &self.state)
            .env_remove("CARGO_TARGET_DIR")
            .env_remove("RUSTFLAGS");
        command
    }

    /// The answer, and whether it was worked out or found.
    fn list(&self) -> (String, Found) {
        let output = self.command(&["list", "-v"]).output().unwrap();
        let steps = String::from_utf8_lossy(&output.stderr).into_owned();
        let found = match (steps.contains("asking cargo"), steps.contains("resolving")) {
            (true, true) => Found::Nothing,
            (true, false) => Found::Analysis,
            (false, true) => Found::Project,
            (false, false) => Found::Both,
        };
        (stdout(&output), found)
    }

    fn fresh(&self) -> String {
        stdout(&self.command(&["list", "--no-cache"]).output().unwrap())
    }

    fn entries(&self) -> Vec<Utf8PathBuf> {
        let cache = self.tree.join("target/whittle/cache");
        let entries = cache.read_dir_utf8().unwrap().flatten();
        entries.map(camino::Utf8DirEntry::into_path).collect()
    }

    fn change(&self, file: &str, change: impl FnOnce(String) -> String) {
        let path = self.tree.join(file);
        let text = fs::read_to_string(&path).unwrap_or_default();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, change(text)).unwrap();
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    Project,
    Analysis,
    Both,
}

#[test]
fn an_unchanged_tree_is_answered_from_the_cache() {
    let place = Place::new();
    let (first, found) = place.list();
    assert_eq!(found, Found::Nothing);
    assert_eq!(place.list(), (first.clone(), Found::Both));
    assert_eq!(place.fresh(), first);
}

#[test]
fn every_change_is_noticed() {
    let place = Place::new();
    place.list();
    let check = |what: &str, expected: Found| {
        let (answer, found) = place.list();
        assert_eq!(found, expected, "{what}");
        assert_eq!(answer, place.fresh(), "{what}");
        assert_eq!(place.list(), (answer, Found::Both), "{what}, again");
    };
    place.change("src/main.rs", |text| text + "\n// One more line.\n");
    check("a source", Found::Project);
    place.change("dep/src/lib.rs", |text| text + "\npub fn one_more() {}\n");
    check("a dependency's source", Found::Project);
    place.change("Cargo.toml", |text| text + "\n[features]\nmore = []\n");
    // Nothing of it is compiled, but advice goes by what manifests declare.
    check("a manifest", Found::Nothing);
    place.change("src/bin/other.rs", |_| "fn main() {}\n".to_owned());
    check("a new target", Found::Nothing);
    place.change(".cargo/config.toml", |_| {
        "[build]\nrustflags = [\"--cfg=a\"]\n".to_owned()
    });
    check("a configuration", Found::Nothing);
}

/// A script that was read is read again when something has changed that it looked at, or would.
#[test]
fn a_script_is_read_again_when_it_would_see_a_change() {
    let place = Place::new();
    place.change("dep/build.rs", |_| {
        r#"
        mod more;
        fn main() {
            if std::fs::read_to_string("choice").unwrap().trim() == "a" {
                println!("cargo::rustc-cfg=a");
            }
            if std::path::Path::new(".switch").exists() {
                println!("cargo::rustc-cfg=b");
            }
            more::say();
        }
        "#
        .to_owned()
    });
    place.change("dep/more.rs", |_| "pub fn say() {}".to_owned());
    place.change("dep/choice", |_| "b".to_owned());
    place.change("dep/src/lib.rs", |text| {
        text + "#[cfg(a)] pub fn of_a() {} #[cfg(b)] pub fn of_b() {} #[cfg(c)] pub fn of_c() {}"
    });
    let check = |what: &str, expected: Found, names: &[&str]| {
        let (answer, found) = place.list();
        assert_eq!(found, expected, "{what}");
        for name in ["of_a", "of_b", "of_c"] {
            assert_eq!(
                answer.contains(name),
                names.contains(&name),
                "{what}: {name}"
            );
        }
    };
    check("first", Found::Nothing, &[]);
    place.change("src/main.rs", |text| text + "\n// One more line.\n");
    check("a source", Found::Project, &[]);
    place.change("dep/src/lib.rs", |text| text + "\npub fn one_more() {}\n");
    check("a source of the script's package", Found::Project, &[]);
    assert_eq!(place.list().0, place.fresh());
    place.change("dep/choice", |_| "a\n".to_owned());
    check("a file that was read", Found::Nothing, &["of_a"]);
    place.change("dep/.switch", |_| String::new());
    check(
        "a file that was not there",
        Found::Nothing,
        &["of_a", "of_b"],
    );
    place.change("dep/more.rs", |_| {
        "pub fn say() { println!(\"cargo::rustc-cfg=c\"); }\n".to_owned()
    });
    check(
        "a module of the script",
        Found::Nothing,
        &["of_a", "of_b", "of_c"],
    );
}

#[test]
fn torn_and_forged_entries_are_computed_again() {
    let place = Place::new();
    let (answer, _) = place.list();
    for path in place.entries() {
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    }
    assert_eq!(place.list(), (answer.clone(), Found::Nothing), "torn");
    assert_eq!(place.list(), (answer.clone(), Found::Both));
    // The tree comes with good entries of somebody else's.
    fs::remove_dir_all(&place.state).unwrap();
    assert_eq!(place.list(), (answer.clone(), Found::Nothing), "another's");
    // A key that others can read is no key.
    let key = place.state.join("cargo-whittle/cache-key");
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(&key, permissions).unwrap();
    assert_eq!(place.list(), (answer, Found::Nothing), "no secret");
}

#[test]
fn a_std_that_lies_there_is_not_taken_over() {
    let place = Place::new();
    let (answer, _) = place.list();
    let std = place.tree.join("target/whittle/std");
    let Some(own) = std.read_dir_utf8().ok().and_then(|mut all| all.next()) else {
        // The toolchain has rust-src: nothing is recovered.
        return;
    };
    let lib = own.unwrap().path().join("core/src/lib.rs");
    let text = fs::read_to_string(&lib).unwrap();
    fs::write(&lib, "#![no_core]\n").unwrap();
    assert_eq!(place.list().0, answer);
    assert_eq!(fs::read_to_string(&lib).unwrap(), text);
}

#[test]
fn runs_at_the_same_time_and_interrupted_ones_do_no_harm() {
    let place = Place::new();
    let answer = place.fresh();
    let start = || {
        let mut command = place.command(&["list"]);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().unwrap()
    };
    for pause in [300u64, 900] {
        let mut killed = start();
        std::thread::sleep(std::time::Duration::from_millis(pause));
        killed.kill().unwrap();
        killed.wait().unwrap();
    }
    let runs = [start(), start(), start()];
    for run in runs {
        let output = run.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), answer);
    }
    assert_eq!(place.list().0, answer);
}

#[test]
fn clean_removes_the_folder_and_nothing_else() {
    let place = Place::new();
    place.list();
    fs::write(place.tree.join("target/other"), "").unwrap();
    let clean = |args: &[&str]| {
        let manifest = place.tree.join("Cargo.toml");
        let output = Command::new(env!("CARGO_BIN_EXE_cargo-whittle"))
            .arg("clean")
            .args(args)
            .args(["--manifest-path", manifest.as_str()])
            .env_remove("CARGO_TARGET_DIR")
            .output();
        stdout(&output.unwrap())
    };
    assert!(clean(&["--dry-run"]).starts_with("would remove "));
    assert!(!place.entries().is_empty());
    assert!(clean(&[]).starts_with("removed "));
    assert!(!place.tree.join("target/whittle").exists());
    assert!(place.tree.join("target/other").exists());
    assert!(clean(&[]).starts_with("nothing to remove"));
}
