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

use crate::escapes::misleads;
use crate::mutate::{Cases, mutate};

/// Longer than any healthy run of a program this small, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(200);
const SMOKE: usize = 3;

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

/// More than a healthy run of a program this small takes, in MiB.
const MEMORY: u64 = 6 << 10;

/// Runs the tool on the workspace; says what is wrong with how it went, if anything is.
fn judge(dir: &Utf8Path, cargo: Option<&Utf8Path>, args: &[String]) -> Option<String> {
    let (out, err) = (dir.join("stdout"), dir.join("stderr"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-whittle"));
    command
        .args(args)
        .args(["--exec", "never", "-j", "2", "--manifest-path"])
        .arg(dir.join("Cargo.toml"))
        .env("XDG_CONFIG_HOME", dir.join("user"))
        .env_remove("CARGO_TARGET_DIR")
        .stdin(Stdio::null())
        .stdout(fs::File::create(&out).unwrap())
        .stderr(fs::File::create(&err).unwrap());
    if let Some(cargo) = cargo {
        command.env("CARGO", cargo);
    }
    let start = Instant::now();
    let mut child = command.spawn().unwrap();
    let mut most = 0;
    let status = loop {
        most = most.max(memory(child.id()));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > PATIENCE || most > MEMORY {
            child.kill().unwrap();
            child.wait().unwrap();
            let seconds = start.elapsed().as_secs();
            return Some(format!("still running after {seconds} s, with {most} MiB"));
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let said = |path: &Utf8Path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
    let (out, err) = (said(&out), said(&err));
    match status.code() {
        _ if err.contains("panicked") || err.contains("RUST_BACKTRACE") => Some(err),
        _ if misleads(&out) || misleads(&err) => {
            Some(format!("control characters: {out:?} {err:?}"))
        }
        Some(0 | 1) if out.is_empty() => Some("a clean exit without an answer".to_owned()),
        Some(2) if err.trim().is_empty() => Some("exit 2 without a message".to_owned()),
        Some(0..=2) => None,
        code => Some(format!("exit {code:?}: {err}")),
    }
}

/// Most memory that the process had so far, in MiB; 0 where the system does not tell.
fn memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    number.unwrap_or_default() >> 10
}

fn report() -> Vec<String> {
    vec!["report".to_owned()]
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
    fuzz_file(name, &dir, file, cargo.as_deref(), &report());
}

fn fuzz_file(name: &str, dir: &Utf8Path, file: &str, cargo: Option<&Utf8Path>, args: &[String]) {
    let original = fs::read(dir.join(file)).unwrap();
    assert_eq!(judge(dir, cargo, args), None, "{name}: the seed itself");
    let mut cases = Cases::new(SMOKE);
    let mut bad = String::new();
    for edits in &mut cases {
        write(dir, file, &mutate(&original, &edits));
        if let Some(why) = judge(dir, cargo, args) {
            let _ = writeln!(bad, "{name}: {edits:?}\n{why}");
        }
    }
    cases.end(name);
    assert!(bad.is_empty(), "{bad}");
}

/// The workspace of the other targets, in a folder that lives as long as what is returned.
fn scene() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let dir = Utf8Path::from_path(folder.path()).unwrap();
    let dir = dir.canonicalize_utf8().unwrap();
    seed(&dir);
    (folder, dir)
}

#[test]
fn configuration_of_the_user() {
    let (_folder, dir) = scene();
    let sum = "0".repeat(64);
    let text = format!(
        "exec = \"never\"\nallow = [\n  \"dep@0.2.0#{sum}\", # proc macros\n]\n\n[limits]\nseconds = 20\nmemory-mb = 4000\nprocesses = 200\n"
    );
    let file = "user/cargo-whittle/config.toml";
    write(&dir, file, text.as_bytes());
    fuzz_file("user configuration", &dir, file, None, &report());
}

#[test]
fn advisory() {
    let (_folder, dir) = scene();
    let file = "db/crates/dep/RUSTSEC-2026-0001.md";
    let text = "```toml\n[advisory]\nid = \"RUSTSEC-2026-0001\"\npackage = \"dep\"\ndate = \"2026-01-02\"\nurl = \"https://example.com/a\"\naliases = [\"CVE-2026-0001\"]\nkeywords = [\"b\"]\n\n[affected]\nos = [\"linux\"]\n\n[affected.functions]\n\"dep::Thing::default\" = [\"< 0.0.1\"]\n\"dep::sum\" = [\"*\"]\n\n[versions]\npatched = [\">= 2.0.0\"]\nunaffected = [\"< 0.1.0\"]\n```\n\n# Title\n\nText.\n";
    write(&dir, file, text.as_bytes());
    let db = dir.join("db");
    for format in ["table", "sarif"] {
        write(&dir, file, text.as_bytes());
        let args = ["advisories", "--format", format, "--db", db.as_str()];
        let args = args.map(str::to_owned);
        fuzz_file(&format!("advisory, {format}"), &dir, file, None, &args);
    }
}

#[test]
fn arguments() {
    let (_folder, dir) = scene();
    let mut cases = Cases::new(2 * SMOKE);
    let mut bad = String::new();
    let calls: &[&[&str]] = &[
        &["why", "dep::sum"],
        &["why", "dep@0.2.0"],
        &["report", "-p", "app@0.1.0"],
        &["report", "--features", "extra,dep/more"],
        &["report", "--target", "x86_64-unknown-linux-gnu"],
        &["report", "--profile", "release"],
        &["list", "--crate", "dep", "--status", "used"],
        &[
            "report",
            "--allow-exec",
            "dep@0.2.0#00000000000000000000000000000000000000000000000000000000000000ab",
        ],
        &["report", "--format", "json"],
        &["advisories", "--db", "/nowhere"],
    ];
    while let Some(edits) = cases.next() {
        let mut args: Vec<String> = calls[cases.count % calls.len()]
            .iter()
            .map(|word| (*word).to_owned())
            .collect();
        let last = args.pop().unwrap_or_default();
        // A caller cannot pass a zero byte.
        let mut changed = mutate(last.as_bytes(), &edits);
        changed.retain(|byte| *byte != 0);
        changed.truncate(20_000);
        args.push(String::from_utf8_lossy(&changed).into_owned());
        let why = judge(&dir, None, &args);
        // `-h` in disguise and the like print help; nothing else may.
        if let Some(why) = why {
            let _ = writeln!(bad, "{args:?}\n{why}");
        }
    }
    cases.end("arguments");
    assert!(bad.is_empty(), "{bad}");
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
