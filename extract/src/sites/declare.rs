//! `mod whittled;` in the root file of each target that uses what was taken.
//!
//! Under `#[cfg(test)]` where only unit tests can use it: cargo gives a library or a program its
//! dev-dependencies for those alone, and what is there for tests must not ship.

use camino::{Utf8Path, Utf8PathBuf};

use super::{Rewritten, Sites};
use crate::edit::{Span, Why};
use crate::lexed::{Kind, Lexed, before_tokens, offset};
use crate::outline::{ModItem, Outline};
use crate::refuse::{Reason, Refusal};
use crate::request::{FileIndex, TargetKind};
use crate::rewrite::{newline, quoted};

const TEST_ONLY: &str = "#[cfg(test)]";

pub(super) fn module(
    of: Sites<'_>,
    file: FileIndex,
    lexed: &Lexed<'_>,
    outline: &Outline<'_>,
    out: &mut Rewritten,
) {
    let name = of.placement.module.as_str();
    let top = |at: usize| lexed.tokens[at].up.is_none();
    let declared = outline
        .mods
        .iter()
        .find(|item| top(item.keyword) && item.name == name);
    let item = outline.items.contains(&(None, name));
    let imported = outline
        .uses
        .iter()
        .filter(|import| top(import.keyword))
        .any(|import| import.leaves.iter().any(|leaf| leaf.binds == Some(name)));
    let path = of
        .facts
        .files
        .get(file as usize)
        .cloned()
        .unwrap_or_default();
    if item || imported || declared.is_some_and(|item| item.open.is_some()) {
        let refusal = Refusal::new(Reason::NameTaken, format!("`{name}`"));
        out.refusals.insert(refusal.at(path, 1));
        return;
    }
    let test_only = of.host.dev_only
        && of.host.roots.iter().any(|root| {
            let ships = [TargetKind::Lib, TargetKind::ProcMacro, TargetKind::Bin];
            root.file == file && ships.contains(&root.kind)
        });
    if let Some(item) = declared {
        if !test_only {
            for_all(file, item, lexed, outline, out);
        }
        return;
    }
    let newline = newline(lexed.text);
    let mut lines = lines(of, &path);
    if test_only {
        lines.insert(0, TEST_ONLY.to_owned());
    }
    let lines = lines.join(newline);
    let (at, text) = place(lexed, outline, &lines, newline);
    out.edit(file, Span::new(at, at), text, Why::Declaration);
}

/// Takes `#[cfg(test)]` from a declaration that was made for tests.
fn for_all(
    file: FileIndex,
    item: &ModItem<'_>,
    lexed: &Lexed<'_>,
    outline: &Outline<'_>,
    out: &mut Rewritten,
) {
    let all = outline.attributes.iter();
    for attribute in all.filter(|attribute| item.head.attributes.contains(&attribute.hash)) {
        let start = lexed.tokens[attribute.hash].start;
        let end = lexed.tokens[lexed.tokens[attribute.open].mate].end;
        let rest = &lexed.text[end as usize..];
        let blank = rest.len() - rest.trim_start().len();
        if lexed.text[start as usize..end as usize] == *TEST_ONLY {
            let whole = Span::new(start, end + offset(blank));
            out.edit(file, whole, String::new(), Why::Declaration);
        }
    }
}

/// The declaration; with `#[path]` where the folder is not beside the root file.
fn lines(of: Sites<'_>, root: &Utf8Path) -> Vec<String> {
    let module = &of.placement.module;
    let folder = of.host.folder.join(&of.placement.folder);
    let here = root.parent().unwrap_or(Utf8Path::new(""));
    let mut lines = Vec::new();
    if here.join(module) != folder {
        let path = relative(here, &folder.join("mod.rs"));
        lines.push(format!("#[path = {}]", quoted(path.as_str())));
    }
    lines.push(format!("mod {module};"));
    lines
}

/// The way from a folder to a file, with `/` on every platform: rustc takes that everywhere.
fn relative(from: &Utf8Path, to: &Utf8Path) -> Utf8PathBuf {
    let from: Vec<&str> = from.components().map(|part| part.as_str()).collect();
    let to: Vec<&str> = to.components().map(|part| part.as_str()).collect();
    let same = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", from.len() - same);
    let parts: Vec<&str> = up.chain(to[same..].iter().copied()).collect();
    parts.join("/").into()
}

/// Behind the inner attributes and documentation, before the first item.
fn place(lexed: &Lexed<'_>, outline: &Outline<'_>, lines: &str, newline: &str) -> (u32, String) {
    let mut at = 0;
    let mut last = None;
    loop {
        match lexed.kind(at) {
            Some(Kind::Doc(true)) => last = Some(at),
            Some(Kind::Punct('#')) => {
                let inner = outline
                    .attributes
                    .iter()
                    .find(|attribute| attribute.hash == at);
                let Some(inner) = inner.filter(|attribute| attribute.inner) else {
                    break;
                };
                at = lexed.tokens[inner.open].mate;
                last = Some(at);
            }
            _ => break,
        }
        at += 1;
    }
    let text = lexed.text;
    let next = lexed.tokens.get(at).map(|token| token.start);
    let Some(last) = last else {
        return before_first(lexed, next, lines, newline);
    };
    let end = lexed.tokens[last].end;
    let rest = text.get(end as usize..).unwrap_or_default();
    let line = rest.find('\n').map_or(rest.len(), |at| {
        at - usize::from(rest[..at].ends_with('\r'))
    });
    let line_end = end + offset(line);
    let (place, below) = match next {
        Some(next) if next <= line_end => (end, newline.repeat(2)),
        Some(_) => {
            let below = rest[line..].trim_start_matches(['\r', ' ', '\t']);
            let below = below.strip_prefix('\n').unwrap_or(below);
            let blank = below
                .lines()
                .next()
                .is_none_or(|line| line.trim().is_empty());
            (
                line_end,
                if blank {
                    String::new()
                } else {
                    newline.to_owned()
                },
            )
        }
        None => (line_end, String::new()),
    };
    (place, format!("{newline}{newline}{lines}{below}"))
}

fn before_first(lexed: &Lexed<'_>, next: Option<u32>, lines: &str, newline: &str) -> (u32, String) {
    let text = lexed.text;
    let Some(next) = next else {
        let gap = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            newline
        };
        return (offset(text.len()), format!("{gap}{lines}{newline}"));
    };
    // Comments right above the first item are its own, unless they are the head of the file.
    let mut at = next as usize;
    for line in text[..at].split_inclusive('\n').rev() {
        if !line.trim_start().starts_with("//") {
            break;
        }
        at -= line.len();
    }
    if at <= before_tokens(text) {
        at = next as usize;
    }
    (offset(at), format!("{lines}{newline}{newline}"))
}
