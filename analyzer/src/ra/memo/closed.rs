//! Which crates the workspace's own code has no influence on, and whether that holds.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use camino::Utf8PathBuf;
use ra_ap_base_db::{Crate, all_crates};
use ra_ap_hir_def::lang_item::crate_lang_items;
use ra_ap_hir_def::nameres::crate_def_map;
use ra_ap_hir_def::src::HasSource;
use ra_ap_hir_def::{HasModule, ImplId, Lookup};
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::next_solver::{DbInterner, Ty, TyKind};
use ra_ap_rustc_type_ir::inherent::{BoundExistentialPredicates, IntoKind};
use ra_ap_rustc_type_ir::{TypeSuperVisitable, TypeVisitable, TypeVisitor};
use ra_ap_syntax::AstNode;
use ra_ap_vfs::FileId;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::made::Made;
use super::own::Sides;
use super::spell::{self, Name};
use crate::cache::{Digest, Hasher};
use crate::model::{Project, UnitKind};
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
    /// Of what is numbered, in this order.
    order: Name,
    /// Of the others' impls that an open goal of closed code might be answered with.
    guests: Name,
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
        let (digests, crates): (Vec<Digest>, Vec<Crate>) =
            closed_crates(database, project).into_iter().unzip();
        let digests: Vec<u8> = digests.iter().flat_map(|digest| digest.0).collect();
        let name = |(path, own): (&Utf8PathBuf, &bool)| {
            (!own).then(|| spell::digest(path.as_str().as_bytes()))
        };
        let mut closed = Self {
            numbers: crates.iter().copied().zip(0..).collect(),
            crates,
            files: database.paths.iter().zip(&sides.own).map(name).collect(),
            made: None,
            order: spell::digest(&digests),
            guests: Name::default(),
        };
        closed.guests = closed.guests_if_left_alone(database, inner)?;
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

    /// What has to be the same in the run that keeps and in the one that takes over, and is in
    /// no key: it is known only when names are resolved.
    pub(super) fn setting(&self) -> Setting {
        Setting {
            order: self.order,
            guests: self.guests,
            outputs: self.made.as_ref().map_or([0; 16], |made| made.outputs),
        }
    }

    pub(crate) fn made(&self) -> Option<&Made> {
        self.made.as_ref()
    }

    /// No other crate implements anything for closed crates alone, as rustc would not let it,
    /// or takes the place of a lang item. Then: a digest of the guests among their impls.
    fn guests_if_left_alone(&self, database: &Database, inner: &[ImplId]) -> Result<Name, String> {
        let db = &database.db;
        let open = all_crates(db);
        let open = open.iter().filter(|krate| self.number(**krate).is_none());
        let mut impls: Vec<ImplId> = inner.to_vec();
        impls.retain(|id| self.number(id.krate(db)).is_none());
        for &krate in open {
            if crate_lang_items(db, krate).is_some() {
                return Err("the workspace has items of the language's own".to_owned());
            }
            for (_, module) in crate_def_map(db, krate).modules() {
                impls.extend(module.scope.impls());
            }
        }
        ra_ap_hir_ty::attach_db(db, || {
            if let Some(&id) = impls.iter().find(|id| !self.concerns_others(db, **id)) {
                let header = path::impl_(db, id);
                return Err(format!("`{header}` may be for types of dependencies"));
            }
            let guests = impls.iter().filter(|id| self.is_guest(db, **id));
            let mut guests: Vec<String> = guests.map(|&id| header(db, id)).collect();
            guests.sort_unstable();
            Ok(spell::digest(guests.join("\0").as_bytes()))
        })
    }

    /// Whether the impl's header may fit a goal of closed code in which something is still open:
    /// of a closed trait, and for a type whose outline is closed, as in
    /// `impl PartialEq<Own> for String` or `impl Read for &Own`.
    fn is_guest(&self, db: &dyn HirDatabase, id: ImplId) -> bool {
        let Some(trait_ref) = db.impl_trait(id) else {
            return false;
        };
        let trait_ref = trait_ref.instantiate_identity().skip_norm_wip();
        let is_own = match trait_ref.self_ty().kind() {
            TyKind::Adt(adt, _) => self.number(adt.def_id().krate(db)).is_none(),
            _ => false,
        };
        self.number(trait_ref.def_id.0.krate(db)).is_some() && !is_own
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
        // What is not understood fits everything, but not in place of this type.
        let mut finder = Finder { db, closed: self };
        trait_ref.args.visit_with(&mut finder).is_break()
    }
}

/// What has to be the same in two runs, but for the key.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Setting {
    /// Of the closed crates as they are numbered.
    order: Name,
    /// Of impls of the workspace's own that an open goal might be answered with.
    guests: Name,
    /// Of what macros made that were run.
    outputs: Name,
}

impl Setting {
    /// Why what was kept under `self` does not hold in `now`.
    pub(super) fn differs(&self, now: &Self) -> Option<&'static str> {
        if self.order != now.order {
            Some("the crates are not the same")
        } else if self.guests != now.guests {
            Some("other impls of the workspace's own may answer what dependencies ask")
        } else if self.outputs != now.outputs {
            Some("a macro makes something else of the same")
        } else {
            None
        }
    }
}

/// What an impl is of, and what is written before its items.
fn header(db: &dyn HirDatabase, id: ImplId) -> String {
    let source = id.lookup(db).source(db).value;
    let items = source.assoc_item_list();
    let own = source.syntax().children_with_tokens();
    let own = own.take_while(|part| {
        let node = part.as_node();
        node.is_none_or(|node| items.as_ref().is_none_or(|items| items.syntax() != node))
    });
    let text: String = own.map(|part| part.to_string()).collect();
    format!("{} {text}", path::impl_(db, id))
}

/// In an order that is the same in every run.
fn closed_crates(database: &Database, project: &Project) -> BTreeMap<Digest, Crate> {
    let db = &database.db;
    let mut described: FxHashMap<Crate, (bool, String)> = FxHashMap::default();
    for (unit, &krate) in project.units.iter().zip(&database.unit_crates) {
        let is_own = project.packages[unit.package].is_member;
        let facts = (
            &unit.root_file,
            &unit.edition,
            &unit.cfgs,
            &unit.env,
            unit.kind == UnitKind::ProcMacro,
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
    order
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
