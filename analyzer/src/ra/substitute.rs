//! Puts concrete arguments in place of parameters: instantiate, erase regions, normalize.

use std::cell::Cell;

use either::Either;
use ra_ap_base_db::Crate;
use ra_ap_hir_def::{GenericDefId, ItemContainerId};
use ra_ap_hir_ty::db::{HirDatabase, InternedOpaqueTyId};
use ra_ap_hir_ty::next_solver::infer::traits::ObligationCause;
use ra_ap_hir_ty::next_solver::infer::{DbInternerInferExt, InferCtxt};
use ra_ap_hir_ty::next_solver::obligation_ctxt::ObligationCtxt;
use ra_ap_hir_ty::next_solver::{
    AliasTy, AliasTyKind, Binder, DbInterner, EarlyBinder, GenericArgs, ParamEnv, Region, Ty,
    TyKind, TypingMode,
};
use ra_ap_hir_ty::{ImplTraitId, ParamEnvAndCrate};
use ra_ap_rustc_type_ir::inherent::IntoKind;
use ra_ap_rustc_type_ir::{
    BoundVarIndexKind, DebruijnIndex, INNERMOST, RegionKind, TypeFlags, TypeFoldable, TypeFolder,
    TypeSuperFoldable, TypeVisitableExt,
};
use rustc_hash::FxHashMap;

use super::only::InnerImpls;
use super::view;

/// Aliases that come out of each other.
const DEEPEST: u32 = 32;

/// Substitutes for one instance.
pub(crate) struct Substitution<'a, 'db> {
    pub(crate) interner: DbInterner<'db>,
    pub(crate) infcx: InferCtxt<'db>,
    pub(crate) env: ParamEnv<'db>,
    pub(crate) args: GenericArgs<'db>,
    pub(crate) universe: Crate,
    /// Impls were looked for without regard to the types they are for: which there are in any
    /// crate may have mattered.
    pub(crate) everywhere: Cell<bool>,
    /// `None`: not known.
    pub(crate) inner_impls: Option<&'a InnerImpls>,
}

impl<'a, 'db> Substitution<'a, 'db> {
    pub(crate) fn new(
        db: &'db dyn HirDatabase,
        universe: Crate,
        env: Option<GenericDefId>,
        args: GenericArgs<'db>,
    ) -> Self {
        let interner = view::of(db, universe);
        let env = match env {
            Some(def) => db.trait_environment(def),
            None => ParamEnv::empty(interner),
        };
        Self {
            interner,
            infcx: interner.infer_ctxt().build(TypingMode::PostAnalysis),
            env,
            args,
            universe,
            everywhere: Cell::new(false),
            inner_impls: None,
        }
    }

    /// With what [`Self::only_impl`] has to know.
    pub(crate) fn knowing(self, inner_impls: &'a InnerImpls) -> Self {
        Self {
            inner_impls: Some(inner_impls),
            ..self
        }
    }

    /// `value` of the definition, as this instance sees it.
    pub(crate) fn apply<T: TypeFoldable<DbInterner<'db>> + Clone>(&self, value: T) -> T {
        self.normalize(self.instantiate(value))
    }

    /// The same without resolving aliases.
    pub(crate) fn instantiate<T: TypeFoldable<DbInterner<'db>> + Clone>(&self, value: T) -> T {
        if !value.has_param() || self.args.is_empty() {
            return value;
        }
        EarlyBinder::bind(value)
            .instantiate(self.interner, self.args)
            .skip_norm_wip()
    }

    /// Erases regions and resolves aliases, as far as they can be.
    pub(crate) fn normalize<T: TypeFoldable<DbInterner<'db>> + Clone>(&self, value: T) -> T {
        let value = self.erase(value);
        if !value.has_aliases() || value.has_escaping_bound_vars() {
            return value;
        }
        if value.references_error() || value.has_non_region_infer() {
            self.everywhere.set(true);
        }
        let value = value.fold_with(&mut Aliases::new(self, How::ByImpl));
        if !value.has_aliases() {
            return self.erase(value);
        }
        if !value.has_opaque_types() {
            let cause = ObligationCause::dummy();
            if let Ok(value) = self
                .infcx
                .at(&cause, self.env)
                .deeply_normalize(value.clone())
                && !value.has_non_region_infer()
            {
                return self.erase(value);
            }
        }
        let value = value.fold_with(&mut Aliases::new(self, How::Anyhow));
        self.erase(value)
    }

    /// What an alias stands for whose arguments are normal.
    fn resolved(&self, ty: Ty<'db>, alias: AliasTy<'db>) -> Option<Ty<'db>> {
        if ty.references_error() {
            // It came out of another alias.
            self.everywhere.set(true);
        }
        if let Some(found) = self.opaque_of_impl(ty) {
            return Some(found);
        }
        let mut context = ObligationCtxt::new(&self.infcx);
        match context.structurally_normalize_ty(&ObligationCause::dummy(), self.env, ty) {
            Ok(normal)
                if normal != ty && !normal.has_non_region_infer() && !normal.references_error() =>
            {
                Some(normal)
            }
            _ => self.projection_by_header(alias),
        }
    }

    fn erase<T: TypeFoldable<DbInterner<'db>>>(&self, value: T) -> T {
        erase(self.interner, value)
    }

    /// `-> impl Trait` of a trait's method is a type of the trait; the impl's method has the
    /// one that is meant.
    fn opaque_of_impl(&self, ty: Ty<'db>) -> Option<Ty<'db>> {
        let db = self.interner.db();
        let TyKind::Alias(alias) = ty.kind() else {
            return None;
        };
        let AliasTyKind::Opaque { def_id } = alias.kind else {
            return None;
        };
        let ImplTraitId::ReturnTypeImplTrait(method, index) = def_id.0.loc(db) else {
            return None;
        };
        let ItemContainerId::TraitId(_) = method.loc(db).container else {
            return None;
        };
        let env = ParamEnvAndCrate {
            param_env: self.env,
            krate: self.universe,
        };
        let (Either::Left(found), args) = db.lookup_impl_method(env, method, alias.args) else {
            return None;
        };
        if found == method {
            return None;
        }
        let opaque = InternedOpaqueTyId::new(db, ImplTraitId::ReturnTypeImplTrait(found, index));
        let own = db
            .callable_item_signature(found.into())
            .instantiate(self.interner, args)
            .skip_norm_wip();
        let output = own.skip_binder().output();
        // An impl may name the type instead of hiding it again.
        let hidden = if output.has_opaque_types() {
            Ty::new_opaque(self.interner, opaque, args)
        } else {
            output
        };
        (hidden != ty).then_some(hidden)
    }
}

/// Regions make no code: instances differ by types and consts only.
pub(crate) fn erase<'db, T: TypeFoldable<DbInterner<'db>>>(
    interner: DbInterner<'db>,
    value: T,
) -> T {
    if !value.has_free_regions() && !value.has_infer_regions() {
        return value;
    }
    value.fold_with(&mut Eraser {
        interner,
        erased: Region::new_erased(interner),
        binders: INNERMOST,
    })
}

/// The solver's own folder goes into all types with regions. Most have been here before, and
/// nothing in them is left to erase.
struct Eraser<'db> {
    interner: DbInterner<'db>,
    erased: Region<'db>,
    /// Those that were gone into: their regions stay.
    binders: DebruijnIndex,
}

const TO_ERASE: TypeFlags = TypeFlags::HAS_FREE_REGIONS.union(TypeFlags::HAS_RE_BOUND);

impl<'db> TypeFolder<DbInterner<'db>> for Eraser<'db> {
    fn cx(&self) -> DbInterner<'db> {
        self.interner
    }

    fn fold_binder<T: TypeFoldable<DbInterner<'db>>>(
        &mut self,
        value: Binder<'db, T>,
    ) -> Binder<'db, T> {
        self.binders.shift_in(1);
        let value = value.super_fold_with(self);
        self.binders.shift_out(1);
        value
    }

    fn fold_region(&mut self, region: Region<'db>) -> Region<'db> {
        match region.kind() {
            RegionKind::ReBound(BoundVarIndexKind::Canonical, _) => region,
            RegionKind::ReBound(BoundVarIndexKind::Bound(binder), _) if binder < self.binders => {
                region
            }
            _ => self.erased,
        }
    }

    fn fold_ty(&mut self, ty: Ty<'db>) -> Ty<'db> {
        if ty.has_type_flags(TO_ERASE) {
            ty.super_fold_with(self)
        } else {
            ty
        }
    }
}

/// How an alias is resolved whose arguments are.
#[derive(Clone, Copy)]
enum How {
    /// By the only impl that can be meant.
    ByImpl,
    /// By everything there is. One that can't be resolved must not spoil the others, and the opaque
    /// types of trait methods need a look of their own.
    Anyhow,
}

/// Resolves every alias by itself and leaves in place what fails.
struct Aliases<'a, 'db> {
    substitution: &'a Substitution<'a, 'db>,
    how: How,
    depth: u32,
    /// A type names its parts many times.
    known: FxHashMap<Ty<'db>, Ty<'db>>,
}

impl<'a, 'db> Aliases<'a, 'db> {
    fn new(substitution: &'a Substitution<'a, 'db>, how: How) -> Self {
        Self {
            substitution,
            how,
            depth: 0,
            known: FxHashMap::default(),
        }
    }

    /// What an alias with normal arguments stands for, if that can be told.
    fn head(&self, ty: Ty<'db>) -> Option<Ty<'db>> {
        let TyKind::Alias(alias) = ty.kind() else {
            return None;
        };
        if ty.has_escaping_bound_vars() || self.depth > DEEPEST {
            return None;
        }
        match self.how {
            How::ByImpl => self.substitution.only_type(alias),
            How::Anyhow => self.substitution.resolved(ty, alias),
        }
    }
}

impl<'db> TypeFolder<DbInterner<'db>> for Aliases<'_, 'db> {
    fn cx(&self) -> DbInterner<'db> {
        self.substitution.interner
    }

    fn fold_ty(&mut self, ty: Ty<'db>) -> Ty<'db> {
        if !ty.has_aliases() {
            return ty;
        }
        if let Some(&known) = self.known.get(&ty) {
            return known;
        }
        let folded = ty.super_fold_with(self);
        let folded = self.head(folded).map_or(folded, |found| {
            self.depth += 1;
            let found = self.fold_ty(found);
            self.depth -= 1;
            found
        });
        self.known.insert(ty, folded);
        folded
    }
}
