//! Where definitions and tokens stand, as offsets into files.
//!
//! What a macro made stands where the outermost call of it does: nothing else of it is in a file.

use ra_ap_base_db::Crate;
use ra_ap_base_db::SourceDatabase;
use ra_ap_hir_def::item_scope::ImportId;
use ra_ap_hir_def::src::{HasChildSource, HasSource, use_tree_to_ast};
use ra_ap_hir_def::{
    AdtId, ConstId, EnumVariantId, ExternCrateId, FieldId, FunctionId, HasModule, ImplId, Lookup,
    MacroId, ModuleDefId, ModuleId, StaticId, TraitId, TypeAliasId,
};
use ra_ap_hir_expand::{HirFileId, InFile, MacroCallId, MacroCallKind};
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_span::TextSize;
use ra_ap_syntax::ast::{self, AstNode, HasName};
use ra_ap_syntax::{SyntaxKind, SyntaxNode};

use crate::ra::shows::Shown;

/// A byte of a file, by the file's raw number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Spot {
    pub(crate) file: u32,
    pub(crate) offset: u32,
}

/// What can be mentioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Def {
    Module(ModuleId),
    Function(FunctionId),
    Const(ConstId),
    Static(StaticId),
    Adt(AdtId),
    Variant(EnumVariantId),
    Field(FieldId),
    TypeAlias(TypeAliasId),
    Trait(TraitId),
    Macro(MacroId),
    Impl(ImplId),
    /// A leaf of a `use` tree.
    Leaf(ImportId),
    ExternCrate(ExternCrateId),
}

impl From<Shown> for Def {
    fn from(shown: Shown) -> Self {
        match shown {
            Shown::Type(id) => Self::Adt(id),
            Shown::Trait(id) => Self::Trait(id),
        }
    }
}

impl Def {
    pub(crate) fn of(def: ModuleDefId) -> Option<Self> {
        Some(match def {
            ModuleDefId::ModuleId(id) => Self::Module(id),
            ModuleDefId::FunctionId(id) => Self::Function(id),
            ModuleDefId::AdtId(id) => Self::Adt(id),
            ModuleDefId::EnumVariantId(id) => Self::Variant(id),
            ModuleDefId::ConstId(id) => Self::Const(id),
            ModuleDefId::StaticId(id) => Self::Static(id),
            ModuleDefId::TraitId(id) => Self::Trait(id),
            ModuleDefId::TypeAliasId(id) => Self::TypeAlias(id),
            ModuleDefId::MacroId(id) => Self::Macro(id),
            ModuleDefId::BuiltinType(_) => return None,
        })
    }

    pub(crate) fn krate(self, db: &dyn HirDatabase) -> Crate {
        match self {
            Self::Module(id) => id.krate(db),
            Self::Function(id) => id.krate(db),
            Self::Const(id) => id.krate(db),
            Self::Static(id) => id.krate(db),
            Self::Adt(id) => id.krate(db),
            Self::Variant(id) => id.krate(db),
            Self::Field(id) => id.parent.krate(db),
            Self::TypeAlias(id) => id.krate(db),
            Self::Trait(id) => id.krate(db),
            Self::Macro(id) => id.krate(db),
            Self::Impl(id) => id.krate(db),
            Self::Leaf(id) => id.use_.krate(db),
            Self::ExternCrate(id) => id.krate(db),
        }
    }

    /// Where it is named; the root module is nowhere.
    pub(crate) fn spot(self, db: &dyn HirDatabase) -> Option<Spot> {
        match self {
            Self::Module(id) => module(db, id),
            Self::Function(id) => Some(named(db, source(db, id))),
            Self::Const(id) => Some(named(db, source(db, id))),
            Self::Static(id) => Some(named(db, source(db, id))),
            Self::Adt(AdtId::StructId(id)) => Some(named(db, source(db, id))),
            Self::Adt(AdtId::UnionId(id)) => Some(named(db, source(db, id))),
            Self::Adt(AdtId::EnumId(id)) => Some(named(db, source(db, id))),
            Self::Variant(id) => Some(named(db, source(db, id))),
            Self::TypeAlias(id) => Some(named(db, source(db, id))),
            Self::Trait(id) => Some(named(db, source(db, id))),
            Self::Impl(id) => Some(named(db, source(db, id))),
            Self::Macro(MacroId::MacroRulesId(id)) => Some(named(db, source(db, id))),
            Self::Macro(MacroId::Macro2Id(id)) => Some(named(db, source(db, id))),
            Self::Macro(MacroId::ProcMacroId(id)) => Some(named(db, source(db, id))),
            Self::ExternCrate(id) => Some(named(db, source(db, id))),
            Self::Field(id) => field(db, id),
            Self::Leaf(id) => Some(leaf(db, id)),
        }
    }

    /// The file that holds it.
    pub(crate) fn hir_file(self, db: &dyn HirDatabase) -> Option<HirFileId> {
        Some(match self {
            Self::Function(id) => id.lookup(db).id.file_id,
            Self::Const(id) => id.lookup(db).id.file_id,
            Self::Static(id) => id.lookup(db).id.file_id,
            Self::Adt(AdtId::StructId(id)) => id.lookup(db).id.file_id,
            Self::Adt(AdtId::UnionId(id)) => id.lookup(db).id.file_id,
            Self::Adt(AdtId::EnumId(id)) => id.lookup(db).id.file_id,
            Self::TypeAlias(id) => id.lookup(db).id.file_id,
            Self::Trait(id) => id.lookup(db).id.file_id,
            Self::Impl(id) => id.lookup(db).id.file_id,
            Self::Macro(MacroId::MacroRulesId(id)) => id.lookup(db).id.file_id,
            Self::Macro(MacroId::Macro2Id(id)) => id.lookup(db).id.file_id,
            Self::Leaf(id) => id.use_.lookup(db).id.file_id,
            Self::ExternCrate(id) => id.lookup(db).id.file_id,
            Self::Module(id) => id.def_map(db)[id].origin.declaration()?.file_id,
            _ => return None,
        })
    }
}

fn source<L: HasSource>(db: &dyn HirDatabase, id: impl Lookup<Data = L>) -> InFile<SyntaxNode> {
    id.lookup(db).source(db).map(|node| node.syntax().clone())
}

/// A name, or the keyword `impl`.
fn named(db: &dyn HirDatabase, node: InFile<SyntaxNode>) -> Spot {
    let InFile { file_id, value } = node;
    spot(db, InFile::new(file_id, name_offset(&value)))
}

fn name_offset(node: &SyntaxNode) -> TextSize {
    let token = node.children_with_tokens().find(|child| {
        matches!(
            child.kind(),
            SyntaxKind::NAME | SyntaxKind::NAME_REF | SyntaxKind::IMPL_KW
        )
    });
    // A const without a name.
    let token = token.or_else(|| {
        node.children_with_tokens()
            .find(|child| child.kind() == SyntaxKind::UNDERSCORE)
    });
    token.map_or(node.text_range().start(), |child| {
        child.text_range().start()
    })
}

fn module(db: &dyn HirDatabase, id: ModuleId) -> Option<Spot> {
    let declaration = id.def_map(db)[id].origin.declaration()?;
    let node: ast::Module = declaration.to_node(db);
    let name = node.name()?.syntax().text_range().start();
    Some(spot(db, InFile::new(declaration.file_id, name)))
}

fn field(db: &dyn HirDatabase, id: FieldId) -> Option<Spot> {
    let sources = id.parent.child_source(db);
    let field = sources.value.get(id.local_id)?;
    let offset = match field {
        either::Either::Left(tuple) => tuple.ty()?.syntax().text_range().start(),
        either::Either::Right(record) => record.name()?.syntax().text_range().start(),
    };
    Some(spot(db, InFile::new(sources.file_id, offset)))
}

fn leaf(db: &dyn HirDatabase, id: ImportId) -> Spot {
    let ast_id = id.use_.lookup(db).id;
    let tree = use_tree_to_ast(db, ast_id, id.idx);
    spot(db, InFile::new(ast_id.file_id, leaf_offset(&tree)))
}

/// The last name of the leaf's path, or its star.
fn leaf_offset(tree: &ast::UseTree) -> TextSize {
    if let Some(star) = tree.star_token() {
        return star.text_range().start();
    }
    let segment = tree.path().and_then(|path| path.segment());
    segment.map_or(tree.syntax().text_range().start(), |segment| {
        segment.syntax().text_range().start()
    })
}

/// An offset of real text as it is; one of an expansion at its outermost call.
pub(crate) fn spot(db: &dyn SourceDatabase, at: InFile<TextSize>) -> Spot {
    match at.file_id {
        HirFileId::FileId(file) => Spot {
            file: file.file_id(db).index(),
            offset: at.value.into(),
        },
        HirFileId::MacroFile(call) => call_spot(db, outermost(db, call)),
    }
}

pub(crate) fn outermost(db: &dyn SourceDatabase, mut call: MacroCallId) -> MacroCallId {
    while let HirFileId::MacroFile(parent) = call.loc(db).kind.file_id() {
        call = parent;
    }
    call
}

/// Where a call in real text starts: its path, the derive's name, the attribute.
pub(crate) fn call_spot(db: &dyn SourceDatabase, call: MacroCallId) -> Spot {
    let loc = call.loc(db);
    let offset = match &loc.kind {
        MacroCallKind::FnLike { ast_id, .. } => {
            let node = ast_id.to_node(db);
            let path = node.path().map(|path| path.syntax().text_range());
            path.unwrap_or_else(|| node.syntax().text_range()).start()
        }
        MacroCallKind::Derive {
            ast_id,
            derive_attr_index,
            derive_index,
            ..
        } => derive_attr_index
            .find_derive_range(db, loc.krate, *ast_id, *derive_index)
            .start(),
        MacroCallKind::Attr { .. } => loc.kind.original_call_range(db, loc.krate).range.start(),
    };
    match loc.kind.file_id() {
        HirFileId::FileId(file) => Spot {
            file: file.file_id(db).index(),
            offset: offset.into(),
        },
        HirFileId::MacroFile(parent) => call_spot(db, outermost(db, parent)),
    }
}
