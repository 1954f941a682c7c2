//! What is walked at a time, and the pieces that a module declares.

use ra_ap_hir_def::ImplId;
use ra_ap_hir_def::item_scope::{ImportId, ItemScope};
use ra_ap_hir_def::nameres::DefMap;

use super::imports;
use super::places::Def;

/// What is walked at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Piece {
    Whole(Def),
    /// An inherent impl without its items.
    Header(ImplId),
}

/// Everything that a def map's modules declare.
pub(super) fn of_def_map(def_map: &DefMap) -> Vec<Piece> {
    let modules = def_map.modules();
    modules
        .flat_map(|(_, data)| of_scope(&data.scope))
        .collect()
}

pub(super) fn of_scope(scope: &ItemScope) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = scope
        .declarations()
        .filter_map(Def::of)
        .filter(|def| !matches!(def, Def::Module(_) | Def::Variant(_)))
        .map(Piece::Whole)
        .collect();
    pieces.extend(
        scope
            .unnamed_consts()
            .map(|id| Piece::Whole(Def::Const(id))),
    );
    pieces.extend(scope.impls().map(|id| Piece::Whole(Def::Impl(id))));
    pieces.extend(
        leaves(scope)
            .into_iter()
            .map(|id| Piece::Whole(Def::Leaf(id))),
    );
    pieces
}

/// The leaves of `use` declarations that brought a name; sorted.
fn leaves(scope: &ItemScope) -> Vec<ImportId> {
    let mut found: Vec<ImportId> = scope.imports().collect();
    for (_, per_ns) in scope.entries() {
        let types = per_ns.types.and_then(|item| item.import);
        let values = per_ns.values.and_then(|item| item.import);
        let macros = per_ns.macros.and_then(|item| item.import);
        let all = [types, values.map(Into::into), macros];
        found.extend(all.into_iter().flatten().filter_map(imports::leaf_of));
    }
    found.sort_unstable();
    found.dedup();
    found
}
