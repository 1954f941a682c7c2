//! The environment and cfgs rustc would get for a unit.
//!
//! Takes package facts and a raw unit, gives `env!`'s variables as cargo documents them
//! ("environment variables cargo sets for crates") and the `--cfg`s of profile, features,
//! mode and build script on top of the platform's.

use std::collections::BTreeMap;
use std::env;

use camino::Utf8Path;
use cargo_metadata::Package;
use serde_json::Value;

use super::toolchain::PlatformCfgs;
use super::unit_graph::RawUnit;
use crate::model::UnitKind;

/// Every cfg that is on for the unit, sorted. `harness` is false for test targets that bring
/// their own; cargo then passes `--cfg test` in place of `--test`, which is the same here.
pub(super) fn unit_cfgs(
    unit: &RawUnit,
    platform: &PlatformCfgs,
    script_cfgs: &[String],
) -> Vec<String> {
    let mut cfgs = platform.cfgs.clone();
    // cargo names a panic strategy only when it is not unwinding; then it replaces the default.
    if !matches!(unit.profile.panic.as_str(), "" | "unwind") {
        cfgs.retain(|cfg| !cfg.starts_with("panic="));
        cfgs.push(format!("panic=\"{}\"", unit.profile.panic));
    }
    if platform
        .debug_assertions
        .unwrap_or(unit.profile.debug_assertions)
    {
        cfgs.push("debug_assertions".to_owned());
    }
    if unit.is_test() {
        cfgs.push("test".to_owned());
    } else if unit.kind() == UnitKind::ProcMacro {
        cfgs.push("proc_macro".to_owned());
    }
    cfgs.extend(
        unit.features
            .iter()
            .map(|feature| format!("feature=\"{feature}\"")),
    );
    cfgs.extend(script_cfgs.iter().cloned());
    cfgs.sort_unstable();
    cfgs.dedup();
    cfgs
}

/// What stays the same for all units: cargo's own path and `[env]` of its configuration.
#[derive(Debug, Default)]
pub(super) struct CommonEnv(pub(super) BTreeMap<String, String>);

impl CommonEnv {
    /// `config` is the merged configuration. A relative value counts from the folder that
    /// holds `.cargo`, which is taken to be the workspace's.
    pub(super) fn new(cargo: String, config: &Value, workspace_root: &Utf8Path) -> Self {
        let mut variables = BTreeMap::from([("CARGO".to_owned(), cargo)]);
        let entries = config
            .get("env")
            .and_then(Value::as_object)
            .into_iter()
            .flatten();
        for (name, entry) in entries {
            let flag = |key: &str| entry.get(key).and_then(Value::as_bool).unwrap_or(false);
            let Some(value) = entry.as_str().or_else(|| entry.get("value")?.as_str()) else {
                continue;
            };
            let value = match env::var(name) {
                Ok(set) if !flag("force") => set,
                _ if flag("relative") => workspace_root.join(value).into_string(),
                _ => value.to_owned(),
            };
            variables.insert(name.clone(), value);
        }
        Self(variables)
    }
}

/// `env!` of a unit without its build script's part.
pub(super) fn unit_env(
    common: &CommonEnv,
    package: &Package,
    rust_version: Option<&str>,
    unit: &RawUnit,
    is_primary: bool,
) -> BTreeMap<String, String> {
    let mut variables = common.0.clone();
    let mut set = |name: &str, value: &str| {
        variables.insert(name.to_owned(), value.to_owned());
    };
    package_variables(package, rust_version, &mut set);
    let name = unit.target.crate_name();
    set("CARGO_CRATE_NAME", &name);
    if matches!(unit.kind(), UnitKind::Bin | UnitKind::Example) && !unit.is_linkable() {
        set("CARGO_BIN_NAME", &unit.target.name);
    }
    if is_primary {
        set("CARGO_PRIMARY_PACKAGE", "1");
    }
    variables
}

/// Where an integration test finds the programs of its package, and a folder to write in: the
/// paths a build in `target_directory` would have.
pub(super) fn test_variables<'a>(
    unit: &RawUnit,
    bins: impl Iterator<Item = &'a RawUnit>,
    target_directory: &Utf8Path,
) -> Vec<(String, String)> {
    if !matches!(unit.kind(), UnitKind::Test | UnitKind::Bench) {
        return Vec::new();
    }
    let folder = |unit: &RawUnit| {
        let profile = match unit.profile.name.as_str() {
            "dev" | "test" => "debug",
            "bench" => "release",
            name => name,
        };
        target_directory
            .join(unit.platform.as_deref().unwrap_or_default())
            .join(profile)
    };
    let program = |bin: &RawUnit| {
        let path = folder(bin).join(format!("{}{}", bin.target.name, env::consts::EXE_SUFFIX));
        (
            format!("CARGO_BIN_EXE_{}", bin.target.name),
            path.into_string(),
        )
    };
    let temporary = (
        "CARGO_TARGET_TMPDIR".to_owned(),
        target_directory.join("tmp").into_string(),
    );
    bins.map(program).chain([temporary]).collect()
}

pub(super) fn package_variables(
    package: &Package,
    rust_version: Option<&str>,
    set: &mut impl FnMut(&str, &str),
) {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let path =
        |value: &Option<camino::Utf8PathBuf>| value.clone().unwrap_or_default().into_string();
    let folder = package
        .manifest_path
        .parent()
        .unwrap_or(&package.manifest_path);
    set("CARGO_MANIFEST_DIR", folder.as_str());
    set("CARGO_MANIFEST_PATH", package.manifest_path.as_str());
    let version = &package.version;
    set("CARGO_PKG_VERSION", &version.to_string());
    set("CARGO_PKG_VERSION_MAJOR", &version.major.to_string());
    set("CARGO_PKG_VERSION_MINOR", &version.minor.to_string());
    set("CARGO_PKG_VERSION_PATCH", &version.patch.to_string());
    set("CARGO_PKG_VERSION_PRE", version.pre.as_str());
    set("CARGO_PKG_NAME", package.name.as_str());
    set("CARGO_PKG_AUTHORS", &package.authors.join(":"));
    set("CARGO_PKG_DESCRIPTION", &text(&package.description));
    set("CARGO_PKG_HOMEPAGE", &text(&package.homepage));
    set("CARGO_PKG_REPOSITORY", &text(&package.repository));
    set("CARGO_PKG_LICENSE", &text(&package.license));
    set("CARGO_PKG_LICENSE_FILE", &path(&package.license_file));
    set("CARGO_PKG_README", &path(&package.readme));
    set("CARGO_PKG_RUST_VERSION", rust_version.unwrap_or_default());
}
