//! Integration tests: one binary, one module a concern.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

#[cfg(unix)]
mod actions;
mod advise;
mod advisories;
#[cfg(target_os = "linux")]
mod allowed;
mod broken;
mod cache;
mod cargo_graph;
mod escapes;
mod extract;
mod extract_refused;
mod extract_sources;
mod facts;
mod fetched;
mod fixtures;
mod fuzz;
mod gate;
#[cfg(unix)]
mod hooks;
#[cfg(target_os = "linux")]
mod hostile;
mod html;
mod load_errors;
mod markers;
mod memo;
#[cfg(unix)]
mod movement;
mod mutate;
#[cfg(target_os = "linux")]
mod needed;
mod owned;
mod quiet;
mod review;
mod same_answer;
mod schema;
#[cfg(target_os = "linux")]
mod stand_in;
mod story;
mod tidy;
mod trend;
mod try_out;
mod vendored;
