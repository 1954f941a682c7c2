//! What cargo reported of the step that runs build scripts and compiles proc macros.
//!
//! Takes cargo's messages and what it said on standard error, gives outputs of scripts, dynamic
//! libraries of proc macros, and why others are missing. Of what code in the sandbox wrote, only
//! what lies in the step's own folder is believed.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Output;

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::diagnostic::DiagnosticLevel;
use cargo_metadata::{Artifact, BuildScript, CompilerMessage, Message, TargetKind};

use super::cargo_error::headline;
use super::confined::{self, Ran};
use super::metadata::Facts;
use super::needed::Needed;
use crate::error::{Error, Result};
use crate::execution::Denied;
use crate::options::ExecPolicy;
use crate::sandbox::{Compilers, denied_lines};

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
    /// The sandbox ended the step early: why.
    stopped: Option<String>,
    /// What the sandbox refused, and what it stopped.
    pub(super) notices: BTreeSet<String>,
    denied: BTreeSet<Denied>,
    /// The sandbox was asked for and did not start.
    pub(super) no_sandbox: bool,
    /// C code was not compiled, and that was not enough: why.
    pub(super) wants_code: Option<String>,
    /// Cargo's target folder of the run.
    pub(super) target_dir: Utf8PathBuf,
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

    /// Whether something of this package ran, or is ready to.
    pub(super) fn has_output(&self, package: &str) -> bool {
        self.scripts.contains_key(package)
            || self.dylibs.iter().any(|dylib| dylib.package == package)
    }

    /// Why there is no output of this package.
    pub(super) fn why_missing(&self, package: &str) -> String {
        self.not_run
            .clone()
            .or_else(|| self.failures.get(package).cloned())
            .or_else(|| self.stopped.clone())
            .unwrap_or_else(|| "not built, because something it needs failed".to_owned())
    }

    /// What code in the sandbox was denied.
    pub(super) fn denied(&self) -> impl Iterator<Item = Denied> {
        self.denied.iter().cloned()
    }

    pub(super) fn notices(&self) -> impl Iterator<Item = String> {
        self.notices.iter().cloned()
    }

    /// Notes whether the step needs the code that a stand-in did not make.
    pub(super) fn want_code(&mut self, compilers: &Compilers) {
        if self.stopped.is_some() {
            return;
        }
        let failed = self.failures.iter().next();
        let failed = failed.map(|(package, why)| {
            let name = package.rsplit('/').next().unwrap_or(package);
            format!("{name}: {why}")
        });
        let linked = compilers
            .were_not_enough()
            .then(|| "a build script links it into a program".to_owned());
        self.wants_code = self.wants_code.take().or(failed).or(linked);
    }

    /// What was not needed was kept from being compiled: that it failed means nothing.
    pub(super) fn only_of(&mut self, needed: &Needed) {
        self.failures.retain(|package, _| needed.holds(package));
    }

    /// The policy that was in effect in the end.
    pub(super) fn in_effect(&self, policy: ExecPolicy) -> ExecPolicy {
        if self.no_sandbox {
            ExecPolicy::Never
        } else {
            policy
        }
    }

    /// Cargo did not come to its end.
    pub(super) fn failed(why: &Error) -> Self {
        Self {
            wants_code: Some(why.to_string()),
            ..Self::default()
        }
    }

    pub(super) fn not_run(why: &str) -> Self {
        Self {
            not_run: Some(why.to_owned()),
            ..Self::default()
        }
    }
}

/// What a step gave that was stopped or was denied something, as far as it can be believed.
pub(super) fn read_confined(
    ran: &Ran,
    facts: &Facts,
    target_dir: &Utf8Path,
) -> Result<BuildResults> {
    let mut results = match &ran.stopped {
        None => read(&ran.output, facts)?,
        Some(why) => {
            let (mut results, _) = collect(&ran.output, facts);
            let notice = format!("the sandbox {why}; what was not done by then is unknown");
            results.notices.insert(notice);
            results.stopped = Some(format!("the sandbox {why}"));
            results
        }
    };
    results.target_dir = target_dir.to_owned();
    results.believe_only_inside(target_dir);
    let stderr = String::from_utf8_lossy(&ran.output.stderr);
    let said = denied_lines(&stderr).map(|line| (String::new(), line.to_owned()));
    let by_script = confined::denials(target_dir);
    let is_new = |line: &str| !by_script.iter().any(|(_, known)| known == line);
    let said: Vec<_> = said.filter(|(_, line)| is_new(line)).collect();
    for (package, line) in by_script.into_iter().chain(said) {
        let (by, krate) = match package.as_str() {
            "" => ("compile step", None),
            _ => ("build script", Some(package)),
        };
        results.denied.insert(Denied {
            by: by.into(),
            krate,
            said: line,
        });
    }
    Ok(results)
}

pub(super) fn read(output: &Output, facts: &Facts) -> Result<BuildResults> {
    match collect(output, facts) {
        (_, false) if !output.status.success() => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            Err(Error::BuildScripts(headline(&stderr)))
        }
        (results, _) => Ok(results),
    }
}

/// What cargo said, and whether it came to its end.
fn collect(output: &Output, facts: &Facts) -> (BuildResults, bool) {
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
    for scripts in results.scripts.values_mut() {
        scripts.sort_by(|a, b| a.out_dir.cmp(&b.out_dir));
    }
    results
        .dylibs
        .sort_by(|a, b| (&a.package, &a.path).cmp(&(&b.package, &b.path)));
    results.note_failed_scripts(&stderr, facts);
    (results, finished)
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
    /// Drops outputs that do not lie in the step's own folder or lead out of it.
    fn believe_only_inside(&mut self, target_dir: &Utf8Path) {
        let (notices, failures) = (&mut self.notices, &mut self.failures);
        let mut refuse = |package: &str, what: &Utf8Path| {
            let why = format!("the sandbox refused its output: `{what}` leads out of its folder");
            notices.insert(format!("{package}: {why}"));
            failures.entry(package.to_owned()).or_insert(why);
        };
        for (package, scripts) in &mut self.scripts {
            scripts.retain(|script| {
                let outside = if confined::is_inside(&script.out_dir, target_dir) {
                    confined::link_outside(&script.out_dir, target_dir)
                } else {
                    Some(script.out_dir.clone())
                };
                outside.inspect(|path| refuse(package, path)).is_none()
            });
        }
        self.scripts.retain(|_, scripts| !scripts.is_empty());
        self.dylibs.retain(|dylib| {
            let inside = confined::is_inside(&dylib.path, target_dir);
            if !inside {
                refuse(&dylib.package, &dylib.path);
            }
            inside
        });
    }

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
