//! `cargo whittle clean`: removes what the tool keeps below the target folder.

use clap::Args;

use super::{Failure, Session};
use crate::cargo::own_folder_of;
use crate::error::{Error, Outcome};
use crate::report::text::sanitize;
use camino::{Utf8Path, Utf8PathBuf};

#[derive(Debug, Clone, Args)]
pub(crate) struct CleanArgs {
    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<Utf8PathBuf>,
    /// Say what would be removed, and remove nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

pub(super) fn run(args: &CleanArgs, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    let folder = own_folder_of(args.manifest_path.clone())?;
    let (files, bytes) = size(&folder);
    let what = format!("{files} files, {} MiB", bytes.div_ceil(1 << 20));
    if files == 0 {
        writeln!(
            session.out,
            "nothing to remove: {}",
            sanitize(folder.as_str())
        )?;
    } else if args.dry_run {
        writeln!(
            session.out,
            "would remove {} ({what})",
            sanitize(folder.as_str())
        )?;
    } else {
        std::fs::remove_dir_all(&folder).map_err(|why| Error::Io {
            action: "remove",
            path: folder.clone(),
            why: why.to_string(),
        })?;
        writeln!(
            session.out,
            "removed {} ({what})",
            sanitize(folder.as_str())
        )?;
    }
    Ok(Outcome::Clean)
}

/// Files below a folder and their bytes.
fn size(folder: &Utf8Path) -> (u64, u64) {
    let mut pending = vec![folder.to_owned()];
    let (mut files, mut bytes) = (0, 0);
    while let Some(folder) = pending.pop() {
        for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => pending.push(entry.into_path()),
                _ => {
                    files += 1;
                    bytes += entry.metadata().map_or(0, |facts| facts.len());
                }
            }
        }
    }
    (files, bytes)
}
