//! Whose the bytes between items are: comments, blank lines, ends of lines.
//!
//! A comment on the line on which an item ends is that item's; comments right above an item are
//! the item's that follows; what blank lines set apart belongs to the module and stays. Blank
//! lines go with the item below them.

use crate::edit::Span;

/// Where items stand: between `start` and `end` there is nothing else but space and comments.
pub(super) struct Container<'a> {
    pub(super) text: &'a str,
    pub(super) start: u32,
    pub(super) end: u32,
    /// It ends with the file.
    pub(super) file: bool,
    /// Something stands before `start` on its line: a brace, an inner attribute.
    pub(super) opened: bool,
}

/// The bytes of each of the items, whose tokens are at `tokens`.
pub(super) fn spans(container: &Container, tokens: &[Span]) -> Vec<Span> {
    let Container {
        text,
        start,
        end,
        file,
        opened,
    } = *container;
    let mut from = start;
    if opened && let Some(first) = tokens.first() {
        from = tail(text, start, first.start, false);
    }
    let mut out = Vec::with_capacity(tokens.len());
    for (index, item) in tokens.iter().enumerate() {
        let top = file && index == 0 && !opened;
        let begin = lead(text, from, item.start, top);
        let next = tokens.get(index + 1);
        let until = next.map_or(end, |next| next.start);
        from = tail(text, item.end, until, file && next.is_none());
        out.push(Span::new(begin, from));
    }
    out
}

/// Where the line of what ends at `from` ends, comments included; `from` when something else
/// follows on the line.
pub(super) fn tail(text: &str, from: u32, until: u32, to_the_end: bool) -> u32 {
    for part in Gap::new(text, from, until) {
        match part.kind {
            Kind::Newline => return part.end,
            Kind::Space | Kind::Comment => {}
        }
    }
    if to_the_end { until } else { from }
}

/// From where on the gap before an item is the item's.
fn lead(text: &str, from: u32, until: u32, top: bool) -> u32 {
    let mut floor = from;
    // End of the last comment whose item is not decided yet, and newlines since.
    let mut open: Option<u32> = None;
    let mut newlines = 0;
    let mut notice = false;
    for part in Gap::new(text, from, until) {
        match part.kind {
            Kind::Newline => {
                newlines += 1;
                if newlines == 1 && open.is_some() {
                    open = Some(part.end);
                }
            }
            Kind::Space => {}
            Kind::Comment => {
                if newlines > 1
                    && let Some(end) = open
                {
                    floor = end;
                }
                open = Some(part.end);
                newlines = 0;
                notice |= top && is_notice(text, part.start, part.end);
            }
        }
    }
    // A copyright notice on top of a file is the file's, not its first item's.
    if let Some(end) = open
        && (newlines > 1 || (notice && floor == from))
    {
        floor = end;
    }
    floor
}

fn is_notice(text: &str, start: u32, end: u32) -> bool {
    let comment = text.get(start as usize..end as usize).unwrap_or_default();
    let comment = comment.to_ascii_lowercase();
    ["copyright", "license", "licence", "spdx-"]
        .iter()
        .any(|word| comment.contains(word))
}

#[derive(Clone, Copy)]
struct Part {
    kind: Kind,
    start: u32,
    end: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Without newlines.
    Space,
    Newline,
    /// Of either kind; that of `//` without its newline.
    Comment,
}

/// The parts of a text that has no tokens in it.
struct Gap<'a> {
    text: &'a str,
    at: usize,
    until: usize,
}

impl<'a> Gap<'a> {
    fn new(text: &'a str, from: u32, until: u32) -> Self {
        Self {
            text,
            at: from as usize,
            until: (until as usize).min(text.len()),
        }
    }
}

impl Iterator for Gap<'_> {
    type Item = Part;

    fn next(&mut self) -> Option<Part> {
        let start = self.at;
        let rest = self.text.get(start..self.until)?;
        let (kind, length) = match rest.as_bytes() {
            [] => return None,
            [b'\n', ..] => (Kind::Newline, 1),
            [b'\r', b'\n', ..] => (Kind::Newline, 2),
            [b'/', b'/', ..] => {
                let line = rest.find('\n').unwrap_or(rest.len());
                let line = line - usize::from(rest[..line].ends_with('\r'));
                (Kind::Comment, line)
            }
            [b'/', b'*', ..] => (Kind::Comment, block(rest)),
            _ => {
                let space = rest.find(['\n', '\r', '/']).unwrap_or(rest.len());
                // A lone `\r` or `/`: no gap, but it must end.
                let one = rest.chars().next().map_or(1, char::len_utf8);
                (Kind::Space, space.max(one))
            }
        };
        self.at = start + length;
        let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Some(Part {
            kind,
            start: byte(start),
            end: byte(self.at),
        })
    }
}

/// The length of the block comment that `text` begins with; they nest.
fn block(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut at = 0;
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => {
                depth += 1;
                at += 2;
            }
            b"*/" => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    text.len()
}
