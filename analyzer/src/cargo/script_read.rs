//! Build scripts that may not run are read: what they would be given, and what comes of it.
//!
//! Takes the graph and all that cargo would put into a script's environment, gives an output
//! for each run of the graph, as `script_match` does for scripts that ran, and a notice for
//! each package where something is a guess.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use serde_json::Value;

use super::env::{CommonEnv, package_variables, unit_cfgs};
use super::metadata::{Facts, manifest_dir};
use super::script_match::ScriptOutput;
use super::toolchain::{HostInfo, PlatformCfgs};
use super::unit_graph::{RawUnit, UnitGraph};
use crate::script::{self, Input, Reading};

pub(super) struct Context<'a> {
    pub(super) graph: &'a UnitGraph,
    pub(super) facts: &'a Facts,
    pub(super) host: &'a HostInfo,
    /// The target's triple.
    pub(super) target: &'a str,
    pub(super) target_cfgs: &'a PlatformCfgs,
    pub(super) host_cfgs: Option<&'a PlatformCfgs>,
    pub(super) common_env: &'a CommonEnv,
    pub(super) rustc: String,
    pub(super) config: &'a Value,
    /// The tool's own folder: virtual output folders have names below it.
    pub(super) out_dir: &'a Utf8Path,
    /// Variables that scripts would inherit, by name.
    pub(super) inherited: BTreeSet<String>,
    /// Of scripts that were allowed to run, indexed as the graph's units: they are not read.
    pub(super) ran: Vec<Option<ScriptOutput>>,
}

/// A package, its environment and its features: what makes two runs of a script the same.
type Asked = (String, BTreeMap<String, String>, Vec<String>);

/// The output of each script run, indexed as the graph's units, `None` for crates; and what is to
/// be said of those that are not sure.
pub(super) fn outputs(context: &Context<'_>) -> (Vec<Option<ScriptOutput>>, BTreeSet<String>) {
    let mut asked = Questions::default();
    let units = context.graph.units.iter().zip(&context.ran);
    let questions: Vec<Question> = units
        .map(|(unit, ran)| match ran {
            Some(ran) => Question::Answered(ran.clone()),
            None if !unit.is_script_run() => Question::None,
            None => {
                let Some(input) = context.input(unit) else {
                    let why = "its package is not known".to_owned();
                    return Question::Answered(ScriptOutput::Missing(why));
                };
                Question::Asked(asked.number(input, context.out_dir))
            }
        })
        .collect();
    let readings: Vec<Arc<Reading>> = asked
        .inputs
        .par_iter()
        .map(|input| Arc::new(script::read(input)))
        .collect();
    let told: BTreeSet<String> = asked
        .inputs
        .iter()
        .zip(&readings)
        .filter_map(|(input, reading)| {
            let (name, version) = (
                &input.env["CARGO_PKG_NAME"],
                &input.env["CARGO_PKG_VERSION"],
            );
            notice(&format!("{name} {version}"), reading)
        })
        .collect();
    let output = |question| match question {
        Question::None => None,
        Question::Answered(output) => Some(output),
        Question::Asked(number) => Some(ScriptOutput::Read {
            out_dir: Utf8PathBuf::from(&asked.inputs[number].out_dir),
            reading: Arc::clone(&readings[number]),
        }),
    };
    (questions.into_iter().map(output).collect(), told)
}

enum Question {
    /// Not the run of a script.
    None,
    Answered(ScriptOutput),
    /// Index into [`Questions::inputs`].
    Asked(usize),
}

/// Runs that are given the same say the same, and may share a folder.
#[derive(Default)]
struct Questions {
    inputs: Vec<Input>,
    known: BTreeMap<Asked, usize>,
    /// How many different runs each package has.
    names: BTreeMap<String, usize>,
}

impl Questions {
    fn number(&mut self, mut input: Input, own_folder: &Utf8Path) -> usize {
        let key = (input.script.clone(), input.env.clone(), input.cfgs.clone());
        if let Some(&known) = self.known.get(&key) {
            return known;
        }
        let name = input.env["CARGO_PKG_NAME"].clone() + "-" + &input.env["CARGO_PKG_VERSION"];
        let count = self.names.entry(name.clone()).or_insert(0);
        *count += 1;
        let name = if *count == 1 {
            name
        } else {
            format!("{name}-{count}")
        };
        let out_dir = own_folder.join("scripts").join(name).join("out");
        input.out_dir = out_dir.to_string();
        input.env.insert("OUT_DIR".to_owned(), out_dir.to_string());
        let number = self.inputs.len();
        self.inputs.push(input);
        self.known.insert(key, number);
        number
    }
}

impl Context<'_> {
    fn platform(&self, unit: &RawUnit) -> &PlatformCfgs {
        match self.host_cfgs {
            Some(host) if unit.platform.is_none() => host,
            _ => self.target_cfgs,
        }
    }

    fn input(&self, unit: &RawUnit) -> Option<Input> {
        let package = self.facts.package(&unit.pkg_id)?;
        let compiled = unit.dependencies.iter().map(|d| &self.graph.units[d.index]);
        let compiled = compiled
            .into_iter()
            .find(|other| other.pkg_id == unit.pkg_id && !other.is_script_run());
        let cfgs = compiled.map_or_else(Vec::new, |compiled| {
            unit_cfgs(compiled, self.host_cfgs.unwrap_or(self.target_cfgs), &[])
        });
        let mut env = self.common_env.0.clone();
        let rust_version = self.facts.rust_version(&unit.pkg_id);
        package_variables(package, rust_version, &mut |name, value| {
            env.insert(name.to_owned(), value.to_owned());
        });
        if let Some(links) = &package.links {
            env.insert("CARGO_MANIFEST_LINKS".to_owned(), links.clone());
        }
        self.run_variables(unit, &mut env);
        for feature in &unit.features {
            env.insert(format!("CARGO_FEATURE_{}", upper(feature)), "1".to_owned());
        }
        cfg_variables(self.platform(unit), unit, &mut env);
        Some(Input {
            folder: manifest_dir(package).into_string(),
            script: unit.target.src_path.to_string(),
            env,
            cfgs,
            out_dir: String::new(),
            inherited: self.inherited.clone(),
            rustc_verbose: self.host.verbose.clone(),
            sysroot: Some(self.host.sysroot.to_string()),
            keeps_json_order: self.graph.units.iter().any(|unit| {
                unit.target.name == "serde_json"
                    && unit.features.iter().any(|it| it == "preserve_order")
            }),
        })
    }

    /// What cargo sets for the run alone.
    fn run_variables(&self, unit: &RawUnit, env: &mut BTreeMap<String, String>) {
        let profile = &unit.profile;
        let target = match &unit.platform {
            Some(triple) => triple,
            None if self.host_cfgs.is_some() => &self.host.host,
            None => self.target,
        };
        let has_debuginfo = !matches!(&profile.debuginfo, Value::Null | Value::Bool(false))
            && profile.debuginfo.as_u64() != Some(0)
            && profile.debuginfo.as_str() != Some("none");
        let of_root = &self.graph.units[self.graph.roots[0]].profile.name;
        let kind = if matches!(of_root.as_str(), "dev" | "test") {
            "debug"
        } else {
            "release"
        };
        let flags = self.rustflags();
        for (name, value) in [
            ("TARGET", target),
            ("HOST", self.host.host.as_str()),
            ("RUSTC", self.rustc.as_str()),
            ("RUSTDOC", "rustdoc"),
            ("NUM_JOBS", "1"),
            ("OPT_LEVEL", profile.opt_level.as_str()),
            ("DEBUG", if has_debuginfo { "true" } else { "false" }),
            ("PROFILE", kind),
            ("CARGO_ENCODED_RUSTFLAGS", flags.as_str()),
        ] {
            env.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Compiler flags as cargo hands them to scripts; those of `target.*` are left out.
    fn rustflags(&self) -> String {
        let flags: Vec<String> = match std::env::var("RUSTFLAGS") {
            Ok(flags) => flags.split_whitespace().map(str::to_owned).collect(),
            Err(_) => match self.config.pointer("/build/rustflags") {
                Some(Value::Array(flags)) => flags
                    .iter()
                    .filter_map(|f| Some(f.as_str()?.to_owned()))
                    .collect(),
                Some(Value::String(flags)) => flags.split_whitespace().map(str::to_owned).collect(),
                _ => Vec::new(),
            },
        };
        flags.join("\u{1f}")
    }
}

fn upper(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}

/// `CARGO_CFG_*`: values of one name behind commas.
fn cfg_variables(platform: &PlatformCfgs, unit: &RawUnit, env: &mut BTreeMap<String, String>) {
    let mut values: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for cfg in &platform.cfgs {
        match cfg.split_once('=') {
            Some((name, value)) => {
                values
                    .entry(upper(name))
                    .or_default()
                    .push(value.trim_matches('"'));
            }
            None => {
                values.entry(upper(cfg)).or_default();
            }
        }
    }
    values.insert(
        "FEATURE".to_owned(),
        unit.features.iter().map(String::as_str).collect(),
    );
    for (name, values) in values {
        env.insert(format!("CARGO_CFG_{name}"), values.join(","));
    }
}

/// What is a guess about a package.
fn notice(place: &str, reading: &Reading) -> Option<String> {
    if reading.is_sure() {
        return None;
    }
    let mut guesses: Vec<String> = Vec::new();
    if let Some(why) = reading.gave_up.as_ref().or(reading.anything.as_ref()) {
        guesses.push(format!("not fully understood: {why}"));
    }
    for guess in &reading.cfgs_maybe {
        let on = if guess.on { "on" } else { "off" };
        guesses.push(format!("cfg `{}` assumed {on}", guess.name));
    }
    for guess in &reading.env_maybe {
        guesses.push(format!("variable `{}` not known", guess.name));
    }
    let files: BTreeSet<&str> = reading
        .out_files_unknown
        .iter()
        .map(|(file, _)| file.as_deref().unwrap_or("some generated files"))
        .collect();
    guesses.extend(files.into_iter().map(|file| format!("`{file}` not known")));
    Some(format!(
        "build script of {place} not run: {}",
        guesses.join("; ")
    ))
}
