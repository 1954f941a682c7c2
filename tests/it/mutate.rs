//! Random edits of a text: what the fuzz tests make their inputs with, those of the tool and
//! those inside of the library.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::time::{Duration, Instant};

/// Pieces that have meaning to someone on the way.
const PIECES: &[&str] = &[
    "",
    "\0",
    "\u{1b}[31m",
    "\u{202e}",
    "{",
    "}",
    "[[",
    "]]",
    "\"",
    "'",
    "\\",
    "/*",
    "*/",
    "r#\"",
    "../../../../etc/passwd",
    "/dev/zero",
    "99999999999999999999",
    "-1",
    "null",
    "é",
    "\r\n",
    "#[path = \"/dev/zero\"] mod z;",
    "include!(\"/dev/zero\");",
    "mod a { mod a { mod a {",
    "macro_rules! m { () => { m!() m!() } } m!();",
    "impl<T: Tr> Tr for Vec<T> where Vec<Vec<T>>: Tr {}",
    "fn f() -> impl Fn() { f() }",
    "const C: usize = C + 1;",
    "type A = B; type B = A;",
    "trait T: T {}",
    "use self::*; pub use super::*;",
    "extern crate core as std;",
    "#![no_core]",
    "path = \"/\"",
    "links = \"x\"",
    "[workspace]",
    "[patch.crates-io]",
    "edition = \"2099\"",
    "[target.'cfg(all(']",
    "features = [\"a/b\", \"dep:c\", \"c?/d\"]",
    "version = 9",
    "checksum = \"\"",
    "\u{9b}2J",
    "\u{200b}",
    "#[serde(flatten, default, with = \"a::b\", bound = \"T: X\")]",
    "#[serde(tag = \"t\", content = \"c\", rename_all = \"kebab-case\")]",
    "#[error(\"{0:?} {x} {{ {:>1$}\")]",
    "#[arg(long, value_parser = |x: &str| Ok(x), default_value_t = 1 << 63)]",
    "#[strum(serialize_all = \"snake_case\", to_string = \"{a}\")]",
    "<'a, const N: usize, T: ?Sized + for<'b> Fn(&'b T) -> [T; N]>",
    "where Self: Sized, T::Item<'a>: Into<<T as I>::X>,",
    "loop { x.push(x.len()); }",
    "while true { s = format!(\"{s}{s}\"); }",
    "std::process::Command::new(\"sh\").output().unwrap();",
    "std::fs::read_to_string(\"/dev/zero\").unwrap();",
    "println!(\"cargo:rustc-cfg={}\", \"a\".repeat(1 << 40));",
    "f(f(f(f(f(",
    "vec![0u8; 1 << 62]",
];

#[derive(Debug, Clone)]
pub(crate) enum Edit {
    Remove(prop::sample::Index, usize),
    Insert(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize, usize),
    Flip(prop::sample::Index, u8),
    Nest(prop::sample::Index, usize),
}

pub(crate) fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let at = || any::<prop::sample::Index>();
    let one = prop_oneof![
        2 => (at(), 1_usize..40).prop_map(|(at, len)| Edit::Remove(at, len)),
        4 => (at(), 0..PIECES.len()).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        1 => (at(), 1_usize..200, 1_usize..60).prop_map(|(at, len, n)| Edit::Repeat(at, len, n)),
        1 => (at(), any::<u8>()).prop_map(|(at, bits)| Edit::Flip(at, bits)),
        1 => (at(), 1_usize..3000).prop_map(|(at, depth)| Edit::Nest(at, depth)),
    ];
    vec(one, 1..5)
}

pub(crate) fn mutate(text: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut text = text.to_vec();
    for edit in edits {
        let place = |at: &prop::sample::Index| at.index(text.len() + 1);
        match edit {
            Edit::Remove(at, len) => {
                let start = place(at);
                text.drain(start..(start + len).min(text.len()));
            }
            Edit::Insert(at, piece) => {
                let at = place(at);
                text.splice(at..at, PIECES[*piece].bytes());
            }
            Edit::Repeat(at, len, times) => {
                let start = place(at);
                let piece = text[start..(start + len).min(text.len())].repeat(*times);
                text.splice(start..start, piece);
            }
            Edit::Flip(at, bits) => {
                let at = place(at);
                if let Some(byte) = text.get_mut(at) {
                    *byte ^= bits;
                }
            }
            Edit::Nest(at, depth) => {
                let at = place(at);
                text.splice(at..at, "([{<".bytes().cycle().take(*depth));
            }
        }
    }
    text
}

/// How long to go on, and with which cases: a few, the same ones every time; or fresh ones for
/// as many seconds as `WHITTLE_FUZZ_SECONDS` says.
pub(crate) struct Cases {
    limit: Option<Duration>,
    smoke: usize,
    runner: TestRunner,
    start: Instant,
    pub(crate) count: usize,
}

impl Cases {
    pub(crate) fn new(smoke: usize) -> Self {
        let seconds = std::env::var("WHITTLE_FUZZ_SECONDS").ok();
        let limit = seconds.map(|it| Duration::from_secs(it.parse().expect("a number of seconds")));
        let rng = match limit {
            None => TestRng::deterministic_rng(RngAlgorithm::ChaCha),
            Some(_) => TestRng::from_seed(RngAlgorithm::ChaCha, &fresh_seed()),
        };
        Self {
            limit,
            smoke,
            runner: TestRunner::new_with_rng(Config::default(), rng),
            start: Instant::now(),
            count: 0,
        }
    }

    /// Says how it went.
    pub(crate) fn end(&self, name: &str) {
        let seconds = self.start.elapsed().as_secs();
        println!("fuzz {name}: {} cases in {seconds} s", self.count);
    }
}

impl Iterator for Cases {
    type Item = Vec<Edit>;

    fn next(&mut self) -> Option<Vec<Edit>> {
        let more = self.limit.map_or(self.count < self.smoke, |limit| {
            self.start.elapsed() < limit
        });
        if !more {
            return None;
        }
        self.count += 1;
        let tree = edits()
            .new_tree(&mut self.runner)
            .expect("edits can be made");
        Some(tree.current())
    }
}

fn fresh_seed() -> [u8; 32] {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let mut seed = [0; 32];
    seed[..16].copy_from_slice(&now.expect("after 1970").as_nanos().to_le_bytes());
    println!("fuzz seed: {seed:?}");
    seed
}
