//! `Cargo.toml` while a dependency becomes owned code: text in, text out.
//!
//! Nothing is printed anew: `toml_edit` says where things stand, and the text is spliced there, so
//! comments, order, layout and line ends stay as they are. What a manifest says is taken as cargo
//! takes it: <https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html> and
//! <https://doc.rust-lang.org/cargo/reference/features.html>.

mod add;
mod draft;
mod features;
mod package;
mod remove;
#[cfg(test)]
mod tests;
mod to_path;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};
use toml_edit::{Document, Item, Key, Table, TableLike};

pub use self::add::{Requirement, add};
pub use self::package::{
    NewPackage, allowing, description, new_package, requirements, with_version,
};
pub use self::remove::{remove, remove_patch, remove_shared, replace};
pub use self::to_path::{shared_to_path, to_path};

/// Which of a manifest's dependencies are meant.
#[derive(Debug, Clone)]
pub struct Dependency<'a> {
    /// The package's own name.
    pub package: &'a str,
    /// What its users' code calls it, with underscores: one manifest may name two versions.
    pub names: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Normal,
    Dev,
    Build,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Normal, Self::Dev, Self::Build];

    #[must_use]
    pub fn table(self) -> &'static str {
        match self {
            Self::Normal => "dependencies",
            Self::Dev => "dev-dependencies",
            Self::Build => "build-dependencies",
        }
    }

    /// Cargo still reads these.
    fn old_table(self) -> Option<&'static str> {
        match self {
            Self::Normal => None,
            Self::Dev => Some("dev_dependencies"),
            Self::Build => Some("build_dependencies"),
        }
    }
}

/// A table of dependencies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Section {
    pub kind: Kind,
    /// `cfg(unix)` or a triple, as it is written.
    pub target: Option<String>,
}

/// A dependency as a manifest declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    pub section: Section,
    /// Its name in the manifest.
    pub key: String,
    pub optional: bool,
    /// The workspace's root manifest says what it is.
    pub inherited: bool,
    /// Of a path dependency, as written.
    pub path: Option<Utf8PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    #[error("the manifest cannot be read: {0}")]
    Syntax(String),
    #[error("the manifest has another `{key}`: {has} where {wants} is needed")]
    Taken {
        key: String,
        has: String,
        wants: String,
    },
    #[error("`{0}` is an optional dependency, and the copy always needs it")]
    Optional(String),
    #[error("the manifest declares no dependency `{0}`")]
    NotDeclared(String),
}

/// The declarations of a dependency, in the manifest's order.
///
/// # Errors
/// When it is no TOML.
pub fn declared(text: &str, dependency: &Dependency<'_>) -> Result<Vec<Declared>, ManifestError> {
    let document = parse(text)?;
    let mut out = Vec::new();
    for (section, table) in sections(document.as_table()) {
        for (key, item) in matching(table, dependency) {
            out.push(Declared {
                section: section.clone(),
                key: key.get().to_owned(),
                optional: flag(item, "optional"),
                inherited: flag(item, "workspace"),
                path: word(item, "path").map(Into::into),
            });
        }
    }
    Ok(out)
}

/// Whether the manifest takes the dependency `key` from its workspace.
///
/// # Errors
/// When it is no TOML.
pub fn inherits(text: &str, key: &str) -> Result<bool, ManifestError> {
    let document = parse(text)?;
    let mut tables = sections(document.as_table()).into_iter();
    Ok(tables.any(|(_, table)| table.get(key).is_some_and(|item| flag(item, "workspace"))))
}

/// Folders of path dependencies, as written: of the package, of its workspace, and in patches.
///
/// # Errors
/// When it is no TOML.
pub fn paths(text: &str) -> Result<Vec<Utf8PathBuf>, ManifestError> {
    let document = parse(text)?;
    let root = document.as_table();
    let mut tables: Vec<&Item> = sections(root).into_iter().map(|(_, table)| table).collect();
    let workspace = root.get("workspace").and_then(Item::as_table_like);
    tables.extend(workspace.and_then(|it| it.get("dependencies")));
    let patches = root.get("patch").and_then(Item::as_table_like);
    tables.extend(patches.into_iter().flat_map(|it| it.iter()).map(|it| it.1));
    let tables = tables.into_iter().filter_map(Item::as_table_like);
    let entries = tables.flat_map(|table| table.iter());
    let paths = entries.filter_map(|(_, item)| word(item, "path").map(Into::into));
    Ok(paths.collect())
}

fn parse(text: &str) -> Result<Document<&str>, ManifestError> {
    Document::parse(text).map_err(|why| {
        let what = why.message().lines().next().unwrap_or_default().to_owned();
        let line = why.span().map_or(1, |span| {
            1 + text[..span.start.min(text.len())].matches('\n').count()
        });
        ManifestError::Syntax(format!("line {line}: {what}"))
    })
}

/// Every table of dependencies, those of all platforms first; all of them are tables.
fn sections(root: &Table) -> Vec<(Section, &Item)> {
    let mut out = Vec::new();
    out.extend(of_target(None, root));
    let targets = root.get("target").and_then(Item::as_table_like);
    for (target, item) in targets.iter().flat_map(|targets| targets.iter()) {
        if let Some(table) = item.as_table_like() {
            out.extend(of_target(Some(target), table));
        }
    }
    out
}

fn of_target<'t>(
    target: Option<&'t str>,
    table: &'t dyn TableLike,
) -> impl Iterator<Item = (Section, &'t Item)> {
    let names = Kind::ALL.into_iter().flat_map(|kind| {
        let names = std::iter::once(kind.table()).chain(kind.old_table());
        names.map(move |name| (kind, name))
    });
    names.filter_map(move |(kind, name)| {
        let item = table.get(name).filter(|item| item.is_table_like())?;
        let target = target.map(str::to_owned);
        Some((Section { kind, target }, item))
    })
}

/// The entries of a table that mean the dependency.
fn matching<'t>(table: &'t Item, dependency: &Dependency<'_>) -> Vec<(&'t Key, &'t Item)> {
    let Some(table) = table.as_table_like() else {
        return Vec::new();
    };
    let is_meant = |key: &str, item: &Item| {
        let package = word(item, "package").unwrap_or(key);
        let called = key.replace('-', "_");
        dependency.names.contains(&called)
            && (package == dependency.package || flag(item, "workspace"))
    };
    table
        .iter()
        .filter(|(key, item)| is_meant(key, item))
        .filter_map(|(key, _)| table.get_key_value(key))
        .collect()
}

fn word<'t>(item: &'t Item, name: &str) -> Option<&'t str> {
    item.as_table_like()?.get(name)?.as_str()
}

fn flag(item: &Item, name: &str) -> bool {
    let value = item.as_table_like().and_then(|table| table.get(name));
    value.and_then(Item::as_bool).unwrap_or(false)
}
