//! Whether a text is well-formed XML, as far as the tool writes it: elements that end, attributes
//! in quotes and once, references that exist, characters that XML has. In an HTML page, the
//! elements without content too, and text of scripts and styles as it is.

/// Elements of HTML that have no end.
const VOID: [&str; 6] = ["meta", "link", "input", "br", "img", "hr"];

/// What is wrong first.
pub(super) fn wrong(text: &str, is_html: bool) -> Option<String> {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    let mut roots = 0;
    while let Some(at) = rest.find('<') {
        let between = &rest[..at];
        if let Some(why) = references(between, is_html).or_else(|| characters(between)) {
            return Some(why);
        }
        if open.is_empty() && !between.trim().is_empty() {
            return Some(format!("text outside of the root: {between}"));
        }
        rest = &rest[at + 1..];
        if let Some(skipped) = declaration(rest) {
            rest = skipped;
            continue;
        }
        let Some(end) = end_of_tag(rest) else {
            return Some(format!("a tag has no end: {rest:.40}"));
        };
        let (tag, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            let opened = open.pop();
            if opened != Some(name.trim_end()) {
                return Some(format!("</{name}> ends {opened:?}"));
            }
            continue;
        }
        let (tag, is_whole) = tag
            .strip_suffix('/')
            .map_or((tag, false), |tag| (tag, true));
        let name = tag.split_whitespace().next().unwrap_or_default();
        if let Some(why) = attributes(&tag[name.len()..], is_html) {
            return Some(format!("<{tag}>: {why}"));
        }
        if open.is_empty() {
            roots += 1;
        }
        if is_whole || (is_html && VOID.contains(&name)) {
            continue;
        }
        open.push(name);
        if is_html && ["script", "style"].contains(&name) {
            let Some(end) = rest.find(&format!("</{name}")) else {
                return Some(format!("<{name}> has no end"));
            };
            rest = &rest[end..];
        }
    }
    if !open.is_empty() || roots != 1 || !rest.trim().is_empty() {
        return Some(format!("{open:?} open, {roots} roots, then {rest:?}"));
    }
    None
}

/// What follows a declaration or a comment.
fn declaration(rest: &str) -> Option<&str> {
    for (start, end) in [("!--", "-->"), ("?", "?>"), ("!", ">")] {
        if rest.starts_with(start) {
            return Some(rest.split_once(end)?.1);
        }
    }
    None
}

/// The `>` that is not in quotes.
fn end_of_tag(rest: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in rest.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at),
            (None, '<') => return None,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

fn attributes(mut rest: &str, is_html: bool) -> Option<String> {
    let mut seen = Vec::new();
    while !rest.trim_start().is_empty() {
        if !rest.starts_with(char::is_whitespace) {
            return Some(format!("no space before {rest}"));
        }
        rest = rest.trim_start();
        let end = rest.find(|c: char| c == '=' || c.is_whitespace());
        let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
        if seen.contains(&name) {
            return Some(format!("{name} twice"));
        }
        seen.push(name);
        let Some(value) = after.strip_prefix('=') else {
            if !is_html {
                return Some(format!("{name} has no value"));
            }
            rest = after;
            continue;
        };
        let quote = value.chars().next().filter(|c| "\"'".contains(*c));
        let Some((value, after)) = quote.and_then(|quote| value[1..].split_once(quote)) else {
            return Some(format!("{name} is not in quotes"));
        };
        if value.contains('<') {
            return Some(format!("< in {name}"));
        }
        if let Some(why) = references(value, is_html).or_else(|| characters(value)) {
            return Some(why);
        }
        rest = after;
    }
    None
}

fn references(text: &str, is_html: bool) -> Option<String> {
    for after in text.split('&').skip(1) {
        let name = after.split_once(';').map_or("", |(name, _)| name);
        let known = ["amp", "lt", "gt", "quot", "apos"].contains(&name)
            || (is_html && ["nbsp", "middot", "hellip", "times"].contains(&name))
            || name
                .strip_prefix('#')
                .is_some_and(|number| !number.is_empty());
        if !known {
            return Some(format!("a bare &: &{after:.20}"));
        }
    }
    None
}

fn characters(text: &str) -> Option<String> {
    let bad = |c: &char| c.is_control() && !"\t\n\r".contains(*c);
    text.chars()
        .find(bad)
        .map(|c| format!("the character {c:?}"))
}

#[test]
fn what_is_not_well_formed_is_found() {
    for good in [
        "<?xml version=\"1.0\"?>\n<a b=\"1\" c='2'><d/>x &amp; y</a>\n",
        "<a><!-- < & --></a>",
    ] {
        assert_eq!(wrong(good, false), None, "{good}");
    }
    for bad in [
        "",
        "<a>",
        "<a></b>",
        "<a b=c></a>",
        "<a b=\"1\" b=\"2\"/>",
        "<a b=\"1\"c=\"2\"/>",
        "<a b=\"<\"/>",
        "<a>x & y</a>",
        "<a>\u{1b}</a>",
        "<a/><b/>",
        "<a/>x",
    ] {
        assert!(wrong(bad, false).is_some(), "{bad}");
    }
    let page = "<!doctype html><html><br><p hidden>x</p><script>a < b && c</script></html>";
    assert_eq!(wrong(page, true), None);
    assert!(wrong(page, false).is_some());
}
