//! Owning what is reached instead of depending on it: the part that works on text.
//!
//! Plain data in, plain data out: `request` is what the engine knows of a dependency and its users,
//! `edit` the only way in which a text is changed. From one to the other:
//! plan → slice → rewrite → emit → verify. Nothing here resolves a name, reads a file or starts a
//! program.

mod cfg;
mod compose;
pub mod edit;
pub mod emit;
mod imports;
pub mod items;
mod lexed;
pub mod license;
pub mod manifest;
pub mod merge;
mod old_words;
mod outline;
mod parse_error;
mod pieces;
pub mod plan;
pub mod record;
pub mod refuse;
pub mod request;
pub mod retake;
pub mod rewrite;
pub mod sites;
pub mod slice;
pub mod verify;

pub use parse_error::ParseError;
