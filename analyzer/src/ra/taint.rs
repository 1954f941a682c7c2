//! Which types let std call back: those that mention something from outside std.
//!
//! An instance of a std function is only walked when its arguments do (DESIGN §4.3).

use ra_ap_base_db::Crate;
use ra_ap_hir_def::{AdtId, CallableDefId, HasModule};
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::next_solver::{Const, DbInterner, GenericArgs, Ty, TyKind};
use ra_ap_rustc_type_ir::inherent::{BoundExistentialPredicates, IntoKind};
use ra_ap_rustc_type_ir::{TypeSuperVisitable, TypeVisitable, TypeVisitor};
use rustc_hash::FxHashSet;
use std::ops::ControlFlow;

pub(crate) struct Taint<'db> {
    pub(crate) db: &'db dyn HirDatabase,
    /// The crates that are not foreign.
    pub(crate) std: &'db FxHashSet<Crate>,
}

impl<'db> Taint<'db> {
    pub(crate) fn of_args(&self, args: GenericArgs<'db>) -> bool {
        args.visit_with(&mut Finder {
            taint: self,
            seen: FxHashSet::default(),
        })
        .is_break()
    }

    pub(crate) fn of_type(&self, ty: Ty<'db>) -> bool {
        ty.visit_with(&mut Finder {
            taint: self,
            seen: FxHashSet::default(),
        })
        .is_break()
    }

    pub(crate) fn is_std(&self, def: impl HasModule) -> bool {
        self.std.contains(&def.krate(self.db))
    }
}

struct Finder<'a, 'db> {
    taint: &'a Taint<'db>,
    seen: FxHashSet<Ty<'db>>,
}

impl<'db> TypeVisitor<DbInterner<'db>> for Finder<'_, 'db> {
    type Result = ControlFlow<()>;

    fn visit_ty(&mut self, ty: Ty<'db>) -> ControlFlow<()> {
        let Taint { db, .. } = *self.taint;
        let foreign = match ty.kind() {
            TyKind::Adt(adt, _) => {
                let adt: AdtId = adt.def_id();
                !self.taint.is_std(adt)
            }
            TyKind::FnDef(callable, _) => match callable.0 {
                CallableDefId::FunctionId(def) => !self.taint.is_std(def),
                CallableDefId::StructId(def) => !self.taint.is_std(def),
                CallableDefId::EnumVariantId(def) => !self.taint.is_std(def),
            },
            TyKind::Closure(id, _) => !self.taint.is_std(id.0.loc(db).owner),
            TyKind::Coroutine(id, _) => !self.taint.is_std(id.0.loc(db).owner),
            TyKind::CoroutineClosure(id, _) => !self.taint.is_std(id.0.loc(db).owner),
            TyKind::Dynamic(bounds, _) => bounds
                .principal_def_id()
                .is_some_and(|principal| !self.taint.is_std(principal.0)),
            TyKind::Foreign(_) | TyKind::Alias(..) => true,
            _ => false,
        };
        if foreign {
            return ControlFlow::Break(());
        }
        if matches!(
            ty.kind(),
            TyKind::Adt(..) | TyKind::Tuple(_) | TyKind::Closure(..)
        ) && !self.seen.insert(ty)
        {
            return ControlFlow::Continue(());
        }
        ty.super_visit_with(self)
    }

    fn visit_const(&mut self, _: Const<'db>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
