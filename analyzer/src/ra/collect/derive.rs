//! What the methods of built-in derives call: the same method of every field.

use ra_ap_hir_def::builtin_derive::{BuiltinDeriveImplMethod, BuiltinDeriveImplTrait};
use ra_ap_hir_def::hir::generics::GenericParams;
use ra_ap_hir_def::{AdtId, AssocItemId, BuiltinDeriveImplId, HasModule, VariantId};
use ra_ap_hir_ty::method_resolution::TraitImpls;
use ra_ap_hir_ty::next_solver::{GenericArgs, SimplifiedType};

use super::StepContext;
use crate::ra::glue::variants;

impl<'a, 'db> StepContext<'a, 'db>
where
    'db: 'a,
{
    /// A method made by a built-in derive calls the same method of every field.
    pub(super) fn derive(
        &mut self,
        derive: BuiltinDeriveImplId,
        method: BuiltinDeriveImplMethod,
        args: GenericArgs<'db>,
    ) {
        let db = self.db();
        let loc = derive.loc(db);
        let items = self.dispatch.substitution.interner.lang_items();
        let Some(trait_) = loc.trait_.get_id(items) else {
            return;
        };
        let function = trait_
            .trait_items(db)
            .items
            .iter()
            .find_map(|(name, item)| match item {
                AssocItemId::FunctionId(function) if *name.symbol() == method.name() => {
                    Some(*function)
                }
                _ => None,
            });
        let Some(function) = function else { return };
        if loc.trait_ == BuiltinDeriveImplTrait::Clone && self.clones_by_copy(loc.adt) {
            return;
        }
        let with_rhs = matches!(
            loc.trait_,
            BuiltinDeriveImplTrait::PartialEq | BuiltinDeriveImplTrait::PartialOrd
        );
        let adt_params = GenericParams::of(db, loc.adt.into()).len();
        let adt_args = GenericArgs::new_from_slice(
            args.as_slice().get(..adt_params).unwrap_or(args.as_slice()),
        );
        let own = args.iter().skip(adt_params);
        for variant in variants(db, loc.adt) {
            if loc.trait_ == BuiltinDeriveImplTrait::Default
                && matches!(variant, VariantId::EnumVariantId(_))
            {
                continue;
            }
            for (_, field) in db.field_types(variant).iter() {
                let field = field
                    .ty()
                    .instantiate(self.dispatch.substitution.interner, adt_args)
                    .skip_norm_wip();
                let field = self.dispatch.substitution.normalize(field);
                let mut field_args = vec![field.into()];
                if with_rhs {
                    field_args.push(field.into());
                }
                field_args.extend(own.clone());
                self.call(function, GenericArgs::new_from_slice(&field_args), None);
            }
        }
    }

    /// With `derive(Copy)` beside it and no type parameters, `clone` is `*self`, as the
    /// compiler expands it.
    fn clones_by_copy(&self, adt: AdtId) -> bool {
        let db = self.db();
        let items = self.dispatch.substitution.interner.lang_items();
        let params = GenericParams::of(db, adt.into());
        let Some(copy) = items.Copy else { return false };
        let outline = SimplifiedType::Adt(adt.into());
        let module = adt.module(db);
        let impls = match module.block(db) {
            Some(block) => TraitImpls::for_block(db, block),
            None => Some(&**TraitImpls::for_crate(db, module.krate(db))),
        };
        params
            .iter_type_or_consts()
            .all(|(_, param)| param.const_param().is_some())
            && impls.is_some_and(|impls| !impls.for_trait_and_self_ty(copy, &outline).1.is_empty())
    }
}
