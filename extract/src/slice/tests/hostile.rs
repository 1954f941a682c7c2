//! Any facts, any text: no panic, and what comes out is upstream with tokens taken out.

use std::fs;

use camino::Utf8Path;

use super::deletions::deletions;
use super::*;

/// Repeatable, and good enough for picking.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 8).unwrap_or(0) % sides.max(1)
    }
}

/// Without conditions: those are changed, not taken out.
const TEXT: &str = "
//! Docs.
#[macro_use]
mod macros;
pub mod a;
mod b { use super::a::{self, S, T as Other, f}; pub fn g() { f(); a::f(); S::new().m() } impl Other for S { fn t(&self) {} } }
pub use b::{g, g as h};
pub use self::a::*;
extern crate alloc;
pub static STATIC: u8 = make!(1);
make! { pub struct Made; }
//- macros.rs
macro_rules! make { ($($t:tt)*) => { $($t)* } }
//- a/mod.rs
// A.
use std::collections::{BTreeMap, /* c */ HashMap,};
use std::fmt::Write as _;

/// S.
pub struct S { pub a: BTreeMap<u8, u8> } // s

pub trait T { fn t(&self); }
impl S {
    pub fn new() -> Self { Self { a: BTreeMap::new() } }

    // m
    pub fn m(&self) {}
}
pub fn f() { deep::d() }
pub mod deep;
unsafe impl Send for S {}
//- a/deep.rs
pub fn d() { super::super::STATIC; }
extern \"C\" { fn c(); }
";

fn is_upstream_with_less(krate: &Crate, out: &Slice) {
    for file in &out.files {
        let upstream = &krate.texts[file.file as usize];
        let copy = crate::edit::apply(upstream, &file.edits).unwrap();
        syn::parse_file(&copy).unwrap_or_else(|why| panic!("{why}\n{copy}"));
        assert!(matches!(deletions(upstream, &copy), Ok(Ok(_))), "{copy}");
    }
}

#[test]
fn facts_that_are_missing_or_wrong() {
    let whole = krate(TEXT);
    for seed in 1..400 {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ seed);
        let mut krate = whole.clone();
        let keep = dice.roll(100);
        krate.facts.mentions.retain(|_| dice.roll(100) < keep);
        for _ in 0..dice.roll(5) {
            let place = |dice: &mut Dice| Place {
                file: u32::try_from(dice.roll(6)).unwrap(),
                offset: u32::try_from(dice.roll(700)).unwrap(),
            };
            let (from, to) = (place(&mut dice), place(&mut dice));
            let how = [How::Name, How::Import, How::Macro, How::Impl][dice.roll(4)];
            krate.facts.mentions.push(Mention { from, to, how });
            krate.facts.reached.push(place(&mut dice));
        }
        let mut choice = Choice {
            all_impls: dice.roll(2) == 0,
            ..Choice::default()
        };
        for _ in 0..dice.roll(4) {
            let file = u32::try_from(dice.roll(5)).unwrap();
            let offset = u32::try_from(dice.roll(700)).unwrap();
            choice.with.insert(Place { file, offset });
            let item = Index::new(&krate.upstream, &krate.facts, &krate.texts).unwrap();
            let item = &item.items[dice.roll(item.items.len())];
            choice.without.insert(item.place());
        }
        let uses = [&["dep::g"][..], &["dep::a::S", "dep::Made"], &[]][dice.roll(3)];
        let out = krate.sliced(uses, &choice);
        is_upstream_with_less(&krate, &out);
        let again = slice(&krate.upstream, &krate.facts, &krate.texts, &choice).unwrap();
        assert_eq!(out, again);
    }
}

#[test]
fn texts_that_are_cut_up() {
    let whole = krate(TEXT);
    for seed in 1..300 {
        let mut dice = Dice(0x2545_f491_4f6c_dd1d ^ (seed << 20));
        let mut krate = whole.clone();
        let file = dice.roll(4);
        let text = &mut krate.texts[file];
        let mut at = dice.roll(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        match dice.roll(3) {
            0 => text.truncate(at),
            1 => text.insert_str(
                at,
                ["{", "}", "\"", "/*", "#[cfg(", "use {", "::", "r#"][dice.roll(8)],
            ),
            _ => text.replace_range(at..(at + dice.roll(20)).min(text.len()), ""),
        }
        let choice = Choice::default();
        if let Ok(out) = slice(&krate.upstream, &krate.facts, &krate.texts, &choice) {
            is_upstream_with_less(&krate, &out);
        }
    }
}

/// Source files, each on its own: all of it is all of it, nothing is nothing.
#[test]
fn everything_and_nothing() {
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut folders = vec![root.join("fixtures"), root.join("extract/src")];
    // More of them, such as a registry's: slow.
    folders.extend(std::env::var("WHITTLE_SOURCES").map(Utf8PathBuf::from));
    let mut files = 0;
    for path in folders.iter().flat_map(|folder| sources(folder)) {
        if let Ok(text) = fs::read_to_string(&path) {
            files += u32::from(whole_and_empty(&path, &text));
        }
    }
    println!("{files} files");
    assert!(files > 150, "only {files}");
}

fn sources(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut out = Vec::new();
    for entry in folder.read_dir_utf8().unwrap() {
        let path = entry.unwrap().into_path();
        if path.is_dir() {
            // Other tests build in the fixtures.
            if path.file_name() != Some("target") {
                out.extend(sources(&path));
            }
        } else if path.extension() == Some("rs") {
            out.push(path);
        }
    }
    out.sort();
    out
}

/// Whether it is Rust.
fn whole_and_empty(path: &Utf8Path, text: &str) -> bool {
    let Ok(cut) = crate::pieces::cut(text) else {
        assert!(syn::parse_file(text).is_err(), "{path}");
        return false;
    };
    let edits = |kept: &dyn Fn(usize) -> bool| -> Vec<Edit> {
        let gone = cut.pieces.iter().enumerate().filter(|&(id, _)| !kept(id));
        gone.map(|(_, piece)| Edit {
            range: piece.span,
            text: String::new(),
            why: Why::NotNeeded,
        })
        .collect()
    };
    let nothing = crate::edit::apply(text, &edits(&|_| false)).unwrap();
    assert!(
        syn::parse_file(&nothing).unwrap().items.is_empty(),
        "{path}"
    );
    for every in 2..5 {
        let some = crate::edit::apply(text, &edits(&|id| id % every == 0)).unwrap();
        assert!(matches!(deletions(text, &some), Ok(Ok(_))), "{path}");
        let some = some.parse().unwrap();
        crate::old_words::parse_file(some).unwrap_or_else(|why| panic!("{path}: {why}"));
    }
    // Through the front door, with everything kept.
    let facts = Facts {
        files: vec![path.to_owned()],
        own: 1,
        modules: vec![crate::request::Module {
            file: 0,
            path: Vec::new(),
            declared: None,
        }],
        ..Facts::default()
    };
    let texts = [text.to_owned()];
    let upstream = Upstream {
        edition: 2021,
        ..Upstream::default()
    };
    let index = Index::new(&upstream, &facts, &texts).unwrap();
    let mut with = BTreeSet::new();
    for item in &index.items {
        let attrs = within::leading(item.piece.node.to_token_stream());
        if !crate::cfg::conditions(&attrs).is_empty() {
            return true;
        }
        with.insert(item.place());
        with.extend(item.leaves.clone().map(|leaf| Place {
            file: 0,
            offset: index.leaves[leaf].leaf.at,
        }));
    }
    let choice = Choice {
        with,
        ..Choice::default()
    };
    let out = slice(&upstream, &facts, &texts, &choice).unwrap();
    for file in &out.files {
        let not_needed = file.edits.iter().filter(|edit| edit.why == Why::NotNeeded);
        assert_eq!(not_needed.count(), 0, "{path}");
    }
    true
}
