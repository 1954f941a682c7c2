//! What every SARIF 2.1.0 log of this tool has in common: its frame, places in the user's
//! repository, texts. For code scanning, whose rules go beyond the schema: places are relative
//! to the root of the repository and lie in it, a message is an object.

use std::fmt::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};

use crate::cache::Hasher;

/// A log with one run.
pub(crate) fn log(tool: &str, version: &str, rules: Vec<Value>, results: Vec<Value>) -> Value {
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": { "name": tool, "version": version, "rules": rules },
            },
            "originalUriBaseIds": {
                // Without an address: whoever reads it knows where the checkout is.
                "%SRCROOT%": { "description": { "text": "The root of the repository." } },
            },
            "results": results,
        }],
    })
}

/// Viewers take `[text](target)` for a link, and nothing here is one.
pub(crate) fn message(text: &str) -> Value {
    json!({ "text": text.replace("](", "] (") })
}

/// A line of a file of the repository, counted from 1.
pub(crate) fn location(uri: &str, line: usize) -> Value {
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri, "uriBaseId": "%SRCROOT%" },
            "region": { "startLine": line.max(1) },
        },
    })
}

/// What makes a result the same one in the next run, under a name of its own and under the one
/// name that code scanning reads (it would take the text of the line otherwise).
pub(crate) fn fingerprints(name: &str, value: &str) -> Value {
    let mut hasher = Hasher::default();
    hasher.text(name);
    hasher.text(value);
    let mut digits = hasher.finish().to_string();
    digits.truncate(32);
    json!({ name: value, "primaryLocationLineHash": format!("{digits}:1") })
}

/// The root of the repository that a workspace lies in; the workspace where there is none.
pub(crate) fn repository(workspace: &Utf8Path) -> Utf8PathBuf {
    // `.git` is a file in a worktree or submodule.
    let root = workspace
        .ancestors()
        .find(|folder| folder.join(".git").exists());
    root.unwrap_or(workspace).to_owned()
}

/// A file as seen from the root of the repository; `None` for one outside of it.
pub(crate) fn uri(repository: &Utf8Path, file: &Utf8Path) -> Option<String> {
    let below = file.strip_prefix(repository).ok()?;
    let parts = below.components().map(|part| encoded(part.as_str()));
    Some(parts.collect::<Vec<String>>().join("/"))
}

/// A segment of a URI.
fn encoded(part: &str) -> String {
    let mut text = String::new();
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// The line of the lock file where the package begins, counted from 1; 1 when it has none.
pub(crate) fn line_in_lock(lock: &str, package: &str, version: &str) -> usize {
    let (name, version) = (
        format!("name = \"{package}\""),
        format!("version = \"{version}\""),
    );
    let lines: Vec<&str> = lock.lines().collect();
    let found = lines
        .windows(2)
        .position(|two| two[0] == name && two[1] == version);
    found.map_or(1, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_from_the_root_of_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let workspace = root.join("a b/ünd/app");
        std::fs::create_dir_all(&workspace).unwrap();
        std::fs::create_dir(root.join(".git")).unwrap();
        let named = |workspace: &Utf8Path, file: &Utf8Path| uri(&repository(workspace), file);
        assert_eq!(
            named(root, &root.join("Cargo.lock")).as_deref(),
            Some("Cargo.lock")
        );
        assert_eq!(
            named(&workspace, &workspace.join("Cargo.lock")).as_deref(),
            Some("a%20b/%C3%BCnd/app/Cargo.lock")
        );
        assert_eq!(named(&workspace, Utf8Path::new("/registry/a.rs")), None);
        // A submodule is a repository of its own.
        std::fs::write(workspace.join(".git"), "gitdir: elsewhere\n").unwrap();
        assert_eq!(
            named(&workspace, &workspace.join("Cargo.lock")).as_deref(),
            Some("Cargo.lock")
        );
    }

    #[test]
    fn a_package_has_a_line_in_the_lock_file() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"a\"\nversion = \"2.0.0\"\n";
        assert_eq!(line_in_lock(lock, "a", "1.0.0"), 4);
        assert_eq!(line_in_lock(lock, "a", "2.0.0"), 8);
        assert_eq!(line_in_lock(lock, "b", "1.0.0"), 1);
    }
}
