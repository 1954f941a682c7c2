//! What a library shows of other crates: types and traits in the signatures of what it exports,
//! and what it exports of them as its own.
//!
//! Whoever owns a copy of a type no longer has the type that others show.

use std::collections::BTreeSet;

use ra_ap_base_db::Crate;
use ra_ap_hir_def::nameres::crate_def_map;
use ra_ap_hir_def::visibility::Visibility;
use ra_ap_hir_def::{AssocItemId, GenericDefId, HasModule, ImplId, ModuleDefId};
use ra_ap_hir_ty::db::HirDatabase;
use rustc_hash::FxHashSet;

use super::places::{Def, Spot};
use super::{Asked, Understanding};
use crate::model::UnitKind;
use crate::ra::path;
use crate::ra::shows::{Shown, Shows};
use crate::ra::visible::exported;

/// Something of another crate that an exported item shows.
pub(super) struct Exposed {
    pub(super) def: Def,
    pub(super) path: String,
    pub(super) at: Option<Spot>,
    /// The package that shows it.
    pub(super) by: usize,
}

/// Who shows something of the dependency: libraries of members, other packages that members
/// depend on, and those whose types these show in turn.
pub(super) fn of_package(on: &Understanding<'_>, asked: &Asked) -> Vec<Exposed> {
    let project = &on.analysis.project;
    let db = &on.database.db;
    let mut found = Vec::new();
    let mut done: BTreeSet<usize> = BTreeSet::from([asked.package]);
    let member = |index: usize| project.packages[index].is_member;
    let mut pending: Vec<usize> = (0..project.packages.len())
        .filter(|&index| member(index) || project.packages[index].is_direct)
        .collect();
    while let Some(package) = pending.pop() {
        if !done.insert(package) {
            continue;
        }
        let library = project
            .units
            .iter()
            .zip(&on.database.unit_crates)
            .find(|(unit, _)| {
                unit.package == package && unit.kind == UnitKind::Lib && !unit.test_harness
            });
        let Some((_, &krate)) = library else { continue };
        if !depends_on(db, krate, &asked.crates) {
            continue;
        }
        for shown in by_crate(db, krate, package) {
            let of = shown.def.krate(db);
            if asked.crates.contains(&of) {
                found.push(shown);
            } else if let Some(home) = on.package_of(of) {
                pending.push(home);
            }
        }
    }
    found
}

fn depends_on(db: &dyn HirDatabase, krate: Crate, crates: &[Crate]) -> bool {
    let all = krate.transitive_deps(db);
    all.iter().any(|one| crates.contains(one))
}

fn by_crate(db: &dyn HirDatabase, krate: Crate, package: usize) -> Vec<Exposed> {
    let mut reader = Reader {
        db,
        krate,
        package,
        exported: exported(db, krate),
        out: Vec::new(),
    };
    reader.modules();
    let def_map = crate_def_map(db, krate);
    for (_, module) in def_map.modules() {
        for id in module.scope.impls() {
            reader.implementation(id);
        }
    }
    reader.out
}

struct Reader<'db> {
    db: &'db dyn HirDatabase,
    krate: Crate,
    package: usize,
    exported: FxHashSet<ModuleDefId>,
    out: Vec<Exposed>,
}

impl<'db> Reader<'db> {
    /// Public names in public modules.
    fn modules(&mut self) {
        let db = self.db;
        let root = crate_def_map(db, self.krate).root_module_id();
        let mut pending = vec![(root, path::krate(db, self.krate))];
        let mut seen = FxHashSet::default();
        while let Some((module, prefix)) = pending.pop() {
            if !seen.insert(module) {
                continue;
            }
            for (name, entry) in module.def_map(db)[module].scope.entries() {
                let path = format!("{prefix}::{}", name.as_str());
                let all = [
                    entry.types.map(|item| (item.def, item.vis)),
                    entry.values.map(|item| (item.def, item.vis)),
                    entry.macros.map(|item| (item.def.into(), item.vis)),
                ];
                for (def, visibility) in all.into_iter().flatten() {
                    let Some(shown) = Def::of(def) else { continue };
                    if visibility != Visibility::Public {
                        continue;
                    }
                    if shown.krate(db) != self.krate {
                        self.show(shown, &path, None);
                    } else if let ModuleDefId::ModuleId(inner) = def {
                        pending.push((inner, path.clone()));
                    } else {
                        self.item(def, &path);
                    }
                }
            }
        }
    }

    fn show(&mut self, def: Def, path: &str, at: Option<Spot>) {
        if def.krate(self.db) != self.krate {
            self.out.push(Exposed {
                def,
                path: path.to_owned(),
                at,
                by: self.package,
            });
        }
    }

    fn item(&mut self, def: ModuleDefId, path: &str) {
        let id: GenericDefId = match def {
            ModuleDefId::FunctionId(id) => id.into(),
            ModuleDefId::AdtId(id) => id.into(),
            ModuleDefId::ConstId(id) => id.into(),
            ModuleDefId::StaticId(id) => id.into(),
            ModuleDefId::TypeAliasId(id) => id.into(),
            ModuleDefId::TraitId(id) => id.into(),
            _ => return,
        };
        let at = Def::of(def).and_then(|def| def.spot(self.db));
        self.signature(id, path, at);
        if let ModuleDefId::TraitId(id) = def {
            for (name, item) in &id.trait_items(self.db).items {
                self.associated(*item, &format!("{path}::{}", name.as_str()));
            }
        }
    }

    fn associated(&mut self, item: AssocItemId, path: &str) {
        let (id, def): (GenericDefId, Def) = match item {
            AssocItemId::FunctionId(id) => (id.into(), Def::Function(id)),
            AssocItemId::ConstId(id) => (id.into(), Def::Const(id)),
            AssocItemId::TypeAliasId(id) => (id.into(), Def::TypeAlias(id)),
        };
        let at = def.spot(self.db);
        self.signature(id, path, at);
    }

    fn signature(&mut self, id: GenericDefId, path: &str, at: Option<Spot>) {
        let mut shows = Shows::new(self.db);
        shows.signature(id);
        self.show_all(shows, path, at);
    }

    fn show_all(&mut self, shows: Shows<'db>, path: &str, at: Option<Spot>) {
        for shown in shows.found {
            self.show(shown.into(), path, at);
        }
    }

    /// Of a type that others can name.
    fn implementation(&mut self, id: ImplId) {
        let db = self.db;
        let mut shows = Shows::new(db);
        shows.ty(db.impl_self_ty(id).instantiate_identity().skip_norm_wip());
        let own = |shown: &Shown| match shown {
            Shown::Type(id) if id.krate(db) == self.krate => self.exported.contains(&(*id).into()),
            _ => true,
        };
        if !shows.found.iter().all(own) {
            return;
        }
        let prefix = path::impl_(db, id);
        let at = Def::Impl(id).spot(db);
        if let Some(trait_ref) = db.impl_trait(id) {
            let trait_ref = trait_ref.instantiate_identity().skip_norm_wip();
            let of = trait_ref.def_id.0;
            if of.krate(db) == self.krate && !self.exported.contains(&of.into()) {
                return;
            }
            shows.found.push(Shown::Trait(of));
            for ty in trait_ref.args.types().skip(1) {
                shows.ty(ty);
            }
            for &(_, item) in &id.impl_items(db).items {
                if let AssocItemId::TypeAliasId(alias) = item {
                    shows.ty(db.ty(alias.into()).instantiate_identity().skip_norm_wip());
                }
            }
            self.show_all(shows, &prefix, at);
            return;
        }
        for (name, item) in &id.impl_items(db).items {
            if item.assoc_visibility(db) == Visibility::Public {
                self.associated(*item, &format!("{prefix}::{}", name.as_str()));
            }
        }
    }
}
