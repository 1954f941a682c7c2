//! Whether the workspace still compiles with some files changed, tried in a copy of it.
//!
//! For what is merged by text: `sync`. Compiling runs code of the tree, so the policy decides
//! whether it may be tried at all.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use super::check::{Checked, Said, check};
use super::journal::Change;
use super::scratch::Scratch;
use crate::cache::Digest;
use crate::cargo::code::Builds;
use crate::cargo::policy_of;
use crate::error::{Error, Result};
use crate::options::{ExecPolicy, Options};

/// Errors that are shown of many.
const SHOWN: usize = 10;

/// A trial of changed files.
pub(crate) struct Compiled {
    pub(crate) compiles: Compiles,
    /// The lock file, where the manifests that change ask for another.
    pub(crate) lock: Option<Change>,
}

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
) -> Result<Compiled> {
    let (exec, notices) = policy_of(options)?;
    if exec == ExecPolicy::Never {
        let compiles = Compiles::Denied(notices);
        return Ok(Compiled {
            compiles,
            lock: None,
        });
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
    let changes_manifest = |path: &Utf8PathBuf| path.file_name() == Some("Cargo.toml");
    let lock = if files.keys().any(changes_manifest) {
        match fitted(&builds, &scratch)? {
            Ok(lock) => lock,
            Err(why) => {
                let compiles = Compiles::No(vec![why.to_string()]);
                return Ok(Compiled {
                    compiles,
                    lock: None,
                });
            }
        }
    } else {
        None
    };
    progress("checking the workspace with the newer copy");
    let after = check(&builds, scratch.root(), &flags)?;
    let compiles = judge(&before, after);
    Ok(Compiled { compiles, lock })
}

/// The lock file that fits the manifests, where it is another; the inner error when there is none.
fn fitted(
    builds: &Builds,
    scratch: &Scratch,
) -> Result<std::result::Result<Option<Change>, Error>> {
    let path = Utf8PathBuf::from("Cargo.lock");
    let before = scratch.read(&path)?;
    if let Err(why) = builds.fit_lock_file() {
        return Ok(Err(why));
    }
    let after = scratch.read(&path)?;
    Ok(Ok((before != after).then(|| Change {
        path,
        before: Some(Digest::of(&before)),
        after: Some(after),
    })))
}

fn judge(before: &Checked, after: Checked) -> Compiles {
    if after.success {
        return Compiles::Yes;
    }
    let new = after.added_since(before).into_iter();
    let mut new: Vec<String> = new.filter(|said| said.is_error).map(shown).collect();
    let count = new.len();
    new.truncate(SHOWN);
    if count > SHOWN {
        new.push(format!("and {} more", count - SHOWN));
    }
    match (before.success, new.is_empty()) {
        (false, true) => Compiles::NeverDid(before.headline.clone()),
        (_, true) => Compiles::No(vec![after.headline]),
        _ => Compiles::No(new),
    }
}

fn shown(said: &Said) -> String {
    let place = said.spans.first();
    let place = place.map_or_else(String::new, |spot| format!("{}:{}: ", spot.file, spot.line));
    format!("{place}{}{}", said.message, said.code_in_brackets())
}
