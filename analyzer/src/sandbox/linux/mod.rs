//! The inner side of the sandbox: what the program does when it is started as
//! `cargo-whittle __sandbox <role> <spec> <program> …`.
//!
//! Two processes stand between the tool and the code that it does not trust. The **guard**
//! ([`guard`]) is outside: it makes the namespaces, starts the second, measures what all
//! processes use and ends them when it is too much, or when the tool is gone. The **init**
//! ([`init`]) is inside: the first process of its namespaces, it makes the file system read-only
//! ([`mounts`]), gives up every capability, puts on the rules for files ([`files`]) and for
//! system calls ([`syscalls`]), and only then starts the program. Each is a start of its own,
//! because namespaces and rules are for a process with one thread.
//!
//! What the kernel must offer is found out by trying: [`probe`] runs the whole set-up with
//! [`check`] as the program, which attempts what must not be possible.

pub(super) mod check;
mod files;
mod guard;
mod init;
mod mounts;
pub(super) mod probe;
mod syscalls;
mod tree;

use std::ffi::OsString;
use std::path::PathBuf;
use std::{fs, io};

use serde::{Deserialize, Serialize};

use super::access::Access;
use super::limits::{Limits, Stop};

/// First argument of the program when it is started for one of these roles.
pub(super) const SUBCOMMAND: &str = "__sandbox";
/// Exit code of a set-up that failed; the reason stands in the result file.
pub(super) const SETUP_FAILED: u8 = 125;
/// Names the self-test in place of a program.
pub(super) const CHECK: &str = "__check";

/// Which namespaces the guard makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Namespaces {
    /// With a user namespace, as anyone may where the system allows it.
    User,
    /// Without one, as root may.
    Root,
    /// None: rules for files and system calls do all the work.
    None,
}

/// Everything a run needs to know; the tool writes it where the sandbox cannot.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Spec {
    pub(super) namespaces: Namespaces,
    pub(super) access: Access,
    pub(super) limits: Limits,
    /// Where the guard says how it ended, when it has something to say.
    pub(super) result: Option<PathBuf>,
    /// The guard ends the run when this file appears.
    pub(super) stop: Option<PathBuf>,
}

/// What the guard has to say.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum RunResult {
    /// Nothing was started: why.
    NotStarted(String),
    Stopped(Stop),
}

/// Plays the role that the arguments name; `None` when they name none.
pub(super) fn enter(mut args: impl Iterator<Item = OsString>) -> Option<u8> {
    if args.next()? != SUBCOMMAND {
        return None;
    }
    let role = args.next()?;
    let (place, program) = (args.next()?, args.collect::<Vec<_>>());
    let run = match role.to_str() {
        Some("guard") => guard::run,
        Some("init") => init::run,
        _ => return None,
    };
    let spec = match read(&place) {
        Ok(spec) => spec,
        Err(why) => {
            eprintln!("sandbox: no description of the run: {why}");
            return Some(SETUP_FAILED);
        }
    };
    Some(run(&place, &spec, &program))
}

/// A spec is a file's path, or JSON itself where nothing may be written yet.
fn read(place: &OsString) -> io::Result<Spec> {
    let text = match place.to_str() {
        Some(json) if json.starts_with('{') => json.to_owned(),
        _ => fs::read_to_string(place)?,
    };
    serde_json::from_str(&text).map_err(io::Error::from)
}
