//! Examples in documentation stay to be read, and are not run any more.
//!
//! They are programs that use the dependency by its name, which is not one there; and rustdoc runs
//! the examples of private modules, too. So a fence that rustdoc takes for code (```` ``` ````,
//! ```` ```rust,no_run ````) becomes one of text. What it takes for code:
//! <https://doc.rust-lang.org/rustdoc/write-documentation/documentation-tests.html>.

use super::{Job, Out};
use crate::edit::{Span, Why};
use crate::lexed::{Kind, offset};

/// What such a fence says afterwards.
pub(crate) const PLAIN: &str = "text";

pub(super) fn rewrite(job: &Job<'_>, out: &mut Out) {
    for source in &job.sources {
        let lexed = &source.lexed;
        let mut fences = Fences::default();
        let mut last: Option<bool> = None;
        for (index, token) in lexed.tokens.iter().enumerate() {
            let is_doc = || {
                index > 1
                    && lexed.is(index - 2, "doc")
                    && lexed.kind(index - 1) == Some(Kind::Punct('='))
            };
            match token.kind {
                // Neighbours are one text; those of what is around begin anew.
                Kind::Doc(inner) => {
                    if last.is_some_and(|last| last != inner) {
                        fences = Fences::default();
                    }
                    last = Some(inner);
                }
                Kind::Literal if is_doc() => {}
                Kind::Punct('#' | '!' | '=') | Kind::Open('[') | Kind::Close(']') => continue,
                Kind::Word if lexed.is(index, "doc") => continue,
                _ => {
                    (fences, last) = (Fences::default(), None);
                    continue;
                }
            }
            let text = lexed.text.get(token.start as usize..token.end as usize);
            for (at, line) in lines(text.unwrap_or_default()) {
                if let Some((info, at_info)) = fences.take(line)
                    && is_code(info)
                {
                    let start = token.start + offset(at + at_info);
                    let range = Span::new(start, start + offset(info.len()));
                    out.edit(source, range, PLAIN.to_owned(), Why::Example);
                }
            }
        }
    }
}

/// A text of documentation, line by line: whether what comes next is in a block of code.
#[derive(Default)]
pub(crate) struct Fences<'t> {
    /// The fence that opened it, and what stands behind that.
    open: Option<(&'t str, &'t str)>,
}

impl<'t> Fences<'t> {
    /// Takes a line. Where it opens a block: what stands behind the fence, and where in the line.
    pub(crate) fn take(&mut self, line: &'t str) -> Option<(&'t str, usize)> {
        let (fence, info, at) = fence(line)?;
        let Some((mark, _)) = self.open else {
            self.open = Some((fence, info));
            return Some((info, at));
        };
        if fence.starts_with(mark) && info.is_empty() {
            self.open = None;
        }
        None
    }

    /// Whether rustdoc compiles the lines that come next, for some target at least.
    pub(crate) fn is_compiled(&self) -> bool {
        self.open.is_some_and(|(_, info)| {
            is_code(info) && !info.split([',', ' ', '\t']).any(|word| word == "ignore")
        })
    }
}

/// The lines of a comment without what makes them one, with where they start; those of a string
/// without its quotes.
pub(crate) fn lines(comment: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_block = comment.starts_with("/*");
    let is_text = !is_block && !comment.starts_with("//");
    let opening = comment.find('"').map_or(0, |quote| quote + 1);
    let mut at = 0;
    comment.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        let rest = line.trim_end();
        let shown = match rest.get(..3) {
            _ if is_text && start == 0 => &rest[opening.min(rest.len())..],
            Some("///" | "//!" | "/**" | "/*!") if start == 0 => &rest[3..],
            // The stars that many put in front.
            _ if is_block => {
                let inner = rest.trim_start();
                inner.strip_prefix('*').unwrap_or(inner)
            }
            _ => rest,
        };
        let skipped = rest.len() - shown.len();
        let shown = shown.strip_suffix("*/").unwrap_or(shown);
        let shown = if is_text {
            shown.trim_end_matches(['#', '"'])
        } else {
            shown
        };
        (start + skipped, shown)
    })
}

/// A fence, what stands behind it, and where in the line that begins.
fn fence(line: &str) -> Option<(&str, &str, usize)> {
    let trimmed = line.trim_start();
    let mark = trimmed.chars().next().filter(|c| ['`', '~'].contains(c))?;
    let rest = trimmed.trim_start_matches(mark);
    let fence = &trimmed[..trimmed.len() - rest.len()];
    // Within a line of text backticks may stand in any number.
    if fence.len() < 3 || mark == '`' && rest.contains('`') {
        return None;
    }
    let info = rest.trim();
    let spaces = if info.is_empty() {
        0
    } else {
        rest.len() - rest.trim_start().len()
    };
    Some((fence, info, line.len() - rest.len() + spaces))
}

/// Whether rustdoc takes it for Rust.
pub(crate) fn is_code(info: &str) -> bool {
    let mut other = false;
    for word in info.split([',', ' ', '\t']).filter(|word| !word.is_empty()) {
        match word {
            "rust" => return true,
            "should_panic" | "no_run" | "ignore" | "test_harness" | "compile_fail"
            | "standalone_crate" | "allow_fail" => {}
            _ if word.starts_with("ignore-") || word.starts_with("edition") => {}
            _ if is_error_code(word) => {}
            _ => other = true,
        }
    }
    !other
}

fn is_error_code(word: &str) -> bool {
    let number = word.strip_prefix('E');
    number.is_some_and(|it| it.len() == 4 && it.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rustdoc_runs() {
        for info in [
            "",
            "rust",
            "no_run",
            "rust,should_panic",
            "compile_fail,E0277",
            "edition2018",
            "ignore-windows",
        ] {
            assert!(is_code(info), "{info}");
        }
        for info in ["text", "toml", "console", "ignore,sh", "plain"] {
            assert!(!is_code(info), "{info}");
        }
    }

    #[test]
    fn fences_and_where_their_words_are() {
        assert_eq!(fence(" ```"), Some(("```", "", 4)));
        assert_eq!(fence(" ``` rust,no_run "), Some(("```", "rust,no_run", 5)));
        assert_eq!(fence("~~~~"), Some(("~~~~", "", 4)));
        assert_eq!(fence(" ``"), None);
        assert_eq!(fence(" ```not``` a fence"), None);
    }
}
