//! `cargo whittle check`: the surface held to rules and to a baseline.
//!
//! [`finding::CheckReport`] is everything that is said; a [`Render`] writes it and computes
//! nothing.

pub mod finding;
pub mod github;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod rule;
pub mod sarif;
pub mod table;
#[cfg(test)]
pub(crate) mod tests;
mod text;

use std::io::{self, Write};

pub use finding::{CheckReport, Finding, Level};
pub use rule::Rule;

/// Writes what was found in one format.
pub trait Render {
    /// # Errors
    /// Only those of `out`.
    fn render(&self, report: &CheckReport, out: &mut dyn Write) -> io::Result<()>;
}
