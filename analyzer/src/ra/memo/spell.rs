//! Instances under names that mean the same in every run.
//!
//! rust-analyzer's numbers depend on the order in which threads made them; what they stand for
//! does not: a crate by its number among the closed ones, a file by its path, an item by its id
//! in the file (made of kind, name and position) and by the macro calls that it came out of.
//! What mentions a crate that is not closed, or has no spelling here, has no name.

use std::hash::{Hash, Hasher};

use dashmap::DashMap;
use ra_ap_hir_def::hir::generics::LocalTypeOrConstParamId;
use ra_ap_hir_def::{
    AdtId, CallableDefId, DefWithBodyId, EnumVariantId, GenericDefId, HasModule, ItemContainerId,
    Lookup, ModuleIdLt,
};
use ra_ap_hir_expand::{ErasedAstId, HirFileId, MacroCallId, MacroCallKind, MacroDefKind};
use ra_ap_hir_ty::db::{HirDatabase, InternedClosure};
use ra_ap_hir_ty::next_solver::{
    AliasTyKind, Const, ConstKind, DbInterner, GenericArgs, Region, RegionKind, SolverDefId,
    TermId, Ty, TyKind,
};
use ra_ap_hir_ty::{ImplTraitId, InferBodyId};
use ra_ap_rustc_type_ir::inherent::{IntoKind, SliceLike};
use ra_ap_rustc_type_ir::{
    BoundRegionKind, BoundVarIndexKind, BoundVariableKind, ExistentialPredicate,
    TypeSuperVisitable, TypeVisitable, TypeVisitor, ValTreeKind,
};
use rustc_hash::{FxBuildHasher, FxHashMap};
use sha2::Digest as _;
use std::ops::ControlFlow;

use super::closed::Closed;
use crate::ra::instance::{Instance, Subject};

/// 128 bits of SHA-256.
pub(crate) type Name = [u8; 16];

pub(super) fn digest(bytes: &[u8]) -> Name {
    let whole: [u8; 32] = sha2::Sha256::digest(bytes).into();
    let mut name = [0; 16];
    name.copy_from_slice(&whole[..16]);
    name
}

/// Takes plain data apart into its bytes.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Hasher for Bytes {
    fn finish(&self) -> u64 {
        0
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

impl Bytes {
    fn tag(&mut self, tag: u8) {
        self.0.push(tag);
    }
    fn plain(&mut self, value: &impl Hash) {
        value.hash(self);
    }
}

/// Spells on one thread, and remembers what it spelled.
pub(crate) struct Speller<'a, 'db> {
    db: &'db dyn HirDatabase,
    closed: &'a Closed,
    types: FxHashMap<Ty<'db>, Option<Name>>,
    modules: FxHashMap<ModuleIdLt<'db>, Option<Name>>,
    calls: FxHashMap<MacroCallId, Option<Name>>,
    /// Of all threads.
    generics: &'a DashMap<GenericDefId, Option<Name>, FxBuildHasher>,
}

impl<'a, 'db> Speller<'a, 'db> {
    pub(crate) fn new(
        db: &'db dyn HirDatabase,
        closed: &'a Closed,
        generics: &'a DashMap<GenericDefId, Option<Name>, FxBuildHasher>,
    ) -> Self {
        Self {
            db,
            closed,
            types: FxHashMap::default(),
            modules: FxHashMap::default(),
            calls: FxHashMap::default(),
            generics,
        }
    }

    pub(crate) fn instance(&mut self, instance: &Instance) -> Option<Name> {
        let mut out = Bytes::default();
        if let Some(env) = instance.env {
            out.tag(1);
            self.generic(&mut out, env)?;
        }
        match &instance.subject {
            Subject::Function(id, args) => {
                out.tag(2);
                self.generic(&mut out, (*id).into())?;
                self.args(&mut out, args.as_ref())?;
            }
            Subject::Const(id, args) => {
                out.tag(3);
                self.generic(&mut out, (*id).into())?;
                self.args(&mut out, args.as_ref())?;
            }
            Subject::Static(id) => {
                out.tag(4);
                self.generic(&mut out, (*id).into())?;
            }
            Subject::Drop(ty) => {
                out.tag(5);
                self.ty(&mut out, ty.as_ref())?;
            }
            Subject::Kept(_) => return None,
            Subject::Derive(id, method, args) => {
                let loc = id.loc(self.db);
                out.tag(6);
                self.generic(&mut out, loc.adt.into())?;
                out.plain(&format!("{:?}", (loc.trait_, loc.derive_attr_id)));
                out.plain(&loc.derive_index);
                out.plain(&format!("{method:?}"));
                self.args(&mut out, args.as_ref())?;
            }
        }
        Some(digest(&out.0))
    }

    /// A body, which many instances may share.
    pub(crate) fn body(&mut self, def: DefWithBodyId) -> Option<Name> {
        let mut out = Bytes::default();
        self.with_body(&mut out, def)?;
        Some(digest(&out.0))
    }

    fn with_body(&mut self, out: &mut Bytes, def: DefWithBodyId) -> Option<()> {
        match def {
            DefWithBodyId::FunctionId(id) => self.generic(out, id.into()),
            DefWithBodyId::StaticId(id) => self.generic(out, id.into()),
            DefWithBodyId::ConstId(id) => self.generic(out, id.into()),
            DefWithBodyId::VariantId(id) => self.variant(out, id),
        }
    }

    fn args(&mut self, out: &mut Bytes, args: GenericArgs<'db>) -> Option<()> {
        out.plain(&args.len());
        match args.visit_with(&mut Parts { speller: self, out }) {
            ControlFlow::Continue(()) => Some(()),
            ControlFlow::Break(()) => None,
        }
    }

    fn ty(&mut self, out: &mut Bytes, ty: Ty<'db>) -> Option<()> {
        let name = match self.types.get(&ty) {
            Some(&known) => known,
            None => {
                let name = self.ty_name(ty);
                self.types.insert(ty, name);
                name
            }
        };
        out.write(&name?);
        Some(())
    }

    fn ty_name(&mut self, ty: Ty<'db>) -> Option<Name> {
        let mut out = Bytes::default();
        out.plain(&std::mem::discriminant(&ty.kind()));
        match ty.kind() {
            TyKind::Bool
            | TyKind::Char
            | TyKind::Str
            | TyKind::Never
            | TyKind::Slice(_)
            | TyKind::Array(..)
            | TyKind::Tuple(_) => {}
            TyKind::Int(kind) => out.plain(&kind),
            TyKind::Uint(kind) => out.plain(&kind),
            TyKind::Float(kind) => out.plain(&kind),
            TyKind::RawPtr(_, mutability) | TyKind::Ref(_, _, mutability) => out.plain(&mutability),
            TyKind::Adt(adt, _) => self.generic(&mut out, adt.def_id().into())?,
            TyKind::Foreign(id) => self.generic(&mut out, id.0.into())?,
            TyKind::FnDef(callable, _) => match callable.0 {
                CallableDefId::FunctionId(id) => self.generic(&mut out, id.into())?,
                CallableDefId::StructId(id) => {
                    out.tag(1);
                    self.generic(&mut out, AdtId::from(id).into())?;
                }
                CallableDefId::EnumVariantId(id) => self.variant(&mut out, id)?,
            },
            TyKind::FnPtr(signature, header) => {
                self.bound_vars(&mut out, signature.bound_vars())?;
                out.plain(&header);
            }
            TyKind::Closure(id, _) => self.closure(&mut out, id.0.loc(self.db))?,
            TyKind::Coroutine(id, _) => self.closure(&mut out, id.0.loc(self.db))?,
            TyKind::CoroutineClosure(id, _) => self.closure(&mut out, id.0.loc(self.db))?,
            TyKind::Alias(alias) => self.alias(&mut out, alias.kind)?,
            TyKind::Param(param) => {
                out.plain(&param.index);
                let id: ra_ap_hir_def::TypeOrConstParamId = param.id.into();
                self.param(&mut out, id.parent, id.local_id)?;
            }
            TyKind::Dynamic(bounds, _) => {
                out.plain(&bounds.len());
                for bound in bounds.iter() {
                    self.bound_vars(&mut out, bound.bound_vars())?;
                    match bound.skip_binder() {
                        ExistentialPredicate::Trait(of) => {
                            out.tag(1);
                            self.generic(&mut out, of.def_id.0.into())?;
                        }
                        ExistentialPredicate::Projection(of) => {
                            out.tag(2);
                            match of.def_id.0 {
                                TermId::TypeAliasId(id) => self.generic(&mut out, id.into())?,
                                TermId::ConstId(id) => self.generic(&mut out, id.into())?,
                            }
                        }
                        ExistentialPredicate::AutoTrait(of) => {
                            out.tag(3);
                            self.generic(&mut out, of.0.into())?;
                        }
                    }
                }
            }
            TyKind::Bound(BoundVarIndexKind::Bound(depth), var) => {
                out.plain(&depth.as_u32());
                out.plain(&var.var.as_u32());
                out.plain(&std::mem::discriminant(&var.kind));
            }
            TyKind::Bound(..)
            | TyKind::Placeholder(_)
            | TyKind::Infer(_)
            | TyKind::Error(_)
            | TyKind::Pat(..)
            | TyKind::UnsafeBinder(_)
            | TyKind::CoroutineWitness(..) => return None,
        }
        let mut parts = Parts {
            speller: self,
            out: &mut out,
        };
        if ty.super_visit_with(&mut parts).is_break() {
            return None;
        }
        Some(digest(&out.0))
    }

    fn constant(&mut self, out: &mut Bytes, konst: Const<'db>) -> Option<()> {
        out.plain(&std::mem::discriminant(&konst.kind()));
        match konst.kind() {
            ConstKind::Param(param) => {
                out.plain(&param.index);
                let id: ra_ap_hir_def::TypeOrConstParamId = param.id.into();
                self.param(out, id.parent, id.local_id)
            }
            ConstKind::Value(value) => {
                self.ty(out, value.ty)?;
                match value.value.inner() {
                    ValTreeKind::Leaf(leaf) => {
                        out.tag(1);
                        out.plain(leaf);
                    }
                    ValTreeKind::Branch(parts) => {
                        out.tag(2);
                        out.plain(&parts.len());
                        for part in parts.iter() {
                            self.constant(out, part)?;
                        }
                    }
                }
                Some(())
            }
            _ => None,
        }
    }

    /// Regions make no instances, but for those that a type binds itself.
    fn region(&mut self, out: &mut Bytes, region: Region<'db>) -> Option<()> {
        match region.kind() {
            RegionKind::ReErased => out.tag(1),
            RegionKind::ReStatic => out.tag(2),
            RegionKind::ReBound(BoundVarIndexKind::Bound(depth), bound) => {
                out.tag(3);
                out.plain(&depth.as_u32());
                out.plain(&bound.var.as_u32());
                self.region_kind(out, bound.kind)?;
            }
            _ => return None,
        }
        Some(())
    }

    fn region_kind(
        &mut self,
        out: &mut Bytes,
        kind: BoundRegionKind<DbInterner<'db>>,
    ) -> Option<()> {
        match kind {
            BoundRegionKind::Anon => out.tag(1),
            BoundRegionKind::ClosureEnv => out.tag(2),
            BoundRegionKind::NamedForPrinting(_) => return None,
            BoundRegionKind::Named(def) => {
                out.tag(4);
                self.solver_def(out, def)?;
            }
        }
        Some(())
    }

    fn bound_vars(
        &mut self,
        out: &mut Bytes,
        vars: ra_ap_hir_ty::next_solver::BoundVarKinds<'db>,
    ) -> Option<()> {
        out.plain(&vars.len());
        for var in vars.iter() {
            match var {
                BoundVariableKind::Region(kind) => self.region_kind(out, kind)?,
                BoundVariableKind::Ty(_) => out.tag(8),
                BoundVariableKind::Const => out.tag(9),
            }
        }
        Some(())
    }

    fn solver_def(&mut self, out: &mut Bytes, def: SolverDefId<'db>) -> Option<()> {
        match def {
            SolverDefId::AdtId(id) => self.generic(out, id.into()),
            SolverDefId::ConstId(id) => self.generic(out, id.into()),
            SolverDefId::FunctionId(id) => self.generic(out, id.into()),
            SolverDefId::ImplId(id) => self.generic(out, id.into()),
            SolverDefId::StaticId(id) => self.generic(out, id.into()),
            SolverDefId::TraitId(id) => self.generic(out, id.into()),
            SolverDefId::TypeAliasId(id) => self.generic(out, id.into()),
            _ => None,
        }
    }

    fn alias(&mut self, out: &mut Bytes, kind: AliasTyKind<'db>) -> Option<()> {
        out.plain(&std::mem::discriminant(&kind));
        match kind {
            AliasTyKind::Projection { def_id } => self.generic(out, def_id.0.into()),
            AliasTyKind::Opaque { def_id } => match def_id.0.loc(self.db) {
                ImplTraitId::ReturnTypeImplTrait(id, index) => {
                    out.plain(&index.into_raw().into_u32());
                    self.generic(out, id.into())
                }
                ImplTraitId::TypeAliasImplTrait(id, index) => {
                    out.plain(&index.into_raw().into_u32());
                    self.generic(out, id.into())
                }
            },
            AliasTyKind::Inherent { .. } | AliasTyKind::Free { .. } => None,
        }
    }

    fn closure(&mut self, out: &mut Bytes, closure: InternedClosure<'db>) -> Option<()> {
        let InferBodyId::DefWithBodyId(owner) = closure.owner else {
            return None;
        };
        out.plain(&closure.expr.into_raw().into_u32());
        self.with_body(out, owner)
    }

    fn param(
        &mut self,
        out: &mut Bytes,
        parent: GenericDefId,
        local: LocalTypeOrConstParamId,
    ) -> Option<()> {
        out.plain(&local.into_raw().into_u32());
        self.generic(out, parent)
    }

    fn variant(&mut self, out: &mut Bytes, id: EnumVariantId) -> Option<()> {
        let loc = id.lookup(self.db);
        self.generic(out, AdtId::from(loc.parent).into())?;
        self.ast_id(out, loc.id.erase())
    }

    fn generic(&mut self, out: &mut Bytes, def: GenericDefId) -> Option<()> {
        let known = self.generics.get(&def).map(|known| *known);
        let name = match known {
            Some(known) => known,
            None => {
                let name = self.generic_name(def);
                self.generics.insert(def, name);
                name
            }
        };
        out.write(&name?);
        Some(())
    }

    fn generic_name(&mut self, def: GenericDefId) -> Option<Name> {
        let db = self.db;
        let mut out = Bytes::default();
        let crate_number = self.closed.number(def.krate(db))?;
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

    fn container(&mut self, out: &mut Bytes, container: ItemContainerId) -> Option<()> {
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

    fn module(&mut self, out: &mut Bytes, id: ModuleIdLt<'db>) -> Option<()> {
        let name = match self.modules.get(&id) {
            Some(&known) => known,
            None => {
                let name = self.module_name(id);
                self.modules.insert(id, name);
                name
            }
        };
        out.write(&name?);
        Some(())
    }

    fn module_name(&mut self, id: ModuleIdLt<'db>) -> Option<Name> {
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

    fn ast_id(&mut self, out: &mut Bytes, id: ErasedAstId) -> Option<()> {
        out.plain(&id.value.into_raw());
        match id.file_id {
            HirFileId::FileId(file) => {
                out.tag(1);
                out.plain(&format!("{:?}", file.edition(self.db)));
                out.write(&self.closed.file(file.file_id(self.db))?);
            }
            HirFileId::MacroFile(call) => {
                out.tag(2);
                let name = match self.calls.get(&call) {
                    Some(&known) => known,
                    None => {
                        let name = self.call_name(call);
                        self.calls.insert(call, name);
                        name
                    }
                };
                out.write(&name?);
            }
        }
        Some(())
    }

    fn call_name(&mut self, call: MacroCallId) -> Option<Name> {
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
            MacroDefKind::ProcMacro(id, ..) => self.ast_id(&mut out, id.erase())?,
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

/// Spells the parts of a type in their order.
struct Parts<'s, 'a, 'db> {
    speller: &'s mut Speller<'a, 'db>,
    out: &'s mut Bytes,
}

fn flow(done: Option<()>) -> ControlFlow<()> {
    match done {
        Some(()) => ControlFlow::Continue(()),
        None => ControlFlow::Break(()),
    }
}

impl<'db> TypeVisitor<DbInterner<'db>> for Parts<'_, '_, 'db> {
    type Result = ControlFlow<()>;

    fn visit_ty(&mut self, ty: Ty<'db>) -> ControlFlow<()> {
        self.out.tag(1);
        flow(self.speller.ty(self.out, ty))
    }

    fn visit_const(&mut self, konst: Const<'db>) -> ControlFlow<()> {
        self.out.tag(2);
        flow(self.speller.constant(self.out, konst))
    }

    fn visit_region(&mut self, region: Region<'db>) -> ControlFlow<()> {
        self.out.tag(3);
        flow(self.speller.region(self.out, region))
    }
}
