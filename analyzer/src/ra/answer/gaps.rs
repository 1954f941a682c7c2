//! What was not understood, and what it may hide.
//!
//! A gap that has a name (a method that did not resolve) hides functions of that name; one
//! that has none (a macro that was not expanded) may hide any function of the crates that the
//! place can name. Such functions become unknown, never unused.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use ra_ap_base_db::Crate;
use ra_ap_hir_def::nameres::crate_def_map;
use ra_ap_hir_def::nameres::diagnostics::DefDiagnosticKind;
use ra_ap_hir_def::src::HasSource;
use ra_ap_hir_def::{DefWithBodyId, HasModule, Lookup};
use ra_ap_hir_expand::{HirFileId, InFile, MacroCallId, MacroCallKind, MacroDefKind};
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_ide_db::RootDatabase;
use ra_ap_syntax::ast::AstNode;
use ra_ap_syntax::{NodeOrToken, SyntaxKind, SyntaxNode};
use rustc_hash::FxHashMap;

use super::Home;
use super::sight::Viewpoint;
use crate::model::Gap;
use crate::ra::database::Database;
use crate::ra::engine::Found;
use crate::ra::parsed;
use crate::ra::path;
use crate::ra::span;
use crate::ra::workers::Workers;

#[derive(Default)]
pub(super) struct Suspects {
    /// How often, by reason, package and place.
    counts: BTreeMap<(String, usize, String), u32>,
    /// Where a name was looked for, and the name.
    pub(super) names: BTreeSet<(Viewpoint, String)>,
    /// Place, trait and method of a call for which no impl was found.
    pub(super) methods: BTreeSet<(Viewpoint, String, String)>,
    /// Code that may call anything it can name, and through what.
    pub(super) anything: BTreeMap<Viewpoint, String>,
}

impl Suspects {
    pub(super) fn gaps(&self) -> Vec<Gap> {
        let counts = self.counts.iter();
        counts
            .map(|((reason, package, place), &count)| Gap {
                reason: reason.clone(),
                package: Some(*package),
                place: place.clone(),
                count,
            })
            .collect()
    }

    fn extend(&mut self, other: &Self) {
        for (what, count) in &other.counts {
            *self.counts.entry(what.clone()).or_insert(0) += count;
        }
        self.names.extend(other.names.iter().cloned());
        self.methods.extend(other.methods.iter().cloned());
        for (&at, by) in &other.anything {
            self.anything.entry(at).or_insert_with(|| by.clone());
        }
    }
}

/// What was not understood between items: the same however far calls were followed.
pub(super) fn between_items(
    database: &Database,
    homes: &FxHashMap<Crate, Home>,
    crates: &[Crate],
    workers: &Workers,
) -> Suspects {
    let paths = &database.paths;
    let of_crates = workers.map(crates, 1, |db, krate| {
        let mut collector = Collector::new(db, paths);
        if let Some(home) = homes.get(krate) {
            collector.crate_level(*krate, home.viewpoint);
        }
        collector.out
    });
    let mut all = Suspects::default();
    for one in &of_crates {
        all.extend(one);
    }
    all
}

/// Everything that was not understood in bodies that were walked, and `between_items`.
pub(super) fn collect(
    database: &Database,
    homes: &FxHashMap<Crate, Home>,
    found: &Found,
    between_items: &Suspects,
) -> Suspects {
    let mut collector = Collector::new(&database.db, &database.paths);
    collector.bodies(homes, found);
    collector.lookups(homes, found);
    let mut all = collector.out;
    all.extend(between_items);
    all
}

struct Collector<'a> {
    db: &'a RootDatabase,
    /// Absolute path of each file.
    paths: &'a [Utf8PathBuf],
    out: Suspects,
}

impl<'a> Collector<'a> {
    fn new(db: &'a RootDatabase, paths: &'a [Utf8PathBuf]) -> Self {
        Self {
            db,
            paths,
            out: Suspects::default(),
        }
    }

    fn count(&mut self, reason: &str, package: usize, place: String) {
        *self
            .out
            .counts
            .entry((reason.to_owned(), package, place))
            .or_insert(0) += 1;
    }

    /// Holes in std are covered by the bounds of the function they stand in.
    fn bodies(&mut self, homes: &FxHashMap<Crate, Home>, found: &Found) {
        let memo = &found.shared.memo;
        for body in memo.bodies(found) {
            let of = body.of.and_then(|of| memo.crate_of(of));
            let Some(home) = of.and_then(|of| homes.get(&of)) else {
                continue;
            };
            let file = memo.text(body.file);
            for hole in &body.holes {
                let (reason, place) = (memo.text(hole.reason), format!("{file}:{}", hole.line));
                if let Some(name) = hole.name {
                    let name = memo.text(name);
                    self.count(reason, home.package, format!("`{name}` at {place}"));
                    self.out.names.insert((home.viewpoint, name.to_owned()));
                } else {
                    self.count(reason, home.package, place);
                    let hidden = body.hidden.iter().map(|&name| memo.text(name).to_owned());
                    self.out
                        .names
                        .extend(hidden.map(|name| (home.viewpoint, name)));
                }
            }
        }
        for (def, template) in found.shared.holes() {
            let Some(home) = homes.get(&def.krate(self.db)) else {
                continue;
            };
            let source = source(self.db, def);
            let file = self.file(source.file_id);
            for hole in &template.holes {
                let place = format!("{file}:{}", hole.line);
                if let Some(name) = &hole.name {
                    self.count(hole.reason, home.package, format!("`{name}` at {place}"));
                    self.out.names.insert((home.viewpoint, name.clone()));
                } else {
                    self.count(hole.reason, home.package, place);
                    self.names_in(&source.value, home.viewpoint);
                }
            }
        }
    }

    fn lookups(&mut self, homes: &FxHashMap<Crate, Home>, found: &Found) {
        for (instance, of, name) in &found.lost {
            let home = instance.krate(self.db).and_then(|krate| homes.get(&krate));
            // In std's own code the type is concrete and no crate implements the trait for it:
            // nothing is hidden there.
            let Some(home) = home else { continue };
            let method = (home.viewpoint, path::trait_(self.db, *of), name.clone());
            self.out.methods.insert(method);
            self.count("no impl found", home.package, format!("`{name}`"));
        }
    }

    /// Syntax errors, missing modules, and macros that stand between items.
    fn crate_level(&mut self, krate: Crate, at: Viewpoint) {
        let def_map = crate_def_map(self.db, krate);
        for (_, module) in def_map.modules() {
            if let Some(file) = module
                .origin
                .file_id()
                .filter(|file| parsed::stumbled(&file.parse(self.db)))
            {
                let place = self.file(file.into());
                self.count("syntax error", at.package, place);
                self.names_in(&file.parse(self.db).syntax_node(), at);
            }
            let scope = &module.scope;
            let calls = scope
                .iter_macro_invoc()
                .map(|(_, &call)| call)
                .chain(scope.attr_macro_invocs().map(|(_, call)| call))
                .chain(scope.derive_macro_invocs().flat_map(|(_, calls)| {
                    calls.flat_map(|(_, _, ids)| {
                        ids.iter()
                            .flatten()
                            .filter_map(|id| id.as_ref().left().copied())
                    })
                }));
            for call in calls {
                self.macro_call(call, at);
            }
        }
        for diagnostic in def_map.diagnostics() {
            match &diagnostic.kind {
                DefDiagnosticKind::UnresolvedModule { ast, .. } => {
                    let place = self.file(ast.file_id);
                    self.count("module file missing", at.package, place);
                }
                DefDiagnosticKind::UnresolvedMacroCall { ast, path } => {
                    let name = path
                        .segments()
                        .last()
                        .map(|name| name.as_str().to_owned())
                        .unwrap_or_default();
                    let place = format!("`{name}` in {}", self.file(ast.file_id()));
                    self.count("macro not found", at.package, place);
                    self.hidden_by(ast, name, at);
                }
                // An attribute that nothing can expand is left off: what it would have made
                // of the item is not there.
                DefDiagnosticKind::MacroError { ast, path, err } => {
                    let name = path
                        .segments()
                        .last()
                        .map(|name| name.as_str().to_owned())
                        .unwrap_or_default();
                    let why = err.render_to_string(self.db).message;
                    let place = format!("`{name}` in {}: {why}", self.file(ast.file_id));
                    self.count("macro not expanded", at.package, place);
                    self.out.anything.entry(at).or_insert(name);
                }
                _ => {}
            }
        }
    }

    fn macro_call(&mut self, call: MacroCallId, at: Viewpoint) {
        if !parsed::is_incomplete(self.db, call) {
            return;
        }
        let loc = call.loc(self.db);
        let name = span::macro_name(self.db, call)
            .or_else(|| span::attribute_name(self.db, call))
            .unwrap_or_else(|| "derive".to_owned());
        let why = match &call.parse_macro_expansion(self.db).err {
            Some(why) => format!(": {}", why.render_to_string(self.db).message),
            None => String::new(),
        };
        let place = format!("`{name}` in {}{why}", self.file(loc.kind.file_id()));
        self.count("macro not expanded", at.package, place);
        if matches!(loc.def.kind, MacroDefKind::ProcMacro(..)) {
            self.out.anything.entry(at).or_insert(name);
        } else {
            self.hidden_by(&loc.kind, name, at);
        }
    }

    /// What a `macro_rules!` call may name stands in its arguments or in its definition; of the
    /// definition nothing is known when it was not found.
    fn hidden_by(&mut self, kind: &MacroCallKind, name: String, at: Viewpoint) {
        match kind {
            MacroCallKind::FnLike { ast_id, .. } => {
                let node = ast_id.to_node(self.db);
                self.names_in(node.syntax(), at);
            }
            MacroCallKind::Derive { .. } | MacroCallKind::Attr { .. } => {
                self.out.anything.entry(at).or_insert(name);
            }
        }
    }

    fn names_in(&mut self, node: &SyntaxNode, at: Viewpoint) {
        let names = identifiers(node).map(|name| (at, name));
        self.out.names.extend(names);
    }

    fn file(&self, file: HirFileId) -> String {
        let file = file.original_file(self.db).file_id(self.db);
        self.paths
            .get(file.index() as usize)
            .map(ToString::to_string)
            .unwrap_or_default()
    }
}

fn identifiers(node: &SyntaxNode) -> impl Iterator<Item = String> {
    node.descendants_with_tokens()
        .filter_map(NodeOrToken::into_token)
        .filter(|token| token.kind() == SyntaxKind::IDENT)
        .map(|token| token.text().to_owned())
}

/// The file of a body, and the names in its text.
pub(crate) fn text_of(
    database: &Database,
    def: DefWithBodyId,
) -> (String, impl Iterator<Item = String>) {
    let source = source(&database.db, def);
    let file = source.file_id.original_file(&database.db);
    let file = database
        .paths
        .get(file.file_id(&database.db).index() as usize);
    let file = file.map(ToString::to_string).unwrap_or_default();
    (
        file,
        identifiers(&source.value).collect::<Vec<_>>().into_iter(),
    )
}

fn source(db: &dyn HirDatabase, def: DefWithBodyId) -> InFile<SyntaxNode> {
    match def {
        DefWithBodyId::FunctionId(id) => id.lookup(db).source(db).map(|node| node.syntax().clone()),
        DefWithBodyId::ConstId(id) => id.lookup(db).source(db).map(|node| node.syntax().clone()),
        DefWithBodyId::StaticId(id) => id.lookup(db).source(db).map(|node| node.syntax().clone()),
        DefWithBodyId::VariantId(id) => id.lookup(db).source(db).map(|node| node.syntax().clone()),
    }
}
