//! After a change of the workspace's own code, what is taken from an earlier run gives the same
//! answer as working it all out: every byte of it, the witness graph with its numbers too.

mod changes;
mod edits;
mod entries;
mod fixtures;
mod place;
mod run;
mod shapes;
