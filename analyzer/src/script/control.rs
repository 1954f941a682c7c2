//! Branches, loops and `?`.

use syn::Expr;

use super::cfg::is_on;
use super::expr::label;
use super::interp::{Exit, Flow, Interp};
use super::json::reads_json;
use super::value::{Value, Variant};

impl Interp<'_> {
    pub(super) fn labelled_block(
        &mut self,
        block: &syn::ExprBlock,
        hint: Option<&syn::Type>,
    ) -> Flow {
        let name = block.label.as_ref().map(|l| l.name.ident.to_string());
        match self.block(&block.block, hint) {
            Err(Exit::Break(Some(to), value)) if Some(&to) == name.as_ref() => Ok(value),
            done => done,
        }
    }

    /// A chain of `else if` is a loop here: it may be long.
    pub(super) fn if_(&mut self, expr: &Expr, hint: Option<&syn::Type>) -> Flow {
        let outer = self.scope.clone();
        let mut expr = expr;
        loop {
            let Expr::If(branch) = expr else {
                return self.eval(expr, hint);
            };
            self.line = branch.if_token.span.start().line.max(1);
            if self.condition(&branch.cond)? {
                let done = self.block(&branch.then_branch, hint);
                self.scope = outer;
                return done;
            }
            self.scope = outer.clone();
            match &branch.else_branch {
                Some((_, otherwise)) => expr = otherwise,
                None => return Ok(Value::Unit),
            }
        }
    }

    pub(super) fn match_(&mut self, expr: &syn::ExprMatch, hint: Option<&syn::Type>) -> Flow {
        let patterns: Vec<&syn::Pat> = expr.arms.iter().map(|arm| &arm.pat).collect();
        let value = self.scrutinee(&expr.expr, &patterns, None)?;
        let outer = self.scope.clone();
        let arms = expr
            .arms
            .iter()
            .filter(|arm| is_on(&arm.attrs, &self.input.cfgs));
        let arms: Vec<&syn::Arm> = arms.collect();
        for (index, arm) in arms.iter().enumerate() {
            self.scope = outer.clone();
            self.line = arm.fat_arrow_token.spans[0].start().line.max(1);
            // Matches are exhaustive: an unknown that no other arm took is the last one's.
            let last = index + 1 == arms.len() && arm.guard.is_none();
            let taken = if last && matches!(value, Value::Unknown(_)) {
                self.bind(&arm.pat, value.clone())?;
                true
            } else {
                self.matches(&arm.pat, &value)?
            };
            let taken = taken
                && match &arm.guard {
                    Some((_, guard)) => self.condition(guard)?,
                    None => true,
                };
            if taken {
                let done = self.eval(&arm.body, hint);
                self.scope = outer;
                return done;
            }
        }
        self.scope = outer;
        self.give_up(format!(
            "a match of {} without a matching arm",
            value.deref().kind()
        ))
    }

    pub(super) fn loop_(&mut self, expr: &Expr) -> Flow {
        let outer = self.scope.clone();
        let done = match expr {
            Expr::ForLoop(for_) => self.for_(for_),
            Expr::While(while_) => {
                let name = while_.label.as_ref().map(|l| l.name.ident.to_string());
                let mut turns = 0;
                loop {
                    let choices = self.oracle.choices.len();
                    if !self.condition(&while_.cond)? {
                        break Ok(Value::Unit);
                    }
                    // Where the condition is not known, one turn stands for all.
                    turns += usize::from(self.oracle.choices.len() > choices);
                    if let Some(done) = self.turn(&while_.body, name.as_deref())? {
                        break Ok(done);
                    }
                    self.scope = outer.clone();
                    if turns > 8 {
                        return self.give_up("a loop whose end is not known");
                    }
                }
            }
            Expr::Loop(loop_) => {
                let name = loop_.label.as_ref().map(|l| l.name.ident.to_string());
                loop {
                    if let Some(done) = self.turn(&loop_.body, name.as_deref())? {
                        break Ok(done);
                    }
                    self.scope = outer.clone();
                }
            }
            _ => self.give_up("a loop"),
        };
        self.scope = outer;
        done
    }

    /// One turn; the loop's value when it ends here.
    fn turn(&mut self, body: &syn::Block, name: Option<&str>) -> Flow<Option<Value>> {
        self.spend(1)?;
        let mine = |to: &Option<String>| to.is_none() || to.as_deref() == name;
        match self.block(body, None) {
            Ok(_) => Ok(None),
            Err(Exit::Break(to, value)) if mine(&to) => Ok(Some(value)),
            Err(Exit::Continue(to)) if mine(&to) => Ok(None),
            Err(exit) => Err(exit),
        }
    }

    fn for_(&mut self, for_: &syn::ExprForLoop) -> Flow {
        let name = label(for_.label.as_ref().map(|l| &l.name));
        let over = self.eval(&for_.expr, None)?;
        let outer = self.scope.clone();
        if let Value::Unknown(doubt) = over.clone().deref() {
            // No turn or one with an unknown element, which stands for all turns.
            if self.decide(&doubt.about("has elements"), true) {
                self.bind(&for_.pat, Value::Unknown(doubt.about("element")))?;
                self.turn(&for_.body, name.as_deref())?;
                let again = doubt.about("has a second element");
                if self.decide(&again, false) {
                    self.scope = outer.clone();
                    self.bind(&for_.pat, Value::Unknown(doubt.about("element 2")))?;
                    self.turn(&for_.body, name.as_deref())?;
                }
            }
            return Ok(Value::Unit);
        }
        let place = self.iterator(over)?;
        while let Some(element) = self.next(&place)? {
            self.scope = outer.clone();
            self.bind(&for_.pat, element)?;
            if let Some(done) = self.turn(&for_.body, name.as_deref())? {
                return Ok(done);
            }
        }
        Ok(Value::Unit)
    }

    pub(super) fn question(&mut self, expr: &Expr, hint: Option<&syn::Type>) -> Flow {
        let hint = hint.filter(|_| reads_json(expr));
        match self.eval(expr, hint)?.deref() {
            Value::Variant(variant) => {
                let Variant { name, fields, .. } = &*variant;
                match name.as_str() {
                    "Ok" | "Some" => Ok(fields.first().cloned().unwrap_or(Value::Unit)),
                    _ => Err(Exit::Return(Value::Variant(variant))),
                }
            }
            Value::Unknown(doubt) => {
                let likely = doubt.likely;
                if self.decide(&doubt.about("is there"), likely) {
                    Ok(Value::Unknown(doubt.about("content")))
                } else {
                    // `None` or `Err`, whichever the function returns.
                    let failure = vec![Value::Unknown(doubt.about("failure"))];
                    Err(Exit::Return(Value::variant("Failure", "Failure", failure)))
                }
            }
            _ => self.give_up("`?`"),
        }
    }
}
