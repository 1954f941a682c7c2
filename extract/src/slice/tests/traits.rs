//! Methods that traits provide, and what impls have in their place.

use expect_test::expect;

use super::*;
use crate::request::Unresolved;

/// A trait with what keeps its methods, or does not.
const SHAPES: &str = "
pub trait Shape {
    const SIDES: u8 = 0;
    type Unit;

    fn area(&self) -> u8;

    /// Called by others.
    #[inline]
    fn name(&self) -> u8 { help() }

    // gone's
    /// Called by nobody.
    #[doc(hidden)]
    fn gone(&self) -> u8 where Self: Sized { lost() }

    fn also_gone(&self) -> Lost { Lost }
}
pub struct Lost;
impl Lost { fn new() -> Self { Lost } }
fn help() -> u8 { 1 }
fn lost() -> u8 { 2 }
fn mine() -> u8 { 3 }
pub struct Round;
impl Shape for Round {
    type Unit = u8;
    fn area(&self) -> u8 { 4 }
    fn name(&self) -> u8 { mine() }
    // with its comment
    fn gone(&self) -> u8 { lost() + 1 }
}
impl std::fmt::Display for Round { fn fmt(&self) {} fn also(&self) {} }
pub fn measure(shape: &Round) -> u8 { shape.area() + shape.name() }
";

#[test]
fn methods_that_nothing_calls_go_one_by_one_and_what_they_need() {
    let mut krate = krate(SHAPES);
    for one in &mut krate.facts.impls {
        one.reached = true;
    }
    let out = krate.sliced(&["dep::measure", "dep::Shape::name"], &Choice::default());
    expect![[r#"
        //- lib.rs
        pub trait Shape {
            const SIDES: u8 = 0;
            type Unit;

            fn area(&self) -> u8;

            /// Called by others.
            #[inline]
            fn name(&self) -> u8 { help() }
        }
        fn help() -> u8 { 1 }
        fn mine() -> u8 { 3 }
        pub struct Round;
        impl Shape for Round {
            type Unit = u8;
            fn area(&self) -> u8 { 4 }
            fn name(&self) -> u8 { mine() }
        }
        impl std::fmt::Display for Round { fn fmt(&self) {} fn also(&self) {} }
        pub fn measure(shape: &Round) -> u8 { shape.area() + shape.name() }
    "#]]
    .assert_eq(&krate.show(&out));
    let taken: Vec<String> = out
        .taken
        .iter()
        .map(|taken| format!("{} {}", taken.path, taken.lines))
        .collect();
    expect![[r#"
        Shape 5
        Shape::name 2
        help 1
        mine 1
        Round 1
        impl Shape for Round 5
        impl Display for Round 1
        measure 1"#]]
    .assert_eq(&taken.join("\n"));
    // `area` and `name` of the impl, two of `Display`, `name`, and the free ones.
    assert_eq!(out.figures.functions, 8);
}

#[track_caller]
fn keeps(text: &str, change: impl FnOnce(&mut Crate, &mut Choice), names: &str) {
    let mut krate = krate(text);
    let mut choice = Choice::default();
    change(&mut krate, &mut choice);
    let out = krate.sliced(&["dep::start"], &choice);
    let taken = out.taken.iter().map(|taken| taken.path.as_str());
    let methods = taken.filter_map(|path| path.strip_prefix("T::"));
    assert_eq!(methods.collect::<Vec<_>>().join(" "), names);
}

const T: &str = "
pub trait T { fn a(&self) {} fn b(&self) {} }
pub struct S;
impl T for S { fn b(&self) {} }
pub fn start(s: &S) -> &dyn T { s }
";

#[test]
fn what_keeps_a_method() {
    keeps(T, |_, _| {}, "");
    let place = |krate: &Crate, marker: &str| Place {
        file: 0,
        offset: u32::try_from(krate.texts[0].find(marker).unwrap()).unwrap(),
    };
    let reached = |krate: &mut Crate, _: &mut Choice| {
        let at = place(krate, "a(&self)");
        krate.facts.reached.push(at);
    };
    keeps(T, reached, "a");
    let unresolved = |krate: &mut Crate, _: &mut Choice| {
        let from = place(krate, "start");
        let name = "b".to_owned();
        krate.facts.unresolved.push(Unresolved { from, name });
    };
    keeps(T, unresolved, "b");
    let elsewhere = |krate: &mut Crate, _: &mut Choice| {
        let from = place(krate, "b(&self) {} }\npub fn");
        let name = "a".to_owned();
        krate.facts.unresolved.push(Unresolved { from, name });
    };
    keeps(T, elsewhere, "");
    let members = |krate: &mut Crate, _: &mut Choice| {
        krate.facts.doubtful.insert("a".into());
    };
    keeps(T, members, "a");
    let missed = |_: &mut Crate, choice: &mut Choice| {
        choice.names.insert("b".into());
    };
    keeps(T, missed, "b");
    keeps(T, |_, choice| choice.all_impls = true, "a b");
    let without = |krate: &mut Crate, choice: &mut Choice| {
        choice.all_impls = true;
        choice.without.insert(place(krate, "a(&self)"));
    };
    keeps(T, without, "b");
    let called_unseen = |krate: &mut Crate, choice: &mut Choice| {
        krate.facts.doubtful.insert("a".into());
        choice.without.insert(place(krate, "a(&self)"));
    };
    keeps(T, called_unseen, "a");
}

#[test]
fn names_in_macros_and_code_for_other_targets_keep_methods() {
    let with = |more: &str| T.replace("{ s }", &format!("{{ {more} s }}"));
    keeps(&with("#[cfg(windows)] s.a();"), |_, _| {}, "a");
    keeps(&with("call!(b);"), |_, _| {}, "");
    let made = with("call!(s);") + "macro_rules! call { ($s:ident) => { $s.a() } }\n";
    keeps(&made, |_, _| {}, "a");
    let left_out = format!("{T}#[cfg(windows)]\nimpl T for u8 {{ fn a(&self) {{}} }}\n");
    // Nothing calls it there either.
    keeps(&left_out, |_, _| {}, "");
}

#[test]
fn an_impl_of_a_trait_that_is_not_found_keeps_its_functions() {
    let text = "
macro_rules! import { () => { use crate::inner::T; } }
mod inner { pub trait T { fn a(&self) {} fn b(&self) {} } }
import!();
pub struct S;
#[cfg(windows)]
impl T for S { fn a(&self) {} }
pub fn start(s: &S) -> u8 { import!(); s.of(inner::T) }
";
    let mut krate = krate(text);
    let out = krate.sliced(&["dep::start"], &Choice::default());
    let text = krate.show(&out);
    assert!(text.contains("impl T for S { fn a(&self) {} }"), "{text}");
    assert!(text.contains("trait T { fn a(&self) {} }"), "{text}");
}

#[test]
fn methods_of_one_name_under_other_conditions_stay_together() {
    check(
        "
pub trait T {
    #[cfg(unix)]
    fn a(&self) -> u8 { 1 }
    #[cfg(windows)]
    fn a(&self) -> u8 { 2 }
    #[cfg(feature = \"off\")]
    fn b(&self) {}
    #[cfg(windows)]
    fn c(&self) {}
}
impl T for u8 {
    #[cfg(windows)]
    fn a(&self) -> u8 { 3 /* reached */ }
    #[cfg(windows)]
    fn c(&self) {}
}
pub fn start() -> u8 { 1.a() }
",
        &["dep::start"],
        expect![[r#"
            //- lib.rs
            pub trait T {
                #[cfg(unix)]
                fn a(&self) -> u8 { 1 }
                #[cfg(windows)]
                fn a(&self) -> u8 { 2 }
            }
            impl T for u8 {
                #[cfg(windows)]
                fn a(&self) -> u8 { 3 /* reached */ }
            }
            pub fn start() -> u8 { 1.a() }
        "#]],
    );
}

#[test]
fn a_trait_that_a_macro_makes_stays_whole() {
    check(
        "
macro_rules! make { ($($t:tt)*) => { $($t)* } }
make! { pub trait T { fn a(&self) {} fn b(&self) {} } }
impl T for u8 { fn a(&self) { /* reached */ } }
pub fn start() -> u8 { T::a(&1) }
",
        &["dep::start"],
        expect![[r#"
            //- lib.rs
            macro_rules! make { ($($t:tt)*) => { $($t)* } }
            make! { pub trait T { fn a(&self) {} fn b(&self) {} } }
            impl T for u8 { fn a(&self) { /* reached */ } }
            pub fn start() -> u8 { T::a(&1) }
        "#]],
    );
}

#[test]
fn paths_that_name_a_trait_or_one_method() {
    let of = |path: &str| {
        let mut krate = krate(T);
        let choice = Choice {
            paths: vec![path.into()],
            ..Choice::default()
        };
        let out = krate.sliced(&[], &choice);
        let taken: Vec<String> = out.taken.into_iter().map(|taken| taken.path).collect();
        taken.join(" ")
    };
    assert_eq!(of("dep::T"), "T T::a T::b");
    assert_eq!(of("dep::T::b"), "T T::b");
}
