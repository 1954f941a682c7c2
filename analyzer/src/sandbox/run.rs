//! One confined command: its folder, its environment, its start and how it ended.
//!
//! The folder `<whittle>/sandbox/run-…` holds what the guard reads and writes; below it, `tmp`
//! alone is for the code inside. It goes away with the [`Confined`].

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use super::access::Access;
use super::limits::{Limits, Stop};
use super::{Sandbox, environment};

/// A folder of this process alone, removed at the end.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Below the tool's own folder, which the analysed tree must not have made a link to
    /// somewhere else: what is below becomes writable for its code.
    fn new(tool: &Path) -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("run-{}-{number}", std::process::id());
        remove_abandoned(&own_folder(tool, &["sandbox"])?);
        let path = own_folder(tool, &["sandbox", &name])?;
        own_folder(&path, &["tmp", "home"])?;
        Ok(Self(path))
    }

    fn tmp(&self) -> PathBuf {
        self.0.join("tmp")
    }

    fn result(&self) -> PathBuf {
        self.0.join("result.json")
    }

    fn stop(&self) -> PathBuf {
        self.0.join("stop")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Folders of processes that were killed.
fn remove_abandoned(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix("run-"));
        let pid = pid.and_then(|rest| rest.split('-').next()?.parse::<u32>().ok());
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid.to_string()).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Makes folders below `parent`, refusing links in their place.
pub(super) fn own_folder(parent: &Path, names: &[&str]) -> io::Result<PathBuf> {
    fs::create_dir_all(parent)?;
    if fs::symlink_metadata(parent)?.is_symlink() {
        return Err(not_ours(parent));
    }
    let mut path = parent.to_owned();
    for name in names {
        path.push(name);
        match fs::create_dir(&path) {
            Err(why) if why.kind() != io::ErrorKind::AlreadyExists => return Err(why),
            _ if !fs::symlink_metadata(&path)?.is_dir() => return Err(not_ours(&path)),
            _ => {}
        }
    }
    Ok(path)
}

fn not_ours(path: &Path) -> io::Error {
    let what = format!("`{}` is not a folder of this tool", path.display());
    io::Error::other(what)
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    ByItself,
    Stopped(Stop),
    NotStarted(String),
}

/// A command that was made safe to start.
#[derive(Debug)]
pub(crate) struct Confined {
    pub(crate) command: Command,
    pub(crate) folder: Folder,
}

impl Sandbox {
    /// Makes folders below the tool's own, refusing links in their place.
    pub(crate) fn own_folder(tool: &Path, names: &[&str]) -> io::Result<PathBuf> {
        own_folder(tool, names)
    }

    /// Puts a command into the sandbox. `tool` is the tool's own folder (`<target>/whittle`).
    ///
    /// The command's folder, arguments and environment are kept, the last without what it
    /// inherits beyond a build's needs; its standard streams are those that `command` of the
    /// result gets.
    pub(crate) fn confine(
        &self,
        command: &Command,
        mut access: Access,
        limits: Limits,
        tool: &Path,
    ) -> io::Result<Confined> {
        let folder = Folder::new(tool)?;
        access.write(folder.tmp());
        let mut confined = self.start(command, access, limits, &folder)?;
        confined
            .env_clear()
            .envs(environment::cleaned(std::env::vars_os(), command))
            .env("TMPDIR", folder.tmp())
            .env("HOME", folder.tmp().join("home"));
        if let Some(dir) = command.get_current_dir() {
            confined.current_dir(dir);
        }
        Ok(Confined {
            command: confined,
            folder,
        })
    }

    #[cfg(target_os = "linux")]
    fn start(
        &self,
        command: &Command,
        access: Access,
        limits: Limits,
        folder: &Folder,
    ) -> io::Result<Command> {
        let spec = super::linux::Spec {
            namespaces: self.namespaces,
            access,
            limits,
            result: Some(folder.result()),
            stop: Some(folder.stop()),
        };
        let place = folder.0.join("spec.json");
        fs::write(&place, serde_json::to_vec(&spec)?)?;
        let mut start = Command::new(&self.exe);
        start
            .args([super::linux::SUBCOMMAND, "guard"])
            .arg(place)
            .arg(command.get_program())
            .args(command.get_args());
        Ok(start)
    }

    #[cfg(not(target_os = "linux"))]
    fn start(&self, _: &Command, _: Access, _: Limits, _: &Folder) -> io::Result<Command> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl Confined {
    /// Runs to the end and captures both streams.
    pub(crate) fn output(mut self) -> io::Result<(Output, Ended)> {
        let output = self.command.output()?;
        Ok((output, self.folder.ended()))
    }
}

impl Folder {
    /// Asks the guard to end the run, and waits until it did.
    pub(crate) fn end(&self, child: &mut Child) {
        let _ = fs::write(self.stop(), "");
        let _ = child.wait();
    }

    /// What the guard said, once it is gone.
    pub(crate) fn ended(&self) -> Ended {
        #[cfg(target_os = "linux")]
        {
            use super::linux::RunResult;
            let text = fs::read_to_string(self.result()).unwrap_or_default();
            match serde_json::from_str(&text) {
                Ok(RunResult::Stopped(stop)) => return Ended::Stopped(stop),
                Ok(RunResult::NotStarted(why)) => return Ended::NotStarted(why),
                Err(_) => {}
            }
        }
        Ended::ByItself
    }

    /// Where the code inside may write what nobody keeps.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.tmp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_link_is_no_folder_of_ours() {
        let folder = tempfile::tempdir().expect("a folder");
        let (tool, other) = (folder.path().join("tool"), folder.path().join("other"));
        fs::create_dir(&other).expect("a folder");
        assert!(own_folder(&tool, &["a", "b"]).is_ok_and(|path| path.is_dir()));
        std::os::unix::fs::symlink(&other, tool.join("link")).expect("a link");
        assert!(own_folder(&tool, &["link"]).is_err());
        assert!(own_folder(&tool.join("link"), &["c"]).is_err());
        assert!(own_folder(&tool, &["link", "c"]).is_err() && !other.join("c").exists());
    }
}
