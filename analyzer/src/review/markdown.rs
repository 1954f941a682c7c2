//! A [`Review`] as a check list for an issue or a pull request.

use std::io::{self, Write};

use super::data::{Entry, Mark, Review};
use super::table::{facts, sentences};
use crate::report::budget::{Budget, LIMIT, code};
use crate::report::markdown::escape;
use crate::report::text::sanitize;

/// Longest row of facts, in characters.
const ROW: usize = 400;

/// Writes the list; with `open` only what was not reviewed as it is.
///
/// # Errors
/// Those of `out`.
pub fn markdown(review: &Review, open: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut budget = Budget::new(LIMIT);
    let name = format!("{} {}", review.krate, review.crate_version);
    budget.push(&format!("## Review of {}\n\n", code(&name)));
    for sentence in sentences(review) {
        budget.push(&format!("- {}\n", text(&sentence)));
    }
    let parts = [
        (
            "Reached functions, callers before callees",
            &review.functions,
        ),
        ("Read in any case", &review.always),
        ("Made by derives and attributes", &review.derived),
    ];
    for (title, entries) in parts {
        let entries = entries
            .iter()
            .filter(|one| !open || !one.mark.is_reviewed());
        let mut entries = entries.peekable();
        if entries.peek().is_some() {
            budget.push(&format!("\n### {title}\n\n"));
        }
        for one in entries {
            budget.push(&row(one));
        }
    }
    let rest = "`cargo whittle review --format json` has all of it";
    out.write_all(budget.finish(rest).as_bytes())
}

fn row(entry: &Entry) -> String {
    let done = if matches!(entry.mark, Mark::Reviewed(_)) {
        "x"
    } else {
        " "
    };
    let name = cut(&entry.name());
    format!(
        "- [{done}] {}: {}\n",
        code(&name),
        text(&facts(entry).join("; "))
    )
}

fn text(text: &str) -> String {
    escape(&sanitize(&cut(text)))
}

fn cut(text: &str) -> String {
    crate::report::text::cut(text, ROW).into_owned()
}
