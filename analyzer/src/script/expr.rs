//! Expressions and statements.

use std::rc::Rc;

use proc_macro2::TokenStream;
use syn::{BinOp, Expr, Lit, UnOp};

use super::cfg::is_on;
use super::interp::{Exit, Flow, Interp, NODE};
use super::lines;
use super::value::{Closure, Doubt, Iter, Place, Step, Value};

impl Interp<'_> {
    pub(super) fn block(&mut self, block: &syn::Block, hint: Option<&syn::Type>) -> Flow {
        self.scoped(|interp| {
            for statement in &block.stmts {
                if let syn::Stmt::Item(item) = statement {
                    interp.local_item(item)?;
                }
            }
            let mut last = Value::Unit;
            let count = block.stmts.len();
            for (index, statement) in block.stmts.iter().enumerate() {
                let hint = hint.filter(|_| index + 1 == count);
                last = interp.statement(statement, hint)?;
            }
            Ok(last)
        })
    }

    fn statement(&mut self, statement: &syn::Stmt, hint: Option<&syn::Type>) -> Flow {
        self.line = lines::first(statement);
        self.spend(1)?;
        match statement {
            syn::Stmt::Local(local) => self.local(local),
            syn::Stmt::Item(_) => Ok(Value::Unit),
            syn::Stmt::Expr(expr, semi) => {
                if !is_on(attributes(expr), &self.input.cfgs) {
                    return Ok(Value::Unit);
                }
                let value = self.eval(expr, hint)?;
                Ok(if semi.is_some() { Value::Unit } else { value })
            }
            syn::Stmt::Macro(call) => {
                if !is_on(&call.attrs, &self.input.cfgs) {
                    return Ok(Value::Unit);
                }
                let value = self.macro_call(&call.mac)?;
                let is_value = call.semi_token.is_none();
                Ok(if is_value { value } else { Value::Unit })
            }
        }
    }

    fn local(&mut self, local: &syn::Local) -> Flow {
        if !is_on(&local.attrs, &self.input.cfgs) {
            return Ok(Value::Unit);
        }
        let (pattern, hint) = match &local.pat {
            syn::Pat::Type(typed) => (&*typed.pat, Some(&*typed.ty)),
            pattern => (pattern, None),
        };
        let Some(init) = &local.init else {
            self.bind(pattern, Value::Unit)?;
            return Ok(Value::Unit);
        };
        let value = self.scrutinee(&init.expr, std::slice::from_ref(&pattern), hint)?;
        if let Some((_, otherwise)) = &init.diverge {
            if !self.matches(pattern, &value)? {
                self.eval(otherwise, None)?;
                return self.give_up("`let … else` that goes on");
            }
        } else {
            self.bind(pattern, value)?;
        }
        Ok(Value::Unit)
    }

    pub(super) fn eval(&mut self, expr: &Expr, hint: Option<&syn::Type>) -> Flow {
        self.spend(1)?;
        self.nested(|interp| interp.expression(expr, hint))
    }

    fn expression(&mut self, expr: &Expr, hint: Option<&syn::Type>) -> Flow {
        match expr {
            Expr::Lit(lit) => self.literal(&lit.lit),
            Expr::Path(path) => self.path(path, hint),
            Expr::Paren(inner) => self.eval(&inner.expr, hint),
            Expr::Group(inner) => self.eval(&inner.expr, hint),
            Expr::Block(block) => self.labelled_block(block, hint),
            Expr::Unsafe(block) => self.block(&block.block, hint),
            Expr::Const(block) => self.block(&block.block, hint),
            Expr::If(_) => self.if_(expr, hint),
            Expr::Match(expr) => self.match_(expr, hint),
            Expr::While(_) | Expr::Loop(_) | Expr::ForLoop(_) => self.loop_(expr),
            Expr::Let(_) => self.condition(expr).map(Value::Bool),
            Expr::Call(call) => self.call_expr(call, hint),
            Expr::MethodCall(call) => self.method_call(call, hint),
            Expr::Macro(call) => self.macro_call(&call.mac),
            Expr::Field(_) | Expr::Index(_) => self.projection(expr),
            Expr::Reference(reference) => self.reference(reference, hint),
            Expr::Unary(unary) => self.unary(unary, hint),
            Expr::Binary(binary) => self.binary(binary, hint),
            Expr::Assign(assign) => self.assign(assign),
            Expr::Tuple(tuple) => self.all(tuple.elems.iter()).map(|values| {
                if values.is_empty() {
                    Value::Unit
                } else {
                    Value::tuple(values)
                }
            }),
            Expr::Array(array) => self.all(array.elems.iter()).map(Value::list),
            Expr::Repeat(repeat) => self.repeat(repeat),
            Expr::Range(range) => self.range(range),
            Expr::Cast(cast) => {
                let value = self.eval(&cast.expr, None)?.deref();
                let ty = Self::hint_name(Some(&cast.ty)).unwrap_or_default();
                self.cast(value, &ty)
            }
            Expr::Closure(closure) => self.allocate(NODE).map(|()| {
                Value::Closure(Rc::new(Closure {
                    params: closure.inputs.iter().cloned().collect(),
                    body: (*closure.body).clone(),
                    scope: self.scope.clone(),
                    module: self.module,
                    self_ty: self.self_ty.clone(),
                }))
            }),
            Expr::Try(inner) => self.question(&inner.expr, hint),
            Expr::Return(inner) => {
                let value = match &inner.expr {
                    Some(value) => self.eval(value, None)?,
                    None => Value::Unit,
                };
                Err(Exit::Return(value))
            }
            Expr::Break(inner) => {
                let value = match &inner.expr {
                    Some(value) => self.eval(value, None)?,
                    None => Value::Unit,
                };
                Err(Exit::Break(label(inner.label.as_ref()), value))
            }
            Expr::Continue(inner) => Err(Exit::Continue(label(inner.label.as_ref()))),
            Expr::Struct(literal) => self.struct_literal(literal),
            _ => self.give_up("an expression of a kind that is not read"),
        }
    }

    pub(super) fn all<'e>(&mut self, exprs: impl Iterator<Item = &'e Expr>) -> Flow<Vec<Value>> {
        let mut values = Vec::new();
        for expr in exprs {
            if is_on(attributes(expr), &self.input.cfgs) {
                self.allocate(NODE)?;
                values.push(self.eval(expr, None)?);
            }
        }
        Ok(values)
    }

    pub(super) fn literal(&mut self, lit: &Lit) -> Flow {
        Ok(match lit {
            Lit::Str(text) => Value::str(text.value()),
            Lit::ByteStr(bytes) => match String::from_utf8(bytes.value()) {
                Ok(text) => Value::str(text),
                Err(_) => return self.give_up("a byte string"),
            },
            Lit::Char(c) => Value::Char(c.value()),
            Lit::Byte(b) => Value::Int(b.value().into()),
            Lit::Int(int) => match int.base10_parse::<u64>() {
                Ok(value) => Value::Int(value.into()),
                Err(_) => return self.give_up("a number"),
            },
            Lit::Bool(b) => Value::Bool(b.value),
            _ => Value::Unknown(Doubt::new("float", "a floating-point number", false)),
        })
    }

    fn repeat(&mut self, repeat: &syn::ExprRepeat) -> Flow {
        let value = self.eval(&repeat.expr, None)?;
        match self.eval(&repeat.len, None)?.deref() {
            Value::Int(count @ 0..=100_000) => {
                let count = usize::try_from(count).unwrap_or(0);
                self.spend(count)?;
                Ok(Value::list(vec![value; count]))
            }
            _ => self.give_up("an array's length"),
        }
    }

    fn range(&mut self, range: &syn::ExprRange) -> Flow {
        let mut bound = |expr: Option<&Expr>| -> Flow<Option<Value>> {
            expr.map(|expr| self.eval(expr, None).map(Value::deref))
                .transpose()
        };
        let (from, to) = (bound(range.start.as_deref())?, bound(range.end.as_deref())?);
        let closed = i128::from(matches!(range.limits, syn::RangeLimits::Closed(_)));
        let range = match (from, to) {
            (Some(Value::Int(from)), Some(Value::Int(to))) => {
                Iter::Range(from, Some(to.saturating_add(closed)))
            }
            (None, Some(Value::Int(to))) => Iter::Range(0, Some(to.saturating_add(closed))),
            (Some(Value::Int(from)), None) => Iter::Range(from, None),
            (None, None) => Iter::Range(0, None),
            (from, to) => {
                let doubt = from.iter().chain(&to).find_map(Value::doubt);
                return match doubt {
                    Some(doubt) => Ok(Value::Unknown(doubt.about("range"))),
                    None => Ok(Value::Unknown(Doubt::new(
                        format!("range {}", self.line),
                        "a range of texts",
                        false,
                    ))),
                };
            }
        };
        Ok(Value::Iter(Rc::new(range)))
    }

    fn reference(&mut self, reference: &syn::ExprReference, hint: Option<&syn::Type>) -> Flow {
        if reference.mutability.is_some() {
            return Ok(Value::Ref(self.place(&reference.expr)?));
        }
        let hint = match hint {
            Some(syn::Type::Reference(inner)) => Some(&*inner.elem),
            other => other,
        };
        self.eval(&reference.expr, hint)
    }

    /// Where something stands; what stands nowhere gets a place of its own.
    pub(super) fn place(&mut self, expr: &Expr) -> Flow<Place> {
        self.nested(|interp| interp.place_of(expr))
    }

    fn place_of(&mut self, expr: &Expr) -> Flow<Place> {
        match expr {
            Expr::Paren(inner) => self.place(&inner.expr),
            Expr::Group(inner) => self.place(&inner.expr),
            Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) => {
                Ok(self.place(&unary.expr)?.resolve())
            }
            Expr::Path(path) if path.path.get_ident().is_some() => {
                let name = path.path.segments[0].ident.to_string();
                if let Some(cell) = self.scope.find(&name) {
                    return Ok(Place {
                        cell,
                        way: Vec::new(),
                    });
                }
                Ok(Place::new(self.eval(expr, None)?))
            }
            Expr::Field(field) => {
                let base = self.place(&field.base)?.resolve();
                let step = match &field.member {
                    syn::Member::Named(name) => Step::Field(name.to_string()),
                    syn::Member::Unnamed(index) => Step::Index(index.index as usize),
                };
                match base.get() {
                    Some(Value::Unknown(doubt)) => {
                        Ok(Place::new(Value::Unknown(doubt.about("field"))))
                    }
                    _ => Ok(base.step(step)),
                }
            }
            Expr::Index(index) => self.index(index),
            _ => match self.eval(expr, None)? {
                Value::Ref(place) => Ok(place),
                value => Ok(Place::new(value)),
            },
        }
    }

    fn projection(&mut self, expr: &Expr) -> Flow {
        let place = self.place(expr)?;
        match place.get() {
            Some(value) => Ok(value),
            None => self.give_up("a field or element that is not there"),
        }
    }

    pub(super) fn condition(&mut self, expr: &Expr) -> Flow<bool> {
        match expr {
            Expr::Paren(inner) => self.condition(&inner.expr),
            Expr::Group(inner) => self.condition(&inner.expr),
            Expr::Let(let_) => {
                let value = self.scrutinee(&let_.expr, std::slice::from_ref(&&*let_.pat), None)?;
                self.matches(&let_.pat, &value)
            }
            Expr::Binary(binary) if matches!(binary.op, BinOp::And(_)) => {
                Ok(self.condition(&binary.left)? && self.condition(&binary.right)?)
            }
            Expr::Binary(binary) if matches!(binary.op, BinOp::Or(_)) => {
                Ok(self.condition(&binary.left)? || self.condition(&binary.right)?)
            }
            Expr::Unary(unary) if matches!(unary.op, UnOp::Not(_)) => {
                self.condition(&unary.expr).map(|value| !value)
            }
            expr => {
                let value = self.eval(expr, None)?;
                self.truth(value)
            }
        }
    }

    /// A truth value; what is not known is decided here.
    pub(super) fn truth(&mut self, value: Value) -> Flow<bool> {
        match value.deref() {
            Value::Bool(value) => Ok(value),
            Value::Unknown(doubt) => {
                let likely = doubt.likely;
                Ok(self.decide(&doubt, likely))
            }
            _ => self.give_up("a condition"),
        }
    }

    fn unary(&mut self, unary: &syn::ExprUnary, hint: Option<&syn::Type>) -> Flow {
        match unary.op {
            UnOp::Deref(_) => Ok(self.eval(&unary.expr, hint)?.deref()),
            UnOp::Neg(_) => match self.eval(&unary.expr, hint)?.deref() {
                Value::Int(value) => Ok(Value::Int(value.saturating_neg())),
                Value::Unknown(doubt) => Ok(Value::Unknown(doubt.about("negated"))),
                other => self.give_up(format!("a negation of {}", other.kind())),
            },
            UnOp::Not(_) => match self.eval(&unary.expr, hint)?.deref() {
                Value::Bool(value) => Ok(Value::Bool(!value)),
                Value::Unknown(doubt) => {
                    let likely = doubt.likely;
                    Ok(Value::Bool(!self.decide(&doubt, likely)))
                }
                // Its width is not known.
                Value::Int(_) => Ok(Value::Unknown(Doubt::new(
                    format!("bits {}", self.line),
                    "the bits of a number",
                    false,
                ))),
                other => self.give_up(format!("a negation of {}", other.kind())),
            },
            _ => self.give_up("an operator"),
        }
    }

    fn assign(&mut self, assign: &syn::ExprAssign) -> Flow {
        let value = self.eval(&assign.right, None)?;
        if matches!(&*assign.left, Expr::Infer(_)) {
            return Ok(Value::Unit);
        }
        // A variable that holds a reference is given another one; elsewhere it is followed.
        if let Expr::Path(path) = &*assign.left
            && let Some(name) = path.path.get_ident()
            && let Some(cell) = self.scope.find(&name.to_string())
        {
            if let Ok(mut here) = cell.try_borrow_mut() {
                *here = value;
                return Ok(Value::Unit);
            }
            return self.give_up("an assignment");
        }
        let place = self.place(&assign.left)?;
        match place.change(|here| *here = value) {
            Some(()) => Ok(Value::Unit),
            None => self.give_up("an assignment"),
        }
    }

    /// Parses tokens of a macro as an expression and evaluates it.
    pub(super) fn eval_tokens(&mut self, tokens: TokenStream) -> Flow {
        match syn::parse2::<Expr>(tokens) {
            Ok(expr) => self.eval(&expr, None),
            Err(_) => self.give_up("a macro's argument"),
        }
    }
}

pub(super) fn label(lifetime: Option<&syn::Lifetime>) -> Option<String> {
    lifetime.map(|lifetime| lifetime.ident.to_string())
}

pub(super) fn attributes(expr: &Expr) -> &[syn::Attribute] {
    match expr {
        Expr::Block(e) => &e.attrs,
        Expr::Call(e) => &e.attrs,
        Expr::If(e) => &e.attrs,
        Expr::Lit(e) => &e.attrs,
        Expr::Macro(e) => &e.attrs,
        Expr::Match(e) => &e.attrs,
        Expr::MethodCall(e) => &e.attrs,
        Expr::Path(e) => &e.attrs,
        Expr::Return(e) => &e.attrs,
        Expr::Tuple(e) => &e.attrs,
        Expr::Unsafe(e) => &e.attrs,
        Expr::Assign(e) => &e.attrs,
        _ => &[],
    }
}
