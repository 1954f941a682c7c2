//! Manifests, compared by what they say and not by how they are written.
//!
//! A manifest becomes a sorted list of lines, `dependencies.serde.version = "1"`: tables flat,
//! arrays in one piece, no comments. What only describes (`authors`, `readme`, …) and the version
//! itself are left out.

use toml::{Table, Value};

/// Keys of `[package]` that change nothing but what is said about it.
const DESCRIPTIVE: [&str; 9] = [
    "authors",
    "categories",
    "description",
    "documentation",
    "exclude",
    "homepage",
    "keywords",
    "readme",
    "version",
];

/// The manifest as sorted lines.
///
/// # Errors
/// When it is no TOML.
pub(super) fn normalized(text: &str) -> Result<Vec<String>, String> {
    let table: Table = toml::from_str(text).map_err(|why| why.message().to_owned())?;
    let mut lines = Vec::new();
    flatten("", &Value::Table(table), &mut lines);
    lines.retain(|line| !is_descriptive(line));
    lines.sort();
    Ok(lines)
}

fn is_descriptive(line: &str) -> bool {
    let Some(rest) = line.strip_prefix("package.") else {
        return ["badges.", "package.metadata."]
            .iter()
            .any(|start| line.starts_with(start));
    };
    let key = rest.split([' ', '.']).next().unwrap_or_default();
    DESCRIPTIVE.contains(&key) || rest.starts_with("metadata.") || rest.starts_with("include ")
}

fn flatten(prefix: &str, value: &Value, lines: &mut Vec<String>) {
    match value {
        Value::Table(table) if !table.is_empty() => {
            for (key, value) in table {
                let key = spelled(key);
                let path = if prefix.is_empty() {
                    key
                } else {
                    format!("{prefix}.{key}")
                };
                flatten(&path, value, lines);
            }
        }
        Value::Array(all) if all.iter().any(Value::is_table) => {
            // `[[bin]]`: by name, so that one more does not renumber the others.
            for (index, one) in all.iter().enumerate() {
                let name = one.get("name").and_then(Value::as_str);
                let name = name.map_or_else(|| index.to_string(), spelled);
                flatten(&format!("{prefix}[{name}]"), one, lines);
            }
        }
        other => lines.push(format!("{prefix} = {}", shown(other))),
    }
}

/// A key as TOML has it: quoted unless it is bare.
fn spelled(key: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !key.is_empty() && key.chars().all(is_bare) {
        key.to_owned()
    } else {
        format!("{key:?}")
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Array(all) => {
            let all: Vec<String> = all.iter().map(shown).collect();
            format!("[{}]", all.join(", "))
        }
        Value::Table(_) => "{}".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(yes) => yes.to_string(),
        Value::Datetime(time) => time.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::normalized;

    #[test]
    fn order_and_comments_make_no_difference() {
        let one = "[package]\nname = \"a\"\nversion = \"1.0.0\"\n[features]\nx = []\n\
                   [dependencies]\nb = { version = \"1\", features = [\"y\"] }\n";
        let other = "# A comment.\n[dependencies.b]\nfeatures = [\"y\"]\nversion = \"1\"\n\
                     [features]\nx = []\n[package]\nauthors = [\"me\"]\nname = \"a\"\n\
                     version = \"2.0.0\"\n";
        let found = normalized(one).unwrap();
        assert_eq!(found, normalized(other).unwrap());
        assert_eq!(
            found,
            [
                "dependencies.b.features = [\"y\"]",
                "dependencies.b.version = \"1\"",
                "features.x = []",
                "package.name = \"a\"",
            ]
        );
    }

    #[test]
    fn what_matters_is_kept() {
        let lines = normalized(
            "[package]\nbuild = \"build.rs\"\nlinks = \"z\"\n[[bin]]\nname = \"q\"\npath = \"p\"\n\
             [target.'cfg(unix)'.dependencies]\nlibc = \"0.2\"\n",
        );
        assert_eq!(
            lines.unwrap(),
            [
                "bin[q].name = \"q\"",
                "bin[q].path = \"p\"",
                "package.build = \"build.rs\"",
                "package.links = \"z\"",
                "target.\"cfg(unix)\".dependencies.libc = \"0.2\"",
            ]
        );
        assert!(normalized("[").is_err());
    }
}
