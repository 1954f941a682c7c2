//! Names in signatures and bodies, and what they resolve to.
//!
//! Takes the lowered text of a definition (rust-analyzer's expression stores), in which macros
//! are expanded; each path is resolved segment by segment, so that the modules it goes through
//! and the `use` declarations that it goes by are mentioned too.

mod scopes;

use either::Either;
use ra_ap_base_db::Crate;
use ra_ap_hir_def::expr_store::path::Path;
use ra_ap_hir_def::expr_store::{
    ExpressionStore, ExpressionStoreDiagnostics, ExpressionStoreSourceMap,
};
use ra_ap_hir_def::hir::type_ref::{TypeRef, TypeRefId};
use ra_ap_hir_def::hir::{Expr, ExprId, ExprOrPatId, Pat};
use ra_ap_hir_def::item_scope::ImportOrExternCrate;
use ra_ap_hir_def::per_ns::PerNs;
use ra_ap_hir_def::resolver::{ResolveValueResult, Resolver, TypeNs, ValueNs};
use ra_ap_hir_def::{
    DefWithBodyId, ExpressionStoreOwnerId, FieldId, FunctionId, ItemContainerId, ModuleDefId,
    VariantId,
};
use ra_ap_hir_expand::mod_path::{ModPath, PathKind};
use ra_ap_hir_expand::name::Name;
use ra_ap_hir_expand::{InFile, MacroCallId, MacroDefKind};
use ra_ap_hir_ty::InferenceResult;
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::method_resolution::CandidateId;
use ra_ap_hir_ty::next_solver::TyKind;
use ra_ap_rustc_type_ir::inherent::IntoKind;
use ra_ap_syntax::AstPtr;
use whittle_extract::request::How;

use self::scopes::Scopes;
use super::imports;
use super::places::{self, Def, Spot};
use super::walk::Out;
use crate::ra::{parsed, path};

/// In which namespaces a path's last name is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    Type,
    Value,
    Any,
}

pub(super) struct Names<'a, 'db> {
    pub(super) db: &'db dyn HirDatabase,
    /// Whose names these are.
    pub(super) krate: Crate,
    pub(super) wanted: &'a dyn Fn(Crate) -> bool,
    pub(super) out: &'a mut Out,
}

impl<'db> Names<'_, 'db> {
    pub(super) fn mention(&mut self, from: Spot, to: Def, how: How) {
        if (self.wanted)(to.krate(self.db)) {
            self.out.mentions.push((from, to, how));
        }
    }

    /// All names of an owner but those that need inference.
    pub(super) fn store(&mut self, owner: ExpressionStoreOwnerId, fallback: Spot) {
        let (store, source_map) = ExpressionStore::with_source_map(self.db, owner);
        let mut scopes = Scopes::of(self.db, owner, store);
        for (id, one) in store.types.iter() {
            let TypeRef::Path(path) = one else { continue };
            let at = self.type_spot(source_map, id).unwrap_or(fallback);
            let scope = scopes.types.get(&id).copied();
            self.path(scopes.resolver(scope), path, Space::Type, at);
        }
        for (id, expr) in store.exprs() {
            let (path, space) = match expr {
                Expr::Path(path) => (path, Space::Value),
                Expr::RecordLit { path, .. } => (path, Space::Type),
                _ => continue,
            };
            let at = self.spot_of(source_map, id.into()).unwrap_or(fallback);
            let scope = scopes.all.scope_for(id);
            if space == Space::Value && is_local(self.db, scopes.resolver(scope), store, id, path) {
                continue;
            }
            self.path(scopes.resolver(scope), path, space, at);
        }
        for (id, pat) in store.pats() {
            let (path, space) = match pat {
                Pat::Path(path) | Pat::TupleStruct { path, .. } => (path, Space::Value),
                Pat::Record { path, .. } => (path, Space::Type),
                _ => continue,
            };
            let at = self.spot_of(source_map, id.into()).unwrap_or(fallback);
            let scope = scopes.pats.get(&id).copied();
            self.path(scopes.resolver(scope), path, space, at);
        }
        for (source, call) in source_map.macro_calls() {
            self.macro_call(call);
            let node = source.to_node(self.db);
            let span_map = source.file_id.span_map(self.db);
            let mut context = |range| span_map.span_for_range(range).ctx;
            let path = node
                .path()
                .and_then(|path| ModPath::from_src(self.db, path, &mut context));
            if let Some(path) = path {
                let at = places::call_spot(self.db, places::outermost(self.db, call));
                self.macro_path(scopes.resolver(None), &path, at);
            }
        }
        for one in source_map.diagnostics() {
            if let ExpressionStoreDiagnostics::UnresolvedMacroCall { path, .. } = one {
                let name = path.segments().last().map(|name| name.as_str().to_owned());
                let name = name.unwrap_or_default();
                self.out
                    .gap(fallback, format!("macro `{name}!` was not found"));
            }
        }
    }

    /// The macro that is called, and the `use` that its name goes by.
    pub(super) fn macro_call(&mut self, call: MacroCallId) {
        let db = self.db;
        let from = places::call_spot(db, places::outermost(db, call));
        let loc = call.loc(db);
        let definition = match loc.def.kind {
            MacroDefKind::Declarative(id, _) => Some(id),
            _ => None,
        };
        if (self.wanted)(loc.def.krate)
            && let Some(id) = definition
        {
            self.out.macros.push((from, id));
        }
        if let MacroDefKind::ProcMacro(..) = loc.def.kind {
            self.foreign(from, loc.def.krate);
        }
        if parsed::is_incomplete(db, call) {
            let name = crate::ra::span::macro_name(db, call)
                .or_else(|| crate::ra::span::attribute_name(db, call))
                .unwrap_or_default();
            self.out
                .gap(from, format!("macro `{name}` was not expanded"));
        }
    }

    /// A macro's path as it is written at its call.
    pub(super) fn macro_path(&mut self, resolver: &Resolver<'db>, path: &ModPath, at: Spot) {
        let segments = path.segments();
        for count in 1..segments.len() {
            let prefix = ModPath::from_segments(path.kind, segments[..count].iter().cloned());
            let found = resolver.resolve_module_path_in_items(self.db, &prefix);
            let first = count == 1 && is_free(path);
            self.per_ns(found, Space::Type, &segments[count - 1], first, at);
        }
        if let Some(found) = resolver.resolve_path_as_macro(self.db, path, None) {
            if let Some(name) = segments.last() {
                self.import(found.import, name, |found| found.macros?.import, at);
            }
            self.mention(at, Def::Macro(found.def), How::Macro);
        }
    }

    pub(super) fn foreign(&mut self, from: Spot, krate: Crate) {
        let data = self.krate.data(self.db);
        let own = data
            .dependencies
            .iter()
            .find(|dependency| dependency.crate_id == krate);
        let name = own.map_or_else(
            || path::krate(self.db, krate),
            |dependency| dependency.name.symbol().as_str().to_owned(),
        );
        self.out.foreign.push((from, name));
    }

    /// A path segment by segment.
    pub(super) fn path(&mut self, resolver: &Resolver<'db>, path: &Path, space: Space, at: Spot) {
        let mod_path = match path {
            Path::BarePath(path) => path,
            Path::Normal(path) => &path.mod_path,
            Path::LangItem(..) => return,
        };
        if path.type_anchor().is_some() && mod_path.segments().is_empty() {
            return;
        }
        self.mod_path(resolver, mod_path, space, at);
    }

    pub(super) fn mod_path(
        &mut self,
        resolver: &Resolver<'db>,
        path: &ModPath,
        space: Space,
        at: Spot,
    ) {
        let segments = path.segments();
        if let PathKind::DollarCrate(krate) = path.kind
            && krate != self.krate
            && !krate.data(self.db).origin.is_lang()
        {
            self.foreign(at, krate);
        }
        if path.kind == PathKind::Plain
            && let Some(first) = segments.first()
        {
            let first = ModPath::from_segments(PathKind::Plain, [first.clone()]);
            let first = Path::BarePath(ra_ap_intern::Interned::new(first));
            match resolver.resolve_path_in_type_ns(self.db, &first) {
                Some((TypeNs::GenericParam(_) | TypeNs::AdtSelfType(_), ..)) => return,
                Some((TypeNs::SelfType(_), ..)) => return,
                _ => {}
            }
        }
        for count in 1..=segments.len() {
            let prefix = ModPath::from_segments(path.kind, segments[..count].iter().cloned());
            let found = resolver.resolve_module_path_in_items(self.db, &prefix);
            if found.is_none() {
                break;
            }
            let space = if count < segments.len() {
                Space::Type
            } else {
                space
            };
            let first = count == 1 && is_free(path);
            self.per_ns(found, space, &segments[count - 1], first, at);
        }
    }

    /// What one name resolved to; `first`: it is the first of a path.
    fn per_ns(&mut self, found: PerNs, space: Space, name: &Name, first: bool, at: Spot) {
        if let (Some(types), Space::Type | Space::Any) = (found.types, space) {
            self.import(types.import, name, |found| found.types?.import, at);
            self.definition(types.def, at);
            if let (true, ModuleDefId::ModuleId(module)) = (first, types.def) {
                let krate = module.krate(self.db);
                let by_use = types.import.and_then(imports::leaf_of).is_some();
                if krate != self.krate && !by_use {
                    self.out.foreign.push((at, name.as_str().to_owned()));
                    if (self.wanted)(krate) {
                        self.out.named.push((at, krate));
                    }
                }
            }
        }
        if let (Some(values), Space::Value | Space::Any) = (found.values, space) {
            let entry = |found: PerNs| Some(found.values?.import?.into());
            self.import(values.import.map(Into::into), name, entry, at);
            self.definition(values.def, at);
        }
        if let (Some(macros), Space::Any) = (found.macros, space) {
            self.import(macros.import, name, |found| found.macros?.import, at);
            self.mention(at, Def::Macro(macros.def), How::Name);
        }
    }

    fn definition(&mut self, def: ModuleDefId, at: Spot) {
        if let Some(def) = Def::of(def) {
            self.mention(at, def, How::Name);
        }
    }

    /// The imports that a name goes through, each of which may find what another brought.
    fn import(
        &mut self,
        import: Option<ImportOrExternCrate>,
        name: &Name,
        entry: impl Fn(PerNs) -> Option<ImportOrExternCrate>,
        at: Spot,
    ) {
        let Some(import) = import else { return };
        for import in imports::chain(self.db, import, name, entry) {
            let def = match import {
                ImportOrExternCrate::ExternCrate(id) => Some(Def::ExternCrate(id)),
                other => imports::leaf_of(other).map(Def::Leaf),
            };
            if let Some(def) = def {
                self.mention(at, def, How::Import);
            }
        }
    }

    /// Names whose meaning is known from types: methods, fields, associated items, operators.
    pub(super) fn inferred(
        &mut self,
        def: DefWithBodyId,
        infer: &InferenceResult<'db>,
        fallback: Spot,
    ) {
        let owner = ExpressionStoreOwnerId::Body(def);
        let (store, source_map) = ExpressionStore::with_source_map(self.db, owner);
        for (id, expr) in store.exprs() {
            let at = self.spot_of(source_map, id.into()).unwrap_or(fallback);
            if let Some((function, _)) = infer.method_resolution(id) {
                self.function(at, function);
            }
            if let Some((candidate, _)) = infer.assoc_resolutions_for_expr(id) {
                self.candidate(at, candidate);
            }
            if let Some(name) = unresolved(infer, id, expr) {
                let name = plain_name(name);
                self.out.unresolved.push((at, name));
            }
            match infer.field_resolution(id) {
                Some(Either::Left(field)) => self.mention(at, Def::Field(field), How::Name),
                Some(Either::Right(_)) | None => {}
            }
            if let Some(variant) = infer.variant_resolution_for_expr(id) {
                self.variant(at, variant);
                if let Expr::RecordLit { fields, .. } = expr {
                    for field in fields {
                        self.field(at, variant, &field.name);
                    }
                }
            }
        }
        for (id, pat) in store.pats() {
            let at = self.spot_of(source_map, id.into()).unwrap_or(fallback);
            if let Some((candidate, _)) = infer.assoc_resolutions_for_pat(id) {
                self.candidate(at, candidate);
            }
            if let Some(variant) = infer.variant_resolution_for_pat(id) {
                self.variant(at, variant);
                if let Pat::Record { args, .. } = pat {
                    for field in args {
                        self.field(at, variant, &field.name);
                    }
                }
            }
        }
    }

    fn candidate(&mut self, at: Spot, candidate: CandidateId) {
        match candidate {
            CandidateId::FunctionId(id) => self.function(at, id),
            CandidateId::ConstId(id) => {
                self.mention(at, Def::Const(id), How::Name);
                let container = ra_ap_hir_def::Lookup::lookup(&id, self.db).container;
                self.container(at, container);
            }
        }
    }

    pub(super) fn function(&mut self, at: Spot, id: FunctionId) {
        self.mention(at, Def::Function(id), How::Name);
        self.container(at, id.loc(self.db).container);
    }

    /// The trait or impl around an associated item.
    fn container(&mut self, at: Spot, container: ItemContainerId) {
        match container {
            ItemContainerId::TraitId(id) => self.mention(at, Def::Trait(id), How::Name),
            ItemContainerId::ImplId(id) => self.mention(at, Def::Impl(id), How::Impl),
            _ => {}
        }
    }

    fn variant(&mut self, at: Spot, variant: VariantId) {
        let def = match variant {
            VariantId::EnumVariantId(id) => Def::Variant(id),
            other => Def::Adt(other.adt_id(self.db)),
        };
        self.mention(at, def, How::Name);
    }

    fn field(&mut self, at: Spot, parent: VariantId, name: &Name) {
        if let Some(local_id) = parent.fields(self.db).field(name) {
            self.mention(at, Def::Field(FieldId { parent, local_id }), How::Name);
        }
    }

    pub(super) fn spot_of(
        &self,
        source_map: &ExpressionStoreSourceMap,
        id: ExprOrPatId,
    ) -> Option<Spot> {
        let source = source_map.expr_or_pat_syntax(id).ok()?;
        Some(self.start(source.map(AstPtr::text_range)))
    }

    fn type_spot(&self, source_map: &ExpressionStoreSourceMap, id: TypeRefId) -> Option<Spot> {
        let source = source_map.type_syntax(id).ok()?;
        Some(self.start(source.map(AstPtr::text_range)))
    }

    fn start(&self, range: InFile<ra_ap_span::TextRange>) -> Spot {
        places::spot(self.db, range.map(ra_ap_span::TextRange::start))
    }
}

/// The method that is called, or the end of the path, where inference does not say what it is.
fn unresolved<'a>(infer: &InferenceResult<'_>, id: ExprId, expr: &'a Expr) -> Option<&'a Name> {
    match expr {
        Expr::MethodCall { method_name, .. } => {
            infer.method_resolution(id).is_none().then_some(method_name)
        }
        Expr::Path(Path::BarePath(path)) => end_of_unknown(infer, id, path),
        Expr::Path(Path::Normal(path)) => end_of_unknown(infer, id, &path.mod_path),
        _ => None,
    }
}

fn end_of_unknown<'a>(
    infer: &InferenceResult<'_>,
    id: ExprId,
    path: &'a ModPath,
) -> Option<&'a Name> {
    let unknown = infer.assoc_resolutions_for_expr(id).is_none()
        && matches!(infer.expr_ty(id).kind(), TyKind::Error(_));
    path.segments().last().filter(|_| unknown)
}

fn plain_name(name: &Name) -> String {
    let name = name.as_str();
    name.strip_prefix("r#").unwrap_or(name).to_owned()
}

/// Starts where names are looked up, not at a known crate or module.
fn is_free(path: &ModPath) -> bool {
    matches!(path.kind, PathKind::Plain | PathKind::Abs)
}

/// A variable or a const parameter.
fn is_local<'db>(
    db: &'db dyn HirDatabase,
    resolver: &Resolver<'db>,
    store: &ExpressionStore,
    id: ExprId,
    path: &Path,
) -> bool {
    let found = resolver.resolve_path_in_value_ns(db, path, store.expr_path_hygiene(id));
    matches!(
        found,
        Some(ResolveValueResult::ValueNs(
            ValueNs::LocalBinding(_) | ValueNs::GenericParam(_) | ValueNs::ImplSelf(_)
        ))
    )
}

/// Where a `macro_rules!` or `macro` is named.
pub(super) fn macro_id_spot(
    db: &dyn HirDatabase,
    id: ra_ap_hir_expand::AstId<ra_ap_syntax::ast::Macro>,
) -> Spot {
    use ra_ap_syntax::ast::{AstNode, HasName};
    let node = id.to_node(db);
    let offset = node
        .name()
        .map_or(node.syntax().text_range(), |name| {
            name.syntax().text_range()
        })
        .start();
    places::spot(db, InFile::new(id.file_id, offset))
}
