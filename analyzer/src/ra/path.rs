//! Definition paths: `regex::builders::RegexBuilder::new`,
//! `<regex::Regex as core::fmt::Debug>::fmt`.

use ra_ap_base_db::Crate;
use ra_ap_hir_def::signatures::{
    ConstSignature, EnumSignature, StaticSignature, StructSignature, TraitSignature,
    TypeAliasSignature, UnionSignature,
};
use ra_ap_hir_def::{
    AdtId, BuiltinDeriveImplId, HasModule, ImplId, Lookup, MacroId, ModuleDefId, ModuleId, TraitId,
};
use ra_ap_hir_expand::name::Name;
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::display::{DisplayTarget, HirDisplay};
use ra_ap_hir_ty::next_solver::{Ty, TyKind};
use ra_ap_rustc_type_ir::inherent::IntoKind;

/// The name without raw markers.
pub(crate) fn text(name: &Name) -> String {
    name.as_str().to_owned()
}

pub(crate) fn krate(db: &dyn HirDatabase, krate: Crate) -> String {
    krate.extra_data(db).display_name.as_ref().map_or_else(
        || "crate".to_owned(),
        |name| name.crate_name().symbol().as_str().to_owned(),
    )
}

/// Crate and modules. Items inside bodies take the path of the module around the body.
pub(crate) fn module(db: &dyn HirDatabase, module_id: ModuleId) -> String {
    let mut names = Vec::new();
    let mut current = Some(module_id);
    while let Some(module) = current {
        if let Some(name) = module.name(db) {
            names.push(text(&name));
        }
        current = module.containing_module(db);
    }
    names.push(krate(db, module_id.krate(db)));
    names.reverse();
    names.join("::")
}

pub(crate) fn adt_name(db: &dyn HirDatabase, adt: AdtId) -> String {
    text(match adt {
        AdtId::StructId(id) => &StructSignature::of(db, id).name,
        AdtId::UnionId(id) => &UnionSignature::of(db, id).name,
        AdtId::EnumId(id) => &EnumSignature::of(db, id).name,
    })
}

pub(crate) fn adt(db: &dyn HirDatabase, adt: AdtId) -> String {
    format!("{}::{}", module(db, adt.module(db)), adt_name(db, adt))
}

pub(crate) fn trait_(db: &dyn HirDatabase, id: TraitId) -> String {
    format!(
        "{}::{}",
        module(db, id.module(db)),
        text(&TraitSignature::of(db, id).name)
    )
}

/// What stands before `::method` for the items of an impl.
pub(crate) fn impl_(db: &dyn HirDatabase, id: ImplId) -> String {
    let self_ty = db.impl_self_ty(id).instantiate_identity().skip_norm_wip();
    match db.impl_trait(id) {
        Some(trait_ref) => {
            let trait_ref = trait_ref.instantiate_identity().skip_norm_wip();
            let own = ty(db, self_ty, id.module(db).krate(db));
            let args: Vec<String> = trait_ref
                .args
                .types()
                .skip(1)
                .map(|arg| ty(db, arg, id.module(db).krate(db)))
                .collect();
            let args = if args.is_empty() {
                String::new()
            } else {
                format!("<{}>", args.join(", "))
            };
            format!("<{own} as {}{args}>", trait_(db, trait_ref.def_id.0))
        }
        None => match self_ty.kind() {
            TyKind::Adt(def, _) => adt(db, def.def_id()),
            _ => format!("<{}>", ty(db, self_ty, id.module(db).krate(db))),
        },
    }
}

pub(crate) fn derive(db: &dyn HirDatabase, id: BuiltinDeriveImplId) -> String {
    let loc = id.loc(db);
    let items = ra_ap_hir_def::lang_item::lang_items(db, loc.adt.krate(db));
    let name = match loc.trait_.get_id(items) {
        Some(id) => trait_(db, id),
        None => loc.trait_.name().as_str().to_owned(),
    };
    format!("<{} as {name}>", adt(db, loc.adt))
}

/// A type as text; a named type with its whole path.
fn ty(db: &dyn HirDatabase, ty_: Ty<'_>, krate: Crate) -> String {
    match ty_.kind() {
        TyKind::Adt(def, args) => {
            let args: Vec<String> = args.types().map(|arg| ty(db, arg, krate)).collect();
            let args = if args.is_empty() {
                String::new()
            } else {
                format!("<{}>", args.join(", "))
            };
            format!("{}{args}", adt(db, def.def_id()))
        }
        TyKind::Ref(_, inner, mutability) => {
            format!(
                "&{}{}",
                if mutability.is_mut() { "mut " } else { "" },
                ty(db, inner, krate)
            )
        }
        TyKind::Slice(inner) => format!("[{}]", ty(db, inner, krate)),
        _ => ty_
            .display(db, DisplayTarget::from_crate(db, krate))
            .to_string(),
    }
}

/// Path of an item that a module declares.
pub(crate) fn def(db: &dyn HirDatabase, id: ModuleDefId) -> Option<(ModuleId, String)> {
    Some(match id {
        ModuleDefId::AdtId(id) => (id.module(db), adt_name(db, id)),
        ModuleDefId::TraitId(id) => (id.module(db), text(&TraitSignature::of(db, id).name)),
        ModuleDefId::ConstId(id) => (
            id.module(db),
            text(ConstSignature::of(db, id).name.as_ref()?),
        ),
        ModuleDefId::StaticId(id) => (id.module(db), text(&StaticSignature::of(db, id).name)),
        ModuleDefId::TypeAliasId(id) => (id.module(db), text(&TypeAliasSignature::of(db, id).name)),
        _ => return None,
    })
}

pub(crate) fn macro_module(db: &dyn HirDatabase, id: MacroId) -> ModuleId {
    match id {
        MacroId::Macro2Id(id) => id.lookup(db).container,
        MacroId::MacroRulesId(id) => id.lookup(db).container,
        MacroId::ProcMacroId(id) => id.lookup(db).container,
    }
}
