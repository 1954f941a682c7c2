//! The files of a `.crate`: a tar in gzip, read in memory and never unpacked.

use std::io::{self, Read};

use camino::{Utf8Path, Utf8PathBuf};
use whittle_extract::verify::Files;

/// Bytes of an archive when unpacked, and its files: registries allow far less.
const MOST_BYTES: u64 = 512 << 20;
const MOST_FILES: usize = 50_000;

/// Files by their path within the package, `name-version/` left off.
///
/// # Errors
/// When it is no such archive, or unpacks to more than any package.
pub(super) fn files(archive: &[u8]) -> io::Result<Files> {
    let unpacked = flate2::read::GzDecoder::new(archive).take(MOST_BYTES);
    let mut archive = tar::Archive::new(unpacked);
    let mut files = Files::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = entry.path_bytes().into_owned();
        let Some(path) = within(&path) else {
            continue;
        };
        if files.len() >= MOST_FILES {
            return Err(io::Error::other("it has too many files"));
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        files.insert(path, bytes);
    }
    Ok(files)
}

/// The path below the one folder that the archive has; names that no record has are left out.
fn within(path: &[u8]) -> Option<Utf8PathBuf> {
    let path = std::str::from_utf8(path).ok()?;
    let (_, path) = path.split_once('/')?;
    let path = Utf8Path::new(path);
    whittle_extract::record::is_safe(path).then(|| path.to_owned())
}
