//! The repository of the story: a folder with git's history in it, each commit ten days after the
//! one before, and the tool run in it as on that day.

use std::fmt::Write;
use std::fs;
use std::process::{Command, Output};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::fixtures::configuration;

/// 2026-01-01, the day of the first commit.
const FIRST_DAY: usize = 1_767_225_600;
const TEN_DAYS: usize = 864_000;

/// `app` is the workspace; `deps` holds what it depends on.
pub(super) struct Repository {
    _folder: tempfile::TempDir,
    pub(super) dir: Utf8PathBuf,
    /// The commits so far.
    pub(super) commits: Vec<String>,
}

impl Repository {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(folder.path()).unwrap();
        let dir = dir.canonicalize_utf8().unwrap().join("repository");
        fs::create_dir(&dir).unwrap();
        let repository = Self {
            _folder: folder,
            dir,
            commits: Vec::new(),
        };
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository
    }

    pub(super) fn app(&self) -> Utf8PathBuf {
        self.dir.join("app")
    }

    /// Seconds since 1970 on the day of a commit.
    pub(super) fn day(commit: usize) -> String {
        (FIRST_DAY + commit * TEN_DAYS).to_string()
    }

    pub(super) fn git(&self, arguments: &[&str]) -> String {
        let time = format!("{} +0000", Self::day(self.commits.len()));
        let output = Command::new("git")
            .args(arguments)
            .current_dir(&self.dir)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_AUTHOR_NAME", "a")
            .env("GIT_AUTHOR_EMAIL", "a@example.org")
            .env("GIT_COMMITTER_NAME", "a")
            .env("GIT_COMMITTER_EMAIL", "a@example.org")
            .env("GIT_AUTHOR_DATE", &time)
            .env("GIT_COMMITTER_DATE", &time)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub(super) fn commit(&mut self, title: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", title]);
        let commit = self.git(&["rev-parse", "HEAD"]);
        self.commits.push(commit);
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(super) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.dir.join(path)).unwrap()
    }

    pub(super) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert_eq!(text.matches(from).count(), 1, "{from} in {path}:\n{text}");
        self.write(path, &text.replace(from, to));
    }

    /// A dependency in one version: `needs` are others of these, the text is its library.
    pub(super) fn library(&self, folder: &str, version: &str, needs: &[&str], text: &str) {
        let name = folder.trim_end_matches(|c: char| c.is_ascii_digit());
        let mut manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2024\"\n\n[dependencies]\n"
        );
        for need in needs {
            let _ = writeln!(manifest, "{need} = {{ path = \"../{need}\" }}");
        }
        self.write(&format!("deps/{folder}/Cargo.toml"), &manifest);
        self.write(&format!("deps/{folder}/src/lib.rs"), text);
    }

    /// The direct dependencies, by folder.
    pub(super) fn depend(&self, folders: &[&str]) {
        let manifest = self.read("app/Cargo.toml");
        let (head, rest) = manifest.split_once("[dependencies]\n").unwrap();
        let rest = rest.find("\n[").map_or("", |at| &rest[at..]);
        let mut text = format!("{head}[dependencies]\n");
        for folder in folders {
            let _ = writeln!(text, "{folder} = {{ path = \"../deps/{folder}\" }}");
        }
        self.write("app/Cargo.toml", &(text + rest));
        self.lock();
    }

    pub(super) fn lock(&self) {
        let status = Command::new("cargo")
            .args(["generate-lockfile", "--offline", "--quiet"])
            .current_dir(self.app())
            .env_remove("CARGO_TARGET_DIR")
            .status();
        assert!(status.unwrap().success());
    }

    /// The tool on the workspace, on the day of the newest commit.
    pub(super) fn run(&self, arguments: &[&str]) -> Output {
        self.command(&self.app(), arguments).output().unwrap()
    }

    pub(super) fn command(&self, workspace: &Utf8Path, arguments: &[&str]) -> Command {
        let day = self.commits.len().saturating_sub(1);
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-whittle"));
        command
            .args(arguments)
            .args(["--manifest-path", workspace.join("Cargo.toml").as_str()])
            .env("XDG_CONFIG_HOME", configuration("exec = \"never\"\n"))
            .env("SOURCE_DATE_EPOCH", Self::day(day))
            .env_remove("GITHUB_ACTIONS")
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_TARGET_DIR");
        command
    }

    /// What it prints, when it exits with this code.
    pub(super) fn whittle(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        let out = String::from_utf8(output.stdout).unwrap();
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}\n{out}\n{said}"
        );
        out
    }

    pub(super) fn json(&self, code: i32, arguments: &[&str]) -> Value {
        self.json_as(code, arguments, "json")
    }

    /// In a format that is made of JSON.
    pub(super) fn json_as(&self, code: i32, arguments: &[&str], format: &str) -> Value {
        let text = self.whittle(code, &[arguments, &["--format", format]].concat());
        serde_json::from_str(&text).unwrap()
    }
}
