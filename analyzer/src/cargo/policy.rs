//! Which execution policy is in effect.
//!
//! Takes what was asked for (command line, else the user's own configuration, else `sandbox`),
//! gives what this machine can do and the analysed tree does not object to. The result is never
//! looser than what was asked for, and where the sandbox is not to be had it is `never`.

use std::path::Path;

use camino::Utf8Path;

use super::command::Tools;
use super::metadata::Facts;
use crate::execution::Allowed;
use crate::options::{ExecPolicy, Options};
use crate::sandbox::{Sandbox, configuration_files, secret_in_configuration};

/// The options with the policy that the machine allows, and what the user should know.
pub(super) fn possible(options: &Options, tools: &Tools) -> (Options, Vec<String>) {
    let asked = options.clone();
    if options.exec != ExecPolicy::Sandbox {
        return (asked, Vec::new());
    }
    let Some(why) = obstacle(tools) else {
        return (asked, Vec::new());
    };
    let never = Options {
        exec: ExecPolicy::Never,
        ..asked
    };
    (never, vec![lost(&why)])
}

/// What the user is told when nothing was run although the sandbox was asked for.
pub(super) fn lost(why: &str) -> String {
    format!(
        "no sandbox, so no build script or proc macro was executed, and what they make is \
         unknown: {why}"
    )
}

fn obstacle(tools: &Tools) -> Option<String> {
    if let Err(unavailable) = Sandbox::probe() {
        return Some(unavailable.to_string());
    }
    let Some(home) = tools.cargo_home() else {
        return Some("there is no home folder and no CARGO_HOME".to_owned());
    };
    let files = configuration_files(tools.dir.as_std_path(), &home);
    let (file, key) = secret_in_configuration(&files)?;
    Some(format!(
        "cargo reads `{}` there, and its `{key}` is a secret; `cargo login` keeps tokens in \
         another file",
        file.display()
    ))
}

/// `exec` in `[workspace.metadata.whittle]` counts when it is stricter.
pub(super) fn tightened(options: &Options, facts: &Facts, notices: &mut Vec<String>) -> Options {
    let mut options = options.clone();
    let Some(text) = facts.exec() else {
        return options;
    };
    let known = [ExecPolicy::Never, ExecPolicy::Sandbox, ExecPolicy::Trust];
    let Some(policy) = known.into_iter().find(|policy| policy.as_str() == text) else {
        notices.push(format!(
            "the workspace's `exec` is not a policy (never, sandbox, trust), so nothing was \
             executed: `{text}`"
        ));
        options.exec = ExecPolicy::Never;
        return options;
    };
    if policy > options.exec {
        notices.push(format!(
            "the workspace's own `exec = \"{text}\"` is ignored: only the command line and the \
             user's configuration can loosen the policy"
        ));
    }
    options.exec = options.exec.min(policy);
    options
}

/// What counts of the user's list of crates that may run under `never`, and why nothing does.
///
/// They run in the sandbox or not at all. The tree cannot add to the list, but a tree that asks
/// for `never` itself is taken at its word.
pub(super) fn allowed(
    options: &Options,
    tools: &Tools,
    facts: &Facts,
) -> (Vec<Allowed>, Option<String>) {
    if options.allow.is_empty() {
        return (Vec::new(), None);
    }
    let why = match facts.exec() {
        Some("sandbox" | "trust") | None => {
            unstable_manifest(facts.workspace_root()).or_else(|| obstacle(tools))
        }
        Some(_) => Some("the workspace itself asks for `exec = \"never\"`".to_owned()),
    };
    match why {
        None => (options.allow.clone(), None),
        Some(why) => {
            let notice = format!("nothing of what is allowed to run was run: {why}");
            (Vec::new(), Some(notice))
        }
    }
}

/// Unstable keys of a manifest reach the compiler's command line (`rustflags` and
/// `codegen-backend` of a profile): with them the tree could name a program after all.
fn unstable_manifest(root: &Utf8Path) -> Option<String> {
    let manifest = root.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest).ok();
    let table: Option<toml::Table> = text.and_then(|text| text.parse().ok());
    match table {
        Some(table) if !table.contains_key("cargo-features") => None,
        Some(_) => Some(format!("`{manifest}` has `cargo-features`")),
        None => Some(format!("`{manifest}` cannot be read")),
    }
}

/// Whether permitting `folder` would permit the user's home too.
pub(super) fn holds_home(folder: &Path) -> bool {
    std::env::home_dir().is_some_and(|home| home.starts_with(folder))
}
