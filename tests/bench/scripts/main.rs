//! Compares what build scripts say with what the reader of build scripts makes of them.
//!
//! `cargo run --example scripts -- <manifest> …`: for each workspace, runs the real scripts
//! (as `--exec trust` does: **use a throw-away copy of something you would build**), reads them
//! as `--exec never` does, and prints one line a script: `exact`, `superset` (the truth lies
//! within what the reader calls a guess), `gave up` (the same, for a script that was not
//! understood) or `WRONG` (the reader was sure of something else). Ends with 1 if any is wrong.
//!
//! `… --read <folder> [part of a name]` reads every `<folder>/*/build.rs` for Linux on x86-64,
//! with nothing to compare it with, and says how many were understood.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use camino::Utf8Path;
use cargo_whittle::cargo::load_project;
use cargo_whittle::model::{BuildOutput, Project, Unit};
use cargo_whittle::options::{ExecPolicy, Options};
use cargo_whittle::script::{Input, Reading};

fn main() -> ExitCode {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [option, folder, rustc @ ..] = arguments.as_slice()
        && option == "--read"
    {
        read_all(Utf8Path::new(folder), rustc.first());
        return ExitCode::SUCCESS;
    }
    for manifest in std::env::args().skip(1) {
        println!(
            "{}",
            Utf8Path::new(&manifest)
                .parent()
                .and_then(Utf8Path::file_name)
                .unwrap_or(&manifest)
        );
        let load = |exec| {
            let mut options = Options {
                exec,
                ..Options::default()
            };
            options.selection.manifest_path = Some(manifest.clone().into());
            load_project(&options, &|_| {})
        };
        match (load(ExecPolicy::Never), load(ExecPolicy::Trust)) {
            (Ok(read), Ok(ran)) => compare(&read, &ran, &mut counts),
            (Err(why), _) | (_, Err(why)) => {
                eprintln!("  {why}");
                *counts.entry("WRONG").or_default() += 1;
            }
        }
    }
    let total: usize = counts.values().sum();
    println!("{total} scripts: {counts:?}");
    ExitCode::from(u8::from(counts.contains_key("WRONG")))
}

/// Reads what stands in a registry's source folder, all optional features off.
fn read_all(folder: &Utf8Path, only: Option<&String>) {
    let (mut total, mut gave_up, mut sure) = (0, 0, 0);
    let mut packages: Vec<String> = folder
        .read_dir_utf8()
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_owned())
        .filter(|name| only.is_none_or(|only| name.contains(only.as_str())))
        .collect();
    packages.sort_unstable();
    for name in packages {
        let package = folder.join(&name);
        let script = package.join("build.rs");
        if !script.is_file() {
            continue;
        }
        let (stem, version) = name.rsplit_once('-').unwrap_or((&name, "0.0.0"));
        let numbers: Vec<&str> = version.split(['.', '+', '-']).collect();
        let part = |at: usize| numbers.get(at).copied().unwrap_or("0");
        let triple = "x86_64-unknown-linux-gnu";
        let env = [
            ("CARGO_MANIFEST_DIR", package.as_str()),
            ("CARGO_PKG_NAME", stem),
            ("CARGO_PKG_VERSION", version),
            ("CARGO_PKG_VERSION_MAJOR", part(0)),
            ("CARGO_PKG_VERSION_MINOR", part(1)),
            ("CARGO_PKG_VERSION_PATCH", part(2)),
            ("CARGO_FEATURE_STD", "1"),
            ("CARGO_FEATURE_DEFAULT", "1"),
            ("CARGO_CFG_TARGET_ARCH", "x86_64"),
            ("CARGO_CFG_TARGET_OS", "linux"),
            ("CARGO_CFG_TARGET_ENV", "gnu"),
            ("CARGO_CFG_TARGET_FAMILY", "unix"),
            ("CARGO_CFG_TARGET_VENDOR", "unknown"),
            ("CARGO_CFG_TARGET_ENDIAN", "little"),
            ("CARGO_CFG_TARGET_POINTER_WIDTH", "64"),
            ("CARGO_CFG_TARGET_FEATURE", "fxsr,sse,sse2"),
            ("CARGO_CFG_TARGET_HAS_ATOMIC", "16,32,64,8,ptr"),
            ("CARGO_CFG_UNIX", ""),
            ("CARGO_ENCODED_RUSTFLAGS", ""),
            ("TARGET", triple),
            ("HOST", triple),
            ("RUSTC", "rustc"),
            ("NUM_JOBS", "1"),
            ("OPT_LEVEL", "0"),
            ("DEBUG", "true"),
            ("PROFILE", "debug"),
            ("OUT_DIR", "/out"),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let cfgs = [
            "unix",
            "target_os=\"linux\"",
            "target_arch=\"x86_64\"",
            "feature=\"std\"",
            "feature=\"default\"",
        ];
        let reading = cargo_whittle::script::read(&Input {
            folder: package.to_string(),
            script: script.to_string(),
            env: env.into(),
            cfgs: cfgs.map(str::to_owned).to_vec(),
            inherited: BTreeSet::new(),
            out_dir: "/out".to_owned(),
            rustc_verbose: "rustc 1.95.0 (0 2026-04-14)\nbinary: rustc\nhost: x86_64-unknown-linux-gnu\ncommit-date: 2026-04-14\nrelease: 1.95.0\nLLVM version: 22.1.2\n".to_owned(),
            sysroot: None,
            keeps_json_order: false,
        });
        total += 1;
        gave_up += usize::from(reading.gave_up.is_some());
        sure += usize::from(reading.is_sure());
        let verdict = match (&reading.gave_up, reading.is_sure()) {
            (Some(_), _) => "gave up",
            (_, true) => "sure",
            _ => "guesses",
        };
        println!(
            "  {name}: {verdict} {:?}{}",
            reading.cfgs_on,
            details(&reading, &[])
        );
    }
    println!("{total} scripts: {sure} sure, {gave_up} given up");
}

fn compare(read: &Project, ran: &Project, counts: &mut BTreeMap<&'static str, usize>) {
    let mut seen = BTreeSet::new();
    for unit in &read.units {
        let BuildOutput::Read { reading, .. } = &unit.build_output else {
            continue;
        };
        let package = &read.packages[unit.package];
        let place = format!("{} {}", package.name, package.version);
        let same = |other: &&Unit| {
            let there = &ran.packages[other.package];
            there.id == package.id
                && other.kind == unit.kind
                && other.root_file == unit.root_file
                && other.features == unit.features
                && other.for_host == unit.for_host
        };
        let Some(truth) = ran.units.iter().find(same) else {
            continue;
        };
        let BuildOutput::Ran { out_dir } = &truth.build_output else {
            println!("  {place}: did not run");
            continue;
        };
        if !seen.insert((place.clone(), unit.features.clone(), unit.for_host)) {
            continue;
        }
        let mut wrong = Vec::new();
        let exact = cfgs(reading, unit, truth, &mut wrong)
            & variables(reading, truth, &mut wrong)
            & out_dir
                .as_deref()
                .is_none_or(|dir| files(reading, unit, dir, &mut wrong));
        let verdict = if !wrong.is_empty() {
            "WRONG"
        } else if reading.gave_up.is_some() {
            "gave up"
        } else if exact && reading.is_sure() {
            "exact"
        } else {
            "superset"
        };
        *counts.entry(verdict).or_default() += 1;
        println!("  {place}: {verdict}{}", details(reading, &wrong));
    }
}

fn details(reading: &Reading, wrong: &[String]) -> String {
    let mut details: Vec<String> = wrong.to_vec();
    details.extend(reading.gave_up.iter().cloned());
    details.extend(
        reading
            .anything
            .iter()
            .map(|why| format!("anything: {why}")),
    );
    let guesses = reading.cfgs_maybe.iter().chain(&reading.env_maybe);
    details.extend(
        guesses.map(|g| format!("{}{}: {}", if g.on { "+" } else { "-" }, g.name, g.reason)),
    );
    let files = reading.out_files_unknown.iter();
    details.extend(files.map(|(f, why)| format!("file {}: {why}", f.as_deref().unwrap_or("?"))));
    details
        .iter()
        .flat_map(|line| ["\n      ", line.as_str()])
        .collect()
}

/// Whether the guess is the truth; what the reader was sure of and is not so goes to `wrong`.
fn cfgs(reading: &Reading, read: &Unit, ran: &Unit, wrong: &mut Vec<String>) -> bool {
    let (ours, theirs): (BTreeSet<&String>, BTreeSet<&String>) =
        (read.cfgs.iter().collect(), ran.cfgs.iter().collect());
    for cfg in ours.symmetric_difference(&theirs) {
        let guessed = reading.cfgs_maybe.iter().any(|guess| &guess.name == *cfg);
        if !guessed && (ours.contains(cfg) || reading.anything.is_none()) {
            let how = if ours.contains(cfg) {
                "on, and is not"
            } else {
                "off, and is on"
            };
            wrong.push(format!("cfg {cfg} taken to be {how}"));
        }
    }
    ours == theirs
}

fn variables(reading: &Reading, ran: &Unit, wrong: &mut Vec<String>) -> bool {
    let own = ran.env.get("OUT_DIR").cloned().unwrap_or_default();
    for (name, value) in &reading.env_on {
        let theirs = ran.env.get(name);
        // Values that hold the output folder differ by it.
        let same = theirs.is_some_and(|theirs| {
            theirs == value
                || !own.is_empty() && theirs.contains(&own)
                || value.contains("/scripts/")
        });
        if !same {
            wrong.push(format!("variable {name} is {theirs:?}, not {value:?}"));
        }
    }
    reading.env_maybe.is_empty()
}

fn files(reading: &Reading, unit: &Unit, dir: &Utf8Path, wrong: &mut Vec<String>) -> bool {
    let real = text_files(dir);
    let vague = |name: &str| {
        let mut unknown = reading.out_files_unknown.iter();
        unknown.any(|(file, _)| file.as_deref().is_none_or(|file| file == name))
    };
    let ours = unit.env.get("OUT_DIR").cloned().unwrap_or_default();
    for (name, text) in &real {
        let kept = reading.out_files.get(name);
        let same =
            kept.is_some_and(|kept| kept.replace(&ours, "") == text.replace(dir.as_str(), ""));
        if !same && !vague(name) && name.rsplit('.').next() == Some("rs") {
            let how = if kept.is_some() {
                "differs"
            } else {
                "is missing"
            };
            wrong.push(format!("file {name} {how}"));
        }
    }
    for name in reading.out_files.keys() {
        if !real.contains_key(name) && !vague(name) {
            wrong.push(format!("file {name} is not written"));
        }
    }
    reading.out_files_unknown.is_empty()
}

fn text_files(dir: &Utf8Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut pending = vec![dir.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                pending.push(path.to_owned());
            } else if let (Ok(name), Ok(text)) =
                (path.strip_prefix(dir), std::fs::read_to_string(path))
            {
                found.insert(name.to_string(), text);
            }
        }
    }
    found
}
