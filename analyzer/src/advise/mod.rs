//! `cargo whittle advise`: what to do with each dependency, and why.
//!
//! [`evidence`] is what an analysis says for and against; [`crate::verdict`] makes one word of it.

mod critical;
pub mod evidence;
pub mod settings;
pub mod std_instead;
mod std_table;
mod words;
