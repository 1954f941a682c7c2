//! What the newer text names and the copy does not have: it is in a file, a module or a crate that
//! the copy has nothing of.
//!
//! Found by name, and only said: the copy's own files are searched for what is newly named, others
//! would have to be taken by `extract`.

use std::collections::BTreeSet;

use super::{Pair, last, text_of};
use crate::items::{self, Kind};
use crate::manifest::requirements;
use crate::verify::Files;

/// A line for each; `fresh` are the words that the newer items have and the copy had not.
pub(super) fn missing(pairs: &[Pair<'_>], fresh: &BTreeSet<String>, new: &Files) -> Vec<String> {
    let kept = || {
        pairs
            .iter()
            .flat_map(|pair| pair.keep.iter().map(move |&at| (pair, at)))
    };
    let kept_items = kept().filter_map(|(pair, at)| Some((pair, pair.items.get(at)?)));
    let kept_items: Vec<_> = kept_items.collect();
    let mut bound: BTreeSet<&str> = BTreeSet::new();
    let mut texts: Vec<&str> = Vec::new();
    for (pair, item) in &kept_items {
        match item.kind {
            Kind::Attributes | Kind::Mod | Kind::Impl => continue,
            Kind::Use => bound.extend(item.path.rsplit([' ', ':']).next()),
            _ => bound.extend([last(&item.path)]),
        }
        texts.push(text_of(pair, item));
    }
    let leads = |word: &str| {
        let path = format!("{word}::");
        texts.iter().any(|text| text.contains(&path))
    };
    let wanted = fresh.iter().filter(|word| !bound.contains(word.as_str()));
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
        } else if let Some(file) = elsewhere(pairs, new, word) {
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
    let manifest = new.iter().find(|(path, _)| *path == "Cargo.toml");
    let text = manifest.and_then(|(_, bytes)| std::str::from_utf8(bytes).ok());
    text.is_some_and(|text| requirements(text, word).is_ok_and(|found| !found.is_empty()))
}

/// A file beside the copied ones that defines the name, not as something's own.
fn elsewhere<'a>(pairs: &[Pair<'_>], new: &'a Files, word: &str) -> Option<&'a str> {
    let top = pairs.first()?.upstream.parent()?;
    let mut files = new.iter().filter(|(path, _)| {
        let taken = pairs.iter().any(|pair| pair.upstream == **path);
        path.extension() == Some("rs") && path.starts_with(top) && !taken
    });
    let found = files.find(|(_, bytes)| {
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        text.contains(word) && defines(text, word)
    });
    found.map(|(path, _)| path.as_str())
}

fn defines(text: &str, word: &str) -> bool {
    let items = items::items(text, "").unwrap_or_default();
    items.iter().any(|item| {
        let owner = item.path.rsplit("::").nth(1).unwrap_or_default();
        let is_free = !owner.starts_with(|c: char| c.is_uppercase() || c == '<');
        item.kind.is_definition() && is_free && last(&item.path) == word
    })
}
