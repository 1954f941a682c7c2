//! In, out: one small text a rule.

use std::fmt::Write as _;

use expect_test::{Expect, expect};

use super::*;
use crate::edit::apply;
use crate::request::{Module, Place};

/// A dependency called `dep`, and its one user.
struct Case {
    upstream: Upstream,
    host: Host,
    facts: Facts,
    texts: Vec<String>,
    slice: Vec<SlicedFile>,
    placement: Placement,
    allow: BTreeSet<Allow>,
    module: bool,
}

impl Case {
    fn new(root: &str) -> Self {
        Self {
            upstream: Upstream {
                name: "dep".into(),
                crate_name: "dep".into(),
                edition: 2021,
                ..Upstream::default()
            },
            host: Host {
                edition: 2021,
                ..Host::default()
            },
            facts: Facts::default(),
            texts: Vec::new(),
            slice: Vec::new(),
            placement: Placement::new("dep"),
            allow: BTreeSet::new(),
            module: true,
        }
        .file("lib.rs", &[], root)
    }

    /// Another file of the dependency.
    fn file(mut self, name: &str, path: &[&str], text: &str) -> Self {
        let file = self.facts.own;
        let declared = path.last().map(|last| {
            let item = format!("mod {last};");
            let mut found = self.texts.iter().enumerate();
            let (file, at) = found
                .find_map(|(file, text)| Some((file, text.find(&item)?)))
                .unwrap();
            Place {
                file: u32::try_from(file).unwrap(),
                offset: u32::try_from(at + 4).unwrap(),
            }
        });
        self.facts.files.push(format!("/up/src/{name}").into());
        self.facts.modules.push(Module {
            file,
            path: path.iter().map(|&name| name.to_owned()).collect(),
            declared,
        });
        self.facts.own += 1;
        self.texts.push(text.to_owned());
        self.slice.push(SlicedFile {
            file,
            edits: Vec::new(),
        });
        self
    }

    /// Cuts a text out of the root.
    fn cut(mut self, text: &str) -> Self {
        let start = self.texts[0].find(text).unwrap();
        self.slice[0].edits.push(Edit {
            range: Span::new(
                u32::try_from(start).unwrap(),
                u32::try_from(start + text.len()).unwrap(),
            ),
            text: String::new(),
            why: Why::NotNeeded,
        });
        self
    }

    fn edition(mut self, upstream: u16) -> Self {
        self.upstream.edition = upstream;
        self
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.upstream.env.insert(name.into(), value.into());
        self
    }

    fn run(&self) -> Rewritten {
        let of = Rewrite {
            upstream: &self.upstream,
            host: &self.host,
            facts: &self.facts,
            texts: &self.texts,
            placement: &self.placement,
            allow: &self.allow,
            module: self.module,
        };
        rewrite(of, &self.slice)
    }

    fn check(&self, out: Expect) {
        let rewritten = self.run();
        let mut text = String::new();
        for file in &rewritten.files {
            // No edit does more than its reason says.
            for edit in &file.edits {
                let upstream = &self.texts[file.file as usize];
                assert_eq!(crate::verify::mechanical::check(upstream, edit), Ok(()));
            }
            if rewritten.files.len() > 1 {
                let _ = writeln!(
                    text,
                    "--- {}",
                    self.facts.files[file.file as usize].file_name().unwrap()
                );
            }
            text += &apply(&self.texts[file.file as usize], &file.edits).unwrap();
            text += if text.ends_with('\n') { "" } else { "\n" };
        }
        for refusal in &rewritten.refusals {
            let _ = writeln!(text, "!!! {}: {refusal}", refusal.code());
        }
        for note in &rewritten.notes {
            let _ = writeln!(text, "??? {note}");
        }
        out.assert_eq(&text);
    }
}

fn check(root: &str, out: Expect) {
    Case::new(root).check(out);
}

#[test]
fn paths_from_the_root() {
    check(
        r#"
use crate::{a, b::c as d};
use {crate::a, crate as me};
pub(crate) mod a { pub(in crate::a) fn f() -> crate::T { super::g::<crate::T>() } }
pub(crate) struct T; // crate::T
fn g() { let _ = "crate::T"; println!("{}", crate::a::f()); vec![crate::T]; }
macro_rules! m { ($e:expr) => { $crate::f($e, crate::g()) } }
"#,
        expect![[r#"

            use crate::whittled::dep::{a, b::c as d};
            use {crate::whittled::dep::a, crate::whittled::dep as me};
            pub(crate) mod a { pub(in crate::whittled::dep::a) fn f() -> crate::whittled::dep::T { super::g::<crate::whittled::dep::T>() } }
            pub(crate) struct T; // crate::T
            fn g() { let _ = "crate::T"; println!("{}", crate::whittled::dep::a::f()); vec![crate::whittled::dep::T]; }
            macro_rules! m { ($e:expr) => { $crate::whittled::dep::f($e, crate::whittled::dep::g()) } }
        "#]],
    );
}

#[test]
fn crate_as_one_token_of_a_macro() {
    check(
        "m!(crate); macro_rules! m { () => { n!($crate) } }",
        expect![[r#"
        m!(crate); macro_rules! m { () => { n!($crate) } }
        !!! bare-crate: /up/src/lib.rs:1: `$crate` names the crate where its path would be more than one token
        !!! bare-crate: /up/src/lib.rs:1: `crate` names the crate where its path would be more than one token
    "#]],
    );
}

#[test]
fn paths_in_strings_of_attributes() {
    check(
        r##"
#[serde(with = "crate::hex", bound = "T: crate::Trait", crate = "serde")]
#[error("see crate::f")]
#[doc = "see crate::f"]
struct S { #[serde(with = r#"crate::hex"#)] x: u32 }
"##,
        expect![[r##"

            #[serde(with = "crate::whittled::dep::hex", bound = "T: crate::whittled::dep::Trait", crate = "serde")]
            #[error("see crate::f")]
            #[doc = "see crate::f"]
            struct S { #[serde(with = r#"crate::whittled::dep::hex"#)] x: u32 }
        "##]],
    );
}

#[test]
fn the_crate_itself_by_name() {
    check(
        "extern crate self as me;\nuse me::a;\nfn f() { ::me::f(); me::g() }\n",
        expect![[r#"
            use crate::whittled::dep::a;
            fn f() { crate::whittled::dep::f(); crate::whittled::dep::g() }
        "#]],
    );
    check(
        "pub extern crate self as me;\nfn f() { crate::me::f() }\nmod n { use x as me; fn f() { me::f() } }\n",
        expect![[r#"
            pub use crate::whittled::dep as me;
            fn f() { crate::whittled::dep::me::f() }
            mod n { use x as me; fn f() { me::f() } }
            !!! self-alias: /up/src/lib.rs:3: `me` names the crate itself, and something else too
        "#]],
    );
}

#[test]
fn alloc_is_an_item_of_the_module() {
    Case::new("extern crate alloc;\nuse alloc::vec::Vec;\nmod a;\nmod b { use alloc::vec; }\nmacro_rules! m { () => { alloc::vec![] } }\n")
        .file("a.rs", &["a"], "use alloc::{alloc::{alloc, dealloc}, vec::Vec};\nuse ::alloc::rc;\nuse {alloc::a, std::b};\nfn f(x: &alloc::S) { x.alloc::<T>(); std::alloc::x(); }\nfn g() { use std::alloc; alloc::x() }\n")
        .check(expect![[r#"
            --- lib.rs
            extern crate alloc;
            use alloc::vec::Vec;
            mod a;
            mod b { use crate::whittled::dep::alloc::vec; }
            macro_rules! m { () => { crate::whittled::dep::alloc::vec![] } }
            --- a.rs
            use crate::whittled::dep::alloc::{alloc::{alloc, dealloc}, vec::Vec};
            use crate::whittled::dep::alloc::rc;
            use {crate::whittled::dep::alloc::a, std::b};
            fn f(x: &crate::whittled::dep::alloc::S) { x.alloc::<T>(); std::alloc::x(); }
            fn g() { use std::alloc; alloc::x() }
        "#]]);
}

#[test]
fn other_names_of_crates() {
    Case::new("extern crate core as std;\nextern crate foo as bar;\nextern crate libc;\nmod a;")
        .file(
            "a.rs",
            &["a"],
            "use std::fmt;\nuse bar::x;\nuse libc::y;\nfn f() { ::bar::z() }",
        )
        .check(expect![[r#"
            --- lib.rs
            extern crate core as std;
            extern crate foo as bar;
            extern crate libc;
            mod a;
            --- a.rs
            use crate::whittled::dep::std::fmt;
            use crate::whittled::dep::bar::x;
            use libc::y;
            fn f() { crate::whittled::dep::bar::z() }
        "#]]);
}

#[test]
fn crates_that_the_package_calls_otherwise() {
    let mut case = Case::new("extern crate rand;\nmod a;")
        .file("a.rs", &["a"], "use rand::x;\nuse a::rand::y;\nfn f() { rand::z(); x.rand::<T>() }\nmod b { mod rand; use rand::q; }");
    case.placement
        .renames
        .insert("rand".into(), "rand_07".into());
    case.check(expect![[r#"
        --- lib.rs
        extern crate rand_07 as rand;
        mod a;
        --- a.rs
        use crate::whittled::dep::rand::x;
        use a::rand::y;
        fn f() { crate::whittled::dep::rand::z(); x.rand::<T>() }
        mod b { mod rand; use rand::q; }
    "#]]);
}

#[test]
fn a_module_with_the_name_of_a_crate_of_the_package() {
    let mut case = Case::new("mod rand;\nuse rand::x;\nfn f() { rand::x() }");
    case.placement.host_crates.insert("rand".into());
    case.check(expect![[r#"
        mod rand;
        use self::rand::x;
        fn f() { rand::x() }
    "#]]);
}

#[test]
fn paths_of_2015() {
    Case::new("#[macro_use] extern crate log;\nextern crate alloc;\nmod a; mod b;\nuse a::x;\nfn f() { a::x(); ::b::y(); ::std::mem::drop(1); Vec::<u8>::new(); }")
        .file("a.rs", &["a"], "use b::{self, c};\nuse {a, std::fmt};\nuse ::{b, a::x};\nuse alloc::rc;\nuse nothing::x;\npub(in a) fn f() { self::x(); info!(\"\"); }\nmacro_rules! m { () => { debug!() } }")
        .file("b.rs", &["b"], "")
        .edition(2015)
        .check(expect![[r#"
            --- lib.rs
            extern crate log;
            extern crate alloc;
            mod a; mod b;
            use crate::whittled::dep::a::x;
            fn f() { a::x(); crate::whittled::dep::b::y(); ::std::mem::drop(1); Vec::<u8>::new(); }
            --- a.rs
            use crate::whittled::dep::b::{self, c};
            use {crate::whittled::dep::a, std::fmt};
            use {crate::whittled::dep::b, crate::whittled::dep::a::x};
            use crate::whittled::dep::alloc::rc;
            use nothing::x;
            pub(in crate::whittled::dep::a) fn f() { self::x(); ::log::info!(""); }
            macro_rules! m { () => { ::log::debug!() } }
            --- b.rs
            !!! edition-path: /up/src/a.rs:5: `nothing` is a path of the 2015 edition whose meaning is not plain
        "#]]);
}

#[test]
fn attributes_of_a_crate() {
    check(
        r#"//! Docs stay.
#![no_std]
#![doc(html_root_url = "https://x")]
#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(windows, allow(x), deny(y))]
#![deny(missing_docs)] #![allow(clippy::all)]
#![recursion_limit = "256"]
#![cfg(unix)]

mod a {
    #![warn(x)]
    #[deny(y)]
    #[allow(z)]
    fn f() {}
}
"#,
        expect![[r#"
            //! Docs stay.
            #![cfg_attr(windows, allow(x))]
            #![allow(clippy::all)]
            #![cfg(unix)]

            mod a {
                #[allow(z)]
                fn f() {}
            }
            ??? upstream asks for `feature(doc_cfg)`, which only a crate can
            ??? upstream has `recursion_limit = "256"`; in the package its own limit applies
        "#]],
    );
}

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

#[test]
fn what_cargo_said() {
    Case::new(
        r#"const V: &str = concat!("v", env!("CARGO_PKG_VERSION"), std::env!("CARGO_PKG_NAME", "!"));
const O: Option<&str> = option_env!("CARGO_PKG_AUTHORS");
const N: Option<&str> = ::core::option_env!("CARGO_PKG_NOTHING");
const U: Option<&str> = option_env!("HOME");
include!(concat!(env!("OUT_DIR"), "/x.rs"));
const D: &str = env!("CARGO_MANIFEST_DIR");
const G: &str = env!("GIT");
#[macro_export]
macro_rules! version { () => { env!("CARGO_PKG_VERSION") } }
fn f() -> &'static str { module_path!() }
"#,
    )
    .env("CARGO_PKG_VERSION", "1.2.3")
    .env("CARGO_PKG_NAME", "d\"e\\p")
    .env("CARGO_PKG_AUTHORS", "")
    .env("CARGO_MANIFEST_DIR", "/up")
    .env("GIT", "abc")
    .check(expect![[r#"
        const V: &str = concat!("v", "1.2.3", "d\"e\\p");
        const O: Option<&str> = ::core::option::Option::Some("");
        const N: Option<&str> = ::core::option::Option::None::<&'static str>;
        const U: Option<&str> = option_env!("HOME");
        include!(concat!(env!("OUT_DIR"), "/x.rs"));
        const D: &str = env!("CARGO_MANIFEST_DIR");
        const G: &str = env!("GIT");
        macro_rules! version { () => { env!("CARGO_PKG_VERSION") } }
        fn f() -> &'static str { module_path!() }
        !!! build-script-output: /up/src/lib.rs:5: `env!("OUT_DIR")` reads what the dependency's build script makes
        !!! build-script-variable: /up/src/lib.rs:7: `env!("GIT")` is a variable that the dependency's build script sets
        !!! manifest-folder: /up/src/lib.rs:6: `env!("CARGO_MANIFEST_DIR")` is the dependency's folder, which is another one on every machine
        ??? `module_path!()` says where the code is: it will name the new place
    "#]]);
}

#[test]
fn included_files() {
    let case = Case::new(
        r#"const A: &str = include_str!("data/a.txt");
const B: &[u8] = include_bytes!("../b.bin");
include!("c.rs");
#[doc = include_str!("../d.md")]
fn f() {}
"#,
    );
    case.check(expect![[r#"
        const A: &str = include_str!("data/a.txt");
        const B: &[u8] = include_bytes!("../b.bin");
        include!("c.rs");
        fn f() {}
        !!! included-source: /up/src/lib.rs:3: `include!("c.rs")` includes a file of source text, of which nothing can be taken out
        !!! file-outside: /up/src/lib.rs:2: `include_bytes!("../b.bin")` lies outside the folder of the dependency's root file
    "#]]);
    let includes: Vec<String> = case
        .run()
        .includes
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(includes, ["/up/src/data/a.txt"]);
}

const HAZARDS: &str = r#"
extern "C" { fn open(); fn close(); }
mod a { impl S { #[inline] fn f(&self) { unsafe { core::arch::asm!("") } } } }
#[no_mangle] pub extern "C" fn exported() {}
#[link(name = "z")] extern {}
#[target_feature(enable = "avx")] unsafe fn fast() {}
use core::arch::x86_64::*;
#[global_allocator] static A: B = B;
static mut STATE: u32 = 0;
fn g(x: &'static str) { is_x86_feature_detected!("avx"); }
"#;

#[test]
fn what_may_not_be_copied() {
    let mut case = Case::new(HAZARDS);
    case.host.forbids_unsafe = true;
    let lines = |case: &Case| {
        let refusals = case.run().refusals;
        let lines = refusals
            .iter()
            .map(|refusal| format!("{}: {refusal}\n", refusal.code()));
        lines.collect::<Vec<_>>().concat()
    };
    expect![[r#"
        native-library: /up/src/lib.rs:5: `#[link]` on an item links a native library, which only one package of a tree may do
        foreign-functions: /up/src/lib.rs:5: `extern` block declares foreign functions, whose library has to be linked
        foreign-functions: /up/src/lib.rs:2: `extern` block with `open`, `close` declares foreign functions, whose library has to be linked
        exported-symbol: /up/src/lib.rs:4: `#[no_mangle]` on `exported` has a symbol of its own in the executable, which must not exist twice
        runtime-item: /up/src/lib.rs:8: `#[global_allocator]` on `A` is one of its kind in a program
        inline-assembly: /up/src/lib.rs:3: `asm!` in `a::S::f` is inline assembly, which deserves its upstream's care
        simd: /up/src/lib.rs:10: `g` uses the processor's vector instructions, which deserve their upstream's care
        simd: /up/src/lib.rs:6: the root module uses the processor's vector instructions, which deserve their upstream's care
        simd: /up/src/lib.rs:7: the root module uses the processor's vector instructions, which deserve their upstream's care
        unsafe-forbidden: /up/src/lib.rs:6: `unsafe fn fast` is unsafe code, and the package has `forbid(unsafe_code)`
        unsafe-forbidden: /up/src/lib.rs:3: `unsafe { … }` in `a::S::f` is unsafe code, and the package has `forbid(unsafe_code)`
    "#]].assert_eq(&lines(&case));
    case.allow = BTreeSet::from([Allow::Asm, Allow::Simd, Allow::Extern]);
    case.host.forbids_unsafe = false;
    expect![[r#"
        native-library: /up/src/lib.rs:5: `#[link]` on an item links a native library, which only one package of a tree may do
        exported-symbol: /up/src/lib.rs:4: `#[no_mangle]` on `exported` has a symbol of its own in the executable, which must not exist twice
        runtime-item: /up/src/lib.rs:8: `#[global_allocator]` on `A` is one of its kind in a program
    "#]].assert_eq(&lines(&case));
    let state: Vec<String> = case
        .run()
        .state
        .into_iter()
        .map(|state| state.what)
        .collect();
    assert_eq!(state, ["`static A`", "`static STATE`"]);
}

#[test]
fn tables_are_no_state() {
    let case = Case::new(
        "static A: [&'static [(u8, &str)]; N] = []; static B: Option<char> = None;
        static C: AtomicBool = x; static mut D: u8 = 0; thread_local! { static E: u8 = 0 }
        lazy_static! { static ref F: u8 = 0; } static G: [[Cell<u8>; 2]; N] = []; fn f(x: &'static u8) {}",
    );
    let state: Vec<String> = case
        .run()
        .state
        .into_iter()
        .map(|state| state.what)
        .collect();
    expect!["`static C` `static D` `static F` `static G`"].assert_eq(&state.join(" "));
}

#[test]
fn what_is_cut_counts_for_nothing() {
    Case::new("mod a { fn f() { crate::g(); } }\n#[no_mangle] fn h() { crate::g(); }\nfn g() {}\n")
        .cut("#[no_mangle] fn h() { crate::g(); }\n")
        .check(expect![[r#"
            mod a { fn f() { crate::whittled::dep::g(); } }
            fn g() {}
        "#]]);
}

#[test]
fn a_package_without_std() {
    let mut case = Case::new("mod a { fn f() -> Vec<u8> { std::mem::take(x) } }");
    case.host.no_std = true;
    case.check(expect![[r#"
        mod a { fn f() -> Vec<u8> { std::mem::take(x) } }
        !!! host-no-std: /up/src/lib.rs:1: `Vec` in `a` needs std, and the package has `#![no_std]`
    "#]]);
    let mut case = Case::new("#![no_std]\nmod a { fn f() -> u8 { core::mem::take(x) } }");
    case.host.no_std = true;
    case.check(expect![[r#"
        mod a { fn f() -> u8 { core::mem::take(x) } }
    "#]]);
}

#[test]
fn as_a_crate_almost_all_stays() {
    let mut case = Case::new("#![no_std]\nuse crate::a;\nconst V: &str = env!(\"CARGO_PKG_VERSION\");\n#[macro_export] macro_rules! m { () => {} }\n")
        .env("CARGO_PKG_VERSION", "1.2.3");
    case.module = false;
    case.check(expect![[r##"
        #![no_std]
        use crate::a;
        const V: &str = env!("CARGO_PKG_VERSION");
        #[macro_export] macro_rules! m { () => {} }
    "##]]);
}

/// Texts with something taken out, doubled or put in are no reason to panic, and what comes out
/// of them is refused or can be read.
#[test]
fn any_text() {
    let all = [
        HAZARDS,
        "extern crate self as me; use me::{a, b as _}; ::me::x; pub(in crate::a) use {crate::m as n};",
        "#[macro_export] macro_rules! m { () => { $crate::a!(env!(\"CARGO_PKG_NAME\")) } } use crate::m;",
        "#![cfg_attr(x, deny(a), allow(b))] #[macro_use] extern crate alloc as b; mod c { b::x![] }",
        "#[serde(with = \"crate::a\")] struct S; #[doc = include_str!(\"../a\")] fn f() {}",
    ];
    let pieces = [
        "", "{", "}", "(", "\"", "'", "::", "crate", "$crate", "#![", "use ", "\u{f6}", ";", "!",
    ];
    let mut seed: usize = 1;
    let mut next = |below: usize| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below.max(1)
    };
    let mut read = 0;
    for round in 0..4000 {
        let text = all[round % all.len()];
        let at = next(text.len());
        let end = (at + next(6)).min(text.len());
        let mutated = format!(
            "{}{}{}",
            &text[..at],
            pieces[next(pieces.len())],
            &text[end..]
        );
        let mut case = Case::new(&mutated).env("CARGO_PKG_NAME", "dep");
        case.upstream.edition = if next(2) == 0 { 2015 } else { 2021 };
        case.host.forbids_unsafe = true;
        let out = case.run();
        let unreadable = |refusal: &Refusal| refusal.reason == Reason::Unreadable;
        for file in &out.files {
            if out.refusals.iter().any(unreadable) {
                continue;
            }
            let text = apply(&mutated, &file.edits).unwrap();
            Lexed::new(&text).unwrap_or_else(|why| panic!("{why}: {mutated} became {text}"));
            read += 1;
        }
    }
    assert!(read > 1000, "{read}");
}

#[test]
fn examples_become_text() {
    let case = Case::new(
        "//! ```\n//! dep::f();\n//! ```\n\n/// ```rust,no_run\n/// let fence = 1;\n/// ```\n///\n/// ```toml\n/// x = 1\n/// ```\n/**\n * ~~~\n * dep::f();\n * ~~~\n */\npub fn f() {}\n",
    );
    case.check(expect![[r#"
        //! ```text
        //! dep::f();
        //! ```

        /// ```text
        /// let fence = 1;
        /// ```
        ///
        /// ```toml
        /// x = 1
        /// ```
        /**
         * ~~~text
         * dep::f();
         * ~~~
         */
        pub fn f() {}
    "#]]);
}

#[test]
fn examples_in_strings_become_text() {
    let case = Case::new(
        "#![doc = r#\"\n```rust\ndep::f();\n```\n\n```sh\nx\n```\n\"#]\n#[doc = \" ```\"]\n#[doc = \" dep::f();\"]\n#[doc = \" ```\"]\npub fn f() {}\n",
    );
    case.check(expect![[r##"
        #![doc = r#"
        ```text
        dep::f();
        ```

        ```sh
        x
        ```
        "#]
        #[doc = " ```text"]
        #[doc = " dep::f();"]
        #[doc = " ```"]
        pub fn f() {}
    "##]]);
}
