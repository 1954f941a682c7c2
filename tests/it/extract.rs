//! `cargo whittle extract` on pairs: `fixtures/extract/<rule>/before` becomes `after`, builds, and
//! its tests pass; or it is refused for the reasons that are listed, and nothing changes.
//!
//! `BLESS=1` writes what is expected anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::{Command, Output};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::fixtures::{configuration, root};

pub(crate) struct Case {
    name: String,
    fixture: Utf8PathBuf,
    /// The copy that is worked on.
    work: Utf8PathBuf,
}

impl Case {
    fn new(name: &str, group: &str) -> Self {
        let fixture = root().join("extract").join(name);
        let work = Utf8Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("extract")
            .join(group)
            .join(name);
        let _ = fs::remove_dir_all(&work);
        copy(&fixture.join("before"), &work);
        Self {
            name: name.to_owned(),
            fixture,
            work,
        }
    }

    /// A workspace that is no fixture.
    pub(crate) fn at(name: &str, work: Utf8PathBuf) -> Self {
        Self {
            name: name.to_owned(),
            fixture: Utf8PathBuf::new(),
            work,
        }
    }

    pub(crate) fn app(&self) -> Utf8PathBuf {
        self.work.join("app")
    }

    fn lines(&self, file: &str) -> Vec<String> {
        let text = fs::read_to_string(self.fixture.join(file)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn words(&self, file: &str) -> Vec<String> {
        let text = fs::read_to_string(self.fixture.join(file)).unwrap_or_default();
        text.split_whitespace().map(str::to_owned).collect()
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-whittle"));
        command
            .args(words)
            .current_dir(self.app())
            .env("XDG_CONFIG_HOME", configuration("exec = \"trust\"\n"))
            .env("WHITTLE_NO_CACHE", "1")
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_TARGET_DIR");
        command
    }

    pub(crate) fn cargo_command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
        command
            .args(words)
            .current_dir(self.app())
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_TARGET_DIR");
        command
    }

    pub(crate) fn cargo(&self, words: &[&str]) -> Output {
        self.cargo_command(words).output().unwrap()
    }

    /// Git in a folder of the workspace's; what it says.
    pub(crate) fn git(&self, folder: &str, words: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@example.org"]);
        command.args(words).current_dir(self.work.join(folder));
        let output = command.output().unwrap();
        self.has(0, &output);
        shown(&output.stdout).trim().to_owned()
    }

    pub(crate) fn extract(&self, words: &[&str]) -> Output {
        let arguments = self.words("ARGS");
        let mut command = self.command(&["extract", "dep"]);
        // The copy lies in this repository's target folder.
        command.args(arguments).args(words).arg("--allow-dirty");
        command.output().expect("the tool starts")
    }

    pub(crate) fn tree(&self) -> BTreeMap<Utf8PathBuf, Vec<u8>> {
        let mut out = BTreeMap::new();
        files(&self.app(), &self.app(), &mut out);
        out
    }

    pub(crate) fn has(&self, code: i32, output: &Output) {
        assert_eq!(
            output.status.code(),
            Some(code),
            "{}\n{}\n{}",
            self.name,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

fn copy(from: &Utf8Path, to: &Utf8Path) {
    fs::create_dir_all(to).unwrap();
    for entry in from.read_dir_utf8().unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).unwrap();
        }
    }
}

/// All files but those of target folders.
fn files(top: &Utf8Path, folder: &Utf8Path, out: &mut BTreeMap<Utf8PathBuf, Vec<u8>>) {
    for entry in folder.read_dir_utf8().unwrap().map(Result::unwrap) {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            if entry.file_name() != "target" {
                files(top, path, out);
            }
        } else {
            let name = path.strip_prefix(top).unwrap().to_owned();
            out.insert(name, fs::read(path).unwrap());
        }
    }
}

fn names() -> Vec<String> {
    let entries = root().join("extract").read_dir_utf8().unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_owned())
        .collect();
    names.sort();
    names
}

/// A test for each pair, so that they run side by side and one can be run alone.
macro_rules! pairs {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                pair(&stringify!($name).replace('_', "-"));
            }
        )*

        #[test]
        fn every_pair_is_listed() {
            let listed = [$(stringify!($name).replace('_', "-")),*];
            assert_eq!(names(), listed);
        }
    };
}

pairs! {
    all_targets
    alone_as_crate
    as_crate
    build_script
    conditions
    derives
    edition_2015
    edition_2018
    edition_as_crate
    facade
    feature_sets
    for_tests
    licence_and
    licence_supplied
    macro_only
    macros
    manifest
    modules
    needs_another
    no_std
    optional
    paths_into
    refused_licence
    strict_lints
    target_dependency
    trait_methods
    use_sites
    workspace_dependency
}

fn pair(name: &str) {
    let case = Case::new(name, "pairs");
    if case.fixture.join("REFUSED").exists() {
        refused(&case);
    } else {
        applied(&case);
    }
}

/// `verify` finds the copy as it was made, and counts the items that the plan did.
fn verified(case: &Case, done: &Output) {
    let read = |output: &Output| -> Value { serde_json::from_slice(&output.stdout).expect("JSON") };
    let plan = &read(done)["plan"];
    assert_eq!(plan["applied"], true, "{}", case.name);
    // A path dependency has no checksum: the hashes of its items have to do.
    let words = ["verify", "--hashes", "--format", "json"];
    let verified = case.command(&words).output().expect("the tool starts");
    case.has(0, &verified);
    let copy = &read(&verified)["copies"][0];
    assert_eq!(
        (&copy["name"], &copy["version"]),
        (&"dep".into(), &"1.0.0".into())
    );
    let items = &plan["slice"]["figures"]["items"];
    assert_eq!(copy["items"], *items, "{}", case.name);
}

fn applied(case: &Case) {
    let before = case.tree();
    let plan = case.extract(&[]);
    case.has(0, &plan);
    assert_eq!(case.tree(), before, "{}: a plan changes nothing", case.name);
    let done = case.extract(&["--apply", "--format", "json"]);
    case.has(0, &done);
    verified(case, &done);
    let said = shown(&done.stderr) + &shown(&plan.stdout);
    for line in case.lines("SAYS") {
        assert!(said.contains(&line), "{}: {line} in\n{said}", case.name);
    }
    let after = case.fixture.join("after");
    let found = case.tree();
    if std::env::var_os("BLESS").is_some() {
        let _ = fs::remove_dir_all(&after);
        for (path, bytes) in &found {
            let file = after.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, bytes).unwrap();
        }
    }
    let mut expected = BTreeMap::new();
    files(&after, &after, &mut expected);
    let all = |tree: &BTreeMap<Utf8PathBuf, Vec<u8>>| -> String {
        let files = tree.iter();
        let shown =
            files.map(|(path, bytes)| format!("== {path}\n{}", String::from_utf8_lossy(bytes)));
        shown.collect()
    };
    assert!(
        found == expected,
        "{}: BLESS=1 writes it anew\n{}",
        case.name,
        similar_lines(&all(&expected), &all(&found))
    );
    let tests = case.cargo(&["test", "--workspace", "--offline", "--locked"]);
    case.has(0, &tests);
    let said = String::from_utf8_lossy(&tests.stderr).into_owned();
    assert!(!said.contains("warning:"), "{}: {said}", case.name);
    if case.fixture.join("CLIPPY").exists() {
        clippy(case);
    }
    // And back.
    let undone = case
        .command(&["extract", "dep", "--undo"])
        .output()
        .unwrap();
    case.has(0, &undone);
    assert!(case.tree() == before, "{}: undone", case.name);
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Lints of clippy, where it is installed.
fn clippy(case: &Case) {
    let clippy = case.cargo(&["clippy", "--all-targets", "--offline", "--locked"]);
    let said = shown(&clippy.stderr);
    if said.contains("is not installed") || said.contains("no such command") {
        return;
    }
    case.has(0, &clippy);
    assert!(!said.contains("warning:"), "{}: {said}", case.name);
}

/// The lines that only one has.
fn similar_lines(expected: &str, found: &str) -> String {
    let mut out = String::new();
    for line in expected
        .lines()
        .filter(|line| !found.lines().any(|it| it == *line))
    {
        out.extend(["-", line, "\n"]);
    }
    for line in found
        .lines()
        .filter(|line| !expected.lines().any(|it| it == *line))
    {
        out.extend(["+", line, "\n"]);
    }
    out
}

fn refused(case: &Case) {
    let before = case.tree();
    for words in [&["--format", "json"][..], &["--format", "json", "--apply"]] {
        let output = case.extract(words);
        case.has(1, &output);
        let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(plan["possible"], false);
        let reasons = plan["plan"]["refusals"].as_array().unwrap();
        let mut reasons: Vec<&str> = reasons
            .iter()
            .map(|it| it["reason"].as_str().unwrap())
            .collect();
        reasons.dedup();
        assert_eq!(reasons, case.words("REFUSED"), "{}", case.name);
    }
    assert_eq!(case.tree(), before, "{}: nothing changed", case.name);
}

#[test]
fn interrupted_and_set_right_by_the_next_command() {
    let case = Case::new("all-targets", "interrupted");
    let before = case.tree();
    let stopped = case
        .command(&["extract", "dep", "--apply", "--allow-dirty"])
        // Some files are in their places by then.
        .env("WHITTLE_TEST_STOP_BEFORE_STEP", "100")
        .output()
        .unwrap();
    assert_ne!(stopped.status.code(), Some(0));
    assert!(case.app().join(".whittle-journal").is_dir());
    assert_ne!(case.tree(), before);
    let next = case.command(&["report"]).output().unwrap();
    case.has(0, &next);
    let said = String::from_utf8_lossy(&next.stderr);
    assert!(said.contains("was taken back"), "{said}");
    assert_eq!(case.tree(), before);
}

#[test]
fn nothing_is_applied_unverified() {
    let case = Case::new("all-targets", "never");
    let before = case.tree();
    let output = case.extract(&["--apply", "--exec", "never", "--format", "json"]);
    case.has(1, &output);
    let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
    let reason = &plan["plan"]["refusals"][0]["reason"];
    assert_eq!(reason, "execution-denied");
    assert_eq!(case.tree(), before);
}

/// `docs/extract/rules.md` names every pair and every refusal, and none that is not there.
#[test]
fn the_page_of_rules_is_complete() {
    let page = include_str!("../../docs/extract/rules.md");
    let rows = page.lines().filter(|line| line.starts_with("| ")).skip(1);
    let (mut pairs, mut refused) = (BTreeSet::new(), BTreeSet::new());
    for row in rows {
        let cells: Vec<&str> = row.split('|').collect();
        let links = cells[2].split("](../../fixtures/extract/").skip(1);
        pairs.extend(links.filter_map(|rest| rest.split(')').next()));
        refused.extend(cells[3].split('`').skip(1).step_by(2));
    }
    assert_eq!(pairs.into_iter().collect::<Vec<_>>(), names());
    let known = crate::extract_refused::ROWS.iter().copied();
    assert_eq!(refused, known.chain(["dirty_tree"]).collect());
}
