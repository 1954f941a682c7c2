//! The plan for people.
//!
//! Names and texts in it come from the tree: the caller makes them harmless for a terminal.

use std::fmt::Write as _;

use serde::Serialize;

use super::{Change, Plan, VERSION};
use crate::pieces::PieceKind;
use crate::record::Mode;

/// The plan for programs.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    pub format: &'static str,
    pub version: u32,
    /// Nothing stands in the way.
    pub possible: bool,
    pub plan: &'a Plan,
}

impl Plan {
    pub fn document(&self) -> Document<'_> {
        Document {
            format: "whittle-plan",
            version: VERSION,
            possible: self.refusals.is_empty(),
            plan: self,
        }
    }

    /// As text, each line within a hundred columns as far as names allow.
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.head(&mut out);
        self.taken(&mut out);
        for change in self
            .host_files
            .iter()
            .map(|file| &file.change)
            .chain(&self.manifests)
        {
            section(&mut out, change.path.as_str());
            lines(&mut out, change);
        }
        if let Some(terms) = &self.license {
            section(&mut out, "Licence");
            line(
                &mut out,
                &format!("{} of {}", terms.chosen, terms.expression),
            );
            for holder in &terms.copyright {
                line(&mut out, holder);
            }
        }
        self.tail(&mut out);
        out
    }

    fn head(&self, out: &mut String) {
        let place = match self.mode {
            Mode::Module => format!(
                "the module `{}` of the package `{}`, in {}/{}",
                self.placement.path(),
                self.package,
                self.placement.folder,
                self.placement.name
            ),
            Mode::Crate => format!("a package of the workspace, in {}", self.placement.folder),
        };
        let becomes = if self.applied {
            "is now"
        } else {
            "would become"
        };
        let _ = writeln!(out, "{} {} {becomes} {place}.", self.name, self.version);
        let figures = &self.slice.figures;
        let unsafes = match figures.unsafe_functions + figures.unsafe_blocks + figures.unsafe_impls
        {
            0 => "no unsafe code".to_owned(),
            n => count(n, "unsafe place"),
        };
        let _ = writeln!(
            out,
            "{}, {} and {} of {} in {}; {unsafes}.",
            count(figures.items, "item"),
            count(figures.functions, "function"),
            count(figures.lines, "line"),
            figures.upstream_lines,
            count(figures.files, "file"),
        );
        let crates: Vec<&str> = self.slice.crates.iter().map(String::as_str).collect();
        if !crates.is_empty() {
            let _ = writeln!(out, "It needs {}.", crates.join(", "));
        }
        if !self.slice.unchecked.is_empty() {
            let targets: Vec<&str> = self.slice.unchecked.iter().map(String::as_str).collect();
            let _ = writeln!(
                out,
                "Code for other targets comes along: {}.",
                targets.join(", ")
            );
        }
    }

    fn taken(&self, out: &mut String) {
        for file in &self.files {
            let taken: Vec<_> = self
                .slice
                .taken
                .iter()
                .filter(|taken| taken.file == file.file)
                .collect();
            let title = format!("{} (from {})", file.path, file.upstream);
            section(out, &title);
            for taken in taken {
                let why = match (taken.reached, taken.is_unsafe) {
                    (true, true) => ", reached, unsafe",
                    (true, false) => ", reached",
                    (false, true) => ", unsafe",
                    (false, false) => "",
                };
                let lines = count(taken.lines, "line");
                let kind = match kind(taken.kind) {
                    "" => String::new(),
                    kind => format!("{kind} "),
                };
                line(out, &format!("{kind}{}, {lines}{why}", taken.path));
            }
        }
        if !self.includes.is_empty() {
            let title = if self.build_script {
                "Files that sources or the build script may read"
            } else {
                "Files that sources include"
            };
            section(out, title);
            for include in &self.includes {
                line(
                    out,
                    &format!("{} (from {})", include.path, include.upstream),
                );
            }
        }
    }

    fn tail(&self, out: &mut String) {
        if !self.notes.is_empty() {
            section(out, "To know");
            for note in &self.notes {
                line(out, note);
            }
        }
        if self.refusals.is_empty() {
            return;
        }
        section(out, "Refused");
        for refusal in &self.refusals {
            line(out, &format!("{refusal} [{}]", refusal.code()));
            line(out, &format!("  instead: {}", refusal.remedy()));
        }
    }
}

fn section(out: &mut String, title: &str) {
    let _ = writeln!(out, "\n{title}");
}

fn line(out: &mut String, text: &str) {
    let _ = writeln!(out, "  {text}");
}

fn lines(out: &mut String, change: &Change) {
    let width = change
        .lines
        .iter()
        .map(|line| line.number.to_string().len())
        .max()
        .unwrap_or(0);
    for changed in &change.lines {
        let mark = if changed.comes { '+' } else { '-' };
        line(
            out,
            format!("{:>width$} {mark} {}", changed.number, changed.text).trim_end(),
        );
    }
}

fn count(number: u32, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

fn kind(kind: PieceKind) -> &'static str {
    match kind {
        PieceKind::Function => "fn",
        PieceKind::Const => "const",
        PieceKind::Static => "static",
        PieceKind::Struct => "struct",
        PieceKind::Enum => "enum",
        PieceKind::Union => "union",
        PieceKind::TypeAlias => "type",
        PieceKind::Trait | PieceKind::TraitAlias => "trait",
        PieceKind::Module => "mod",
        PieceKind::Use => "use",
        PieceKind::ExternCrate => "extern crate",
        // Its path says `impl` already.
        PieceKind::InherentImpl | PieceKind::TraitImpl => "",
        PieceKind::ForeignBlock => "extern block",
        PieceKind::Macro => "macro",
        PieceKind::MacroCall => "macro call",
        PieceKind::Other => "item",
    }
}
