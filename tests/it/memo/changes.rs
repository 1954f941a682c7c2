//! Changes of the workspace's own code, and of what it depends on.

use super::place::Place;
use super::shapes::{LOCK, MAIN, MANIFEST, shaped};

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
            "a foreign trait of an own type, where many of others answer, too",
            "\nstruct Many<T>(Vec<T>); trait Key {} impl Key for Own {}\n\
             impl<'a, T: Key> IntoIterator for &'a Many<T> { type Item = &'a T; \
             type IntoIter = std::slice::Iter<'a, T>; \
             fn into_iter(self) -> Self::IntoIter { self.0.iter() } }\n\
             #[unsafe(no_mangle)] pub fn many() { for own in &Many(vec![Own(1)]) { own.area(); } }\n",
            true,
        ),
        (
            "and whose condition changes",
            "\nimpl Key for Square {}\n\
             #[unsafe(no_mangle)] pub fn squares() { for one in &Many(vec![Square { side: 1 }]) \
             { one.area(); } }\n",
            true,
        ),
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
    // Whether it answers depends on own code, and nothing else answers.
    let conditional = "\nstruct Many<T>(T); trait Key {}\n\
                       impl<T: Key> PartialEq<Many<T>> for Square { fn eq(&self, _: &Many<T>) \
                       -> bool { false } }\n";
    place.write("app/src/main.rs", &(MAIN.to_owned() + conditional));
    let found = said(&place).unwrap();
    let why = "may answer what dependencies ask, on a condition";
    assert!(found.contains("Many") && found.ends_with(why), "{found}");
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
