//! Holes in std's own bodies, covered by the bounds of the function around them.

use ra_ap_hir_def::{AssocItemId, GenericDefId, TraitId};
use ra_ap_hir_ty::next_solver::{ClauseKind, EarlyBinder, GenericArgs};
use ra_ap_rustc_type_ir::TypeVisitableExt;
use ra_ap_rustc_type_ir::inherent::IntoKind;

use super::StepContext;
use crate::model::EdgeKind;
use crate::ra::instance::Subject;

impl<'a, 'db> StepContext<'a, 'db>
where
    'db: 'a,
{
    /// A std body with a hole may call whatever its bounds let it: every method that the
    /// bounded traits' impls for the concrete types define.
    pub(super) fn bounds(&mut self, def: GenericDefId) {
        let db = self.db();
        let substitution = self.dispatch.substitution;
        for clause in db.trait_environment(def).clauses() {
            let ClauseKind::Trait(predicate) = clause.kind().skip_binder() else {
                continue;
            };
            if predicate.trait_ref.has_escaping_bound_vars() {
                continue;
            }
            let trait_ref = substitution.apply(predicate.trait_ref);
            if !self.taint.of_args(trait_ref.args) {
                continue;
            }
            self.every_method(trait_ref.def_id.0, trait_ref.args);
            self.associated_types(trait_ref.def_id.0, trait_ref.args);
        }
    }

    fn every_method(&mut self, trait_: TraitId, args: GenericArgs<'db>) {
        for &(_, item) in &trait_.trait_items(self.db()).items {
            let AssocItemId::FunctionId(method) = item else {
                continue;
            };
            let args = self.dispatch.with_own_params(method.into(), args);
            for (subject, _) in self.dispatch.call(method, args) {
                if matches!(subject, Subject::Function(found, _) if found == method) {
                    // The trait's own default calls what the impl defines, which is taken.
                    continue;
                }
                self.step(subject, EdgeKind::Trait, None);
                self.out.fallbacks += 1;
            }
        }
    }

    /// `S: BuildHasher` also gives `S::Hasher: Hasher`.
    fn associated_types(&mut self, trait_: TraitId, args: GenericArgs<'db>) {
        let db = self.db();
        let substitution = self.dispatch.substitution;
        for &(_, item) in &trait_.trait_items(db).items {
            let AssocItemId::TypeAliasId(alias) = item else {
                continue;
            };
            for clause in db.type_alias_bounds(alias).skip_binder() {
                let ClauseKind::Trait(predicate) = clause.kind().skip_binder() else {
                    continue;
                };
                if predicate.trait_ref.has_escaping_bound_vars()
                    || predicate.trait_ref.args.len() > args.len()
                {
                    continue;
                }
                let bound = EarlyBinder::bind(predicate.trait_ref)
                    .instantiate(substitution.interner, args)
                    .skip_norm_wip();
                let bound = substitution.normalize(bound);
                if self.taint.of_args(bound.args) {
                    self.every_method(bound.def_id.0, bound.args);
                }
            }
        }
    }
}
