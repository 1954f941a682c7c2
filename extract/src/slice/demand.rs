//! Code for other targets, of which the engine knows nothing because the build leaves it out.
//!
//! It is kept when its name is needed where it stands: because something of that name is kept
//! there for this target, or kept code has the name.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::closure::Closure;
use super::index::{Found, ModuleId};
use super::names::trait_and_type;
use crate::cfg::Presence;
use crate::pieces::PieceKind;

/// By module, the names that are needed there.
type Demands = BTreeMap<ModuleId, Rc<BTreeSet<String>>>;

impl Closure<'_> {
    /// One round; whether something new is kept.
    pub(super) fn for_other_targets(&mut self) -> bool {
        let index = self.index;
        let mut grew = self.members_by_name();
        self.modules_in_calls();
        let mut demands = Demands::new();
        for (id, item) in index.items.iter().enumerate() {
            let in_trait = index.around_in_trait(id).is_some();
            if item.presence != Presence::Elsewhere || in_trait || !self.may(id) {
                continue;
            }
            match item.piece.kind {
                PieceKind::Use => grew |= self.leaves_elsewhere(id, &mut demands),
                _ if self.kept[id] => {}
                PieceKind::Module => {
                    if self.is_demanded(id, &mut demands) {
                        self.want(id);
                    }
                }
                PieceKind::InherentImpl => {}
                PieceKind::TraitImpl => {
                    if self.impl_goes_along(id) {
                        grew |= self.keep(id);
                    }
                }
                PieceKind::MacroCall | PieceKind::ForeignBlock | PieceKind::Other => {
                    let demand = self.demand(item.module, &mut demands);
                    if !item.words().defined.is_disjoint(&demand) {
                        grew |= self.keep(id);
                    }
                }
                _ => {
                    if self.is_demanded(id, &mut demands) {
                        grew |= self.keep(id);
                    }
                }
            }
        }
        grew
    }

    /// Whether the name of a piece is needed where it stands.
    fn is_demanded(&self, item: usize, demands: &mut Demands) -> bool {
        let of = &self.index.items[item];
        let Some(name) = &of.piece.name else {
            return false;
        };
        let in_impl = of
            .parent
            .filter(|&parent| self.index.items[parent].piece.kind == PieceKind::InherentImpl);
        match in_impl {
            Some(parent) => self.words.contains(name) && self.type_is_kept(parent),
            None if of.piece.kind == PieceKind::ExternCrate => self.words.contains(name),
            None => self.demand(of.module, demands).contains(name),
        }
    }

    fn leaves_elsewhere(&mut self, item: usize, demands: &mut Demands) -> bool {
        let index = self.index;
        let of = &index.items[item];
        let demand = self.demand(of.module, demands);
        let mut grew = false;
        for leaf in of.leaves.clone() {
            let node = index.leaf_node(leaf);
            if self.kept[node] || !self.may(node) {
                continue;
            }
            let walked = self.scopes.leaves[leaf].clone();
            // Whether a glob brings something can only be seen with the files of its module.
            let name = index.leaves[leaf].leaf.name.as_ref();
            if name.is_none_or(|name| demand.contains(name)) && !demand.is_empty() {
                for &passed in &walked.passed {
                    self.want(passed);
                }
            }
            let stays = match name {
                Some(name) if demand.contains(name) => true,
                // A trait, perhaps, for code that is kept for other targets too.
                Some(name) => {
                    walked.foreign.is_some()
                        && name.starts_with(|first: char| first.is_uppercase())
                        && self.has_code_elsewhere(of.module)
                }
                None if walked.foreign.is_some() => self.has_code_elsewhere(of.module),
                None => walked.ends.iter().any(|end| self.found_is_kept(*end)),
            };
            if stays {
                grew |= self.keep(node);
            }
        }
        grew
    }

    /// Whether something that the build leaves out is kept in a module.
    fn has_code_elsewhere(&self, module: ModuleId) -> bool {
        self.index.modules[module].items.iter().any(|&item| {
            let of = &self.index.items[item];
            self.kept[item]
                && of.piece.kind != PieceKind::Use
                && (of.presence == Presence::Elsewhere
                    || self
                        .within
                        .get(&item)
                        .is_some_and(|within| !within.elsewhere.is_empty()))
        })
    }

    /// The impl of a trait, when its type and its trait are kept and there is one like it for this
    /// target, or it needs no call.
    fn impl_goes_along(&self, item: usize) -> bool {
        let index = self.index;
        let of = &index.items[item];
        let Some(pair) = trait_and_type(&of.piece.node) else {
            return false;
        };
        if !self.type_is_kept(item) {
            return false;
        }
        let name = &pair.0;
        if matches!(name.as_str(), "Drop" | "Send" | "Sync" | "Unpin" | "Copy") {
            return true;
        }
        let mut counterparts = index.trait_impls.get(&pair).into_iter().flatten();
        self.types.contains(name)
            || counterparts.any(|&other| self.kept[other])
            || self.elsewhere.members.contains(name)
    }

    /// Names that something may be looked up by in a module: those in its kept code, those of
    /// what is kept in it or in its counterparts, and the same of modules that import all of it.
    fn demand(&self, module: ModuleId, demands: &mut Demands) -> Rc<BTreeSet<String>> {
        if let Some(known) = demands.get(&module) {
            return known.clone();
        }
        let mut out = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut pending = vec![module];
        while let Some(module) = pending.pop() {
            if !seen.insert(module) {
                continue;
            }
            out.extend(self.uses[module].iter().cloned());
            self.exported(module, &mut BTreeSet::new(), &mut out);
            for other in self.scopes.counterparts(module) {
                self.exported(other, &mut BTreeSet::new(), &mut out);
            }
            pending.extend(&self.scopes.glob_users[module]);
        }
        let out = Rc::new(out);
        demands.insert(module, out.clone());
        out
    }

    /// Names of what is kept in a module, or there through globs that are kept.
    fn exported(
        &self,
        module: ModuleId,
        seen: &mut BTreeSet<ModuleId>,
        out: &mut BTreeSet<String>,
    ) {
        if !seen.insert(module) {
            return;
        }
        for (name, found) in &self.index.modules[module].names {
            if found.iter().any(|found| self.found_is_kept(*found)) {
                out.insert(name.clone());
            }
        }
        for leaf in self.index.globs(module) {
            if !self.kept[self.index.leaf_node(leaf)] {
                continue;
            }
            for target in &self.scopes.leaves[leaf].ends {
                if let Found::Module(target) = *target {
                    self.exported(target, seen, out);
                }
            }
        }
    }
}
