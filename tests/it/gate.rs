//! `init`, `baseline` and `check` on a workspace with a history: what a pull request newly reaches,
//! what it may not loosen, and what is refused.

use std::fs;
use std::process::{Command, Output};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::fixtures::configuration;

/// `repo/app` is the workspace; `repo/deps` holds what it depends on.
struct Repo {
    _folder: tempfile::TempDir,
    root: Utf8PathBuf,
}

const MANIFEST: &str = "# the manifest\n[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\n# few of many\nlittle = { path = \"../deps/little\" }\n";
const MAIN: &str = "fn main() {\n    little::one();\n}\n";
/// Newly names `little::two`, which leads to `deep::hidden`.
const MORE: &str = "fn main() {\n    little::one();\n    little::two();\n}\n";

impl Repo {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let root = root.canonicalize_utf8().unwrap();
        let repo = Self {
            _folder: folder,
            root,
        };
        repo.write("app/Cargo.toml", MANIFEST);
        repo.write("app/src/main.rs", MAIN);
        repo.write("deps/little/Cargo.toml", "[package]\nname = \"little\"\nversion = \"1.0.0\"\nedition = \"2021\"\n[dependencies]\ndeep = { path = \"../deep\" }\n");
        repo.write(
            "deps/little/src/lib.rs",
            "pub fn one() {}\npub fn two() {\n    deep::hidden();\n}\npub fn three() {}\n",
        );
        repo.write(
            "deps/deep/Cargo.toml",
            "[package]\nname = \"deep\"\nversion = \"0.2.0\"\nedition = \"2021\"\n",
        );
        repo.write("deps/deep/src/lib.rs", "pub fn hidden() {}\n");
        repo.write(".gitignore", "target\n");
        let lock = Command::new("cargo")
            .args(["generate-lockfile", "--offline"])
            .current_dir(repo.app())
            .status();
        assert!(lock.unwrap().success());
        repo.git(&["init", "-q", "-b", "main"]);
        repo
    }

    fn app(&self) -> Utf8PathBuf {
        self.root.join("app")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap()
    }

    fn git(&self, arguments: &[&str]) {
        let settings = [
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b",
            "-c",
            "commit.gpgsign=false",
        ];
        let output = Command::new("git")
            .args(settings)
            .args(arguments)
            .current_dir(&self.root)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }

    fn commit(&self) {
        self.git(&["add", "."]);
        self.git(&["commit", "-q", "-m", "x"]);
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_cargo-whittle"))
            .args(arguments)
            .args(["--manifest-path", self.app().join("Cargo.toml").as_str()])
            .env("XDG_CONFIG_HOME", configuration("exec = \"trust\"\n"))
            .env("WHITTLE_NO_CACHE", "1")
            .env("SOURCE_DATE_EPOCH", "1795564800")
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_TARGET_DIR")
            .output()
            .unwrap()
    }

    /// Exit code, and the two streams as text.
    fn whittle(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = self.run(arguments);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let code = output.status.code().unwrap();
        (code, text(&output.stdout), text(&output.stderr))
    }

    /// A check as JSON.
    fn check(&self, code: i32, arguments: &[&str]) -> Value {
        let arguments = [&["check", "--format", "json"], arguments].concat();
        let (found, out, err) = self.whittle(&arguments);
        assert_eq!(found, code, "{arguments:?}\n{out}\n{err}");
        serde_json::from_str(&out).unwrap_or_else(|why| panic!("{why}\n{err}"))
    }

    /// A command that must be refused: what it says.
    fn refused(&self, arguments: &[&str]) -> String {
        let (code, out, err) = self.whittle(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}\n{err}");
        err
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from}:\n{text}");
        self.write(path, &text.replace(from, to));
    }
}

/// `rule message file:line` of each finding.
fn lines(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let line = |one: &Value| {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (rule, message) = (word(&one["rule"]), word(&one["message"]));
        let (file, line) = (word(&one["location"]["file"]), &one["location"]["line"]);
        format!("{rule}: {message} {file}:{line}")
    };
    findings.map(line).collect()
}

fn has(report: &Value, start: &str) -> bool {
    lines(report).iter().any(|line| line.starts_with(start))
}

#[test]
fn from_init_to_a_pull_request() {
    let repo = Repo::new();
    let (code, out, err) = repo.whittle(&["init"]);
    assert_eq!(code, 0, "{err}");
    assert!(
        out.contains("whittle.lock written: 1 item of 2 crates"),
        "{out}"
    );
    let manifest = repo.read("app/Cargo.toml");
    assert!(manifest.starts_with(MANIFEST), "{manifest}");
    assert!(manifest.contains("max-crates = 2"), "{manifest}");
    assert!(
        repo.read("app/whittle.lock")
            .contains("\nnamed run function little::one\n")
    );
    repo.commit();
    // Neither is done twice.
    assert!(repo.refused(&["init"]).contains("already"));
    assert!(repo.refused(&["baseline"]).contains("--update"));
    assert_eq!(repo.read("app/Cargo.toml"), manifest);
    let clean = repo.check(0, &[]);
    // `deep` is declared by a dependency, and `little` is used by a third: no reason is needed.
    assert_eq!(lines(&clean), Vec::<String>::new());

    // The request: one line, and what it leads to.
    repo.git(&["checkout", "-q", "-b", "request"]);
    repo.write("app/src/main.rs", MORE);
    let report = repo.check(1, &[]);
    assert_eq!(
        lines(&report),
        [
            "new-direct: now names `little::two` src/main.rs:3",
            "new-item: now reaches `deep::hidden` Cargo.toml:9",
        ]
    );
    let hidden = &report["findings"][1];
    assert_eq!(hidden["through"]["from"], "app::main");
    assert_eq!(hidden["through"]["via"], "little::two");
    assert_eq!(hidden["item"]["origin"], "deep-0.2.0/src/lib.rs:1");
    assert_eq!(report["workspace"], "app");
    assert!(
        !report.to_string().contains(repo.root.as_str()),
        "a path of this machine"
    );

    // Accepted in the request itself: good for itself, not for the base.
    let (code, out, _) = repo.whittle(&["baseline", "--update"]);
    assert_eq!(code, 0);
    assert!(
        out.contains("accepted: `little::two` named (little 1.0.0)"),
        "{out}"
    );
    assert!(
        out.contains("accepted: `deep::hidden` reached (deep 0.2.0)"),
        "{out}"
    );
    let (_, again, _) = repo.whittle(&["baseline", "--update"]);
    assert!(again.contains("is as it was"), "{again}");
    repo.edit("app/Cargo.toml", "max-crates = 2", "max-crates = 9");
    repo.edit(
        "app/Cargo.toml",
        "new-item = \"deny\"",
        "new-item = \"allow\"",
    );
    repo.commit();
    assert_eq!(lines(&repo.check(0, &[])), Vec::<String>::new());
    let report = repo.check(1, &["--base", "main"]);
    assert!(
        has(&report, "new-item: now reaches `deep::hidden`"),
        "{report}"
    );
    assert!(
        has(
            &report,
            "loosened: `max-crates` goes from 2 up to 9 Cargo.toml:"
        ),
        "{report}"
    );
    assert!(
        has(&report, "loosened: `new-item` goes from deny to allow"),
        "{report}"
    );
    assert!(
        has(
            &report,
            "loosened: whittle.lock accepts 2 more items than in main"
        ),
        "{report}"
    );
    assert_eq!(report["base"]["revision"], "main");
    fs::remove_file(repo.app().join("whittle.lock")).unwrap();
    let report = repo.check(1, &["--base", "main"]);
    assert!(has(&report, "loosened: whittle.lock is gone"), "{report}");
    // The same for people, with colors or not, and twice the same bytes.
    let (code, table, _) = repo.whittle(&["check", "--base", "main"]);
    assert_eq!(code, 1);
    assert!(
        table.contains("denied[new-item]: now reaches `deep::hidden`"),
        "{table}"
    );
    assert_eq!(
        repo.whittle(&["check", "--base", "main", "-j", "1"]).1,
        table
    );
    assert!(
        repo.refused(&["check", "--base", "nowhere"])
            .contains("nowhere")
    );
}

#[test]
fn what_cannot_be_judged_is_refused() {
    let repo = Repo::new();
    assert_eq!(repo.whittle(&["baseline"]).0, 0);
    let good = repo.read("app/whittle.lock");
    assert_eq!(lines(&repo.check(0, &[])), Vec::<String>::new());

    // Another policy's figures are never compared.
    let why = repo.refused(&["check", "--exec", "never"]);
    assert!(why.contains("policy `trust`, here `never`"), "{why}");
    let why = repo.refused(&["check", "--release"]);
    assert!(why.contains("profile `dev`, here `release`"), "{why}");
    let conflict = good.replace("items ", "<<<<<<< a\nitems ");
    for (text, words) in [
        (good.replace("version 1", "version 9"), "version 9"),
        (conflict, "conflict marker"),
        (good.replace("little::one", "little::two"), "sum"),
        (good.replace("toolchain 1", "toolchain 0"), "sum"),
    ] {
        assert_ne!(text, good);
        repo.write("app/whittle.lock", &text);
        let why = repo.refused(&["check"]);
        assert!(
            why.contains(words) && why.contains("baseline --update"),
            "{why}"
        );
    }
    repo.write("app/whittle.lock", &good);

    // What is wrong with the rules is said, and nothing passed over.
    let rules = "[package.metadata.whittle.rules]\nmax-crate = 1\n";
    repo.write("app/Cargo.toml", &format!("{MANIFEST}{rules}"));
    let why = repo.refused(&["check"]);
    assert!(
        why.contains("Cargo.toml:11: unknown key `max-crate`"),
        "{why}"
    );
    assert!(why.contains("did you mean `max-crates`?"), "{why}");
    // Rules about what is new need something to compare with.
    let rules = "[package.metadata.whittle.rules]\nnew-item = \"deny\"\n";
    repo.write("app/Cargo.toml", &format!("{MANIFEST}{rules}"));
    fs::remove_file(repo.app().join("whittle.lock")).unwrap();
    assert!(repo.refused(&["check"]).contains("cargo whittle baseline"));
    // A link leads nowhere.
    #[cfg(unix)]
    {
        repo.write("secret", "the secret\n");
        let link = repo.app().join("whittle.lock");
        std::os::unix::fs::symlink(repo.root.join("secret"), &link).unwrap();
        for command in [&["check"][..], &["baseline", "--update"], &["init"]] {
            let why = repo.refused(command);
            assert!(!why.contains("the secret"), "{why}");
        }
        assert_eq!(repo.read("secret"), "the secret\n");
    }
}

#[test]
fn limits_reasons_and_days() {
    let repo = Repo::new();
    let rules = "[package.metadata.whittle]\nrules.max-crates = 1\nrules.minimum-use = 40\nrules.denied-crates = [{ crate = \"deep\", reason = \"too deep\" }]\n\n[[package.metadata.whittle.ignore]]\nrule = \"denied-crates\"\ncrate = \"deep\"\nreason = \"until little is gone\"\nexpires = 2026-11-25\n\n[[package.metadata.whittle.ignore]]\nrule = \"minimum-use\"\ncrate = \"little\"\nreason = \"late\"\nexpires = \"2026-11-24\"\n";
    repo.write("app/Cargo.toml", &format!("{MANIFEST}{rules}"));
    // The clock of these tests stands at 2026-11-25.
    let report = repo.check(1, &[]);
    let found = lines(&report);
    assert_eq!(
        found,
        [
            "max-crates: 2 dependencies, the limit is 1 Cargo.toml:11",
            "minimum-use: `little 1.0.0` is used by 33.3% (1 of 3 functions), below 40% it needs a reason Cargo.toml:9",
            "expired-ignore: the ignore of minimum-use for little expired on 2026-11-24 Cargo.toml:21",
            "denied-crates: `deep 0.2.0` is denied: too deep Cargo.toml:9",
        ]
    );
    assert_eq!(
        report["findings"][3]["ignored"]["reason"],
        "until little is gone"
    );
    assert_eq!(report["counts"]["ignored"], 1);
    assert_eq!(report["baseline"], Value::Null);
}

#[test]
fn rules_are_explained() {
    let repo = Repo::new();
    let explain = |rule| {
        Command::new(env!("CARGO_BIN_EXE_cargo-whittle"))
            .args(["check", "--explain", rule])
            .current_dir(&repo.root)
            .output()
            .unwrap()
    };
    let output = explain("new-item");
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("new-item: "));
    let output = explain("new-items");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean `new-item`?"));
}
