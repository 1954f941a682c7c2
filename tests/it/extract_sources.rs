//! `cargo whittle extract` of dependencies that no registry has: from a git repository, and patched.

use std::fs;
use std::process::Output;

use camino::{Utf8Path, Utf8PathBuf};

use crate::extract::Case;

const LICENSE: &str = include_str!("../../fixtures/extract/all-targets/before/dep/LICENSE");

/// A package that uses a dependency which is in a repository, and the folder of all that.
struct Tree {
    case: Case,
    work: Utf8PathBuf,
}

impl Tree {
    /// `patch` is the end of the package's manifest; `URL` in it is the repository.
    fn new(name: &str, patch: &str) -> Self {
        let tmp = Utf8Path::new(env!("CARGO_TARGET_TMPDIR"));
        let work = tmp.join("extract/sources").join(name);
        let _ = fs::remove_dir_all(&work);
        let case = Case::at(name, work.clone());
        let tree = Self { case, work };
        let package = |name: &str| {
            let name = format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\n");
            name + "edition = \"2021\"\nlicense = \"MIT\"\n\n"
        };
        for folder in ["dep", "patched"] {
            let dep = package("dep") + "[dependencies]\nhelper = { path = \"helper\" }\n";
            tree.write(&format!("{folder}/Cargo.toml"), &dep);
            tree.write(
                &format!("{folder}/src/lib.rs"),
                "pub fn f() -> u32 {\n    helper::one()\n}\n\npub fn g() {}\n",
            );
            tree.write(&format!("{folder}/LICENSE"), LICENSE);
            tree.write(&format!("{folder}/helper/Cargo.toml"), &package("helper"));
            tree.write(
                &format!("{folder}/helper/src/lib.rs"),
                "pub fn one() -> u32 {\n    1\n}\n",
            );
        }
        let case = &tree.case;
        case.git("dep", &["init", "-q", "-b", "trunk", "."]);
        case.git("dep", &["add", "-A"]);
        case.git("dep", &["commit", "-q", "-m", "all"]);
        case.git(".", &["clone", "-q", "--bare", "dep", "dep.git"]);
        let app = package("app") + "[dependencies]\ndep = { git = \"URL\", branch = \"trunk\" }\n";
        let app = app + patch + "\n[workspace]\n";
        tree.write("app/Cargo.toml", &app.replace("URL", &tree.url()));
        tree.write(
            "app/src/lib.rs",
            "pub fn g() -> u32 {\n    dep::f()\n}\n\n#[test]\nfn t() {\n    assert_eq!(g(), 1);\n}\n",
        );
        let locked = tree.cargo(&["fetch"]);
        tree.case.has(0, &locked);
        tree
    }

    fn url(&self) -> String {
        format!("file://{}", self.work.join("dep.git"))
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.work.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        let text = fs::read_to_string(self.case.app().join(path)).unwrap();
        text.replace(&self.url(), "URL")
    }

    /// With a home of its own, where it keeps its copy of the repository.
    fn cargo(&self, words: &[&str]) -> Output {
        let mut command = self.case.cargo_command(words);
        command.env("CARGO_HOME", self.work.join("home"));
        command.output().unwrap()
    }

    fn extract(&self, words: &[&str]) -> Output {
        let mut command = self.case.command(&["extract", "dep"]);
        command
            .args(words)
            .env("CARGO_HOME", self.work.join("home"));
        command.output().unwrap()
    }

    /// Applies, tests, and takes it back.
    fn applied(&self, look: impl FnOnce(&Self)) {
        let before = self.case.tree();
        let applied = self.extract(&["--apply", "--allow-dirty"]);
        self.case.has(0, &applied);
        let tests = self.cargo(&["test", "--offline", "--locked"]);
        self.case.has(0, &tests);
        let said = String::from_utf8_lossy(&tests.stderr).into_owned();
        assert!(!said.contains("warning:"), "{said}");
        look(self);
        let undone = self.extract(&["--undo"]);
        self.case.has(0, &undone);
        assert!(self.case.tree() == before, "undone");
    }
}

/// The record and the file name the commit, and what else the copy needs comes from there, too.
#[test]
fn from_a_git_repository() {
    let tree = Tree::new("git", "");
    let commit = tree.case.git("dep.git", &["rev-parse", "trunk"]);
    tree.applied(|tree| {
        let source = format!("git+URL?branch=trunk#{commit}");
        let record = tree.read("src/whittled/dep/whittled.toml");
        assert!(
            record.contains(&format!("source = \"{source}\"")),
            "{record}"
        );
        assert!(!record.contains("checksum ="), "{record}");
        let header = tree.read("src/whittled/dep/mod.rs");
        let header = header.replace("\n// ", " ");
        assert!(header.contains(&commit), "{header}");
        let manifest = tree.read("Cargo.toml");
        assert!(
            manifest.contains("helper = { git = \"URL\", branch = \"trunk\" }"),
            "{manifest}"
        );
        assert!(!manifest.contains("dep ="), "{manifest}");
    });
}

/// The patch goes with the dependency that it was for.
#[test]
fn patched() {
    let patch = "\n[patch.\"URL\"]\ndep = { path = \"../patched\" }\n";
    let tree = Tree::new("patched", patch);
    tree.applied(|tree| {
        let record = tree.read("src/whittled/dep/whittled.toml");
        assert!(record.contains("source = \"path"), "{record}");
        let manifest = tree.read("Cargo.toml");
        assert!(!manifest.contains("[patch"), "{manifest}");
        assert!(!tree.read("Cargo.lock").contains("unused"));
    });
}
