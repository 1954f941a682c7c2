//! Instances: definitions with concrete arguments, and what each leads to.
//!
//! The stored forms of rust-analyzer's types are used for keys, so that instances can be kept
//! beside any snapshot of the database.

use ra_ap_base_db::Crate;
use ra_ap_hir_def::builtin_derive::BuiltinDeriveImplMethod;
use ra_ap_hir_def::{
    BuiltinDeriveImplId, ConstId, DefWithBodyId, FunctionId, GenericDefId, HasModule, StaticId,
};
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::next_solver::{GenericArgs, StoredGenericArgs, StoredTy};

use super::memo::Kept;

/// What an instance is of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    Function(FunctionId, StoredGenericArgs),
    /// A method that a built-in derive makes.
    Derive(
        BuiltinDeriveImplId,
        BuiltinDeriveImplMethod,
        StoredGenericArgs,
    ),
    Const(ConstId, StoredGenericArgs),
    Static(StaticId),
    /// Drop glue of a type.
    Drop(StoredTy),
    /// Any of these as an earlier run found it.
    Kept(Kept),
}

/// A node of the work list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Instance {
    pub(crate) subject: Subject,
    /// The generic root whose parameters are left opaque in the arguments: its bounds are what
    /// is known of them. `None` for fully concrete instances.
    pub(crate) env: Option<GenericDefId>,
}

impl Instance {
    /// The definition that was written: not that of a derive or glue.
    pub(crate) fn body(&self) -> Option<DefWithBodyId> {
        Some(match self.subject {
            Subject::Function(id, _) => id.into(),
            Subject::Const(id, _) => id.into(),
            Subject::Static(id) => id.into(),
            Subject::Derive(..) | Subject::Drop(_) | Subject::Kept(_) => return None,
        })
    }
}

/// One use that leaves an instance, resolved.
pub(crate) type Step = crate::reach::Found<Instance>;

impl Instance {
    /// Where its definition stands; drop glue is nowhere, and what is kept is told by the memo.
    pub(crate) fn krate(&self, db: &dyn HirDatabase) -> Option<Crate> {
        Some(match &self.subject {
            Subject::Function(id, _) => id.krate(db),
            Subject::Derive(id, ..) => id.loc(db).adt.krate(db),
            Subject::Const(id, _) => id.krate(db),
            Subject::Static(id) => id.krate(db),
            Subject::Drop(_) | Subject::Kept(_) => return None,
        })
    }

    /// Its generic arguments, unless it has none or is drop glue.
    pub(crate) fn args(&self) -> Option<GenericArgs<'_>> {
        match &self.subject {
            Subject::Function(_, args) | Subject::Derive(_, _, args) | Subject::Const(_, args) => {
                Some(args.as_ref())
            }
            Subject::Static(_) | Subject::Drop(_) | Subject::Kept(_) => None,
        }
    }
}
