//! Places in documentation that name the dependency.

use super::site::Job;
use super::{File, Rewritten};
use crate::lexed::Kind;
use crate::refuse::Reason;
use crate::request::{Site, TargetKind};

/// A place in documentation. Of a library the examples are compiled, as a user's programs, to
/// which the copy is private.
pub(super) fn example(job: &Job<'_>, file: &File<'_>, site: &Site, at: usize, out: &mut Rewritten) {
    let name = file.lexed.between(site.range.start, site.range.end);
    let what = format!("`{name}`");
    if file.kinds.contains(&TargetKind::Lib) && is_compiled(file, at, site.range.start) {
        return job.refuse(file, site.range.start, Reason::DocExample, what, out);
    }
    let path = job
        .of
        .facts
        .files
        .get(file.index as usize)
        .map_or("", |path| path.as_str());
    let line = file.lexed.line(site.range.start);
    out.notes.insert(format!(
        "{path}:{line}: the documentation still names {what}"
    ));
}

/// The doc comment that a byte is in.
pub(super) fn doc_at(file: &File<'_>, byte: u32) -> Option<usize> {
    let tokens = &file.lexed.tokens;
    let at = tokens
        .partition_point(|token| token.start <= byte)
        .checked_sub(1)?;
    (matches!(tokens[at].kind, Kind::Doc(_)) && byte < tokens[at].end).then_some(at)
}

/// Whether a byte of a doc comment is in a block of code that rustdoc compiles.
fn is_compiled(file: &File<'_>, at: usize, byte: u32) -> bool {
    let lexed = &file.lexed;
    let mut first = at;
    while first > 0 && lexed.kind(first - 1) == lexed.kind(at) {
        first -= 1;
    }
    let mut block: Option<bool> = None;
    let text = lexed.between(lexed.tokens[first].start, byte);
    for line in text.lines() {
        let line = line.trim_start_matches([' ', '\t', '/', '!', '*']);
        let Some(info) = line
            .strip_prefix("```")
            .or_else(|| line.strip_prefix("~~~"))
        else {
            continue;
        };
        block = match block {
            Some(_) => None,
            None => Some(info.split([',', ' ']).all(is_rust)),
        };
    }
    block == Some(true)
}

/// Words at the head of a block of code that make it no other language, nor leave it out.
fn is_rust(word: &str) -> bool {
    matches!(
        word.trim(),
        "" | "rust" | "no_run" | "should_panic" | "compile_fail"
    ) || word.trim().starts_with("edition")
}
