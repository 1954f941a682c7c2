//! What kept code for other targets names.
//!
//! The engine knows nothing of it because the build leaves it out, so what it names is kept by
//! name: paths by the module tree, methods whenever their type is kept. On the safe side: too
//! much is found out when the copy is checked for that target, and so is too little, but only
//! there.

use std::collections::BTreeSet;

use super::closure::Closure;
use super::index::{Module, ModuleId};
use super::words::{Path, Words};
use crate::pieces::{Node, PieceKind};

/// What kept code for other targets names.
#[derive(Default)]
pub(super) struct Elsewhere {
    /// Functions of types, by name: methods, and the ends of paths.
    pub(super) members: BTreeSet<String>,
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
            // Imports within functions are not seen: those of modules are told by their names.
            let own = index.module_names.contains(&foreign);
            let head_of_more = path.segments.len() > 1 && is_crate_name(&foreign) && !own;
            if path.absolute || head_of_more {
                self.elsewhere.crates.insert(foreign.clone());
            }
            self.macros_of_name(&foreign);
        }
    }

    /// That nothing which is compiled here needs it is no reason to take it out.
    pub(super) fn keep_named(&mut self, node: usize) -> bool {
        self.want(node);
        self.need_unseen(node);
        self.keep(node)
    }

    pub(super) fn need_unseen(&mut self, node: usize) {
        self.unseen.insert(node);
        let mut next = Some(self.index.item_of(node));
        while let Some(item) = next {
            self.unseen.insert(item);
            next = self.around(item);
        }
    }

    /// Asks for the file of a module.
    pub(super) fn want(&mut self, node: usize) {
        let item = &self.index.items[self.index.item_of(node)];
        let is_module = item.piece.kind == PieceKind::Module;
        if is_module && self.lacks_its_file(node) && self.may(node) {
            self.elsewhere.wanted.insert(node);
        }
    }

    /// `macro_rules!` are found by the order of the text, not in modules.
    fn macros_of_name(&mut self, name: &str) {
        let index = self.index;
        for &id in index.macros.get(name).into_iter().flatten() {
            self.keep(id);
        }
    }

    fn lacks_its_file(&self, item: usize) -> bool {
        let of = &self.index.items[item];
        let in_a_file =
            matches!(&of.piece.node, Node::Item(syn::Item::Mod(item)) if item.content.is_none());
        let has_file = |module: &Module| module.declared == Some(item);
        in_a_file && !self.index.modules.iter().any(has_file)
    }

    /// Whether something is kept that has the name of the type that an impl is for.
    pub(super) fn type_is_kept(&self, of_impl: usize) -> bool {
        let name = self.index.self_name(of_impl);
        name.is_some_and(|name| self.types.contains(&name))
    }

    /// Functions of kept types that code for other targets calls.
    pub(super) fn members_by_name(&mut self) -> bool {
        let index = self.index;
        let mut grew = false;
        let kept: Vec<usize> = self
            .types
            .iter()
            .filter_map(|name| index.members_of.get(name))
            .flatten()
            .copied()
            .filter(|&id| {
                let name = index.items[id].piece.name.as_ref();
                name.is_some_and(|name| self.elsewhere.members.contains(name))
            })
            .collect();
        for id in kept {
            grew |= self.keep_named(id);
        }
        grew
    }

    /// `mod windows;` in the arguments of a call that is kept.
    pub(super) fn modules_in_calls(&mut self) {
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
    }

    /// What an import that the build leaves out leads to.
    pub(super) fn leaf_left_out(&mut self, leaf: usize) {
        let walked = self.scopes.leaves[leaf].clone();
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
