//! What a workspace really reaches in its dependencies.
//!
//! The pipeline, one direction, no back edges:
//!
//! 1. [`cargo`] asks cargo what it would build for the selection, with which features, cfgs
//!    and flags, and finds std's sources: a [`model::Project`] of plain data.
//! 2. `ra` feeds that to rust-analyzer's database, lists every **item** and walks
//!    **instances** (definitions with concrete arguments) from the **roots**, as the
//!    compiler's monomorphization collector does. `reach` is the work list and says how surely
//!    each node is reached. This is the only part that knows rust-analyzer.
//! 3. The answer is a [`model::Analysis`], plain data again: items with a status, and the
//!    graph that led to them.
//! 4. [`measure`] counts, [`witness`] explains, [`report`] and [`list`] print, [`advisories`]
//!    judges what a RustSec database says, and [`calibrate`] compares with what the linker kept.
//!    [`surface`] is what can be compared with another time; [`gate`] holds it to rules.
//!
//! [`analyze`] runs 1 to 3. [`cli`] is the command line.
//!
//! ```no_run
//! use cargo_whittle::options::Options;
//!
//! let analysis = cargo_whittle::analyze(&Options::default(), &|step| eprintln!("{step}"))?;
//! let used = analysis.items.iter().filter(|item| !item.domains.is_empty()).count();
//! println!("{used} of {} items are used", analysis.items.len());
//! # Ok::<(), cargo_whittle::error::Error>(())
//! ```

pub mod advise;
pub mod advisories;
pub mod annotate;
mod cache;
pub mod calibrate;
pub mod cargo;
pub mod cli;
pub mod copies;
mod cut;
mod cyclonedx;
pub mod diff;
pub mod error;
pub mod execution;
#[cfg(test)]
mod fuzz;
pub mod gate;
pub mod history;
pub mod list;
pub mod listed;
pub mod measure;
pub mod model;
mod models;
pub mod options;
mod own;
mod patience;
pub mod pieces;
pub mod progress;
pub mod query;
mod ra;
mod reach;
pub mod report;
pub mod review;
pub mod revision;
#[cfg(test)]
pub(crate) mod sample;
pub mod sandbox;
mod sarif;
pub mod sbom;
pub mod script;
pub mod source_text;
pub mod surface;
pub mod trend;
pub mod tryout;
pub mod verdict;
pub mod witness;

use error::Result;
use model::Analysis;
use options::Options;

/// Analyses what `options` selects: resolves the workspace, walks every call from its roots
/// through all dependencies, and gives every item of every dependency its status.
///
/// `progress` gets a few words at the start of each slow step, from the calling thread.
/// Nothing is written but below `<target>/whittle`, nothing is fetched.
///
/// # Errors
/// Every precondition that does not hold; see [`error::Error`]. What could not be understood
/// in the sources is no error: it is counted in [`Analysis::gaps`] and makes items `unknown`.
pub fn analyze(options: &Options, progress: &dyn Fn(&str)) -> Result<Analysis> {
    if let Some(analysis) = attempt(options, progress)? {
        return Ok(analysis);
    }
    progress("a macro is called in a way that is not modelled: compiling them all");
    let options = Options {
        all_macros: true,
        ..options.clone()
    };
    let analysis = attempt(&options, progress)?;
    analysis.ok_or_else(|| error::Error::Load("compiled macros were refused".to_owned()))
}

/// `None`: a model of a macro refused a call.
fn attempt(options: &Options, progress: &dyn Fn(&str)) -> Result<Option<Analysis>> {
    let ahead = ra::Ahead::default();
    let (project, cache) = cargo::remember::project(options, progress, &ahead)?;
    ra::analyze(project, options, &cache, ahead, progress)
}
