//! Slices of small crates, text to text.
//!
//! A crate is one text, its files begin at lines `//- a/b.rs`. Its facts are made by the resolver
//! by names, which sees what is here for this target; impls with the word `reached` in them are
//! reached.

mod choices;
mod conditions;
mod deletions;
mod hostile;
mod imports;
mod items;
mod traits;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use expect_test::Expect;
use quote::ToTokens as _;

use super::index::{Index, NodeId};
use super::words::{Path, Words};
use super::*;
use crate::cfg::{Presence, within};
use crate::pieces::Node;
use crate::request::{How, Impl, ImplOf, Mention};

/// A crate with what would be known of it.
#[derive(Clone)]
pub(super) struct Crate {
    pub(super) upstream: Upstream,
    pub(super) facts: Facts,
    pub(super) texts: Vec<String>,
    /// All files by name; not all are loaded.
    files: BTreeMap<String, String>,
}

/// What `uses` need of a crate; features `std` and `on` are on, the target is Linux.
pub(super) fn check(text: &str, uses: &[&str], expected: Expect) {
    let mut krate = krate(text);
    let out = krate.sliced(uses, &Choice::default());
    expected.assert_eq(&krate.show(&out));
}

pub(super) fn krate(text: &str) -> Crate {
    let mut files = BTreeMap::new();
    let mut name = "lib.rs".to_owned();
    for line in text.trim_start().lines() {
        if let Some(next) = line.strip_prefix("//- ") {
            next.clone_into(&mut name);
        } else {
            let file: &mut String = files.entry(name.clone()).or_default();
            file.push_str(line);
            file.push('\n');
        }
    }
    let set = |list: &[&str]| list.iter().map(ToString::to_string).collect();
    let mut krate = Crate {
        upstream: Upstream {
            name: "dep".into(),
            crate_name: "dep".into(),
            edition: 2021,
            features: set(&["std", "on"]),
            cfgs: set(&["unix", "target_os=\"linux\"", "scripted"]),
            ..Upstream::default()
        },
        facts: Facts::default(),
        texts: Vec::new(),
        files,
    };
    krate.load("lib.rs".into(), Vec::new(), None);
    krate.modules();
    krate.facts.own = u32::try_from(krate.texts.len()).unwrap();
    krate.facts.files.push("app/main.rs".into());
    krate.texts.push(String::new());
    krate.resolve();
    krate
}

impl Crate {
    fn load(&mut self, name: String, path: Vec<String>, declared: Option<Place>) {
        let text = self
            .files
            .get(&name)
            .cloned()
            .unwrap_or_else(|| panic!("no {name}"));
        self.texts.push(text);
        self.facts.add_module(
            path,
            declared.unwrap_or(Place { file: 0, offset: 0 }),
            name.into(),
        );
        if declared.is_none() {
            self.facts.modules[0].declared = None;
        }
    }

    /// Loads the files of modules that this target has.
    fn modules(&mut self) {
        loop {
            let index = Index::new(&self.upstream, &self.facts, &self.texts).unwrap();
            let missing = index.items.iter().enumerate().find_map(|(id, item)| {
                let Node::Item(syn::Item::Mod(node)) = &item.piece.node else {
                    return None;
                };
                let known = index
                    .modules
                    .iter()
                    .any(|module| module.declared == Some(id));
                if known || node.content.is_some() || item.presence != Presence::Here {
                    return None;
                }
                let mut path = index.modules[item.module].path.clone();
                path.extend(item.piece.name.clone());
                Some((path, item.place()))
            });
            let Some((path, declared)) = missing else {
                return;
            };
            let joined = path.join("/");
            let folder = format!("{joined}/mod.rs");
            let name = if self.files.contains_key(&folder) {
                folder
            } else {
                joined + ".rs"
            };
            self.load(name, path, Some(declared));
        }
    }

    fn resolve(&mut self) {
        let index = Index::new(&self.upstream, &self.facts, &self.texts).unwrap();
        let mut mentions = Vec::new();
        let mut impls = Vec::new();
        for (id, item) in index.items.iter().enumerate() {
            if item.presence != Presence::Here {
                continue;
            }
            let from = item.place();
            if item.piece.kind == PieceKind::Use {
                for leaf in item.leaves.clone() {
                    let offset = index.leaves[leaf].leaf.at;
                    let walked = index.walk_leaf(leaf);
                    add(
                        &index,
                        Place { offset, ..from },
                        &walked.passed,
                        &mut mentions,
                    );
                }
                continue;
            }
            let mut words = item.words().clone();
            let places = index.files[&item.file].places;
            let hidden = within::node(index.text(item.file), places, index.build, &item.piece.node);
            for code in hidden.elsewhere {
                let hidden = Words::of(code);
                words.paths.retain(|path| !hidden.paths.contains(path));
                words.members.retain(|name| !hidden.members.contains(name));
            }
            for path in &words.paths {
                let walked = index.walk(item.module, path);
                add(&index, from, &walked.passed, &mut mentions);
                let macros = index.items.iter().enumerate().filter(|(_, item)| {
                    item.piece.kind == PieceKind::Macro
                        && item.piece.name.as_ref() == path.segments.last()
                });
                for (found, _) in macros {
                    let to = index.items[found].place();
                    mentions.push(Mention {
                        from,
                        to,
                        how: How::Macro,
                    });
                }
            }
            let of_self = words.paths.iter().filter(|path| path.segments[0] == "Self");
            let of_self = of_self.filter_map(|path| path.segments.get(1).cloned());
            let called: BTreeSet<String> = words.members.iter().cloned().chain(of_self).collect();
            for member in &index.items {
                let named = member.piece.name.as_ref();
                let around = member.parent.map(|parent| &index.items[parent].piece);
                let callable = around.is_some_and(|it| it.kind != PieceKind::TraitImpl);
                if named.is_some_and(|name| called.contains(name)) && callable {
                    mentions.push(Mention {
                        from,
                        to: member.place(),
                        how: How::Name,
                    });
                }
            }
            if let Node::Item(syn::Item::Impl(node)) = &item.piece.node {
                impls.push(facts_of_impl(&index, id, node));
            }
        }
        mentions.sort();
        mentions.dedup();
        self.facts.mentions = mentions;
        self.facts.impls = impls;
    }

    /// Slices, and loads files that are wanted, until none is.
    pub(super) fn sliced(&mut self, uses: &[&str], choice: &Choice) -> Slice {
        let index = Index::new(&self.upstream, &self.facts, &self.texts).unwrap();
        let main = self.facts.own;
        let mut mentions = Vec::new();
        for (offset, path) in (0..).zip(uses) {
            let from = Place { file: main, offset };
            let nodes = lookup::nodes(&index, path).unwrap();
            add(&index, from, &nodes.into_iter().collect(), &mut mentions);
        }
        self.facts.mentions.extend(mentions);
        loop {
            let out = slice(&self.upstream, &self.facts, &self.texts, choice).unwrap();
            let before = self.texts.len();
            for wanted in &out.wanted {
                let here = |path: &&Utf8PathBuf| self.files.contains_key(path.as_str());
                if let Some(found) = wanted.candidates.iter().find(here) {
                    let name = found.as_str().to_owned();
                    self.load(name, wanted.path.clone(), Some(wanted.declared));
                }
            }
            if before == self.texts.len() {
                return out;
            }
        }
    }

    pub(super) fn show(&self, slice: &Slice) -> String {
        let mut out = String::new();
        for file in &slice.files {
            let index = file.file as usize;
            let name = &self.facts.files[index];
            let text = crate::edit::apply(&self.texts[index], &file.edits).unwrap();
            syn::parse_file(&text).unwrap_or_else(|why| panic!("{name}: {why}\n{text}"));
            let _ = write!(out, "//- {name}\n{text}");
        }
        for wanted in &slice.wanted {
            let _ = writeln!(out, "wanted: {:?}", wanted.candidates);
        }
        out
    }
}

fn add(index: &Index, from: Place, nodes: &BTreeSet<NodeId>, out: &mut Vec<Mention>) {
    for &node in nodes {
        let item = &index.items[index.item_of(node)];
        let (offset, how) = match index.as_leaf(node) {
            Some(leaf) => (leaf.leaf.at, How::Import),
            None => (item.piece.at, How::Name),
        };
        let to = Place {
            offset,
            ..item.place()
        };
        if to != from && item.presence == Presence::Here {
            out.push(Mention { from, to, how });
        }
    }
}

fn facts_of_impl(index: &Index, id: usize, node: &syn::ItemImpl) -> Impl {
    let item = &index.items[id];
    let places = |tokens: proc_macro2::TokenStream| -> Vec<Place> {
        Words::of(tokens)
            .paths
            .iter()
            .flat_map(|path| index.walk(item.module, path).ends)
            .filter_map(|end| match end {
                index::Found::Node(node) if node < index.items.len() => {
                    Some(index.items[node].place())
                }
                _ => None,
            })
            .collect()
    };
    let text = index.text(item.file);
    let text = &text[item.piece.span.start as usize..item.piece.span.end as usize];
    Impl {
        at: item.place(),
        of: node.trait_.as_ref().map(|(_, path, _)| ImplOf {
            local: {
                let segments = path.segments.iter().map(|one| one.ident.to_string());
                let path = Path {
                    absolute: false,
                    segments: segments.collect(),
                };
                let ends = index.walk(item.module, &path).ends;
                ends.into_iter().find_map(|end| match end {
                    index::Found::Node(node) if node < index.items.len() => {
                        Some(index.items[node].place())
                    }
                    _ => None,
                })
            },
            path: match path.to_token_stream().to_string().as_str() {
                "Drop" => "core::ops::drop::Drop".into(),
                other => other.replace(' ', ""),
            },
            marker: node.items.is_empty() && !index.within.contains_key(&id),
            needs: Vec::new(),
        }),
        header: places(node.self_ty.to_token_stream()),
        reached: text.contains("reached"),
    }
}
