//! A dependency out of a manifest: its lines, the comments that are about it alone, a table that
//! becomes empty, and the features that named it.

use std::ops::Range;

use toml_edit::{Item, Key, Table};

use super::draft::{Draft, line_end, line_start, lines, parts};
use super::features::forget;
use super::{
    Dependency, ManifestError, Requirement, Section, add, flag, matching, parse, sections,
};

/// The manifest without the dependency. Features keep their names: what an optional dependency
/// made one becomes a feature of its own.
///
/// # Errors
/// When the text is no TOML, or declares no such dependency.
pub fn remove(text: &str, dependency: &Dependency<'_>) -> Result<String, ManifestError> {
    replace(text, dependency, &[])
}

/// The manifest with others in the dependency's place: what [`remove`] takes out and [`add`] puts
/// in, so that a table which only changes its entries stays where it is.
///
/// # Errors
/// As of both.
pub fn replace(
    text: &str,
    dependency: &Dependency<'_>,
    wanted: &[(Section, String, Requirement)],
) -> Result<String, ManifestError> {
    let document = parse(text)?;
    let mut draft = Draft::new(text);
    let mut gone: Vec<(String, bool)> = Vec::new();
    for (_, table) in sections(document.as_table()) {
        let entries = matching(table, dependency);
        take_out(text, table, &entries, dependency.package, &mut draft);
        for (key, item) in entries {
            let optional = flag(item, "optional");
            match gone.iter_mut().find(|(name, _)| name == key.get()) {
                Some((_, any)) => *any |= optional,
                None => gone.push((key.get().to_owned(), optional)),
            }
        }
    }
    if gone.is_empty() {
        return Err(ManifestError::NotDeclared(dependency.package.to_owned()));
    }
    let mut after = draft.finish();
    for (key, optional) in gone {
        after = forget(&after, &key, optional)?;
    }
    for (section, key, requirement) in wanted {
        after = add(&after, section, key, requirement)?;
    }
    without_empty_tables(text, after)
}

/// A workspace's root manifest without the dependency that its members inherited.
///
/// # Errors
/// When the text is no TOML.
pub fn remove_shared(text: &str, key: &str) -> Result<String, ManifestError> {
    let document = parse(text)?;
    let workspace = document.as_table().get("workspace");
    let table = workspace.and_then(|workspace| workspace.get("dependencies"));
    let entry = table.and_then(|table| table.as_table_like()?.get_key_value(key));
    let (Some(table), Some(entry)) = (table, entry) else {
        return Ok(text.to_owned());
    };
    let mut draft = Draft::new(text);
    take_out(text, table, &[entry], key, &mut draft);
    without_empty_tables(text, draft.finish())
}

fn take_out(
    text: &str,
    table: &Item,
    entries: &[(&Key, &Item)],
    package: &str,
    draft: &mut Draft<'_>,
) {
    if let Some(inline) = table.as_inline_table() {
        let mut marked = Vec::new();
        for (name, _) in inline {
            let Some((key, item)) = inline.get_key_value(name) else {
                continue;
            };
            let out = entries.iter().any(|(key, _)| key.get() == name);
            for part in parts(key, item) {
                // Of `dep.version` only the last word was found.
                let before = &text[..part.start];
                let open = before.rfind(['{', ',']).map_or(0, |at| at + 1);
                let start = open + (before.len() - open - before[open..].trim_start().len());
                marked.push((start..part.end, out));
            }
        }
        marked.sort_by_key(|(range, _)| range.start);
        draft.remove_elements(&marked);
        return;
    }
    let names = table.as_table_like().into_iter();
    let names: Vec<&str> = names
        .flat_map(|it| it.iter().map(|(name, _)| name))
        .collect();
    for (key, item) in entries {
        let others = names.iter().copied().filter(|name| *name != key.get());
        let others: Vec<&str> = others.collect();
        for (index, part) in parts(key, item).into_iter().enumerate() {
            let mut lines = lines(text, &part);
            if item.as_table().is_some_and(|table| !table.is_dotted()) {
                // A table of its own is set off by blank lines.
                lines.end += blank(&text[lines.end..]);
            }
            if index == 0 {
                let words = [key.get(), package];
                lines.start = with_comment(text, &lines, &words, &others);
            }
            draft.remove(lines);
        }
    }
}

/// How many bytes of blank lines a text starts with.
fn blank(text: &str) -> usize {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if !line.trim().is_empty() {
            break;
        }
        at += line.len();
    }
    at
}

/// Where the comment right above some lines begins, when it is about what they declare alone:
/// names it, and nothing else that is declared beside it.
fn with_comment(text: &str, lines: &Range<usize>, words: &[&str], others: &[&str]) -> usize {
    let mut start = lines.start;
    while start > 0 {
        let above = line_start(text, start - 1);
        if !text[above..start].trim_start().starts_with('#') {
            break;
        }
        start = above;
    }
    let comment = &text[start..lines.start];
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let has = |word: &str| comment.split(|c| !is_word(c)).any(|it| it == word);
    if words.iter().any(|word| has(word)) && !others.iter().any(|word| has(word)) {
        start
    } else {
        lines.start
    }
}

/// Takes headers out whose last entry went.
fn without_empty_tables(before: &str, after: String) -> Result<String, ManifestError> {
    let was_empty: Vec<Vec<String>> = empty_tables(before)?.into_iter().map(|it| it.0).collect();
    let mut draft = Draft::new(&after);
    for (path, header) in empty_tables(&after)? {
        if was_empty.contains(&path) {
            continue;
        }
        let mut range = lines(&after, &header);
        let blank = blank(&after[range.end..]);
        let rest = &after[range.end + blank..];
        // A comment right below was about what was in the table, one right above is about the
        // table.
        let above = after[..range.start].lines().next_back().unwrap_or_default();
        let about = above.trim_start().starts_with('#');
        if about || blank == 0 && rest.trim_start().starts_with('#') {
            continue;
        }
        range.end += blank;
        if rest.is_empty() {
            let kept = after[..range.start].trim_end();
            range.start = line_end(&after, kept.len());
        }
        draft.remove(range);
    }
    Ok(draft.finish())
}

/// Path and header of a table.
type Empty = (Vec<String>, Range<usize>);

/// Tables of dependencies without entries: their paths and headers.
fn empty_tables(text: &str) -> Result<Vec<Empty>, ManifestError> {
    fn visit(path: &mut Vec<String>, table: &Table, out: &mut Vec<Empty>) {
        for (name, item) in table {
            let Some(table) = item.as_table() else {
                continue;
            };
            path.push(name.to_owned());
            if name.ends_with("dependencies") {
                let header = table.span().filter(|_| !table.is_implicit());
                if let Some(header) = header.filter(|_| table.is_empty()) {
                    out.push((path.clone(), header));
                }
            } else if path[0] == "target" || path[0] == "workspace" {
                visit(path, table, out);
            }
            path.pop();
        }
    }
    let document = parse(text)?;
    let mut out = Vec::new();
    visit(&mut Vec::new(), document.as_table(), &mut out);
    Ok(out)
}
