//! What macros of the tree made of closed crates' text, when they were run.
//!
//! A model makes the same of the same. A program may do as it likes: read a file, ask the
//! clock. So what was made between items, which every run has in hand, is compared as a whole;
//! and what stands in macro calls within bodies, which is only made when the body is read, is
//! not kept.

use ra_ap_base_db::Crate;
use ra_ap_hir_def::DefWithBodyId;
use ra_ap_hir_def::expr_store::Body;
use ra_ap_hir_def::nameres::crate_def_map;
use ra_ap_hir_expand::{MacroCallId, MacroDefKind};
use ra_ap_ide_db::RootDatabase;
use rustc_hash::FxHashSet;

use super::spell::{Name, digest};
use crate::ra::database::Database;
use crate::ra::engine::Workers;

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

/// The calls between items, and what they made.
fn of_crate(db: &RootDatabase, krate: Crate) -> (Vec<MacroCallId>, Name) {
    let mut calls: Vec<MacroCallId> = Vec::new();
    let mut texts: Vec<Name> = Vec::new();
    for (_, module) in crate_def_map(db, krate).modules() {
        for call in module.scope.all_macro_calls() {
            if is_of_tree(db, call) {
                let made = call.parse_macro_expansion(db);
                let place = call.loc(db).kind.erased_ast_id().into_raw();
                let text = made.value.0.syntax_node().text().to_string();
                texts.push(digest(format!("{place} {:?} {text}", made.err).as_bytes()));
                calls.push(call);
            }
        }
    }
    // They came out of a hash map.
    texts.sort_unstable();
    (calls, digest(texts.as_flattened()))
}

/// Whether a body calls one.
pub(super) fn is_in(db: &RootDatabase, def: DefWithBodyId) -> bool {
    let (_, map) = Body::with_source_map(db, def);
    map.expansions().any(|(_, &call)| is_of_tree(db, call))
}

fn is_of_tree(db: &RootDatabase, call: MacroCallId) -> bool {
    matches!(call.loc(db).def.kind, MacroDefKind::ProcMacro(..))
}
