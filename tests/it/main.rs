//! Integration tests: one binary, one module a concern.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod broken;
mod cargo_graph;
mod fixtures;
#[cfg(target_os = "linux")]
mod hostile;
mod load_errors;
mod markers;
mod same_answer;
mod tidy;
