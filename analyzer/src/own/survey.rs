//! What `extract` would say of a dependency before anything is built: for advice, which has to
//! agree with it.
//!
//! Takes the form that serves everybody: a module where one member uses the dependency, else a
//! crate of the workspace.

use std::collections::BTreeSet;

use whittle_extract::plan::Plan;
use whittle_extract::record::Mode;
use whittle_extract::request::Facts;

use super::Asked;
use super::extraction::{Extraction, declaring};
use crate::error::Result;
use crate::model::Analysis;

/// The plan, and the texts that it is about.
pub(crate) struct Survey {
    pub(crate) plan: Plan,
    pub(crate) facts: Facts,
    /// Of [`Facts::files`].
    pub(crate) texts: Vec<String>,
}

/// Plans the extraction of a package; `paths` as `extract` takes them. `None` when no member of the
/// workspace could own it, because none depends on it.
///
/// # Errors
/// When a file cannot be read.
pub(crate) fn survey(
    analysis: &Analysis,
    package: usize,
    paths: &[String],
) -> Result<Option<Survey>> {
    let facts = analysis.facts.iter().find(|facts| facts.package == package);
    let sites = facts.into_iter().flat_map(|facts| &facts.sites);
    let mut users: BTreeSet<usize> = sites.map(|site| site.package).collect();
    users.extend(declaring(analysis, package));
    if users.is_empty() {
        return Ok(None);
    }
    let asked = Asked {
        paths: paths.to_vec(),
        mode: if users.len() > 1 {
            Mode::Crate
        } else {
            Mode::Module
        },
        ..Asked::default()
    };
    let mut extraction = Extraction::of(analysis, &asked, package)?;
    let plan = super::planned(&mut extraction)?;
    let gathered = extraction.gathered;
    Ok(Some(Survey {
        plan,
        facts: gathered.facts,
        texts: gathered.texts,
    }))
}
