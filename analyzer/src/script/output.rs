//! What paths told cargo, and what follows from all of them together.

use std::collections::{BTreeMap, BTreeSet};

use super::files::Tree;
use super::interp::Effects;
use super::oracle::Choice;
use super::value::{DATA, HOLE};
use super::{Guess, Input, Reading};

/// One successful path.
#[derive(Default)]
pub(super) struct Told {
    cfgs: BTreeSet<String>,
    env: BTreeMap<String, String>,
    files: BTreeMap<String, String>,
    vague_files: Vec<(Option<String>, String)>,
    any: Option<String>,
    notes: BTreeSet<String>,
    choices: Vec<Choice>,
}

impl Told {
    pub(super) fn new(effects: &Effects, choices: &[Choice], input: &Input) -> Self {
        let mut told = Self {
            vague_files: effects.vague_files.clone(),
            any: effects.any.clone(),
            notes: effects.notes.clone(),
            choices: choices.to_vec(),
            ..Self::default()
        };
        // What cargo is told has to be known.
        for line in effects.stdout.replace(DATA, &HOLE.to_string()).lines() {
            told.line(line);
        }
        for (path, text) in &effects.files {
            let below = path.strip_prefix(&input.out_dir).unwrap_or(path);
            let below = below.trim_start_matches('/').to_owned();
            if text.contains(HOLE) || !is_only_data(text) {
                let reason = "a part of its text is not known".to_owned();
                told.vague_files.push((Some(below), reason));
            } else {
                told.files.insert(below, text.replace(DATA, "0"));
            }
        }
        told
    }

    /// `cargo:key=value` and `cargo::key=value`.
    fn line(&mut self, line: &str) {
        const PREFIXES: [&str; 4] = [
            "cargo:rustc-cfg=",
            "cargo::rustc-cfg=",
            "cargo:rustc-env=",
            "cargo::rustc-env=",
        ];
        if let Some((known, _)) = line.split_once(HOLE)
            && PREFIXES.iter().any(|prefix| prefix.starts_with(known))
        {
            self.any
                .get_or_insert_with(|| "it prints text that is not known".to_owned());
            return;
        }
        let Some(rest) = line
            .strip_prefix("cargo::")
            .or_else(|| line.strip_prefix("cargo:"))
        else {
            return;
        };
        if let Some(cfg) = rest.strip_prefix("rustc-cfg=") {
            if cfg.contains(HOLE) {
                let why = format!(
                    "it sets a cfg that is not known, `{}`",
                    cfg.replace(HOLE, "…")
                );
                self.any.get_or_insert(why);
            } else {
                self.cfgs.insert(tidy(cfg));
            }
        } else if let Some((name, value)) = rest
            .strip_prefix("rustc-env=")
            .and_then(|pair| pair.split_once('='))
        {
            self.env.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// Data that is not calculated is a word of its own wherever it stands: no part of a name.
fn is_only_data(text: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | DATA);
    text.match_indices(DATA).all(|(at, data)| {
        !text[..at].ends_with(is_name) && !text[at + data.len()..].starts_with(is_name)
    })
}

/// `key = "value"` as rustc prints it.
fn tidy(cfg: &str) -> String {
    match cfg.split_once('=') {
        Some((name, value)) => format!("{}={}", name.trim(), value.trim()),
        None => cfg.trim().to_owned(),
    }
}

/// Why a path differs from the guess: the first answer that does.
fn difference(guess: &Told, other: &Told) -> String {
    let pairs = guess.choices.iter().zip(&other.choices);
    let first = pairs
        .into_iter()
        .find(|(a, b)| a.answer != b.answer || a.reason != b.reason);
    first.map_or_else(|| "it depends".to_owned(), |(a, _)| a.reason.clone())
}

/// What all paths say is sure; what only some say is what the first one, the guess, says.
pub(super) fn merge(paths: &[Told]) -> Reading {
    let Some((guess, _)) = paths.split_first() else {
        return Reading::default();
    };
    let mut reading = Reading::default();
    let all: BTreeSet<&String> = paths.iter().flat_map(|told| &told.cfgs).collect();
    for cfg in all {
        let on = guess.cfgs.contains(cfg);
        match paths.iter().find(|told| told.cfgs.contains(cfg) != on) {
            None => reading.cfgs_on.push(cfg.clone()),
            Some(other) => reading.cfgs_maybe.push(Guess {
                name: cfg.clone(),
                on,
                value: None,
                reason: difference(guess, other),
            }),
        }
    }
    let names: BTreeSet<&String> = paths.iter().flat_map(|told| told.env.keys()).collect();
    for name in names {
        let value = guess.env.get(name);
        let other = paths.iter().find(|told| told.env.get(name) != value);
        match (value, other) {
            (Some(value), None) if !value.contains(HOLE) => {
                reading.env_on.push((name.clone(), value.clone()));
            }
            (value, other) => reading.env_maybe.push(Guess {
                name: name.clone(),
                on: value.is_some(),
                value: value.filter(|value| !value.contains(HOLE)).cloned(),
                reason: other.map_or_else(
                    || "a part of its value is not known".to_owned(),
                    |other| difference(guess, other),
                ),
            }),
        }
    }
    let files: BTreeSet<&String> = paths.iter().flat_map(|told| told.files.keys()).collect();
    for file in files {
        let text = guess.files.get(file);
        if let Some(text) = text {
            reading.out_files.insert(file.clone(), text.clone());
        }
        if let Some(other) = paths.iter().find(|told| told.files.get(file) != text) {
            let reason = difference(guess, other);
            reading.out_files_unknown.push((Some(file.clone()), reason));
        }
    }
    let vague = paths
        .iter()
        .flat_map(|told| told.vague_files.iter().cloned());
    reading.out_files_unknown.extend(vague);
    reading.out_files_unknown.sort();
    reading.out_files_unknown.dedup();
    reading.anything = paths.iter().find_map(|told| told.any.clone());
    let notes: BTreeSet<String> = paths
        .iter()
        .flat_map(|told| told.notes.iter().cloned())
        .collect();
    reading.asks_for = notes.into_iter().collect();
    reading
}

/// A script that was not understood to its end: nothing it told is sure, and every cfg that
/// its text could set may be set. As a guess, what was told so far holds.
pub(super) fn give_up(reading: &mut Reading, tree: &Tree, root: &str, why: String) {
    let mut told: BTreeMap<String, bool> = BTreeMap::new();
    for text in &sources(tree, root) {
        for cfg in literal_cfgs(text) {
            told.entry(cfg).or_insert(false);
        }
    }
    told.extend(reading.cfgs_on.drain(..).map(|cfg| (cfg, true)));
    told.extend(
        reading
            .cfgs_maybe
            .drain(..)
            .map(|guess| (guess.name, guess.on)),
    );
    let guess = |(name, on)| Guess {
        name,
        on,
        value: None,
        reason: why.clone(),
    };
    reading.cfgs_maybe = told.into_iter().map(guess).collect();
    for (name, value) in std::mem::take(&mut reading.env_on) {
        reading.env_maybe.push(Guess {
            name,
            on: true,
            value: Some(value),
            reason: why.clone(),
        });
    }
    // The text only says which way to guess: a cfg's name may be put together, or come from
    // another crate.
    reading.anything.get_or_insert_with(|| why.clone());
    reading.out_files_unknown.push((None, why.clone()));
    reading.gave_up = Some(why);
}

/// The script's text, and that of files beside it that it could declare as modules.
fn sources(tree: &Tree, root: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let Ok(Some(text)) = tree.read(root) else {
        return texts;
    };
    texts.push(text);
    let folder = root.rsplit_once('/').map_or("build", |(folder, _)| folder);
    for name in tree.list(folder).unwrap_or_default() {
        if std::path::Path::new(&name)
            .extension()
            .is_some_and(|it| it == "rs")
            && let Ok(Some(text)) = tree.read(&format!("{folder}/{name}"))
        {
            texts.push(text);
        }
    }
    texts
}

/// Names behind `rustc-cfg=` in a text, as far as they are literal.
fn literal_cfgs(text: &str) -> Vec<String> {
    let parts = text.split("rustc-cfg=").skip(1);
    let names = parts.filter_map(|rest| {
        let end = rest
            .find(['"', '\n', '\\', '{', ' ', ')'])
            .unwrap_or(rest.len());
        let name = &rest[..end];
        (!name.is_empty() && !rest[end..].starts_with('{')).then(|| name.to_owned())
    });
    names.collect()
}
