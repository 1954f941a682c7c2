//! Where the members' text names a dependency's crate.
//!
//! Takes the syntax of every module of a member that depends on it. A name counts when it stands
//! first in a path, or in an import, and the module's scope says that it is the crate and nothing
//! else of that name. In code that this build leaves out, in doc tests and in strings of
//! attributes there is no scope to ask: there the text decides.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use ra_ap_base_db::Crate;
use ra_ap_cfg::{CfgExpr, CfgOptions};
use ra_ap_hir_def::nameres::{ModuleData, crate_def_map};
use ra_ap_hir_def::resolver::HasResolver;
use ra_ap_hir_def::{Lookup, ModuleId};
use ra_ap_hir_expand::{EditionedFileId, HirFileId};
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_span::FileId;
use ra_ap_syntax::ast::{self, AstNode, HasAttrs};
use ra_ap_syntax::{NodeOrToken, SyntaxKind, SyntaxNode, TextRange};
use rustc_hash::FxHashSet;
use whittle_extract::request::Naming;

mod generated;
mod module;
mod spelled;

use self::module::InModule;
use self::spelled::{called, in_import, in_tokens, plain};
use super::Understanding;

pub(super) use self::generated::generated;

/// One place, by the file's raw number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub(super) file: u32,
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) how: Naming,
    pub(super) package: usize,
    /// Raw numbers of files.
    pub(super) roots: Vec<u32>,
}

/// File, first and last byte, package.
type Place = (u32, u32, u32, usize);

/// Every place in members that names `package`, whose crates are `crates`; and what their code
/// calls, by name, where nothing resolves it.
pub(super) fn of_package(
    on: &Understanding<'_>,
    package: usize,
    crates: &[Crate],
) -> (Vec<Found>, BTreeSet<String>) {
    let project = &on.analysis.project;
    let db = &on.database.db;
    let mut sites: BTreeMap<Place, (Naming, BTreeSet<u32>)> = BTreeMap::new();
    let roots = roots(on);
    let mut done = FxHashSet::default();
    let mut calls = BTreeSet::new();
    for (unit, &krate) in project.units.iter().zip(&on.database.unit_crates) {
        if !project.packages[unit.package].is_member {
            continue;
        }
        let names = unit.dependencies.iter();
        let names: BTreeSet<&str> = names
            .filter(|dependency| project.units[dependency.unit].package == package)
            .map(|dependency| dependency.extern_name.as_str())
            .collect();
        for name in names {
            if !done.insert((krate, name)) {
                continue;
            }
            let mut found = Sites::default();
            for name in spellings(db, krate, name) {
                let paths = &on.database.paths;
                Reader::new(db, krate, &name, crates, paths).read(&mut found);
            }
            calls.extend(found.calls);
            for (file, range, how) in found.named {
                let key = (file, range.start().into(), range.end().into(), unit.package);
                let (known, of) = sites.entry(key).or_insert((how, BTreeSet::new()));
                // Left out of one target and part of another: what is resolved is known better.
                if *known == Naming::LeftOut {
                    *known = how;
                }
                // A file that is left out is loaded by no target; this one would.
                of.extend(root_of(db, krate));
            }
        }
    }
    let sites = sites.into_iter();
    let sites = sites
        .map(|((file, start, end, package), (how, would))| {
            let mut roots = of_file(&roots, package, file);
            if roots.is_empty() {
                roots.extend(would);
            }
            Found {
                file,
                start,
                end,
                how,
                package,
                roots,
            }
        })
        .collect();
    (sites, calls)
}

/// Root files of the targets of a package that load a file.
type Roots = BTreeMap<(usize, u32), BTreeSet<u32>>;

fn roots(on: &Understanding<'_>) -> Roots {
    let project = &on.analysis.project;
    let db = &on.database.db;
    let mut roots = Roots::new();
    for (unit, &krate) in project.units.iter().zip(&on.database.unit_crates) {
        if !project.packages[unit.package].is_member {
            continue;
        }
        let Some(root) = root_of(db, krate) else {
            continue;
        };
        for file in files(db, krate) {
            roots.entry((unit.package, file)).or_default().insert(root);
        }
    }
    roots
}

fn root_of(db: &ra_ap_ide_db::RootDatabase, krate: Crate) -> Option<u32> {
    let def_map = crate_def_map(db, krate);
    let root = def_map[def_map.root_module_id()].origin.file_id()?;
    Some(root.file_id(db).index())
}

fn of_file(roots: &Roots, package: usize, file: u32) -> Vec<u32> {
    let roots = roots.get(&(package, file));
    roots.into_iter().flatten().copied().collect()
}

fn files(db: &ra_ap_ide_db::RootDatabase, krate: Crate) -> BTreeSet<u32> {
    let modules = crate_def_map(db, krate).modules();
    modules
        .filter_map(|(_, module)| Some(module.origin.file_id()?.file_id(db).index()))
        .collect()
}

/// The crate's name, and the names that `extern crate name as other;` at the root gives it
/// everywhere in the crate.
fn spellings(db: &dyn HirDatabase, krate: Crate, name: &str) -> Vec<String> {
    let mut all = vec![name.to_owned()];
    let def_map = crate_def_map(db, krate);
    let scope = &def_map[def_map.root_module_id()].scope;
    for id in scope.extern_crate_decls() {
        let node = ra_ap_hir_def::src::HasSource::source(id.lookup(db), db).value;
        let renamed = node.rename().and_then(|rename| ast::HasName::name(&rename));
        let renamed = renamed.map(|name| name.text().to_string());
        let is_it = node.name_ref().is_some_and(|own| own.text() == name);
        if let (true, Some(renamed)) = (is_it, renamed) {
            all.push(renamed);
        }
    }
    all
}

/// Reads one crate for one name.
struct Reader<'a> {
    db: &'a dyn HirDatabase,
    krate: Crate,
    name: &'a str,
    crates: &'a [Crate],
    cfgs: &'a CfgOptions,
    is_2015: bool,
    paths: &'a [Utf8PathBuf],
}

#[derive(Default)]
struct Sites {
    named: Vec<(u32, TextRange, Naming)>,
    /// Functions in code that is known by its text alone.
    calls: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    fn new(
        db: &'a dyn HirDatabase,
        krate: Crate,
        name: &'a str,
        crates: &'a [Crate],
        paths: &'a [Utf8PathBuf],
    ) -> Self {
        Self {
            db,
            paths,
            krate,
            name,
            crates,
            cfgs: krate.cfg_options(db),
            is_2015: !crate_def_map(db, krate).edition().at_least_2018(),
        }
    }

    fn read(&self, out: &mut Sites) {
        for (id, data) in crate_def_map(self.db, self.krate).modules() {
            self.module(id, data, out);
        }
    }

    fn module(&self, id: ModuleId, data: &ModuleData, out: &mut Sites) {
        let source = data.origin.definition_source(self.db);
        // What a macro makes of tokens is looked at where the tokens stand.
        let HirFileId::FileId(file) = source.file_id else {
            return;
        };
        let root = source.value.node();
        let mut module = InModule {
            reader: self,
            file: file.file_id(self.db).index(),
            resolver: id.resolver(self.db),
            folder: self.folder(id),
            out,
        };
        if root.kind() == SyntaxKind::SOURCE_FILE {
            module.node(&root);
        } else {
            let items = root
                .children()
                .filter(|node| node.kind() != SyntaxKind::ATTR);
            for node in items {
                module.node(&node);
            }
        }
    }

    /// The folder in which the files of a module's children are.
    fn folder(&self, id: ModuleId) -> Utf8PathBuf {
        let mut inline = Vec::new();
        let mut current = id;
        loop {
            let data = &current.def_map(self.db)[current];
            if let Some(file) = data.origin.file_id() {
                let file = file.file_id(self.db).index() as usize;
                let path = self.paths.get(file).cloned().unwrap_or_default();
                let is_root = data.parent.is_none();
                let mut folder = children_of(&path, is_root);
                folder.extend(inline.iter().rev());
                return folder;
            }
            let Some(parent) = data.parent else {
                return Utf8PathBuf::new();
            };
            if let Some(name) = current.name(self.db) {
                inline.push(name.as_str().to_owned());
            }
            current = parent;
        }
    }

    /// A file that this build leaves out, and those that it declares in turn.
    fn file_left_out(&self, path: &Utf8Path, out: &mut Sites, depth: u32) -> bool {
        let Some(file) = self.paths.iter().position(|one| one == path) else {
            return false;
        };
        if depth > 16 {
            return true;
        }
        let Ok(file) = u32::try_from(file) else {
            return false;
        };
        let id = EditionedFileId::new(
            self.db,
            FileId::from_raw(file),
            crate_def_map(self.db, self.krate).edition(),
        );
        let tree = id.parse(self.db).tree();
        let folder = children_of(path, false);
        self.text_left_out(tree.syntax(), file, &folder, out, depth);
        true
    }

    /// By its text.
    fn text_left_out(
        &self,
        node: &SyntaxNode,
        file: u32,
        folder: &Utf8Path,
        out: &mut Sites,
        depth: u32,
    ) {
        let tokens = node
            .descendants_with_tokens()
            .filter_map(NodeOrToken::into_token);
        for token in tokens {
            out.calls.extend(called(&token));
            if token.kind() == SyntaxKind::IDENT
                && plain(token.text()) == self.name
                && (in_tokens(&token).is_some() || in_import(&token))
            {
                out.named.push((file, token.text_range(), Naming::LeftOut));
            }
        }
        let modules = node.descendants().filter_map(ast::Module::cast);
        for module in modules.filter(|module| module.item_list().is_none()) {
            let Some(name) = ast::HasName::name(&module) else {
                continue;
            };
            let name = plain(name.text()).to_owned();
            let beside = folder.join(format!("{name}.rs"));
            let below = folder.join(&name).join("mod.rs");
            for path in [beside, below] {
                if self.file_left_out(&path, out, depth + 1) {
                    break;
                }
            }
        }
    }

    /// Whether an item or statement is left out of this build.
    fn is_left_out(&self, node: &SyntaxNode) -> bool {
        let Some(node) = ast::AnyHasAttrs::cast(node.clone()) else {
            return false;
        };
        node.attrs().any(|attribute| match attribute.meta() {
            Some(ast::Meta::CfgMeta(meta)) => meta.cfg_predicate().is_some_and(|predicate| {
                self.cfgs.check(&CfgExpr::parse_from_ast(predicate)) == Some(false)
            }),
            _ => false,
        })
    }
}
/// Where the files of a file's modules are.
fn children_of(path: &Utf8Path, is_root: bool) -> Utf8PathBuf {
    let parent = path.parent().unwrap_or(path);
    match path.file_stem() {
        Some(stem) if !is_root && stem != "mod" => parent.join(stem),
        _ => parent.to_owned(),
    }
}
