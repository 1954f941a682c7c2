//! What one piece of code mentions: a function, a type with its fields, a trait or an impl of a
//! trait with all its items, the header of an inherent impl, a leaf of a `use` tree.

mod lookups;

use ra_ap_base_db::Crate;
use ra_ap_hir_def::expr_store::Body;
use ra_ap_hir_def::item_scope::ImportId;
use ra_ap_hir_def::resolver::HasResolver;
use ra_ap_hir_def::signatures::{ConstSignature, FunctionSignature};
use ra_ap_hir_def::{
    AdtId, AssocItemId, DefWithBodyId, ExpressionStoreOwnerId, GenericDefId, HasModule, ImplId,
    Lookup, ModuleDefId, ModuleId, VariantId,
};
use ra_ap_hir_expand::mod_path::ModPath;
use ra_ap_hir_expand::{AstId, HirFileId, MacroCallId, MacroCallKind};
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_rustc_type_ir::TypeVisitable;
use ra_ap_syntax::ast;
use rustc_hash::FxHashSet;
use whittle_extract::request::How;

use super::imports::{self, Kind};
use super::names::{Names, Space};
use super::pieces::{self, Piece};
use super::places::{self, Def, Spot};
use super::types::Types;
use crate::ra::glue::variants;
use crate::ra::view;

/// What was found in a piece, still in rust-analyzer's terms.
#[derive(Default)]
pub(super) struct Out {
    pub(super) mentions: Vec<(Spot, Def, How)>,
    /// Macros that are called.
    pub(super) macros: Vec<(Spot, AstId<ast::Macro>)>,
    pub(super) foreign: Vec<(Spot, String)>,
    /// Wanted crates that are named first in a path.
    pub(super) named: Vec<(Spot, Crate)>,
    /// Pieces that stand within this one.
    pub(super) inside: Vec<Piece>,
    /// Names whose meaning is not known.
    pub(super) unresolved: Vec<(Spot, String)>,
    pub(super) gaps: Vec<(Spot, String)>,
}

impl Out {
    pub(super) fn gap(&mut self, at: Spot, what: String) {
        self.gaps.push((at, what));
    }
}

/// What all walks share.
pub(super) struct Shared<'a> {
    pub(super) universe: Crate,
    pub(super) inner_impls: &'a [ImplId],
    pub(super) wanted: FxHashSet<Crate>,
    /// Crates that have nothing to do with a wanted one.
    pub(super) outside: FxHashSet<Crate>,
}

impl Shared<'_> {
    fn is_wanted(&self, krate: Crate) -> bool {
        self.wanted.contains(&krate)
    }
}

/// What `piece` mentions.
pub(super) fn piece(db: &dyn HirDatabase, shared: &Shared<'_>, piece: Piece) -> Out {
    let mut out = Out::default();
    let def = match piece {
        Piece::Whole(def) => def,
        Piece::Header(id) => Def::Impl(id),
    };
    let Some(at) = def.spot(db) else {
        return out;
    };
    let mut walk = Walk {
        db,
        shared,
        krate: def.krate(db),
        at,
        out: &mut out,
    };
    walk.made_by(def);
    match piece {
        Piece::Header(id) => walk.header(id),
        Piece::Whole(def) => walk.whole(def),
    }
    out
}

struct Walk<'a, 'db> {
    db: &'db dyn HirDatabase,
    shared: &'a Shared<'a>,
    krate: Crate,
    /// The piece's own name.
    at: Spot,
    out: &'a mut Out,
}

impl<'db> Walk<'_, 'db> {
    fn names(&mut self, read: impl FnOnce(&mut Names<'_, 'db>)) {
        let shared = self.shared;
        let wanted = |krate| shared.is_wanted(krate);
        read(&mut Names {
            db: self.db,
            krate: self.krate,
            wanted: &wanted,
            out: self.out,
        });
    }

    /// The macros of which `def` came, called in their turn.
    fn made_by(&mut self, def: Def) {
        let mut file = def.hir_file(self.db);
        while let Some(HirFileId::MacroFile(call)) = file {
            self.names(|names| names.macro_call(call));
            file = Some(call.loc(self.db).kind.file_id());
        }
        if let Some(call) = def
            .hir_file(self.db)
            .and_then(HirFileId::macro_file)
            .map(|call| places::outermost(self.db, call))
        {
            self.call_path(call);
        }
    }

    /// The path of a call between items, in its module's scope.
    fn call_path(&mut self, call: MacroCallId) {
        let db = self.db;
        let MacroCallKind::FnLike { ast_id, .. } = &call.loc(db).kind else {
            return;
        };
        let Some(path) = ast_id.to_node(db).path() else {
            return;
        };
        let Some(module) = module_of(db, self.krate, call) else {
            return;
        };
        let span_map = ast_id.file_id.span_map(db);
        let mut context = |range| span_map.span_for_range(range).ctx;
        let Some(path) = ModPath::from_src(db, path, &mut context) else {
            return;
        };
        let at = places::call_spot(db, call);
        let resolver = module.resolver(db);
        self.names(|names| names.macro_path(&resolver, &path, at));
    }

    fn whole(&mut self, def: Def) {
        let db = self.db;
        match def {
            Def::Function(id) => {
                self.signature(id.into());
                if FunctionSignature::of(db, id).has_body() {
                    self.body(id.into());
                }
            }
            Def::Const(id) => {
                self.signature(id.into());
                if ConstSignature::of(db, id).has_body() {
                    self.body(id.into());
                }
            }
            Def::Static(id) => {
                self.signature(id.into());
                self.body(id.into());
            }
            Def::TypeAlias(id) => self.signature(id.into()),
            Def::Adt(id) => self.adt(id),
            Def::Trait(id) => {
                self.signature(id.into());
                for &(_, item) in &id.trait_items(db).items {
                    self.item(item);
                }
                let calls: Vec<_> = id.trait_items(db).macro_calls().map(|(_, id)| id).collect();
                for call in calls {
                    self.names(|names| names.macro_call(call));
                }
            }
            Def::Impl(id) => {
                self.header(id);
                for &(_, item) in &id.impl_items(db).items {
                    self.item(item);
                }
                self.obligations(id);
                self.originals(id);
            }
            Def::Leaf(id) => self.leaf(id),
            Def::ExternCrate(id) => {
                let name = ra_ap_hir_def::src::HasSource::source(id.lookup(db), db)
                    .value
                    .name_ref();
                if let Some(name) = name {
                    self.out.foreign.push((self.at, name.text().to_string()));
                }
            }
            Def::Module(_) | Def::Variant(_) | Def::Field(_) | Def::Macro(_) => {}
        }
    }

    /// An item of a trait or of an impl.
    fn item(&mut self, item: AssocItemId) {
        let def = match item {
            AssocItemId::FunctionId(id) => Def::Function(id),
            AssocItemId::ConstId(id) => Def::Const(id),
            AssocItemId::TypeAliasId(id) => Def::TypeAlias(id),
        };
        let outer = self.at;
        self.at = def.spot(self.db).unwrap_or(outer);
        self.made_by(def);
        self.whole(def);
        self.at = outer;
    }

    fn header(&mut self, id: ImplId) {
        self.signature(id.into());
        let calls: Vec<_> = id
            .impl_items(self.db)
            .macro_calls()
            .map(|(_, id)| id)
            .collect();
        for call in calls {
            self.names(|names| names.macro_call(call));
        }
    }

    fn adt(&mut self, id: AdtId) {
        let db = self.db;
        self.signature(id.into());
        for variant in variants(db, id) {
            let at = self.at;
            self.names(|names| names.store(ExpressionStoreOwnerId::VariantFields(variant), at));
            if let VariantId::EnumVariantId(variant) = variant {
                self.body(DefWithBodyId::VariantId(variant));
            }
        }
        let derives = id.module(db).def_map(db)[id.module(db)]
            .scope
            .builtin_derive_impls()
            .filter(|derive| derive.loc(db).adt == id)
            .collect::<Vec<_>>();
        for derive in derives {
            self.derived(id, derive);
        }
        for call in self.derive_calls(id) {
            self.names(|names| names.macro_call(call));
        }
    }

    /// Derives that are macros.
    fn derive_calls(&self, id: AdtId) -> Vec<MacroCallId> {
        let db = self.db;
        let own: AstId<ast::Adt> = match id {
            AdtId::StructId(id) => id.lookup(db).id.upcast(),
            AdtId::UnionId(id) => id.lookup(db).id.upcast(),
            AdtId::EnumId(id) => id.lookup(db).id.upcast(),
        };
        let module = id.module(db);
        let calls = module.def_map(db)[module].scope.all_macro_calls();
        calls
            .filter(|call| match call.loc(db).kind {
                MacroCallKind::Derive { ast_id, .. } => ast_id == own,
                _ => false,
            })
            .collect()
    }

    /// Names in a signature, and the bounds of the types that it has.
    fn signature(&mut self, def: GenericDefId) {
        let at = self.at;
        self.names(|names| names.store(ExpressionStoreOwnerId::Signature(def), at));
        let db = self.db;
        self.select(def, |bounds| {
            let mut types = Types::default();
            types.of_signature(db, def);
            types.prove(bounds);
            let own = ra_ap_hir_ty::GenericPredicates::query_all(db, def);
            let own: Vec<_> = own.skip_binder().collect();
            for clause in own {
                let mut types = Types::default();
                clause.visit_with(&mut types);
                types.prove(bounds);
            }
        });
    }

    /// A function of an impl cannot be without the trait's in whose place it stands.
    fn originals(&mut self, id: ImplId) {
        let db = self.db;
        let Some(trait_ref) = db.impl_trait(id) else {
            return;
        };
        let of = trait_ref.instantiate_identity().skip_norm_wip().def_id.0;
        if !self.shared.is_wanted(of.krate(db)) {
            return;
        }
        for (name, item) in &id.impl_items(db).items {
            let AssocItemId::FunctionId(own) = *item else {
                continue;
            };
            let at = Def::Function(own).spot(db).unwrap_or(self.at);
            for (_, item) in of.trait_items(db).items.iter().filter(|one| one.0 == *name) {
                if let AssocItemId::FunctionId(original) = *item {
                    let to = Def::Function(original);
                    self.out.mentions.push((at, to, How::Name));
                }
            }
        }
    }

    fn body(&mut self, def: DefWithBodyId) {
        let at = self.at;
        let db = self.db;
        self.names(|names| names.store(ExpressionStoreOwnerId::Body(def), at));
        let body = Body::of(db, def);
        for (_, def_map) in body.blocks(db) {
            self.out.inside.extend(pieces::of_def_map(def_map));
        }
        view::infer(db, def, |infer| {
            self.names(|names| names.inferred(def, infer, at));
            if infer.is_erroneous() && infer.has_type_mismatches() {
                self.out
                    .gap(at, "the types of a body were not understood".to_owned());
            }
            self.uses(def, infer);
        });
    }

    /// What an import names.
    fn leaf(&mut self, id: ImportId) {
        let db = self.db;
        let Some(leaf) = imports::path(db, id) else {
            return;
        };
        let resolver = id.use_.lookup(db).container.resolver(db);
        let at = self.at;
        let space = match leaf.kind {
            Kind::Name => Space::Any,
            Kind::Itself | Kind::Glob => Space::Type,
        };
        self.names(|names| {
            names.mod_path(&resolver, &leaf.path, space, at);
            if space == Space::Any && !leaf.path.segments().is_empty() {
                names.macro_path(&resolver, &leaf.path, at);
            }
        });
        // `use other;` is found through itself.
        if let [name] = leaf.path.segments()
            && let Some(types) = resolver.resolve_module_path_in_items(db, &leaf.path).types
            && let ModuleDefId::ModuleId(module) = types.def
            && module.krate(db) != id.use_.krate(db)
            && types.import.and_then(imports::leaf_of) == Some(id)
        {
            self.out.foreign.push((at, name.as_str().to_owned()));
        }
    }
}

/// The innermost module of real text around a call between items.
fn module_of(db: &dyn HirDatabase, krate: Crate, call: MacroCallId) -> Option<ModuleId> {
    let def_map = ra_ap_hir_def::nameres::crate_def_map(db, krate);
    let all = def_map.modules();
    all.filter(|(_, data)| data.scope.all_macro_calls().any(|one| one == call))
        .map(|(id, _)| id)
        .next()
}
