//! Leaves of `use` trees: what each names, and the chains of them that a name goes through.

use ra_ap_hir_def::item_scope::{ImportId, ImportOrExternCrate};
use ra_ap_hir_def::per_ns::PerNs;
use ra_ap_hir_def::resolver::HasResolver;
use ra_ap_hir_def::src::HasChildSource;
use ra_ap_hir_def::{Lookup, ModuleDefId};
use ra_ap_hir_expand::mod_path::{ModPath, PathKind};
use ra_ap_hir_expand::name::Name;
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_syntax::ast::{self, AstNode};

/// How many imports of imports are followed.
const LONGEST: usize = 32;

/// What a leaf says.
pub(super) struct Leaf {
    pub(super) path: ModPath,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    /// `a::{self}`
    Itself,
    Glob,
}

pub(super) fn leaf_of(import: ImportOrExternCrate) -> Option<ImportId> {
    match import {
        ImportOrExternCrate::Import(id) => Some(id),
        ImportOrExternCrate::Glob(id) => Some(ImportId {
            use_: id.use_,
            idx: id.idx,
        }),
        ImportOrExternCrate::ExternCrate(_) => None,
    }
}

/// The path of a leaf as it is looked up: in edition 2015 from the crate's root.
pub(super) fn path(db: &dyn HirDatabase, id: ImportId) -> Option<Leaf> {
    let loc = id.use_.lookup(db);
    let trees = id.use_.child_source(db);
    let tree = trees.value.get(id.idx)?;
    let span_map = loc.id.file_id.span_map(db);
    let mut context = |range| span_map.span_for_range(range).ctx;
    let path = whole_path(db, tree, &mut context)?;
    let is_2015 = !loc.container.def_map(db).edition().at_least_2018();
    let path = if is_2015 && matches!(path.kind, PathKind::Plain | PathKind::Abs) {
        let from_root = |count: usize| {
            let segments = path.segments().iter().take(count).cloned();
            ModPath::from_segments(PathKind::Crate, segments)
        };
        let resolver = loc.container.resolver(db);
        let first = resolver.resolve_module_path_in_items(db, &from_root(1));
        if first.is_none() {
            path
        } else {
            from_root(path.segments().len())
        }
    } else {
        path
    };
    let kind = if tree.star_token().is_some() {
        Kind::Glob
    } else if ends_in_self(tree) {
        Kind::Itself
    } else {
        Kind::Name
    };
    Some(Leaf { path, kind })
}

/// All leaves by which `name` came in by `import`: an import may find what another brought.
pub(super) fn chain(
    db: &dyn HirDatabase,
    import: ImportOrExternCrate,
    name: &Name,
    entry: impl Fn(PerNs) -> Option<ImportOrExternCrate>,
) -> Vec<ImportOrExternCrate> {
    let mut found = vec![import];
    let mut name = name.clone();
    while found.len() < LONGEST {
        let Some(next) = next(db, found[found.len() - 1], &mut name, &entry) else {
            break;
        };
        if found.contains(&next) {
            break;
        }
        found.push(next);
    }
    found
}

fn next(
    db: &dyn HirDatabase,
    import: ImportOrExternCrate,
    name: &mut Name,
    entry: &impl Fn(PerNs) -> Option<ImportOrExternCrate>,
) -> Option<ImportOrExternCrate> {
    let id = leaf_of(import)?;
    let Leaf { mut path, kind } = path(db, id)?;
    match kind {
        Kind::Glob => {}
        Kind::Name => *name = path.pop_segment()?,
        Kind::Itself => return None,
    }
    let resolver = id.use_.lookup(db).container.resolver(db);
    let module = if path.segments().is_empty() && path.kind == PathKind::Plain {
        // A crate's name, or one of the same scope.
        return None;
    } else {
        resolver.resolve_module_path_in_items(db, &path).types?.def
    };
    let ModuleDefId::ModuleId(module) = module else {
        return None;
    };
    entry(module.def_map(db)[module].scope.get(name))
}

/// The path of a leaf, with what stands before the braces around it.
fn whole_path(
    db: &dyn HirDatabase,
    tree: &ast::UseTree,
    context: &mut dyn FnMut(ra_ap_span::TextRange) -> ra_ap_span::SyntaxContext,
) -> Option<ModPath> {
    let mut parts = Vec::new();
    let mut current = Some(tree.clone());
    while let Some(tree) = current {
        if let Some(path) = tree.path() {
            parts.push(ModPath::from_src(db, path, context)?);
        } else if tree.coloncolon_token().is_some() {
            parts.push(ModPath::from_kind(PathKind::Abs));
        }
        current = tree
            .syntax()
            .ancestors()
            .skip(1)
            .find_map(ast::UseTree::cast);
    }
    parts.reverse();
    let mut parts = parts.into_iter();
    let mut whole = parts.next()?;
    for part in parts {
        for segment in part.segments() {
            whole.push_segment(segment.clone());
        }
    }
    Some(whole)
}

/// `use a::{self}`
fn ends_in_self(tree: &ast::UseTree) -> bool {
    tree.path()
        .and_then(|path| path.segment())
        .is_some_and(|segment| segment.self_token().is_some())
}
