//! `cargo whittle allow`: the lines that permit build scripts and proc macros to run under
//! `--exec never`, for a person to review.
//!
//! Runs nothing of the tree and does not read its sources.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use clap::Args;

use crate::cargo::load_project;
use crate::error::{Error, Outcome};
use crate::execution::{Allowed, NotRun};
use crate::options::{ExecPolicy, Options};
use crate::report::text::sanitize;

use super::args::AnalysisArgs;
use super::user_config;
use super::{Failure, Session};

#[derive(Debug, Args)]
pub(crate) struct AllowArgs {
    /// Only what this crate needs (`name` or `name@version`)
    #[arg(value_name = "CRATE")]
    query: Option<String>,
    #[command(flatten)]
    pub(crate) analysis: AnalysisArgs,
}

pub(super) fn run(args: &AllowArgs, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    // With an empty list nothing runs, and nothing is left out of the answer.
    let options = Options {
        exec: ExecPolicy::Never,
        allow: Vec::new(),
        ..super::options(&args.analysis)?
    };
    session.settle(options.selection.manifest_path.as_deref())?;
    let project =
        session.progress(|progress| load_project(&options, &|step| progress.say(step)))?;
    let is_meant = |one: &&NotRun| match &args.query {
        None => true,
        Some(query) => *query == one.krate || *query == format!("{}@{}", one.krate, one.version),
    };
    let wanted: Vec<&NotRun> = project.execution.not_run.iter().filter(is_meant).collect();
    if let (true, Some(query)) = (wanted.is_empty(), &args.query) {
        return Err(Error::Usage(format!(
            "`{query}` has no build script and no proc macro in this selection"
        ))
        .into());
    }
    if wanted.is_empty() {
        let nothing = "# no build script or proc macro: nothing to allow";
        writeln!(session.out, "{nothing}")?;
        return Ok(Outcome::Clean);
    }
    print(&wanted, session.out)?;
    Ok(Outcome::Clean)
}

/// Users of a crate that its line names.
const REASONS: usize = 3;

fn print(wanted: &[&NotRun], out: &mut dyn Write) -> std::io::Result<()> {
    let place = user_config::place();
    let place = place.map_or_else(String::new, |place| format!(" ({})", place.display()));
    writeln!(
        out,
        "# What runs when these are allowed to, in a sandbox, under `--exec never`. Review the\n\
         # sources, then put the lines into your configuration{}\n\
         # or give each to `--allow-exec`. An update asks again.",
        sanitize(&place)
    )?;
    for one in wanted.iter().filter(|one| one.allow.is_empty()) {
        let line = format!("{} {}: {}", one.krate, one.version, one.why);
        writeln!(out, "# {}", sanitize(&line))?;
    }
    let mut entries: BTreeMap<&Allowed, BTreeSet<String>> = BTreeMap::new();
    for one in wanted {
        for entry in &one.allow {
            let what = match (one.build_script, one.proc_macro) {
                _ if entry.name != one.krate || entry.version != one.version => {
                    format!("for {} {}", one.krate, one.version)
                }
                (true, true) => "a build script and proc macros".to_owned(),
                (true, false) => "a build script".to_owned(),
                _ => "proc macros".to_owned(),
            };
            entries.entry(entry).or_default().insert(what);
        }
    }
    writeln!(out, "allow = [")?;
    for (entry, why) in entries {
        let mut why: Vec<String> = why.into_iter().collect();
        if let Some(more @ 1..) = why.len().checked_sub(REASONS) {
            why.truncate(REASONS);
            why.push(format!("{more} more"));
        }
        let line = format!("  \"{entry}\", # {}", why.join(", "));
        writeln!(out, "{}", sanitize(&line))?;
    }
    writeln!(out, "]")
}
