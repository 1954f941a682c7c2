//! What a workspace reaches, as versioned data and as text.
//!
//! [`data::build`] turns an analysis into a [`Report`], [`order::arrange`] sorts it and leaves
//! out what was not asked for, and a [`Render`] writes it. A renderer computes nothing: what
//! is not in the data is not in any output. [`html`] takes the analysis as well, because it shows
//! sources and chains.

pub mod badge;
pub mod budget;
pub mod data;
pub mod dot;
pub mod graph;
pub mod header;
pub mod html;
pub mod json;
pub mod lcov;
pub mod markdown;
pub mod order;
pub mod paint;
#[cfg(test)]
mod schema;
mod section;
mod sentences;
pub mod table;
#[cfg(test)]
mod tests;
pub mod text;

use std::io::{self, Write};

pub use data::Report;

/// Writes a report in one format.
pub trait Render {
    /// # Errors
    /// Only those of `out`.
    fn render(&self, report: &Report, out: &mut dyn Write) -> io::Result<()>;
}
