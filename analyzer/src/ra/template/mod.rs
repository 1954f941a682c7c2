//! What a body uses, computed once per definition with its own parameters left in place.
//!
//! Takes a body and its inference result; gives a [`Template`]: functions called or taken as
//! values, consts and statics read, values dropped, unsizing coercions, and what was not
//! understood. `instance` substitutes concrete arguments into it.
//!
//! Branches behind a condition that is constant by its text (`if cfg!(…)`) are skipped, as the
//! compiler drops them before it collects.

mod adjustments;
mod branches;
mod data;
mod drops;
mod literals;
mod missing;
mod moves;
mod operators;
mod paths;
mod signature;
mod types;

use ra_ap_hir_def::DefWithBodyId;
use ra_ap_hir_def::expr_store::scope::{ExprScopes, ScopeId};
use ra_ap_hir_def::expr_store::{Body, BodySourceMap};
use ra_ap_hir_def::hir::{
    Array, BinaryOp, BindingId, Expr, ExprId, ExprOrPatId, LogicOp, Pat, PatId, RecordSpread,
    Statement, UnaryOp,
};
use ra_ap_hir_def::resolver::Resolver;
use ra_ap_hir_ty::db::{AnonConstId, HirDatabase};
use ra_ap_hir_ty::{Adjust, BindingMode, ByRef, InferenceResult};
use rustc_hash::{FxHashMap, FxHashSet};

pub(crate) use self::data::{Hole, Target, Template, Use};
use crate::ra::condition::Condition;
use crate::ra::span;
use crate::ra::view;

/// Computes the template of `def`; `lines` asks for the line of each use, which costs a look
/// at the syntax, and for the types and macros that occur.
pub(crate) fn of_body(db: &dyn HirDatabase, def: DefWithBodyId, lines: bool) -> Template {
    let mut out = if literals::are_all_of(db, def) {
        Template::default()
    } else {
        view::infer(db, def, |infer| of_inferred(db, def, infer, lines))
    };
    if let Some(owner) = signature::owner(def) {
        for anonymous in AnonConstId::all_from_signature(db, owner) {
            for &id in anonymous {
                signature::constant(db, id, &mut out);
            }
        }
    }
    out
}

fn of_inferred<'db>(
    db: &'db dyn HirDatabase,
    def: DefWithBodyId,
    infer: &InferenceResult<'db>,
    lines: bool,
) -> Template {
    let (body, source_map) = Body::with_source_map(db, def);
    let mut walk = Walk {
        db,
        def,
        body,
        source_map,
        infer,
        scopes: ExprScopes::body_expr_scopes(db, def),
        resolvers: FxHashMap::default(),
        lines,
        guard: None,
        missing: 0,
        moved_first: FxHashSet::default(),
        out: Template::default(),
    };
    walk.moved_first = walk.first_moves(body.root_expr());
    let context = Context {
        in_const: !matches!(def, DefWithBodyId::FunctionId(_)),
        in_closure: false,
        moved: true,
        called: false,
    };
    for param in &body.params {
        walk.pattern(param.formal, context);
    }
    if let Some(param) = body.self_param {
        walk.drop_binding(param.formal, context);
    }
    walk.expr(body.root_expr(), context);
    walk.unresolved_macros();
    if lines {
        walk.out.types = types::of_body(infer);
        walk.called_macros();
    }
    walk.out
}

#[derive(Clone, Copy)]
struct Context {
    in_const: bool,
    in_closure: bool,
    /// The value goes on to an owner that is looked at by itself: no drop here.
    moved: bool,
    /// The expression is the callee of a call.
    called: bool,
}

impl Context {
    fn moved(self) -> Self {
        Self {
            moved: true,
            called: false,
            ..self
        }
    }
    fn stays(self) -> Self {
        Self {
            moved: false,
            called: false,
            ..self
        }
    }
    fn callee(self) -> Self {
        Self {
            moved: false,
            called: true,
            ..self
        }
    }
}

struct Walk<'a, 'db> {
    db: &'db dyn HirDatabase,
    def: DefWithBodyId,
    body: &'db Body,
    source_map: &'db BodySourceMap,
    infer: &'a InferenceResult<'db>,
    scopes: &'db ExprScopes,
    resolvers: FxHashMap<Option<ScopeId>, Resolver<'db>>,
    lines: bool,
    guard: Option<u32>,
    /// Expressions that are not there.
    missing: usize,
    /// Bindings that are given away before anything else happens: never dropped here.
    moved_first: FxHashSet<BindingId>,
    out: Template,
}

impl Walk<'_, '_> {
    fn expr(&mut self, id: ExprId, context: Context) {
        self.adjustments(id, context);
        let called = context.called;
        let context = Context {
            called: false,
            ..context
        };
        match &self.body[id] {
            Expr::Missing => self.missing += 1,
            Expr::Path(path) => self.path(
                id.into(),
                path,
                self.body.expr_path_hygiene(id),
                Context { called, ..context },
            ),
            Expr::If {
                condition,
                then_branch,
                else_branch,
            } => {
                self.expr(*condition, context.stays());
                let decided = self.condition(*condition);
                self.behind(decided.clone(), |this| this.expr(*then_branch, context));
                if let Some(branch) = else_branch {
                    self.behind(decided.not(), |this| this.expr(*branch, context));
                }
            }
            Expr::BinaryOp {
                lhs,
                rhs,
                op: Some(BinaryOp::LogicOp(op)),
            } => {
                self.expr(*lhs, context.stays());
                let decided = self.condition(*lhs);
                let goes_on = match op {
                    LogicOp::And => decided,
                    LogicOp::Or => decided.not(),
                };
                self.behind(goes_on, |this| this.expr(*rhs, context.stays()));
            }
            Expr::BinaryOp { lhs, rhs, op } => {
                // `a == b` borrows, `a + b` moves.
                let borrows = matches!(op, Some(BinaryOp::CmpOp(_)));
                let inner = Context {
                    moved: !borrows,
                    ..context
                };
                self.expr(*lhs, inner);
                self.expr(*rhs, inner);
                let methods = op.map_or(&[] as &[_], operators::of_binary);
                self.operator(id, context, methods);
            }
            Expr::UnaryOp { expr, op } => {
                self.expr(
                    *expr,
                    Context {
                        moved: !matches!(op, UnaryOp::Deref),
                        ..context
                    },
                );
                let methods = operators::of_prefix(*op, self.infer.expr_ty(*expr));
                self.operator(id, context, methods);
            }
            Expr::Index { base, index } => {
                self.expr(*base, context.stays());
                self.expr(*index, context.moved());
                let base = self.infer.type_of_expr_with_adjust(*base);
                let methods = base.map_or(&[] as &[_], operators::of_index);
                self.operator(id, context.moved(), methods);
            }
            Expr::Call { callee, args } => {
                self.expr(*callee, context.callee());
                for &arg in args {
                    self.expr(arg, context.moved());
                }
                // A closure, or a value that implements `Fn*`.
                self.operator(id, context.moved(), &[]);
                self.drop_value(id, context);
            }
            Expr::MethodCall {
                receiver,
                args,
                method_name,
                ..
            } => {
                let borrowed = self
                    .infer
                    .expr_adjustment(*receiver)
                    .is_some_and(|all| all.iter().any(|one| matches!(one.kind, Adjust::Borrow(_))));
                self.expr(
                    *receiver,
                    Context {
                        moved: !borrowed,
                        ..context
                    },
                );
                for &arg in args {
                    self.expr(arg, context.moved());
                }
                if self.infer.method_resolution(id).is_some() {
                    self.operator(id, context.moved(), &[]);
                } else {
                    // The receiver's own holes are already noted; this is one more name.
                    let name = method_name.as_str().to_owned();
                    self.hole("method not resolved", Some(name), id.into());
                }
                self.drop_value(id, context);
            }
            Expr::Await { expr } => {
                self.expr(*expr, context.moved());
                let ty = self.infer.expr_ty(*expr).store();
                self.push(Target::Await(ty), id.into(), context);
                self.drop_value(id, context);
            }
            Expr::Closure { args, body, .. } => {
                let inner = Context {
                    in_const: false,
                    in_closure: true,
                    moved: true,
                    called: false,
                };
                for &arg in args {
                    self.pattern(arg, inner);
                }
                self.expr(*body, inner);
                self.drop_value(id, context);
            }
            Expr::Const(inner) => {
                self.expr(
                    *inner,
                    Context {
                        in_const: true,
                        ..context
                    },
                );
                self.drop_value(id, context);
            }
            Expr::Block {
                statements, tail, ..
            }
            | Expr::Unsafe {
                statements, tail, ..
            } => {
                for statement in statements {
                    self.statement(statement, context);
                    if self.ends_here(statement) {
                        // What follows is unreachable and makes no code.
                        return;
                    }
                }
                if let Some(tail) = tail {
                    self.expr(*tail, context);
                }
            }
            Expr::Match { expr, arms } => {
                self.expr(*expr, context.stays());
                let scrutinee = self.condition(*expr);
                // The arms before it were not taken.
                let mut earlier = Condition::Known(1);
                for arm in arms {
                    let matches = match arm.guard {
                        Some(_) => Condition::Open,
                        None => self.matches(&scrutinee, arm.pat),
                    };
                    let taken = earlier.clone().and(self.matches(&scrutinee, arm.pat));
                    earlier = earlier.and(matches.not());
                    self.behind(taken, |this| {
                        this.pattern(arm.pat, context);
                        if let Some(guard) = arm.guard {
                            this.expr(guard, context.stays());
                        }
                        this.expr(arm.expr, context);
                    });
                }
            }
            Expr::Let { pat, expr } => {
                self.expr(*expr, context.stays());
                self.pattern(*pat, context);
            }
            Expr::Assignment { target, value } => {
                self.expr(*value, context.moved());
                self.pattern(*target, context);
                if let Pat::Expr(place) = self.body[*target] {
                    // What was there before is dropped.
                    self.drop_type(self.infer.expr_ty(place), place.into(), context);
                }
            }
            Expr::RecordLit { fields, spread, .. } => {
                for field in fields {
                    self.expr(field.expr, context.moved());
                }
                if let RecordSpread::Expr(spread) = spread {
                    self.expr(*spread, context.stays());
                }
                self.drop_value(id, context);
            }
            Expr::Array(Array::Repeat {
                initializer,
                repeat,
            }) => {
                self.expr(*initializer, context.moved());
                self.anonymous_const(*repeat);
                self.drop_value(id, context);
            }
            Expr::Tuple { exprs } | Expr::Array(Array::ElementList { elements: exprs }) => {
                for &expr in exprs {
                    self.expr(expr, context.moved());
                }
                self.drop_value(id, context);
            }
            Expr::Field { expr, .. } | Expr::Ref { expr, .. } => self.expr(*expr, context.stays()),
            Expr::Loop { body, .. } => self.expr(*body, context.stays()),
            _ => {
                let mut children = Vec::new();
                self.body.walk_child_exprs(id, |child| children.push(child));
                for child in children {
                    self.expr(child, context.moved());
                }
            }
        }
    }

    fn statement(&mut self, statement: &Statement, context: Context) {
        match statement {
            Statement::Let {
                pat,
                initializer,
                else_branch,
                ..
            } => {
                if let Some(initializer) = initializer {
                    let bound = matches!(self.body[*pat], Pat::Bind { .. });
                    self.expr(
                        *initializer,
                        Context {
                            moved: bound,
                            ..context
                        },
                    );
                }
                self.pattern(*pat, context);
                if let Some(branch) = else_branch {
                    self.expr(*branch, context.stays());
                }
            }
            Statement::Expr { expr, .. } => self.expr(*expr, context.stays()),
            Statement::Item(_) => {}
        }
    }

    /// Bindings that own their value, consts matched against, expressions in destructuring.
    fn pattern(&mut self, id: PatId, context: Context) {
        match &self.body[id] {
            Pat::Bind { id: binding, .. }
                if !matches!(
                    self.infer.binding_mode(id),
                    Some(BindingMode(ByRef::Yes(_), _))
                ) =>
            {
                self.drop_binding(*binding, context);
            }
            Pat::Path(path) => self.path(id.into(), path, self.body.pat_path_hygiene(id), context),
            Pat::Expr(expr) => self.expr(*expr, context.moved()),
            Pat::Lit(expr) | Pat::ConstBlock(expr) => {
                self.expr(
                    *expr,
                    Context {
                        in_const: true,
                        moved: true,
                        ..context
                    },
                );
            }
            Pat::Range { start, end, .. } => {
                for &expr in start.iter().chain(end) {
                    self.expr(
                        expr,
                        Context {
                            in_const: true,
                            moved: true,
                            ..context
                        },
                    );
                }
            }
            _ => {}
        }
        let mut children = Vec::new();
        self.body[id].walk_child_pats(|child| children.push(child));
        for child in children {
            self.pattern(child, context);
        }
    }

    /// Overloaded operators, index, calls of `Fn*` values and methods: all recorded alike.
    /// The method that an expression resolved to; one of `methods` when it did not.
    fn operator(&mut self, id: ExprId, context: Context, methods: &[&str]) {
        let Some((function, args)) = self.infer.method_resolution(id) else {
            for &method in methods {
                self.hole("operator not resolved", Some(method.to_owned()), id.into());
            }
            return;
        };
        self.push(Target::Function(function, args.store()), id.into(), context);
        if !context.moved {
            self.drop_value(id, context);
        }
    }

    fn push(&mut self, target: Target, at: ExprOrPatId, context: Context) {
        let (line, in_macro) = self.line(at);
        let Context {
            in_const,
            in_closure,
            ..
        } = context;
        self.out.uses.push(Use {
            target,
            line,
            in_const,
            in_closure,
            in_macro,
            escapes: false,
            guard: self.guard,
        });
    }

    fn hole(&mut self, reason: &'static str, name: Option<String>, at: ExprOrPatId) {
        let (line, _) = self.line(at);
        self.out.holes.push(Hole { reason, name, line });
    }

    fn line(&self, at: ExprOrPatId) -> (u32, bool) {
        if !self.lines {
            return (0, false);
        }
        match self.source_map.expr_or_pat_syntax(at) {
            Ok(source) => {
                let range = source.map(ra_ap_syntax::AstPtr::text_range);
                (span::call_line(self.db, range), range.file_id.is_macro())
            }
            Err(_) => (0, false),
        }
    }
}
