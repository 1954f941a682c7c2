//! What vtables and drop glue hold.

use ra_ap_hir_def::signatures::FunctionSignature;
use ra_ap_hir_def::{AdtId, AssocItemId, GenericDefId, VariantId};
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::dyn_compatibility::generics_require_sized_self;
use ra_ap_hir_ty::next_solver::{Binder, GenericArg, GenericArgs, TraitRef, Ty, TyKind};
use ra_ap_rustc_type_ir::TypeVisitableExt;
use ra_ap_rustc_type_ir::elaborate::supertraits;
use ra_ap_rustc_type_ir::inherent::{BoundExistentialPredicates, GenericArgs as _, IntoKind};

use super::dispatch::Dispatch;
use super::instance::Subject;
use crate::model::EdgeKind;

impl<'db> Dispatch<'_, 'db> {
    /// What the vtable holds that a coercion from `from` to `to` makes, if it makes one.
    pub(crate) fn unsize(&self, from: Ty<'db>, to: Ty<'db>) -> Vec<(Subject, EdgeKind)> {
        let Some((concrete, dynamic)) = Self::unsized_pair(from, to, 0) else {
            return Vec::new();
        };
        let TyKind::Dynamic(bounds, _) = dynamic.kind() else {
            return Vec::new();
        };
        let mut out = vec![(Subject::Drop(concrete.store()), EdgeKind::Drop)];
        let Some(principal) = bounds.principal() else {
            return out;
        };
        let principal = principal.with_self_ty(self.interner(), concrete);
        for trait_ref in supertraits(self.interner(), principal) {
            self.vtable_methods(trait_ref, &mut out);
        }
        out
    }

    fn vtable_methods(
        &self,
        trait_ref: Binder<'db, TraitRef<'db>>,
        out: &mut Vec<(Subject, EdgeKind)>,
    ) {
        let trait_ref = self
            .interner()
            .instantiate_bound_regions_with_erased(trait_ref);
        let trait_ref = self.substitution.normalize(trait_ref);
        for &(_, item) in &trait_ref.def_id.0.trait_items(self.db).items {
            let AssocItemId::FunctionId(method) = item else {
                continue;
            };
            let signature = FunctionSignature::of(self.db, method);
            if !signature.has_self_param()
                || generics_require_sized_self(self.db, method.into())
                || signature.generic_params.len_type_or_consts() > 0
            {
                continue;
            }
            let args = self.with_own_params(method.into(), trait_ref.args);
            for (subject, kind) in self.call(method, args) {
                let kind = if kind == EdgeKind::Widened {
                    kind
                } else {
                    EdgeKind::Vtable
                };
                out.push((subject, kind));
            }
        }
    }

    /// `parent` followed by the definition's own parameters, left as they are.
    pub(crate) fn with_own_params(
        &self,
        def: GenericDefId,
        parent: GenericArgs<'db>,
    ) -> GenericArgs<'db> {
        let identity = GenericArgs::identity_for_item(self.interner(), def.into());
        let own = identity.iter().skip(parent.len());
        let args: Vec<GenericArg<'db>> = parent.iter().chain(own).collect();
        self.substitution
            .normalize(GenericArgs::new_from_slice(&args))
    }

    /// Walks both types in parallel down to where one is concrete and the other `dyn`.
    pub(crate) fn unsized_pair(
        from: Ty<'db>,
        to: Ty<'db>,
        depth: u32,
    ) -> Option<(Ty<'db>, Ty<'db>)> {
        if depth > 16 || from == to {
            return None;
        }
        match (from.kind(), to.kind()) {
            // Upcasting uses the vtable there is; a `dyn` without a principal adds nothing.
            (TyKind::Dynamic(..), TyKind::Dynamic(..)) => None,
            (_, TyKind::Dynamic(..)) => Some((from, to)),
            (
                TyKind::Ref(_, from, _) | TyKind::RawPtr(from, _),
                TyKind::Ref(_, to, _) | TyKind::RawPtr(to, _),
            ) => Self::unsized_pair(from, to, depth + 1),
            (TyKind::Adt(a, from), TyKind::Adt(b, to)) if a.def_id() == b.def_id() => from
                .iter()
                .zip(to.iter())
                .find_map(|(from, to)| Self::unsized_pair(from.ty()?, to.ty()?, depth + 1)),
            _ => None,
        }
    }

    /// The parts of a value that are dropped with it, and its own `Drop::drop`.
    pub(crate) fn drop_glue(
        &self,
        ty: Ty<'db>,
        is_std: &dyn Fn(AdtId) -> bool,
    ) -> Vec<(Subject, EdgeKind)> {
        let mut out = Vec::new();
        let mut part = |ty: Ty<'db>| out.push((Subject::Drop(ty.store()), EdgeKind::Drop));
        match ty.kind() {
            TyKind::Tuple(parts) => parts.iter().for_each(part),
            TyKind::Array(element, _) | TyKind::Slice(element) | TyKind::Pat(element, _) => {
                part(element);
            }
            TyKind::Closure(_, args) => args.as_closure().upvar_tys().iter().for_each(part),
            TyKind::Coroutine(_, args) => part(args.as_coroutine().tupled_upvars_ty()),
            TyKind::CoroutineClosure(_, args) => {
                part(args.as_coroutine_closure().tupled_upvars_ty());
            }
            TyKind::Adt(adt, args) => {
                let def = adt.def_id();
                let items = self.interner().lang_items();
                if Some(def) == items.ManuallyDrop.map(AdtId::from)
                    || Some(def) == items.PhantomData.map(AdtId::from)
                    || adt.is_union()
                {
                    return out;
                }
                if adt.is_box() {
                    args.iter().filter_map(GenericArg::ty).for_each(part);
                    return out;
                }
                let mut broken = false;
                for variant in variants(self.db, def) {
                    for (_, field) in self.db.field_types(variant).iter() {
                        let field = field
                            .ty()
                            .instantiate(self.interner(), args)
                            .skip_norm_wip();
                        let field = self.substitution.normalize(field);
                        broken |= field.references_error();
                        part(field);
                    }
                }
                if broken && is_std(def) {
                    // std's private dependencies are missing: whatever it holds, it drops.
                    args.iter().filter_map(GenericArg::ty).for_each(&mut part);
                }
                if ra_ap_hir_ty::drop::destructor(self.db, def).is_some()
                    && let Some(drop) = items.Drop_drop
                {
                    let args = GenericArgs::new_from_slice(&[ty.into()]);
                    out.extend(
                        self.call(drop, args)
                            .into_iter()
                            .map(|(subject, _)| (subject, EdgeKind::Drop)),
                    );
                }
            }
            _ => {}
        }
        out
    }
}

pub(crate) fn variants(db: &dyn HirDatabase, adt: AdtId) -> Vec<VariantId> {
    match adt {
        AdtId::StructId(id) => vec![id.into()],
        AdtId::UnionId(id) => vec![id.into()],
        AdtId::EnumId(id) => id
            .enum_variants(db)
            .variants
            .values()
            .map(|&(variant, _)| variant.into())
            .collect(),
    }
}
