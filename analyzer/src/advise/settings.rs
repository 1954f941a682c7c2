//! What a workspace calls small enough to own: `[workspace.metadata.whittle.advise]`.
//!
//! ```toml
//! [workspace.metadata.whittle.advise]
//! max-functions = 40
//! max-percent = 20
//! max-lines = 1000
//! max-unsafe = 5
//! max-releases = 12
//! max-breaking = 1
//! keep = [{ crate = "time", reason = "upstream follows time zone law" }]
//! not-critical = [{ crate = "hex", reason = "only our own files are read" }]
//! ```
//!
//! As with the gate's rules nothing is passed over: a key that is not known is an error that names
//! the one that was meant. These are opinions, not guards: they change advice and nothing else.

use camino::Utf8Path;

use crate::error::Result;
use crate::gate::crates::CrateSpec;
use crate::gate::files;
use crate::gate::toml_reader::{Reader, Table, Value};
use crate::model::Package;

/// The table's keys.
const KEYS: [&str; 8] = [
    "max-functions",
    "max-percent",
    "max-lines",
    "max-unsafe",
    "max-releases",
    "max-breaking",
    "keep",
    "not-critical",
];

/// The limits of what is advised to be owned, each inclusive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Functions, reached and to be copied.
    pub max_functions: u64,
    /// Reached functions per thousand of all.
    pub max_per_mille: u64,
    /// Lines to be copied.
    pub max_lines: u64,
    /// `unsafe` functions, blocks and impls to be copied.
    pub max_unsafe: u64,
    /// Releases of upstream within a year.
    pub max_releases: u64,
    /// Incompatible ones among them.
    pub max_breaking: u64,
    /// Never advised to be owned.
    pub keep: Vec<Named>,
    /// Advised by their figures although they are in the list of critical crates.
    pub not_critical: Vec<Named>,
}

/// A crate with the reason for an exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub spec: CrateSpec,
    pub reason: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_functions: 40,
            max_per_mille: 200,
            max_lines: 1000,
            max_unsafe: 5,
            max_releases: 12,
            max_breaking: 1,
            keep: Vec::new(),
            not_critical: Vec::new(),
        }
    }
}

impl Settings {
    /// Those of the workspace in this folder; the defaults where it has no manifest.
    ///
    /// # Errors
    /// [`crate::error::Error::Config`] for everything that is not understood.
    pub fn of_workspace(root: &Utf8Path) -> Result<Self> {
        let manifest = root.join("Cargo.toml");
        if !manifest.is_file() {
            return Ok(Self::default());
        }
        Self::read("Cargo.toml", &files::read_manifest(&manifest)?)
    }

    /// Reads a manifest; `file` is what it is called in errors.
    ///
    /// # Errors
    /// [`crate::error::Error::Config`] for everything in the table that is not understood.
    pub fn read(file: &str, text: &str) -> Result<Self> {
        let reader = Reader::new(file, text);
        let document = reader.parse()?;
        for owner in ["workspace", "package"] {
            let path = [owner, "metadata", "whittle", "advise"];
            if let Some(table) = reader.at(&document, &path)? {
                return Self::of_table(&reader, &path.join("."), &table);
            }
        }
        Ok(Self::default())
    }

    pub(crate) fn of_table(reader: &Reader<'_>, name: &str, table: &Table<'_>) -> Result<Self> {
        let mut settings = Self::default();
        for (key, value) in reader.entries(table, name, &KEYS)? {
            match key {
                "max-functions" => settings.max_functions = reader.number(&value, key)?,
                "max-percent" => settings.max_per_mille = reader.per_mille(&value, key)?,
                "max-lines" => settings.max_lines = reader.number(&value, key)?,
                "max-unsafe" => settings.max_unsafe = reader.number(&value, key)?,
                "max-releases" => settings.max_releases = reader.number(&value, key)?,
                "max-breaking" => settings.max_breaking = reader.number(&value, key)?,
                "keep" => settings.keep = crates(reader, key, &value)?,
                _ => settings.not_critical = crates(reader, key, &value)?,
            }
        }
        Ok(settings)
    }
}

/// The reason that a list gives for a package.
pub(super) fn reason<'a>(list: &'a [Named], package: &Package) -> Option<&'a str> {
    let named = |one: &&Named| one.spec.matches(&package.name, &package.version);
    list.iter().find(named).map(|one| one.reason.as_str())
}

/// `[{ crate = "a", reason = "…" }]`
fn crates(reader: &Reader<'_>, list: &str, value: &Value<'_>) -> Result<Vec<Named>> {
    let mut named = Vec::new();
    for entry in reader.array(value, list)? {
        let table = reader.table(&entry, &format!("an entry of `{list}`"))?;
        let (mut spec, mut reason) = (None, None);
        for (key, value) in reader.entries(&table, list, &["crate", "reason"])? {
            if key == "reason" {
                reason = Some(reader.sentence(&value, key)?);
                continue;
            }
            let text = reader.text(&value, key)?;
            spec = CrateSpec::parse(&text);
            if spec.is_none() {
                let why = format!("`{text}` is neither a crate's name nor `name@version`");
                return Err(reader.wrong(value.line, &why, "write `time` or `time@<0.3`"));
            }
        }
        let missing = |key: &str| {
            let why = format!("an entry of `{list}` has no `{key}`");
            reader.wrong(entry.line, &why, &format!("add `{key} = …`"))
        };
        named.push(Named {
            spec: spec.ok_or_else(|| missing("crate"))?,
            reason: reason.ok_or_else(|| missing("reason"))?,
        });
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::Settings;

    fn read(table: &str) -> Result<Settings, String> {
        let text = format!("[workspace.metadata.whittle.advise]\n{table}");
        Settings::read("Cargo.toml", &text).map_err(|error| format!("{error}; {}", error.remedy()))
    }

    #[test]
    fn what_is_not_said_has_its_default() {
        assert_eq!(
            Settings::read("Cargo.toml", "[package]").unwrap(),
            Settings::default()
        );
        let settings = read("max-functions = 3\nmax-percent = 12.5").unwrap();
        assert_eq!((settings.max_functions, settings.max_per_mille), (3, 125));
        assert_eq!(settings.max_lines, Settings::default().max_lines);
    }

    #[test]
    fn nothing_is_passed_over() {
        let error = |table| read(table).unwrap_err();
        assert_eq!(
            error("max-function = 3"),
            "Cargo.toml:2: unknown key `max-function` in `workspace.metadata.whittle.advise`; did \
             you mean `max-functions`?"
        );
        assert!(error("max-lines = -1").contains("whole number"));
        assert!(error("max-percent = 101").contains("percent"));
        assert!(error("keep = [\"time\"]").contains("table"));
        assert!(error("keep = [{ crate = \"time\" }]").contains("no `reason`"));
        assert!(error("keep = [{ crate = \"a b\", reason = \"x\" }]").contains("`a b`"));
    }

    #[test]
    fn exceptions_have_reasons() {
        let settings = read("keep = [{ crate = \"time@<0.3\", reason = \"law\" }]").unwrap();
        assert_eq!(settings.keep[0].reason, "law");
        assert!(settings.keep[0].spec.matches("time", "0.2.9"));
    }
}
