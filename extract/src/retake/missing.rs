//! What the newer text names and the copy does not have: it is in a file, a module or a crate that
//! the copy has nothing of.
//!
//! Found by name, and only said: the copy's own files are searched for what is newly named, others
//! would have to be taken by `extract`.

use std::collections::BTreeSet;

use camino::Utf8Path;

use super::methods::own_text;
use super::{Pair, bound, last};
use crate::items::{self, Kind};
use crate::manifest::requirements;
use crate::verify::Files;

/// A line for each; `fresh` are the words that the newer items have and the copy had not.
pub(super) fn missing(pairs: &[Pair<'_>], fresh: &BTreeSet<String>, new: &Files) -> Vec<String> {
    let mut there: BTreeSet<&str> = BTreeSet::new();
    let mut texts = Vec::new();
    for pair in pairs {
        for (at, item) in pair.kept() {
            there.insert(match item.kind {
                Kind::Attributes | Kind::Mod | Kind::Impl => continue,
                Kind::Use => bound(&item.path),
                _ => last(&item.path),
            });
            texts.push(own_text(pair, at));
        }
    }
    let leads = |word: &str| {
        let path = format!("{word}::");
        texts.iter().any(|text| text.contains(&path))
    };
    let wanted = fresh.iter().map(String::as_str);
    let wanted: Vec<&str> = wanted.filter(|word| !there.contains(word)).collect();
    let defined = definitions(pairs, new, &wanted);
    let mut out = Vec::new();
    for word in wanted {
        if leads(word) && is_module(pairs, word) {
            out.push(format!(
                "the module `{word}` is newly named, and not in the copy"
            ));
        } else if leads(word) && is_crate(new, word) {
            out.push(format!(
                "the crate `{word}` is newly named: the package has to depend on it"
            ));
        } else if let Some((file, _)) = defined.iter().find(|(_, names)| names.contains(word)) {
            out.push(format!(
                "`{word}` is newly named; upstream has one in {file}, of which the copy has nothing"
            ));
        }
    }
    out
}

/// Of the copied files, declared in one of them.
fn is_module(pairs: &[Pair<'_>], word: &str) -> bool {
    let mut all = pairs.iter().flat_map(|pair| &pair.items);
    let taken = |path: &str| pairs.iter().any(|pair| pair.file.module == path);
    all.any(|item| item.kind == Kind::Mod && last(&item.path) == word && !taken(&item.path))
}

fn is_crate(new: &Files, word: &str) -> bool {
    let manifest = new.get(Utf8Path::new("Cargo.toml"));
    let text = manifest.and_then(|bytes| std::str::from_utf8(bytes).ok());
    text.is_some_and(|text| requirements(text, word).is_ok_and(|found| !found.is_empty()))
}

/// What each file beside the copied ones defines, not as something's own. Files that have none of
/// the words are not parsed.
fn definitions<'a>(
    pairs: &[Pair<'_>],
    new: &'a Files,
    words: &[&str],
) -> Vec<(&'a str, BTreeSet<String>)> {
    let Some(top) = pairs.first().and_then(|pair| pair.upstream.parent()) else {
        return Vec::new();
    };
    let files = new.iter().filter(|(path, _)| {
        let taken = pairs.iter().any(|pair| pair.upstream == **path);
        path.extension() == Some("rs") && path.starts_with(top) && !taken
    });
    let mut out = Vec::new();
    for (path, bytes) in files {
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        if words.iter().any(|word| text.contains(word)) {
            out.push((path.as_str(), names(text)));
        }
    }
    out
}

fn names(text: &str) -> BTreeSet<String> {
    let items = items::items(text, "").unwrap_or_default();
    let free = items.iter().filter(|item| {
        let owner = item.path.rsplit("::").nth(1).unwrap_or_default();
        let is_free = !owner.starts_with(|c: char| c.is_uppercase() || c == '<');
        item.kind.is_definition() && is_free
    });
    free.map(|item| last(&item.path).to_owned()).collect()
}
