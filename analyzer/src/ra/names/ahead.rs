//! Parsing files before name resolution comes to them.
//!
//! Follows `mod name;` by the text alone, as far as the cfgs are plain to see. A file that is
//! missed is parsed later, one too many was parsed in vain: neither changes an answer.

use ra_ap_base_db::{AnchoredPath, Crate, EditionedFileId, SourceDatabase};
use ra_ap_cfg::CfgExpr;
use ra_ap_hir_def::item_tree::file_item_tree;
use ra_ap_ide_db::RootDatabase;
use ra_ap_syntax::ast::{self, AstNode, AstToken, HasAttrs, HasModuleItem, HasName};

/// A file of a crate's module tree.
pub(super) struct File {
    pub(super) krate: Crate,
    id: EditionedFileId,
    /// Where the files of its modules are, relative to its own folder: empty or with a `/`.
    folder: String,
}

impl File {
    pub(super) fn root(db: &RootDatabase, krate: Crate) -> Self {
        Self {
            krate,
            id: krate.root_file_id(db),
            folder: String::new(),
        }
    }

    /// Parses it and says which files it leads to.
    pub(super) fn read(&self, db: &RootDatabase) -> Vec<Self> {
        file_item_tree(db, self.id.into(), self.krate);
        let mut below = Vec::new();
        let items = self.id.parse(db).tree().items();
        self.modules(db, items, &self.folder, &mut below);
        below
    }

    fn modules(
        &self,
        db: &RootDatabase,
        items: ast::AstChildren<ast::Item>,
        folder: &str,
        below: &mut Vec<Self>,
    ) {
        for item in items {
            let ast::Item::Module(module) = item else {
                continue;
            };
            let Some(name) = module.name() else { continue };
            if !self.is_on(db, &module) {
                continue;
            }
            let name = name.text();
            let name = name.strip_prefix("r#").unwrap_or(name);
            if let Some(list) = module.item_list() {
                self.modules(db, list.items(), &format!("{folder}{name}/"), below);
                continue;
            }
            let candidates = match path_attribute(&module) {
                // Within an inline module it is relative to something else.
                Some(_) if folder != self.folder => continue,
                Some(path) => vec![(path, String::new())],
                None => vec![
                    (format!("{folder}{name}.rs"), format!("{name}/")),
                    (format!("{folder}{name}/mod.rs"), String::new()),
                ],
            };
            let anchor = self.id.file_id(db);
            let found = candidates.into_iter().find_map(|(path, folder)| {
                let path = AnchoredPath {
                    anchor,
                    path: &path,
                };
                Some((db.resolve_path(path)?, folder))
            });
            below.extend(found.map(|(id, folder)| Self {
                krate: self.krate,
                id: EditionedFileId::new(db, id, self.id.edition(db)),
                folder,
            }));
        }
    }

    fn is_on(&self, db: &RootDatabase, module: &ast::Module) -> bool {
        module.attrs().all(|attr| match attr.meta() {
            Some(ast::Meta::CfgMeta(meta)) => meta.cfg_predicate().is_none_or(|predicate| {
                let condition = CfgExpr::parse_from_ast(predicate);
                self.krate.cfg_options(db).check(&condition) != Some(false)
            }),
            _ => true,
        })
    }
}

/// The value of `#[path = "…"]`.
fn path_attribute(module: &ast::Module) -> Option<String> {
    module.attrs().find_map(|attr| {
        let Some(ast::Meta::KeyValueMeta(meta)) = attr.meta() else {
            return None;
        };
        if meta.path()?.syntax().text() != "path" {
            return None;
        }
        let Some(ast::Expr::Literal(literal)) = meta.expr() else {
            return None;
        };
        let text = ast::String::cast(literal.token())?;
        Some(text.value().ok()?.into_owned())
    })
}
