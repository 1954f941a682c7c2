//! Which targets switch rustc's test harness off.
//!
//! Neither the unit graph nor `cargo metadata` says it, so the manifest is read for
//! `harness = false`. Only members are ever built in test mode.

use std::collections::BTreeMap;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::unit_graph::RawUnit;
use crate::model::UnitKind;

/// Reads each manifest at most once.
#[derive(Debug, Default)]
pub(super) struct Harnesses {
    manifests: BTreeMap<Utf8PathBuf, Option<toml::Table>>,
}

impl Harnesses {
    /// Whether the unit is compiled with `--test`.
    pub(super) fn has_harness(
        &mut self,
        unit: &RawUnit,
        manifest: &Utf8Path,
        package: &str,
    ) -> bool {
        if !unit.is_test() {
            return false;
        }
        let table = self
            .manifests
            .entry(manifest.to_owned())
            .or_insert_with(|| fs::read_to_string(manifest).ok()?.parse().ok());
        !table
            .as_ref()
            .is_some_and(|table| switched_off(table, unit, package))
    }
}

fn switched_off(manifest: &toml::Table, unit: &RawUnit, package: &str) -> bool {
    let off =
        |target: &toml::Value| target.get("harness").and_then(toml::Value::as_bool) == Some(false);
    let section = match unit.kind() {
        UnitKind::Lib | UnitKind::ProcMacro => return manifest.get("lib").is_some_and(off),
        UnitKind::Bin => "bin",
        UnitKind::Example => "example",
        UnitKind::Test => "test",
        UnitKind::Bench => "bench",
        UnitKind::BuildScript => return false,
    };
    let named = |target: &toml::Value| {
        target
            .get("name")
            .and_then(toml::Value::as_str)
            .unwrap_or(package)
            == unit.target.name
    };
    let targets = manifest.get(section).and_then(toml::Value::as_array);
    targets.is_some_and(|targets| targets.iter().any(|target| named(target) && off(target)))
}
