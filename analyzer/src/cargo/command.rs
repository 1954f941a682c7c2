//! How this tool calls cargo and rustc, in one place.
//!
//! Takes the user's selection once, gives ready-made commands: always in the folder whose
//! rustup override and cargo configuration apply, always offline and locked, never coloured,
//! never starting an installer. [`Tools::run`] turns "could not be started" into an error;
//! what a failing cargo said is judged in `cargo_error.rs`.
//!
//! Cargo's unit graph and `--compile-time-deps` are unstable options. They are unlocked for
//! cargo alone with the variable cargo's own tests use (rust-analyzer does the same);
//! `RUSTC_BOOTSTRAP` would leak into rustc and change what build scripts detect.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use crate::error::{Error, Result};
use crate::options::{ExecPolicy, Options};

const CHANNEL_OVERRIDE: &str = "__CARGO_TEST_CHANNEL_OVERRIDE_DO_NOT_USE_THIS";

/// Folders that cargo takes from the environment relative to its current directory.
const FOLDER_VARIABLES: [&str; 3] = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "CARGO_HOME"];

/// The programs and the folder they run in.
#[derive(Debug)]
pub(super) struct Tools {
    cargo: OsString,
    pub(super) rustc: OsString,
    /// Absolute path of `--manifest-path`, when it was given.
    pub(super) manifest: Option<Utf8PathBuf>,
    /// Where commands run.
    pub(super) dir: Utf8PathBuf,
    /// Where this process runs.
    cwd: PathBuf,
    exec: ExecPolicy,
}

impl Tools {
    /// Finds the programs as cargo's subcommands do: `CARGO` and `RUSTC`, else `PATH`.
    pub(super) fn find(options: &Options) -> Result<Self> {
        let io = |why: String| Error::Io {
            action: "read",
            path: ".".into(),
            why,
        };
        let cwd = env::current_dir().map_err(|e| io(e.to_string()))?;
        let here = Utf8PathBuf::from_path_buf(cwd.clone())
            .map_err(|path| io(format!("`{}` is not UTF-8", path.display())))?;
        let manifest = options
            .selection
            .manifest_path
            .as_ref()
            .map(|path| here.join(path));
        let dir = match &manifest {
            Some(path) => {
                let folder = path.parent().filter(|folder| folder.is_dir());
                folder
                    .ok_or_else(|| Error::NoManifest(path.clone()))?
                    .to_owned()
            }
            None => here,
        };
        let program = |variable: &str, name: &str| {
            env::var_os(variable)
                .filter(|value| !value.is_empty())
                .unwrap_or_else(|| name.into())
        };
        Ok(Self {
            cargo: program("CARGO", "cargo"),
            rustc: program("RUSTC", "rustc"),
            manifest,
            dir,
            cwd,
            exec: options.exec,
        })
    }

    /// `cargo <subcommand>` on the selected manifest.
    pub(super) fn cargo(&self, subcommand: &[&str]) -> Command {
        let mut command = self.bare_cargo(subcommand);
        if let Some(manifest) = &self.manifest {
            command.arg("--manifest-path").arg(manifest);
        }
        command
    }

    /// The same with cargo's unstable options unlocked.
    pub(super) fn unstable_cargo(&self, subcommand: &[&str]) -> Command {
        let mut command = self.cargo(subcommand);
        command
            .args(["-Z", "unstable-options"])
            .env(CHANNEL_OVERRIDE, "nightly");
        command
    }

    /// `cargo config get`: what cargo's configuration files say, merged.
    pub(super) fn cargo_config(&self) -> Command {
        let mut command = self.bare_cargo(&["config", "get", "--format", "json"]);
        command
            .args(["-Z", "unstable-options"])
            .env(CHANNEL_OVERRIDE, "nightly");
        command
    }

    pub(super) fn rustc(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(&self.rustc);
        command.args(arguments);
        command
    }

    fn bare_cargo(&self, subcommand: &[&str]) -> Command {
        let mut command = self.command(&self.cargo);
        command.args(subcommand);
        for variable in FOLDER_VARIABLES {
            if let Some(folder) = env::var_os(variable).filter(|folder| !folder.is_empty()) {
                command.env(variable, self.cwd.join(folder));
            }
        }
        for (variable, value) in [
            ("CARGO_TERM_COLOR", "never"),
            ("CARGO_TERM_PROGRESS_WHEN", "never"),
            ("CARGO_TERM_VERBOSE", "false"),
            ("CARGO_TERM_QUIET", "false"),
        ] {
            command.env(variable, value);
        }
        // Unless it is trusted the tree's own configuration may not name a program either:
        // cargo asks `build.rustc` and its wrappers for their version before anything else.
        if self.exec != ExecPolicy::Trust {
            command.env("RUSTC", &self.rustc);
            command
                .env("RUSTC_WRAPPER", "")
                .env("RUSTC_WORKSPACE_WRAPPER", "");
        }
        command
    }

    fn command(&self, program: &OsStr) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.dir).stdin(Stdio::null());
        command
            .env("RUSTUP_AUTO_INSTALL", "0")
            .env("RUST_BACKTRACE", "0");
        command
    }

    /// Runs to the end and captures; fails only when the program could not be started.
    pub(super) fn run(command: &mut Command) -> Result<Output> {
        command.output().map_err(|e| Error::NoProgram {
            program: command.get_program().to_string_lossy().into_owned(),
            why: e.to_string(),
        })
    }

    /// Standard output of a command that succeeded; `None` when it did not.
    pub(super) fn stdout(command: &mut Command) -> Option<String> {
        let output = Self::run(command).ok()?;
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The same with the toolchain's own programs, without rustup's proxies in between.
    pub(super) fn direct(&self, sysroot: &Utf8Path) -> Self {
        let rustc = sysroot
            .join("bin")
            .join(format!("rustc{}", env::consts::EXE_SUFFIX));
        let is_chosen = env::var_os("RUSTC").is_some_and(|value| !value.is_empty());
        Self {
            cargo: self.cargo_for_env(sysroot).into(),
            rustc: if rustc.is_file() && !is_chosen {
                rustc.into_string().into()
            } else {
                self.rustc.clone()
            },
            manifest: self.manifest.clone(),
            dir: self.dir.clone(),
            cwd: self.cwd.clone(),
            exec: self.exec,
        }
    }

    /// cargo's path for `env!("CARGO")`: the toolchain's, not rustup's proxy.
    pub(super) fn cargo_for_env(&self, sysroot: &Utf8Path) -> String {
        let installed = sysroot
            .join("bin")
            .join(format!("cargo{}", env::consts::EXE_SUFFIX));
        if installed.is_file() {
            installed.into_string()
        } else {
            self.cargo.to_string_lossy().into_owned()
        }
    }
}
