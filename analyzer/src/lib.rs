//! x
pub mod error;
pub mod model;
pub mod options;
pub mod cargo;
mod ra;
mod reach;
use error::Result;
use model::Analysis;
use options::Options;

/// Analyses the workspace that `options` selects.
pub fn analyze(options: &Options, progress: &dyn Fn(&str)) -> Result<Analysis> {
    let project = cargo::load_project(options, progress)?;
    ra::analyze(project, options, progress)
}
