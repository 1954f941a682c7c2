//! Names and paths in tokens, where nothing resolves them.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};

/// What code names, by its tokens alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Words {
    /// Every name, those in format strings too.
    pub(super) all: BTreeSet<String>,
    pub(super) paths: BTreeSet<Path>,
    /// After a dot, or after `>::`.
    pub(super) members: BTreeSet<String>,
    /// After `mod`, before `;`.
    pub(super) modules: BTreeSet<String>,
    /// After `fn`, `struct` and the like: what a macro's call may define.
    pub(super) defined: BTreeSet<String>,
}

/// `a::b`, `::a::b`, `a` alone too.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Path {
    pub(super) absolute: bool,
    pub(super) segments: Vec<String>,
}

impl Words {
    pub(super) fn of(tokens: TokenStream) -> Self {
        let mut out = Self::default();
        out.add(tokens);
        out
    }

    pub(super) fn add(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            match token {
                TokenTree::Group(group) => self.add(group.stream()),
                TokenTree::Literal(literal) => self.captured(&literal.to_string()),
                // A lifetime.
                TokenTree::Punct(punct) if punct.as_char() == '\'' => at += 1,
                TokenTree::Punct(_) => {}
                TokenTree::Ident(_) => {
                    at = self.path(&tokens, at);
                    continue;
                }
            }
            at += 1;
        }
    }

    /// The path whose first name is at `start`; gives what follows it.
    fn path(&mut self, tokens: &[TokenTree], start: usize) -> usize {
        let before = |back: usize| start.checked_sub(back).and_then(|at| tokens.get(at));
        let mut segments = Vec::new();
        let mut at = start;
        while let Some(TokenTree::Ident(ident)) = tokens.get(at) {
            segments.push(plain(ident));
            at += 1;
            let more = is(tokens.get(at), ':')
                && is(tokens.get(at + 1), ':')
                && matches!(tokens.get(at + 2), Some(TokenTree::Ident(_)));
            if !more {
                break;
            }
            at += 2;
        }
        self.all.extend(segments.iter().cloned());
        if let Some(TokenTree::Ident(keyword)) = before(1) {
            self.definition(&keyword.to_string(), &segments[0], tokens.get(at));
        }
        let after_colons = is(before(1), ':') && is(before(2), ':');
        if (is(before(1), '.') && !is(before(2), '.')) || (after_colons && is(before(3), '>')) {
            self.members.extend(segments);
        } else {
            // `$crate::a`, as in a macro's definition, is one with a keyword for its head.
            let dollar = is(before(1), '$');
            if dollar && segments[0] != "crate" {
                // A macro's variable.
                self.members.extend(segments.into_iter().skip(1));
                return at;
            }
            self.paths.insert(Path {
                absolute: after_colons && !dollar,
                segments,
            });
        }
        at
    }

    fn definition(&mut self, keyword: &str, name: &str, next: Option<&TokenTree>) {
        match keyword {
            "mod" if is(next, ';') => {
                self.modules.insert(name.to_owned());
            }
            "fn" | "struct" | "enum" | "union" | "trait" | "type" | "const" | "static" | "mod"
            | "ref" | "macro" => {
                self.defined.insert(name.to_owned());
            }
            _ => {}
        }
    }

    /// `"{name}"`, in any literal.
    fn captured(&mut self, literal: &str) {
        let mut rest = literal;
        while let Some(open) = rest.find('{') {
            rest = &rest[open + 1..];
            if let Some(escaped) = rest.strip_prefix('{') {
                rest = escaped;
                continue;
            }
            let is_part = |char: char| char.is_alphanumeric() || char == '_';
            let end = rest.find(|char| !is_part(char)).unwrap_or(rest.len());
            let name = &rest[..end];
            let closes = rest[end..].starts_with(['}', ':']);
            if closes && name.starts_with(|char: char| char.is_alphabetic() || char == '_') {
                self.all.insert(name.to_owned());
                self.paths.insert(Path {
                    absolute: false,
                    segments: vec![name.to_owned()],
                });
            }
        }
    }
}

fn is(token: Option<&TokenTree>, char: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == char)
}

/// Without `r#`.
pub(super) fn plain(ident: &proc_macro2::Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_members_and_definitions() {
        let text = "mod w; fn f<'a>(x: &'a ::std::io::Error) { super::g(); x.m().n; Vec::<T>::new(); $crate::h!($v::w, \"{C} {{d}} {0}\", 0..e); }";
        let words = Words::of(text.parse().unwrap());
        let paths: Vec<String> = words
            .paths
            .iter()
            .map(|path| {
                format!(
                    "{}{}",
                    if path.absolute { "::" } else { "" },
                    path.segments.join("::")
                )
            })
            .collect();
        let all = "C T Vec crate::h e f fn mod super::g w x ::std::io::Error";
        assert_eq!(paths.join(" "), all);
        assert_eq!(Vec::from_iter(&words.members), ["m", "n", "new", "w"]);
        assert_eq!(Vec::from_iter(&words.modules), ["w"]);
        assert_eq!(Vec::from_iter(&words.defined), ["f"]);
        assert!(!words.all.contains("d") && words.all.contains("C"));
    }
}
