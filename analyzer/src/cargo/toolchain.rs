//! The toolchain that the workspace would be built with.
//!
//! Takes the programs, gives [`Toolchain`] and the cfgs that rustc sets for host and target.
//! The target's cfgs come through cargo (`cargo rustc --print cfg`), so that `RUSTFLAGS`,
//! `build.rustflags` and `target.*.rustflags` count exactly as they do in a build. As in cargo,
//! flags reach the host's units only when no target was asked for.

use camino::{Utf8Path, Utf8PathBuf};

use super::cargo_error::classify;
use super::command::Tools;
use crate::error::{Error, Result};
use crate::model::Toolchain;

/// What `rustc --print cfg` says, before a unit's profile is applied.
#[derive(Debug, Clone, Default)]
pub(super) struct PlatformCfgs {
    /// Without `debug_assertions`.
    pub(super) cfgs: Vec<String>,
    /// What the compiler flags of the configuration say about debug assertions, if anything.
    pub(super) debug_assertions: Option<bool>,
}

#[derive(Debug)]
pub(super) struct HostInfo {
    pub(super) version: String,
    pub(super) description: String,
    pub(super) host: String,
    pub(super) commit: Option<String>,
    /// All that `rustc -vV` says.
    pub(super) verbose: String,
    pub(super) sysroot: Utf8PathBuf,
}

/// Asks rustc who and where it is.
pub(super) fn host_info(tools: &Tools) -> Result<HostInfo> {
    let (verbose, sysroot) = super::both(
        || rustc_output(tools, &["-vV"]),
        || rustc_output(tools, &["--print", "sysroot"]),
    );
    let verbose = verbose?;
    let field = |name: &str| {
        verbose
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            .map(str::to_owned)
    };
    let missing = |name: &str| Error::Metadata(format!("`rustc -vV` names no {name}"));
    Ok(HostInfo {
        version: field("release").ok_or_else(|| missing("release"))?,
        description: verbose.lines().next().unwrap_or_default().to_owned(),
        host: field("host").ok_or_else(|| missing("host"))?,
        commit: field("commit-hash").filter(|hash| hash != "unknown"),
        sysroot: sysroot?.trim().into(),
        verbose,
    })
}

fn rustc_output(tools: &Tools, arguments: &[&str]) -> Result<String> {
    let output = Tools::run(&mut tools.rustc(arguments))?;
    if !output.status.success() {
        return Err(classify(&output.stderr, &tools.dir, None));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The full description, once the target is known.
pub(super) fn describe(tools: &Tools, host: &HostInfo, target: &str) -> Toolchain {
    let server = host.sysroot.join("libexec").join(format!(
        "rust-analyzer-proc-macro-srv{}",
        std::env::consts::EXE_SUFFIX
    ));
    let (std_cfgs, data_layout) = gated(tools, target);
    Toolchain {
        version: host.version.clone(),
        description: host.description.clone(),
        sysroot: host.sysroot.clone(),
        host: host.host.clone(),
        target: target.to_owned(),
        data_layout,
        std_cfgs,
        proc_macro_srv: server.is_file().then_some(server),
    }
}

/// What rustc tells nightly users only. std uses cfgs that a stable rustc keeps to itself
/// (`target_has_atomic_load_store`, `target_thread_local`); the data layout stands in the
/// target's specification. The variable reaches this one call and nothing it could change.
fn gated(tools: &Tools, target: &str) -> (Vec<String>, Option<String>) {
    let mut command = tools.rustc(&[
        "--print",
        "cfg",
        "--print",
        "target-spec-json",
        "-Z",
        "unstable-options",
        "--target",
        target,
    ]);
    let text = Tools::stdout(command.env("RUSTC_BOOTSTRAP", "1")).unwrap_or_default();
    let (cfgs, specification) = text.split_once("\n{").unwrap_or((&text, ""));
    // The installed std is compiled without assertions of any kind.
    let mut cfgs = lines(cfgs);
    cfgs.retain(|cfg| {
        !matches!(
            cfg.as_str(),
            "debug_assertions" | "overflow_checks" | "ub_checks"
        )
    });
    let specification = serde_json::from_str::<serde_json::Value>(&format!("{{{specification}"));
    let layout = specification
        .ok()
        .and_then(|it| Some(it.get("data-layout")?.as_str()?.to_owned()));
    (cfgs, layout)
}

/// Cfgs of units compiled for the target, the configuration's compiler flags included.
/// `package` is any selected package (cargo wants one in a virtual workspace), `target` what
/// the user asked for, and `triple` what that comes to; `config` is cargo's merged configuration.
pub(super) fn target_cfgs(
    tools: &Tools,
    package: &str,
    (target, triple): (Option<&str>, &str),
    config: &serde_json::Value,
) -> Result<PlatformCfgs> {
    if !may_have_flags(config, triple) {
        // rustc by itself answers several times faster than through cargo.
        let asked = target.map_or_else(Vec::new, |target| vec!["--target", target]);
        let text = rustc_output(tools, &[&["--print", "cfg"], &asked[..]].concat())?;
        return Ok(PlatformCfgs {
            cfgs: without_assertions(lines(&text)),
            debug_assertions: None,
        });
    }
    // rustc turns debug assertions on unless it optimizes: the two answers tell a flag of the
    // user's from the default.
    let (plain, optimized) = super::both(
        || target_cfg_lines(tools, package, target, &[]),
        || target_cfg_lines(tools, package, target, &["--", "-C", "opt-level=3"]),
    );
    let (plain, optimized) = (plain?, optimized?);
    let on = |cfgs: &[String]| cfgs.iter().any(|cfg| cfg == "debug_assertions");
    let debug_assertions = match (on(&plain), on(&optimized)) {
        (true, true) => Some(true),
        (false, _) => Some(false),
        (true, false) => None,
    };
    Ok(PlatformCfgs {
        cfgs: without_assertions(plain),
        debug_assertions,
    })
}

/// Whether the environment or the configuration may add compiler flags to what is built for
/// `triple`: where they are those of another triple, they do not.
fn may_have_flags(config: &serde_json::Value, triple: &str) -> bool {
    let in_env = std::env::vars_os().any(|(name, value)| {
        let name = name.to_string_lossy();
        !value.is_empty() && (name.ends_with("RUSTFLAGS") || name == "CARGO_BUILD_TARGET")
    });
    in_env || has_flags(config, triple)
}

fn has_flags(config: &serde_json::Value, triple: &str) -> bool {
    let build = config.get("build");
    let targets = config.get("target").and_then(serde_json::Value::as_object);
    // A specification in a file is called by the file's name.
    let of_file = Utf8Path::new(triple).extension() == Some("json");
    let is_meant = |name: &str| of_file || name == triple || name.starts_with("cfg(");
    build.is_some_and(|it| it.get("rustflags").is_some() || it.get("target").is_some())
        || targets.is_some_and(|all| {
            let mut all = all.iter();
            all.any(|(name, it)| is_meant(name) && it.get("rustflags").is_some())
        })
}

fn target_cfg_lines(
    tools: &Tools,
    package: &str,
    target: Option<&str>,
    rest: &[&str],
) -> Result<Vec<String>> {
    let mut command = tools.unstable_cargo(&["rustc", "--print", "cfg", "--locked", "--offline"]);
    command.arg(format!("--package={package}"));
    if let Some(target) = target {
        command.args(["--target", target]);
    }
    let output = Tools::run(command.args(rest))?;
    if !output.status.success() {
        return Err(classify(&output.stderr, &tools.dir, None));
    }
    Ok(lines(&String::from_utf8_lossy(&output.stdout)))
}

/// Cfgs of units compiled for the host while a target was asked for: no flags apply.
pub(super) fn host_cfgs(tools: &Tools) -> Result<PlatformCfgs> {
    let text = rustc_output(tools, &["--print", "cfg"])?;
    Ok(PlatformCfgs {
        cfgs: without_assertions(lines(&text)),
        debug_assertions: None,
    })
}

fn without_assertions(mut cfgs: Vec<String>) -> Vec<String> {
    cfgs.retain(|cfg| cfg != "debug_assertions");
    cfgs
}

fn lines(text: &str) -> Vec<String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether the sysroot's own documents hold std for this target.
pub(super) fn is_host(host: &HostInfo, target: &str) -> bool {
    host.host == target
}

/// A name for caches that belong to one toolchain.
pub(super) fn cache_key(host: &HostInfo) -> String {
    let commit = host.commit.as_deref().unwrap_or("local");
    let commit = commit.get(..9).unwrap_or(commit);
    format!("{}-{}-{}", host.version, commit, host.host)
}

/// `1.95.0-nightly` → (1, 95).
pub(super) fn minor_version(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Folder of the sysroot that holds the documents of `rust-docs`.
pub(super) fn docs_folder(sysroot: &Utf8Path) -> Utf8PathBuf {
    sysroot.join("share/doc/rust/html/src")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::has_flags;

    #[test]
    fn flags_of_another_triple_are_none() {
        let gnu = "x86_64-unknown-linux-gnu";
        let flags = json!({ "rustflags": ["-C", "target-cpu=native"] });
        for (config, triple, expected) in [
            (json!({}), gnu, false),
            (json!({ "build": { "jobs": 2 } }), gnu, false),
            (json!({ "build": flags }), gnu, true),
            (json!({ "build": { "target": gnu } }), gnu, true),
            (
                json!({ "target": { gnu: { "linker": "lld" } } }),
                gnu,
                false,
            ),
            (json!({ "target": { gnu: flags } }), gnu, true),
            (
                json!({ "target": { "x86_64-pc-windows-msvc": flags } }),
                gnu,
                false,
            ),
            (json!({ "target": { "cfg(windows)": flags } }), gnu, true),
            (
                json!({ "target": { "small": flags } }),
                "specs/small.json",
                true,
            ),
        ] {
            assert_eq!(has_flags(&config, triple), expected, "{config} {triple}");
        }
    }
}
