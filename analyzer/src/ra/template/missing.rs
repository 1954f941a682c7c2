//! What of a body is not there: expressions and macros.

use ra_ap_hir_expand::MacroDefKind;
use rustc_hash::FxHashSet;

use super::{Hole, Walk};
use crate::ra::{parsed, span};

impl Walk<'_, '_> {
    /// The `macro_rules!` that the body calls.
    pub(super) fn called_macros(&mut self) {
        let mut seen = FxHashSet::default();
        for (_, &call) in self.source_map.expansions() {
            if let MacroDefKind::Declarative(id, _) = call.loc(self.db).def.kind
                && seen.insert(id)
            {
                self.out.macros.push(id.erase());
            }
        }
    }

    pub(super) fn unresolved_macros(&mut self) {
        use ra_ap_hir_def::expr_store::ExpressionStoreDiagnostics as Diagnostic;
        let diagnostics = self.source_map.diagnostics();
        let off = diagnostics
            .iter()
            .filter(|one| matches!(one, Diagnostic::InactiveCode { .. }));
        if self.missing > off.count() {
            // Not switched off by a cfg: a macro that recursed too deep, or text that is no
            // expression.
            self.out.holes.push(Hole {
                reason: "expression missing",
                name: None,
                line: 0,
            });
        }
        for diagnostic in diagnostics {
            if let Diagnostic::UnresolvedMacroCall { path, .. } = diagnostic {
                let name = path.segments().last().map(|name| name.as_str().to_owned());
                self.out.holes.push(Hole {
                    reason: "macro not found",
                    name,
                    line: 0,
                });
            }
        }
        for (_, &call) in self.source_map.expansions() {
            if parsed::is_incomplete(self.db, call) {
                let name = span::macro_name(self.db, call);
                self.out.holes.push(Hole {
                    reason: "macro not expanded",
                    name,
                    line: 0,
                });
            }
        }
    }
}
