//! Random edits of the workspace's own code.

use std::fs;
use std::time::{Duration, Instant};

use super::shapes::{MAIN, MANIFEST, shaped};
use crate::mutate::{Cases, mutate};

#[test]
fn random_edits_give_the_same() {
    let place = shaped();
    place.check("cold");
    let mut cases = Cases::new(4);
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

/// Steps of [`edits_that_mean_something_give_the_same`], unless it is told how long to go on.
const STEPS: usize = 6;

/// Own code that asks something of the dependencies, with `{n}` of its own and a type `{t}`.
const PIECES: &[&str] = &[
    "pub fn line{n}() {}",
    "#[unsafe(no_mangle)] pub fn call{n}() { shapes::powers(); text::quiet(\"{n}\"); }",
    "#[unsafe(no_mangle)] pub fn equal{n}(a: {t}, b: {t}) -> bool { shapes::equal(a, b) }",
    "#[unsafe(no_mangle)] pub fn hold{n}(one: {t}) { shapes::hold(Some(one)); }",
    "#[unsafe(no_mangle)] pub fn sum{n}() { Board::default().sum(|it| it + {n}); }",
    "pub struct Own{n}({t}); impl Area for Own{n} { fn area(&self) -> u32 { {n} } } \
     #[unsafe(no_mangle)] pub fn add{n}(one: Own{n}) { one.twice(); Board::default().add(one); }",
    "pub struct Mine{n}; impl std::fmt::Display for Mine{n} { fn fmt(&self, f: &mut \
     std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(\"{n}\") } } \
     #[unsafe(no_mangle)] pub fn show{n}() { shapes::show(&Mine{n}); shapes::show(&{n}); }",
    "pub struct Drops{n}; impl Drop for Drops{n} { fn drop(&mut self) { shapes::show(&{n}); } } \
     #[unsafe(no_mangle)] pub fn drop{n}() { shapes::hold(Some((Drops{n}, 1))); }",
    "pub struct Guest{n}; impl PartialEq<Guest{n}> for {t} { fn eq(&self, _: &Guest{n}) -> bool \
     { true } } #[unsafe(no_mangle)] pub fn guest{n}(a: {t}) { shapes::equal(a, Guest{n}); }",
    "pub struct If{n}<T>(T); impl<T: Clone> PartialEq<If{n}<T>> for {t} { fn eq(&self, _: \
     &If{n}<T>) -> bool { true } }",
    "pub struct In{n}; const _: () = { impl From<In{n}> for {t} { fn from(_: In{n}) -> Self { \
     loop {} } } };",
    "pub trait Ours{n} { fn ours(&self) -> u32 { {n} } } impl<T> Ours{n} for T {} \
     #[unsafe(no_mangle)] pub fn ours{n}(one: {t}) { one.ours(); }",
    "impl Area for {t} { fn area(&self) -> u32 { {n} } }",
    "#[cfg(feature = \"more\")] #[unsafe(no_mangle)] pub fn more{n}() { shapes::more(); }",
];

const TYPES: &[&str] = &[
    "u8",
    "String",
    "Own",
    "Square",
    "Vec<Square>",
    "Option<Own>",
    "Box<dyn Area>",
    "[Square; 2]",
    "fn(u32) -> Own",
    "std::collections::BTreeMap<String, Square>",
];

/// Numbers without a pattern, the same ones for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // xorshift*, Vigna 2016.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(high).unwrap() % sides
    }
}

/// One line or feature more, less or another, step by step.
#[test]
fn edits_that_mean_something_give_the_same() {
    let limit = std::env::var("WHITTLE_FUZZ_SECONDS").ok();
    let limit = limit.map(|it| Duration::from_secs(it.parse().expect("a number of seconds")));
    let seed = limit.map_or(5, |_| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        u64::try_from(now.unwrap().as_nanos()).unwrap() | 1
    });
    println!("seed: {seed}");
    let (mut dice, start) = (Dice(seed), Instant::now());
    let place = shaped();
    place.check("cold");
    let mut lines: Vec<String> = Vec::new();
    let mut has_more = false;
    let (mut taken, mut done) = (0, 0);
    while limit.map_or(done < STEPS, |limit| start.elapsed() < limit) {
        let what = match dice.roll(8) {
            0 | 1 if !lines.is_empty() => {
                format!("without {}", lines.swap_remove(dice.roll(lines.len())))
            }
            2 if done % 4 == 3 => {
                has_more = !has_more;
                format!("feature: {has_more}")
            }
            _ => {
                let piece = PIECES[dice.roll(PIECES.len())];
                let piece = piece.replace("{t}", TYPES[dice.roll(TYPES.len())]);
                lines.push(piece.replace("{n}", &done.to_string()));
                format!("with {}", lines[lines.len() - 1])
            }
        };
        let default = if has_more { "[\"more\"]" } else { "[]" };
        let features = format!("[features]\ndefault = {default}\n");
        place.write(
            "app/Cargo.toml",
            &MANIFEST.replace("[features]\n", &features),
        );
        place.write(
            "app/src/main.rs",
            &format!("{MAIN}\n{}\n", lines.join("\n")),
        );
        let known = place.chain(&format!("step {done}: {what}\n{}", lines.join("\n")));
        println!("step {done}: {known} known, {what}");
        taken += usize::from(known > 100);
        done += 1;
    }
    assert!(taken * 4 > done, "{taken} of {done}");
}
