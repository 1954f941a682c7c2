//! What of a dependency has to be owned so that its users compile, as deletions of its text.
//!
//! Takes facts and texts, gives edits: `index` cuts the texts into pieces and hangs the facts on
//! them, `closure` follows what is mentioned from what members mention, `elsewhere` does so by
//! name for code of other targets, `edits` takes out what is left over, `count` says what it is.

mod closure;
mod count;
mod demand;
mod edits;
mod elsewhere;
mod impls;
mod index;
mod leaves;
mod left;
mod lookup;
mod members;
mod names;
mod scopes;
#[cfg(test)]
mod tests;
mod traits;
mod words;

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use self::closure::Closure;
use self::index::Index;
pub(crate) use self::left::is_of_toolchain;
use crate::edit::{Edit, Span, Why};
pub use crate::pieces::PieceKind;
use crate::request::{Choice, Facts, FileIndex, Gap, Place, Upstream};

/// What is kept of a dependency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// Files of which something is kept, sorted by index. A file that is not named is not kept.
    pub files: Vec<SlicedFile>,
    /// What is kept, by file and place. Modules, imports and the headers of inherent impls are
    /// not in it: they stay because of what is in them.
    pub taken: Vec<Taken>,
    pub figures: Figures,
    /// Other crates that what is kept names, as upstream calls them; not those that the compiler
    /// brings.
    pub crates: BTreeSet<String>,
    /// Target conditions, as written, under which kept code stands that this build leaves out:
    /// kept by name, and not checked by this build.
    pub unchecked: BTreeSet<String>,
    /// Files that a kept `mod` item of another target needs and that [`Facts::modules`] lacks.
    /// Give them to [`Facts::add_module`] and slice again; until then they are missing.
    pub wanted: Vec<Wanted>,
    /// What could not be decided surely, in words.
    pub notes: Vec<String>,
}

impl Slice {
    /// What was not understood of what is kept.
    pub fn gaps<'a>(&'a self, facts: &'a Facts) -> impl Iterator<Item = &'a Gap> {
        facts
            .gaps
            .iter()
            .filter(|gap| gap.at.is_none_or(|place| self.keeps(place)))
    }

    fn keeps(&self, place: Place) -> bool {
        let file = self.files.iter().find(|file| file.file == place.file);
        let out = |edit: &Edit| edit.why == Why::NotNeeded && edit.range.contains(place.offset);
        file.is_some_and(|file| !file.edits.iter().any(out))
    }
}

/// Deletions, and conditions decided, in one file of the dependency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlicedFile {
    pub file: FileIndex,
    /// Sorted; `Why::NotNeeded` and `Why::Cfg` only.
    pub edits: Vec<Edit>,
}

/// Something that is kept for its own sake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// Within the crate, without its name: `sync::Queue::push`, `impl Drop for sync::Queue`. An
    /// impl of a trait stands for its functions, a trait not for the methods that it provides.
    pub path: String,
    pub kind: PieceKind,
    pub file: FileIndex,
    /// With attributes, docs and the comments that belong to it.
    pub span: Span,
    /// Where its name stands, or its first keyword: names it in [`Choice::without`].
    pub at: Place,
    /// Lines of text without blank ones and comments.
    pub lines: u32,
    /// Declared `unsafe`, or has an `unsafe` block, impl or foreign block in it.
    pub is_unsafe: bool,
    /// A function in it is reached; others are needed to compile only.
    pub reached: bool,
    /// An impl of a trait that the compiler would miss if something needed it: one with functions,
    /// and not of `Drop`, which nothing names.
    pub missable: bool,
}

/// What would be owned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    pub files: u32,
    /// Of [`Slice::taken`].
    pub items: u32,
    /// With a body, those in impls and traits included; nested ones are not counted apart.
    pub functions: u32,
    /// Lines of all files as they will be, without blank ones and comments.
    pub lines: u32,
    /// The same of the upstream files.
    pub upstream_lines: u32,
    pub unsafe_functions: u32,
    pub unsafe_blocks: u32,
    pub unsafe_impls: u32,
}

/// A file of a module that this build leaves out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Wanted {
    /// The `mod` item's name, or the macro call it stands in.
    pub declared: Place,
    /// Path of the module.
    pub path: Vec<String>,
    /// Where its file may be, absolute, in the order to look.
    pub candidates: Vec<Utf8PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SliceError {
    #[error("{file}:{line}: {what}; the file cannot be cut into items")]
    Syntax {
        file: Utf8PathBuf,
        /// 1-based.
        line: usize,
        what: String,
    },
    /// With the names that are most like it, best first.
    #[error("`{path}` is not found in {krate}")]
    NoSuchPath {
        path: String,
        krate: String,
        nearest: Vec<String>,
    },
    #[error("no text was given for {file}")]
    NoText { file: Utf8PathBuf },
    #[error("no thread could be started: {0}")]
    NoThread(String),
}

/// What has to be kept of `upstream` for what `choice` asks for.
///
/// `texts` are the texts of [`Facts::files`], in that order; those of users may be empty.
///
/// # Errors
/// When a file of the dependency is not Rust that can be cut into items, or a path of the choice
/// names nothing.
pub fn slice(
    upstream: &Upstream,
    facts: &Facts,
    texts: &[String],
    choice: &Choice,
) -> Result<Slice, SliceError> {
    // On a thread of its own: syntax trees are as deep as the text, which is a stranger's, and
    // spans live as long as their thread.
    std::thread::scope(|scope| {
        let run = || on_this_thread(upstream, facts, texts, choice);
        let thread = std::thread::Builder::new().stack_size(STACK);
        let thread = thread
            .spawn_scoped(scope, run)
            .map_err(|why| SliceError::NoThread(why.to_string()))?;
        thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Reserved, not used, until a text needs it.
const STACK: usize = 256 << 20;

fn on_this_thread(
    upstream: &Upstream,
    facts: &Facts,
    texts: &[String],
    choice: &Choice,
) -> Result<Slice, SliceError> {
    let index = Index::new(upstream, facts, texts)?;
    let mut starts = Vec::new();
    for path in &choice.paths {
        starts.extend(lookup::nodes(&index, path)?);
    }
    let mut closure = Closure::new(&index, choice);
    closure.run(&starts);
    let files = edits::files(&closure);
    let taken = count::taken(&closure);
    let figures = count::figures(&closure, &files, &taken);
    Ok(Slice {
        crates: closure.crates(),
        unchecked: closure.unchecked(),
        wanted: closure.wanted(),
        notes: closure.notes(),
        files,
        taken,
        figures,
    })
}
