//! A workspace of one package, with two dependencies beside it.

use super::place::Place;

pub(super) const MANIFEST: &str = r#"[package]
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

pub(super) const LOCK: &str = r#"version = 4

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

pub(super) const MAIN: &str = r#"use shapes::{Area, Board, Square};

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

/// Keeps anything as something: its glue is in a vtable.
pub fn hold<T: 'static>(one: Option<T>) -> Box<dyn std::any::Any> {
    Box::new(one)
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

pub(super) fn shaped() -> Place {
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
