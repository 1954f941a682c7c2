//! Names in other cases, as `heck` and what works like it writes them.

use super::{Result, refuse};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Casing {
    Camel,
    Kebab,
    Pascal,
    ScreamingSnake,
    ScreamingKebab,
    Snake,
    Lower,
    Upper,
    Title,
    Train,
    Verbatim,
}

impl Casing {
    /// By the names that attributes use, which differ in case and dashes only.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let plain: String = text
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        Ok(match (plain.as_str(), text) {
            (_, "SCREAMING-KEBAB-CASE") => Self::ScreamingKebab,
            ("camel" | "camelcase", _) => Self::Camel,
            ("kebab" | "kebabcase", _) => Self::Kebab,
            ("pascal" | "pascalcase", _) => Self::Pascal,
            ("screamingsnake" | "screamingsnakecase" | "shoutysnakecase", _) => {
                Self::ScreamingSnake
            }
            ("screamingkebabcase", _) => Self::ScreamingKebab,
            ("snake" | "snakecase", _) => Self::Snake,
            ("lower" | "lowercase", _) => Self::Lower,
            ("upper" | "uppercase", _) => Self::Upper,
            ("titlecase", _) => Self::Title,
            ("traincase", _) => Self::Train,
            ("verbatim" | "verbatimcase", _) => Self::Verbatim,
            _ => return refuse(format!("the case `{text}`")),
        })
    }

    pub(super) fn of(self, name: &str) -> String {
        let words = words(name);
        let join = |with: &str, change: fn(&str) -> String| {
            let changed: Vec<String> = words.iter().map(|word| change(word)).collect();
            changed.join(with)
        };
        let lower: fn(&str) -> String = str::to_lowercase;
        let upper: fn(&str) -> String = str::to_uppercase;
        match self {
            Self::Kebab => join("-", lower),
            Self::Snake => join("_", lower),
            Self::ScreamingSnake => join("_", upper),
            Self::ScreamingKebab => join("-", upper),
            Self::Lower => join("", lower),
            Self::Upper => join("", upper),
            Self::Pascal => join("", capital),
            Self::Title => join(" ", capital),
            Self::Train => join("-", capital),
            Self::Camel => {
                let pascal = join("", capital);
                let mut chars = pascal.chars();
                let first = chars.next().map(|c| c.to_ascii_lowercase());
                first.into_iter().chain(chars).collect()
            }
            Self::Verbatim => name.to_owned(),
        }
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars.flat_map(char::to_lowercase)).collect()
}

/// `HTTPServer_name2` is `HTTP`, `Server`, `name2`.
fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut out: Vec<String> = Vec::new();
    let mut word = String::new();
    for (index, &c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            if !word.is_empty() {
                out.push(std::mem::take(&mut word));
            }
            continue;
        }
        let before = index.checked_sub(1).map(|it| chars[it]);
        let after = chars.get(index + 1);
        let starts = c.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_numeric()
                    || before.is_uppercase() && after.is_some_and(|it| it.is_lowercase())
            });
        if starts && !word.is_empty() {
            out.push(std::mem::take(&mut word));
        }
        word.push(c);
    }
    if !word.is_empty() {
        out.push(word);
    }
    out
}
