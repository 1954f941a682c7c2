//! `--exec never` starts no program that the analysed tree chose.
//!
//! One workspace with every hook that cargo, rustup and git offer a tree; each writes its name
//! into a file. The file is the witness: under `trust` it must appear, or it proves nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use crate::fixtures::{stdout, whittle};

/// A program that notes its name and then does what was asked for, so that a build goes on.
fn hook(dir: &Utf8Path, name: &str, then: &str) -> Utf8PathBuf {
    let path = dir.join("hooks").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let witness = dir.join("ran");
    fs::write(
        &path,
        format!("#!/bin/sh\necho {name} >> '{witness}'\n{then}\n"),
    )
    .unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn write(dir: &Utf8Path, file: &str, text: &str) {
    let path = dir.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A workspace whose every hook leaves a trace.
fn hostile(dir: &Utf8Path) {
    let note = |name: &str| {
        let witness = dir.join("ran");
        format!(
            "use std::io::Write;\nlet file = std::fs::OpenOptions::new().create(true).append(true).open({:?});\nwriteln!(file.unwrap(), {name:?}).unwrap();\n",
            witness.as_str()
        )
    };
    write(
        dir,
        "Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nevil_derive = { path = \"evil_derive\" }\n[workspace]\n",
    );
    write(
        dir,
        "src/main.rs",
        "#[derive(evil_derive::Evil)]\nstruct S;\nfn main() { let _ = S; }\n",
    );
    write(
        dir,
        "build.rs",
        &format!("fn main() {{ {} }}", note("build-script")),
    );
    write(
        dir,
        "evil_derive/Cargo.toml",
        "[package]\nname = \"evil_derive\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[lib]\nproc-macro = true\n",
    );
    write(
        dir,
        "evil_derive/src/lib.rs",
        &format!(
            "use proc_macro::TokenStream;\n#[proc_macro_derive(Evil)]\npub fn evil(_: TokenStream) -> TokenStream {{ {} TokenStream::new() }}",
            note("derive")
        ),
    );
    let lock = Command::new("cargo")
        .args(["generate-lockfile", "--offline"])
        .current_dir(dir)
        .status();
    assert!(lock.unwrap().success());
    // Only now: what follows also acts on the command above.
    let pass_on = "exec \"$@\"";
    let wrapper = hook(dir, "rustc-wrapper", pass_on);
    let workspace_wrapper = hook(dir, "rustc-workspace-wrapper", pass_on);
    let rustc = hook(dir, "rustc", "exec rustc \"$@\"");
    let linker = hook(dir, "linker", "exec cc \"$@\"");
    let credential = hook(dir, "credential", "exit 1");
    let runner = hook(dir, "runner", pass_on);
    let preloaded = hook(dir, "from-env", pass_on);
    write(
        dir,
        ".cargo/config.toml",
        &format!(
            r#"
            include = ["more.toml"]
            [build]
            rustc = "{rustc}"
            rustc-wrapper = "{wrapper}"
            rustc-workspace-wrapper = "{workspace_wrapper}"
            [target.'cfg(all())']
            linker = "{linker}"
            runner = "{runner}"
            [registry]
            global-credential-providers = ["{credential}"]
            [alias]
            whittle = "run"
            [env]
            RUSTC_WRAPPER = {{ value = "{preloaded}", force = true }}
            "#
        ),
    );
    write(
        dir,
        ".cargo/more.toml",
        &format!("[build]\nrustdoc = \"{rustc}\"\n"),
    );
    for (file, name) in [("cargo", "toolchain-cargo"), ("rustc", "toolchain-rustc")] {
        let program = hook(dir, name, &format!("exec {file} \"$@\""));
        let bin = dir.join("toolchain/bin");
        fs::create_dir_all(&bin).unwrap();
        fs::copy(program, bin.join(file)).unwrap();
    }
    let git = |args: &[&str]| {
        let status = Command::new("git").args(args).current_dir(dir).output();
        assert!(status.unwrap().status.success());
    };
    git(&["init", "--quiet"]);
    for name in ["post-checkout", "post-index-change", "fsmonitor"] {
        let program = hook(dir, name, "");
        fs::copy(program, dir.join(".git/hooks").join(name)).unwrap();
    }
    git(&[
        "config",
        "core.fsmonitor",
        dir.join("hooks/fsmonitor").as_str(),
    ]);
}

fn ran(dir: &Utf8Path) -> String {
    fs::read_to_string(dir.join("ran")).unwrap_or_default()
}

#[test]
fn never_starts_nothing_of_the_tree() {
    let folder = tempfile::tempdir().unwrap();
    let dir = Utf8Path::from_path(folder.path()).unwrap();
    let dir = dir.canonicalize_utf8().unwrap().join("tree");
    hostile(&dir);
    let manifest = dir.join("Cargo.toml");
    let at = ["--manifest-path", manifest.as_str()];

    stdout(&whittle(&[&["list", "--exec", "trust"], &at[..]].concat()));
    let trusted = ran(&dir);
    for name in ["build-script", "derive", "linker", "rustc", "rustc-wrapper"] {
        assert!(
            trusted.lines().any(|line| line == name),
            "{name} in:\n{trusted}"
        );
    }
    fs::remove_file(dir.join("ran")).unwrap();
    fs::remove_dir_all(dir.join("target")).unwrap();

    // rustup would take the whole toolchain from the tree.
    write(
        &dir,
        "rust-toolchain.toml",
        "[toolchain]\npath = \"toolchain\"\n",
    );
    for command in ["report", "list"] {
        let answer = stdout(&whittle(&[&[command, "--exec", "never"], &at[..]].concat()));
        assert!(!answer.is_empty(), "{command}");
        assert_eq!(ran(&dir), "", "{command}");
    }
    let why = whittle(&[&["why", "evil_derive", "--exec", "never"], &at[..]].concat());
    assert!(why.status.code().is_some_and(|code| code < 2));
    assert_eq!(ran(&dir), "");
}

#[test]
fn a_linked_target_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let dir = Utf8Path::from_path(folder.path()).unwrap();
    let dir = dir.canonicalize_utf8().unwrap();
    let (tree, elsewhere) = (dir.join("tree"), dir.join("elsewhere"));
    write(
        &tree,
        "Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n",
    );
    write(&tree, "src/main.rs", "fn main() {}\n");
    write(
        &tree,
        "Cargo.lock",
        "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n",
    );
    fs::create_dir_all(&elsewhere).unwrap();
    let manifest = tree.join("Cargo.toml");
    for link in ["target", "target/whittle"] {
        let link = tree.join(link);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
        let refused = whittle(&["list", "--manifest-path", manifest.as_str()]);
        assert_eq!(refused.status.code(), Some(2), "{link}");
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(said.contains("is a link out of the workspace"), "{said}");
        fs::remove_file(&link).unwrap();
    }
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}
