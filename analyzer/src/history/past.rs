//! Measuring a commit of the past: its tree laid out in our own folder, analyzed as the user asked,
//! under the user's policy, which the tree can only tighten.
//!
//! What the commit itself cannot give (no lock file, sources that are not here, a toolchain that is
//! not installed, …) makes a gap with the reason; what is wrong with this machine stops the run.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Asked, Record, Snapshot};
use crate::cache::Digest;
use crate::error::{Error, Result};
use crate::model::Analysis;
use crate::options::Options;
use crate::report::data;
use crate::report::text::cut;
use crate::revision::{Checkout, Commit, LaidOut, Repository};

/// A reason is one short line.
const REASON: usize = 300;

/// What stays the same from one commit to the next.
#[derive(Debug)]
pub struct Past<'a> {
    pub repository: &'a Repository,
    /// The tool's own folder.
    pub own: &'a Utf8Path,
    pub options: &'a Options,
    pub asked: &'a Asked,
    /// The selected manifest, relative to the top of the repository.
    pub manifest: &'a Utf8Path,
}

/// A commit's record, and what would give it figures.
#[derive(Debug)]
pub struct Measured {
    pub record: Record,
    /// A manifest for `cargo fetch`, when sources were missing.
    pub fetch: Option<Utf8PathBuf>,
}

impl Past<'_> {
    /// Measures one commit. `analyze` is [`crate::analyze`].
    ///
    /// # Errors
    /// Those that another commit would end with too.
    pub fn measure(
        &self,
        commit: &Commit,
        analyze: &mut dyn FnMut(&Options) -> Result<Analysis>,
    ) -> Result<Measured> {
        let checkout = match self.repository.check_out(commit, self.own) {
            Ok(checkout) => checkout,
            // More than the limits allow, or objects that the clone does not have.
            Err(Error::Git(why)) => return Ok(self.gap(commit, why)),
            Err(error) => return Err(error),
        };
        let mut options = self.options.clone();
        options.selection.manifest_path = Some(checkout.root().join(self.manifest));
        options.selection.target_dir = Some(checkout.target_dir().to_owned());
        match analyze(&options) {
            Ok(analysis) => {
                let mut snapshot = Snapshot::of(&data::build(&analysis));
                snapshot.left_out = left_out(&checkout.laid_out);
                Ok(Measured {
                    record: Record::measured(commit, self.asked, snapshot),
                    fetch: None,
                })
            }
            Err(error) if is_of_the_machine(&error) => Err(error),
            Err(error) => {
                let fetch = match error {
                    Error::NotFetched(_) => Some(self.skeleton(&checkout)?),
                    _ => None,
                };
                let reason = self.reason(&error, &checkout);
                Ok(Measured {
                    fetch,
                    ..self.gap(commit, reason)
                })
            }
        }
    }

    fn gap(&self, commit: &Commit, reason: String) -> Measured {
        Measured {
            record: Record::gap(commit, self.asked, reason),
            fetch: None,
        }
    }

    /// The error without places of this machine: the history is read elsewhere.
    fn reason(&self, error: &Error, checkout: &Checkout) -> String {
        let mut text = error.to_string().replace('\n', " ");
        // Cargo names places from the folder it runs in, which is the top of the file system.
        for (place, name) in [(checkout.root(), ""), (self.own, "target/whittle/")] {
            for place in [place.as_str(), place.as_str().trim_start_matches('/')] {
                text = text.replace(&format!("{place}/"), name).replace(place, ".");
            }
        }
        if let Some(home) = std::env::home_dir().filter(|home| home.parent().is_some()) {
            text = text.replace(&*home.to_string_lossy(), "~");
        }
        cut(&text, REASON).into_owned()
    }

    /// As much of the tree as `cargo fetch` reads: manifests, the lock file, and sources without
    /// content, because cargo wants them to be there. One for all commits with the same lock file,
    /// where it can stay until the user has fetched.
    fn skeleton(&self, checkout: &Checkout) -> Result<Utf8PathBuf> {
        let lock = checkout.workspace().join("Cargo.lock");
        let key = Digest::of(&fs::read(&lock).unwrap_or_default()).to_string();
        // Named like this, cargo searches no workspace above it (`revision/check_out.rs`).
        let package = skeletons(self.own).join(&key[..12]).join("target/package");
        let tree = package.join("tree");
        if !tree.is_dir() {
            let unfinished = package.join("unfinished");
            let _ = fs::remove_dir_all(&unfinished);
            copy(checkout.root(), &unfinished)
                .and_then(|()| fs::rename(&unfinished, &tree))
                .map_err(|why| Error::Io {
                    action: "write",
                    path: tree.clone(),
                    why: why.to_string(),
                })?;
        }
        let workspace = checkout.workspace().strip_prefix(checkout.root());
        Ok(tree
            .join(workspace.unwrap_or(Utf8Path::new("")))
            .join("Cargo.toml"))
    }
}

/// Where manifests for `cargo fetch` are.
fn skeletons(own: &Utf8Path) -> Utf8PathBuf {
    own.join("revisions").join("fetch")
}

/// Removes what an earlier run left for `cargo fetch`.
pub fn forget_skeletons(own: &Utf8Path) {
    let folder = skeletons(own);
    // A link is removed, not followed.
    let _ = match folder.symlink_metadata() {
        Ok(facts) if facts.is_dir() => fs::remove_dir_all(&folder),
        Ok(_) => fs::remove_file(&folder),
        Err(_) => Ok(()),
    };
}

/// Manifests and the like with their content, sources without. Links are left out.
fn copy(from: &Utf8Path, to: &Utf8Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in from.read_dir_utf8()? {
        let entry = entry?;
        let (kind, name) = (entry.file_type()?, entry.file_name());
        let target = to.join(name);
        if kind.is_dir() {
            copy(entry.path(), &target)?;
        } else if kind.is_file() {
            let extension = entry.path().extension();
            if extension == Some("rs") {
                fs::write(&target, "")?;
            } else if matches!(extension, Some("toml" | "lock")) {
                fs::copy(entry.path(), &target)?;
            }
        }
    }
    Ok(())
}

/// Whether the error says something about this machine or the command line, and not the commit.
fn is_of_the_machine(error: &Error) -> bool {
    matches!(
        error,
        Error::NoProgram { .. }
            | Error::NoStdSources(_)
            | Error::BadStdSources(_)
            | Error::LinkedTarget(_)
            | Error::UserConfig { .. }
            | Error::Usage(_)
            | Error::Io {
                action: "write" | "lock",
                ..
            }
    )
}

/// What was left out and may have been read; a picture or a test's data is not.
fn left_out(laid_out: &LaidOut) -> Vec<String> {
    let is_read = |path: &str| {
        let extension = Utf8Path::new(path).extension();
        matches!(extension, None | Some("rs" | "toml" | "lock"))
    };
    let left_out = laid_out.left_out.iter().filter(|it| is_read(&it.path));
    left_out.map(ToString::to_string).collect()
}
