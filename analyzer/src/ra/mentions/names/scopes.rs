//! What a name in a body can mean, by the block that it stands in.

use ra_ap_hir_def::ExpressionStoreOwnerId;
use ra_ap_hir_def::expr_store::scope::{ExprScopes, ScopeId};
use ra_ap_hir_def::expr_store::{ExpressionStore, StoreVisitor};
use ra_ap_hir_def::hir::type_ref::TypeRefId;
use ra_ap_hir_def::hir::{Expr, ExprId, PatId, Statement};
use ra_ap_hir_def::resolver::{HasResolver, Resolver, resolver_for_scope};
use ra_ap_hir_ty::db::HirDatabase;
use rustc_hash::FxHashMap;

/// Resolvers for the blocks of a body, whose items only they see.
pub(super) struct Scopes<'db> {
    db: &'db dyn HirDatabase,
    owner: ExpressionStoreOwnerId,
    pub(super) all: &'db ExprScopes,
    pub(super) types: FxHashMap<TypeRefId, ScopeId>,
    pub(super) pats: FxHashMap<PatId, ScopeId>,
    resolvers: FxHashMap<Option<ScopeId>, Resolver<'db>>,
}

impl<'db> Scopes<'db> {
    pub(super) fn of(
        db: &'db dyn HirDatabase,
        owner: ExpressionStoreOwnerId,
        store: &ExpressionStore,
    ) -> Self {
        let all = ExprScopes::of(db, owner);
        let mut found = Self {
            db,
            owner,
            all,
            types: FxHashMap::default(),
            pats: FxHashMap::default(),
            resolvers: FxHashMap::default(),
        };
        for (id, expr) in store.exprs() {
            let Some(scope) = found.inner_scope(id, expr) else {
                continue;
            };
            let mut parts = Parts::default();
            store.visit_expr_children(id, &mut parts);
            while let Some(pat) = parts.pats.pop() {
                if found.pats.insert(pat, scope).is_none() {
                    store.visit_pat_children(pat, &mut parts);
                }
            }
            while let Some(ty) = parts.types.pop() {
                if found.types.insert(ty, scope).is_none() {
                    store.visit_type_ref_children(ty, &mut parts);
                }
            }
        }
        found
    }

    /// The scope in which an expression's own patterns and types stand: in a block, its own.
    fn inner_scope(&self, id: ExprId, expr: &Expr) -> Option<ScopeId> {
        let (Expr::Block {
            statements, tail, ..
        }
        | Expr::Unsafe {
            statements, tail, ..
        }) = expr
        else {
            return self.all.scope_for(id);
        };
        let first = statements.iter().find_map(|statement| match statement {
            Statement::Let { initializer, .. } => *initializer,
            Statement::Expr { expr, .. } => Some(*expr),
            Statement::Item(_) => None,
        });
        let inside = first.or(*tail).unwrap_or(id);
        self.all.scope_for(inside)
    }

    pub(super) fn resolver(&mut self, scope: Option<ScopeId>) -> &Resolver<'db> {
        let (db, owner) = (self.db, self.owner);
        self.resolvers.entry(scope).or_insert_with(|| match scope {
            Some(_) => resolver_for_scope(db, owner, scope),
            None => owner.resolver(db),
        })
    }
}

#[derive(Default)]
struct Parts {
    types: Vec<TypeRefId>,
    pats: Vec<PatId>,
}

impl StoreVisitor for &mut Parts {
    fn on_type(&mut self, ty: TypeRefId) {
        self.types.push(ty);
    }

    fn on_pat(&mut self, pat: PatId) {
        self.pats.push(pat);
    }
}
