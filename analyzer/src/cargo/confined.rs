//! The compile step in the sandbox: what it may reach, how it ended, what it was denied.
//!
//! Cargo runs inside with all that it starts, because proc macros run inside of rustc too. What
//! comes out was written by code that is not trusted, cargo's messages included: outputs outside
//! of the step's own folder, and links that lead out of it, are not taken.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use camino::{Utf8Path, Utf8PathBuf};

use super::build_scripts::Place;
use super::command::Tools;
use super::metadata::{Facts, manifest_dir};
use super::policy::holds_home;
use crate::options::Options;
use crate::sandbox::access::Access;
use crate::sandbox::{Compilers, Ended, Sandbox, configuration_files, denied_lines, own_program};

/// What came out of the step.
pub(super) struct Ran {
    pub(super) output: Output,
    /// The supervisor ended it: why, and during which scripts.
    pub(super) stopped: Option<String>,
}

/// Runs cargo's `command` confined, or says why that cannot be.
pub(super) fn run(
    command: &Command,
    tools: &Tools,
    options: &Options,
    facts: &Facts,
    place: &Place<'_>,
    compilers: Option<&Compilers>,
) -> Result<Ran, String> {
    let sandbox = Sandbox::probe().map_err(ToString::to_string)?;
    let home = tools
        .cargo_home()
        .ok_or("there is no home folder and no CARGO_HOME")?;
    let mut access = access(command, tools, facts, place, &home)?;
    let below = place.target_dir.strip_prefix(place.out_dir);
    let below = below.map_err(|why| why.to_string())?;
    let parts: Vec<&str> = below.components().map(|part| part.as_str()).collect();
    let build = Sandbox::own_folder(place.out_dir.as_std_path(), &parts);
    access.write(build.map_err(|why| why.to_string())?);
    access
        .read
        .extend(compilers.map(|it| it.folder().to_owned()));
    access.read.extend(own_program().map(Path::to_owned));
    let tool = place.out_dir.as_std_path();
    let mut confined = sandbox
        .confine(command, access, options.limits, tool)
        .map_err(|why| why.to_string())?;
    confined
        .command
        .env("CARGO_HOME", &home)
        .env("PATH", path_with(place.sysroot))
        .stdin(std::process::Stdio::null());
    let (output, ended) = confined.output().map_err(|why| why.to_string())?;
    let stopped = match ended {
        Ended::ByItself => None,
        Ended::NotStarted(why) => return Err(why),
        Ended::Stopped(stop) => Some(match stop.running.join(", ") {
            running if running.is_empty() => stop.to_string(),
            running => format!("{stop}, while the build script of {running} ran"),
        }),
    };
    Ok(Ran { output, stopped })
}

/// What a build of these packages reads.
fn access(
    command: &Command,
    tools: &Tools,
    facts: &Facts,
    place: &Place<'_>,
    home: &Path,
) -> Result<Access, String> {
    let mut access = Access::system();
    access.read(place.sysroot).cargo_home(home);
    for program in [command.get_program(), tools.rustc.as_os_str()] {
        let program = Path::new(program);
        if program.is_absolute() {
            access.read(program);
        }
    }
    for file in configuration_files(tools.dir.as_std_path(), home) {
        access.read(file);
    }
    // The workspace last: a package in it may lie below what is closed at its top.
    let packages = facts.packages().iter();
    let roots = packages.map(|package| (manifest_dir(package), package.source.is_some()));
    let roots = roots.chain([(facts.workspace_root().to_owned(), false)]);
    for (root, is_replaced) in roots {
        if holds_home(root.as_std_path()) {
            return Err(format!("`{root}` holds the home folder"));
        }
        let known = access.read.iter().any(|path| root.starts_with(path));
        match root.parent() {
            _ if known => {}
            // Replaced sources: cargo reads the whole folder of them.
            Some(parent) if is_replaced && !holds_home(parent.as_std_path()) => {
                access.read(parent);
            }
            _ => {
                access.sources(root.as_std_path());
            }
        }
    }
    Ok(access)
}

/// The toolchain's programs are found before those that the sandbox keeps closed.
fn path_with(sysroot: &Utf8Path) -> std::ffi::OsString {
    let own = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(sysroot.join("bin").into_std_path_buf());
    let folders: Vec<PathBuf> = folders.chain(std::env::split_paths(&own)).collect();
    std::env::join_paths(folders).unwrap_or(own)
}

/// Whether what is at `path` lies in the step's folder, all links followed.
pub(super) fn is_inside(path: &Utf8Path, target_dir: &Utf8Path) -> bool {
    match (path.canonicalize(), target_dir.canonicalize()) {
        (Ok(path), Ok(target_dir)) => path.starts_with(target_dir),
        _ => false,
    }
}

/// A link below the folder that leads out of the step's folder, if there is one.
pub(super) fn link_outside(folder: &Utf8Path, target_dir: &Utf8Path) -> Option<Utf8PathBuf> {
    let mut pending = vec![folder.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => pending.push(entry.into_path()),
                // One that leads nowhere is harmless, and stays so: nothing runs any more.
                Ok(kind) if kind.is_symlink() => {
                    let path = entry.into_path();
                    if path.exists() && !is_inside(&path, target_dir) {
                        return Some(path);
                    }
                }
                _ => {}
            }
        }
    }
    None
}

/// What programs said about being denied something: lines of cargo's errors, and of what cargo
/// keeps of each script's standard error.
pub(super) fn denials(target_dir: &Utf8Path) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for file in script_errors(target_dir) {
        let Some(package) = file.parent().and_then(Utf8Path::file_name) else {
            continue;
        };
        let package = package.rsplit_once('-').map_or(package, |(name, _)| name);
        let text = fs::read(&file).unwrap_or_default();
        for line in denied_lines(&String::from_utf8_lossy(&text)) {
            found.insert((package.to_owned(), line.to_owned()));
        }
    }
    found
}

/// `<target>/[<triple>/]<profile>/build/<package>-<hash>/stderr`.
fn script_errors(target_dir: &Utf8Path) -> Vec<Utf8PathBuf> {
    let below = |folder: &Utf8Path| -> Vec<Utf8PathBuf> {
        let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
        let is_dir = |kind: std::io::Result<fs::FileType>| kind.is_ok_and(|kind| kind.is_dir());
        entries
            .filter(|entry| is_dir(entry.file_type()))
            .map(camino::Utf8DirEntry::into_path)
            .collect()
    };
    let mut profiles = below(target_dir);
    profiles.extend(profiles.clone().iter().flat_map(|folder| below(folder)));
    let runs = profiles
        .iter()
        .flat_map(|folder| below(&folder.join("build")));
    let files = runs.map(|run| run.join("stderr"));
    files
        .filter(|file| fs::symlink_metadata(file).is_ok_and(|meta| meta.is_file()))
        .collect()
}
