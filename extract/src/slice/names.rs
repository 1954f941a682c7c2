//! What a path means, by the module tree and the imports in it alone.
//!
//! For paths that users write, and for code that the build leaves out, of which the engine knows
//! nothing. On the safe side: a name may mean several things, in the namespaces of types, values
//! and macros and under different conditions, and then it means all of them.

use std::collections::BTreeSet;

use super::index::{Found, Index, ModuleId, NodeId, ROOT};
use super::words::Path;
use crate::pieces::{Node, PieceKind};

/// Where a path leads.
#[derive(Debug, Default, Clone)]
pub(super) struct Walked {
    /// All that was gone through: imports, types before their functions, and the ends.
    pub(super) passed: BTreeSet<NodeId>,
    pub(super) ends: BTreeSet<Found>,
    /// Its first name is a crate's, as far as one can see.
    pub(super) foreign: Option<String>,
}

/// Names looked up in one walk, above which it is given up: imports may lead in circles.
const STEPS: usize = 20_000;

/// The names that are being looked up, and how many were.
#[derive(Default)]
struct Seen {
    open: BTreeSet<(ModuleId, String)>,
    /// Leaves of imports that are being followed: none finds itself, as `use other;` would.
    followed: BTreeSet<usize>,
    steps: usize,
}

impl Seen {
    fn enter(&mut self, module: ModuleId, name: &str) -> bool {
        self.steps += 1;
        self.steps < STEPS && self.open.insert((module, name.to_owned()))
    }

    fn leave(&mut self, module: ModuleId, name: &str) {
        self.open.remove(&(module, name.to_owned()));
    }
}

impl Index<'_> {
    /// A path in the code of a module.
    pub(super) fn walk(&self, module: ModuleId, path: &Path) -> Walked {
        self.walk_on(module, &path.segments, path.absolute, &mut Seen::default())
    }

    /// What a leaf of an import stands for; of a glob the modules.
    pub(super) fn walk_leaf(&self, leaf: usize) -> Walked {
        self.leaf(leaf, &mut Seen::default())
    }

    fn leaf(&self, leaf: usize, seen: &mut Seen) -> Walked {
        let of = &self.leaves[leaf];
        let module = self.items[of.item].module;
        let old = self.upstream.edition < 2018;
        let start = if old { ROOT } else { module };
        let absolute = of.leaf.absolute && !old;
        let first = seen.followed.insert(leaf);
        let walked = self.walk_on(start, &of.leaf.path, absolute, seen);
        if first {
            seen.followed.remove(&leaf);
        }
        walked
    }

    fn walk_on(
        &self,
        mut module: ModuleId,
        segments: &[String],
        absolute: bool,
        seen: &mut Seen,
    ) -> Walked {
        let mut out = Walked::default();
        let Some(first) = segments.first() else {
            return out;
        };
        if absolute && self.upstream.edition >= 2018 {
            out.foreign = Some(first.clone());
            return out;
        }
        let mut rest = segments;
        while let Some((head, tail)) = rest.split_first() {
            module = match head.as_str() {
                "crate" => ROOT,
                "self" => module,
                "super" => self.modules[module].parent.unwrap_or(ROOT),
                _ => break,
            };
            rest = tail;
        }
        let mut here = BTreeSet::from([Found::Module(module)]);
        for (step, segment) in rest.iter().enumerate() {
            let segment = segment.strip_prefix("r#").unwrap_or(segment);
            let mut next = BTreeSet::new();
            for found in &here {
                match *found {
                    Found::Module(module) => {
                        next.extend(self.in_module(module, segment, &mut out, seen));
                    }
                    Found::Node(node) => next.extend(self.members(node, segment)),
                }
            }
            if next.is_empty() && step == 0 && rest.len() == segments.len() {
                out.foreign = Some(segment.to_owned());
            }
            out.pass(&next, self);
            here = next;
        }
        out.ends = here;
        out
    }

    /// What `name` means in a module, imports gone through.
    fn in_module(
        &self,
        module: ModuleId,
        name: &str,
        out: &mut Walked,
        seen: &mut Seen,
    ) -> BTreeSet<Found> {
        let mut found = BTreeSet::new();
        if !seen.enter(module, name) {
            return found;
        }
        for &one in self.modules[module].names.get(name).into_iter().flatten() {
            match one {
                Found::Node(node) if self.as_leaf(node).is_some() => {
                    if seen.followed.contains(&(node - self.items.len())) {
                        continue;
                    }
                    out.passed.insert(node);
                    let target = self.leaf(node - self.items.len(), seen);
                    out.passed.extend(target.passed);
                    if target.ends.is_empty() {
                        // Another crate's.
                        found.insert(one);
                    }
                    found.extend(target.ends);
                }
                _ => {
                    found.insert(one);
                }
            }
        }
        if found.is_empty() {
            for leaf in self.globs(module) {
                for target in self.glob_targets(leaf, seen) {
                    let through = self.in_module(target, name, out, seen);
                    if !through.is_empty() {
                        out.passed.insert(self.leaf_node(leaf));
                    }
                    found.extend(through);
                }
            }
        }
        if found.is_empty() {
            found.extend(self.made_by_calls(module, name));
        }
        seen.leave(module, name);
        found
    }

    /// Leaves of imports in a module that are globs.
    pub(super) fn globs(&self, module: ModuleId) -> impl Iterator<Item = usize> {
        let items = self.modules[module].items.iter();
        items
            .flat_map(|&item| self.items[item].leaves.clone())
            .filter(|&leaf| self.leaves[leaf].leaf.glob)
    }

    fn glob_targets(&self, leaf: usize, seen: &mut Seen) -> Vec<ModuleId> {
        let ends = self.leaf(leaf, seen).ends;
        ends.into_iter()
            .filter_map(|end| match end {
                Found::Module(module) => Some(module),
                Found::Node(_) => None,
            })
            .collect()
    }

    /// Macro calls in the place of items that have the name in them.
    fn made_by_calls(&self, module: ModuleId, name: &str) -> Vec<Found> {
        let calls = self.modules[module].items.iter().filter(|&&item| {
            let item = &self.items[item];
            item.piece.kind == PieceKind::MacroCall && item.words().defined.contains(name)
        });
        calls.map(|&item| Found::Node(item)).collect()
    }

    /// Associated items of a type, by the names in the headers of impls.
    pub(super) fn members(&self, node: NodeId, name: &str) -> Vec<Found> {
        let item = &self.items[self.item_of(node)];
        let Some(of) = &item.piece.name else {
            return Vec::new();
        };
        let own = self.members_of.get(of).into_iter().flatten();
        let mut found: Vec<Found> = own
            .filter(|&&id| self.items[id].piece.name.as_deref() == Some(name))
            .map(|&id| Found::Node(id))
            .collect();
        if found.is_empty() && self.has_of_its_own(node, name) {
            found.push(Found::Node(node));
        }
        found
    }

    /// Whether an item of this name is part of a trait's piece.
    fn has_of_its_own(&self, node: NodeId, name: &str) -> bool {
        let Node::Item(syn::Item::Trait(item)) = &self.items[self.item_of(node)].piece.node else {
            return false;
        };
        item.items.iter().any(|item| match item {
            syn::TraitItem::Const(item) => item.ident == name,
            syn::TraitItem::Fn(item) => item.sig.ident == name,
            syn::TraitItem::Type(item) => item.ident == name,
            _ => false,
        })
    }

    /// The last name of the type that an impl is for; the trait's own.
    pub(super) fn self_name(&self, item: usize) -> Option<String> {
        match &self.items[item].piece.node {
            Node::Item(syn::Item::Impl(item)) => last_name(&item.self_ty),
            Node::Item(syn::Item::Trait(item)) => Some(super::words::plain(&item.ident)),
            _ => None,
        }
    }
}

impl Walked {
    fn pass(&mut self, found: &BTreeSet<Found>, index: &Index) {
        for one in found {
            match *one {
                Found::Node(node) => {
                    self.passed.insert(node);
                }
                Found::Module(module) => self.passed.extend(index.modules[module].declared),
            }
        }
    }
}

/// `S` of `&mut a::S<T>`.
pub(super) fn last_name(ty: &syn::Type) -> Option<String> {
    match ty {
        syn::Type::Path(path) => path
            .path
            .segments
            .last()
            .map(|segment| super::words::plain(&segment.ident)),
        syn::Type::Reference(reference) => last_name(&reference.elem),
        syn::Type::Paren(inner) => last_name(&inner.elem),
        syn::Type::Group(inner) => last_name(&inner.elem),
        syn::Type::TraitObject(object) => object.bounds.iter().find_map(|bound| match bound {
            syn::TypeParamBound::Trait(bound) => bound
                .path
                .segments
                .last()
                .map(|segment| super::words::plain(&segment.ident)),
            _ => None,
        }),
        _ => None,
    }
}

/// The last names of the trait and the type of an impl.
pub(super) fn trait_and_type(node: &Node) -> Option<(String, String)> {
    let Node::Item(syn::Item::Impl(item)) = node else {
        return None;
    };
    let (_, path, _) = item.trait_.as_ref()?;
    let name = super::words::plain(&path.segments.last()?.ident);
    Some((name, last_name(&item.self_ty)?))
}
