//! The user's key: what tells our own cache entries from a stranger's.
//!
//! Thirty-two random bytes in `$XDG_STATE_HOME/cargo-whittle/cache-key` (by default in
//! `~/.local/state`), readable by the user alone, made when first needed. Whoever can read it
//! could as well change this program.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::PathBuf;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::Digest;

const LENGTH: usize = 32;

pub(crate) struct Seal([u8; LENGTH]);

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(..)")
    }
}

impl Seal {
    /// The user's own; `None` when there is none and none can be made.
    pub(crate) fn of_user() -> Option<Self> {
        let file = place()?;
        read(&file).or_else(|| {
            make(&file).ok()?;
            read(&file)
        })
    }

    #[cfg(test)]
    pub(crate) fn of_bytes(bytes: [u8; LENGTH]) -> Self {
        Self(bytes)
    }

    /// The seal on parts with these digests.
    pub(crate) fn mark(&self, parts: &[Digest]) -> [u8; LENGTH] {
        self.over(parts).finalize().into_bytes().into()
    }

    /// Whether `mark` is the seal on them; takes the same time whatever differs.
    pub(crate) fn holds(&self, parts: &[Digest], mark: &[u8]) -> bool {
        self.over(parts).verify_slice(mark).is_ok()
    }

    fn over(&self, parts: &[Digest]) -> Hmac<Sha256> {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("any length");
        for part in parts {
            mac.update(&part.0);
        }
        mac
    }
}

fn place() -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let state = state.filter(|folder| folder.is_absolute());
    let state = state.or_else(|| Some(std::env::home_dir()?.join(".local/state")))?;
    state
        .is_absolute()
        .then(|| state.join("cargo-whittle").join("cache-key"))
}

fn read(file: &PathBuf) -> Option<Seal> {
    let facts = fs::symlink_metadata(file).ok()?;
    if !facts.is_file() || !is_private(&facts) {
        return None;
    }
    let mut key = [0; LENGTH];
    File::open(file).ok()?.read_exact(&mut key).ok()?;
    Some(Seal(key))
}

#[cfg(unix)]
fn is_private(facts: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    // Nothing for the group and others.
    facts.permissions().mode().trailing_zeros() >= 6
}

#[cfg(not(unix))]
fn is_private(_: &fs::Metadata) -> bool {
    true
}

/// Another run may be making one, too: the first to be in place counts.
fn make(file: &PathBuf) -> std::io::Result<()> {
    let mut key = [0; LENGTH];
    getrandom::fill(&mut key).map_err(|why| std::io::Error::other(why.to_string()))?;
    let folder = file.parent().unwrap_or(file);
    fs::create_dir_all(folder)?;
    let temporary = folder.join(format!("cache-key.tmp-{}", std::process::id()));
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(&temporary)
        .and_then(|mut out| out.write_all(&key).and_then(|()| out.sync_all()))
        .and_then(|()| fs::hard_link(&temporary, file));
    let _ = fs::remove_file(&temporary);
    written
}
