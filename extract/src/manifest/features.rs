//! Features that named a dependency which is gone.
//!
//! What cargo means by the ways to name one: `dep:x` switches the optional dependency on, `x/f` its
//! feature and, when it is optional, the dependency and this package's feature `x` too, `x?/f` only
//! its feature; an optional dependency that no `dep:x` names makes a feature `x`. Code and users
//! that ask for `x` keep finding it.

use std::fmt::Write as _;

use toml_edit::{Array, Item, Table, TableLike};

use super::draft::{Draft, parts};
use super::{ManifestError, parse};

/// The manifest with features that do not name the dependency `key` any more.
///
/// # Errors
/// When the text is no TOML.
pub(super) fn forget(text: &str, key: &str, optional: bool) -> Result<String, ManifestError> {
    let document = parse(text)?;
    let root = document.as_table();
    let has = Has::of(root, key);
    let implicit = optional && !has.by_name && !has.feature;
    let remains = (optional && (implicit || has.feature)).then_some(key);
    let mut draft = Draft::new(text);
    for list in lists(root) {
        rewrite(list, key, remains, true, &mut draft);
    }
    if implicit {
        declare(text, root, key, &mut draft);
    }
    Ok(draft.finish())
}

/// The manifest with features that do not name features of the dependency `key`: it has none.
///
/// # Errors
/// When the text is no TOML.
pub(super) fn unname(text: &str, key: &str, optional: bool) -> Result<String, ManifestError> {
    let document = parse(text)?;
    let root = document.as_table();
    let has = Has::of(root, key);
    let by_name = format!("dep:{key}");
    let remains = if has.by_name && !has.feature {
        by_name.as_str()
    } else {
        key
    };
    let mut draft = Draft::new(text);
    for list in lists(root) {
        rewrite(list, key, optional.then_some(remains), false, &mut draft);
    }
    Ok(draft.finish())
}

/// What `[features]` says of a dependency.
struct Has {
    /// Some list holds `dep:x`, so that there is no feature unless one is declared.
    by_name: bool,
    feature: bool,
}

impl Has {
    fn of(root: &Table, key: &str) -> Self {
        let by_name = format!("dep:{key}");
        let words = lists(root).into_iter().flat_map(|list| list.iter());
        let features = root.get("features").and_then(Item::as_table_like);
        Self {
            by_name: words.filter_map(|it| it.as_str()).any(|it| it == by_name),
            feature: features.is_some_and(|it| it.contains_key(key)),
        }
    }
}

/// Every list of features.
fn lists(root: &Table) -> Vec<&Array> {
    let features = root.get("features").and_then(Item::as_table_like);
    let of_features = features.into_iter().flat_map(|it| it.iter());
    let of_features = of_features.filter_map(|(_, item)| item.as_array());
    of_features.chain(required_features(root)).collect()
}

/// A list without what names the dependency; with the feature `remains` where cargo would have
/// switched that on too.
fn rewrite(list: &Array, key: &str, remains: Option<&str>, is_gone: bool, draft: &mut Draft<'_>) {
    let mut known: Vec<&str> = list.iter().filter_map(|value| value.as_str()).collect();
    let mut marked = Vec::new();
    for value in list {
        let (Some(text), Some(span)) = (value.as_str(), value.span()) else {
            continue;
        };
        let of_it = text.strip_prefix(key);
        let strong = of_it.is_some_and(|rest| rest.starts_with('/'));
        let weak = of_it.is_some_and(|rest| rest.starts_with("?/"));
        let by_name = is_gone && text.strip_prefix("dep:") == Some(key);
        match remains {
            Some(feature) if strong && !known.contains(&feature) => {
                known.push(feature);
                draft.replace(span.clone(), &quoted(feature));
                marked.push((span, false));
            }
            _ => marked.push((span, strong || weak || by_name)),
        }
    }
    draft.remove_elements(&marked);
}

fn required_features(root: &Table) -> Vec<&Array> {
    let kinds = ["bin", "example", "test", "bench"].into_iter();
    let mut out: Vec<&Array> = Vec::new();
    for item in kinds.filter_map(|kind| root.get(kind)) {
        if let Some(targets) = item.as_array_of_tables() {
            out.extend(targets.iter().filter_map(of_target));
        } else if let Some(targets) = item.as_array() {
            let tables = targets.iter().filter_map(|value| value.as_inline_table());
            out.extend(tables.filter_map(|table| of_target(table)));
        }
    }
    if let Some(lib) = root.get("lib").and_then(Item::as_table_like) {
        out.extend(of_target(lib));
    }
    out
}

fn of_target(target: &(impl TableLike + ?Sized)) -> Option<&Array> {
    target.get("required-features")?.as_array()
}

/// A feature without anything, where the list is sorted in its place.
fn declare(text: &str, root: &Table, key: &str, draft: &mut Draft<'_>) {
    let line = format!("{} = []", bare_or_quoted(key));
    match root.get("features") {
        Some(Item::Table(table)) if !table.is_implicit() => {
            let at = place_for(key, table).or_else(|| table.span().map(|span| span.start));
            draft.add_line_after(at.unwrap_or_default(), &line);
        }
        Some(Item::Value(value)) => {
            if let (Some(table), Some(span)) = (value.as_inline_table(), value.span()) {
                let comma = if table.is_empty() { "" } else { ", " };
                let inner = text[span.start..span.end - 1].trim_end().len();
                let at = span.start + inner;
                draft.replace(at..span.end - 1, &format!("{comma}{line} "));
            }
        }
        _ => {
            let newline = draft.newline();
            let gap = if text.is_empty() || text.ends_with("\n\n") {
                ""
            } else {
                newline
            };
            draft.add_line_after(text.len(), &format!("{gap}[features]{newline}{line}"));
        }
    }
}

/// Where the entry ends behind which a new one belongs: the last that sorts before it when the
/// table is sorted, else the last. `None`: at the table's head.
pub(super) fn place_for(key: &str, table: &dyn TableLike) -> Option<usize> {
    let mut entries: Vec<(usize, usize, &str)> = Vec::new();
    for (name, _) in table.iter() {
        let parts = table
            .get_key_value(name)
            .map(|(key, item)| parts(key, item));
        let parts = parts.unwrap_or_default();
        if let (Some(first), Some(last)) = (parts.first(), parts.last()) {
            entries.push((first.start, last.end, name));
        }
    }
    entries.sort_unstable();
    // `default` stands first by habit.
    let names = entries.iter().map(|it| it.2);
    let habit = names.clone().next() == Some("default");
    let is_sorted = names.skip(usize::from(habit)).is_sorted();
    let before =
        |it: &&(usize, usize, &str)| !is_sorted || it.2 < key || it.2 == "default" && habit;
    entries.iter().filter(before).map(|it| it.1).max()
}

/// A key as TOML wants it.
pub(super) fn bare_or_quoted(key: &str) -> String {
    let is_bare = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if !key.is_empty() && key.bytes().all(is_bare) {
        key.to_owned()
    } else {
        quoted(key)
    }
}

/// A basic string.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
