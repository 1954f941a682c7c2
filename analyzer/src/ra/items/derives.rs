//! Methods of built-in derives, which have no text of their own.

use ra_ap_hir_def::builtin_derive::{BuiltinDeriveImplMethod, BuiltinDeriveImplTrait};
use ra_ap_hir_def::{AdtId, BuiltinDeriveImplId, HasModule, Lookup};
use ra_ap_hir_expand::HirFileId;
use ra_ap_hir_ty::db::HirDatabase;

use super::{Definition, Lister, Row, adt_node};
use crate::model::{ItemKind, Origin};
use crate::ra::fingerprint;
use crate::ra::path;
use crate::ra::span::{self, Place, Standing};

impl Lister<'_> {
    /// `Eq`'s only method is a compile-time assertion and `Copy` has none: not listed.
    pub(super) fn derive(&mut self, id: BuiltinDeriveImplId, nested: bool) {
        let loc = id.loc(self.db);
        use BuiltinDeriveImplTrait as T;
        if matches!(
            loc.trait_,
            T::Copy | T::Eq | T::CoerceUnsized | T::DispatchFromDyn
        ) {
            return;
        }
        let standing = derive_standing(self.db, id);
        let prefix = path::derive(self.db, id);
        let fingerprint = fingerprint::of_node(&adt_node(self.db, loc.adt).value);
        for (index, method) in (0u8..).zip(loc.trait_.all_methods()) {
            let name = method.name();
            self.rows.push(Row {
                def: Definition::Derive(id, index),
                path: format!("{prefix}::{}", name.as_str()),
                kind: if name.as_str() == "default" {
                    ItemKind::AssociatedFunction
                } else {
                    ItemKind::Method
                },
                standing,
                is_unsafe: false,
                unsafe_blocks: 0,
                is_public: false,
                uncalled: None,
                is_test: false,
                nested,
                fingerprint,
            });
        }
    }
}

/// The derive's name in its attribute.
fn derive_standing(db: &dyn HirDatabase, id: BuiltinDeriveImplId) -> Standing {
    let loc = id.loc(db);
    let ast_id = match loc.adt {
        AdtId::StructId(id) => id.lookup(db).id.upcast(),
        AdtId::UnionId(id) => id.lookup(db).id.upcast(),
        AdtId::EnumId(id) => id.lookup(db).id.upcast(),
    };
    let range =
        loc.derive_attr_id
            .find_derive_range(db, loc.adt.krate(db), ast_id, loc.derive_index);
    let (place, call) = match ast_id.file_id {
        HirFileId::FileId(file) => {
            let file = file.file_id(db);
            (
                Place {
                    file,
                    line: span::line(db, file, range.start()),
                },
                None,
            )
        }
        HirFileId::MacroFile(call) => {
            let span = call.expansion_span_map(db).span_at(range.start());
            let range = ra_ap_hir_expand::resolve_span(db, span);
            let file = range.file_id.file_id(db);
            (
                Place {
                    file,
                    line: span::line(db, file, range.range.start()),
                },
                Some(span::call_place(db, call)),
            )
        }
    };
    // The attribute is the call, too.
    Standing {
        place,
        call: call.or(Some(place)),
        origin: Origin::Derive,
        lines: 0,
    }
}

/// The number a derived method has among its trait's.
pub(crate) fn derive_index(
    db: &dyn HirDatabase,
    id: BuiltinDeriveImplId,
    method: BuiltinDeriveImplMethod,
) -> u8 {
    let position = id
        .loc(db)
        .trait_
        .all_methods()
        .iter()
        .position(|one| *one == method);
    u8::try_from(position.unwrap_or(0)).unwrap_or(0)
}
