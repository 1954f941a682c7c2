//! The units that loading gives are those a build compiles.
//!
//! `cargo build` runs with a wrapper around rustc that writes down every call: its arguments,
//! its environment, and the cfgs rustc itself computes from them. Each call becomes one line
//! (crate, edition, kind, platform, cfgs, extern names, environment), and so does each unit;
//! the two lists must be the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use cargo_whittle::cargo::{build_flags, load_project};
use cargo_whittle::model::{Domains, Project, Unit, UnitKind};
use cargo_whittle::options::{ExecPolicy, Options, Selection};

/// Environment variables that are compared; the others are the machine's.
const VARIABLES: [&str; 6] = [
    "CARGO_PKG_",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_CRATE_NAME",
    "CARGO_BIN_NAME",
    "CARGO_PRIMARY_PACKAGE",
];

/// Cargo's own questions to rustc, and what build scripts try out with it, name no crate.
const WRAPPER: &str = r#"#!/bin/sh
if [ -n "$CARGO_CRATE_NAME" ]; then
    call=$(mktemp -d "$WHITTLE_TEST_LOG/XXXXXXXX")
    printf '%s\0' "$@" > "$call/args"
    env -0 > "$call/env"
    "$@" --print cfg > "$call/cfg"
fi
exec "$@"
"#;

#[test]
fn default_selection() {
    check_fixture("default", &Selection::default());
}

#[test]
fn release_profile() {
    check_fixture(
        "release",
        &Selection {
            release: true,
            ..Selection::default()
        },
    );
}

#[test]
fn tests_and_examples_of_the_workspace() {
    check_fixture(
        "all-targets",
        &Selection {
            workspace: true,
            all_targets: true,
            ..Selection::default()
        },
    );
}

#[test]
fn features_of_a_member() {
    let features = vec!["extra".to_owned()];
    check_fixture(
        "features",
        &Selection {
            features,
            no_default_features: true,
            ..Selection::default()
        },
    );
}

#[test]
fn a_target_that_is_the_host() {
    let verbose = Command::new("rustc").arg("-vV").output().unwrap();
    let verbose = String::from_utf8(verbose.stdout).unwrap();
    let host = verbose
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap()
        .to_owned();
    check_fixture(
        "target",
        &Selection {
            target: Some(host),
            ..Selection::default()
        },
    );
}

/// The bench projects are fetched by the bench's own command; where they are is in
/// `WHITTLE_BENCH` then.
#[test]
fn bench_projects() {
    let Some(bench) = std::env::var_os("WHITTLE_BENCH").map(PathBuf::from) else {
        return;
    };
    let mut projects: Vec<PathBuf> = fs::read_dir(bench)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    projects.retain(|project| project.join("Cargo.lock").is_file());
    projects.sort();
    assert!(!projects.is_empty());
    for project in projects {
        let name = project.file_name().unwrap().to_str().unwrap().to_owned();
        check(&project, &scratch(&name), &Selection::default());
    }
}

#[test]
fn every_fixture() {
    let mut fixtures: Vec<PathBuf> = fs::read_dir(fixtures())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    // Those called broken are not meant to build.
    let name = |fixture: &Path| fixture.file_name().unwrap().to_str().unwrap().to_owned();
    fixtures.retain(|fixture| {
        fixture.join("Cargo.lock").is_file()
            && !name(fixture).starts_with("broken")
            && !name(fixture).starts_with("hostile")
    });
    fixtures.sort();
    assert!(!fixtures.is_empty());
    for fixture in fixtures {
        let name = fixture.file_name().unwrap().to_str().unwrap().to_owned();
        check_copy(
            &fixture,
            &scratch(&format!("every/{name}")),
            &Selection::default(),
        );
    }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn check_fixture(name: &str, selection: &Selection) {
    check_copy(&fixtures().join("cargo-graph"), &scratch(name), selection);
}

/// Works on a copy, so that nothing is written into the fixtures.
fn check_copy(fixture: &Path, scratch: &Path, selection: &Selection) {
    let workspace = scratch.join("workspace");
    copy(fixture, &workspace);
    check(&workspace, scratch, selection);
}

/// An empty folder of the test's own.
fn scratch(name: &str) -> PathBuf {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("cargo-graph")
        .join(name);
    let _ = fs::remove_dir_all(&scratch);
    fs::create_dir_all(&scratch).unwrap();
    scratch
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn check(workspace: &Path, scratch: &Path, selection: &Selection) {
    let name = scratch.file_name().unwrap().to_str().unwrap();
    let manifest = workspace.join("Cargo.toml");
    let built = built(&manifest, scratch, selection);
    let loaded = loaded(&manifest, selection);
    assert!(!built.is_empty(), "the build of {name} called rustc");
    let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| {
        a.difference(b).cloned().collect::<Vec<_>>().join("\n")
    };
    assert!(
        built == loaded,
        "{name}: only cargo:\n{}\n\nonly loaded:\n{}",
        only(&built, &loaded),
        only(&loaded, &built)
    );
    println!("{name}: {} rustc calls agree", built.len());
}

/// std's sources, recovered once for all tests of this file.
fn std_sources() -> PathBuf {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    let root = ROOT.get_or_init(|| {
        let workspace = scratch("std-sources");
        copy(&fixtures().join("cargo-graph"), &workspace);
        let manifest = workspace.join("Cargo.toml");
        load(&manifest, &Selection::default(), None)
            .std_src
            .root
            .into()
    });
    root.clone()
}

fn load(manifest: &Path, selection: &Selection, std_src: Option<PathBuf>) -> Project {
    let utf8 = |path: &Path| path.to_str().unwrap().into();
    let options = Options {
        selection: Selection {
            manifest_path: Some(utf8(manifest)),
            ..selection.clone()
        },
        domains: Domains::RUN | Domains::BUILD | Domains::MACRO | Domains::DEV,
        std_src: std_src.as_deref().map(utf8),
        exec: ExecPolicy::Trust,
        ..Options::default()
    };
    load_project(&options, &|_| {}).unwrap()
}

/// One line a unit.
fn loaded(manifest: &Path, selection: &Selection) -> BTreeSet<String> {
    let project = load(manifest, selection, Some(std_sources()));
    assert_eq!(project.notices, Vec::<String>::new());
    project
        .units
        .iter()
        .map(|unit| unit_line(&project, unit, selection))
        .collect()
}

fn unit_line(project: &Project, unit: &Unit, selection: &Selection) -> String {
    let kind = match unit.kind {
        _ if unit.test_harness => "test",
        UnitKind::Lib => "lib",
        UnitKind::ProcMacro => "proc-macro",
        UnitKind::Bin
        | UnitKind::Example
        | UnitKind::Test
        | UnitKind::Bench
        | UnitKind::BuildScript => "bin",
    };
    let externs: BTreeSet<&str> = unit
        .dependencies
        .iter()
        .map(|d| d.extern_name.as_str())
        .collect();
    let cfgs: BTreeSet<&str> = unit.cfgs.iter().map(String::as_str).collect();
    assert!(
        unit.features
            .iter()
            .all(|f| cfgs.contains(format!("feature=\"{f}\"").as_str()))
    );
    assert!(project.packages[unit.package].manifest_dir.is_absolute());
    line(&Call {
        name: &unit.crate_name,
        edition: &unit.edition,
        kind,
        targeted: selection.target.is_some() && !unit.for_host,
        file: unit.root_file.file_name().unwrap(),
        cfgs,
        externs,
        env: unit
            .env
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect(),
    })
}

struct Call<'a> {
    name: &'a str,
    edition: &'a str,
    kind: &'a str,
    targeted: bool,
    file: &'a str,
    cfgs: BTreeSet<&'a str>,
    externs: BTreeSet<&'a str>,
    env: BTreeMap<&'a str, &'a str>,
}

fn line(call: &Call<'_>) -> String {
    let Call {
        name,
        edition,
        kind,
        targeted,
        file,
        cfgs,
        externs,
        env,
    } = call;
    let env: Vec<String> = env
        .iter()
        .filter(|(variable, _)| VARIABLES.iter().any(|known| variable.starts_with(known)))
        .map(|(variable, value)| format!("{variable}={value:?}"))
        .collect();
    let has_out_dir = call.env.contains_key("OUT_DIR");
    format!(
        "{name} {kind} {edition} {file} target={targeted} out_dir={has_out_dir} {cfgs:?} {externs:?} {env:?}"
    )
}

/// One line a call of rustc in `cargo build`.
fn built(manifest: &Path, scratch: &Path, selection: &Selection) -> BTreeSet<String> {
    let log = scratch.join("log");
    fs::create_dir_all(&log).unwrap();
    let wrapper = scratch.join("wrapper.sh");
    fs::write(&wrapper, WRAPPER).unwrap();
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build
        .arg("build")
        .args(build_flags(selection))
        .arg("--manifest-path")
        .arg(manifest);
    build
        .arg("--target-dir")
        .arg(scratch.join("target"))
        .current_dir(manifest.parent().unwrap());
    build
        .env("RUSTC_WRAPPER", &wrapper)
        .env("WHITTLE_TEST_LOG", &log);
    // What `cargo test` set for this process is not the workspace's.
    for (variable, _) in std::env::vars().filter(|(variable, _)| is_own(variable)) {
        build.env_remove(variable);
    }
    let output = build.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    fs::read_dir(&log)
        .unwrap()
        .map(|entry| call_line(&entry.unwrap().path()))
        .collect()
}

fn is_own(variable: &str) -> bool {
    VARIABLES.iter().any(|known| variable.starts_with(known))
}

fn call_line(call: &Path) -> String {
    let read = |name: &str| fs::read_to_string(call.join(name)).unwrap();
    let (args, env, cfgs) = (read("args"), read("env"), read("cfg"));
    let args: Vec<&str> = args.split_terminator('\0').collect();
    let values = |flag: &'static str| {
        let separate = args
            .windows(2)
            .filter(move |pair| pair[0] == flag)
            .map(|pair| pair[1]);
        let joined = args
            .iter()
            .filter_map(move |arg| arg.strip_prefix(flag)?.strip_prefix('='));
        separate.chain(joined)
    };
    let kind = match values("--crate-type").next() {
        _ if args.contains(&"--test") => "test",
        // Without a type it is rustc's default, a program (`harness = false`).
        Some("bin") | None => "bin",
        Some("proc-macro") => "proc-macro",
        Some(_) => "lib",
    };
    // `proc_macro` and std's crates are given by name alone.
    let externs = values("--extern").filter_map(|value| Some(value.split_once('=')?.0));
    line(&Call {
        name: values("--crate-name").next().unwrap(),
        edition: values("--edition").next().unwrap_or("2015"),
        kind,
        targeted: values("--target").next().is_some(),
        file: args
            .iter()
            .find(|arg| Path::new(arg).extension().is_some_and(|end| end == "rs"))
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap(),
        cfgs: cfgs.lines().collect(),
        externs: externs
            .map(|name| name.rsplit(':').next().unwrap())
            .collect(),
        env: env
            .split_terminator('\0')
            .filter_map(|pair| pair.split_once('='))
            .collect(),
    })
}
