//! Code for other targets, of which the engine knows nothing because the build leaves it out.
//!
//! It is kept when its name is needed where it stands: because something of that name is kept
//! there for this target, or kept code has the name. What it names is kept by name. All of this
//! is on the safe side: too much is found out when the copy is checked for that target, and too
//! little is as well, but only there.

use std::collections::BTreeSet;

use super::closure::Closure;
use super::index::{Found, ModuleId};
use super::words::{Path, Words};
use crate::cfg::Presence;
use crate::pieces::{Node, PieceKind};

/// What kept code for other targets names.
#[derive(Default)]
pub(super) struct Elsewhere {
    /// Functions of types, by name: methods, and the ends of paths.
    members: BTreeSet<String>,
    /// Other crates.
    pub(super) crates: BTreeSet<String>,
    /// Modules whose files are not here.
    pub(super) wanted: BTreeSet<usize>,
    /// `mod` in the arguments of macro calls: the call and the name.
    pub(super) wanted_of_calls: BTreeSet<(usize, String)>,
}

impl Closure<'_> {
    /// Keeps what code that the build leaves out names.
    pub(super) fn left_out(&mut self, module: ModuleId, words: &Words) {
        self.elsewhere.members.extend(words.members.iter().cloned());
        for path in &words.paths {
            self.named(module, path);
        }
    }

    fn named(&mut self, module: ModuleId, path: &Path) {
        let index = self.index;
        let tail = path.segments.iter().skip(1);
        self.elsewhere.members.extend(tail.cloned());
        let walked = index.walk(module, path);
        for &node in &walked.passed {
            self.keep_named(node);
        }
        if let Some(foreign) = walked.foreign {
            let head_of_more = path.segments.len() > 1 && is_crate_name(&foreign);
            if path.absolute || head_of_more {
                self.elsewhere.crates.insert(foreign.clone());
            }
            self.macros_of_name(&foreign);
        }
    }

    fn keep_named(&mut self, node: usize) {
        let item = &self.index.items[self.index.item_of(node)];
        let is_module = item.piece.kind == PieceKind::Module;
        if is_module && self.lacks_its_file(node) && self.may(node) {
            self.elsewhere.wanted.insert(node);
        }
        self.keep(node);
    }

    /// `macro_rules!` are found by the order of the text, not in modules.
    fn macros_of_name(&mut self, name: &str) {
        let index = self.index;
        for (id, item) in index.items.iter().enumerate() {
            if item.piece.kind == PieceKind::Macro && item.piece.name.as_deref() == Some(name) {
                self.keep(id);
            }
        }
    }

    fn lacks_its_file(&self, item: usize) -> bool {
        let of = &self.index.items[item];
        let in_a_file =
            matches!(&of.piece.node, Node::Item(syn::Item::Mod(item)) if item.content.is_none());
        let has_file = |module: &super::index::Module| module.declared == Some(item);
        in_a_file && !self.index.modules.iter().any(has_file)
    }

    /// One round; whether something new is kept.
    pub(super) fn for_other_targets(&mut self) -> bool {
        let index = self.index;
        let mut grew = self.members_by_name();
        grew |= self.modules_in_calls();
        for (id, item) in index.items.iter().enumerate() {
            if item.presence != Presence::Elsewhere || !self.may(id) {
                continue;
            }
            match item.piece.kind {
                PieceKind::Use => grew |= self.leaves_elsewhere(id),
                _ if self.kept[id] => {}
                PieceKind::Module => {
                    if self.lacks_its_file(id) && self.is_demanded(id) {
                        self.elsewhere.wanted.insert(id);
                    }
                }
                PieceKind::InherentImpl => {}
                PieceKind::TraitImpl => {
                    if self.impl_goes_along(id) {
                        grew |= self.keep(id);
                    }
                }
                PieceKind::MacroCall | PieceKind::ForeignBlock | PieceKind::Other => {
                    let demand = self.demand(item.module);
                    if !item.words().defined.is_disjoint(&demand) {
                        grew |= self.keep(id);
                    }
                }
                _ => {
                    if self.is_demanded(id) {
                        grew |= self.keep(id);
                    }
                }
            }
        }
        grew
    }

    /// Whether the name of a piece is needed where it stands.
    fn is_demanded(&self, item: usize) -> bool {
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
            None => self.demand(of.module).contains(name),
        }
    }

    /// Whether something is kept that has the name of the type that an impl is for.
    fn type_is_kept(&self, of_impl: usize) -> bool {
        let index = self.index;
        let Some(name) = index.self_name(of_impl) else {
            return false;
        };
        let is_type = |kind| {
            use PieceKind::{Enum, MacroCall, Struct, Trait, TypeAlias, Union};
            matches!(kind, Enum | Struct | Union | Trait | TypeAlias | MacroCall)
        };
        index.items.iter().enumerate().any(|(id, item)| {
            self.kept[id]
                && is_type(item.piece.kind)
                && (item.piece.name.as_ref() == Some(&name)
                    || item.piece.kind == PieceKind::MacroCall
                        && item.words().defined.contains(&name))
        })
    }

    /// Functions of kept types that code for other targets calls.
    fn members_by_name(&mut self) -> bool {
        let index = self.index;
        let mut grew = false;
        for (id, item) in index.items.iter().enumerate() {
            let named = item.piece.name.as_ref();
            let in_impl = item
                .parent
                .filter(|&parent| index.items[parent].piece.kind == PieceKind::InherentImpl);
            if let (Some(name), Some(parent)) = (named, in_impl)
                && self.elsewhere.members.contains(name)
                && self.type_is_kept(parent)
            {
                grew |= self.keep(id);
            }
        }
        grew
    }

    /// `mod windows;` in the arguments of a call that is kept.
    fn modules_in_calls(&mut self) -> bool {
        let index = self.index;
        for (id, item) in index.items.iter().enumerate() {
            if !self.kept[id] || item.piece.kind != PieceKind::MacroCall {
                continue;
            }
            let elsewhere = self.within.get(&id).map(|within| &within.elsewhere);
            for code in elsewhere.into_iter().flatten() {
                for name in Words::of(code.clone()).modules {
                    let known = index.modules.iter().any(|module| {
                        module.declared == Some(id) && module.path.last() == Some(&name)
                    });
                    if !known {
                        self.elsewhere.wanted_of_calls.insert((id, name));
                    }
                }
            }
        }
        false
    }

    /// What an import that the build leaves out leads to.
    pub(super) fn leaf_left_out(&mut self, leaf: usize) {
        let walked = self.index.walk_leaf(leaf);
        for passed in walked.passed {
            self.keep_named(passed);
        }
        let first = self.index.leaves[leaf].leaf.path.first();
        if let (Some(foreign), Some(first)) = (walked.foreign, first)
            && foreign == *first
        {
            self.elsewhere.crates.insert(foreign);
        }
    }

    fn leaves_elsewhere(&mut self, item: usize) -> bool {
        let index = self.index;
        let of = &index.items[item];
        let demand = self.demand(of.module);
        let mut grew = false;
        for leaf in of.leaves.clone() {
            let node = index.leaf_node(leaf);
            if self.kept[node] || !self.may(node) {
                continue;
            }
            let walked = index.walk_leaf(leaf);
            for &passed in &walked.passed {
                let is_module = index.items[index.item_of(passed)].piece.kind == PieceKind::Module;
                let wanted = index.leaves[leaf]
                    .leaf
                    .name
                    .as_ref()
                    .is_none_or(|name| demand.contains(name));
                if is_module && wanted && !demand.is_empty() {
                    self.keep_named(passed);
                }
            }
            let stays = match &index.leaves[leaf].leaf.name {
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
        let Some((name, self_name)) = trait_and_type(&of.piece.node) else {
            return false;
        };
        if !self.type_is_kept(item) {
            return false;
        }
        if matches!(name.as_str(), "Drop" | "Send" | "Sync" | "Unpin" | "Copy") {
            return true;
        }
        let own_trait = index.items.iter().enumerate().any(|(id, other)| {
            self.kept[id]
                && other.piece.kind == PieceKind::Trait
                && other.piece.name.as_ref() == Some(&name)
        });
        let counterpart = index.items.iter().enumerate().any(|(id, other)| {
            self.kept[id]
                && trait_and_type(&other.piece.node)
                    .is_some_and(|(other, of)| other == name && of == self_name)
        });
        own_trait || counterpart || self.elsewhere_names(&name)
    }

    fn elsewhere_names(&self, name: &str) -> bool {
        self.elsewhere.members.contains(name)
    }

    /// Modules that have the same name in the same place under other conditions, by declaration
    /// or by import.
    fn counterparts(&self, module: ModuleId) -> BTreeSet<ModuleId> {
        let mut out = BTreeSet::new();
        for alias in &self.aliases[module] {
            out.extend(&self.by_alias[alias]);
        }
        out.remove(&module);
        out
    }

    /// Names that something may be looked up by in a module: those in its kept code, those of
    /// what is kept in it or in its counterparts, and the same of modules that import all of it.
    fn demand(&self, module: ModuleId) -> BTreeSet<String> {
        let mut out = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut pending = vec![module];
        while let Some(module) = pending.pop() {
            if !seen.insert(module) {
                continue;
            }
            out.extend(self.uses[module].iter().cloned());
            self.exported(module, &mut BTreeSet::new(), &mut out);
            for other in self.counterparts(module) {
                self.exported(other, &mut BTreeSet::new(), &mut out);
            }
            pending.extend(&self.glob_users[module]);
        }
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
            for target in &self.targets[leaf] {
                if let Found::Module(target) = *target {
                    self.exported(target, seen, out);
                }
            }
        }
    }
}

fn is_crate_name(name: &str) -> bool {
    const TYPES: &[&str] = &[
        "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "str", "u128",
        "u16", "u32", "u64", "u8", "usize",
    ];
    !TYPES.contains(&name)
        && name
            .chars()
            .all(|char| char == '_' || char.is_ascii_lowercase() || char.is_ascii_digit())
}

/// The last names of the trait and the type of an impl.
fn trait_and_type(node: &Node) -> Option<(String, String)> {
    let Node::Item(syn::Item::Impl(item)) = node else {
        return None;
    };
    let (_, path, _) = item.trait_.as_ref()?;
    let name = super::words::plain(&path.segments.last()?.ident);
    Some((name, super::names::last_name(&item.self_ty)?))
}
