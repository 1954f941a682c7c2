//! Where programs of the tree are run: proc macros that read a file, and a build script.
//!
//! What they make may be something else in each run, though nothing of the tree has changed but
//! a file that nobody declared. Whatever it is, the answer must be the one of a run that takes
//! nothing over.

use super::place::Place;

const APP: &str = r#"[package]
name = "app"
version = "0.1.0"
edition = "2024"

[dependencies]
uses = { path = "../uses" }
picks = { path = "../picks" }

[workspace]
"#;

const LOCK: &str = r#"version = 4

[[package]]
name = "app"
version = "0.1.0"
dependencies = [
 "picks",
 "uses",
]

[[package]]
name = "mark"
version = "0.1.0"

[[package]]
name = "pick"
version = "0.1.0"

[[package]]
name = "picks"
version = "0.1.0"
dependencies = [
 "pick",
]

[[package]]
name = "uses"
version = "0.1.0"
dependencies = [
 "mark",
]
"#;

const MAIN: &str = "fn main() {
    uses::Item::marked();
    uses::Item.wrapped();
    uses::inside();
    uses::plain();
    drop(picks::held());
}
";

/// A derive and an attribute: which function is called is read from a file.
const MARK: &str = r#"use proc_macro::TokenStream;

fn chosen() -> String {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../chosen.txt");
    std::fs::read_to_string(file).unwrap().trim().to_owned()
}

#[proc_macro_derive(Mark)]
pub fn mark(item: TokenStream) -> TokenStream {
    let item = item.to_string();
    let name = item.split("struct").nth(1).unwrap();
    let name = name.trim().trim_end_matches(';').trim();
    let chosen = chosen();
    format!("impl {name} {{ pub fn marked() {{ crate::{chosen}() }} }}").parse().unwrap()
}

#[proc_macro_attribute]
pub fn wrap(_: TokenStream, _: TokenStream) -> TokenStream {
    format!("pub fn wrapped(&self) {{ crate::{}() }}", chosen()).parse().unwrap()
}
"#;

const USES: &str = r#"use mark::{Mark, wrap};

#[derive(Mark)]
pub struct Item;

impl Item {
    #[wrap]
    pub fn wrapped(&self) {}
}

pub fn inside() {
    #[derive(Mark)]
    struct Inner;
    Inner::marked();
}

pub fn a() { ends(1) }
pub fn b() { ends(2) }
fn ends(_: u32) {}

pub fn plain() {
    steps(vec![1, 2, 3]);
    #[cfg(scripted)]
    scripted();
}

fn steps(all: Vec<u32>) {
    all.into_iter().for_each(ends);
}

pub fn scripted() {}
"#;

/// A macro called as a function, in the place of a type.
const PICK: &str = r#"use proc_macro::TokenStream;

#[proc_macro]
pub fn pick(_: TokenStream) -> TokenStream {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../picked.txt");
    std::fs::read_to_string(file).unwrap().parse().unwrap()
}
"#;

const PICKS: &str = r#"pub struct Held(pub pick::pick!());

pub fn held() -> Option<Held> {
    std::env::args().next().map(|_| loop {})
}

pub struct One;
pub struct Two;

impl Drop for One {
    fn drop(&mut self) { one() }
}

impl Drop for Two {
    fn drop(&mut self) { two() }
}

fn one() {}
fn two() {}
"#;

const SCRIPT: &str = r#"fn main() {
    println!("cargo::rerun-if-changed=../scripted.txt");
    println!("cargo::rustc-check-cfg=cfg(scripted)");
    if std::fs::read_to_string("../scripted.txt").unwrap() == "yes" {
        println!("cargo::rustc-cfg=scripted");
    }
}
"#;

fn place(exec: &'static str) -> Place {
    let package = |name: &str, more: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{more}\n")
    };
    let mut place = Place::new(&[
        ("app/Cargo.toml", APP),
        ("app/Cargo.lock", LOCK),
        ("app/src/main.rs", MAIN),
        (
            "mark/Cargo.toml",
            &package("mark", "[lib]\nproc-macro = true"),
        ),
        ("mark/src/lib.rs", MARK),
        (
            "pick/Cargo.toml",
            &package("pick", "[lib]\nproc-macro = true"),
        ),
        ("pick/src/lib.rs", PICK),
        (
            "uses/Cargo.toml",
            &package("uses", "[dependencies]\nmark = { path = \"../mark\" }"),
        ),
        ("uses/src/lib.rs", USES),
        ("uses/build.rs", SCRIPT),
        (
            "picks/Cargo.toml",
            &package("picks", "[dependencies]\npick = { path = \"../pick\" }"),
        ),
        ("picks/src/lib.rs", PICKS),
        ("chosen.txt", "a"),
        ("picked.txt", "crate::One"),
        ("scripted.txt", "no"),
    ]);
    place.exec = exec;
    place
}

/// That a run of macros shows in the list.
fn lists(place: &Place, name: &str, status: &str) -> bool {
    let output = place.run("2");
    let list = crate::fixtures::stdout(&output);
    let mut rows = list.lines().skip(1);
    rows.any(|row| row.contains(&format!("\"{name}\"")) && row.contains(&format!("\"{status}\"")))
}

#[test]
fn what_macros_make_now_is_what_counts() {
    let place = place("trust");
    assert_eq!(place.check("cold"), 0);
    assert!(lists(&place, "picks::one", "used") && !lists(&place, "picks::two", "used"));
    let more = |n: u32| format!("{MAIN}// {n}\n");
    place.write("app/src/main.rs", &more(1));
    assert!(place.check("a line") > 0);
    // In the place of a type: such a crate is not closed, and does not hinder the others.
    place.write("picked.txt", "crate::Two");
    assert!(place.check("another type") > 0);
    assert!(lists(&place, "picks::two", "used") && !lists(&place, "picks::one", "used"));
    place.write("app/src/main.rs", &more(2));
    assert!(place.check("and a line") > 0);
    // Between items, in an impl, in a body.
    place.write("chosen.txt", "b");
    assert_eq!(place.check("another call"), 0);
    assert!(lists(&place, "uses::b", "used") && !lists(&place, "uses::a", "used"));
    place.write("app/src/main.rs", &more(3));
    assert!(place.check("a line once more") > 0);
}

/// The same where nothing but the bodies is made by a macro.
#[test]
fn bodies_that_macros_have_a_say_in_are_read_again() {
    let place = place("trust");
    let uses = USES.replacen("#[derive(Mark)]\npub struct Item;", "pub struct Item;", 1);
    let uses = uses.replace("    #[wrap]\n", "");
    place.write("uses/src/lib.rs", &uses.replace("{Mark, wrap}", "Mark"));
    let main = MAIN.replace("    uses::Item::marked();\n", "");
    place.write("app/src/main.rs", &main);
    assert_eq!(place.check("cold"), 0);
    place.write("chosen.txt", "b");
    assert!(place.check("another call") > 0);
    assert!(lists(&place, "uses::b", "used") && !lists(&place, "uses::a", "used"));
}

#[test]
fn what_build_scripts_say_is_in_the_key() {
    let place = place("trust");
    assert_eq!(place.check("cold"), 0);
    assert!(!lists(&place, "uses::scripted", "used"));
    place.write("app/src/main.rs", &format!("{MAIN}// More.\n"));
    assert!(place.check("a line") > 0);
    place.write("scripted.txt", "yes");
    assert_eq!(place.check("another cfg"), 0);
    assert!(lists(&place, "uses::scripted", "used"));
}

/// What was kept where macros run is nothing to a run where none does, and the other way round.
#[test]
fn policies_do_not_share() {
    let mut place = place("trust");
    assert_eq!(place.check("cold"), 0);
    place.exec = "never";
    assert_eq!(place.check("never"), 0);
    place.write("app/src/main.rs", &format!("{MAIN}// More.\n"));
    assert!(place.check("a line") > 0);
    place.exec = "trust";
    assert_eq!(place.check("trust again"), 0);
}
