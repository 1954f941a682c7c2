//! What the engine gives: items with a status, the graph that led to them, and what goes with it.

use std::borrow::Cow;
use std::fmt;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::{Domain, Domains, Nodes, Project};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Used,
    Unknown,
    Unused,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Stands in the source text.
    Source,
    /// Made by a `macro_rules!` or function-like macro.
    Macro,
    /// Made by a derive (built-in or proc macro) or an attribute macro.
    Derive,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// A free function.
    Function,
    /// A function in an `impl` or `trait` that takes `self`.
    Method,
    /// A function in an `impl` or `trait` without `self`.
    AssociatedFunction,
    Struct,
    Enum,
    Union,
    TypeAlias,
    Trait,
    Const,
    Static,
    Macro,
}

impl ItemKind {
    #[must_use]
    pub fn is_function(self) -> bool {
        matches!(
            self,
            Self::Function | Self::Method | Self::AssociatedFunction
        )
    }
}

/// An item of a package: its definition, and what the analysis says of it. One row for one
/// place in the source, however many units compile it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Item {
    /// Index into `Analysis::project.packages`.
    pub package: usize,
    /// Definition path: `regex::builders::RegexBuilder::new`,
    /// `<regex::Regex as core::fmt::Debug>::fmt`.
    pub path: String,
    pub kind: ItemKind,
    /// Absolute; the compiler's view (see DESIGN §6).
    pub file: Utf8PathBuf,
    /// 1-based, of the `fn` item without attributes and docs.
    pub line: u32,
    /// Where the macro that made it was called.
    pub call_site: Option<(Utf8PathBuf, u32)>,
    /// In one word: unknown in `run` and used in `build` is unknown. `measure::status_in` has
    /// the status in one domain.
    pub status: Status,
    /// Why it is unknown; only then.
    pub reason: Option<String>,
    /// Named by the workspace's own code.
    pub direct: bool,
    /// Domains it is used in.
    pub domains: Domains,
    /// Domains in which it is neither surely used nor surely unused.
    pub unknown_in: Domains,
    /// Domains of the units that compile it: where it counts in totals.
    pub compiled_in: Domains,
    pub origin: Origin,
    /// Every use is evaluated at compile time.
    pub const_only: bool,
    pub is_unsafe: bool,
    /// `unsafe { … }` blocks in the body.
    pub unsafe_blocks: u32,
    /// Lines of source, first to last of the item without docs and attributes.
    pub lines: u32,
    /// Nameable from outside its crate.
    pub is_public: bool,
    /// False for functions that only a macro inside a body makes: listed, not counted.
    pub counted: bool,
    /// Of its tokens.
    pub fingerprint: Fingerprint,
}

impl Item {
    /// A function as totals count it: not made by a derive, not only by a macro in a body.
    #[must_use]
    pub fn is_plain_function(&self) -> bool {
        self.counted && self.kind.is_function() && self.origin != Origin::Derive
    }
}

/// What an item consists of: SHA-256 over its tokens, cut to 128 bits. Comments, docs and layout
/// make no difference. For an item that a macro makes these are the tokens that it made; for the
/// methods of a built-in derive, those of the type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Fingerprint(pub [u8; 16]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What code can do beyond computing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Power {
    /// `std::fs`, and the methods of `Path` that ask the file system.
    Fs,
    /// `std::net`, `std::os::unix::net`.
    Net,
    /// `std::process`.
    Process,
    /// `std::env`.
    Env,
    /// A function of an `extern` block.
    Foreign,
    /// Part of the function was not understood: it may use any of them.
    Unknown,
}

impl Power {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fs => "fs",
            Self::Net => "net",
            Self::Process => "process",
            Self::Env => "env",
            Self::Foreign => "foreign",
            Self::Unknown => "unknown",
        }
    }
}

/// That a reached function calls, or takes as a value, a function with a [`Power`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PowerUse {
    /// Index into `Analysis::items`.
    pub item: usize,
    pub power: Power,
    /// Path of the function; for [`Power::Unknown`] what was not understood.
    pub path: String,
    /// Line of the use in the item's file; 0 when there is none.
    pub line: u32,
}

/// What a reviewer must see and no list of functions holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExtraKind {
    /// A const of an impl or trait that is read.
    AssociatedConst,
    /// A promise that is not checked; listed whether or not it is used.
    UnsafeImpl,
    /// A function of an `extern` block that is called.
    ForeignFunction,
}

/// One such thing in a dependency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extra {
    pub package: usize,
    pub file: Utf8PathBuf,
    pub line: u32,
    pub kind: ExtraKind,
    pub path: String,
    pub lines: u32,
    pub call_site: Option<(Utf8PathBuf, u32)>,
    pub origin: Origin,
    /// Domains it is surely used in; for an unsafe impl, those it is compiled in.
    pub domains: Domains,
    pub unknown_in: Domains,
    pub fingerprint: Fingerprint,
}

/// How one instance leads to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EdgeKind {
    /// A call or a function taken as a value.
    Call,
    /// A call through a trait, resolved for the concrete type.
    Trait,
    /// A method that an unsizing coercion puts into a vtable.
    Vtable,
    /// Drop glue.
    Drop,
    /// What a closure's body does.
    Closure,
    /// Through an expanded macro.
    Macro,
    /// A const or static that is read, or what its initializer calls.
    Const,
    /// A lookup that failed, widened to what the where-clauses allow.
    Widened,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Edge {
    /// Index into `Analysis::nodes`.
    pub to: u32,
    pub kind: EdgeKind,
    /// Line of the use in the file of the node it leaves from; 0 when there is none.
    pub line: u32,
}

/// Something the engine could not resolve, counted and named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Gap {
    /// `macro not expanded`, `body not understood`, `lookup failed`, `limit reached`, …
    pub reason: String,
    /// Package it stands in; `None` for std.
    pub package: Option<usize>,
    /// Item or file and a few words.
    pub place: String,
    /// How often.
    pub count: u32,
}

/// What a function calls that nothing reaches: asked for by [`crate::options::Probe`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probed {
    /// Index into `Analysis::items`; an unused function.
    pub item: usize,
    /// Functions of the same package that it calls, nearest first, through other calls too;
    /// what is called beyond a used or unknown one is left out. Drop glue and the standard
    /// traits' derived methods are no calls. Indices into `Analysis::items`.
    pub calls: Vec<usize>,
    /// What of that was not understood.
    pub gaps: Vec<String>,
}

/// The answer.
#[derive(Debug, Serialize, Deserialize)]
pub struct Analysis {
    pub project: Project,
    pub options_domains: Domains,
    /// Items of every dependency (packages that are not workspace members), sorted by
    /// (package, file, line, path).
    pub items: Vec<Item>,
    /// Lines of Rust source per package: index as `project.packages`; the files its units load.
    pub package_lines: Vec<u64>,
    /// Packages something of which is used other than a function (type, trait, const, macro,
    /// link, `use x as _`), by domain.
    pub package_used: Vec<Domains>,
    /// The witness graph; roots first.
    pub nodes: Nodes,
    /// Outgoing edges of each node, indexed as `nodes`, sorted.
    pub edges: Vec<Vec<Edge>>,
    /// Root nodes with their domain and a word (`main`, `public item`, `no_mangle`, …).
    pub roots: Vec<(u32, Domain, Cow<'static, str>)>,
    pub gaps: Vec<Gap>,
    /// Sorted by item.
    pub probes: Vec<Probed>,
    /// Of the dependencies that [`crate::options::Understand`] asks for, sorted by package.
    pub facts: Vec<whittle_extract::request::Facts>,
    /// Files that each unit loads, indexed as `Project::units`; sorted.
    pub unit_files: Vec<Vec<Utf8PathBuf>>,
    /// Sorted, each once.
    pub powers: Vec<PowerUse>,
    /// Sorted.
    pub extras: Vec<Extra>,
    /// Instances and bodies walked: for the curious and for benches.
    pub instances: usize,
    /// Edges that a where-clause of a std function stands for.
    pub fallbacks: u32,
    pub bodies: usize,
}
