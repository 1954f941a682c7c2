//! The comment on top of a copied file: for people, for tools that read SPDX tags, and for whoever
//! is about to change it.

use std::fmt::Write as _;

use super::Emission;
use crate::license::{cleaned, copyright_lines};
use crate::record::{FILE_NAME, File};

const WIDTH: usize = 96;
/// More are counted, not named.
const MOST_ITEMS: usize = 24;

/// Line comments, each line with its end. What it quotes of the origin cannot end a comment.
pub(super) fn header(emission: &Emission<'_>, file: &File, upstream: &str, body: &str) -> String {
    let mut out = String::new();
    let license = file.license.as_deref().unwrap_or(&emission.grant.chosen);
    let _ = writeln!(out, "// SPDX-License-Identifier: {}", cleaned(license));
    for line in copyright(emission, upstream, body) {
        let _ = writeln!(out, "// SPDX-FileCopyrightText: {line}");
    }
    out.push_str("//\n");
    paragraph(&mut out, &origin(emission, file));
    let _ = writeln!(out, "//     {}", cleaned(emission.command));
    paragraph(&mut out, &taken(file));
    paragraph(
        &mut out,
        &format!(
            "Do not edit without need: what is left out and what differs is in {FILE_NAME}, \
             `cargo whittle verify` compares, and a change has to be acknowledged there."
        ),
    );
    out
}

fn origin(emission: &Emission<'_>, file: &File) -> String {
    let origin = &emission.origin;
    let mut text = format!("`{}` of {} {}", file.upstream, origin.name, origin.version);
    // Of a git repository the source has the commit, too.
    let is_commit = origin.source.starts_with("git+");
    let repository = origin.repository.as_ref().filter(|_| !is_commit);
    let from = repository.unwrap_or(&origin.source);
    let _ = write!(text, " ({from}");
    if let Some(checksum) = &origin.checksum {
        let _ = write!(text, ", registry checksum {checksum}");
    }
    let _ = write!(
        text,
        "), without what is not needed here; made by cargo-whittle {} with",
        emission.tool
    );
    text
}

fn taken(file: &File) -> String {
    let names: Vec<&str> = file
        .items
        .iter()
        .filter(|item| item.kind.is_definition())
        .map(|item| item.path.as_str())
        .collect();
    let items = if names.len() == 1 { "item" } else { "items" };
    match names.len() {
        0 => "It holds modules and imports only.".to_owned(),
        count if count > MOST_ITEMS => format!("It holds {count} items, listed in {FILE_NAME}."),
        count => format!("It holds {count} {items}: {}.", names.join(", ")),
    }
}

/// The package's, and lines at the head of the file itself that went with what was taken out.
fn copyright(emission: &Emission<'_>, upstream: &str, body: &str) -> Vec<String> {
    let head = upstream
        .trim_start_matches('\u{feff}')
        .lines()
        .take_while(|line| {
            let line = line.trim();
            line.is_empty()
                || line.starts_with("//")
                || line.starts_with("/*")
                || line.starts_with('*')
        });
    let head: Vec<&str> = head.collect();
    let own = copyright_lines(&head.join("\n"));
    let mut all = emission.grant.copyright.clone();
    let is_gone = |line: &String| !body.contains(line.as_str());
    all.extend(own.into_iter().filter(is_gone));
    let tag = "SPDX-FileCopyrightText:";
    let mut lines: Vec<String> = Vec::new();
    for line in all {
        let line = cleaned(line.strip_prefix(tag).unwrap_or(&line));
        if !line.is_empty() && !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// Words in lines of comments.
fn paragraph(out: &mut String, text: &str) {
    let mut line = String::from("//");
    // Longer than any line of a text: it quotes checksums and paths, not whole files.
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    for word in text.split_whitespace().map(harmless) {
        if line.len() > 2 && line.len() + 1 + word.len() > WIDTH {
            out.push_str(&line);
            out.push('\n');
            line = String::from("//");
        }
        line.push(' ');
        line.push_str(&word);
    }
    out.push_str(&line);
    out.push('\n');
}

/// A word cannot turn the text around it.
fn harmless(word: &str) -> String {
    let turns = |c: char| matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    word.chars().filter(|&c| !turns(c)).collect()
}
