//! The self-test that runs inside, before anything else does: attempts what must not be
//! possible. The kernel's own word for what it supports is not taken.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::path::Path;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

/// Says on standard output what was possible; the exit code is 0 when nothing was.
///
/// Takes the tool's process id and a file that the tool can read and change, outside of what the
/// run permits.
pub(super) fn run(arguments: &[OsString]) -> u8 {
    let [tool, file] = arguments else {
        return super::SETUP_FAILED;
    };
    let possible = possible(tool, Path::new(file));
    println!("{}", possible.join(", "));
    u8::from(!possible.is_empty())
}

fn possible(tool: &OsString, file: &Path) -> Vec<&'static str> {
    let denied = |kind: ErrorKind| {
        matches!(
            kind,
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
        )
    };
    let failed = |result: std::io::Result<()>| result.is_err_and(|why| denied(why.kind()));
    let attempts = [
        ("reading a file", failed(fs::read(file).map(drop))),
        ("changing a file's mode", failed(same_mode(file))),
        ("making a file", failed(make())),
        (
            "a TCP connection",
            failed(TcpStream::connect("127.0.0.1:9").map(drop)),
        ),
        (
            "a TCP listener",
            failed(TcpListener::bind("127.0.0.1:0").map(drop)),
        ),
        (
            "a UDP socket",
            failed(UdpSocket::bind("127.0.0.1:0").map(drop)),
        ),
        ("a unix socket", failed(UnixStream::connect("/").map(drop))),
        ("a signal to the tool", cannot_signal(tool)),
    ];
    let possible = attempts.into_iter().filter(|(_, denied)| !denied);
    possible.map(|(what, _)| what).collect()
}

/// Leaves nothing behind where it can.
fn make() -> std::io::Result<()> {
    let place = std::env::temp_dir().join(format!("cargo-whittle-{}", std::process::id()));
    fs::File::create_new(&place)?;
    fs::remove_file(&place)
}

fn same_mode(file: &Path) -> std::io::Result<()> {
    fs::set_permissions(file, fs::metadata(file)?.permissions())
}

/// The tool's number is nobody's here, or it is out of reach.
fn cannot_signal(tool: &OsString) -> bool {
    let Some(pid) = tool.to_str().and_then(|text| text.parse().ok()) else {
        return false;
    };
    matches!(
        kill(Pid::from_raw(pid), None),
        Err(Errno::ESRCH | Errno::EPERM)
    )
}
