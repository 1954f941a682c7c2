//! `cargo whittle baseline`: writes what is reached now as what is accepted.

use camino::Utf8PathBuf;
use clap::Args;

use crate::error::{Error, Outcome};
use crate::gate::lock::{self, FILE, Lock};
use crate::gate::{accepted, files};
use crate::report::text::{plural, sanitize};
use crate::surface::Surface;

use super::args::AnalysisArgs;
use super::{Failure, Session};

pub(super) const AFTER_HELP: &str = "\
The file is text, sorted, one item a line, to be committed. It says what it is valid for: roots,
domains, features, target, profile, policy, toolchain and version of this tool. `cargo whittle check`
compares with nothing else.";

/// Items that are named when a baseline is written again.
const SHOWN: usize = 50;

#[derive(Debug, Args)]
pub(crate) struct BaselineArgs {
    /// Write it again although it is there, and say what is accepted by that
    #[arg(long)]
    update: bool,
    /// The file [default: whittle.lock beside the root manifest]
    #[arg(long, value_name = "FILE")]
    file: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub(crate) analysis: AnalysisArgs,
}

pub(super) fn run(args: &BaselineArgs, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    let options = super::options(&args.analysis)?;
    let root = session
        .layout(options.selection.manifest_path.clone())?
        .root;
    let path = args.file.clone().unwrap_or_else(|| root.join(FILE));
    let name = super::check::name(&path, &root);
    let old = files::read(&path)?;
    if old.is_some() && !args.update {
        let text = format!("`{name}` is there already; `--update` writes it again");
        return Err(Error::Usage(text).into());
    }
    let analysis = session.analyze(&options)?;
    session.notes(&analysis);
    let surface = Surface::new(&analysis);
    lock::distinct(&surface)?;
    let lock = Lock::of(&surface);
    let text = lock.to_text();
    let same = old.as_ref() == Some(&text);
    if !same {
        files::write(&path, &text)?;
    }
    if let Some(old) = old.filter(|_| !same) {
        match Lock::read(&name, &old) {
            Ok(before) => say(&accepted(&surface, &before), session)?,
            Err(why) => session.note(&format!("the old one is lost: {why}")),
        }
    }
    let what = if same { "is as it was" } else { "written" };
    writeln!(
        session.out,
        "{} {what}: {} of {}",
        sanitize(&name),
        plural(lock.items() as u64, "item", "items"),
        plural(lock.crates.len() as u64, "crate", "crates"),
    )?;
    Ok(Outcome::Clean)
}

fn say(accepted: &[String], session: &mut Session<'_>) -> Result<(), Failure> {
    for one in accepted.iter().take(SHOWN) {
        writeln!(session.out, "accepted: {}", sanitize(one))?;
    }
    if let Some(more @ 1..) = accepted.len().checked_sub(SHOWN) {
        writeln!(session.out, "accepted: {more} more")?;
    }
    Ok(())
}
