//! The user's own configuration: `$XDG_CONFIG_HOME/cargo-whittle/config.toml`.
//!
//! With the command line the only place that can loosen what guards against the analysed tree,
//! so it is never looked for in the tree. The command line wins.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::execution::Allowed;
use crate::options::ExecPolicy;
use crate::sandbox::Limits;

/// What the file may say; a key that is not known is an error, so that none is ignored.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct UserConfig {
    /// In place of the default policy.
    pub(super) exec: Option<ExecPolicy>,
    /// Crates that may run under `never`, beside those of the command line.
    pub(super) allow: Vec<Allowed>,
    pub(super) limits: Limits,
}

impl UserConfig {
    /// The user's file; the defaults when there is none.
    pub(super) fn load() -> Result<Self> {
        let Some(file) = place() else {
            return Ok(Self::default());
        };
        match fs::read_to_string(&file) {
            Ok(text) => Self::parse(&text, &file),
            Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(why) => Err(wrong(&file, &why.to_string())),
        }
    }

    fn parse(text: &str, file: &Path) -> Result<Self> {
        toml::from_str(text).map_err(|why| wrong(file, why.message()))
    }
}

fn wrong(file: &Path, why: &str) -> Error {
    Error::UserConfig {
        path: file.display().to_string(),
        why: why.to_owned(),
    }
}

/// Where the file is, whether or not there is one.
pub(super) fn place() -> Option<PathBuf> {
    let set = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let folder = set
        // As the specification wants it: a relative path is no path.
        .filter(|folder| folder.is_absolute())
        .or_else(|| Some(std::env::home_dir()?.join(".config")))?;
    Some(folder.join("cargo-whittle").join("config.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file() {
        let parse = |text| UserConfig::parse(text, Path::new("config.toml"));
        let config = parse("exec = \"never\"\n[limits]\nseconds = 7\n").expect("a configuration");
        assert_eq!(
            (config.exec, config.limits.seconds),
            (Some(ExecPolicy::Never), 7)
        );
        assert_eq!(parse("").expect("nothing"), UserConfig::default());
        let entry = format!("a@1.0.0#{}", "0".repeat(64));
        let text = format!("allow = [\"{entry}\"]\n");
        let config = parse(&text).expect("a configuration");
        assert_eq!(config.allow[0].to_string(), entry);
        for text in [
            "allow = [\"a@1.0.0\"]",
            "exec = \"always\"",
            "[limit]\nseconds = 7",
            "exec = ",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
