//! Values that are given away before anything else happens: no drop is made for them.

use ra_ap_hir_def::expr_store::scope::ScopeEntry;
use ra_ap_hir_def::hir::{BindingId, Expr, ExprId, Statement};
use rustc_hash::FxHashSet;

use super::Walk;

impl Walk<'_, '_> {
    /// Bindings moved by the first thing that the body does: `forget(value)` drops nothing.
    pub(super) fn first_moves(&self, id: ExprId) -> FxHashSet<BindingId> {
        let mut current = id;
        loop {
            let operands: Vec<ExprId> = match &self.body[current] {
                Expr::Block {
                    statements, tail, ..
                }
                | Expr::Unsafe {
                    statements, tail, ..
                } => {
                    let first = match statements
                        .iter()
                        .find(|one| !matches!(one, Statement::Item(_)))
                    {
                        Some(
                            Statement::Let {
                                initializer: Some(expr),
                                ..
                            }
                            | Statement::Expr { expr, .. },
                        ) => Some(*expr),
                        Some(_) => None,
                        None => *tail,
                    };
                    let Some(first) = first else {
                        return FxHashSet::default();
                    };
                    current = first;
                    continue;
                }
                Expr::Call { args, .. } => args.to_vec(),
                Expr::RecordLit { fields, .. } => fields.iter().map(|field| field.expr).collect(),
                Expr::MethodCall { receiver, args, .. }
                    if self.infer.expr_adjustment(*receiver).is_none() =>
                {
                    std::iter::once(*receiver)
                        .chain(args.iter().copied())
                        .collect()
                }
                Expr::Path(_) => vec![current],
                _ => return FxHashSet::default(),
            };
            let calls = |id: &&ExprId| !matches!(self.body[**id], Expr::Path(_) | Expr::Literal(_));
            match operands.iter().find(calls) {
                // Something is called first, which may unwind: only what it takes is safe.
                Some(&inner) => current = inner,
                None => return operands.iter().filter_map(|&id| self.local(id)).collect(),
            }
        }
    }

    fn local(&self, id: ExprId) -> Option<BindingId> {
        let Expr::Path(path) = &self.body[id] else {
            return None;
        };
        let name = path.mod_path()?.as_ident()?;
        let scope = self.scopes.scope_for(id)?;
        self.scopes.scope_chain(Some(scope)).find_map(|scope| {
            self.scopes
                .entries(scope)
                .iter()
                .rev()
                .find(|entry| entry.name() == name)
                .map(ScopeEntry::binding)
        })
    }
}
