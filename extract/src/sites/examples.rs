//! Places in documentation that name the dependency.

use super::site::Job;
use super::{File, Rewritten};
use crate::lexed::{Kind, Lexed, offset};
use crate::refuse::Reason;
use crate::request::{Site, TargetKind};
use crate::rewrite::examples::{Fences, lines};

/// A place in documentation. Of a library the examples are compiled, as a user's programs, to
/// which the copy is private.
pub(super) fn example(job: &Job<'_>, file: &File<'_>, site: &Site, at: usize, out: &mut Rewritten) {
    let name = file.lexed.between(site.range.start, site.range.end);
    let what = format!("`{name}`");
    if file.kinds.contains(&TargetKind::Lib) && is_compiled(&file.lexed, at, site.range.start) {
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
fn is_compiled(lexed: &Lexed<'_>, at: usize, byte: u32) -> bool {
    let mut first = at;
    while first > 0 && lexed.kind(first - 1) == lexed.kind(at) {
        first -= 1;
    }
    let mut fences = Fences::default();
    for token in &lexed.tokens[first..=at] {
        for (start, line) in lines(lexed.between(token.start, token.end)) {
            // The line that the byte is in is none of a fence's, or it would be no name.
            if token.start + offset(start) > byte {
                break;
            }
            fences.take(line);
        }
    }
    fences.is_compiled()
}

#[cfg(test)]
mod tests {
    use super::is_compiled;
    use crate::lexed::{Kind, Lexed, offset};

    /// Whether `dep` is named where it is compiled.
    fn compiled(text: &str) -> bool {
        let lexed = Lexed::new(text).unwrap();
        let byte = offset(text.find("dep").unwrap());
        let at = lexed.tokens.iter().rposition(|token| token.start <= byte);
        let at = at.unwrap();
        assert!(matches!(lexed.tokens[at].kind, Kind::Doc(_)));
        is_compiled(&lexed, at, byte)
    }

    #[test]
    fn as_rustdoc_reads_it() {
        for info in [
            "",
            " rust,foo",
            "compile_fail,E0277",
            "standalone_crate",
            "edition2021",
            "no_run\tshould_panic",
            "ignore-windows",
        ] {
            let text = format!("//! A\n//!\n//! ```{info}\n//! dep\n//! ```\nfn f() {{}}\n");
            assert!(compiled(&text), "{info}");
        }
        for info in ["text", "ignore", "rust,ignore", "toml", "console"] {
            let text = format!("/// ```{info}\n/// dep\n/// ```\nfn f() {{}}\n");
            assert!(!compiled(&text), "{info}");
        }
    }

    #[test]
    fn where_a_block_ends() {
        assert!(compiled(
            "/// ````\n/// ```\n/// dep\n/// ````\nfn f() {}\n"
        ));
        assert!(compiled(
            "/// ```not``` a fence\n/// ```\n/// dep\n/// ```\nfn f() {}\n"
        ));
        assert!(!compiled("/// ```\n/// a\n/// ```\n/// dep\nfn f() {}\n"));
        assert!(!compiled("/// ```not``` dep\nfn f() {}\n"));
        assert!(compiled("/**\n * ~~~\n * dep\n * ~~~\n */\nfn f() {}\n"));
        assert!(!compiled("//! ```\n//! a\n\n/// dep\nfn f() {}\n"));
    }
}
