//! What a newer edition writes in another way.

use expect_test::expect;

use super::*;

fn between(from: u16, to: u16, root: &str) -> Case {
    let mut case = Case::new(root);
    case.upstream.edition = from;
    case.host.edition = to;
    case
}

#[test]
fn words_that_became_keywords() {
    let text = "fn f(async: u8, gen: u8) -> u8 {\n    // async\n    async + r#await + gen\n}\n";
    between(2015, 2021, text).check(expect![[r#"
        fn f(r#async: u8, gen: u8) -> u8 {
            // async
            r#async + r#await + gen
        }
    "#]]);
    between(2018, 2024, "async fn gen() {}\n").check(expect![[r#"
        async fn r#gen() {}
    "#]]);
}

#[test]
fn words_in_paths_that_are_written() {
    let text = "\
mod async {
    pub fn f() {}
}
mod a {
    use async::f;
    use r#await::*;
    pub fn g() {
        ::async::f();
    }
}
mod r#await {}
";
    between(2015, 2021, text).check(expect![[r#"
        mod r#async {
            pub fn f() {}
        }
        mod a {
            use crate::whittled::dep::r#async::f;
            use crate::whittled::dep::r#await::*;
            pub fn g() {
                crate::whittled::dep::r#async::f();
            }
        }
        mod r#await {}
    "#]]);
    let mut case = between(2018, 2024, "mod gen { pub fn f() {} }\nuse gen::f;\n");
    case.placement.host_crates.insert("gen".to_owned());
    case.check(expect![[r#"
        mod r#gen { pub fn f() {} }
        use self::r#gen::f;
    "#]]);
}

#[test]
fn words_of_macros_and_of_the_way_to_them() {
    let text = "\
#[macro_export]
macro_rules! try {
    () => {};
}
mod gen {
    #[macro_export]
    macro_rules! gen {
        () => {};
    }
    fn gen() {}
}
#[macro_export(local_inner_macros)]
macro_rules! m {
    () => { gen!() };
}
fn f() {
    crate::try!();
    crate::gen!();
}
";
    between(2015, 2024, text).check(expect![[r#"
        macro_rules! r#try {
            () => {};
        }
        #[allow(unused_imports)]
        pub(crate) use r#try;
        mod r#gen {
            macro_rules! r#gen {
                () => {};
            }
            mod whittled_macro_gen {
                #[allow(unused_imports)]
                pub(crate) use r#gen;
            }
            #[allow(unused_imports)]
            pub(crate) use self::whittled_macro_gen::r#gen;
            fn r#gen() {}
        }
        #[allow(unused_imports)]
        pub(crate) use self::r#gen::r#gen;
        macro_rules! m {
            () => { $crate::whittled::dep::r#gen!() };
        }
        fn f() {
            crate::whittled::dep::r#try!();
            crate::whittled::dep::r#gen!();
        }
    "#]]);
}

#[test]
fn words_that_are_names_of_crates() {
    let text = "\
#[macro_use]
extern crate gen;
extern crate core as async;
fn f() {
    make!();
}
mod a {
    use async::fmt;
}
";
    let mut case = between(2015, 2024, text);
    case.placement
        .renames
        .insert("gen".to_owned(), "gen_old".to_owned());
    case.check(expect![[r#"
        extern crate gen_old as r#gen;
        extern crate core as r#async;
        fn f() {
            crate::whittled::dep::r#gen::make!();
        }
        mod a {
            use crate::whittled::dep::r#async::fmt;
        }
    "#]]);
}

#[test]
fn fragments_that_came_to_match_more() {
    let text = "\
macro_rules! m {
    ($p:pat, [$($e:expr),*]) => {
        { let $p: pat = [$($e),*]; expr }
    };
    ($other:pat_param) => {};
}
";
    between(2018, 2024, text).check(expect![[r#"
        macro_rules! m {
            ($p:pat_param, [$($e:expr_2021),*]) => {
                { let $p: pat = [$($e),*]; expr }
            };
            ($other:pat_param) => {};
        }
    "#]]);
}

#[test]
fn ranges_with_three_dots() {
    let text = "\
macro_rules! m {
    ($n:tt 0...9) => { match $n { 1...LAST => 1, _ => 2 } };
}
fn f(n: i8) -> bool {
    m!(n 0...9);
    match n { -1...5 | 'a'...'z' => true, _ => false }
}
";
    between(2018, 2021, text).check(expect![[r#"
        macro_rules! m {
            ($n:tt 0...9) => { match $n { 1..=LAST => 1, _ => 2 } };
        }
        fn f(n: i8) -> bool {
            m!(n 0...9);
            match n { -1..=5 | 'a'..='z' => true, _ => false }
        }
    "#]]);
    between(2018, 2021, "type F = unsafe extern \"C\" fn(u8, ...);\n").check(expect![[r#"
        type F = unsafe extern "C" fn(u8, ...);
    "#]]);
}

#[test]
fn traits_where_the_compiler_says_so() {
    let text = "struct S(Box<Tr>);\nstruct T(Box<crate::Tr>);\ntrait Tr {}\n";
    let mut case = between(2018, 2021, text);
    let edits = ["Tr>);\nstruct", "crate::Tr"].map(|at| {
        let at = u32::try_from(text.find(at).unwrap()).unwrap();
        Edit {
            range: Span::new(at, at),
            text: DYN.to_owned(),
            why: Why::Edition,
        }
    });
    case.said = vec![SlicedFile {
        file: 0,
        edits: edits.to_vec(),
    }];
    case.check(expect![[r#"
        struct S(Box<dyn Tr>);
        struct T(Box<dyn crate::whittled::dep::Tr>);
        trait Tr {}
    "#]]);
}

#[test]
fn a_crate_keeps_its_edition() {
    let mut case = between(2018, 2024, "fn gen() {}\n");
    case.module = false;
    case.check(expect![[r#"
        fn gen() {}
    "#]]);
}
