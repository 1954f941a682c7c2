//! A dependency out of a manifest: its lines, the comments that are about it alone, a table that
//! becomes empty, and the features that named it.

use std::ops::Range;

use toml_edit::{InlineTable, Item, Key, Table};

use super::draft::{Draft, line_end, line_start, lines, parts};
use super::features::forget;
use super::{
    Dependency, ManifestError, Requirement, Section, add, flag, matching, parse, sections, word,
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

/// A workspace's root manifest without the `[patch]` for a package that nobody needs any more: cargo
/// would warn of it in every build. Of several for one package none is taken out.
///
/// # Errors
/// When the text is no TOML.
pub fn remove_patch(text: &str, package: &str) -> Result<String, ManifestError> {
    let document = parse(text)?;
    let patches = document
        .as_table()
        .get("patch")
        .and_then(Item::as_table_like);
    let mut found = Vec::new();
    for (_, table) in patches.iter().flat_map(|patches| patches.iter()) {
        let Some(entries) = table.as_table_like() else {
            continue;
        };
        let of_it = entries
            .iter()
            .filter(|(key, item)| word(item, "package").unwrap_or(key) == package);
        let of_it = of_it.filter_map(|(key, _)| entries.get_key_value(key));
        found.extend(of_it.map(|entry| (table, entry)));
    }
    let [(table, entry)] = found[..] else {
        return Ok(text.to_owned());
    };
    let mut draft = Draft::new(text);
    take_out(text, table, &[entry], package, &mut draft);
    without_empty_tables(text, draft.finish())
}

/// Takes entries of a table out, with the comments that are about them alone.
fn take_out(
    text: &str,
    table: &Item,
    entries: &[(&Key, &Item)],
    package: &str,
    draft: &mut Draft<'_>,
) {
    if let Some(inline) = table.as_inline_table() {
        return draft.remove_elements(&marked(text, inline, entries));
    }
    let names = table.as_table_like().into_iter();
    let names: Vec<&str> = names
        .flat_map(|it| it.iter().map(|(name, _)| name))
        .collect();
    for (key, item) in entries {
        let others = names.iter().copied().filter(|name| *name != key.get());
        let others: Vec<&str> = others.collect();
        let parts = parts(key, item);
        let (mut gone, about) = if item.as_table().is_some_and(|table| !table.is_dotted()) {
            own_table(text, parts, others.is_empty())
        } else {
            line_of(text, parts)
        };
        if let Some(first) = gone.first_mut() {
            let words = [key.get(), package];
            first.start = with_comment(text, first, &words, &others, about);
        }
        for lines in gone {
            draft.remove(lines);
        }
    }
}

/// The elements of an inline table, and which of them go.
fn marked(
    text: &str,
    inline: &InlineTable,
    entries: &[(&Key, &Item)],
) -> Vec<(Range<usize>, bool)> {
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
    marked
}

/// The lines of an entry, and whether a comment right above is about it, whatever that names.
type Gone = (Vec<Range<usize>>, bool);

/// `[dependencies.dep]`: comments in it are about it, and blank lines set it off. A comment above
/// the `only` such table is about that table.
fn own_table(text: &str, parts: Vec<Range<usize>>, only: bool) -> Gone {
    let whole = joined(text, parts).into_iter().map(|part| {
        let mut lines = lines(text, &part);
        lines.end += comments_that_end_it(&text[lines.end..]);
        lines.end += blank(&text[lines.end..]);
        lines
    });
    (whole.collect(), only)
}

/// `dep = "1"`, or a line for each of its keys. Where the next line has a comment of its own, the
/// one above is about this line.
fn line_of(text: &str, parts: Vec<Range<usize>>) -> Gone {
    let all: Vec<Range<usize>> = parts.iter().map(|part| lines(text, part)).collect();
    let about = all.first().is_some_and(|first| {
        let next = text[first.end..].trim_start_matches([' ', '\t']);
        next.starts_with('#')
    });
    (all, about)
}

/// Parts with nothing but comments between them as one.
fn joined(text: &str, mut parts: Vec<Range<usize>>) -> Vec<Range<usize>> {
    parts.sort_by_key(|part| part.start);
    let mut out: Vec<Range<usize>> = Vec::new();
    for part in parts {
        let gap = out
            .last()
            .map(|last| lines(text, last).end..line_start(text, part.start));
        let gap = gap.and_then(|gap| text.get(gap));
        let is_empty = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
        match out.last_mut() {
            Some(last) if gap.is_none_or(|gap| gap.lines().all(is_empty)) => last.end = part.end,
            _ => out.push(part),
        }
    }
    out
}

/// How many bytes of comments a text starts with that end before a blank line: those right above
/// something else are about that.
fn comments_that_end_it(text: &str) -> usize {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        match line.trim_start().chars().next() {
            Some('#') => at += line.len(),
            Some(_) => return 0,
            None => break,
        }
    }
    at
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
/// names it (or is known to be `about` it), and nothing else that is declared beside it.
fn with_comment(
    text: &str,
    lines: &Range<usize>,
    words: &[&str],
    others: &[&str],
    about: bool,
) -> usize {
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
    if (about || words.iter().any(|word| has(word))) && !others.iter().any(|word| has(word)) {
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

/// Tables of dependencies and patches without entries: their paths and headers.
fn empty_tables(text: &str) -> Result<Vec<Empty>, ManifestError> {
    fn visit(path: &mut Vec<String>, table: &Table, out: &mut Vec<Empty>) {
        for (name, item) in table {
            let Some(table) = item.as_table() else {
                continue;
            };
            path.push(name.to_owned());
            let of_patch = path.len() == 2 && path[0] == "patch";
            if name.ends_with("dependencies") || of_patch {
                let header = table.span().filter(|_| !table.is_implicit());
                if let Some(header) = header.filter(|_| table.is_empty()) {
                    out.push((path.clone(), header));
                }
            } else if ["target", "workspace", "patch"].contains(&path[0].as_str()) {
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
