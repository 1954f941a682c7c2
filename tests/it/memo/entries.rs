//! What is kept, as entries: of other threads, of runs at once, with another std, torn.

use std::fs;
use std::process::{Command, Output};

use camino::{Utf8Path, Utf8PathBuf};

use super::shapes::{MAIN, shaped};
use crate::fixtures::stdout;
use crate::same_answer::copy;

#[test]
fn threads_make_no_difference() {
    let place = shaped();
    place.check("cold");
    place.write("app/src/main.rs", &(MAIN.to_owned() + "\nfn more() {}\n"));
    let (once, known) = place.analysis("1");
    assert!(known > 100);
    for threads in ["2", "8"] {
        assert!(
            place.analysis(threads) == (once.clone(), known),
            "{threads} threads"
        );
    }
}

#[test]
fn runs_at_once_give_the_same() {
    let place = shaped();
    place.check("cold");
    place.write("app/src/main.rs", &(MAIN.to_owned() + "\nfn more() {}\n"));
    place.remove("analysis");
    let runs: Vec<Output> = std::thread::scope(|scope| {
        let all = [(); 3].map(|()| scope.spawn(|| place.run("1")));
        all.map(|one| one.join().unwrap()).into_iter().collect()
    });
    for one in &runs {
        assert_eq!(stdout(one), stdout(&runs[0]));
    }
    assert!(place.check("after them") > 100);
}

/// Where the `rust-src` component has the sources of std.
fn of_component() -> Utf8PathBuf {
    let output = Command::new("rustc").args(["--print", "sysroot"]).output();
    let sysroot = stdout(&output.unwrap());
    Utf8Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library")
}

/// The sources of std are part of what is kept: elsewhere, or with another text, they are others.
#[test]
fn another_std_takes_nothing_over() {
    let mut place = shaped();
    place.check("cold");
    let recovered = place.tree.join("target/whittle/std").read_dir_utf8();
    let recovered = recovered.ok().and_then(|mut all| all.next()?.ok());
    let std = recovered.map_or_else(of_component, camino::Utf8DirEntry::into_path);
    let other = place.base.join("std");
    copy(&std, &other);
    place.std = Some(other.clone());
    assert_eq!(place.check("another place"), 0);
    assert!(place.check("the same place") > 100);
    let text = place.read("std/alloc/src/string.rs");
    place.write("std/alloc/src/string.rs", &(text + "\n// More.\n"));
    assert_eq!(place.check("another text"), 0);
}

#[test]
fn torn_entries_are_worked_out_again() {
    let place = shaped();
    let (_, none) = place.analysis("2");
    assert_eq!(none, 0);
    place.write("app/src/main.rs", &(MAIN.to_owned() + "\nfn more() {}\n"));
    let [entry] = &place.entries("expansions")[..] else {
        panic!("one entry")
    };
    let whole = fs::read(entry).unwrap();
    for at in [0, 40, whole.len() / 2, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(entry, &changed).unwrap();
        assert_eq!(place.analysis("2").1, 0, "{at}");
    }
    fs::write(entry, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(place.analysis("2").1, 0, "half of it");
    // Sealed, but another entry.
    let [analysis] = &place.entries("analysis")[..] else {
        panic!("one entry")
    };
    fs::copy(analysis, entry).unwrap();
    assert_eq!(place.analysis("2").1, 0, "another entry");
    fs::write(entry, &whole).unwrap();
    assert!(place.check("whole again") > 100);
}
