//! What a command works with: where it writes, how it says what it is doing, and how it fails.

use std::io::{self, Write};

use camino::{Utf8Path, Utf8PathBuf};

use super::args::Color;
use super::{Analyzer, Cli, Terminal};
use crate::cargo::{Layout, layout_of};
use crate::error::{Error, Outcome};
use crate::model::Analysis;
use crate::options::Options;
use crate::own::journal::{Recovered, recover_above};
use crate::progress::{Mode, Progress};
use crate::report::paint::{BAD, FAINT, Paint, STRONG};
use crate::report::text::{no_command, sanitize};

/// Why a command did not come to an end.
pub(super) enum Failure {
    Analysis(Error),
    Output(io::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Analysis(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Output(error.into())
    }
}

/// What a command works with.
pub(super) struct Session<'a> {
    pub(super) analyze: &'a Analyzer<'a>,
    pub(super) out: &'a mut dyn Write,
    pub(super) err: &'a mut dyn Write,
    /// For `out`.
    pub(super) paint: Paint,
    pub(super) paint_err: Paint,
    pub(super) mode: Mode,
    pub(super) quiet: bool,
    pub(super) github: bool,
    /// Draw with ASCII only.
    pub(super) ascii: bool,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        cli: &Cli,
        terminal: Terminal,
        analyze: &'a Analyzer<'a>,
        out: &'a mut dyn Write,
        err: &'a mut dyn Write,
    ) -> Self {
        let color = |auto| match cli.output().map(|output| output.color) {
            Some(Color::Always) => true,
            Some(Color::Never) => false,
            Some(Color::Auto) | None => auto,
        };
        let quiet = cli.output().is_some_and(|output| output.quiet);
        let mode = match cli.output() {
            Some(output) if output.verbose > 1 => Mode::Timed,
            Some(output) if output.verbose > 0 => Mode::Log,
            Some(_) if terminal.progress && !quiet => Mode::Rewrite,
            _ => Mode::Silent,
        };
        Self {
            analyze,
            out,
            err,
            paint: Paint {
                on: color(terminal.color_out),
            },
            paint_err: Paint {
                on: color(terminal.color_err),
            },
            mode,
            quiet,
            github: terminal.github,
            ascii: terminal.ascii,
        }
    }

    pub(super) fn analyze(&mut self, options: &Options) -> Result<Analysis, Error> {
        self.settle(options.selection.manifest_path.as_deref())?;
        let analyze = self.analyze;
        self.progress(|progress| analyze(options, &|message| progress.say(message)))
    }

    /// Sets right what an interrupted change left in the workspace; every command that reads it
    /// calls this first.
    pub(super) fn settle(&mut self, manifest: Option<&Utf8Path>) -> Result<(), Error> {
        let here = std::env::current_dir().unwrap_or_default();
        let Some(here) = Utf8Path::from_path(&here) else {
            return Ok(());
        };
        let folder = here.join(manifest.and_then(Utf8Path::parent).unwrap_or(here));
        match recover_above(&folder)? {
            Some(Recovered::Restored) => {
                self.note("an interrupted change was taken back: the tree is as it was before");
            }
            Some(Recovered::Finished) => self.note("an interrupted change was finished"),
            None => {}
        }
        Ok(())
    }

    /// The workspace, for commands that look at it without an analysis.
    pub(super) fn layout(&mut self, manifest: Option<Utf8PathBuf>) -> Result<Layout, Error> {
        self.settle(manifest.as_deref())?;
        layout_of(manifest)
    }

    /// Runs something that takes a while.
    pub(super) fn progress<T>(&mut self, work: impl FnOnce(&Progress<'_>) -> T) -> T {
        let progress = Progress::new(self.mode, self.err);
        work(&progress)
    }

    /// Prints what the reader should know about the analysis, for outputs without a place
    /// for it.
    pub(super) fn notes(&mut self, analysis: &Analysis) {
        for notice in &analysis.project.notices {
            self.note(notice);
        }
        for notice in analysis.project.execution.notes() {
            self.note(&notice);
        }
    }

    pub(super) fn note(&mut self, text: &str) {
        if !self.quiet {
            let note = self.paint_err.paint(STRONG, "note");
            let _ = writeln!(self.err, "{note}: {}", no_command(&sanitize(text)));
        }
    }

    /// Two lines on stderr: what is wrong, and what to do about it.
    pub(super) fn fail(&mut self, failure: &Failure) -> Outcome {
        let (what, remedy) = match failure {
            Failure::Output(why) if why.kind() == io::ErrorKind::BrokenPipe => {
                return Outcome::Clean;
            }
            Failure::Output(why) => {
                let remedy = "check the disk or program that the output goes to";
                (format!("cannot write the output: {why}"), remedy.to_owned())
            }
            Failure::Analysis(error) => (error.to_string(), error.remedy()),
        };
        let error = self.paint_err.paint(BAD.bold(), "error");
        let help = self.paint_err.paint(FAINT, "help");
        // Nobody is left to tell when stderr is gone.
        let _ = writeln!(
            self.err,
            "{error}: {}\n  {help}: {}",
            safe(&what),
            safe(&remedy)
        );
        Outcome::Failed
    }
}

/// An error may quote several lines of cargo; they stay lines, the rest is made harmless.
fn safe(text: &str) -> String {
    let lines = text.trim_end().lines();
    let lines: Vec<_> = lines.map(|line| no_command(&sanitize(line))).collect();
    lines.join("\n    ")
}
