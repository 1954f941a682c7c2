//! `cargo whittle trend`: how the figures of a history went.
//!
//! [`data::build`] takes a history and a [`Question`] and gives a [`Trend`], plain and versioned
//! data; the renderers (`table.rs`, `svg.rs`, and JSON as it is) compute nothing. Two rules hold
//! for all of them: a commit without figures is a gap and never drawn over, and figures that are
//! valid for different things (another toolchain, policy, selection, …) are never compared: a
//! visible break stands between them.

pub mod data;
pub mod metric;
mod spark;
pub mod svg;
pub mod table;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

pub use data::{Question, Since, Trend};
pub use metric::Metric;

use crate::report::text::json_safe;

/// Writes the trend as one JSON document; see `docs/trend.schema.json`.
///
/// # Errors
/// Only those of `out`.
pub fn json(trend: &Trend, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", json_safe(serde_json::to_string_pretty(trend)?))
}
