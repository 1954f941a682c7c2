//! An edit does no more than its reason says.
//!
//! Edits are listed in a file that few people read. So what an edit may write is narrow: a place
//! in a path, a visibility, a condition, the value of a variable; never code.

use std::collections::BTreeSet;

use crate::edit::{Edit, Why, apply};
use crate::items::{Hash, Item, Kind, flat_text, unnumbered};
use crate::old_words::KEYWORDS;
use crate::rewrite::{edition, examples};

pub(crate) fn check(original: &str, edit: &Edit) -> Result<(), String> {
    let range = edit.range.start as usize..edit.range.end as usize;
    let Some(before) = original.get(range.clone()) else {
        return Err(format!(
            "an edit is outside of the file, at byte {}",
            range.start
        ));
    };
    let Some(after) = flat_text(&edit.text) else {
        return Err(refuse(original, edit, "is no Rust"));
    };
    let after: Vec<&str> = after.iter().map(String::as_str).collect();
    let code = before.trim();
    let old = flat_text(before);
    let old: Option<Vec<&str>> = old
        .as_ref()
        .map(|old| old.iter().map(String::as_str).collect());
    let was = |is: fn(&[&str]) -> bool| old.as_ref().is_some_and(|old| is(old));
    let is_fine = match edit.why {
        // That only whole items go is seen from the items, see `whole`.
        Why::NotNeeded => after.is_empty(),
        Why::CrateAttribute => after.is_empty() && is_attribute_or_comment(code),
        // The crate by its own name: a name less.
        Why::ExternCrate if after.is_empty() && !code.is_empty() => is_own_name(code),
        Why::CratePath | Why::ExternCrate | Why::UseSite => was(is_path) && is_path(&after),
        Why::Visibility => was(is_visibility) && is_visibility(&after),
        Why::Cfg if after.is_empty() => {
            code.contains("cfg") || code == ")" && ends_a_cfg_attr(original, &range)
        }
        Why::Cfg => was(is_condition) && is_condition(&after),
        Why::MacroScope => {
            let import = code.starts_with("use crate::")
                && old.as_ref().is_some_and(|old| is_one_import(old));
            (code.is_empty() || code.starts_with("#[macro_") || import && after.is_empty())
                && (after.is_empty() || is_import(&after))
        }
        Why::Environment => code.contains("env") && is_literal(&after),
        Why::Declaration => code.is_empty() && is_declaration(&after),
        Why::Edition if code.is_empty() => edit.text == edition::DYN,
        Why::Edition if code == "..." => edit.text == "..=",
        Why::Edition => {
            let declared = original[..range.start].trim_end().ends_with(':');
            was(is_path) && is_of_edition(code, &after, declared)
        }
        Why::Example => {
            let fence = original[..range.start].trim_end_matches([' ', '\t']);
            (fence.ends_with("```") || fence.ends_with("~~~"))
                && !before.contains('\n')
                && examples::is_code(before)
                && edit.text == examples::PLAIN
        }
    };
    if is_fine {
        Ok(())
    } else {
        Err(refuse(original, edit, "is more than that"))
    }
}

/// `#[cfg_attr(condition, attribute)]` that becomes the attribute.
fn ends_a_cfg_attr(original: &str, bracket: &std::ops::Range<usize>) -> bool {
    let (before, after) = (&original[..bracket.start], &original[bracket.end..]);
    let start = ["#[", "#!["].iter().filter_map(|open| before.rfind(open));
    let attribute = start
        .max()
        .map(|at| before[at..].trim_start_matches(['#', '!', '[', ' ']));
    attribute.is_some_and(|text| text.starts_with("cfg_attr("))
        && after.trim_start().starts_with(']')
}

fn refuse(original: &str, edit: &Edit, what: &str) -> String {
    let before = original
        .get(..edit.range.start as usize)
        .unwrap_or_default();
    let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
    let text: String = edit.text.chars().take(60).collect();
    format!(
        "the record has an edit as `{}` whose text {what}: `{text}` (upstream's line {line})",
        edit.why.as_str()
    )
}

fn is_attribute_or_comment(code: &str) -> bool {
    const LINTS: [&str; 3] = ["warn(", "deny(", "forbid("];
    let lint = |code: &str| LINTS.iter().any(|lint| code.starts_with(lint));
    // One of several attributes of a `cfg_attr`.
    let part = code.strip_prefix(',').is_some_and(|code| {
        let code = code.trim_start();
        lint(code) || code.starts_with("feature(") || code.starts_with("doc(")
    });
    let outer = code
        .strip_prefix("#[")
        .is_some_and(|code| lint(code) || code.starts_with("doc = include_str!"));
    code.is_empty()
        || code.starts_with("#![")
        || code.starts_with("//")
        || code.starts_with("/*")
        || outer
        || part
}

/// The same word where it is a keyword, the same fragment of a macro (which is `declared` after a
/// colon), another path of a trait.
fn is_of_edition(before: &str, after: &[&str], declared: bool) -> bool {
    let raw = |word: &str| KEYWORDS.iter().any(|it| it.0 == before && word == before);
    let fragment = |word: &str| {
        let mut fragments = edition::FRAGMENTS.iter();
        declared && fragments.any(|it| it.0 == before && it.2 == word)
    };
    match after {
        ["dyn", path @ ..] => is_path(path),
        [word] => word.strip_prefix("r#").is_some_and(raw) || fragment(word),
        _ => false,
    }
}

/// `extern crate self as name;`
fn is_own_name(code: &str) -> bool {
    let code = code.strip_prefix("pub").unwrap_or(code).trim_start();
    code.starts_with("extern crate self as ")
        && code.ends_with(';')
        && code.matches(';').count() == 1
}

/// `use crate::name;`
fn is_one_import(tokens: &[&str]) -> bool {
    matches!(tokens, ["use", "crate", "::", name, ";"] if is_word(name))
}

/// Of the items that the edits leave, each is one of upstream's with the other edits only: what
/// is not needed goes item by item, never from within one.
pub(super) fn whole(
    original: &str,
    file: &crate::record::File,
    items: &[Item],
) -> Result<(), String> {
    let edits = file.edits.iter();
    let others: Vec<Edit> = edits
        .filter(|edit| edit.why != Why::NotNeeded)
        .cloned()
        .collect();
    let all = apply(original, &others).map_err(|why| why.to_string())?;
    let all = crate::items::items(&all, &file.module).map_err(|why| why.to_string())?;
    // Numbers of impls are those of what is left.
    let there: BTreeSet<(Kind, String, &Hash)> = all
        .iter()
        .map(|item| (item.kind, unnumbered(&item.path), &item.hash))
        .collect();
    let within = |item: &&Item| {
        item.kind != Kind::Attributes
            && !there.contains(&(item.kind, unnumbered(&item.path), &item.hash))
    };
    match items.iter().find(within) {
        None => Ok(()),
        Some(item) => Err(format!(
            "the record takes out a part of `{}`, not the whole of it",
            item.path
        )),
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn is_path(tokens: &[&str]) -> bool {
    tokens
        .iter()
        .all(|token| is_word(token) || ["::", "$"].contains(token))
}

fn is_visibility(tokens: &[&str]) -> bool {
    match tokens {
        ["pub"] => true,
        ["pub", "(", inner @ .., ")"] => is_path(inner),
        _ => is_path(tokens),
    }
}

/// Predicates, and the attributes and lists that they stand in: words are only called when they
/// are `all`, `any`, `not`, `cfg`, …
fn is_condition(tokens: &[&str]) -> bool {
    const HEADS: [&str; 7] = ["all", "any", "not", "cfg", "cfg_attr", "target", "doc"];
    let is_allowed = |token: &&str| {
        is_word(token)
            || token.starts_with('"')
            || ["(", ")", ",", "=", "#", "[", "]", "!"].contains(token)
    };
    let no_calls = tokens
        .windows(2)
        .all(|pair| pair[1] != "(" || !is_word(pair[0]) || HEADS.contains(&pair[0]));
    let is_boolean = tokens == ["true"] || tokens == ["false"];
    is_boolean || (tokens.iter().all(is_allowed) && no_calls)
}

/// `pub(crate) use name;`, some of them, with attributes that allow lints or are conditions.
fn is_import(tokens: &[&str]) -> bool {
    let tokens = &without_conditions(tokens)[..];
    const ALLOW: [&str; 4] = ["#", "[", "allow", "]"];
    let is_allowed = |token: &&str| {
        is_word(token)
            || ["(", ")", "::", ";", "{", "}", ",", "$"].contains(token)
            || ALLOW.contains(token)
    };
    let uses = tokens.contains(&"use");
    const NEVER: [&str; 6] = ["fn", "impl", "unsafe", "static", "const", "extern"];
    uses && tokens.iter().all(is_allowed) && !tokens.iter().any(|token| NEVER.contains(token))
}

/// Without `#[cfg(…)]`.
fn without_conditions<'a>(tokens: &[&'a str]) -> Vec<&'a str> {
    let mut out = Vec::new();
    let mut rest = tokens;
    while let [first, after @ ..] = rest {
        if let ["#", "[", "cfg", "(", ..] = rest
            && let Some(end) = rest.iter().position(|token| *token == "]")
            && is_condition(&rest[..end])
        {
            rest = &rest[end + 1..];
            continue;
        }
        out.push(*first);
        rest = after;
    }
    out
}

fn is_literal(tokens: &[&str]) -> bool {
    match tokens {
        ["None"] => true,
        [one] => {
            one.starts_with(['"', '\'', 'b', 'r', 'c']) && one.ends_with(['"', '\'', '#'])
                || one.starts_with(|c: char| c.is_ascii_digit())
        }
        ["Some", "(", rest @ .., ")"] | ["(", rest @ .., ")"] => is_literal(rest),
        [
            "::",
            "core",
            "::",
            "option",
            "::",
            "Option",
            "::",
            rest @ ..,
        ] => matches!(rest, ["None"] | ["None", "::", "<", ..]) || is_literal(rest),
        _ => false,
    }
}

/// `mod name;` with its visibility and a path.
fn is_declaration(tokens: &[&str]) -> bool {
    let is_allowed = |token: &&str| {
        is_word(token)
            || token.starts_with('"')
            || ["#", "[", "]", "=", "(", ")", ",", "::", ";"].contains(token)
    };
    tokens.contains(&"mod") && tokens.iter().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::Span;

    fn edit(start: usize, length: usize, text: &str, why: Why) -> Edit {
        let byte = |at: usize| u32::try_from(at).unwrap();
        Edit {
            range: Span::new(byte(start), byte(start + length)),
            text: text.to_owned(),
            why,
        }
    }

    #[test]
    fn the_end_of_a_condition_that_holds() {
        let text = "#[cfg_attr(not(x), doc(hidden))]\nfn f(n: u8) {}\n";
        let without = |start: usize, length: usize| check(text, &edit(start, length, "", Why::Cfg));
        let begin = "cfg_attr(not(x), ";
        assert_eq!(without(text.find(begin).unwrap(), begin.len()), Ok(()));
        assert_eq!(without(text.find(")]").unwrap(), 1), Ok(()));
        assert!(without(text.rfind(')').unwrap(), 1).is_err());
    }

    #[test]
    fn what_a_newer_edition_asks_for() {
        let text = "macro_rules! m { ($p:pat) => { async ... .. pat T } }";
        let is_fine = |what: &str, with: &str| {
            let start = text.find(what).unwrap();
            check(text, &edit(start, what.len(), with, Why::Edition)).is_ok()
        };
        for (what, with) in [
            ("async", "r#async"),
            ("...", "..="),
            ("pat", "pat_param"),
            ("", "dyn "),
            ("T", "dyn crate::T"),
        ] {
            assert!(is_fine(what, with), "{what} {with}");
        }
        for (what, with) in [
            ("async", "r#await"),
            ("async", "evil"),
            ("T", "r#T"),
            ("T", "dyn evil()"),
            ("...", "+"),
            ("...", ""),
            ("pat", "expr_2021"),
            ("", "unsafe "),
            ("macro_rules", "pat_param"),
        ] {
            assert!(!is_fine(what, with), "{what} {with}");
        }
    }
}
