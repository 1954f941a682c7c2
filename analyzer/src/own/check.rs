//! What the compiler says of the trial, as data.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use cargo_metadata::Message;
use cargo_metadata::diagnostic::{Applicability, Diagnostic, DiagnosticLevel, DiagnosticSpan};

use crate::cargo::code::{Builds, Built};
use crate::error::Result;

/// One warning or error of a file of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Said {
    pub(crate) is_error: bool,
    /// `dead_code`, `E0433`, …
    pub(crate) code: String,
    pub(crate) message: String,
    /// Its main places.
    pub(crate) spans: Vec<Spot>,
    /// What it would have written where, as far as that is surely right.
    pub(crate) suggested: Vec<(Spot, String)>,
    /// As the compiler prints it.
    pub(crate) rendered: String,
}

/// Bytes of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    /// Relative to the workspace's root.
    pub(crate) file: Utf8PathBuf,
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) line: u32,
}

/// All that was said in one check.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    pub(crate) success: bool,
    /// How many units said it.
    pub(crate) said: BTreeMap<Said, usize>,
    /// Root files of the units that were compiled, with how many there are of each.
    pub(crate) units: BTreeMap<Utf8PathBuf, usize>,
    /// Cargo's own reason, where the compiler said nothing.
    pub(crate) headline: String,
}

impl Checked {
    pub(crate) fn errors(&self) -> impl Iterator<Item = &Said> {
        self.said.keys().filter(|said| said.is_error)
    }

    pub(crate) fn warnings(&self) -> impl Iterator<Item = &Said> {
        self.said.keys().filter(|said| !said.is_error)
    }

    /// Warnings that were not there before, wherever their lines are now.
    pub(crate) fn new_warnings(&self, before: &Self) -> Vec<&Said> {
        let plain = |said: &Said| {
            let file = said.spans.first().map(|spot| spot.file.clone());
            (said.code.clone(), said.message.clone(), file)
        };
        let known: BTreeSet<_> = before.warnings().map(plain).collect();
        self.warnings()
            .filter(|said| !known.contains(&plain(said)))
            .collect()
    }
}

/// `cargo check` with `flags`.
///
/// # Errors
/// When cargo cannot be started or not be confined.
pub(crate) fn check(builds: &Builds, root: &Utf8Path, flags: &[String]) -> Result<Checked> {
    let words = ["check", "--message-format=json", "--keep-going"];
    let built = builds.run(&words, flags, &[])?;
    Ok(read(&built, root))
}

/// What cargo printed, of files below the workspace's `root`.
pub(crate) fn read(built: &Built, root: &Utf8Path) -> Checked {
    read_of(built, root, root)
}

/// What cargo printed, of files below `folder`; names are those of the workspace's `root`.
pub(crate) fn read_of(built: &Built, root: &Utf8Path, folder: &Utf8Path) -> Checked {
    let mut out = Checked {
        success: built.success,
        headline: built.headline(),
        ..Checked::default()
    };
    for message in Message::parse_stream(built.stdout.as_bytes()).flatten() {
        match message {
            Message::CompilerMessage(message) => {
                if let Some(said) = said(&message.message, root, folder) {
                    *out.said.entry(said).or_default() += 1;
                }
            }
            Message::CompilerArtifact(artifact) => {
                *out.units.entry(artifact.target.src_path).or_default() += 1;
            }
            _ => {}
        }
    }
    out
}

/// Without `..`: a module's path may go through the folder of the file that names it.
fn plain(path: &Utf8Path) -> Utf8PathBuf {
    let mut out = Utf8PathBuf::new();
    for part in path.components() {
        match part {
            Utf8Component::ParentDir => {
                out.pop();
            }
            Utf8Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

fn said(message: &Diagnostic, root: &Utf8Path, folder: &Utf8Path) -> Option<Said> {
    let is_error = match message.level {
        DiagnosticLevel::Error | DiagnosticLevel::Ice => true,
        DiagnosticLevel::Warning => false,
        _ => return None,
    };
    let mut spans: Vec<Spot> = Vec::new();
    for span in message.spans.iter().filter(|span| span.is_primary) {
        // What a macro made stands where it was called.
        let mut outer = span;
        while let Some(expansion) = &outer.expansion {
            outer = &expansion.span;
        }
        for spot in [span, outer]
            .into_iter()
            .filter_map(|it| spot(it, root, folder))
        {
            if !spans.contains(&spot) {
                spans.push(spot);
            }
        }
    }
    // Summaries: `3 warnings emitted`.
    if spans.is_empty() && message.code.is_none() {
        return None;
    }
    Some(Said {
        is_error,
        code: message
            .code
            .as_ref()
            .map_or_else(String::new, |code| code.code.clone()),
        message: message.message.clone(),
        spans,
        suggested: suggested(message, root, folder),
        rendered: message.rendered.clone().unwrap_or_default(),
    })
}

fn spot(span: &DiagnosticSpan, root: &Utf8Path, folder: &Utf8Path) -> Option<Spot> {
    let file = plain(&root.join(&span.file_name));
    let file = file.strip_prefix(folder).ok()?;
    Some(Spot {
        file: file.to_owned(),
        start: span.byte_start,
        end: span.byte_end,
        line: u32::try_from(span.line_start).unwrap_or(0),
    })
}

fn suggested(message: &Diagnostic, root: &Utf8Path, folder: &Utf8Path) -> Vec<(Spot, String)> {
    let spans = message.children.iter().flat_map(|child| &child.spans);
    let sure =
        spans.filter(|it| it.suggestion_applicability == Some(Applicability::MachineApplicable));
    sure.filter_map(|span| {
        Some((
            spot(span, root, folder)?,
            span.suggested_replacement.clone()?,
        ))
    })
    .collect()
}
