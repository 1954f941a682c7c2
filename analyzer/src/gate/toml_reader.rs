//! TOML as the configuration is read: with lines, with names for what is wrong, and with the
//! nearest name for what is not known.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::error::{Error, Result};

/// The text of one file.
pub(crate) struct Reader<'a> {
    file: &'a str,
    text: &'a str,
}

/// A value and its place.
pub(crate) struct Value<'a> {
    value: &'a DeValue<'a>,
    pub(crate) line: u32,
}

pub(crate) struct Table<'a> {
    pub(crate) table: &'a DeTable<'a>,
    pub(crate) line: u32,
}

impl Value<'_> {
    pub(crate) fn is_table(&self) -> bool {
        matches!(self.value, DeValue::Table(_))
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text }
    }

    pub(crate) fn parse(&self) -> Result<DeTable<'a>> {
        match DeTable::parse(self.text) {
            Ok(document) => Ok(document.into_inner()),
            Err(why) => {
                let line = why.span().map_or(1, |span| self.line(&span));
                Err(self.wrong(line, why.message(), "correct the file"))
            }
        }
    }

    pub(crate) fn line(&self, span: &Range<usize>) -> u32 {
        line_of(self.text, span.start)
    }

    pub(crate) fn wrong(&self, line: u32, why: &str, help: &str) -> Error {
        Error::Config {
            place: format!("{}:{line}", self.file),
            why: why.to_owned(),
            help: help.to_owned(),
        }
    }

    /// For a word that is none of those that are known.
    pub(crate) fn unknown(&self, line: u32, what: &str, word: &str, known: &[&str]) -> Error {
        let help = match nearest(word, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are {}", known.join(", ")),
        };
        self.wrong(line, &format!("unknown {what}"), &help)
    }

    /// The table at a path of keys; `None` when one of them is missing.
    pub(crate) fn at<'t>(
        &self,
        document: &'t DeTable<'t>,
        path: &[&str],
    ) -> Result<Option<Table<'t>>> {
        let mut found = Table {
            table: document,
            line: 1,
        };
        for key in path {
            let Some((at, value)) = found.table.get_key_value(*key) else {
                return Ok(None);
            };
            let value = Value {
                value: value.get_ref(),
                line: self.line(&at.span()),
            };
            found = self.table(&value, key)?;
        }
        Ok(Some(found))
    }

    /// Entries in the order of the file, whose keys are all known; `name` is the table's.
    pub(crate) fn entries<'t>(
        &self,
        table: &Table<'t>,
        name: &str,
        known: &[&'static str],
    ) -> Result<Vec<(&'static str, Value<'t>)>> {
        let mut entries = Vec::new();
        for (key, value) in table.table {
            let at = key.span();
            let line = self.line(&at);
            let text: &str = key.get_ref();
            let Some(&key) = known.iter().find(|one| **one == text) else {
                return Err(self.unknown(line, &format!("key `{text}` in `{name}`"), text, known));
            };
            let value = Value {
                value: value.get_ref(),
                line,
            };
            entries.push((at.start, key, value));
        }
        entries.sort_by_key(|(at, ..)| *at);
        Ok(entries
            .into_iter()
            .map(|(_, key, value)| (key, value))
            .collect())
    }

    fn other_type(&self, value: &Value<'_>, name: &str, wanted: &str) -> Error {
        let why = format!("`{name}` has to be {wanted}");
        self.wrong(value.line, &why, "see docs/CI.md for what it may hold")
    }

    pub(crate) fn table<'t>(&self, value: &Value<'t>, name: &str) -> Result<Table<'t>> {
        match value.value {
            DeValue::Table(table) => Ok(Table {
                table,
                line: value.line,
            }),
            _ => Err(self.other_type(value, name, "a table")),
        }
    }

    pub(crate) fn array<'t>(&self, value: &Value<'t>, name: &str) -> Result<Vec<Value<'t>>> {
        let DeValue::Array(array) = value.value else {
            return Err(self.other_type(value, name, "a list"));
        };
        let entries = array.iter().map(|entry| Value {
            value: entry.get_ref(),
            line: self.line(&entry.span()),
        });
        Ok(entries.collect())
    }

    pub(crate) fn text(&self, value: &Value<'_>, name: &str) -> Result<String> {
        match value.value {
            DeValue::String(text) => Ok(text.as_ref().to_owned()),
            _ => Err(self.other_type(value, name, "text")),
        }
    }

    /// Text that says something.
    pub(crate) fn sentence(&self, value: &Value<'_>, name: &str) -> Result<String> {
        let text = self.text(value, name)?.trim().to_owned();
        if text.is_empty() {
            let why = format!("`{name}` is empty");
            return Err(self.wrong(value.line, &why, "say it in a few words"));
        }
        Ok(text)
    }

    pub(crate) fn number(&self, value: &Value<'_>, name: &str) -> Result<u64> {
        let number = match value.value {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        number.ok_or_else(|| self.other_type(value, name, "a whole number from 0"))
    }

    /// Percent as thousandths.
    pub(crate) fn per_mille(&self, value: &Value<'_>, name: &str) -> Result<u64> {
        let text = match value.value {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
            DeValue::Float(number) => number.as_str().to_owned(),
            _ => String::new(),
        };
        let (whole, rest) = text.split_once('.').unwrap_or((&text, "0"));
        let digit = |text: &str| text.parse::<u64>().ok().filter(|_| text.len() == 1);
        let share = whole
            .parse::<u64>()
            .ok()
            .filter(|&whole| whole <= 100)
            .and_then(|whole| Some(whole * 10 + digit(rest)?));
        let share = share.filter(|&share| share <= 1000);
        share.ok_or_else(|| self.other_type(value, name, "percent with at most one decimal"))
    }

    /// `2027-01-31`, as text or as a date.
    pub(crate) fn date(&self, value: &Value<'_>, name: &str) -> Result<String> {
        let text = match value.value {
            DeValue::Datetime(date) => date.to_string(),
            _ => self.text(value, name)?,
        };
        if is_date(&text) {
            return Ok(text);
        }
        let why = format!("`{name}` is no date: `{text}`");
        Err(self.wrong(value.line, &why, "write it as 2027-01-31"))
    }
}

/// Counted from 1.
pub(crate) fn line_of(text: &str, at: usize) -> u32 {
    let before = text.get(..at).unwrap_or(text);
    let lines = before.matches('\n').count();
    u32::try_from(lines).unwrap_or(u32::MAX).saturating_add(1)
}

/// How unlike what was meant a word may be.
const LIKENESS: f64 = 0.6;

pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let scored = known
        .iter()
        .map(|one| (strsim::normalized_damerau_levenshtein(word, one), *one));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))?;
    (best.0 >= LIKENESS).then_some(best.1)
}

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |range: Range<usize>| -> Option<u32> {
        let part = bytes.get(range)?;
        let all = part.iter().all(u8::is_ascii_digit);
        all.then(|| {
            part.iter()
                .fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'))
        })
    };
    let dashes = bytes.get(4) == Some(&b'-') && bytes.get(7) == Some(&b'-');
    let (Some(year), Some(month), Some(day)) = (digits(0..4), digits(5..7), digits(8..10)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    bytes.len() == 10 && dashes && (1..=12).contains(&month) && (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for text in ["2027-01-31", "2028-02-29", "2000-02-29", "9999-12-31"] {
            assert!(is_date(text), "{text}");
        }
        for text in [
            "",
            "2027-1-31",
            "2027-02-29",
            "2100-02-29",
            "2027-13-01",
            "2027-04-31",
            "2027-01-00",
            "2027-01-31T00:00:00",
            "２027-01-31",
            "2027/01/31",
        ] {
            assert!(!is_date(text), "{text}");
        }
    }

    #[test]
    fn the_nearest_name() {
        let known = ["max-crates", "max-depth", "new-item"];
        assert_eq!(nearest("max-crate", &known), Some("max-crates"));
        assert_eq!(nearest("newitem", &known), Some("new-item"));
        assert_eq!(nearest("openssl", &known), None);
    }
}
