//! What has to be kept: from what is asked for, along what is mentioned, until nothing is missing.
//!
//! Functions, consts and types bring what they mention, the modules around them and the header of
//! their impl. Impls of traits are mentioned nowhere, so they are asked about after each round:
//! when all that their header names is kept, and something is known to need them.

use std::collections::{BTreeMap, BTreeSet};

use super::index::{Found, Index, ModuleId, NodeId, ROOT};
use crate::cfg::Presence;
use crate::cfg::within::{self, Within};
use crate::pieces::{Node, PieceKind};
use crate::request::{Choice, Facts, How, Impl};

/// What is kept so far.
pub(super) struct Closure<'a> {
    pub(super) index: &'a Index<'a>,
    pub(super) choice: &'a Choice,
    pub(super) kept: Vec<bool>,
    without: BTreeSet<NodeId>,
    queue: Vec<NodeId>,
    /// Impls that a mention from kept code selects.
    selected: BTreeSet<NodeId>,
    /// By kept piece: conditions within it.
    pub(super) within: BTreeMap<usize, Within>,
    /// By module: names in its kept code.
    pub(super) uses: Vec<BTreeSet<String>>,
    /// Names in kept code, wherever it stands.
    pub(super) words: BTreeSet<String>,
    /// By module: modules that import everything of it.
    pub(super) glob_users: Vec<Vec<ModuleId>>,
    /// By module: where and under which names it is known.
    pub(super) aliases: Vec<BTreeSet<Alias>>,
    /// The other way round.
    pub(super) by_alias: BTreeMap<Alias, BTreeSet<ModuleId>>,
    /// First names of the paths of kept imports.
    heads: BTreeSet<String>,
    /// By leaf: what it stands for, as far as the module tree says.
    pub(super) targets: Vec<BTreeSet<Found>>,
    /// Kept code that the build leaves out, and what it names without a known type.
    pub(super) elsewhere: super::elsewhere::Elsewhere,
}

/// A name in a module.
type Alias = (ModuleId, String);

impl<'a> Closure<'a> {
    pub(super) fn new(index: &'a Index<'a>, choice: &'a Choice) -> Self {
        let targets: Vec<BTreeSet<Found>> = (0..index.leaves.len())
            .map(|leaf| index.walk_leaf(leaf).ends)
            .collect();
        let mut glob_users = vec![Vec::new(); index.modules.len()];
        let mut aliases = vec![BTreeSet::new(); index.modules.len()];
        for (id, module) in index.modules.iter().enumerate() {
            if let (Some(parent), Some(name)) = (module.parent, module.path.last()) {
                aliases[id].insert((parent, name.clone()));
            }
        }
        for (leaf, targets) in targets.iter().enumerate() {
            let of = &index.leaves[leaf];
            let module = index.items[of.item].module;
            for target in targets {
                match (*target, &of.leaf.name) {
                    (Found::Module(target), Some(name)) => {
                        aliases[target].insert((module, name.clone()));
                    }
                    (Found::Module(target), None) if of.leaf.glob => {
                        glob_users[target].push(module);
                    }
                    _ => {}
                }
            }
        }
        let mut by_alias: BTreeMap<Alias, BTreeSet<ModuleId>> = BTreeMap::new();
        for (id, aliases) in aliases.iter().enumerate() {
            for alias in aliases {
                by_alias.entry(alias.clone()).or_default().insert(id);
            }
        }
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
            queue: Vec::new(),
            selected: BTreeSet::new(),
            within: BTreeMap::new(),
            uses: vec![BTreeSet::new(); index.modules.len()],
            words: BTreeSet::new(),
            glob_users,
            aliases,
            by_alias,
            heads: BTreeSet::new(),
            targets,
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
        if self.choice.paths.is_empty() {
            self.mentioned_by_members();
        }
        loop {
            self.drain();
            let mut grew = self.impls();
            grew |= self.imports();
            grew |= self.for_other_targets();
            if !grew {
                break;
            }
        }
    }

    fn mentioned_by_members(&mut self) {
        let members = Members::of(self.index.facts);
        for mention in &self.index.facts.mentions {
            if self.index.files.contains_key(&mention.from.file)
                || !members.counts(mention.from.file, &self.choice.packages)
            {
                continue;
            }
            if let Some(to) = self.index.node(mention.to) {
                self.mentioned(to, mention.how);
            }
        }
    }

    /// Whether it may be kept at all, with everything around it.
    pub(super) fn may(&self, node: NodeId) -> bool {
        let mut item = self.index.item_of(node);
        if self.without.contains(&node) {
            return false;
        }
        loop {
            let of = &self.index.items[item];
            if of.presence == Presence::Gone || self.without.contains(&item) {
                return false;
            }
            match self.around(item) {
                Some(around) => item = around,
                None => return true,
            }
        }
    }

    /// The piece that has to be there for a piece to be: around it, or what declares its module.
    fn around(&self, item: usize) -> Option<usize> {
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

    fn mentioned(&mut self, to: NodeId, how: How) {
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
            for &(to, how) in &index.edges[node] {
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

    /// Impls of traits that have become needed.
    fn impls(&mut self) -> bool {
        let index = self.index;
        let mut grew = false;
        for of in &index.facts.impls {
            let Some(item) = index.locate(of.at) else {
                continue;
            };
            let kind = index.items[item].piece.kind;
            if self.kept[item] || !matches!(kind, PieceKind::TraitImpl | PieceKind::MacroCall) {
                continue;
            }
            if self.header_is_kept(of, item) && self.is_needed(of, item) {
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
        self.choice.all_impls
            || of.reached
            || of_trait.marker
            || is_drop(&of_trait.path)
            || self.selected.contains(&item)
            || self.index.facts.impls.iter().any(|other| {
                let needs = other.of.iter().flat_map(|of| &of.needs);
                needs
                    .copied()
                    .any(|place| self.index.locate(place) == Some(item))
                    && self
                        .index
                        .locate(other.at)
                        .is_some_and(|other| self.kept[other])
            })
    }

    /// Leaves of imports that nothing is known to go through: by the names in kept code.
    fn imports(&mut self) -> bool {
        let index = self.index;
        let mut grew = false;
        for (leaf, of) in index.leaves.iter().enumerate() {
            let node = index.leaf_node(leaf);
            let item = &index.items[of.item];
            if self.kept[node]
                || item.presence != Presence::Here
                || index.imported.contains(&node)
                || !self.module_is_kept(item.module)
            {
                continue;
            }
            if self.leaf_stays(leaf) {
                grew |= self.keep(node);
            }
        }
        grew | self.extern_crates()
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
        let targets = &self.targets[leaf];
        if own.is_empty() && targets.is_empty() {
            // Another crate's. A trait may be needed where nobody names it.
            let in_code = !self.uses[module].is_empty();
            return match &of.leaf.name {
                Some(name) => {
                    self.is_used(module, name)
                        || (in_code && name.starts_with(|first: char| first.is_uppercase()))
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
            Some(name) => {
                let is_trait = own
                    .iter()
                    .any(|&to| index.items[index.item_of(to)].piece.kind == PieceKind::Trait);
                self.is_used(module, name) || is_trait
            }
            None => true,
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

    /// Whether kept code in a module, or where all of it is imported, has the name; or any code
    /// that may name it by a path.
    fn is_used(&self, module: ModuleId, name: &str) -> bool {
        self.uses[module].contains(name)
            || self.glob_users[module]
                .iter()
                .any(|&user| self.uses[user].contains(name))
    }
}

fn is_drop(path: &str) -> bool {
    matches!(
        path,
        "core::ops::drop::Drop" | "core::ops::Drop" | "std::ops::Drop"
    )
}

/// Which members' files count.
struct Members {
    of: BTreeMap<u32, BTreeSet<usize>>,
}

impl Members {
    fn of(facts: &Facts) -> Self {
        let mut of: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
        for site in &facts.sites {
            of.entry(site.file).or_default().insert(site.package);
        }
        Self { of }
    }

    fn counts(&self, file: u32, packages: &BTreeSet<usize>) -> bool {
        packages.is_empty()
            || self
                .of
                .get(&file)
                .is_none_or(|members| !members.is_disjoint(packages))
    }
}
