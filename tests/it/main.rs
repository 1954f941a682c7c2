//! Integration tests: one binary, one module a concern.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod advisories;
#[cfg(target_os = "linux")]
mod allowed;
mod broken;
mod cache;
mod cargo_graph;
mod escapes;
mod fixtures;
mod fuzz;
#[cfg(unix)]
mod hooks;
#[cfg(target_os = "linux")]
mod hostile;
mod load_errors;
mod markers;
mod memo;
mod mutate;
mod quiet;
mod same_answer;
mod schema;
#[cfg(target_os = "linux")]
mod stand_in;
mod tidy;
