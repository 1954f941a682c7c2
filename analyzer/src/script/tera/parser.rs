//! Pieces of a template as a tree.

use super::lexer::{Piece, Token};
use super::{MAX_DEPTH, Result, fail, refuse};
use crate::script::json::Data;

pub(super) fn parse(pieces: Vec<Piece>) -> Result<Vec<Node>> {
    let mut parser = Parser { pieces, at: 0 };
    match parser.body(0)? {
        (body, None) => Ok(body),
        _ => fail("a tag that ends nothing"),
    }
}

#[derive(Debug)]
pub(super) enum Node {
    Text(String),
    Show(Expr),
    If(Vec<(Expr, Vec<Node>)>, Vec<Node>),
    /// Key, value, over what.
    For(Option<String>, String, Expr, Vec<Node>),
    Set(String, Expr),
}

#[derive(Debug)]
pub(super) enum Expr {
    Literal(Data),
    List(Vec<Expr>),
    Path(String),
    Filtered(Box<Expr>, Vec<(String, Vec<(String, Expr)>)>),
    Not(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    /// Whether equal is wanted.
    Equal(bool, Box<Expr>, Box<Expr>),
}

struct Parser {
    pieces: Vec<Piece>,
    at: usize,
}

/// A tag that ends a body, with what follows its name.
type End = Option<(String, Tokens)>;

impl Parser {
    fn body(&mut self, depth: usize) -> Result<(Vec<Node>, End)> {
        if depth > MAX_DEPTH {
            return refuse("a template that is nested too deep");
        }
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.get(self.at).cloned() {
            self.at += 1;
            match piece {
                Piece::Text(text) => nodes.push(Node::Text(text)),
                Piece::Variable(tokens) => {
                    nodes.push(Node::Show(Tokens::new(tokens).whole()?));
                }
                Piece::Tag(tokens) => {
                    let mut tokens = Tokens::new(tokens);
                    let name = tokens.name()?;
                    match name.as_str() {
                        "if" => nodes.push(self.if_(tokens, depth)?),
                        "for" => nodes.push(self.for_(tokens, depth)?),
                        "set" => {
                            let name = tokens.name()?;
                            tokens.wants("=")?;
                            if name.contains('.') || name == "loop" {
                                return refuse(format!("`set {name}`"));
                            }
                            nodes.push(Node::Set(name, tokens.whole()?));
                        }
                        "elif" | "else" | "endif" | "endfor" => {
                            return Ok((nodes, Some((name, tokens))));
                        }
                        _ => return refuse(format!("`{name}` in a template")),
                    }
                }
            }
        }
        Ok((nodes, None))
    }

    fn if_(&mut self, mut condition: Tokens, depth: usize) -> Result<Node> {
        let mut branches = Vec::new();
        loop {
            let test = condition.whole()?;
            let (body, end) = self.body(depth + 1)?;
            branches.push((test, body));
            let Some((name, mut tokens)) = end else {
                return fail("an `if` without end");
            };
            match name.as_str() {
                "elif" => condition = tokens,
                "endif" => {
                    tokens.ends()?;
                    return Ok(Node::If(branches, Vec::new()));
                }
                "else" => {
                    tokens.ends()?;
                    let (otherwise, end) = self.body(depth + 1)?;
                    return match end {
                        Some((name, mut tokens)) if name == "endif" => {
                            tokens.ends()?;
                            Ok(Node::If(branches, otherwise))
                        }
                        _ => fail("an `else` without end"),
                    };
                }
                _ => return fail("an `if` without end"),
            }
        }
    }

    fn for_(&mut self, mut tokens: Tokens, depth: usize) -> Result<Node> {
        let first = tokens.name()?;
        let (key, value) = if tokens.takes(",") {
            (Some(first), tokens.name()?)
        } else {
            (None, first)
        };
        if tokens.name()? != "in" {
            return fail("a `for` without `in`");
        }
        let over = tokens.whole()?;
        let (body, end) = self.body(depth + 1)?;
        match end {
            Some((name, mut tokens)) if name == "endfor" => {
                tokens.ends()?;
                Ok(Node::For(key, value, over, body))
            }
            Some((name, _)) if name == "else" => refuse("`else` of a `for`"),
            _ => fail("a `for` without end"),
        }
    }
}

#[derive(Debug)]
struct Tokens {
    all: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Tokens {
    fn new(all: Vec<Token>) -> Self {
        Self {
            all,
            at: 0,
            depth: 0,
        }
    }

    fn takes(&mut self, sign: &str) -> bool {
        let found = matches!(self.all.get(self.at), Some(Token::Sign(it)) if *it == sign);
        self.at += usize::from(found);
        found
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let found = matches!(self.all.get(self.at), Some(Token::Name(it)) if it == word);
        self.at += usize::from(found);
        found
    }

    fn wants(&mut self, sign: &str) -> Result<()> {
        if self.takes(sign) {
            Ok(())
        } else {
            refuse(format!("a template without `{sign}` where it is expected"))
        }
    }

    fn name(&mut self) -> Result<String> {
        match self.all.get(self.at) {
            Some(Token::Name(name)) => {
                self.at += 1;
                Ok(name.clone())
            }
            _ => refuse("a template without a name where one is expected"),
        }
    }

    fn ends(&mut self) -> Result<()> {
        if self.at == self.all.len() {
            Ok(())
        } else {
            refuse(format!("`{:?}` in a template", self.all[self.at]))
        }
    }

    fn whole(&mut self) -> Result<Expr> {
        let expr = self.or()?;
        self.ends()?;
        Ok(expr)
    }

    fn or(&mut self) -> Result<Expr> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return refuse("a template that is nested too deep");
        }
        let mut expr = self.and()?;
        while self.takes_word("or") {
            expr = Expr::Or(Box::new(expr), Box::new(self.and()?));
            self.bounded()?;
        }
        self.depth -= 1;
        Ok(expr)
    }

    /// A chain nests to the left as long as it is.
    fn bounded(&self) -> Result<()> {
        if self.all.len() > 400 {
            return refuse("a long expression in a template");
        }
        Ok(())
    }

    fn and(&mut self) -> Result<Expr> {
        let mut expr = self.not()?;
        while self.takes_word("and") {
            expr = Expr::And(Box::new(expr), Box::new(self.not()?));
            self.bounded()?;
        }
        Ok(expr)
    }

    fn not(&mut self) -> Result<Expr> {
        if !self.takes_word("not") {
            return self.equality();
        }
        // What is negated with a filter or compared differs between versions.
        match self.equality()? {
            path @ Expr::Path(_) => Ok(Expr::Not(Box::new(path))),
            _ => refuse("`not` of something other than a variable"),
        }
    }

    fn equality(&mut self) -> Result<Expr> {
        let left = self.filtered()?;
        let wanted = if self.takes("==") {
            true
        } else if self.takes("!=") {
            false
        } else {
            return Ok(left);
        };
        let right = self.filtered()?;
        Ok(Expr::Equal(wanted, Box::new(left), Box::new(right)))
    }

    fn filtered(&mut self) -> Result<Expr> {
        let value = self.primary()?;
        let mut filters = Vec::new();
        while self.takes("|") {
            let name = self.name()?;
            let mut arguments = Vec::new();
            if self.takes("(") && !self.takes(")") {
                loop {
                    let name = self.name()?;
                    self.wants("=")?;
                    arguments.push((name, self.or()?));
                    if self.takes(")") {
                        break;
                    }
                    self.wants(",")?;
                }
            }
            filters.push((name, arguments));
        }
        if filters.iter().skip(1).any(|(name, _)| name == "default") {
            return refuse("`default` behind another filter");
        }
        Ok(if filters.is_empty() {
            value
        } else {
            Expr::Filtered(Box::new(value), filters)
        })
    }

    fn primary(&mut self) -> Result<Expr> {
        let Some(token) = self.all.get(self.at).cloned() else {
            return refuse("a template without an expression where one is expected");
        };
        self.at += 1;
        Ok(match token {
            Token::Text(text) => Expr::Literal(Data::Text(text.into())),
            Token::Int(int) => Expr::Literal(Data::Int(int.into())),
            Token::Sign("[") => {
                let mut all = Vec::new();
                while !self.takes("]") {
                    all.push(self.or()?);
                    if !self.takes(",") {
                        self.wants("]")?;
                        break;
                    }
                }
                Expr::List(all)
            }
            Token::Sign(sign) => return refuse(format!("`{sign}` in a template")),
            Token::Name(name) => match name.as_str() {
                "true" | "True" => Expr::Literal(Data::Bool(true)),
                "false" | "False" => Expr::Literal(Data::Bool(false)),
                "and" | "or" | "not" | "in" | "is" => {
                    return refuse(format!("`{name}` in a template"));
                }
                _ if name.ends_with('.') || name.contains("..") => {
                    return refuse(format!("`{name}` in a template"));
                }
                _ if matches!(name.split('.').next(), Some("loop" | "__tera_context")) => {
                    return refuse(format!("`{name}` in a template"));
                }
                _ => Expr::Path(name),
            },
        })
    }
}
