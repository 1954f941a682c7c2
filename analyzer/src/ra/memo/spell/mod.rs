//! Instances under names that mean the same in every run.
//!
//! rust-analyzer's numbers depend on the order in which threads made them; what they stand for
//! does not: a crate by its number among the closed ones, a file by its path, an item by its id
//! in the file (made of kind, name and position) and by the macro calls that it came out of.
//! What mentions a crate that is not closed, or has no spelling here, has no name.

mod items;
mod types;

use std::hash::{Hash, Hasher};
use std::ops::ControlFlow;

use dashmap::DashMap;
use ra_ap_hir_def::{DefWithBodyId, GenericDefId, ModuleIdLt, TraitId};
use ra_ap_hir_expand::MacroCallId;
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::next_solver::{GenericArgs, Ty};
use ra_ap_rustc_type_ir::TypeVisitable;
use rustc_hash::{FxBuildHasher, FxHashMap};
use sha2::Digest as _;

use self::types::Parts;
use super::closed::Closed;
use crate::ra::instance::{Instance, Subject};

/// 128 bits of SHA-256.
pub(crate) type Name = [u8; 16];

pub(super) fn digest(bytes: &[u8]) -> Name {
    let whole: [u8; 32] = sha2::Sha256::digest(bytes).into();
    let mut name = [0; 16];
    name.copy_from_slice(&whole[..16]);
    name
}

/// Takes plain data apart into its bytes.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Hasher for Bytes {
    fn finish(&self) -> u64 {
        0
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

impl Bytes {
    fn tag(&mut self, tag: u8) {
        self.0.push(tag);
    }
    fn plain(&mut self, value: &impl Hash) {
        value.hash(self);
    }
}

/// Spells on one thread, and remembers what it spelled.
pub(crate) struct Speller<'a, 'db> {
    db: &'db dyn HirDatabase,
    closed: &'a Closed,
    types: FxHashMap<Ty<'db>, Option<Name>>,
    modules: FxHashMap<ModuleIdLt<'db>, Option<Name>>,
    calls: FxHashMap<MacroCallId, Option<Name>>,
    /// Of all threads.
    generics: &'a DashMap<GenericDefId, Option<Name>, FxBuildHasher>,
    /// Types and traits of other crates have names, too: their paths.
    others: bool,
}

impl<'a, 'db> Speller<'a, 'db> {
    pub(crate) fn new(
        db: &'db dyn HirDatabase,
        closed: &'a Closed,
        generics: &'a DashMap<GenericDefId, Option<Name>, FxBuildHasher>,
    ) -> Self {
        Self {
            db,
            closed,
            types: FxHashMap::default(),
            modules: FxHashMap::default(),
            calls: FxHashMap::default(),
            generics,
            others: false,
        }
    }

    /// One that also spells what is of other crates, by path: for headers of impls.
    pub(super) fn with_others(self) -> Self {
        Self {
            others: true,
            ..self
        }
    }

    /// What an impl with these flags is of.
    pub(super) fn header(
        &mut self,
        flags: u8,
        trait_: TraitId,
        args: GenericArgs<'db>,
    ) -> Option<Name> {
        let mut out = Bytes::default();
        out.tag(flags);
        self.generic(&mut out, trait_.into())?;
        self.args(&mut out, args)?;
        Some(digest(&out.0))
    }

    pub(crate) fn instance(&mut self, instance: &Instance) -> Option<Name> {
        let mut out = Bytes::default();
        if let Some(env) = instance.env {
            out.tag(1);
            self.generic(&mut out, env)?;
        }
        match &instance.subject {
            Subject::Function(id, args) => {
                out.tag(2);
                self.generic(&mut out, (*id).into())?;
                self.args(&mut out, args.as_ref())?;
            }
            Subject::Const(id, args) => {
                out.tag(3);
                self.generic(&mut out, (*id).into())?;
                self.args(&mut out, args.as_ref())?;
            }
            Subject::Static(id) => {
                out.tag(4);
                self.generic(&mut out, (*id).into())?;
            }
            Subject::Drop(ty) => {
                out.tag(5);
                self.ty(&mut out, ty.as_ref())?;
            }
            Subject::Kept(_) => return None,
            Subject::Derive(id, method, args) => {
                let loc = id.loc(self.db);
                out.tag(6);
                self.generic(&mut out, loc.adt.into())?;
                out.plain(&format!("{:?}", (loc.trait_, loc.derive_attr_id)));
                out.plain(&loc.derive_index);
                out.plain(&format!("{method:?}"));
                self.args(&mut out, args.as_ref())?;
            }
        }
        Some(digest(&out.0))
    }

    /// A body, which many instances may share.
    pub(crate) fn body(&mut self, def: DefWithBodyId) -> Option<Name> {
        let mut out = Bytes::default();
        self.with_body(&mut out, def)?;
        Some(digest(&out.0))
    }

    fn with_body(&mut self, out: &mut Bytes, def: DefWithBodyId) -> Option<()> {
        match def {
            DefWithBodyId::FunctionId(id) => self.generic(out, id.into()),
            DefWithBodyId::StaticId(id) => self.generic(out, id.into()),
            DefWithBodyId::ConstId(id) => self.generic(out, id.into()),
            DefWithBodyId::VariantId(id) => self.variant(out, id),
        }
    }

    fn args(&mut self, out: &mut Bytes, args: GenericArgs<'db>) -> Option<()> {
        out.plain(&args.len());
        match args.visit_with(&mut Parts { speller: self, out }) {
            ControlFlow::Continue(()) => Some(()),
            ControlFlow::Break(()) => None,
        }
    }
}
