//! As much of GitHub's expression language as the actions here use, so that their conditions are
//! tested and not only read. What is not known here fails.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::vec::IntoIter;

/// `inputs.token`, `github.event_name`, `steps.check.outputs.results`, …: their values.
pub(crate) type Contexts = BTreeMap<String, String>;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Bool(bool),
    List(Vec<String>),
}

impl Value {
    pub(crate) fn is_true(&self) -> bool {
        match self {
            Self::Text(text) => !text.is_empty(),
            Self::Bool(truth) => *truth,
            Self::List(_) => true,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Bool(truth) => truth.to_string(),
            Self::List(_) => panic!("a list is no text"),
        }
    }
}

/// The text with every `${{ … }}` evaluated.
pub(crate) fn interpolate(text: &str, contexts: &Contexts) -> String {
    let mut parts = text.split("${{");
    let mut done = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (expression, rest) = part.split_once("}}").expect("an end of the expression");
        done += &evaluate(expression, contexts).text();
        done += rest;
    }
    done
}

/// The value of what stands in `${{ … }}`.
pub(crate) fn evaluate(expression: &str, contexts: &Contexts) -> Value {
    let mut parser = Parser {
        tokens: tokens(expression).into_iter().peekable(),
        contexts,
    };
    let value = parser.any();
    assert_eq!(parser.tokens.next(), None, "{expression}");
    value
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Text(String),
    Name(String),
    Sign(&'static str),
}

fn tokens(expression: &str) -> Vec<Token> {
    const SIGNS: [&str; 8] = ["&&", "||", "==", "!=", "!", "(", ")", ","];
    let mut rest = expression.trim_start();
    let mut tokens = Vec::new();
    while !rest.is_empty() {
        let end = if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            sign.len()
        } else if let Some(text) = rest.strip_prefix('\'') {
            let end = text.find('\'').expect("an end of the text");
            tokens.push(Token::Text(text[..end].to_owned()));
            end + 2
        } else {
            let inside = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            let end = rest.find(|c| !inside(c)).unwrap_or(rest.len());
            assert!(end > 0, "not known here: {rest}");
            tokens.push(Token::Name(rest[..end].to_owned()));
            end
        };
        rest = rest[end..].trim_start();
    }
    tokens
}

struct Parser<'a> {
    tokens: Peekable<IntoIter<Token>>,
    contexts: &'a Contexts,
}

impl Parser<'_> {
    fn sign(&mut self, sign: &'static str) -> bool {
        self.tokens.next_if_eq(&Token::Sign(sign)).is_some()
    }

    fn any(&mut self) -> Value {
        let mut value = self.all();
        while self.sign("||") {
            let other = self.all();
            value = if value.is_true() { value } else { other };
        }
        value
    }

    fn all(&mut self) -> Value {
        let mut value = self.compared();
        while self.sign("&&") {
            let other = self.compared();
            value = if value.is_true() { other } else { value };
        }
        value
    }

    fn compared(&mut self) -> Value {
        let value = self.single();
        for (sign, equal) in [("==", true), ("!=", false)] {
            if self.sign(sign) {
                // GitHub compares texts without regard to case.
                let (left, right) = (value.text(), self.single().text());
                return Value::Bool(left.eq_ignore_ascii_case(&right) == equal);
            }
        }
        value
    }

    fn single(&mut self) -> Value {
        if self.sign("!") {
            return Value::Bool(!self.single().is_true());
        }
        if self.sign("(") {
            let value = self.any();
            assert!(self.sign(")"), "no `)`");
            return value;
        }
        match self.tokens.next() {
            Some(Token::Text(text)) => Value::Text(text),
            Some(Token::Name(name)) if self.sign("(") => self.call(&name),
            // What a context does not have is empty.
            Some(Token::Name(name)) => {
                let known = ["inputs.", "github.", "steps."];
                assert!(known.iter().any(|start| name.starts_with(start)), "{name}");
                Value::Text(self.contexts.get(&name).cloned().unwrap_or_default())
            }
            other => panic!("not known here: {other:?}"),
        }
    }

    fn call(&mut self, name: &str) -> Value {
        let mut arguments = Vec::new();
        while !self.sign(")") {
            arguments.push(self.any());
            self.sign(",");
        }
        match (name, arguments.as_slice()) {
            ("cancelled", []) => Value::Bool(false),
            ("fromJSON", [Value::Text(json)]) => Value::List(serde_json::from_str(json).unwrap()),
            ("contains", [Value::List(list), Value::Text(text)]) => {
                Value::Bool(list.contains(text))
            }
            _ => panic!("not known here: {name}({arguments:?})"),
        }
    }
}

#[test]
fn conditions() {
    let contexts = Contexts::from([
        ("github.event_name".to_owned(), "push".to_owned()),
        ("inputs.token".to_owned(), String::new()),
    ]);
    let holds = |text: &str| evaluate(text, &contexts).is_true();
    assert!(holds("github.event_name == 'push'"));
    assert!(!holds("github.event_name == 'push' && inputs.token != ''"));
    assert!(holds(
        "!cancelled() && (inputs.token != '' || github.event_name != 'x')"
    ));
    assert!(holds(
        "contains(fromJSON('[\"push\", \"b\"]'), github.event_name)"
    ));
    assert!(!holds("contains(fromJSON('[\"a\"]'), github.event_name)"));
    assert_eq!(
        interpolate("a ${{ github.event_name }} b${{ inputs.none }}", &contexts),
        "a push b"
    );
}
