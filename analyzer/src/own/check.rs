//! What the compiler says of the trial, as data.

use std::collections::BTreeMap;

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
}

impl Said {
    /// ` [E0433]`, to stand behind the message; nothing where there is no code.
    pub(crate) fn code_in_brackets(&self) -> String {
        match self.code.as_str() {
            "" => String::new(),
            code => format!(" [{code}]"),
        }
    }
}

/// Bytes of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    /// Relative to the folder that was asked about: the workspace's root ([`read`]), or that of a
    /// dependency ([`read_of`]).
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

    /// What was not said before, wherever its lines are now. Where a file has more of the same than
    /// it had, all but those in their old places are shown: which one came is not known.
    pub(crate) fn added_since(&self, before: &Self) -> Vec<&Said> {
        let known = before.by_words();
        let mut new = Vec::new();
        for (words, said) in self.by_words() {
            if said.len() > known.get(&words).map_or(0, Vec::len) {
                new.extend(said);
            }
        }
        new.retain(|said| !before.said.contains_key(*said));
        new.sort();
        new
    }

    fn by_words(&self) -> BTreeMap<Words<'_>, Vec<&Said>> {
        let mut out: BTreeMap<Words<'_>, Vec<&Said>> = BTreeMap::new();
        for said in self.said.keys() {
            let file = said.spans.first().map(|spot| spot.file.as_path());
            let words = (said.is_error, &*said.code, &*said.message, file);
            out.entry(words).or_default().push(said);
        }
        out
    }
}

/// What stays of something said when its lines move: whether it is an error, code, message, file.
type Words<'a> = (bool, &'a str, &'a str, Option<&'a Utf8Path>);

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

#[cfg(test)]
mod tests {
    use super::*;

    fn said(message: &str, line: u32) -> Said {
        Said {
            is_error: true,
            code: "E0425".to_owned(),
            message: message.to_owned(),
            spans: vec![Spot {
                file: "src/lib.rs".into(),
                start: line * 10,
                end: line * 10 + 1,
                line,
            }],
            suggested: Vec::new(),
        }
    }

    fn checked(said: impl IntoIterator<Item = Said>) -> Checked {
        Checked {
            said: said.into_iter().map(|said| (said, 1)).collect(),
            ..Checked::default()
        }
    }

    /// Lines that are said to be new.
    fn new(before: &[(&str, u32)], after: &[(&str, u32)]) -> Vec<u32> {
        let of = |all: &[(&str, u32)]| checked(all.iter().map(|(text, line)| said(text, *line)));
        let (before, after) = (of(before), of(after));
        let new = after.added_since(&before).into_iter();
        new.map(|said| said.spans[0].line).collect()
    }

    const NONE: [u32; 0] = [];

    #[test]
    fn what_moved_is_not_new() {
        assert_eq!(new(&[("no `a`", 3)], &[("no `a`", 9)]), NONE);
        assert_eq!(new(&[("no `a`", 3)], &[("no `b`", 3)]), [3]);
        let two = [("no `a`", 3), ("no `a`", 5)];
        assert_eq!(new(&two, &[("no `a`", 4), ("no `a`", 6)]), NONE);
        assert_eq!(new(&two, &[("no `a`", 9)]), NONE);
    }

    #[test]
    fn more_of_the_same_is_new() {
        assert_eq!(new(&[("no `a`", 3)], &[("no `a`", 3), ("no `a`", 5)]), [5]);
        assert_eq!(
            new(&[("no `a`", 3)], &[("no `a`", 4), ("no `a`", 6)]),
            [4, 6]
        );
    }

    #[test]
    fn another_level_is_another_thing() {
        let warning = Said {
            is_error: false,
            ..said("no `a`", 3)
        };
        let (before, after) = (checked([warning]), checked([said("no `a`", 3)]));
        assert_eq!(after.added_since(&before).len(), 1);
    }
}
