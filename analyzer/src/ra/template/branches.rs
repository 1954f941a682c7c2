//! Branches that the compiler decides: what stands behind them, and what ends a block.

use ra_ap_hir_def::expr_store::HygieneId;
use ra_ap_hir_def::expr_store::path::Path;
use ra_ap_hir_def::hir::{Expr, ExprId, Pat, PatId, Statement};

use super::Walk;
use crate::ra::condition::{Condition, Lower};

impl Walk<'_, '_> {
    /// Walks what only runs when `condition` holds.
    pub(super) fn behind(&mut self, condition: Condition, walk: impl FnOnce(&mut Self)) {
        match condition {
            Condition::Known(0) => {}
            Condition::Known(_) | Condition::Open => walk(self),
            condition => {
                let outer = self.guard;
                let condition = match outer.and_then(|outer| self.out.guards.get(outer as usize)) {
                    Some(outer) => outer.clone().and(condition),
                    None => condition,
                };
                self.guard = u32::try_from(self.out.guards.len()).ok();
                self.out.guards.push(condition);
                walk(self);
                self.guard = outer;
            }
        }
    }

    pub(super) fn condition(&mut self, id: ExprId) -> Condition {
        let (db, body, infer) = (self.db, self.body, self.infer);
        let mut resolve =
            |id: ExprId, path: &Path, hygiene: HygieneId| self.resolve(id.into(), path, hygiene);
        Lower {
            db,
            body,
            infer,
            resolve: &mut resolve,
        }
        .expr(id)
    }

    /// Whether a constant scrutinee takes the arm of `pat`.
    pub(super) fn matches(&mut self, scrutinee: &Condition, pat: PatId) -> Condition {
        if *scrutinee == Condition::Open {
            return Condition::Open;
        }
        match &self.body[pat] {
            Pat::Wild => Condition::Known(1),
            Pat::Lit(literal) => match self.condition(*literal) {
                Condition::Open => Condition::Open,
                literal => Condition::Equal(Box::new(scrutinee.clone()), Box::new(literal)),
            },
            Pat::Or(alternatives) => {
                let alternatives = alternatives.clone();
                alternatives.iter().fold(Condition::Known(0), |all, &one| {
                    all.or(self.matches(scrutinee, one))
                })
            }
            _ => Condition::Open,
        }
    }

    pub(super) fn ends_here(&self, statement: &Statement) -> bool {
        match statement {
            Statement::Expr { expr, .. } => self.diverges(*expr),
            Statement::Let {
                initializer: Some(expr),
                ..
            } => self.diverges(*expr),
            Statement::Let { .. } | Statement::Item(_) => false,
        }
    }

    /// Control never leaves the expression: by its type, or because its condition is constant.
    pub(super) fn diverges(&self, id: ExprId) -> bool {
        if self.infer.expr_ty(id).is_never() {
            return true;
        }
        match &self.body[id] {
            Expr::If {
                condition,
                then_branch,
                else_branch,
            } => match self.text_condition(*condition) {
                Some(true) => self.diverges(*then_branch),
                Some(false) => else_branch.is_some_and(|branch| self.diverges(branch)),
                None => false,
            },
            Expr::Block {
                statements, tail, ..
            }
            | Expr::Unsafe {
                statements, tail, ..
            } => {
                statements.iter().any(|one| self.ends_here(one))
                    || tail.is_some_and(|tail| self.diverges(tail))
            }
            _ => false,
        }
    }

    pub(super) fn text_condition(&self, id: ExprId) -> Option<bool> {
        let (db, body, infer) = (self.db, self.body, self.infer);
        Lower {
            db,
            body,
            infer,
            resolve: &mut |_, _, _| None,
        }
        .expr(id)
        .known()
    }
}
