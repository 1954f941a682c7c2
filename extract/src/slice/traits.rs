//! Provided methods of traits, and the functions of impls that stand in their place.
//!
//! A method that a trait provides stays when kept code mentions it, when the engine reaches it, or
//! when it has a name that something says whose meaning nobody knows: in a macro's text, in code of
//! other targets, in what was not understood. An impl's function goes and stays with the trait's
//! method. That of a trait elsewhere, or of a method that the trait only asks for, stays with the
//! impl.

use super::closure::Closure;
use super::index::{Found, NodeId};
use super::words::{Path, plain};
use crate::cfg::Presence;
use crate::pieces::{Node, PieceKind};

/// What an impl's function stands in the place of.
enum Original {
    /// Nothing that may go without it.
    Stays,
    /// These methods of the trait.
    Provided(Vec<NodeId>),
    /// These, if the trait is the one of that name.
    Perhaps(Vec<NodeId>),
}

impl<'a> Closure<'a> {
    /// One round; whether something new is kept.
    pub(super) fn of_traits(&mut self) -> bool {
        let index = self.index;
        let mut grew = false;
        for (&around, within) in &index.within {
            if !self.kept[around] {
                continue;
            }
            for &id in within {
                grew |= match index.items[around].piece.kind {
                    PieceKind::Trait => self.provided(around, id),
                    _ => self.in_impl(around, id),
                };
            }
        }
        grew
    }

    fn provided(&mut self, of: usize, id: usize) -> bool {
        if !self.kept[id] && self.is_called_unseen(id) {
            return self.keep_named(id);
        }
        if !self.kept[id] {
            return self.may_be_called(id) && self.keep(id);
        }
        // Those of its name under other conditions.
        let alike = self.provided_by(of, self.name(id));
        self.keep_all(&alike)
    }

    /// Without a mention that says so.
    fn may_be_called(&self, id: usize) -> bool {
        let of = &self.index.items[id];
        let name = self.name(id);
        self.choice.all_impls
            || self.reached.contains(&id)
            || [&self.choice.names, &self.doubtful, &self.elsewhere.members]
                .iter()
                .any(|names| names.contains(name))
            || (of.presence == Presence::Elsewhere && self.words.contains(name))
    }

    /// Whether code has its name that no build for this target compiles.
    fn is_called_unseen(&self, id: usize) -> bool {
        let names = [&self.index.facts.doubtful, &self.elsewhere.members];
        names.iter().any(|names| names.contains(self.name(id)))
    }

    fn in_impl(&mut self, of: usize, id: usize) -> bool {
        match self.original(of, self.name(id)) {
            Original::Stays => self.keep(id),
            Original::Provided(all) if self.kept[id] => self.keep_all(&all),
            Original::Provided(all) => all.iter().any(|&id| self.kept[id]) && self.keep(id),
            Original::Perhaps(all) => self.keep(id) | self.keep_all(&all),
        }
    }

    fn keep_all(&mut self, all: &[NodeId]) -> bool {
        all.iter().fold(false, |grew, &id| grew | self.keep(id))
    }

    fn original(&self, of_impl: usize, name: &str) -> Original {
        let (traits, sure) = self.traits_of(of_impl);
        if traits.iter().any(|&id| self.asks_for(id, name)) {
            return Original::Stays;
        }
        let all = traits.iter().flat_map(|&id| self.provided_by(id, name));
        let all: Vec<NodeId> = all.collect();
        match (all.is_empty(), sure) {
            (true, _) => Original::Stays,
            (false, true) => Original::Provided(all),
            (false, false) => Original::Perhaps(all),
        }
    }

    /// The traits that an impl may be of, as far as they are pieces; and whether that is sure.
    fn traits_of(&self, of_impl: usize) -> (Vec<usize>, bool) {
        let index = self.index;
        let is_trait = |&id: &usize| index.items[id].piece.kind == PieceKind::Trait;
        if let Some(impls) = index.impls_at.get(&of_impl) {
            let known = impls
                .iter()
                .filter_map(|&of| index.facts.impls[of].of.as_ref());
            let local = known.filter_map(|of| index.locate(of.local?));
            return (local.filter(is_trait).collect(), true);
        }
        let Node::Item(syn::Item::Impl(item)) = &index.items[of_impl].piece.node else {
            return (Vec::new(), true);
        };
        let Some((_, path, _)) = &item.trait_ else {
            return (Vec::new(), true);
        };
        let path = Path {
            absolute: path.leading_colon.is_some(),
            segments: path.segments.iter().map(|it| plain(&it.ident)).collect(),
        };
        let ends = index.walk(index.items[of_impl].module, &path).ends;
        let ends = ends.iter().filter_map(|end| match *end {
            Found::Node(node) if index.as_leaf(node).is_none() => Some(node),
            _ => None,
        });
        let found: Vec<usize> = ends.filter(is_trait).collect();
        if !found.is_empty() {
            return (found, true);
        }
        let last = path.segments.last();
        let named = (0..index.items.len()).filter(is_trait);
        let named = named.filter(|&id| index.items[id].piece.name.as_ref() == last);
        (named.collect(), false)
    }

    fn provided_by(&self, of: usize, name: &str) -> Vec<NodeId> {
        let index = self.index;
        let all = index.within.get(&of).into_iter().flatten().copied();
        all.filter(|&id| self.name(id) == name).collect()
    }

    /// Without `r#`.
    fn name(&self, id: usize) -> &'a str {
        let name = self.index.items[id].piece.name.as_deref();
        let name = name.unwrap_or_default();
        name.strip_prefix("r#").unwrap_or(name)
    }

    /// Whether a trait has a method of this name without a body, perhaps under a condition.
    fn asks_for(&self, of: usize, name: &str) -> bool {
        let Node::Item(syn::Item::Trait(item)) = &self.index.items[of].piece.node else {
            return false;
        };
        let is_it = |item: &syn::TraitItem| match item {
            syn::TraitItem::Fn(item) => plain(&item.sig.ident) == name,
            _ => false,
        };
        item.items.iter().any(is_it)
    }
}
