//! `cargo whittle completions`: a completion script for a shell.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::error::Outcome;

use super::{Cli, Failure, Session};

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell to complete in
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    // Into memory first: the generator panics when it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(
        args.shell,
        &mut Cli::command(),
        "cargo-whittle",
        &mut script,
    );
    session.out.write_all(&script)?;
    Ok(Outcome::Clean)
}
