//! Which execution of a build script belongs to which unit.
//!
//! Takes cargo's graph and messages, gives the output of every script run. One package's
//! script may run several times (host and target, two feature sets, two profiles), and
//! cargo's messages name only the package and the output folder. The folder's place tells
//! host from target, cargo's fingerprints tell feature sets apart; what is left and differs
//! is united, with a notice, so that nothing that may be compiled goes missing.

use std::fs;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::BuildScript;
use serde::Deserialize;

use super::build_results::BuildResults;
use super::metadata::Facts;
use super::unit_graph::{RawUnit, UnitGraph};
use crate::script::Reading;

/// What a unit gets from its package's script.
#[derive(Debug, Clone)]
pub(super) enum ScriptOutput {
    Ran {
        cfgs: Vec<String>,
        env: Vec<(String, String)>,
        out_dir: Utf8PathBuf,
    },
    /// Read instead of run.
    Read {
        out_dir: Utf8PathBuf,
        reading: Arc<Reading>,
    },
    Missing(String),
}

/// The output of each script run, indexed as the graph's units; `None` for crates.
pub(super) fn outputs(
    graph: &UnitGraph,
    facts: &Facts,
    results: &BuildResults,
    notices: &mut Vec<String>,
) -> Vec<Option<ScriptOutput>> {
    let mut output = |unit: &RawUnit| {
        let executed = results
            .scripts
            .get(&unit.pkg_id)
            .map_or(&[][..], Vec::as_slice);
        let candidates = candidates(graph, unit, executed, &results.target_dir);
        let Some((first, rest)) = candidates.split_first() else {
            return ScriptOutput::Missing(results.why_missing(&unit.pkg_id));
        };
        let mut cfgs = first.cfgs.clone();
        if rest.iter().any(|other| said(other) != said(first)) {
            let name = facts
                .package(&unit.pkg_id)
                .map(|p| format!("{} {}", p.name, p.version));
            notices.push(format!(
                "the build script of {} ran more than once with different results, which could not be told \
                 apart; all its cfgs are taken",
                name.unwrap_or_default()
            ));
            cfgs.extend(rest.iter().flat_map(|other| other.cfgs.iter().cloned()));
            cfgs.sort_unstable();
            cfgs.dedup();
        }
        ScriptOutput::Ran {
            cfgs,
            env: first.env.clone(),
            out_dir: first.out_dir.clone(),
        }
    };
    let outputs = graph
        .units
        .iter()
        .map(|unit| unit.is_script_run().then(|| output(unit)))
        .collect();
    notices.sort_unstable();
    notices.dedup();
    outputs
}

/// The same where most scripts were not allowed to run: those that did.
pub(super) fn ran(
    graph: &UnitGraph,
    facts: &Facts,
    results: &BuildResults,
    notices: &mut Vec<String>,
) -> Vec<Option<ScriptOutput>> {
    let mut all = outputs(graph, facts, results, notices);
    for output in &mut all {
        if matches!(output, Some(ScriptOutput::Missing(_))) {
            *output = None;
        }
    }
    all
}

/// The same where scripts did not run that were read to their end, with nothing left to guess.
pub(super) fn ran_or_read(
    graph: &UnitGraph,
    facts: &Facts,
    results: &BuildResults,
    readings: Vec<Option<ScriptOutput>>,
    notices: &mut Vec<String>,
) -> Vec<Option<ScriptOutput>> {
    let all = outputs(graph, facts, results, notices).into_iter();
    let output = |(output, reading): (Option<ScriptOutput>, Option<ScriptOutput>)| match output {
        Some(ScriptOutput::Missing(why)) => {
            let sure = reading.filter(ScriptOutput::is_sure);
            Some(sure.unwrap_or(ScriptOutput::Missing(why)))
        }
        other => other,
    };
    all.zip(readings).map(output).collect()
}

impl ScriptOutput {
    /// It is what a run would say.
    pub(super) fn is_sure(&self) -> bool {
        match self {
            Self::Ran { .. } => true,
            Self::Read { reading, .. } => reading.is_sure(),
            Self::Missing(_) => false,
        }
    }
}

/// Executions that may be this run's, as few as can be told.
fn candidates<'a>(
    graph: &UnitGraph,
    unit: &RawUnit,
    executed: &'a [BuildScript],
    target_dir: &Utf8Path,
) -> Vec<&'a BuildScript> {
    let is_sibling = |other: &&RawUnit| {
        other.is_script_run() && other.pkg_id == unit.pkg_id && other.platform == unit.platform
    };
    let siblings: Vec<&RawUnit> = graph.units.iter().filter(is_sibling).collect();
    let on_platform: Vec<&BuildScript> = executed
        .iter()
        .filter(|script| is_on_platform(script, unit, target_dir))
        .collect();
    if siblings.iter().all(|other| other.features == unit.features) {
        return on_platform;
    }
    // Where a fingerprint cannot be read, the execution stays a candidate.
    let with_features = |script: &&&BuildScript| {
        compiled_features(&script.out_dir).is_none_or(|features| features == unit.features)
    };
    on_platform.iter().filter(with_features).copied().collect()
}

/// Cargo puts what runs for an explicit target below `<target-dir>/<triple>/`.
fn is_on_platform(script: &BuildScript, unit: &RawUnit, target_dir: &Utf8Path) -> bool {
    let Ok(below) = script.out_dir.strip_prefix(target_dir) else {
        return true;
    };
    let folder = below
        .components()
        .next()
        .map(|component| component.as_str());
    match &unit.platform {
        Some(triple) => folder == Some(triple),
        // `debug/build/…` or `release/build/…`
        None => below
            .components()
            .nth(1)
            .is_some_and(|component| component.as_str() == "build"),
    }
}

/// What the script told cargo, its own folder's name aside.
fn said(script: &BuildScript) -> (Vec<&str>, Vec<(&str, String)>) {
    let env = script.env.iter();
    (
        script.cfgs.iter().map(String::as_str).collect(),
        env.map(|(name, value)| {
            (
                name.as_str(),
                value.replace(script.out_dir.as_str(), "$OUT_DIR"),
            )
        })
        .collect(),
    )
}

#[derive(Deserialize)]
struct Fingerprint {
    features: String,
    /// Id, name, whether public, hash.
    #[serde(default)]
    deps: Vec<(u64, String, bool, u64)>,
}

/// Features the script of this execution was compiled with: the execution's fingerprint holds
/// the hash of the compilation's, which holds the features.
fn compiled_features(out_dir: &Utf8Path) -> Option<Vec<String>> {
    let run = out_dir.parent()?;
    let all = run.parent()?.parent()?.join(".fingerprint");
    let of_run = fingerprints(&all.join(run.file_name()?))
        .into_iter()
        .find(|(name, _)| name.starts_with("run-"))?;
    let hash = of_run
        .1
        .deps
        .iter()
        .find(|dep| dep.1.starts_with("build_script"))?
        .3;
    let stem = run.file_name()?.rsplit_once('-')?.0;
    let folders = fs::read_dir(&all)
        .ok()?
        .flatten()
        .filter_map(|e| Utf8PathBuf::from_path_buf(e.path()).ok());
    let mut of_package = folders.filter(|f| {
        f.file_name()
            .and_then(|n| n.rsplit_once('-'))
            .is_some_and(|n| n.0 == stem)
    });
    of_package.find_map(|folder| {
        let compiled = fingerprints(&folder).into_iter();
        let mut compiled = compiled.filter(|(name, _)| name.starts_with("build-script-"));
        let (_, print) =
            compiled.find(|(name, _)| stored_hash(&folder.join(name)) == Some(hash))?;
        serde_json::from_str(&print.features).ok()
    })
}

/// Fingerprints in a folder, by the name of the file that holds their hash.
fn fingerprints(folder: &Utf8Path) -> Vec<(String, Fingerprint)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let named = entries.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let text = fs::read_to_string(entry.path()).ok()?;
        Some((
            name.strip_suffix(".json")?.to_owned(),
            serde_json::from_str(&text).ok()?,
        ))
    });
    named.collect()
}

/// Cargo writes the hash as hexadecimal digits of its little-endian bytes.
fn stored_hash(file: &Utf8Path) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    u64::from_str_radix(text.trim(), 16)
        .ok()
        .map(u64::swap_bytes)
}
