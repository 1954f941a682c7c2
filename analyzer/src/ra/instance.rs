//! Instances: definitions with concrete arguments, and what each leads to.
//!
//! The stored forms of rust-analyzer's types are used for keys, so that instances can be kept
//! beside any snapshot of the database.

use ra_ap_hir_def::builtin_derive::BuiltinDeriveImplMethod;
use ra_ap_hir_def::{BuiltinDeriveImplId, ConstId, FunctionId, GenericDefId, StaticId};
use ra_ap_hir_ty::next_solver::{StoredGenericArgs, StoredTy};

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

/// One use that leaves an instance, resolved.
pub(crate) type Step = crate::reach::Found<Instance>;
