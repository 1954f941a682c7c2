//! What is used of items that are no functions: types, traits, macros; and which packages are
//! named at all.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use ra_ap_base_db::{Crate, SourceDatabase};
use ra_ap_hir_def::nameres::crate_def_map;
use ra_ap_hir_def::{
    DefWithBodyId, FunctionId, HasModule, ItemContainerId, Lookup, MacroId, ModuleDefId,
};
use ra_ap_hir_expand::{ErasedAstId, MacroDefKind};
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_ide_db::RootDatabase;
use ra_ap_vfs::FileId;
use rustc_hash::FxHashMap;

use super::Home;
use crate::model::{Domains, Project, Unit, UnitDependency};
use crate::ra::database::Database;
use crate::ra::engine::Found;
use crate::ra::instance::Subject;
use crate::ra::items::Definition;
use crate::ra::memo::record::Listed;
use crate::ra::template::{Target, Template};
use crate::ra::workers::Workers;
use crate::reach::Reached;

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Use {
    pub(super) domains: Domains,
    /// By the workspace's own code.
    pub(super) direct: bool,
}

/// Bodies that a thread takes at a time.
const CHUNK: usize = 64;

pub(crate) type UsesOfBodies = FxHashMap<DefWithBodyId, Vec<ModuleDefId>>;

/// Uses of items other than functions, consts and statics (those are nodes of the graph).
#[derive(Default)]
pub(crate) struct Usage {
    pub(super) items: FxHashMap<ModuleDefId, Use>,
    /// Packages that code compiled for a domain names, indexed as `Project::packages`.
    pub(super) packages: Vec<Domains>,
    /// What each reached body uses.
    pub(super) by_body: UsesOfBodies,
    macros: Arc<FxHashMap<ErasedAstId, ModuleDefId>>,
}

impl Usage {
    pub(super) fn collect(
        database: &Database,
        homes: &FxHashMap<Crate, Home>,
        project: &Project,
        found: &Found,
        reached: &[Reached],
        workers: &Workers,
    ) -> Self {
        let db = &database.db;
        let mut usage = Self {
            packages: packages_named(database, project, workers),
            macros: Arc::new(macros(db, found)),
            ..Self::default()
        };
        let mut bodies: FxHashMap<DefWithBodyId, Domains> = FxHashMap::default();
        let mut kept: BTreeMap<u32, Domains> = BTreeMap::new();
        for (instance, how) in found.graph.nodes.iter().zip(reached) {
            let def = match &instance.subject {
                Subject::Function(id, _) => DefWithBodyId::FunctionId(*id),
                Subject::Const(id, _) => DefWithBodyId::ConstId(*id),
                Subject::Static(id) => DefWithBodyId::StaticId(*id),
                Subject::Derive(id, ..) => {
                    usage.add(id.loc(db).adt.into(), how.certain(), false);
                    continue;
                }
                Subject::Drop(_) => continue,
                Subject::Kept(one) => {
                    let memo = &found.shared.memo;
                    if let Some(adt) = memo.adt(*one) {
                        usage.add_kept(found, adt, how.certain());
                    }
                    if let Some((body, _)) = memo.body(*one) {
                        *kept.entry(body).or_default() |= how.certain();
                    }
                    continue;
                }
            };
            *bodies.entry(def).or_default() |= how.certain();
        }
        let is_listed = |def: &DefWithBodyId| homes.contains_key(&def.krate(db));
        let bodies: Vec<(DefWithBodyId, Domains)> = (bodies.into_iter())
            .filter(|(def, domains)| !domains.is_empty() && is_listed(def))
            .collect();
        let used = workers.map(&bodies, CHUNK, |db, &(def, _)| {
            let template = found.shared.template_if_any(db, def);
            usage.of_body(db, def, &template)
        });
        for ((def, domains), used) in bodies.into_iter().zip(used) {
            let direct = homes.get(&def.krate(db)).is_some_and(|home| home.is_member);
            for &one in &used {
                usage.add(one, domains, direct);
            }
            usage.by_body.insert(def, used);
        }
        for (body, domains) in kept.into_iter().filter(|(_, one)| !one.is_empty()) {
            for &one in &found.shared.memo.body_at(body).uses {
                usage.add_kept(found, one, domains);
            }
        }
        for krate in &found.crates {
            if let Some(home) = homes.get(krate) {
                usage.item_macros(db, *krate, home);
            }
        }
        usage
    }

    fn add(&mut self, def: ModuleDefId, domains: Domains, direct: bool) {
        let entry = self.items.entry(def).or_default();
        entry.domains |= domains;
        entry.direct |= direct;
    }

    fn add_kept(&mut self, found: &Found, item: Listed, domains: Domains) {
        if let Some(Definition::Other(def)) = found.shared.memo.item(found, item) {
            self.add(def, domains, false);
        }
    }

    /// What uses of bodies are looked up in.
    pub(crate) fn begin(db: &RootDatabase, found: &Found) -> Self {
        Self {
            macros: Arc::new(macros(db, found)),
            ..Self::default()
        }
    }

    /// What one body uses; with a panic inside rust-analyzer, what was found until then. It
    /// panics again for each who asks: its gap is counted.
    pub(crate) fn of_body(
        &self,
        db: &RootDatabase,
        def: DefWithBodyId,
        template: &Template,
    ) -> Vec<ModuleDefId> {
        let mut usage = Self {
            macros: self.macros.clone(),
            ..Self::default()
        };
        let _ = catch_unwind(AssertUnwindSafe(|| {
            usage.body(db, def, template);
        }));
        usage.items.into_keys().collect()
    }

    /// The types of a body's expressions, the trait of its impl, the macros it calls.
    fn body(&mut self, db: &RootDatabase, def: DefWithBodyId, template: &Template) {
        let (domains, direct) = (Domains::RUN, false);
        for &adt in &template.types {
            self.add(adt.into(), domains, direct);
        }
        if let DefWithBodyId::FunctionId(id) = def {
            self.container(db, id);
        }
        for one in &template.uses {
            if let Target::Function(id, _) = one.target {
                self.container(db, id);
            }
        }
        for &id in &template.macros {
            self.macro_(id, domains, direct);
        }
    }

    fn container(&mut self, db: &dyn HirDatabase, id: FunctionId) {
        let trait_ = match id.loc(db).container {
            ItemContainerId::TraitId(trait_) => Some(trait_),
            ItemContainerId::ImplId(of) => {
                let trait_ref = db.impl_trait(of);
                trait_ref.map(|trait_ref| trait_ref.skip_binder().def_id.0)
            }
            _ => None,
        };
        if let Some(trait_) = trait_ {
            self.add(trait_.into(), Domains::RUN, false);
        }
    }

    fn item_macros(&mut self, db: &RootDatabase, krate: Crate, home: &Home) {
        for (_, module) in crate_def_map(db, krate).modules() {
            for call in module.scope.all_macro_calls() {
                if let MacroDefKind::Declarative(id, _) = call.loc(db).def.kind {
                    self.macro_(id.erase(), home.compiled_in, home.is_member);
                }
            }
        }
    }

    fn macro_(&mut self, id: ErasedAstId, domains: Domains, direct: bool) {
        if let Some(&found) = self.macros.get(&id) {
            self.add(found, domains, direct);
        }
    }
}

/// Where each `macro_rules!` of the tree is declared.
fn macros(db: &RootDatabase, found: &Found) -> FxHashMap<ErasedAstId, ModuleDefId> {
    let rows = found.rows.iter().flatten();
    rows.filter_map(|row| match row.def {
        Definition::Other(def @ ModuleDefId::MacroId(MacroId::MacroRulesId(id))) => {
            Some((id.lookup(db).id.erase(), def))
        }
        _ => None,
    })
    .collect()
}

/// Lines of Rust in the files that a package's crates load.
pub(super) fn package_lines(database: &Database, project: &Project, workers: &Workers) -> Vec<u64> {
    let loaded = workers.map(&database.unit_crates, 1, |db, &krate| files_of(db, krate));
    let mut files: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); project.packages.len()];
    for (unit, loaded) in project.units.iter().zip(loaded) {
        files[unit.package].extend(loaded);
    }
    workers.map(&files, 1, |db, files| {
        let lines = |&file: &u32| text(db, file).lines().count() as u64;
        files.iter().map(lines).sum()
    })
}

pub(super) fn files_of(db: &RootDatabase, krate: Crate) -> BTreeSet<u32> {
    let modules = crate_def_map(db, krate).modules();
    modules
        .filter_map(|(_, module)| Some(module.origin.file_id()?.file_id(db).index()))
        .collect()
}

fn text(db: &RootDatabase, file: u32) -> &str {
    db.file_text(FileId::from_raw(file)).text(db)
}

/// A dependency is named when its name stands in the using crate's text where a path, an
/// import or a macro call can stand: by text, because a facade, a derive's attribute or a
/// macro's expansion names crates in ways that leave no trace in resolved items.
fn packages_named(database: &Database, project: &Project, workers: &Workers) -> Vec<Domains> {
    let units: Vec<(&Unit, Crate)> = project
        .units
        .iter()
        .zip(database.unit_crates.iter().copied())
        .collect();
    let found = workers.map(&units, 1, |db, &(unit, krate)| {
        let files = files_of(db, krate);
        let is_named = |dependency: &&UnitDependency| {
            let names = |&file: &u32| names(text(db, file), &dependency.extern_name);
            files.iter().any(names)
        };
        let named = unit.dependencies.iter().filter(is_named);
        named
            .map(|dependency| project.units[dependency.unit].package)
            .collect::<Vec<_>>()
    });
    let mut named = vec![Domains::NONE; project.packages.len()];
    for (unit, found) in project.units.iter().zip(found) {
        for package in found.into_iter().filter(|&it| it != unit.package) {
            named[package] |= unit.domains;
        }
    }
    named
}

/// `name::`, `name!`, `"name"`, and `name` in a `use` or `extern crate`.
fn names(text: &str, name: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        if before.ends_with(word) || after.starts_with(word) {
            return false;
        }
        let after = after.trim_start();
        let statement = &before[before.rfind([';', '}']).map_or(0, |end| end + 1)..];
        after.starts_with("::")
            || after.starts_with('!')
            || before.ends_with('"')
            || statement.contains("use ")
            || statement.contains("extern crate ")
    })
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_crate_is_named_by_paths_imports_macros_and_attributes() {
        for text in [
            "use grep::cli;",
            "use {a, grep as g};",
            "extern crate grep;",
            "grep::x()",
            "grep!{}",
            "#[serde(with = \"grep\")]",
            "::grep::x",
        ] {
            assert!(names(text, "grep"), "{text}");
        }
        for text in [
            "let grep = 1;",
            "use egrep::x;",
            "fn grep() {}",
            "grep_cli::x()",
            "self.grep",
        ] {
            assert!(!names(text, "grep"), "{text}");
        }
    }
}
