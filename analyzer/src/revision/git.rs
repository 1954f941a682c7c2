//! How `git` is called: plumbing that reads, on a repository that nobody trusts.
//!
//! Whoever wrote the tree may have written `.git` too, and its configuration names programs. So
//! only commands are used that need none (`rev-parse`, `rev-list`, `ls-tree`, `cat-file`,
//! `hash-object`, `ls-files`), and what could still start one, fetch, lie about history or write
//! is switched off on the command line and by the environment, which win over any file. The
//! repository is the one whose `.git` we found: git searches for none, and variables that point
//! it elsewhere are dropped. Git runs in the file system's root, so that no relative `PATH` finds
//! a program of the tree.
//!
//! What git says is read with limits: of bytes, and of time without any.

use std::env;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use crate::error::{Error, Result};

const CHUNK: usize = 64 << 10;
/// Of what git says on standard error, as much is kept.
const WORDS: usize = 4 << 10;
const NOTHING: &str = if cfg!(windows) { "NUL" } else { "/dev/null" };

/// What the repository's own configuration cannot say otherwise.
const SETTINGS: [&str; 11] = [
    // Programs.
    "core.fsmonitor=false",
    "core.pager=cat",
    "core.sshCommand=false",
    "credential.helper=",
    "log.showSignature=false",
    // A way to the network (`GIT_ALLOW_PROTOCOL` says it again).
    "protocol.allow=never",
    // Files that say something else about history than the objects do.
    "core.commitGraph=false",
    "core.useReplaceRefs=false",
    // What an abbreviation means.
    "core.disambiguate=committish",
    "core.untrackedCache=false",
    "gc.auto=0",
];

/// One repository.
#[derive(Debug)]
pub(super) struct Git {
    place: Utf8PathBuf,
    work_tree: Utf8PathBuf,
    /// Nothing for as long as this, and git is ended: a pipe in place of a file would block it.
    patience: Duration,
}

impl Git {
    /// The repository whose `.git` (a folder, or a file that names one) is in `work_tree`.
    pub(super) fn new(work_tree: &Utf8Path, patience: Duration) -> Self {
        Self {
            patience,
            place: work_tree.join(".git"),
            work_tree: work_tree.to_owned(),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        if let Some(root) = self.work_tree.ancestors().last() {
            command.current_dir(root);
        }
        for (variable, _) in env::vars_os() {
            if variable.to_string_lossy().starts_with("GIT_") {
                command.env_remove(variable);
            }
        }
        for (variable, value) in [
            ("GIT_DIR", self.place.as_str()),
            ("GIT_WORK_TREE", self.work_tree.as_str()),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", NOTHING),
            ("GIT_ATTR_NOSYSTEM", "1"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_NO_REPLACE_OBJECTS", "1"),
            ("GIT_GRAFT_FILE", NOTHING),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_ALLOW_PROTOCOL", "none"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_LITERAL_PATHSPECS", "1"),
            ("LC_ALL", "C"),
        ] {
            command.env(variable, value);
        }
        command.args(["--no-pager", "--no-replace-objects"]);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command.arg("-c").arg(format!("core.hooksPath={NOTHING}"));
        command.args(arguments);
        command
    }

    /// Starts git; what it says is read from the answer.
    pub(super) fn start(&self, arguments: &[&str]) -> Result<Running> {
        let mut command = self.command(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|why| Error::NoProgram {
            program: "git".to_owned(),
            why: why.to_string(),
        })?;
        let (Some(mut out), Some(err)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(Error::Git("its output cannot be read".to_owned()));
        };
        let (send, chunks) = sync_channel(4);
        std::thread::spawn(move || {
            let mut chunk = vec![0; CHUNK];
            // Ends when git does, or when nobody listens any more.
            while let Ok(length @ 1..) = out.read(&mut chunk) {
                if send.send(chunk[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        Ok(Running {
            input: child.stdin.take(),
            child,
            chunks,
            buffer: Vec::new(),
            words: Some(std::thread::spawn(move || first_words(err))),
            patience: self.patience,
        })
    }

    /// All that git says, if it is no more than `limit` bytes and git succeeds.
    pub(super) fn all(&self, arguments: &[&str], limit: usize) -> Result<Vec<u8>> {
        let mut running = self.start(arguments)?;
        running.no_input();
        let mut all = Vec::new();
        while running.fill()? {
            all.append(&mut running.buffer);
            if all.len() > limit {
                return Err(too_much(arguments));
            }
        }
        running.finish()?;
        Ok(all)
    }
}

fn too_much(arguments: &[&str]) -> Error {
    let command = arguments.first().copied().unwrap_or_default();
    Error::Git(format!("`git {command}` says more than can be true"))
}

/// The start of what is said on standard error; the rest is read and dropped.
fn first_words(mut err: impl Read) -> String {
    let mut words = Vec::new();
    let mut chunk = vec![0; WORDS];
    while let Ok(length @ 1..) = err.read(&mut chunk) {
        let room = WORDS - words.len();
        words.extend_from_slice(&chunk[..length.min(room)]);
    }
    String::from_utf8_lossy(&words).trim().to_owned()
}

/// A git that was started; ended when dropped.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    input: Option<ChildStdin>,
    chunks: Receiver<Vec<u8>>,
    buffer: Vec<u8>,
    words: Option<JoinHandle<String>>,
    patience: Duration,
}

impl Running {
    /// Nothing more is asked.
    pub(super) fn no_input(&mut self) {
        self.input = None;
    }

    /// Where requests are written to, for a thread of its own.
    pub(super) fn take_input(&mut self) -> Option<ChildStdin> {
        self.input.take()
    }

    /// One request to a git that answers them in turn.
    pub(super) fn ask(&mut self, request: &str) -> Result<()> {
        let asked = match &mut self.input {
            Some(input) => writeln!(input, "{request}").and_then(|()| input.flush()),
            None => Ok(()),
        };
        asked.map_err(|_| self.failure())
    }

    /// Takes in more of the output; false at its end.
    fn fill(&mut self) -> Result<bool> {
        match self.chunks.recv_timeout(self.patience) {
            Ok(mut chunk) => {
                self.buffer.append(&mut chunk);
                Ok(true)
            }
            Err(RecvTimeoutError::Disconnected) => Ok(false),
            Err(RecvTimeoutError::Timeout) => {
                let seconds = self.patience.as_secs();
                Err(Error::Git(format!("git said nothing for {seconds} s")))
            }
        }
    }

    /// The output up to `end`, which is taken off; `None` when there is no more.
    pub(super) fn until(&mut self, end: u8, limit: usize) -> Result<Option<Vec<u8>>> {
        let mut looked_at = 0;
        loop {
            let rest = &self.buffer[looked_at..];
            if let Some(at) = rest.iter().position(|&byte| byte == end) {
                let mut record: Vec<u8> = self.buffer.drain(..=looked_at + at).collect();
                record.pop();
                return Ok(Some(record));
            }
            looked_at = self.buffer.len();
            if looked_at > limit {
                return Err(Error::Git("git gave a line without an end".to_owned()));
            }
            if !self.fill()? {
                let torn = (!self.buffer.is_empty()).then(|| self.failure());
                return torn.map_or(Ok(None), Err);
            }
        }
    }

    /// Exactly `length` bytes.
    pub(super) fn exact(&mut self, length: usize) -> Result<Vec<u8>> {
        while self.buffer.len() < length {
            if !self.fill()? {
                return Err(self.failure());
            }
        }
        Ok(self.buffer.drain(..length).collect())
    }

    /// Why git ended before its time.
    pub(super) fn failure(&mut self) -> Error {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let words = self.words.take().and_then(|words| words.join().ok());
        let words = words.unwrap_or_default();
        let first = words.lines().next().unwrap_or_default();
        let first = first.trim_start_matches("fatal: ");
        Error::Git(match first {
            "" => "git failed and did not say why".to_owned(),
            said => said.to_owned(),
        })
    }

    /// Waits for the end, which has to be a good one. The output must have been read.
    pub(super) fn finish(mut self) -> Result<()> {
        self.input = None;
        let status = self.child.wait();
        if status.is_ok_and(|status| status.success()) {
            Ok(())
        } else {
            Err(self.failure())
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
