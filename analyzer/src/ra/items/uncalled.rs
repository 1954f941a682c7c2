//! Attributes by which something runs that nothing calls.

use ra_ap_hir_expand::{HirFileId, MacroCallKind};
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_syntax::ast::{AstNode, HasAttrs};

/// Attributes that make the linker or the runtime reach an item that nothing names.
const UNCALLED: [&str; 8] = [
    "no_mangle",
    "export_name",
    "used",
    "link_section",
    "global_allocator",
    "panic_handler",
    "alloc_error_handler",
    "lang",
];

pub(super) fn uncalled(node: &impl HasAttrs) -> Option<&'static str> {
    UNCALLED.into_iter().find(|name| has_attr(node, &[name]))
}

/// `#[global_allocator]` is itself a macro: what it expands to no longer bears it.
pub(super) fn attribute_of(db: &dyn HirDatabase, file: HirFileId) -> Option<&'static str> {
    let HirFileId::MacroFile(call) = file else {
        return None;
    };
    let loc = call.loc(db);
    let MacroCallKind::Attr {
        ast_id,
        censored_attr_ids,
        ..
    } = &loc.kind
    else {
        return None;
    };
    let (attribute, _) = censored_attr_ids
        .invoc_attr()
        .find_attr_range(db, loc.krate, *ast_id);
    let text = attribute.syntax().text().to_string();
    UNCALLED.into_iter().find(|name| text.contains(name))
}

/// Also inside `unsafe(…)` and `cfg_attr(…, …)`: naming it there is enough to be careful.
pub(super) fn has_attr(node: &impl HasAttrs, names: &[&str]) -> bool {
    node.attrs().any(|attr| {
        attr.syntax()
            .descendants_with_tokens()
            .filter_map(ra_ap_syntax::NodeOrToken::into_token)
            .filter(|token| token.kind() == ra_ap_syntax::SyntaxKind::IDENT)
            .any(|token| names.contains(&token.text()))
    })
}
