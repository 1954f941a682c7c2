//! Building and testing a workspace, for what may only be done when that went well.
//!
//! Takes the options and the policy that is in effect, gives what cargo said. This runs code of the
//! tree: in the sandbox, plainly when the tree is trusted, and not at all otherwise. Cargo's own
//! folder for it lies within the tool's, so that the user's builds are not touched, and what ran
//! confined is never built on by what did not.

use std::process::{Command, Output};

use camino::{Utf8Path, Utf8PathBuf};

use super::build_scripts::Place;
use super::cargo_error::{classify, headline};
use super::command::Tools;
use super::{apply_configured_rustc, configuration, confined, metadata, own_folder, toolchain};
use crate::error::{Error, Result};
use crate::options::{ExecPolicy, Options};

/// A workspace that is built and tested.
pub(crate) struct Builds {
    options: Options,
    tools: Tools,
    /// The tool's own folder.
    out_dir: Utf8PathBuf,
    target_dir: Utf8PathBuf,
    sysroot: Utf8PathBuf,
    host: String,
}

/// What came out.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) success: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The sandbox ended it.
    pub(crate) stopped: Option<String>,
}

impl Built {
    /// What cargo gave as the reason of its failure.
    pub(crate) fn headline(&self) -> String {
        self.stopped
            .clone()
            .unwrap_or_else(|| headline(&self.stderr))
    }
}

impl Builds {
    /// `options` select the manifest; their policy is the one in effect.
    ///
    /// # Errors
    /// Under [`ExecPolicy::Never`], and when the workspace cannot be found.
    pub(crate) fn new(options: &Options) -> Result<Self> {
        if options.exec == ExecPolicy::Never {
            return Err(Error::BuildScripts(
                "the execution policy does not let code run".to_owned(),
            ));
        }
        let mut tools = Tools::find(options)?;
        let mut place = metadata::locate(&tools)?;
        if let Some(named) = &options.selection.target_dir {
            place.target.clone_from(named);
        }
        let out_dir = own_folder(&place.root, &place.target)?;
        let config = configuration(&tools);
        apply_configured_rustc(&mut tools, options, &config);
        let name = match options.exec {
            ExecPolicy::Sandbox => "sandbox/code",
            ExecPolicy::Trust | ExecPolicy::Never => "code",
        };
        let target_dir = out_dir.join(name);
        tools.build_in(&target_dir);
        let host = toolchain::host_info(&tools)?;
        if options.exec == ExecPolicy::Sandbox {
            tools = tools.direct(&host.sysroot);
        }
        Ok(Self {
            options: options.clone(),
            tools,
            out_dir,
            target_dir,
            sysroot: host.sysroot,
            host: host.host,
        })
    }

    /// Lets cargo fit the lock file to the manifests; it takes out what is not needed any more, and
    /// runs nothing.
    ///
    /// # Errors
    /// When the manifests cannot be resolved with what is at hand.
    pub(crate) fn fit_lock_file(&self) -> Result<()> {
        let mut command = self
            .tools
            .cargo(&["metadata", "--format-version", "1", "--offline"]);
        let output = Tools::run(&mut command)?;
        if output.status.success() {
            return Ok(());
        }
        let looked_at = self.tools.manifest.as_deref();
        Err(classify(
            &output.stderr,
            looked_at.unwrap_or(&self.tools.dir),
            None,
        ))
    }

    /// Runs `cargo <words>`, offline and locked; `after` are the words behind `--`.
    ///
    /// # Errors
    /// When it cannot be started or not be confined.
    pub(crate) fn run(&self, words: &[&str], flags: &[String], after: &[&str]) -> Result<Built> {
        let mut command = self.tools.cargo(words);
        command
            .args(flags)
            .args(["--locked", "--offline", "--target-dir"])
            .arg(&self.target_dir)
            // A configured `build.build-dir` would take the intermediate files elsewhere.
            .env("CARGO_BUILD_BUILD_DIR", &self.target_dir);
        if !after.is_empty() {
            command.arg("--").args(after);
        }
        let (output, stopped) = match self.options.exec {
            ExecPolicy::Sandbox => self.confined(&command)?,
            ExecPolicy::Trust => (Tools::run(&mut command)?, None),
            ExecPolicy::Never => {
                return Err(Error::BuildScripts(super::build_scripts::NEVER.into()));
            }
        };
        Ok(Built {
            success: output.status.success() && stopped.is_none(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            stopped,
        })
    }

    fn confined(&self, command: &Command) -> Result<(Output, Option<String>)> {
        let place = metadata::locate(&self.tools)?;
        let target = self.options.selection.target.as_deref();
        let platforms = super::platforms(&self.host, target.unwrap_or(&self.host));
        let facts = metadata::facts(&self.tools, &self.options.selection, &platforms, &place)?;
        let place = Place {
            target_dir: self.target_dir.clone(),
            out_dir: &self.out_dir,
            sysroot: &self.sysroot,
        };
        let ran = confined::run(command, &self.tools, &self.options, &facts, &place, None);
        let ran = ran.map_err(|why| Error::BuildScripts(format!("no sandbox: {why}")))?;
        Ok((ran.output, ran.stopped))
    }

    /// Targets whose std is installed beside the toolchain's, sorted.
    pub(crate) fn installed_targets(&self) -> Vec<String> {
        let folder = self.sysroot.join("lib/rustlib");
        let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
        let is_std = |path: &Utf8Path| {
            let files = path.join("lib").read_dir_utf8().into_iter().flatten();
            files
                .flatten()
                .any(|file| file.file_name().starts_with("libcore-"))
        };
        let mut names: Vec<String> = entries
            .filter(|entry| is_std(entry.path()))
            .map(|entry| entry.file_name().to_owned())
            .collect();
        names.sort();
        names
    }

    /// The host's triple.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }
}
