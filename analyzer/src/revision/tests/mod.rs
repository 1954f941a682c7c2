//! Against real repositories, made by git in temporary folders.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use super::*;

mod hostile;
mod reading;

/// A repository with its work tree.
struct Repo {
    _folder: tempfile::TempDir,
    /// Outside of the work tree.
    beside: Utf8PathBuf,
    dir: Utf8PathBuf,
}

impl Repo {
    fn new() -> Self {
        Self::of_format("sha1")
    }

    fn of_format(format: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let beside = Utf8Path::from_path(folder.path()).unwrap();
        let beside = beside.canonicalize_utf8().unwrap();
        let dir = beside.join("repo");
        fs::create_dir(&dir).unwrap();
        let repo = Self {
            _folder: folder,
            beside,
            dir,
        };
        let format = format!("--object-format={format}");
        repo.git(&["init", "--quiet", "--initial-branch=main", &format]);
        repo
    }

    fn command(dir: &Utf8Path, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(dir);
        for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
            command.env_remove(variable);
        }
        for (variable, value) in [
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_AUTHOR_NAME", "a"),
            ("GIT_AUTHOR_EMAIL", "a@example.org"),
            ("GIT_COMMITTER_NAME", "c"),
            ("GIT_COMMITTER_EMAIL", "c@example.org"),
            ("GIT_AUTHOR_DATE", "1700000000 +0000"),
            ("GIT_COMMITTER_DATE", "1700000100 +0130"),
        ] {
            command.env(variable, value);
        }
        command
    }

    fn git_in(dir: &Utf8Path, arguments: &[&str]) -> String {
        let output = Self::command(dir, arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn git(&self, arguments: &[&str]) -> String {
        Self::git_in(&self.dir, arguments)
    }

    /// What git answers to bytes on its standard input.
    fn git_with(&self, arguments: &[&str], input: &[u8]) -> String {
        let mut command = Self::command(&self.dir, arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn commit(&self, title: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", title]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// A commit of a tree with these entries, whatever git itself would say to their names.
    fn commit_of_entries(&self, entries: &[(&str, &[u8], &str)]) -> String {
        let mut tree = Vec::new();
        for (mode, name, id) in entries {
            tree.extend_from_slice(mode.as_bytes());
            tree.push(b' ');
            tree.extend_from_slice(name);
            tree.push(0);
            for at in (0..id.len()).step_by(2) {
                tree.push(u8::from_str_radix(&id[at..at + 2], 16).unwrap());
            }
        }
        let id = self.tree(&tree);
        self.git(&["commit-tree", "-m", "made", &id])
    }

    fn tree(&self, content: &[u8]) -> String {
        self.git_with(
            &["hash-object", "-t", "tree", "-w", "--stdin", "--literally"],
            content,
        )
    }

    fn blob(&self, content: &[u8]) -> String {
        self.git_with(&["hash-object", "-w", "--stdin"], content)
    }

    fn open(&self) -> Repository {
        Repository::open(&self.dir).unwrap()
    }

    /// Everything of a commit, laid out and read back.
    fn laid_out(
        &self,
        repository: &Repository,
        revision: &str,
    ) -> (BTreeMap<String, String>, LaidOut) {
        let folder = self.beside.join("out");
        let commit = repository.resolve(revision).unwrap();
        let laid_out = repository.lay_out(&commit, &folder).unwrap();
        let files = contents(&folder);
        fs::remove_dir_all(&folder).unwrap();
        (files, laid_out)
    }
}

/// Files by their path, links as `-> target`.
fn contents(folder: &Utf8Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(dir) = pending.pop() {
        for entry in dir.read_dir_utf8().unwrap().map(Result::unwrap) {
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            let name = path.strip_prefix(folder).unwrap().as_str().to_owned();
            if kind.is_dir() {
                pending.push(path.to_owned());
            } else if kind.is_symlink() {
                found.insert(name, format!("-> {}", path.read_link_utf8().unwrap()));
            } else {
                let text = fs::read(path).unwrap();
                found.insert(name, String::from_utf8_lossy(&text).into_owned());
            }
        }
    }
    found
}

fn left_out(laid_out: &LaidOut) -> Vec<(&str, Why)> {
    let left_out = laid_out.left_out.iter();
    left_out.map(|it| (it.path.as_str(), it.why)).collect()
}
