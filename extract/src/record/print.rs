//! The record as text: by hand, so that one edit and one item are one line and a difference of
//! two records can be read.

use std::fmt::Write as _;

use super::{Asset, Change, FORMAT, Record, VERSION};
use crate::edit::Edit;

const HEAD: &str = "\
# What this folder is a copy of, and how it was made. Written by cargo-whittle; see
# `cargo whittle verify`, `cargo whittle sync` and `cargo whittle extract --undo`.
";

impl Record {
    /// The same text for the same record.
    #[must_use]
    pub fn print(&self) -> String {
        let mut out = Out(HEAD.to_owned());
        out.text("format", FORMAT);
        out.number("version", VERSION);
        out.text("tool", &self.tool);
        out.text("command", &self.command);
        self.origin(&mut out);
        self.copy(&mut out);
        self.license(&mut out);
        for file in &self.files {
            out.head("[[file]]");
            out.text("path", file.path.as_str());
            out.text("upstream", file.upstream.as_str());
            out.text("module", &file.module);
            out.text("sha256", &file.sha256);
            out.maybe("license", file.license.as_deref());
            out.list("items", &file.items, |item| {
                format!(
                    "{{ kind = {}, path = {}, hash = {} }}",
                    quoted(item.kind.as_str()),
                    quoted(&item.path),
                    quoted(&item.hash.0)
                )
            });
            out.list("edits", &file.edits, edit);
        }
        for one in &self.assets {
            out.head("[[asset]]");
            out.text("path", one.path.as_str());
            out.maybe("upstream", one.upstream.as_ref().map(|path| path.as_str()));
            out.text("sha256", &one.sha256);
        }
        for file in &self.host {
            out.head("[[host]]");
            out.text("path", file.path.as_str());
            if file.created {
                out.line("created = true");
            }
            out.list("changes", &file.changes, change);
        }
        for one in &self.acknowledged {
            out.head("[[acknowledged]]");
            out.text("file", one.file.as_str());
            out.text("item", &one.item);
            out.text("kind", one.kind.as_str());
            out.maybe("hash", one.hash.as_ref().map(|hash| hash.0.as_str()));
            out.text("reason", &one.reason);
        }
        out.0
    }

    fn origin(&self, out: &mut Out) {
        let origin = &self.origin;
        out.head("[origin]");
        out.text("name", &origin.name);
        out.text("version", &origin.version);
        out.text("crate", &origin.crate_name);
        out.number("edition", u32::from(origin.edition));
        out.text("source", &origin.source);
        out.maybe("checksum", origin.checksum.as_deref());
        out.maybe("repository", origin.repository.as_deref());
    }

    fn copy(&self, out: &mut Out) {
        let copy = &self.copy;
        out.head("[copy]");
        let mode = match copy.mode {
            super::Mode::Module => "module",
            super::Mode::Crate => "crate",
        };
        out.text("as", mode);
        out.text("package", &copy.package);
        out.text("path", &copy.path);
        out.texts("features", &copy.features);
        out.list("cfgs", &copy.cfgs, |one| quoted(one));
        out.list("asked", &copy.asked, |one| quoted(one));
    }

    fn license(&self, out: &mut Out) {
        let license = &self.license;
        out.head("[license]");
        out.text("expression", &license.expression);
        out.text("chosen", &license.chosen);
        out.list("copyright", &license.copyright, |one| quoted(one));
        out.list("files", &license.files, asset);
    }
}

fn edit(edit: &Edit) -> String {
    let (from, to) = (edit.range.start, edit.range.end);
    let why = quoted(edit.why.as_str());
    if edit.text.is_empty() {
        format!("{{ from = {from}, to = {to}, why = {why} }}")
    } else {
        let text = quoted(&edit.text);
        format!("{{ from = {from}, to = {to}, why = {why}, text = {text} }}")
    }
}

fn asset(one: &Asset) -> String {
    let upstream = one.upstream.as_ref().map_or_else(String::new, |path| {
        format!(", upstream = {}", quoted(path.as_str()))
    });
    let (path, sha256) = (quoted(one.path.as_str()), quoted(&one.sha256));
    format!("{{ path = {path}{upstream}, sha256 = {sha256} }}")
}

fn change(change: &Change) -> String {
    let list = |lines: &[String]| {
        let lines: Vec<String> = lines.iter().map(|line| quoted(line)).collect();
        format!("[{}]", lines.join(", "))
    };
    format!(
        "{{ line = {}, before = {}, after = {} }}",
        change.line,
        list(&change.before),
        list(&change.after)
    )
}

struct Out(String);

impl Out {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }
    fn head(&mut self, head: &str) {
        self.0.push('\n');
        self.line(head);
    }
    fn text(&mut self, key: &str, text: &str) {
        self.line(&format!("{key} = {}", quoted(text)));
    }
    fn maybe(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(key, text);
        }
    }
    fn number(&mut self, key: &str, number: u32) {
        self.line(&format!("{key} = {number}"));
    }
    fn texts(&mut self, key: &str, list: &[String]) {
        let list: Vec<String> = list.iter().map(|one| quoted(one)).collect();
        self.line(&format!("{key} = [{}]", list.join(", ")));
    }
    /// One a line.
    fn list<T>(&mut self, key: &str, list: &[T], print: impl Fn(&T) -> String) {
        if list.is_empty() {
            return;
        }
        self.line(&format!("{key} = ["));
        for one in list {
            self.line(&format!("    {},", print(one)));
        }
        self.line("]");
    }
}

/// A basic string of TOML; what could turn a terminal or an editor around is escaped, too.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || is_turning(c) => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\U{:08X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn is_turning(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
