//! Cargo's configuration files, which cargo reads in the sandbox and its code could read too.
//!
//! A token may stand in one of them, although cargo itself writes tokens to `credentials.toml`,
//! which stays closed. Cargo does not start without a configuration file that it sees, so where
//! one holds a secret, nothing is run.

use std::fs;
use std::path::{Path, PathBuf};

const NAMES: [&str; 2] = ["config.toml", "config"];

/// The files that cargo reads when it runs in `dir`.
pub(crate) fn configuration_files(dir: &Path, cargo_home: &Path) -> Vec<PathBuf> {
    let folders = dir.ancestors().map(|folder| folder.join(".cargo"));
    let folders = folders.chain([cargo_home.to_owned()]);
    let mut files: Vec<PathBuf> = folders
        .flat_map(|folder| NAMES.map(|name| folder.join(name)))
        .filter(|file| file.is_file())
        .collect();
    files.sort();
    files.dedup();
    files
}

/// The machine's git configuration, for which libgit2 gives up when it is there and closed:
/// cargo then knows neither git dependencies nor registries with a git index. Closed it stays
/// when something in it may be a secret.
pub(super) fn system_git_configuration() -> Option<PathBuf> {
    const SECRETS: [&str; 5] = ["extraheader", "token", "password", "@", "cookie"];
    let file = PathBuf::from("/etc/gitconfig");
    let text = fs::read_to_string(&file).ok()?.to_lowercase();
    (!SECRETS.iter().any(|word| text.contains(word))).then_some(file)
}

/// The first of the files that holds a secret, and its key.
pub(crate) fn secret_in_configuration(files: &[PathBuf]) -> Option<(PathBuf, String)> {
    files.iter().find_map(|file| {
        let text = fs::read_to_string(file).ok()?;
        let table: toml::Table = text.parse().ok()?;
        Some((file.clone(), secret_key(&toml::Value::Table(table), "")?))
    })
}

fn secret_key(value: &toml::Value, path: &str) -> Option<String> {
    match value {
        toml::Value::Table(table) => table.iter().find_map(|(key, value)| {
            let path = if path.is_empty() {
                key.clone()
            } else {
                format!("{path}.{key}")
            };
            let is_secret = matches!(key.as_str(), "token" | "secret-key" | "password");
            if is_secret && !value.is_table() {
                return Some(path);
            }
            secret_key(value, &path)
        }),
        // An address with a password: `https://user:word@host`.
        toml::Value::String(text) => {
            let authority = text.split_once("://")?.1.split('/').next()?;
            let user = authority.rsplit_once('@')?.0;
            user.contains(':').then(|| path.to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Option<String> {
        secret_key(&toml::Value::Table(text.parse().expect("TOML")), "")
    }

    #[test]
    fn tokens_and_passwords() {
        assert_eq!(
            secret("[registries.mine]\ntoken = 't'\n").as_deref(),
            Some("registries.mine.token")
        );
        assert_eq!(
            secret("[http]\nproxy = 'http://u:p@host/'\n").as_deref(),
            Some("http.proxy")
        );
        let harmless =
            "[source.crates-io]\nregistry = 'https://git@host/a:b@c'\n[build]\njobs = 1\n";
        assert_eq!(secret(harmless), None);
    }
}
