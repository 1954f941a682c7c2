//! Small scripts, read: one construct a test.

mod asked;
mod data;
mod hostile;

use std::fs;

use expect_test::{Expect, expect};

use crate::script::gated::{Known, regions};
use crate::script::{Input, Reading, read};

fn input(folder: &str) -> Input {
    let env = [
        ("CARGO_MANIFEST_DIR", folder),
        ("CARGO_PKG_NAME", "a"),
        ("CARGO_PKG_VERSION", "1.2.3"),
        ("CARGO_PKG_VERSION_PATCH", "3"),
        ("CARGO_FEATURE_STD", "1"),
        ("CARGO_CFG_TARGET_OS", "linux"),
        ("CARGO_CFG_TARGET_ARCH", "x86_64"),
        ("CARGO_CFG_UNIX", ""),
        ("TARGET", "x86_64-unknown-linux-gnu"),
        ("RUSTC", "rustc"),
        ("OUT_DIR", "/out"),
    ];
    Input {
        folder: folder.to_owned(),
        script: format!("{folder}/build.rs"),
        env: env
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        inherited: ["HOME".to_owned()].into(),
        cfgs: vec![
            "feature=\"std\"".to_owned(),
            "target_os=\"linux\"".to_owned(),
        ],
        out_dir: "/out".to_owned(),
        rustc_verbose: "rustc 1.95.0 (59807616e 2026-04-14)\nrelease: 1.95.0\n".to_owned(),
        sysroot: None,
        keeps_json_order: false,
    }
}

fn read_script(script: &str, files: &[(&str, &str)]) -> Reading {
    let folder = tempfile::tempdir().unwrap();
    // The package stands one deeper, so that there is something beside it.
    let package = folder.path().join("package");
    fs::create_dir(&package).unwrap();
    fs::write(folder.path().join("secret.txt"), "secret").unwrap();
    fs::write(package.join("build.rs"), script).unwrap();
    for (name, text) in files {
        let path = package.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink("../secret.txt", package.join("link.txt")).unwrap();
    read(&input(package.to_str().unwrap()))
}

fn show(reading: &Reading) -> String {
    let mut lines: Vec<String> = reading
        .cfgs_on
        .iter()
        .map(|cfg| format!("on {cfg}"))
        .collect();
    let maybe = |what: &str, all: &[super::Guess]| -> Vec<String> {
        let line = |g: &super::Guess| format!("{what} {} {}: {}", g.name, g.on, g.reason);
        all.iter().map(line).collect()
    };
    lines.extend(maybe("maybe", &reading.cfgs_maybe));
    lines.extend(
        reading
            .env_on
            .iter()
            .map(|(name, value)| format!("env {name}={value}")),
    );
    lines.extend(maybe("maybe env", &reading.env_maybe));
    lines.extend(
        reading
            .out_files
            .iter()
            .map(|(name, text)| format!("file {name}: {text}")),
    );
    let unknown = reading.out_files_unknown.iter();
    lines.extend(unknown.map(|(name, why)| format!("unknown file {name:?}: {why}")));
    lines.extend(
        reading
            .anything
            .iter()
            .map(|why| format!("anything: {why}")),
    );
    lines.extend(reading.gave_up.iter().map(|why| format!("gave up: {why}")));
    lines.extend(
        reading
            .asks_for
            .iter()
            .map(|name| format!("asks for {name}")),
    );
    lines
        .iter()
        .flat_map(|line| [line.as_str(), "\n"])
        .collect()
}

#[track_caller]
fn check(script: &str, expected: Expect) {
    check_with(script, &[], expected);
}

#[track_caller]
fn check_with(script: &str, files: &[(&str, &str)], expected: Expect) {
    expected.assert_eq(&show(&read_script(script, files)));
}

/// The body of a `main` that sets a cfg for each text it is told.
fn body(text: &str) -> String {
    format!(
        "fn on(cfg: &str) {{ println!(\"cargo:rustc-cfg={{}}\", cfg); }}\nfn main() {{ {text} }}"
    )
}

#[test]
fn lines_for_cargo() {
    check(
        r#"fn main() {
            println!("cargo:rustc-cfg=a");
            println!("cargo::rustc-cfg=b=\"{}\"", 1 + 1);
            print!("cargo:rustc-env=X=");
            println!("y");
            println!("cargo:rerun-if-changed=build.rs");
        }"#,
        expect![[r#"
            on a
            on b="2"
            env X=y
        "#]],
    );
}

#[test]
fn files_for_out_dir() {
    let script = r#"
        use std::{env, fs::{self, File}, io::Write, path::{Path, PathBuf}};
        fn main() -> std::io::Result<()> {
            let out = PathBuf::from(env::var_os("OUT_DIR").unwrap());
            fs::write(out.join("a.rs"), "const A: u8 = 1;")?;
            let mut file = File::create(Path::new(&out).join("sub").join("b.rs"))?;
            for (index, name) in ["x", "y"].iter().enumerate() {
                writeln!(file, "fn {name}_{index:02}() {{}}")?;
            }
            fs::write("/elsewhere.txt", "no")?;
            Ok(())
        }"#;
    check(
        script,
        expect![[r#"
            file a.rs: const A: u8 = 1;
            file sub/b.rs: fn x_00() {}
            fn y_01() {}

        "#]],
    );
}

#[test]
fn own_files_are_read_and_no_others() {
    let script = body(
        r#"use std::{fs, path::Path};
        let names = fs::read_to_string("names.txt").unwrap();
        for name in names.lines().map(str::trim).filter(|name| !name.is_empty()) { on(name) }
        if Path::new("src/x.rs").exists() { on("exists") }
        if Path::new("src/y.rs").exists() { on("missing") }
        if fs::read_to_string("../secret.txt").is_ok() { on("beside") }
        if fs::read_to_string("/etc/passwd").is_ok() { on("absolute") }
        if fs::read_to_string("src/../../secret.txt").is_ok() { on("climbed") }
        if fs::read_to_string("link.txt").is_ok() { on("linked") }"#,
    );
    check_with(
        &script,
        &[("names.txt", "one\n\n two\n"), ("src/x.rs", "")],
        expect![[r#"
            on exists
            on one
            on two
            maybe absolute true: `/etc/passwd` is outside of the package, and not read (line 8)
            maybe beside true: `../secret.txt` is outside of the package, and not read (line 7)
            maybe climbed true: `src/../../secret.txt` is outside of the package, and not read (line 9)
            maybe linked true: `link.txt` is outside of the package, and not read (line 10)
        "#]],
    );
}

#[test]
fn modules_and_macros() {
    let script = r#"
        mod helper;
        #[path = "other/place.rs"]
        mod named;
        macro_rules! all { ($($name:ident => $value:expr),* $(,)?) => { $( if $value { helper::on(stringify!($name)) } )* } }
        fn main() { all! { a => true, b => false, c => named::YES } include!("more.rs"); }"#;
    let files = [
        (
            "helper.rs",
            "pub fn on(cfg: &str) { println!(\"cargo:rustc-cfg={cfg}\"); }",
        ),
        ("other/place.rs", "pub const YES: bool = 2 > 1;"),
    ];
    check_with(
        script,
        &files,
        expect![[r#"
        on a
        on c
        unknown file None: macro `include` is not understood (line 6)
        anything: macro `include` is not understood (line 6)
    "#]],
    );
}

#[test]
fn types_of_the_script() {
    let script = r#"
        use std::fmt;
        enum Kind { Plain, With(u32) }
        struct Flag { name: &'static str, kind: Kind }
        impl fmt::Display for Flag {
            fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
                match self.kind { Kind::Plain => write!(f, "{}", self.name), Kind::With(n) => write!(f, "{}_{}", self.name, n) }
            }
        }
        impl Flag {
            fn new(name: &'static str) -> Self { Self { name, kind: Kind::Plain } }
            fn with(mut self, n: u32) -> Self { self.kind = Kind::With(n); self }
            fn bump(&mut self) { if let Kind::With(ref mut n) = self.kind { *n += 1; } }
        }
        fn main() {
            let mut flags = vec![Flag::new("a"), Flag::new("b").with(7)];
            for flag in flags.iter_mut() { flag.bump(); }
            for flag in &flags { println!("cargo:rustc-cfg={}", flag); }
        }"#;
    check(
        script,
        expect![[r#"
        on a
        on b_8
    "#]],
    );
}

#[test]
fn collections() {
    let script = body(
        r#"use std::collections::{BTreeMap, HashSet};
        let mut map: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        map.insert("b", vec![2]);
        map.entry("a").or_insert_with(Vec::new).push(1);
        for (key, values) in &map { on(&format!("{key}{}", values.len())) }
        let set: HashSet<_> = "x,y,x".split(',').collect();
        if set.len() == 2 && set.contains("y") { on("set") }
        let mut sorted = vec![3, 1, 2];
        sorted.sort_by(|a, b| b.cmp(a));
        on(&sorted.iter().map(|n| n.to_string()).collect::<Vec<_>>().join("_"));"#,
    );
    check(
        &script,
        expect![[r#"
            on 3_2_1
            on a1
            on b1
            on set
        "#]],
    );
}

#[test]
fn helper_crates() {
    let script = r#"
        use cfg_aliases::cfg_aliases;
        fn main() {
            cfg_aliases! { linux: { target_os = "linux" }, both: { all(linux, unix) }, mac: { target_os = "macos" } }
            let ac = autocfg::new();
            ac.emit_rustc_version(1, 60);
            ac.emit_rustc_version(1, 99);
            ac.emit_expression_cfg("1f64.total_cmp(&2f64)", "has_total_cmp");
            if version_check::is_min_version("1.70").unwrap_or(false) { println!("cargo:rustc-cfg=min"); }
            if rustc_version::version_meta().unwrap().channel == rustc_version::Channel::Nightly { println!("cargo:rustc-cfg=nightly"); }
            cc::Build::new().file("x.c").compile("x");
        }"#;
    check(
        script,
        expect![[r#"
            on both
            on linux
            on min
            on rustc_1_60
            maybe has_total_cmp true: whether the compiler knows `1f64.total_cmp(&2f64)` (line 8)
        "#]],
    );
}

#[test]
fn a_path_that_fails_is_no_build() {
    let script = r#"fn main() {
        let ok = std::process::Command::new("rustc").args(["--crate-type=lib", "src/probe.rs"]).status().unwrap().success();
        if !ok { panic!("needed"); }
        println!("cargo:rustc-cfg=probed");
    }"#;
    check_with(
        script,
        &[("src/probe.rs", "fn f() {}")],
        expect![[r#"
        on probed
    "#]],
    );
}

#[test]
fn unknown_helpers_may_say_anything() {
    check(
        r#"fn main() { println!("cargo:rustc-cfg=a"); magic::build(); }"#,
        expect![[r#"
            on a
            unknown file None: `magic::build` is not understood (line 1)
            anything: `magic::build` is not understood (line 1)
        "#]],
    );
}

#[test]
fn what_is_not_understood_makes_all_it_says_a_guess() {
    check(
        r#"fn main() {
            println!("cargo:rustc-cfg=a");
            let x = 1.5f64.sqrt() as u32 + unsafe { std::mem::zeroed::<u32>() };
            if x.odd_method() { println!("cargo:rustc-cfg=b"); }
            async { 1 };
            println!("cargo:rustc-cfg=c");
        }"#,
        expect![[r#"
            maybe a false: an expression of a kind that is not read (line 5)
            maybe b false: an expression of a kind that is not read (line 5)
            maybe c false: an expression of a kind that is not read (line 5)
            unknown file None: an expression of a kind that is not read (line 5)
            anything: an expression of a kind that is not read (line 5)
            gave up: an expression of a kind that is not read (line 5)
        "#]],
    );
}

#[test]
fn regions_behind_a_guess() {
    let source = r#"
#[cfg(a)]
fn behind() { call_a(); }
#[cfg(all(a, off))]
fn decided() {}
#[cfg(not(a))]
mod elsewhere;
cfg_if! { if #[cfg(a)] { fn x() {} } else { fn y() {} } }
fn body() { if cfg!(a) { one() } else { two() } }
fn statements() {
    #[cfg(not(a))]
    if let S { x } = one() { two() }
    else if three() { four() }
    else { five() }
    #[cfg(a)]
    let x = if one() { S { x } } else { two::<A, B>() };
    match x {
        #[cfg(a)]
        S { x } => { one() }
        _ => two(),
    }
}
#[cfg(a)]
pub(crate) const fn generic<const N: usize>() -> A<{ N }, B> { one() }
#[cfg_attr(a, path = "imp/unix.rs")]
mod imp;
#[cfg(a)]
#[path = "imp/other.rs"]
pub mod other;
"#;
    let known = Known {
        sure: &|flag| (flag != "a").then_some(false),
        guess: &|flag| flag == "a",
    };
    let found = regions(source, &known).unwrap();
    let shown: Vec<String> = found
        .iter()
        .map(|r| {
            format!(
                "{}-{} in:{} fns:{} mods:{:?} paths:{:?}",
                r.from, r.to, r.is_in, r.functions, r.modules, r.paths
            )
        })
        .collect();
    expect![[r#"
        2-3 in:true fns:1 mods:[] paths:[]
        6-7 in:false fns:0 mods:["elsewhere"] paths:[]
        8-8 in:true fns:1 mods:[] paths:[]
        8-8 in:false fns:1 mods:[] paths:[]
        9-9 in:false fns:0 mods:[] paths:[]
        11-14 in:false fns:0 mods:[] paths:[]
        15-16 in:true fns:0 mods:[] paths:[]
        18-20 in:true fns:0 mods:[] paths:[]
        23-24 in:true fns:1 mods:[] paths:[]
        26-26 in:false fns:0 mods:["imp"] paths:[]
        25-25 in:true fns:0 mods:[] paths:["imp/unix.rs"]
        27-29 in:true fns:0 mods:["other"] paths:["imp/other.rs"]"#]]
    .assert_eq(&shown.join("\n"));
}
