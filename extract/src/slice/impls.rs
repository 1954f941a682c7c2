//! Impls of traits, which nothing mentions by name.
//!
//! One stays when all that its header names is kept, and it is reached, selected by kept code, a
//! marker, `Drop`, or asked for by the impl of a subtrait; never because its type is kept alone.

use std::collections::BTreeSet;

use quote::ToTokens as _;

use super::closure::Closure;
use super::index::Item;
use super::words::Words;
use crate::cfg::within::leading;
use crate::pieces::PieceKind;
use crate::request::{Impl, Place};

impl Closure<'_> {
    /// Impls of traits that have become needed.
    pub(super) fn impls(&mut self) -> bool {
        let index = self.index;
        let mut grew = false;
        for (&item, impls) in &index.impls_at {
            // Others belong to what they stand in.
            let kind = index.items[item].piece.kind;
            let alone = matches!(
                kind,
                PieceKind::TraitImpl | PieceKind::MacroCall | PieceKind::Other
            );
            if self.kept[item] || !alone {
                continue;
            }
            let mut impls = impls.iter().map(|&of| &index.facts.impls[of]);
            if impls.any(|of| self.header_is_kept(of, item) && self.is_needed(of, item)) {
                grew |= self.keep(item);
            }
        }
        grew
    }

    fn header_is_kept(&self, of: &Impl, item: usize) -> bool {
        let local = of.of.as_ref().and_then(|of| of.local);
        of.header.iter().copied().chain(local).all(|place| {
            let node = self.index.node(place);
            // What the same macro call makes comes with it.
            node.is_some_and(|node| node == item || self.kept[node])
        })
    }

    fn is_needed(&self, of: &Impl, item: usize) -> bool {
        let Some(of_trait) = &of.of else {
            // Of a macro call: its functions are mentioned by themselves.
            return false;
        };
        (self.choice.all_impls && self.is_for_others(of, item))
            || of.reached
            || (of_trait.marker && self.needs_are_kept(&of_trait.needs))
            || is_drop(&of_trait.path)
            || self.selected.contains(&item)
    }

    /// Whether something beside the macro call that makes it is a reason to have it.
    fn is_for_others(&self, of: &Impl, item: usize) -> bool {
        let local = of.of.as_ref().and_then(|of| of.local);
        let mut places = of.header.iter().copied().chain(local);
        self.index.items[item].piece.kind != PieceKind::MacroCall
            || places.any(|place| self.index.node(place) != Some(item))
    }

    /// `FusedIterator` is nothing to bring an `Iterator` for.
    fn needs_are_kept(&self, needs: &[Place]) -> bool {
        let mut needs = needs.iter();
        needs.all(|&place| {
            let item = self.index.locate(place);
            item.is_some_and(|item| self.kept[item])
        })
    }

    /// An impl that is kept needs those of the supertraits.
    pub(super) fn select_needs(&mut self, item: usize) {
        let index = self.index;
        self.select_needs_of_derives(item);
        for &of in index.impls_at.get(&item).into_iter().flatten() {
            let needs = index.facts.impls[of].of.iter().flat_map(|of| &of.needs);
            self.selected
                .extend(needs.filter_map(|&place| index.locate(place)));
        }
    }

    /// `#[derive(Copy)]` with a `Clone` written by hand.
    fn select_needs_of_derives(&mut self, item: usize) {
        use PieceKind::{Enum, Struct, Union};
        let of = &self.index.items[item];
        let (Struct | Enum | Union, Some(name)) = (of.piece.kind, &of.piece.name) else {
            return;
        };
        let derived = derived(of);
        for (derives, needs) in SUPERTRAITS {
            if derived.contains(*derives) {
                let pair = ((*needs).to_owned(), name.clone());
                let impls = self.index.trait_impls.get(&pair);
                self.selected.extend(impls.into_iter().flatten());
            }
        }
    }
}

/// Traits that can be derived, and their supertraits.
const SUPERTRAITS: &[(&str, &str)] = &[
    ("Copy", "Clone"),
    ("Eq", "PartialEq"),
    ("Ord", "Eq"),
    ("Ord", "PartialEq"),
    ("Ord", "PartialOrd"),
    ("PartialOrd", "PartialEq"),
];

/// What is derived on an item, or would be under some condition.
fn derived(item: &Item) -> BTreeSet<String> {
    let attrs = leading(item.piece.node.to_token_stream());
    let derives = attrs
        .iter()
        .filter(|attr| attr.path().is_ident("derive") || attr.path().is_ident("cfg_attr"));
    derives
        .flat_map(|attr| Words::of(attr.meta.to_token_stream()).all)
        .collect()
}

fn is_drop(path: &str) -> bool {
    matches!(
        path,
        "core::ops::drop::Drop" | "core::ops::Drop" | "std::ops::Drop"
    )
}
