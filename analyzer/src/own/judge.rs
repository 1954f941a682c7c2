//! What of the compiler's words stands in the way, and what is the copy's own affair.

use std::collections::BTreeSet;

use whittle_extract::refuse::{Reason, Refusal};

use super::check::{Checked, Said};
use super::extraction::Extraction;
use super::files::Files;

/// Errors and warnings that are shown of many.
const SHOWN: usize = 10;

/// A lint's name (`dead_code`), not the number of an error.
pub(super) fn is_lint(said: &Said) -> bool {
    let number = said.code.strip_prefix('E');
    let is_error = number.is_some_and(|it| it.bytes().all(|b| b.is_ascii_digit()));
    !said.code.is_empty() && !is_error
}

fn touches(said: &Said, files: &Files) -> bool {
    said.spans.iter().any(|spot| files.is_copy(&spot.file))
}

/// Whether it is about a file of the copy.
pub(super) fn in_copy(said: &Said, extraction: &Extraction<'_>) -> bool {
    let folder = extraction.folder();
    said.spans.iter().any(|spot| spot.file.starts_with(&folder))
}

/// Lints that the copy raises, denied ones too: its declaration allows them by name.
pub(super) fn raised(checked: &Checked, files: &Files) -> BTreeSet<String> {
    let ours = checked.said.keys();
    let ours = ours.filter(|said| is_lint(said) && touches(said, files));
    ours.map(|said| said.code.clone()).collect()
}

/// Whether something other than a denied lint in the copy keeps it from compiling.
pub(super) fn is_broken(checked: &Checked, files: &Files) -> bool {
    let lint = |said: &&Said| is_lint(said) && touches(said, files);
    let errors = checked.errors().filter(|said| !said.code.is_empty());
    let (lints, others): (Vec<&Said>, Vec<&Said>) = errors.partition(lint);
    !checked.success && (lints.is_empty() || !others.is_empty())
}

/// What stands in the way: errors, else warnings that were not there and are not the copy's.
pub(super) fn judge(checked: &Checked, before: &Checked, files: &Files) -> Vec<Refusal> {
    if checked.success {
        let new = checked.new_warnings(before).into_iter();
        let new = new.filter(|said| !(is_lint(said) && touches(said, files)));
        return new
            .map(|said| refusal(Reason::NewWarnings, said))
            .take(SHOWN)
            .collect();
    }
    let errors = checked.errors().filter(|said| !said.spans.is_empty());
    let mut errors: Vec<Refusal> = errors
        .map(|said| refusal(Reason::DoesNotCompile, said))
        .take(SHOWN)
        .collect();
    if errors.is_empty() {
        let what = format!("the package with the copy ({})", checked.headline);
        errors.push(Refusal::new(Reason::DoesNotCompile, what));
    }
    errors
}

fn refusal(reason: Reason, said: &Said) -> Refusal {
    let code = match said.code.as_str() {
        "" => String::new(),
        code => format!(" [{code}]"),
    };
    let refusal = Refusal::new(reason, format!("`{}`{code}", said.message));
    match said.spans.first() {
        Some(spot) => refusal.at(spot.file.clone(), spot.line),
        None => refusal,
    }
}

/// The first error in a few words.
pub(super) fn first(checked: &Checked) -> String {
    let error = checked.errors().find(|said| !said.spans.is_empty());
    error.map_or_else(|| checked.headline.clone(), |error| error.message.clone())
}
