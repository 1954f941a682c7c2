//! The process ends before and after every single step, and again during what sets it right.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::disk::Disk;
use super::recover::recover_with;
use super::*;

fn seal() -> Seal {
    Seal::of_bytes([7; 32])
}

/// Paths, with the content and mode of files; folders have none.
type Tree = BTreeMap<Utf8PathBuf, Option<(Vec<u8>, u32)>>;

fn tree(root: &Utf8Path) -> Tree {
    let mut out = Tree::new();
    let mut pending = vec![root.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in folder.read_dir_utf8().unwrap() {
            let path = entry.unwrap().into_path();
            let name = path.strip_prefix(root).unwrap().to_owned();
            if path.is_dir() {
                out.insert(name, None);
                pending.push(path);
            } else {
                let bytes = fs::read(&path).unwrap();
                out.insert(name, Some((bytes, mode(&path))));
            }
        }
    }
    out
}

#[cfg(unix)]
fn mode(path: &Utf8Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode()
}

#[cfg(not(unix))]
fn mode(_: &Utf8Path) -> u32 {
    0
}

struct Case {
    _folder: tempfile::TempDir,
    root: Utf8PathBuf,
}

/// A workspace, and what an extraction does to it and an undo too.
fn case() -> Case {
    let folder = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(folder.path()).unwrap().to_owned();
    for (path, text) in [
        ("Cargo.toml", "[package]\r\n"),
        ("src/main.rs", "fn main() {}\n"),
        ("src/run.sh", "#!/bin/sh\n"),
        ("old/deep/gone.rs", "gone\n"),
        ("old/stays.rs", "stays\n"),
        ("lonely/deep/gone.rs", "gone too\n"),
    ] {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::Permissions::from_mode(0o750);
        fs::set_permissions(root.join("src/run.sh"), mode).unwrap();
        let mode = fs::Permissions::from_mode(0o444);
        fs::set_permissions(root.join("Cargo.toml"), mode).unwrap();
    }
    Case {
        _folder: folder,
        root,
    }
}

fn changes(root: &Utf8Path) -> Vec<Change> {
    let change = |path: &str, after: Option<&str>| Change {
        path: path.into(),
        before: content(&root.join(path)).unwrap(),
        after: after.map(|text| text.as_bytes().to_vec()),
    };
    vec![
        change("Cargo.toml", Some("[package]\r\n# changed\r\n")),
        change("src/main.rs", Some("mod whittled;\nfn main() {}\n")),
        change("src/run.sh", Some("#!/bin/sh\nexit\n")),
        change("src/whittled/mod.rs", Some("pub(crate) mod dep;\n")),
        change("src/whittled/dep/mod.rs", Some("pub fn f() {}\n")),
        change("old/deep/gone.rs", None),
        change("lonely/deep/gone.rs", None),
        // Nothing to do.
        change("old/stays.rs", Some("stays\n")),
    ]
}

struct Killed;

/// Runs until the step; true when it came to its end.
fn until(step: usize, run: impl FnOnce(&mut Disk<'_>)) -> bool {
    let mut kill = |next| {
        if next == step {
            std::panic::panic_any(Killed);
        }
    };
    let mut disk = Disk::new(&mut kill);
    match catch_unwind(AssertUnwindSafe(|| run(&mut disk))) {
        Ok(()) => true,
        Err(why) if why.is::<Killed>() => false,
        Err(why) => std::panic::resume_unwind(why),
    }
}

fn quiet<T>(run: impl FnOnce() -> T) -> T {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !info.payload().is::<Killed>() {
            before(info);
        }
    }));
    run()
}

fn all_of_it(case: &Case, disk: &mut Disk<'_>) -> Result<()> {
    apply_with(&case.root, &changes(&case.root), &seal(), disk)
}

#[test]
fn done_or_undone_whenever_it_stops() {
    let whole = case();
    let before = tree(&whole.root);
    let mut steps = 0;
    let mut count = |_| steps += 1;
    all_of_it(&whole, &mut Disk::new(&mut count)).unwrap();
    let after = tree(&whole.root);
    assert!(steps > 60 && before != after);
    let gone = |path: &str| !after.contains_key(Utf8Path::new(path));
    assert!(gone("lonely") && gone("old/deep") && !gone("old/stays.rs"));

    let mut seen = [0, 0];
    quiet(|| {
        for step in 0..=steps {
            let case = case();
            let came_to_its_end = until(step, |disk| all_of_it(&case, disk).unwrap());
            assert_eq!(came_to_its_end, step == steps);
            let mut nothing = |_| {};
            recover_with(&case.root, &seal(), &mut Disk::new(&mut nothing)).unwrap();
            let found = tree(&case.root);
            assert!(
                found == before || found == after,
                "stopped at {step}: {found:#?}"
            );
            seen[usize::from(found == after)] += 1;
        }
    });
    assert!(seen[0] > 40 && seen[1] > 5, "{seen:?}");
}

#[test]
fn setting_right_may_be_interrupted_too() {
    let whole = case();
    let before = tree(&whole.root);
    let mut steps = 0;
    let mut count = |_| steps += 1;
    all_of_it(&whole, &mut Disk::new(&mut count)).unwrap();
    let after = tree(&whole.root);
    quiet(|| {
        for step in (0..steps).step_by(11) {
            for again in 0.. {
                let case = case();
                until(step, |disk| all_of_it(&case, disk).unwrap());
                let recovered = |disk: &mut Disk<'_>| {
                    recover_with(&case.root, &seal(), disk).unwrap();
                };
                let came_to_its_end = until(again, recovered);
                let mut nothing = |_| {};
                recovered(&mut Disk::new(&mut nothing));
                let found = tree(&case.root);
                assert!(
                    found == before || found == after,
                    "{step}, {again}: {found:#?}"
                );
                if came_to_its_end {
                    break;
                }
            }
        }
    });
}

/// The number of the step at which the third file is in its place.
fn half_way(case: &Case) {
    let is_half = |root: &Utf8Path| fs::read(root.join("src/run.sh")).unwrap().len() > 10;
    let root = case.root.clone();
    let mut stop = |_| {
        if is_half(&root) {
            std::panic::panic_any(Killed);
        }
    };
    let mut disk = Disk::new(&mut stop);
    let ran = quiet(|| catch_unwind(AssertUnwindSafe(|| all_of_it(case, &mut disk))));
    assert!(ran.is_err());
}

fn recovered(case: &Case, seal: &Seal) -> Result<Option<Recovered>> {
    let mut nothing = |_| {};
    recover_with(&case.root, seal, &mut Disk::new(&mut nothing))
}

#[test]
fn what_somebody_changed_since_is_not_touched() {
    let case = case();
    half_way(&case);
    fs::write(case.root.join("src/main.rs"), "mine").unwrap();
    let before = tree(&case.root);
    let why = recovered(&case, &seal()).unwrap_err();
    assert!(
        why.to_string().contains("src/main.rs` was changed"),
        "{why}"
    );
    assert_eq!(tree(&case.root), before);
}

#[test]
fn a_strangers_journal_is_none() {
    let case = case();
    half_way(&case);
    let before = tree(&case.root);
    let why = recovered(&case, &Seal::of_bytes([8; 32])).unwrap_err();
    assert!(why.to_string().contains("another user"), "{why}");
    assert_eq!(tree(&case.root), before);
    // Nor one that was changed.
    let journal = case.root.join(folder::NAME).join(folder::JOURNAL);
    let mut bytes = fs::read(&journal).unwrap();
    let last = bytes.len() - 3;
    bytes[last] ^= 1;
    fs::write(&journal, bytes).unwrap();
    assert!(recovered(&case, &seal()).is_err());
    // A folder of the tree's own with anything in it.
    let other = self::case();
    fs::create_dir(other.root.join(folder::NAME)).unwrap();
    fs::write(other.root.join(folder::NAME).join("new-0"), "x").unwrap();
    assert!(recovered(&other, &seal()).is_err());
}

#[test]
fn one_at_a_time() {
    let case = case();
    let mut nothing = |_| {};
    let mut disk = Disk::new(&mut nothing);
    let held = Folder::take(&case.root, true, &mut disk).unwrap();
    assert!(matches!(recovered(&case, &seal()), Err(Error::Busy(_))));
    let mut nothing = |_| {};
    let mut disk = Disk::new(&mut nothing);
    assert!(matches!(all_of_it(&case, &mut disk), Err(Error::Busy(_))));
    drop(held);
    assert_eq!(recovered(&case, &seal()).unwrap(), None);
    assert!(!case.root.join(folder::NAME).exists());
}

#[test]
fn a_tree_that_is_not_as_expected_stays() {
    let refused = |change: Change| {
        let case = case();
        let before = tree(&case.root);
        let mut nothing = |_| {};
        let mut disk = Disk::new(&mut nothing);
        let done = apply_with(&case.root, &[change], &seal(), &mut disk);
        assert_eq!(tree(&case.root), before);
        done.unwrap_err().to_string()
    };
    let change = |path: &str| Change {
        path: path.into(),
        before: None,
        after: Some(b"x".to_vec()),
    };
    assert!(refused(change("src/main.rs")).contains("was changed while"));
    for path in [
        "../x",
        "/x",
        "",
        ".whittle-journal/x",
        "src/../x",
        ".git/config",
        "a/.GIT/x",
    ] {
        assert!(refused(change(path)).contains("not below"), "{path}");
    }
    assert!(refused(change("src/main.rs/x")).contains("no folder"));
}

#[cfg(unix)]
#[test]
fn links_are_refused() {
    let case = case();
    let elsewhere = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), case.root.join("link")).unwrap();
    std::os::unix::fs::symlink("main.rs", case.root.join("src/lib.rs")).unwrap();
    for path in ["link/x", "src/lib.rs"] {
        let before = content(&case.root.join(path)).unwrap();
        let change = Change {
            path: path.into(),
            before,
            after: Some(b"x".to_vec()),
        };
        let mut nothing = |_| {};
        let mut disk = Disk::new(&mut nothing);
        let done = apply_with(&case.root, &[change], &seal(), &mut disk);
        assert!(
            done.unwrap_err().to_string().contains("is a link"),
            "{path}"
        );
    }
    assert_eq!(elsewhere.path().read_dir().unwrap().count(), 0);
}

#[test]
fn a_failure_on_the_way_is_taken_back() {
    let case = case();
    let mut changes = changes(&case.root);
    let before = tree(&case.root);
    // Made a folder once the check is over, so that the rename fails.
    let path = case.root.join("zz");
    changes.push(Change {
        path: "zz".into(),
        before: None,
        after: Some(b"x".to_vec()),
    });
    let mut block = |_| {
        if case.root.join("src/whittled/dep/mod.rs").exists() {
            let _ = fs::create_dir(&path);
        }
    };
    let done = apply_with(&case.root, &changes, &seal(), &mut Disk::new(&mut block));
    assert!(done.is_err());
    drop(done);
    let found = recovered(&case, &seal());
    // The folder in the way is somebody's: it is said, and nothing else is touched.
    assert!(found.is_err());
    fs::remove_dir(&path).unwrap();
    assert_eq!(
        recovered(&case, &seal()).unwrap(),
        Some(Recovered::Restored)
    );
    assert_eq!(tree(&case.root), before);
}
