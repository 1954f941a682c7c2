//! What a slice needs so that it compiles as a module of another package.
//!
//! Takes upstream's texts and what slicing cut from them, gives the edits of both together, each
//! with its reason, and what stands in the way. Mechanical edits only: paths that begin at the
//! crate's root begin at the module's, attributes that only a crate may have go, macros are
//! imported by name instead of exported, and what cargo told the crate is written out.

mod attributes;
pub(crate) mod edition;
mod environment;
pub(crate) mod examples;
mod externs;
mod hazards;
mod macros;
mod names;
mod paths;
#[cfg(test)]
mod tests;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use crate::compose::Edited;
use crate::edit::{Edit, Span, Why};
use crate::lexed::Lexed;
use crate::outline::Outline;
use crate::refuse::{Reason, Refusal};
use crate::request::{Facts, FileIndex, Host, Upstream};
use crate::slice::SlicedFile;
pub use edition::DYN;
use names::Names;
use text::{indent, string};
pub(crate) use text::{newline, quoted, with_blank_line, with_space};

/// Where a copy goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// Folder of all that the package owns, relative to the package: `src/whittled`.
    pub folder: Utf8PathBuf,
    /// Its module, declared in every root file: `whittled`.
    pub module: String,
    /// The module of this dependency in it, and its folder: `semver`.
    pub name: String,
    /// Names that the package's other dependencies have in its code.
    pub host_crates: BTreeSet<String>,
    /// Crates that upstream calls by one name and the package by another.
    pub renames: BTreeMap<String, String>,
    /// Paths in a root module leave out the `crate::` that they can do without there: the package
    /// has the lint `unused_qualifications`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bare_at_root: bool,
}

impl Placement {
    pub fn new(crate_name: &str) -> Self {
        Self {
            folder: "src/whittled".into(),
            module: "whittled".to_owned(),
            name: crate_name.to_owned(),
            host_crates: BTreeSet::new(),
            renames: BTreeMap::new(),
            bare_at_root: false,
        }
    }

    /// `whittled::semver`
    pub fn below_crate(&self) -> String {
        format!("{}::{}", self.module, self.name)
    }

    /// `crate::whittled::semver`
    pub fn path(&self) -> String {
        format!("crate::{}", self.below_crate())
    }
}

/// What a user may ask for although it is refused otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Allow {
    /// Inline assembly.
    Asm,
    /// Vector instructions.
    Simd,
    /// Declarations of foreign functions.
    Extern,
}

/// What is rewritten, and for whom.
#[derive(Debug, Clone, Copy)]
pub struct Rewrite<'a> {
    pub upstream: &'a Upstream,
    pub host: &'a Host,
    pub facts: &'a Facts,
    /// Of [`Facts::files`].
    pub texts: &'a [String],
    pub placement: &'a Placement,
    pub allow: &'a BTreeSet<Allow>,
    /// As a module; otherwise as a crate, which needs no other paths.
    pub module: bool,
    /// [`Choice::names`](crate::request::Choice::names): macros are called so where no text says it.
    pub missed: &'a BTreeSet<String>,
    /// What the compiler said has to be written for the package's edition, in upstream's texts:
    /// [`DYN`] before names of traits. Of a file once.
    pub said: &'a [SlicedFile],
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rewritten {
    /// All edits, slicing's too, of upstream's texts. Sorted.
    pub files: Vec<SlicedFile>,
    /// Files that are not source and have to come along, absolute. Sorted.
    pub includes: BTreeSet<Utf8PathBuf>,
    /// Sorted, each once.
    pub refusals: BTreeSet<Refusal>,
    /// What may be different afterwards and is no reason to refuse.
    pub notes: BTreeSet<String>,
    /// Names of the dependency's macros that anything may call by path.
    pub macros: BTreeSet<String>,
    /// `static` and `thread_local!` that were kept, by name, with their places.
    pub state: BTreeSet<Refusal>,
    /// A crate that needs what its build script makes or sets.
    pub build_script: bool,
}

/// A file as slicing left it.
pub(crate) struct Source<'a> {
    pub(crate) file: FileIndex,
    pub(crate) path: &'a Utf8Path,
    pub(crate) upstream: &'a str,
    pub(crate) edited: &'a Edited,
    pub(crate) lexed: Lexed<'a>,
    pub(crate) outline: Outline<'a>,
    /// Of the file.
    pub(crate) module: &'a [String],
    pub(crate) is_root: bool,
}

impl Source<'_> {
    /// Whether a token stands in the root module itself.
    pub(crate) fn at_root(&self, at: usize) -> bool {
        self.is_root && self.outline.module_brace(&self.lexed, at).is_none()
    }

    pub(crate) fn refuse(&self, reason: Reason, what: impl Into<String>, at: usize) -> Refusal {
        let start = self.lexed.tokens.get(at).map_or(0, |token| token.start);
        let line = crate::lexed::line(self.upstream, self.edited.back(start));
        Refusal::new(reason, what).at(self.path, line)
    }
}

/// Edits as they come, by file; a byte is edited by the first who asks.
#[derive(Default)]
pub(crate) struct Out {
    edits: BTreeMap<FileIndex, BTreeMap<u32, Edit>>,
    pub(crate) rest: Rewritten,
}

impl Out {
    pub(crate) fn edit(&mut self, source: &Source<'_>, range: Span, text: String, why: Why) {
        let edits = self.edits.entry(source.file).or_default();
        let before = edits.range(..range.end).next_back();
        if before.is_none_or(|(_, edit)| edit.range.end <= range.start) {
            edits.insert(range.start, Edit { range, text, why });
        }
    }

    /// Puts a text before a byte, and before what is written in its place.
    pub(crate) fn add_before(&mut self, source: &Source<'_>, at: u32, text: &str, why: Why) {
        let edits = self.edits.entry(source.file).or_default();
        let edit = edits.entry(at).or_insert_with(|| Edit {
            range: Span::new(at, at),
            text: String::new(),
            why,
        });
        edit.text.insert_str(0, text);
        edit.why = why;
    }

    /// Whether nobody asked for this token yet.
    pub(crate) fn is_free(&self, source: &Source<'_>, at: usize) -> bool {
        let Some(token) = source.lexed.tokens.get(at) else {
            return false;
        };
        let edits = self.edits.get(&source.file);
        let before = edits.and_then(|edits| edits.range(..token.end).next_back());
        before.is_none_or(|(_, edit)| edit.range.end <= token.start)
    }

    /// Replaces tokens.
    pub(crate) fn replace(
        &mut self,
        source: &Source<'_>,
        tokens: (usize, usize),
        text: impl Into<String>,
        why: Why,
    ) {
        self.edit(
            source,
            source.lexed.span(tokens.0, tokens.1),
            text.into(),
            why,
        );
    }

    /// Takes tokens out, with the line or the space that was theirs.
    pub(crate) fn remove(&mut self, source: &Source<'_>, tokens: (usize, usize), why: Why) {
        let span = with_space(source.lexed.text, source.lexed.span(tokens.0, tokens.1));
        self.edit(source, span, String::new(), why);
    }

    /// Puts lines below a token.
    pub(crate) fn add_after(&mut self, source: &Source<'_>, at: usize, lines: &[String], why: Why) {
        let Some(token) = source.lexed.tokens.get(at) else {
            return;
        };
        let indent = indent(source.lexed.text, token.start);
        let newline = newline(source.lexed.text);
        let edits = self.edits.entry(source.file).or_default();
        let edit = edits.entry(token.end).or_insert_with(|| Edit {
            range: Span::new(token.end, token.end),
            text: String::new(),
            why,
        });
        for line in lines {
            edit.text.push_str(newline);
            edit.text.push_str(indent);
            edit.text.push_str(line);
        }
    }

    pub(crate) fn refuse(&mut self, refusal: Refusal) {
        self.rest.refusals.insert(refusal);
    }

    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.rest.notes.insert(note.into());
    }
}

/// Everything that one rule reads.
pub(crate) struct Job<'a> {
    pub(crate) of: Rewrite<'a>,
    pub(crate) sources: Vec<Source<'a>>,
    pub(crate) names: Names<'a>,
}

/// Rewrites what slicing left.
pub fn rewrite(of: Rewrite<'_>, slice: &[SlicedFile]) -> Rewritten {
    let mut out = Out::default();
    let edited = edited(of, slice, &mut out);
    let sources = sources(of, &edited, &mut out);
    let names = Names::new(of, &sources);
    let job = Job { of, sources, names };
    hazards::look(&job, &mut out);
    environment::rewrite(&job, &mut out);
    if of.module {
        attributes::rewrite(&job, &mut out);
        examples::rewrite(&job, &mut out);
        externs::rewrite(&job, &mut out);
        macros::rewrite(&job, &mut out);
        paths::rewrite(&job, &mut out);
        edition::rewrite(&job, &mut out);
        edition::traits(&job, &mut out);
    }
    let Out {
        mut edits,
        mut rest,
    } = out;
    drop(job);
    for (file, edited) in edited {
        let mine: Vec<Edit> = edits
            .remove(&file)
            .unwrap_or_default()
            .into_values()
            .collect();
        match edited.then(&mine) {
            Ok(edits) => rest.files.push(SlicedFile { file, edits }),
            Err(why) => {
                let path = of
                    .facts
                    .files
                    .get(file as usize)
                    .cloned()
                    .unwrap_or_default();
                let what = format!("{path} ({why})");
                rest.refusals.insert(Refusal::new(Reason::Unreadable, what));
            }
        }
    }
    rest
}

fn edited(of: Rewrite<'_>, slice: &[SlicedFile], out: &mut Out) -> Vec<(FileIndex, Edited)> {
    let mut all = Vec::new();
    for sliced in slice {
        let Some(text) = of.texts.get(sliced.file as usize) else {
            continue;
        };
        match Edited::new(text, &sliced.edits) {
            Ok(edited) => all.push((sliced.file, edited)),
            Err(why) => {
                let path = of
                    .facts
                    .files
                    .get(sliced.file as usize)
                    .cloned()
                    .unwrap_or_default();
                out.refuse(Refusal::new(Reason::Unreadable, format!("{path} ({why})")));
            }
        }
    }
    all
}

fn sources<'a>(
    of: Rewrite<'a>,
    edited: &'a [(FileIndex, Edited)],
    out: &mut Out,
) -> Vec<Source<'a>> {
    let mut sources = Vec::new();
    for (file, edited) in edited {
        let Some(path) = of.facts.files.get(*file as usize) else {
            continue;
        };
        let lexed = match Lexed::new(&edited.text) {
            Ok(lexed) => lexed,
            Err(why) => {
                let line = crate::lexed::offset(why.line);
                out.refuse(Refusal::new(Reason::Unreadable, format!("`{path}`")).at(path, line));
                continue;
            }
        };
        let module = of.facts.modules.iter().find(|module| module.file == *file);
        sources.push(Source {
            file: *file,
            path,
            upstream: of.texts.get(*file as usize).map_or("", String::as_str),
            edited,
            outline: Outline::new(&lexed),
            lexed,
            module: module.map_or(&[], |module| &module.path),
            is_root: *file == of.upstream.root,
        });
    }
    sources
}
