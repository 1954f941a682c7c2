//! Every precondition of loading that fails is an error of its own, and writes nothing.
//!
//! Each test makes a small workspace in its own folder and loads it in this process.

use std::fs;
use std::path::{Path, PathBuf};

use cargo_whittle::cargo::load_project;
use cargo_whittle::error::Error;
use cargo_whittle::model::{BuildOutput, Project};
use cargo_whittle::options::{ExecPolicy, Options, Selection};

/// A lock file for the package `app` without dependencies.
const LOCK: &str = "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n";

fn workspace(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("load-errors")
        .join(name);
    let _ = fs::remove_dir_all(&root);
    for (file, text) in files {
        let file = root.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    root
}

fn manifest(more: &str) -> String {
    format!("[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{more}")
}

fn load(root: &Path, selection: Selection, exec: ExecPolicy) -> Result<Project, Error> {
    let manifest_path = Some(root.join("Cargo.toml").to_str().unwrap().into());
    let selection = Selection {
        manifest_path,
        ..selection
    };
    load_project(
        &Options {
            selection,
            exec,
            ..Options::default()
        },
        &|_| {},
    )
}

fn error(root: &Path, selection: Selection) -> Error {
    let error = load(root, selection, ExecPolicy::Trust).unwrap_err();
    assert!(
        !error.remedy().contains('\n') && !error.to_string().contains('\n'),
        "{error}"
    );
    error
}

fn app(name: &str) -> PathBuf {
    workspace(
        name,
        &[
            ("Cargo.toml", &manifest("")),
            ("src/main.rs", "fn main() {}"),
            ("Cargo.lock", LOCK),
        ],
    )
}

#[test]
fn no_manifest() {
    let root = workspace("no-manifest", &[("src/main.rs", "fn main() {}")]);
    assert!(
        matches!(error(&root, Selection::default()), Error::NoManifest(path) if path.ends_with("Cargo.toml"))
    );
}

#[test]
fn no_lock_file_and_none_made() {
    let root = workspace(
        "no-lock",
        &[
            ("Cargo.toml", &manifest("")),
            ("src/main.rs", "fn main() {}"),
        ],
    );
    assert!(
        matches!(error(&root, Selection::default()), Error::NoLockFile(path) if path.ends_with("Cargo.lock"))
    );
    assert!(!root.join("Cargo.lock").exists() && !root.join("target").exists());
}

#[test]
fn stale_lock_file_left_alone() {
    let files = [
        (
            "Cargo.toml",
            manifest("[dependencies]\ndep = { path = \"dep\" }\n"),
        ),
        ("src/main.rs", "fn main() {}".to_owned()),
        (
            "dep/Cargo.toml",
            "[package]\nname = \"dep\"\nversion = \"0.1.0\"\n".to_owned(),
        ),
        ("dep/src/lib.rs", String::new()),
        ("Cargo.lock", LOCK.to_owned()),
    ];
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(file, text)| (*file, text.as_str()))
        .collect();
    let root = workspace("stale-lock", &files);
    assert!(matches!(
        error(&root, Selection::default()),
        Error::StaleLockFile(_)
    ));
    assert_eq!(fs::read_to_string(root.join("Cargo.lock")).unwrap(), LOCK);
}

#[test]
fn broken_manifest() {
    let root = workspace(
        "broken",
        &[("Cargo.toml", "[package"), ("Cargo.lock", LOCK)],
    );
    assert!(matches!(
        error(&root, Selection::default()),
        Error::Metadata(_)
    ));
}

#[test]
fn cyclic_dependency() {
    let package = |name: &str, other: &str| {
        format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\n[dependencies]\n{other} = {{ path = \"{}\" }}\n",
            if name == "app" { "b" } else { ".." }
        )
    };
    let files = [
        ("Cargo.toml", package("app", "b")),
        ("src/lib.rs", String::new()),
        ("b/Cargo.toml", package("b", "app")),
        ("b/src/lib.rs", String::new()),
        ("Cargo.lock", LOCK.to_owned()),
    ];
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(file, text)| (*file, text.as_str()))
        .collect();
    let root = workspace("cyclic", &files);
    let error = error(&root, Selection::default());
    assert!(
        matches!(&error, Error::Metadata(why) if why.contains("cyclic package dependency")),
        "{error:?}"
    );
}

#[test]
fn sources_not_fetched() {
    let url = "file:///nowhere/at/all";
    let commit = "0123456789012345678901234567890123456789";
    let lock = format!(
        "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \"dep\",\n]\n\n[[package]]\nname = \"dep\"\nversion = \"0.1.0\"\nsource = \"git+{url}#{commit}\"\n"
    );
    let manifest = manifest(&format!("[dependencies]\ndep = {{ git = \"{url}\" }}\n"));
    let root = workspace(
        "not-fetched",
        &[
            ("Cargo.toml", &manifest),
            ("src/main.rs", "fn main() {}"),
            ("Cargo.lock", &lock),
        ],
    );
    let error = error(&root, Selection::default());
    assert!(matches!(error, Error::NotFetched(_)), "{error:?}");
}

#[test]
fn unknown_selections() {
    let root = app("unknown");
    let name = || vec!["missing".to_owned()];
    let selections = [
        Selection {
            packages: name(),
            ..Selection::default()
        },
        Selection {
            bin: name(),
            ..Selection::default()
        },
        Selection {
            example: name(),
            ..Selection::default()
        },
        Selection {
            test: name(),
            ..Selection::default()
        },
        Selection {
            bench: name(),
            ..Selection::default()
        },
        Selection {
            lib: true,
            ..Selection::default()
        },
        Selection {
            features: name(),
            ..Selection::default()
        },
        Selection {
            target: Some("missing".to_owned()),
            ..Selection::default()
        },
        Selection {
            profile: Some("missing".to_owned()),
            ..Selection::default()
        },
    ];
    for selection in selections {
        let error = error(&root, selection.clone());
        assert!(
            matches!(error, Error::Selection(_)),
            "{selection:?}: {error:?}"
        );
    }
}

#[test]
fn nothing_selected() {
    let selection = Selection {
        examples: true,
        ..Selection::default()
    };
    assert!(matches!(
        error(&app("nothing"), selection),
        Error::NoRoots(_)
    ));
}

#[test]
fn std_sources_that_are_none() {
    let root = app("no-std");
    let manifest_path = Some(root.join("Cargo.toml").to_str().unwrap().into());
    let selection = Selection {
        manifest_path,
        ..Selection::default()
    };
    let std_src = Some(root.to_str().unwrap().into());
    let error = load_project(
        &Options {
            selection,
            std_src,
            ..Options::default()
        },
        &|_| {},
    )
    .unwrap_err();
    assert!(matches!(error, Error::BadStdSources(_)));
}

fn with_script(name: &str, script: &str) -> PathBuf {
    let files = [
        ("Cargo.toml", &*manifest("")),
        ("src/main.rs", "fn main() {}"),
        ("build.rs", script),
        ("Cargo.lock", LOCK),
    ];
    workspace(name, &files)
}

fn output_of_main(project: &Project) -> &BuildOutput {
    &project.units[project.roots[0]].build_output
}

#[test]
fn a_script_that_fails_costs_its_output_only() {
    let script = "fn main() { eprintln!(\"no libfoo\"); std::process::exit(1) }";
    let root = with_script("script-fails", script);
    let project = load(&root, Selection::default(), ExecPolicy::Trust).unwrap();
    let BuildOutput::Missing(why) = output_of_main(&project) else {
        panic!("{project:#?}")
    };
    assert_eq!(why, "its build script failed: no libfoo");
    assert_eq!(project.notices.len(), 1);
}

#[test]
fn a_script_that_does_not_compile() {
    let root = with_script("script-broken", "fn main() { let _: u32 = \"\"; }");
    let project = load(&root, Selection::default(), ExecPolicy::Trust).unwrap();
    let BuildOutput::Missing(why) = output_of_main(&project) else {
        panic!("{project:#?}")
    };
    assert_eq!(why, "its build script does not compile: mismatched types");
}

#[test]
fn under_never_nothing_of_the_tree_runs() {
    let root = with_script(
        "never",
        "fn main() { std::fs::write(\"ran\", \"\").unwrap(); }",
    );
    fs::create_dir(root.join(".cargo")).unwrap();
    fs::write(
        root.join(".cargo/config.toml"),
        "[build]\nrustc = \"no-such-rustc\"\nrustc-wrapper = \"no-such\"\n",
    )
    .unwrap();
    let project = load(&root, Selection::default(), ExecPolicy::Never).unwrap();
    assert!(
        matches!(output_of_main(&project), BuildOutput::Read { .. }),
        "{:?}",
        output_of_main(&project)
    );
    assert!(!root.join("ran").exists() && !root.join("target/whittle/build/debug").exists());
}
