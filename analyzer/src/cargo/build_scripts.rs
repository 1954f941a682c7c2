//! Running what a build would run before it compiles: build scripts and proc macros.
//!
//! Takes the selection and the tool's own folder, gives what cargo reported: outputs of
//! scripts, dynamic libraries of proc macros, and why others are missing. Cargo's
//! `--compile-time-deps` builds just these, so none of the measured code is compiled.
//!
//! This is the only place that lets code of the analysed tree run: [`command`] decides by the
//! execution policy, and a sandbox would wrap what it returns.

use std::collections::BTreeMap;
use std::process::{Command, Output};

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::diagnostic::DiagnosticLevel;
use cargo_metadata::{Artifact, BuildScript, CompilerMessage, Message, TargetKind};

use super::cargo_error::headline;
use super::command::Tools;
use super::metadata::Facts;
use super::selection::build_flags;
use super::unit_graph::UnitGraph;
use crate::error::{Error, Result};
use crate::model::UnitKind;
use crate::options::{ExecPolicy, Options};

/// What cargo reported.
#[derive(Debug, Default)]
pub(super) struct BuildResults {
    /// Executions by package id, in the order of their output folders.
    pub(super) scripts: BTreeMap<String, Vec<BuildScript>>,
    dylibs: Vec<Dylib>,
    /// First error by package id.
    failures: BTreeMap<String, String>,
    /// Nothing was run: why.
    pub(super) not_run: Option<String>,
}

#[derive(Debug)]
struct Dylib {
    package: String,
    features: Vec<String>,
    path: Utf8PathBuf,
}

impl BuildResults {
    pub(super) fn dylib(&self, package: &str, features: &[String]) -> Option<&Utf8Path> {
        let of_package = || self.dylibs.iter().filter(|dylib| dylib.package == package);
        of_package()
            .find(|dylib| dylib.features == features)
            .map(|dylib| dylib.path.as_path())
    }

    /// Why there is no output of this package.
    pub(super) fn why_missing(&self, package: &str) -> String {
        self.not_run
            .clone()
            .or_else(|| self.failures.get(package).cloned())
            .unwrap_or_else(|| "not built, because something it needs failed".to_owned())
    }
}

/// Runs them, unless there are none or the policy forbids it.
pub(super) fn run(
    tools: &Tools,
    options: &Options,
    graph: &UnitGraph,
    facts: &Facts,
    target_dir: &Utf8Path,
    progress: &dyn Fn(&str),
) -> Result<BuildResults> {
    let any = graph
        .units
        .iter()
        .any(|unit| unit.is_script_run() || unit.kind() == UnitKind::ProcMacro);
    if !any {
        return Ok(BuildResults::default());
    }
    let Some(mut command) = command(tools, options, target_dir) else {
        let not_run = Some("not executed (--exec never)".to_owned());
        return Ok(BuildResults {
            not_run,
            ..BuildResults::default()
        });
    };
    progress("running build scripts and compiling proc macros");
    let output = Tools::run(&mut command).map_err(|e| Error::BuildScripts(e.to_string()))?;
    read(&output, facts)
}

/// The command that executes code of the tree; `None` when the policy forbids it.
fn command(tools: &Tools, options: &Options, target_dir: &Utf8Path) -> Option<Command> {
    match options.exec {
        ExecPolicy::Never => None,
        ExecPolicy::Trust => {
            let mut command = tools.unstable_cargo(&[
                "check",
                "--compile-time-deps",
                "--keep-going",
                "--message-format=json",
            ]);
            command
                .args(build_flags(&options.selection))
                .arg("--target-dir")
                .arg(target_dir);
            // A configured `build.build-dir` would take the intermediate files elsewhere.
            command.env("CARGO_BUILD_BUILD_DIR", target_dir);
            Some(command)
        }
    }
}

fn read(output: &Output, facts: &Facts) -> Result<BuildResults> {
    let mut results = BuildResults::default();
    let mut finished = false;
    for message in
        Message::parse_stream(output.stdout.as_slice()).map_while(std::result::Result::ok)
    {
        match message {
            Message::BuildScriptExecuted(script) => {
                results
                    .scripts
                    .entry(script.package_id.repr.clone())
                    .or_default()
                    .push(script);
            }
            Message::CompilerArtifact(artifact) => results.dylibs.extend(dylib(artifact)),
            Message::CompilerMessage(message) => results.note_compile_error(&message),
            Message::BuildFinished(_) => finished = true,
            _ => {}
        }
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    if !finished && !output.status.success() {
        return Err(Error::BuildScripts(headline(&stderr)));
    }
    for scripts in results.scripts.values_mut() {
        scripts.sort_by(|a, b| a.out_dir.cmp(&b.out_dir));
    }
    results
        .dylibs
        .sort_by(|a, b| (&a.package, &a.path).cmp(&(&b.package, &b.path)));
    results.note_failed_scripts(&stderr, facts);
    Ok(results)
}

fn dylib(artifact: Artifact) -> Option<Dylib> {
    if !artifact.target.kind.contains(&TargetKind::ProcMacro) {
        return None;
    }
    let is_library = |path: &Utf8PathBuf| matches!(path.extension(), Some("so" | "dll" | "dylib"));
    let path = artifact.filenames.into_iter().find(is_library)?;
    Some(Dylib {
        package: artifact.package_id.repr,
        features: artifact.features,
        path,
    })
}

impl BuildResults {
    fn note_compile_error(&mut self, message: &CompilerMessage) {
        if matches!(
            message.message.level,
            DiagnosticLevel::Error | DiagnosticLevel::Ice
        ) {
            let what = if message.target.kind.contains(&TargetKind::CustomBuild) {
                "its build script"
            } else {
                "it"
            };
            let first = message.message.message.lines().next().unwrap_or_default();
            let reason = format!("{what} does not compile: {first}");
            self.failures
                .entry(message.package_id.repr.clone())
                .or_insert(reason);
        }
    }

    /// Scripts that fail, or that cargo does not understand, are told on standard error only.
    fn note_failed_scripts(&mut self, stderr: &str, facts: &Facts) {
        for section in stderr.split("error: ").skip(1) {
            let head = section.lines().next().unwrap_or_default();
            let Some(id) = head.split('`').find_map(|words| facts.find_named(words)) else {
                continue;
            };
            let is_run = head.starts_with("failed to run custom build command");
            let said = if is_run {
                script_words(section)
            } else {
                head.trim_end_matches('.')
            };
            self.failures
                .entry(id)
                .or_insert_with(|| format!("its build script failed: {said}"));
        }
    }
}

/// The first thing the script said; thread names and numbers left out.
fn script_words(section: &str) -> &str {
    let said = section
        .split("--- stderr")
        .nth(1)
        .unwrap_or_default()
        .lines()
        .map(str::trim);
    let own = said.into_iter().find(|line| {
        !line.is_empty() && !line.starts_with("thread '") && !line.starts_with("note: run with")
    });
    own.or_else(|| {
        section
            .lines()
            .map(str::trim)
            .find(|line| line.starts_with("process didn't exit"))
    })
    .unwrap_or("no output")
}

#[cfg(test)]
mod tests {
    use super::script_words;

    #[test]
    fn the_first_words_of_a_failed_script() {
        let section = "failed to run custom build command for `a v0.1.0 (/a)`\n\nCaused by:\n  process didn't exit successfully: `/t/build-script-build` (exit status: 101)\n  --- stderr\n\n  thread 'main' (77) panicked at a/build.rs:1:13:\n  no libfoo\n  note: run with `RUST_BACKTRACE=1`\n";
        assert_eq!(script_words(section), "no libfoo");
        let silent = "failed to run custom build command for `a v0.1.0`\n\nCaused by:\n  process didn't exit successfully: `/t/x` (exit status: 3)\n";
        assert_eq!(
            script_words(silent),
            "process didn't exit successfully: `/t/x` (exit status: 3)"
        );
    }
}
