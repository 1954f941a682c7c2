//! Why a text is not understood, and where.

use proc_macro2::LineColumn;

/// The text is no Rust tokens, or no items.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct ParseError {
    /// 1-based.
    pub line: usize,
    /// 0-based, in characters.
    pub column: usize,
    pub what: String,
}

impl ParseError {
    pub(crate) fn at(at: LineColumn, what: String) -> Self {
        Self {
            line: at.line,
            column: at.column,
            what,
        }
    }
}
