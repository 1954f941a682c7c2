//! How this tool calls cargo and rustc, in one place.
//!
//! Takes the user's selection once, gives ready-made commands: always offline and locked, never
//! coloured, never starting an installer. A trusted tree's commands run in the tree, where its
//! rustup override and cargo configuration apply; all others in the file system's root, with
//! what [`TreeConfig`] lets through. [`Tools::run`] turns "could not be started" into an error;
//! what a failing cargo said is judged in `cargo_error.rs`.
//!
//! Cargo's unit graph and `--compile-time-deps` are unstable options. They are unlocked for
//! cargo alone with the variable cargo's own tests use (rust-analyzer does the same);
//! `RUSTC_BOOTSTRAP` would leak into rustc and change what build scripts detect.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use super::neutral::TreeConfig;
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
    /// Cargo's target folder, once it is known where ours is.
    target_dir: Option<Utf8PathBuf>,
    /// What of the tree's configuration is followed when commands do not run in the tree.
    neutral: Option<TreeConfig>,
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
            None => here.clone(),
        };
        let program = |variable: &str, name: &str| {
            let named = env::var_os(variable).filter(|value| !value.is_empty());
            let named = named.unwrap_or_else(|| name.into());
            // The commands run elsewhere.
            let is_path = Path::new(&named).components().count() > 1;
            if is_path {
                cwd.join(named).into_os_string()
            } else {
                named
            }
        };
        let mut tools = Self {
            cargo: program("CARGO", "cargo"),
            rustc: program("RUSTC", "rustc"),
            manifest,
            dir,
            cwd: cwd.clone(),
            target_dir: None,
            neutral: None,
        };
        if options.exec != ExecPolicy::Trust {
            tools.leave_the_tree(&here, options.exec)?;
        }
        Ok(tools)
    }

    /// From now on commands run where no file of the tree applies.
    fn leave_the_tree(&mut self, here: &Utf8Path, exec: ExecPolicy) -> Result<()> {
        let manifest = match self.manifest.take() {
            Some(manifest) => manifest,
            None => self
                .dir
                .ancestors()
                .map(|folder| folder.join("Cargo.toml"))
                .find(|manifest| manifest.is_file())
                .ok_or_else(|| Error::NoManifest(self.dir.clone()))?,
        };
        let cargo_home = self.cargo_home();
        let cargo_home = cargo_home.as_deref().and_then(Utf8Path::from_path);
        let tree = manifest.parent().unwrap_or(here);
        let mut config = TreeConfig::read(tree, cargo_home)?;
        let promised = exec == ExecPolicy::Never;
        if promised && here.starts_with(tree) && config.names_programs() {
            config.notices.push(
                "started inside the tree: cargo and rustup obey its configuration before this tool runs; from outside, `cargo-whittle --manifest-path …` does not depend on them".to_owned(),
            );
        }
        let root = tree.ancestors().last().unwrap_or(tree);
        if root == tree {
            return Err(Error::Usage(
                "a workspace in the file system's root can only be analysed with `--exec trust`"
                    .to_owned(),
            ));
        }
        self.dir = root.to_owned();
        self.manifest = Some(manifest);
        self.neutral = Some(config);
        Ok(())
    }

    /// Where cargo keeps sources and the user's own configuration, absolute.
    pub(super) fn cargo_home(&self) -> Option<PathBuf> {
        match env::var_os("CARGO_HOME").filter(|home| !home.is_empty()) {
            Some(home) => Some(self.cwd.join(home)),
            None => Some(env::home_dir()?.join(".cargo")),
        }
    }

    /// Cargo leaves what it learns of the compiler in its target folder.
    pub(super) fn build_in(&mut self, target_dir: &Utf8Path) {
        self.target_dir = Some(target_dir.to_owned());
    }

    pub(super) fn neutral(&self) -> Option<&TreeConfig> {
        self.neutral.as_ref()
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
        match &self.target_dir {
            Some(folder) => command.env("CARGO_TARGET_DIR", folder),
            // Nothing is written.
            None => command.env("CARGO_CACHE_RUSTC_INFO", "0"),
        };
        for (variable, value) in [
            ("CARGO_TERM_COLOR", "never"),
            ("CARGO_TERM_PROGRESS_WHEN", "never"),
            ("CARGO_TERM_VERBOSE", "false"),
            ("CARGO_TERM_QUIET", "false"),
        ] {
            command.env(variable, value);
        }
        if let Some(config) = &self.neutral {
            // Cargo asks the compiler and its wrappers for their version before anything else.
            command.env("RUSTC", &self.rustc);
            command
                .env("RUSTC_WRAPPER", "")
                .env("RUSTC_WORKSPACE_WRAPPER", "");
            for value in config.flags() {
                command.arg("--config").arg(value);
            }
        }
        command
    }

    fn command(&self, program: &OsStr) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.dir).stdin(Stdio::null());
        command
            .env("RUSTUP_AUTO_INSTALL", "0")
            .env("RUST_BACKTRACE", "0");
        let channel = self.neutral.as_ref().and_then(|it| it.channel.as_ref());
        if let (Some(channel), None) = (channel, env::var_os("RUSTUP_TOOLCHAIN")) {
            command.env("RUSTUP_TOOLCHAIN", channel);
        }
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
            target_dir: self.target_dir.clone(),
            neutral: self.neutral.clone(),
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
