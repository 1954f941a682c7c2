//! Compiles what may be compiled and nothing else: the rustc wrapper of runs in which only some
//! crates of the tree are allowed.
//!
//! Cargo starts this program in place of the compiler ([`compile_only`] says so in the
//! environment). A crate whose folder is not listed is not compiled; what needs it is not
//! either, so no build script or proc macro comes to life that is not allowed with all that it
//! is made of, whatever cargo's graph looks like.

#![cfg_attr(
    not(target_os = "linux"),
    allow(
        dead_code,
        unused_imports,
        reason = "there is no sandbox to play a role in"
    )
)]

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::Command;

use camino::Utf8PathBuf;

use super::own_program;

/// Folders that may be compiled, as a list of paths.
const LIST: &str = "WHITTLE_COMPILE_ONLY";
/// What cargo sets when it compiles a package, and not when it asks the compiler about itself.
const FOLDER: &str = "CARGO_MANIFEST_DIR";

/// Makes cargo's `command` compile nothing but packages in these folders.
pub(crate) fn compile_only<'a>(
    command: &mut Command,
    folders: impl Iterator<Item = &'a Utf8PathBuf>,
) -> io::Result<()> {
    let program = own_program().ok_or_else(|| io::Error::other("no program to compile with"))?;
    let list = env::join_paths(folders).map_err(io::Error::other)?;
    command
        .env("RUSTC_WRAPPER", program)
        .env("RUSTC_WORKSPACE_WRAPPER", "")
        .env(LIST, list);
    Ok(())
}

/// Plays the wrapper when the environment asks for it: the compiler's path, then its arguments.
#[cfg(target_os = "linux")]
pub(super) fn enter(mut args: impl Iterator<Item = OsString>) -> Option<u8> {
    use std::os::unix::process::CommandExt;

    let list = env::var_os(LIST)?;
    let compiler = args.next()?;
    let folder = env::var_os(FOLDER);
    if !may_compile(folder.as_deref(), &list) {
        let folder = folder.unwrap_or_default();
        eprintln!(
            "`{}` is not allowed to run, so it is not compiled",
            folder.display()
        );
        return Some(super::linux::SETUP_FAILED);
    }
    let why = Command::new(&compiler).args(args).exec();
    eprintln!("`{}`: {why}", compiler.display());
    Some(super::linux::SETUP_FAILED)
}

/// Cargo's questions about the compiler itself have no folder.
fn may_compile(folder: Option<&OsStr>, list: &OsStr) -> bool {
    folder.is_none_or(|folder| env::split_paths(list).any(|listed| listed == Path::new(folder)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_listed_folders() {
        let list = env::join_paths(["/registry/a-1.0.0", "/registry/b-1.0.0"]).expect("a list");
        let may = |folder: &str| may_compile(Some(OsStr::new(folder)), &list);
        assert!(may("/registry/a-1.0.0") && may("/registry/b-1.0.0"));
        assert!(may_compile(None, &list));
        for other in [
            "",
            "/",
            "/registry",
            "/registry/a-1.0.0/sub",
            "/registry/a-1.0.1",
        ] {
            assert!(!may(other), "{other}");
        }
    }
}
