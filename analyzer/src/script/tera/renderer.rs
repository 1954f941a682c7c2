//! Fills a template in.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::filters::{filter, shown, step, truthy};
use super::parser::{Expr, Node};
use super::{Budget, Result, Trouble, fail, refuse};
use crate::script::json::Data;

pub(super) fn render(
    body: &[Node],
    context: &BTreeMap<Rc<str>, Data>,
    budget: &mut Budget,
) -> Result<String> {
    let mut renderer = Renderer {
        context,
        scopes: vec![Scope::default()],
        budget,
        out: String::new(),
    };
    renderer.body(body)?;
    Ok(renderer.out)
}

#[derive(Default)]
struct Scope {
    names: BTreeMap<String, Data>,
    /// What the loop itself binds.
    bound: Vec<String>,
}

struct Renderer<'a> {
    context: &'a BTreeMap<Rc<str>, Data>,
    scopes: Vec<Scope>,
    budget: &'a mut Budget,
    out: String,
}

impl Renderer<'_> {
    fn body(&mut self, nodes: &[Node]) -> Result<()> {
        for node in nodes {
            self.budget.spend(1)?;
            match node {
                Node::Text(text) => self.push(text)?,
                Node::Show(expr) => {
                    let value = self.eval(expr)?;
                    let text = shown(&value)?;
                    self.push(&text)?;
                }
                Node::Set(name, expr) => {
                    let value = self.eval(expr)?;
                    self.set(name, value)?;
                }
                Node::If(branches, otherwise) => {
                    let mut taken = otherwise;
                    for (condition, body) in branches {
                        if self.truth(condition)? {
                            taken = body;
                            break;
                        }
                    }
                    self.body(taken)?;
                }
                Node::For(key, value, over, body) => {
                    let over = self.eval(over)?;
                    self.each(key.as_ref(), value, &over, body)?;
                }
            }
        }
        Ok(())
    }

    fn push(&mut self, text: &str) -> Result<()> {
        self.budget.allocate(text.len())?;
        self.budget.spend(text.len() / 64)?;
        self.out.push_str(text);
        Ok(())
    }

    fn set(&mut self, name: &str, value: Data) -> Result<()> {
        let Some(scope) = self.scopes.last_mut() else {
            return refuse("`set` outside of everything");
        };
        if scope.bound.iter().any(|bound| bound == name) {
            return refuse("`set` of a loop's variable");
        }
        scope.names.insert(name.to_owned(), value);
        Ok(())
    }

    fn each(
        &mut self,
        key: Option<&String>,
        value: &str,
        over: &Data,
        body: &[Node],
    ) -> Result<()> {
        let rounds: Vec<(Option<Data>, Data)> = match (over, key) {
            (Data::List(list), None) => list.iter().map(|one| (None, one.clone())).collect(),
            (Data::Map(map), Some(_)) => map
                .iter()
                .map(|(k, v)| (Some(Data::Text(k.clone())), v.clone()))
                .collect(),
            (Data::Opaque, _) => return refuse("a loop over what is not known"),
            _ => return fail("a loop over something else"),
        };
        self.budget.spend(rounds.len())?;
        for (name, one) in rounds {
            let mut scope = Scope::default();
            scope.bound.push(value.to_owned());
            scope.names.insert(value.to_owned(), one);
            if let (Some(key), Some(name)) = (key, name) {
                scope.bound.push(key.clone());
                scope.names.insert(key.clone(), name);
            }
            self.scopes.push(scope);
            let done = self.body(body);
            self.scopes.pop();
            done?;
        }
        Ok(())
    }

    /// What a path leads to; nothing where it is not defined.
    fn find(&self, path: &str) -> Result<Option<Data>> {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let local = self.scopes.iter().rev().filter_map(|s| s.names.get(first));
        let mut found = local.chain(self.context.get(first));
        let Some(start) = found.next() else {
            return Ok(None);
        };
        let mut value = Some(start.clone());
        for part in rest.split('.').filter(|part| !part.is_empty()) {
            value = match value {
                Some(value) => step(&value, part)?,
                None => None,
            };
        }
        // Behind a variable that has no such part, tera looks at those that it hides.
        if value.is_none() && found.next().is_some() {
            return refuse(format!("`{path}`, which is defined more than once"));
        }
        Ok(value)
    }

    fn eval(&mut self, expr: &Expr) -> Result<Data> {
        self.budget.spend(1)?;
        match expr {
            Expr::Literal(value) => Ok(value.clone()),
            Expr::List(all) => {
                let all: Result<Vec<Data>> = all.iter().map(|one| self.eval(one)).collect();
                Ok(Data::List(Rc::new(all?)))
            }
            Expr::Path(path) => match self.find(path)? {
                Some(value) => Ok(value),
                None => fail(format!("`{path}` is not defined")),
            },
            Expr::Filtered(value, filters) => self.filtered(value, filters),
            Expr::Not(_) | Expr::And(..) | Expr::Or(..) | Expr::Equal(..) => {
                self.truth(expr).map(Data::Bool)
            }
        }
    }

    fn filtered(&mut self, of: &Expr, filters: &[(String, Vec<(String, Expr)>)]) -> Result<Data> {
        let mut value = match (of, filters.first()) {
            (Expr::Path(path), Some((name, arguments))) if name == "default" => {
                match (self.find(path)?, arguments.as_slice()) {
                    (Some(Data::Null), _) => return refuse("`default` of null"),
                    (Some(value), _) => value,
                    (None, [(name, value)]) if name == "value" => self.eval(value)?,
                    (None, _) => return fail("`default` without a value"),
                }
            }
            _ => self.eval(of)?,
        };
        for (name, arguments) in filters.iter().filter(|(name, _)| name != "default") {
            let mut given = BTreeMap::new();
            for (name, argument) in arguments {
                given.insert(name.as_str(), self.eval(argument)?);
            }
            value = filter(name, value, &given, self.budget)?;
        }
        Ok(value)
    }

    fn truth(&mut self, expr: &Expr) -> Result<bool> {
        self.budget.spend(1)?;
        match expr {
            Expr::Or(a, b) => Ok(self.truth(a)? || self.truth(b)?),
            Expr::And(a, b) => Ok(self.truth(a)? && self.truth(b)?),
            Expr::Not(of) => Ok(!self.truth(of)?),
            Expr::Equal(wanted, a, b) => {
                let (a, b) = (self.eval(a)?, self.eval(b)?);
                self.budget.spend(a.size().min(b.size()))?;
                match a.equals(&b) {
                    Some(equal) => Ok(equal == *wanted),
                    None => refuse("a comparison with what is not known"),
                }
            }
            Expr::Path(path) => match self.find(path)? {
                Some(value) => truthy(&value),
                None => Ok(false),
            },
            // What fails in a filter is false, too.
            Expr::Filtered(of, _) if matches!(**of, Expr::Path(_)) => match self.eval(expr) {
                Ok(value) => truthy(&value),
                Err(Trouble::Fails(_)) => Ok(false),
                Err(refused) => Err(refused),
            },
            Expr::Literal(value) => truthy(value),
            _ => refuse("a condition in a template"),
        }
    }
}
