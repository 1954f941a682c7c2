//! Scripts that ask their environment and the compiler.

use super::*;

#[test]
fn environment() {
    let script = body(
        r#"use std::env;
        if env::var("CARGO_FEATURE_STD").is_ok() { on("std") }
        if env::var_os("CARGO_FEATURE_ALLOC").is_some() { on("alloc") }
        match env::var("CARGO_CFG_TARGET_OS").as_deref() { Ok("linux") => on("linux"), _ => on("other") }
        let ci = env::var("CI").unwrap_or_default();
        if ci == "1" { on("ci") }
        if cfg!(feature = "std") && !cfg!(feature = "alloc") { on("only_std") }"#,
    );
    check(
        &script,
        expect![[r#"
            on linux
            on only_std
            on std
            asks for CI
        "#]],
    );
}

#[test]
fn variables_that_may_be_inherited() {
    let script = body(
        r#"use std::env;
        if env::var_os("HOME").is_some() { on("home") }
        if let Some(home) = option_env!("HOME") { on(home) }"#,
    );
    check(
        &script,
        expect![[r#"
        unknown file None: `env!` of a variable that is not known (line 4)
        anything: `env!` of a variable that is not known (line 4)
        gave up: `env!` of a variable that is not known (line 4)
    "#]],
    );
    let all = body(r#"for (name, _) in std::env::vars() { if name == "X" { on("x") } }"#);
    check(
        &all,
        expect![[r#"
        maybe x false: all variables (line 2)
        asks for all variables
    "#]],
    );
}

#[test]
fn version_of_the_compiler() {
    let script = r#"
        use std::{env, process::Command, str};
        fn minor() -> Option<u32> {
            let output = Command::new(env::var_os("RUSTC")?).arg("--version").output().ok()?;
            let version = str::from_utf8(&output.stdout).ok()?;
            let mut pieces = version.split('.');
            if pieces.next() != Some("rustc 1") { return None; }
            pieces.next()?.parse().ok()
        }
        fn main() {
            let minor = match minor() { Some(minor) => minor, None => return };
            if minor >= 80 { println!("cargo:rustc-cfg=new"); }
            if minor < 61 { println!("cargo:rustc-cfg=old"); }
        }"#;
    check(
        script,
        expect![[r#"
        on new
    "#]],
    );
}

#[test]
fn probes() {
    let script = r##"
        use std::{env, fs, io::Write, process::{Command, Stdio}};
        fn compiles(text: &str) -> bool {
            let mut child = Command::new(env::var("RUSTC").unwrap()).arg("-").stdin(Stdio::piped()).spawn().unwrap();
            writeln!(child.stdin.take().unwrap(), "{}", text).unwrap();
            child.wait().unwrap().success()
        }
        fn main() {
            if compiles("#![feature(never)]") { println!("cargo:rustc-cfg=nightly"); }
            if compiles("fn f() {}") { println!("cargo:rustc-cfg=has_f"); } else { println!("cargo:rustc-cfg=no_f"); }
            if let Ok(out) = Command::new("git").arg("rev-parse").output() {
                println!("cargo:rustc-env=HASH={}", String::from_utf8_lossy(&out.stdout));
            }
        }"##;
    check(
        script,
        expect![[r#"
            maybe has_f true: whether `fn f() {}` compiles (line 6)
            maybe no_f false: whether `fn f() {}` compiles (line 6)
            maybe env HASH false: what `git rev-parse` says (line 11)
        "#]],
    );
}
