//! Paths in value position: which function, const or static they name.

use ra_ap_hir_def::expr_store::HygieneId;
use ra_ap_hir_def::expr_store::path::Path;
use ra_ap_hir_def::hir::{Expr, ExprId, ExprOrPatId};
use ra_ap_hir_def::resolver::{HasResolver, ValueNs, resolver_for_scope};
use ra_ap_hir_def::{CallableDefId, ConstId};
use ra_ap_hir_ty::method_resolution::CandidateId;
use ra_ap_hir_ty::next_solver::{DbInterner, GenericArgs, TyKind};
use ra_ap_rustc_type_ir::inherent::IntoKind;

use super::{Context, Target, Walk};

impl<'db> Walk<'_, 'db> {
    /// A path in value position: function, const or static.
    pub(super) fn path(
        &mut self,
        id: ExprOrPatId,
        path: &Path,
        hygiene: HygieneId,
        context: Context,
    ) {
        let ty = self.infer.expr_or_pat_ty(id);
        if let TyKind::FnDef(callable, args) = ty.kind() {
            if let CallableDefId::FunctionId(function) = callable.0 {
                self.push(Target::Function(function, args.store()), id, context);
                if let (false, Some(last)) = (context.called, self.out.uses.last_mut()) {
                    last.escapes = true;
                }
            }
            return;
        }
        if let Some((candidate, args)) = self.infer.assoc_resolutions_for_expr_or_pat(id) {
            match candidate {
                CandidateId::ConstId(konst) => self.constant_read(konst, args, id, context),
                CandidateId::FunctionId(function) => {
                    self.push(Target::Function(function, args.store()), id, context);
                }
            }
            return;
        }
        match self.resolve(id, path, hygiene) {
            Some(ValueNs::ConstId(konst)) => {
                let args = GenericArgs::empty(DbInterner::new_no_crate(self.db));
                self.constant_read(konst, args, id, context);
            }
            Some(ValueNs::StaticId(item)) => self.push(Target::Static(item), id, context),
            // A unit struct or variant is a value made here.
            Some(ValueNs::StructId(_) | ValueNs::EnumVariantId(_) | ValueNs::ImplSelf(_)) => {
                if let ExprOrPatId::ExprId(id) = id {
                    self.drop_value(id, context);
                }
            }
            Some(_) => {}
            None if (matches!(ty.kind(), TyKind::Error(_)) || id.is_expr())
                && self.infer.variant_resolution_for_expr_or_pat(id).is_none() =>
            {
                let name = path
                    .segments()
                    .last()
                    .map(|segment| segment.name.as_str().to_owned());
                self.hole("path not resolved", name, id);
            }
            None => {}
        }
    }

    fn constant_read(
        &mut self,
        konst: ConstId,
        args: GenericArgs<'db>,
        id: ExprOrPatId,
        context: Context,
    ) {
        self.push(Target::Const(konst, args.store()), id, context);
        if let ExprOrPatId::ExprId(id) = id {
            self.drop_value(id, context.stays());
        }
    }

    pub(super) fn resolve(
        &mut self,
        id: ExprOrPatId,
        path: &Path,
        hygiene: HygieneId,
    ) -> Option<ValueNs> {
        let scope = match id {
            ExprOrPatId::ExprId(expr) => self.scopes.scope_for(expr),
            // A pattern's paths name items, never locals: the block's items are in the
            // innermost scope of the body that holds a block, which the root scope finds.
            ExprOrPatId::PatId(pat) => self.scopes.scope_for(self.body.find_root_for_pat(pat)),
        };
        let (db, def) = (self.db, self.def);
        let resolver = self.resolvers.entry(scope).or_insert_with(|| match scope {
            Some(_) => resolver_for_scope(db, def, scope),
            None => def.resolver(db),
        });
        resolver.resolve_path_in_value_ns_fully(db, path, hygiene)
    }

    /// Array lengths have an inference result of their own, out of reach; the functions and
    /// consts they name are found by name.
    pub(super) fn anonymous_const(&mut self, id: ExprId) {
        let context = Context {
            in_const: true,
            in_closure: false,
            moved: true,
            called: true,
        };
        if let Expr::Path(path) = &self.body[id] {
            let empty = GenericArgs::empty(DbInterner::new_no_crate(self.db)).store();
            match self.resolve(id.into(), path, self.body.expr_path_hygiene(id)) {
                Some(ValueNs::ConstId(konst)) => {
                    self.push(Target::Const(konst, empty), id.into(), context);
                }
                Some(ValueNs::FunctionId(function)) => {
                    self.push(Target::Function(function, empty), id.into(), context);
                }
                Some(ValueNs::StaticId(item)) => {
                    self.push(Target::Static(item), id.into(), context);
                }
                _ => {}
            }
        }
        let mut children = Vec::new();
        self.body.walk_child_exprs(id, |child| children.push(child));
        for child in children {
            self.anonymous_const(child);
        }
    }
}
