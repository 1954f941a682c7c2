//! Dependencies that a copy needs, put into its user's manifest.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};
use toml_edit::{Item, TableLike};

use super::draft::{Draft, parts};
use super::features::{bare_or_quoted, place_for, quoted};
use super::{ManifestError, Section, flag, parse, sections, word};

/// What a manifest asks of a dependency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// Where it differs from the name in the manifest.
    pub package: Option<String>,
    pub version: Option<String>,
    /// As the new manifest has to say it.
    pub path: Option<Utf8PathBuf>,
    /// `git`, `branch`, `registry`, …: names and values.
    pub origin: Vec<(String, String)>,
    pub default_features: bool,
    pub features: Vec<String>,
}

impl Requirement {
    /// The value behind `key = `.
    pub(super) fn value(&self) -> String {
        let mut fields = Vec::new();
        let mut field = |name: &str, value: String| fields.push(format!("{name} = {value}"));
        if let Some(version) = &self.version {
            field("version", quoted(version));
        }
        if let Some(path) = &self.path {
            field("path", quoted(path.as_str()));
        }
        for (name, value) in &self.origin {
            field(name, quoted(value));
        }
        if let Some(package) = &self.package {
            field("package", quoted(package));
        }
        if !self.default_features {
            field("default-features", "false".to_owned());
        }
        if !self.features.is_empty() {
            field("features", list(&self.features));
        }
        match (&self.version, fields.len()) {
            (Some(version), 1) => quoted(version),
            _ => format!("{{ {} }}", fields.join(", ")),
        }
    }
}

fn list(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    format!("[{}]", words.join(", "))
}

/// The manifest with a dependency that provides what is asked. One that is there already stays
/// as it is, with the features that are missing; whether its version will do is the caller's to
/// know.
///
/// # Errors
/// When the text is no TOML, the key is another package's, or an optional dependency has it.
pub fn add(
    text: &str,
    section: &Section,
    key: &str,
    wants: &Requirement,
) -> Result<String, ManifestError> {
    let document = parse(text)?;
    let root = document.as_table();
    let table = sections(root).into_iter().find(|(it, _)| it == section);
    let table = table.map(|(_, table)| table);
    let found = table.and_then(|table| table.as_table_like()?.get_key_value(key));
    let mut draft = Draft::new(text);
    if let Some((found_key, item)) = found {
        let wanted = wants.package.as_deref().unwrap_or(key);
        let has = word(item, "package").unwrap_or(key);
        if has != wanted && !flag(item, "workspace") {
            return Err(ManifestError::Taken {
                key: key.to_owned(),
                has: has.to_owned(),
                wants: wanted.to_owned(),
            });
        }
        if flag(item, "optional") {
            return Err(ManifestError::Optional(key.to_owned()));
        }
        let last = parts(found_key, item).last().map_or(0, |part| part.end);
        widen(item, key, last, wants, &mut draft);
        return Ok(draft.finish());
    }
    let line = format!("{} = {}", bare_or_quoted(key), wants.value());
    match table {
        Some(Item::Table(table)) if !table.is_implicit() => {
            let at = place_for(key, table).or_else(|| table.span().map(|span| span.start));
            draft.add_line_after(at.unwrap_or_default(), &line);
        }
        Some(Item::Value(value)) => {
            if let (Some(table), Some(span)) = (value.as_inline_table(), value.span()) {
                let comma = if table.is_empty() { " " } else { ", " };
                let inner = text[span.start..span.end - 1].trim_end().len();
                draft.replace(span.start + inner..span.end - 1, &format!("{comma}{line} "));
            }
        }
        _ => {
            let newline = draft.newline();
            let header = header(section);
            let block = format!("{newline}{header}{newline}{line}");
            draft.add_line_after(end_of_dependencies(root, text.len()), &block);
        }
    }
    Ok(draft.finish())
}

pub(super) fn header(section: &Section) -> String {
    let table = section.kind.table();
    match &section.target {
        None => format!("[{table}]"),
        // As people write them.
        Some(target) if !target.contains(['\'', '\n']) => format!("[target.'{target}'.{table}]"),
        Some(target) => format!("[target.{}.{table}]", quoted(target)),
    }
}

/// Behind the last table of dependencies; behind everything when there is none.
fn end_of_dependencies(root: &dyn TableLike, len: usize) -> usize {
    let mut end = None;
    for name in [
        "dependencies",
        "dev-dependencies",
        "build-dependencies",
        "target",
    ] {
        if let Some((key, item)) = root.get_key_value(name) {
            end = end.max(parts(key, item).iter().map(|part| part.end).max());
        }
    }
    end.unwrap_or(len)
}

/// Adds the features that an entry does not ask for yet.
fn widen(item: &Item, key: &str, last: usize, wants: &Requirement, draft: &mut Draft<'_>) {
    let table = item.as_table_like();
    let get = |name: &str| table.and_then(|table| table.get(name));
    let old_default = get("default-features").or_else(|| get("default_features"));
    if wants.default_features
        && let Some(value) = old_default
        && value.as_bool() == Some(false)
        && let Some(span) = value.span()
    {
        draft.replace(span, "true");
    }
    let has = get("features").and_then(Item::as_array);
    let known =
        |word: &String| has.is_some_and(|list| list.iter().any(|it| it.as_str() == Some(word)));
    let missing: Vec<String> = wants
        .features
        .iter()
        .filter(|it| !known(it))
        .cloned()
        .collect();
    if missing.is_empty() {
        return;
    }
    if let Some(list) = has {
        let words: Vec<String> = missing.iter().map(|word| quoted(word)).collect();
        let words = words.join(", ");
        match (
            list.iter().last().and_then(toml_edit::Value::span),
            list.span(),
        ) {
            (Some(last), _) => draft.replace(last.end..last.end, &format!(", {words}")),
            (None, Some(span)) => draft.replace(span, &format!("[{words}]")),
            (None, None) => {}
        }
        return;
    }
    let missing = list(&missing);
    match item {
        Item::Value(value) => {
            let Some(span) = value.span() else { return };
            if let Some(version) = value.as_str() {
                let text = format!("{{ version = {}, features = {missing} }}", quoted(version));
                draft.replace(span, &text);
            } else if let Some(last) = value.as_inline_table().and_then(last_value) {
                draft.replace(last..last, &format!(", features = {missing}"));
            }
        }
        Item::Table(table) if table.is_dotted() => {
            draft.add_line_after(
                last,
                &format!("{}.features = {missing}", bare_or_quoted(key)),
            );
        }
        _ => draft.add_line_after(last, &format!("features = {missing}")),
    }
}

fn last_value(table: &toml_edit::InlineTable) -> Option<usize> {
    let values = table.iter().filter_map(|(_, value)| value.span());
    values.map(|span| span.end).max()
}
