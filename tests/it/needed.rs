//! What runs in the sandbox: only what nothing can stand for. Scripts that are read to their end
//! and macros that are modelled are neither compiled nor run, and the answer is that of `trust`.

use std::fs;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

use crate::fixtures::{configuration, root};
use crate::hostile::files;

struct Scene {
    _folder: TempDir,
    dir: Utf8PathBuf,
}

impl Scene {
    /// A program with these dependencies, of the versions that this project itself is built with.
    fn new(dependencies: &str, main: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(folder.path()).unwrap();
        let scene = Self {
            dir: dir.canonicalize_utf8().unwrap(),
            _folder: folder,
        };
        let head = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\nexclude = [\"plain\", \"odd\", \"helper\"]\n[dependencies]\n";
        scene.write("Cargo.toml", &format!("{head}{dependencies}"));
        scene.write("src/main.rs", main);
        let lock = root().parent().unwrap().join("Cargo.lock");
        fs::copy(lock, scene.dir.join("Cargo.lock")).unwrap();
        scene
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.dir.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn package(&self, name: &str, more: &str, script: &str, library: &str) {
        let head =
            format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
        self.write(&format!("{name}/Cargo.toml"), &format!("{head}{more}"));
        self.write(&format!("{name}/src/lib.rs"), library);
        if !script.is_empty() {
            self.write(&format!("{name}/build.rs"), script);
        }
    }

    /// The rows of the list, without where generated files are.
    fn list(&self, exec: &str, variables: &[(&str, &str)]) -> Vec<String> {
        let lock = Command::new("cargo")
            .args(["update", "--workspace", "--offline", "--quiet"])
            .current_dir(&self.dir)
            .output()
            .unwrap();
        assert!(lock.status.success(), "{lock:?}");
        let output = Command::new(env!("CARGO_BIN_EXE_cargo-whittle"))
            .args(["list", "--exec", exec])
            .args(["--manifest-path", self.dir.join("Cargo.toml").as_str()])
            .env("XDG_CONFIG_HOME", configuration(""))
            .env_remove("CARGO_TARGET_DIR")
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(&format!("\"policy\":\"{exec}\"")), "{text}");
        let rows = text.lines().skip(1);
        let row = |row: &str| {
            let mut row: serde_json::Value = serde_json::from_str(row).unwrap();
            let file = row["file"].as_str().unwrap();
            if file.contains("/target/whittle/") {
                row["file"] = file.rsplit('/').next().unwrap().into();
            }
            row.to_string()
        };
        let mut rows: Vec<String> = rows.map(row).collect();
        rows.sort_unstable();
        rows
    }

    /// Files of this kind that the sandbox left.
    fn left(&self, is_it: impl Fn(&Utf8Path) -> bool) -> usize {
        let all = files(&self.dir.join("target/whittle/sandbox/build"));
        all.iter().filter(|file| is_it(file)).count()
    }

    fn ran(&self, package: &str) -> bool {
        let trace = format!("ran-{package}");
        self.left(|file| file.file_name() == Some(&trace)) > 0
    }
}

/// A script that leaves a trace, sets a cfg and writes a function.
fn script(name: &str, more: &str) -> String {
    format!(
        "use std::{{env, fs, path::Path}};\nfn main() {{\n    let out = env::var(\"OUT_DIR\").unwrap();\n    \
         fs::write(Path::new(&out).join(\"ran-{name}\"), \"\").unwrap();\n    \
         fs::write(Path::new(&out).join(\"made.rs\"), \"pub fn made() {{}}\\n\").unwrap();\n    \
         println!(\"cargo:rustc-check-cfg=cfg(told)\");\n    println!(\"cargo:rustc-cfg=told\");\n    {more}\n}}\n"
    )
}

const LIBRARY: &str = "include!(concat!(env!(\"OUT_DIR\"), \"/made.rs\"));\n\
                       #[cfg(told)]\npub fn told() {}\n#[cfg(not(told))]\npub fn not_told() {}\n";

#[test]
fn scripts_that_are_read_to_their_end_are_not_run() {
    let scene = Scene::new(
        "plain = { path = \"plain\" }\nodd = { path = \"odd\" }\n",
        "fn main() { plain::made(); plain::told(); odd::made(); odd::told(); }\n",
    );
    let asks = "if env::var(\"PLAIN_STATIC\").is_ok() { println!(\"cargo:rustc-cfg=is_static\"); }";
    scene.package("plain", "", &script("plain", asks), LIBRARY);
    let needs = "[build-dependencies]\nhelper = { path = \"../helper\" }\n";
    scene.package("odd", needs, &script("odd", "helper::help();"), LIBRARY);
    scene.package("helper", "", "", "pub fn help() {}\n");

    let trusted = scene.list("trust", &[]);
    let made = |rows: &[String]| {
        let made = rows
            .iter()
            .filter(|row| row.contains("::made\"") || row.contains("::told\""));
        made.filter(|row| row.contains("\"used\"")).count()
    };
    assert_eq!(made(&trusted), 4, "{trusted:#?}");
    assert_eq!(scene.list("sandbox", &[]), trusted);
    assert!(scene.ran("odd") && !scene.ran("plain"));

    // A variable that it asks for, and that is set.
    let set = [("PLAIN_STATIC", "1")];
    assert_eq!(scene.list("sandbox", &set), scene.list("trust", &set));
    assert!(scene.ran("plain"));
}

#[test]
fn models_stand_for_macros_until_one_refuses() {
    let program = |attribute: &str| {
        let main = format!(
            "#[derive(serde::Deserialize)]\n{attribute}\npub enum Field {{ A, B }}\n\
             fn read<'de, T: serde::Deserialize<'de>>(text: &'de str) -> Option<T> {{\n    \
             T::deserialize(serde::de::value::BorrowedStrDeserializer::<serde::de::value::Error>::new(text)).ok()\n}}\n\
             fn main() {{ read::<Field>(\"A\"); }}\n"
        );
        Scene::new(
            "serde = { version = \"1\", features = [\"derive\"] }\n",
            &main,
        )
    };
    let is_library = |file: &Utf8Path| file.extension() == Some("so");
    let scene = program("");
    let modelled = scene.list("sandbox", &[]);
    assert_eq!(scene.left(is_library), 0, "serde_derive is modelled");
    let visitor =
        |row: &&String| row.contains("BorrowedStrDeserializer") && row.contains("\"used\"");
    assert!(modelled.iter().any(|row| visitor(&row)), "{modelled:#?}");

    let scene = program("#[serde(field_identifier)]");
    let sandboxed = scene.list("sandbox", &[]);
    assert!(
        scene.left(is_library) > 0,
        "and compiled, where the model refuses"
    );
    assert_eq!(sandboxed, scene.list("trust", &[]));
    let folders = scene.dir.join("target/whittle/sandbox").read_dir_utf8();
    let mut folders = folders.unwrap().flatten();
    assert!(
        folders.all(|folder| !folder.file_name().starts_with("run-")),
        "the macro server is ended, and its folder gone"
    );
    // The next run knows.
    assert_eq!(scene.list("sandbox", &[]), sandboxed);
}
