//! `src/whittled/mod.rs`: the one file that is ours, a declaration for each copy.

const HEAD: &str = "\
//! Code that cargo-whittle copied from other packages. Each folder has a `whittled.toml` that says
//! what it is a copy of; `cargo whittle verify` compares.
";

/// The list with `name` in it, declared with the lints it needs (`dead_code`, `clippy::all`, …).
/// What else stands in an existing list stays. The formatter leaves the copy as it came.
#[must_use]
pub fn with_module(list: Option<&str>, name: &str, allows: &[String]) -> String {
    let mut text = without_module(list.unwrap_or(HEAD), name).unwrap_or_else(|| HEAD.to_owned());
    let mut entry = String::from("#[rustfmt::skip]\n");
    if !allows.is_empty() {
        entry = format!("{entry}#[allow({})]\n", allows.join(", "));
    }
    entry = format!("{entry}{}\n", declaration(name));
    // By name, before the first that comes later.
    let mut at = text.len();
    for (start, line) in lines(&text) {
        let later = declared(line).is_some_and(|one| one > name);
        if later {
            at = with_attributes(&text, start);
            break;
        }
    }
    if at == text.len() {
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&entry);
    } else {
        text.insert_str(at, &format!("{entry}\n"));
    }
    text
}

/// The list without `name`; `None` when nothing but our own words is left.
#[must_use]
pub fn without_module(list: &str, name: &str) -> Option<String> {
    let mut text = list.to_owned();
    let found = lines(&text).find(|(_, line)| declared(line) == Some(name));
    if let Some((start, line)) = found {
        let from = with_attributes(&text, start);
        let end = start + line.len();
        text.replace_range(from..end, "");
        // The empty line that stood before it.
        let before = text.get(..from).unwrap_or_default();
        let is_double = before.ends_with("\n\n") || before.ends_with("\n\r\n");
        if is_double {
            text.remove(from - 1);
        }
    }
    let is_ours = text.trim() == HEAD.trim() || text.trim().is_empty();
    (!is_ours || list == HEAD).then_some(text)
}

fn declaration(name: &str) -> String {
    format!("pub(crate) mod {name};")
}

fn declared(line: &str) -> Option<&str> {
    let line = line.trim().strip_prefix("pub(crate) mod ")?;
    line.strip_suffix(';')
}

/// Lines with where they start, their end included.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line)
    })
}

/// Where the attributes of the declaration at `start` begin.
fn with_attributes(text: &str, start: usize) -> usize {
    let mut from = start;
    while let Some((at, line)) = lines(text.get(..from).unwrap_or_default()).last() {
        if !line.trim_start().starts_with("#[") {
            break;
        }
        from = at;
    }
    from
}
