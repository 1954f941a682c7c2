//! The proc-macro server: the toolchain's own program, run as a child process, in the sandbox
//! unless the policy is `trust`.
//!
//! Without it (it is not installed, or the policy is `never`) proc macros stay unexpanded and
//! what they may hide becomes `unknown`. A macro that never answers would keep the analysis
//! waiting, so the server is ended when one expansion takes too long; what it had not expanded
//! by then is unknown too.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use ra_ap_hir_expand::proc_macro::ProcMacroLoadResult;
use ra_ap_paths::AbsPathBuf;
use ra_ap_proc_macro_api::process::ProcessExit;
use ra_ap_proc_macro_api::{ProcMacroClient, ServerError};

use super::macro_models::{self, Refused};
use crate::execution::Denied;
use crate::model::{Project, Unit};
use crate::options::ExecPolicy;
use crate::sandbox::access::Access;
use crate::sandbox::{Ended, Folder, Limits, Sandbox};

pub(crate) struct MacroServer {
    client: Option<ProcMacroClient>,
    notices: Vec<String>,
    running: Arc<Mutex<Running>>,
    refused: Refused,
}

impl MacroServer {
    /// Starts it when a proc macro was built; says in a notice why when it can't.
    pub(crate) fn start(project: &Project) -> Self {
        let mut server = Self {
            client: None,
            notices: Vec::new(),
            running: Arc::default(),
            refused: Refused::default(),
        };
        // Under `never` only macros that the user allowed were compiled.
        if project
            .units
            .iter()
            .all(|unit| unit.proc_macro_dylib.is_none())
        {
            return server;
        }
        let Some(path) = &project.toolchain.proc_macro_srv else {
            server
                .notices
                .push("the toolchain has no proc-macro server: macros stay unexpanded".into());
            return server;
        };
        let path = AbsPathBuf::assert_utf8(path.clone().into_std_path_buf());
        let version = project.toolchain.version.parse().ok();
        let running = Arc::clone(&server.running);
        let spawn = |_| spawn(project, &running);
        match ProcMacroClient::with_io_channels(&path, spawn, version.as_ref(), 1) {
            Ok(client) => server.client = Some(client),
            Err(why) => server
                .notices
                .push(format!("the proc-macro server did not start: {why}")),
        }
        server
    }

    /// Whether macros are expanded by programs of the tree.
    pub(crate) fn is_on(&self) -> bool {
        self.client.is_some()
    }

    /// The macros of one crate, or why there are none.
    ///
    /// One that was not compiled has its models, if there are any.
    pub(crate) fn load(&mut self, project: &Project, unit: &Unit) -> ProcMacroLoadResult {
        let modelled = || macro_models::load(project, unit, &self.refused);
        let Some(client) = &self.client else {
            return modelled();
        };
        let Some(dylib) = &unit.proc_macro_dylib else {
            return modelled();
        };
        let path = AbsPathBuf::assert_utf8(dylib.clone().into_std_path_buf());
        let result = ra_ap_load_cargo::load_proc_macro(client, &path, &[]);
        if let Err(why) = &result {
            self.notices.push(format!(
                "proc macro `{}` did not load: {why}",
                unit.crate_name
            ));
        }
        result
    }

    /// Whether a model refused a call, so far.
    pub(crate) fn was_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    pub(crate) fn take_notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notices)
    }

    /// Ends the server, though the database holds on to its macros.
    pub(crate) fn end(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.end();
        running.folder = None;
    }

    /// What happened to the server while macros were expanded.
    pub(crate) fn events(&self) -> (Vec<String>, Vec<Denied>) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.events()
    }
}

/// The server's process, and what it is doing.
#[derive(Default)]
struct Running {
    child: Option<Child>,
    folder: Option<Folder>,
    /// When the request was sent that it works on.
    since: Option<Instant>,
    stopped: Option<String>,
}

type Channels = (
    Box<dyn ProcessExit>,
    Box<dyn Write + Send + Sync>,
    Box<dyn BufRead + Send + Sync>,
);

fn spawn(project: &Project, running: &Arc<Mutex<Running>>) -> io::Result<Channels> {
    let missing = || io::Error::other("no proc-macro server");
    let server = project.toolchain.proc_macro_srv.as_ref();
    let mut command = Command::new(server.ok_or_else(missing)?);
    let folder;
    if project.exec == ExecPolicy::Trust {
        folder = None;
        // What a macro prints may be made for a terminal.
        command.stderr(Stdio::null());
    } else {
        let sandbox = Sandbox::probe().map_err(|why| io::Error::other(why.to_string()))?;
        let limits = Limits {
            // As long as the analysis; what is bounded is one expansion.
            seconds: u64::MAX,
            ..project.limits
        };
        let tool = project.out_dir.as_std_path();
        let confined = sandbox.confine(&command, access(project), limits, tool)?;
        let log = std::fs::File::create(confined.folder.scratch().join("stderr"))?;
        (command, folder) = (confined.command, Some(confined.folder));
        command.stderr(log);
    }
    let mut child = command
        .env("RUST_ANALYZER_INTERNALS_DO_NOT_USE", "this is unstable")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let (input, output) = input.zip(output).ok_or_else(missing)?;
    let mut state = running.lock().unwrap_or_else(PoisonError::into_inner);
    (state.child, state.folder) = (Some(child), folder);
    drop(state);
    let seconds = project.limits.expansion_seconds;
    watch(Arc::downgrade(running), Duration::from_secs(seconds))?;
    Ok((
        Box::new(Exit(Arc::clone(running))),
        Box::new(Requests(input, Arc::clone(running))),
        Box::new(Answers(BufReader::new(output), Arc::clone(running))),
    ))
}

/// What macros may read: sources, as the compiler reads them, and what build scripts made.
fn access(project: &Project) -> Access {
    let mut access = Access::system();
    access.read(&project.toolchain.sysroot);
    for made in ["build", "compiled", "allowed"] {
        access.read(project.out_dir.join("sandbox").join(made));
    }
    for package in &project.packages {
        access.sources(package.manifest_dir.as_std_path());
    }
    access.sources(project.workspace_root.as_std_path());
    access
}

/// Ends the server when an answer takes longer than `patience`.
fn watch(running: Weak<Mutex<Running>>, patience: Duration) -> io::Result<()> {
    let pause = (patience / 20).clamp(Duration::from_millis(5), Duration::from_secs(1));
    let work = move || {
        while let Some(running) = running.upgrade() {
            let mut state = running.lock().unwrap_or_else(PoisonError::into_inner);
            if state.since.is_some_and(|since| since.elapsed() > patience) {
                let seconds = patience.as_secs();
                state.end();
                state.stopped = Some(format!("one expansion took more than {seconds} s"));
                return;
            }
            drop(state);
            drop(running);
            std::thread::sleep(pause);
        }
    };
    let name = "macro-watch".to_owned();
    std::thread::Builder::new().name(name).spawn(work)?;
    Ok(())
}

impl Running {
    /// Ends the process and everything it started.
    fn end(&mut self) {
        self.since = None;
        if let Some(mut child) = self.child.take() {
            if let Some(folder) = &self.folder {
                folder.end(&mut child);
            } else {
                let _ = child.kill();
                let _ = child.wait();
            }
        }
    }

    fn events(&self) -> (Vec<String>, Vec<Denied>) {
        let ended = self.folder.as_ref().map(Folder::ended);
        let stopped = match ended {
            Some(Ended::Stopped(stop)) => Some(format!("the sandbox {stop}")),
            Some(Ended::NotStarted(why)) => Some(why),
            Some(Ended::ByItself) | None => None,
        };
        let why = self.stopped.clone().or(stopped);
        let end = why.map(|why| {
            format!("the proc-macro server was ended: {why}; what it had not expanded is unknown")
        });
        let log = self.folder.iter().flat_map(|folder| {
            let log = std::fs::read(folder.scratch().join("stderr")).unwrap_or_default();
            let log = String::from_utf8_lossy(&log).into_owned();
            let denied = crate::sandbox::denied_lines(&log);
            let denied = denied.map(|line| Denied {
                by: "proc macro".into(),
                krate: None,
                said: line.to_owned(),
            });
            denied.collect::<Vec<_>>()
        });
        let denied: BTreeSet<Denied> = log.collect();
        (end.into_iter().collect(), denied.into_iter().collect())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

struct Exit(Arc<Mutex<Running>>);

impl ProcessExit for Exit {
    fn exit_err(&mut self) -> Option<ServerError> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = match &mut state.child {
            Some(child) => child
                .try_wait()
                .ok()
                .flatten()
                .map(|status| status.to_string()),
            None => Some(
                state
                    .stopped
                    .clone()
                    .unwrap_or_else(|| "stopped".to_owned()),
            ),
        };
        ended.map(|why| ServerError {
            message: format!("the proc-macro server ended: {why}"),
            io: None,
        })
    }
}

/// Writes to the server; with the last byte of a request it starts to work.
struct Requests<W>(W, Arc<Mutex<Running>>);

impl<W: Write> Write for Requests<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1.lock().unwrap_or_else(PoisonError::into_inner).since = Some(Instant::now());
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Reads from the server; with the first byte of an answer the work is done.
struct Answers<R>(R, Arc<Mutex<Running>>);

impl<R: BufRead> Read for Answers<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.0.read(to)
    }
}

impl<R: BufRead> BufRead for Answers<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let bytes = self.0.fill_buf();
        self.1.lock().unwrap_or_else(PoisonError::into_inner).since = None;
        bytes
    }

    fn consume(&mut self, count: usize) {
        self.0.consume(count);
    }
}
