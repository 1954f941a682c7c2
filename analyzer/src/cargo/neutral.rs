//! What of the tree's own configuration an analysis may follow without trusting it.
//!
//! Cargo and rustup obey files of the folder they run in: `.cargo/config.toml` names compilers,
//! wrappers, runners, linkers and credential helpers, `rust-toolchain.toml` a toolchain's
//! folder. Unless the tree is trusted, both run in the file system's root, where none of these
//! files apply, and get from here only what resolution and cfgs need: sources and registries,
//! patches, profiles, the target, and such compiler flags as set cfgs. Everything else is left
//! out and named in a notice.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use super::neutral_rules::{Rule, bare_or_quoted, cfg_flags, is_triple, plain, quoted, rule};
use crate::error::{Error, Result};

/// Configuration files are small; what is larger is no configuration.
const MAX_SIZE: u64 = 1 << 20;
const MAX_INCLUDES: u32 = 8;

/// The part of the tree's configuration that is followed.
#[derive(Debug, Clone, Default)]
pub(super) struct TreeConfig {
    /// Values by dotted key, for cargo's `--config`.
    values: BTreeMap<String, String>,
    /// `[env]`: what `env!` reads. No process gets it.
    env: serde_json::Map<String, Value>,
    /// Toolchain that the tree names, when it is an ordinary release channel.
    pub(super) channel: Option<String>,
    /// Configuration that is not followed, by file.
    left_out: BTreeMap<Utf8PathBuf, Vec<String>>,
    pub(super) notices: Vec<String>,
}

impl TreeConfig {
    /// Reads what applies in `dir`: its own files and those of the folders above it.
    /// `cargo_home` is left out, because cargo reads it anywhere.
    pub(super) fn read(dir: &Utf8Path, cargo_home: Option<&Utf8Path>) -> Result<Self> {
        let mut config = Self::default();
        for folder in dir.ancestors() {
            let dot_cargo = folder.join(".cargo");
            if cargo_home == Some(dot_cargo.as_path()) {
                continue;
            }
            // Cargo's own order: the name without extension comes first.
            let file = ["config", "config.toml"]
                .map(|name| dot_cargo.join(name))
                .into_iter()
                .find(|file| file.is_file());
            if let Some(file) = file {
                config.add_file(&file, folder, MAX_INCLUDES)?;
            }
        }
        config.toolchain(dir)?;
        for (file, names) in &config.left_out {
            let names = names.join(", ");
            config
                .notices
                .push(format!("not followed in `{file}`: {names}"));
        }
        Ok(config)
    }

    /// `--config` arguments, one a value.
    pub(super) fn flags(&self) -> impl Iterator<Item = String> + '_ {
        self.values
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
    }

    /// `merged` (cargo's answer without the tree's files) with the tree's `[env]` on top.
    pub(super) fn over(&self, mut merged: Value) -> Value {
        if !merged.is_object() {
            merged = Value::Object(serde_json::Map::default());
        }
        if !self.env.is_empty() {
            let mut env = merged
                .get("env")
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default();
            env.extend(self.env.clone());
            merged["env"] = Value::Object(env);
        }
        merged
    }

    /// Whether something in it would have started a program, had cargo been run there.
    pub(super) fn names_programs(&self) -> bool {
        const WORDS: [&str; 9] = [
            "alias",
            "credential",
            "env",
            "include",
            "linker",
            "runner",
            "rustc",
            "rustdoc",
            "toolchain",
        ];
        let names = |key: &String| WORDS.iter().any(|word| key.contains(word));
        self.left_out.values().flatten().any(names)
    }

    /// `base` is the folder that holds `.cargo`: relative paths count from there.
    fn add_file(&mut self, file: &Utf8Path, base: &Utf8Path, depth: u32) -> Result<()> {
        let table: toml::Table = read_small(file)?
            .parse()
            .map_err(|why: toml::de::Error| broken(file, why.message()))?;
        let mut reader = Reader {
            config: self,
            file,
            base,
        };
        reader.table(&mut Vec::new(), &table);
        let Some(included) = table.get("include") else {
            return Ok(());
        };
        let listed = match included {
            toml::Value::Array(list) => list.iter().collect(),
            one => vec![one],
        };
        for one in listed {
            let path = one.as_str().or_else(|| one.get("path")?.as_str());
            let Some(path) = path.map(|path| file.with_file_name(path)) else {
                continue;
            };
            let inside = || {
                let path = path.canonicalize_utf8().ok()?;
                path.starts_with(base.canonicalize_utf8().ok()?)
                    .then_some(path)
            };
            match (inside(), depth.checked_sub(1)) {
                (Some(path), Some(less)) => self.add_file(&path, base, less)?,
                _ => self.leave_out(file, format!("include `{path}`")),
            }
        }
        Ok(())
    }

    fn leave_out(&mut self, file: &Utf8Path, key: String) {
        let keys = self.left_out.entry(file.to_owned()).or_default();
        if !keys.contains(&key) {
            keys.push(key);
        }
    }

    /// The nearest toolchain file, as rustup looks for it.
    fn toolchain(&mut self, dir: &Utf8Path) -> Result<()> {
        let names = ["rust-toolchain", "rust-toolchain.toml"];
        let file = dir
            .ancestors()
            .flat_map(|folder| names.map(|name| folder.join(name)))
            .find(|file| file.is_file());
        let Some(file) = file else {
            return Ok(());
        };
        let text = read_small(&file)?;
        let table: Option<toml::Table> = text.parse().ok();
        let channel = match &table {
            Some(table) => table
                .get("toolchain")
                .and_then(|it| it.get("channel")?.as_str()),
            // The old form: a name alone.
            None => Some(text.trim()),
        };
        match channel {
            Some(channel) if is_release_channel(channel) => {
                self.channel = Some(channel.to_owned());
            }
            _ => self.leave_out(
                &file,
                "a toolchain that is no release channel (the default one is used)".to_owned(),
            ),
        }
        Ok(())
    }
}

struct Reader<'a> {
    config: &'a mut TreeConfig,
    file: &'a Utf8Path,
    base: &'a Utf8Path,
}

impl Reader<'_> {
    fn table(&mut self, key: &mut Vec<String>, table: &toml::Table) {
        for (name, value) in table {
            key.push(name.clone());
            let words: Vec<&str> = key.iter().map(String::as_str).collect();
            match (rule(&words), value) {
                (Rule::Enter, toml::Value::Table(inner)) => self.table(key, inner),
                (Rule::Ignore, _) => {}
                // Numbers and the like of a profile: no cfg depends on them.
                (Rule::Enter, _) if words[0] == "profile" => {}
                (Rule::Pass, value) => self.pass(key, plain(value)),
                (Rule::Path, toml::Value::String(path)) => {
                    let path = self.base.join(path);
                    self.pass(key, Some(quoted(path.as_str())));
                }
                (Rule::Triple, toml::Value::String(triple)) if is_triple(triple) => {
                    self.pass(key, plain(value));
                }
                (Rule::Triple, toml::Value::Array(list))
                    if list.iter().all(|it| it.as_str().is_some_and(is_triple)) =>
                {
                    self.pass(key, plain(value));
                }
                (Rule::Flags, value) => {
                    let (kept, linker) = cfg_flags(value);
                    if !kept.is_empty() {
                        let kept: Vec<String> = kept.iter().map(|flag| quoted(flag)).collect();
                        self.pass(key, Some(format!("[{}]", kept.join(","))));
                    }
                    if linker {
                        self.config
                            .leave_out(self.file, format!("the linker of {}", key.join(".")));
                    }
                }
                (Rule::Env, value) => {
                    if let Ok(Value::Object(env)) = serde_json::to_value(value) {
                        for (name, value) in env {
                            // Nearer files come first.
                            self.config.env.entry(name).or_insert(value);
                        }
                    }
                    self.config
                        .leave_out(self.file, "env (only `env!` sees it)".to_owned());
                }
                _ => self.config.leave_out(self.file, key.join(".")),
            }
            key.pop();
        }
    }

    fn pass(&mut self, key: &[String], value: Option<String>) {
        let Some(value) = value else {
            self.config.leave_out(self.file, key.join("."));
            return;
        };
        let key: Vec<String> = key.iter().map(|word| bare_or_quoted(word)).collect();
        self.config.values.entry(key.join(".")).or_insert(value);
    }
}

/// `stable`, `nightly-2025-01-02`, `1.80`, `1.80.1`: what rustup itself distributes.
fn is_release_channel(name: &str) -> bool {
    let (channel, date) = match name.split_once('-') {
        Some((channel, date)) => (channel, Some(date)),
        None => (name, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let version = || {
        let parts: Vec<&str> = channel.split('.').collect();
        (2..=3).contains(&parts.len()) && parts.into_iter().all(digits)
    };
    let is_date = |date: &str| {
        let parts: Vec<&str> = date.split('-').collect();
        parts.len() == 3 && parts.into_iter().all(digits)
    };
    (matches!(channel, "stable" | "beta" | "nightly") || version()) && date.is_none_or(is_date)
}

/// The text of a file that is one: a pipe would never end, a device never stop.
fn read_small(file: &Utf8Path) -> Result<String> {
    let io = |why: String| Error::Io {
        action: "read",
        path: file.to_owned(),
        why,
    };
    let facts = fs::metadata(file).map_err(|e| io(e.to_string()))?;
    if !facts.is_file() || facts.len() > MAX_SIZE {
        return Err(io("no regular file of at most 1 MiB".to_owned()));
    }
    let mut text = String::new();
    fs::File::open(file)
        .and_then(|opened| opened.take(MAX_SIZE).read_to_string(&mut text))
        .map_err(|e| io(e.to_string()))?;
    Ok(text)
}

fn broken(file: &Utf8Path, why: &str) -> Error {
    Error::Metadata(format!("`{file}` is not understood: {why}"))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn read(text: &str) -> TreeConfig {
        let mut config = TreeConfig::default();
        let table: toml::Table = text.parse().unwrap();
        Reader {
            config: &mut config,
            file: "/tree/.cargo/config.toml".into(),
            base: "/tree".into(),
        }
        .table(&mut Vec::new(), &table);
        config
    }

    #[test]
    fn sources_pass_and_programs_do_not() {
        let config = read(
            r#"
            include = "other.toml"
            paths = ["/elsewhere"]
            [alias]
            check = "run"
            [build]
            rustc = "evil"
            rustc-wrapper = "evil"
            target = "x86_64-unknown-linux-musl"
            target-dir = "/home"
            rustflags = ["--cfg", "tokio_unstable", "-C", "linker=evil", "-Ctarget-cpu=native", "-Zcodegen-backend=evil.so"]
            [target.'cfg(unix)']
            runner = "evil"
            linker = "evil"
            rustflags = "--cfg=a"
            [env]
            LD_PRELOAD = "evil.so"
            [registries.own]
            index = "https://example.com/index"
            credential-provider = "evil"
            [source.crates-io]
            replace-with = "vendored"
            [source.vendored]
            directory = "vendor"
            [patch.crates-io.a]
            path = "a"
            [profile.dev]
            panic = "abort"
            lto = true
            codegen-backend = "evil"
            [unstable]
            build-std = true
            "#,
        );
        let flags: Vec<String> = config.flags().collect();
        expect![[r#"
            build.rustflags=["--cfg","tokio_unstable","-Ctarget-cpu=native"]
            build.target="x86_64-unknown-linux-musl"
            patch.crates-io.a.path="/tree/a"
            profile.dev.panic="abort"
            registries.own.index="https://example.com/index"
            source.crates-io.replace-with="vendored"
            source.vendored.directory="/tree/vendor"
            target."cfg(unix)".rustflags=["--cfg=a"]"#]]
        .assert_eq(&flags.join("\n"));
        let left_out: Vec<&str> = config
            .left_out
            .values()
            .flatten()
            .map(String::as_str)
            .collect();
        expect!["alias, build.rustc, build.rustc-wrapper, the linker of build.rustflags, build.target-dir, env (only `env!` sees it), paths, profile.dev.codegen-backend, registries.own.credential-provider, target.cfg(unix).linker, target.cfg(unix).runner, unstable"]
            .assert_eq(&left_out.join(", "));
        assert_eq!(config.over(Value::Null)["env"]["LD_PRELOAD"], "evil.so");
    }

    #[test]
    fn toolchains_that_rustup_distributes() {
        for name in ["stable", "1.80", "1.80.1", "nightly-2025-01-02"] {
            assert!(is_release_channel(name), "{name}");
        }
        for name in ["", "mine", "1", "stable-x86_64-evil", "../evil", "1.80-"] {
            assert!(!is_release_channel(name), "{name}");
        }
    }
}
