//! The process outside of the sandbox: makes its namespaces, starts the init, measures, ends.
//!
//! It polls instead of sleeping until something happens, because none of what it watches (sums
//! over a tree of processes, sizes of folders, a parent that is gone) can be waited for. The
//! tool ends a run by a file, not by a signal: a killed guard could not clean up.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, close, setsid};

use super::tree::{self, Usage};
use super::{Namespaces, RunResult, SETUP_FAILED, SUBCOMMAND, Spec};
use crate::sandbox::limits::{Limit, Stop};

const TICK: Duration = Duration::from_millis(20);
/// Measuring may take this part of the time.
const SHARE: u32 = 10;

/// Runs the program in the sandbox; its exit code.
pub(super) fn run(place: &OsStr, spec: &Spec, program: &[OsString]) -> u8 {
    // Before namespaces are made: `None` from the init's view would mean the same.
    let tool = std::os::unix::process::parent_id();
    let init = match prepare(spec).and_then(|()| start(place, program)) {
        Ok(init) => init,
        Err(why) => {
            tell(spec, &RunResult::NotStarted(why));
            return SETUP_FAILED;
        }
    };
    let (code, stop) = supervise(spec, init, tool);
    tree::end_all(init);
    if let Some(stop) = stop {
        tell(spec, &RunResult::Stopped(stop));
    }
    code
}

fn tell(spec: &Spec, result: &RunResult) {
    let text = serde_json::to_string(result).unwrap_or_default();
    match &spec.result {
        // Nobody is left to tell when this fails; the exit code remains.
        Some(file) => drop(fs::write(file, text)),
        None => drop(io::stderr().write_all(text.as_bytes())),
    }
}

fn prepare(spec: &Spec) -> Result<(), String> {
    let failed = |what: &str, why: &dyn std::fmt::Display| format!("{what}: {why}");
    close_inherited().map_err(|why| failed("closing inherited files", &why))?;
    // Out of the terminal's reach, so that an interrupt ends the tool first, which is noticed.
    let _ = setsid();
    // Orphans come to this process, where they are found and ended.
    prctl::set_child_subreaper(true).map_err(|why| failed("becoming the reaper", &why))?;
    namespaces(spec.namespaces).map_err(|why| failed("namespaces", &why))
}

/// Files that the tool inherited itself and would hand on: rules for paths do not hold for them.
fn close_inherited() -> io::Result<()> {
    let mut open = Vec::new();
    for entry in fs::read_dir("/proc/self/fd")? {
        let number = entry?.file_name().to_string_lossy().parse::<i32>().ok();
        open.extend(number.filter(|number| *number > 2));
    }
    for number in open {
        // One of them is the listing itself, closed by now.
        match close(number) {
            Ok(()) | Err(Errno::EBADF) => {}
            Err(why) => return Err(why.into()),
        }
    }
    Ok(())
}

fn namespaces(which: Namespaces) -> io::Result<()> {
    let apart = CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS;
    match which {
        Namespaces::None => Ok(()),
        Namespaces::Root => Ok(unshare(apart)?),
        Namespaces::User => {
            let own = fs::metadata("/proc/self")?;
            unshare(CloneFlags::CLONE_NEWUSER | apart)?;
            // The same numbers inside: programs that act differently for root are not misled.
            fs::write("/proc/self/setgroups", "deny")?;
            fs::write("/proc/self/uid_map", format!("{0} {0} 1", own.uid()))?;
            fs::write("/proc/self/gid_map", format!("{0} {0} 1", own.gid()))?;
            keep_capabilities()
        }
    }
}

/// Lets the init start with the capabilities of the new user namespace, which a user other than
/// root would lose there. It gives them up itself.
fn keep_capabilities() -> io::Result<()> {
    use rustix::thread::{
        CapabilitySet, capabilities, configure_capability_in_ambient_set, set_capabilities,
    };
    let mut own = capabilities(None)?;
    own.inheritable = own.permitted;
    set_capabilities(None, own)?;
    for capability in own.permitted.iter() {
        if capability == CapabilitySet::SYS_ADMIN {
            configure_capability_in_ambient_set(capability, true)?;
        }
    }
    Ok(())
}

fn start(place: &OsStr, program: &[OsString]) -> Result<Pid, String> {
    let exe = std::env::current_exe().map_err(|why| format!("the program itself: {why}"))?;
    let child = Command::new(exe)
        .args([OsStr::new(SUBCOMMAND), OsStr::new("init"), place])
        .args(program)
        .spawn()
        .map_err(|why| format!("starting the first process: {why}"))?;
    let id = i32::try_from(child.id()).map_err(|why| why.to_string())?;
    Ok(Pid::from_raw(id))
}

/// Until the init ends, a limit is passed, or nobody waits any more.
fn supervise(spec: &Spec, init: Pid, tool: u32) -> (u8, Option<Stop>) {
    let begin = Instant::now();
    let mut before = Usage::disk(&spec.access.write);
    let mut disk = Pace::default();
    let mut processes = Pace::default();
    let mut room = tree::free(&spec.access.write);
    let mut memory = tree::available_mb();
    let mut tasks = tree::all_tasks();
    let limits = &spec.limits;
    loop {
        let ended = reap(init);
        let mut passed = None;
        if ended.is_none() {
            if std::os::unix::process::parent_id() != tool
                || spec.stop.as_ref().is_some_and(|file| file.exists())
            {
                return (SETUP_FAILED, None);
            }
            if begin.elapsed().as_secs() >= limits.seconds {
                passed = Some((Limit::Time, limits.seconds));
            }
            let taken = memory.saturating_sub(tree::available_mb());
            let started = tree::all_tasks().saturating_sub(tasks);
            if taken > limits.memory_mb / 4 || started > limits.processes / 4 {
                processes.at_once();
            }
            let measured = processes.measure(|| {
                memory = tree::available_mb();
                tasks = tree::all_tasks();
                tree::usage()
            });
            let usage = measured.unwrap_or_default();
            if usage.memory_mb > limits.memory_mb {
                passed = passed.or(Some((Limit::Memory, limits.memory_mb)));
            }
            if usage.tasks > limits.processes {
                passed = passed.or(Some((Limit::Processes, limits.processes)));
            }
        }
        // What was written since the last look must not be overlooked because the run is over.
        if ended.is_some() || filled(&room, &spec.access.write, limits.disk_mb) {
            disk.at_once();
        }
        let measured = disk.measure(|| {
            room = tree::free(&spec.access.write);
            Usage::disk(&spec.access.write) + tree::deleted()
        });
        if let Some(now) = measured {
            // What cargo replaces makes room.
            before = before.min(now);
            if (now - before) >> 20 > limits.disk_mb {
                passed = passed.or(Some((Limit::Disk, limits.disk_mb)));
            }
        }
        if let Some((limit, bound)) = passed {
            let running = tree::running_scripts();
            let stop = Stop {
                limit,
                bound,
                running,
            };
            return (SETUP_FAILED, Some(stop));
        }
        if let Some(code) = ended {
            return (code, None);
        }
        sleep(TICK);
    }
}

/// A good part of the bound went from one of the file systems since the folders were measured,
/// whoever took it. Walking them is slow and has its pace; on a busy machine that is longer than
/// a fast writer needs. (Memory and the number of processes are looked at in the same way.)
fn filled(before: &[u64], folders: &[PathBuf], disk_mb: u64) -> bool {
    let now = tree::free(folders);
    let mut taken = before.iter().zip(now).map(|(b, n)| b.saturating_sub(n));
    taken.any(|bytes| bytes >> 20 > disk_mb / 4)
}

/// Collects ended processes; the exit code once the init is among them.
fn reap(init: Pid) -> Option<u8> {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, code)) if pid == init => {
                return Some(u8::try_from(code & 0xff).unwrap_or(u8::MAX));
            }
            Ok(WaitStatus::Signaled(pid, ..)) if pid == init => return Some(u8::MAX),
            Ok(WaitStatus::StillAlive) => return None,
            Ok(_) | Err(Errno::EINTR) => {}
            // No children: the init was collected before, which this function would have said.
            Err(_) => return Some(SETUP_FAILED),
        }
    }
}

/// Does something costly as often as it may.
#[derive(Default)]
struct Pace {
    next: Option<Instant>,
}

impl Pace {
    fn at_once(&mut self) {
        self.next = None;
    }

    fn measure<T>(&mut self, what: impl FnOnce() -> T) -> Option<T> {
        let begin = Instant::now();
        if self.next.is_some_and(|next| begin < next) {
            return None;
        }
        let value = what();
        let end = Instant::now();
        self.next = Some(end + (end - begin) * SHARE);
        Some(value)
    }
}
