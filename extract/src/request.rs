//! What an extraction is made of: what the engine knows of one dependency, as plain data.
//!
//! The engine resolves names; here nothing does. So every fact is a pair of places: a token that
//! mentions something, and the definition that it means. A place is a byte offset into the text of
//! a file, and stands for whatever item encloses it: who reads this needs no names, no paths and
//! no tree in common with the engine. What a macro makes stands at the macro's call.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::edit::Span;

/// Index into [`Facts::files`].
pub type FileIndex = u32;

/// A token in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    pub file: FileIndex,
    /// In bytes.
    pub offset: u32,
}

/// One dependency as one unit of the build compiles it, and who mentions what of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Index of the dependency in the analysis' packages.
    pub package: usize,
    /// Absolute paths: the dependency's own files first, then those of its users, then those that
    /// [`Facts::add_module`] added.
    pub files: Vec<Utf8PathBuf>,
    /// How many of `files`, from the first, are the dependency's.
    pub own: u32,
    /// The module tree; the root first, parents before children.
    pub modules: Vec<Module>,
    /// Within the dependency, and from the workspace's members into it. Sorted, each once.
    pub mentions: Vec<Mention>,
    /// From the dependency to other crates. Sorted, each once.
    pub foreign: Vec<Foreign>,
    /// Sorted by place.
    pub impls: Vec<Impl>,
    /// Functions with status `used` or `unknown` in some domain, at their names. Sorted.
    pub reached: Vec<Place>,
    /// Where the workspace's members name the dependency. Sorted.
    pub sites: Vec<Site>,
    /// Definitions of the dependency that others show in what they export. Sorted.
    pub exposed: Vec<Exposure>,
    /// Names in the dependency's code whose meaning is not known. Sorted.
    pub unresolved: Vec<Unresolved>,
    /// The same in code of the workspace's members, and names in such of it as this build leaves
    /// out: some provided method may be called so.
    pub doubtful: BTreeSet<String>,
    /// What may be missing from all of this. Sorted, each once.
    pub gaps: Vec<Gap>,
}

/// Something that was not understood: a macro that was not expanded, …
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Gap {
    /// In a file of the dependency; `None` for all of it.
    pub at: Option<Place>,
    /// In words.
    pub what: String,
}

impl Facts {
    /// Adds a file of a module that the build leaves out, see `Slice::wanted`; its text goes to
    /// the end of the texts. A place in it has no facts: what it needs is found by name.
    pub fn add_module(&mut self, path: Vec<String>, declared: Place, file: Utf8PathBuf) {
        let index = FileIndex::try_from(self.files.len()).unwrap_or(FileIndex::MAX);
        self.files.push(file);
        self.modules.push(Module {
            file: index,
            path,
            declared: Some(declared),
        });
    }
}

/// A module with a file of its own; inline ones are read from the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    pub file: FileIndex,
    /// `["sync", "mpsc"]`; empty for the root.
    pub path: Vec<String>,
    /// Its `mod` item, or the macro call that makes it; `None` for the root.
    pub declared: Option<Place>,
}

/// Code at `from` needs the definition at `to` to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Mention {
    /// The mentioning token; for what an expansion mentions, the start of the macro's call.
    pub from: Place,
    /// The definition: its name; the keyword `impl` of an impl; the start of the call that made
    /// it when a macro did; for an enum's variant or a field, itself.
    pub to: Place,
    pub how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// A name, a method, a field, an operator.
    Name,
    /// A macro that is called.
    Macro,
    /// An impl that a bound of something mentioned, a coercion or an adjustment selects.
    Impl,
    /// A `use` declaration that a name at `from` was found through; `to` is the name in its tree.
    Import,
}

/// A method, or the end of a path, that the engine could not resolve.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unresolved {
    pub from: Place,
    pub name: String,
}

/// The dependency names something of another crate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Foreign {
    pub from: Place,
    /// As the dependency calls it: `std`, `core`, `alloc`, or the name of its own dependency.
    pub krate: String,
}

/// An impl of the dependency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impl {
    /// The keyword `impl`, or the start of the macro call that made it.
    pub at: Place,
    /// `None` for inherent impls.
    pub of: Option<ImplOf>,
    /// Definitions of the dependency named in the header (self type, arguments; not the trait).
    pub header: Vec<Place>,
    /// A function of it has status `used` or `unknown`.
    pub reached: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImplOf {
    /// Where the trait stands, when it is the dependency's own.
    pub local: Option<Place>,
    /// `core::ops::drop::Drop`
    pub path: String,
    /// Neither functions nor consts nor types: a marker.
    pub marker: bool,
    /// Impls of this trait's supertraits for the same type, as far as they are the dependency's.
    pub needs: Vec<Place>,
}

/// Where a member of the workspace names the dependency's crate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Site {
    pub file: FileIndex,
    /// Bytes of the name of the crate.
    pub range: Span,
    pub how: Naming,
    /// Index of the member in the analysis' packages.
    pub package: usize,
    /// Root files of the targets that load this file. Sorted.
    pub roots: Vec<FileIndex>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Naming {
    /// First segment of a path, also within a macro's arguments: `dep::f()`, `use dep::f`,
    /// `::dep::f`.
    Path,
    /// `use dep;`, `use dep as other;`, `use {dep, …};`: the crate itself is imported.
    Import,
    /// `extern crate dep;`, with or without `as` and `#[macro_use]`.
    ExternCrate,
    /// In a string of an attribute: `#[serde(with = "dep::module")]`.
    AttributeText,
    /// Within code that this build leaves out (another platform): found by its text.
    LeftOut,
    /// What makes the name cannot be rewritten where it stands: another crate's macro names it.
    Generated,
}

/// Something of the dependency in the signature of what others export.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Exposure {
    pub definition: Place,
    /// Index of the package in the analysis: a member with a library, or another dependency.
    pub by: usize,
    /// Path of the item that shows it: `app::Config::new`.
    pub path: String,
    /// Absolute.
    pub file: Utf8PathBuf,
    /// 1-based.
    pub line: u32,
}

/// The dependency as one unit of the build compiles it: what cargo and rustc know of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upstream {
    /// Of the package, as its manifest writes it.
    pub name: String,
    pub version: String,
    /// The crate's own name, with underscores; members may know it by another.
    pub crate_name: String,
    /// `2015`, `2018`, `2021`, `2024`.
    pub edition: u16,
    /// Features that are on.
    pub features: BTreeSet<String>,
    /// Every `--cfg` that is on, as rustc takes them: `unix`, `target_os="linux"`,
    /// `feature="std"`, those of the build script and of `RUSTFLAGS`, `debug_assertions`.
    pub cfgs: BTreeSet<String>,
    /// What `env!` sees beyond the user's own environment: `CARGO_PKG_*`, `OUT_DIR`, what the
    /// build script set.
    pub env: BTreeMap<String, String>,
    /// The root file of its library.
    pub root: FileIndex,
    pub is_proc_macro: bool,
    /// The manifest's `links`.
    pub links: Option<String>,
}

/// A member of the workspace that would own what is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Index in the analysis' packages, as in [`Site::package`].
    pub package: usize,
    pub name: String,
    /// Absolute: where its manifest is.
    pub folder: Utf8PathBuf,
    pub edition: u16,
    /// The root of its library has `#![no_std]`.
    pub no_std: bool,
    /// Its manifest or a target root has `forbid(unsafe_code)`.
    pub forbids_unsafe: bool,
    /// Its manifest has the dependency for tests, examples and benches only.
    pub dev_only: bool,
    /// The targets that name the dependency; the library first, then sorted by file.
    pub roots: Vec<TargetRoot>,
}

/// The root file of a target.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TargetRoot {
    pub file: FileIndex,
    pub kind: TargetKind,
    /// As cargo knows the target.
    pub name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetKind {
    Lib,
    ProcMacro,
    Bin,
    Example,
    Test,
    Bench,
    BuildScript,
}

/// What is to be taken, and how far the compiler's word has changed that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Members, as in [`Site::package`], whose mentions start; empty for all. A file that no
    /// site names a member for starts in any case.
    pub packages: BTreeSet<usize>,
    /// Paths as a user writes them, `dep::module::Type::method`. Empty: what the members mention.
    /// Otherwise these are taken, and nothing else of what members mention.
    pub paths: Vec<String>,
    /// Every trait impl whose header is kept, whether something is known to need it or not, and
    /// all methods of kept traits.
    pub all_impls: bool,
    /// Pieces at these places are kept, with all they mention.
    pub with: BTreeSet<Place>,
    /// Whatever has one of these names is kept: the compiler misses something that is called so.
    pub names: BTreeSet<String>,
    /// Pieces and leaves of imports at these places are not kept, whatever mentions them.
    pub without: BTreeSet<Place>,
}
