//! `cargo whittle sbom`.

use camino::Utf8PathBuf;
use clap::Args;

use crate::cargo::checksums::Checksums;
use crate::cargo::load_project;
use crate::copies;
use crate::error::Outcome;
use crate::options::{ExecPolicy, Options};
use crate::sbom;

use super::advisories::stamp;
use super::args::AnalysisArgs;
use super::{Failure, Session};

pub(super) const AFTER_HELP: &str = "\
A CycloneDX 1.6 document of the packages that cargo would build for what is selected: versions,
licences, checksums of the lock file, and who needs whom. `scope` is `required` for what ships and
`excluded` for what is only compiled for build scripts, proc macros or tests.

Code that was copied with `cargo whittle extract` is a component of its own. Its pedigree names the
package that it is a part of (ancestors), the edits and local changes (patches), and what part it is
(notes).

Nothing of the tree runs for it. The time is SOURCE_DATE_EPOCH's, or now.";

#[derive(Debug, Args)]
pub(crate) struct SbomArgs {
    /// Write the document to a file instead of printing it
    #[arg(short, long = "output", value_name = "FILE")]
    output_file: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub(crate) analysis: AnalysisArgs,
}

pub(super) fn run(args: &SbomArgs, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    let stamp = stamp()?;
    let options = Options {
        // Which packages there are does not depend on what their build scripts say.
        exec: ExecPolicy::Never,
        ..super::options(&args.analysis)?
    };
    let layout = session.layout(options.selection.manifest_path.clone())?;
    let project =
        session.progress(|progress| load_project(&options, &|message| progress.say(message)))?;
    let copies = copies::find(&layout)?;
    let sums = Checksums::read(&layout.root.join("Cargo.lock"))?;
    let document = sbom::document(&project, &sums, &copies, stamp);
    match &args.output_file {
        Some(path) => super::output::replace(path, |out| sbom::write(&document, out))?,
        None => sbom::write(&document, session.out)?,
    }
    Ok(Outcome::Clean)
}
