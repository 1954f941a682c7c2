//! Reads the `//~` markers of a fixture and compares them with what the tool lists.
//!
//! A marker stands on the line that debug info gives for a function: the line of its `fn`
//! item, the `fn` in a macro's definition, or a derive's or attribute's line. It says what is
//! true of that function, and why; `fixtures/README.md` describes the syntax. Takes a fixture
//! folder and the rows of `list --format jsonl`; gives one sentence for every disagreement, so
//! that an empty answer is a pass. The truth in the markers was checked against compiled
//! code, not against this tool.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

/// What is true of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expectation {
    /// Collected for code generation.
    Used,
    /// Used, and only at compile time.
    Const,
    /// Not reached.
    Unused,
    /// Cannot be told; the marker's text is part of the reason.
    Unknown,
    /// Used or unknown, never unused: for broken input.
    Reached,
    /// May be listed or not, with any status: declarations without a body.
    Decl,
    /// Must not be listed at this line: not compiled, or made elsewhere.
    None,
}

/// One expectation about one function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Marker {
    pub(crate) file: Utf8PathBuf,
    /// 1-based.
    pub(crate) line: u32,
    /// `foo`, or as an entry of `each` and `derive` `Trait::foo`; empty when the line has no
    /// name (`fn $name`).
    pub(crate) name: String,
    pub(crate) expectation: Expectation,
    /// The domains it is used in; empty: just `run`.
    pub(crate) domain: Vec<String>,
    pub(crate) why: String,
    /// The origin that the row must have, where the marker says one.
    pub(crate) origin: Option<&'static str>,
}

/// A row of `list --format jsonl`, as far as markers speak of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listed {
    pub(crate) file: Utf8PathBuf,
    pub(crate) line: u32,
    pub(crate) path: String,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    pub(crate) domains: Vec<String>,
    pub(crate) origin: String,
    pub(crate) const_only: bool,
}

/// Every marker below `root`, sorted by file and line, and a sentence for each malformed one.
pub(crate) fn load(root: &Utf8Path) -> io::Result<(Vec<Marker>, Vec<String>)> {
    let root = root.canonicalize_utf8()?;
    let mut files = Vec::new();
    collect_sources(&root, &mut files)?;
    files.sort();
    let (mut markers, mut wrong) = (Vec::new(), Vec::new());
    for file in files {
        parse(&file, &fs::read_to_string(&file)?, &mut markers, &mut wrong);
    }
    Ok((markers, wrong))
}

/// Options the fixture wants to be analyzed with: the first line of its manifest, after `#:`.
pub(crate) fn flags(root: &Utf8Path) -> io::Result<Vec<String>> {
    let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
    let first = manifest
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("#:"));
    Ok(first
        .unwrap_or_default()
        .split_whitespace()
        .map(str::to_owned)
        .collect())
}

fn collect_sources(folder: &Utf8Path, files: &mut Vec<Utf8PathBuf>) -> io::Result<()> {
    for entry in folder.read_dir_utf8()? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            if entry.file_name() != "target" {
                collect_sources(path, files)?;
            }
        } else if matches!(path.extension(), Some("rs" | "in")) {
            files.push(path.to_owned());
        }
    }
    Ok(())
}

/// The markers of one file's text.
pub(crate) fn parse(
    file: &Utf8Path,
    text: &str,
    markers: &mut Vec<Marker>,
    wrong: &mut Vec<String>,
) {
    for (line, number) in text.lines().zip(1_u32..) {
        let Some((code, comment)) = line.split_once("//~ ") else {
            continue;
        };
        match parse_comment(comment) {
            Ok(Parsed::One(expectation, domain, why)) => markers.push(Marker {
                file: file.to_owned(),
                line: number,
                name: function_name(code).to_owned(),
                expectation,
                domain,
                why,
                origin: None,
            }),
            Ok(Parsed::Many(entries, origin, domain, why)) => {
                markers.extend(entries.into_iter().map(|(expectation, name)| Marker {
                    file: file.to_owned(),
                    line: number,
                    name,
                    expectation,
                    domain: domain.clone(),
                    why: why.clone(),
                    origin: Some(origin),
                }));
            }
            Err(what) => wrong.push(format!("{file}:{number}: {what} in `//~ {comment}`")),
        }
    }
}

enum Parsed {
    One(Expectation, Vec<String>, String),
    Many(
        Vec<(Expectation, String)>,
        &'static str,
        Vec<String>,
        String,
    ),
}

/// `word[domain,…]: why` or `each|derive[domain,…]: +name -name -- why`.
fn parse_comment(comment: &str) -> Result<Parsed, &'static str> {
    let (head, text) = comment.split_once(": ").ok_or("no colon")?;
    let (word, domain) = match head.split_once('[') {
        Some((word, rest)) => (word, parse_domains(rest)?),
        None => (head, Vec::new()),
    };
    let origin = match word {
        "each" => "macro",
        "derive" => "derive",
        _ => {
            let why = text.trim();
            if why.is_empty() {
                return Err("no reason");
            }
            return Ok(Parsed::One(expectation(word)?, domain, why.to_owned()));
        }
    };
    let (names, why) = text.split_once(" -- ").ok_or("no ` -- reason`")?;
    let entries = names
        .split_whitespace()
        .map(parse_entry)
        .collect::<Result<Vec<_>, _>>()?;
    if entries.is_empty() || why.trim().is_empty() {
        return Err("no names or no reason");
    }
    Ok(Parsed::Many(entries, origin, domain, why.trim().to_owned()))
}

fn parse_domains(rest: &str) -> Result<Vec<String>, &'static str> {
    let inner = rest.strip_suffix(']').ok_or("no closing bracket")?;
    let mut domains: Vec<String> = inner.split(',').map(str::to_owned).collect();
    if domains
        .iter()
        .any(|name| !matches!(name.as_str(), "run" | "build" | "macro" | "dev"))
    {
        return Err("unknown domain");
    }
    domains.sort();
    Ok(domains)
}

fn expectation(word: &str) -> Result<Expectation, &'static str> {
    Ok(match word {
        "used" => Expectation::Used,
        "const" => Expectation::Const,
        "unused" => Expectation::Unused,
        "unknown" => Expectation::Unknown,
        "reached" => Expectation::Reached,
        // The method counts it although no code is made: see docs/METHOD.md.
        "over" => Expectation::Used,
        "decl" => Expectation::Decl,
        "none" => Expectation::None,
        _ => return Err("unknown word"),
    })
}

fn parse_entry(entry: &str) -> Result<(Expectation, String), &'static str> {
    let expectation = match entry.chars().next() {
        Some('+') => Expectation::Used,
        Some('-') => Expectation::Unused,
        Some('=') => Expectation::Const,
        _ => return Err("a name without + - ="),
    };
    Ok((expectation, entry[1..].to_owned()))
}

/// The identifier after the last `fn ` of a line; empty for `fn $name` and for lines without.
fn function_name(code: &str) -> &str {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = code;
    while let Some(at) = rest.find("fn ") {
        let starts_word = !rest[..at].ends_with(is_word);
        rest = &rest[at + 3..];
        rest = rest.strip_prefix("r#").unwrap_or(rest);
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        if starts_word && end > 0 {
            return &rest[..end];
        }
    }
    ""
}

/// What markers and rows disagree about; empty when they agree.
#[must_use]
pub(crate) fn check(markers: &[Marker], listed: &[Listed]) -> Vec<String> {
    let mut at: BTreeMap<(&Utf8Path, u32), Vec<&Listed>> = BTreeMap::new();
    for row in listed {
        at.entry((&row.file, row.line)).or_default().push(row);
    }
    let mut wrong = Vec::new();
    for marker in markers {
        let rows = at
            .get(&(marker.file.as_path(), marker.line))
            .map_or(&[][..], Vec::as_slice);
        let rows: Vec<&Listed> = rows
            .iter()
            .copied()
            .filter(|row| marker.origin.is_none() || names(row, &marker.name))
            .collect();
        check_marker(marker, &rows, &mut wrong);
    }
    check_unmarked(markers, listed, &mut wrong);
    wrong
}

fn check_marker(marker: &Marker, rows: &[&Listed], wrong: &mut Vec<String>) {
    let place = format!("{}:{}: {}", marker.file, marker.line, marker.name);
    if rows.is_empty() && !matches!(marker.expectation, Expectation::Decl | Expectation::None) {
        wrong.push(format!(
            "{place} is not listed, should be {:?}: {}",
            marker.expectation, marker.why
        ));
    }
    for row in rows {
        if let Some(what) = disagreement(marker, row) {
            wrong.push(format!(
                "{place} ({}) {what}; the marker says {:?}: {}",
                row.path, marker.expectation, marker.why
            ));
        }
    }
}

fn disagreement(marker: &Marker, row: &Listed) -> Option<String> {
    let status = |wanted: &str| (row.status != wanted).then(|| format!("is {}", row.status));
    let compile_time = |wanted: bool| {
        (row.const_only != wanted).then(|| format!("has const_only {}", row.const_only))
    };
    let by_status = match marker.expectation {
        Expectation::Used => status("used")
            .or_else(|| compile_time(false))
            .or_else(|| domains(marker, row)),
        Expectation::Const => status("used")
            .or_else(|| compile_time(true))
            .or_else(|| domains(marker, row)),
        Expectation::Unused => status("unused"),
        Expectation::Unknown => status("unknown").or_else(|| {
            let reason = row.reason.as_deref().unwrap_or_default();
            (!reason.contains(&marker.why)).then(|| format!("is unknown because of `{reason}`"))
        }),
        Expectation::Reached => (row.status == "unused").then(|| "is unused".to_owned()),
        Expectation::Decl => None,
        Expectation::None => Some("is listed".to_owned()),
    };
    let origin = marker.origin.filter(|origin| *origin != row.origin);
    by_status.or_else(|| origin.map(|origin| format!("has origin {}, not {origin}", row.origin)))
}

fn domains(marker: &Marker, row: &Listed) -> Option<String> {
    let found: BTreeSet<&str> = row.domains.iter().map(String::as_str).collect();
    let wanted: BTreeSet<&str> = if marker.domain.is_empty() {
        ["run"].into()
    } else {
        marker.domain.iter().map(String::as_str).collect()
    };
    (found != wanted).then(|| format!("is used in {found:?}, not in {wanted:?}"))
}

/// Rows that no marker speaks of. What build scripts write carries no markers; the helper method of a derived `Eq` is the compiler's own business.
fn check_unmarked(markers: &[Marker], listed: &[Listed], wrong: &mut Vec<String>) {
    let mut marked: BTreeMap<(&Utf8Path, u32), Vec<&Marker>> = BTreeMap::new();
    for marker in markers {
        marked
            .entry((&marker.file, marker.line))
            .or_default()
            .push(marker);
    }
    for row in listed {
        let derived_eq = row.origin == "derive" && row.path.contains("assert_");
        let spoken_of = marked
            .get(&(row.file.as_path(), row.line))
            .is_some_and(|here| {
                here.iter()
                    .any(|marker| marker.origin.is_none() || names(row, &marker.name))
            });
        if !generated(&row.file) && !derived_eq && !spoken_of {
            wrong.push(format!(
                "{}:{}: {} is listed ({}) but has no marker",
                row.file, row.line, row.path, row.status
            ));
        }
    }
}

/// Whether cargo keeps a build script's output there: `build/<package>-<hash>/out/`.
fn generated(file: &Utf8Path) -> bool {
    let parts: Vec<&str> = file.components().map(|part| part.as_str()).collect();
    parts
        .windows(3)
        .any(|three| three[0] == "build" && three[2] == "out")
}

/// Whether `name` (`fmt`, `Debug::fmt`) is the row's function: same last segment, and every
/// qualifier a whole word of the path.
fn names(row: &Listed, name: &str) -> bool {
    let mut wanted = name.rsplit("::");
    let last = row.path.rsplit("::").next();
    let mut words = wanted.clone().skip(1);
    wanted.next() == last
        && words.all(|word| {
            row.path
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|part| part == word)
        })
}

#[cfg(test)]
mod tests;
