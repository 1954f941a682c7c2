//! The text of a dependency cut without a plan: of one that no member depends on, which nobody could
//! own.
//!
//! What cannot be read has nothing in it to keep, and is missed by name.

use std::fs;

use camino::Utf8Path;
use whittle_extract::request::{Choice, Facts, Upstream};
use whittle_extract::slice::{Slice, SliceError, slice};

use crate::cut;

/// More than any source file of a crate needs.
const LARGEST: u64 = 32 << 20;

/// The slice, with the files of other platforms that it asked for.
pub(super) fn sliced(
    upstream: &Upstream,
    folder: &Utf8Path,
    facts: &Facts,
    choice: &Choice,
) -> Result<(Slice, Facts, Vec<String>), SliceError> {
    let mut facts = facts.clone();
    let own = facts.own as usize;
    // Texts of users say nothing about what has to be kept.
    let mut texts: Vec<String> = facts
        .files
        .iter()
        .enumerate()
        .map(|(index, file)| {
            if index < own {
                text(file)
            } else {
                String::new()
            }
        })
        .collect();
    let mut found = slice(upstream, &facts, &texts, choice)?;
    for _ in 0..cut::ROUNDS {
        let wanted = std::mem::take(&mut found.wanted);
        let files = cut::wanted_files(folder, &wanted);
        if files.is_empty() {
            break;
        }
        for (one, file) in files {
            texts.push(text(file));
            facts.add_module(one.path.clone(), one.declared, file.clone());
        }
        found = slice(upstream, &facts, &texts, choice)?;
    }
    Ok((found, facts, texts))
}

/// Empty for what cannot be read: then there is nothing in it to keep, and it is missed by name.
fn text(file: &Utf8Path) -> String {
    let plain = file
        .metadata()
        .is_ok_and(|facts| facts.is_file() && facts.len() <= LARGEST);
    let text = plain.then(|| fs::read_to_string(file).ok()).flatten();
    text.unwrap_or_default()
}
