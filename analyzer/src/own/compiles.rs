//! Whether the workspace still compiles with some files changed, tried in a copy of it.
//!
//! For what is merged by text: `sync`. Compiling runs code of the tree, so the policy decides
//! whether it may be tried at all.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use super::check::{Said, check};
use super::journal::Change;
use super::scratch::Scratch;
use crate::cargo::code::Builds;
use crate::cargo::policy_of;
use crate::error::Result;
use crate::options::{ExecPolicy, Options};

/// Errors that are shown of many.
const SHOWN: usize = 10;

/// What came of it.
pub(crate) enum Compiles {
    Yes,
    /// It did not before either, for this reason.
    NeverDid(String),
    /// Errors that were not there, a line each.
    No(Vec<String>),
    /// The policy does not let code run.
    Denied(Vec<String>),
}

/// Tries it.
///
/// # Errors
/// When the workspace cannot be copied, or cargo not be run.
pub(crate) fn compiles(
    changes: &[Change],
    options: &Options,
    progress: &dyn Fn(&str),
) -> Result<Compiles> {
    let (exec, notices) = policy_of(options)?;
    if exec == ExecPolicy::Never {
        return Ok(Compiles::Denied(notices));
    }
    let options = Options {
        exec,
        ..options.clone()
    };
    progress("copying the workspace");
    let mut scratch = Scratch::with(Vec::new(), &options)?;
    let builds = Builds::new(&scratch.options(&options))?;
    let flags = ["--workspace", "--all-targets"].map(str::to_owned);
    progress("checking the workspace as it is");
    let before = check(&builds, scratch.root(), &flags)?;
    let files: BTreeMap<Utf8PathBuf, Option<Vec<u8>>> = changes
        .iter()
        .map(|change| (change.path.clone(), change.after.clone()))
        .collect();
    scratch.set(&files)?;
    progress("checking the workspace with the newer copy");
    let after = check(&builds, scratch.root(), &flags)?;
    if after.success {
        return Ok(Compiles::Yes);
    }
    let is_new = |said: &&Said| !before.said.contains_key(*said);
    let mut new: Vec<String> = after.errors().filter(is_new).map(shown).collect();
    let count = new.len();
    new.truncate(SHOWN);
    if count > SHOWN {
        new.push(format!("and {} more", count - SHOWN));
    }
    Ok(match (before.success, new.is_empty()) {
        (false, true) => Compiles::NeverDid(before.headline),
        (_, true) => Compiles::No(vec![after.headline]),
        _ => Compiles::No(new),
    })
}

fn shown(said: &Said) -> String {
    let place = said.spans.first();
    let place = place.map_or_else(String::new, |spot| format!("{}:{}: ", spot.file, spot.line));
    let code = match said.code.as_str() {
        "" => String::new(),
        code => format!(" [{code}]"),
    };
    format!("{place}{}{code}", said.message)
}
