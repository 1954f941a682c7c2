//! Mutated inputs: an answer or exit 2 with a message, in bounded time, and never a panic.
//!
//! A few cases of each target here, as a smoke test; `WHITTLE_FUZZ_SECONDS=300` runs each
//! target for that long with fresh cases (`cargo test --test it fuzz -- --nocapture`). A case
//! that fails prints its edits, and its seed comes again.

use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Longer than any healthy run of a program this small, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(200);
const SMOKE: usize = 3;

/// Pieces that have meaning to someone on the way.
const PIECES: &[&str] = &[
    "",
    "\0",
    "\u{1b}[31m",
    "\u{202e}",
    "{",
    "}",
    "[[",
    "]]",
    "\"",
    "'",
    "\\",
    "/*",
    "*/",
    "r#\"",
    "../../../../etc/passwd",
    "/dev/zero",
    "99999999999999999999",
    "-1",
    "null",
    "é",
    "\r\n",
    "#[path = \"/dev/zero\"] mod z;",
    "include!(\"/dev/zero\");",
    "mod a { mod a { mod a {",
    "macro_rules! m { () => { m!() m!() } } m!();",
    "impl<T: Tr> Tr for Vec<T> where Vec<Vec<T>>: Tr {}",
    "fn f() -> impl Fn() { f() }",
    "const C: usize = C + 1;",
    "type A = B; type B = A;",
    "trait T: T {}",
    "use self::*; pub use super::*;",
    "extern crate core as std;",
    "#![no_core]",
    "path = \"/\"",
    "links = \"x\"",
    "[workspace]",
    "[patch.crates-io]",
    "edition = \"2099\"",
    "[target.'cfg(all(']",
    "features = [\"a/b\", \"dep:c\", \"c?/d\"]",
    "version = 9",
    "checksum = \"\"",
];

#[derive(Debug, Clone)]
enum Edit {
    Remove(prop::sample::Index, usize),
    Insert(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize, usize),
    Flip(prop::sample::Index, u8),
    Nest(prop::sample::Index, usize),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let at = || any::<prop::sample::Index>();
    let one = prop_oneof![
        2 => (at(), 1_usize..40).prop_map(|(at, len)| Edit::Remove(at, len)),
        4 => (at(), 0..PIECES.len()).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        1 => (at(), 1_usize..200, 1_usize..60).prop_map(|(at, len, n)| Edit::Repeat(at, len, n)),
        1 => (at(), any::<u8>()).prop_map(|(at, bits)| Edit::Flip(at, bits)),
        1 => (at(), 1_usize..3000).prop_map(|(at, depth)| Edit::Nest(at, depth)),
    ];
    vec(one, 1..5)
}

fn mutate(text: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut text = text.to_vec();
    for edit in edits {
        let place = |at: &prop::sample::Index| at.index(text.len() + 1);
        match edit {
            Edit::Remove(at, len) => {
                let start = place(at);
                text.drain(start..(start + len).min(text.len()));
            }
            Edit::Insert(at, piece) => {
                let at = place(at);
                text.splice(at..at, PIECES[*piece].bytes());
            }
            Edit::Repeat(at, len, times) => {
                let start = place(at);
                let piece = text[start..(start + len).min(text.len())].repeat(*times);
                text.splice(start..start, piece);
            }
            Edit::Flip(at, bits) => {
                let at = place(at);
                if let Some(byte) = text.get_mut(at) {
                    *byte ^= bits;
                }
            }
            Edit::Nest(at, depth) => {
                let at = place(at);
                text.splice(at..at, "([{<".bytes().cycle().take(*depth));
            }
        }
    }
    text
}

fn write(dir: &Utf8Path, file: &str, text: &[u8]) {
    let path = dir.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A program with one dependency, something of each kind in both.
fn seed(dir: &Utf8Path) {
    let files = [
        (
            "Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[features]\nextra = [\"dep/more\"]\n[dependencies]\ndep = { path = \"dep\", features = [\"more\"] }\n[profile.dev]\npanic = \"abort\"\n[workspace]\nexclude = [\"dep\"]\n",
        ),
        (
            "src/main.rs",
            "mod inner { pub struct S<T>(pub T); impl<T: Clone> Drop for S<T> where T: dep::Named { fn drop(&mut self) { self.0.name(); } } }\nmacro_rules! twice { ($e:expr) => { ($e, $e) } }\nfn main() {\n    let boxed: Box<dyn dep::Named> = Box::new(dep::Thing::default());\n    println!(\"{} {:?}\", boxed.name(), twice!(dep::sum(&[1, 2])));\n    for x in dep::all().filter(|x| *x > 1) { let _ = x; }\n}\n",
        ),
        (
            ".cargo/config.toml",
            "[build]\nrustflags = [\"--cfg\", \"wide\"]\n[source.crates-io]\nreplace-with = \"near\"\n[source.near]\ndirectory = \"near\"\n[env]\nA = { value = \"b\", relative = true }\n",
        ),
        ("near/.keep", ""),
        (
            "dep/Cargo.toml",
            "[package]\nname = \"dep\"\nversion = \"0.2.0\"\nedition = \"2018\"\n[features]\nmore = []\n[lib]\npath = \"src/lib.rs\"\n",
        ),
        (
            "dep/src/lib.rs",
            "mod part;\npub use part::*;\npub trait Named { fn name(&self) -> String { String::new() } }\n#[derive(Default, Clone, Debug, PartialEq)]\npub struct Thing { a: Option<u8>, b: Vec<String> }\nimpl Named for Thing {}\npub fn sum(xs: &[u32]) -> u32 { xs.iter().copied().fold(0, |a, b| a + b) }\n#[cfg(feature = \"more\")]\npub fn all() -> impl Iterator<Item = u32> { (0..3).map(step) }\n",
        ),
        (
            "dep/src/part.rs",
            "pub(crate) fn step(x: u32) -> u32 { x + OFFSET[0] }\nstatic OFFSET: [u32; LEN] = [1; LEN];\nconst LEN: usize = 2;\npub enum Shape { Round(f32), Square { side: u32 } }\nimpl Shape { pub fn area(&self) -> f32 { match self { Self::Round(r) => r * r, Self::Square { side } => *side as f32 } } }\n",
        ),
    ];
    for (file, text) in files {
        write(dir, file, text.as_bytes());
    }
    let lock = Command::new("cargo")
        .args(["generate-lockfile", "--offline"])
        .current_dir(dir)
        .status();
    assert!(lock.unwrap().success());
}

/// A cargo that answers one subcommand with the file `answer`, and is cargo otherwise.
#[cfg(unix)]
fn fake_cargo(dir: &Utf8Path, when: &str) -> Utf8PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = dir.join("fake-cargo");
    let script = format!(
        "#!/bin/sh\ncase \" $* \" in *' {when} '*) exec cat '{dir}/answer' ;; *) exec cargo \"$@\" ;; esac\n"
    );
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Runs the tool; says what is wrong with how it went, if anything is.
fn judge(dir: &Utf8Path, cargo: Option<&Utf8Path>) -> Option<String> {
    let (out, err) = (dir.join("stdout"), dir.join("stderr"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-whittle"));
    command
        .args(["report", "--exec", "never", "-j", "2", "--manifest-path"])
        .arg(dir.join("Cargo.toml"))
        .env_remove("CARGO_TARGET_DIR")
        .stdin(Stdio::null())
        .stdout(fs::File::create(&out).unwrap())
        .stderr(fs::File::create(&err).unwrap());
    if let Some(cargo) = cargo {
        command.env("CARGO", cargo);
    }
    let start = Instant::now();
    let mut child = command.spawn().unwrap();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            return Some(format!("still running after {PATIENCE:?}"));
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let said = |path: &Utf8Path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
    let (out, err) = (said(&out), said(&err));
    let control = |text: &str| {
        let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\t') || c == '\u{202e}';
        text.chars().any(odd)
    };
    match status.code() {
        _ if err.contains("panicked") || err.contains("RUST_BACKTRACE") => Some(err),
        _ if control(&out) || control(&err) => Some(format!("control characters: {out:?} {err:?}")),
        Some(0 | 1) if out.is_empty() => Some("a clean exit without an answer".to_owned()),
        Some(2) if err.trim().is_empty() => Some("exit 2 without a message".to_owned()),
        Some(0..=2) => None,
        code => Some(format!("exit {code:?}: {err}")),
    }
}

/// Mutates `file` again and again.
fn fuzz(name: &str, file: &str, answered: Option<&str>) {
    let folder = tempfile::tempdir().unwrap();
    let dir = Utf8Path::from_path(folder.path()).unwrap();
    let dir = dir.canonicalize_utf8().unwrap();
    seed(&dir);
    let mut cargo = None;
    if let Some(subcommand) = answered {
        let real = Command::new("cargo")
            .args(match subcommand {
                "--unit-graph" => &["build", "--unit-graph", "-Zunstable-options"][..],
                _ => &["metadata", "--format-version=1"],
            })
            .arg("--offline")
            .env("__CARGO_TEST_CHANNEL_OVERRIDE_DO_NOT_USE_THIS", "nightly")
            .current_dir(&dir)
            .output()
            .unwrap();
        assert!(real.status.success());
        write(&dir, file, &real.stdout);
        cargo = Some(fake_cargo(&dir, subcommand));
    }
    let original = fs::read(dir.join(file)).unwrap();
    assert_eq!(
        judge(&dir, cargo.as_deref()),
        None,
        "{name}: the seed itself"
    );

    let seconds = std::env::var("WHITTLE_FUZZ_SECONDS").ok();
    let limit = seconds.map(|it| Duration::from_secs(it.parse().unwrap()));
    // The smoke test is the same every time, a long run never.
    let rng = match limit {
        None => TestRng::deterministic_rng(RngAlgorithm::ChaCha),
        Some(_) => TestRng::from_seed(RngAlgorithm::ChaCha, &rand_seed()),
    };
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let (start, mut cases, mut bad) = (Instant::now(), 0, String::new());
    while limit.map_or(cases < SMOKE, |limit| start.elapsed() < limit) {
        let edits = edits().new_tree(&mut runner).unwrap().current();
        write(&dir, file, &mutate(&original, &edits));
        if let Some(why) = judge(&dir, cargo.as_deref()) {
            let _ = writeln!(bad, "{name}: {edits:?}\n{why}");
        }
        cases += 1;
    }
    println!(
        "fuzz {name}: {cases} cases in {} s",
        start.elapsed().as_secs()
    );
    assert!(bad.is_empty(), "{bad}");
}

fn rand_seed() -> [u8; 32] {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let mut seed = [0; 32];
    seed[..16].copy_from_slice(&now.unwrap().as_nanos().to_le_bytes());
    println!("fuzz seed: {seed:?}");
    seed
}

#[test]
fn manifest_of_the_workspace() {
    fuzz("manifest", "Cargo.toml", None);
}

#[test]
fn manifest_of_a_dependency() {
    fuzz("dependency manifest", "dep/Cargo.toml", None);
}

#[test]
fn lock_file() {
    fuzz("lock file", "Cargo.lock", None);
}

#[test]
fn source_of_the_workspace() {
    fuzz("source", "src/main.rs", None);
}

#[test]
fn source_of_a_dependency() {
    fuzz("dependency source", "dep/src/lib.rs", None);
}

#[cfg(unix)]
#[test]
fn metadata() {
    fuzz("cargo metadata", "answer", Some("metadata"));
}

#[cfg(unix)]
#[test]
fn unit_graph() {
    fuzz("unit graph", "answer", Some("--unit-graph"));
}

#[test]
fn configuration_of_the_tree() {
    fuzz("configuration", ".cargo/config.toml", None);
}
