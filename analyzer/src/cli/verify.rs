//! `cargo whittle verify`.

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use whittle_extract::record::FILE_NAME;

use crate::copies::{self, Owned, Sources, verify};
use crate::error::{Error, Outcome};
use crate::report::text::sanitize;

use super::args::OutputArgs;
use super::{Failure, Session};

pub(super) const AFTER_HELP: &str = "\
Every copy is made again from its upstream and the edits that its whittled.toml lists, and compared
token for token, so that layout and comments are free. Upstream is the .crate file in cargo's registry
cache, or a package in vendor/, and counts only with the checksum that is in the record.

  cargo whittle verify                      all copies of the workspace
  cargo whittle verify itoa --no-diff       one of them, without the lines
  cargo whittle verify itoa --acknowledge Buffer::format --reason 'no_std, see #12'

A difference that is acknowledged counts as long as the item stays as it is. Exits with 1 when
something differs for which nobody answers, with 2 when upstream is not at hand: then what is here is
compared with the hashes in the record, which `--hashes` is content with. `--upstream FOLDER` is
where a .crate file lies that was fetched for this. See docs/OWNING.md.";

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Copies to verify: `name` or `name@version` [default: all]
    #[arg(value_name = "CRATE")]
    krate: Option<String>,
    /// How to print the answer
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Do not show the lines that differ
    #[arg(long)]
    no_diff: bool,
    /// Answer for the differences of an item, or of a file
    #[arg(long, value_name = "PATH", requires = "reason")]
    acknowledge: Option<String>,
    /// Why the difference is right
    #[arg(long, value_name = "TEXT", requires = "acknowledge")]
    reason: Option<String>,
    /// Folder with .crate files or vendored packages, looked into first
    #[arg(long, value_name = "FOLDER")]
    upstream: Vec<Utf8PathBuf>,
    /// Be content with the hashes of the record where upstream is not at hand
    #[arg(long)]
    hashes: bool,
    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs
    Json,
}

pub(super) fn run(args: &VerifyArgs, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    let layout = session.layout(args.manifest_path.clone())?;
    let sources = Sources::new(&layout, &args.upstream);
    let mut owned = copies::find(&layout)?;
    if let Some(krate) = &args.krate {
        owned.retain(|one| one.is(krate));
        if owned.is_empty() {
            let text = format!("the workspace owns no copy of `{krate}`");
            return Err(Error::Usage(text).into());
        }
    }
    if let (Some(path), Some(reason)) = (&args.acknowledge, &args.reason) {
        return acknowledge(&owned, &sources, path, reason, session);
    }
    let report = verify::check(&owned, &sources)?;
    match args.format {
        Format::Table => verify::table(&report, !args.no_diff, session.paint, session.out)?,
        Format::Json => verify::json(&report, session.out)?,
    }
    if report.drift {
        return Ok(Outcome::Findings);
    }
    if report.unverified > 0 && !args.hashes {
        session.note(
            "not all upstream packages are at hand, so that it cannot be said whether their copies are true: fetch the .crate files and name their folder with `--upstream`, or be content with `--hashes`",
        );
        return Ok(Outcome::Failed);
    }
    Ok(Outcome::Clean)
}

fn acknowledge(
    owned: &[Owned],
    sources: &Sources,
    path: &str,
    reason: &str,
    session: &mut Session<'_>,
) -> Result<Outcome, Failure> {
    if reason.trim().is_empty() {
        return Err(Error::Usage("`--reason` needs words".to_owned()).into());
    }
    let mut noted = Vec::new();
    for one in owned {
        if let Some(note) = verify::acknowledge(one, sources, path, reason)? {
            noted.push((one, note));
        }
    }
    if noted.is_empty() {
        let text = format!("nothing that differs is called `{path}`");
        return Err(Error::Usage(text).into());
    }
    for (one, note) in noted {
        super::output::replace(&one.folder.join(FILE_NAME), |out| {
            out.write_all(note.record.print().as_bytes())
        })?;
        for item in note.items {
            let line = format!("acknowledged in {}: {item}", one.shown.join(FILE_NAME));
            writeln!(session.out, "{}", sanitize(&line))?;
        }
    }
    Ok(Outcome::Clean)
}
