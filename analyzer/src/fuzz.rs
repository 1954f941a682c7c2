//! Mutated inputs of the parts that read what strangers wrote, in this process: no panic, no
//! stack used up, an answer in bounded time and of bounded size.
//!
//! A few cases of each here, as a smoke test; `WHITTLE_FUZZ_SECONDS=300` runs each for that long
//! with fresh cases. What goes through the whole tool is in `tests/it/fuzz.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use proc_macro2::TokenStream;

use crate::calibrate::dwarf::live_functions;
use crate::gate::config::Config;
use crate::gate::lock::Lock;
use crate::models::{self, Call, Crate};
use crate::script::{self, Input};
use crate::surface::Surface;

#[path = "../../tests/it/mutate.rs"]
mod mutate;

use mutate::{Cases, mutate as edited};

/// As the engine's threads have it.
const STACK: usize = 1 << 30;
/// For one input, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs `read` on mutations of the seeds; `read` says what is wrong with an answer.
fn fuzz(
    name: &'static str,
    smoke: usize,
    seeds: Vec<Vec<u8>>,
    read: fn(usize, &[u8]) -> Option<String>,
) {
    let work = move || {
        let mut bad = Vec::new();
        let mut cases = Cases::new(smoke);
        let folder = tempfile::tempdir().expect("a folder");
        // When the process itself ends, this is what it ended with.
        let last = folder.path().join("last");
        for (index, seed) in seeds.iter().enumerate() {
            assert_eq!(read(index, seed), None, "{name}: seed {index}");
        }
        while let Some(edits) = cases.next() {
            let index = cases.count % seeds.len();
            let input = edited(&seeds[index], &edits);
            if smoke < 100 {
                fs::write(&last, &input).expect("a file");
            }
            let start = Instant::now();
            let wrong = match catch_unwind(AssertUnwindSafe(|| read(index, &input))) {
                Ok(wrong) => wrong,
                Err(_) => Some("a panic".to_owned()),
            };
            let took = start.elapsed();
            let slow = (took > PATIENCE).then(|| format!("took {} s", took.as_secs()));
            if let Some(why) = wrong.or(slow) {
                let text = String::from_utf8_lossy(&input).into_owned();
                bad.push(format!("{name}, seed {index}: {why}\n{edits:?}\n{text}"));
            }
        }
        cases.end(name);
        bad
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(work);
    let bad = thread.expect("a thread").join().expect("no panic outside");
    assert!(bad.is_empty(), "{}", bad.join("\n\n"));
}

fn texts(seeds: &[&str]) -> Vec<Vec<u8>> {
    seeds.iter().map(|seed| seed.as_bytes().to_vec()).collect()
}

/// Items with the attributes of the modelled macros.
const ITEMS: [&str; 8] = [
    "#[serde(rename_all = \"camelCase\", deny_unknown_fields, bound(serialize = \"T: S\"))] pub struct S<'a, T: Clone + 'a, const N: usize> where T: X { #[serde(default = \"d\", skip_serializing_if = \"Option::is_none\", borrow)] pub a: Option<&'a str>, #[serde(flatten)] b: std::collections::BTreeMap<String, T>, #[serde(with = \"w\", alias = \"y\")] c: [u8; N] }",
    "#[serde(tag = \"t\", content = \"c\", rename_all_fields = \"snake_case\")] enum E<T> { A, #[serde(rename = \"b\", other)] B(T, #[serde(skip)] u8), C { #[serde(deserialize_with = \"f\")] x: Vec<T>, y: () } }",
    "#[serde(untagged)] enum U { A(u8), B { c: String } }",
    "#[derive(Debug)] enum Error { #[error(\"io {0}: {source:?} {}\", x.y())] Io { #[from] source: std::io::Error, x: X }, #[error(transparent)] Other(#[source] Box<dyn std::error::Error>), #[error(\"{0:>8}\")] Text(String, #[backtrace] B) }",
    "#[command(name = \"x\", version, about, long_about = None, rename_all = \"kebab\")] struct Args { #[arg(short, long, default_value_t = 3, value_parser = p, env = \"E\")] count: u8, #[arg(value_enum, num_args = 1..)] mode: Vec<Mode>, #[command(flatten)] more: More, #[command(subcommand)] command: Option<Cmd>, flag: bool, path: std::path::PathBuf }",
    "#[strum(serialize_all = \"snake_case\")] enum Kind { #[strum(serialize = \"a\", to_string = \"b {x}\")] A { x: u8 }, #[strum(disabled)] B, #[strum(default)] C(String), D = 7 }",
    "#[snafu(visibility(pub), context(suffix(Ctx)))] enum Snafus { #[snafu(display(\"a {x} {source}\"))] A { x: u8, source: std::io::Error, backtrace: Backtrace }, #[snafu(whatever, display(\"{message}\"))] W { message: String, #[snafu(source(from(Box<dyn E>, Some)))] source: Option<Box<dyn E>> } }",
    "pub async fn run<'a, T: Tr + ?Sized>(&'a mut self, Pattern { a, .. }: Pattern, mut b: impl Fn(u8) -> T, c: &T) -> Result<Vec<T>, Box<dyn std::error::Error + Send + 'a>> where T: Clone { let x = self.a().await?; if x { return Ok(vec![]); } async move { b(1) }.await; Ok(Default::default()) }",
];

/// Every model on every input: a macro may stand on any item.
fn expand(_: usize, input: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(input).ok()?;
    let item: TokenStream = text.parse().ok()?;
    let bound = (1 << 20) + 400 * text.len();
    for (package, version) in MODELLED {
        let krate = Crate {
            package: package.to_owned(),
            version: version.parse().expect("a version"),
            features: Vec::new(),
            dependencies: Vec::new(),
            rustc: semver::Version::new(1, 95, 0),
        };
        let mut any = false;
        for (name, _, model) in models::of(&krate) {
            any = true;
            for arguments in [TokenStream::new(), item.clone()] {
                let call = Call {
                    krate: &krate,
                    arguments,
                    item: item.clone(),
                    environment: &|name| Some(name.to_lowercase()),
                    files: &|path| (path != "none").then(|| text.to_owned()),
                };
                if let Ok(tokens) = model(&call)
                    && tokens.to_string().len() > bound
                {
                    return Some(format!("{package} {name}: more than {bound} bytes"));
                }
            }
        }
        if !any {
            return Some(format!("{package} {version} has no model"));
        }
    }
    None
}

/// A version of each modelled crate.
const MODELLED: [(&str, &str); 9] = [
    ("serde_derive", "1.0.228"),
    ("thiserror-impl", "1.0.69"),
    ("thiserror-impl", "2.0.12"),
    ("clap_derive", "4.5.32"),
    ("strum_macros", "0.26.4"),
    ("snafu-derive", "0.8.5"),
    ("tokio-macros", "2.5.0"),
    ("async-trait", "0.1.88"),
    ("tracing-attributes", "0.1.28"),
];

#[test]
fn models_of_proc_macros() {
    fuzz("models", 60, texts(&ITEMS), expand);
}

const SCRIPTS: [&str; 4] = [
    "use std::env;\nuse std::fs::{self, File};\nuse std::io::Write;\nuse std::path::{Path, PathBuf};\nfn main() -> Result<(), Box<dyn std::error::Error>> {\n    println!(\"cargo:rerun-if-changed=build.rs\");\n    let out = PathBuf::from(env::var_os(\"OUT_DIR\").unwrap());\n    let mut file = File::create(out.join(\"made.rs\"))?;\n    for (i, name) in [\"a\", \"b\"].iter().enumerate() {\n        writeln!(file, \"pub const {}: usize = {};\", name.to_uppercase(), i + 1)?;\n    }\n    let text = fs::read_to_string(\"data.txt\")?;\n    let table: Vec<String> = text.lines().filter(|l| !l.is_empty()).map(|l| format!(\"{:?},\", l.trim())).collect();\n    fs::write(out.join(\"table.rs\"), table.join(\"\\n\"))?;\n    Ok(())\n}\n",
    "use std::process::Command;\nfn minor() -> Option<u32> {\n    let rustc = std::env::var_os(\"RUSTC\")?;\n    let output = Command::new(rustc).arg(\"--version\").output().ok()?;\n    let version = std::str::from_utf8(&output.stdout).ok()?;\n    let mut pieces = version.split('.');\n    if pieces.next() != Some(\"rustc 1\") { return None; }\n    pieces.next()?.parse().ok()\n}\nfn main() {\n    let minor = match minor() { Some(m) => m, None => return };\n    if minor >= 70 { println!(\"cargo:rustc-cfg=modern\"); }\n    println!(\"cargo:rustc-check-cfg=cfg(modern, values(\\\"x\\\"))\");\n    match std::env::var(\"CARGO_CFG_TARGET_OS\").as_deref() { Ok(\"linux\") | Ok(\"android\") => println!(\"cargo:rustc-cfg=epoll\"), _ => {} }\n}\n",
    "#[derive(Clone, Default)]\nstruct State { n: u64, seen: std::collections::BTreeMap<String, Vec<u8>> }\nimpl State { fn step(&mut self, by: impl Fn(u64) -> u64) -> &mut Self { self.n = by(self.n); self } }\nmacro_rules! emit { ($($t:tt)*) => { println!($($t)*) } }\nfn fib(n: u64) -> u64 { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }\nfn main() {\n    let mut s = State::default();\n    while s.n < 10 { s.step(|n| n + 1); s.seen.entry(s.n.to_string()).or_default().push(s.n as u8); }\n    emit!(\"cargo::rustc-env=FIB={}\", fib(12));\n    if cfg!(feature = \"std\") { emit!(\"cargo:rustc-cfg=std\"); }\n    let x = loop { if s.n > 3 { break s.n << 2; } s.n *= 2; };\n    emit!(\"cargo:rustc-env=X={x:04}\");\n}\n",
    "fn main() {\n    let cfg = autocfg::new();\n    cfg.emit_has_path(\"std::sync::OnceLock\");\n    cfg.emit_rustc_version(1, 60);\n    cc::Build::new().file(\"a.c\").flag_if_supported(\"-Wall\").compile(\"a\");\n    if let Ok(lib) = pkg_config::Config::new().atleast_version(\"1.2\").probe(\"z\") { println!(\"cargo:rustc-link-lib={}\", lib.libs[0]); }\n}\n",
];

fn read_script(_: usize, input: &[u8]) -> Option<String> {
    let folder = tempfile::tempdir().ok()?;
    let package = folder.path().join("package");
    fs::create_dir(&package).ok()?;
    fs::write(folder.path().join("secret.txt"), "thesecret").ok()?;
    fs::write(package.join("build.rs"), input).ok()?;
    fs::write(package.join("data.txt"), "one\n\ntwo\n").ok()?;
    let env = [
        ("CARGO_MANIFEST_DIR", package.to_str()?),
        ("CARGO_PKG_NAME", "a"),
        ("CARGO_PKG_VERSION", "1.2.3"),
        ("CARGO_FEATURE_STD", "1"),
        ("CARGO_CFG_TARGET_OS", "linux"),
        ("TARGET", "x86_64-unknown-linux-gnu"),
        ("HOST", "x86_64-unknown-linux-gnu"),
        ("RUSTC", "rustc"),
        ("OUT_DIR", "/out"),
    ];
    let reading = script::read(&Input {
        folder: package.to_str()?.to_owned(),
        script: package.join("build.rs").to_str()?.to_owned(),
        env: env
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        inherited: BTreeSet::new(),
        cfgs: vec!["feature=\"std\"".to_owned()],
        out_dir: "/out".to_owned(),
        rustc_verbose: "rustc 1.95.0 (59807616e 2026-04-14)\nrelease: 1.95.0\n".to_owned(),
        sysroot: None,
        keeps_json_order: true,
    });
    // The text of a whole answer, a bound for memory: what a script can print is bounded.
    let said = format!("{reading:?}");
    if said.len() > 256 << 20 {
        return Some(format!("an answer of {} bytes", said.len()));
    }
    let left: Vec<String> = entries(folder.path());
    if left.len() != 4 {
        return Some(format!("files beside the package: {left:?}"));
    }
    said.contains("thesecret")
        .then(|| "read outside of the package".to_owned())
}

fn entries(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        found.push(path.display().to_string());
        if path.is_dir() {
            found.extend(entries(&path));
        }
    }
    found
}

#[test]
fn build_scripts() {
    fuzz("build scripts", 40, texts(&SCRIPTS), read_script);
}

/// An executable with debug info, as `calibrate` reads it.
fn executable() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let (source, program) = (folder.path().join("a.rs"), folder.path().join("a"));
    fs::write(&source, "#[inline(never)] fn f<T: Default>() -> T { T::default() }\nfn main() { let _: u8 = f(); }\n").expect("a file");
    let status = Command::new("rustc")
        .args(["-g", "-Cpanic=abort", "-o"])
        .args([&program, &source])
        .status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "rustc compiles"
    );
    fs::read(program).expect("the program")
}

fn read_debug_info(_: usize, input: &[u8]) -> Option<String> {
    let folder = tempfile::tempdir().ok()?;
    let file = Utf8Path::from_path(folder.path())?.join("a");
    fs::write(&file, input).ok()?;
    let bound = input.len();
    match live_functions(&file) {
        Ok(found) if found.len() > bound => Some(format!("{} functions", found.len())),
        _ => None,
    }
}

#[test]
fn debug_info() {
    fuzz("debug info", 5, vec![executable()], read_debug_info);
}

/// Text that no person would write, in the one spelling that the user writes.
fn parse_allowed(_: usize, input: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(input);
    let Ok(allowed) = text.parse::<crate::execution::Allowed>() else {
        return None;
    };
    let again = allowed.to_string().parse();
    (again != Ok(allowed)).then(|| "not the same when read again".to_owned())
}

#[test]
fn allowed_crates() {
    let sum = "0123456789abcdef".repeat(4);
    let seeds = [
        format!("a-b@1.0.0-rc.1+x#{sum}"),
        format!("z@0.0.1#{}", sum.to_uppercase()),
    ];
    fuzz(
        "allowed crates",
        400,
        seeds.map(String::into_bytes).into(),
        parse_allowed,
    );
}

/// Rules of a manifest: an error names its line, and what is understood twice is the same.
fn read_rules(_: usize, input: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(input);
    match Config::read("Cargo.toml", &text) {
        Ok(config) => {
            let again = Config::read("Cargo.toml", &text).ok();
            (again != Some(config)).then(|| "not the same when read again".to_owned())
        }
        Err(why) => {
            let said = format!("{why}{}", why.remedy());
            (!said.starts_with("Cargo.toml:") || said.len() > 4 * text.len() + 2000)
                .then(|| format!("says {said}"))
        }
    }
}

const RULES: [&str; 2] = [
    "[workspace.metadata.whittle]\nexec = \"never\"\n[workspace.metadata.whittle.rules]\nmax-crates = 40\nmax-depth = { max = 0x6, level = \"warn\", domains = [\"run\", \"build\"] }\nminimum-use = { percent = 0.5 }\ndenied-crates = [\"openssl\", { crate = \"time@<0.2\", reason = \"old\" }]\nallowed-crates = { crates = [\"serde\"], level = \"allow\" }\nnew-direct = { max = 3 }\nnew-item = \"warn\"\n[[workspace.metadata.whittle.ignore]]\nrule = \"new-item\"\nitem = \"a::b::*\"\nreason = \"soon\"\nowner = \"me\"\nexpires = 2027-01-31\n",
    "package = { name = \"a\", metadata = { whittle = { rules = { max-lines = 1_000 }, ignore = [{ rule = \"max-lines\", crate = \"b@1\", reason = \"x\", expires = \"2027-02-28\" }] } } }\n",
];

#[test]
fn rules_of_a_manifest() {
    fuzz("rules", 400, texts(&RULES), read_rules);
}

/// A baseline that is read is what would be written; there is nothing in between.
fn read_lock(_: usize, input: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(input);
    let lock = Lock::read("whittle.lock", &text).ok()?;
    let says = |text: &str| -> Vec<String> {
        let lines = text
            .lines()
            .map(|line| line.trim_end_matches('\r').to_owned());
        lines
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect()
    };
    (says(&lock.to_text()) != says(&text)).then(|| "not what would be written".to_owned())
}

#[test]
fn baselines() {
    let text = Lock::of(&Surface::new(&crate::sample::small())).to_text();
    fuzz("baselines", 400, vec![text.into_bytes()], read_lock);
}
