//! What has to be kept: from what is asked for, along what is mentioned, until nothing is missing.
//!
//! Functions, consts and types bring what they mention, the modules around them and the header of
//! their impl. Impls of traits are mentioned nowhere, so they are asked about after each round:
//! when all that their header names is kept, and something is known to need them.

use std::collections::{BTreeMap, BTreeSet};

use super::index::{Found, Index, ModuleId, NodeId, ROOT};
use super::scopes::Scopes;
use crate::cfg::Presence;
use crate::cfg::within::{self, Within};
use crate::pieces::PieceKind;
use crate::request::{Choice, How};

/// What is kept so far.
pub(super) struct Closure<'a> {
    pub(super) index: &'a Index<'a>,
    pub(super) choice: &'a Choice,
    pub(super) kept: Vec<bool>,
    without: BTreeSet<NodeId>,
    /// What code names that no build for this target compiles; `without` has no say in it.
    pub(super) unseen: BTreeSet<NodeId>,
    queue: Vec<NodeId>,
    /// Impls that a mention from kept code selects.
    pub(super) selected: BTreeSet<NodeId>,
    /// By kept piece: conditions within it.
    pub(super) within: BTreeMap<usize, Within>,
    /// By module: names in its kept code.
    pub(super) uses: Vec<BTreeSet<String>>,
    /// Names in kept code, wherever it stands.
    pub(super) words: BTreeSet<String>,
    /// Names of kept types, and of what kept macro calls define.
    pub(super) types: BTreeSet<String>,
    /// First names of the paths of kept imports.
    pub(super) heads: BTreeSet<String>,
    pub(super) scopes: Scopes,
    /// Names that a provided method may be called by, where nothing says what they mean.
    pub(super) doubtful: BTreeSet<String>,
    /// Pieces with a function that the engine reaches.
    pub(super) reached: BTreeSet<usize>,
    /// Kept code that the build leaves out, and what it names without a known type.
    pub(super) elsewhere: super::elsewhere::Elsewhere,
}

impl<'a> Closure<'a> {
    pub(super) fn new(index: &'a Index<'a>, choice: &'a Choice) -> Self {
        let without = choice
            .without
            .iter()
            .filter_map(|&place| {
                let node = index.node(place)?;
                // Within a piece that stays whole there is nothing to take out.
                let item = &index.items[index.item_of(node)];
                let names_it = index.as_leaf(node).is_some()
                    || place == item.place()
                    || place.offset == item.piece.tokens.start;
                names_it.then_some(node)
            })
            .collect();
        Self {
            index,
            choice,
            kept: vec![false; index.nodes()],
            without,
            unseen: BTreeSet::new(),
            queue: Vec::new(),
            selected: BTreeSet::new(),
            within: BTreeMap::new(),
            uses: vec![BTreeSet::new(); index.modules.len()],
            words: BTreeSet::new(),
            types: BTreeSet::new(),
            heads: BTreeSet::new(),
            scopes: Scopes::of(index),
            doubtful: index.facts.doubtful.clone(),
            reached: {
                let reached = index.facts.reached.iter();
                reached.filter_map(|&place| index.locate(place)).collect()
            },
            elsewhere: super::elsewhere::Elsewhere::default(),
        }
    }

    /// From what members mention, to the end.
    pub(super) fn run(&mut self, starts: &[NodeId]) {
        for &start in starts {
            self.keep(start);
        }
        for place in &self.choice.with {
            if let Some(node) = self.index.node(*place) {
                self.keep(node);
            }
        }
        self.missed();
        if self.choice.paths.is_empty() {
            self.mentioned_by_members();
            self.named_by_left_out_members();
        }
        loop {
            self.drain();
            let mut grew = self.of_traits();
            grew |= self.impls();
            grew |= self.imports();
            grew |= self.for_other_targets();
            if !grew {
                break;
            }
        }
    }

    /// What the compiler misses by name.
    fn missed(&mut self) {
        let index = self.index;
        for (id, item) in index.items.iter().enumerate() {
            let name = item.piece.name.as_ref();
            if item.presence != Presence::Elsewhere
                && index.around_in_trait(id).is_none()
                && name.is_some_and(|name| self.choice.names.contains(name))
            {
                self.keep(id);
            }
        }
    }

    /// Whether it may be kept at all, with everything around it.
    pub(super) fn may(&self, node: NodeId) -> bool {
        let mut item = self.index.item_of(node);
        if self.goes(node) {
            return false;
        }
        loop {
            let of = &self.index.items[item];
            if of.presence == Presence::Gone || self.goes(item) {
                return false;
            }
            match self.around(item) {
                Some(around) => item = around,
                None => return true,
            }
        }
    }

    fn goes(&self, node: NodeId) -> bool {
        self.without.contains(&node) && !self.unseen.contains(&node)
    }

    /// The piece that has to be there for a piece to be: around it, or what declares its module.
    pub(super) fn around(&self, item: usize) -> Option<usize> {
        let of = &self.index.items[item];
        of.parent.or(self.index.modules[of.module].declared)
    }

    /// Whether this is new.
    pub(super) fn keep(&mut self, node: NodeId) -> bool {
        if self.kept[node] || !self.may(node) {
            return false;
        }
        self.kept[node] = true;
        self.queue.push(node);
        let item = self.index.item_of(node);
        if item != node {
            self.keep(item);
        } else if let Some(around) = self.around(item) {
            self.keep(around);
        }
        true
    }

    pub(super) fn mentioned(&mut self, to: NodeId, how: How) {
        let kind = self.index.items[self.index.item_of(to)].piece.kind;
        match kind {
            // They are kept for what is in them.
            PieceKind::Module | PieceKind::InherentImpl => {}
            PieceKind::Use if self.index.as_leaf(to).is_none() => {}
            PieceKind::TraitImpl if how == How::Impl => {
                self.selected.insert(to);
            }
            _ => {
                self.keep(to);
            }
        }
    }

    fn drain(&mut self) {
        while let Some(node) = self.queue.pop() {
            let index = self.index;
            let unseen = self.unseen.contains(&node);
            for &(to, how) in &index.edges[node] {
                if unseen && how != How::Impl {
                    self.need_unseen(to);
                }
                self.mentioned(to, how);
            }
            match index.as_leaf(node) {
                Some(of) => {
                    self.heads.extend(of.leaf.path.first().cloned());
                    if index.items[of.item].presence == Presence::Elsewhere {
                        self.leaf_left_out(node - index.items.len());
                    }
                }
                None => self.read(node),
            }
        }
    }

    /// The names in a piece that is kept from now on.
    fn read(&mut self, item: usize) {
        let of = &self.index.items[item];
        if of.piece.kind == PieceKind::Use {
            return;
        }
        let words = of.words();
        let name = of.piece.name.clone();
        match of.piece.kind {
            PieceKind::MacroCall => {
                self.types.extend(words.defined.iter().cloned());
                self.doubtful.extend(words.all.iter().cloned());
            }
            PieceKind::Macro => self.doubtful.extend(words.all.iter().cloned()),
            kind if is_type(kind) => self.types.extend(name),
            _ => {}
        }
        self.select_needs(item);
        let unresolved = self.index.unresolved.get(&item).into_iter().flatten();
        self.doubtful.extend(unresolved.map(ToString::to_string));
        self.uses[of.module].extend(words.all.iter().cloned());
        self.words.extend(words.all.iter().cloned());
        let text = self.index.text(of.file);
        let places = self.index.files[&of.file].places;
        let within = within::node(text, places, self.index.build, &of.piece.node);
        for code in &within.elsewhere {
            self.left_out(of.module, &super::words::Words::of(code.clone()));
        }
        self.within.insert(item, within);
        if of.presence == Presence::Elsewhere || of.piece.kind == PieceKind::Other {
            self.left_out(of.module, words);
        }
    }

    pub(super) fn found_is_kept(&self, found: Found) -> bool {
        match found {
            Found::Node(node) => self.kept[node],
            Found::Module(module) => self.module_is_kept(module),
        }
    }

    pub(super) fn module_is_kept(&self, module: ModuleId) -> bool {
        match self.index.modules[module].declared {
            Some(item) => self.kept[item],
            None => module == ROOT,
        }
    }
}

fn is_type(kind: PieceKind) -> bool {
    use PieceKind::{Enum, Struct, Trait, TypeAlias, Union};
    matches!(kind, Enum | Struct | Union | Trait | TypeAlias)
}
