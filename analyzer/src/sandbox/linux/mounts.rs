//! The file system as the sandbox's own mount namespace has it: read-only but for the writable
//! folders, with a `/proc` that shows the sandbox's processes only.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

const NONE: Option<&str> = None;

/// Puts a new `/proc` over the system's. Fails inside of containers that hide parts of theirs.
pub(super) fn own_proc() -> bool {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("proc"), "/proc", Some("proc"), flags, NONE).is_ok()
}

/// No mount made from now on is seen outside, not by the guard either: it measures through the
/// system's `/proc`, and writes.
pub(super) fn private() -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    let flags = MsFlags::MS_PRIVATE | MsFlags::MS_REC;
    Ok(mount(NONE, "/", NONE, flags, NONE)?)
}

/// Every mount read-only, for this namespace alone, and the folders mounted once more onto
/// themselves, writable.
pub(super) fn read_only_but(writable: &[PathBuf]) -> io::Result<()> {
    let before = mounts()?;
    for folder in writable {
        let flags = MsFlags::MS_BIND;
        mount(Some(folder), folder, NONE, flags, NONE)?;
    }
    for (point, flags) in before {
        // A mount point that a later mount covers is out of everybody's reach.
        let flags = flags | MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
        mount(NONE, &point, NONE, flags, NONE)?;
    }
    Ok(())
}

/// Mount points with the flags that must not be lost in a user namespace.
fn mounts() -> io::Result<Vec<(PathBuf, MsFlags)>> {
    let text = fs::read_to_string("/proc/self/mountinfo")?;
    Ok(text.lines().filter_map(parse).collect())
}

fn parse(line: &str) -> Option<(PathBuf, MsFlags)> {
    let mut fields = line.split(' ').skip(4);
    let (point, options) = (fields.next()?, fields.next()?);
    let mut flags = MsFlags::empty();
    for option in options.split(',') {
        flags |= match option {
            "nosuid" => MsFlags::MS_NOSUID,
            "nodev" => MsFlags::MS_NODEV,
            "noexec" => MsFlags::MS_NOEXEC,
            "noatime" => MsFlags::MS_NOATIME,
            "nodiratime" => MsFlags::MS_NODIRATIME,
            "relatime" => MsFlags::MS_RELATIME,
            _ => MsFlags::empty(),
        };
    }
    if !flags.intersects(MsFlags::MS_NOATIME | MsFlags::MS_RELATIME) {
        flags |= MsFlags::MS_STRICTATIME;
    }
    Some((unescape(point), flags))
}

/// Spaces and the like stand as three octal digits.
fn unescape(text: &str) -> PathBuf {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after
            .get(..3)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let code = code.and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match code {
            Some(code) if first == b'\\' => {
                bytes.push(code);
                rest = &after[3..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    Path::new(&std::ffi::OsString::from_vec(bytes)).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_mountinfo() {
        let line = r"36 35 98:0 /mnt1 /mnt\0402/x ro,nosuid,noatime master:1 - ext3 /dev/root rw";
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NOATIME;
        assert_eq!(parse(line), Some((PathBuf::from("/mnt 2/x"), flags)));
        let line = "27 1 254:0 / / rw - ext4 /dev/vda rw";
        assert_eq!(
            parse(line),
            Some((PathBuf::from("/"), MsFlags::MS_STRICTATIME))
        );
    }
}
