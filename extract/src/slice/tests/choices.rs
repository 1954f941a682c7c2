//! What is asked for: paths, members, pieces with and without; what is said besides.

use std::fmt::Write as _;

use expect_test::{Expect, expect};

use super::*;
use crate::request::{Naming, Site};

const TEXT: &str = "
mod imp;
pub use imp::{Queue, make_it as make};
pub mod util {
    pub fn one() { super::imp::shared() }
    pub fn two() {}
    #[cfg(windows)]
    pub fn three() {}
}
#[macro_export]
macro_rules! noisy { () => { if cfg!(feature = \"on\") {} } }
//- imp.rs
pub struct Queue;
impl Queue {
    pub fn push(&self) { self.grow() }
    pub fn pop(&self) {}
    fn grow(&self) { unsafe { raw() } }
}
unsafe fn raw() {}
pub fn make_it() {}
pub fn shared() {}
impl Clone for Queue { fn clone(&self) -> Self { Queue } }
impl Default for Queue { fn default() -> Self { Queue } }
#[derive(Copy)]
pub struct Small;
impl Clone for Small { fn clone(&self) -> Self { Small } }
";

fn taken(krate: &mut Crate, uses: &[&str], choice: &Choice) -> Vec<String> {
    let out = krate.sliced(uses, choice);
    out.taken.into_iter().map(|taken| taken.path).collect()
}

fn place(krate: &Crate, marker: &str) -> Place {
    let found = krate.texts.iter().enumerate().find_map(|(file, text)| {
        let offset = text.find(marker)?;
        Some(Place {
            file: u32::try_from(file).unwrap(),
            offset: u32::try_from(offset).unwrap(),
        })
    });
    found.unwrap()
}

fn check_paths(paths: &[&str], expected: Expect) {
    let mut krate = krate(TEXT);
    let choice = Choice {
        paths: paths.iter().map(ToString::to_string).collect(),
        ..Choice::default()
    };
    // What members mention is not asked for.
    expected.assert_eq(&taken(&mut krate, &["dep::util::two"], &choice).join(", "));
}

#[test]
fn paths_go_through_re_exports() {
    check_paths(
        &["dep::Queue::push"],
        expect!["imp::Queue, imp::Queue::push, imp::Queue::grow, imp::raw"],
    );
    check_paths(&["make"], expect!["imp::make_it"]);
    check_paths(
        &["dep::util"],
        expect!["util::one, util::two, util::three, imp::shared"],
    );
    check_paths(&["dep::noisy!"], expect!["noisy"]);
    check_paths(
        &["dep::util::one()", "dep::imp::Small"],
        expect!["util::one, imp::shared, imp::Small, impl Clone for imp::Small"],
    );
}

#[test]
fn a_path_that_is_not_found_gets_the_nearest() {
    let krate = krate(TEXT);
    let check = |path: &str, expected: Expect| {
        let choice = Choice {
            paths: vec![path.into()],
            ..Choice::default()
        };
        let why = slice(&krate.upstream, &krate.facts, &krate.texts, &choice).unwrap_err();
        let SliceError::NoSuchPath { nearest, .. } = &why else {
            panic!("{why}");
        };
        expected.assert_eq(&format!("{why}: {}", nearest.join(" ")));
    };
    check(
        "dep::Queue::posh",
        expect!["`dep::Queue::posh` is not found in dep: dep::Queue::push dep::Queue::pop"],
    );
    check(
        "dep::util::tow",
        expect![
            "`dep::util::tow` is not found in dep: dep::util::two dep::util::one dep::util::three"
        ],
    );
    check(
        "dep::mak",
        expect!["`dep::mak` is not found in dep: dep::make"],
    );
    check(
        "dep::completely_else",
        expect!["`dep::completely_else` is not found in dep: "],
    );
    check("dep", expect!["`dep` is not found in dep: "]);
    check("", expect!["`` is not found in dep: "]);
}

#[test]
fn pieces_with_and_without() {
    let mut krate = krate(TEXT);
    let uses = &["dep::Queue::push", "dep::imp::Small", "dep::util::one"];
    let choice = Choice {
        with: [place(&krate, "make_it()")].into(),
        without: [place(&krate, "grow(&self) {"), place(&krate, "one() {")].into(),
        ..Choice::default()
    };
    let all = taken(&mut krate, uses, &choice).join(", ");
    expect!["imp::Queue, imp::Queue::push, imp::make_it, imp::Small, impl Clone for imp::Small"]
        .assert_eq(&all);
    let choice = Choice {
        all_impls: true,
        ..Choice::default()
    };
    let all = taken(&mut krate, &[], &choice).join(", ");
    expect!["util::one, imp::Queue, imp::Queue::push, imp::Queue::grow, imp::raw, imp::shared, impl Clone for imp::Queue, impl Default for imp::Queue, imp::Small, impl Clone for imp::Small"].assert_eq(&all);
}

#[test]
fn nothing_goes_that_code_for_other_targets_needs() {
    let text = "
#[cfg(windows)]
fn now() { ticks(1); Timer::stop(); }
#[cfg(unix)]
fn now() {}
pub fn start() { now() }
fn ticks(x: u8) { helper(x) }
fn helper(x: u8) {}
fn idle() {}
pub fn other() { idle() }
struct Timer;
impl Timer { fn stop() {} fn more() {} }
pub fn named() {}
";
    let mut krate = krate(text);
    site(
        &mut krate,
        "#[cfg(windows)] use dep::named;",
        Naming::LeftOut,
        0,
    );
    let names = [
        "ticks(x",
        "helper(x: u8) {}",
        "idle() {",
        "stop() {",
        "more()",
        "named()",
    ];
    let choice = Choice {
        without: names.map(|name| place(&krate, name)).into(),
        ..Choice::default()
    };
    let all = taken(&mut krate, &["dep::start", "dep::other"], &choice).join(", ");
    expect!["now, now, start, ticks, helper, other, Timer, Timer::stop, named"].assert_eq(&all);
}

fn site(krate: &mut Crate, text: &str, how: Naming, package: usize) {
    let index = krate.facts.own as usize;
    text.clone_into(&mut krate.texts[index]);
    let start = u32::try_from(text.find("dep").unwrap()).unwrap();
    krate.facts.sites.push(Site {
        file: krate.facts.own,
        range: Span::new(start, start + 3),
        how,
        package,
        roots: vec![krate.facts.own],
    });
}

#[test]
fn what_left_out_code_of_members_names() {
    let mut krate = krate(TEXT);
    let text = "#[cfg(windows)]\nfn f() { use dep::{util::{self, two}, make}; }";
    site(&mut krate, text, Naming::LeftOut, 0);
    let all = taken(&mut krate, &[], &Choice::default()).join(", ");
    expect!["util::one, util::two, util::three, imp::make_it, imp::shared"].assert_eq(&all);
}

#[test]
fn members_that_are_not_asked_for() {
    let choice = |package| Choice {
        packages: [package].into(),
        ..Choice::default()
    };
    let mut krate = krate(TEXT);
    site(&mut krate, "use dep::util::two;", Naming::Path, 3);
    assert_eq!(
        taken(&mut krate, &["dep::util::two"], &choice(3)),
        ["util::two"]
    );
    assert!(taken(&mut krate, &[], &choice(4)).is_empty());
}

#[test]
fn what_is_said_besides() {
    let mut krate = krate(TEXT);
    let at = place(&krate, "shared() }");
    krate.facts.foreign.push(crate::request::Foreign {
        from: at,
        krate: "core".into(),
    });
    krate.facts.reached.push(place(&krate, "push(&self)"));
    let uses = &[
        "dep::Queue::push",
        "dep::util::one",
        "dep::util::three",
        "dep::noisy",
    ];
    let out = krate.sliced(
        uses,
        &Choice {
            paths: uses.iter().map(ToString::to_string).collect(),
            ..Choice::default()
        },
    );
    let mut shown = String::new();
    for taken in &out.taken {
        let _ = writeln!(
            shown,
            "{:?} {}{}{}, {} lines",
            taken.kind,
            taken.path,
            if taken.is_unsafe { " unsafe" } else { "" },
            if taken.reached { " reached" } else { "" },
            taken.lines
        );
    }
    let _ = writeln!(shown, "{:?}", out.figures);
    let _ = writeln!(
        shown,
        "{:?} {:?} {:?}",
        out.crates, out.unchecked, out.notes
    );
    expect![[r#"
        Function util::one, 1 lines
        Function util::three, 2 lines
        Macro noisy, 2 lines
        Struct imp::Queue, 1 lines
        Function imp::Queue::push reached, 1 lines
        Function imp::Queue::grow unsafe, 1 lines
        Function imp::raw unsafe, 1 lines
        Function imp::shared, 1 lines
        Figures { files: 2, items: 8, functions: 6, lines: 16, upstream_lines: 24, unsafe_functions: 1, unsafe_blocks: 1, unsafe_impls: 0 }
        {} {"windows"} ["conditions in the body of the exported macro `noisy` are decided by dep's features; where others called it, theirs decided"]
    "#]].assert_eq(&shown);
}
