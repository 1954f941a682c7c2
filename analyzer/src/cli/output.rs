//! Results that an option sends to a file.

use std::io::{self, BufWriter, Write};

use camino::Utf8Path;

/// Puts what `write` writes in place of the file, whole or not at all: it is written beside it
/// and takes its name when it is complete.
///
/// # Errors
/// Those of the file system and of `write`; the file is then as it was.
pub(super) fn replace<T>(
    path: &Utf8Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<T>,
) -> io::Result<T> {
    let name = path.file_name().unwrap_or_default();
    let beside = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let written = whole(&beside, write).and_then(|value| {
        std::fs::rename(&beside, path)?;
        Ok(value)
    });
    if written.is_err() {
        // It may not even be there.
        let _ = std::fs::remove_file(&beside);
    }
    written.map_err(|why| io::Error::new(why.kind(), format!("{path}: {why}")))
}

fn whole<T>(path: &Utf8Path, write: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> io::Result<T> {
    // Never through a link that somebody put there.
    let file = std::fs::File::create_new(path)?;
    let mut out = BufWriter::new(file);
    let value = write(&mut out)?;
    out.flush()?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        let path = folder.join("report.html");
        replace(&path, |out| out.write_all(b"one")).unwrap();
        replace(&path, |out| out.write_all(b"two")).unwrap();
        let failed: io::Result<()> = replace(&path, |out| {
            out.write_all(b"thr")?;
            Err(io::Error::other("no more"))
        });
        assert!(
            failed
                .unwrap_err()
                .to_string()
                .ends_with("report.html: no more")
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(folder.read_dir_utf8().unwrap().count(), 1);
        assert!(replace(&folder.join("none/x"), |_| Ok(())).is_err());
    }
}
