//! What is read off bodies besides their edges.

use ra_ap_hir_def::{DefWithBodyId, HasModule, ModuleDefId};

use super::{Keeper, number};
use crate::ra::answer::gaps::text_of;
use crate::ra::answer::usage::{Usage, UsesOfBodies};
use crate::ra::instance::{Instance, Subject};
use crate::ra::items::Definition;
use crate::ra::memo::Kept;
use crate::ra::memo::keep::{body_of, is_read};
use crate::ra::memo::record::{Body, Hole, Text};
use crate::ra::memo::spell::{Name, Speller};
use crate::ra::workers::Workers;

impl Keeper<'_> {
    /// What the bodies of new nodes use that nobody asked for, of crates whose items are listed.
    pub(super) fn uses(&self, workers: &Workers, kept: &[bool]) -> UsesOfBodies {
        let db = &self.database.db;
        let mut bodies: Vec<DefWithBodyId> = (self.found.graph.nodes.iter().zip(kept))
            .filter(|(_, kept)| **kept)
            .filter_map(|(instance, _)| body_of(instance))
            .filter(|def| self.extras.homes.contains_key(&def.krate(db)))
            .filter(|def| !self.used.contains_key(def))
            .collect();
        bodies.sort_unstable();
        bodies.dedup();
        let usage = Usage::begin(db, self.found);
        let found = workers.map(&bodies, 64, |db, &def| {
            let template = self.found.shared.template_if_any(db, def);
            usage.of_body(db, def, &template)
        });
        bodies.into_iter().zip(found).collect()
    }

    pub(super) fn body(&mut self, instance: &Instance, uses: &UsesOfBodies) -> Option<u32> {
        if let Subject::Kept(kept) = instance.subject {
            return self.body_again(kept);
        }
        let db = &self.database.db;
        let def = body_of(instance)?;
        let name = Speller::new(db, self.closed, &self.found.shared.memo.spelled).body(def)?;
        let (index, is_new) = self.bodies.insert_full(name);
        if is_new {
            let body = match self.used.get(&def).or_else(|| uses.get(&def)) {
                Some(uses) => self.listed_body(name, def, uses),
                // Of std: its holes are covered, its items are not listed.
                None => Body {
                    name,
                    of: None,
                    is_read: is_read(db, def),
                    file: self.text(""),
                    holes: Vec::new(),
                    hidden: Vec::new(),
                    uses: Vec::new(),
                },
            };
            self.out.bodies.push(body);
        }
        Some(number(index))
    }

    fn listed_body(&mut self, name: Name, def: DefWithBodyId, uses: &[ModuleDefId]) -> Body {
        let db = &self.database.db;
        let mut body = Body {
            name,
            of: self.closed.number(def.krate(db)),
            is_read: is_read(db, def),
            file: self.text(""),
            holes: Vec::new(),
            hidden: Vec::new(),
            uses: Vec::new(),
        };
        let listed = |used: &ModuleDefId| self.rows.get(&Definition::Other(*used)).copied();
        body.uses = uses.iter().filter_map(listed).collect();
        // They came out of a hash map.
        body.uses.sort_unstable();
        if !body.is_read {
            return body;
        }
        let template = self.found.shared.template(db, def);
        if template.holes.is_empty() {
            return body;
        }
        let (file, hidden) = text_of(self.database, def);
        body.file = self.text(&file);
        if template.holes.iter().any(|hole| hole.name.is_none()) {
            body.hidden = hidden.map(|name| self.text(&name)).collect();
            body.hidden.sort_unstable();
            body.hidden.dedup();
        }
        let holes = template.holes.iter().map(|hole| Hole {
            reason: self.text(hole.reason),
            name: hole.name.as_ref().map(|name| self.text(name)),
            line: hole.line,
        });
        body.holes = holes.collect();
        body
    }

    /// A body as it was kept before.
    fn body_again(&mut self, kept: Kept) -> Option<u32> {
        let found = self.found;
        let (_, before) = found.shared.memo.body(kept)?;
        let (index, is_new) = self.bodies.insert_full(before.name);
        if is_new {
            let old = |text: Text| found.shared.memo.text(text);
            let mut body = before.clone();
            body.file = self.text(old(before.file));
            body.hidden = before
                .hidden
                .iter()
                .map(|&one| self.text(old(one)))
                .collect();
            let holes = before.holes.iter().map(|hole| Hole {
                reason: self.text(old(hole.reason)),
                name: hole.name.map(|name| self.text(old(name))),
                line: hole.line,
            });
            body.holes = holes.collect();
            self.out.bodies.push(body);
        }
        Some(number(index))
    }
}
