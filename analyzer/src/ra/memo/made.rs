//! What macros of the tree made of closed crates' text, when they were run.
//!
//! A model makes the same of the same. A program may do as it likes: read a file, ask the
//! clock. So what was made of items, which every run has in hand, is compared as a whole: in
//! modules, in impls and traits, in `const _: () = { … };`. What stands in bodies is only made
//! when a body is read, and is not kept. A macro that is called like a function may stand where
//! nobody looks, in a type or the length of an array: a crate that could call one is not closed.

use std::fmt::Write as _;

use ra_ap_base_db::Crate;
use ra_ap_hir_def::expr_store::Body;
use ra_ap_hir_def::nameres::{DefMap, crate_def_map};
use ra_ap_hir_def::{DefWithBodyId, Lookup, MacroId, ModuleDefId};
use ra_ap_hir_expand::proc_macro::ProcMacroKind;
use ra_ap_hir_expand::{MacroCallId, MacroDefKind};
use ra_ap_hir_ty::db::HirDatabase;
use rustc_hash::FxHashSet;

use super::spell::{Name, digest};
use crate::model::Project;
use crate::ra::database::Database;
use crate::ra::workers::Workers;

#[derive(Debug)]
pub(crate) struct Made {
    calls: FxHashSet<MacroCallId>,
    /// Of all that they made.
    pub(super) outputs: Name,
}

impl Made {
    /// `None` when no macro is run.
    pub(super) fn new(database: &Database, crates: &[Crate], workers: &Workers) -> Option<Self> {
        if !database.macro_server.is_on() {
            return None;
        }
        let found = workers.map(crates, 1, |db, &krate| of_crate(db, krate));
        let mut outputs = Vec::new();
        let mut calls = FxHashSet::default();
        for (of, output) in found {
            calls.extend(of);
            outputs.extend(output);
        }
        Some(Self {
            calls,
            outputs: digest(&outputs),
        })
    }

    /// Whether what came out of the call was compared.
    pub(super) fn holds(&self, call: MacroCallId) -> bool {
        self.calls.contains(&call)
    }
}

/// Crates with macros that are run, wherever they are called.
pub(super) fn run_anywhere(database: &Database, project: &Project) -> FxHashSet<Crate> {
    let db = &database.db;
    let is_called = |def: ModuleDefId| match def {
        ModuleDefId::MacroId(MacroId::ProcMacroId(id)) => id.lookup(db).kind == ProcMacroKind::Bang,
        _ => false,
    };
    let units = project.units.iter().zip(&database.unit_crates);
    let run =
        units.filter(|(unit, _)| database.macro_server.is_on() && unit.proc_macro_dylib.is_some());
    run.map(|(_, &krate)| krate)
        .filter(|&krate| {
            let mut modules = crate_def_map(db, krate).modules();
            modules.any(|(_, module)| module.scope.declarations().any(is_called))
        })
        .collect()
}

/// The calls among items, and what they made.
fn of_crate(db: &dyn HirDatabase, krate: Crate) -> (Vec<MacroCallId>, Name) {
    let mut calls: Vec<MacroCallId> = Vec::new();
    among_items(db, crate_def_map(db, krate), &mut calls);
    let mut texts: Vec<Name> = Vec::new();
    for &call in &calls {
        let made = call.parse_macro_expansion(db);
        let place = call.loc(db).kind.erased_ast_id().into_raw();
        let (parse, spans) = &made.value;
        // As text: an error also says where, in numbers of this run.
        let failed = made
            .err
            .as_ref()
            .map(|why| why.render_to_string(db).message);
        let mut text = format!("{place} {failed:?} {}", parse.syntax_node().text());
        // Where it says its tokens stand, and whose names they are.
        for (end, span) in spans.iter() {
            let (range, anchor) = (span.range, span.anchor.ast_id.into_raw());
            let transparency = span.ctx.outer_transparency(db);
            let _ = write!(text, " {end:?} {range:?} {anchor} {transparency:?}");
        }
        texts.push(digest(text.as_bytes()));
    }
    // They came out of a hash map.
    texts.sort_unstable();
    (calls, digest(texts.as_flattened()))
}

/// Calls of such macros among the items of modules, impls and traits.
fn among_items(db: &dyn HirDatabase, def_map: &DefMap, calls: &mut Vec<MacroCallId>) {
    let mut add = |call: MacroCallId| {
        if is_of_tree(db, call) {
            calls.push(call);
        }
    };
    for (_, module) in def_map.modules() {
        module.scope.all_macro_calls().for_each(&mut add);
        for id in module.scope.impls() {
            let all = id.impl_items(db).macro_calls();
            all.for_each(|(_, call)| add(call));
        }
        for def in module.scope.declarations() {
            if let ModuleDefId::TraitId(id) = def {
                let all = id.trait_items(db).macro_calls();
                all.for_each(|(_, call)| add(call));
            }
        }
    }
    for (_, module) in def_map.modules() {
        for konst in module.scope.unnamed_consts() {
            for (_, block) in Body::of(db, konst.into()).blocks(db) {
                among_items(db, block, calls);
            }
        }
    }
}

/// Whether a body calls one.
pub(super) fn is_in(db: &dyn HirDatabase, def: DefWithBodyId) -> bool {
    let (body, map) = Body::with_source_map(db, def);
    let mut calls = Vec::new();
    for (_, block) in body.blocks(db) {
        among_items(db, block, &mut calls);
    }
    !calls.is_empty() || map.expansions().any(|(_, &call)| is_of_tree(db, call))
}

fn is_of_tree(db: &dyn HirDatabase, call: MacroCallId) -> bool {
    matches!(call.loc(db).def.kind, MacroDefKind::ProcMacro(..))
}
