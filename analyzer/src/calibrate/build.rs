//! Builds the bin that the comparison reads, so that its debug info shows every function.
//!
//! Takes the project, the bin's name and the options, gives the path of the executable. Cargo
//! does the work, with the user's own selection and flags, in a target folder of the tool's own.
//! What is changed is the `dev` profile: optimization moves code into its callers and drops it,
//! so every opt-level is set back to 0, those of `[profile.dev.package]` and `build-override`
//! too, and debug info is complete and in the executable. `--config` on the command line wins
//! over manifests and configuration files, so no file of the tree has to be edited. `RUSTFLAGS`,
//! `panic` and `debug-assertions` stay the user's: they decide which code there is.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::model::Project;
use crate::options::{Options, Selection};

/// Compiles `bin` as a debugging build below `Project::out_dir` and returns the executable.
/// Cargo's messages go to stderr.
///
/// # Errors
/// Cargo cannot be started, or does not build the bin.
pub fn build_executable(project: &Project, bin: &str, options: &Options) -> Result<Utf8PathBuf> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = Command::new(&cargo);
    command
        .args([
            "build",
            "--locked",
            "--offline",
            "--message-format=json-render-diagnostics",
        ])
        .args(["--target-dir", project.out_dir.join("calibrate").as_str()])
        // A pattern, as the crate's name does not tell `-` from `_`.
        .args(["--bin", &bin.replace(['-', '_'], "[_-]")])
        .args(selection_flags(&options.selection))
        .args(profile_flags(project))
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    // Variables can override the profile per package too, under names nobody can list.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PROFILE_DEV_") {
            command.env_remove(name);
        }
    }
    let unstarted = |error: std::io::Error| Error::NoProgram {
        program: cargo.clone(),
        why: error.to_string(),
    };
    let mut child = command.spawn().map_err(unstarted)?;
    let mut executable = None;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout)
            .split(b'\n')
            .map_while(std::io::Result::ok)
        {
            executable = artifact(&line, bin).or(executable);
        }
    }
    let status = child.wait().map_err(unstarted)?;
    if !status.success() {
        return Err(Error::Calibrate(format!(
            "`cargo build` of bin `{bin}` failed ({status})"
        )));
    }
    executable.ok_or_else(|| {
        Error::Calibrate(format!("`cargo build` gave no executable for bin `{bin}`"))
    })
}

/// The executable, when the message is about the bin.
fn artifact(message: &[u8], bin: &str) -> Option<Utf8PathBuf> {
    let message: Value = serde_json::from_slice(message).ok()?;
    if message["reason"] != "compiler-artifact" {
        return None;
    }
    let target = &message["target"];
    let is_bin = target["kind"].as_array()?.iter().any(|kind| kind == "bin");
    let same = target["name"].as_str()?.replace('-', "_") == bin.replace('-', "_");
    (is_bin && same).then(|| message["executable"].as_str().map(Into::into))?
}

/// The flags that decide packages, features and target, as the analysis was asked for them.
fn selection_flags(selection: &Selection) -> Vec<String> {
    let mut flags = Vec::new();
    let mut add = |flag: &str, value: &str| flags.extend([flag.to_owned(), value.to_owned()]);
    if let Some(path) = &selection.manifest_path {
        add("--manifest-path", path.as_str());
    }
    for package in &selection.packages {
        add("--package", package);
    }
    for package in &selection.exclude {
        add("--exclude", package);
    }
    for features in &selection.features {
        add("--features", features);
    }
    if let Some(target) = &selection.target {
        add("--target", target);
    }
    let switches = [
        (selection.workspace, "--workspace"),
        (selection.all_features, "--all-features"),
        (selection.no_default_features, "--no-default-features"),
    ];
    flags.extend(
        switches
            .iter()
            .filter(|(on, _)| *on)
            .map(|(_, flag)| (*flag).to_owned()),
    );
    flags
}

fn profile_flags(project: &Project) -> Vec<String> {
    // Mach-O executables never hold debug info themselves: it is packed beside them.
    let split = if project.toolchain.target.contains("apple") {
        "packed"
    } else {
        "off"
    };
    let mut settings = vec![
        "opt-level=0".to_owned(),
        "debug=2".into(),
        "strip=\"none\"".into(),
        "lto=\"off\"".into(),
        "incremental=false".into(),
        format!("split-debuginfo=\"{split}\""),
        "build-override.opt-level=0".into(),
    ];
    for package in overridden_packages(project) {
        // JSON's strings are TOML's basic strings.
        let package = Value::from(package).to_string();
        settings.push(format!("package.{package}.opt-level=0"));
        settings.push(format!("package.{package}.debug=2"));
    }
    settings
        .into_iter()
        .flat_map(|setting| ["--config".to_owned(), format!("profile.dev.{setting}")])
        .collect()
}

/// Package specs that have a profile of their own, in the root manifest or in a configuration
/// file that cargo reads.
fn overridden_packages(project: &Project) -> BTreeSet<String> {
    let current = std::env::current_dir()
        .ok()
        .and_then(|dir| Utf8PathBuf::try_from(dir).ok());
    let home = std::env::var("CARGO_HOME")
        .ok()
        .map(Utf8PathBuf::from)
        .or_else(|| {
            let user = std::env::home_dir().and_then(|dir| Utf8PathBuf::try_from(dir).ok())?;
            Some(user.join(".cargo"))
        });
    let folders = current
        .iter()
        .flat_map(|dir| dir.ancestors().map(|dir| dir.join(".cargo")))
        .chain(home);
    let files = folders.flat_map(|dir| [dir.join("config.toml"), dir.join("config")]);
    std::iter::once(project.workspace_root.join("Cargo.toml"))
        .chain(files)
        .flat_map(|file| packages_with_profile(&file))
        .collect()
}

/// Keys of `[profile.dev.package]`; none when there is no such file, as cargo itself reports
/// one that it cannot read.
fn packages_with_profile(file: &Utf8Path) -> Vec<String> {
    let table = || {
        let text = std::fs::read_to_string(file).ok()?;
        let document: toml::Table = text.parse().ok()?;
        let packages = document.get("profile")?.get("dev")?.get("package")?;
        Some(packages.as_table()?.keys().cloned().collect())
    };
    table().unwrap_or_default()
}
