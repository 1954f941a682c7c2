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

/// Errors that say of a name that nothing has it.
const NOT_FOUND: [&str; 18] = [
    "E0046", "E0220", "E0405", "E0407", "E0412", "E0422", "E0423", "E0425", "E0432", "E0433",
    "E0437", "E0438", "E0531", "E0532", "E0574", "E0576", "E0599", "E0603",
];

/// Names that the compiler looked for in vain: what a macro of another crate makes of its
/// arguments mentions things that no text of the dependency does.
pub(super) fn missed(checked: &Checked) -> BTreeSet<String> {
    let names = |said: &&Said| {
        NOT_FOUND.contains(&said.code.as_str()) || said.message.starts_with("cannot find macro")
    };
    let quoted = |said: &Said| -> Vec<String> {
        let parts = said.message.split('`').skip(1).step_by(2);
        let words = parts.flat_map(|part| part.split(|c: char| !c.is_alphanumeric() && c != '_'));
        words
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    checked.errors().filter(names).flat_map(quoted).collect()
}

/// What stands in the way: errors, else warnings that were not there and are not the copy's.
pub(super) fn judge(checked: &Checked, before: &Checked, files: &Files) -> Vec<Refusal> {
    if checked.success {
        let new = checked.added_since(before).into_iter();
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
    let what = format!("`{}`{}", said.message, said.code_in_brackets());
    let refusal = Refusal::new(reason, what);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_has_is_named() {
        let said = |code: &str, message: &str, is_error| Said {
            is_error,
            code: code.to_owned(),
            message: message.to_owned(),
            spans: Vec::new(),
            suggested: Vec::new(),
        };
        let all = [
            said("E0433", "cannot find `inner_impl` in `names`", true),
            said("", "cannot find macro `made` in this scope", true),
            said("E0308", "mismatched types: `u8`", true),
            said("E0425", "cannot find value `warned` in this scope", false),
        ];
        let checked = Checked {
            said: all.into_iter().map(|said| (said, 1)).collect(),
            ..Checked::default()
        };
        let found: Vec<String> = missed(&checked).into_iter().collect();
        assert_eq!(found, ["inner_impl", "made", "names"]);
    }
}
