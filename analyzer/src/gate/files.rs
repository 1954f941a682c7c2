//! The files of the gate in the tree: read with suspicion, written whole or not at all.

use std::fs;
use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};

use crate::error::{Error, Result};

/// More than any manifest or baseline needs.
const LIMIT: u64 = 256 << 20;

/// A file of the tree; `None` when there is none. A link is refused: it may lead anywhere, and
/// what is wrong with a file is quoted.
///
/// # Errors
/// [`Error::Io`] when it is no plain file, too large, or not UTF-8.
pub fn read(path: &Utf8Path) -> Result<Option<String>> {
    let wrong = |why: &str| io("read", path, why);
    let facts = match path.symlink_metadata() {
        Ok(facts) => facts,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(wrong(&why.to_string())),
    };
    if !facts.is_file() {
        return Err(wrong("it is a link or a folder, not a file"));
    }
    text(path, &facts).map(Some)
}

/// A manifest, as cargo reads it: it may be a link.
///
/// # Errors
/// [`Error::Io`] when there is no file, or it is too large or not UTF-8.
pub fn read_manifest(path: &Utf8Path) -> Result<String> {
    match path.metadata() {
        Ok(facts) if facts.is_file() => text(path, &facts),
        Ok(_) => Err(io("read", path, "it is no file")),
        Err(why) => Err(io("read", path, &why.to_string())),
    }
}

fn text(path: &Utf8Path, facts: &fs::Metadata) -> Result<String> {
    if facts.len() > LIMIT {
        return Err(io("read", path, "it is too large"));
    }
    fs::read_to_string(path).map_err(|why| io("read", path, &why.to_string()))
}

/// Puts a file in its place by one rename, so that there is the old one or the new one.
///
/// # Errors
/// [`Error::Io`]; also when a link stands in its place.
pub fn write(path: &Utf8Path, text: &str) -> Result<()> {
    let old = path.symlink_metadata().ok();
    if old.as_ref().is_some_and(|facts| !facts.is_file()) {
        return Err(io("write", path, "it is a link or a folder, not a file"));
    }
    let name = path.file_name().unwrap_or("file");
    let temporary = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let written = fill(&temporary, text, old.as_ref()).and_then(|()| fs::rename(&temporary, path));
    written.map_err(|why| {
        let _ = fs::remove_file(&temporary);
        io("write", path, &why.to_string())
    })
}

fn fill(path: &Utf8PathBuf, text: &str, old: Option<&fs::Metadata>) -> std::io::Result<()> {
    let mut file = fs::File::options()
        .write(true)
        .create_new(true)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    if let Some(old) = old {
        file.set_permissions(old.permissions())?;
    }
    file.sync_all()
}

fn io(action: &'static str, path: &Utf8Path, why: &str) -> Error {
    Error::Io {
        action,
        path: path.to_owned(),
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_whole_and_never_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        let file = folder.join("whittle.lock");
        assert_eq!(read(&file).unwrap(), None);
        write(&file, "one").unwrap();
        write(&file, "two").unwrap();
        assert_eq!(read(&file).unwrap().as_deref(), Some("two"));
        assert_eq!(folder.read_dir_utf8().unwrap().count(), 1);
        assert!(read(folder).is_err() && write(folder, "x").is_err());
        #[cfg(unix)]
        {
            let link = folder.join("link");
            std::os::unix::fs::symlink(&file, &link).unwrap();
            assert!(read(&link).is_err() && write(&link, "three").is_err());
            assert_eq!(read(&file).unwrap().as_deref(), Some("two"));
        }
    }
}
