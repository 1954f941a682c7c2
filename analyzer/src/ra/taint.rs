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
        args.visit_with(&mut self.finder()).is_break()
    }

    pub(crate) fn of_type(&self, ty: Ty<'db>) -> bool {
        ty.visit_with(&mut self.finder()).is_break()
    }

    pub(crate) fn is_std(&self, def: impl HasModule) -> bool {
        self.std.contains(&def.krate(self.db))
    }

    fn finder(&self) -> Finder<'db, impl FnMut(Option<Crate>) -> bool> {
        let std = self.std;
        Finder {
            db: self.db,
            is_it: move |krate: Option<Crate>| krate.is_none_or(|krate| !std.contains(&krate)),
            seen: FxHashSet::default(),
        }
    }
}

/// The crates that arguments mention, as far as that matters to [`Taint`]; `None` stands for
/// what is foreign to any crate.
pub(crate) fn mentions<'db>(
    db: &'db dyn HirDatabase,
    args: GenericArgs<'db>,
) -> FxHashSet<Option<Crate>> {
    let mut found = FxHashSet::default();
    let _: ControlFlow<()> = args.visit_with(&mut Finder {
        db,
        is_it: |krate| {
            found.insert(krate);
            false
        },
        seen: FxHashSet::default(),
    });
    found
}

/// Asks of each type that stands in some crate whether it is what is looked for.
struct Finder<'db, F> {
    db: &'db dyn HirDatabase,
    is_it: F,
    seen: FxHashSet<Ty<'db>>,
}

impl<'db, F: FnMut(Option<Crate>) -> bool> TypeVisitor<DbInterner<'db>> for Finder<'db, F> {
    type Result = ControlFlow<()>;

    fn visit_ty(&mut self, ty: Ty<'db>) -> ControlFlow<()> {
        let db = self.db;
        let mut of = |krate: Crate| (self.is_it)(Some(krate));
        let found = match ty.kind() {
            TyKind::Adt(adt, _) => {
                let adt: AdtId = adt.def_id();
                of(adt.krate(db))
            }
            TyKind::FnDef(callable, _) => match callable.0 {
                CallableDefId::FunctionId(def) => of(def.krate(db)),
                CallableDefId::StructId(def) => of(def.krate(db)),
                CallableDefId::EnumVariantId(def) => of(def.krate(db)),
            },
            TyKind::Closure(id, _) => of(id.0.loc(db).owner.krate(db)),
            TyKind::Coroutine(id, _) => of(id.0.loc(db).owner.krate(db)),
            TyKind::CoroutineClosure(id, _) => of(id.0.loc(db).owner.krate(db)),
            TyKind::Dynamic(bounds, _) => bounds
                .principal_def_id()
                .is_some_and(|principal| of(principal.0.krate(db))),
            TyKind::Foreign(_) | TyKind::Alias(..) => (self.is_it)(None),
            _ => false,
        };
        if found {
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
