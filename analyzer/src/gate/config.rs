//! The rules that a manifest sets: `[workspace.metadata.whittle]`, or `[package.metadata.whittle]`
//! of a package that is its own workspace.
//!
//! Takes the manifest's text, gives a [`Config`], with the line of everything that a finding may
//! have to point at. Nothing is passed over: a key that is not known, a value of another type, a
//! reason that is missing is an error that names the line and, where there is one, the key that
//! was meant. A text without such a table is a configuration without rules.

mod values;

use std::collections::BTreeMap;

use crate::advise::settings::Settings;
use crate::error::Result;
use crate::model::Domains;
use crate::options::ExecPolicy;

use super::crates::CrateSpec;
use super::finding::Level;
use super::rule::Rule;
use super::toml_reader::{Reader, Table};

/// What a tree asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Config {
    /// A table for this tool is there, with more than the limits of advice.
    pub present: bool,
    /// The strictest policy that the tree asks for.
    pub exec: Option<ExecPolicy>,
    /// The `max-…` rules.
    pub limits: BTreeMap<Rule, Limit>,
    pub minimum_use: Option<MinimumUse>,
    pub denied: Option<CrateList>,
    pub allowed: Option<CrateList>,
    /// Rules that have nothing but a level.
    pub levels: BTreeMap<Rule, Set<Level>>,
    /// New direct items that are only warned of.
    pub new_direct: Option<Set<u64>>,
    pub ignores: Vec<Ignore>,
}

/// A value with the line it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Set<T> {
    pub value: T,
    pub line: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    pub max: u64,
    pub level: Level,
    /// What is counted; `None`: what the rule counts by itself.
    pub domains: Option<Domains>,
    pub line: u32,
}

/// A share below which a direct dependency needs a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinimumUse {
    /// Per thousand of its functions.
    pub per_mille: u64,
    pub level: Level,
    pub line: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrateList {
    pub crates: Vec<CrateEntry>,
    pub level: Level,
    pub line: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrateEntry {
    pub spec: CrateSpec,
    pub reason: Option<String>,
    pub line: u32,
}

/// Silences findings of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignore {
    pub rule: Rule,
    pub krate: Option<CrateSpec>,
    /// A definition path, or the beginning of several before `::*`.
    pub item: Option<String>,
    pub reason: String,
    pub owner: Option<String>,
    /// `2027-01-31`, the last day on which it counts.
    pub expires: Option<String>,
    pub line: u32,
}

/// Keys of the table.
const KEYS: [&str; 4] = ["exec", "rules", "ignore", "advise"];
/// Rules that take a number.
pub(super) const LIMITS: [Rule; 8] = [
    Rule::MaxCrates,
    Rule::MaxDepth,
    Rule::MaxDuplicates,
    Rule::MaxLines,
    Rule::MaxUnsafe,
    Rule::MaxBuildScripts,
    Rule::MaxProcMacros,
    Rule::MaxUnknown,
];
/// Rules that take a level, with the one they have when nothing is said.
pub(super) const LEVELS: [(Rule, Level); 9] = [
    (Rule::NewCrate, Level::Deny),
    (Rule::NewDirect, Level::Deny),
    (Rule::NewItem, Level::Deny),
    (Rule::NewUnknown, Level::Deny),
    (Rule::NewSource, Level::Deny),
    (Rule::StaleBaseline, Level::Warn),
    (Rule::ExpiredIgnore, Level::Deny),
    (Rule::StaleIgnore, Level::Warn),
    (Rule::Loosened, Level::Deny),
];

impl Config {
    /// Reads a manifest; `file` is what it is called in errors.
    ///
    /// # Errors
    /// [`crate::error::Error::Config`] for everything that is not understood.
    pub fn read(file: &str, text: &str) -> Result<Self> {
        let reader = Reader::new(file, text);
        let document = reader.parse()?;
        let of_workspace = reader.at(&document, &["workspace", "metadata", "whittle"])?;
        let of_package = reader.at(&document, &["package", "metadata", "whittle"])?;
        match (of_workspace, of_package) {
            (Some(_), Some(other)) => Err(reader.wrong(
                other.line,
                "`[package.metadata.whittle]` stands beside `[workspace.metadata.whittle]`",
                "move everything into the one of the workspace",
            )),
            (Some(table), None) => table_of(&reader, "workspace.metadata.whittle", &table),
            (None, Some(table)) => table_of(&reader, "package.metadata.whittle", &table),
            (None, None) => Ok(Self::default()),
        }
    }

    /// The level of a rule that has nothing else.
    #[must_use]
    pub fn level(&self, rule: Rule) -> Level {
        let set = self.levels.get(&rule).map(|set| set.value);
        let default = LEVELS.iter().find(|(one, _)| *one == rule);
        set.or(default.map(|(_, level)| *level))
            .unwrap_or(Level::Deny)
    }

    /// The line that sets a rule; 1 when none does.
    #[must_use]
    pub fn line(&self, rule: Rule) -> u32 {
        let limit = self.limits.get(&rule).map(|limit| limit.line);
        let level = self.levels.get(&rule).map(|set| set.line);
        limit.or(level).unwrap_or(1)
    }

    /// Something is said that only a baseline can answer.
    #[must_use]
    pub fn wants_baseline(&self) -> bool {
        let new = [
            Rule::NewCrate,
            Rule::NewDirect,
            Rule::NewItem,
            Rule::NewUnknown,
            Rule::NewSource,
        ];
        let mut levels = new.iter().filter_map(|rule| self.levels.get(rule));
        self.new_direct.is_some() || levels.any(|set| set.value != Level::Allow)
    }
}

/// The table; `name` is how it is called in errors.
fn table_of(reader: &Reader<'_>, name: &str, table: &Table<'_>) -> Result<Config> {
    let entries = reader.entries(table, name, &KEYS)?;
    let mut config = Config {
        // Limits of advice alone are no rules.
        present: entries.is_empty() || entries.iter().any(|(key, _)| *key != "advise"),
        ..Config::default()
    };
    for (key, value) in entries {
        match key {
            "exec" => config.exec = Some(values::exec(reader, &value)?),
            "rules" => {
                let rules = reader.table(&value, "rules")?;
                values::read_rules(reader, &format!("{name}.rules"), &rules, &mut config)?;
            }
            // No rule; but what is not understood in it must not wait for `advise` to say so.
            "advise" => {
                let table = reader.table(&value, "advise")?;
                Settings::of_table(reader, &format!("{name}.advise"), &table)?;
            }
            _ => {
                for entry in reader.array(&value, "ignore")? {
                    let entry = reader.table(&entry, "an entry of `ignore`")?;
                    let ignore = values::ignore(reader, &format!("{name}.ignore"), &entry)?;
                    config.ignores.push(ignore);
                }
            }
        }
    }
    Ok(config)
}

#[cfg(test)]
mod tests;
