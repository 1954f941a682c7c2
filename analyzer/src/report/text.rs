//! Text as every renderer prints it: names made safe, numbers made readable.
//!
//! Names come from the analyzed tree, which is not trusted: a crate may put escape sequences
//! or right-to-left overrides into its version, its paths or its identifiers. [`sanitize`] is
//! the one place that makes them harmless for a terminal; [`json_safe`] does the same for JSON
//! without changing what a reader decodes.

use std::borrow::Cow;
use std::fmt::Write;

use crate::measure::Counts;

/// Characters that a terminal may act on, or a reader be misled by, instead of seeing them:
/// control characters, line and paragraph separators, bidirectional formatting and invisible
/// characters. First and last of each range.
pub(crate) const UNSAFE: &[(char, char)] = &[
    ('\0', '\u{1f}'),
    ('\u{7f}', '\u{9f}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{180e}', '\u{180e}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{fff9}', '\u{fffb}'),
    ('\u{e0000}', '\u{e007f}'),
];

fn is_unsafe(c: char) -> bool {
    let printable = (' '..='~').contains(&c);
    !printable
        && UNSAFE
            .iter()
            .any(|&(first, last)| (first..=last).contains(&c))
}

/// The text with every such character written out, as `\u{1b}`.
#[must_use]
pub fn sanitize(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_unsafe(c) {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// A line that no CI service's log takes for a command: GitHub's runner acts on lines that begin
/// with `::`, spaces aside, and on `##[` anywhere, and what cargo says quotes the tree.
#[must_use]
pub fn no_command(line: &str) -> String {
    let begins = line.trim_start().starts_with("::");
    let line = line.replace("##[", "## [");
    if begins { format!("| {line}") } else { line }
}

/// The same for HTML and XML, in elements and in quoted attributes.
#[must_use]
pub fn markup(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in sanitize(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // No characters of XML.
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

/// JSON text with every such character as a JSON escape. Layout is kept: serializers write
/// no control character but line feeds, and those outside of strings only.
#[must_use]
pub fn json_safe(json: String) -> String {
    let wanted = |c: char| c != '\n' && is_unsafe(c);
    if !json.contains(wanted) {
        return json;
    }
    let mut safe = String::with_capacity(json.len() + 8);
    let mut units = [0; 2];
    for c in json.chars() {
        if wanted(c) {
            for unit in c.encode_utf16(&mut units) {
                // Writing to a String cannot fail.
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

/// `1234567` as `1,234,567`.
#[must_use]
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `3 crates`, `1 crate`.
#[must_use]
pub fn plural(number: u64, one: &str, many: &str) -> String {
    format!(
        "{} {}",
        thousands(number),
        if number == 1 { one } else { many }
    )
}

/// Used of total in percent, rounded down so that only all is 100 %; empty without a total.
#[must_use]
pub fn percent(counts: Counts) -> String {
    match counts.per_mille() {
        None => String::new(),
        Some(0) if counts.used > 0 => "<0.1%".to_owned(),
        Some(0) => "0%".to_owned(),
        Some(1000) => "100%".to_owned(),
        Some(per_mille) => format!("{}.{}%", per_mille / 10, per_mille % 10),
    }
}

/// `12/3,456`; `-` when there is nothing to use.
#[must_use]
pub fn ratio(used: u64, total: u64) -> String {
    if total == 0 {
        return "-".to_owned();
    }
    format!("{}/{}", thousands(used), thousands(total))
}

/// Cuts a text to a number of characters; the last one then is `…`.
#[must_use]
pub fn cut(text: &str, width: usize) -> Cow<'_, str> {
    if text.chars().count() <= width {
        return Cow::Borrowed(text);
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    Cow::Owned(short)
}

/// Breaks a text at spaces into lines of at most `width` characters. Every line but the first
/// begins with `indent`; the first is taken to stand after as many characters. A word longer
/// than a line stands alone on one.
#[must_use]
pub fn wrap(text: &str, width: usize, indent: &str) -> String {
    let start = indent.chars().count();
    let mut wrapped = String::new();
    let mut column = start;
    for word in text.split(' ') {
        let length = word.chars().count();
        // A line that begins like this may be a command of a log.
        let may_begin = !word.starts_with("::");
        if column > start && column + 1 + length > width && may_begin {
            wrapped.push('\n');
            wrapped.push_str(indent);
            column = start;
        } else if column > start {
            wrapped.push(' ');
            column += 1;
        }
        wrapped.push_str(word);
        column += length;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_control_character_is_unsafe() {
        let mut controls = (0..0x11_0000)
            .filter_map(char::from_u32)
            .filter(|c| c.is_control());
        assert!(controls.all(is_unsafe));
        assert!(!"aé \u{a0}~".contains(is_unsafe));
    }

    #[test]
    fn control_characters_are_written_out() {
        assert_eq!(sanitize("serde 1.0"), "serde 1.0");
        assert_eq!(
            sanitize("a\x1b[31mb\u{9b}c\u{202e}d\n"),
            r"a\u{1b}[31mb\u{9b}c\u{202e}d\u{a}"
        );
        assert!(!sanitize("\x07\u{200b}\u{feff}\r").contains(is_unsafe));
    }

    #[test]
    fn markup_is_no_markup() {
        assert_eq!(
            markup("a<b>&\"'\u{7}\u{ffff}"),
            "a&lt;b&gt;&amp;&quot;&#39;\\u{7}\u{fffd}"
        );
    }

    #[test]
    fn json_keeps_its_meaning() {
        let name = "a\x1b\u{9b}\u{202e}\u{e0001}é";
        let json = json_safe(serde_json::to_string_pretty(&[name]).unwrap());
        assert_eq!(json, "[\n  \"a\\u001b\\u009b\\u202e\\udb40\\udc01é\"\n]");
        assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), [name]);
    }

    #[test]
    fn numbers_read_well() {
        let numbers = [0, 12, 123, 1234, 123_456, 1_234_567].map(thousands);
        assert_eq!(numbers, ["0", "12", "123", "1,234", "123,456", "1,234,567"]);
        let share = |used, total| {
            percent(Counts {
                used,
                unknown: 0,
                unused: total - used,
                total,
            })
        };
        let shares = [
            share(0, 0),
            share(0, 9),
            share(1, 9999),
            share(1, 8),
            share(9998, 9999),
        ];
        assert_eq!(shares, ["", "0%", "<0.1%", "12.5%", "99.9%"]);
        assert_eq!(share(7, 7), "100%");
    }

    #[test]
    fn long_text_is_cut_and_wrapped() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(wrap("aa bb cc dd", 7, "  "), "aa bb\n  cc dd");
        assert_eq!(wrap("abcdefghij k", 4, ""), "abcdefghij\nk");
    }
}
