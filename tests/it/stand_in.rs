//! In the sandbox C code is checked and not compiled: the same answer as with a real compiler,
//! also from scripts that ask the compiler things; and a second run, with a real one, where the
//! code is needed.

use std::fs;
use std::process::{Command, Output};

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

use crate::fixtures::configuration;
use crate::hostile::files;

const MARK: &[u8] = b"cargo-whittle made no code";

/// What the scripts share: a compiler as the `cc` crate finds it, and an archive.
const HELPERS: &str = r#"
use std::process::{Command, Stdio};
fn cc() -> String { std::env::var("CC").unwrap_or_else(|_| "cc".into()) }
fn out() -> String { std::env::var("OUT_DIR").unwrap() }
fn run(args: &[&str]) -> Option<String> {
    let output = Command::new(cc()).args(args).stdin(Stdio::null()).output().unwrap();
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
fn object(source: &str, name: &str) -> Option<String> {
    let object = format!("{}/{name}.o", out());
    run(&["-O0", "-I", "c", "-Wall", "-o", &object, "-c", source]).map(|_| object)
}
fn archive(name: &str, object: &str) {
    let library = format!("{}/lib{name}.a", out());
    assert!(Command::new("ar").args(["crs", &library, object]).status().unwrap().success());
    println!("cargo:rustc-link-search=native={}", out());
    println!("cargo:rustc-link-lib=static={name}");
}
"#;

/// Asks about everything, makes a library.
const PROBING: &str = r#"
fn main() {
    let cfg = |name: &str, is: bool| if is { println!("cargo:rustc-cfg={name}") };
    for name in ["own", "broken", "good_probe", "bad_probe", "macros", "machine", "links"] {
        println!("cargo:rustc-check-cfg=cfg({name})");
    }
    let own = object("c/own.c", "own");
    cfg("own", own.is_some());
    cfg("broken", object("c/broken.c", "broken").is_some());
    let probe = |name: &str, text: &str| {
        let source = format!("{}/{name}.c", out());
        std::fs::write(&source, text).unwrap();
        object(&source, name)
    };
    let good = probe("good", "int main(void) { return 0; }\n");
    cfg("good_probe", good.is_some());
    cfg("bad_probe", probe("bad", " #error no\n").is_some());
    cfg("links", run(&[&good.unwrap(), "-o", &format!("{}/good", out())]).is_some());
    cfg("macros", run(&["-E", "c/own.c"]).is_some_and(|text| text.contains("int own")));
    cfg("machine", run(&["-dumpmachine"]).is_some_and(|text| text.contains('-')));
    archive("own", &own.unwrap());
    std::fs::write(format!("{}/made.rs", out()), "pub fn made() {}\n").unwrap();
}
"#;

/// Makes a program of the package's own C code and does what it says.
const GENERATING: &str = r#"
fn main() {
    println!("cargo:rustc-check-cfg=cfg(generated)");
    let program = format!("{}/generator", out());
    let object = object("c/generator.c", "generator").unwrap();
    if run(&[&object, "-o", &program]).is_some() && Command::new(&program).status().unwrap().success() {
        println!("cargo:rustc-cfg=generated");
    }
}
"#;

struct Scene {
    _folder: TempDir,
    dir: Utf8PathBuf,
}

impl Scene {
    /// A program with one dependency that has this build script.
    fn new(script: &str, library: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(folder.path()).unwrap();
        let scene = Self {
            dir: dir.canonicalize_utf8().unwrap(),
            _folder: folder,
        };
        scene.write(
            "Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\ndep = { path = \"dep\" }\n[workspace]\nexclude = [\"dep\"]\n",
        );
        scene.write("src/main.rs", "fn main() { dep::start() }\n");
        scene.write(
            "dep/Cargo.toml",
            "[package]\nname = \"dep\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
        );
        scene.write("dep/build.rs", &format!("{HELPERS}{script}"));
        scene.write("dep/src/lib.rs", library);
        scene.write("dep/c/own.h", "#define VALUE 7\n");
        scene.write(
            "dep/c/own.c",
            "#include \"own.h\"\nint own(void) { return VALUE; }\n",
        );
        scene.write(
            "dep/c/broken.c",
            "#include \"missing.h\"\nint broken(void) { return 0; }\n",
        );
        scene.write("dep/c/generator.c", "int main(void) { return 0; }\n");
        scene
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.dir.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The list, with what was noted.
    fn list(&self, exec: &str) -> (String, String) {
        let lock = Command::new("cargo")
            .args(["generate-lockfile", "--offline"])
            .current_dir(&self.dir)
            .output();
        assert!(lock.unwrap().status.success());
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-whittle"));
        command
            .args(["list", "--exec", exec])
            .args(["--manifest-path", self.dir.join("Cargo.toml").as_str()])
            .env("XDG_CONFIG_HOME", configuration(""))
            .env_remove("CARGO_TARGET_DIR");
        for variable in ["CC", "CXX", "HOST_CC", "TARGET_CC"] {
            command.env_remove(variable);
        }
        let Output { stdout, stderr, .. } = command.output().unwrap();
        let text = String::from_utf8_lossy(&stdout).into_owned();
        let policy = format!("\"policy\":\"{exec}\"");
        assert!(
            text.contains(&policy),
            "{text}{}",
            String::from_utf8_lossy(&stderr)
        );
        let text = text.replace(&policy, "");
        let text = text.replace("/whittle/sandbox/build/", "/whittle/build/");
        let text = text.replace("/whittle/sandbox/compiled/", "/whittle/build/");
        (text, String::from_utf8_lossy(&stderr).into_owned())
    }

    /// Objects below the tool's folder, and whether each was answered by the stand-in.
    fn objects(&self, below: &str) -> Vec<(String, bool)> {
        let all = files(&self.dir.join("target/whittle").join(below));
        let objects = all.into_iter().filter(|file| file.extension() == Some("o"));
        let mut objects: Vec<(String, bool)> = objects
            .filter(|file| file.components().any(|part| part.as_str() == "out"))
            .map(|file| {
                let bytes = fs::read(&file).unwrap();
                let marked = bytes.windows(MARK.len()).any(|part| part == MARK);
                (file.file_stem().unwrap().to_owned(), marked)
            })
            .collect();
        objects.sort();
        objects
    }
}

const LIBRARY: &str = "include!(concat!(env!(\"OUT_DIR\"), \"/made.rs\"));\npub fn start() {\n    made();\n    #[cfg(own)]\n    own();\n    #[cfg(broken)]\n    broken();\n    #[cfg(all(good_probe, not(bad_probe), links))]\n    probes();\n    #[cfg(all(macros, machine))]\n    questions();\n}\npub fn own() {}\npub fn broken() {}\npub fn probes() {}\npub fn questions() {}\n";

#[test]
fn scripts_learn_the_same_of_a_compiler_that_makes_no_code() {
    let scene = Scene::new(PROBING, LIBRARY);
    let (confined, notes) = scene.list("sandbox");
    assert!(!notes.contains("second time"), "{notes}");
    let (trusted, _) = scene.list("trust");
    assert_eq!(confined, trusted);
    for used in ["own", "probes", "questions"] {
        let line = confined
            .lines()
            .find(|line| line.contains(&format!("\"dep::{used}\"")));
        assert!(
            line.is_some_and(|line| line.contains("\"used\"")),
            "{used}: {confined}"
        );
    }
    // Otherwise nothing was seen: what came with the package, and nothing else, was answered.
    let own = |marked| ("own".to_owned(), marked);
    let good = ("good".to_owned(), false);
    assert_eq!(scene.objects("sandbox/build"), [good.clone(), own(true)]);
    assert_eq!(scene.objects("build"), [good, own(false)]);
}

#[test]
fn whoever_needs_the_code_gets_it() {
    let library =
        "pub fn start() {\n    #[cfg(generated)]\n    generated();\n}\npub fn generated() {}\n";
    let scene = Scene::new(GENERATING, library);
    let (confined, notes) = scene.list("sandbox");
    assert!(
        notes.contains("a second time, with C code compiled"),
        "{notes}"
    );
    assert_eq!(confined, scene.list("trust").0);
    assert!(
        confined
            .lines()
            .any(|line| line.contains("dep::generated") && line.contains("\"used\""))
    );

    // A build script that is linked with the code: the compiler's own linker finds it missing.
    let scene = Scene::new(
        PROBING,
        "extern \"C\" { fn own() -> i32; }\npub fn value() -> i32 { unsafe { own() } }\npub fn start() {}\n",
    );
    let manifest = fs::read_to_string(scene.dir.join("Cargo.toml")).unwrap();
    scene.write(
        "Cargo.toml",
        &manifest.replace(
            "[workspace]",
            "[build-dependencies]\ndep = { path = \"dep\" }\n[workspace]",
        ),
    );
    scene.write("build.rs", "fn main() {\n    println!(\"cargo:rustc-check-cfg=cfg(seven)\");\n    if dep::value() == 7 { println!(\"cargo:rustc-cfg=seven\"); }\n}\n");
    scene.write(
        "src/main.rs",
        "fn main() {\n    #[cfg(seven)]\n    dep::start()\n}\n",
    );
    let (confined, notes) = scene.list("sandbox");
    assert!(
        notes.contains("a second time, with C code compiled"),
        "{notes}"
    );
    assert_eq!(confined, scene.list("trust").0);
    assert!(
        confined
            .lines()
            .any(|line| line.contains("dep::start") && line.contains("\"used\""))
    );
}
