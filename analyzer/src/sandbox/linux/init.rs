//! The first process inside: gives everything up, then starts the program and collects orphans.
//!
//! When it ends, the kernel ends all other processes of its namespace.

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::Command;

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use rustix::thread::{
    CapabilitySet, CapabilitySets, clear_ambient_capability_set, set_capabilities,
};

use super::{CHECK, Namespaces, SETUP_FAILED, Spec, check, files, mounts, syscalls};

/// Restricts itself and runs the program to its end; its exit code.
pub(super) fn run(_: &OsStr, spec: &Spec, program: &[OsString]) -> u8 {
    if let Err(why) = restrict(spec) {
        eprintln!("sandbox: {why}");
        return SETUP_FAILED;
    }
    match program.split_first() {
        Some((first, rest)) if first == CHECK => check::run(rest),
        Some((first, rest)) => start(first, rest).unwrap_or_else(|why| {
            eprintln!("sandbox: `{}`: {why}", first.display());
            SETUP_FAILED
        }),
        None => SETUP_FAILED,
    }
}

/// All that holds for this process and everything it starts, for good.
fn restrict(spec: &Spec) -> Result<(), String> {
    let failed = |what: &str, why: &dyn std::fmt::Display| format!("{what}: {why}");
    prctl::set_pdeathsig(Signal::SIGKILL).map_err(|why| failed("ending with the guard", &why))?;
    let mut own_proc = false;
    // Rules for files do not cover modes, owners, times and attributes: a read-only file system
    // does, and where there is none, the filter for system calls.
    let mut read_only = false;
    if spec.namespaces != Namespaces::None && mounts::private().is_ok() {
        own_proc = mounts::own_proc();
        read_only = mounts::read_only_but(&spec.access.write).is_ok();
    }
    limits(spec).map_err(|why| failed("limits", &why))?;
    give_up_capabilities().map_err(|why| failed("capabilities", &why))?;
    files::restrict(spec, own_proc).map_err(|why| failed("landlock", &why))?;
    syscalls::restrict(!read_only).map_err(|why| failed("seccomp", &why))
}

/// The kernel's own limits: for one process each, but they hold without being measured.
fn limits(spec: &Spec) -> io::Result<()> {
    let limits = &spec.limits;
    let lower = |resource, to: u64| -> io::Result<()> { Ok(setrlimit(resource, to, to)?) };
    lower(Resource::RLIMIT_CORE, 0)?;
    lower(Resource::RLIMIT_FSIZE, limits.disk_mb << 20)?;
    lower(Resource::RLIMIT_AS, limits.memory_mb << 22)?;
    if spec.namespaces == Namespaces::User {
        // Counted in the user namespace; means nothing for root.
        lower(Resource::RLIMIT_NPROC, limits.processes)?;
    }
    Ok(())
}

/// Together with "no new privileges", which the rules for files bring, for good.
fn give_up_capabilities() -> io::Result<()> {
    clear_ambient_capability_set()?;
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    Ok(set_capabilities(None, none)?)
}

fn start(program: &OsStr, arguments: &[OsString]) -> io::Result<u8> {
    let child = Command::new(program).args(arguments).spawn()?;
    let id = i64::from(child.id());
    loop {
        match waitpid(None, None) {
            Ok(WaitStatus::Exited(pid, code)) if i64::from(pid.as_raw()) == id => {
                return Ok(u8::try_from(code & 0xff).unwrap_or(u8::MAX));
            }
            Ok(WaitStatus::Signaled(pid, ..)) if i64::from(pid.as_raw()) == id => {
                return Ok(u8::MAX);
            }
            Ok(_) | Err(Errno::EINTR) => {}
            Err(why) => return Err(why.into()),
        }
    }
}
