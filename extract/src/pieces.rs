//! What a file consists of, piece by piece: the units that are kept or taken out whole.

use serde::{Deserialize, Serialize};

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PieceKind {
    /// Free, or in an inherent impl.
    Function,
    Const,
    Static,
    Struct,
    Enum,
    Union,
    TypeAlias,
    Trait,
    TraitAlias,
    /// With its text in place, or in a file of its own.
    Module,
    Use,
    ExternCrate,
    /// `impl S { … }`; what is in it are pieces of their own.
    InherentImpl,
    /// Whole.
    TraitImpl,
    /// `extern "C" { … }`, whole.
    ForeignBlock,
    /// `macro_rules!` and `macro`.
    Macro,
    /// An item made by a macro: `thread_local! { … }`.
    MacroCall,
    /// Syntax that is not understood; whole.
    Other,
}
