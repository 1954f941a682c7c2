//! Which crates the workspace's own code has no influence on, and whether that holds.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use camino::{Utf8Path, Utf8PathBuf};
use ra_ap_base_db::{Crate, SourceDatabase, all_crates};
use ra_ap_hir_def::lang_item::crate_lang_items;
use ra_ap_hir_def::nameres::crate_def_map;
use ra_ap_hir_def::{HasModule, ImplId};
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::next_solver::{DbInterner, Ty, TyKind};
use ra_ap_rustc_type_ir::inherent::{BoundExistentialPredicates, IntoKind};
use ra_ap_rustc_type_ir::{TypeSuperVisitable, TypeVisitable, TypeVisitableExt, TypeVisitor};
use ra_ap_vfs::FileId;
use rustc_hash::FxHashMap;

use super::key::{Owners, climbs, closed_units, includes, includes_given};
use super::spell::{self, Name};
use crate::cache::{Digest, Hasher};
use crate::model::{BuildOutput, Project, UnitDependency};
use crate::ra::database::Database;

/// Crates that are no members of the workspace and depend on none.
pub(crate) struct Closed {
    numbers: FxHashMap<Crate, u32>,
    /// By number.
    crates: Vec<Crate>,
    /// Names of the files' paths, by raw id.
    files: Vec<Name>,
}

impl Closed {
    /// Which they are, unless something in the tree goes around what makes them closed.
    /// `left_out`: the members' files. `inner`: trait impls that stand in bodies.
    pub(crate) fn new(
        database: &Database,
        project: &Project,
        left_out: &BTreeSet<Utf8PathBuf>,
        inner: &[ImplId],
    ) -> Option<Self> {
        let crates = closed_crates(database, project);
        let closed = Self {
            numbers: crates.iter().copied().zip(0..).collect(),
            crates,
            files: database
                .paths
                .iter()
                .map(|path| spell::digest(path.as_str().as_bytes()))
                .collect(),
        };
        let holds = closed.keeps_to_itself(database, project, left_out)
            && closed.is_left_alone(database, inner);
        holds.then_some(closed)
    }

    pub(crate) fn number(&self, krate: Crate) -> Option<u32> {
        self.numbers.get(&krate).copied()
    }

    pub(crate) fn at(&self, number: u32) -> Option<Crate> {
        self.crates.get(number as usize).copied()
    }

    pub(crate) fn file(&self, file: FileId) -> Option<Name> {
        self.files.get(file.index() as usize).copied()
    }

    /// No closed crate reads a file of a member: none is a module of it, no string in its text
    /// leads out of its package, and its environment names no place there.
    fn keeps_to_itself(
        &self,
        database: &Database,
        project: &Project,
        left_out: &BTreeSet<Utf8PathBuf>,
    ) -> bool {
        let db = &database.db;
        let text = |index: usize| {
            let id = FileId::from_raw(u32::try_from(index).unwrap_or(u32::MAX));
            db.file_text(id).text(db)
        };
        let owners = Owners::new(project, &closed_units(project));
        let members: Vec<&str> = (project.packages.iter())
            .filter(|package| package.is_member)
            .map(|package| package.manifest_dir.as_str())
            .collect();
        let is_fine = |index: usize, folder: &Utf8Path| {
            let Some(path) = database.paths.get(index) else {
                return false;
            };
            let below = path
                .strip_prefix(folder)
                .map_or(0, |rest| rest.components().count() - 1);
            let text = text(index);
            !(left_out.contains(path)
                || climbs(text, below)
                || members.iter().any(|member| text.contains(member)))
        };
        // Units that may call a macro which includes what it is given.
        let mut feeds: Vec<bool> = Vec::with_capacity(project.units.len());
        for (unit, &krate) in project.units.iter().zip(&database.unit_crates) {
            let mut dependencies = unit.dependencies.iter();
            let given = |one: &UnitDependency| feeds.get(one.unit).copied().unwrap_or(false);
            let found = dependencies.any(given)
                || self.number(krate).is_some()
                    && crate_def_map(db, krate).modules().any(|(_, module)| {
                        let file = module.origin.file_id().map(|file| file.file_id(db));
                        file.is_some_and(|file| includes_given(text(file.index() as usize)))
                    });
            feeds.push(found);
        }
        // Of which every loaded file may be included.
        let mut folders: BTreeSet<&Utf8Path> = BTreeSet::new();
        let units = project.units.iter().zip(&database.unit_crates);
        for (unit_index, (unit, &krate)) in units.enumerate() {
            if self.number(krate).is_none() {
                continue;
            }
            let mut values = unit.env.values();
            if values.any(|value| owners.is_members(Utf8Path::new(value))) {
                return false;
            }
            if let BuildOutput::Ran { out_dir: Some(out) }
            | BuildOutput::Read { out_dir: out, .. } = &unit.build_output
            {
                folders.insert(out);
            }
            let package = project.packages[unit.package].manifest_dir.as_path();
            for (_, module) in crate_def_map(db, krate).modules() {
                let Some(file) = module.origin.file_id() else {
                    continue;
                };
                let index = file.file_id(db).index() as usize;
                if database
                    .paths
                    .get(index)
                    .is_none_or(|path| left_out.contains(path))
                {
                    return false;
                }
                if includes(text(index)) || feeds[unit_index] {
                    folders.insert(package);
                }
            }
        }
        database.paths.iter().enumerate().all(|(index, path)| {
            let folder = path.ancestors().find(|folder| folders.contains(folder));
            folder.is_none_or(|folder| is_fine(index, folder))
        })
    }

    /// No other crate implements anything for closed crates alone, as rustc would not let it,
    /// or takes the place of a lang item.
    fn is_left_alone(&self, database: &Database, inner: &[ImplId]) -> bool {
        let db = &database.db;
        let open = all_crates(db);
        let open = open.iter().filter(|krate| self.number(**krate).is_none());
        let mut impls: Vec<ImplId> = inner.to_vec();
        for &krate in open {
            if crate_lang_items(db, krate).is_some() {
                return false;
            }
            for (_, module) in crate_def_map(db, krate).modules() {
                impls.extend(module.scope.impls());
            }
        }
        ra_ap_hir_ty::attach_db(db, || {
            impls
                .into_iter()
                .all(|id| self.number(id.krate(db)).is_some() || self.concerns_others(db, id))
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
