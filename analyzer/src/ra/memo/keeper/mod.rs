//! Puts together what of a run is kept.

mod bodies;

use indexmap::IndexSet;
use ra_ap_hir_def::ModuleDefId;
use ra_ap_hir_ty::attach_db;
use ra_ap_ide_db::RootDatabase;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::Memo;
use super::closed::Closed;
use super::record::{Defined, Extra, Listed, Node, Place, Record, Step, Text};
use super::spell::Name;
use crate::model;
use crate::ra::answer::definition;
use crate::ra::answer::extras::{self, Extras};
use crate::ra::answer::usage::UsesOfBodies;
use crate::ra::database::Database;
use crate::ra::engine::{Found, Note};
use crate::ra::instance::{Instance, Subject};
use crate::ra::items::Definition;
use crate::ra::taint;
use crate::ra::workers::Workers;

/// Instances that a thread looks at at a time.
const CHUNK: usize = 512;

pub(super) struct Keeper<'a> {
    database: &'a Database,
    found: &'a Found,
    closed: &'a Closed,
    extras: &'a Extras<'a>,
    rows: FxHashMap<Definition, Listed>,
    /// What bodies use, as far as somebody asked for it before.
    used: &'a UsesOfBodies,
    texts: IndexSet<String, FxBuildHasher>,
    definitions: IndexSet<Definition, FxBuildHasher>,
    bodies: IndexSet<Name, FxBuildHasher>,
    places: IndexSet<Place, FxBuildHasher>,
    shown: IndexSet<Extra, FxBuildHasher>,
    out: Record,
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl<'a> Keeper<'a> {
    pub(super) fn new(
        database: &'a Database,
        found: &'a Found,
        closed: &'a Closed,
        extras: &'a Extras<'a>,
        rows: FxHashMap<Definition, Listed>,
        used: &'a UsesOfBodies,
    ) -> Self {
        Self {
            database,
            found,
            closed,
            extras,
            rows,
            used,
            texts: IndexSet::default(),
            definitions: IndexSet::default(),
            bodies: IndexSet::default(),
            places: IndexSet::default(),
            shown: IndexSet::default(),
            out: Record::default(),
        }
    }

    pub(super) fn record(
        mut self,
        shown: &model::Nodes,
        names: &[Option<Name>],
        notes: &[Option<&Note>],
        kept: &[bool],
        workers: &Workers,
    ) -> Record {
        let uses = self.uses(workers, kept);
        let places = self.new_places(workers, kept);
        attach_db(&self.database.db, || {
            self.nodes(shown, names, notes, &places, &uses);
        });
        Record {
            texts: self.texts.into_iter().collect(),
            places: self.places.into_iter().collect(),
            extras: self.shown.into_iter().collect(),
            setting: self.closed.setting(),
            ..self.out
        }
    }

    fn text(&mut self, text: &str) -> Text {
        let known = self.texts.get_index_of(text);
        number(known.unwrap_or_else(|| self.texts.insert_full(text.to_owned()).0))
    }

    fn nodes(
        &mut self,
        shown: &model::Nodes,
        names: &[Option<Name>],
        notes: &[Option<&Note>],
        places: &[Option<u32>],
        uses: &UsesOfBodies,
    ) {
        let mut next = 0;
        let numbers: Vec<u32> = places
            .iter()
            .map(|place| {
                let own = next;
                next += u32::from(place.is_some());
                own
            })
            .collect();
        // Lists that grow would be there twice for a while.
        self.out.names.reserve_exact(next as usize);
        self.out.nodes.reserve_exact(next as usize);
        for ((node, instance), place) in self.found.graph.nodes.iter().enumerate().zip(places) {
            let (Some(place), Some(name), Some(note)) = (*place, names[node], notes[node]) else {
                continue;
            };
            let links = self.found.graph.links[node].iter();
            let steps = links.map(|link| Step {
                to: numbers[link.to as usize],
                kind: link.kind,
                line: link.line,
                in_const: link.in_const,
                escapes: link.escapes,
            });
            let one = Node {
                definition: self.definition(instance, &shown[node]),
                body: self.body(instance, uses),
                adt: self.adt(instance),
                place,
                extra: self.extra(instance),
                fallbacks: note.fallbacks,
                steps: steps.collect(),
                powers: self.powers(instance, note),
            };
            self.out.names.push(name);
            self.out.nodes.push(one);
        }
    }

    fn definition(&mut self, instance: &Instance, shown: &model::Node) -> Option<u32> {
        let def = definition(&self.database.db, instance)?;
        let (index, is_new) = self.definitions.insert_full(def);
        if is_new {
            let defined = Defined {
                listed: match instance.subject {
                    Subject::Kept(kept) => self.memo().defined(kept)?.listed,
                    _ => self.rows.get(&def).copied(),
                },
                is_function: matches!(def, Definition::Function(_)),
                label: self.text(&shown.label),
                file: shown.file.as_ref().map(|file| self.text(file.as_str())),
                line: shown.line,
            };
            self.out.definitions.push(defined);
        }
        Some(number(index))
    }

    fn memo(&self) -> &Memo {
        &self.found.shared.memo
    }

    fn adt(&self, instance: &Instance) -> Option<Listed> {
        match &instance.subject {
            Subject::Derive(id, ..) => {
                let adt = ModuleDefId::from(id.loc(&self.database.db).adt);
                self.rows.get(&Definition::Other(adt)).copied()
            }
            Subject::Kept(kept) => self.memo().adt(*kept),
            _ => None,
        }
    }

    /// Where each node that is kept stands and what its arguments mention.
    ///
    /// Few of them differ, and there are many: each thread counts its own once.
    fn new_places(&mut self, workers: &Workers, kept: &[bool]) -> Vec<Option<u32>> {
        let nodes: Vec<(&Instance, bool)> = (self.found.graph.nodes.iter())
            .zip(kept.iter().copied())
            .collect();
        let chunks: Vec<&[(&Instance, bool)]> = nodes.chunks(CHUNK).collect();
        let (memo, closed) = (self.memo(), self.closed);
        let found = workers.map(&chunks, 1, |db, chunk| {
            let mut places: IndexSet<Place, FxBuildHasher> = IndexSet::default();
            let mut place_of = |&(instance, kept): &(&Instance, bool)| {
                kept.then(|| {
                    let place = match instance.subject {
                        Subject::Kept(kept) => memo.place(kept).clone(),
                        _ => new_place(db, closed, instance),
                    };
                    places.insert_full(place).0
                })
            };
            let of_nodes: Vec<Option<usize>> = chunk.iter().map(&mut place_of).collect();
            (places, of_nodes)
        });
        let mut all = Vec::with_capacity(nodes.len());
        for (places, of_nodes) in found {
            let places = places.into_iter();
            let numbers: Vec<u32> = places
                .map(|place| number(self.places.insert_full(place).0))
                .collect();
            all.extend(of_nodes.into_iter().map(|place| Some(numbers[place?])));
        }
        all
    }

    fn powers(&mut self, instance: &Instance, note: &Note) -> Vec<(Text, model::Power, u32)> {
        if let Subject::Kept(kept) = instance.subject {
            let found = self.found;
            let memo = &found.shared.memo;
            let powers = memo.powers(kept);
            return powers
                .map(|(path, power, line)| (self.text(path), power, line))
                .collect();
        }
        // Those of what was written: a derive's are nobody's.
        let own = instance.body().map_or(&[][..], |_| &note.powers[..]);
        let mut powers: Vec<(Text, model::Power, u32)> = (own.iter())
            .map(|&(id, power, line)| {
                let path = extras::name(&self.database.db, id);
                (self.text(&path), power, line)
            })
            .collect();
        powers.sort_unstable();
        powers.dedup();
        powers
    }

    fn extra(&mut self, instance: &Instance) -> Option<u32> {
        let extra = if let Subject::Kept(kept) = instance.subject {
            let found = self.found;
            let memo = &found.shared.memo;
            let old = memo.extra(kept)?;
            Extra {
                path: self.text(memo.text(old.path)),
                file: self.text(memo.text(old.file)),
                call_site: (old.call_site).map(|(file, line)| (self.text(memo.text(file)), line)),
                ..*old
            }
        } else {
            let krate = instance.krate(&self.database.db)?;
            let shown = self.extras.of(instance, extras::ANYHOW)?;
            Extra {
                of: self.closed.number(krate)?,
                kind: shown.kind,
                path: self.text(&shown.path),
                file: self.text(shown.file.as_str()),
                line: shown.line,
                lines: shown.lines,
                call_site: (shown.call_site).map(|(file, line)| (self.text(file.as_str()), line)),
                origin: shown.origin,
                fingerprint: shown.fingerprint,
            }
        };
        Some(number(self.shown.insert_full(extra).0))
    }
}

fn new_place(db: &RootDatabase, closed: &Closed, instance: &Instance) -> Place {
    let mentioned = instance.args().map(|args| taint::mentions(db, args));
    // A crate without a number is in no name.
    let number = |krate| closed.number(krate);
    let mut mentions: Vec<Option<u32>> = (mentioned.into_iter().flatten())
        .map(|krate| krate.and_then(number))
        .collect();
    mentions.sort_unstable();
    Place {
        of: instance.krate(db).and_then(number),
        mentions,
    }
}
