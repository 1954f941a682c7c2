//! `cargo whittle sync`.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use crate::copies::{self, Sources, sync};
use crate::error::{Error, Outcome};
use crate::options::{ExecPolicy, Options};
use crate::own::{self, Compiled, Compiles};
use crate::report::text::sanitize;

use super::args::{Exec, OutputArgs};
use super::user_config::UserConfig;
use super::{Failure, Session};

pub(super) const AFTER_HELP: &str = "\
Shows what upstream changed in exactly the items that were taken, then merges three ways: the copy as
it was made, the same items of the newer version, and what is here. Without `--apply` nothing is
written.

  cargo whittle sync itoa                      to the newest version in cargo's registry cache
  cargo whittle sync itoa --to 1.0.15 --apply

Both versions are taken from the registry cache; nothing is fetched. What changed items newly mention
is taken by its name. Before anything is written the workspace is compiled with it in a copy, by the
execution policy: run the tests afterwards, and `cargo whittle verify`. Exits with 1 when it does not
compile, and when both sides changed the same lines; `--apply` then leaves git's markers. See
docs/OWNING.md.";

#[derive(Debug, Args)]
pub(crate) struct SyncArgs {
    /// The copy: `name` or `name@version`
    #[arg(value_name = "CRATE")]
    krate: String,
    /// Version to bring it to [default: the newest in the registry cache]
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,
    /// Write the result, when the workspace compiles with it
    #[arg(long)]
    apply: bool,
    /// Write it without trying whether it compiles
    #[arg(long, requires = "apply")]
    unchecked: bool,
    /// Whether the tree's code may run, which compiling does [default: sandbox]
    #[arg(long, value_enum, value_name = "POLICY")]
    exec: Option<Exec>,
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
        let mut members = layout.members.iter();
        let member = members.find(|member| member.name == one.package);
        let host = member.map_or_else(sync::Owner::default, |member| sync::Owner {
            license: member.license.as_deref(),
            edition: member.edition,
        });
        plans.push(sync::plan(one, &sources, args.to.as_deref(), host)?);
    }
    for plan in &plans {
        sync::table(plan, !args.no_diff, session.paint, session.out)?;
        conflicts += plan.conflicts();
    }
    if !args.apply {
        session.note("nothing was written: `--apply` does");
    } else if conflicts > 0 || args.unchecked {
        sync::apply(&sync::changes(&plans), &layout.root)?;
        session.note("run `cargo check`, the tests and `cargo whittle verify`: whether it compiles was not tried");
    } else {
        return checked(args, &plans, &layout.root, session);
    }
    Ok(if conflicts > 0 {
        Outcome::Findings
    } else {
        Outcome::Clean
    })
}

/// Writes what compiles.
fn checked(
    args: &SyncArgs,
    plans: &[sync::Plan],
    root: &Utf8Path,
    session: &mut Session<'_>,
) -> Result<Outcome, Failure> {
    let config = UserConfig::load()?;
    let mut options = Options::default();
    let exec = args.exec.map(ExecPolicy::from);
    options.exec = exec.or(config.exec).unwrap_or(options.exec);
    options.limits = config.limits;
    options
        .selection
        .manifest_path
        .clone_from(&args.manifest_path);
    let mut changes = sync::changes(plans);
    let Compiled { compiles, lock } = session
        .progress(|progress| own::compiles(&changes, &options, &|what| progress.say(what)))?;
    changes.extend(lock);
    let (why, lines) = match compiles {
        Compiles::Yes => {
            sync::apply(&changes, root)?;
            session.note("it compiles; run the tests and `cargo whittle verify`");
            return Ok(Outcome::Clean);
        }
        Compiles::NeverDid(why) => {
            sync::apply(&changes, root)?;
            session.note(&format!(
                "nothing new is wrong, but the workspace did not compile before either: {why}"
            ));
            return Ok(Outcome::Clean);
        }
        Compiles::No(errors) => ("with the newer copy it does not compile", errors),
        Compiles::Denied(notices) => (
            "whether it compiles may not be tried: the execution policy does not let code run",
            notices,
        ),
    };
    writeln!(session.out, "Not written: {why}")?;
    for line in &lines {
        writeln!(session.out, "  {}", sanitize(line))?;
    }
    writeln!(
        session.out,
        "  instead: write it with `--unchecked` and set it right by hand, or keep the version"
    )?;
    Ok(Outcome::Findings)
}
