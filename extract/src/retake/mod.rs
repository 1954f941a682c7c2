//! The same items out of another version of the package: what `sync` merges with.
//!
//! Takes the record of a copy and the files of both versions; gives the edits that make the same
//! copy of the newer one. Nothing resolves names here: items are found by their paths, and what
//! they newly mention is taken by its name, rather too much than too little. The compiler has the
//! last word on the result.

mod methods;
mod missing;
mod traits;

use std::collections::{BTreeMap, BTreeSet};

use crate::ParseError;
use crate::edit::{self, Edit};
use crate::items::{self, Item, Kind, unnumbered};
use crate::record::{File, Mode, Record};
use crate::request::{Choice, Facts, FileIndex, Host, Module, Place, Upstream};
use crate::rewrite::{Allow, Placement, Rewrite, rewrite};
use crate::slice::{SliceError, slice};
use crate::verify::{Files, ItemVerdict, State, compare};
use camino::Utf8PathBuf;

/// A copied file, made of the newer version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retaken {
    /// As the record has them.
    pub path: Utf8PathBuf,
    pub module: String,
    /// In the newer version, where it may have moved.
    pub upstream: Utf8PathBuf,
    /// From the newer version's text.
    pub edits: Vec<Edit>,
    /// Items that the newer version changed, lost, or newly needs.
    pub changes: Vec<ItemVerdict>,
}

/// What is to be taken of the newer version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retake {
    pub files: Vec<Retaken>,
    /// Files of the copy that the newer version has not.
    pub gone: Vec<Utf8PathBuf>,
    /// What could not be decided surely, in words.
    pub notes: Vec<String>,
}

/// Why it cannot be said what to take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RetakeError {
    #[error("{file}: {why}")]
    Syntax { file: Utf8PathBuf, why: ParseError },
    #[error("{file} is not at hand, or no text")]
    NoText { file: Utf8PathBuf },
    #[error("{0}")]
    Refused(String),
    #[error("the edits of {file} overlap")]
    Edits { file: Utf8PathBuf },
    #[error(transparent)]
    Slice(#[from] SliceError),
}

/// One file of the copy in both versions.
struct Pair<'a> {
    file: &'a File,
    upstream: Utf8PathBuf,
    old: &'a str,
    new: &'a str,
    /// Of the whole new text.
    items: Vec<Item>,
    keep: BTreeSet<usize>,
}

impl Pair<'_> {
    fn kept(&self) -> impl Iterator<Item = (usize, &Item)> {
        let kept = self.keep.iter();
        kept.filter_map(|&at| Some((at, self.items.get(at)?)))
    }
}

/// Takes the record's items out of `new`, which is `version`, for a package of this edition.
///
/// # Errors
/// When a text of either version is missing or no Rust.
pub fn retake(
    record: &Record,
    version: &str,
    edition: u16,
    old: &Files,
    new: &Files,
) -> Result<Retake, RetakeError> {
    let mut out = Retake::default();
    let mut pairs = Vec::new();
    for file in parents_first(record) {
        match pair(file, old, new)? {
            Some(pair) => pairs.push(pair),
            None => out.gone.push(file.path.clone()),
        }
    }
    let fresh = choose(&mut pairs)?;
    out.notes.extend(missing::missing(&pairs, &fresh, new));
    let mut edits = edits(record, version, edition, &pairs, &mut out.notes)?;
    for (index, pair) in pairs.iter().enumerate() {
        let file = || pair.upstream.clone();
        let edits = edits.remove(&index).unwrap_or_default();
        let before = applied(pair.old, &pair.file.edits, pair)?;
        let after = applied(pair.new, &edits, pair)?;
        let of = |text: &str| {
            items::items(text, &pair.file.module)
                .map_err(|why| RetakeError::Syntax { file: file(), why })
        };
        let mut changes = compare(&of(&before)?, Some(&before), &of(&after)?, &after);
        changes.retain(|one| one.state != State::Same);
        out.files.push(Retaken {
            path: pair.file.path.clone(),
            module: pair.file.module.clone(),
            upstream: pair.upstream.clone(),
            edits,
            changes,
        });
    }
    Ok(out)
}

fn parents_first(record: &Record) -> Vec<&File> {
    let mut files: Vec<&File> = record.files.iter().collect();
    files.sort_by_key(|file| (file.module.split("::").count(), &file.module));
    files
}

fn pair<'a>(
    file: &'a File,
    old: &'a Files,
    new: &'a Files,
) -> Result<Option<Pair<'a>>, RetakeError> {
    let text = |files: &'a Files, path: &Utf8PathBuf| {
        let bytes = files.get(path)?;
        std::str::from_utf8(bytes).ok()
    };
    let before = text(old, &file.upstream).ok_or_else(|| RetakeError::NoText {
        file: file.upstream.clone(),
    })?;
    let mut places = [file.upstream.clone(), other_place(&file.upstream)].into_iter();
    let Some((upstream, after)) = places.find_map(|path| Some((path.clone(), text(new, &path)?)))
    else {
        return Ok(None);
    };
    let items = items::items(after, &file.module).map_err(|why| RetakeError::Syntax {
        file: upstream.clone(),
        why,
    })?;
    Ok(Some(Pair {
        file,
        upstream,
        old: before,
        new: after,
        items,
        keep: BTreeSet::new(),
    }))
}

/// `a/mod.rs` of `a.rs`, and the other way round.
fn other_place(path: &Utf8PathBuf) -> Utf8PathBuf {
    let folder = path.parent().unwrap_or(camino::Utf8Path::new(""));
    if path.file_name() == Some("mod.rs") {
        folder.with_extension("rs")
    } else {
        folder
            .join(path.file_stem().unwrap_or_default())
            .join("mod.rs")
    }
}

/// What the record lists, and what it newly mentions; gives the words that are new in it.
fn choose(pairs: &mut [Pair<'_>]) -> Result<BTreeSet<String>, RetakeError> {
    let mut known: BTreeSet<String> = BTreeSet::new();
    for pair in pairs.iter_mut() {
        let taken: BTreeSet<(Kind, String)> = pair
            .file
            .items
            .iter()
            .map(|item| (item.kind, unnumbered(&item.path)))
            .collect();
        let is_taken = |item: &Item| taken.contains(&(item.kind, unnumbered(&item.path)));
        let items = pair.items.iter().enumerate();
        pair.keep = items
            .filter(|(_, item)| is_taken(item))
            .map(|(at, _)| at)
            .collect();
        let before = applied(pair.old, &pair.file.edits, pair)?;
        known.extend(words(&before));
    }
    loop {
        let mut fresh: BTreeSet<String> = BTreeSet::new();
        let mut types: BTreeSet<String> = BTreeSet::new();
        for pair in pairs.iter() {
            for (at, item) in pair.kept() {
                match item.kind {
                    Kind::Attributes | Kind::Mod => {}
                    // What is in it is asked by itself.
                    Kind::Impl => {
                        let head = text_of(pair, item).split('{').next();
                        fresh.extend(words(head.unwrap_or_default()));
                    }
                    _ => fresh.extend(words(&methods::own_text(pair, at))),
                }
                types.insert(last(&item.path).to_owned());
            }
        }
        fresh.retain(|word| !known.contains(word));
        let mut grew = false;
        for pair in pairs.iter_mut() {
            for (at, item) in pair.items.iter().enumerate() {
                if !pair.keep.contains(&at) && is_needed(item, &fresh, &types) {
                    grew |= pair.keep.insert(at);
                }
            }
        }
        if !grew {
            return Ok(fresh);
        }
    }
}

/// By its name: definitions, imports, and methods of types that are kept.
fn is_needed(item: &Item, fresh: &BTreeSet<String>, types: &BTreeSet<String>) -> bool {
    let name = last(&item.path);
    match item.kind {
        Kind::Impl | Kind::Attributes | Kind::Mod | Kind::Foreign | Kind::Call => false,
        Kind::Use => fresh.contains(bound(&item.path)),
        _ if item.path.starts_with('<') => false,
        _ => {
            let owner = item.path.rsplit("::").nth(1).map(last_type);
            let is_method = owner.is_some_and(|owner| owner.starts_with(char::is_uppercase));
            fresh.contains(name) && (!is_method || owner.is_some_and(|owner| types.contains(owner)))
        }
    }
}

/// What the leaf of a `use` brings: `dep: a::b as c`.
fn bound(path: &str) -> &str {
    path.rsplit([' ', ':']).next().unwrap_or_default()
}

fn last(path: &str) -> &str {
    last_type(path.rsplit("::").next().unwrap_or(path))
}

fn last_type(name: &str) -> &str {
    name.split('<').next().unwrap_or(name)
}

fn text_of<'a>(pair: &Pair<'a>, item: &Item) -> &'a str {
    pair.new
        .get(item.span.start as usize..item.span.end as usize)
        .unwrap_or_default()
}

fn words(text: &str) -> BTreeSet<String> {
    let is_word = |word: &&str| word.starts_with(|c: char| c.is_alphabetic() || c == '_');
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(is_word)
        .map(str::to_owned)
        .collect()
}

fn applied(text: &str, edits: &[Edit], pair: &Pair<'_>) -> Result<String, RetakeError> {
    edit::apply(text, edits).map_err(|_| RetakeError::Edits {
        file: pair.upstream.clone(),
    })
}

/// What has to go, and what has to be written otherwise, by file.
fn edits(
    record: &Record,
    version: &str,
    edition: u16,
    pairs: &[Pair<'_>],
    notes: &mut Vec<String>,
) -> Result<BTreeMap<usize, Vec<Edit>>, RetakeError> {
    let (facts, choice) = asked(pairs)?;
    let said = traits::said(pairs, notes);
    let upstream = upstream(record, version);
    let texts: Vec<String> = pairs.iter().map(|pair| pair.new.to_owned()).collect();
    let slice = slice(&upstream, &facts, &texts, &choice)?;
    notes.extend(slice.notes.iter().cloned());
    notes.extend(slice.wanted.iter().map(|one| {
        format!(
            "the module {} is needed, too, and not in the copy",
            one.path.join("::")
        )
    }));
    let rewritten = rewrite(
        Rewrite {
            upstream: &upstream,
            host: &Host {
                edition,
                ..Host::default()
            },
            facts: &facts,
            texts: &texts,
            placement: &placement(record),
            // What changed is shown; what may be in a copy was decided when it was made.
            allow: &BTreeSet::from([Allow::Asm, Allow::Simd, Allow::Extern]),
            module: record.copy.mode == Mode::Module,
            missed: &BTreeSet::new(),
            said: &said,
        },
        &slice.files,
    );
    if let Some(refusal) = rewritten.refusals.first() {
        return Err(RetakeError::Refused(refusal.to_string()));
    }
    notes.extend(rewritten.notes);
    let files = rewritten.files.into_iter();
    Ok(files.map(|file| (file.file as usize, file.edits)).collect())
}

/// What is known of the newer version without resolving a name, and what is kept of it.
fn asked(pairs: &[Pair<'_>]) -> Result<(Facts, Choice), RetakeError> {
    let place = |at: usize, item: &Item| Place {
        file: index(at),
        offset: item.span.start,
    };
    let mut facts = Facts {
        own: index(pairs.len()),
        ..Facts::default()
    };
    let mut choice = Choice {
        without: methods::cut(pairs)?,
        ..Choice::default()
    };
    for (at, pair) in pairs.iter().enumerate() {
        facts.files.push(pair.upstream.clone());
        let declared = pairs.iter().enumerate().find_map(|(of, other)| {
            let is_it = |item: &&Item| item.kind == Kind::Mod && item.path == pair.file.module;
            other.items.iter().find(is_it).map(|item| place(of, item))
        });
        let path = pair.file.module.split("::").skip(1);
        facts.modules.push(Module {
            file: index(at),
            path: path.map(str::to_owned).collect(),
            declared: declared.filter(|_| at > 0),
        });
        let kept = pair.kept().map(|(_, item)| item);
        // Heads stay because of what is in them.
        let kept = kept.filter(|item| {
            !matches!(item.kind, Kind::Attributes | Kind::Mod)
                && (item.kind != Kind::Impl || item.path.starts_with('<'))
        });
        choice.with.extend(kept.map(|item| place(at, item)));
    }
    Ok((facts, choice))
}

/// Of a pair as a file of what is sliced.
fn index(at: usize) -> FileIndex {
    FileIndex::try_from(at).unwrap_or(FileIndex::MAX)
}

/// The newer version, built as the older one was.
fn upstream(record: &Record, version: &str) -> Upstream {
    let origin = &record.origin;
    let env = [
        ("CARGO_PKG_NAME", origin.name.as_str()),
        ("CARGO_PKG_VERSION", version),
        ("CARGO_CRATE_NAME", origin.crate_name.as_str()),
    ];
    let numbers = version.split(['.', '-', '+']);
    let parts = [
        "CARGO_PKG_VERSION_MAJOR",
        "CARGO_PKG_VERSION_MINOR",
        "CARGO_PKG_VERSION_PATCH",
    ];
    let env = env.into_iter().chain(parts.into_iter().zip(numbers));
    Upstream {
        name: origin.name.clone(),
        version: version.to_owned(),
        crate_name: origin.crate_name.clone(),
        edition: origin.edition,
        features: record.copy.features.iter().cloned().collect(),
        cfgs: record.copy.cfgs.iter().cloned().collect(),
        env: env
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        ..Upstream::default()
    }
}

/// `crate::whittled::dep` as its parts.
fn placement(record: &Record) -> Placement {
    let mut placement = Placement::new(&record.origin.crate_name);
    let path = record.copy.path.strip_prefix("crate::");
    if let Some((module, name)) = path.and_then(|path| path.rsplit_once("::")) {
        module.clone_into(&mut placement.module);
        name.clone_into(&mut placement.name);
    }
    placement
}

#[cfg(test)]
mod tests;
