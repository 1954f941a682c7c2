//! What code in the sandbox may read and write.
//!
//! Takes the places of a build, gives lists of paths. Reading is by permission only: the
//! toolchain, the system's programs and libraries, cargo's registry and git checkouts, the
//! packages being built. Not the home folder, not cargo's credentials, not what lies at the top
//! of a package and usually holds secrets. Rules are for whole subtrees and cannot be taken back
//! below, so a package's folder is permitted entry by entry where one of them must stay closed.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::config_files::system_git_configuration;

/// Paths by what may be done with all that is below them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Access {
    /// Read and execute.
    pub(crate) read: Vec<PathBuf>,
    /// See the names of entries.
    pub(crate) list: Vec<PathBuf>,
    /// Read, write and execute regular files, folders and symbolic links.
    pub(crate) write: Vec<PathBuf>,
}

/// Programs and libraries; of `/etc` what the dynamic linker and compilers look at.
const SYSTEM: [&str; 19] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/nix/store",
    "/gnu/store",
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/os-release",
    "/etc/debian_version",
    "/sys/devices/system/cpu",
    "/dev/urandom",
    "/dev/random",
];

/// What programs ask the kernel about the machine.
const PROC: [&str; 7] = [
    "/proc/cpuinfo",
    "/proc/filesystems",
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/version",
    "/proc/sys/vm/overcommit_memory",
];

pub(super) const DEVICES: [&str; 3] = ["/dev/null", "/dev/zero", "/dev/full"];

/// Entries at the top of a package or workspace that stay closed. `target` is other builds'.
const CLOSED: [&str; 13] = [
    ".aws", ".azure", ".config", ".docker", ".git", ".gnupg", ".gcloud", ".kube", ".netrc",
    ".npmrc", ".pypirc", ".ssh", "target",
];

/// Of `.git`, what build scripts read to learn the commit, and cargo to list a package's files: a
/// repository whose index it cannot open is an error to it. Its `config` may hold a password.
const GIT: [&str; 6] = [
    "HEAD",
    "packed-refs",
    "refs",
    "logs/HEAD",
    "index",
    "info/exclude",
];

/// Cargo's folders of sources; not `credentials.toml`, nor programs that the user installed.
const CARGO_HOME: [&str; 6] = [
    "registry/index",
    "registry/cache",
    "registry/src",
    "registry/CACHEDIR.TAG",
    "git/db",
    "git/checkouts",
];

impl Access {
    /// What every build on this machine needs.
    pub(crate) fn system() -> Self {
        Self {
            read: SYSTEM
                .iter()
                .chain(&PROC)
                .map(PathBuf::from)
                .chain(system_git_configuration())
                .collect(),
            ..Self::default()
        }
    }

    pub(crate) fn read(&mut self, path: impl Into<PathBuf>) -> &mut Self {
        self.read.push(path.into());
        self
    }

    pub(crate) fn write(&mut self, path: impl Into<PathBuf>) -> &mut Self {
        self.write.push(path.into());
        self
    }

    /// Sources that cargo keeps.
    pub(crate) fn cargo_home(&mut self, home: &Path) -> &mut Self {
        self.read.extend(CARGO_HOME.map(|part| home.join(part)));
        self
    }

    /// A package or workspace, without what must stay closed at its top.
    pub(crate) fn sources(&mut self, root: &Path) -> &mut Self {
        let covered = self.read.iter().any(|path| root.starts_with(path));
        if covered || self.list.iter().any(|path| path == root) {
            return self;
        }
        self.list.push(root.to_owned());
        let entries = fs::read_dir(root).into_iter().flatten().flatten();
        let mut open: Vec<PathBuf> = entries
            .filter(|entry| !is_closed(&entry.file_name().to_string_lossy()))
            // What a link leads to has its own permission or none.
            .filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_symlink()))
            .map(|entry| entry.path())
            .collect();
        open.extend(GIT.map(|part| root.join(".git").join(part)));
        open.sort();
        self.read.extend(open);
        self
    }
}

fn is_closed(name: &str) -> bool {
    CLOSED.contains(&name) || name.starts_with(".env") || name.starts_with("credentials")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_at_the_top_of_a_package_stay_closed() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        for name in ["src", "target", ".git", ".ssh", ".cargo"] {
            fs::create_dir(root.join(name)).expect("a folder");
        }
        for name in ["Cargo.toml", ".env", ".env.local", "build.rs"] {
            fs::write(root.join(name), "").expect("a file");
        }
        let mut access = Access::default();
        access.sources(root).sources(root);
        let open: Vec<String> = access
            .read
            .iter()
            .map(|path| {
                path.strip_prefix(root)
                    .expect("below")
                    .display()
                    .to_string()
            })
            .collect();
        let git = [
            ".git/HEAD",
            ".git/index",
            ".git/info/exclude",
            ".git/logs/HEAD",
            ".git/packed-refs",
            ".git/refs",
        ];
        let mut expected = vec![".cargo", "Cargo.toml", "build.rs", "src"];
        expected.extend(git);
        expected.sort_unstable();
        assert_eq!(open, expected);
        assert_eq!(access.list, [root]);
    }
}
