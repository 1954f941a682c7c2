//! The processes of a run, seen from outside through `/proc`: what they use, what they are, and
//! their end.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::statvfs::statvfs;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// What all processes of a run use together.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) tasks: u64,
    pub(super) memory_mb: u64,
}

pub(super) fn usage() -> Usage {
    let mut usage = Usage::default();
    let mut memory_kb = 0;
    for pid in all() {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        usage.tasks += field(&status, "Threads:");
        // Pages of files can be dropped; shared ones count for each process that maps them.
        memory_kb +=
            field(&status, "RssAnon:") + field(&status, "RssShmem:") + field(&status, "VmSwap:");
    }
    usage.memory_mb = memory_kb >> 10;
    usage
}

fn field(status: &str, name: &str) -> u64 {
    let value = status.lines().find_map(|line| line.strip_prefix(name));
    let number = value.and_then(|value| value.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Everything below the guard: the init and its descendants. Those whose parents ended belong to
/// the init, or to the guard where there is no namespace.
fn all() -> Vec<i32> {
    let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for pid in numbers("/proc") {
        if let Some(parent) = parent(pid) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let own = i32::try_from(std::process::id()).unwrap_or_default();
    let mut found = Vec::new();
    let mut pending = children.remove(&own).unwrap_or_default();
    while let Some(pid) = pending.pop() {
        found.push(pid);
        pending.extend(children.remove(&pid).into_iter().flatten());
    }
    found
}

fn numbers(folder: &str) -> impl Iterator<Item = i32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The name before it may hold anything, so the fields are counted from its last parenthesis.
fn parent(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after = stat.rsplit_once(')')?.1;
    after.split_whitespace().nth(1)?.parse().ok()
}

/// Packages whose build scripts run, by the folder cargo puts their executable in:
/// `…/build/<name>-<hash>/build-script-build`.
pub(super) fn running_scripts() -> Vec<String> {
    let exe = |pid: i32| fs::read_link(format!("/proc/{pid}/exe")).ok();
    let names: BTreeSet<String> = all()
        .into_iter()
        .filter_map(|pid| script_name(&exe(pid)?))
        .collect();
    names.into_iter().collect()
}

fn script_name(exe: &Path) -> Option<String> {
    let is_script = exe.file_name()?.to_str()?.starts_with("build-script");
    let folder = exe.parent()?.file_name()?.to_str()?;
    let (name, _) = folder.rsplit_once('-')?;
    is_script.then(|| name.to_owned())
}

impl Usage {
    /// Bytes that files below the folders take, each file once.
    pub(super) fn disk(folders: &[PathBuf]) -> u64 {
        let mut pending = folders.to_vec();
        let mut linked = BTreeSet::new();
        let mut bytes = 0;
        while let Some(folder) = pending.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                // Of a link itself, not of what it leads to.
                let Ok(meta) = entry.metadata() else { continue };
                if meta.is_dir() {
                    pending.push(entry.path());
                }
                if meta.nlink() < 2 || meta.is_dir() || linked.insert((meta.dev(), meta.ino())) {
                    bytes += meta.blocks() * 512;
                }
            }
        }
        bytes
    }
}

/// Bytes that are free where each folder is; 0 where the system does not say.
pub(super) fn free(folders: &[PathBuf]) -> Vec<u64> {
    let free = |folder: &PathBuf| {
        let facts = statvfs(folder).ok();
        facts.map_or(0, |facts| facts.blocks_free() * facts.fragment_size())
    };
    folders.iter().map(free).collect()
}

/// Memory that the whole machine has to give, in MB; 0 where the system does not say.
pub(super) fn available_mb() -> u64 {
    let facts = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    field(&facts, "MemAvailable:") >> 10
}

/// Processes and threads of the whole machine; 0 where the system does not say.
pub(super) fn all_tasks() -> u64 {
    // "0.20 0.18 0.12 1/80 11206": how many run, and how many there are.
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let tasks = load.split_whitespace().nth(3).unwrap_or_default();
    let total = tasks.split_once('/').map(|(_, total)| total);
    total.and_then(|total| total.parse().ok()).unwrap_or(0)
}

/// Bytes of files without a name that a process still holds open.
pub(super) fn deleted() -> u64 {
    let mut seen = BTreeSet::new();
    let mut bytes = 0;
    for pid in all() {
        for number in numbers(&format!("/proc/{pid}/fd")) {
            let Ok(meta) = fs::metadata(format!("/proc/{pid}/fd/{number}")) else {
                continue;
            };
            if meta.is_file() && meta.nlink() == 0 && seen.insert((meta.dev(), meta.ino())) {
                bytes += meta.blocks() * 512;
            }
        }
    }
    bytes
}

/// Ends every process of the run. In a namespace the kernel does it with the init; otherwise all
/// are stopped first, so that none starts another while they are ended.
pub(super) fn end_all(init: Pid) {
    let _ = kill(init, Signal::SIGKILL);
    loop {
        for signal in [Signal::SIGSTOP, Signal::SIGKILL] {
            for pid in all() {
                let _ = kill(Pid::from_raw(pid), signal);
            }
        }
        loop {
            match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) => break,
                Ok(_) => {}
                Err(_) => return,
            }
        }
        sleep(Duration::from_millis(2));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_proc_says() {
        let status = "Name:\tx\nThreads:\t7\nRssAnon:\t    2048 kB\n";
        assert_eq!(
            (field(status, "Threads:"), field(status, "RssAnon:")),
            (7, 2048)
        );
        assert_eq!(field(status, "VmSwap:"), 0);
        // This process and the one that started it.
        assert!(all_tasks() >= 2);
        let exe = Path::new("/t/debug/build/some-name-0123456789abcdef/build-script-build");
        assert_eq!(script_name(exe).as_deref(), Some("some-name"));
        assert_eq!(script_name(Path::new("/usr/bin/cc")), None);
    }
}
