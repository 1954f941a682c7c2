//! Which keys of cargo's configuration are followed without trusting the tree, and how their
//! values are handed on.

use camino::Utf8Path;
use serde_json::Value;

/// What to do with a key.
pub(super) enum Rule {
    /// A table that is looked into.
    Enter,
    Pass,
    /// A path, relative to the folder that holds `.cargo`.
    Path,
    /// Compiler flags: those that set cfgs.
    Flags,
    /// A target triple, unless it is a file.
    Triple,
    /// What `env!` reads.
    Env,
    /// Has no say in the answer and starts nothing.
    Ignore,
    LeaveOut,
}

pub(super) fn rule(key: &[&str]) -> Rule {
    match key {
        ["source" | "registries" | "patch" | "profile" | "target" | "build" | "registry"] => {
            Rule::Enter
        }
        ["source" | "registries" | "target" | "patch", _] | ["patch", _, _] => Rule::Enter,
        [
            "source",
            _,
            "replace-with" | "registry" | "git" | "branch" | "tag" | "rev",
        ] => Rule::Pass,
        ["source", _, "directory" | "local-registry"] => Rule::Path,
        ["registries", _, "index" | "protocol"] | ["registry", "default"] => Rule::Pass,
        ["patch", _, _, "path"] => Rule::Path,
        ["patch", _, _, _] => Rule::Pass,
        [
            "profile",
            ..,
            "panic" | "debug-assertions" | "opt-level" | "inherits",
        ] => Rule::Pass,
        ["profile", .., "codegen-backend" | "rustflags"] => Rule::LeaveOut,
        ["profile", ..] => Rule::Enter,
        ["build", "target"] => Rule::Triple,
        ["build", "rustflags"] | ["target", _, "rustflags"] => Rule::Flags,
        ["env"] => Rule::Env,
        ["include"] => Rule::Ignore,
        [
            "build",
            "jobs" | "incremental" | "dep-info-basedir" | "rustdocflags",
        ] => Rule::Ignore,
        [
            "term"
            | "http"
            | "net"
            | "cargo-new"
            | "future-incompat-report"
            | "cache"
            | "install"
            | "doc"
            | "resolver",
            ..,
        ] => Rule::Ignore,
        _ => Rule::LeaveOut,
    }
}

/// The value as TOML on one line; `None` for what `--config` does not take.
pub(super) fn plain(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(quoted(text)),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        toml::Value::Array(list) => {
            let list: Option<Vec<String>> = list.iter().map(plain).collect();
            Some(format!("[{}]", list?.join(",")))
        }
        _ => None,
    }
}

/// JSON's strings are TOML's basic strings.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

pub(super) fn bare_or_quoted(word: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !word.is_empty() && word.bytes().all(bare) {
        word.to_owned()
    } else {
        quoted(word)
    }
}

/// Not a path to a file of the tree's making.
pub(super) fn is_triple(text: &str) -> bool {
    let ordinary = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !text.starts_with('-')
        && text.chars().all(ordinary)
        && Utf8Path::new(text).extension() != Some("json")
}

/// Flags that set cfgs and name no program or file, and whether others name a linker or a
/// library of the compiler's. No answer depends on the rest.
pub(super) fn cfg_flags(value: &toml::Value) -> (Vec<String>, bool) {
    let words: Vec<&str> = match value {
        toml::Value::String(text) => text.split_ascii_whitespace().collect(),
        toml::Value::Array(list) => list.iter().filter_map(toml::Value::as_str).collect(),
        _ => return (Vec::new(), false),
    };
    let codegen = |option: &str| {
        let name = option.split('=').next().unwrap_or_default();
        matches!(
            name,
            "target-feature" | "target-cpu" | "panic" | "debug-assertions" | "opt-level"
        )
    };
    let names_program = |word: &&str| {
        ["linker=", "codegen-backend="]
            .iter()
            .any(|it| word.contains(it))
    };
    let program = words.iter().any(names_program);
    let mut kept = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let pair = match word {
            "--cfg" => words.next().map(|value| (word, value)),
            "-C" | "--codegen" => words
                .next()
                .filter(|option| codegen(option))
                .map(|option| (word, option)),
            _ => None,
        };
        if let Some((flag, value)) = pair {
            kept.extend([flag.to_owned(), value.to_owned()]);
        } else if word.starts_with("--cfg=")
            || word.strip_prefix("-C").is_some_and(codegen)
            || word.strip_prefix("--codegen=").is_some_and(codegen)
        {
            kept.push(word.to_owned());
        }
    }
    (kept, program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_no_file() {
        assert!(is_triple("thumbv7em-none-eabihf") && is_triple("thumbv8m.main-none-eabi"));
        assert!(!is_triple("evil.json") && !is_triple("./evil") && !is_triple("--evil"));
    }
}
