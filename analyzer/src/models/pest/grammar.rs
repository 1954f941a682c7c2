//! Grammars of pest, read.
//!
//! Takes the text of a grammar, gives its rules. What pest's own reader would reject is refused,
//! and so is what only the feature `grammar-extras` gives a meaning (tags, `PUSH_LITERAL`).

use super::super::{Result, refuse};

/// Deeper nested expressions are refused: everything here recurses as they nest.
const MAX_DEPTH: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Normal,
    Silent,
    Atomic,
    CompoundAtomic,
    NonAtomic,
}

#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) ty: Type,
    pub(super) expr: Expr,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    Str(String),
    Insens(String),
    Range(char, char),
    Ident(String),
    PeekSlice(i32, Option<i32>),
    PosPred(Box<Expr>),
    NegPred(Box<Expr>),
    /// Two or more.
    Seq(Vec<Expr>),
    /// Two or more.
    Choice(Vec<Expr>),
    Opt(Box<Expr>),
    Rep(Box<Expr>),
    /// At least so often, and at most.
    Times(Box<Expr>, u32, Option<u32>),
    Push(Box<Expr>),
}

pub(super) fn read(text: &str) -> Result<Vec<Rule>> {
    let mut reader = Reader {
        rest: text,
        depth: 0,
    };
    let mut rules = Vec::new();
    loop {
        reader.skip()?;
        if reader.rest.is_empty() {
            return Ok(rules);
        }
        rules.push(reader.rule()?);
    }
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl Reader<'_> {
    /// Blanks and comments; those of docs are comments too.
    fn skip(&mut self) -> Result<()> {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
            if self.rest.starts_with("//") {
                let end = self.rest.find('\n').unwrap_or(self.rest.len());
                self.rest = &self.rest[end..];
            } else if let Some(rest) = self.rest.strip_prefix("/*") {
                self.rest = after_comment(rest)?;
            } else {
                return Ok(());
            }
        }
    }

    /// Takes `mark` if it is next, and what may be skipped behind it.
    fn takes(&mut self, mark: &str) -> Result<bool> {
        let Some(rest) = self.rest.strip_prefix(mark) else {
            return Ok(false);
        };
        self.rest = rest;
        self.skip()?;
        Ok(true)
    }

    fn wants(&mut self, mark: &str) -> Result<()> {
        if self.takes(mark)? {
            return Ok(());
        }
        let near: String = self.rest.chars().take(20).collect();
        refuse(format!("a grammar without `{mark}` before `{near}`"))
    }

    fn rule(&mut self) -> Result<Rule> {
        let name = self.name()?;
        self.wants("=")?;
        let ty = if self.takes("_")? {
            Type::Silent
        } else if self.takes("@")? {
            Type::Atomic
        } else if self.takes("$")? {
            Type::CompoundAtomic
        } else if self.takes("!")? {
            Type::NonAtomic
        } else {
            Type::Normal
        };
        self.wants("{")?;
        let expr = self.choice()?;
        self.wants("}")?;
        Ok(Rule { name, ty, expr })
    }

    fn name(&mut self) -> Result<String> {
        let is_part = |c: char| c == '_' || c.is_ascii_alphanumeric();
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let name = &self.rest[..end];
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            let near: String = self.rest.chars().take(20).collect();
            return refuse(format!("a grammar without a name at `{near}`"));
        }
        let name = name.to_owned();
        self.rest = &self.rest[end..];
        self.skip()?;
        Ok(name)
    }

    fn choice(&mut self) -> Result<Expr> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return refuse("a grammar that is nested too deep");
        }
        self.takes("|")?;
        let mut all = vec![self.sequence()?];
        while self.takes("|")? {
            all.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(joined(all, Expr::Choice, |one| match one {
            Expr::Choice(parts) => Ok(parts),
            one => Err(one),
        }))
    }

    fn sequence(&mut self) -> Result<Expr> {
        let mut all = vec![self.term()?];
        while self.takes("~")? {
            all.push(self.term()?);
        }
        Ok(joined(all, Expr::Seq, |one| match one {
            Expr::Seq(parts) => Ok(parts),
            one => Err(one),
        }))
    }

    /// A sign in front applies to all behind it: `!a*` is `!(a*)`.
    fn term(&mut self) -> Result<Expr> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return refuse("a grammar that is nested too deep");
        }
        let made = if self.rest.starts_with('#') {
            return refuse("a grammar with tags");
        } else if self.takes("&")? {
            Expr::PosPred(Box::new(self.term()?))
        } else if self.takes("!")? {
            Expr::NegPred(Box::new(self.term()?))
        } else {
            let node = self.node()?;
            self.repeated(node)?
        };
        self.depth -= 1;
        Ok(made)
    }

    fn repeated(&mut self, mut node: Expr) -> Result<Expr> {
        for _ in 0..MAX_DEPTH {
            node = if self.takes("?")? {
                Expr::Opt(Box::new(node))
            } else if self.takes("*")? {
                Expr::Rep(Box::new(node))
            } else if self.takes("+")? {
                Expr::Times(Box::new(node), 1, None)
            } else if self.takes("{")? {
                let min = self.number()?;
                let (min, max) = if self.takes(",")? {
                    (min.unwrap_or(0), self.number()?)
                } else {
                    (min.unwrap_or(0), min)
                };
                self.wants("}")?;
                if max == Some(0) || max.is_some_and(|max| max < min) {
                    return refuse("a grammar that repeats something no times");
                }
                Expr::Times(Box::new(node), min, max)
            } else {
                return Ok(node);
            };
        }
        refuse("a grammar that is nested too deep")
    }

    fn number(&mut self) -> Result<Option<u32>> {
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(self.rest.len());
        let Ok(number) = self.rest[..end].parse() else {
            return if end == 0 {
                Ok(None)
            } else {
                refuse("a grammar with a large number")
            };
        };
        self.rest = &self.rest[end..];
        self.skip()?;
        Ok(Some(number))
    }

    fn integer(&mut self) -> Result<Option<i32>> {
        let is_negative = self.rest.starts_with('-');
        if is_negative {
            self.rest = &self.rest[1..];
        }
        let number = match self.number()?.map(i32::try_from) {
            None if is_negative => return refuse("a grammar with a sign without a number"),
            None => None,
            Some(Ok(number)) => Some(if is_negative { -number } else { number }),
            Some(Err(_)) => return refuse("a grammar with a large number"),
        };
        Ok(number)
    }

    fn node(&mut self) -> Result<Expr> {
        if self.takes("(")? {
            let inner = self.choice()?;
            self.wants(")")?;
            return Ok(inner);
        }
        if self.rest.starts_with('"') {
            return Ok(Expr::Str(self.quoted('"')?));
        }
        if self.takes("^")? {
            return Ok(Expr::Insens(self.quoted('"')?));
        }
        if self.rest.starts_with('\'') {
            let from = self.quoted('\'')?;
            self.wants("..")?;
            let to = self.quoted('\'')?;
            let (Ok(from), Ok(to)) = (from.parse(), to.parse()) else {
                return refuse("a grammar with a range of no characters");
            };
            return Ok(Expr::Range(from, to));
        }
        let name = self.name()?;
        match name.as_str() {
            "PUSH" => {
                self.wants("(")?;
                let inner = self.choice()?;
                self.wants(")")?;
                Ok(Expr::Push(Box::new(inner)))
            }
            "PEEK" if self.takes("[")? => {
                let from = self.integer()?.unwrap_or(0);
                self.wants("..")?;
                let to = self.integer()?;
                self.wants("]")?;
                Ok(Expr::PeekSlice(from, to))
            }
            name if name.starts_with("PUSH") => refuse(format!("a grammar with `{name}`")),
            _ => Ok(Expr::Ident(name)),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<String> {
        let Some(inner) = self.rest.strip_prefix(quote) else {
            return refuse("a grammar with a text that has no quotes");
        };
        let mut text = String::new();
        let mut chars = inner.char_indices();
        while let Some((at, c)) = chars.next() {
            // `'''` is a quote.
            let is_end = c == quote && (quote == '"' || !text.is_empty());
            if is_end {
                self.rest = &inner[at + 1..];
                self.skip()?;
                return Ok(text);
            }
            if c != '\\' {
                text.push(c);
                continue;
            }
            let escaped = match chars.next().map(|(_, c)| c) {
                Some('n') => Some('\n'),
                Some('r') => Some('\r'),
                Some('t') => Some('\t'),
                Some('0') => Some('\0'),
                Some(c @ ('\\' | '"' | '\'')) => Some(c),
                Some('x') => {
                    let digits: String = chars.by_ref().take(2).map(|(_, c)| c).collect();
                    code(&digits)
                }
                Some('u') => {
                    let all = chars.by_ref().map(|(_, c)| c);
                    let digits: String = all.take(8).take_while(|c| *c != '}').collect();
                    code(digits.trim_start_matches('{'))
                }
                _ => None,
            };
            match escaped {
                Some(c) => text.push(c),
                None => return refuse("a grammar with an escape that is none"),
            }
        }
        refuse("a grammar with a text that does not end")
    }
}

fn code(digits: &str) -> Option<char> {
    char::from_u32(u32::from_str_radix(digits, 16).ok()?)
}

/// What follows a block comment; they nest.
fn after_comment(mut rest: &str) -> Result<&str> {
    let mut depth = 1;
    while depth > 0 {
        let Some(at) = rest.find("/*").into_iter().chain(rest.find("*/")).min() else {
            return refuse("a grammar with a comment that does not end");
        };
        depth = if rest[at..].starts_with("/*") {
            depth + 1
        } else {
            depth - 1
        };
        rest = &rest[at + 2..];
    }
    Ok(rest)
}

/// One list of all parts: pest turns nested ones into one as well.
fn joined(
    all: Vec<Expr>,
    make: fn(Vec<Expr>) -> Expr,
    parts: fn(Expr) -> std::result::Result<Vec<Expr>, Expr>,
) -> Expr {
    let mut flat = Vec::new();
    for one in all {
        match parts(one) {
            Ok(inner) => flat.extend(inner),
            Err(one) => flat.push(one),
        }
    }
    if flat.len() == 1 {
        flat.remove(0)
    } else {
        make(flat)
    }
}
