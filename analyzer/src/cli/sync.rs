//! `cargo whittle sync`.

use camino::Utf8PathBuf;
use clap::Args;

use crate::copies::{self, Sources, sync};
use crate::error::{Error, Outcome};

use super::args::OutputArgs;
use super::{Failure, Session};

pub(super) const AFTER_HELP: &str = "\
Shows what upstream changed in exactly the items that were taken, then merges three ways: the copy as
it was made, the same items of the newer version, and what is here. Without `--apply` nothing is
written.

  cargo whittle sync itoa                      to the newest version in cargo's registry cache
  cargo whittle sync itoa --to 1.0.15 --apply

Both versions are taken from the registry cache; nothing is fetched. What changed items newly mention
is taken by its name: run `cargo check` and the tests afterwards, and `cargo whittle verify`. Exits
with 1 when both sides changed the same lines; `--apply` then leaves git's markers. See
docs/OWNING.md.";

#[derive(Debug, Args)]
pub(crate) struct SyncArgs {
    /// The copy: `name` or `name@version`
    #[arg(value_name = "CRATE")]
    krate: String,
    /// Version to bring it to [default: the newest in the registry cache]
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,
    /// Write the result
    #[arg(long)]
    apply: bool,
    /// Do not show the lines that upstream changed
    #[arg(long)]
    no_diff: bool,
    /// Folder with .crate files, looked into first
    #[arg(long, value_name = "FOLDER")]
    upstream: Vec<Utf8PathBuf>,
    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

pub(super) fn run(args: &SyncArgs, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    let layout = session.layout(args.manifest_path.clone())?;
    let sources = Sources::new(&layout, &args.upstream);
    let mut owned = copies::find(&layout)?;
    owned.retain(|one| one.is(&args.krate));
    if owned.is_empty() {
        let text = format!("the workspace owns no copy of `{}`", args.krate);
        return Err(Error::Usage(text).into());
    }
    let mut conflicts = 0;
    let mut plans = Vec::new();
    for one in &owned {
        let member = layout
            .members
            .iter()
            .find(|member| member.name == one.package);
        let license = member.and_then(|member| member.license.as_deref());
        plans.push(sync::plan(one, &sources, args.to.as_deref(), license)?);
    }
    for plan in &plans {
        sync::table(plan, !args.no_diff, session.paint, session.out)?;
        conflicts += plan.conflicts();
    }
    if args.apply {
        sync::apply(&plans, &layout.root)?;
        session.note("run `cargo check`, the tests and `cargo whittle verify`: what is newly needed was found by name");
    } else {
        session.note("nothing was written: `--apply` does");
    }
    Ok(if conflicts > 0 {
        Outcome::Findings
    } else {
        Outcome::Clean
    })
}
