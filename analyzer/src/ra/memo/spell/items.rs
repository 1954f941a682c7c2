//! Items, modules, files and macro calls, spelled.

use ra_ap_hir_def::hir::generics::LocalTypeOrConstParamId;
use ra_ap_hir_def::{
    AdtId, EnumVariantId, GenericDefId, HasModule, ItemContainerId, Lookup, ModuleIdLt,
};
use ra_ap_hir_expand::{ErasedAstId, HirFileId, MacroCallId, MacroCallKind, MacroDefKind};

use std::hash::Hasher;

use super::{Bytes, Name, Speller, digest};
use crate::ra::path;

impl<'db> Speller<'_, 'db> {
    pub(super) fn param(
        &mut self,
        out: &mut Bytes,
        parent: GenericDefId,
        local: LocalTypeOrConstParamId,
    ) -> Option<()> {
        out.plain(&local.into_raw().into_u32());
        self.generic(out, parent)
    }

    pub(super) fn variant(&mut self, out: &mut Bytes, id: EnumVariantId) -> Option<()> {
        let loc = id.lookup(self.db);
        self.generic(out, AdtId::from(loc.parent).into())?;
        self.ast_id(out, loc.id.erase())
    }

    pub(super) fn generic(&mut self, out: &mut Bytes, def: GenericDefId) -> Option<()> {
        // The lock on the map must not be held while more is spelled.
        let known = self.generics.get(&def).map(|known| *known);
        let name = if let Some(known) = known {
            known
        } else {
            let name = self.generic_name(def);
            self.generics.insert(def, name);
            name
        };
        out.write(&name?);
        Some(())
    }

    pub(super) fn generic_name(&mut self, def: GenericDefId) -> Option<Name> {
        let db = self.db;
        let mut out = Bytes::default();
        let Some(crate_number) = self.closed.number(def.krate(db)) else {
            return self.others.then(|| self.other_name(def)).flatten();
        };
        out.plain(&crate_number);
        let id = match def {
            GenericDefId::AdtId(AdtId::StructId(id)) => {
                let loc = id.lookup(db);
                self.module(&mut out, loc.container)?;
                loc.id.erase()
            }
            GenericDefId::AdtId(AdtId::EnumId(id)) => {
                let loc = id.lookup(db);
                self.module(&mut out, loc.container)?;
                loc.id.erase()
            }
            GenericDefId::AdtId(AdtId::UnionId(id)) => {
                let loc = id.lookup(db);
                self.module(&mut out, loc.container)?;
                loc.id.erase()
            }
            GenericDefId::ConstId(id) => {
                let loc = id.lookup(db);
                self.container(&mut out, loc.container)?;
                loc.id.erase()
            }
            GenericDefId::FunctionId(id) => {
                let loc = id.lookup(db);
                self.container(&mut out, loc.container)?;
                loc.id.erase()
            }
            GenericDefId::StaticId(id) => {
                let loc = id.lookup(db);
                self.container(&mut out, loc.container)?;
                loc.id.erase()
            }
            GenericDefId::TypeAliasId(id) => {
                let loc = id.lookup(db);
                self.container(&mut out, loc.container)?;
                loc.id.erase()
            }
            GenericDefId::ImplId(id) => {
                let loc = id.lookup(db);
                self.module(&mut out, loc.container)?;
                loc.id.erase()
            }
            GenericDefId::TraitId(id) => {
                let loc = id.lookup(db);
                self.module(&mut out, loc.container)?;
                loc.id.erase()
            }
        };
        self.ast_id(&mut out, id)?;
        Some(digest(&out.0))
    }

    /// Of an item of a crate that is not closed. An impl has none but that it is one: it names
    /// its own parameters.
    fn other_name(&self, def: GenericDefId) -> Option<Name> {
        let path = match def {
            GenericDefId::AdtId(id) => path::adt(self.db, id),
            GenericDefId::TraitId(id) => path::trait_(self.db, id),
            GenericDefId::ImplId(_) => "impl".to_owned(),
            _ => return None,
        };
        Some(digest(format!("other {path}").as_bytes()))
    }

    pub(super) fn container(&mut self, out: &mut Bytes, container: ItemContainerId) -> Option<()> {
        match container {
            ItemContainerId::ModuleId(id) => self.module(out, id),
            ItemContainerId::ImplId(id) => self.generic(out, id.into()),
            ItemContainerId::TraitId(id) => self.generic(out, id.into()),
            ItemContainerId::ExternBlockId(id) => {
                let loc = id.lookup(self.db);
                self.module(out, loc.container)?;
                self.ast_id(out, loc.id.erase())
            }
        }
    }

    pub(super) fn module(&mut self, out: &mut Bytes, id: ModuleIdLt<'db>) -> Option<()> {
        let name = if let Some(&known) = self.modules.get(&id) {
            known
        } else {
            let name = self.module_name(id);
            self.modules.insert(id, name);
            name
        };
        out.write(&name?);
        Some(())
    }

    pub(super) fn module_name(&mut self, id: ModuleIdLt<'db>) -> Option<Name> {
        let db = self.db;
        let mut out = Bytes::default();
        out.plain(&self.closed.number(id.krate(db))?);
        if let Some(block) = id.block(db) {
            out.tag(1);
            self.ast_id(&mut out, block.ast_id(db).erase())?;
            self.module(&mut out, block.module(db))?;
        }
        if let Some(parent) = id.containing_module(db) {
            out.tag(2);
            self.module(&mut out, parent)?;
            // The root of a block has none.
            out.plain(
                &id.name(db)
                    .as_ref()
                    .map(ra_ap_hir_expand::name::Name::as_str),
            );
        }
        Some(digest(&out.0))
    }

    pub(super) fn ast_id(&mut self, out: &mut Bytes, id: ErasedAstId) -> Option<()> {
        out.plain(&id.value.into_raw());
        match id.file_id {
            HirFileId::FileId(file) => {
                out.tag(1);
                out.plain(&format!("{:?}", file.edition(self.db)));
                out.write(&self.closed.file(file.file_id(self.db))?);
            }
            HirFileId::MacroFile(call) => {
                out.tag(2);
                let name = if let Some(&known) = self.calls.get(&call) {
                    known
                } else {
                    let name = self.call_name(call);
                    self.calls.insert(call, name);
                    name
                };
                out.write(&name?);
            }
        }
        Some(())
    }

    pub(super) fn call_name(&mut self, call: MacroCallId) -> Option<Name> {
        let loc = call.loc(self.db);
        let mut out = Bytes::default();
        out.plain(&self.closed.number(loc.krate)?);
        out.plain(&self.closed.number(loc.def.krate)?);
        match loc.def.kind {
            MacroDefKind::Declarative(id, _)
            | MacroDefKind::BuiltIn(id, _)
            | MacroDefKind::BuiltInAttr(id, _)
            | MacroDefKind::BuiltInDerive(id, _)
            | MacroDefKind::BuiltInEager(id, _)
            | MacroDefKind::UnimplementedBuiltIn(id) => self.ast_id(&mut out, id.erase())?,
            MacroDefKind::ProcMacro(id, ..) => {
                if self.closed.made().is_some_and(|made| !made.holds(call)) {
                    return None;
                }
                self.ast_id(&mut out, id.erase())?;
            }
        }
        match &loc.kind {
            MacroCallKind::FnLike { ast_id, eager, .. } => {
                out.tag(1);
                out.tag(u8::from(eager.is_some()));
                self.ast_id(&mut out, ast_id.erase())?;
            }
            MacroCallKind::Derive {
                ast_id,
                derive_attr_index,
                derive_index,
                ..
            } => {
                out.tag(2);
                out.plain(&format!("{derive_attr_index:?}"));
                out.plain(derive_index);
                self.ast_id(&mut out, ast_id.erase())?;
            }
            MacroCallKind::Attr {
                ast_id,
                censored_attr_ids,
                ..
            } => {
                out.tag(3);
                out.plain(&format!("{:?}", censored_attr_ids.invoc_attr()));
                self.ast_id(&mut out, ast_id.erase())?;
            }
        }
        out.plain(&loc.macro_depth);
        Some(digest(&out.0))
    }
}
