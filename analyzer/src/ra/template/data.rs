//! A template as plain data: what a body uses, and what of it was not understood.

use ra_ap_hir_def::{AdtId, ConstId, FunctionId, StaticId};
use ra_ap_hir_expand::ErasedAstId;
use ra_ap_hir_ty::next_solver::{StoredGenericArgs, StoredTy};

use crate::ra::condition::Condition;

/// What is used, in terms of the body's own parameters.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// A function called or taken as a value; of a trait when it is dispatched.
    Function(FunctionId, StoredGenericArgs),
    Const(ConstId, StoredGenericArgs),
    Static(StaticId),
    /// A value of the type goes out of scope.
    Drop(StoredTy),
    /// A coercion that may make a vtable.
    Unsize(StoredTy, StoredTy),
    /// `.await` on a value of the type.
    Await(StoredTy),
}

#[derive(Debug, Clone)]
pub(crate) struct Use {
    pub(crate) target: Target,
    /// 1-based line in the body's file; 0 when unknown.
    pub(crate) line: u32,
    /// Evaluated at compile time: stands in a const or static, not in a closure in it.
    pub(crate) in_const: bool,
    pub(crate) in_closure: bool,
    pub(crate) in_macro: bool,
    /// A function taken as a value instead of called.
    pub(crate) escapes: bool,
    /// The condition it stands behind, in [`Template::guards`]; behind none: `None`.
    pub(crate) guard: Option<u32>,
}

/// A place that was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hole {
    pub(crate) reason: &'static str,
    /// The name that was looked for, when there is one: what may be hidden bears it.
    pub(crate) name: Option<String>,
    pub(crate) line: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Template {
    pub(crate) uses: Vec<Use>,
    /// Conditions that the instance's arguments may decide.
    pub(crate) guards: Vec<Condition>,
    pub(crate) holes: Vec<Hole>,
    /// The types of its expressions and bindings, and those in them: sorted, when asked for.
    pub(crate) types: Vec<AdtId>,
    /// The `macro_rules!` that it calls, each once, when asked for.
    pub(crate) macros: Vec<ErasedAstId>,
}
