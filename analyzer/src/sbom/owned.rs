//! Owned code in a bill of materials: what it is of, how much of it, and what differs.

use std::fmt::Write as _;

use serde_json::{Value, json};
use whittle_extract::record::{FILE_NAME, File, Mode};

use crate::advisories::stamp::purl;
use crate::copies::Owned;
use crate::cyclonedx::property;
use crate::report::text::plural;

/// Names listed in the notes.
const MOST_NAMES: usize = 40;

pub(super) fn reference(owned: &Owned) -> String {
    format!("whittle:{}", owned.shown)
}

/// A copy that is a module of a package.
pub(super) fn component(owned: &Owned) -> Value {
    let record = &owned.record;
    let mut one = json!({
        "type": "library",
        "bom-ref": reference(owned),
        "name": record.origin.name,
        "version": record.origin.version,
        "description": format!("the part of {} that {} owns a copy of", record.name_version(), owned.package),
        "scope": "required",
        "licenses": [{ "expression": record.license.chosen }],
        "pedigree": pedigree(owned),
        "properties": properties(owned),
    });
    if let (false, Some(object)) = (record.license.copyright.is_empty(), one.as_object_mut()) {
        let lines = record.license.copyright.join("\n");
        object.insert("copyright".to_owned(), lines.into());
    }
    one
}

pub(super) fn properties(owned: &Owned) -> Vec<Value> {
    let record = &owned.record;
    let mode = match record.copy.mode {
        Mode::Module => "module",
        Mode::Crate => "crate",
    };
    vec![
        property("owned", owned.shown.as_str()),
        property("owned-as", mode),
        property("owned-by", &owned.package),
        property("owned-items", &record.items().count().to_string()),
        property("owned-features", &record.copy.features.join(",")),
    ]
}

/// The package that it is of, what was changed, and what part it is.
pub(super) fn pedigree(owned: &Owned) -> Value {
    let record = &owned.record;
    let origin = &record.origin;
    let mut ancestor = json!({
        "type": "library",
        "name": origin.name,
        "version": origin.version,
        "purl": purl(&origin.name, &origin.version),
    });
    if let Some(object) = ancestor.as_object_mut() {
        if let Some(checksum) = &origin.checksum {
            let hashes = json!([{ "alg": "SHA-256", "content": checksum }]);
            object.insert("hashes".to_owned(), hashes);
        }
        let expression = json!([{ "expression": record.license.expression }]);
        object.insert("licenses".to_owned(), expression);
        // Only what is an address: the schema asks for one.
        if let Some(url) = origin.repository.as_ref().filter(|url| is_address(url)) {
            let vcs = json!([{ "type": "vcs", "url": url }]);
            object.insert("externalReferences".to_owned(), vcs);
        }
    }
    let mut patches: Vec<Value> = record.files.iter().filter_map(edits).collect();
    if let Some(local) = local(owned) {
        patches.push(local);
    }
    json!({ "ancestors": [ancestor], "patches": patches, "notes": notes(owned) })
}

fn is_address(url: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_graphic() && !"<>\"{}|\\^`".contains(c);
    url.starts_with("https://") && url.chars().all(is_plain)
}

/// The edits of a file, as the record has them: upstream's bytes, and what stands there instead.
fn edits(file: &File) -> Option<Value> {
    if file.edits.is_empty() {
        return None;
    }
    let mut text = format!(
        "{} (sha256 {}) -> {}\n",
        file.upstream, file.sha256, file.path
    );
    for edit in &file.edits {
        let (from, to) = (edit.range.start, edit.range.end);
        // Writing to a String cannot fail.
        let _ = write!(text, "bytes {from}..{to} {}", edit.why.as_str());
        if !edit.text.is_empty() {
            let _ = write!(text, ": {:?}", edit.text);
        }
        text.push('\n');
    }
    Some(patch(&text))
}

/// Local changes that somebody answers for.
fn local(owned: &Owned) -> Option<Value> {
    let mut text = String::new();
    for one in &owned.record.acknowledged {
        let hash = one
            .hash
            .as_ref()
            .map_or("taken out", |hash| hash.0.as_str());
        let _ = writeln!(
            text,
            "{}: {} {} is {hash}: {}",
            one.file,
            one.kind.as_str(),
            one.item,
            one.reason
        );
    }
    (!text.is_empty()).then(|| patch(&text))
}

fn patch(text: &str) -> Value {
    json!({
        "type": "unofficial",
        "diff": { "text": { "contentType": "text/plain", "content": text } },
    })
}

fn notes(owned: &Owned) -> String {
    let record = &owned.record;
    let names: Vec<&str> = record.items().map(|item| item.path.as_str()).collect();
    let mut listed = names
        .iter()
        .take(MOST_NAMES)
        .copied()
        .collect::<Vec<&str>>()
        .join(", ");
    if names.len() > MOST_NAMES {
        listed = format!("{listed} and {} more", names.len() - MOST_NAMES);
    }
    format!(
        "A part of {} only: {} ({listed}), copied by cargo-whittle {} with the edits that {} \
         lists. What is not named here is not in it.",
        record.name_version(),
        plural(record.items().count() as u64, "item", "items"),
        record.tool,
        owned.shown.join(FILE_NAME)
    )
}
