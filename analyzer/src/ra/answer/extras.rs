//! What a reviewer must see beside the list of items: powers that functions use, associated
//! consts that are read, unsafe impls, foreign functions, and the files of every unit.

use camino::Utf8PathBuf;
use ra_ap_base_db::Crate;
use ra_ap_hir_def::signatures::{ConstSignature, FunctionSignature};
use ra_ap_hir_def::{ConstId, DefWithBodyId, FunctionId, HasModule, ItemContainerId, ModuleDefId};
use ra_ap_hir_expand::InFile;
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_syntax::SyntaxNode;
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
    pub(super) database: &'a Database,
    pub(crate) homes: &'a FxHashMap<Crate, Home>,
    pub(super) memo: &'a Memo,
}

impl Extras<'_> {
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
                let path = path::impl_(db, one.id);
                let (kind, standing) = (ExtraKind::UnsafeImpl, one.standing);
                extras.extend(self.extra(krate, kind, path, standing, one.fingerprint, compiled));
            }
        }
        merged(extras)
    }

    /// The associated const or the foreign function that an instance is of.
    pub(crate) fn of(&self, instance: &Instance, how: Reached) -> Option<Extra> {
        let db = &self.database.db;
        match instance.subject {
            Subject::Const(id, _) => self.associated(id, how),
            Subject::Function(id, _) if powers::is_foreign(db, id) => {
                let node = items::node(db, id);
                let kind = ExtraKind::ForeignFunction;
                self.of_node(id.krate(db), kind, name(db, id), node.as_ref(), how)
            }
            Subject::Kept(kept) => self.kept(kept, how),
            _ => None,
        }
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

    fn associated(&self, id: ConstId, how: Reached) -> Option<Extra> {
        let db = &self.database.db;
        let prefix = match id.loc(db).container {
            ItemContainerId::ImplId(id) => path::impl_(db, id),
            ItemContainerId::TraitId(id) => path::trait_(db, id),
            _ => return None,
        };
        let name = ConstSignature::of(db, id).name.as_ref().map(path::text)?;
        let node = items::node(db, id);
        let path = format!("{prefix}::{name}");
        let kind = ExtraKind::AssociatedConst;
        self.of_node(id.krate(db), kind, path, node.as_ref(), how)
    }

    fn of_node(
        &self,
        krate: Crate,
        kind: ExtraKind,
        path: String,
        node: InFile<&SyntaxNode>,
        how: Reached,
    ) -> Option<Extra> {
        let standing = span::of_item(&self.database.db, node);
        let fingerprint = fingerprint::of_node(node.value);
        self.extra(krate, kind, path, standing, fingerprint, how)
    }

    fn extra(
        &self,
        krate: Crate,
        kind: ExtraKind,
        path: String,
        standing: Standing,
        fingerprint: Fingerprint,
        how: Reached,
    ) -> Option<Extra> {
        self.reached(krate, how, |package, domains, unknown_in| {
            let place = |place: Place| {
                let file = self.database.paths.get(place.file.index() as usize);
                (file.cloned().unwrap_or_default(), place.line)
            };
            let (file, line) = place(standing.place);
            Extra {
                package,
                file,
                line,
                kind,
                path,
                lines: standing.lines,
                call_site: standing.call.map(place),
                origin: standing.origin,
                domains,
                unknown_in,
                fingerprint,
            }
        })
    }
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
