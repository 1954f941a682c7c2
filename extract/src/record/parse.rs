//! A record read: by whoever wrote it, so nothing of it is believed before it is checked.

use camino::{Utf8Component, Utf8Path};
use serde::Deserialize as _;

use super::{FORMAT, Record, VERSION};

/// Bytes of a record; the largest real ones have some hundred thousand.
const LONGEST: usize = 32 << 20;
const MOST_FILES: usize = 20_000;

/// A text that is no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRecord {
    #[error("it was written by a newer version of this tool (format version {0})")]
    Newer(i64),
    #[error("{0}")]
    Broken(String),
}

impl BadRecord {
    /// One line that says what to do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Newer(_) => "update cargo-whittle",
            Self::Broken(_) => "restore it from version control; it is not meant to be edited",
        }
    }
}

/// Reads a `whittled.toml`.
///
/// # Errors
/// When it is of another version, or not all of it is as it should be.
pub fn parse(text: &str) -> Result<Record, BadRecord> {
    let broken = |why: String| BadRecord::Broken(why);
    if text.len() > LONGEST {
        return Err(broken(format!("it is larger than {LONGEST} bytes")));
    }
    let mut table: toml::Table =
        toml::from_str(text).map_err(|why| broken(first_line(why.message())))?;
    if table
        .remove("format")
        .and_then(|one| one.as_str().map(str::to_owned))
        .as_deref()
        != Some(FORMAT)
    {
        return Err(broken(format!("its `format` is not \"{FORMAT}\"")));
    }
    match table.remove("version").and_then(|one| one.as_integer()) {
        Some(version) if version == i64::from(VERSION) => {}
        Some(version) if version > i64::from(VERSION) => return Err(BadRecord::Newer(version)),
        _ => return Err(broken("it has no `version` that is known".to_owned())),
    }
    let record = Record::deserialize(table).map_err(|why| broken(first_line(why.message())))?;
    check(&record).map_err(broken)?;
    Ok(record)
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

fn check(record: &Record) -> Result<(), String> {
    let files = record.files.len() + record.assets.len() + record.license.files.len();
    if files + record.host.len() > MOST_FILES {
        return Err(format!("it names more than {MOST_FILES} files"));
    }
    for name in [&record.origin.name, &record.origin.crate_name] {
        if name.is_empty()
            || !name
                .chars()
                .all(|c| c.is_alphanumeric() || "-_".contains(c))
        {
            return Err(format!("`{name}` is no name of a package"));
        }
    }
    // It becomes part of the name of a file.
    let version = &record.origin.version;
    let is_version = |c: char| c.is_ascii_alphanumeric() || ".-+".contains(c);
    if version.is_empty() || !version.chars().all(is_version) || version.starts_with('.') {
        return Err(format!("`{version}` is no version"));
    }
    if let Some(checksum) = &record.origin.checksum {
        is_hex(checksum, 64)?;
    }
    let mut seen = std::collections::BTreeSet::new();
    for (path, sha256) in hashed(record) {
        safe(path)?;
        is_hex(sha256, 64)?;
        if !seen.insert(path) {
            return Err(format!("`{path}` is named twice"));
        }
    }
    let upstream = |one: &super::Asset| one.upstream.clone();
    let assets = record.assets.iter().chain(&record.license.files);
    let beyond = assets.filter_map(upstream).collect::<Vec<_>>();
    let beyond = beyond.iter().map(camino::Utf8PathBuf::as_path);
    let sources = record.files.iter().map(|file| file.upstream.as_path());
    let host = record.host.iter().map(|file| file.path.as_path());
    let noted = record.acknowledged.iter().map(|one| one.file.as_path());
    beyond
        .chain(sources)
        .chain(host)
        .chain(noted)
        .try_for_each(safe)?;
    for file in &record.files {
        for item in &file.items {
            is_hex(&item.hash.0, 32)?;
        }
        let mut end = 0;
        for edit in &file.edits {
            if edit.range.start < end || edit.range.end < edit.range.start {
                return Err(format!("the edits of `{}` overlap", file.path));
            }
            end = edit.range.end;
        }
    }
    for one in &record.acknowledged {
        if one.reason.trim().is_empty() {
            return Err(format!(
                "a change of `{}` is acknowledged without a reason",
                one.item
            ));
        }
    }
    Ok(())
}

/// All files beside the record, with their hashes.
fn hashed(record: &Record) -> impl Iterator<Item = (&Utf8Path, &str)> {
    let files = record
        .files
        .iter()
        .map(|file| (file.path.as_path(), file.sha256.as_str()));
    let assets = record.assets.iter().chain(&record.license.files);
    files.chain(assets.map(|one| (one.path.as_path(), one.sha256.as_str())))
}

fn is_hex(text: &str, digits: usize) -> Result<(), String> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() == digits && text.bytes().all(is_digit) {
        Ok(())
    } else {
        Err(format!(
            "`{}` is no hash",
            text.chars().take(80).collect::<String>()
        ))
    }
}

fn safe(path: &Utf8Path) -> Result<(), String> {
    if is_safe(path) {
        Ok(())
    } else {
        let shown: String = path.as_str().chars().take(80).collect();
        Err(format!("`{shown}` is no path below this folder"))
    }
}

/// Names only, from the folder downwards, on every platform.
#[must_use]
pub fn is_safe(path: &Utf8Path) -> bool {
    let text = path.as_str();
    let is_normal = |part: Utf8Component<'_>| matches!(part, Utf8Component::Normal(_));
    !text.is_empty()
        && text.len() <= 1000
        && !text.contains(['\\', ':'])
        && !text.chars().any(char::is_control)
        && !text.ends_with('/')
        && path.components().all(is_normal)
        // `a//b` and `a/./b` are other spellings of one path.
        && path.components().map(|part| part.as_str()).collect::<Vec<_>>().join("/") == text
}

/// Edits as they are written: `{ from = 1, to = 2, why = "not-needed" }`.
pub(super) mod edits {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::edit::{Edit, Span, Why};

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Line {
        from: u32,
        to: u32,
        why: Why,
        #[serde(default)]
        text: String,
    }

    pub(in crate::record) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Edit>, D::Error> {
        let lines = Vec::<Line>::deserialize(deserializer)?;
        let edits = lines.into_iter().map(|line| Edit {
            range: Span::new(line.from, line.to),
            text: line.text,
            why: line.why,
        });
        Ok(edits.collect())
    }

    pub(in crate::record) fn serialize<S: Serializer>(
        edits: &[Edit],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let lines = edits.iter().map(|edit| Line {
            from: edit.range.start,
            to: edit.range.end,
            why: edit.why,
            text: edit.text.clone(),
        });
        serializer.collect_seq(lines)
    }
}
