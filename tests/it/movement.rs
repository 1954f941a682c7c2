//! How fast upstream moves, from an index as cargo keeps it: a home of cargo's whose sources are
//! the real ones and whose index is made up.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};

/// A package that uses one function of a crate that this package itself depends on.
struct Case {
    folder: tempfile::TempDir,
    home: Utf8PathBuf,
    index: Utf8PathBuf,
    /// The file as cargo wrote it.
    before: Vec<u8>,
}

impl Case {
    fn new(limits: &str) -> Self {
        let real = cargo_home();
        let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
        let mut packages = lock.split("[[package]]\n");
        let locked = packages
            .find(|it| it.starts_with("name = \"strsim\""))
            .unwrap();
        let locked: Vec<&str> = locked.lines().collect();
        let version = locked[1].trim_start_matches("version = ").trim_matches('"');
        let registry = registry(&real, &format!("strsim-{version}"));
        let folder = tempfile::tempdir().unwrap();
        let home = Utf8Path::from_path(folder.path()).unwrap().join("home");
        let of_registry = home.join("registry/index").join(&registry);
        let index = of_registry.join(".cache/st/rs/strsim");
        fs::create_dir_all(index.parent().unwrap()).unwrap();
        for part in ["src", "cache"] {
            let place = real.join("registry").join(part);
            symlink(place, home.join("registry").join(part)).unwrap();
        }
        let real = real.join("registry/index").join(&registry);
        fs::copy(real.join("config.json"), of_registry.join("config.json")).unwrap();
        let before = fs::read(real.join(".cache/st/rs/strsim")).unwrap();
        fs::write(&index, &before).unwrap();
        let app = folder.path().join("app");
        fs::create_dir_all(app.join("src")).unwrap();
        let write = |name: &str, text: String| fs::write(app.join(name), text).unwrap();
        write(
            "Cargo.toml",
            format!(
                "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\
                 license = \"MIT\"\n\n[dependencies]\nstrsim = \"={version}\"\n\n\
                 [package.metadata.whittle.advise]\nmax-percent = 100\n{limits}"
            ),
        );
        write(
            "Cargo.lock",
            format!(
                "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n\
                 dependencies = [\n \"strsim\",\n]\n\n[[package]]\n{}",
                locked.join("\n")
            ),
        );
        write(
            "src/main.rs",
            "fn main() {\n    println!(\"{:?}\", strsim::hamming(\"a\", \"b\"));\n}\n".to_owned(),
        );
        Self {
            folder,
            home,
            index,
            before,
        }
    }

    /// The index with another day on each version, and further versions.
    fn publish(&self, old: Option<&str>, new: &[(&str, &str)]) {
        let pieces: Vec<&[u8]> = self.before.split(|&byte| byte == 0).collect();
        // The header's revision ends with a NUL of its own; then a version and a line each.
        let start = pieces
            .iter()
            .position(|it| it.first() == Some(&b'{'))
            .unwrap()
            - 1;
        let mut file = pieces[..start].join(&0);
        let mut last = Value::Null;
        let mut add = |line: &Value| {
            file.push(0);
            file.extend(line["vers"].as_str().unwrap().as_bytes());
            file.push(0);
            file.extend(line.to_string().as_bytes());
        };
        for piece in &pieces[start..] {
            if piece.first() != Some(&b'{') {
                continue;
            }
            let mut line: Value = serde_json::from_slice(piece).unwrap();
            match old {
                Some(day) => line["pubtime"] = json!(format!("{day}T00:00:00Z")),
                None => drop(line.as_object_mut().unwrap().remove("pubtime")),
            }
            add(&line);
            last = line;
        }
        for (version, day) in new {
            last["vers"] = json!(version);
            last["pubtime"] = json!(format!("{day}T00:00:00Z"));
            add(&last);
        }
        file.push(0);
        fs::write(&self.index, file).unwrap();
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = Command::new(env!("CARGO_BIN_EXE_cargo-whittle"))
            .args(arguments)
            .args(["--format", "json", "--offline"])
            .current_dir(self.folder.path().join("app"))
            .env("CARGO_HOME", &self.home)
            .env_remove("CARGO_TARGET_DIR")
            .output()
            .unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{err}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn advice(&self) -> Value {
        self.json(&["advise"])["dependencies"][0].clone()
    }

    fn ids(advice: &Value) -> Vec<&str> {
        let reasons = advice["reasons_to_keep"].as_array().unwrap();
        reasons.iter().filter_map(|it| it["id"].as_str()).collect()
    }
}

fn root() -> &'static Utf8Path {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn cargo_home() -> Utf8PathBuf {
    let home = std::env::var_os("CARGO_HOME").map(std::path::PathBuf::from);
    let home = home.unwrap_or_else(|| std::env::home_dir().unwrap().join(".cargo"));
    Utf8PathBuf::from_path_buf(home).unwrap()
}

/// The folder's name of the registry that cargo unpacked a package of.
fn registry(home: &Utf8Path, package: &str) -> String {
    let registries = home.join("registry/src").read_dir_utf8().unwrap();
    let mut found = registries
        .filter_map(Result::ok)
        .filter(|it| it.path().join(package).is_dir());
    found.next().unwrap().file_name().to_owned()
}

#[test]
fn a_crate_that_moves_fast_is_kept_and_says_why() {
    let case = Case::new("");
    let versions: Vec<(String, String)> = (1..=13)
        .map(|n| (format!("90.0.{n}"), format!("2031-{:02}-{n:02}", n.min(12))))
        .collect();
    let new: Vec<(&str, &str)> = versions.iter().map(|(a, b)| (&**a, &**b)).collect();
    case.publish(Some("2020-01-01"), &new);
    let advice = case.advice();
    assert_eq!(advice["verdict"], "keep");
    assert_eq!(Case::ids(&advice), ["fast-moving"]);
    let text =
        "upstream moves fast: 13 releases in the year to 2031-12-13, more than max-releases = 12";
    assert_eq!(advice["reasons_to_keep"][0]["text"], text);
    assert_eq!(
        advice["movement"],
        json!({
            "releases": 13,
            "breaking": 1,
            "since": "2030-12-13",
            "until": "2031-12-13",
            "undated": 0
        })
    );
    let report = case.json(&["report"]);
    assert_eq!(report["crates"][0]["verdict"], "keep");
    assert_eq!(report["crates"][0]["verdict_reason"], text);
    // One less, and it may be owned.
    case.publish(Some("2020-01-01"), &new[1..]);
    let advice = case.advice();
    assert_eq!(
        (&advice["verdict"], Case::ids(&advice)),
        (&json!("extract"), vec![])
    );
}

#[test]
fn incompatible_releases_count_by_themselves_and_limits_are_the_workspaces() {
    let case = Case::new("max-breaking = 2\n");
    let new = [
        ("90.0.0", "2031-01-02"),
        ("91.0.0", "2031-02-02"),
        ("92.0.0", "2031-03-02"),
    ];
    case.publish(Some("2020-01-01"), &new);
    let advice = case.advice();
    let text = advice["reasons_to_keep"][0]["text"].as_str().unwrap();
    assert!(
        text.contains("3 incompatible releases in the year to 2031-03-02"),
        "{text}"
    );
    assert!(text.contains("max-breaking = 2"), "{text}");
    case.publish(Some("2020-01-01"), &new[..2]);
    assert_eq!(case.advice()["verdict"], "extract");
}

#[test]
fn without_days_it_is_not_known_and_decides_nothing() {
    let case = Case::new("");
    case.publish(None, &[]);
    let advice = case.advice();
    assert_eq!(
        (&advice["verdict"], &advice["movement"]),
        (&json!("extract"), &Value::Null)
    );
    let why = advice["movement_missing"].as_str().unwrap();
    assert!(
        why.contains("does not say when versions were published"),
        "{why}"
    );
    let advised = advice["recommendation"].as_str().unwrap();
    assert!(
        advised.contains("How fast upstream moves is not known: "),
        "{advised}"
    );
    let report = case.json(&["report"]);
    let reason = report["crates"][0]["verdict_reason"].as_str().unwrap();
    assert!(
        reason.ends_with("how fast upstream moves is not known"),
        "{reason}"
    );
}

/// Cargo itself needs no more than the lock file and the sources when nothing is to be resolved.
#[test]
fn a_torn_index_is_no_reason_to_stop() {
    let case = Case::new("");
    case.publish(Some("2020-01-01"), &[("90.0.0", "2031-01-02")]);
    let whole = fs::read(&case.index).unwrap();
    fs::write(&case.index, &whole[..whole.len() - 40]).unwrap();
    let advice = case.advice();
    assert_eq!(advice["verdict"], "extract");
    assert_eq!(advice["movement"]["until"], "2020-01-01");
}
