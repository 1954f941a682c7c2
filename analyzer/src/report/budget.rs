//! Markdown that fits a comment of a pull request.
//!
//! GitHub takes 65,536 characters and refuses more. Blocks go in whole or not at all, so that no
//! row, fence or tag is cut; what is left out is counted. Text of the analyzed tree is made
//! harmless here: in code spans and fences that it cannot close, without control characters.

use std::fmt::Write as _;

use super::text::{sanitize, thousands};

/// Bytes, which are never fewer than characters, with room for what a caller puts around.
pub const LIMIT: usize = 65_000;
/// Kept for the sentence at the end.
const TAIL: usize = 300;

/// A text that grows by blocks up to a limit.
#[derive(Debug)]
pub struct Budget {
    text: String,
    limit: usize,
    left_out: u64,
}

impl Budget {
    /// At most so many bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            text: String::new(),
            limit: limit.saturating_sub(TAIL),
            left_out: 0,
        }
    }

    /// Bytes that still fit.
    #[must_use]
    pub fn left(&self) -> usize {
        self.limit.saturating_sub(self.text.len())
    }

    /// Adds a block, or counts it as left out.
    pub fn push(&mut self, block: &str) -> bool {
        let fits = block.len() <= self.left();
        if fits {
            self.text.push_str(block);
        } else {
            self.left_out += 1;
        }
        fits
    }

    /// Counts something that was not even tried.
    pub fn leave_out(&mut self, count: usize) {
        self.left_out += count as u64;
    }

    /// The text; when something was left out, with a sentence that says how much.
    #[must_use]
    pub fn finish(mut self, rest: &str) -> String {
        if self.left_out > 0 {
            let count = thousands(self.left_out);
            let _ = write!(self.text, "\n*{count} more not shown here: {rest}.*\n");
        }
        self.text
    }
}

/// A code span that the text cannot end; nothing in it is markup, a link or a mention.
#[must_use]
pub fn code(text: &str) -> String {
    let text = sanitize(text);
    let ticks = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.trim().is_empty() {
        " "
    } else {
        ""
    };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// A fence that none of the lines can end.
#[must_use]
pub fn fence<'a>(lines: impl Iterator<Item = &'a str> + Clone) -> String {
    let longest = lines.map(longest_run).max().unwrap_or(0);
    "`".repeat((longest + 1).max(3))
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|c| c != '`').map(str::len);
    runs.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_go_in_whole_or_not_at_all() {
        let mut budget = Budget::new(TAIL + 10);
        assert!(budget.push("12345\n"));
        assert!(!budget.push("too long\n"));
        assert!(budget.push("678\n"));
        assert_eq!(budget.left(), 0);
        budget.leave_out(2);
        let text = budget.finish("see elsewhere");
        assert_eq!(
            text,
            "12345\n678\n\n*3 more not shown here: see elsewhere.*\n"
        );
    }

    #[test]
    fn a_limit_holds_with_the_tail() {
        let mut budget = Budget::new(1000);
        for _ in 0..500 {
            budget.push("a row\n");
        }
        assert!(budget.finish("the JSON has it").len() <= 1000);
    }

    #[test]
    fn text_cannot_leave_its_code() {
        assert_eq!(code("a::b"), "`a::b`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`x"), "`` `x ``");
        assert_eq!(code("a\nb\u{202e}"), r"`a\u{a}b\u{202e}`");
        let lines = ["```", "<script>", "````x"];
        assert_eq!(fence(lines.into_iter()), "`````");
        assert_eq!(fence([].into_iter()), "```");
    }
}
