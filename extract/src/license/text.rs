//! Which file of a package is about its licence, and of which licence a text is.
//!
//! Only what a text says counts, not how its file is called: a `COPYING` may say no more than
//! that there are two licences, and a `LICENSE-APACHE` may hold anything.

use super::table::{self, Known};

/// Longer ones are no licence, whatever they are called.
const LONGEST: usize = 400_000;

/// What a file is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    License,
    /// What Apache-2.0 wants handed on.
    Notice,
}

/// By the name of a file at the root of a package, or below its `LICENSES` folder.
#[must_use]
pub fn role_of(path: &str) -> Option<Role> {
    let path = path.replace('\\', "/");
    let (folder, name) = match path.rsplit_once('/') {
        Some((folder, name)) => (folder.to_ascii_lowercase(), name),
        None => (String::new(), path.as_str()),
    };
    let name = name.to_ascii_lowercase();
    let stem_is = |word: &str| {
        let rest = name.strip_prefix(word);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
    };
    let is_source = ["rs", "toml", "lock", "json", "py", "sh", "hbs", "tpl"]
        .iter()
        .any(|ext| {
            name.rsplit_once('.')
                .is_some_and(|(_, found)| found == *ext)
        });
    if is_source {
        return None;
    }
    match folder.as_str() {
        "licenses" | "licences" | "license" | "licence" => Some(Role::License),
        "" if stem_is("notice") => Some(Role::Notice),
        "" if [
            "license",
            "licence",
            "licenses",
            "copying",
            "unlicense",
            "copyright",
            "apache-license",
            "mit-license",
        ]
        .iter()
        .any(|word| stem_is(word)) =>
        {
            Some(Role::License)
        }
        _ => None,
    }
}

pub(super) fn is_of(text: &str, known: &Known) -> bool {
    matches(&words(text), known)
}

/// Licences whose text this is or holds; of those that only their use tells apart, the first.
pub(super) fn recognize(text: &str) -> Vec<&'static Known> {
    let words = words(text);
    let mut found: Vec<&Known> = Vec::new();
    for known in table::all().filter(|known| matches(&words, known)) {
        if !found.iter().any(|one| table::same_text(one.id, known.id)) {
            found.push(known);
        }
    }
    // The plain licence is part of the one with an exception.
    if found
        .iter()
        .any(|known| known.id.starts_with("Apache-2.0 WITH"))
    {
        found.retain(|known| known.id != "Apache-2.0");
    }
    found
}

fn matches(words: &str, known: &Known) -> bool {
    let holds = |phrase: &&str| words.contains(*phrase);
    known.holds.iter().all(holds) && !known.lacks.iter().any(holds)
}

/// In lower case, one space between words, without the marks that Markdown, comments and
/// typographers add.
fn words(text: &str) -> String {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text: String = text[..end]
        .chars()
        .map(|c| match c {
            '\u{2018}' | '\u{2019}' | '`' => '\'',
            '\u{201c}' | '\u{201d}' => '"',
            '*' | '#' | '_' | '>' | '=' | '"' => ' ',
            c => c.to_ascii_lowercase(),
        })
        .collect();
    let words: Vec<&str> = text
        .split_whitespace()
        .filter(|word| *word != "//" && !word.bytes().all(|byte| byte == b'-') || *word == "-")
        .collect();
    words.join(" ")
}
