//! `cargo whittle man`: the manual page of the tool or of one command, as roff.

use clap::{Args, CommandFactory};

use crate::error::{Error, Outcome};

use super::{Cli, Failure, Session};

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The command to describe; without one, the tool
    command: Option<String>,
}

pub(super) fn run(args: &ManArgs, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    let mut cli = Cli::command();
    cli.build();
    let page = match &args.command {
        None => cli,
        Some(name) => {
            let Some(command) = cli.find_subcommand(name) else {
                return Err(Error::Usage(format!("there is no command `{name}`")).into());
            };
            command.clone()
        }
    };
    clap_mangen::Man::new(page).render(session.out)?;
    Ok(Outcome::Clean)
}
