//! What of a dependency has to be owned so that its users compile, as deletions of its text.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::edit::{Edit, Span};
use crate::pieces::PieceKind;
use crate::request::{Choice, Facts, FileIndex, Place, Upstream};

/// What is kept of a dependency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// Files of which something is kept, sorted by index. A file that is not named is not kept.
    pub files: Vec<SlicedFile>,
    /// What is kept, by file and place. Modules, imports and the headers of inherent impls are
    /// not in it: they stay because of what is in them.
    pub taken: Vec<Taken>,
    pub figures: Figures,
    /// Other crates that what is kept names, as upstream calls them: `std`, `alloc`, `memchr`.
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
    /// Within the crate, without its name: `sync::Queue::push`, `impl Drop for sync::Queue`.
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
    let _ = (upstream, texts, choice, facts);
    Ok(Slice::default())
}
