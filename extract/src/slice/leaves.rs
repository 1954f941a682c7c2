//! Imports, leaf by leaf, and `extern crate`.
//!
//! Where the engine saw a name being found through a leaf, its word counts. Of the others, leaves
//! stay when they lead to something that is kept and the name is in kept code; in doubt too, since
//! the compiler names imports that are not used.

use super::closure::Closure;
use super::index::{Found, ModuleId, NodeId};
use crate::cfg::Presence;
use crate::pieces::{Node, PieceKind};

impl Closure<'_> {
    /// Leaves of imports that nothing is known to go through: by the names in kept code.
    pub(super) fn imports(&mut self) -> bool {
        let index = self.index;
        let mut grew = false;
        for (leaf, of) in index.leaves.iter().enumerate() {
            let node = index.leaf_node(leaf);
            let item = &index.items[of.item];
            if self.kept[node]
                || item.presence != Presence::Here
                || (index.imported.contains(&node) && !self.may_be_a_trait(leaf))
                || !self.module_is_kept(item.module)
            {
                continue;
            }
            if self.leaf_stays(leaf) {
                grew |= self.keep(node);
            }
        }
        grew | self.extern_crates() | self.not_understood()
    }

    /// Syntax that nobody understands, where other code is kept.
    fn not_understood(&mut self) -> bool {
        let index = self.index;
        let mut grew = false;
        for (id, item) in index.items.iter().enumerate() {
            if item.piece.kind == PieceKind::Other
                && item.presence == Presence::Here
                && !self.kept[id]
                && !index.impls_at.contains_key(&id)
                && !self.uses[item.module].is_empty()
            {
                grew |= self.keep(id);
            }
        }
        grew
    }

    /// `extern crate` items whose name kept code has, by itself or in imports.
    fn extern_crates(&mut self) -> bool {
        let index = self.index;
        let mut grew = false;
        for (id, item) in index.items.iter().enumerate() {
            let (PieceKind::ExternCrate, Some(name)) = (item.piece.kind, &item.piece.name) else {
                continue;
            };
            let named = self.words.contains(name) || self.heads.contains(name);
            if !self.kept[id]
                && item.presence == Presence::Here
                && (named || self.brings_macros(id))
            {
                grew |= self.keep(id);
            }
        }
        grew
    }

    /// `#[macro_use] extern crate` of a crate that kept code needs.
    fn brings_macros(&self, id: usize) -> bool {
        let index = self.index;
        let Node::Item(syn::Item::ExternCrate(item)) = &index.items[id].piece.node else {
            return false;
        };
        let name = item.ident.to_string();
        item.attrs
            .iter()
            .any(|attr| attr.path().is_ident("macro_use"))
            && index.facts.foreign.iter().any(|foreign| {
                foreign.krate == name
                    && index
                        .node(foreign.from)
                        .is_some_and(|from| from != id && self.kept[from])
            })
    }

    /// A trait is also needed by calls of its methods, which do not name it: what is seen of such
    /// a leaf is not all.
    fn may_be_a_trait(&self, leaf: usize) -> bool {
        let index = self.index;
        let ends = &self.scopes.leaves[leaf].ends;
        let is_trait = |node: NodeId| {
            let kind = index.items[index.item_of(node)].piece.kind;
            kind == PieceKind::Trait
        };
        if ends.is_empty() {
            let name = index.leaves[leaf].leaf.path.last();
            return name.is_some_and(|name| name.starts_with(|first: char| first.is_uppercase()));
        }
        ends.iter()
            .any(|end| matches!(*end, Found::Node(node) if is_trait(node)))
    }

    fn leaf_stays(&self, leaf: usize) -> bool {
        let index = self.index;
        let node = index.leaf_node(leaf);
        let of = &index.leaves[leaf];
        let module = index.items[of.item].module;
        let own: Vec<NodeId> = index.edges[node]
            .iter()
            .map(|&(to, _)| to)
            .filter(|&to| index.items[index.item_of(to)].piece.kind != PieceKind::Module)
            .collect();
        let targets = &self.scopes.leaves[leaf].ends;
        if own.is_empty() && targets.is_empty() {
            // Another crate's. A trait may be needed where nobody names it.
            let in_code = !self.uses[module].is_empty();
            return match &of.leaf.name {
                Some(name) => {
                    self.is_used(module, name)
                        || (in_code && name.starts_with(|first: char| first.is_uppercase()))
                        // A macro's text may lead through it, from anywhere.
                        || (is_shown(&index.items[of.item].piece.node)
                            && self.words.contains(name))
                }
                None => in_code,
            };
        }
        let is_kept = own.iter().any(|&to| self.kept[to])
            || targets.iter().any(|target| self.found_is_kept(*target));
        if !is_kept {
            return false;
        }
        match &of.leaf.name {
            Some(name) => self.is_used(module, name) || self.may_be_a_trait(leaf),
            None => true,
        }
    }

    /// Whether kept code in a module, or where all of it is imported, has the name; or any code
    /// that may name it by a path.
    fn is_used(&self, module: ModuleId, name: &str) -> bool {
        self.uses[module].contains(name)
            || self.scopes.glob_users[module]
                .iter()
                .any(|&user| self.uses[user].contains(name))
    }
}

/// `pub use`, `pub(crate) use` and the like.
fn is_shown(node: &Node) -> bool {
    matches!(node, Node::Item(syn::Item::Use(item)) if !matches!(item.vis, syn::Visibility::Inherited))
}
