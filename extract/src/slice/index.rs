//! All pieces of a dependency, with their modules, and who mentions whom.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use quote::ToTokens as _;
use syn::Attribute;

use super::SliceError;
use super::names::trait_and_type;
use super::words::Words;
use crate::cfg::{self, Build, Presence};
use crate::imports::{self, Leaf};
use crate::pieces::{self, Node, Piece, PieceKind, Places};
use crate::request::{Facts, FileIndex, How, Place, Upstream};

/// A piece, or a leaf of an import: pieces come first.
pub(super) type NodeId = usize;
pub(super) type ModuleId = usize;

/// The root module.
pub(super) const ROOT: ModuleId = 0;

pub(super) struct Index<'a> {
    pub(super) upstream: &'a Upstream,
    pub(super) facts: &'a Facts,
    pub(super) texts: &'a [String],
    pub(super) build: Build<'a>,
    pub(super) files: BTreeMap<FileIndex, File>,
    pub(super) items: Vec<Item>,
    pub(super) leaves: Vec<LeafOf>,
    pub(super) modules: Vec<Module>,
    /// By node: what it mentions.
    pub(super) edges: Vec<Vec<(NodeId, How)>>,
    /// By piece: impls of the facts that stand there.
    pub(super) impls_at: BTreeMap<usize, Vec<usize>>,
    /// Pieces of inherent impls and traits, by the last name of the type or the trait.
    pub(super) members_of: BTreeMap<String, Vec<usize>>,
    /// Pieces of traits and of their impls, by what they stand in.
    pub(super) within: BTreeMap<usize, Vec<usize>>,
    pub(super) macros: BTreeMap<String, Vec<usize>>,
    /// By the last names of trait and type.
    pub(super) trait_impls: BTreeMap<(String, String), Vec<usize>>,
    pub(super) module_names: BTreeSet<String>,
    /// Nodes that some mention of the kind `Import` leads to.
    pub(super) imported: BTreeSet<NodeId>,
    /// By piece: names in it that the engine did not understand.
    pub(super) unresolved: BTreeMap<usize, Vec<&'a str>>,
    pub(super) notes: Vec<String>,
}

pub(super) struct File {
    /// The first module that it is the text of.
    pub(super) module: ModuleId,
    pub(super) items: Range<usize>,
    pub(super) inner: Vec<Attribute>,
    pub(super) places: Places,
}

pub(super) struct Item {
    pub(super) file: FileIndex,
    pub(super) piece: Piece,
    /// The piece around it, by index in [`Index::items`].
    pub(super) parent: Option<usize>,
    pub(super) module: ModuleId,
    pub(super) presence: Presence,
    /// In [`Index::leaves`].
    pub(super) leaves: Range<usize>,
    words: OnceCell<Words>,
}

pub(super) struct LeafOf {
    pub(super) item: usize,
    pub(super) leaf: Leaf,
}

#[derive(Default)]
pub(super) struct Module {
    pub(super) path: Vec<String>,
    /// Its `mod` item, or the macro call that makes it.
    pub(super) declared: Option<usize>,
    pub(super) parent: Option<ModuleId>,
    pub(super) items: Vec<usize>,
    pub(super) names: BTreeMap<String, Vec<Found>>,
}

/// What a name in a module means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Found {
    Node(NodeId),
    Module(ModuleId),
}

impl Item {
    pub(super) fn words(&self) -> &Words {
        self.words
            .get_or_init(|| Words::of(self.piece.node.to_token_stream()))
    }

    pub(super) fn place(&self) -> Place {
        Place {
            file: self.file,
            offset: self.piece.at,
        }
    }
}

impl<'a> Index<'a> {
    pub(super) fn new(
        upstream: &'a Upstream,
        facts: &'a Facts,
        texts: &'a [String],
    ) -> Result<Self, SliceError> {
        let mut index = Self {
            upstream,
            facts,
            texts,
            build: Build::of(upstream),
            files: BTreeMap::new(),
            items: Vec::new(),
            leaves: Vec::new(),
            modules: Vec::new(),
            edges: Vec::new(),
            impls_at: BTreeMap::new(),
            members_of: BTreeMap::new(),
            within: BTreeMap::new(),
            macros: BTreeMap::new(),
            trait_impls: BTreeMap::new(),
            module_names: BTreeSet::new(),
            imported: BTreeSet::new(),
            unresolved: BTreeMap::new(),
            notes: Vec::new(),
        };
        for module in &facts.modules {
            index.file(module.file, &module.path, module.declared)?;
        }
        if index.modules.is_empty() {
            index.modules.push(Module::default());
        }
        index.named();
        index.mentions();
        Ok(index)
    }

    pub(super) fn text(&self, file: FileIndex) -> &'a str {
        self.texts.get(file as usize).map_or("", String::as_str)
    }

    /// Cuts a file, unless another module has it already.
    fn file(
        &mut self,
        file: FileIndex,
        path: &[String],
        declared: Option<Place>,
    ) -> Result<(), SliceError> {
        let name = self.facts.files.get(file as usize).cloned();
        let name = name.unwrap_or_default();
        let declared = declared.and_then(|place| self.locate(place));
        let parent = match declared {
            Some(item) => Some(self.items[item].module),
            None if self.modules.is_empty() => None,
            None => Some(ROOT),
        };
        let module = self.module(path.to_vec(), declared, parent);
        if self.files.contains_key(&file) {
            self.notes
                .push(format!("{name} is the text of more than one module"));
            return Ok(());
        }
        let Some(text) = self.texts.get(file as usize) else {
            return Err(SliceError::NoText { file: name });
        };
        let cut = pieces::cut(text).map_err(|why| SliceError::Syntax {
            file: name,
            line: why.line,
            what: why.what,
        })?;
        let around = declared.map_or(Presence::Here, |item| self.items[item].presence);
        let own = cfg::presence(&cfg::conditions(&cut.inner), self.build);
        // Of a root, a condition decides whether there is a crate at all; it is there.
        let presence = if parent.is_none() {
            around
        } else {
            own.max(around)
        };
        let first = self.items.len();
        // The module in which what stands in a piece stands.
        let mut within = BTreeMap::new();
        for piece in cut.pieces {
            let item = self.items.len();
            let parent = piece.parent.map(|parent| parent + first);
            let around = parent.map_or(presence, |parent| self.items[parent].presence);
            let module = parent
                .and_then(|parent| within.get(&parent).copied())
                .or(parent.map(|parent| self.items[parent].module))
                .unwrap_or(module);
            self.item(file, piece, parent, module, around, cut.places);
            let inline = matches!(&self.items[item].piece.node, Node::Item(syn::Item::Mod(item)) if item.content.is_some());
            if inline {
                let mut path = self.modules[module].path.clone();
                path.extend(self.items[item].piece.name.clone());
                within.insert(item, self.module(path, Some(item), Some(module)));
            }
        }
        let items = first..self.items.len();
        self.files.insert(
            file,
            File {
                module,
                items,
                inner: cut.inner,
                places: cut.places,
            },
        );
        Ok(())
    }

    fn module(
        &mut self,
        path: Vec<String>,
        declared: Option<usize>,
        parent: Option<ModuleId>,
    ) -> ModuleId {
        let id = self.modules.len();
        if let (Some(parent), Some(name)) = (parent, path.last()) {
            let names = &mut self.modules[parent].names;
            names
                .entry(plain_name(name))
                .or_default()
                .push(Found::Module(id));
        }
        self.modules.push(Module {
            path,
            declared,
            parent,
            ..Module::default()
        });
        id
    }

    fn item(
        &mut self,
        file: FileIndex,
        piece: Piece,
        parent: Option<usize>,
        module: ModuleId,
        around: Presence,
        places: Places,
    ) {
        let id = self.items.len();
        let attrs = cfg::within::leading(piece.node.to_token_stream());
        let mut conditions = cfg::conditions(&attrs);
        if let Node::Item(syn::Item::Mod(item)) = &piece.node {
            // With inner ones.
            conditions = cfg::conditions(&item.attrs);
        }
        let presence = cfg::presence(&conditions, self.build).max(around);
        let first = self.leaves.len();
        if let Node::Item(syn::Item::Use(item)) = &piece.node {
            let leaves = imports::leaves(item, places).into_iter();
            self.leaves
                .extend(leaves.map(|leaf| LeafOf { item: id, leaf }));
        }
        self.modules[module].items.push(id);
        self.items.push(Item {
            file,
            piece,
            parent,
            module,
            presence,
            leaves: first..self.leaves.len(),
            words: OnceCell::new(),
        });
    }

    /// The innermost piece around a place.
    pub(super) fn locate(&self, place: Place) -> Option<usize> {
        let items = self.files.get(&place.file)?.items.clone();
        let first = items.start;
        let before =
            self.items[items].partition_point(|item| item.piece.span.start <= place.offset);
        let mut at = first + before.checked_sub(1)?;
        loop {
            let item = &self.items[at];
            if item.piece.span.contains(place.offset) {
                return Some(at);
            }
            at = item.parent?;
        }
    }

    /// The same, or the leaf of an import.
    pub(super) fn node(&self, place: Place) -> Option<NodeId> {
        let item = self.locate(place)?;
        let leaves = self.items[item].leaves.clone();
        let leaf = leaves
            .clone()
            .find(|&leaf| self.leaves[leaf].leaf.at == place.offset)
            .or_else(|| {
                leaves
                    .clone()
                    .find(|&leaf| self.leaves[leaf].leaf.span.contains(place.offset))
            });
        Some(leaf.map_or(item, |leaf| self.leaf_node(leaf)))
    }

    pub(super) fn leaf_node(&self, leaf: usize) -> NodeId {
        self.items.len() + leaf
    }

    /// The leaf that a node is.
    pub(super) fn as_leaf(&self, node: NodeId) -> Option<&LeafOf> {
        self.leaves.get(node.checked_sub(self.items.len())?)
    }

    /// The piece that a node is or stands in.
    pub(super) fn item_of(&self, node: NodeId) -> usize {
        self.as_leaf(node).map_or(node, |leaf| leaf.item)
    }

    pub(super) fn nodes(&self) -> usize {
        self.items.len() + self.leaves.len()
    }

    /// Hangs names on modules and types.
    fn named(&mut self) {
        for id in 0..self.items.len() {
            let item = &self.items[id];
            if let Some(pair) = trait_and_type(&item.piece.node) {
                self.trait_impls.entry(pair).or_default().push(id);
            }
            if let Some(around) = self.around_in_trait(id) {
                self.within.entry(around).or_default().push(id);
                if self.items[around].piece.kind == PieceKind::TraitImpl {
                    // Called by the name of the trait's.
                    continue;
                }
            }
            let item = &self.items[id];
            let Some(name) = item.piece.name.as_deref().map(plain_name) else {
                continue;
            };
            if item.piece.kind == PieceKind::Module {
                self.module_names.insert(name.clone());
            }
            if item.piece.kind == PieceKind::Macro {
                self.macros.entry(name.clone()).or_default().push(id);
            }
            let of_type = item.parent.and_then(|parent| self.self_name(parent));
            if let Some(of_type) = of_type {
                self.members_of.entry(of_type).or_default().push(id);
            } else {
                let names = &mut self.modules[self.items[id].module].names;
                names.entry(name).or_default().push(Found::Node(id));
            }
        }
        for leaf in 0..self.leaves.len() {
            let LeafOf { item, leaf: of } = &self.leaves[leaf];
            if let Some(name) = of.name.as_deref().map(plain_name) {
                let found = Found::Node(self.leaf_node(leaf));
                let names = &mut self.modules[self.items[*item].module].names;
                names.entry(name).or_default().push(found);
            }
        }
    }

    /// The trait, or the impl of one, that a piece is a function of.
    pub(super) fn around_in_trait(&self, item: usize) -> Option<usize> {
        let around = self.items[item].parent?;
        let kind = self.items[around].piece.kind;
        matches!(kind, PieceKind::Trait | PieceKind::TraitImpl).then_some(around)
    }

    fn mentions(&mut self) {
        for (of, at) in self.facts.impls.iter().enumerate() {
            if let Some(item) = self.locate(at.at) {
                self.impls_at.entry(item).or_default().push(of);
            }
        }
        self.edges = vec![Vec::new(); self.nodes()];
        for mention in &self.facts.mentions {
            let Some(to) = self.node(mention.to) else {
                continue;
            };
            if mention.how == How::Import {
                self.imported.insert(to);
            }
            if let Some(from) = self.node(mention.from) {
                self.edges[from].push((to, mention.how));
            }
        }
        for unresolved in &self.facts.unresolved {
            if let Some(item) = self.locate(unresolved.from) {
                let names = self.unresolved.entry(item).or_default();
                names.push(unresolved.name.as_str());
            }
        }
    }
}

/// Without `r#`.
fn plain_name(name: &str) -> String {
    name.strip_prefix("r#").unwrap_or(name).to_owned()
}
