//! Owning what is reached instead of depending on it: the part that works on text.
//!
//! Takes plain data (text of upstream, text of the copy), gives plain data. Today it holds the
//! check that every extraction must pass: a copy is upstream's own tokens with some taken out,
//! and each item has a hash by which it stays comparable with upstream.

mod tokens;

pub use tokens::{Mismatch, ParseError, deletions, item_hashes};
