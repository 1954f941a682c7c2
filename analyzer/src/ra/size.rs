//! How large a type is, so that what grows without bound is cut in time.

use ra_ap_hir_ty::next_solver::{GenericArgs, Ty, TyKind};
use ra_ap_rustc_type_ir::inherent::IntoKind;
use rustc_hash::FxHashMap;

/// Types nested deeper or larger than this are not followed as they are: the instance widens
/// to its definition. rustc's own limit on nesting is 128.
pub(crate) const MAX_ARGS_SIZE: usize = 20_000;
const MAX_ARGS_DEPTH: usize = 96;

/// Whether an instance with these arguments is given up for its definition.
pub(crate) fn too_large(args: GenericArgs<'_>) -> bool {
    let mut sizes = FxHashMap::default();
    args.types()
        .any(|ty| tree_size(ty, &mut sizes) > MAX_ARGS_SIZE || deeper_than(ty, MAX_ARGS_DEPTH))
}

/// Nodes of a type written out: a type that doubles at every step shares its parts, but what
/// folds over it does not.
pub(crate) fn tree_size<'db>(ty: Ty<'db>, sizes: &mut FxHashMap<Ty<'db>, usize>) -> usize {
    if let Some(&known) = sizes.get(&ty) {
        return known;
    }
    let mut sum = |parts: &mut dyn Iterator<Item = Ty<'db>>| {
        parts.fold(1_usize, |sum, part| {
            sum.saturating_add(tree_size(part, sizes))
        })
    };
    let size = match ty.kind() {
        TyKind::Adt(_, args) => sum(&mut args.types()),
        TyKind::FnDef(_, args) => sum(&mut args.types()),
        TyKind::Closure(_, args) => sum(&mut args.types()),
        TyKind::Coroutine(_, args) => sum(&mut args.types()),
        TyKind::CoroutineClosure(_, args) => sum(&mut args.types()),
        TyKind::Alias(alias) => sum(&mut alias.args.types()),
        TyKind::Tuple(parts) => sum(&mut parts.iter()),
        TyKind::Ref(_, ty, _)
        | TyKind::RawPtr(ty, _)
        | TyKind::Array(ty, _)
        | TyKind::Slice(ty) => sum(&mut std::iter::once(ty)),
        _ => 1,
    };
    sizes.insert(ty, size);
    size
}

/// Nesting along the longest path.
fn deeper_than(ty: Ty<'_>, limit: usize) -> bool {
    fn depth<'db>(ty: Ty<'db>, known: &mut FxHashMap<Ty<'db>, usize>) -> usize {
        if let Some(&known) = known.get(&ty) {
            return known;
        }
        let mut below = |parts: &mut dyn Iterator<Item = Ty<'db>>| {
            parts.map(|part| depth(part, known)).max().unwrap_or(0)
        };
        let inner = match ty.kind() {
            TyKind::Adt(_, args) => below(&mut args.types()),
            TyKind::FnDef(_, args) => below(&mut args.types()),
            TyKind::Closure(_, args) => below(&mut args.types()),
            TyKind::Coroutine(_, args) => below(&mut args.types()),
            TyKind::CoroutineClosure(_, args) => below(&mut args.types()),
            TyKind::Alias(alias) => below(&mut alias.args.types()),
            TyKind::Tuple(parts) => below(&mut parts.iter()),
            TyKind::Ref(_, ty, _)
            | TyKind::RawPtr(ty, _)
            | TyKind::Array(ty, _)
            | TyKind::Slice(ty) => below(&mut std::iter::once(ty)),
            _ => 0,
        };
        known.insert(ty, inner + 1);
        inner + 1
    }
    depth(ty, &mut FxHashMap::default()) > limit
}
