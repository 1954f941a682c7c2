//! What a reviewer must see beside the list of items: powers that functions use, associated
//! consts that are read, unsafe impls, foreign functions, and the files of every unit.

use std::cell::RefCell;
use std::rc::Rc;

use camino::Utf8PathBuf;
use ra_ap_base_db::Crate;
use ra_ap_hir_def::signatures::{ConstSignature, FunctionSignature};
use ra_ap_hir_def::{ConstId, DefWithBodyId, FunctionId, HasModule, ItemContainerId, ModuleDefId};
use ra_ap_hir_ty::db::HirDatabase;
use rustc_hash::FxHashMap;

use super::Home;
use super::usage::files_of;
use crate::model::{Domains, Extra, ExtraKind, Fingerprint, Power, PowerUse, Project};
use crate::ra::database::Database;
use crate::ra::engine::Found;
use crate::ra::instance::{Instance, Subject};
use crate::ra::items::{self, Definition};
use crate::ra::memo::{Kept, Memo};
use crate::ra::span::{self, Place, Standing};
use crate::ra::{fingerprint, path, powers};
use crate::reach::Reached;

/// Sorted, each once; `order` says which item a definition is.
pub(super) fn powers(
    database: &Database,
    found: &Found,
    order: &FxHashMap<Definition, usize>,
) -> Vec<PowerUse> {
    let db = &database.db;
    let item = |def: DefWithBodyId| order.get(&definition(def)?).copied();
    let mut uses = Vec::new();
    let mut names: FxHashMap<FunctionId, String> = FxHashMap::default();
    #[expect(clippy::iter_over_hash_type, reason = "sorted below")]
    for &(def, id, power, line) in &found.powers {
        let Some(item) = item(def) else { continue };
        let path = names.entry(id).or_insert_with(|| name(db, id)).clone();
        uses.push(PowerUse {
            item,
            power,
            path,
            line,
        });
    }
    let unknown = |item, what: String, line| PowerUse {
        item,
        power: Power::Unknown,
        path: what,
        line,
    };
    for (def, template) in found.shared.holes() {
        let Some(item) = item(def) else { continue };
        for hole in &template.holes {
            let what = not_understood(hole.reason, hole.name.as_deref());
            uses.push(unknown(item, what, hole.line));
        }
    }
    let memo = &found.shared.memo;
    for kept in found.kept() {
        let Some(&item) = kept.definition.and_then(|def| order.get(&def)) else {
            continue;
        };
        uses.extend(memo.powers(kept).map(|(path, power, line)| PowerUse {
            item,
            power,
            path: path.to_owned(),
            line,
        }));
        let holes = memo
            .body(kept)
            .into_iter()
            .flat_map(|(_, body)| &body.holes);
        uses.extend(holes.map(|hole| {
            let name = hole.name.map(|name| memo.text(name));
            unknown(
                item,
                not_understood(memo.text(hole.reason), name),
                hole.line,
            )
        }));
    }
    #[expect(clippy::iter_over_hash_type, reason = "sorted below")]
    for &(def, reason) in &found.troubled {
        if let Some(item) = item(def) {
            uses.push(unknown(item, reason.to_owned(), 0));
        }
    }
    uses.sort();
    uses.dedup();
    uses
}

fn not_understood(reason: &str, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("{reason} (`{name}`)"),
        None => reason.to_owned(),
    }
}

fn definition(def: DefWithBodyId) -> Option<Definition> {
    Some(match def {
        DefWithBodyId::FunctionId(id) => Definition::Function(id),
        DefWithBodyId::ConstId(id) => Definition::Other(ModuleDefId::ConstId(id)),
        DefWithBodyId::StaticId(id) => Definition::Static(id),
        DefWithBodyId::VariantId(_) => return None,
    })
}

/// The path of a function of any crate.
pub(crate) fn name(db: &dyn HirDatabase, id: FunctionId) -> String {
    let own = path::text(&FunctionSignature::of(db, id).name);
    let prefix = match id.loc(db).container {
        ItemContainerId::ImplId(id) => path::impl_(db, id),
        ItemContainerId::TraitId(id) => path::trait_(db, id),
        ItemContainerId::ModuleId(id) => path::module(db, id),
        ItemContainerId::ExternBlockId(_) => path::module(db, id.module(db)),
    };
    format!("{prefix}::{own}")
}

/// Reached, to ask for what does not depend on how.
pub(crate) const ANYHOW: Reached = Reached {
    run: Domains::RUN,
    constant: Domains::NONE,
    uncertain: Domains::NONE,
};

pub(crate) struct Extras<'a> {
    database: &'a Database,
    pub(crate) homes: &'a FxHashMap<Crate, Home>,
    memo: &'a Memo,
    /// There are many instances of each.
    described: RefCell<FxHashMap<Definition, Option<Rc<Described>>>>,
}

/// An associated const or a foreign function, however it is reached.
struct Described {
    krate: Crate,
    kind: ExtraKind,
    path: String,
    standing: Standing,
    fingerprint: Fingerprint,
}

impl<'a> Extras<'a> {
    pub(super) fn new(
        database: &'a Database,
        homes: &'a FxHashMap<Crate, Home>,
        memo: &'a Memo,
    ) -> Self {
        Self {
            database,
            homes,
            memo,
            described: RefCell::default(),
        }
    }

    /// Sorted; one place is one, however many crates compile it.
    pub(super) fn collect(&self, found: &Found, reached: &[Reached]) -> Vec<Extra> {
        let db = &self.database.db;
        let mut extras = Vec::new();
        for (instance, how) in found.graph.nodes.iter().zip(reached) {
            extras.extend(self.of(instance, *how));
        }
        for one in &found.unsafe_impls {
            let krate = one.id.krate(db);
            if let Some(home) = self.homes.get(&krate) {
                let compiled = Reached {
                    run: home.compiled_in,
                    ..Reached::default()
                };
                let described = Described {
                    krate,
                    kind: ExtraKind::UnsafeImpl,
                    path: path::impl_(db, one.id),
                    standing: one.standing,
                    fingerprint: one.fingerprint,
                };
                extras.extend(self.extra(&described, compiled));
            }
        }
        merged(extras)
    }

    /// The associated const or the foreign function that an instance is of.
    pub(crate) fn of(&self, instance: &Instance, how: Reached) -> Option<Extra> {
        let def = match instance.subject {
            Subject::Const(id, _) => Definition::Other(ModuleDefId::ConstId(id)),
            Subject::Function(id, _) => Definition::Function(id),
            Subject::Kept(kept) => return self.kept(kept, how),
            _ => return None,
        };
        let mut known = self.described.borrow_mut();
        let described = known.entry(def).or_insert_with(|| self.describe(def));
        let described = described.clone()?;
        self.extra(&described, how)
    }

    fn describe(&self, def: Definition) -> Option<Rc<Described>> {
        let db = &self.database.db;
        let (krate, kind, path, node) = match def {
            Definition::Other(ModuleDefId::ConstId(id)) => {
                let path = associated(db, id)?;
                let node = items::node(db, id);
                (id.krate(db), ExtraKind::AssociatedConst, path, node)
            }
            Definition::Function(id) if powers::is_foreign(db, id) => {
                let node = items::node(db, id);
                (id.krate(db), ExtraKind::ForeignFunction, name(db, id), node)
            }
            _ => return None,
        };
        Some(Rc::new(Described {
            krate,
            kind,
            path,
            standing: span::of_item(db, node.as_ref()),
            fingerprint: fingerprint::of_node(&node.value),
        }))
    }

    fn kept(&self, kept: Kept, how: Reached) -> Option<Extra> {
        let one = self.memo.extra(kept)?;
        let krate = self.memo.crate_of(one.of)?;
        let text = |text| self.memo.text(text);
        let place = |(file, line)| (text(file).into(), line);
        self.reached(krate, how, |package, domains, unknown_in| Extra {
            package,
            file: text(one.file).into(),
            line: one.line,
            kind: one.kind,
            path: text(one.path).to_owned(),
            lines: one.lines,
            call_site: one.call_site.map(place),
            origin: one.origin,
            domains,
            unknown_in,
            fingerprint: one.fingerprint,
        })
    }

    /// Of dependencies, and only what is reached.
    fn reached(
        &self,
        krate: Crate,
        how: Reached,
        extra: impl FnOnce(usize, Domains, Domains) -> Extra,
    ) -> Option<Extra> {
        let home = self.homes.get(&krate).filter(|home| !home.is_member)?;
        let sure = how.certain();
        let unknown_in = how.uncertain.without(sure);
        if sure.is_empty() && unknown_in.is_empty() {
            return None;
        }
        Some(extra(home.package, sure, unknown_in))
    }

    fn extra(&self, described: &Described, how: Reached) -> Option<Extra> {
        self.reached(described.krate, how, |package, domains, unknown_in| {
            let place = |place: Place| {
                let file = self.database.paths.get(place.file.index() as usize);
                (file.cloned().unwrap_or_default(), place.line)
            };
            let (file, line) = place(described.standing.place);
            Extra {
                package,
                file,
                line,
                kind: described.kind,
                path: described.path.clone(),
                lines: described.standing.lines,
                call_site: described.standing.call.map(place),
                origin: described.standing.origin,
                domains,
                unknown_in,
                fingerprint: described.fingerprint,
            }
        })
    }
}

/// The path of an associated const.
fn associated(db: &dyn HirDatabase, id: ConstId) -> Option<String> {
    let prefix = match id.loc(db).container {
        ItemContainerId::ImplId(id) => path::impl_(db, id),
        ItemContainerId::TraitId(id) => path::trait_(db, id),
        _ => return None,
    };
    let name = ConstSignature::of(db, id).name.as_ref().map(path::text)?;
    Some(format!("{prefix}::{name}"))
}

fn merged(mut extras: Vec<Extra>) -> Vec<Extra> {
    let key = |one: &Extra| {
        let place = (one.package, one.file.clone(), one.line, one.kind);
        (
            place,
            one.path.clone(),
            one.call_site.clone(),
            one.fingerprint,
        )
    };
    extras.sort_by_cached_key(key);
    extras.dedup_by(|later, first| {
        let same = key(later) == key(first);
        if same {
            first.domains |= later.domains;
            first.unknown_in = (first.unknown_in | later.unknown_in).without(first.domains);
        }
        same
    });
    extras
}

/// Files that each unit loads, indexed as `Project::units`; sorted.
pub(super) fn unit_files(database: &Database, project: &Project) -> Vec<Vec<Utf8PathBuf>> {
    let crates = project.units.iter().zip(&database.unit_crates);
    let files = crates.map(|(_, &krate)| {
        let paths = files_of(&database.db, krate).into_iter();
        let mut files: Vec<Utf8PathBuf> = paths
            .filter_map(|file| database.paths.get(file as usize).cloned())
            .collect();
        files.sort();
        files
    });
    files.collect()
}
