//! What cargo tells a crate, and files that it includes.

use expect_test::expect;

use super::*;

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
