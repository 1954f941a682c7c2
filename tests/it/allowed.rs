//! Crates that may run under `never`: exactly the listed sources, with all that runs in them,
//! and nobody but the user can list them.
//!
//! The tests have a registry of their own, with a crate whose build script leaves a trace.

use std::fs;
use std::process::{Command, Output};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;
use tempfile::TempDir;

use crate::hostile::files;

/// Left by a build script that ran, in its output folder.
fn script(trace: &str, more: &str) -> String {
    format!(
        "fn main() {{\n    let out = std::env::var(\"OUT_DIR\").unwrap();\n    \
         std::fs::write(format!(\"{{out}}/{trace}\"), \"\").unwrap();\n    {more}\n}}\n"
    )
}

struct Scene {
    _folder: TempDir,
    dir: Utf8PathBuf,
}

impl Scene {
    /// A program that depends on `marked` (registry; its script uses `helper`) and on `local` (a
    /// folder), both with a script.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(folder.path()).unwrap();
        let scene = Self {
            dir: dir.canonicalize_utf8().unwrap(),
            _folder: folder,
        };
        let index = format!("file://{}/index", scene.dir);
        scene.write(
            "home/config.toml",
            &format!("[registries.near]\nindex = \"{index}\"\n"),
        );
        let dl = format!(
            "{{\"dl\":\"file://{}/crates/{{crate}}-{{version}}.crate\"}}",
            scene.dir
        );
        scene.write("index/config.json", &dl);
        let dep = "{\"name\":\"helper\",\"req\":\"^1\",\"features\":[],\"optional\":false,\"default_features\":true,\"target\":null,\"kind\":\"build\"}";
        scene.publish("helper", "1.0.0", "", "pub fn help() {}\n", None, "");
        let build = script("marked-ran", "helper::help();");
        for version in ["1.0.0", "1.0.1"] {
            let needs = "[build-dependencies]\nhelper = { version = \"1\", registry = \"near\" }\n";
            scene.publish(
                "marked",
                version,
                needs,
                "pub fn mark() {}\n",
                Some(&build),
                dep,
            );
        }
        scene.run(Command::new("git").args(["init", "-q", "."]), "index");
        scene.run(Command::new("git").args(["add", "."]), "index");
        let mut commit = Command::new("git");
        commit.args([
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b",
            "commit",
            "-qm",
            "all",
        ]);
        scene.run(&mut commit, "index");
        scene.write(
            "tree/Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nmarked = { version = \"=1.0.0\", registry = \"near\" }\nlocal = { path = \"local\" }\n[workspace]\nexclude = [\"local\"]\n",
        );
        scene.write(
            "tree/src/main.rs",
            "fn main() {\n    marked::mark();\n    local::near();\n}\n",
        );
        scene.write(
            "tree/local/Cargo.toml",
            "[package]\nname = \"local\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
        );
        // What it asks for is not known, so that it is run in the sandbox, too.
        let asks = "if std::env::var(\"PATH\").is_ok() { println!(\"cargo:rustc-cfg=asked\"); }";
        scene.write("tree/local/build.rs", &script("local-ran", asks));
        scene.write("tree/local/src/lib.rs", "pub fn near() {}\n");
        scene.run(Command::new("cargo").arg("fetch"), "tree");
        scene
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.dir.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn publish(
        &self,
        name: &str,
        version: &str,
        manifest: &str,
        lib: &str,
        build: Option<&str>,
        dep: &str,
    ) {
        let at = format!("crates/{name}-{version}");
        let head =
            format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2021\"\n");
        self.write(&format!("{at}/Cargo.toml"), &format!("{head}{manifest}"));
        self.write(&format!("{at}/src/lib.rs"), lib);
        if let Some(build) = build {
            self.write(&format!("{at}/build.rs"), build);
        }
        let package = format!("{name}-{version}");
        let file = format!("{package}.crate");
        self.run(Command::new("tar").args(["czf", &file, &package]), "crates");
        let sum = self.checksum(name, version);
        let line = format!(
            "{{\"name\":\"{name}\",\"vers\":\"{version}\",\"deps\":[{dep}],\"cksum\":\"{sum}\",\"features\":{{}},\"yanked\":false}}\n"
        );
        let place = format!("index/{}/{}/{name}", &name[..2], &name[2..4]);
        let before = fs::read_to_string(self.dir.join(&place)).unwrap_or_default();
        self.write(&place, &(before + &line));
    }

    fn checksum(&self, name: &str, version: &str) -> String {
        let file = format!("{name}-{version}.crate");
        let output = self.run(Command::new("sha256sum").arg(file), "crates");
        String::from_utf8(output.stdout).unwrap()[..64].to_owned()
    }

    fn entry(&self, name: &str, version: &str) -> String {
        format!("{name}@{version}#{}", self.checksum(name, version))
    }

    fn run(&self, command: &mut Command, folder: &str) -> Output {
        let output = command
            .current_dir(self.dir.join(folder))
            .env("CARGO_HOME", self.dir.join("home"))
            .env_remove("CARGO_TARGET_DIR")
            .output()
            .unwrap();
        assert!(output.status.success(), "{command:?}: {}", said(&output));
        output
    }

    fn whittle(&self, args: &[&str], config: &str) -> Output {
        self.write("config/cargo-whittle/config.toml", config);
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-whittle"));
        command
            .args(args)
            .args(["--manifest-path", self.dir.join("tree/Cargo.toml").as_str()])
            .env("XDG_CONFIG_HOME", self.dir.join("config"))
            .env("CARGO_HOME", self.dir.join("home"))
            .env_remove("CARGO_TARGET_DIR");
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        output
    }

    /// The report's `execution` under `never`, with what was noted, and which scripts ran.
    fn never(&self, allow: &[&str], config: &str) -> (Value, String, Vec<&'static str>) {
        let mut args = vec!["report", "--format", "json", "--exec", "never"];
        for entry in allow {
            args.extend(["--allow-exec", entry]);
        }
        let output = self.whittle(&args, config);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["policy"], "never");
        let notices = report["notices"].to_string();
        let ran = self.ran("tree/target/whittle/sandbox/allowed");
        let _ = fs::remove_dir_all(self.dir.join("tree/target/whittle/sandbox/allowed"));
        (report["execution"].clone(), notices, ran)
    }

    fn ran(&self, below: &str) -> Vec<&'static str> {
        let all = files(&self.dir.join(below));
        let left = |trace: &&str| all.iter().any(|file| file.file_name() == Some(trace));
        ["marked-ran", "local-ran"]
            .into_iter()
            .filter(left)
            .collect()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const NONE: [&str; 0] = [];

#[test]
fn exactly_what_is_listed_runs_under_never() {
    let scene = Scene::new();
    let (marked, helper) = (
        scene.entry("marked", "1.0.0"),
        scene.entry("helper", "1.0.0"),
    );

    let (execution, _, ran) = scene.never(&[], "");
    assert_eq!(ran, NONE);
    assert_eq!(execution["allowed"].as_array().unwrap().len(), 0);
    let not_run = |name: &str| {
        let all = execution["not_run"].as_array().unwrap().iter();
        all.clone()
            .find(|one| one["crate"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(
        not_run("marked")["allow"],
        serde_json::json!([helper, marked])
    );
    assert_eq!(not_run("local")["allow"], serde_json::json!([]));
    let why = not_run("local")["why"].to_string();
    assert!(
        why.contains("is a folder, not a package of a registry"),
        "{why}"
    );

    let (execution, _, ran) = scene.never(&[&marked], "");
    assert_eq!(ran, NONE, "helper runs in it, and is not listed");
    let why = execution["not_run"].to_string();
    assert!(
        why.contains("but not what runs in it: helper 1.0.0"),
        "{why}"
    );

    // Everything that a run without a list left must not be taken for allowed.
    scene.whittle(&["report", "--exec", "sandbox"], "");
    assert_eq!(
        scene.ran("tree/target/whittle/sandbox/build"),
        ["marked-ran", "local-ran"]
    );

    let (execution, notices, ran) = scene.never(&[&marked, &helper], "");
    assert_eq!(ran, ["marked-ran"], "{execution} {notices}");
    assert_eq!(execution["allowed"], serde_json::json!(["marked@1.0.0"]));
    let list = format!("allow = [\"{marked}\", \"{helper}\"]\n");
    assert_eq!(scene.never(&[], &list).2, ["marked-ran"]);

    let wrong = format!("marked@1.0.0#{}", "0".repeat(64));
    let (_, notices, ran) = scene.never(&[&wrong, &helper], "");
    assert_eq!(ran, NONE);
    assert!(
        notices.contains("with another checksum") && notices.contains(&marked),
        "{notices}"
    );
    let (_, notices, ran) = scene.never(&[&scene.entry("marked", "1.0.1"), &helper], "");
    assert_eq!(ran, NONE);
    assert!(
        notices.contains("in another version") && notices.contains(&marked),
        "{notices}"
    );
}

#[test]
fn the_tree_cannot_list_anything() {
    let scene = Scene::new();
    let (marked, helper) = (
        scene.entry("marked", "1.0.0"),
        scene.entry("helper", "1.0.0"),
    );
    let list = format!("allow = [\"{marked}\", \"{helper}\"]\n");
    let manifest = fs::read_to_string(scene.dir.join("tree/Cargo.toml")).unwrap();
    for file in [
        "cargo-whittle/config.toml",
        ".config/cargo-whittle/config.toml",
        "whittle.toml",
    ] {
        scene.write(&format!("tree/{file}"), &list);
    }
    scene.write(
        "tree/.cargo/config.toml",
        &format!("[whittle]\n{list}[env]\nXDG_CONFIG_HOME = \".\"\n"),
    );
    let own = format!("{manifest}[workspace.metadata.whittle]\n{list}");
    scene.write("tree/Cargo.toml", &own);
    assert_eq!(scene.never(&[], "").2, NONE);
    // It can only take away.
    scene.write("tree/Cargo.toml", &format!("{own}exec = \"never\"\n"));
    let (_, notices, ran) = scene.never(&[&marked, &helper], "");
    assert_eq!(ran, NONE);
    assert!(
        notices.contains("the workspace itself asks for"),
        "{notices}"
    );
    fs::remove_dir_all(scene.dir.join("tree/.cargo")).unwrap();

    // Sources in the tree are what the tree makes of them, whatever checksum they claim.
    scene.write("tree/Cargo.toml", &manifest);
    assert_eq!(scene.never(&[&marked, &helper], "").2, ["marked-ran"]);
    let vendor = scene.run(Command::new("cargo").args(["vendor", "--offline"]), "tree");
    let config = String::from_utf8(vendor.stdout).unwrap();
    scene.write("tree/.cargo/config.toml", &config);
    let (execution, _, ran) = scene.never(&[&marked, &helper], "");
    assert_eq!(ran, NONE);
    let why = execution["not_run"].to_string();
    assert!(
        why.contains("was not fetched by cargo, but replaced or vendored"),
        "{why}"
    );
}

#[test]
fn without_a_sandbox_nothing_runs_however_allowed() {
    let scene = Scene::new();
    let (marked, helper) = (
        scene.entry("marked", "1.0.0"),
        scene.entry("helper", "1.0.0"),
    );
    let output = Command::new(env!("CARGO_BIN_EXE_cargo-whittle"))
        .args([
            "report",
            "--exec",
            "never",
            "--allow-exec",
            &marked,
            "--allow-exec",
            &helper,
        ])
        .args([
            "--manifest-path",
            scene.dir.join("tree/Cargo.toml").as_str(),
        ])
        .env("XDG_CONFIG_HOME", scene.dir.join("config"))
        .env("CARGO_HOME", scene.dir.join("home"))
        .env("WHITTLE_TEST_SANDBOX_WITHOUT", "landlock")
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        text.contains("nothing of what is allowed to run was run"),
        "{text}{}",
        said(&output)
    );
    assert_eq!(scene.ran("tree/target/whittle"), NONE);
}

#[test]
fn what_to_allow_is_printed_and_can_be_pasted() {
    let scene = Scene::new();
    let printed = String::from_utf8(scene.whittle(&["allow"], "").stdout).unwrap();
    assert!(printed.contains("# local 0.1.0: not executed"), "{printed}");
    assert_eq!(scene.never(&[], &printed).2, ["marked-ran"], "{printed}");
    let one = String::from_utf8(scene.whittle(&["allow", "marked"], "").stdout).unwrap();
    assert!(
        one.contains(&scene.entry("helper", "1.0.0")) && !one.contains("local"),
        "{one}"
    );
}
