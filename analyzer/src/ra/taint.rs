//! Which types let std call back: those that mention something from outside std.
//!
//! An instance of a std function is only walked when its arguments do (DESIGN §4.3).

use ra_ap_base_db::Crate;
use ra_ap_hir_def::{AdtId, CallableDefId, HasModule, ModuleId};
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

    fn finder(&self) -> Finder<'db, impl FnMut(Mention) -> bool> {
        let (db, std) = (self.db, self.std);
        Finder {
            db,
            is_it: move |mention: Mention| {
                mention.krate(db).is_none_or(|krate| !std.contains(&krate))
            },
            seen: FxHashSet::default(),
        }
    }
}

/// Where something stands that arguments mention.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mention {
    /// A type or trait of a module.
    Module(ModuleId),
    /// What has a type of its own that nobody can name: a function or closure.
    Unnamed(Crate),
    /// It is foreign to any crate.
    Foreign,
}

impl Mention {
    fn krate(self, db: &dyn HirDatabase) -> Option<Crate> {
        match self {
            Self::Module(module) => Some(module.krate(db)),
            Self::Unnamed(krate) => Some(krate),
            Self::Foreign => None,
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
    find(db, args, |mention| {
        found.insert(mention.krate(db));
        false
    });
    found
}

/// Whether `is_it` says so of something that arguments mention.
pub(crate) fn find<'db>(
    db: &'db dyn HirDatabase,
    args: GenericArgs<'db>,
    is_it: impl FnMut(Mention) -> bool,
) -> bool {
    let found: ControlFlow<()> = args.visit_with(&mut Finder {
        db,
        is_it,
        seen: FxHashSet::default(),
    });
    found.is_break()
}

/// Asks of each type that stands in some module whether it is what is looked for.
struct Finder<'db, F> {
    db: &'db dyn HirDatabase,
    is_it: F,
    seen: FxHashSet<Ty<'db>>,
}

impl<'db, F: FnMut(Mention) -> bool> TypeVisitor<DbInterner<'db>> for Finder<'db, F> {
    type Result = ControlFlow<()>;

    fn visit_ty(&mut self, ty: Ty<'db>) -> ControlFlow<()> {
        let db = self.db;
        let mention = match ty.kind() {
            TyKind::Adt(adt, _) => {
                let adt: AdtId = adt.def_id();
                Some(Mention::Module(adt.module(db)))
            }
            TyKind::FnDef(callable, _) => Some(Mention::Unnamed(match callable.0 {
                CallableDefId::FunctionId(def) => def.krate(db),
                CallableDefId::StructId(def) => def.krate(db),
                CallableDefId::EnumVariantId(def) => def.krate(db),
            })),
            TyKind::Closure(id, _) => Some(Mention::Unnamed(id.0.loc(db).owner.krate(db))),
            TyKind::Coroutine(id, _) => Some(Mention::Unnamed(id.0.loc(db).owner.krate(db))),
            TyKind::CoroutineClosure(id, _) => Some(Mention::Unnamed(id.0.loc(db).owner.krate(db))),
            TyKind::Dynamic(bounds, _) => bounds
                .principal_def_id()
                .map(|principal| Mention::Module(principal.0.module(db))),
            TyKind::Foreign(_) | TyKind::Alias(..) => Some(Mention::Foreign),
            _ => None,
        };
        if mention.is_some_and(&mut self.is_it) {
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
