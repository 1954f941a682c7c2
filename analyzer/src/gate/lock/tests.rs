//! Baselines of hand-made analyses: read back, broken, and merged by git.

use std::fs;
use std::path::Path;
use std::process::Command;

use expect_test::expect;

use super::*;
use crate::model::{Analysis, Status};
use crate::sample::{Sample, small};

fn lock(analysis: &Analysis) -> Lock {
    Lock::of(&Surface::new(analysis))
}

fn text(analysis: &Analysis) -> String {
    lock(analysis).to_text()
}

/// Without the lines, which only a file has.
fn read(text: &str) -> crate::error::Result<Lock> {
    let mut lock = Lock::read("whittle.lock", text)?;
    for one in &mut lock.crates {
        one.line = 0;
    }
    Ok(lock)
}

fn error(text: &str) -> String {
    let error = read(text).expect_err(text);
    format!("{error}\n  {}", error.remedy())
}

#[test]
fn the_file() {
    expect![[r#"
        # What this workspace reaches in its dependencies, as it was accepted.
        # `cargo whittle check` names what is new since; `cargo whittle baseline --update` accepts it.
        # After a conflict take either side and run the update.
        version 1
        root app bin app
        domains run build macro
        features default
        target x86_64-unknown-linux-gnu
        host x86_64-unknown-linux-gnu
        profile dev
        policy trust
        toolchain 1.95.0
        tool 0.1.0

        crate bytes-util 2.7.4 registry
        items 2 e106d53c525c508a9b197566
        maybe 91ad4a2df61b3cc19c77eca6 run
        reach 5dede4915f52403b3bb67b4d run

        crate codegen 1.0.9 registry
        items 1 d4cb7f3eb70fe460c2af3f33
        reach 2095190ee7cae123c5d0eb67 macro

        crate finder 1.11.0 registry
        items 4 46799a8eb5e2f556d458b2b7
        named run struct finder::Finder
        named run associated_function finder::Finder::new
        reach 01f0f09e7e27150fd2822f88 build
        reach 348f77809708d20dd9e1264f run

        crate idle 0.3.0 registry
        items 0 22fb3c8c384a1b582af63cb9

        crate kinds 0.1.2 registry
        items 0 140087ad7cc353e2cc451197

        crate parse 1.0.0 registry
        items 1 24dbb5c98e8e77a06a067b49
        reach 1132d90f280de681285dfd64 build

        crate parse 2.0.0 registry
        items 1 996c85bee7f753589a7b3aed
        reach 1132d90f280de681285dfd64 macro
    "#]].assert_eq(&text(&small()));
}

#[test]
fn it_is_read_as_it_was_written() {
    let analysis = small();
    assert_eq!(read(&text(&analysis)).unwrap(), lock(&analysis));
    let with_returns = text(&analysis).replace('\n', "\r\n");
    assert_eq!(read(&with_returns).unwrap(), lock(&analysis));
    let mut hostile = Sample::new();
    let dep = hostile.library("dep", "1.0.0", 0, Domains::RUN);
    for path in ["dep::a b", "<dep::A<'\n'> as x\\y\u{202e}>::f", "dep::a b"] {
        let item = hostile.function(dep, path, Status::Used);
        hostile.item(item).direct = true;
    }
    let text = text(&hostile.analysis);
    assert_eq!(read(&text).unwrap(), lock(&hostile.analysis), "{text}");
    assert!(text.contains("named run#1 function dep::a b\n"), "{text}");
}

#[test]
fn lines_say_where_a_crate_stands() {
    let text = text(&small());
    for one in Lock::read("whittle.lock", &text).unwrap().crates {
        let line = text.lines().nth(one.line as usize - 1).unwrap();
        assert!(
            line.starts_with(&format!("crate {} ", one.id.name)),
            "{line}"
        );
    }
}

#[test]
fn what_cannot_be_read_says_what_to_do() {
    let good = text(&small());
    expect![[r#"
        `whittle.lock` cannot be compared with: it is of version 2, and this cargo-whittle reads version 1
          use the cargo-whittle that wrote it, or write it again with `cargo whittle baseline --update`"#]].assert_eq(&error(&good.replace("version 1", "version 2")));
    let conflict = good.replace(
        "toolchain 1.95.0",
        "<<<<<<< ours\ntoolchain 1.95.0\n=======\ntoolchain 1.96.0\n>>>>>>> theirs",
    );
    expect![[r#"
        `whittle.lock` cannot be compared with: line 12: a conflict marker
          take either side of the conflict, then run `cargo whittle baseline --update`"#]]
    .assert_eq(&error(&conflict));
    expect![[r#"
        `whittle.lock` cannot be compared with: line 18: not understood, or the same item twice
          write it again with `cargo whittle baseline --update`"#]]
    .assert_eq(&error(&good.replace("reach ", "reached ")));
    expect![[r#"
        `whittle.lock` cannot be compared with: it is empty
          write it again with `cargo whittle baseline --update`"#]]
    .assert_eq(&error(""));
    expect![[r#"
        `whittle.lock` cannot be compared with: line 1: a line `version …` is missing
          write it again with `cargo whittle baseline --update`"#]]
    .assert_eq(&error("serde = \"1\"\n"));
}

/// No line can be lost, doubled, moved or changed without being noticed, but for comments and
/// whole crates at the end (which then are new).
#[test]
fn every_line_counts() {
    let good = text(&small());
    let lines: Vec<&str> = good.lines().collect();
    let says = |line: &str| !line.is_empty() && !line.starts_with('#');
    let join = |lines: &[&str]| format!("{}\n", lines.join("\n"));
    for at in 0..lines.len() {
        if !says(lines[at]) {
            continue;
        }
        let mut without = lines.clone();
        without.remove(at);
        assert!(read(&join(&without)).is_err(), "without {}", lines[at]);
        let mut twice = lines.clone();
        twice.insert(at, lines[at]);
        assert!(read(&join(&twice)).is_err(), "twice {}", lines[at]);
        if let Some(next) = (at + 1..lines.len()).find(|&next| says(lines[next])) {
            let mut swapped = lines.clone();
            swapped.swap(at, next);
            assert!(
                read(&join(&swapped)).is_err(),
                "{} behind the next",
                lines[at]
            );
        }
        for (place, letter) in lines[at].char_indices() {
            let other = if letter == '0' { '1' } else { '0' };
            let mut changed = lines[at].to_owned();
            changed.replace_range(place..=place, &other.to_string());
            let mut all = lines.clone();
            all[at] = &changed;
            // Another scope or crate is well-formed only with other sums.
            assert!(read(&join(&all)).is_err(), "{changed}");
        }
    }
}

#[test]
fn two_items_with_one_hash_are_no_baseline() {
    let analysis = small();
    let mut surface = Surface::new(&analysis);
    assert!(distinct(&surface).is_ok());
    let finder = surface
        .dependencies
        .iter_mut()
        .find(|one| one.id.name == "finder");
    let items = &mut finder.unwrap().items;
    items[1].key = items[0].key;
    let error = distinct(&surface).unwrap_err().to_string();
    assert!(error.contains("the same short hash"), "{error}");
}

fn git(folder: &Path, arguments: &[&str]) -> bool {
    let settings = [
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "-c",
        "commit.gpgsign=false",
    ];
    let output = Command::new("git")
        .args(settings)
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .expect("git starts");
    output.status.success()
}

/// What git makes of the two changes of a baseline: the merged file, and whether it was merged
/// without a conflict.
fn merged(base: &str, ours: &str, theirs: &str) -> (String, bool) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("whittle.lock");
    let commit = |text: &str| {
        fs::write(&file, text).unwrap();
        assert!(git(folder.path(), &["add", "."]));
        // Nothing may have changed on one side.
        assert!(git(
            folder.path(),
            &["commit", "-q", "--allow-empty", "-m", "x"]
        ));
    };
    assert!(git(folder.path(), &["init", "-q", "-b", "main"]));
    commit(base);
    assert!(git(folder.path(), &["checkout", "-q", "-b", "theirs"]));
    commit(theirs);
    assert!(git(folder.path(), &["checkout", "-q", "main"]));
    commit(ours);
    let clean = git(folder.path(), &["merge", "-q", "-m", "x", "theirs"]);
    (fs::read_to_string(&file).unwrap(), clean)
}

/// Two crates between others, and functions of theirs that changes reach.
fn tree(edit: impl Fn(&mut Sample)) -> Analysis {
    let mut sample = Sample::new();
    for name in ["aa", "bb", "cc", "dd"] {
        let package = sample.library(name, "1.0.0", 0, Domains::RUN);
        for index in 0..12 {
            let status = if index % 3 == 0 {
                Status::Used
            } else {
                Status::Unused
            };
            sample.function(package, &format!("{name}::f{index}"), status);
        }
    }
    edit(&mut sample);
    sample.analysis
}

fn set(sample: &mut Sample, path: &str, status: Status) {
    let index = sample
        .analysis
        .items
        .iter()
        .position(|item| item.path == path);
    let item = sample.item(index.unwrap());
    item.status = status;
    item.domains = if status == Status::Used {
        Domains::RUN
    } else {
        Domains::NONE
    };
}

type Edit = fn(&mut Sample);

/// Merges what two sides did; the answer is `right` when the file is that of both together,
/// `conflict`, or `noticed` when git merged and the file is refused.
fn merge(ours: Edit, theirs: Edit) -> &'static str {
    let both = tree(|sample| {
        ours(sample);
        theirs(sample);
    });
    let (merged, clean) = merged(
        &text(&tree(|_| {})),
        &text(&tree(ours)),
        &text(&tree(theirs)),
    );
    match (clean, read(&merged)) {
        (true, Ok(read)) => {
            assert_eq!(read, lock(&both), "wrong and not noticed:\n{merged}");
            "right"
        }
        (true, Err(_)) => "noticed",
        (false, Err(why)) => {
            assert!(why.to_string().contains("conflict marker"), "{why}");
            "conflict"
        }
        (false, Ok(_)) => panic!("a conflict that can be read:\n{merged}"),
    }
}

#[test]
fn merges_of_different_crates_are_right() {
    let more_of_a: Edit = |sample| set(sample, "aa::f1", Status::Used);
    let more_of_c: Edit = |sample| set(sample, "cc::f1", Status::Used);
    let less_of_c: Edit = |sample| set(sample, "cc::f3", Status::Unused);
    assert_eq!(merge(more_of_a, more_of_c), "right");
    assert_eq!(merge(more_of_a, less_of_c), "right");
    // Both did the same.
    assert_eq!(merge(more_of_a, more_of_a), "right");
    let new_crate: Edit = |sample| {
        let package = sample.library("ee", "1.0.0", 0, Domains::RUN);
        sample.function(package, "ee::f", Status::Used);
    };
    assert_eq!(merge(more_of_a, new_crate), "right");
}

#[test]
fn merges_of_one_crate_are_conflicts() {
    let first: Edit = |sample| set(sample, "bb::f1", Status::Used);
    let second: Edit = |sample| set(sample, "bb::f2", Status::Used);
    let less: Edit = |sample| set(sample, "bb::f3", Status::Unused);
    let update: Edit = |sample| sample.analysis.project.packages[2].version = "1.1.0".to_owned();
    assert_eq!(merge(first, second), "conflict");
    assert_eq!(merge(first, less), "conflict");
    assert_eq!(merge(first, update), "conflict");
    let gone: Edit = |sample| sample.analysis.project.packages[2].name = "zz".to_owned();
    assert_eq!(merge(first, gone), "conflict");
}

/// A crate measured by one toolchain does not come into the baseline of another.
#[test]
fn merges_of_different_scopes_are_noticed() {
    let toolchain: Edit = |sample| sample.analysis.project.toolchain.version = "1.96.0".to_owned();
    let new_crate: Edit = |sample| {
        let package = sample.library("ee", "1.0.0", 0, Domains::RUN);
        sample.function(package, "ee::f", Status::Used);
    };
    let more: Edit = |sample| set(sample, "aa::f1", Status::Used);
    assert!(["noticed", "conflict"].contains(&merge(toolchain, new_crate)));
    assert!(["noticed", "conflict"].contains(&merge(toolchain, more)));
    // Put together by hand, or by a driver that takes both sides.
    let base = text(&tree(toolchain));
    let added = text(&tree(new_crate));
    let block = added.split_once("\ncrate ee").unwrap().1;
    let why = error(&format!("{base}\ncrate ee{block}"));
    assert!(why.contains("its sum"), "{why}");
}

/// Crates at the same place: whatever git does, it is right or noticed.
#[test]
fn neighbours_at_one_place() {
    let crate_of = |name: &'static str| {
        move |sample: &mut Sample| {
            let package = sample.library(name, "1.0.0", 0, Domains::RUN);
            sample.function(package, &format!("{name}::f"), Status::Used);
        }
    };
    let (one, other) = (crate_of("bx"), crate_of("by"));
    let base = text(&tree(|_| {}));
    let (merged, clean) = merged(&base, &text(&tree(one)), &text(&tree(other)));
    let both = tree(|sample| {
        one(sample);
        other(sample);
    });
    match read(&merged) {
        Ok(read) => assert!(clean && read == lock(&both), "{merged}"),
        Err(why) => assert!(!clean || !why.to_string().is_empty()),
    }
}
