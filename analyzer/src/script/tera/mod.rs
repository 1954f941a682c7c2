//! Templates of the crate `tera`, rendered: the part of the language whose meaning is the same
//! in all of tera 1, and an error for everything else.
//!
//! Understood: text, comments, `{{ … }}`, `if`/`elif`/`else`, `for` over lists and maps, `set`;
//! paths with dots, literals, lists, `and`, `or`, `not`, `==`, `!=`; the filters of [`filter`].
//! Not: inheritance, includes, macros, functions, tests, arithmetic, `in`, `~`, brackets, the
//! variable `loop`, `break`, `raw`, escaping. Takes what is to be filled in as [`Data`] and a
//! budget, gives text; engine of nothing else, so a template cannot do harm.

mod filters;
mod lexer;
mod parser;
mod renderer;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::rc::Rc;

use super::json::Data;

/// What rendering may use.
pub(super) struct Budget {
    pub(super) steps: usize,
    pub(super) bytes: usize,
}

impl Budget {
    fn spend(&mut self, steps: usize) -> Result<()> {
        self.steps = match self.steps.checked_sub(steps) {
            Some(left) => left,
            None => return refuse("a template that takes too many steps"),
        };
        Ok(())
    }

    fn allocate(&mut self, bytes: usize) -> Result<()> {
        self.bytes = match self.bytes.checked_sub(bytes) {
            Some(left) => left,
            None => return refuse("a template that takes too much memory"),
        };
        Ok(())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// tera would fail as well.
    Fails(String),
    /// Not understood.
    Refused(String),
}

type Result<T> = std::result::Result<T, Trouble>;

fn refuse<T>(why: impl Into<String>) -> Result<T> {
    Err(Trouble::Refused(why.into()))
}

fn fail<T>(why: impl Into<String>) -> Result<T> {
    Err(Trouble::Fails(why.into()))
}

/// Deeper nested templates and expressions are refused.
const MAX_DEPTH: usize = 60;
const MAX_TEMPLATE: usize = 1 << 20;

pub(super) fn render(
    template: &str,
    context: &BTreeMap<Rc<str>, Data>,
    budget: &mut Budget,
) -> Result<String> {
    if template.len() > MAX_TEMPLATE {
        return refuse("a large template");
    }
    budget.spend(template.len() / 8)?;
    budget.allocate(template.len() * 8)?;
    let body = parser::parse(lexer::split(template)?)?;
    renderer::render(&body, context, budget)
}
