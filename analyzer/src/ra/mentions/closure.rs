//! From what the members mention to all that it may need: round by round.
//!
//! The rule is a generous one, so that whoever picks from the facts never asks for more: a kept
//! type brings every impl whose header is kept, a macro call between items all that it makes.

use ra_ap_base_db::Crate;
use ra_ap_hir_def::nameres::crate_def_map;
use ra_ap_hir_def::{AdtId, FieldId, HasModule, ItemContainerId, Lookup};
use ra_ap_hir_expand::{HirFileId, MacroCallId};
use ra_ap_hir_ty::db::HirDatabase;
use rustc_hash::{FxHashMap, FxHashSet};

use super::impls::{self, Row};
use super::pieces::{self, Piece};
use super::places::{self, Def};
use super::walk::{self, Out, Shared};
use crate::ra::workers::Workers;

/// Pieces that a thread takes at a time.
const CHUNK: usize = 4;

/// What must be known of the crates beforehand.
pub(super) struct Ground {
    pub(super) rows: Vec<(Crate, Vec<Row>)>,
    made: FxHashMap<MacroCallId, Vec<Piece>>,
    /// Impls that derives make for a type.
    derived: FxHashMap<AdtId, Vec<Piece>>,
}

impl Ground {
    /// Of the wanted crates, in order.
    pub(super) fn of(db: &dyn HirDatabase, shared: &Shared<'_>, crates: &[Crate]) -> Self {
        let wanted = |krate: Crate| shared.wanted.contains(&krate);
        let mut made: FxHashMap<MacroCallId, Vec<Piece>> = FxHashMap::default();
        let mut derived: FxHashMap<AdtId, Vec<Piece>> = FxHashMap::default();
        let rows = crates
            .iter()
            .map(|&krate| {
                for piece in pieces::of_def_map(crate_def_map(db, krate)) {
                    let Piece::Whole(def) = piece else { continue };
                    if let Def::Impl(id) = def
                        && impls::is_derived(db, id)
                    {
                        if let Some(adt) = impls::adt_of(db, id) {
                            derived.entry(adt).or_default().push(piece);
                        }
                        continue;
                    }
                    if let Some(HirFileId::MacroFile(call)) = def.hir_file(db) {
                        let call = places::outermost(db, call);
                        made.entry(call).or_default().push(piece);
                    }
                }
                (krate, impls::of_crate(db, krate, shared.universe, &wanted))
            })
            .collect();
        Self {
            rows,
            made,
            derived,
        }
    }
}

pub(super) struct Closure<'a> {
    db: &'a dyn HirDatabase,
    shared: &'a Shared<'a>,
    ground: &'a Ground,
    done: FxHashSet<Piece>,
    /// Definitions that are mentioned.
    marked: FxHashSet<Def>,
    next: Vec<Piece>,
    pub(super) outs: Vec<Out>,
}

impl<'a> Closure<'a> {
    pub(super) fn new(db: &'a dyn HirDatabase, shared: &'a Shared<'a>, ground: &'a Ground) -> Self {
        Self {
            db,
            shared,
            ground,
            done: FxHashSet::default(),
            marked: FxHashSet::default(),
            next: Vec::new(),
            outs: Vec::new(),
        }
    }

    /// The same of everything that the crates declare.
    pub(super) fn run_all(&mut self, workers: &Workers, crates: &[Crate]) {
        let db = self.db;
        for &krate in crates {
            for piece in pieces::of_def_map(crate_def_map(db, krate)) {
                if let Piece::Whole(def) = piece {
                    self.mark(def);
                }
                self.queue(piece);
            }
        }
        self.run(workers, &[]);
    }

    /// Walks until nothing new is mentioned.
    pub(super) fn run(&mut self, workers: &Workers, start: &[Out]) {
        for out in start {
            self.take(out);
        }
        loop {
            self.bring_impls();
            let round = std::mem::take(&mut self.next);
            if round.is_empty() {
                return;
            }
            let outs = workers.map(&round, CHUNK, |db, &piece| {
                walk_piece(db, self.shared, piece)
            });
            for out in outs {
                self.take(&out);
                self.outs.push(out);
            }
        }
    }

    fn take(&mut self, out: &Out) {
        for &(_, def, _) in &out.mentions {
            self.mark(def);
        }
        for &piece in &out.inside {
            self.queue(piece);
        }
    }

    fn mark(&mut self, def: Def) {
        if !self.marked.insert(def) {
            return;
        }
        let db = self.db;
        match def {
            Def::Variant(id) => self.mark(Def::Adt(AdtId::EnumId(id.lookup(db).parent))),
            Def::Field(FieldId { parent, .. }) => self.mark(Def::Adt(parent.adt_id(db))),
            Def::Function(id) => self.mark_item(def, id.loc(db).container),
            Def::Const(id) => self.mark_item(def, id.lookup(db).container),
            Def::TypeAlias(id) => self.mark_item(def, id.lookup(db).container),
            Def::Impl(id) if db.impl_trait(id).is_none() => self.queue(Piece::Header(id)),
            Def::Module(_) => {}
            def => self.queue(Piece::Whole(def)),
        }
        if let Def::Adt(id) = def {
            let ground = self.ground;
            for &piece in ground.derived.get(&id).into_iter().flatten() {
                self.queue(piece);
            }
        }
        if let Some(HirFileId::MacroFile(call)) = def.hir_file(db) {
            let call = places::outermost(db, call);
            let made = self.ground.made.get(&call);
            for &piece in made.into_iter().flatten() {
                if let Piece::Whole(def) = piece {
                    self.marked.insert(def);
                }
                self.queue(piece);
            }
        }
    }

    /// Items of traits and of their impls come with all the others.
    fn mark_item(&mut self, def: Def, container: ItemContainerId) {
        match container {
            ItemContainerId::TraitId(id) => self.mark(Def::Trait(id)),
            ItemContainerId::ImplId(id) => {
                let inherent = self.db.impl_trait(id).is_none();
                self.mark(Def::Impl(id));
                if inherent {
                    self.queue(Piece::Whole(def));
                }
            }
            _ => self.queue(Piece::Whole(def)),
        }
    }

    fn queue(&mut self, piece: Piece) {
        let krate = match piece {
            Piece::Whole(def) => def.krate(self.db),
            Piece::Header(id) => id.krate(self.db),
        };
        if self.shared.wanted.contains(&krate) && self.done.insert(piece) {
            self.next.push(piece);
        }
    }

    /// Impls of traits all of whose header is there.
    fn bring_impls(&mut self) {
        let ground = self.ground;
        for row in ground.rows.iter().flat_map(|(_, rows)| rows) {
            let Some(of) = &row.of else { continue };
            let has_trait = !of.is_local || self.marked.contains(&Def::Trait(of.trait_));
            let complete = has_trait && row.header.iter().all(|def| self.marked.contains(def));
            if complete {
                self.mark(Def::Impl(row.id));
            }
        }
    }
}

/// A panic inside rust-analyzer costs this one piece.
pub(super) fn walk_piece(db: &dyn HirDatabase, shared: &Shared<'_>, piece: Piece) -> Out {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    let found = catch_unwind(AssertUnwindSafe(|| walk::piece(db, shared, piece)));
    found.unwrap_or_else(|_| {
        let mut out = Out::default();
        let def = match piece {
            Piece::Whole(def) => def,
            Piece::Header(id) => Def::Impl(id),
        };
        let at = catch_unwind(AssertUnwindSafe(|| def.spot(db)));
        let at = at
            .ok()
            .flatten()
            .unwrap_or(places::Spot { file: 0, offset: 0 });
        out.gap(at, "an item was not understood".to_owned());
        out
    })
}
