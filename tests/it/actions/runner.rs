//! A composite action, run as GitHub's runner does: steps in order, conditions, environment,
//! outputs. Programs that need the service are stand-ins that write down how they were called.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use yaml_rust2::{Yaml, YamlLoader};

use super::expression::{Contexts, evaluate, interpolate};

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Skipped,
    Ran {
        code: i32,
        output: String,
    },
    Uses {
        action: String,
        with: BTreeMap<String, String>,
    },
}

pub(crate) struct Runner {
    folder: tempfile::TempDir,
    pub(crate) contexts: Contexts,
    /// Where the job stands: the checkout.
    pub(crate) workspace: Utf8PathBuf,
    /// More variables of the machine.
    pub(crate) environment: BTreeMap<String, String>,
}

impl Runner {
    pub(crate) fn new(workspace: &Utf8Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runner = Self {
            folder,
            contexts: Contexts::new(),
            workspace: workspace.to_owned(),
            environment: BTreeMap::new(),
        };
        for below in ["bin", "temp", "calls"] {
            fs::create_dir(runner.path().join(below)).unwrap();
        }
        runner
    }

    pub(crate) fn path(&self) -> Utf8PathBuf {
        Utf8Path::from_path(self.folder.path()).unwrap().to_owned()
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.contexts.insert(name.to_owned(), value.to_owned());
        self
    }

    /// A stand-in on the path. `$CALLS` is a folder to write into.
    pub(crate) fn program(&self, name: &str, script: &str) {
        let path = self.path().join("bin").join(name);
        fs::write(
            &path,
            format!("#!/usr/bin/env bash\nset -euo pipefail\n{script}\n"),
        )
        .unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// What a stand-in wrote.
    pub(crate) fn call(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.path().join("calls").join(name)).ok()
    }

    pub(crate) fn summary(&self) -> String {
        fs::read_to_string(self.path().join("summary")).unwrap_or_default()
    }

    /// Runs all steps of the action at `file`; by name.
    pub(crate) fn run(&mut self, file: &Utf8Path) -> Vec<(String, Step)> {
        let action = load(file);
        self.set("github.action_path", file.parent().unwrap().as_str());
        for (name, input) in action["inputs"].as_hash().unwrap() {
            let name = format!("inputs.{}", name.as_str().unwrap());
            let default = input["default"].as_str().unwrap_or_default().to_owned();
            self.contexts.entry(name).or_insert(default);
        }
        let mut done: Vec<(String, Step)> = Vec::new();
        for step in steps(&action) {
            let failed = done
                .iter()
                .any(|(_, step)| matches!(step, Step::Ran { code: 1.., .. }));
            let wanted = match step["if"].as_str() {
                None => !failed,
                Some(condition) => {
                    let bare = condition
                        .trim()
                        .trim_start_matches("${{")
                        .trim_end_matches("}}");
                    // Without a word about the steps before, it holds after success only.
                    (bare.contains("cancelled()") || !failed)
                        && evaluate(bare, &self.contexts).is_true()
                }
            };
            let name = step["name"].as_str().unwrap().to_owned();
            let outcome = if wanted {
                self.step(&step)
            } else {
                Step::Skipped
            };
            done.push((name, outcome));
        }
        done
    }

    fn step(&mut self, step: &Yaml) -> Step {
        let Some(script) = step["run"].as_str() else {
            let with = step["with"].as_hash().into_iter().flatten();
            let with = with.map(|(key, value)| {
                let value = interpolate(value.as_str().unwrap(), &self.contexts);
                (key.as_str().unwrap().to_owned(), value)
            });
            return Step::Uses {
                action: step["uses"].as_str().unwrap().to_owned(),
                with: with.collect(),
            };
        };
        let (file, outputs) = (self.path().join("script.sh"), self.path().join("outputs"));
        fs::write(&file, script).unwrap();
        fs::write(&outputs, "").unwrap();
        let mut command = Command::new("bash");
        command.args([
            "--noprofile",
            "--norc",
            "-e",
            "-o",
            "pipefail",
            file.as_str(),
        ]);
        let below = step["working-directory"].as_str().unwrap_or(".");
        command.current_dir(self.workspace.join(interpolate(below, &self.contexts)));
        let path = format!("{}/bin:{}", self.path(), std::env::var("PATH").unwrap());
        command
            .env("PATH", path)
            .env("CALLS", self.path().join("calls"))
            .env("RUNNER_TEMP", self.path().join("temp"))
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_OUTPUT", &outputs)
            .env("GITHUB_STEP_SUMMARY", self.path().join("summary"))
            .env_remove("GH_TOKEN")
            .envs(&self.environment);
        for (name, value) in step["env"].as_hash().into_iter().flatten() {
            let value = interpolate(value.as_str().unwrap(), &self.contexts);
            command.env(name.as_str().unwrap(), value);
        }
        let output = command.output().unwrap();
        let id = step["id"].as_str().unwrap_or("-");
        for line in fs::read_to_string(&outputs).unwrap().lines() {
            let (name, value) = line.split_once('=').expect("an output");
            self.set(&format!("steps.{id}.outputs.{name}"), value);
        }
        let text = [output.stdout, output.stderr].concat();
        Step::Ran {
            code: output.status.code().unwrap(),
            output: String::from_utf8(text).unwrap(),
        }
    }
}

pub(crate) fn load(file: &Utf8Path) -> Yaml {
    let text = fs::read_to_string(file).unwrap_or_else(|why| panic!("{file}: {why}"));
    let mut documents =
        YamlLoader::load_from_str(&text).unwrap_or_else(|why| panic!("{file}: {why}"));
    assert_eq!(documents.len(), 1, "{file}");
    documents.remove(0)
}

pub(crate) fn steps(action: &Yaml) -> Vec<Yaml> {
    action["runs"]["steps"].as_vec().unwrap().clone()
}
