//! Types, constants and regions, spelled.

use std::ops::ControlFlow;

use ra_ap_hir_def::{AdtId, CallableDefId, TypeOrConstParamId};
use ra_ap_hir_ty::InferBodyId;
use ra_ap_hir_ty::db::InternedClosure;
use ra_ap_hir_ty::next_solver::{
    BoundVarKinds, Const, ConstKind, DbInterner, Region, RegionKind, SolverDefId, TermId, Ty,
    TyKind,
};
use ra_ap_rustc_type_ir::inherent::{IntoKind, SliceLike};
use ra_ap_rustc_type_ir::{
    BoundRegionKind, BoundVarIndexKind, BoundVariableKind, ExistentialPredicate,
    TypeSuperVisitable, TypeVisitor, ValTreeKind,
};

use std::hash::Hasher;

use super::{Bytes, Name, Speller, digest};

impl<'db> Speller<'_, 'db> {
    pub(super) fn ty(&mut self, out: &mut Bytes, ty: Ty<'db>) -> Option<()> {
        let name = if let Some(&known) = self.types.get(&ty) {
            known
        } else {
            let name = self.ty_name(ty);
            self.types.insert(ty, name);
            name
        };
        out.write(&name?);
        Some(())
    }

    pub(super) fn ty_name(&mut self, ty: Ty<'db>) -> Option<Name> {
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
            TyKind::Param(param) => {
                out.plain(&param.index);
                let id: TypeOrConstParamId = param.id.into();
                self.param(&mut out, id.parent, id.local_id)?;
            }
            TyKind::Dynamic(bounds, _) => {
                out.plain(&bounds.len());
                for bound in bounds {
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
            // What an alias stands for may depend on what nobody here knows.
            TyKind::Alias(_)
            | TyKind::Bound(..)
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

    pub(super) fn constant(&mut self, out: &mut Bytes, konst: Const<'db>) -> Option<()> {
        out.plain(&std::mem::discriminant(&konst.kind()));
        match konst.kind() {
            ConstKind::Param(param) => {
                out.plain(&param.index);
                let id: TypeOrConstParamId = param.id.into();
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
    pub(super) fn region(&mut self, out: &mut Bytes, region: Region<'db>) -> Option<()> {
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

    pub(super) fn region_kind(
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

    pub(super) fn bound_vars(&mut self, out: &mut Bytes, vars: BoundVarKinds<'db>) -> Option<()> {
        out.plain(&vars.len());
        for var in vars {
            match var {
                BoundVariableKind::Region(kind) => self.region_kind(out, kind)?,
                BoundVariableKind::Ty(_) => out.tag(8),
                BoundVariableKind::Const => out.tag(9),
            }
        }
        Some(())
    }

    pub(super) fn solver_def(&mut self, out: &mut Bytes, def: SolverDefId<'db>) -> Option<()> {
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

    pub(super) fn closure(&mut self, out: &mut Bytes, closure: InternedClosure<'db>) -> Option<()> {
        let InferBodyId::DefWithBodyId(owner) = closure.owner else {
            return None;
        };
        out.plain(&closure.expr.into_raw().into_u32());
        self.with_body(out, owner)
    }
}

/// Spells the parts of a type in their order.
pub(super) struct Parts<'s, 'a, 'db> {
    pub(super) speller: &'s mut Speller<'a, 'db>,
    pub(super) out: &'s mut Bytes,
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
