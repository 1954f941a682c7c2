//! Integration tests: one binary, one module a concern.

mod cargo_graph;
mod fixtures;
mod load_errors;
mod markers;
