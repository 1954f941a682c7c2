//! Copyright lines of licence texts, and what a source file says of its own licence.

/// More are no list of holders.
const MOST: usize = 64;
const LONGEST: usize = 300;

/// Lines such as `Copyright (c) 2014 The Rust Project Developers`, `© 2020 Somebody`, without
/// comment marks and without the sentences of licences that begin with the word.
#[must_use]
pub fn copyright_lines(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = cleaned(line);
        if out.len() < MOST && is_copyright(&line) && !out.contains(&line) {
            out.push(line);
        }
    }
    out
}

/// One line that can stand in a comment: no comment marks around it, nothing that could end it or
/// turn it around, no more than is needed.
pub(crate) fn cleaned(line: &str) -> String {
    let harmless = |c: char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}' | '\u{e0000}'..='\u{e007f}')
    };
    let text: String = line
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|&c| harmless(c))
        .take(LONGEST)
        .collect();
    let marks: &[char] = &['/', '*', '#', '!', ';', ' ', '>', '|'];
    let text = text
        .trim_start_matches(marks)
        .trim_end_matches([' ', '*', '/']);
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

fn is_copyright(line: &str) -> bool {
    let lower = line.to_lowercase();
    // "Portions copyright …", "SPDX-FileCopyrightText: …", "All contents copyright …"
    let starts = [
        "spdx-filecopyrighttext:",
        "portions copyright",
        "copyright",
        "(c)",
        "©",
    ];
    let Some(rest) = starts.iter().find_map(|start| lower.strip_prefix(start)) else {
        return false;
    };
    let rest = rest.trim_start_matches([' ', ':', ',']);
    let has_sign = ["(c)", "©", "&copy;"]
        .iter()
        .any(|sign| lower.contains(sign));
    let has_year = rest
        .split(|c: char| !c.is_ascii_digit())
        .any(|digits| digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20")));
    let is_template = [
        "[yyyy]",
        "{yyyy}",
        "<year>",
        "[year]",
        "yyyy name of",
        "(year)",
        "<copyright holders>",
        "[name of copyright owner]",
    ]
    .iter()
    .any(|word| lower.contains(word));
    // Of the licences' own texts, not of the code.
    let is_sentence = [
        "copyright notice",
        "copyright license",
        "copyright owner",
        "copyright holder",
        "copyright and",
        "copyright law",
        "copyright interest",
        "copyright or",
        "copyright statement",
        "copyright in ",
        "copyright protection",
    ]
    .iter()
    .any(|start| lower.starts_with(start) && !(has_sign || has_year))
        || lower.contains("free software foundation")
        || lower.contains("sam hocevar") && lower.contains("2004");
    let names_somebody = rest.replace("(c)", "").chars().any(char::is_alphabetic);
    // "Copyright The Rust Project Developers", and not "copyright to what follows".
    let is_name = || {
        let last = line.get(line.len().saturating_sub(rest.len())..);
        last.is_some_and(|text| text.starts_with(char::is_uppercase))
    };
    // `(c) You must retain …`: the third of a list.
    let is_listed = lower.starts_with("(c)") && !has_year;
    !is_template
        && !is_sentence
        && !is_listed
        && names_somebody
        && (has_sign || has_year || is_name())
}

/// `SPDX-License-Identifier` of a source file, from the comments at its head.
#[must_use]
pub fn declared_in(source: &str) -> Option<String> {
    source.lines().take(60).find_map(|line| {
        let (before, after) = line.split_once("SPDX-License-Identifier:")?;
        let in_comment = before
            .chars()
            .all(|c| matches!(c, '/' | '*' | ' ' | '!' | '\t'));
        (in_comment && !before.trim().is_empty()).then(|| {
            let text = cleaned(after);
            text.trim_end_matches("*/").trim().to_owned()
        })
    })
}
