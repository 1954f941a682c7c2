//! After a change of the workspace's own code, what is taken from an earlier run gives the same
//! answer as working it all out: every byte of it, the witness graph with its numbers too.

use std::fs;
use std::process::{Command, Output};

use camino::{Utf8Path, Utf8PathBuf};

use crate::fixtures::{root, stdout};
use crate::mutate::{Cases, mutate};
use crate::same_answer::copy;

struct Place {
    _folder: tempfile::TempDir,
    base: Utf8PathBuf,
    tree: Utf8PathBuf,
    std: Option<Utf8PathBuf>,
}

impl Place {
    /// A workspace in `app`, whose dependencies lie beside it.
    fn new(files: &[(&str, &str)]) -> Self {
        let place = Self::empty("app");
        for (file, text) in files {
            place.write(file, text);
        }
        place
    }

    fn of_fixture(name: &str) -> Self {
        let place = Self::empty("tree");
        copy(&root().join(name), &place.tree);
        place
    }

    fn empty(tree: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let base = Utf8Path::from_path(folder.path()).unwrap();
        let base = base.canonicalize_utf8().unwrap();
        Self {
            _folder: folder,
            tree: base.join(tree),
            base,
            std: None,
        }
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.base.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.base.join(file)).unwrap()
    }

    fn run(&self, threads: &str) -> Output {
        let manifest = self.tree.join("Cargo.toml");
        Command::new(env!("CARGO_BIN_EXE_cargo-whittle"))
            .args(["list", "-v", "--exec", "never", "-j", threads])
            .args(["--manifest-path", manifest.as_str()])
            .args(self.std.iter().flat_map(|std| ["--std-src", std.as_str()]))
            .env("XDG_STATE_HOME", self.base.join("state"))
            .env_remove("CARGO_TARGET_DIR")
            .env_remove("RUSTFLAGS")
            .output()
            .unwrap()
    }

    fn entries(&self, kind: &str) -> Vec<Utf8PathBuf> {
        let cache = self.tree.join("target/whittle/cache");
        let all = cache.read_dir_utf8().into_iter().flatten().flatten();
        all.map(camino::Utf8DirEntry::into_path)
            .filter(|path| path.file_name().unwrap().starts_with(kind))
            .collect()
    }

    fn remove(&self, kind: &str) {
        for path in self.entries(kind) {
            fs::remove_file(path).unwrap();
        }
    }

    /// The whole analysis, and how many instances were as in an earlier run.
    fn analysis(&self, threads: &str) -> (Vec<u8>, usize) {
        self.remove("analysis");
        let output = self.run(threads);
        stdout(&output);
        let steps = String::from_utf8_lossy(&output.stderr).into_owned();
        let known = steps.split(" instances as in an earlier run").next();
        let known = known.filter(|before| before.len() < steps.len());
        let known = known.and_then(|before| before.split_whitespace().last());
        let known = known.map_or(0, |number| number.parse().unwrap());
        let [entry] = &self.entries("analysis")[..] else {
            panic!("{steps}");
        };
        (fs::read(entry).unwrap(), known)
    }

    /// How many instances were known; that they changed nothing is asserted, and what is worked
    /// out here is what the next run knows.
    fn check(&self, what: &str) -> usize {
        let (with, known) = self.analysis("2");
        self.remove("expansions");
        let (without, none) = self.analysis("1");
        assert_eq!(none, 0);
        if with != without {
            let end = with.iter().zip(&without).position(|(a, b)| a != b);
            panic!(
                "{what}: {known} known, {} and {} bytes, differ at {end:?}",
                with.len(),
                without.len()
            );
        }
        known
    }
}

const MANIFEST: &str = r#"[package]
name = "app"
version = "0.1.0"
edition = "2024"

[features]
more = ["shapes/more"]

[dependencies]
shapes = { path = "../shapes" }
text = { path = "../text" }

[workspace]
"#;

const LOCK: &str = r#"version = 4

[[package]]
name = "app"
version = "0.1.0"
dependencies = [
 "shapes",
 "text",
]

[[package]]
name = "shapes"
version = "0.1.0"
dependencies = [
 "text",
]

[[package]]
name = "text"
version = "0.1.0"
"#;

const MAIN: &str = r#"use shapes::{Area, Board, Square};

struct Own(u32);

impl Area for Own {
    fn area(&self) -> u32 {
        self.0
    }
}

fn main() {
    let mut board = Board::default();
    board.add(Square { side: 2 });
    board.add(Own(3));
    shapes::powers();
    let total = board.sum(|one| one + 1);
    println!("{total} {}", text::shout("hello"));
}
"#;

const SHAPES: &str = r#"use std::collections::BTreeMap;
use std::fmt;

pub trait Area {
    fn area(&self) -> u32;
    fn twice(&self) -> u32 {
        self.area() * 2
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Square {
    pub side: u32,
}

impl Area for Square {
    fn area(&self) -> u32 {
        self.side * side_of_one()
    }
}

const fn side_of_one() -> u32 {
    1
}

impl Drop for Square {
    fn drop(&mut self) {
        forgotten(self.side);
    }
}

fn forgotten(_: u32) {}

#[derive(Default)]
pub struct Board {
    all: Vec<Box<dyn Area>>,
    by_name: BTreeMap<String, Square>,
}

impl Board {
    pub fn add(&mut self, one: impl Area + 'static) {
        self.by_name.insert(text::shout("square"), Square { side: 1 });
        self.all.push(Box::new(one));
    }

    pub fn sum(&self, mut each: impl FnMut(u32) -> u32) -> u32 {
        let names: Vec<String> = self.by_name.keys().map(|name| text::quiet(name)).collect();
        let own: u32 = self.by_name.values().map(|one| one.twice()).sum();
        drop(names);
        own + self.all.iter().map(|one| each(one.area())).sum::<u32>()
    }
}

impl fmt::Display for Square {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", helper!(self.side))
    }
}

macro_rules! helper {
    ($e:expr) => {{
        fn inner(n: u32) -> u32 {
            n
        }
        inner($e)
    }};
}
use helper;

/// Compares with whatever can be compared.
pub fn equal<A: PartialEq<B>, B>(a: A, b: B) -> bool {
    a == b
}

pub fn show<T: fmt::Display>(one: &T) -> String {
    one.to_string()
}

pub fn unresolved(one: &Square) {
    one.nowhere();
    missing!(one);
}

unsafe extern "C" {
    fn abs(n: i32) -> i32;
}

pub trait Named {
    const NAME: &'static str;
    const LONG: bool = Self::NAME.len() > 9;
}

impl Named for Square {
    const NAME: &'static str = "square";
}

/// Asks the file system, calls foreign code, reads associated constants.
pub fn powers() -> bool {
    std::fs::metadata(Square::NAME).is_ok() || unsafe { abs(-1) } == 1 || Square::LONG
}

#[cfg(feature = "more")]
pub fn more() -> Square {
    Square { side: 9 }
}

pub fn unused() {}
"#;

const TEXT: &str = r#"pub trait Loud {
    fn loud(&self) -> String;
}

impl<T: AsRef<str> + ?Sized> Loud for T {
    fn loud(&self) -> String {
        let mut text = self.as_ref().to_uppercase();
        text.push('!');
        text
    }
}

pub fn shout(text: &str) -> String {
    text.loud()
}

pub fn quiet(text: &str) -> String {
    struct Lower<'a>(&'a str);
    impl From<Lower<'_>> for String {
        fn from(one: Lower<'_>) -> String {
            one.0.to_lowercase()
        }
    }
    Lower(text).into()
}

pub fn unused() {}
"#;

fn shaped() -> Place {
    let shapes = "[package]\nname = \"shapes\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
        [features]\nmore = []\n[dependencies]\ntext = { path = \"../text\" }\n";
    let text = "[package]\nname = \"text\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    Place::new(&[
        ("app/Cargo.toml", MANIFEST),
        ("app/Cargo.lock", LOCK),
        ("app/src/main.rs", MAIN),
        ("shapes/Cargo.toml", shapes),
        ("shapes/src/lib.rs", SHAPES),
        ("text/Cargo.toml", text),
        ("text/src/lib.rs", TEXT),
    ])
}

#[test]
fn changes_of_own_code_take_the_rest_over() {
    let place = shaped();
    assert_eq!(place.check("cold"), 0);
    // Whether anything is taken over: not where an impl of the workspace's own might answer an
    // open question of a dependency's code, or nobody can tell what it is of.
    let steps = [
        ("one more line", "\n// More.\n", true),
        (
            "a body",
            "\npub fn one() -> bool { shapes::equal(1, 1) }\n",
            true,
        ),
        (
            "a local macro",
            "\nmacro_rules! helper { ($e:expr) => { shapes::equal($e, Own2) } }\n\
             #[derive(Clone, PartialEq)] struct Own2; impl Drop for Own2 { fn drop(&mut self) {} }\n\
             #[unsafe(no_mangle)] pub fn expanded() { helper!(Own2); }\n",
            true,
        ),
        (
            "a foreign trait for an own type",
            "\nimpl PartialEq<Square> for Own { fn eq(&self, o: &Square) -> bool { o.side == self.0 } }\n\
             impl From<Square> for Own { fn from(o: Square) -> Self { Own(o.side) } }\n\
             #[unsafe(no_mangle)] pub fn swapped() { shapes::equal(Own(1), Square { side: 1 }); }\n",
            true,
        ),
        (
            "a foreign trait of an own type",
            "\nimpl PartialEq<Own> for Square { fn eq(&self, o: &Own) -> bool { self.side == o.0 } }\n\
             impl PartialEq<Own> for String { fn eq(&self, _: &Own) -> bool { false } }\n\
             impl From<Own> for Square { fn from(o: Own) -> Self { Square { side: o.0 } } }\n",
            false,
        ),
        ("the next line", "\n// More.\n", true),
        (
            "an own trait for foreign types",
            "\npub trait Mine { fn mine(&self) -> u32 { 1 } }\nimpl Mine for Square {}\n\
             impl<T> Mine for Vec<T> {}\nimpl Mine for &str { fn mine(&self) -> u32 { 2 } }\n",
            true,
        ),
        (
            "a generic call with an own type and a closure",
            "\nimpl std::fmt::Display for Own { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) \
             -> std::fmt::Result { f.write_str(&shapes::show(&Square { side: 1 })) } }\n\
             #[unsafe(no_mangle)] pub fn kept() { shapes::show(&Own(1)); \
             Board::default().sum(|n| n.mine2()); shapes::equal(Square { side: 1 }, Own(1)); }\n\
             trait Mine2 { fn mine2(self) -> u32; } impl Mine2 for u32 { fn mine2(self) -> u32 { self } }\n",
            true,
        ),
        (
            "a call of what has holes",
            "\n#[unsafe(no_mangle)] pub fn holes() { shapes::unresolved(&Square { side: 1 }); }\n",
            true,
        ),
        (
            "an impl in a body",
            "\n#[unsafe(no_mangle)] pub fn inside() { struct In; impl Area for In { fn area(&self) \
             -> u32 { 1 } } impl From<In> for String { fn from(_: In) -> String { String::new() } } \
             In.twice(); let _ : String = In.into(); }\n",
            false,
        ),
        (
            "an own type of which a part is not understood",
            "\nstruct Part<'a, T = Option<&'a Missing>>(&'a T);\n\
             impl Area for Part<'_> { fn area(&self) -> u32 { 1 } }\n",
            true,
        ),
        (
            "an own type that is not understood",
            "\nimpl Area for Missing { fn area(&self) -> u32 { 1 } }\n",
            false,
        ),
    ];
    for (what, more, is_taken) in steps {
        let text = place.read("app/src/main.rs") + more;
        place.write("app/src/main.rs", &text);
        let known = place.check(what);
        assert_eq!(known > 100, is_taken, "{what}: {known}");
    }
    place.write("app/src/main.rs", MAIN);
    place.check("the beginning");
    let removed = MAIN
        .replace("    shapes::powers();\n", "")
        .replace("|one| one + 1", "|one| one");
    place.write("app/src/main.rs", &removed);
    assert!(place.check("a call removed") > 100);
    place.write(
        "app/src/main.rs",
        "fn main() { println!(\"{}\", text::shout(\"a\")); }\n",
    );
    assert!(place.check("less") > 0);
}

/// What is only perhaps reached is not followed where all of a crate is unknown anyway.
#[test]
fn crates_in_doubt_give_the_same() {
    let place = shaped();
    place.write(
        "mark/Cargo.toml",
        "[package]\nname = \"mark\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\nproc-macro = true\n",
    );
    place.write(
        "mark/src/lib.rs",
        "use proc_macro::TokenStream;\n#[proc_macro_derive(Mark)]\n\
         pub fn mark(_: TokenStream) -> TokenStream { TokenStream::new() }\n",
    );
    place.write(
        "app/Cargo.toml",
        &MANIFEST.replace("[workspace]", "mark = { path = \"../mark\" }\n[workspace]"),
    );
    place.write(
        "app/Cargo.lock",
        &LOCK.replace("dependencies = [\n \"shapes\"", "dependencies = [\n \"mark\",\n \"shapes\"")
            .replace("[[package]]\nname = \"shapes\"", "[[package]]\nname = \"mark\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"shapes\""),
    );
    let holes = "\n#[unsafe(no_mangle)] pub fn holes() { shapes::unresolved(&Square { side: 1 }); \
                 nowhere(); Own(1).equal(); Own(2).show(); }\n";
    let marked = "\n#[derive(mark::Mark)] struct Marked;\n";
    assert_eq!(place.check("cold"), 0);
    let mut text = MAIN.to_owned();
    for (what, more) in [
        ("marked", marked),
        ("holes", holes),
        ("a line", "// More.\n"),
    ] {
        text += more;
        place.write("app/src/main.rs", &text);
        assert!(place.check(what) > 100, "{what}");
    }
    place.write("app/src/main.rs", &(MAIN.to_owned() + holes));
    assert!(place.check("without doubt") > 100);
}

#[test]
fn why_nothing_is_taken_over_is_said() {
    let place = shaped();
    let said = |place: &Place| {
        place.remove("analysis");
        let output = place.run("2");
        let steps = String::from_utf8_lossy(&output.stderr).into_owned();
        let line = steps
            .lines()
            .find(|line| line.contains("nothing taken over"));
        line.map(|line| line.split("over: ").nth(1).unwrap_or_default().to_owned())
    };
    let none = "no run is kept with these dependencies, features, toolchain and program";
    assert_eq!(said(&place).as_deref(), Some(none));
    assert_eq!(said(&place), None);
    let orphan = "\nimpl Area for String { fn area(&self) -> u32 { 1 } }\n";
    place.write("app/src/main.rs", &(MAIN.to_owned() + orphan));
    let found = said(&place).unwrap();
    assert!(
        found.contains("Area") && found.ends_with("may be for types of dependencies"),
        "{found}"
    );
}

#[test]
fn changes_of_dependencies_take_nothing_over() {
    let place = shaped();
    place.check("cold");
    let text = place
        .read("text/src/lib.rs")
        .replace("to_lowercase", "to_uppercase");
    place.write("text/src/lib.rs", &text);
    assert_eq!(place.check("a path dependency"), 0);
    let manifest = MANIFEST.replace(
        "path = \"../shapes\"",
        "path = \"../shapes\", features = [\"more\"]",
    );
    place.write("app/Cargo.toml", &manifest);
    place.write(
        "app/src/main.rs",
        &MAIN.replace("fn main() {", "fn main() {\n    shapes::more();"),
    );
    assert_eq!(place.check("a feature"), 0);
    let cfg = "[build]\nrustflags = [\"--cfg\", \"shouting\"]\n";
    place.write("app/.cargo/config.toml", cfg);
    assert_eq!(place.check("a cfg"), 0);
    let (lock, manifest) = (place.read("app/Cargo.lock"), place.read("text/Cargo.toml"));
    let newer = |text: &str| {
        text.replace(
            "name = \"text\"\nversion = \"0.1.0\"",
            "name = \"text\"\nversion = \"0.1.1\"",
        )
    };
    place.write("app/Cargo.lock", &newer(&lock));
    place.write("text/Cargo.toml", &newer(&manifest));
    assert_eq!(place.check("a version"), 0);
    // What a compiler would refuse: an impl for types and of a trait that are all foreign.
    let more = "\nimpl Area for String { fn area(&self) -> u32 { 1 } }\n";
    place.write("app/src/main.rs", &(MAIN.to_owned() + more));
    assert_eq!(place.check("an orphan"), 0);
    place.write("app/src/main.rs", MAIN);
    let text = place.read("text/src/lib.rs");
    place.write(
        "text/src/lib.rs",
        &(text + "\ninclude!(\"../../app/src/part.rs\");\n"),
    );
    place.write("app/src/part.rs", "pub fn part() {}\n");
    place.check("an included file of the workspace");
    place.write("app/src/part.rs", "pub fn part() { shout(\"\"); }\n");
    assert_eq!(place.check("which changes"), 0);
}

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

#[test]
fn fixtures_give_the_same() {
    let names = [
        "closures",
        "crate-views",
        "dispatch-dyn",
        "dispatch-static",
        "drop-glue",
        "formatting",
        "generics-assoc",
        "generics-blanket",
        "impl-trait",
        "iterators",
        "lazy-statics",
        "library-roots",
        "macro-include",
        "macro-rules",
        "nested-items",
        "operators",
        "reexports",
        "std-callbacks",
        "two-versions",
        "visitor",
    ];
    let mut known = 0;
    for name in names {
        let place = Place::of_fixture(name);
        let (_, none) = place.analysis("2");
        assert_eq!(none, 0, "{name}");
        let Some(root) = ["tree/src/main.rs", "tree/src/lib.rs"]
            .into_iter()
            .find(|file| place.base.join(file).is_file())
        else {
            panic!("{name}");
        };
        place.write(
            root,
            &(place.read(root) + "\n#[allow(dead_code)] pub fn one_more() {}\n"),
        );
        known += place.check(name);
    }
    assert!(known > 1000, "{known}");
}

#[test]
fn random_edits_give_the_same() {
    let place = shaped();
    place.check("cold");
    let mut cases = Cases::new(8);
    let mut known = 0;
    for edits in cases.by_ref() {
        let text = mutate(MAIN.as_bytes(), &edits);
        fs::write(place.tree.join("src/main.rs"), &text).unwrap();
        place.remove("analysis");
        let output = place.run("2");
        if output.status.code().is_none_or(|code| code > 1) {
            continue;
        }
        known += place.check(&String::from_utf8_lossy(&text));
    }
    cases.end("memo");
    assert!(known > 0);
}
