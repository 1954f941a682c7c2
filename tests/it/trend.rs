//! `record` and `trend` on a small repository with a past: figures are those of `report`, gaps and
//! other validity are seen, interrupted and repeated runs change nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Output};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::fixtures::{configuration, stdout};

/// A repository whose workspace is in a folder of it.
struct Repo {
    _folder: tempfile::TempDir,
    dir: Utf8PathBuf,
    workspace: Utf8PathBuf,
    commits: Vec<String>,
}

const LIBRARY: &str = "pub fn one() -> u32 { helper() + 1 }\npub fn two() -> u32 { unsafe { raw() } }\npub fn three() -> u32 { two() + one() }\nfn helper() -> u32 { 1 }\nunsafe fn raw() -> u32 { 2 }\n";

impl Repo {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(folder.path()).unwrap();
        let dir = dir.canonicalize_utf8().unwrap().join("repo");
        fs::create_dir(&dir).unwrap();
        let mut repo = Self {
            _folder: folder,
            workspace: dir.join("app"),
            dir,
            commits: Vec::new(),
        };
        repo.git(&["init", "--quiet", "--initial-branch=main"]);
        repo.write(".gitignore", "target/\n");
        repo
    }

    fn git(&mut self, arguments: &[&str]) -> String {
        let time = format!("{} +0000", 1_767_225_600 + 86_400 * self.commits.len());
        let output = Command::new("git")
            .args(arguments)
            .current_dir(&self.dir)
            .envs([
                ("GIT_CONFIG_NOSYSTEM", "1"),
                ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ])
            .envs([
                ("GIT_AUTHOR_NAME", "a"),
                ("GIT_AUTHOR_EMAIL", "a@example.org"),
            ])
            .envs([
                ("GIT_COMMITTER_NAME", "a"),
                ("GIT_COMMITTER_EMAIL", "a@example.org"),
            ])
            .envs([("GIT_AUTHOR_DATE", &time), ("GIT_COMMITTER_DATE", &time)])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn commit(&mut self, title: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "-m", title]);
        let id = self.git(&["rev-parse", "HEAD"]);
        self.commits.push(id);
    }

    /// The program depends on these crates, which are beside the workspace, and calls this.
    fn program(&self, crates: &[&str], main: &str) {
        let mut manifest =
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n"
                .to_owned();
        for name in crates {
            let _ = writeln!(manifest, "{name} = {{ path = \"../{name}\" }}");
        }
        self.write("app/Cargo.toml", &manifest);
        self.write("app/src/main.rs", main);
    }

    fn lock(&self) {
        let lock = Command::new("cargo")
            .args(["generate-lockfile", "--offline"])
            .current_dir(&self.workspace)
            .status();
        assert!(lock.unwrap().success());
    }

    fn library(&self, name: &str, text: &str) {
        let manifest =
            format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n");
        self.write(&format!("{name}/Cargo.toml"), &manifest);
        self.write(&format!("{name}/src/lib.rs"), text);
    }

    fn whittle(&self, arguments: &[&str]) -> Output {
        let manifest = self.workspace.join("Cargo.toml");
        Command::new(env!("CARGO_BIN_EXE_cargo-whittle"))
            .args(arguments)
            .args(["--manifest-path", manifest.as_str()])
            .env("XDG_CONFIG_HOME", configuration("exec = \"never\"\n"))
            .env("WHITTLE_NO_CACHE", "1")
            // Where git is told to look elsewhere, we do not.
            .env("GIT_DIR", "/nowhere")
            .env("GIT_WORK_TREE", "/nowhere")
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_TARGET_DIR")
            .output()
            .expect("the tool starts")
    }

    fn history(&self) -> Utf8PathBuf {
        self.workspace.join("whittle-history.jsonl")
    }

    /// Records by commit.
    fn records(&self) -> BTreeMap<String, Value> {
        let text = fs::read_to_string(self.history()).unwrap();
        let records = text
            .lines()
            .map(|line| -> Value { serde_json::from_str(line).unwrap() });
        records
            .map(|record| (record["commit"].as_str().unwrap().to_owned(), record))
            .collect()
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Dependencies come, grow, and go; one commit has no lock file, one does not parse.
fn story() -> Repo {
    let mut repo = Repo::new();
    repo.program(&[], "fn main() {}\n");
    repo.lock();
    repo.commit("nothing yet");
    repo.library("dep", LIBRARY);
    repo.program(&["dep"], "fn main() { dep::one(); }\n");
    repo.lock();
    repo.commit("dep comes");
    repo.write("app/src/main.rs", "fn main() { dep::three(); }\n");
    repo.commit("dep grows");
    fs::remove_file(repo.workspace.join("Cargo.lock")).unwrap();
    repo.commit("without a lock file");
    repo.library("other", "pub fn only() {}\npub fn not() {}\n");
    repo.program(
        &["dep", "other"],
        "fn main() { dep::one(); other::only(); }\n",
    );
    repo.lock();
    repo.commit("other comes, dep shrinks");
    repo.write("app/Cargo.toml", "[package\n");
    repo.commit("broken manifest");
    repo.program(&["other"], "fn main() { other::only(); }\n");
    repo.lock();
    repo.commit("dep goes");
    repo
}

/// The figures that a record keeps, read off a report: functions, lines, unsafe of a crate.
pub(crate) fn of_report(report: &Value) -> BTreeMap<String, Value> {
    let crates = report["crates"].as_array().unwrap().iter();
    let figures = crates.map(|it| {
        let run = &it["domains"]["run"];
        (it["name"].as_str().unwrap().to_owned(), kept(run))
    });
    let total = kept(&report["totals"]["run"]);
    figures.chain([("total".to_owned(), total)]).collect()
}

fn kept(figures: &Value) -> Value {
    let count = |key: &str| {
        let counts = &figures[key];
        ["used", "unknown", "total"].map(|part| counts[part].as_u64().unwrap())
    };
    let (functions, blocks) = (count("unsafe_functions"), count("unsafe_blocks"));
    let unsafety: Vec<u64> = functions.iter().zip(blocks).map(|(a, b)| a + b).collect();
    serde_json::json!({ "functions": count("functions"), "lines": count("lines"), "unsafe": unsafety })
}

pub(crate) fn of_record(record: &Value) -> BTreeMap<String, Value> {
    let part = |figures: &Value| {
        serde_json::json!({
            "functions": figures["functions"], "lines": figures["lines"], "unsafe": figures["unsafe"],
        })
    };
    let crates = record["measured"]["crates"].as_array().unwrap().iter();
    let figures = crates.map(|it| {
        (
            it["name"].as_str().unwrap().to_owned(),
            part(&it["domains"]["run"]),
        )
    });
    let total = part(&record["measured"]["totals"]["run"]);
    figures.chain([("total".to_owned(), total)]).collect()
}

#[test]
fn the_past_has_the_figures_that_a_report_had() {
    let mut repo = story();
    let before = repo.git(&["status", "--porcelain", "--ignored"]);
    assert_eq!(before, "");
    let output = repo.whittle(&["record", "--range", "main"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let said = stdout(&output);
    let short = |index: usize| &repo.commits[index][..12];
    assert!(
        said.starts_with("recorded 5 commits in whittle-history.jsonl, 2 without figures:\n"),
        "{said}"
    );
    assert!(
        said.contains(&format!(
            "{}  there is no lock file at `app/Cargo.lock`",
            short(3)
        )),
        "{said}"
    );
    assert!(
        said.contains(&format!("{}  cargo could not", short(5))),
        "{said}"
    );
    let text = fs::read_to_string(repo.history()).unwrap();
    for place in [repo.dir.as_str(), "/target/package"] {
        assert!(!text.contains(place), "{text}");
    }
    // Nothing of it is left in the work tree but the history and our own folder.
    let changed = repo.git(&["status", "--porcelain", "--ignored"]);
    assert_eq!(changed, "?? app/whittle-history.jsonl\n!! app/target/");
    assert!(repo.workspace.join("target/whittle").is_dir());
    assert_eq!(
        fs::read_dir(repo.workspace.join("target")).unwrap().count(),
        1
    );

    let records = repo.records();
    assert_eq!(records.len(), 7);
    let commits = repo.commits.clone();
    for (index, commit) in commits.iter().enumerate() {
        let record = &records[commit];
        assert_eq!(record["time"], 1_767_225_600 + 86_400 * index);
        if [3, 5].contains(&index) {
            assert!(record["gap"]["reason"].is_string() && record["measured"].is_null());
            continue;
        }
        repo.git(&["checkout", "--quiet", commit]);
        let report = stdout(&repo.whittle(&["report", "--format", "json"]));
        let report: Value = serde_json::from_str(&report).unwrap();
        assert_eq!(of_record(record), of_report(&report), "commit {index}");
        let valid_for = &record["measured"]["valid_for"];
        assert_eq!(valid_for["roots"][0], "app bin app");
        assert_eq!(valid_for["toolchain"], report["toolchain"]);
        assert_eq!(valid_for["policy"], "never");
    }
    repo.git(&["checkout", "--quiet", "main"]);
    // What a report of the commits says is what was expected of the story.
    let used = |index: usize| {
        records[&commits[index]]["measured"]["totals"]["run"]["functions"][0].clone()
    };
    assert_eq!([0, 1, 2, 4, 6].map(used), [0, 2, 5, 3, 1]);

    // Again: gaps are tried again, nothing changes.
    let output = repo.whittle(&["record", "--range", "main"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stdout(&output)
            .starts_with("recorded 0 commits in whittle-history.jsonl, 5 were there, 2 without")
    );
    assert_eq!(fs::read_to_string(repo.history()).unwrap(), text);
    // Interrupted and gone on with, it would have been the same file.
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    fs::write(repo.history(), lines[..3].concat()).unwrap();
    repo.whittle(&["record", "--range", "main"]);
    assert_eq!(fs::read_to_string(repo.history()).unwrap(), text);
    // Part of it is part of the file.
    fs::remove_file(repo.history()).unwrap();
    let output = repo.whittle(&["record", "--range", "main~5..main~4"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(repo.history()).unwrap(), lines[2]);
    fs::write(repo.history(), &text).unwrap();
    the_trend(&repo);
}

fn the_trend(repo: &Repo) {
    let trend = stdout(&repo.whittle(&["trend", "--format", "json"]));
    let trend: Value = serde_json::from_str(&trend).unwrap();
    let points = trend["points"].as_array().unwrap();
    let commits: Vec<&str> = points
        .iter()
        .map(|it| it["commit"].as_str().unwrap())
        .collect();
    assert_eq!(commits, repo.commits);
    let used: Vec<Option<u64>> = points
        .iter()
        .map(|it| it["values"]["functions"].as_u64())
        .collect();
    assert_eq!(
        used,
        [Some(0), Some(2), Some(5), None, Some(3), None, Some(1)]
    );
    assert_eq!(trend["segments"].as_array().unwrap().len(), 1);
    assert_eq!(points[1]["crates"]["added"][0], "dep 1.0.0");
    assert_eq!(points[6]["crates"]["removed"][0], "dep 1.0.0");
    let table = stdout(&repo.whittle(&["trend", "--metric", "functions,depth"]));
    assert!(table.contains("▁▃█·▅·▂"), "{table}");
    assert!(
        table.contains("no figures: there is no lock file"),
        "{table}"
    );
    let table = stdout(&repo.whittle(&["trend", "--ascii", "--crate", "dep", "--since", "main~4"]));
    assert!(table.contains("#?_?") && table.is_ascii(), "{table}");
    let svg = stdout(&repo.whittle(&["trend", "--format", "svg"]));
    assert!(
        svg.starts_with("<svg ") && svg.matches("<circle").count() == 4 * 5,
        "{svg}"
    );
    let unknown = repo.whittle(&["trend", "--crate", "nothing"]);
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
fn the_work_tree_must_be_head() {
    let mut repo = Repo::new();
    repo.library("dep", LIBRARY);
    repo.program(&["dep"], "fn main() { dep::one(); }\n");
    repo.lock();
    let output = repo.whittle(&["record"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("`HEAD` is no revision"),
        "{}",
        stderr(&output)
    );
    let missing = repo.whittle(&["trend"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(
        stderr(&missing).contains("there is no history"),
        "{}",
        stderr(&missing)
    );

    repo.commit("first");
    let first = stdout(&repo.whittle(&["record"]));
    assert!(first.contains("run 2/5 functions of 1 crate"), "{first}");
    let again = stdout(&repo.whittle(&["record"]));
    assert!(again.contains("already"), "{again}");
    let text = fs::read_to_string(repo.history()).unwrap();
    // Laid out from objects, the same commit gives the same bytes.
    fs::remove_file(repo.history()).unwrap();
    stdout(&repo.whittle(&["record", "--range", "HEAD"]));
    assert_eq!(fs::read_to_string(repo.history()).unwrap(), text);

    for (file, change) in [
        ("app/src/main.rs", "fn main() { dep::two(); }\n"),
        ("app/src/new.rs", ""),
    ] {
        let before = fs::read_to_string(repo.dir.join(file)).ok();
        repo.write(file, change);
        let output = repo.whittle(&["record", "--again"]);
        assert_eq!(output.status.code(), Some(2), "{file}");
        let said = stderr(&output);
        assert!(
            said.contains(&format!("`{file}` is changed")) && said.contains("--range"),
            "{said}"
        );
        match before {
            Some(text) => repo.write(file, &text),
            None => fs::remove_file(repo.dir.join(file)).unwrap(),
        }
    }
    // Another question about the same commit stands beside it, and makes a break.
    stdout(&repo.whittle(&["record", "--release"]));
    assert_eq!(
        fs::read_to_string(repo.history()).unwrap().lines().count(),
        2
    );
    // A conflict stops, and says what to do.
    fs::write(repo.history(), format!("<<<<<<< HEAD\n{text}=======\n")).unwrap();
    for command in ["record", "trend"] {
        let output = repo.whittle(&[command]);
        assert_eq!(output.status.code(), Some(2), "{command}");
        assert!(
            stderr(&output).contains("merge=union"),
            "{}",
            stderr(&output)
        );
    }
}

/// The workspace of today must not claim a package of the past, nor may the past run anything or
/// loosen the policy.
#[cfg(unix)]
#[test]
fn the_past_is_alone() {
    let mut repo = Repo::new();
    let witness = repo.dir.parent().unwrap().join("ran");
    repo.library("dep", LIBRARY);
    repo.program(&["dep"], "fn main() { dep::one(); }\n");
    repo.lock();
    let manifest = fs::read_to_string(repo.workspace.join("Cargo.toml")).unwrap();
    let loose = format!("{manifest}[workspace]\nmetadata.whittle.exec = \"trust\"\n");
    repo.write("app/Cargo.toml", &loose);
    let script = format!(
        "fn main() {{ std::fs::write({:?}, \"\").unwrap(); }}\n",
        witness.as_str()
    );
    repo.write("app/build.rs", &script);
    repo.write(".gitattributes", "* filter=evil\n");
    repo.commit("asks for trust");
    fs::remove_file(repo.dir.join("app/build.rs")).unwrap();
    repo.write("app/Cargo.toml", &manifest);
    repo.commit("no workspace");
    repo.write(
        "app/Cargo.toml",
        &format!("{manifest}[workspace]\nmembers = [\"member\"]\n"),
    );
    let member = "[package]\nname = \"member\"\nversion = \"1.0.0\"\nedition = \"2024\"\n";
    repo.write("app/member/Cargo.toml", member);
    repo.write("app/member/src/lib.rs", "");
    repo.lock();
    repo.commit("a workspace");
    let hook = repo.dir.join(".git/hooks/post-checkout");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, format!("#!/bin/sh\necho > '{witness}'\n")).unwrap();
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let config = repo.dir.join(".git/config");
    let mut text = fs::read_to_string(&config).unwrap();
    let _ = write!(
        text,
        "[filter \"evil\"]\n\tsmudge = \"echo > '{witness}'\"\n\tclean = \"echo > '{witness}'\"\n"
    );
    fs::write(&config, text).unwrap();

    let output = repo.whittle(&["record", "--range", "main"]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}{}",
        stderr(&output),
        String::from_utf8_lossy(&output.stdout)
    );
    assert!(stdout(&output).starts_with("recorded 3 commits"));
    let output = repo.whittle(&["record", "--again"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(!witness.exists());
    for record in repo.records().values() {
        assert_eq!(record["measured"]["valid_for"]["policy"], "never");
        assert_eq!(record["measured"]["totals"]["run"]["functions"][0], 2);
    }
}

/// A dependency from the registry that this machine does not have.
#[test]
fn missing_sources_are_a_gap_with_a_command() {
    let mut repo = Repo::new();
    repo.program(&[], "fn main() {}\n");
    repo.lock();
    repo.commit("first");
    let manifest = fs::read_to_string(repo.workspace.join("Cargo.toml")).unwrap();
    repo.write(
        "app/Cargo.toml",
        &format!("{manifest}whittle-no-such-crate = \"1\"\n"),
    );
    let lock = "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \"whittle-no-such-crate\",\n]\n\n[[package]]\nname = \"whittle-no-such-crate\"\nversion = \"1.0.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"0000000000000000000000000000000000000000000000000000000000000000\"\n";
    repo.write("app/Cargo.lock", lock);
    repo.commit("needs what is not here");
    repo.write("app/src/main.rs", "fn main() { println!(); }\n");
    repo.commit("still");
    let output = repo.whittle(&["record", "--range", "main"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let said = stderr(&output);
    // One command for the two commits, which have the same lock file.
    let commands: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("cargo fetch --locked"))
        .collect();
    assert_eq!(commands.len(), 1, "{said}");
    assert!(commands[0].ends_with("# 2 commits"), "{said}");
    let place = commands[0].split("--manifest-path ").nth(1).unwrap();
    let place = Utf8Path::new(place.split(' ').next().unwrap());
    // It is there and cargo takes it, but for what is not in the registry's cache.
    let fetch = Command::new("cargo")
        .args([
            "fetch",
            "--locked",
            "--offline",
            "--manifest-path",
            place.as_str(),
        ])
        .output()
        .unwrap();
    let why = stderr(&fetch);
    assert!(
        why.contains("whittle-no-such-crate") && why.contains("offline"),
        "{why}"
    );
    assert_eq!(
        fs::read_to_string(place.parent().unwrap().join("src/main.rs")).unwrap(),
        ""
    );
    let gaps = repo
        .records()
        .values()
        .filter(|record| record["gap"].is_object())
        .count();
    assert_eq!(gaps, 2);
    // Figures take the place of a gap, when it can be measured.
    let second = repo.commits[1].clone();
    let reason = repo.records()[&second]["gap"]["reason"].clone();
    assert!(
        reason
            .as_str()
            .unwrap()
            .contains("sources of dependencies are missing"),
        "{reason}"
    );
}
