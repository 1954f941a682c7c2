//! Runs code of the analysed tree so that it can do no harm: the `sandbox` execution policy.
//!
//! [`Sandbox::probe`] says whether this machine can (Linux only), by trying it. A [`Sandbox`]
//! [confines](Sandbox::confine) a command: to the paths of an [`Access`], without any socket, to
//! signals among its own processes, with a clean environment ([`environment`]), within
//! [`Limits`]. Cargo with all that it starts is one such command, the proc-macro server another.
//!
//! The work is done by this same program, started again in the roles of `linux/`; a program that
//! uses the library without calling [`enter`] first has no sandbox.
//! docs/SECURITY.md says what is promised and what is not.

pub(crate) mod access;
mod config_files;
mod denied;
mod environment;
mod gate;
pub mod limits;
#[cfg(target_os = "linux")]
mod linux;
mod run;
mod stand_in;

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub(crate) use self::config_files::{configuration_files, secret_in_configuration};
pub(crate) use self::denied::denied_lines;
pub(crate) use self::environment::inherited;
pub(crate) use self::gate::compile_only;
pub use self::limits::Limits;
pub(crate) use self::run::{Ended, Folder};
pub(crate) use self::stand_in::Compilers;

/// Part of the machine that the sandbox needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    System,
    /// The program that can be started as the sandbox's processes.
    Program,
    Landlock,
    Seccomp,
    /// All parts are there, and yet something went wrong.
    Isolation,
}

/// Why nothing can be confined here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unavailable {
    pub part: Part,
    pub why: String,
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = match self.part {
            Part::System => "Linux",
            Part::Program => "the cargo-whittle program",
            Part::Landlock => "Landlock",
            Part::Seccomp => "seccomp",
            Part::Isolation => "a working isolation",
        };
        write!(f, "{part} is missing: {}", self.why)
    }
}

/// A comma separated list of parts that are taken for missing; for tests. Nothing that it names
/// makes anything possible which would not be otherwise.
const WITHOUT: &str = "WHITTLE_TEST_SANDBOX_WITHOUT";

/// Where this program is, once it said that it can be started again.
static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// To be called first in `main`, before any thread is started: plays a role of the sandbox when
/// the arguments ask for it, and returns the exit code; otherwise notes that it could.
pub fn enter(args: impl Iterator<Item = OsString>) -> Option<u8> {
    #[cfg(target_os = "linux")]
    if let Some(code) = linux::enter(args.skip(1)) {
        return Some(code);
    }
    #[cfg(not(target_os = "linux"))]
    drop(args);
    #[cfg(target_os = "linux")]
    if let Some(code) =
        stand_in::enter(std::env::args_os()).or_else(|| gate::enter(std::env::args_os().skip(1)))
    {
        return Some(code);
    }
    if let Ok(exe) = std::env::current_exe() {
        // A second call changes nothing.
        let _ = PROGRAM.set(exe);
    }
    None
}

/// The program that plays the sandbox's roles: code inside is started by it.
pub(crate) fn own_program() -> Option<&'static Path> {
    PROGRAM.get().map(PathBuf::as_path)
}

/// The ability to confine commands.
#[derive(Debug)]
pub struct Sandbox {
    #[cfg(target_os = "linux")]
    exe: PathBuf,
    #[cfg(target_os = "linux")]
    namespaces: linux::Namespaces,
}

impl Sandbox {
    /// Finds out once whether commands can be confined here: runs the whole set-up on a test of
    /// its own that attempts what must not be possible.
    pub fn probe() -> Result<&'static Self, &'static Unavailable> {
        static PROBED: OnceLock<Result<Sandbox, Unavailable>> = OnceLock::new();
        PROBED.get_or_init(Self::find).as_ref()
    }

    #[cfg(target_os = "linux")]
    fn find() -> Result<Self, Unavailable> {
        let unavailable = |part, why: &str| Unavailable {
            part,
            why: why.to_owned(),
        };
        let without = std::env::var(WITHOUT).unwrap_or_default();
        let is_off = |name: &str| without.split(',').any(|part| part == name);
        for (name, part) in [("landlock", Part::Landlock), ("seccomp", Part::Seccomp)] {
            if is_off(name) {
                return Err(unavailable(part, "switched off by a test"));
            }
        }
        let Some(exe) = PROGRAM.get() else {
            let why = "this process is another program that uses the library";
            return Err(unavailable(Part::Program, why));
        };
        match linux::probe::strongest(exe, !is_off("namespaces")) {
            Ok(namespaces) => Ok(Self {
                exe: exe.clone(),
                namespaces,
            }),
            Err(why) => Err(unavailable(part_of(&why), &why)),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn find() -> Result<Self, Unavailable> {
        let _ = (WITHOUT, PROGRAM.get());
        Err(Unavailable {
            part: Part::System,
            why: "other systems have no sandbox yet".to_owned(),
        })
    }
}

/// The part that the set-up named when it failed.
#[cfg(target_os = "linux")]
fn part_of(why: &str) -> Part {
    if why.contains("landlock: ") {
        Part::Landlock
    } else if why.contains("seccomp: ") {
        Part::Seccomp
    } else {
        Part::Isolation
    }
}
