//! Macros: their paths, names, conditions and imports.

use expect_test::expect;

use super::*;

#[test]
fn exported_macros_get_a_path() {
    Case::new("#[macro_use]\nmod macros;\n#[cfg(unix)]\nmod deep {\n    mod er;\n}\n\n/// Doc\n#[macro_export]\nmacro_rules! here {\n    () => { $crate::there!() };\n}\nfn f() { there!() }\n")
        .file("macros.rs", &["macros"], "#[macro_export]\nmacro_rules! there { () => {} }\n#[macro_export]\nmacro_rules! other { () => {} }\n#[macro_export]\nmacro_rules! unnamed { () => {} }\n")
        .file("deep/er.rs", &["deep", "er"], "#[macro_export]\n#[cfg(any())]\nmacro_rules! low { () => { $crate::here!(); $crate::other!() } }\npub use low as lower;\nuse crate::low;")
        .check(expect![[r#"
            --- lib.rs
            #[macro_use]
            mod macros;
            #[allow(unused_imports)]
            pub(crate) use self::macros::{other, there};
            #[cfg(unix)]
            mod deep {
                mod er;
                #[cfg(any())]
                #[allow(unused_imports)]
                pub(crate) use self::er::low;
            }
            #[cfg(any())]
            #[cfg(unix)]
            #[allow(unused_imports)]
            pub(crate) use self::deep::low;

            /// Doc
            macro_rules! here {
                () => { $crate::whittled::dep::there!() };
            }
            #[allow(unused_imports)]
            pub(crate) use here;
            fn f() { there!() }
            --- macros.rs
            macro_rules! there { () => {} }
            #[allow(unused_imports)]
            pub(crate) use there;
            macro_rules! other { () => {} }
            #[allow(unused_imports)]
            pub(crate) use other;
            macro_rules! unnamed { () => {} }
            --- er.rs
            #[cfg(any())]
            macro_rules! low { () => { $crate::whittled::dep::here!(); $crate::whittled::dep::other!() } }
            #[cfg(any())]
            #[allow(unused_imports)]
            pub(crate) use low;
            pub(crate) use low as lower;
        "#]]);
}

#[test]
fn a_macro_with_the_name_of_something_else() {
    check(
        "#[macro_export]\nmacro_rules! m { () => {} }\nmod m { fn f() { crate::m!() } }\n",
        expect![[r#"
            macro_rules! m { () => {} }
            mod whittled_macro_m {
                #[allow(unused_imports)]
                pub(crate) use m;
            }
            #[allow(unused_imports)]
            pub(crate) use self::whittled_macro_m::m;
            mod m { fn f() { crate::whittled::dep::m!() } }
        "#]],
    );
}

#[test]
fn macros_that_have_no_path() {
    check(
        "fn f() {\n    #[macro_export]\n    macro_rules! m { () => { $crate::m!() } }\n}\nmacro_rules! d { ($n:ident) => { #[macro_export] macro_rules! n { () => {} } } }",
        expect![[r#"
            fn f() {
                macro_rules! m { () => { $crate::whittled::dep::m!() } }
            }
            macro_rules! d { ($n:ident) => { #[macro_export] macro_rules! n { () => {} } } }
            !!! macro-made-macro: /up/src/lib.rs:5: `n!` exports a macro that a macro makes
            !!! macro-in-body: /up/src/lib.rs:3: `m!` exports a macro from where no path can lead to it
        "#]],
    );
}

#[test]
fn macros_among_the_arguments_of_others() {
    check(
        "choose![\n    #[macro_export]\n    macro_rules! m { () => { $crate::m!() } }\n];\nfn f() {}\ncfg_if! { if #[cfg(unix)] {\n    #[macro_export]\n    macro_rules! n { () => { $crate::n!() } }\n} }\n",
        expect![[r#"
            choose![
                macro_rules! m { () => { $crate::whittled::dep::m!() } }
            ];
            #[allow(unused_imports)]
            pub(crate) use m;
            fn f() {}
            cfg_if! { if #[cfg(unix)] {
                macro_rules! n { () => { $crate::whittled::dep::n!() } }
                #[allow(unused_imports)]
                pub(crate) use n;
            } }
        "#]],
    );
}

#[test]
fn conditions_of_branches() {
    Case::new("mod a;\n")
        .file("a.rs", &["a"], "#[cfg(x)]\nchoose! {\n    #[macro_export]\n    macro_rules! m { () => { $crate::m!() } }\n}\ncfg_if! { if #[cfg(unix)] {\n    #[macro_export]\n    macro_rules! n { () => { $crate::n!() } }\n} else {\n    #[macro_export]\n    macro_rules! o { () => { $crate::o!() } }\n} }\n")
        .check(expect![[r#"
            --- lib.rs
            mod a;
            #[cfg(unix)]
            #[allow(unused_imports)]
            pub(crate) use self::a::n;
            #[cfg(x)]
            #[allow(unused_imports)]
            pub(crate) use self::a::m;
            --- a.rs
            #[cfg(x)]
            choose! {
                macro_rules! m { () => { $crate::whittled::dep::m!() } }
            }
            #[cfg(x)]
            #[allow(unused_imports)]
            pub(crate) use m;
            cfg_if! { if #[cfg(unix)] {
                macro_rules! n { () => { $crate::whittled::dep::n!() } }
                #[allow(unused_imports)]
                pub(crate) use n;
            } else {
                macro_rules! o { () => { $crate::whittled::dep::o!() } }
            } }
            !!! macro-in-body: /up/src/a.rs:11: `o!` exports a macro from where no path can lead to it
        "#]]);
}

#[test]
fn local_inner_macros() {
    check(
        "#[macro_export(local_inner_macros)]\nmacro_rules! a { (b!) => { b!(concat!($crate::b!())) } }\n#[macro_export]\nmacro_rules! b { () => { a!() } }\n",
        expect![[r#"
            macro_rules! a { (b!) => { $crate::whittled::dep::b!(concat!($crate::whittled::dep::b!())) } }
            #[allow(unused_imports)]
            pub(crate) use a;
            macro_rules! b { () => { a!() } }
            #[allow(unused_imports)]
            pub(crate) use b;
        "#]],
    );
}

#[test]
fn macros_of_alloc_without_std() {
    let mut case = Case::new(
        "#![no_std]\n#[macro_use]\nextern crate alloc;\nmod a { fn f() { vec![format!(\"x\")]; alloc::vec![] } }\n",
    );
    case.check(expect![[r#"
        extern crate alloc;
        mod a { fn f() { vec![format!("x")]; crate::whittled::dep::alloc::vec![] } }
    "#]]);
    case.host.no_std = true;
    case.check(expect![[r#"
        extern crate alloc;
        mod a { fn f() { crate::whittled::dep::alloc::vec![crate::whittled::dep::alloc::format!("x")]; crate::whittled::dep::alloc::vec![] } }
    "#]]);
}
