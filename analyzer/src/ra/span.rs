//! Where things stand, as the compiler's debug information says it (DESIGN §6): the line of an
//! item's first token, in the macro's definition when a `macro_rules!` wrote that token.

use ra_ap_base_db::SourceDatabase;
use ra_ap_hir_def::src::HasSource;
use ra_ap_hir_def::{DefWithBodyId, Lookup};
use ra_ap_hir_expand::{
    FileRange, HirFileId, InFile, MacroCallId, MacroCallKind, MacroDefKind, resolve_span,
};
use ra_ap_span::{FileId, TextRange, TextSize};
use ra_ap_syntax::ast::AstNode;
use ra_ap_syntax::{NodeOrToken, SyntaxKind, SyntaxNode};

use super::green::{self, Met};
use crate::model::Origin;

/// A line of a file; 1-based.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) file: FileId,
    pub(crate) line: u32,
}

/// Where an item stands and who wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Standing {
    pub(crate) place: Place,
    /// Where the outermost macro was called, when one made the item.
    pub(crate) call: Option<Place>,
    pub(crate) origin: Origin,
    pub(crate) lines: u32,
}

/// Bytes of a function as it is written; 0 for what macros made, and for what is no function.
pub(crate) fn length(db: &dyn SourceDatabase, def: DefWithBodyId) -> u32 {
    let DefWithBodyId::FunctionId(id) = def else {
        return 0;
    };
    let pointer = match id.lookup(db).id.file_id {
        HirFileId::FileId(_) => id.lookup(db).ast_ptr(db),
        HirFileId::MacroFile(_) => return 0,
    };
    pointer.value.syntax_node_ptr().text_range().len().into()
}

/// The place of `node` as its first token that is no attribute, comment or space.
pub(crate) fn of_item(db: &dyn SourceDatabase, node: InFile<&SyntaxNode>) -> Standing {
    let start = first_token(node.value);
    match node.file_id {
        HirFileId::FileId(file) => {
            let file = file.file_id(db);
            let first = line(db, file, start);
            let last = line(db, file, node.value.text_range().end());
            Standing {
                place: Place { file, line: first },
                call: None,
                origin: Origin::Source,
                lines: last.saturating_sub(first) + 1,
            }
        }
        HirFileId::MacroFile(call) => {
            let span = call.expansion_span_map(db).span_at(start);
            let range = resolve_span(db, span);
            let file = range.file_id.file_id(db);
            let first = line(db, file, range.range.start());
            if let Some(place) = written_by_proc_macro(db, call, range) {
                let newlines = node.value.text().to_string().matches('\n').count();
                return Standing {
                    place,
                    call: Some(place),
                    origin: origin(db, call),
                    lines: u32::try_from(newlines).unwrap_or(0) + 1,
                };
            }
            if span.ctx.is_root() {
                // Handed through by the macro: the text is the caller's own.
                let end = call
                    .expansion_span_map(db)
                    .span_at(node.value.text_range().end() - TextSize::from(1));
                let end = resolve_span(db, end);
                let last = if end.file_id == range.file_id {
                    line(db, file, end.range.end())
                } else {
                    first
                };
                let place = Place { file, line: first };
                return Standing {
                    place,
                    call: None,
                    origin: Origin::Source,
                    lines: last.saturating_sub(first) + 1,
                };
            }
            let newlines = node.value.text().to_string().matches('\n').count();
            Standing {
                place: Place { file, line: first },
                call: Some(call_place(db, call)),
                origin: origin(db, call),
                lines: u32::try_from(newlines).unwrap_or(0) + 1,
            }
        }
    }
}

/// A token that a proc macro wrote by itself stands at the macro's call: at the derive's name,
/// the attribute or the call.
fn written_by_proc_macro(
    db: &dyn SourceDatabase,
    call: MacroCallId,
    range: FileRange,
) -> Option<Place> {
    let loc = call.loc(db);
    if !matches!(loc.def.kind, MacroDefKind::ProcMacro(..)) {
        return None;
    }
    let input = loc.kind.original_call_range_with_input(db);
    let attribute = loc.kind.original_call_range(db, loc.krate);
    let handed_through = range.file_id == input.file_id
        && input.range.contains_range(range.range)
        && !attribute.range.contains_range(range.range);
    let bang = matches!(loc.kind, MacroCallKind::FnLike { .. });
    (!(handed_through
        || bang && range.file_id == input.file_id && input.range.contains_range(range.range)))
    .then(|| call_place(db, call))
}

/// The offset of the item proper, behind docs and attributes.
fn first_token(node: &SyntaxNode) -> TextSize {
    node.children_with_tokens()
        .find(|child| match child {
            // A function's own line is its signature's, behind `pub`.
            NodeOrToken::Node(node) => {
                !matches!(node.kind(), SyntaxKind::ATTR | SyntaxKind::VISIBILITY)
            }
            NodeOrToken::Token(token) => !token.kind().is_trivia(),
        })
        .map_or(node.text_range().start(), |child| {
            child.text_range().start()
        })
}

/// Function-like macros make [`Origin::Macro`], derives and attributes [`Origin::Derive`].
fn origin(db: &dyn SourceDatabase, call: MacroCallId) -> Origin {
    let outermost = outermost(db, call);
    match outermost.loc(db).kind {
        MacroCallKind::FnLike { .. } => Origin::Macro,
        MacroCallKind::Derive { .. } | MacroCallKind::Attr { .. } => Origin::Derive,
    }
}

fn outermost(db: &dyn SourceDatabase, mut call: MacroCallId) -> MacroCallId {
    while let HirFileId::MacroFile(parent) = call.loc(db).kind.file_id() {
        call = parent;
    }
    call
}

/// The line in real source of the outermost macro call.
pub(crate) fn call_place(db: &dyn SourceDatabase, call: MacroCallId) -> Place {
    let loc = call.loc(db);
    let range = match &loc.kind {
        // The derive's own name, which may stand lines below `#[derive(`.
        MacroCallKind::Derive {
            ast_id,
            derive_attr_index,
            derive_index,
            ..
        } => {
            let range = derive_attr_index.find_derive_range(db, loc.krate, *ast_id, *derive_index);
            match ast_id.file_id {
                HirFileId::FileId(file_id) => FileRange { file_id, range },
                // Under an attribute macro that handed the derive through.
                HirFileId::MacroFile(outer) => {
                    resolve_span(db, outer.expansion_span_map(db).span_at(range.start()))
                }
            }
        }
        kind => kind.original_call_range(db, loc.krate),
    };
    let file = range.file_id.file_id(db);
    Place {
        file,
        line: line(db, file, range.range.start()),
    }
}

/// The line of a range, in the file the reader sees: the call's line for macro-made text.
pub(crate) fn call_line(db: &dyn SourceDatabase, range: InFile<TextRange>) -> u32 {
    match range.file_id {
        HirFileId::FileId(file) => line(db, file.file_id(db), range.value.start()),
        HirFileId::MacroFile(call) => {
            let outer = outermost(db, call).loc(db);
            let range = outer.kind.original_call_range_with_input(db);
            line(db, range.file_id.file_id(db), range.range.start())
        }
    }
}

/// Where a body's item starts, in the file the reader sees.
pub(crate) fn of_body(db: &dyn SourceDatabase, def: DefWithBodyId) -> Place {
    let (file, range) = match def {
        DefWithBodyId::FunctionId(id) => pointer(db, id),
        DefWithBodyId::ConstId(id) => pointer(db, id),
        DefWithBodyId::StaticId(id) => pointer(db, id),
        DefWithBodyId::VariantId(id) => pointer(db, id),
    };
    let original = file.original_file(db).file_id(db);
    Place {
        file: original,
        line: call_line(db, InFile::new(file, range)),
    }
}

fn pointer<L: HasSource>(
    db: &dyn SourceDatabase,
    id: impl Lookup<Data = L>,
) -> (HirFileId, TextRange) {
    let pointer = id.lookup(db).ast_ptr(db);
    (
        pointer.file_id,
        pointer.value.syntax_node_ptr().text_range(),
    )
}

/// 1-based line of an offset; 0 if the file is gone.
pub(crate) fn line(db: &dyn SourceDatabase, file: FileId, offset: TextSize) -> u32 {
    db.line_column(file, offset).map_or(0, |(line, _)| line + 1)
}

/// What a macro call names: its path's last segment, or the derive's.
pub(crate) fn macro_name(db: &dyn SourceDatabase, call: MacroCallId) -> Option<String> {
    match &call.loc(db).kind {
        MacroCallKind::FnLike { ast_id, .. } => {
            let path = ast_id.to_node(db).path()?;
            Some(path.segment()?.name_ref()?.syntax().text().to_string())
        }
        _ => None,
    }
}

/// What a derive or attribute macro is called.
pub(crate) fn attribute_name(db: &dyn SourceDatabase, call: MacroCallId) -> Option<String> {
    let loc = call.loc(db);
    let text = match &loc.kind {
        MacroCallKind::Derive {
            ast_id,
            derive_attr_index,
            derive_index,
            ..
        } => {
            let range = derive_attr_index.find_derive_range(db, loc.krate, *ast_id, *derive_index);
            let root = ast_id.file_id.parse_or_expand(db);
            root.text().slice(range).to_string()
        }
        MacroCallKind::Attr {
            ast_id,
            censored_attr_ids,
            ..
        } => {
            let (_, meta) = censored_attr_ids
                .invoc_attr()
                .find_attr_range(db, loc.krate, *ast_id);
            meta.syntax()
                .text()
                .to_string()
                .split(['(', '=', ' '])
                .next()?
                .to_owned()
        }
        MacroCallKind::FnLike { .. } => return None,
    };
    Some(text.rsplit("::").next()?.trim().to_owned())
}

/// `unsafe { … }` blocks below `node`, in its own text.
pub(crate) fn unsafe_blocks(node: &SyntaxNode) -> u32 {
    let mut blocks = 0;
    green::each(node, |met| {
        if let Met::Token {
            kind: SyntaxKind::UNSAFE_KW,
            parent: SyntaxKind::BLOCK_EXPR,
            ..
        } = met
        {
            blocks += 1;
        }
    });
    blocks
}
