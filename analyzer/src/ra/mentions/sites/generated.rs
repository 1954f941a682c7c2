//! Names of the crate for which there is no token of the member's own.

use std::collections::BTreeSet;

use ra_ap_hir_expand::EditionedFileId;
use ra_ap_span::FileId;
use ra_ap_syntax::ast::{self, AstNode};
use whittle_extract::request::Naming;

use super::{Found, of_file, roots};
use crate::ra::mentions::Understanding;

/// Names of the crate that macros of others make: those of `named` (file, offset) that start a
/// call which has no name of ours in it.
pub(in crate::ra::mentions) fn generated(
    on: &Understanding<'_>,
    sites: &[Found],
    named: &BTreeSet<(u32, u32, usize)>,
) -> Vec<Found> {
    let db = &on.database.db;
    let roots = roots(on);
    let mut found = Vec::new();
    for &(file, offset, package) in named {
        let id = EditionedFileId::new(db, FileId::from_raw(file), ra_ap_span::Edition::LATEST);
        let tree = id.parse(db).tree();
        let Some(token) = tree.syntax().token_at_offset(offset.into()).right_biased() else {
            continue;
        };
        let call = token
            .parent_ancestors()
            .filter_map(ast::MacroCall::cast)
            .find(|call| {
                let path = call.path();
                path.is_some_and(|path| u32::from(path.syntax().text_range().start()) == offset)
            });
        let attribute = token.parent_ancestors().find_map(ast::Attr::cast);
        let range = if let Some(call) = call {
            let whole = call.syntax().text_range();
            let named_inside = sites
                .iter()
                .any(|site| site.file == file && whole.contains(site.start.into()));
            if named_inside {
                continue;
            }
            call.path()
                .map_or(token.text_range(), |path| path.syntax().text_range())
        } else if attribute.is_some() {
            token.text_range()
        } else {
            continue;
        };
        found.push(Found {
            file,
            start: range.start().into(),
            end: range.end().into(),
            how: Naming::Generated,
            package,
            roots: of_file(&roots, package, file),
        });
    }
    found
}
