//! A manifest's text while it is changed: every change is a splice of the text at places that
//! `toml_edit` found, so that what is not meant keeps its bytes, line ends included.

use std::ops::Range;

use toml_edit::{Item, Key, TableLike};

/// A text and what is to be done to it.
pub(super) struct Draft<'a> {
    text: &'a str,
    splices: Vec<(Range<usize>, String)>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            splices: Vec::new(),
        }
    }

    /// What the file ends its lines with.
    pub(super) fn newline(&self) -> &'static str {
        match self.text.find('\n') {
            Some(at) if self.text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }

    pub(super) fn replace(&mut self, range: Range<usize>, text: &str) {
        self.splices.push((range, text.to_owned()));
    }

    pub(super) fn remove(&mut self, range: Range<usize>) {
        self.splices.push((range, String::new()));
    }

    /// A line of its own behind the line that `at` is in.
    pub(super) fn add_line_after(&mut self, at: usize, line: &str) {
        let newline = self.newline();
        let end = line_end(self.text, at);
        let text = if end > 0 && !self.text[..end].ends_with('\n') {
            format!("{newline}{line}")
        } else {
            format!("{line}{newline}")
        };
        self.splices.push((end..end, text));
    }

    /// Takes the elements of an array or inline table that are marked out, with their commas;
    /// those that have lines of their own with the lines.
    pub(super) fn remove_elements(&mut self, elements: &[(Range<usize>, bool)]) {
        let mut at = 0;
        while at < elements.len() {
            let run = elements[at..].iter().take_while(|(_, out)| *out).count();
            if run == 0 {
                at += 1;
                continue;
            }
            let before = at.checked_sub(1).map(|before| elements[before].0.end);
            let next = elements.get(at + run).map(|(range, _)| range.start);
            let run = elements[at].0.start..elements[at + run - 1].0.end;
            let lines = line_start(self.text, run.start)..line_end(self.text, run.end);
            at = elements.partition_point(|(range, _)| range.end <= run.end);
            let is_alone = self.text[lines.start..run.start].trim().is_empty()
                && is_end_of_element(&self.text[run.end..lines.end]);
            if is_alone {
                self.remove(lines);
            } else if let Some(next) = next {
                self.remove(run.start..next);
            } else if let Some(before) = before {
                self.remove(before..run.end);
            } else {
                let rest = &self.text[run.end..];
                let spaces = rest.len() - rest.trim_start().len();
                let comma = rest.trim_start().starts_with(',');
                let more = if comma { spaces + 1 } else { 0 };
                self.remove(run.start..run.end + more);
            }
        }
    }

    pub(super) fn finish(mut self) -> String {
        self.splices
            .sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(self.text.len());
        let mut at = 0;
        for (range, text) in &self.splices {
            // Lines of dotted keys that stand in one line were asked for twice.
            let start = range.start.max(at);
            out.push_str(&self.text[at..start]);
            out.push_str(text);
            at = range.end.max(start);
        }
        out.push_str(&self.text[at..]);
        out
    }
}

/// Nothing but a comma and a comment.
fn is_end_of_element(rest: &str) -> bool {
    let rest = rest.trim_start();
    let rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    rest.is_empty() || rest.starts_with('#')
}

pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Behind the line's end.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text[at..]
        .find('\n')
        .map_or(text.len(), |newline| at + newline + 1)
}

/// The lines that a range touches.
pub(super) fn lines(text: &str, range: &Range<usize>) -> Range<usize> {
    line_start(text, range.start)..line_end(text, range.end)
}

/// Where an entry stands: one range for each part of it, `dep.version` and `dep.features` being
/// two, a header and its values too. Sorted.
pub(super) fn parts(key: &Key, item: &Item) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    collect(Some(key), item, &mut out);
    out.sort_by_key(|range| range.start);
    out
}

fn collect(key: Option<&Key>, item: &Item, out: &mut Vec<Range<usize>>) {
    let start = key.and_then(Key::span);
    match item {
        Item::None => {}
        Item::Value(value) => {
            if let Some(table) = value.as_inline_table().filter(|table| table.is_dotted()) {
                entries(table, out);
            } else if let Some(span) = value.span() {
                let start = start.map_or(span.start, |start| start.start);
                out.push(start..span.end);
            }
        }
        Item::Table(table) => {
            let has_header = !table.is_implicit() && !table.is_dotted();
            out.extend(table.span().filter(|_| has_header));
            entries(table, out);
        }
        Item::ArrayOfTables(tables) => {
            for table in tables {
                out.extend(table.span());
                entries(table, out);
            }
        }
    }
}

fn entries(table: &dyn TableLike, out: &mut Vec<Range<usize>>) {
    for (name, item) in table.iter() {
        collect(table.get_key_value(name).map(|(key, _)| key), item, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(text: &str, out: &[&str]) -> String {
        let document = toml_edit::Document::parse(text).unwrap();
        let array = document.as_table()["a"].as_array().unwrap();
        let marked: Vec<_> = array
            .iter()
            .map(|value| {
                (
                    value.span().unwrap(),
                    out.contains(&value.as_str().unwrap()),
                )
            })
            .collect();
        let mut draft = Draft::new(text);
        draft.remove_elements(&marked);
        draft.finish()
    }

    #[test]
    fn elements_go_with_their_commas_and_lines() {
        let one = r#"a = ["x", "y", "z"] # c"#;
        assert_eq!(elements(one, &["x"]), r#"a = ["y", "z"] # c"#);
        assert_eq!(elements(one, &["y"]), r#"a = ["x", "z"] # c"#);
        assert_eq!(elements(one, &["z"]), r#"a = ["x", "y"] # c"#);
        assert_eq!(elements(one, &["y", "z"]), r#"a = ["x"] # c"#);
        assert_eq!(elements(one, &["x", "z"]), r#"a = ["y"] # c"#);
        assert_eq!(elements(one, &["x", "y", "z"]), r#"a = [] # c"#);
        assert_eq!(elements(r#"a = ["x" , ]"#, &["x"]), "a = [ ]");
        let many = "a = [\r\n  \"x\", # of x\r\n  # of y\r\n  \"y\",\r\n  \"z\"\r\n]\r\n";
        assert_eq!(
            elements(many, &["x", "z"]),
            "a = [\r\n  # of y\r\n  \"y\",\r\n]\r\n"
        );
    }
}
