//! A dependency that becomes a crate of the workspace: its line says where that is.

use camino::Utf8Path;
use toml_edit::{Item, Key, Value};

use super::draft::{Draft, lines, parts};
use super::features::{bare_or_quoted, quoted, unname};
use super::{Dependency, ManifestError, flag, matching, parse, sections};

/// What an entry says that stays true of a crate without features, wherever it is.
const STAYS: [&str; 3] = ["package", "optional", "public"];
/// Of an entry that the workspace's manifest defines.
const INHERITED: [&str; 3] = ["workspace", "optional", "public"];

/// The manifest with the dependency taken from the folder `path`, as seen from the manifest. It
/// keeps its name there and whether it is optional; it has no features any more. What is inherited
/// stays so: see [`shared_to_path`].
///
/// # Errors
/// When the text is no TOML, or declares no such dependency.
pub fn to_path(
    text: &str,
    dependency: &Dependency<'_>,
    path: &Utf8Path,
) -> Result<String, ManifestError> {
    let document = parse(text)?;
    let mut draft = Draft::new(text);
    let mut keys: Vec<&str> = Vec::new();
    for (_, table) in sections(document.as_table()) {
        for (key, item) in matching(table, dependency) {
            redirect(text, key, item, path, &mut draft);
            keys.push(key.get());
        }
    }
    if keys.is_empty() {
        return Err(ManifestError::NotDeclared(dependency.package.to_owned()));
    }
    let mut out = draft.finish();
    for key in keys {
        out = without_its_features(&out, key)?;
    }
    Ok(out)
}

/// The workspace's root manifest with what its members inherit as `key` in the folder `path`.
///
/// # Errors
/// When the text is no TOML, or declares no such dependency.
pub fn shared_to_path(text: &str, key: &str, path: &Utf8Path) -> Result<String, ManifestError> {
    let document = parse(text)?;
    let workspace = document.as_table().get("workspace");
    let table = workspace
        .and_then(Item::as_table_like)
        .and_then(|workspace| workspace.get("dependencies")?.as_table_like());
    let (key, item) = table
        .and_then(|table| table.get_key_value(key))
        .ok_or_else(|| ManifestError::NotDeclared(key.to_owned()))?;
    let mut draft = Draft::new(text);
    redirect(text, key, item, path, &mut draft);
    Ok(draft.finish())
}

fn redirect(text: &str, key: &Key, item: &Item, path: &Utf8Path, draft: &mut Draft<'_>) {
    let inherited = flag(item, "workspace");
    let stays = if inherited { INHERITED } else { STAYS };
    let path = quoted(path.as_str());
    match item {
        Item::Table(table) => {
            let field = if table.is_dotted() {
                format!("{}.path = {path}", bare_or_quoted(key.get()))
            } else {
                format!("path = {path}")
            };
            let mut gone = Vec::new();
            for (name, _) in table.iter().filter(|(name, _)| !stays.contains(name)) {
                let entry = table.get_key_value(name);
                gone.extend(entry.into_iter().flat_map(|(key, item)| parts(key, item)));
            }
            gone.sort_by_key(|part| part.start);
            let newline = draft.newline();
            match gone.split_first() {
                _ if inherited => {
                    for part in &gone {
                        draft.remove(lines(text, part));
                    }
                }
                Some((first, rest)) => {
                    draft.replace(lines(text, first), &format!("{field}{newline}"));
                    for part in rest {
                        draft.remove(lines(text, part));
                    }
                }
                None => {
                    let last = parts(key, item).last().map_or(0, |part| part.end);
                    draft.add_line_after(last, &field);
                }
            }
        }
        Item::Value(value) => {
            let Some(span) = value.span() else { return };
            let mut fields = Vec::new();
            if !inherited {
                fields.push(format!("path = {path}"));
            }
            let table = value.as_inline_table();
            for (name, value) in table.iter().flat_map(|table| table.iter()) {
                if stays.contains(&name) {
                    fields.push(format!("{name} = {}", plain(value)));
                }
            }
            draft.replace(span, &format!("{{ {} }}", fields.join(", ")));
        }
        _ => {}
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text.value()),
        other => other.to_string().trim().to_owned(),
    }
}

/// `x/f` names a feature that is not there any more, `dep:x` and `x` stay right.
fn without_its_features(text: &str, key: &str) -> Result<String, ManifestError> {
    let document = parse(text)?;
    let optional = sections(document.as_table()).into_iter().any(|(_, table)| {
        let entry = table.as_table_like().and_then(|table| table.get(key));
        entry.is_some_and(|item| flag(item, "optional"))
    });
    unname(text, key, optional)
}
