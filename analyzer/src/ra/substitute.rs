//! Puts concrete arguments in place of parameters: instantiate, erase regions, normalize.

use ra_ap_hir_def::GenericDefId;
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::next_solver::infer::traits::ObligationCause;
use ra_ap_hir_ty::next_solver::infer::{DbInternerInferExt, InferCtxt};
use ra_ap_hir_ty::next_solver::obligation_ctxt::ObligationCtxt;
use ra_ap_hir_ty::next_solver::{
    DbInterner, EarlyBinder, GenericArgs, ParamEnv, Region, Ty, TyKind, TypingMode,
};
use ra_ap_rustc_type_ir::inherent::IntoKind;
use ra_ap_rustc_type_ir::{
    TypeFoldable, TypeFolder, TypeSuperFoldable, TypeVisitableExt, fold_regions,
};

/// Substitutes for one instance.
pub(crate) struct Substitution<'db> {
    pub(crate) interner: DbInterner<'db>,
    pub(crate) infcx: InferCtxt<'db>,
    pub(crate) env: ParamEnv<'db>,
    args: GenericArgs<'db>,
}

impl<'db> Substitution<'db> {
    pub(crate) fn new(
        db: &'db dyn HirDatabase,
        universe: ra_ap_base_db::Crate,
        env: Option<GenericDefId>,
        args: GenericArgs<'db>,
    ) -> Self {
        let interner = DbInterner::new_with(db, universe);
        let env = match env {
            Some(def) => db.trait_environment(def),
            None => ParamEnv::empty(interner),
        };
        Self { interner, infcx: interner.infer_ctxt().build(TypingMode::PostAnalysis), env, args }
    }

    /// `value` of the definition, as this instance sees it.
    pub(crate) fn apply<T: TypeFoldable<DbInterner<'db>> + Clone>(&self, value: T) -> T {
        let value = if value.has_param() {
            if self.args.is_empty() {
                value
            } else {
                EarlyBinder::bind(value).instantiate(self.interner, self.args).skip_norm_wip()
            }
        } else {
            value
        };
        self.normalize(value)
    }

    /// Erases regions and resolves aliases, as far as they can be.
    pub(crate) fn normalize<T: TypeFoldable<DbInterner<'db>> + Clone>(&self, value: T) -> T {
        let value = self.erase(value);
        if !value.has_aliases() || value.has_escaping_bound_vars() {
            return value;
        }
        let cause = ObligationCause::dummy();
        match self.infcx.at(&cause, self.env).deeply_normalize(value.clone()) {
            Ok(value) if !value.has_non_region_infer() => self.erase(value),
            // One alias that can't be resolved must not spoil the others.
            _ => {
                let value = value.fold_with(&mut EachAlias { substitution: self, depth: 0 });
                self.erase(value)
            }
        }
    }

    fn erase<T: TypeFoldable<DbInterner<'db>>>(&self, value: T) -> T {
        erase(self.interner, value)
    }
}

/// Regions make no code: instances differ by types and consts only.
pub(crate) fn erase<'db, T: TypeFoldable<DbInterner<'db>>>(interner: DbInterner<'db>, value: T) -> T {
    if !value.has_free_regions() && !value.has_infer_regions() {
        return value;
    }
    let erased = Region::new_erased(interner);
    fold_regions(interner, value, |_, _| erased)
}

/// Normalizes every alias by itself and leaves in place what fails.
struct EachAlias<'a, 'db> {
    substitution: &'a Substitution<'db>,
    depth: u32,
}

impl<'db> TypeFolder<DbInterner<'db>> for EachAlias<'_, 'db> {
    fn cx(&self) -> DbInterner<'db> {
        self.substitution.interner
    }

    fn fold_ty(&mut self, ty: Ty<'db>) -> Ty<'db> {
        if !ty.has_aliases() {
            return ty;
        }
        let ty = ty.super_fold_with(self);
        if !matches!(ty.kind(), TyKind::Alias(..)) || ty.has_escaping_bound_vars() || self.depth > 32 {
            return ty;
        }
        let Substitution { infcx, env, .. } = self.substitution;
        let mut context = ObligationCtxt::new(infcx);
        match context.structurally_normalize_ty(&ObligationCause::dummy(), *env, ty) {
            Ok(normal) if normal != ty && !normal.has_non_region_infer() => {
                self.depth += 1;
                let normal = self.fold_ty(normal);
                self.depth -= 1;
                normal
            }
            _ => ty,
        }
    }
}
