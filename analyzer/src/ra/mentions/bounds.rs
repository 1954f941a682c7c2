//! Which impls a bound selects: what the compiler looks for where a generic thing is used.
//!
//! Takes generic arguments as the code has them, with its own parameters left open; finds the
//! impls of the dependency on the way down through the bounds of the impls that are found, std's
//! included. An impl that may be meant is taken: one too many makes a copy larger, one too few
//! breaks it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ra_ap_base_db::Crate;
use ra_ap_hir_def::{AssocItemId, GenericDefId, HasModule, ImplId, TraitId};
use ra_ap_hir_ty::GenericPredicates;
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::method_resolution::TraitImpls;
use ra_ap_hir_ty::next_solver::infer::traits::{Obligation, ObligationCause};
use ra_ap_hir_ty::next_solver::{
    Binder, Clause, ClauseKind, EarlyBinder, GenericArgs, SimplifiedType, TraitRef, Ty, TyKind,
    Unnormalized,
};
use ra_ap_rustc_type_ir::TypeVisitableExt;
use ra_ap_rustc_type_ir::elaborate::supertraits;
use ra_ap_rustc_type_ir::inherent::{BoundExistentialPredicates, GenericArgs as _, IntoKind};
use rustc_hash::FxHashSet;

use super::places::Def;
use crate::ra::dispatch::Dispatch;
use crate::ra::substitute::Substitution;
use crate::ra::taint::Taint;

/// Bounds of bounds of bounds: how deep they are followed.
const DEPTH: u32 = 48;
/// How many lookups one definition may cost.
const LOOKUPS: usize = 20_000;

pub(super) struct Bounds<'a, 'db> {
    pub(super) db: &'db dyn HirDatabase,
    pub(super) substitution: &'a Substitution<'a, 'db>,
    /// Impls that stand in bodies.
    pub(super) inner_impls: &'a [ImplId],
    /// Crates whose types and traits can lead to no impl of a wanted crate.
    pub(super) outside: &'a FxHashSet<Crate>,
    pub(super) wanted: &'a dyn Fn(Crate) -> bool,
    seen: FxHashSet<TraitRef<'db>>,
    depth: u32,
    pub(super) found: Vec<Def>,
}

impl<'a, 'db> Bounds<'a, 'db> {
    pub(super) fn new(
        db: &'db dyn HirDatabase,
        substitution: &'a Substitution<'a, 'db>,
        inner_impls: &'a [ImplId],
        outside: &'a FxHashSet<Crate>,
        wanted: &'a dyn Fn(Crate) -> bool,
    ) -> Self {
        Self {
            db,
            substitution,
            inner_impls,
            outside,
            wanted,
            seen: FxHashSet::default(),
            depth: 0,
            found: Vec::new(),
        }
    }

    /// The bounds of a definition, for arguments.
    pub(super) fn of_definition(&mut self, def: GenericDefId, args: GenericArgs<'db>) {
        let interner = self.substitution.interner;
        // Of a path `Trait::method`, only the trait's own are at hand here; the rest is in the
        // type of the expression.
        if args.len() < GenericArgs::identity_for_item(interner, def.into()).len() {
            return;
        }
        let clauses: Vec<Clause<'db>> = GenericPredicates::query_all(self.db, def)
            .iter_instantiated(interner, args.as_slice())
            .map(Unnormalized::skip_norm_wip)
            .collect();
        for clause in clauses {
            self.clause(clause);
        }
    }

    pub(super) fn clause(&mut self, clause: Clause<'db>) {
        let kind = clause.kind();
        match kind.skip_binder() {
            ClauseKind::Trait(predicate) => self.bound(kind.rebind(predicate.trait_ref)),
            ClauseKind::Projection(predicate) => {
                let interner = self.substitution.interner;
                let trait_ref = predicate.projection_term.trait_ref(interner);
                self.bound(kind.rebind(trait_ref));
            }
            _ => {}
        }
    }

    fn bound(&mut self, bound: Binder<'db, TraitRef<'db>>) {
        let interner = self.substitution.interner;
        let trait_ref = interner.instantiate_bound_regions_with_erased(bound);
        self.implemented(trait_ref);
    }

    /// `args` begin with the trait's own.
    pub(super) fn of_trait(&mut self, trait_: TraitId, args: GenericArgs<'db>) {
        let own = ra_ap_hir_def::hir::generics::GenericParams::of(self.db, trait_.into()).len();
        if let Some(args) = args.as_slice().get(..own) {
            let args = GenericArgs::new_from_slice(args);
            let interner = self.substitution.interner;
            self.implemented(TraitRef::new_from_args(interner, trait_.into(), args));
        }
    }

    /// The impl that makes the trait hold, and what it asks for in turn.
    pub(super) fn implemented(&mut self, trait_ref: TraitRef<'db>) {
        if self.depth > DEPTH || self.seen.len() > LOOKUPS || trait_ref.has_escaping_bound_vars() {
            return;
        }
        let trait_ref = self.substitution.normalize(trait_ref);
        if !self.may_lead_here(trait_ref) || !self.seen.insert(trait_ref) {
            return;
        }
        if matches!(
            trait_ref.self_ty().kind(),
            TyKind::Error(_) | TyKind::Infer(_)
        ) {
            return;
        }
        self.depth += 1;
        let fitting = catch_unwind(AssertUnwindSafe(|| {
            self.substitution
                .impls_by_header(trait_ref, self.inner_impls)
        }));
        let mut fitting = fitting.unwrap_or_default();
        if fitting.len() > 1 {
            let holding: Vec<_> = fitting
                .iter()
                .filter(|(id, args)| args.is_none_or(|args| self.may_hold(*id, args)))
                .copied()
                .collect();
            if !holding.is_empty() {
                fitting = holding;
            }
        }
        for &(id, args) in &fitting {
            if (self.wanted)(id.krate(self.db)) {
                self.found.push(Def::Impl(id));
            }
            if let Some(args) = args {
                self.of_definition(id.into(), args);
            }
        }
        if fitting.is_empty() {
            self.built_in(trait_ref);
        }
        self.depth -= 1;
    }

    fn may_lead_here(&self, trait_ref: TraitRef<'db>) -> bool {
        let taint = Taint {
            db: self.db,
            std: self.outside,
        };
        !self.outside.contains(&trait_ref.def_id.0.krate(self.db)) || taint.of_args(trait_ref.args)
    }

    fn may_hold(&self, id: ImplId, args: GenericArgs<'db>) -> bool {
        let Substitution {
            interner,
            infcx,
            env,
            ..
        } = self.substitution;
        let all = GenericPredicates::query_all(self.db, id.into());
        all.iter_instantiated(*interner, args.as_slice())
            .map(Unnormalized::skip_norm_wip)
            .all(|clause| {
                let obligation = Obligation::new(*interner, ObligationCause::dummy(), *env, clause);
                catch_unwind(AssertUnwindSafe(|| infcx.predicate_may_hold(&obligation)))
                    .unwrap_or(true)
            })
    }

    /// Derives, and what the compiler implements part by part.
    fn built_in(&mut self, trait_ref: TraitRef<'db>) {
        let trait_ = trait_ref.def_id.0;
        match trait_ref.self_ty().kind() {
            TyKind::Adt(adt, args) => {
                let outline = SimplifiedType::Adt(adt.def_id().into());
                let universe = self.substitution.universe;
                let all = TraitImpls::for_crate_and_deps(self.db, universe);
                let mut derived = all
                    .iter()
                    .flat_map(|impls| impls.for_trait_and_self_ty(trait_, &outline).1);
                if derived.next().is_some() {
                    self.parts(trait_ref, args.types());
                }
            }
            TyKind::Tuple(parts) => self.parts(trait_ref, parts.iter()),
            TyKind::Array(part, _) | TyKind::Slice(part) => {
                self.parts(trait_ref, std::iter::once(part));
            }
            TyKind::Closure(_, args) => {
                self.parts(trait_ref, args.as_closure().upvar_tys().iter());
            }
            _ => {}
        }
    }

    /// The same trait for every part; traits with parameters get the part for them, as
    /// `PartialEq` does.
    fn parts(&mut self, trait_ref: TraitRef<'db>, parts: impl Iterator<Item = Ty<'db>>) {
        let interner = self.substitution.interner;
        let count = trait_ref.args.len();
        for part in parts {
            let args: Vec<_> = (0..count).map(|_| part.into()).collect();
            let args = GenericArgs::new_from_slice(&args);
            self.implemented(TraitRef::new_from_args(interner, trait_ref.def_id, args));
        }
    }

    /// The traits that a coercion to `dyn` needs.
    pub(super) fn unsized_to(&mut self, from: Ty<'db>, to: Ty<'db>) {
        let interner = self.substitution.interner;
        let Some((concrete, dynamic)) = Dispatch::unsized_pair(from, to, 0) else {
            return;
        };
        let TyKind::Dynamic(bounds, _) = dynamic.kind() else {
            return;
        };
        let Some(principal) = bounds.principal() else {
            return;
        };
        let principal = principal.with_self_ty(interner, concrete);
        for trait_ref in supertraits(interner, principal) {
            self.bound(trait_ref);
        }
    }

    /// What an impl of a trait has to bring along: the trait's supertraits and bounds for the
    /// same type, and the bounds of its associated types.
    pub(super) fn of_impl(&mut self, trait_ref: TraitRef<'db>) {
        let interner = self.substitution.interner;
        self.seen.insert(self.substitution.normalize(trait_ref));
        let trait_ = trait_ref.def_id.0;
        self.of_definition(trait_.into(), trait_ref.args);
        for &(_, item) in &trait_.trait_items(self.db).items {
            let AssocItemId::TypeAliasId(alias) = item else {
                continue;
            };
            let own = ra_ap_hir_def::hir::generics::GenericParams::of(self.db, alias.into());
            if !own.is_empty() {
                continue;
            }
            for &clause in self.db.type_alias_bounds(alias).skip_binder() {
                let clause = EarlyBinder::bind(clause)
                    .instantiate(interner, trait_ref.args)
                    .skip_norm_wip();
                self.clause(clause);
            }
        }
    }
}
