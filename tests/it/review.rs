//! `cargo whittle diff` and `cargo whittle review` as a user runs them: on repositories that the
//! tests make, with a dependency in two versions.

use std::fs;
use std::process::{Command, Output};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;
use tempfile::TempDir;

use crate::fixtures::{configuration, stdout};

const APP: &str = "fn main() {\n    println!(\"{}\", dep::used(1) + dep::same(2));\n}\n";

const OLD: &str = "\
//! The first version.

pub const LIMIT: u32 = 10;
pub const IDLE: u32 = 1;

pub struct Raw(pub *const u8);
unsafe impl Send for Raw {}

pub fn used(n: u32) -> u32 {
    helper(n) + LIMIT
}

fn helper(n: u32) -> u32 {
    dropped();
    n + 1
}

fn dropped() {}

pub fn same(n: u32) -> u32 {
    n
}

pub fn unused() -> u32 {
    1
}
";

const NEW: &str = "\
//! The second version.

pub const LIMIT: u32 = 20;
pub const IDLE: u32 = 2;

pub struct Raw(pub *const u8);
unsafe impl Send for Raw {}

pub fn used(n: u32) -> u32 {
    helper(n) + LIMIT
}

fn helper(n: u32) -> u32 {
    fresh();
    // It now asks around.
    let asked = std::env::var(\"DEP\").is_ok();
    n + u32::from(asked)
}

fn dropped() {}

fn fresh() -> u8 {
    let one = 1_u8;
    unsafe { *(&raw const one) }
}

/// The same, written otherwise.
pub fn same(
    n: u32
) -> u32 {
    n // as it was
}

pub fn unused() -> u32 {
    2
}
";

/// A folder with a workspace in it.
struct Tree(TempDir);

impl Tree {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> Utf8PathBuf {
        let path = Utf8Path::from_path(self.0.path()).unwrap();
        path.canonicalize_utf8().unwrap()
    }

    fn write(&self, name: &str, text: &str) -> &Self {
        let file = self.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        self
    }

    fn git(&self, args: &[&str]) {
        let done = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
            .args([
                "-c",
                "commit.gpgsign=false",
                "-c",
                "init.defaultBranch=main",
            ])
            .args(args)
            .current_dir(self.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
    }

    fn commit(&self, title: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", title]);
    }

    fn run(&self, args: &[&str]) -> Output {
        let manifest = self.path().join("Cargo.toml");
        // With the cache: one tree is looked at several times.
        Command::new(env!("CARGO_BIN_EXE_cargo-whittle"))
            .args(args)
            .args(["--manifest-path", manifest.as_str()])
            .env("XDG_CONFIG_HOME", configuration("exec = \"trust\"\n"))
            .env_remove("SOURCE_DATE_EPOCH")
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_TARGET_DIR")
            .output()
            .unwrap()
    }

    fn json(&self, args: &[&str]) -> Value {
        let text = stdout(&self.run(&[args, &["--format", "json"]].concat()));
        serde_json::from_str(&text).unwrap()
    }
}

/// The workspace with a path dependency, as a repository with a commit for each version.
fn repository() -> Tree {
    let tree = Tree::new();
    tree.write(
        "Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
         [dependencies]\ndep = { path = \"dep\" }\n[workspace]\nexclude = [\"dep\"]\n",
    )
    .write("src/main.rs", APP)
    .write(".gitignore", "target\n");
    tree.git(&["init", "-q"]);
    put(&tree, "1.0.0", OLD, "");
    tree.write("dep/build.rs", "fn main() {}\n");
    tree.commit("The first version");
    put(
        &tree,
        "2.0.0",
        NEW,
        "[features]\ndefault = [\"extra\"]\nextra = []\n",
    );
    tree.write(
        "dep/build.rs",
        "fn main() {\n    println!(\"cargo::rerun-if-changed=x\");\n}\n",
    );
    tree.commit("The second version");
    tree
}

fn put(tree: &Tree, version: &str, text: &str, more: &str) {
    let manifest =
        format!("[package]\nname = \"dep\"\nversion = \"{version}\"\nedition = \"2024\"\n{more}");
    let lock = format!(
        "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \
         \"dep\",\n]\n\n[[package]]\nname = \"dep\"\nversion = \"{version}\"\n"
    );
    tree.write("dep/Cargo.toml", &manifest)
        .write("dep/src/lib.rs", text)
        .write("Cargo.lock", &lock);
}

/// One member of every object of a list.
fn all<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
    let list = list.as_array().unwrap();
    list.iter().map(|one| one[key].as_str().unwrap()).collect()
}

#[test]
fn an_upgrade_lists_exactly_the_changed_reached_functions() {
    let tree = repository();
    let diff = tree.json(&["diff", "HEAD~1"]);
    assert_eq!(diff["format"], "whittle-diff");
    assert_eq!(diff["to"]["name"], "working tree");
    let updated = &diff["crates"]["updated"][0];
    assert_eq!(
        (&updated["from"], &updated["to"]),
        (&"1.0.0".into(), &"2.0.0".into())
    );
    let change = &diff["changes"][0];
    assert_eq!(
        all(&change["functions"], "path"),
        ["dep::helper", "dep::fresh"]
    );
    assert_eq!(all(&change["functions"], "what"), ["changed", "new"]);
    assert_eq!(all(&diff["newly_reached"], "path"), ["dep::fresh"]);
    assert_eq!(all(&diff["no_longer_reached"], "path"), ["dep::dropped"]);
    let helper = &change["functions"][0];
    assert_eq!(all(&helper["new_powers"], "power"), ["env"]);
    assert_eq!(all(&helper["new_powers"], "path"), ["std::env::var"]);
    assert_eq!(
        (&helper["added"], &helper["removed"]),
        (&4.into(), &2.into())
    );
    assert_eq!(change["functions"][1]["now"]["unsafe_blocks"], 1);
    assert_eq!(all(&change["others"], "path"), ["dep::LIMIT"]);
    assert_eq!(all(&change["files"], "path"), ["build.rs"]);
    assert_eq!(
        all(&change["manifest"], "text"),
        ["features.default = [\"extra\"]", "features.extra = []"]
    );
    assert_eq!(
        change["features_on"],
        serde_json::json!(["default", "extra"])
    );
    let elsewhere = &change["elsewhere"];
    assert_eq!(elsewhere["functions_changed"], 1, "`unused`");
    assert_eq!(elsewhere["values_changed"], 1, "`IDLE`");
    assert_eq!(diff["summary"]["unreadable"], 0);
    // Both are revisions; nothing of it is left behind.
    let same = tree.json(&["diff", "HEAD~1", "HEAD"]);
    assert_eq!(same["changes"], diff["changes"]);
    let slots = tree.path().join("target/whittle/revisions");
    for slot in slots.read_dir_utf8().unwrap().flatten() {
        let left = slot.path().join("target/package/tree");
        assert!(!left.exists(), "{left}");
    }
    let back = tree.run(&["diff", "HEAD", "--exit-code"]);
    assert_eq!(back.status.code(), Some(0), "{back:?}");
    let there = tree.run(&["diff", "HEAD~1", "--exit-code", "--stat"]);
    assert_eq!(there.status.code(), Some(1), "{there:?}");
    let nothing = tree.run(&["diff", "no-such-revision"]);
    assert_eq!(nothing.status.code(), Some(2));
}

#[test]
fn a_difference_reads_well() {
    let tree = repository();
    let table = stdout(&tree.run(&["diff", "HEAD~1", "HEAD", "--color", "never"]));
    for part in [
        "dep 1.0.0 → 2.0.0",
        "~ dep::helper",
        "now uses env: std::env::var",
        "-    n + 1",
        "+    n + u32::from(asked)",
        "unsafe 0 → 1",
        "~ dep::LIMIT",
    ] {
        assert!(table.contains(part), "{part}:\n{table}");
    }
    assert!(!table.contains("dep::same"), "{table}");
    let markdown = stdout(&tree.run(&["diff", "HEAD~1", "HEAD", "--format", "markdown"]));
    assert!(markdown.contains("```diff\n"), "{markdown}");
    assert!(markdown.contains("- `dep::helper`"), "{markdown}");
    assert!(markdown.len() < 65_000);
    let again = stdout(&tree.run(&["diff", "HEAD~1", "HEAD", "--format", "markdown"]));
    assert_eq!(markdown, again);
}

/// Two versions in a folder that stands in for the registry, and a lock file for each.
#[test]
fn a_lock_file_is_the_working_tree_with_other_versions() {
    let tree = Tree::new();
    let sum = "0123456789abcdef".repeat(4);
    for (version, text) in [("1.0.0", OLD), ("1.1.0", NEW)] {
        let folder = format!("vendor/dep-{version}");
        tree.write(
            &format!("{folder}/Cargo.toml"),
            &format!("[package]\nname = \"dep\"\nversion = \"{version}\"\nedition = \"2024\"\n"),
        )
        .write(&format!("{folder}/src/lib.rs"), text)
        .write(
            &format!("{folder}/.cargo-checksum.json"),
            &format!("{{\"files\":{{}},\"package\":\"{sum}\"}}"),
        )
        .write(
            &format!("Cargo.lock.{version}"),
            &format!(
                "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n\
                 dependencies = [\n \"dep\",\n]\n\n[[package]]\nname = \"dep\"\nversion = \
                 \"{version}\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\
                 \nchecksum = \"{sum}\"\n"
            ),
        );
    }
    tree.write(
        ".cargo/config.toml",
        "[source.crates-io]\nreplace-with = \"near\"\n[source.near]\ndirectory = \"vendor\"\n",
    )
    .write(
        "Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
         [dependencies]\ndep = \"1\"\n[workspace]\n",
    )
    .write("src/main.rs", APP);
    let root = tree.path();
    fs::copy(root.join("Cargo.lock.1.1.0"), root.join("Cargo.lock")).unwrap();
    let before = root.join("Cargo.lock.1.0.0");
    let diff = tree.json(&["diff", before.as_str()]);
    let change = &diff["changes"][0];
    assert_eq!(
        (&change["from"], &change["to"]),
        (&"1.0.0".into(), &"1.1.0".into())
    );
    assert_eq!(
        all(&change["functions"], "path"),
        ["dep::helper", "dep::fresh"]
    );
    assert_eq!(diff["crates"]["updated"][0]["to_source"], "registry");
    // A version that is not there is named, with what to do.
    let text = fs::read_to_string(&before)
        .unwrap()
        .replace("1.0.0", "1.0.9");
    tree.write("Cargo.lock.gone", &text);
    let gone = tree.run(&["diff", root.join("Cargo.lock.gone").as_str()]);
    assert_eq!(gone.status.code(), Some(2), "{gone:?}");
}

/// Derives write such consts around their impls, and so does hand-written code.
#[test]
fn an_unsafe_impl_in_an_unnamed_const_is_shown() {
    let tree = repository();
    let more = "\nconst _: () = {\n    unsafe impl Sync for Raw {}\n};\n";
    tree.write("dep/src/lib.rs", &format!("{NEW}{more}"));
    let review = tree.json(&["review", "dep"]);
    let always = review["always"].as_array().unwrap();
    let impls = always.iter().filter(|one| one["kind"] == "unsafe_impl");
    let traits: Vec<&str> = impls.map(|one| one["path"].as_str().unwrap()).collect();
    assert!(
        matches!(traits[..], [one, other] if one.contains("Send") && other.contains("Sync")),
        "{traits:?}"
    );
}

#[test]
fn what_was_reviewed_stays_reviewed_until_it_changes() {
    let tree = repository();
    tree.git(&["checkout", "-q", "HEAD~1"]);
    let states = |review: &Value| {
        let functions = review["functions"].as_array().unwrap();
        let mut states = Vec::new();
        for one in functions {
            let path = one["path"].as_str().unwrap().trim_start_matches("dep::");
            states.push(format!("{path} {}", one["mark"]["state"].as_str().unwrap()));
        }
        states
    };
    let first = tree.json(&["review", "dep"]);
    // Callers before callees.
    assert_eq!(
        states(&first),
        ["used new", "helper new", "dropped new", "same new"]
    );
    assert_eq!(first["functions"][1]["via"]["caller"], "dep::used");
    assert_eq!(first["functions"][1]["via"]["line"], 10);
    assert_eq!(
        all(&first["always"], "path"),
        ["build.rs", "dep::LIMIT", "dep::Raw"].map(|path| match path {
            "dep::Raw" => first["always"][2]["path"].as_str().unwrap(),
            path => path,
        })
    );
    assert_eq!(first["always"][2]["kind"], "unsafe_impl");
    assert_eq!(first["not_looked_at"]["functions"], 1);
    let no_date = tree.run(&["review", "dep", "--by", "Ada", "--done"]);
    assert_eq!(no_date.status.code(), Some(2), "{no_date:?}");
    let by = ["--by", "Ada \u{1b}[31m", "--date", "2026-01-02"];
    let wrong = tree.run(&[&["review", "dep"], &by[..], &["--done", "no_such"]].concat());
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
    assert!(!tree.path().join("whittle.reviews").exists());
    stdout(&tree.run(&[&["review", "dep"], &by[..], &["--done"]].concat()));
    let file = fs::read_to_string(tree.path().join("whittle.reviews")).unwrap();
    assert!(
        file.contains("\tdep::helper\t") && !file.contains('\u{1b}'),
        "{file}"
    );
    let checked = tree.run(&["review", "dep", "--check"]);
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");

    tree.git(&["checkout", "-q", "main"]);
    let second = tree.json(&["review", "dep"]);
    assert_eq!(
        states(&second),
        [
            "used reviewed",
            "helper changed",
            "fresh new",
            "same reviewed"
        ]
    );
    assert_eq!(second["functions"][1]["mark"]["version"], "1.0.0");
    let open = tree.run(&["review", "dep", "--open", "--check"]);
    assert_eq!(open.status.code(), Some(1));
    let open = String::from_utf8(open.stdout).unwrap();
    assert!(
        open.contains("dep::helper") && !open.contains("dep::same"),
        "{open}"
    );
    let source = stdout(&tree.run(&["review", "dep", "--source", "--color", "never"]));
    assert!(
        source.contains("!    13  fn helper(n: u32) -> u32 {"),
        "{source}"
    );
    assert!(
        source.contains("|     9  pub fn used(n: u32) -> u32 {"),
        "{source}"
    );

    let note = stdout(&tree.run(&["review", "dep", "--format", "vet"]));
    let note: toml::Table = note.parse().unwrap();
    let entry = &note["audits"]["dep"][0];
    assert_eq!(entry["version"].as_str(), Some("2.0.0"));
    assert_eq!(entry["criteria"].as_str(), Some("reached-code-reviewed"));
    let notes = entry["notes"].as_str().unwrap();
    assert!(notes.contains("no audit of the whole crate"), "{notes}");
    assert!(notes.contains("Read: 2 of 4 functions"), "{notes}");
    assert!(
        notes.contains("NOT read: dep::helper, dep::fresh"),
        "{notes}"
    );

    // A merge that is not finished is no list of reviews.
    tree.write("whittle.reviews", &format!("{file}<<<<<<< HEAD\n"));
    let broken = tree.run(&["review", "dep"]);
    assert_eq!(broken.status.code(), Some(2), "{broken:?}");
}
