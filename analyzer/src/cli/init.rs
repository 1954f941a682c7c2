//! `cargo whittle init`: rules into the manifest, and a baseline.

use clap::Args;

use crate::error::{Error, Outcome};
use crate::gate::config::Config;
use crate::gate::lock::{self, FILE, Lock};
use crate::gate::{files, init};
use crate::report::text::plural;
use crate::surface::Surface;

use super::args::AnalysisArgs;
use super::{Failure, Session};

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    #[command(flatten)]
    pub(crate) analysis: AnalysisArgs,
}

pub(super) fn run(args: &InitArgs, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    let options = super::options(&args.analysis)?;
    let root = session
        .layout(options.selection.manifest_path.clone())?
        .root;
    let (manifest, baseline) = (root.join("Cargo.toml"), root.join(FILE));
    // Everything that may be refused, before the analysis and before anything is written.
    let text = files::read_manifest(&manifest)?;
    if Config::read("Cargo.toml", &text)?.present {
        let text = "the manifest has a configuration of this tool already: `cargo whittle baseline` writes the baseline, `cargo whittle check` holds to both";
        return Err(Error::Usage(text.to_owned()).into());
    }
    if files::read(&baseline)?.is_some() {
        let text =
            format!("`{FILE}` is there already; `cargo whittle baseline --update` writes it again");
        return Err(Error::Usage(text).into());
    }
    let analysis = session.analyze(&options)?;
    session.notes(&analysis);
    let surface = Surface::new(&analysis);
    lock::distinct(&surface)?;
    let edited = init::manifest(&text, &analysis)?;
    let lock = Lock::of(&surface);
    files::write(&baseline, &lock.to_text())?;
    if let Err(why) = files::write(&manifest, &edited) {
        // Both or neither.
        let _ = std::fs::remove_file(&baseline);
        return Err(why.into());
    }
    writeln!(session.out, "Cargo.toml: rules added, commented")?;
    writeln!(
        session.out,
        "{FILE} written: {} of {}",
        plural(lock.items() as u64, "item", "items"),
        plural(lock.crates.len() as u64, "crate", "crates"),
    )?;
    writeln!(
        session.out,
        "commit both; `cargo whittle check` holds the tree to them"
    )?;
    Ok(Outcome::Clean)
}
