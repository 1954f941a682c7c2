//! Which crates the workspace's own code has no influence on, and whether that holds.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use camino::Utf8PathBuf;
use ra_ap_base_db::{Crate, all_crates};
use ra_ap_hir_def::lang_item::crate_lang_items;
use ra_ap_hir_def::nameres::crate_def_map;
use ra_ap_hir_def::{HasModule, ImplId};
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::next_solver::{DbInterner, Ty, TyKind};
use ra_ap_rustc_type_ir::inherent::{BoundExistentialPredicates, IntoKind};
use ra_ap_rustc_type_ir::{TypeSuperVisitable, TypeVisitable, TypeVisitableExt, TypeVisitor};
use ra_ap_vfs::FileId;
use rustc_hash::FxHashMap;

use super::made::Made;
use super::own::Sides;
use super::spell::{self, Name};
use crate::cache::{Digest, Hasher};
use crate::model::Project;
use crate::ra::database::Database;
use crate::ra::engine::Workers;
use crate::ra::path;

/// Crates that are no members of the workspace and depend on none.
pub(crate) struct Closed {
    numbers: FxHashMap<Crate, u32>,
    /// By number.
    crates: Vec<Crate>,
    /// Names of the files' paths, by raw id; of members' own files none.
    files: Vec<Option<Name>>,
    /// What macros made that were run; `None` when none was.
    made: Option<Made>,
}

impl Closed {
    /// Which they are, unless something in the tree goes around what makes them closed: what.
    /// `inner`: trait impls that stand in bodies.
    pub(crate) fn new(
        database: &Database,
        project: &Project,
        sides: &Sides,
        inner: &[ImplId],
        workers: &Workers,
    ) -> Result<Self, String> {
        let crates = closed_crates(database, project);
        let name = |(path, own): (&Utf8PathBuf, &bool)| {
            (!own).then(|| spell::digest(path.as_str().as_bytes()))
        };
        let mut closed = Self {
            numbers: crates.iter().copied().zip(0..).collect(),
            crates,
            files: database.paths.iter().zip(&sides.own).map(name).collect(),
            made: None,
        };
        closed.is_left_alone(database, inner)?;
        closed.made = Made::new(database, &closed.crates, workers);
        Ok(closed)
    }

    pub(crate) fn number(&self, krate: Crate) -> Option<u32> {
        self.numbers.get(&krate).copied()
    }

    pub(crate) fn at(&self, number: u32) -> Option<Crate> {
        self.crates.get(number as usize).copied()
    }

    pub(crate) fn file(&self, file: FileId) -> Option<Name> {
        self.files.get(file.index() as usize).copied().flatten()
    }

    /// Of what macros made that were run.
    pub(super) fn outputs(&self) -> Name {
        self.made.as_ref().map_or([0; 16], |made| made.outputs)
    }

    pub(crate) fn made(&self) -> Option<&Made> {
        self.made.as_ref()
    }

    /// No other crate implements anything for closed crates alone, as rustc would not let it,
    /// or takes the place of a lang item.
    fn is_left_alone(&self, database: &Database, inner: &[ImplId]) -> Result<(), String> {
        let db = &database.db;
        let open = all_crates(db);
        let open = open.iter().filter(|krate| self.number(**krate).is_none());
        let mut impls: Vec<ImplId> = inner.to_vec();
        for &krate in open {
            if crate_lang_items(db, krate).is_some() {
                return Err("the workspace has items of the language's own".to_owned());
            }
            for (_, module) in crate_def_map(db, krate).modules() {
                impls.extend(module.scope.impls());
            }
        }
        ra_ap_hir_ty::attach_db(db, || {
            let concerns =
                |id: &ImplId| self.number(id.krate(db)).is_some() || self.concerns_others(db, *id);
            let found = impls.iter().find(|id| !concerns(id));
            let what = |&id| format!("`{}` may be for types of dependencies", path::impl_(db, id));
            found.map(what).map_or(Ok(()), Err)
        })
    }

    /// Whether a closed instance can't ask for the impl: of a trait, or for types, that are not
    /// closed.
    fn concerns_others(&self, db: &dyn HirDatabase, id: ImplId) -> bool {
        let Some(trait_ref) = db.impl_trait(id) else {
            return true;
        };
        let trait_ref = trait_ref.instantiate_identity().skip_norm_wip();
        if self.number(trait_ref.def_id.0.krate(db)).is_none() {
            return true;
        }
        !trait_ref.references_error()
            && trait_ref
                .args
                .visit_with(&mut Finder { db, closed: self })
                .is_break()
    }
}

/// In an order that is the same in every run.
fn closed_crates(database: &Database, project: &Project) -> Vec<Crate> {
    let db = &database.db;
    let mut described: FxHashMap<Crate, (bool, String)> = FxHashMap::default();
    for (unit, &krate) in project.units.iter().zip(&database.unit_crates) {
        let is_own = project.packages[unit.package].is_member;
        let facts = (
            &unit.root_file,
            &unit.edition,
            &unit.cfgs,
            &unit.env,
            unit.kind,
        );
        let entry = described
            .entry(krate)
            .or_insert_with(|| (is_own, format!("{facts:?}")));
        entry.0 |= is_own;
    }
    let mut digests: FxHashMap<Crate, Option<Digest>> = FxHashMap::default();
    let mut order: BTreeMap<Digest, Crate> = BTreeMap::new();
    // Dependencies come first.
    for &krate in all_crates(db).iter() {
        let mut hasher = Hasher::default();
        let (mut is_open, facts) = match described.get(&krate) {
            Some((is_own, facts)) => (*is_own, facts.as_str()),
            None => (krate == database.universe, "std"),
        };
        hasher.text(facts);
        hasher.text(&format!("{:?}", krate.extra_data(db).display_name));
        for dependency in &krate.data(db).dependencies {
            match digests.get(&dependency.crate_id) {
                Some(Some(digest)) => {
                    hasher.text(dependency.name.as_str());
                    hasher.bytes(&digest.0);
                }
                _ => is_open = true,
            }
        }
        let digest = hasher.finish();
        digests.insert(krate, (!is_open).then_some(digest));
        if !is_open {
            order.insert(digest, krate);
        }
    }
    order.into_values().collect()
}

/// Finds a type that is not of a closed crate, where it can't be normalized away.
struct Finder<'a, 'db> {
    db: &'db dyn HirDatabase,
    closed: &'a Closed,
}

impl<'db> TypeVisitor<DbInterner<'db>> for Finder<'_, 'db> {
    type Result = ControlFlow<()>;

    fn visit_ty(&mut self, ty: Ty<'db>) -> ControlFlow<()> {
        let of = match ty.kind() {
            TyKind::Alias(..) => return ControlFlow::Continue(()),
            TyKind::Adt(adt, _) => Some(adt.def_id().krate(self.db)),
            TyKind::Foreign(id) => Some(id.0.krate(self.db)),
            TyKind::Dynamic(bounds, _) => bounds.principal_def_id().map(|id| id.0.krate(self.db)),
            _ => None,
        };
        if of.is_some_and(|krate| self.closed.number(krate).is_none()) {
            return ControlFlow::Break(());
        }
        ty.super_visit_with(self)
    }
}
