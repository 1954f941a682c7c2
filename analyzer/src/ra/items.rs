//! Every item of a crate: what the totals count.
//!
//! Items nested in bodies are found by looking at the text first: a body is only lowered when
//! an item stands in it, or a macro is called that may make an impl ([`makers`]), so that totals do
//! not depend on what is used and cost little.

mod derives;
pub(crate) mod makers;
mod uncalled;

use std::sync::Arc;

use ra_ap_base_db::Crate;
use ra_ap_hir_def::expr_store::Body;
use ra_ap_hir_def::nameres::{DefMap, crate_def_map};
use ra_ap_hir_def::signatures::FunctionSignature;
use ra_ap_hir_def::src::HasSource;
use ra_ap_hir_def::visibility::Visibility;
use ra_ap_hir_def::{
    AdtId, AssocItemId, BuiltinDeriveImplId, DefWithBodyId, FunctionId, HasModule, ImplId,
    ItemContainerId, Lookup, MacroId, ModuleDefId, ModuleId, StaticId, TraitId,
};
use ra_ap_hir_expand::InFile;
use ra_ap_hir_expand::name::AsName;
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_syntax::SyntaxNode;
use ra_ap_syntax::ast::{self, AstNode, HasName};
use rustc_hash::{FxHashMap, FxHashSet};

pub(crate) use self::derives::derive_index;
use self::makers::{Known, Makers};
use self::uncalled::{attribute_of, has_attr, uncalled};
use super::fingerprint;
use super::green::{self, Met};
use super::path;
use super::span::{self, Place, Standing};
use crate::model::{Fingerprint, ItemKind};

/// What an item is in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Definition {
    Function(FunctionId),
    Derive(BuiltinDeriveImplId, u8),
    Static(StaticId),
    Other(ModuleDefId),
    /// An item that an earlier run found and that is not listed: its number in the memo.
    Kept(u32),
}

#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) def: Definition,
    pub(crate) path: String,
    pub(crate) kind: ItemKind,
    pub(crate) standing: Standing,
    pub(crate) is_unsafe: bool,
    pub(crate) unsafe_blocks: u32,
    pub(crate) is_public: bool,
    /// Runs without being called: why.
    pub(crate) uncalled: Option<&'static str>,
    /// `#[test]` or `#[bench]`.
    pub(crate) is_test: bool,
    /// Stands in a body, or in a macro in it: nameable only there.
    pub(crate) nested: bool,
    pub(crate) fingerprint: Fingerprint,
}

/// What a crate contains.
pub(crate) struct Listing {
    pub(crate) rows: Vec<Row>,
    /// Trait impls that stand in bodies. rust-analyzer sees them there only; the compiler
    /// applies them everywhere.
    pub(crate) inner_impls: Vec<ImplId>,
    pub(crate) unsafe_impls: Vec<UnsafeImpl>,
}

/// An `unsafe impl` that stands in a module, or in a const of one (`const _: () = { … };`).
pub(crate) struct UnsafeImpl {
    pub(crate) id: ImplId,
    pub(crate) standing: Standing,
    pub(crate) fingerprint: Fingerprint,
}

/// Lists the items of `krate`.
pub(crate) fn of_crate(db: &dyn HirDatabase, krate: Crate, makers: &Makers) -> Listing {
    let exported = super::visible::exported(db, krate);
    let mut list = Lister::new(db, exported, makers.of(db, krate));
    list.def_map(crate_def_map(db, krate), false);
    Listing {
        rows: list.rows,
        inner_impls: list.inner_impls,
        unsafe_impls: list.unsafe_impls,
    }
}

/// The row of a function that no lister met: one that a macro in a body makes.
pub(crate) fn of_function(db: &dyn HirDatabase, function: FunctionId) -> Option<Row> {
    let mut list = Lister::new(db, FxHashSet::default(), Arc::default());
    let prefix = prefix(db, function)?;
    list.function(function, &prefix, false, true);
    // Items nested in it follow.
    list.rows.into_iter().next()
}

/// Of such a row only the path; `None`: it has no body.
pub(crate) fn path_of(db: &dyn HirDatabase, function: FunctionId) -> Option<String> {
    let signature = FunctionSignature::of(db, function);
    let prefix = prefix(db, function).filter(|_| signature.has_body())?;
    Some(format!("{prefix}::{}", path::text(&signature.name)))
}

/// And only the place.
pub(crate) fn place_of(db: &dyn HirDatabase, function: FunctionId) -> Place {
    let source = function.lookup(db).source(db);
    span::of_item(db, source.as_ref().map(AstNode::syntax)).place
}

/// The path of what a function with a body stands in.
fn prefix(db: &dyn HirDatabase, function: FunctionId) -> Option<String> {
    Some(match function.loc(db).container {
        ItemContainerId::ImplId(id) => path::impl_(db, id),
        ItemContainerId::TraitId(id) => path::trait_(db, id),
        ItemContainerId::ModuleId(id) => path::module(db, id),
        ItemContainerId::ExternBlockId(_) => return None,
    })
}

struct Lister<'db> {
    db: &'db dyn HirDatabase,
    exported: FxHashSet<ModuleDefId>,
    makers: Arc<Known>,
    rows: Vec<Row>,
    modules: FxHashMap<ModuleId, String>,
    inner_impls: Vec<ImplId>,
    unsafe_impls: Vec<UnsafeImpl>,
}

impl<'db> Lister<'db> {
    fn new(db: &'db dyn HirDatabase, exported: FxHashSet<ModuleDefId>, makers: Arc<Known>) -> Self {
        Self {
            db,
            exported,
            makers,
            rows: Vec::new(),
            modules: FxHashMap::default(),
            inner_impls: Vec::new(),
            unsafe_impls: Vec::new(),
        }
    }

    fn def_map(&mut self, def_map: &'db DefMap, nested: bool) {
        for (module, data) in def_map.modules() {
            for def in data.scope.declarations() {
                self.declaration(module, def, nested);
            }
            for id in data.scope.impls() {
                self.impl_(id, nested);
            }
            for id in data.scope.builtin_derive_impls() {
                self.derive(id, nested);
            }
            for id in data.scope.unnamed_consts() {
                self.blocks(DefWithBodyId::ConstId(id), nested);
            }
        }
    }

    fn module_path(&mut self, module: ModuleId) -> String {
        self.modules
            .entry(module)
            .or_insert_with(|| path::module(self.db, module))
            .clone()
    }

    fn declaration(&mut self, module: ModuleId, def: ModuleDefId, nested: bool) {
        let db = self.db;
        match def {
            ModuleDefId::FunctionId(id) => {
                let is_public = self.exported.contains(&def);
                let prefix = self.module_path(module);
                self.function(id, &prefix, is_public, nested);
            }
            ModuleDefId::TraitId(id) => {
                self.other(def, ItemKind::Trait, node(db, id), nested);
                self.trait_items(id, nested);
            }
            ModuleDefId::AdtId(AdtId::StructId(id)) => {
                self.other(def, ItemKind::Struct, node(db, id), nested);
            }
            ModuleDefId::AdtId(AdtId::EnumId(id)) => {
                self.other(def, ItemKind::Enum, node(db, id), nested);
            }
            ModuleDefId::AdtId(AdtId::UnionId(id)) => {
                self.other(def, ItemKind::Union, node(db, id), nested);
            }
            ModuleDefId::TypeAliasId(id) => {
                self.other(def, ItemKind::TypeAlias, node(db, id), nested);
            }
            ModuleDefId::ConstId(id) => {
                self.value(def, ItemKind::Const, node(db, id), id.into(), nested);
            }
            ModuleDefId::StaticId(id) => {
                self.value(def, ItemKind::Static, node(db, id), id.into(), nested);
            }
            ModuleDefId::MacroId(MacroId::Macro2Id(id)) => {
                self.other(def, ItemKind::Macro, node(db, id), nested);
            }
            ModuleDefId::MacroId(MacroId::MacroRulesId(id)) => {
                self.other(def, ItemKind::Macro, node(db, id), nested);
            }
            _ => {}
        }
    }

    /// A const or static, and what stands in its initializer.
    fn value(
        &mut self,
        def: ModuleDefId,
        kind: ItemKind,
        source: InFile<SyntaxNode>,
        body: DefWithBodyId,
        nested: bool,
    ) {
        // The item's own node is one of the kinds that are looked for.
        let inner = source
            .value
            .children()
            .any(|child| may_have_items(&child, &self.makers));
        self.other(def, kind, source, nested);
        if inner {
            self.blocks(body, nested);
        }
    }

    fn trait_items(&mut self, id: TraitId, nested: bool) {
        let is_public = self.exported.contains(&id.into());
        let prefix = path::trait_(self.db, id);
        for (_, item) in &id.trait_items(self.db).items {
            if let AssocItemId::FunctionId(function) = *item {
                self.function(function, &prefix, is_public, nested);
            }
        }
    }

    fn impl_(&mut self, id: ImplId, nested: bool) {
        if !nested {
            self.unsafe_impl(id);
        }
        let prefix = path::impl_(self.db, id);
        let of_trait = self.db.impl_trait(id).is_some();
        if of_trait && id.module(self.db).block(self.db).is_some() {
            self.inner_impls.push(id);
        }
        let public_type = !of_trait && self.self_type_exported(id);
        for (_, item) in &id.impl_items(self.db).items {
            if let AssocItemId::FunctionId(function) = *item {
                let is_public = public_type
                    && AssocItemId::FunctionId(function).assoc_visibility(self.db)
                        == Visibility::Public;
                self.function(function, &prefix, is_public, nested);
            }
        }
    }

    fn unsafe_impl(&mut self, id: ImplId) {
        let source: InFile<ast::Impl> = id.lookup(self.db).source(self.db);
        if source.value.unsafe_token().is_some() {
            let node = source.map(|node| node.syntax().clone());
            self.unsafe_impls.push(UnsafeImpl {
                id,
                standing: span::of_item(self.db, node.as_ref()),
                fingerprint: fingerprint::of_node(&node.value),
            });
        }
    }

    fn self_type_exported(&self, id: ImplId) -> bool {
        use ra_ap_hir_ty::next_solver::TyKind;
        use ra_ap_rustc_type_ir::inherent::IntoKind;
        let self_ty = self
            .db
            .impl_self_ty(id)
            .instantiate_identity()
            .skip_norm_wip();
        match self_ty.kind() {
            TyKind::Adt(adt, _) => self.exported.contains(&adt.def_id().into()),
            _ => true,
        }
    }

    fn function(&mut self, id: FunctionId, prefix: &str, is_public: bool, nested: bool) {
        // Read off the syntax: rust-analyzer's signature would be kept, of each function that there
        // is, with all the types that it names.
        let container = id.loc(self.db).container;
        if matches!(container, ItemContainerId::ExternBlockId(_)) {
            return;
        }
        let source = id.lookup(self.db).source(self.db);
        let (Some(name), Some(body)) = (source.value.name(), source.value.body()) else {
            return;
        };
        let standing = span::of_item(self.db, source.as_ref().map(AstNode::syntax));
        let kind = match container {
            ItemContainerId::ImplId(_) | ItemContainerId::TraitId(_) if has_self(&source.value) => {
                ItemKind::Method
            }
            ItemContainerId::ImplId(_) | ItemContainerId::TraitId(_) => {
                ItemKind::AssociatedFunction
            }
            _ => ItemKind::Function,
        };
        self.rows.push(Row {
            def: Definition::Function(id),
            path: format!("{prefix}::{}", path::text(&name.as_name())),
            kind,
            standing,
            is_unsafe: source.value.unsafe_token().is_some(),
            unsafe_blocks: span::unsafe_blocks(body.syntax()),
            is_public,
            uncalled: uncalled(&source.value).or_else(|| attribute_of(self.db, source.file_id)),
            is_test: has_attr(&source.value, &["test", "bench"]),
            nested,
            fingerprint: fingerprint::of_node(source.value.syntax()),
        });
        if may_have_items(body.syntax(), &self.makers) {
            self.blocks(DefWithBodyId::FunctionId(id), true);
        }
    }

    fn other(
        &mut self,
        def: ModuleDefId,
        kind: ItemKind,
        source: InFile<SyntaxNode>,
        nested: bool,
    ) {
        let db = self.db;
        let (module, name) = match def {
            ModuleDefId::MacroId(id) => match ast::MacroRules::cast(source.value.clone()) {
                Some(node) => match node.name() {
                    Some(name) => (path::macro_module(db, id), name.text().to_string()),
                    None => return,
                },
                None => return,
            },
            def => match path::def(db, def) {
                Some(found) => found,
                None => return,
            },
        };
        let prefix = self.module_path(module);
        let uncalled = ast::Static::cast(source.value.clone())
            .and_then(|node| uncalled(&node).or_else(|| attribute_of(db, source.file_id)));
        self.rows.push(Row {
            def: match def {
                ModuleDefId::StaticId(id) => Definition::Static(id),
                def => Definition::Other(def),
            },
            path: format!("{prefix}::{name}"),
            kind,
            standing: span::of_item(db, source.as_ref()),
            is_unsafe: false,
            unsafe_blocks: 0,
            is_public: self.exported.contains(&def),
            uncalled,
            is_test: false,
            nested,
            fingerprint: fingerprint::of_node(&source.value),
        });
    }

    /// Items in the blocks of a body.
    fn blocks(&mut self, def: DefWithBodyId, nested: bool) {
        let body = Body::of(self.db, def);
        for (_, def_map) in body.blocks(self.db) {
            self.def_map(def_map, nested);
        }
    }
}

pub(crate) fn node<L: HasSource>(
    db: &dyn HirDatabase,
    id: impl Lookup<Data = L>,
) -> InFile<SyntaxNode> {
    id.lookup(db).source(db).map(|node| node.syntax().clone())
}

fn adt_node(db: &dyn HirDatabase, adt: AdtId) -> InFile<SyntaxNode> {
    match adt {
        AdtId::StructId(id) => node(db, id),
        AdtId::UnionId(id) => node(db, id),
        AdtId::EnumId(id) => node(db, id),
    }
}

fn has_self(function: &ast::Fn) -> bool {
    let params = function.param_list();
    params.is_some_and(|params| params.self_param().is_some())
}

/// Whether an item other than `use` stands below `node`, or may be made there.
fn may_have_items(node: &SyntaxNode, makers: &Known) -> bool {
    use ra_ap_syntax::SyntaxKind::{CONST, ENUM, FN, IMPL, MODULE, STATIC, STRUCT, TRAIT, UNION};
    let stands_there = |met: Met<'_>| {
        matches!(
            met,
            Met::Node(FN | IMPL | TRAIT | STRUCT | ENUM | UNION | MODULE | STATIC | CONST)
        )
    };
    green::any(node, stands_there) || makers.may_make(node)
}
